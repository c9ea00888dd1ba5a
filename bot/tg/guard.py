"""At the door: each update once, and of messages only those that are meant for anybody."""

from __future__ import annotations

import hashlib
import json

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from bot.tg.incoming import is_by_a_bot, is_from_a_person, words
from bot.tg.services import Context

_WAKING = ("/resume", "/snooze", "/settings")


async def admit(update: Update, context: Context) -> None:
    """Stop what was handled before a restart, what no person wrote, and what disturbs a silence."""
    if not context.services.store.is_new(_fingerprint(update)):
        raise ApplicationHandlerStop
    if update.guest_message and is_by_a_bot(update.guest_message):
        raise ApplicationHandlerStop
    message = update.message or update.edited_message
    if message and not is_service(message):
        if not is_from_a_person(message) or _disturbs(message, context):
            raise ApplicationHandlerStop
        if not context.services.store.chat(message.chat.id).active:
            context.services.store.set_active(message.chat.id, True)


def is_service(message: Message) -> bool:
    """Whether the message tells of a group's move, which no person writes."""
    return bool(message.migrate_to_chat_id or message.migrate_from_chat_id)


def _disturbs(message: Message, context: Context) -> bool:
    in_group = message.chat.type != ChatType.PRIVATE
    wakes = words(message).lower().startswith(_WAKING)
    return in_group and not wakes and context.services.store.is_snoozed(message.chat.id)


def _fingerprint(update: Update) -> str:
    """What tells an update from every other: Telegram starts its ids anew after a quiet week."""
    content = json.dumps(update.to_dict(), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()
