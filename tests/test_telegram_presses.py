"""Presses are answered at once, whatever else waits; what they lead to never waits for long.

And they need not come from a button: Telegram passes on whatever data somebody sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot import render
from bot.interview import Knowledge
from bot.knowledge import read_interview
from bot.respond import Responder
from bot.search import Index
from bot.store import Speaker
from bot.tg.limits import Pace, Terms, TooLate
from tests import telegram as fake
from tests.bookshop import CATS, GUESTS, POLICY, RENT
from tests.rim import Rim, labels, passes, shows
from tests.telegram import Person, World
from tests.telegram.world import LONGEST_WAIT


async def nothing() -> None:
    """What takes no time."""


async def test_a_refused_edit_of_one_inline_message_holds_up_no_other() -> None:
    naps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        naps.put_nowait(seconds)
        await asyncio.Event().wait()

    pace = Pace(lambda: 0.0, sleep)

    async def refused() -> bool:
        raise RetryAfter(timedelta(seconds=30))

    async def done() -> bool:
        return True

    held = asyncio.create_task(_edit(pace, "A", refused))
    assert await asyncio.wait_for(naps.get(), LONGEST_WAIT) == 30.0
    assert await asyncio.wait_for(_edit(pace, "B", done), LONGEST_WAIT)
    assert not held.done()
    held.cancel()


async def test_what_would_come_too_late_is_not_sent() -> None:
    async def sleep(_: float) -> None:
        raise AssertionError("it waits")

    pace = Pace(lambda: 0.0, sleep)
    pace._held["A", True] = 21.0
    with pytest.raises(TooLate):
        await _edit(pace, "A", nothing, deadline=20.0)


async def _edit(
    pace: Pace, which: str, call: Callable[[], Awaitable[Any]], deadline: float | None = None
) -> Any:
    async def callback() -> Any:
        return await call()

    data = {"inline_message_id": which}
    return await pace.process_request(callback, (), {}, "editMessageText", data, Terms(deadline))


# Forged presses


EXPIRED = "按钮已过期"


@pytest.fixture
def mallory(world: World) -> Person:
    return world.user("Mallory")


@pytest.fixture
def boss(world: World) -> Person:
    return world.user("Boss")


@pytest.fixture
def group(world: World, alice: Person, mallory: Person, boss: Person) -> fake.Chat:
    return world.supergroup("书友", members=[alice, mallory], admins=[boss], bot_is_admin=True)


def answer_to(bot: Rim, group: fake.Chat, person: Person, words: str) -> fake.Message:
    person.says(group, f"/ask@fangtan_bot {words}")
    bot.catches_up()
    return bot.said(group)[-1]


def carries(message: fake.Message, text: str, data: str) -> None:
    """Let a button have the data that the first release gave it."""
    assert message.markup
    (key,) = (k for row in message.markup["inline_keyboard"] for k in row if k["text"] == text)
    key["callback_data"] = data


def test_nobody_makes_anothers_answer_theirs_to_delete(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    answer = answer_to(bot, group, alice, "房租贵不贵")
    assert bot.is_told(mallory, answer, f".delete.{mallory.id}") == EXPIRED
    assert bot.is_told(mallory, answer, ".delete") == "只有提问的人和管理员可以删除"
    assert not answer.deleted
    assert bot.presses(alice, answer, "🗑 删除") == "已删除"


def test_no_page_turn_cuts_a_sentence(
    world: World, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    interview, _ = read_interview(Path("knowledge/xiamen-2014.yaml"))
    assert interview
    knowledge = Knowledge((interview,))
    number, said = next(
        (n, render.whole(e))
        for n, e in enumerate(interview.exchanges)
        if "不能解决也要承诺解决" in render.whole(e)
    )
    begin = said.index("能解决也要承诺解")
    with Rim(world, knowledge=knowledge, responder=Responder(Index(knowledge), POLICY)) as bot:
        answer = answer_to(bot, group, alice, interview.exchanges[number].question)
        before = answer.text
        data = f"{bot.library.version}.turn.0.{number}.{begin}.8.0"
        told = [bot.is_told(mallory, answer, data)]
        carries(answer, "🗑 删除", data)  # put there by one who forged before this version
        told.append(bot.is_told(mallory, answer, data))
        assert answer.text == before
        assert told == [EXPIRED, EXPIRED]


def test_no_list_is_posted_into_a_group_that_nobody_was_offered(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    answer = answer_to(bot, group, alice, "房租贵不贵")
    assert bot.is_told(mallory, answer, bot.library.data("list", 0)) == EXPIRED
    assert bot.said(group) == [answer]


@pytest.mark.parametrize("verb", ["show", "open", "whole"])
def test_nobody_turns_anothers_answer_into_something_else(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person, verb: str
) -> None:
    answer = answer_to(bot, group, alice, "房租贵不贵")
    before = answer.text
    for number in range(4):
        data = f"{bot.library.version}.{verb}.{number}.0.1.{mallory.id}"
        assert bot.is_told(mallory, answer, data) == EXPIRED
    assert answer.text == before


def test_what_no_button_below_offers_is_not_done(
    bot: Rim, group: fake.Chat, alice: Person, boss: Person
) -> None:
    answer = answer_to(bot, group, alice, "房租贵不贵")
    for data in (bot.library.data("good", 0), ".ambient.1", ".idle", "", "." * 64, "🏮"):
        assert bot.is_told(boss, answer, data) == EXPIRED
    assert bot.feedback() == {}
    assert not bot.chat(group.id).ambient


def test_in_private_as_well_only_what_stands_below_counts(bot: Rim, alice: Person) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    assert bot.is_told(alice, answer, bot.library.data("show", 2)) == EXPIRED
    assert shows(answer, RENT)
    assert bot.is_told(alice, answer, bot.library.data("show", 1)) == CATS.question
    assert shows(answer, CATS), "the button to the next question has these data"


def test_everybody_may_turn_pages_in_a_group(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    answer = answer_to(bot, group, alice, "讲讲客人的故事")
    bot.presses(mallory, answer, "›")
    assert not shows(answer, GUESTS)
    bot.presses(mallory, answer, "‹")
    assert shows(answer, GUESTS)


# Messages that are no longer what they were


def test_of_two_quick_presses_the_second_finds_the_page_turned(bot: Rim, alice: Person) -> None:
    answer = bot.asked(alice, "讲讲客人的故事")
    stale = answer.button("›").value
    presses = [alice.presses(answer, "›"), alice.presses(answer, "›")]
    bot.catches_up()
    assert all(press.answer and not press.toast for press in presses)
    second = answer.text
    assert "‹" in labels(answer)
    assert bot.is_told(alice, answer, stale) == EXPIRED, "a phone that has not seen the edit"
    assert answer.text == second


@pytest.mark.parametrize("gone", ["message", "keyboard"])
def test_a_button_below_a_message_that_telegram_no_longer_shows_us_has_expired(
    bot: Rim, world: World, alice: Person, gone: str
) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    press = alice.presses(answer, "下一问 ▶")
    message = world.updates[-1]["callback_query"]["message"]
    if gone == "message":
        for name in message.keys() - {"chat", "message_id"}:
            del message[name]
        message["date"] = 0
    else:
        del message["reply_markup"]
    bot.catches_up()
    assert press.toast == EXPIRED
    assert shows(answer, RENT)


def test_a_press_on_nothing_has_expired(bot: Rim, world: World, alice: Person) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    press = alice.presses(answer, "下一问 ▶")
    del world.updates[-1]["callback_query"]["message"]
    bot.catches_up()
    assert press.toast == EXPIRED
    assert not world.called("editMessageText")


@pytest.mark.parametrize("data", ["turn.1.2.0.9.0", "turn.0.2.3.9.77", "whole.2.0.9.0"])
def test_the_first_releases_buttons_that_name_characters_have_expired(
    bot: Rim, alice: Person, data: str
) -> None:
    answer = bot.asked(alice, "讲讲客人的故事")
    before = answer.text
    carries(answer, "›", f"{bot.library.version}.{data}")
    assert bot.presses(alice, answer, "›") == EXPIRED
    assert answer.text == before


def test_the_first_releases_other_buttons_go_on_working(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    near = answer_to(bot, group, alice, "猫和房租哪个贵")
    carries(near, "房租：房租贵不贵", f"{bot.library.version}.show.0.{mallory.id}")
    bot.presses(mallory, near, "房租：房租贵不贵")
    assert shows(near, RENT)
    carries(near, "🗑 删除", f".delete.{mallory.id}")
    assert bot.presses(mallory, near, "🗑 删除") == "只有提问的人和管理员可以删除"
    assert bot.presses(alice, near, "🗑 删除") == "已删除"


# Whose a message is


def test_who_chooses_from_a_list_has_asked(
    bot: Rim, group: fake.Chat, alice: Person, mallory: Person
) -> None:
    mallory.says(group, "/questions@fangtan_bot")
    bot.catches_up()
    [listing] = bot.said(group)
    bot.presses(alice, listing, CATS.question)
    assert bot.presses(mallory, listing, "🗑 删除") == "只有提问的人和管理员可以删除"
    assert bot.presses(alice, listing, "🗑 删除") == "已删除"


def test_what_we_no_longer_know_the_asker_of_only_admins_delete(
    bot: Rim, world: World, group: fake.Chat, alice: Person, mallory: Person, boss: Person
) -> None:
    answer_to(bot, group, alice, "房租贵不贵")
    assert isinstance(world.clock, fake.FakeClock)
    world.clock.advance(601)
    again = answer_to(bot, group, alice, "房租贵不贵")
    assert passes(again, RENT)
    bot.notes(lambda memory: memory.deleted(group.id, again.id))
    bot.presses(mallory, again, "全文")
    assert shows(again, RENT)
    assert bot.recalls(lambda m: m.last_question(Speaker(group.id, 0, mallory.id))) is None
    assert bot.presses(mallory, again, "🗑 删除") == "只有提问的人和管理员可以删除"
    assert bot.presses(boss, again, "🗑 删除") == "已删除"
    lost = answer_to(bot, group, alice, "猫叫什么名字")
    bot.notes(lambda memory: memory.deleted(group.id, lost.id))
    assert bot.presses(alice, lost, "🗑 删除") == EXPIRED
    assert not lost.deleted


def test_in_private_it_can_only_be_theirs(bot: Rim, alice: Person) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    bot.notes(lambda memory: memory.deleted(alice.id, answer.id))
    bot.presses(alice, answer, "下一问 ▶")
    assert bot.recalls(lambda m: m.asker(alice.id, answer.id)) == alice.id
