"""How well misses join their cases: `python -m tests.clustering` (some four minutes).

The bundled interview without anybody's phrases misses most of what a crowd asks. Its misses join
in a database as they do in service, in the order of the files. A question file says which exchange
a question is about and, where it names words that the answer must contain, which sentence: its
fact. Two misses mean the same where they are about one fact. They do not where they are about
different facts, about different exchanges, or where only one of them is about anything; pairs of
which the files say neither (two that nothing answers; one without a fact, of the same exchange) are
left out. The threshold was chosen on the files that are called tuned; the reported ones were in the
pool when kinds of likeness were compared, and the held-out ones have been measured twice.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path

from bot import cases
from bot.cases import Reading
from bot.evaluate import Question
from bot.interview import Exchange, Interview, Knowledge
from bot.knowledge import load
from bot.policy import policy_for, thinner
from bot.respond import Choices, NotCovered, Responder
from bot.search import Index
from bot.store import Ledger, Store
from tests.test_questions import ROOT, _encoder, asked

SETS = {
    "tuned": ("crowd-a.yaml", "crowd-b.yaml", "crowd-m.yaml"),
    "reported": ("crowd-g.yaml", "crowd-n.yaml"),
    "held out": ("crowd-r.yaml", "crowd-s.yaml"),
}


@dataclass(frozen=True)
class Rates:
    """Of the pairs that joined how many mean the same, and the other way round, in per cent."""

    questions: int
    cases: int
    pairs: int
    precision: float
    recall: float


def bare(way: str) -> Responder:
    """What answers from the bundled interview as `import` wrote it."""
    knowledge = without_phrases(load(ROOT / "knowledge")[0])
    with tempfile.TemporaryDirectory() as folder:
        index = Index(knowledge, _encoder(Path(folder)) if way == "semantic" else None)
    return Responder(index, policy_for(index), thinner(index))


def without_phrases(knowledge: Knowledge) -> Knowledge:
    """The interviews as `import` wrote them: without topics, declines and what leads to a fact."""

    def exchange(one: Exchange) -> Exchange:
        return replace(one, asks=(), facts=(), topic="", quote="")

    def interview(one: Interview) -> Interview:
        return replace(one, declines=(), exchanges=tuple(map(exchange, one.exchanges)))

    return replace(knowledge, interviews=tuple(map(interview, knowledge.interviews)))


def missed(names: Sequence[str], responder: Responder) -> list[tuple[Question, Reading]]:
    """The questions of the files that are asked first and not answered."""
    first = [talk[0] for name in names for talk in asked(name)]
    once = {cases.key(question.text): question for question in first}
    replies = ((question, cases.said_now(question.text, responder)) for question in once.values())
    return [
        (question, cases.read_miss(question.text, responder))
        for question, turn in replies
        if isinstance(turn.reply, Choices | NotCovered)
    ]


def grouped(found: Sequence[tuple[Question, Reading]], index: Index) -> list[int]:
    """The case that each of the misses joins."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bot.db"
        ledger = noted(url, [question.text for question, _ in found])
        readings = {reading.key: reading for _, reading in found}
        choose = partial(cases.joined, index=index)
        while unread := ledger.unread(1000):
            ledger.join(unread, readings, choose)
        every = ledger.cases(("open",), False) + ledger.cases(("open",), True)
        mine = {cases.key(v.text): c.id for c in every for v in ledger.variants(c.id)}
        ledger.close()
    return [mine[reading.key] for _, reading in found]


def noted(url: str, texts: Sequence[str]) -> Ledger:
    """The ledger of a database in which these misses were just noted; they have not joined."""
    store = Store(url)
    memory = store.memory()
    for text in texts:
        memory.missed(text, "none", None, 0.0)
    asyncio.run(store.write(memory.taken()))
    store.close()
    return Ledger(url)


def rates(questions: Sequence[Question], mine: Sequence[int]) -> Rates:
    """How well the cases agree with what the questions are about."""
    exchanges = {e.id: e for e in load(ROOT / "knowledge")[0].exchanges()}
    facts = [_facts(question, exchanges) for question in questions]
    both = joined = same = 0
    for one, two in combinations(range(len(questions)), 2):
        alike = _alike(questions[one], facts[one], questions[two], facts[two])
        if alike is not None:
            joined += mine[one] == mine[two]
            same += alike
            both += alike and mine[one] == mine[two]
    found = len(questions), len(set(mine)), same
    return Rates(*found, 100 * both / max(1, joined), 100 * both / max(1, same))


def _facts(question: Question, exchanges: dict[str, Exchange]) -> frozenset[int]:
    said = exchanges[question.target].said if question.in_scope else ()
    return frozenset(n for n, s in enumerate(said) for c in question.contains if c in s)


def _alike(
    one: Question, facts: frozenset[int], two: Question, others: frozenset[int]
) -> bool | None:
    if not one.in_scope or not two.in_scope:
        return None if one.in_scope == two.in_scope else False
    if one.target == two.target and facts and others:
        return bool(facts & others)
    shared = {one.target, *one.accept} & {two.target, *two.accept}
    return None if shared else False


def main() -> None:
    """Print a row for each way of searching and each set of files."""
    print("way       files     misses  cases  pairs  precision  recall")
    for way in ("semantic", "lexical"):
        responder = bare(way)
        for name, files in SETS.items():
            found = missed(files, responder)
            mine = grouped(found, responder.index)
            r = rates([question for question, _ in found], mine)
            counts = f"{r.questions:6} {r.cases:6} {r.pairs:6}"
            print(f"{way:9} {name:8} {counts} {r.precision:10.1f} {r.recall:7.1f}", flush=True)


if __name__ == "__main__":
    main()
