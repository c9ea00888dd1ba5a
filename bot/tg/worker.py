"""From the inbox to the handlers: one chat's updates in order, chats side by side, each once."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from telegram import Update

from bot.metrics import UpdateOutcome
from bot.store import FLOOD, Entry, Unavailable
from bot.tg import errands, guard
from bot.tg.arrivals import Json, arrival, dated
from bot.tg.services import CURRENT, App, Context, Services, Work

log = logging.getLogger(__name__)

# Updates in work at a time. Most of them wait for a chat's next second or for Telegram, which costs
# nothing; what is bounded is the number of open requests, in `limits`.
PLACES = 256
_LOOK = 1.0  # seconds between two looks into the inbox, where nobody calls
_BEAT = 5.0  # seconds between two signs of life
# How an update ended, as metrics have it; any other way it is done.
_MEASURED: Mapping[str, UpdateOutcome] = {
    "expired": "expired",
    "unreadable": "unreadable",
    "refused": "refused",
    "error": "failed",
    "hopeless": "failed",
}


class Worker:
    """Takes updates into the inbox and handles what is in it, until it is told to stop."""

    def __init__(self, application: App, services: Services, places: int = PLACES) -> None:
        self._application, self._services, self._places = application, services, places
        self._store = services.store
        self._in_work: dict[int, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._stopping = False
        self.leads = asyncio.Event()  # whether this replica is the one that polls

    async def receive(self, updates: Sequence[Json], *, patiently: bool = True) -> None:
        """Write updates down; when this returns, they will be handled. Raises Unavailable unless
        it may wait for the database."""
        arrivals = [arrival(update, self._application.bot.id) for update in updates]
        self._begin(await self._store.receive(arrivals, self._room(), patiently=patiently))

    async def run(self) -> None:
        """Look into the inbox again and again, and give signs of life, for ever."""
        unheard = self._store.listen(partial(_set, self._woken, asyncio.get_running_loop()))
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._beat())
                both.create_task(self._keep_looking())
        finally:
            unheard()

    async def _keep_looking(self) -> None:
        while True:
            await self.look()
            await self._until_woken()

    async def look(self) -> None:
        """Begin what waits in the inbox, as far as there is room."""
        self._begin(await self._store.claim(self._room()))

    async def stop(self, grace: float) -> None:
        """Begin nothing more; give what is in work some seconds; leave the rest for later."""
        self._stopping = True
        if self._in_work:
            await asyncio.wait(self._in_work.values(), timeout=grace)
        left = list(self._in_work.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        try:
            await self._store.leave()
        except Unavailable:
            log.warning("the database is away: what is not done is found at the next start")

    async def idle(self) -> None:
        """Wait until nothing is in work."""
        while self._in_work:
            await asyncio.wait(self._in_work.values())

    def _room(self, freed: int = 0) -> int:
        """How many updates to claim: none until a quarter of the places is free, for looking costs
        the same for one as for many."""
        free = self._places - len(self._in_work) + freed
        return 0 if self._stopping or free < self._places // 4 else free

    async def _beat(self) -> None:
        while True:
            if await self._store.beat(tuple(self._in_work)):
                self.leads.set()
            else:
                self.leads.clear()
            await asyncio.sleep(_BEAT)

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(_LOOK):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def _begin(self, entries: Iterable[Entry]) -> None:
        for entry in () if self._stopping else entries:  # what was claimed is given back
            if earlier := self._in_work.get(entry.seq):
                earlier.cancel()  # another replica gave us up in between, and the update back
            task = asyncio.create_task(self._handle(entry))
            self._in_work[entry.seq] = task
            task.add_done_callback(partial(self._ended, entry.seq))

    def _ended(self, seq: int, task: asyncio.Task[None]) -> None:
        if self._in_work.get(seq) is task:
            del self._in_work[seq]
        if not task.cancelled() and (error := task.exception()):
            log.error("an update cannot be finished", exc_info=error)

    async def _handle(self, entry: Entry) -> None:
        shelf = self._services.shelf
        work = Work(entry, self._store, self._store.memory(), shelf, time.monotonic())
        CURRENT.set(work)
        try:
            await self._process(work)
        except Exception as error:
            work.outcome = "error"
            log.error("an update was not handled", exc_info=error)
        self._begin(await self._finish(work))
        self._services.metrics.update(entry.kind, _MEASURED.get(work.outcome, "done"))

    async def _finish(self, work: Work) -> tuple[Entry, ...]:
        writes, room = work.memory.taken(), self._room(freed=1)
        try:
            return await self._store.finish(work.entry, work.outcome, writes, room)
        except Exception:
            log.exception("what an update changed cannot be written")
            return await self._store.finish(work.entry, "error", (), room)

    async def _process(self, work: Work) -> None:
        entry = work.entry
        if entry.is_hopeless:
            work.outcome = "hopeless"
            log.error("an update was given up after %d attempts", entry.attempts - 1)
        elif entry.kind == FLOOD:
            work.outcome = "refused"
            await guard.warn(entry.payload, Context(self._application))
        elif work.is_errand:
            await errands.run(json.loads(entry.payload), Context(self._application))
        else:
            await self._dispatch(work, json.loads(entry.payload))

    async def _dispatch(self, work: Work, data: Json) -> None:
        try:
            work.written = dated(work.entry.kind, data)
            update = Update.de_json(data, self._application.bot)
        except Exception as error:  # whatever PTB makes of what nobody promised it
            work.outcome = "unreadable"
            log.error("an update cannot be read: %s", type(error).__name__)
            return
        await self._application.process_update(update)


def _set(event: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    """Set an event of a loop from another thread; the loop may have ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(event.set)
