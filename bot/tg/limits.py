"""How fast Telegram lets us write: per chat, per group and minute, and overall.

The numbers are Telegram's advice (core.telegram.org/bots/faq, "My bot is hitting limits").
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Hashable,
    Iterable,
    Mapping,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.metrics import Metrics, Sent

_WRITES = ("send", "edit")
_KINDS: Mapping[str, Sent] = {
    "sendMessage": "message",
    "editMessageText": "edit",
    "deleteMessage": "deletion",
    "answerCallbackQuery": "toast",
    "answerInlineQuery": "inline",
    "answerGuestQuery": "guest",
}
_HASTY = ("answer",)  # of no use after a 429: a query waits for seconds only
# httpcore's cost grows with the square of the open requests; measured with PTB 22.8, 8 at a time
# carry 390 updates a second and 256 fewer than 100. Requests that only wait for Telegram cost far
# less: beside 256 that hang, 278 others a second get through, 8 at a time (beside 16, 1149). So a
# request that is still open after a moment gives its place to the next. 20 people who ask while
# the answers to others hang until they time out waited 13.6 s behind 16 such chats when places
# were kept, and now 0.1 s; 2.0 behind 100 (4.9 with a moment of 1 s) and 7.4 behind 250, which is
# what 30 messages a second take.
OPEN_REQUESTS = 16
MOMENT = 0.25  # seconds
CONNECTIONS = 256  # those that hang included
SECOND = 1.05  # as we count it: requests travel unevenly fast


class TooLate(Exception):
    """A message would have had to wait past its deadline, and was not sent."""


@dataclass(slots=True)
class Window:
    """At most `count` in any `seconds`: when the last ones went, or will go."""

    count: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def free_at(self, now: float) -> float:
        """When the next may go."""
        full = len(self.times) >= self.count
        return max(now, self.times[-self.count] + self.seconds) if full else now

    def take(self, at: float) -> None:
        """Let one go at that time."""
        self.times.append(at)
        while len(self.times) > self.count:
            self.times.popleft()


def _overall() -> Window:
    return Window(30, SECOND)


def _chat(chat: int) -> tuple[Window, ...]:
    one_a_second = Window(1, SECOND)
    return (one_a_second, Window(20, 60 + SECOND)) if chat < 0 else (one_a_second,)


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a request: the time, by the clock, after which it had better not be sent, and what is
    around it while it is on the wire, each time that it is; not while it waits for its turn."""

    deadline: float | None = None
    wire: Callable[[], AbstractAsyncContextManager[None]] = nullcontext


_NO_TERMS = Terms()


class Pace(BaseRateLimiter[Terms]):
    """The limiter that the bot sends through; it remembers when it last wrote to each chat."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
        chat: Callable[[int], tuple[Window, ...]] = _chat,
        moment: float = MOMENT,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._clock, self._sleep, self._new, self._moment = clock, sleep, chat, moment
        self._overall = _overall()
        self._chats: dict[int, tuple[Window, ...]] = {}
        self._held: dict[Hashable, float] = {}
        self._open = asyncio.Semaphore(OPEN_REQUESTS)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Terms | None,
    ) -> Any:
        """Wait until Telegram will take the request, make it; a 429 holds up this chat only."""
        terms = rate_limit_args or _NO_TERMS
        writes = endpoint.startswith(_WRITES)
        chat = data.get("chat_id")
        windows = self._windows(chat) if writes and isinstance(chat, int) else ()
        queue = (chat or data.get("inline_message_id") or endpoint, writes)
        while True:
            await self._turn(windows, queue, terms.deadline)
            if writes:
                await self._turn((self._overall,), None, None)
            try:
                async with self._place(), terms.wire():
                    result = await callback(*args, **kwargs)
                if kind := _KINDS.get(endpoint):
                    self._metrics.sent(kind)
                return result
            except RetryAfter as refusal:
                self._metrics.throttled()
                if endpoint.startswith(_HASTY):
                    raise
                self._held[queue] = self._clock() + _seconds(refusal.retry_after)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places for open requests, for a moment at most."""
        await self._open.acquire()
        taken = [self._open]

        def give_back() -> None:
            while taken:
                taken.pop().release()

        later = asyncio.get_running_loop().call_later(self._moment, give_back)
        try:
            yield
        finally:
            later.cancel()
            give_back()

    def _windows(self, chat: int) -> tuple[Window, ...]:
        if chat not in self._chats:
            self._forget_idle()
            self._chats[chat] = self._new(chat)
        return self._chats[chat]

    def _forget_idle(self) -> None:
        """Keep only chats that were written to a short while ago, so that memory is bounded."""
        if len(self._chats) >= 10_000:
            now = self._clock()
            self._chats = {
                chat: windows
                for chat, windows in self._chats.items()
                if any(w.times and w.times[-1] + w.seconds > now for w in windows)
            }
            self._held = {queue: until for queue, until in self._held.items() if until > now}

    async def _turn(
        self, windows: Iterable[Window], queue: Hashable, deadline: float | None
    ) -> None:
        """Wait until all windows have room, and as long as the queue is held up by a 429."""
        now = self._clock()
        at = max((now, self._held.get(queue, 0.0), *(window.free_at(now) for window in windows)))
        if deadline is not None and at > deadline:
            raise TooLate
        for window in windows:
            window.take(at)
        while (left := max(at, self._held.get(queue, 0.0)) - self._clock()) > 0:
            await self._sleep(left)


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
