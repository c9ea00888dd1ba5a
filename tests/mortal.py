"""A process of the bot that may be killed at any step: before and after each commit and each
call to Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from bot.edition import Edition
from bot.reloading import Reloading
from bot.store import Curating, Entry, Store
from bot.store.database import Database
from bot.tg import app
from bot.tg.arrivals import Json
from bot.tg.library import Library
from bot.tg.limits import Pace
from bot.tg.operating import Desk
from bot.tg.polling import Hearing
from bot.tg.services import Services, Shelf
from bot.tg.worker import Worker
from tests.bookshop import KNOWLEDGE, RESPONDER
from tests.rim import Line
from tests.telegram import FakeClock, World
from tests.telegram.world import LONGEST_WAIT

Result = TypeVar("Result")

THINKER = ThreadPoolExecutor(1)
_WRITES = ("/sendMessage", "/editMessageText", "/createForumTopic")


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
        self.curating = MortalCurating(self._database, clock, life)

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


class MortalCurating(Curating):
    """What is done with orders and cards, by a process that may be killed."""

    def __init__(self, database: Database, clock: Callable[[], float], life: Life) -> None:
        super().__init__(database, clock)
        self._life = life

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        await self._life.reaches("change")
        done = await super()._write(work)
        await self._life.reaches("changed")
        return done


class MortalLine(Line):
    """A network that may be cut before a message is sent, and before its sender hears of it."""

    def __init__(self, world: World, life: Life) -> None:
        super().__init__(world)
        self._life = life

    async def do_request(self, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        sends, writes = url.endswith("/sendMessage"), url.endswith(_WRITES)
        if writes:
            await self._life.reaches("send")
        answer = await super().do_request(url, *args, **more)
        if writes:
            self._life.sent += sends
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
    line: Line | None = None,
    reloading: Reloading | None = None,
    curators: int | None = None,
) -> AsyncIterator[Worker]:
    """A process of the bot; it ends without taking leave."""
    life = life or Life()
    store = MortalStore(database, world.clock, life)
    edition = Edition(KNOWLEDGE, RESPONDER, (), "test")
    services = Services(
        Shelf.of(reloading.served) if reloading else Shelf(edition, Library(KNOWLEDGE)),
        store,
        THINKER,
        curators=curators,
        folder=reloading.folder if reloading else None,
        now=world.clock,
        pauses=(0, 0),
    )
    pace = Pace(FakeClock(0.0), _at_once, lambda _: ())
    line = line or MortalLine(world, life)
    application = app.build(services, world.token, "http://fake", line, line, pace)
    await app.begin(application)
    worker = Worker(application, services, places)
    reloading = reloading or Reloading(None, None, edition)
    Desk(application, services, Hearing(world.clock), reloading, lambda: True, world.clock)
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
    await answers_what_waits(worker)


async def answers_what_waits(worker: Worker) -> None:
    """Handle all that waits: also what a process left that is dead."""
    store = worker._store
    await store.beat(tuple(worker._in_work))
    async with asyncio.timeout(LONGEST_WAIT):
        while (await store.waiting()).length:
            worker._begin(await store.claim(worker._room()))
            await worker.idle()
