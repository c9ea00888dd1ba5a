"""Chats that the bot is not in: inline mode, and guest mode where Telegram lends it."""

from __future__ import annotations

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)

from bot import render
from bot.tg import answering, sending
from bot.tg.incoming import addressed, heard, pointed_at, sound, words
from bot.tg.library import code
from bot.tg.messages import Letter, Writer
from bot.tg.services import Context
from bot.words import language, say

AT_ONCE = 20  # results; Telegram takes 50 and asks for more by their offset
SECONDS = 5  # that Telegram may show a result again: no old answer outlives a change by more
LONGEST_TITLE = 60
LONGEST_DESCRIPTION = 120


async def typed(update: Update, context: Context) -> None:
    """List what fits to `@bot …`, or everything where nothing stands behind the name yet."""
    query = update.inline_query
    if query is None:
        return
    services = context.services
    tongue = language(query.from_user.language_code)
    found = await services.think(context.responder.listing, sound(query.query))
    first = int(query.offset) if query.offset.isdecimal() else 0
    shown = found[first : first + AT_ONCE]
    more = first + AT_ONCE < len(found)
    writer = Writer(context.library, context.bot.username, "abroad", tongue)
    button = InlineQueryResultsButton(
        say("inline_help" if found else "inline_nothing", tongue), start_parameter="inline"
    )
    results = [_result(writer.answer(answer.exchange, answer.quote)) for answer in shown]
    await sending.quietly(
        lambda: query.answer(
            results,
            cache_time=SECONDS,
            is_personal=True,
            next_offset=str(first + AT_ONCE) if more else None,  # PTB 22.8 makes "" a list
            button=button,
        )
    )


async def chosen(update: Update, context: Context) -> None:
    """Keep that somebody sent this result for what they had typed, which speaks for it; Telegram
    tells of it where @BotFather's /setinlinefeedback is on."""
    result = update.chosen_inline_result
    exchange = context.library.linked(result.result_id) if result else None
    if result and exchange and (text := sound(result.query)).strip():
        mark = context.services.mark(result.from_user.id, exchange.key)
        context.memory.chose(text, exchange.key, mark)


async def summoned(update: Update, context: Context) -> None:
    """Answer once where somebody called us into a chat that is not ours."""
    message = update.guest_message
    if message is None or message.guest_query_id is None:
        return
    asked = addressed(message, context.bot.bot)
    text = words(message) if asked is None else asked
    question = heard(message, text) if text else pointed_at(message)
    tongue = heard(message).language
    writer = Writer(context.library, context.bot.username, "abroad", tongue)
    if question:
        letter = writer.reply(await answering.decide(question, context))
    else:
        letter = writer.topics(render.ours("start", tongue))
    result = _result(letter)
    query = message.guest_query_id
    await sending.quietly(lambda: context.bot.answer_guest_query(query, result))


def _result(letter: Letter) -> InlineQueryResultArticle:
    exchange = letter.exchange
    title = render.asked(exchange, LONGEST_TITLE) if exchange else letter.text
    topic = exchange.topic if exchange else ""
    said = letter.quote or (render.whole(exchange) if exchange else "")
    return InlineQueryResultArticle(
        id=code(exchange) if exchange else "reply",
        title=f"{topic}：{title}" if topic else title,
        description=render.shortened(said, LONGEST_DESCRIPTION),
        input_message_content=InputTextMessageContent(letter.text, entities=letter.entities),
        reply_markup=letter.keyboard,
    )
