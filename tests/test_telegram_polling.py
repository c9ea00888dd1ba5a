"""Asking for updates: what came is safe before it is confirmed, and trouble is said sparsely."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.tg import polling
from bot.tg.arrivals import Json
from bot.tg.connection import Connection, Polled, TelegramClock
from bot.tg.limits import Pace
from bot.tg.polling import PATIENCE, Hearing, Poll
from tests.telegram import TOKEN, FakeClock, HttpDoor, World
from tests.telegram.world import LONGEST_WAIT


class Taken:
    """Where updates are safe: it notes them, and the offset of the last poll at that time."""

    def __init__(self, world: World) -> None:
        self.world, self.numbers, self.came = world, list[int](), asyncio.Event()
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def take(self, updates: Sequence[Json]) -> None:
        self.came.set()
        await self.open.wait()
        if self.trouble:
            raise self.trouble
        self.numbers += [update["update_id"] for update in updates]

    def offsets(self) -> list[object]:
        return [call.params.get("offset") for call in self.world.called("getUpdates")]


@asynccontextmanager
async def polls(world: World, taken: Taken, token: str = TOKEN) -> AsyncIterator[Poll]:
    """One who polls a fake Telegram by real connections."""
    with HttpDoor(world) as door:
        clock = TelegramClock()
        polled, request = Polled(clock, read_timeout=20), Connection(clock)
        bot = ExtBot(
            token,
            f"{door.url}/bot",
            request=request,
            get_updates_request=polled,
            rate_limiter=Pace(),
        )
        try:
            yield Poll(bot, polled.taken, taken.take, ["message"], Hearing())
        finally:
            await polled.shutdown()
            await request.shutdown()


@asynccontextmanager
async def running(poll: Poll, leads: bool = True) -> AsyncIterator[asyncio.Event]:
    leading = asyncio.Event()
    if leads:
        leading.set()
    task = asyncio.create_task(poll.forever(leading))
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            yield leading
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(happened: Any) -> None:
    while not happened():
        await asyncio.sleep(0.005)


@pytest.fixture
def taken(world: World) -> Taken:
    return Taken(world)


def say(world: World, words: str) -> int:
    """Somebody says something; the number of the update."""
    person = world.user("Eve")
    person.says(world.private(person), words)
    return int(world.pending()[-1]["update_id"])


async def test_what_came_is_confirmed_only_when_it_is_safe(world: World, taken: Taken) -> None:
    number = say(world, "甲")
    taken.open.clear()
    async with polls(world, taken) as poll, running(poll):
        await taken.came.wait()
        assert taken.offsets() == [None]
        assert len(world.pending()) == 1
        taken.open.set()
        await until(lambda: len(taken.offsets()) > 1)
        assert int(str(taken.offsets()[1])) == number + 1
        assert taken.numbers == [number]
        assert world.pending() == []


async def test_what_cannot_be_made_safe_is_not_confirmed(world: World, taken: Taken) -> None:
    say(world, "甲")
    taken.trouble = LookupError("no room")
    async with polls(world, taken) as poll:
        leads = asyncio.Event()
        leads.set()
        with pytest.raises(LookupError):
            await asyncio.wait_for(poll.forever(leads), LONGEST_WAIT)
    assert len(world.pending()) == 1


async def test_who_does_not_lead_stands_by(
    world: World, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    number = say(world, "甲")
    caplog.set_level(logging.INFO, "bot")
    async with polls(world, taken) as poll, running(poll, leads=False) as leads:
        await until(lambda: "standing by" in caplog.text)
        assert taken.offsets() == []
        leads.set()
        await until(lambda: taken.numbers == [number])
    assert "polling from now on" in caplog.text


async def test_who_leads_soon_says_nothing_of_standing_by(
    world: World, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    """At every start the first beat comes a moment after the first look."""
    say(world, "甲")
    caplog.set_level(logging.INFO, "bot")
    async with polls(world, taken) as poll, running(poll, leads=False) as leads:
        await asyncio.sleep(0)
        leads.set()
        await until(lambda: taken.numbers)
    assert "standing by" not in caplog.text


@pytest.mark.parametrize("token", [TOKEN[:-1] + "x", "nonsense"], ids=["401", "404"])
async def test_a_token_that_is_refused_ends_it_with_the_reason(
    world: World, taken: Taken, token: str
) -> None:
    async with polls(world, taken, token) as poll:
        leads = asyncio.Event()
        leads.set()
        reason = await asyncio.wait_for(poll.forever(leads), LONGEST_WAIT)
    assert "token" in reason
    assert token not in reason


async def test_a_server_that_cannot_delete_webhooks_is_polled_all_the_same(
    world: World, taken: Taken
) -> None:
    world.fail("deleteWebhook", 404)
    number = say(world, "甲")
    async with polls(world, taken) as poll, running(poll):
        await until(lambda: taken.numbers == [number])


@pytest.mark.parametrize("how", [409, 502, 500, "drop"])
async def test_trouble_is_survived_and_said_once(
    world: World, taken: Taken, how: Any, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    monkeypatch.setattr(polling, "_FIRST_PAUSE", 0.0)
    world.fail("getUpdates", how, times=5)
    number = say(world, "甲")
    async with polls(world, taken) as poll, running(poll):
        await until(lambda: taken.numbers == [number])
    assert len([line for line in caplog.messages if "still trying" in line]) == 1


async def test_a_poll_that_hangs_is_given_up(
    world: World, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_HUNG", 0.3)
    monkeypatch.setattr(polling, "_FIRST_PAUSE", 0.0)
    number = say(world, "甲")
    world.fail("getUpdates", "hang")
    async with polls(world, taken) as poll, running(poll):
        await until(lambda: taken.numbers == [number])


def test_telegram_is_heard_well_until_it_was_silent_for_long() -> None:
    clock = FakeClock()
    hearing = Hearing(clock)
    assert not hearing.is_good
    hearing.beat()
    clock.advance(PATIENCE - 1)
    assert hearing.is_good
    clock.advance(1)
    assert not hearing.is_good
    assert hearing.silence == PATIENCE


class Canned(Polled):
    """A connection on which this answer comes."""

    def __init__(self, status: int, body: bytes) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
        super().__init__(TelegramClock(), transport=transport)


async def got(body: bytes, status: int = 200) -> tuple[list[Json], object]:
    """What comes by an answer, and what PTB is given of it."""
    canned = Canned(status, body)
    try:
        result = await canned.post("http://x/getUpdates")
    finally:
        await canned.shutdown()
    return canned.taken(), result


async def test_updates_are_kept_as_they_came_and_library_sees_none() -> None:
    updates = [{"update_id": 1, "message": {"entities": [{"type": "bold"}]}}, {"update_id": 2}]
    came, seen = await got(json.dumps({"ok": True, "result": updates}).encode())
    assert (came, seen) == (updates, [])


async def test_half_a_character_costs_nothing_but_itself() -> None:
    whole = {"ok": True, "result": [{"update_id": 1, "text": "甲\ud83d"}, {"update_id": 2}]}
    came, _ = await got(json.dumps(whole).encode())
    assert [update["update_id"] for update in came] == [1, 2]
    raw = json.dumps({"ok": True, "result": [{"update_id": 3, "text": "x"}]}).encode()
    came, _ = await got(raw.replace(b'"x"', b'"\xed\xa0\xbd"'))
    assert [update["update_id"] for update in came] == [3]


@pytest.mark.parametrize(
    "body",
    [b"<html>\xe7\xa7\x98</html>", b"", b"[1]", b'"\xe7\xa7\x98"', b'{"ok": true}', b"[" * 10**5],
)
async def test_an_answer_that_is_none_is_an_error_and_not_logged(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TelegramError):
        await got(body)
    assert "秘" not in caplog.text


@pytest.mark.parametrize(
    ("header", "ahead"),
    [
        ("Sat, 01 Jan 2000 00:10:00 GMT", 600.0),
        ("Sat, 01 Jan 2000 00:00:01 GMT", 0.0),  # within the header's precision
        ("Fri, 31 Dec 1999 23:00:00 GMT", -3600.0),
        ("no date", 0.0),
        ("", 0.0),
    ],
)
def test_the_time_is_telegrams(header: str, ahead: float) -> None:
    here = FakeClock(946684800.0)  # 2000-01-01
    clock = TelegramClock(here)
    clock.hear(httpx.Response(200, headers={"Date": header}))
    assert clock() == here() + ahead
    here.advance(5)
    assert clock() == here() + ahead
