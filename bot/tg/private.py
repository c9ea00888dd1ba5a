"""The private chat: every text is a question."""

from __future__ import annotations

import asyncio
import re

from telegram import Message, Update

from bot.tg import answering, sending
from bot.tg.incoming import Heard, heard, words
from bot.tg.services import Context

_ASK = re.compile(r"^\s*[/／]ask(?:[@＠]\w+)?(?!\w)", re.IGNORECASE)


async def question(update: Update, context: Context) -> None:
    """Answer what was asked."""
    if message := update.message:
        if message.media_group_id:
            context.services.captioned.append(message.media_group_id)
        if (await context.memory.chat(message.chat.id)).hinted:
            context.memory.set_hinted(message.chat.id, False)
        await answering.answer(_question(message), context)


async def edited(update: Update, context: Context) -> None:
    """Let our answer follow the question."""
    if message := update.edited_message:
        await answering.answer_again(_question(message), context)


async def hint(update: Update, context: Context) -> None:
    """Say once that we only read; then not again until we are written to. Of an album any picture
    may have the caption that asks, so that one waits for all of them."""
    if not (message := update.message):
        return
    if message.media_group_id:
        context.services.later(_hint_at_album(message, context))
    else:
        await _hint(message, context)


async def _hint_at_album(message: Message, context: Context) -> None:
    await asyncio.sleep(context.services.album_wait)
    if message.media_group_id and message.media_group_id not in context.services.captioned:
        context.services.captioned.append(message.media_group_id)
        await _hint(message, context)
        await context.services.store.write(context.memory.taken())


async def _hint(message: Message, context: Context) -> None:
    if not (await context.memory.chat(message.chat.id)).hinted:
        context.memory.set_hinted(message.chat.id, True)
        question = heard(message)
        letter = answering.writer(question, context).ours("hint")
        await sending.send(letter, question.place, context)


async def unknown_command(update: Update, context: Context) -> None:
    """Point to the help."""
    if message := update.message:
        question = heard(message)
        letter = answering.writer(question, context).ours("unknown_command")
        await sending.send(letter, question.place, context)


def _question(message: Message) -> Heard:
    """The message as a question, without the /ask that an edit, a caption or full-width typing
    keeps from being a command."""
    return heard(message, _ASK.sub("", words(message)))
