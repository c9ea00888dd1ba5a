"""The ledger with a million misses: `python -m tests.ledger_bench [URL]` (SQLite: two minutes).

300,000 wordings of 250,000 cases, half of them far, written straight into the tables of an empty
database, of words drawn from the bundled interview, so that traces are shared by thousands.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.engine import Connection

from bot import cases
from bot.knowledge import load
from bot.ledger import joining
from bot.policy import policy_for, thinner
from bot.query import read
from bot.respond import Responder
from bot.search import Index
from bot.store import Ledger, Store
from bot.store.schema import TABLES
from tests.test_questions import ROOT, _encoder, asked

MISSES, WORDINGS, CASES = 1_000_000, 300_000, 250_000


def bundled() -> Responder:
    knowledge, _ = load(ROOT / "knowledge")
    with tempfile.TemporaryDirectory() as folder:
        index = Index(knowledge, _encoder(Path(folder)))
    return Responder(index, policy_for(index), thinner(index))


def fill(ledger: Ledger, responder: Responder) -> None:
    chance = random.Random(2014)
    said = "".join(p for e in responder.exchanges for p in e.answer)
    wordings = [
        "".join(said[a : a + 3] for a in (chance.randrange(len(said)) for _ in range(4)))
        for _ in range(WORDINGS)
    ]
    number = [min(n, chance.randrange(CASES)) if n >= CASES else n for n in range(WORDINGS)]
    times = [1 + int(chance.paretovariate(1.2)) for _ in wordings]
    now = ledger.now()
    total: dict[int, int] = {}
    for n, more in zip(number, times, strict=True):
        total[n] = total.get(n, 0) + more

    def rows(db: Connection) -> None:
        def write(name: str, found: Iterator[dict[str, Any]]) -> None:
            batch: list[dict[str, Any]] = []
            for row in found:
                batch.append(row)
                if len(batch) == 20_000:
                    db.execute(insert(TABLES.tables[name]), batch)
                    batch.clear()
            if batch:
                db.execute(insert(TABLES.tables[name]), batch)

        write(
            "cases",
            (
                dict(
                    id=n + 1,
                    state="open",
                    far=n % 2 == 0,
                    times=total[n],
                    useless=0,
                    again=0,
                    variants=1,
                    first=now,
                    last=now,
                    changed=now,
                )
                for n in range(CASES)
            ),
        )
        write(
            "variants",
            (
                dict(
                    id=n + 1,
                    case=number[n] + 1,
                    key=f"{n:032x}",
                    text=w,
                    far=False,
                    times=times[n],
                    first=now,
                    last=now,
                    nearest="xiamen-2014/q1",
                    quote="",
                    score=0.1,
                    meaning=chance.randbytes(384),
                )
                for n, w in enumerate(wordings)
            ),
        )
        write(
            "traces",
            (
                dict(trace=trace, variant=n + 1, case=number[n] + 1)
                for n, w in enumerate(wordings)
                for trace in {*responder.index.terms(read(w), 4), f"p{n % 60}"}
            ),
        )
        write(
            "history",
            (dict(case=n + 1, at=now, state="open") for n in range(CASES)),
        )
        write(
            "misses",
            (
                dict(
                    at=now,
                    text=wordings[n % WORDINGS],
                    outcome="none",
                    score=0.1,
                    variant=n % WORDINGS + 1,
                )
                for n in range(MISSES)
            ),
        )
        if db.dialect.name == "postgresql":
            for name in ("cases", "variants"):
                db.execute(text(f"SELECT setval('{name}_id_seq', 1000000)"))

    ledger._database.now(rows)


def main(url: str) -> None:
    responder = bundled()
    store, ledger = Store(url), Ledger(url)
    fill(ledger, responder)
    every = [q.text for name in ("crowd-a.yaml", "crowd-m.yaml") for t in asked(name) for q in t]
    once = {cases.key(one): one for one in every}
    timed: dict[str, list[float]] = {"read": [], "join, new": [], "join, again": []}
    for one in list(once.values())[:300]:
        for again in (False, True):
            memory = store.memory()
            memory.missed(one, "none", None, 0.1)
            asyncio.run(store.write(memory.taken()))
            found = ledger.unread(10)
            with clock(timed, "read", not again):
                reading = joining.reading(one, responder)
            with clock(timed, "join, again" if again else "join, new"):
                ledger.join(found, {reading.key: reading}, joining.chooser(responder))
    for name, seconds in timed.items():
        late = sorted(seconds)[int(0.95 * len(seconds))]
        print(f"{name:12} {1000 * statistics.median(seconds):6.1f} ms, 95 %: {1000 * late:6.1f}")
    begun = time.perf_counter()
    asyncio.run(store.curating.due(-1, 5))
    asyncio.run(store.curating.overdue())
    print(f"cards that are due: {time.perf_counter() - begun:.3f} s")
    os.environ["BOT_DATABASE"] = url
    begun = time.perf_counter()
    status = os.system(f"{sys.executable} -m bot ledger >/dev/null")
    print(f"fangtan ledger: {time.perf_counter() - begun:.2f} s, exit {status}")
    store.close()
    ledger.close()


@contextlib.contextmanager
def clock(timed: dict[str, list[float]], name: str, counts: bool = True) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    if counts:
        timed[name].append(time.perf_counter() - begun)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/bot.db")
