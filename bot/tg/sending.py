"""Letters on their way: sent, changed, deleted; what can go wrong on the way ends here.

An error is a log line and a None, never an exception: whoever sends decides what that means.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import httpx
from telegram import CallbackQuery, Message, ReplyParameters
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.tg.incoming import Place
from bot.tg.limits import TooLate
from bot.tg.messages import Letter
from bot.tg.services import Context

log = logging.getLogger(__name__)
Result = TypeVar("Result")

LATEST_IN_A_GROUP = 600.0  # seconds after the question; later, the talk has moved on


async def send(letter: Letter, place: Place, context: Context) -> Message | None:
    """Send a letter; None where it did not, or perhaps did not, arrive, or had arrived before a
    crash. In groups it is noted beforehand: what was on the wire then is not sent again."""
    work = context.work
    if work.is_told():
        work.passed()
        return None
    if place.chat < 0:
        await work.keep(ahead=1)
    deadline = _deadline(place.chat, context)
    sent = await _carried_out(lambda: _post(letter, place, deadline, context), place.chat, context)
    work.passed()
    if sent:
        _verify(sent, letter)
    return sent


async def _post(letter: Letter, place: Place, deadline: float | None, context: Context) -> Message:
    try:
        return await context.bot.send_message(
            place.chat,
            letter.text,
            entities=letter.entities,
            message_thread_id=place.thread or None,
            reply_parameters=ReplyParameters(place.reply_to) if place.reply_to else None,
            reply_markup=letter.keyboard,
            rate_limit_args=deadline,
        )
    except ChatMigrated as moved:
        context.memory.migrate_chat(place.chat, moved.new_chat_id)
        there = replace(place, chat=moved.new_chat_id, reply_to=None)
        return await _post(letter, there, deadline, context)


def _deadline(chat: int, context: Context) -> float | None:
    """Until when it makes sense to write: in groups the talk moves on. Their ids are negative."""
    return time.monotonic() + seconds_left(context) if chat < 0 else None


def seconds_left(context: Context) -> float:
    """For how long an answer in a group is still to the point, by Telegram's clock."""
    now, written = context.services.now(), context.work.written
    return LATEST_IN_A_GROUP - (0.0 if written is None else now - written)


async def change(letter: Letter, chat: int, message: int, context: Context) -> bool:
    """Make an earlier message of ours this letter; whether it now is."""

    async def attempt() -> Message | bool:
        return await context.bot.edit_message_text(
            letter.text,
            chat_id=chat,
            message_id=message,
            entities=letter.entities,
            reply_markup=letter.keyboard,
            rate_limit_args=_deadline(chat, context),
        )

    changed = await _carried_out(attempt, chat, context)
    if isinstance(changed, Message):
        _verify(changed, letter)
    return changed is not None


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

    return await _carried_out(attempt, None, context) is not None


async def delete(chat: int, message: int, context: Context) -> bool:
    """Delete a message of ours; whether it is gone."""

    async def attempt() -> bool:
        try:
            return await context.bot.delete_message(chat, message)
        except BadRequest as error:
            if "not found" not in error.message.lower():
                raise
            return True  # somebody was faster

    return bool(await _carried_out(attempt, chat, context))


async def toast(query: CallbackQuery, text: str | None = None, alert: bool = False) -> None:
    """Let a pressed button rest, with a word to the presser."""

    async def attempt() -> bool:
        return await query.answer(text, show_alert=alert)

    await quietly(attempt)


async def quietly(call: Callable[[], Awaitable[Result]]) -> Result | None:
    """Make a call that may as well fail: a query too old to answer, a chat that is gone."""
    try:
        return await call()
    except TelegramError as error:
        log.info("a call was refused: %s", error)
        return None


async def _carried_out(
    call: Callable[[], Awaitable[Result]], chat: int | None, context: Context
) -> Result | None:
    try:
        return await _persistently(call, context.services.pauses)
    except TooLate:
        log.warning("dropped: it would have reached the group more than ten minutes late")
    except Forbidden as error:
        log.info("we may not write there any more: %s", error)
        if chat is not None:
            context.memory.set_active(chat, False)
    except BadRequest as error:
        log.warning("Telegram refused: %s", error)
    except TimedOut:
        log.warning("no answer from Telegram; not repeated, for it may have arrived")
    except (NetworkError, RetryAfter, ChatMigrated) as error:
        log.warning("given up: %s", error)
    return None


async def _persistently(call: Callable[[], Awaitable[Result]], pauses: tuple[float, ...]) -> Result:
    """The call, made again as long as it is certain that it did not arrive."""
    for pause in pauses:
        try:
            return await call()
        except NetworkError as error:
            if not _never_arrived(error):
                raise
            log.info("not sent, next attempt in %s s: %s", pause, error)
        await asyncio.sleep(pause)
    return await call()


def _never_arrived(error: NetworkError) -> bool:
    """No connection was made, or the server itself said that it failed (5xx has no cause)."""
    if isinstance(error, BadRequest):
        return False
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    said_so = error.__cause__ is None and not isinstance(error, TimedOut)
    return said_so or isinstance(error.__cause__, never_sent)


def _verify(sent: Message, letter: Letter) -> None:
    """What Telegram shows has to be what was meant, to the character."""
    if sent.text != letter.text:
        log.error(
            "message %s does not say what was meant: %s characters sent, %s shown",
            sent.message_id,
            len(letter.text),
            len(sent.text or ""),
        )
