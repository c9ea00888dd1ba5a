"""Letters on their way: sent, changed, deleted; what can go wrong on the way ends here.

An error is a log line and a None, never an exception: whoever sends decides what that means. But
nobody is left in silence: what certainly did not arrive is sent until it does, and where that is
not certain, the person is told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import TypeVar

from telegram import CallbackQuery, Message, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError, TimedOut

from bot import render
from bot.metrics import Failure
from bot.tg.connection import DEPARTURE
from bot.tg.faults import Meaning, described, meaning
from bot.tg.incoming import Place
from bot.tg.limits import Terms, TooLate
from bot.tg.messages import Letter
from bot.tg.services import Context, Work

log = logging.getLogger(__name__)
Result = TypeVar("Result")

LATEST_IN_A_GROUP = 600.0  # seconds after the question; later, the talk has moved on
# How often again what may have been done already and does no harm when it is done twice. Not for
# ever, as what never arrived: something that is lost each time must not hold up its chat.
AGAIN = 4
# For longer where nothing is lost but a line of ours too many: some three minutes.
OWNING_UP = 10


async def send(letter: Letter, place: Place, context: Context) -> Message | None:
    """Send a letter; None where it did not, or perhaps did not, arrive, or had arrived before a
    crash. In groups what was on the wire then is not sent again."""
    sent = await deliver(letter, place, context)
    return sent if isinstance(sent, Message) else None


async def deliver(letter: Letter, place: Place, context: Context) -> Message | Meaning | None:
    """Send a letter; if it did not arrive, what that means; None where it had before a crash."""
    work = context.work
    if work.is_told():
        work.passed()
        return None
    await context.services.store.calm()
    deadline = _deadline(place.chat, context)
    terms = Terms(deadline, partial(_once, work) if place.chat < 0 else nullcontext)
    sent = await _carried_out(
        lambda: _post(letter, place, terms, context), place.chat, deadline, context, again=0
    )
    work.passed()
    if sent is Meaning.UNCERTAIN and (place.chat > 0 or place.reply_to):
        await _own_up(place, context)
    if isinstance(sent, Message):
        work.spoken = True
        _verify(sent, letter)
    return sent


@asynccontextmanager
async def _once(work: Work) -> AsyncIterator[None]:
    """Note that a reply is on the wire when it departs, and if it certainly did not arrive, that it
    is not."""
    wished = DEPARTURE.set(partial(work.keep, ahead=1))
    try:
        yield
    except TelegramError as error:
        if meaning(error) in (Meaning.NEVER_ARRIVED, Meaning.WAIT):
            await work.keep()
        raise
    finally:
        DEPARTURE.reset(wished)


async def _own_up(place: Place, context: Context) -> None:
    """Say that a letter may not have arrived. In groups this has a while of its own: the letter
    may have spent all of its own on the silence after it."""
    deadline = time.monotonic() + LATEST_IN_A_GROUP if place.chat < 0 else None
    letter = Letter(render.ours("unsure", context.language))
    context.work.spoken = True
    terms = Terms(deadline)
    await _carried_out(
        lambda: _post(letter, place, terms, context),
        place.chat,
        deadline,
        context,
        again=OWNING_UP,
    )


async def _post(letter: Letter, place: Place, terms: Terms, context: Context) -> Message:
    try:
        return await context.bot.send_message(
            place.chat,
            letter.text,
            entities=letter.entities,
            message_thread_id=place.thread or None,
            reply_parameters=ReplyParameters(place.reply_to) if place.reply_to else None,
            reply_markup=letter.keyboard,
            rate_limit_args=terms,
        )
    except ChatMigrated as moved:
        context.memory.migrate_chat(place.chat, moved.new_chat_id)
        there = replace(place, chat=moved.new_chat_id, reply_to=None)
        return await _post(letter, there, terms, context)


def _deadline(chat: int, context: Context) -> float | None:
    """Until when it makes sense to write: in groups the talk moves on. Their ids are negative."""
    hurried = chat < 0 and not context.work.is_errand
    return time.monotonic() + seconds_left(context) if hurried else None


def seconds_left(context: Context) -> float:
    """For how long an answer in a group is still to the point, by Telegram's clock."""
    now, written = context.services.now(), context.work.written
    return LATEST_IN_A_GROUP - (0.0 if written is None else now - written)


async def open_topic(chat: int, name: str, context: Context) -> int:
    """Open a topic in a forum; 0 where there is none for certain. Like a reply it counts among what
    is sent for an update, and what was on the wire is not done again after a crash."""
    terms = Terms(wire=partial(_once, context.work))
    opened = await _carried_out(
        lambda: context.bot.create_forum_topic(chat, name, rate_limit_args=terms),
        chat,
        None,
        context,
        again=0,
    )
    context.work.passed()
    return 0 if isinstance(opened, Meaning) else opened.message_thread_id


async def change(letter: Letter, chat: int, message: int, context: Context) -> bool:
    """Make an earlier message of ours this letter; whether it now is."""
    return await changed(letter, chat, message, context) is None


