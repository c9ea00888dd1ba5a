"""Asking Telegram for updates: what came is written down before it is asked for more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from bot.tg.arrivals import Json
from bot.tg.faults import Complaints
from bot.tg.limits import Terms

log = logging.getLogger(__name__)

POLL = 10  # seconds that Telegram holds a poll for which there is nothing yet
_HUNG = 3 * POLL  # seconds after which a poll that nobody ended is given up
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts
_FIRST_LOOK = 1.0  # seconds in which a replica finds out whether it leads
_GREETING = 60.0  # seconds between two signs of Telegram for one that stands by
PATIENCE = 150.0  # seconds without a word from Telegram that are long


@dataclass(slots=True)
class Hearing:
    """When Telegram was last heard."""

    clock: Callable[[], float] = time.monotonic
    last: float | None = None

    def beat(self) -> None:
        """Telegram was heard just now."""
        self.last = self.clock()

    @property
    def silence(self) -> float:
        """Seconds since then; infinite where it never was."""
        return float("inf") if self.last is None else self.clock() - self.last

    @property
    def is_good(self) -> bool:
        return self.silence < PATIENCE


@dataclass(slots=True)
class Poll:
    """One bot's polling. `take` returns when the updates are safe."""

    bot: ExtBot[Terms]
    came: Callable[[], list[Json]]
    take: Callable[[Sequence[Json]], Awaitable[None]]
    kinds: Sequence[str]
    hearing: Hearing
    complaints: Complaints = field(default_factory=Complaints)
    _offset: int | None = None

    async def forever(self, leads: asyncio.Event) -> str:
        """Poll while this replica leads; end only where Telegram will never answer: the reason."""
        pause = _FIRST_PAUSE
        webhook = True
        while True:
            await self._lead(leads)
            try:
                async with asyncio.timeout(_HUNG):
                    if webhook:
                        webhook = not await self._free()
                    await self._once()
            except InvalidToken as error:
                return f"Telegram refused to be polled ({error}): is the token still valid?"
            except (TelegramError, TimeoutError) as error:
                trouble = error if isinstance(error, TelegramError) else TimedOut()
                self.complaints.hear(trouble)
                await asyncio.sleep(_wished(trouble) or pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            await self._keep()

    async def _free(self) -> bool:
        """Let go of a webhook, which would keep polls away. A Bot API server of somebody's own may
        not know the call; that the token is unknown the poll will say as well."""
        try:
            return await self.bot.delete_webhook()
        except InvalidToken as error:
            self.complaints.hear(error, "polling all the same")
            return True

    async def _lead(self, leads: asyncio.Event) -> None:
        """Wait until this replica is the one that polls; meanwhile, Telegram is only greeted."""
        if await stopped(leads, _FIRST_LOOK):
            return
        log.info("another replica polls; standing by")
        while not await stopped(leads, _GREETING):
            with suppress(TelegramError):
                await self.bot.get_me()
                self.hearing.beat()
        log.info("polling from now on")

    async def _once(self) -> None:
        await self.bot.get_updates(
            self._offset, timeout=timedelta(seconds=POLL), allowed_updates=self.kinds
        )
        self.hearing.beat()

    async def _keep(self) -> None:
        """Write down what came, however long that takes; only then is the next poll allowed to
        confirm it."""
        if came := self.came():
            await self.take(came)
            numbers = [update.get("update_id") for update in came]
            self._offset = max((n for n in numbers if isinstance(n, int)), default=-1) + 1


def _wished(error: TelegramError) -> float | None:
    if not isinstance(error, RetryAfter):
        return None
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long for the stop; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
