"""At the door: of what comes in, only what is meant for anybody and still worth an answer."""

from __future__ import annotations

import logging

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from bot import render
from bot.tg import membership, sending
from bot.tg.incoming import Place, is_by_a_bot, is_from_a_person, words
from bot.tg.messages import Letter
from bot.tg.services import Context

log = logging.getLogger(__name__)

_WAKING = ("/resume", "/snooze", "/settings")
# In seconds: Telegram's own server keeps a press for 150 and an inline query for 30 (Client.cpp of
# tdlib/telegram-bot-api), and nobody waits longer for what he typed.
_WORTH_A_PRESS = 150.0
_WORTH_A_QUERY = 30.0


async def admit(update: Update, context: Context) -> None:
    """Stop what is too old, what no person wrote, and what disturbs a silence."""
    if _is_late(update, context):
        context.work.outcome = "expired"
        log.info("outcome=expired kind=%s", context.work.entry.kind)
        raise ApplicationHandlerStop
    if update.guest_message and is_by_a_bot(update.guest_message):
        raise ApplicationHandlerStop
    message = update.message or update.edited_message
    if message and not is_service(message):
        if not is_from_a_person(message):
            raise ApplicationHandlerStop
        if not await membership.is_agreed(message.chat, context):
            await membership.leave(message.chat, context.language, context)
            raise ApplicationHandlerStop
        if await _disturbs(message, context):
            raise ApplicationHandlerStop
        if not (await context.memory.chat(message.chat.id)).active:
            context.memory.set_active(message.chat.id, True)


def is_service(message: Message) -> bool:
    """Whether the message tells of a group's move, which no person writes."""
    return bool(message.migrate_to_chat_id or message.migrate_from_chat_id)


async def warn(queue: str, context: Context) -> None:
    """Tell a private chat that it sends more questions than can be answered. In a group most of
    what waits is nobody's question."""
    if queue.isdecimal():
        log.warning("a chat sends more than it can be answered")
        letter = Letter(render.ours("flooded", "zh-hans"))
        await sending.send(letter, Place(int(queue)), context)


def _is_late(update: Update, context: Context) -> bool:
    message = update.message or update.edited_message
    if message and not is_service(message):
        in_group = message.chat.type != ChatType.PRIVATE
        return in_group and sending.seconds_left(context) < 0
    worth = _WORTH_A_PRESS if update.callback_query else _WORTH_A_QUERY
    brief = update.callback_query or update.inline_query or update.guest_message
    return brief is not None and context.work.age > worth


async def _disturbs(message: Message, context: Context) -> bool:
    in_group = message.chat.type != ChatType.PRIVATE
    wakes = words(message).lower().startswith(_WAKING)
    return in_group and not wakes and await context.memory.is_snoozed(message.chat.id)
