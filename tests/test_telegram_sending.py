"""How letters travel: at Telegram's pace, in order, never twice, and to the character."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.error import RetryAfter
from telegram.request import HTTPXRequest

from bot.tg import app
from bot.tg.library import Library
from bot.tg.limits import SECOND, Pace, TooLate
from bot.tg.order import PerChat
from tests.bookshop import CATS, RENT
from tests.rim import Rim, shows
from tests.telegram import TOKEN, FakeClock, FloodLimits, Person, World
from tests.telegram.world import LONGEST_WAIT

GROUP, ALICE, BOB = -1001, 1, 2


# What can go wrong on the way


@pytest.mark.parametrize("how", ["refuse", 500, 502, 503])
def test_what_certainly_did_not_arrive_is_sent_again(
    bot: Rim, world: World, alice: Person, how: Any
) -> None:
    world.fail("sendMessage", how, times=2)
    assert shows(bot.asked(alice, "房租贵不贵"), RENT)
    assert len(bot.shown(alice)) == 1


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("how", ["hang", "drop"])
def test_what_may_have_arrived_is_not_sent_again(
    bot: Rim, world: World, alice: Person, how: Any, arrives: bool
) -> None:
    world.fail("sendMessage", how, after_effect=arrives)
    alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    assert len(bot.shown(alice)) == arrives
    assert [miss.outcome for miss in bot.misses()] == ["unsent"]
    assert shows(bot.asked(alice, "猫叫什么名字"), CATS)


def test_a_refusal_is_not_repeated(bot: Rim, world: World, alice: Person) -> None:
    world.fail("sendMessage", 400, times=5)
    alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    assert len(world.called("sendMessage")) == 1


def test_a_429_is_obeyed_and_the_answer_still_comes(bot: Rim, world: World, alice: Person) -> None:
    world.fail("sendMessage", 429, retry_after=7)
    assert shows(bot.asked(alice, "房租贵不贵"), RENT)
    assert [call.status for call in world.called("sendMessage")] == [429, 200]
    assert 6 < sum(bot.waited) <= 7


def test_a_difference_between_meant_and_shown_is_logged_as_an_error(
    bot: Rim, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    original = RENT.answer
    object.__setattr__(RENT, "answer", ("甲\u202e乙丙",))
    try:
        bot.asked(alice, "房租贵不贵")
    finally:
        object.__setattr__(RENT, "answer", original)
    assert "does not say what was meant" in caplog.text
    assert "乙丙" not in caplog.text


def test_an_error_of_ours_is_one_apology_and_a_kept_question(
    world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def respond(self, *_: object) -> None:
            raise RuntimeError("out of order")

    with Rim(world, responder=Broken()) as bot:  # type: ignore[arg-type]
        assert bot.asked(alice, "房租贵不贵").text == "抱歉，出了点问题，请再问一次。"
        assert [(miss.text, miss.outcome) for miss in bot.misses()] == [("房租贵不贵", "error")]
    assert "out of order" in caplog.text
    assert "房租" not in caplog.text


def test_an_error_of_ours_lets_no_button_spin(
    bot: Rim, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise RuntimeError("out of order")

    answer = bot.asked(alice, "房租贵不贵")
    monkeypatch.setattr(Library, "read", read)
    assert bot.presses(alice, answer, "下一问 ▶") == "抱歉，出了点问题，请再问一次。"
    assert shows(answer, RENT)


def test_an_update_that_comes_twice_is_handled_once(bot: Rim, world: World, alice: Person) -> None:
    alice.says(world.private(alice), "房租贵不贵")
    update = dict(world.updates[0])
    bot.catches_up()
    world.updates.append(update)
    bot.catches_up()
    assert len(bot.shown(alice)) == 1


def test_after_a_restart_nothing_is_answered_twice(
    world: World, alice: Person, tmp_path: Path
) -> None:
    alice.says(world.private(alice), "房租贵不贵")
    update = dict(world.updates[0])
    for _ in range(2):
        with Rim(world, database=f"sqlite:///{tmp_path}/bot.db") as bot:
            bot.catches_up()
            world.updates.append(update)
    assert len(world.sent) == 1


def test_the_log_has_a_line_per_question_and_nothing_that_people_wrote(
    bot: Rim, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "bot"):
        bot.asked(alice, "猫叫什么名字")
        bot.asked(alice, "今天天气怎么样")
    lines = [line for line in caplog.messages if line.startswith("outcome=")]
    assert lines[0].startswith("outcome=answer exchange=bookshop/q2 score=")
    assert lines[1].startswith("outcome=none exchange=- score=")
    assert "天气" not in caplog.text


# At Telegram's pace


class Ride:
    """A pace on a clock that only sleeping moves, and the times at which requests went."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock(0.0)
        self.pace = Pace(self.clock, self._sleep)
        self.went: list[tuple[int, float]] = []
        self.refusals: list[float] = []

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def sends(
        self, chat: int, deadline: float | None = None, endpoint: str = "sendMessage"
    ) -> None:
        async def go() -> bool:
            if self.refusals:
                raise RetryAfter(int(self.refusals.pop()))
            self.went.append((chat, self.clock()))
            return True

        await self.pace.process_request(go, (), {}, endpoint, {"chat_id": chat}, deadline)


