"""Groups: answer when addressed, and otherwise only where the admins want it and we are sure."""

from __future__ import annotations

import logging

from telegram import Message, Update

from bot.respond import Answer, Conversation
from bot.tg import answering, sending
from bot.tg.desk import Context
from bot.tg.hearing import Heard, addressed, heard, is_for_others, pointed_at
from bot.tg.library import Library

log = logging.getLogger(__name__)

# Unasked, we speak only from this score on. Of the 770 questions of crowds a and b (in
# tests/questions), 360 of which the interview does not answer, it answers 206 rightly and 1
# wrongly without the encoder, 309 and none with it, and none of the 360.
AMBIENT = 0.6


async def overheard(update: Update, context: Context) -> None:
    """Answer a message that calls us; of the others, at most those that a group wants answered."""
    if not (message := update.message):
        return
    me = context.bot.bot
    asked = addressed(message, me)
    if asked is not None:
        await called(message, asked, context)
    elif not is_for_others(message, me) and context.desk.store.chat(message.chat.id).ambient:
        await _unasked(heard(message), context)


async def called(message: Message, asked: str, context: Context) -> None:
    """Answer what stands behind our name; a bare call answers the message that it replies to."""
    question = heard(message, asked) if asked else pointed_at(message)
    if question:
        await answering.answer(question, context)
    else:
        await usage(heard(message), context)


async def usage(question: Heard, context: Context) -> None:
    """Say how to ask."""
    command = f"/ask@{context.bot.username}" if question.place.group else "/ask"
    letter = answering.writer(question, context).ours(
        "ask_usage", ask=command, topic=_example(context.desk.library)
    )
    await sending.send(letter, question.place, context)


async def _unasked(question: Heard, context: Context) -> None:
    """Answer where there is no doubt; the question stands alone, for nobody was talking to us."""
    desk = context.desk
    turn = await desk.think(desk.responder.respond, question.text, Conversation())
    is_found = bool(turn.ranking.matches) and turn.score >= AMBIENT
    if not (isinstance(turn.reply, Answer) and is_found):
        return
    if not answering.told(question, turn.reply.exchange, context):
        answering.record(question.text, turn, context)
        await answering.deliver(question, turn, Conversation(), context)


def _example(library: Library) -> str:
    return library.exchanges[0].topic if library.exchanges else "…"
