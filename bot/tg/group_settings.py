"""What a group's admins set: answering unasked, and silence for a while."""

from __future__ import annotations

import re

from telegram import CallbackQuery, ChatMember, Message, Update

from bot.tg import answering, sending
from bot.tg.incoming import after_command, heard, is_anonymous_admin
from bot.tg.messages import Letter, Writer
from bot.tg.services import Context

MINUTES = 60
LONGEST = 10_080  # a week, in minutes
_ADMINS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


async def settings(update: Update, context: Context) -> None:
    """Show the panel to an admin."""
    message = update.message
    if message and await _may_set(message, context):
        ambient = (await context.memory.chat(message.chat.id)).ambient
        deaf = ambient and await _is_deaf(message.chat.id, context)
        await _reply(message, _writer(message, context).settings(ambient, deaf), context)


async def switch_ambient(query: CallbackQuery, on: bool, writer: Writer, context: Context) -> None:
    """Answer unasked from now on, or no longer, and show it in the panel."""
    if isinstance(query.message, Message):
        context.memory.set_ambient(query.message.chat.id, on)
        deaf = on and await _is_deaf(query.message.chat.id, context)
        await sending.change_pressed(writer.settings(on, deaf), query, context)


async def _is_deaf(chat: int, context: Context) -> bool:
    """Whether privacy mode keeps from us what is said in a group without calling us."""
    me = context.bot.bot
    if me.can_read_all_group_messages:
        return False
    member = await sending.quietly(lambda: context.bot.get_chat_member(chat, me.id))
    return member is not None and member.status not in _ADMINS


async def snooze(update: Update, context: Context) -> None:
    """Be silent for as many minutes as the command says."""
    message = update.message
    if not message or not await _may_set(message, context):
        return
    given = after_command(message) or str(MINUTES)
    minutes = int(given) if re.fullmatch(r"[0-9]{1,5}", given) else 0
    if 1 <= minutes <= LONGEST:
        context.memory.snooze(message.chat.id, minutes * 60)
        letter = _writer(message, context).ours("snoozed", minutes=minutes)
    else:
        letter = _writer(message, context).ours("snooze_usage")
    await _reply(message, letter, context)


async def resume(update: Update, context: Context) -> None:
    """Speak again."""
    message = update.message
    if message and await _may_set(message, context):
        context.memory.snooze(message.chat.id, 0)
        await _reply(message, _writer(message, context).ours("resumed"), context)


async def is_admin(chat: int, person: int, context: Context) -> bool:
    """Whether someone runs this group, or the bot. Asked each time: admins come and go."""
    if person in context.services.operators:
        return True
    member = await sending.quietly(lambda: context.bot.get_chat_member(chat, person))
    return member is not None and member.status in _ADMINS


async def _may_set(message: Message, context: Context) -> bool:
    """Whether the sender may change this chat's settings; if not, they are told."""
    question = heard(message)
    if not question.place.group:
        await _reply(message, _writer(message, context).ours("only_groups"), context)
        return False
    allowed = is_anonymous_admin(message) or (
        message.sender_chat is None
        and await is_admin(message.chat.id, question.speaker.person, context)
    )
    if not allowed and not await context.memory.is_snoozed(message.chat.id):
        await _reply(message, _writer(message, context).ours("admins_only"), context)
    return allowed


def _writer(message: Message, context: Context) -> Writer:
    return answering.writer(heard(message), context)


async def _reply(message: Message, letter: Letter, context: Context) -> None:
    await sending.send(letter, heard(message).place, context)
