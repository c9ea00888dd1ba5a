"""Fetching updates, and noticing when nothing is fetched any more.

python-telegram-bot stops polling for good after a single 401 or 404 and tells nobody; and one
update that it cannot read makes it fetch the same batch for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from telegram import Update
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.tg.faults import Wire, described

log = logging.getLogger(__name__)

PATIENCE = 150.0  # seconds: the longest pause between two attempts is 30, of a poll 10 + 20
AGAIN = 60.0  # seconds until the same trouble is logged a second time
_DEAD = (401, 404)


class Heartbeat(Wire):
    """The connection that polls: it knows when it was last used, and whether it was refused."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock
        self._last = clock()
        self._refused = 0

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request, and remember that and how it ended."""
        try:
            status, body = await super().do_request(*args, **kwargs)
            if status in _DEAD:
                self._refused = status
            return status, body
        finally:
            self.beat()

    def beat(self) -> None:
        """Polling is alive."""
        self._last = self._clock()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer; an update that nobody can read is emptied, so that the rest get in."""
        answer = Wire.parse_json_payload(payload)
        if isinstance(answer.get("result"), list):
            answer["result"] = [_readable(update) for update in answer["result"]]
        return answer

    def trouble(self) -> str | None:
        """Why polling is over, or nothing if it is not."""
        if self._refused:
            return f"Telegram refused to be polled ({self._refused}): is the token still valid?"
        silent = self._clock() - self._last
        return f"nothing was polled for {silent:.0f} s" if silent > PATIENCE else None


def _readable(data: Any) -> Any:
    try:
        Update.de_json(data, None)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        log.error("update %s cannot be read: %s", data.get("update_id"), type(error).__name__)
        return {"update_id": data["update_id"]}
    return data


class Complaints:
    """Trouble on the way to Telegram, logged when it is new and then once a minute."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, what: str = "polling failed"
    ) -> None:
        self._clock, self._what = clock, what
        self._said: dict[str, float] = {}

    def hear(self, error: TelegramError, then: str = "still trying") -> None:
        """Log the error and what is done about it, unless the same was logged just now."""
        now = self._clock()
        trouble = f"{then}: {'429' if isinstance(error, RetryAfter) else described(error)}"
        self._said = {said: at for said, at in self._said.items() if now - at < AGAIN}
        if trouble in self._said:
            return
        self._said[trouble] = now
        if isinstance(error, Conflict):
            log.warning("another process polls with this token; %s", trouble)
        else:
            log.warning("%s; %s", self._what, trouble)


async def watch(heart: Heartbeat | None, stop: asyncio.Event, every: float = 1.0) -> str | None:
    """Wait for the stop, or for polling to be over; then the reason. A webhook has no heart."""
    if heart:
        heart.beat()
    while not await stopped(stop, every):
        if heart and (reason := heart.trouble()):
            return reason
    return None


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long for the stop; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
