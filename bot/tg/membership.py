"""Joining a group, being shown the door, a group that moves to a new id."""

from __future__ import annotations

import logging

from telegram import (
    Chat,
    ChatMember,
    ChatMemberRestricted,
    ChatMemberUpdated,
    Message,
    Update,
    User,
)
from telegram.constants import ChatType

from bot import render
from bot.tg import sending
from bot.tg.incoming import Place
from bot.tg.messages import Letter
from bot.tg.services import Context
from bot.words import Language, language

log = logging.getLogger(__name__)

_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


async def changed(update: Update, context: Context) -> None:
    """Note whether we may still write there, and tell a group that we joined how to ask."""
    change = update.my_chat_member
    if change is None:
        return
    memory, chat = context.memory, change.chat.id
    if _is_there(change.new_chat_member) and not await is_agreed(change.chat, context):
        if not _is_there(change.old_chat_member):
            memory.set_active(chat, True)  # who brings us back may hear it again
        await leave(change.chat, language(change.from_user.language_code), context)
        return
    may_write = _may_write(change.new_chat_member)
    memory.set_active(chat, may_write)
    if not _is_there(change.new_chat_member):
        memory.set_greeted(chat, False)
    elif may_write and change.chat.type in _GROUPS and not (await memory.chat(chat)).greeted:
        memory.set_greeted(chat, True)
        await _greet(change, context)


async def is_agreed(chat: Chat, context: Context) -> bool:
    """Whether the bot may be in a chat, as far as those who run it are concerned; that of the
    curators may have moved to another id."""
    agreed, curators = context.services.chats, context.services.curators
    if agreed is None or chat.id in (*agreed, curators) or chat.type == ChatType.PRIVATE:
        return True
    if curators is None:
        return False
    return chat.id == await context.services.store.curating.whereabouts(curators)


async def leave(chat: Chat, tongue: Language, context: Context) -> None:
    """Leave a chat; a group is told so, but once, though we be kept from leaving."""
    log.warning("leaving a chat that BOT_CHATS does not name: %d", chat.id)
    if chat.type in _GROUPS and (await context.memory.chat(chat.id)).active:
        letter = Letter(render.ours("not_here", tongue))
        await sending.send(letter, Place(chat.id, group=True), context)
        context.memory.set_active(chat.id, False)
    await sending.quietly(lambda: context.bot.leave_chat(chat.id))


async def migrated(update: Update, context: Context) -> None:
    """Let the settings move along: both the old group and the new one announce it."""
    match update.message:
        case Message(migrate_to_chat_id=int(new), chat=old):
            context.memory.migrate_chat(old.id, new)
        case Message(migrate_from_chat_id=int(before), chat=new_chat):
            context.memory.migrate_chat(before, new_chat.id)


async def _greet(change: ChatMemberUpdated, context: Context) -> None:
    tongue = language(change.from_user.language_code)
    is_admin = change.new_chat_member.status == ChatMember.ADMINISTRATOR
    letter = greeting(context.bot.bot, is_admin, tongue)
    await sending.send(letter, Place(change.chat.id, group=True), context)


def greeting(me: User, is_admin: bool, tongue: Language) -> Letter:
    """How to ask, and what privacy mode keeps from us."""
    hears_all = is_admin or bool(me.can_read_all_group_messages)
    name = f"@{me.username}"
    return Letter(
        (
            *render.ours("greet", tongue, ask=f"/ask{name}"),
            render.Run("\n"),
            *render.ours("mention_too" if hears_all else "privacy_mode", tongue, mention=name),
        )
    )


def _is_there(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in (ChatMember.LEFT, ChatMember.BANNED)


def _may_write(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    return _is_there(member)
