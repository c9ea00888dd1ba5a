"""What the bot learns from its ledger: `python -m tests.learning` (some ten minutes; with `--plot`
it is written into README).

It begins as `import` wrote the bundled interview: without topics, phrases and declines. A day is
100 questions of five crowds, in an order drawn once; those that are not answered join their cases
in a database, as in service. Then a curator closes the ten cases that were asked most, of equals
the oldest, and takes of each the wording that was asked most, as it stands: as a phrase of the
exchange that the question file names, for the passage with the words that it wants, if it wants
any; or as a decline where the file says that the interview does not speak of it. What is far off
nobody looks at. What was learnt answers from the next day on. Every evening two other crowds, held
out, ask all their questions.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path

from bot import cases
from bot.evaluate import Question, judge
from bot.interview import Exchange, Fact, Knowledge, Phrase, sentences
from bot.knowledge import load
from bot.ledger import joining
from bot.policy import policy_for, thinner
from bot.respond import Choices, NotCovered, Responder
from bot.search import Encoder, Floats, Index
from bot.store import Change
from tests.clustering import noted, without_phrases
from tests.test_questions import ROOT, _encoder, asked, rates

WORK = ("crowd-a.yaml", "crowd-b.yaml", "crowd-g.yaml", "crowd-m.yaml", "crowd-n.yaml")
HELD_OUT = ("crowd-r.yaml", "crowd-s.yaml")
DAYS, A_DAY, CLOSED_A_DAY, SEED = 20, 100, 10, 2014


@dataclass(frozen=True)
class Evening:
    """What of a day was not answered, how many phrases and declines are known after it, and how
    the other crowds fare, in per cent: of what is in scope answered rightly, or that is offered,
    or answered wrongly; of what is not, answered."""

    missed: int
    phrases: int
    declines: int
    right: float
    offered: float
    wrong: float
    false: float


def evenings(
    way: str, work: Sequence[str] = WORK, others: Sequence[str] = HELD_OUT, days: int = DAYS
) -> Iterator[Evening]:
    """The evening before the first day, and that of every day."""
    gold = {cases.key(question.text): question for question in _asked_first(work)}
    order = random.Random(SEED).sample(list(gold.values()), len(gold))
    knowledge = without_phrases(load(ROOT / "knowledge")[0])
    with tempfile.TemporaryDirectory() as folder:
        encoder = _remembering(Path(folder)) if way == "semantic" else None
        responder = _responder(knowledge, encoder)
        yield _evening(knowledge, responder, 0, others)
        for begin in range(0, min(len(order), days * A_DAY), A_DAY):
            missed = _missed(order[begin : begin + A_DAY], responder)
            texts = _closed(f"sqlite:///{folder}/bot.db", missed, responder)
            for text in texts:
                knowledge = taught(knowledge, gold[cases.key(text)])
            responder = _responder(knowledge, encoder)
            yield _evening(knowledge, responder, len(missed), others)


def _asked_first(names: Sequence[str]) -> list[Question]:
    return [talk[0] for name in names for talk in asked(name)]


def _remembering(folder: Path) -> Encoder:
    """The encoder, which encodes no question twice: the held-out ones come every evening."""
    encoder = _encoder(folder)
    assert encoder is not None

    @cache
    def one(text: str) -> Floats:
        return encoder([text])

    return lambda texts: one(texts[0]) if len(texts) == 1 else encoder(texts)


def _responder(knowledge: Knowledge, encoder: Encoder | None) -> Responder:
    index = Index(knowledge, encoder)
    return Responder(index, policy_for(index), thinner(index))


def _missed(questions: Sequence[Question], responder: Responder) -> list[str]:
    """The texts of those that are not answered."""
    turns = ((question.text, cases.said_now(question.text, responder)) for question in questions)
    return [text for text, turn in turns if isinstance(turn.reply, Choices | NotCovered)]


def _closed(url: str, missed: Sequence[str], responder: Responder) -> list[str]:
    """What a day's misses leave in the ledger is closed, the largest cases; how each was asked."""
    ledger = noted(url, missed)
    joining.catch_up(ledger, responder, lambda _: None)
    largest = ledger.cases(("open",), most=CLOSED_A_DAY)
    for case in largest:
        ledger.change(case.id, Change("closed", "curator"))
    ledger.close()
    return [case.text for case in largest]


