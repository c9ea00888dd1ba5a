"""The one place where errors end up: logged, and the person gets a short apology."""

from __future__ import annotations

import logging

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.tg import answering, sending
from bot.tg.faults import described
from bot.tg.incoming import heard, words
from bot.tg.services import Context
from bot.words import language, say

log = logging.getLogger(__name__)


async def happened(update: object, context: Context) -> None:
    """Log the error; keep the question; apologise in private, and let no button spin. Nobody else
    handles the update then: who was told that it failed is not answered as well."""
    if isinstance(context.error, TelegramError):
        log.error("an update was not handled: %s", described(context.error))
    else:
        log.error("an update was not handled", exc_info=context.error)
        context.services.metrics.failed("bug")
    if isinstance(update, Update):
        context.work.outcome = "error"
        try:
            await _face_it(update, context)
        except Exception:
            log.exception("nor was that told")
        raise ApplicationHandlerStop


async def _face_it(update: Update, context: Context) -> None:
    if message := update.message or update.guest_message:
        await _apologise(message, context)
    if query := update.callback_query:
        tongue = language(query.from_user.language_code)
        await sending.toast(query, say("apology", tongue))


async def _apologise(message: Message, context: Context) -> None:
    if message.chat.type == ChatType.PRIVATE and not context.work.spoken:
        question = heard(message)
        letter = answering.writer(question, context).ours("apology")
        await sending.send(letter, question.place, context)
    if words(message):
        context.memory.missed(words(message), "error", None, 0.0)
