"""Connections to Telegram: what they say goes into no log, and they know what time it is there."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.tg.arrivals import Json
from bot.tg.faults import Failed, checked, parsed

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": BaseRequest.USER_AGENT,
}


# What is done when a request has its connection and nothing of it has gone yet: whoever notes that
# something is on the wire does it then. Noted before it was made and had its connection, 33 answers
# to groups never left in 60 kills (16 questions a second); noted here, 15 in 65.
DEPARTURE: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("departure", default=None)
_DEPARTING = "http11.send_request_headers.started"


async def departs() -> None:
    """Do what was wished for the moment before a request departs."""
    if wished := DEPARTURE.get():
        await wished()


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

    def hear(self, response: httpx.Response) -> None:
        """Take the time from an answer; one second is the header's precision."""
        try:
            date = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except (ValueError, TypeError):
            return
        ahead = date - self._clock()
        self._ahead = ahead if abs(ahead) > 2.0 else 0.0


class Connection(BaseRequest):
    """The network for PTB, whose errors keep their status and never hold what was sent.

    It speaks to httpx's transport. A client around it would add cookies, redirections and
    authentication, of which a Bot API has none, for as much time as the transport takes itself.
    """

    def __init__(
        self,
        clock: TelegramClock,
        *,
        connections: int = 1,
        read_timeout: float = 5.0,
        connect_timeout: float = 5.0,
        pool_timeout: float = 1.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._clock, self._limits = clock, httpx.Limits(max_connections=connections)
        self._timeouts = {
            "read": read_timeout,
            "write": 5.0,
            "connect": connect_timeout,
            "pool": pool_timeout,
        }
        self._transport = transport

    @property
    def read_timeout(self) -> float:
        """Seconds without a word after which an answer is no longer waited for."""
        return self._timeouts["read"]

    async def initialize(self) -> None:
        """Nothing to prepare: the first request says where to connect."""

    async def shutdown(self) -> None:
        """Close what is open."""
        if self._transport:
            await self._transport.aclose()
            self._transport = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        """Make a request; an answer that says nothing about it is an error."""
        wished = {"read": read_timeout} if isinstance(read_timeout, int | float) else {}
        request = httpx.Request(
            method,
            _address(url),
            headers=_HEADERS,
            content=urlencode(request_data.json_parameters if request_data else {}).encode(),
            extensions={"timeout": self._timeouts | wished} | _traced(),
        )
        try:
            return checked(*await self._answer(request))
        except httpx.TimeoutException as error:
            raise TimedOut from error
        except httpx.HTTPError as error:
            raise NetworkError(f"httpx.{type(error).__name__}") from error

    async def _answer(self, request: httpx.Request) -> tuple[int, bytes]:
        if self._transport is None:
            proxy = _proxy(request.url)
            self._transport = httpx.AsyncHTTPTransport(limits=self._limits, proxy=proxy)
        async with aclosing(await self._transport.handle_async_request(request)) as response:
            body = await response.aread()
        self._clock.hear(response)
        return response.status_code, body

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


def _traced() -> dict[str, Any]:
    return {"trace": _follow} if DEPARTURE.get() else {}


@lru_cache
def _address(url: str) -> httpx.URL:
    """An address, read once: there are as many as methods."""
    return httpx.URL(url)


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address."""
    proxies = getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or proxy_bypass(url.host):
        return None
    return found if "://" in found else f"http://{found}"
