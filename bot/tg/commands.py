"""The commands that everybody may use, in private chats and in groups."""

from __future__ import annotations

from telegram import BotCommandScopeChat, Message, Update

from bot import render
from bot.tg import answering, groups, orders, sending
from bot.tg.incoming import after_command, asker, heard
from bot.tg.messages import Letter
from bot.tg.profile import private_menu
from bot.tg.services import Context


async def start(update: Update, context: Context) -> None:
    """Welcome someone; a link to one exchange shows it."""
    if not (message := update.message):
        return
    question = heard(message)
    payload = after_command(message)
    if question.place.group:
        if not payload:  # a link that brings us into a group has one, and joining greets
            await help_(update, context)
        return
    await _menu_in_traditional(message, context)
    if payload == "myorders":
        await orders.mine(update, context)
        return
    exchange = context.library.linked(payload)
    if exchange:
        before = await context.memory.conversation(question.speaker)
        turn = await context.services.think(context.responder.show, exchange.key, before)
        await answering.deliver(question, turn, before, context)
        return
    welcome = render.ours("start", question.language)
    await _reply(message, answering.writer(question, context).topics(welcome), context)


async def ask(update: Update, context: Context) -> None:
    """Answer what stands behind the command, or the message that it replies to."""
    if message := update.message:
        await groups.called(message, after_command(message), context)


async def questions(update: Update, context: Context) -> None:
    """List all questions."""
    if message := update.message:
        letter = answering.writer(heard(message), context).questions()
        await _reply(message, letter, context)


async def help_(update: Update, context: Context) -> None:
    """Say how to ask."""
    if message := update.message:
        question = heard(message)
        word = "group_help" if question.place.group else "help"
        name = context.bot.username
        letter = answering.writer(question, context).ours(
            word, ask=f"/ask@{name}", mention=f"@{name}"
        )
        await _reply(message, letter, context)


async def about(update: Update, context: Context) -> None:
    """Say where every word comes from."""
    if message := update.message:
        interviews = tuple(context.library.interviews.values())
        letter = Letter(render.about(interviews, heard(message).language))
        await _reply(message, letter, context)


async def privacy(update: Update, context: Context) -> None:
    """Say what is kept."""
    if message := update.message:
        await _reply(message, Letter(render.ours("privacy", heard(message).language)), context)


async def forget(update: Update, context: Context) -> None:
    """Keep nothing of whoever wishes so, wherever they spoke to us."""
    if message := update.message:
        context.memory.forget(asker(message))
        await _reply(message, Letter(render.ours("forgotten", heard(message).language)), context)


async def _reply(message: Message, letter: Letter, context: Context) -> None:
    await sending.send(letter, heard(message).place, context)


async def _menu_in_traditional(message: Message, context: Context) -> None:
    """Telegram's menus know languages by two letters, so this script is set chat by chat."""
    language, curated = heard(message).language, context.services.curators is not None
    if language == "zh-hant":
        await sending.quietly(
            lambda: context.bot.set_my_commands(
                private_menu(language, curated), scope=BotCommandScopeChat(message.chat.id)
            )
        )
