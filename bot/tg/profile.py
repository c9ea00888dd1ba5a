"""What Telegram shows about the bot before anybody writes to it: menus and descriptions."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.ext import ExtBot

from bot.tg.limits import Terms
from bot.tg.sending import quietly
from bot.words import Language, say

log = logging.getLogger(__name__)

IN_PRIVATE = ("start", "ask", "questions", "help", "about", "privacy", "forget")
IN_GROUPS = ("ask", "questions", "help", "about", "privacy")
FOR_ADMINS = (*IN_GROUPS, "settings", "snooze", "resume")

# Telegram's code for a client's language, and ours; without a code it is for everybody else.
_CODES: tuple[tuple[str | None, Language], ...] = ((None, "zh-hans"), ("en", "en"))


def private_menu(language: Language, curated: bool) -> list[BotCommand]:
    """The commands of a private chat; `curated` where people may ask for an answer."""
    return _menu(_in_private(curated), language)


def _in_private(curated: bool) -> Sequence[str]:
    return (*IN_PRIVATE, "myorders") if curated else IN_PRIVATE


async def introduce(bot: ExtBot[Terms], curated: bool) -> None:
    """Set menus and descriptions; say in the log which abilities @BotFather has left off."""
    for call in _calls(bot, curated):
        await quietly(call)
    me = bot.bot
    log.info(
        "@%s: inline mode %s, guest mode %s, privacy mode %s",
        me.username,
        _on(me.supports_inline_queries),
        _on(me.supports_guest_queries),
        _on(not me.can_read_all_group_messages),
    )


def _menus(curated: bool) -> tuple[tuple[BotCommandScope, Sequence[str]], ...]:
    return (
        (BotCommandScopeDefault(), _in_private(curated)),
        (BotCommandScopeAllPrivateChats(), _in_private(curated)),
        (BotCommandScopeAllGroupChats(), IN_GROUPS),
        (BotCommandScopeAllChatAdministrators(), FOR_ADMINS),
    )


def _calls(bot: ExtBot[Terms], curated: bool) -> Iterator[Callable[[], Awaitable[bool]]]:
    for code, language in _CODES:
        for scope, names in _menus(curated):
            menu = _menu(names, language)
            yield partial(bot.set_my_commands, menu, scope=scope, language_code=code)
        long, short = say("description", language), say("short_description", language)
        yield partial(bot.set_my_description, long, language_code=code)
        yield partial(bot.set_my_short_description, short, language_code=code)


def _menu(names: Sequence[str], language: Language) -> list[BotCommand]:
    return [BotCommand(name, say(f"command_{name}", language)) for name in names]


def _on(ability: bool | None) -> str:
    return "on" if ability else "off"
