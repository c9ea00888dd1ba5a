"""Buttons: every press is answered, also one that means nothing any more.

A press need not come from a button: whoever sees a message can send the bot whatever data they
like. So data count only where they stand under the message that is pressed, and say no more than
which sentences to show; who asked for a message is known from the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from telegram import CallbackQuery, Message, MessageEntity, Update
from telegram.constants import ChatType

from bot import render
from bot.interview import Exchange
from bot.respond import Conversation
from bot.store import Sent, Speaker
from bot.tg import curators, orders, sending
from bot.tg.answering import noted
from bot.tg.group_settings import is_admin, switch_ambient
from bot.tg.incoming import Place, link
from bot.tg.library import CURATING
from bot.tg.messages import Form, Letter, Writer
from bot.tg.sending import toast
from bot.tg.services import Context
from bot.words import Language, language, say

LONGEST_TOAST = 190
_MOMENTS = (0.1, 0.3, 0.6)  # seconds; a button must not spin for long
# What the buttons under an inline message or a guest's do.
ABROAD = frozenset({"show", "open", "page", "list", "idle"})


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
    verb, numbers = context.library.read(query.data or "") or ("", ())
    if not _is_of_a_button(query, verb):
        await _expire(Press(query, numbers), context)
    elif verb in CURATING:
        await curators.pressed(verb, query, numbers, context)
    else:
        await _DOES[verb](Press(query, numbers), context)


def _is_of_a_button(query: CallbackQuery, verb: str) -> bool:
    """Whether the data stand under the message that is pressed, as it was when it was pressed.

    What stands under an inline message is not told. There any data count that such a message can
    carry: they name an exchange, a run of its sentences, or a place in a list, and so can show
    nothing but the guest's whole sentences and the host's questions, whatever the numbers.
    """
    message = query.message
    if message is None:
        return verb in ABROAD and query.inline_message_id is not None
    if not verb or not isinstance(message, Message) or message.reply_markup is None:
        return False
    keys = (key for row in message.reply_markup.inline_keyboard for key in row)
    return query.data in {key.callback_data for key in keys}


async def _show(press: Press, context: Context) -> None:
    """Turn the message into the answer of an exchange: n."""
    exchange = context.library.exchange(press.number(0))
    if exchange is None:
        await _expire(press, context)
        return
    await toast(press.query, render.asked(exchange, LONGEST_TOAST))
    await _exchange(press, exchange, "", context)


async def _open(press: Press, context: Context) -> None:
    """Turn a passage into the whole answer: n, its first sentence, how many it has."""
    exchange = context.library.exchange(press.number(0))
    if exchange is None:
        await _expire(press, context)
        return
    await toast(press.query)
    quote = render.run(exchange, press.number(1), press.number(2))
    await _exchange(press, exchange, quote, context)


async def _exchange(press: Press, exchange: Exchange, quote: str, context: Context) -> None:
    """Let the message be the answer of an exchange; that is what is spoken of from now on."""
    memory, message = context.memory, press.message
    before = await memory.conversation(_speaker(press, message)) if message else Conversation()
    turn = await context.services.think(
        context.responder.show, exchange.key, before, "usual", quote
    )
    letter = _writer(press, context).answer(exchange, turn.conversation.quote)
    if await sending.change_pressed(letter, press.query, context) and message:
        asked = await _asked(press, message, exchange, context)
        memory.converse(_speaker(press, message), turn.conversation)
        _note(press, message, letter, turn.conversation, context, asked)


async def _asked(press: Press, message: Message, exchange: Exchange, context: Context) -> str:
    """The question that the exchange was chosen for, which speaks for it; empty where somebody
    just looks around."""
    memory, chat = context.memory, message.chat.id
    sent = await memory.sent(chat, message.message_id)
    if sent is None or not sent.asked:
        return ""
    if sent.exchange is not None:
        return sent.asked if sent.exchange == exchange.key else ""
    offer = await memory.after(chat, message.message_id)
    if offer and offer.question == sent.asked and exchange.key in offer.offered:
        person = press.query.from_user.id
        memory.chose(sent.asked, exchange.key, context.services.mark(person, exchange.key))
    return sent.asked


async def _page(press: Press, context: Context) -> None:
    """Show another page of an answer: page, n, its quote's first sentence, how many it has."""
    exchange = context.library.exchange(press.number(1))
    if exchange is None:
        await _expire(press, context)
        return
    await toast(press.query)
    quote = render.run(exchange, press.number(2), press.number(3))
    letter = _writer(press, context).answer(exchange, quote, page=max(0, press.number(0)))
    await sending.change_pressed(letter, press.query, context)


