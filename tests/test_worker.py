"""From the inbox to the handlers, whatever happens in between: each question is answered once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.edition import Edition
from bot.respond import Conversation
from bot.store import Entry, Speaker, Store
from bot.tg import app
from bot.tg.arrivals import Json
from bot.tg.library import Library
from bot.tg.limits import Pace
from bot.tg.services import Services, Shelf
from bot.tg.worker import Worker
from tests.bookshop import KNOWLEDGE, RESPONDER
from tests.rim import Line
from tests.telegram import Chat, FakeClock, Person, World
from tests.telegram.world import LONGEST_WAIT

THINKER = ThreadPoolExecutor(1)


class Life:
    """The steps of a process, at one of which it is killed: there it stops, and does nothing more
    that anybody could see."""

    def __init__(self, ends_at: int | None = None) -> None:
        self.ends_at, self.steps = ends_at, 0
        self.last = ""
        self.sent = 0
        self.ended = asyncio.Event()

    async def reaches(self, step: str) -> None:
        self.steps += 1
        if self.steps == self.ends_at:
            self.last = step
            self.ended.set()
        if self.ended.is_set():
            await asyncio.Event().wait()


class MortalStore(Store):
    """A store whose process may be killed before and after each commit."""

    def __init__(self, url: str, clock: Callable[[], float], life: Life) -> None:
        super().__init__(url, clock)
        self._life = life

    async def receive(self, *args: Any, **more: Any) -> tuple[Entry, ...]:
        await self._life.reaches("receive")
        claimed = await super().receive(*args, **more)
        await self._life.reaches("received")
        return claimed

    async def progress(self, entry: Entry, told: int, writes: Any) -> bool:
        ahead = " ahead" * (told > self._life.sent)
        await self._life.reaches("note" + ahead)
        ours = await super().progress(entry, told, writes)
        await self._life.reaches("noted" + ahead)
        return ours

    async def finish(self, *args: Any) -> tuple[Entry, ...]:
        await self._life.reaches("finish")
        claimed = await super().finish(*args)
        await self._life.reaches("finished")
        return claimed


class MortalLine(Line):
    """A network that may be cut before a message is sent, and before its sender hears of it."""

    def __init__(self, world: World, life: Life) -> None:
        super().__init__(world)
        self._life = life

    async def do_request(self, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        sends = url.endswith("/sendMessage")
        if sends:
            await self._life.reaches("send")
        answer = await super().do_request(url, *args, **more)
        if sends:
            self._life.sent += 1
            await self._life.reaches("sent")
        return answer


async def _at_once(_: float) -> None:
    """Wait for nothing."""


@asynccontextmanager
async def alive(
    world: World,
    database: str,
    life: Life | None = None,
    *,
    places: int = 64,
    responder: Any = RESPONDER,
) -> AsyncIterator[Worker]:
    """A process of the bot; it ends without taking leave."""
    life = life or Life()
    store = MortalStore(database, world.clock, life)
    services = Services(
        Shelf(Edition(KNOWLEDGE, responder, (), "test"), Library(KNOWLEDGE)),
        store,
        THINKER,
        now=world.clock,
        pauses=(0, 0),
    )
    pace = Pace(FakeClock(0.0), _at_once, lambda _: ())
    line = MortalLine(world, life)
    application = app.build(services, world.token, "http://fake", line, line, pace)
    await app.begin(application)
    worker = Worker(application, services, places)
    try:
        yield worker
    finally:
        left = list(worker._in_work.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await application.shutdown()
        store.close()


async def handles(worker: Worker, updates: Sequence[Json]) -> None:
    """Take updates in, and handle all that waits."""
    await worker.receive(updates)
    await _goes_on(worker)


async def _goes_on(worker: Worker) -> None:
    """Handle all that waits: also what a process left that is dead."""
    store = worker._store
    await store.beat(tuple(worker._in_work))
    async with asyncio.timeout(LONGEST_WAIT):
        while (await store.waiting()).length:
            worker._begin(await store.claim(worker._room()))
            await worker.idle()


async def _until_it_is_killed(world: World, database: str, life: Life, updates: list[Json]) -> None:
    """Handle updates until the process is killed, or has no more to do."""
    async with alive(world, database, life) as worker:
        work = asyncio.create_task(handles(worker, updates))
        end = asyncio.create_task(life.ended.wait())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, end):
            task.cancel()
        if not life.ended.is_set():
            await work


# What a message is about that leans on the one before, and asks a second thing.
BEFORE, ASKED = "房租贵不贵", "还有呢？猫叫什么名字？"


async def _asks(world: World, database: str, chat: Chat, person: Person, life: Life) -> list[str]:
    """What somebody is answered whose question meets a process that is killed; then it is started
    anew, and Telegram delivers again what was not confirmed."""
    call = "" if chat.id > 0 else "/ask@fangtan_bot "
    person.says(chat, call + BEFORE)
    async with alive(world, database) as worker:
        await handles(worker, world.take())
    count = len(world.sent)
    person.says(chat, call + ASKED)
    updates = world.take()
    await _until_it_is_killed(world, database, life, updates)
    async with alive(world, database) as worker:
        await handles(worker, updates)
    return [message.text for message in world.sent[count:]]


async def _conversation(world: World, database: str, chat: Chat, person: Person) -> Conversation:
    store = Store(database, world.clock)
    try:
        return await store.memory().conversation(Speaker(chat.id, 0, person.id))
    finally:
        store.close()


@pytest.mark.parametrize("where", ["private", "group"])
async def test_killed_at_any_step_each_question_is_answered_once(database: str, where: str) -> None:
    world = World(clock=FakeClock())
    wanted: list[str] = []
    spoken: Conversation | None = None
    steps = 1
    while True:
        person = world.user(f"Person {steps}")
        alone = where == "private"
        chat = world.private(person) if alone else world.supergroup("书友", members=[person])
        life = Life(ends_at=steps if wanted else None)
        told = await _asks(world, database, chat, person, life)
        after = await _conversation(world, database, chat, person)
        if not wanted:
            wanted, spoken = told, after
            assert len(wanted) == 2
            continue
        if not life.ended.is_set():
            break
        expected = Counter(wanted)
        got = Counter(told)
        at = f"killed at step {steps}, {life.last}"
        if alone:
            assert set(got) == set(expected), at
            on_the_wire = life.last in ("sent", "note", "finish")
            assert len(told) == 2 + on_the_wire, at
        else:
            assert not got - expected, at
            assert len(told) == 2 - (life.last in ("noted ahead", "send")), at
        assert after == spoken, at
        steps += 1
    assert steps > 8
