"""A question becomes an answer: decided by the core, logged, sent, remembered.

No question disappears: what was not answered is kept as a miss, whatever the reason.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TypeAlias

from bot import text
from bot.interview import Exchange
from bot.respond import Answer, Choices, Conversation, NotCovered, Responder, SmallTalk, Turn
from bot.store import Sent
from bot.tg import hearing, sending
from bot.tg.desk import Context
from bot.tg.hearing import Heard
from bot.tg.letters import Letter, Writer
from bot.tg.order import arrived

log = logging.getLogger(__name__)

Part: TypeAlias = tuple[str, Turn]  # a question, and what the core makes of it

AT_ONCE = 3  # questions of one message that are answered
CONSIDERED = 12  # parts of a message, so that a long one keeps nobody waiting
AGAIN_AFTER = 600.0  # seconds until a group is shown the same answer a second time


def writer(question: Heard, context: Context) -> Writer:
    """Who writes to the one who asked."""
    return Writer(
        context.desk.library,
        context.bot.username,
        "group" if question.place.group else "private",
        question.language,
        question.speaker.person if question.place.group else 0,
    )


async def answer(question: Heard, context: Context) -> None:
    """Answer a message: in private all of its questions, in a group the one that was addressed."""
    before = context.desk.store.conversation(question.speaker)
    for part, turn in await _turns(question, before, context):
        await deliver(replace(question, text=part), turn, before, context)


async def answer_again(question: Heard, context: Context) -> None:
    """Let the answers to a message that was edited follow its new text."""
    store, chat = context.desk.store, question.place.chat
    earlier = store.answers_to(chat, question.message)
    if not earlier:
        return
    is_last = store.last_question(question.speaker) == question.message
    before = store.before(chat, question.message)
    turns = await _turns(question, before, context)
    for sent, (_, turn) in zip(earlier, turns, strict=False):
        letter = writer(question, context).reply(turn)
        same = letter.digest == sent.digest
        if not same and await sending.change(letter, chat, sent.message, context):
            store.changed(chat, noted(letter, sent.message, question.message))
    for part, turn in turns[len(earlier) :]:
        await deliver(replace(question, text=part), turn, before, context)
    for sent in earlier[len(turns) :]:
        await sending.delete(chat, sent.message, context)
        store.deleted(chat, sent.message)
    if is_last:
        store.converse(question.speaker, turns[-1][1].conversation)


async def deliver(question: Heard, turn: Turn, before: Conversation, context: Context) -> None:
    """Send the letter for a turn, and remember both."""
    store = context.desk.store
    letter, place = writer(question, context).reply(turn), question.place
    if letter.exchange and (earlier := told(question, letter.exchange, context)):
        new = letter.quote if letter.quote != earlier.quote else None
        letter = writer(question, context).already(new, earlier.link)
        if earlier.link is None:  # as in basic groups: a reply leads there as well
            place = replace(place, reply_to=earlier.message)
    sent = await sending.send(letter, place, context)
    if sent is None:
        _miss(question.text, "unsent", turn, context)
        return
    store.converse(question.speaker, turn.conversation)
    note = noted(letter, sent.message_id, question.message, hearing.link(sent))
    store.answered(question.speaker, note, before)


async def decide(question: str, conversation: Conversation, context: Context) -> Turn:
    """What the core replies, logged; kept as a miss where that is no answer."""
    turn = await context.desk.think(context.desk.responder.respond, question, conversation)
    record(question, turn, context)
    return turn


def record(question: str, turn: Turn, context: Context) -> None:
    """One line in the log, without the question; and the question, if it was not answered."""
    outcome = _outcome(turn)
    matches = turn.ranking.matches
    log.info(
        "outcome=%s exchange=%s score=%.2f margin=%.2f ms=%.0f",
        outcome,
        turn.reply.exchange.key if isinstance(turn.reply, Answer) else "-",
        turn.score,
        turn.score - (matches[1].score if len(matches) > 1 else 0.0),
        1000 * (time.monotonic() - arrived()),
    )
    if outcome in ("choices", "none"):
        _miss(question, outcome, turn, context)


def several(responder: Responder, question: str, before: Conversation) -> tuple[Part, ...]:
    """The questions in a text with a turn for each, at most three; the whole where it is but one.

    What is put as a question counts, else, where nothing is, what can be answered. An exchange is
    not quoted twice.
    """
    parts = text.parts(question)[:CONSIDERED]
    asked = [part for part in parts if _is_asked(part, question)]
    found: list[Part] = []
    conversation, quoted = before, set()
    for part in asked or parts:
        turn = responder.respond(part, conversation)
        match turn.reply:
            case Answer(exchange) if exchange.key not in quoted:
                quoted.add(exchange.key)
            case Choices(near) if asked and not quoted.issuperset(e.key for e in near):
                pass
            case NotCovered() if asked:
                pass
            case _:
                continue
        found.append((part, turn))
        conversation = turn.conversation
    if len(found) > 1:
        return tuple(found[:AT_ONCE])
    return ((question, responder.respond(question, before)),)


def _is_asked(part: str, question: str) -> bool:
    marked = f"{part.rstrip()}?" in question.replace("？", "?")
    return marked or part.rstrip().endswith(("吗", "呢", "么"))


async def _turns(question: Heard, before: Conversation, context: Context) -> tuple[Part, ...]:
    desk = context.desk
    if question.place.group:
        return ((question.text, await decide(question.text, before, context)),)
    turns = await desk.think(several, desk.responder, question.text, before)
    for part, turn in turns:
        record(part, turn, context)
    return turns


def told(question: Heard, exchange: Exchange, context: Context) -> Sent | None:
    """Where the same group and topic was given this answer a few minutes ago."""
    place = question.place
    if not place.group:
        return None
    return context.desk.store.recent(place.chat, place.thread, exchange.key, AGAIN_AFTER)


def noted(letter: Letter, message: int, question: int, link: str | None = None) -> Sent:
    """What to remember of a letter that is now a message."""
    key = letter.exchange.key if letter.exchange else None
    return Sent(message, question, key, letter.quote, link, letter.digest)


def _outcome(turn: Turn) -> str:
    match turn.reply:
        case Answer():
            return "answer"
        case Choices():
            return "choices"
        case NotCovered():
            return "none"
        case SmallTalk():
            return "smalltalk"


def _miss(question: str, outcome: str, turn: Turn, context: Context) -> None:
    matches = turn.ranking.matches
    nearest = matches[0].exchange.key if matches else None
    context.desk.store.missed(question, outcome, nearest, turn.score)
