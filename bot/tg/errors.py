"""The one place where errors end up: logged, and the person gets a short apology."""

from __future__ import annotations

import logging

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from bot.tg import answering, sending
from bot.tg.incoming import heard, words
from bot.tg.services import Context
from bot.words import language, say

log = logging.getLogger(__name__)


async def happened(update: object, context: Context) -> None:
    """Log the error; keep the question; apologise in private, and let no button spin. Whatever
    else would have handled the update is not asked."""
    log.error("an update was not handled", exc_info=context.error)
    if isinstance(update, Update):
        context.work.outcome = "error"
        await _console(update, context)
    raise ApplicationHandlerStop


async def _console(update: Update, context: Context) -> None:
    if message := update.message or update.guest_message:
        await _apologise(message, context)
    if query := update.callback_query:
        tongue = language(query.from_user.language_code)
        await sending.toast(query, say("apology", tongue))


async def _apologise(message: Message, context: Context) -> None:
    if words(message):
        context.memory.missed(words(message), "error", None, 0.0)
    if message.chat.type == ChatType.PRIVATE:
        question = heard(message)
        letter = answering.writer(question, context).ours("apology")
        await sending.send(letter, question.place, context)