def test_a_chat_gets_one_message_a_second() -> None:
    async def ride() -> list[tuple[int, float]]:
        ride = Ride()
        for _ in range(3):
            await ride.sends(ALICE)
        return ride.went

    assert asyncio.run(ride()) == [(ALICE, 0.0), (ALICE, SECOND), (ALICE, 2 * SECOND)]


def test_a_group_gets_twenty_messages_a_minute() -> None:
    async def ride() -> list[float]:
        ride = Ride()
        for _ in range(41):
            await ride.sends(GROUP)
        return [at for _, at in ride.went]

    went = asyncio.run(ride())
    assert len(went) == 41
    assert all(late - early > 60 for early, late in zip(went, went[20:], strict=False))


def test_all_chats_together_get_thirty_a_second() -> None:
    async def ride() -> list[float]:
        ride = Ride()
        for chat in range(1, 100):
            await ride.sends(chat)
        return [at for _, at in ride.went]

    went = asyncio.run(ride())
    assert len(went) == 99
    assert all(late - early > 1 for early, late in zip(went, went[30:], strict=False))


def test_what_would_come_too_late_is_dropped_and_takes_no_turn() -> None:
    async def ride() -> list[tuple[int, float]]:
        ride = Ride()
        for _ in range(20):
            await ride.sends(GROUP)
        for _ in range(5):
            with pytest.raises(TooLate):
                await ride.sends(GROUP, ride.clock() + 20)
        ride.clock.now = 60 + SECOND
        await ride.sends(GROUP, ride.clock() + 20)
        return ride.went[20:]

    assert asyncio.run(ride()) == [(GROUP, 60 + SECOND)]


def test_a_429_holds_up_the_chat_that_it_was_for_and_no_other() -> None:
    async def ride() -> list[tuple[int, float]]:
        ride = Ride()
        ride.refusals = [30.0]
        await ride.sends(ALICE)
        ride.clock.now = 1.0
        await ride.sends(BOB)
        await ride.sends(ALICE, endpoint="sendMessage")
        return ride.went

    assert asyncio.run(ride()) == [(ALICE, 30.0), (BOB, 1.0), (ALICE, 30.0 + SECOND)]


def test_telegram_never_has_to_ask_for_patience() -> None:
    clock = FakeClock(time.monotonic())  # which also says when an answer comes too late
    world = World(privacy=False, clock=clock, flood=FloodLimits())
    people = [world.user(f"Person {n}") for n in range(3)]
    group = world.supergroup("书友", members=people)
    ride = Ride(clock)
    with Rim(world, pace=ride.pace) as bot:
        for _ in range(3):
            for person in people:
                person.says(group, "/ask@fangtan_bot 房租贵不贵")
                person.says(world.private(person), "房租贵不贵？猫叫什么名字？")
        bot.catches_up()
    assert len(world.sent) == 9 * 3
    assert {call.status for call in world.calls} == {200}


def test_the_bot_that_runs_keeps_to_the_pace(bot: Rim) -> None:
    running = app.build(
        bot.application.bot_data["services"], TOKEN, "http://x", HTTPXRequest(), HTTPXRequest()
    )
    assert isinstance(running.bot.rate_limiter, Pace)
    asyncio.run(running.bot.shutdown())


def test_answering_a_button_waits_for_nothing() -> None:
    async def ride() -> list[tuple[int, float]]:
        ride = Ride()
        await ride.sends(ALICE)
        await ride.sends(ALICE, endpoint="answerCallbackQuery")
        return ride.went

    assert asyncio.run(ride()) == [(ALICE, 0.0), (ALICE, 0.0)]


def test_a_group_answer_that_would_wait_too_long_is_dropped_with_a_log_line(
    bot: Rim, world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    group = world.supergroup("书友", members=[alice])
    world.fail("sendMessage", 429, retry_after=25)
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert "dropped" in caplog.text
    assert [miss.outcome for miss in bot.misses()] == ["unsent"]


# In order


def _message(chat: int) -> Update:
    data = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}}
    return Update.de_json({"update_id": 1, "message": data}, None)


def test_a_chat_keeps_its_order_while_others_go_ahead() -> None:
    done: list[str] = []

    async def race() -> None:
        order, begun, later = PerChat(), asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            begun.set()
            await later.wait()
            done.append("slow")

        async def quick(name: str) -> None:
            done.append(name)

        alice = [
            asyncio.create_task(order.process_update(_message(ALICE), slow())),
            asyncio.create_task(order.process_update(_message(ALICE), quick("quick"))),
        ]
        await begun.wait()
        await order.process_update(_message(BOB), quick("bob"))
        later.set()
        await asyncio.gather(*alice)

    asyncio.run(asyncio.wait_for(race(), LONGEST_WAIT))
    assert done == ["bob", "slow", "quick"]