def taught(knowledge: Knowledge, question: Question) -> Knowledge:
    """The knowledge with a question as a phrase of what answers it, or as a decline."""
    (interview,) = knowledge.interviews
    phrase = Phrase(question.text, interview.where)
    if question.in_scope:
        exchanges = tuple(
            _with(exchange, phrase, question.contains)
            if exchange.id == question.target
            else exchange
            for exchange in interview.exchanges
        )
        interview = replace(interview, exchanges=exchanges)
    else:
        interview = replace(interview, declines=(*interview.declines, phrase))
    return replace(knowledge, interviews=(interview,))


def _with(exchange: Exchange, phrase: Phrase, wanted: Sequence[str]) -> Exchange:
    quote = _passage(exchange, wanted)
    if not quote:
        return replace(exchange, asks=(*exchange.asks, phrase))
    return replace(exchange, facts=(*exchange.facts, Fact((phrase,), quote, phrase.where)))


def _passage(exchange: Exchange, wanted: Sequence[str]) -> str:
    """The fewest sentences with all the words that are wanted; empty where there are none."""
    runs = (
        said[first:last]
        for said in map(sentences, exchange.answer)
        for first, last in combinations(range(len(said) + 1), 2)
    )
    fit = [run for run in runs if all(word in "".join(run) for word in wanted)] if wanted else []
    return "".join(min(fit, key=len, default=()))


def _evening(
    knowledge: Knowledge, responder: Responder, missed: int, others: Sequence[str]
) -> Evening:
    (interview,) = knowledge.interviews
    phrases = sum(len(e.asks) + len(e.facts) for e in interview.exchanges)
    questions = [[question] for question in _asked_first(others)]
    found = rates(judge(questions, responder.respond))
    return Evening(
        missed,
        phrases,
        len(interview.declines),
        found["right"],
        found["right or offered"] - found["right"],
        found["wrong"],
        found["false"],
    )


BEGIN = "<!-- learning, written by: python -m tests.learning --plot -->\n"
END = "<!-- end of learning -->\n"


def plot(courses: Mapping[str, Sequence[Evening]]) -> str:
    """A chart that GitHub draws, and the figures, of each way of searching."""
    longest = max(map(len, courses.values())) - 1
    lines = [
        "```mermaid",
        "xychart-beta",
        f'    x-axis "days" 0 --> {longest}',
        '    y-axis "per cent of the held-out questions" 0 --> 60',
        *(_line(course, name) for name in ("right", "false") for course in courses.values()),
        "```",
        "",
        "| day | " + " | ".join(f"{way}: {c}" for way in courses for c in _COLUMNS) + " |",
        "| --- " * (1 + len(courses) * len(_COLUMNS)) + "|",
    ]
    for day, row in enumerate(zip(*courses.values(), strict=True)):
        cells = [_cell(getattr(evening, name)) for evening in row for name in _COLUMNS.values()]
        lines.append(f"| {day} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


_COLUMNS = {
    "missed": "missed",
    "phrases": "phrases",
    "declines": "declines",
    "answered": "right",
    "wrong": "wrong",
    "false": "false",
}


def _line(course: Sequence[Evening], name: str) -> str:
    return f"    line [{', '.join(_cell(float(getattr(evening, name))) for evening in course)}]"


def _cell(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def renewed(readme: str, drawn: str) -> str:
    """README with this between its two marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README has no place for what was learnt: {BEGIN}{END}")
    return f"{before}{begin}\n{drawn}\n{end}{after}"


def main(argv: Sequence[str]) -> None:
    """Print a row for each way of searching and each evening; with `--plot`, renew README."""
    print("way       day  missed  phrases  declines  right  offered  wrong  false")
    courses: dict[str, list[Evening]] = {"encoder": [], "without": []}
    for way, name in (("semantic", "encoder"), ("lexical", "without")):
        for day, e in enumerate(evenings(way)):
            courses[name].append(e)
            counts = f"{name:9} {day:3} {e.missed:7} {e.phrases:8} {e.declines:9}"
            rates_ = f"{e.right:6.1f} {e.offered:8.1f} {e.wrong:6.1f} {e.false:6.1f}"
            print(f"{counts} {rates_}", flush=True)
    if "--plot" in argv:
        readme = ROOT / "README.md"
        readme.write_text(renewed(readme.read_text("utf-8"), plot(courses)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
