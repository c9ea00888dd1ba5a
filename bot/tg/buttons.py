"""Buttons: every press is answered, also one that means nothing any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from telegram import CallbackQuery, Message, MessageEntity, Update
from telegram.constants import ChatType

from bot import render
from bot.interview import Exchange
from bot.respond import Conversation
from bot.store import Speaker
from bot.tg import sending
from bot.tg.answering import noted
from bot.tg.group_settings import is_admin, switch_ambient
from bot.tg.incoming import Place, link
from bot.tg.messages import Form, Letter, Writer
from bot.tg.sending import toast
from bot.tg.services import Context
from bot.words import Language, language, say

LONGEST_TOAST = 190


@dataclass(frozen=True, slots=True)
class Press:
    """A press on a button of ours, with the numbers that the button carries."""

    query: CallbackQuery
    numbers: tuple[int, ...]

    @property
    def language(self) -> Language:
        return language(self.query.from_user.language_code)

    @property
    def message(self) -> Message | None:
        """The message with the button, where it is in a chat of ours and still there."""
        return self.query.message if isinstance(self.query.message, Message) else None

    @property
    def form(self) -> Form:
        if self.message is None:
            return "abroad"
        return "private" if self.message.chat.type == ChatType.PRIVATE else "group"

    def number(self, place: int) -> int:
        return self.numbers[place] if place < len(self.numbers) else 0


async def pressed(update: Update, context: Context) -> None:
    """Do what the button says."""
    query = update.callback_query
    if query is None:
        return
    found = context.services.library.read(query.data or "")
    unreachable = query.message is not None and not isinstance(query.message, Message)
    if found is None or unreachable:
        await toast(query, say("expired", language(query.from_user.language_code)))
        return
    verb, numbers = found
    await _DOES[verb](Press(query, numbers), context)


async def _show(press: Press, context: Context) -> None:
    """Turn the message into the answer of an exchange: n, asker."""
    exchange = context.services.library.exchange(press.number(0))
    if exchange is None:
        await _expire(press, context)
        return
    await toast(press.query, render.asked(exchange, LONGEST_TOAST))
    await _exchange(press, exchange, "", press.number(1), context)


async def _whole(press: Press, context: Context) -> None:
    """Turn a passage into the whole answer: n, where it begins, how long it is, asker."""
    exchange = context.services.library.exchange(press.number(0))
    if exchange is None:
        await _expire(press, context)
        return
    await toast(press.query)
    quote = _quoted(exchange, press.number(1), press.number(2))
    await _exchange(press, exchange, quote, press.number(3), context)


async def _exchange(
    press: Press, exchange: Exchange, quote: str, asker: int, context: Context
) -> None:
    """Let the message be the answer of an exchange; that is what is spoken of from now on."""
    memory, message = context.memory, press.message
    before = await memory.conversation(_speaker(press, message)) if message else Conversation()
    turn = await context.services.think(
        context.services.responder.show, exchange.key, before, "usual", quote
    )
    letter = _writer(press, asker, context).answer(exchange, turn.conversation.quote)
    if await sending.change_pressed(letter, press.query, context) and message:
        memory.converse(_speaker(press, message), turn.conversation)
        _note(press, message, letter, turn.conversation, context)


def _quoted(exchange: Exchange, begin: int, length: int) -> str:
    return render.whole(exchange)[begin : begin + length] if begin >= 0 else ""


async def _turn(press: Press, context: Context) -> None:
    """Show another page of an answer: page, n, where its quote begins, how long it is, asker."""
    exchange = context.services.library.exchange(press.number(1))
    if exchange is None:
        await _expire(press, context)
        return
    quote = _quoted(exchange, press.number(2), press.number(3))
    await toast(press.query)
    writer = _writer(press, press.number(4), context)
    letter = writer.answer(exchange, quote, page=max(0, press.number(0)))
    await sending.change_pressed(letter, press.query, context)


async def _list(press: Press, context: Context) -> None:
    """Show the questions from the n-th on: below an answer as a new message, else in its place."""
    await toast(press.query)
    letter = _writer(press, _asker(press), context).questions(press.number(0))
    if press.message and _shows_an_answer(press.message):
        place = Place(press.message.chat.id, _speaker(press, press.message).thread)
        await sending.send(letter, place, context)
    else:
        await sending.change_pressed(letter, press.query, context)


async def _good(press: Press, context: Context) -> None:
    await _rate(press, True, context)


async def _bad(press: Press, context: Context) -> None:
    await _rate(press, False, context)


async def _rate(press: Press, useful: bool, context: Context) -> None:
    exchange = context.services.library.exchange(press.number(0))
    if exchange and press.message:
        chat, message = press.message.chat.id, press.message.message_id
        person = press.query.from_user.id
        context.memory.rate(chat, message, person, exchange.key, useful)
    await toast(press.query, say("noted", press.language))


async def _delete(press: Press, context: Context) -> None:
    """Delete the message, for the one who asked (whose id the button carries) and for admins."""
    message, person = press.message, press.query.from_user.id
    if message is None:
        await _expire(press, context)
        return
    if person != press.number(0) and not await is_admin(message.chat.id, person, context):
        await toast(press.query, say("not_yours", press.language), alert=True)
    elif await sending.delete(message.chat.id, message.message_id, context):
        context.memory.deleted(message.chat.id, message.message_id)
        await toast(press.query, say("gone", press.language))
    else:
        await toast(press.query, say("stuck", press.language), alert=True)


async def _ambient(press: Press, context: Context) -> None:
    """Switch answering unasked on or off: 1 or 0."""
    if press.message is None or press.form != "group":
        await _expire(press, context)
        return
    if not await is_admin(press.message.chat.id, press.query.from_user.id, context):
        await toast(press.query, say("admins_only", press.language), alert=True)
        return
    await toast(press.query)
    await switch_ambient(press.query, bool(press.number(0)), _writer(press, 0, context), context)


async def _idle(press: Press, context: Context) -> None:
    """A button that only says something."""
    await toast(press.query)


async def _expire(press: Press, context: Context) -> None:
    await toast(press.query, say("expired", press.language))


_DOES: Mapping[str, Callable[[Press, Context], Awaitable[None]]] = {
    "show": _show,
    "whole": _whole,
    "turn": _turn,
    "list": _list,
    "good": _good,
    "bad": _bad,
    "delete": _delete,
    "ambient": _ambient,
    "idle": _idle,
}


def _writer(press: Press, asker: int, context: Context) -> Writer:
    username = context.bot.username
    return Writer(context.services.library, username, press.form, press.language, asker)


def _asker(press: Press) -> int:
    return press.query.from_user.id if press.form == "group" else 0


def _speaker(press: Press, message: Message) -> Speaker:
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    return Speaker(message.chat.id, thread, press.query.from_user.id)


def _shows_an_answer(message: Message) -> bool:
    shown = (MessageEntity.EXPANDABLE_BLOCKQUOTE, MessageEntity.BOLD)
    return any(entity.type in shown for entity in message.entities)


def _note(
    press: Press, message: Message, letter: Letter, after: Conversation, context: Context
) -> None:
    """Remember what the message shows from now on."""
    here = message.message_id
    note = noted(letter, here, here, link(message))
    context.memory.changed(_speaker(press, message), note, after, anew=True)
