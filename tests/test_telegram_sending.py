"""How letters travel: at Telegram's pace, in order, never twice, and to the character."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from telegram.error import NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from bot.tg import answering, app, guard
from bot.tg.library import Library
from bot.tg.limits import OPEN_REQUESTS, SECOND, Pace, Terms, TooLate
from bot.tg.sending import AGAIN, LATEST_IN_A_GROUP, OWNING_UP
from bot.words import LANGUAGES, Language, say
from tests.bookshop import CATS, RENT
from tests.rim import Rim, shows
from tests.telegram import TOKEN, FakeClock, FloodLimits, Person, World
from tests.telegram.world import LONGEST_WAIT

GROUP, ALICE, BOB = -1001, 1, 2


# What can go wrong on the way


def unsure(language: Language = "zh-hans") -> str:
    return say("unsure", language)


@pytest.mark.parametrize("how", ["refuse", 502, 503])
def test_what_certainly_did_not_arrive_is_sent_until_it_does(
    bot: Rim, world: World, alice: Person, how: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.fail("sendMessage", how, times=30)
    assert shows(bot.asked(alice, "房租贵不贵"), RENT)
    assert len(bot.shown(alice)) == 1
    assert len(caplog.records) == 1, "the same trouble is told once a minute"
    assert "房租" not in caplog.text and TOKEN not in caplog.text


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize(
    ("how", "page"),
    [
        ("hang", False),
        ("drop", False),
        (504, False),
        (504, True),
        (503, True),
        (502, True),
        (500, True),
    ],
)
def test_what_may_have_arrived_is_not_sent_again_but_owned_up_to(
    bot: Rim, world: World, alice: Person, how: Any, page: bool, arrives: bool
) -> None:
    world.fail("sendMessage", how, after_effect=arrives, page=page)
    alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    *answers, last = bot.shown(alice)
    assert last.text == unsure()
    assert len(answers) == arrives
    assert [miss.outcome for miss in bot.misses()] == ["unsent"]
    assert shows(bot.asked(alice, "猫叫什么名字"), CATS)


def test_that_something_may_not_have_arrived_is_said_in_the_readers_language(
    bot: Rim, world: World
) -> None:
    for tongue in LANGUAGES:
        reader = world.user("Reader", language=tongue)
        world.fail("sendMessage", "drop")
        assert bot.asked(reader, "房租贵不贵").text == unsure(tongue)


def test_in_a_group_that_is_said_to_whoever_asked(bot: Rim, world: World, alice: Person) -> None:
    group = world.supergroup("书友", members=[alice])
    world.fail("sendMessage", 504, page=True)
    asked = alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert [(said.text, said.reply_to) for said in bot.said(group)] == [(unsure(), asked)]


def test_what_nobody_asked_for_is_not_owned_up_to(bot: Rim, world: World, alice: Person) -> None:
    group = world.supergroup("书友", members=[alice], bot=False)
    world.fail("sendMessage", "drop")
    alice.adds_bot(group)
    bot.catches_up()
    assert bot.said(group) == []


@pytest.mark.parametrize("arrives", [True, False])
def test_that_it_may_not_have_arrived_is_said_a_few_times_where_that_is_uncertain_too(
    bot: Rim, world: World, alice: Person, arrives: bool
) -> None:
    world.fail("sendMessage", 504, times=float("inf"), after_effect=arrives)
    alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    assert len(world.called("sendMessage")) == 2 + OWNING_UP
    assert [shown.text for shown in bot.shown(alice)][1:] == [unsure()] * (1 + OWNING_UP) * arrives


def test_that_it_may_not_have_arrived_is_said_as_soon_as_something_arrives(
    bot: Rim, world: World, alice: Person
) -> None:
    world.fail("sendMessage", "hang")
    world.fail("sendMessage", "refuse", times=30)
    world.fail("sendMessage", "hang")
    assert bot.asked(alice, "房租贵不贵").text == unsure()
    assert len(bot.shown(alice)) == 1


def test_a_group_is_written_to_until_the_talk_has_moved_on(
    world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    group = world.supergroup("书友", members=[alice])
    world.fail("sendMessage", 502, times=float("inf"))
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    with Rim(world, pauses=(0, 0, LATEST_IN_A_GROUP)) as bot:
        bot.catches_up()
        assert [miss.outcome for miss in bot.misses()] == ["unsent"]
    assert len(world.called("sendMessage")) == 3
    assert "dropped" in caplog.text


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("how", ["hang", "drop", 502, 504])
def test_a_change_is_made_again_until_it_is_there(
    bot: Rim, world: World, alice: Person, how: Any, arrives: bool
) -> None:
    asked = alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    world.fail("editMessageText", how, times=2, after_effect=arrives)
    alice.edits(asked, "猫叫什么名字")
    bot.catches_up()
    (shown,) = bot.shown(alice)
    assert shows(shown, CATS)
    assert len(world.called("editMessageText")) == 3
    alice.edits(asked, "猫叫什么名字？")
    bot.catches_up()
    assert len(world.called("editMessageText")) == 3, "it is known what the message shows"


def test_a_change_that_is_lost_each_time_ends(bot: Rim, world: World, alice: Person) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    world.fail("editMessageText", 504, times=float("inf"))
    bot.presses(alice, answer, "下一问 ▶")
    assert len(world.called("editMessageText")) == 1 + AGAIN


@pytest.mark.parametrize("arrives", [True, False])
def test_a_deletion_is_made_again_until_the_message_is_gone(
    bot: Rim, world: World, alice: Person, arrives: bool
) -> None:
    group = world.supergroup("书友", members=[alice])
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    world.fail("deleteMessage", "hang", after_effect=arrives)
    bot.presses(alice, bot.said(group)[-1], "🗑 删除")
    assert bot.said(group) == []


@pytest.mark.parametrize(("how", "calls"), [("drop", 2), (502, 2), ("hang", 1), (400, 1), (429, 1)])
def test_a_button_is_let_rest_once_more_at_most(
    bot: Rim, world: World, alice: Person, how: Any, calls: int
) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    world.fail("answerCallbackQuery", how, times=float("inf"))
    alice.presses(answer, "下一问 ▶")
    bot.catches_up()
    assert len(world.called("answerCallbackQuery")) == calls


def test_a_refusal_is_not_repeated(bot: Rim, world: World, alice: Person) -> None:
    world.fail("sendMessage", 400, times=5)
    alice.says(world.private(alice), "房租贵不贵")
    bot.catches_up()
    assert len(world.called("sendMessage")) == 1


@pytest.mark.parametrize("times", [1, 20])
def test_a_429_is_obeyed_and_the_answer_still_comes(
    bot: Rim, world: World, alice: Person, times: int
) -> None:
    world.fail("sendMessage", 429, times=times, retry_after=7)
    assert shows(bot.asked(alice, "房租贵不贵"), RENT)
    assert [call.status for call in world.called("sendMessage")] == [*times * [429], 200]
    assert 6 * times < sum(bot.waited) <= 7 * times


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


def _fails(*_: object) -> None:
    raise RuntimeError("out of order")


def test_who_was_told_of_an_error_is_not_answered_as_well(
    bot: Rim, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "is_service", _fails)
    assert bot.asked(alice, "房租贵不贵").text == say("apology")
    assert len(bot.shown(alice)) == 1


def test_who_was_answered_is_told_of_no_error_after_it(
    bot: Rim, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "noted", _fails)
    assert shows(bot.asked(alice, "房租贵不贵"), RENT)
    assert len(bot.shown(alice)) == 1


def test_who_was_told_that_it_may_not_have_arrived_is_told_of_no_error_after_it(
    bot: Rim, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_miss", _fails)
    world.fail("sendMessage", "drop")
    assert bot.asked(alice, "房租贵不贵").text == unsure()
    assert len(bot.shown(alice)) == 1


def test_an_error_on_the_way_to_telegram_is_one_line_in_the_log(
    world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        def respond(self, *_: object) -> None:
            raise NetworkError("away")

    with Rim(world, responder=Away()) as bot:  # type: ignore[arg-type]
        bot.asked(alice, "房租贵不贵")
    assert caplog.messages == ["an update was not handled: away"]
    assert not any(record.exc_info for record in caplog.records)


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

        await self.pace.process_request(go, (), {}, endpoint, {"chat_id": chat}, Terms(deadline))


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


def test_a_request_that_hangs_takes_no_place_from_others_for_long() -> None:
    async def race() -> None:
        hung, pace, through = asyncio.Event(), Pace(moment=0.001), asyncio.Event()

        async def request(chat: int) -> None:
            async def go() -> bool:
                await (hung.wait() if chat < 2 * OPEN_REQUESTS else asyncio.sleep(0))
                return True

            await pace.process_request(go, (), {}, "getChat", {"chat_id": chat}, None)
            if chat == 2 * OPEN_REQUESTS:
                through.set()

        requests = [asyncio.create_task(request(chat)) for chat in range(2 * OPEN_REQUESTS + 1)]
        await through.wait()
        hung.set()
        await asyncio.gather(*requests)

    asyncio.run(asyncio.wait_for(race(), LONGEST_WAIT))


def test_no_more_requests_are_open_at_once_than_there_are_places() -> None:
    async def race() -> int:
        pace, now, most = Pace(moment=LONGEST_WAIT), 0, 0

        async def go() -> bool:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            return True

        def request(chat: int) -> Any:
            return pace.process_request(go, (), {}, "getChat", {"chat_id": chat}, None)

        await asyncio.gather(*map(request, range(3 * OPEN_REQUESTS)))
        return most

    assert asyncio.run(race()) == OPEN_REQUESTS


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
    world.fail("sendMessage", 429, retry_after=int(LATEST_IN_A_GROUP) + 5)
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert "dropped" in caplog.text
    assert [miss.outcome for miss in bot.misses()] == ["unsent"]
