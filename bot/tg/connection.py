"""Connections to Telegram: what they say goes into no log, and they know what time it is there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from telegram.request import HTTPXRequest

from bot.tg.arrivals import Json
from bot.tg.faults import Failed, checked, parsed

# What is done when a request has its connection and nothing of it has gone yet: whoever notes that
# something is on the wire does it then. Noted before it was made and had its connection, 33 answers
# to groups never left in 60 kills (16 questions a second); noted here, 8 in 40.
DEPARTURE: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("departure", default=None)
_DEPARTING = "http11.send_request_headers.started"


async def departs() -> None:
    """Do what was wished for the moment before a request departs."""
    if wished := DEPARTURE.get():
        await wished()


async def _watch(request: httpx.Request) -> None:
    if DEPARTURE.get():
        request.extensions["trace"] = _follow


async def _follow(event: str, _info: object) -> None:
    if event == _DEPARTING:
        await departs()


class TelegramClock:
    """Telegram's time, by the Date of its last answer: how old a question is must not depend on
    whether this machine's clock is right. Until there was an answer, it is believed."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._ahead = clock, 0.0

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self._clock() + self._ahead

    async def hear(self, response: httpx.Response) -> None:
        """Take the time from an answer; one second is the header's precision."""
        try:
            date = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except (ValueError, TypeError):
            return
        ahead = date - self._clock()
        self._ahead = ahead if abs(ahead) > 2.0 else 0.0


class Connection(HTTPXRequest):
    """PTB's network, whose errors keep their status and never hold what was sent."""

    def __init__(self, clock: TelegramClock, **options: Any) -> None:
        hooks = {"event_hooks": {"request": [_watch], "response": [clock.hear]}}
        super().__init__(httpx_kwargs=hooks, **options)

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request; an answer that says nothing about it is an error."""
        return checked(*await super().do_request(*args, **kwargs))

    @staticmethod
    def parse_json_payload(payload: bytes) -> Json:
        """Read an answer; what is none is an error, and not written to the log."""
        answer = parsed(payload)
        if answer is None or not answer.keys() & {"result", "description"}:
            raise Failed(200, page=True)
        return answer


class Polled(Connection):
    """The connection that polls: it keeps updates as they came, and hands PTB none of them, which
    would stop at the first that it cannot read."""

    def __init__(self, clock: TelegramClock, **options: Any) -> None:
        super().__init__(clock, **options)
        self._came: list[Json] = []

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request; of its answer, take out what came."""
        status, body = await super().do_request(*args, **kwargs)
        if status != 200:
            return status, body
        came = self.parse_json_payload(body).get("result")
        if isinstance(came, list):
            self._came += [update for update in came if isinstance(update, dict)]
        return status, b'{"ok":true,"result":[]}'

    def taken(self) -> list[Json]:
        """What came since it was last asked for."""
        came, self._came = self._came, []
        return came
