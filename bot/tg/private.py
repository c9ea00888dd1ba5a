"""The private chat: every text is a question."""

from __future__ import annotations

import re

from telegram import Message, Update

from bot.tg import answering, sending
from bot.tg.desk import Context
from bot.tg.hearing import Heard, heard, words

_ASK = re.compile(r"^\s*[/／]ask(?:[@＠]\w+)?(?!\w)", re.IGNORECASE)


async def question(update: Update, context: Context) -> None:
    """Answer what was asked."""
    if message := update.message:
        if context.desk.store.chat(message.chat.id).hinted:
            context.desk.store.set_hinted(message.chat.id, False)
        await answering.answer(_question(message), context)


async def edited(update: Update, context: Context) -> None:
    """Let our answer follow the question."""
    if message := update.edited_message:
        await answering.answer_again(_question(message), context)


async def hint(update: Update, context: Context) -> None:
    """Say once that we only read; then not again until we are written to."""
    if not (message := update.message):
        return
    store = context.desk.store
    if not store.chat(message.chat.id).hinted:
        store.set_hinted(message.chat.id, True)
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
