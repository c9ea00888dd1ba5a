"""Inline mode and guest mode: one message in a chat that the bot is not in."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from bot import render
from bot.interview import Knowledge
from bot.tg import app
from bot.tg.buttons import ABROAD
from bot.tg.library import Library
from bot.tg.messages import Writer
from tests.bookshop import CATS, FUTURE, GUESTS, INTERVIEW, KNOWLEDGE, RENT
from tests.rim import Rim, labels, passes, shows
from tests.telegram import Chat, FakeClock, Person, World, utf16_len


@pytest.fixture
def elsewhere(world: World, alice: Person) -> Chat:
    """A group that the bot is not in."""
    return world.supergroup("别处", members=[alice], bot=False)


# Inline


def test_an_empty_query_lists_every_question(bot: Rim, alice: Person, elsewhere: Chat) -> None:
    search = alice.inline("", elsewhere)
    bot.catches_up()
    assert len(search.results) == len(list(KNOWLEDGE.exchanges()))
    assert all(result["description"] for result in search.results)


@pytest.mark.parametrize("query", ["猫叫什么名字", "猫", "两只猫"])
def test_a_query_lists_what_fits(bot: Rim, alice: Person, elsewhere: Chat, query: str) -> None:
    search = alice.inline(query, elsewhere)
    bot.catches_up()
    message = alice.chooses(search)
    assert search.titles == ["猫：" + CATS.question]
    assert shows(message, CATS)
    assert message.text.endswith("— 林小满 · 《转角书店的二十年》 · 2021-04-23")


def test_no_old_answer_is_kept_for_long(bot: Rim, alice: Person, elsewhere: Chat) -> None:
    search = alice.inline("猫", elsewhere)
    bot.catches_up()
    assert search.answer
    assert search.answer["cache_time"] <= 10


def test_nothing_found_offers_the_private_chat(
    bot: Rim, world: World, alice: Person, elsewhere: Chat
) -> None:
    search = alice.inline("今天天气怎么样", elsewhere)
    bot.catches_up()
    assert search.results == []
    assert search.answer
    assert search.answer["button"]["text"] == "没找到，私聊问我试试"
    alice.starts(search.answer["button"]["start_parameter"])
    bot.catches_up()
    assert labels(bot.shown(alice)[0])


@pytest.mark.parametrize("query", ["\u200b", "x" * 256, "🏮" * 128, "<b>", "'; --", "\ud83d", "{}"])
def test_whatever_is_typed_is_answered(
    bot: Rim, world: World, alice: Person, elsewhere: Chat, query: str
) -> None:
    search = alice.inline(query, elsewhere)
    bot.catches_up()
    assert search.answer is not None


def test_what_was_sent_inline_turns_its_pages(bot: Rim, alice: Person, elsewhere: Chat) -> None:
    search = alice.inline("讲讲客人的故事", elsewhere)
    bot.catches_up()
    message = alice.chooses(search)
    pages = message.marked("expandable_blockquote")
    while "›" in labels(message):
        bot.presses(alice, message, "›")
        assert utf16_len(message.text) <= 4096
        pages += message.marked("expandable_blockquote")
    assert "".join(pages) == "\n".join(GUESTS.answer)


NUMBERS = [-(10**19), -2, -1, 0, 1, 2, 3, 4, 99, 10**19]


@pytest.mark.parametrize("verb", ["show", "open", "page", "list"])
def test_whatever_is_forged_an_inline_message_shows_whole_sentences(
    bot: Rim, alice: Person, elsewhere: Chat, verb: str
) -> None:
    """What stands below it is not told, so that data are taken on trust: see `bot.tg.buttons`."""
    search = alice.inline("房租", elsewhere)
    bot.catches_up()
    message = alice.chooses(search)
    whole = "\n".join(RENT.answer)
    ends = [0]
    for sentence in RENT.said:
        ends.append(whole.index(sentence) + len(sentence))
    runs = {whole[a:b].strip() for a in ends for b in ends if a < b}
    for first, count in product(NUMBERS, NUMBERS):
        before = (0, 0) if verb == "page" else (0,)
        bot.is_told(alice, message, bot.library.data(verb, *before, first, count))
        assert set(message.marked("bold")) <= runs
        assert set(message.marked("expandable_blockquote")) <= {whole}


def test_what_inline_messages_offer_is_what_is_done_there() -> None:
    second = replace(INTERVIEW, id="second", exchanges=(replace(FUTURE, interview="second"),))
    library = Library(Knowledge((INTERVIEW, second)))
    writer = Writer(library, "fangtan_bot", "abroad", "zh-hans")
    letters = (
        writer.answer(GUESTS, "", page=1),
        writer.answer(CATS, CATS.facts[0].quote, "passage"),
        writer.topics(render.ours("start", "zh-hans")),
        writer.questions(0),
    )
    keys = [key for letter in letters for row in letter.rows for key in row if key.callback_data]
    found = [library.read(str(key.callback_data)) for key in keys]
    assert {verb for verb, _ in filter(None, found)} == ABROAD


@pytest.mark.parametrize("data", ["{}.good.0", "{}.bad.0", ".delete", ".delete.{}", ".ambient.1"])
def test_what_no_inline_message_offers_has_expired(
    bot: Rim, alice: Person, elsewhere: Chat, data: str
) -> None:
    search = alice.inline("房租", elsewhere)
    bot.catches_up()
    message = alice.chooses(search)
    told = bot.is_told(alice, message, data.format(bot.library.version))
    assert told == "按钮已过期"
    assert bot.feedback() == {}


def test_the_first_releases_characters_are_no_sentences(
    bot: Rim, alice: Person, elsewhere: Chat
) -> None:
    search = alice.inline("房租", elsewhere)
    bot.catches_up()
    message = alice.chooses(search)
    before = message.text
    for data in ("turn.0.0.1.3.0", "whole.0.1.3.0"):
        assert bot.is_told(alice, message, f"{bot.library.version}.{data}") == "按钮已过期"
    assert message.text == before


# Guests


def test_a_guest_answers_once_in_one_message(bot: Rim, alice: Person, elsewhere: Chat) -> None:
    call = alice.summons(elsewhere, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert call.answer
    assert shows(call.answer, RENT)


def test_a_guest_turns_pages_and_lets_choose(
    bot: Rim, world: World, alice: Person, elsewhere: Chat
) -> None:
    call = alice.summons(elsewhere, "讲讲客人的故事 @Fangtan_Bot")
    bot.catches_up()
    assert call.answer
    assert shows(call.answer, GUESTS)
    bot.presses(alice, call.answer, "›")
    unsure = alice.summons(elsewhere, "@fangtan_bot 今天天气怎么样")
    bot.catches_up()
    assert unsure.answer
    bot.presses(alice, unsure.answer, "房租")
    assert shows(unsure.answer, RENT)
    assert not [call for call in world.calls if call.status != 200]


def test_a_reply_to_a_guests_answer_is_about_it_and_opens_into_the_whole(
    bot: Rim, world: World, alice: Person, elsewhere: Chat
) -> None:
    first = alice.summons(elsewhere, "@fangtan_bot 房租贵不贵")
    other = alice.summons(elsewhere, "@fangtan_bot 猫叫什么名字")
    bot.catches_up()
    assert first.answer and other.answer
    more = alice.summons(elsewhere, "还有呢", reply_to=first.answer)
    bot.catches_up()
    assert more.answer
    assert passes(more.answer, RENT)
    passage = more.answer.marked("bold")
    bot.presses(alice, more.answer, "全文")
    assert shows(more.answer, RENT)
    assert more.answer.marked("bold") == passage
    assert not [call for call in world.calls if call.status != 200]


def test_what_was_sent_inline_can_be_replied_to_as_a_guest(
    bot: Rim, alice: Person, elsewhere: Chat
) -> None:
    search = alice.inline("猫", elsewhere)
    bot.catches_up()
    sent = alice.chooses(search)
    call = alice.summons(elsewhere, "@fangtan_bot 下一个", reply_to=sent)
    bot.catches_up()
    assert call.answer
    assert shows(call.answer, GUESTS)


def test_a_guest_offers_what_may_be_meant(
    bot: Rim, world: World, alice: Person, elsewhere: Chat
) -> None:
    call = alice.summons(elsewhere, "@fangtan_bot 猫和房租哪个贵")
    bot.catches_up()
    assert call.answer
    assert labels(call.answer) == ["房租：房租贵不贵", "私聊继续问"]
    bot.presses(alice, call.answer, "房租：房租贵不贵")
    assert shows(call.answer, RENT)


def test_a_bare_call_of_a_guest_answers_what_it_replies_to_or_offers_the_topics(
    bot: Rim, world: World, alice: Person, elsewhere: Chat
) -> None:
    question = alice.says(elsewhere, "以后有什么打算")
    call = alice.summons(elsewhere, "@fangtan_bot", reply_to=question)
    alone = alice.summons(elsewhere, "@fangtan_bot")
    bot.catches_up()
    assert call.answer
    assert shows(call.answer, FUTURE)
    assert alone.answer
    assert "房租" in labels(alone.answer)


def test_guest_mode_is_on_only_where_telegram_says_so() -> None:
    for guest in (True, False):
        world = World(clock=FakeClock(), guest=guest)
        with Rim(world) as bot:
            me = bot.application.bot.bot
            assert ("guest_message" in app.allowed_updates(me)) is guest
            names = [getattr(h.callback, "__name__", "") for h in app.handlers(me, frozenset())[0]]
            assert ("summoned" in names) is guest
