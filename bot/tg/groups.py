"""Groups: answer when addressed, and otherwise only where the admins want it and we are sure."""

from __future__ import annotations

import logging

from telegram import Message, Update

from bot.respond import Answer, Conversation, Turn
from bot.tg import answering, curators, sending
from bot.tg.incoming import Heard, addressed, heard, is_for_others, pointed_at
from bot.tg.library import Library
from bot.tg.services import Context

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds
MOST_A_MINUTE = 15  # answers for one person, of the 20 messages that Telegram lets a group have


async def overheard(update: Update, context: Context) -> None:
    """Answer a message that calls us; of the others, at most those that a group wants answered."""
    if not (message := update.message):
        return
    if await curators.heard(message, context):
        return
    me = context.bot.bot
    asked = addressed(message, me)
    if asked is not None:
        await called(message, asked, context)
    elif not is_for_others(message, me) and (await context.memory.chat(message.chat.id)).ambient:
        await _unasked(heard(message), context)


async def edited(update: Update, context: Context) -> None:
    """Let our answer follow a question to us that was edited."""
    if message := update.edited_message:
        asked = addressed(message, context.bot.bot)
        if asked:
            await answering.answer_again(heard(message, asked), context)


async def called(message: Message, asked: str, context: Context) -> None:
    """Answer what stands behind our name; a bare call answers the message that it replies to."""
    question = heard(message, asked) if asked else pointed_at(message)
    if question and await _asks_too_much(question, context):
        context.work.outcome = "refused"
        log.info("outcome=refused: one person asks too much of a group's minute")
    elif question:
        await answering.answer(question, context)
    else:
        await usage(heard(message), context)


async def _asks_too_much(question: Heard, context: Context) -> bool:
    """Whether somebody takes the group's answers from the others; told once, in their stead."""
    if not question.place.group:
        return False
    given = await context.memory.answered_lately(question.speaker, MINUTE)
    if given == MOST_A_MINUTE:
        letter = answering.writer(question, context).ours("flooded")
        if sent := await sending.send(letter, question.place, context):
            context.memory.answered(
                question.speaker, answering.noted(letter, sent.message_id, question.message)
            )
    return given >= MOST_A_MINUTE


async def usage(question: Heard, context: Context) -> None:
    """Say how to ask."""
    command = f"/ask@{context.bot.username}" if question.place.group else "/ask"
    letter = answering.writer(question, context).ours(
        "ask_usage", ask=command, topic=_example(context.library)
    )
    await sending.send(letter, question.place, context)


async def _unasked(question: Heard, context: Context) -> None:
    """Answer where there is no doubt; the question stands alone, for nobody was talking to us."""
    services = context.services
    turn = await services.think(context.responder.overheard, question.text)
    match turn:
        case Turn(reply=Answer(exchange)) if not await answering.told(question, exchange, context):
            answering.record(turn, context)
            await answering.deliver(question, turn, Conversation(), context)


def _example(library: Library) -> str:
    return library.exchanges[0].topic if library.exchanges else "…"