async def _list(press: Press, context: Context) -> None:
    """Show the questions from the n-th on: below an answer as a new message, else in its place."""
    await toast(press.query)
    letter = _writer(press, context).questions(press.number(0))
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
    exchange = context.library.exchange(press.number(0))
    if exchange and press.message:
        chat, message = press.message.chat.id, press.message.message_id
        person = press.query.from_user.id
        mark = context.services.mark(person, exchange.key)
        context.memory.rate(chat, message, person, exchange.key, useful, mark)
    await toast(press.query, say("noted", press.language))


async def _delete(press: Press, context: Context) -> None:
    """Delete the message, for the one who asked and for admins."""
    message, person = press.message, press.query.from_user.id
    if message is None:
        await _expire(press, context)
        return
    asker = await context.memory.asker(message.chat.id, message.message_id)
    if person != asker and not await is_admin(message.chat.id, person, context):
        word = "expired" if asker is None else "not_yours"
        await toast(press.query, say(word, press.language), alert=True)
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
    await switch_ambient(press.query, bool(press.number(0)), _writer(press, context), context)


async def _order(press: Press, context: Context) -> None:
    """Let whoever presses wait for an answer to the question that this did not answer."""
    message = press.message
    sent = await _noted(message, context) if message else None
    if message is None or sent is None or not sent.asked:
        await _expire(press, context)
        return
    speaker = _speaker(press, message)
    word = await orders.place(sent, speaker, press.language, context)
    await toast(press.query, say(word, press.language), alert=True)


async def _noted(message: Message, context: Context) -> Sent | None:
    """What we remember of a message of ours, which is noted a moment after people see it."""
    for pause in _MOMENTS:
        if sent := await context.memory.sent(message.chat.id, message.message_id):
            return sent
        await asyncio.sleep(pause)
    return await context.memory.sent(message.chat.id, message.message_id)


async def _withdraw(press: Press, context: Context) -> None:
    """Let an order be as if it had never been: its number. Whose it is says the database."""
    person, curating = press.query.from_user.id, context.services.store.curating
    gone = await curating.withdraw(person, press.number(0))
    await toast(press.query, say("withdrawn" if gone else "expired", press.language))
    letter = _writer(press, context).orders(await curating.orders(person))
    if press.form == "private":
        await sending.change_pressed(letter, press.query, context)


async def _idle(press: Press, context: Context) -> None:
    """A button that only says something."""
    await toast(press.query)


async def _expire(press: Press, context: Context) -> None:
    await toast(press.query, say("expired", press.language))


_DOES: Mapping[str, Callable[[Press, Context], Awaitable[None]]] = {
    "show": _show,
    "open": _open,
    "page": _page,
    "list": _list,
    "good": _good,
    "bad": _bad,
    "delete": _delete,
    "ambient": _ambient,
    "idle": _idle,
    "order": _order,
    "withdraw": _withdraw,
}


def _writer(press: Press, context: Context) -> Writer:
    return Writer(context.library, context.bot.username, press.form, press.language)


def _speaker(press: Press, message: Message) -> Speaker:
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    return Speaker(message.chat.id, thread, press.query.from_user.id)


def _shows_an_answer(message: Message) -> bool:
    shown = (MessageEntity.EXPANDABLE_BLOCKQUOTE, MessageEntity.BOLD)
    return any(entity.type in shown for entity in message.entities)


def _note(
    press: Press,
    message: Message,
    letter: Letter,
    after: Conversation,
    context: Context,
    asked: str,
) -> None:
    """Remember what the message shows from now on. A list is the presser's answer now; an answer
    in a group of which we have forgotten who asked for it stays nobody's."""
    here, speaker = message.message_id, _speaker(press, message)
    note = noted(letter, here, here, link(message), asked)
    lost = press.form == "group" and _shows_an_answer(message)
    whose = replace(speaker, person=0) if lost else speaker
    context.memory.changed(whose, note, after, anew=True)
