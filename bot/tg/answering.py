"""A question becomes an answer: decided by the core, logged, sent, remembered.

No question disappears: what was not answered is kept as a miss, whatever the reason.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from bot.interview import Exchange
from bot.metrics import AnswerOutcome
from bot.respond import Answer, Choices, Conversation, NotCovered, SmallTalk, Turn, principal
from bot.store import Sent
from bot.tg import incoming, sending
from bot.tg.incoming import Heard
from bot.tg.messages import Letter, Writer
from bot.tg.services import Context

log = logging.getLogger(__name__)

AGAIN_AFTER = 600.0  # seconds until a group is shown the same answer a second time


def writer(question: Heard, context: Context) -> Writer:
    """Who writes to the one who asked."""
    return Writer(
        context.library,
        context.bot.username,
        "group" if question.place.group else "private",
        question.language,
        context.services.curators is not None,
    )


async def answer(question: Heard, context: Context) -> None:
    """Answer all that a message asks, in the conversation that it belongs to."""
    before = await _earlier(question, context) or await _conversation(question, context)
    turns = await _turns(question, before, context)
    for turn in turns[:-1]:
        await deliver(question, turn, before, context)
        await context.work.keep()
    await deliver(question, turns[-1], before, context)


async def _earlier(question: Heard, context: Context) -> Conversation | None:
    """What a message was about that a crash let us answer in part."""
    chat = question.place.chat
    if not context.work.entry.told or not await context.memory.answers_to(chat, question.message):
        return None
    return await context.memory.before(chat, question.message)


async def _conversation(question: Heard, context: Context) -> Conversation:
    """What a message is about: what it replies to, if that is an answer of ours, whoever asked for
    it; else what was last spoken of."""
    last = await context.memory.conversation(question.speaker)
    if question.original is None:
        return last
    pointed = await context.memory.after(question.place.chat, question.original.message)
    pointed = pointed or context.library.recognised(question.original.text)
    return last if pointed is None else last.back_to(pointed)


async def answer_again(question: Heard, context: Context) -> None:
    """Let the answers to a message that was edited follow its new text."""
    memory, chat = context.memory, question.place.chat
    earlier = await memory.answers_to(chat, question.message)
    if not earlier:
        return
    is_last = await memory.last_question(question.speaker) == question.message
    before = await memory.before(chat, question.message)
    turns = await _turns(question, before, context)
    for sent, turn in zip(earlier, turns, strict=False):
        letter = writer(question, context).reply(turn)
        same = letter.digest == sent.digest
        if not same and await sending.change(letter, chat, sent.message, context):
            note = noted(letter, sent.message, question.message, asked=_unanswered(turn))
            memory.changed(question.speaker, note, turn.conversation)
    for turn in turns[len(earlier) :]:
        await context.work.keep()  # what was just changed is no longer told
        await deliver(question, turn, before, context)
    for sent in earlier[len(turns) :]:
        await sending.delete(chat, sent.message, context)
        memory.deleted(chat, sent.message)
    if is_last:
        memory.converse(question.speaker, turns[-1].conversation)


async def deliver(question: Heard, turn: Turn, before: Conversation, context: Context) -> None:
    """Send the letter for a turn, and remember both."""
    memory = context.memory
    if context.work.is_told():
        context.work.passed()
        memory.converse(question.speaker, turn.conversation)
        return
    letter, place = writer(question, context).reply(turn), question.place
    earlier = await told(question, letter.exchange, context) if letter.exchange else None
    if earlier and not _is_wished(turn):
        new = letter.quote if letter.quote != earlier.quote else None
        letter = writer(question, context).already(new, earlier.link)
        if earlier.link is None:  # as in basic groups: a reply leads there as well
            place = replace(place, reply_to=earlier.message)
    sent = await sending.send(letter, place, context)
    if sent is None:
        _miss("unsent", turn, context)
        return
    _measure(context)
    memory.converse(question.speaker, turn.conversation)
    link, asked = incoming.link(sent), _unanswered(turn)
    note = noted(letter, sent.message_id, question.message, link, asked)
    memory.answered(question.speaker, note, before, turn.conversation)


async def decide(question: Heard, context: Context) -> Turn:
    """What is replied where there is room for one message: the first answer, else what is first."""
    return principal(await _turns(question, await _conversation(question, context), context))


def record(turn: Turn, context: Context) -> None:
    """One line in the log, without the question; and the question, if it was not answered."""
    outcome = _outcome(turn)
    context.work.outcome = outcome
    context.services.metrics.answered(outcome)
    matches = turn.ranking.matches
    margin = turn.score - (matches[1].score if len(matches) > 1 else 0.0)
    log.info(
        "outcome=%(outcome)s exchange=%(exchange)s score=%(score).2f margin=%(margin).2f ms=%(ms)d",
        {
            "outcome": outcome,
            "exchange": turn.reply.exchange.key if isinstance(turn.reply, Answer) else "-",
            "score": round(turn.score, 2),
            "margin": round(margin, 2),
            "ms": round(1000 * (time.monotonic() - context.work.begun)),
        },
    )
    if outcome in ("choices", "none"):
        _miss(outcome, turn, context)


async def _turns(question: Heard, before: Conversation, context: Context) -> tuple[Turn, ...]:
    turns = await context.services.think(context.responder.respond, question.text, before)
    for turn in turns:
        record(turn, context)
    return turns


def _measure(context: Context) -> None:
    """How long the one who asked has waited."""
    work, services = context.work, context.services
    since = services.now() - work.written if work.written is not None else work.age
    services.metrics.latency(since, work.age)


def _is_wished(turn: Turn) -> bool:
    """Whether somebody wished for this very passage, or for all of the answer."""
    match turn.reply:
        case Answer(extent="whole"):
            return True
        case Answer(extent="passage"):
            return not turn.ranking.matches
    return False


async def told(question: Heard, exchange: Exchange, context: Context) -> Sent | None:
    """Where the same group and topic was given this answer a few minutes ago."""
    place = question.place
    if not place.group:
        return None
    return await context.memory.recent(place.chat, place.thread, exchange.key, AGAIN_AFTER)


def noted(
    letter: Letter, message: int, question: int, link: str | None = None, asked: str = ""
) -> Sent:
    """What to remember of a letter that is now a message."""
    key = letter.exchange.key if letter.exchange else None
    return Sent(message, question, key, letter.quote, link, letter.digest, asked)


def _unanswered(turn: Turn) -> str:
    """The question, where the reply is none that settles it."""
    return turn.question if isinstance(turn.reply, Choices | NotCovered) else ""


def _outcome(turn: Turn) -> AnswerOutcome:
    match turn.reply:
        case Answer():
            return "answer"
        case Choices():
            return "choices"
        case NotCovered():
            return "none"
        case SmallTalk():
            return "smalltalk"


def _miss(outcome: str, turn: Turn, context: Context) -> None:
    matches = turn.ranking.matches
    nearest = matches[0].exchange.key if matches else None
    context.memory.missed(turn.question, outcome, nearest, turn.score)
