"""What a lesson would change of what is answered now, before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event

from bot import evaluate
from bot.cases import said_now
from bot.edition import Edition, answering
from bot.evaluate import Question, Verdict
from bot.query import read
from bot.respond import Answer, Choices, NotCovered, Responder, SmallTalk, Turn
from bot.search import Encoder, Floats, Index
from bot.teaching.lesson import Lesson, taught


@dataclass(frozen=True, slots=True)
class Difference:
    """A question of an evaluation file that would be answered otherwise. `good` whether the reply
    is what the file expects, before and after."""

    question: str
    before: Turn
    after: Turn
    was_good: bool
    is_good: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What the lesson's own wording would get, and what would change for others."""

    turn: Turn
    differences: tuple[Difference, ...]


def effect(
    lesson: Lesson,
    edition: Edition,
    conversations: Sequence[Sequence[Question]] = (),
    over: Event | None = None,
) -> Effect | None:
    """What learning it would change of what the edition answers to these questions
    (`question_files.load` has those of a folder); None if it is told that it is over.

    Takes a second and some milliseconds a question: not for a thread that answers.
    """
    over = over or Event()
    index = edition.responder.index
    encoder = _encoded(conversations, index.encoder, over) if index.encoder else None
    before = answering(index.encoding_with(encoder) if encoder else index)
    if over.is_set():
        return None
    after = answering(Index(taught(edition.knowledge, lesson), encoder))
    found: list[Difference] = []
    for conversation in conversations:
        if over.is_set():
            return None
        found += _differences(conversation, before, after)
    return Effect(said_now(lesson.text, after), tuple(found))


def _differences(
    conversation: Sequence[Question], before: Responder, after: Responder
) -> Iterator[Difference]:
    was = evaluate.judge([conversation], before.respond)
    now = evaluate.judge([conversation], after.respond)
    for old, new in zip(was, now, strict=True):
        if _told(old) != _told(new):
            yield Difference(old.question.text, old.turn, new.turn, old.good, new.good)


def _told(verdict: Verdict) -> tuple[object, ...]:
    """What of a reply makes it another one: its kind, its exchanges, the passage."""
    match verdict.turn.reply:
        case Answer(exchange, quote):
            return "answer", exchange.key, quote
        case Choices() as reply:
            return "choices", *(exchange.key for exchange in reply.exchanges)
        case NotCovered(nearest, quote):
            return "none", nearest.key if nearest else "", quote
        case SmallTalk(kind):
            return "smalltalk", kind


AT_ONCE = 512  # questions encoded before it is asked again whether it is over: some 5 s


def _encoded(conversations: Iterable[Sequence[Question]], encoder: Encoder, over: Event) -> Encoder:
    """The encoder, with the questions' vectors at hand: they are remembered beside the knowledge,
    and what is asked before and after is encoded once."""
    asked = {read(question.text).text for turns in conversations for question in turns}
    texts, known = sorted(asked), dict[str, Floats]()
    for start in range(0, len(texts), AT_ONCE):
        if not over.is_set():
            batch = texts[start : start + AT_ONCE]
            known |= zip(batch, encoder(batch), strict=True)

    def encode(some: Sequence[str]) -> Floats:
        if len(some) > 1:
            return encoder(some)
        if some[0] not in known:
            known[some[0]] = encoder(some)[0]
        return known[some[0]][None]

    return encode
