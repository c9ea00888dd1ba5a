"""Who got no answer may ask for one, and hears what becomes of it, wherever they asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from telegram import Update

from bot import render
from bot.interview import Exchange
from bot.ledger import joining
from bot.respond import Answer, Conversation, principal
from bot.store import Asker, News, Sent, Speaker
from bot.tg import answering, operating, sending
from bot.tg.faults import Meaning
from bot.tg.incoming import Place, heard
from bot.tg.messages import Form, Letter, Writer
from bot.tg.services import Context
from bot.words import Language, language

QUOTED = 60  # characters of the question in what its asker is told


async def place(sent: Sent, speaker: Speaker, tongue: Language, context: Context) -> str:
    """Let somebody wait for an answer to what a message of ours did not answer; the word for what
    came of it."""
    services = context.services
    if services.curators is None:
        return "expired"
    reading = await services.think(joining.reading, sent.asked, context.responder)
    choose = joining.chooser(context.responder)
    # A message that was pressed into another shape stands in its own place.
    asker = Asker(speaker.person, speaker.chat, speaker.thread, sent.question, tongue)
    placed = await services.store.curating.place(reading, choose, asker, context.work.source)
    services.ordered.set()
    return f"order_{placed.outcome}"


async def mine(update: Update, context: Context) -> None:
    """Show somebody their orders, in private."""
    if not (message := update.message):
        return
    question = heard(message)
    writer = answering.writer(question, context)
    if question.place.group:
        letter = replace(writer.ours("orders_in_private"), rows=(writer.in_private("myorders"),))
    else:
        letter = writer.orders(
            await context.services.store.curating.orders(question.speaker.person)
        )
    await sending.send(letter, question.place, context)


@dataclass(frozen=True, slots=True)
class Word:
    """What those are told who wait for a case, and where."""

    news: News
    case: int
    orders: Sequence[int]
    text: str
    until: float | None
    words: str
    asker: Asker

    @classmethod
    def of(cls, what: Mapping[str, Any]) -> Word:
        """The word that an errand carries."""
        whose = ("person", "chat", "thread", "message", "language")
        said = {name: what[name] for name in cls.__slots__ if name != "asker"}
        return cls(asker=Asker(**{name: what[name] for name in whose}), **said)


async def tell(what: Mapping[str, Any], context: Context) -> None:
    """Let those who ordered hear what became of it; who cannot be reached is noted."""
    word, curating = Word.of(what), context.services.store.curating
    if not await curating.are_there(word.orders):
        return
    place = await _place(word, context)
    sent = await _send(word, place, context)
    if sent is Meaning.REFUSED:
        await curating.failed(word.orders, word.case)


async def _place(word: Word, context: Context) -> Place:
    """Where the question stands: of a group that has moved its old messages are not known."""
    asker = word.asker
    chat = await context.services.store.curating.whereabouts(asker.chat)
    if chat != asker.chat:
        return Place(chat, group=True)
    return Place(chat, asker.thread, asker.message or None, chat < 0)


async def _send(word: Word, place: Place, context: Context) -> object:
    letter, exchange, after = await _letter(word, place, context)
    sent = await sending.deliver(letter, place, context)
    if sent is Meaning.REFUSED and place.thread:  # the topic is closed, or gone
        sent = await sending.deliver(letter, replace(place, thread=0, reply_to=None), context)
    if exchange and isinstance(after, Conversation) and not isinstance(sent, Meaning):
        _remember(word, place, letter, after, sent, context)
    return sent


def _remember(
    word: Word, place: Place, letter: Letter, after: Conversation, sent: Any, context: Context
) -> None:
    """An answer that comes late is spoken of like any other."""
    speaker = Speaker(place.chat, place.thread, word.asker.person)
    context.memory.converse(speaker, after)
    if sent is not None:
        note = answering.noted(letter, sent.message_id, word.asker.message)
        context.memory.answered(speaker, note, after=after)


async def _letter(
    word: Word, place: Place, context: Context
) -> tuple[Letter, Exchange | None, Conversation | None]:
    tongue = language(word.asker.language)
    form: Form = "group" if place.group else "private"
    if word.news == "ended":
        await operating.catch_up(context)
    writer = Writer(context.library, context.bot.username, form, tongue)
    asked = render.shortened(word.text, QUOTED)
    if word.news == "ended":
        turn = principal(
            await context.services.think(context.responder.respond, word.text, Conversation())
        )
        if isinstance(turn.reply, Answer):
            head = (*render.ours("told_answer", tongue, asked=asked), render.Run("\n\n"))
            letter = writer.reply(turn)
            letter = replace(letter, message=(*head, *letter.message))
            return letter, turn.reply.exchange, turn.conversation
    day = writer.day(word.until) if word.until else ""
    letter = writer.ours(f"told_{word.news}", asked=asked, day=day, words=word.words)
    return letter, None, None