async def changed(letter: Letter, chat: int, message: int, context: Context) -> Meaning | None:
    """Make an earlier message of ours this letter; if it is not, what that means."""
    deadline = _deadline(chat, context)

    async def attempt() -> Message | bool:
        return await context.bot.edit_message_text(
            letter.text,
            chat_id=chat,
            message_id=message,
            entities=letter.entities,
            reply_markup=letter.keyboard,
            rate_limit_args=Terms(deadline),
        )

    shown = await _carried_out(lambda: _already(attempt), chat, deadline, context)
    if isinstance(shown, Message):
        _verify(shown, letter)
    return shown if isinstance(shown, Meaning) else None


async def _already(attempt: Callable[[], Awaitable[Message | bool]]) -> Message | bool:
    """Change a message; that it is so already, as after an attempt without an answer, is well."""
    try:
        return await attempt()
    except BadRequest as error:
        if "not modified" not in error.message.lower():
            raise
        return True


async def change_pressed(letter: Letter, query: CallbackQuery, context: Context) -> bool:
    """Make the message whose button was pressed this letter; whether it now is."""
    if isinstance(query.message, Message):
        if query.message.text == letter.text and query.message.reply_markup == letter.keyboard:
            return True
        return await change(letter, query.message.chat.id, query.message.message_id, context)

    async def attempt() -> Message | bool:
        return await context.bot.edit_message_text(
            letter.text,
            inline_message_id=query.inline_message_id,
            entities=letter.entities,
            reply_markup=letter.keyboard,
        )

    changed = await _carried_out(lambda: _already(attempt), None, None, context)
    return not isinstance(changed, Meaning)


async def delete(chat: int, message: int, context: Context) -> bool:
    """Delete a message of ours; whether it is gone."""

    async def attempt() -> bool:
        try:
            return await context.bot.delete_message(chat, message)
        except BadRequest as error:
            if "not found" not in error.message.lower():
                raise
            return True  # somebody was faster

    return await _carried_out(attempt, chat, None, context) is True


async def toast(query: CallbackQuery, text: str | None = None, alert: bool = False) -> None:
    """Let a pressed button rest, with a word to the presser."""

    async def attempt() -> bool:
        return await query.answer(text, show_alert=alert)

    await quietly(attempt)


async def quietly(call: Callable[[], Awaitable[Result]]) -> Result | None:
    """Make a call that may as well fail: a query too old to answer, a chat that is gone. Once more
    at most, and not after a silence: what is asked so does not wait."""
    try:
        try:
            return await call()
        except TelegramError as error:
            lost = meaning(error) in (Meaning.NEVER_ARRIVED, Meaning.UNCERTAIN)
            if not lost or isinstance(error, TimedOut):
                raise
            return await call()
    except TelegramError as error:
        log.info("a call failed: %s", described(error))
        return None


async def _carried_out(
    call: Callable[[], Awaitable[Result]],
    chat: int | None,
    deadline: float | None,
    context: Context,
    again: int = AGAIN,
) -> Result | Meaning:
    """The call's result, or what its failing means."""
    try:
        return await _persistently(call, deadline, again, context)
    except TooLate:
        log.warning("dropped: it would have reached the group more than ten minutes late")
        context.services.metrics.failed("late")
        return Meaning.REFUSED
    except TelegramError as error:
        if isinstance(error, Forbidden) and chat is not None:
            context.memory.set_active(chat, False)
        context.services.metrics.failed(_failure(error))
        if meaning(error) is Meaning.UNCERTAIN:
            context.services.complaints.hear(error, "not again, for it may have arrived")
        else:
            log.warning("given up: %s", described(error))
        return meaning(error)


def _failure(error: TelegramError) -> Failure:
    if isinstance(error, Forbidden):
        return "forbidden"
    if isinstance(error, TimedOut):
        return "timeout"
    return "refused" if meaning(error) is Meaning.REFUSED else "network"


async def _persistently(
    call: Callable[[], Awaitable[Result]], deadline: float | None, again: int, context: Context
) -> Result:
    """The call, made again as long as it is certain that it did not arrive, until its deadline;
    where that is not certain, so many times."""
    pauses = chain(context.services.pauses, repeat(context.services.pauses[-1]))
    while True:
        try:
            return await call()
        except TelegramError as error:
            match meaning(error):
                case Meaning.UNCERTAIN if again:
                    again -= 1
                case Meaning.NEVER_ARRIVED:
                    pass
                case _:
                    raise
            context.services.complaints.hear(error)
        pause = next(pauses)
        if deadline is not None and time.monotonic() + pause > deadline:
            raise TooLate
        await asyncio.sleep(pause)


def _verify(sent: Message, letter: Letter) -> None:
    """What Telegram shows has to be what was meant, to the character."""
    if sent.text != letter.text:
        log.error(
            "message %s does not say what was meant: %s characters sent, %s shown",
            sent.message_id,
            len(letter.text),
            len(sent.text or ""),
        )
