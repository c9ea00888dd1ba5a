"""The one port that others reach the bot at: Telegram with updates, operators with questions.

Strangers reach it, too. They get a status without a text, cost a bounded amount of memory, time
and connections, and nothing that they send gets into the log.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from errno import EADDRINUSE
from typing import Any, ClassVar, NoReturn, Protocol
from urllib.parse import unquote

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.settings import NotConfigured

log = logging.getLogger(__name__)

Json = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]

SECRET = "X-Telegram-Bot-Api-Secret-Token"
METRICS = "text/plain; version=0.0.4"  # Prometheus' name for its text format


class Listen(Protocol):
    """Where to listen: bot.settings has such values."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Hook:
    """Where Telegram delivers updates, how it shows that it is Telegram, and who takes them.

    `take` says whether an update is written down; if it is not, Telegram sends it again.
    """

    path: str
    secret: str = field(repr=False)
    take: Callable[[Json], Awaitable[bool]]

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("a webhook without a secret would believe everybody")


@dataclass(frozen=True, slots=True)
class Ready:
    """Which of the things that the bot cannot do without are there."""

    knowledge: bool = False
    database: bool = False
    telegram: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What the port puts up with; times are in seconds."""

    body: int = 1 << 20
    updates: int = 100  # in hand at a time: Telegram opens at most so many connections
    connections: int = 256  # a quarter of the open files that a process usually may have
    arriving: float = 10.0  # for the head of a request, and again for its body
    answering: float = 30.0
    ready: float = 3.0
    closing: int = 5  # for the requests in hand when the port closes


class Front:
    """A server on one port, within the event loop that already runs."""

    def __init__(
        self,
        listen: Listen,
        hook: Hook | None,
        ready: Callable[[], Awaitable[Ready]],
        metrics: Callable[[], Awaitable[bytes]],
        limits: Limits = Limits(),
    ) -> None:
        self._listen, self._limits = listen, limits
        self._ready, self._metrics = ready, metrics
        routes = [
            Route("/healthz", _safely("healthz", _healthy)),
            Route("/readyz", _safely("readyz", self._is_ready)),
            Route("/metrics", _safely("metrics", self._measured)),
        ]
        if hook:
            take = _safely("webhook", _Webhook(hook, limits).receive)
            routes.append(Route(_path(hook), take, methods=["POST"]))
        self._server = _Server(_config(Router(routes, redirect_slashes=False), limits))
        self._serving: asyncio.Task[None] | None = None
        self.port = listen.port

    async def open(self) -> None:
        """Serve from now on; raises NotConfigured where one cannot listen."""
        sockets = await _bind(self._listen)
        self.port = sockets[0].getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets))

    async def close(self) -> None:
        """Take no more requests, and finish those in hand as far as there is time for it."""
        if self._serving is None:
            return
        self._server.over.set()
        await self._serving

    async def _is_ready(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self._limits.ready):
                ready = await self._ready()
        except TimeoutError:
            ready = Ready()
        state = asdict(ready)
        return JSONResponse(state, 200 if all(state.values()) else 503)

    async def _measured(self, request: Request) -> Response:
        return Response(await self._metrics(), media_type=METRICS)


async def _healthy(request: Request) -> Response:
    """That this runs says all."""
    return PlainTextResponse("ok")


def _path(hook: Hook) -> str:
    """As the server sees it; a URL has it with or without the slash, and perhaps quoted."""
    return "/" + unquote(hook.path.lstrip("/"))


def _safely(name: str, endpoint: Endpoint) -> Endpoint:
    """The endpoint; an error in it is 500 and a log line.

    The line has no message and no traceback: a database's errors quote what was to be written.
    """

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody receives
        except asyncio.CancelledError:
            return Response(status_code=503)  # the server closes: Telegram sends it again
        except Exception as error:
            log.error("%s failed: %s, %s", name, type(error).__qualname__, _place(error))
            return Response(status_code=500)

    return answer


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


# ── the webhook ──────────────────────────────────────────────────────────────────────────────────


class _Webhook:
    """What Telegram delivers, on its way from a request to who takes it."""

    def __init__(self, hook: Hook, limits: Limits) -> None:
        self._hook, self._limits = hook, limits
        self._in_hand = 0

    async def receive(self, request: Request) -> Response:
        """A status for a request; nothing of it is read before it is known to be Telegram's."""
        if not self._is_telegrams(request):
            return Response(status_code=403)
        if self._in_hand >= self._limits.updates:
            return Response(status_code=503)
        self._in_hand += 1
        try:
            return Response(status_code=await self._taken(request))
        finally:
            self._in_hand -= 1

    def _is_telegrams(self, request: Request) -> bool:
        given = request.headers.get(SECRET, "").encode("latin-1")
        return hmac.compare_digest(given, self._hook.secret.encode())

    async def _taken(self, request: Request) -> int:
        body = await _body(request, self._limits.body)
        if body is None:
            return 413
        update = _object(body)
        if update is None:
            return 400
        return 200 if await self._hook.take(update) else 503


async def _body(request: Request, longest: int) -> bytearray | None:
    """The body; None as soon as it is known to be too long."""
    if int(request.headers.get("content-length", "0")) > longest:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    return body


def _object(body: bytearray) -> Json | None:
    """The JSON object in a body; None where there is none."""
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, which are no JSON and which no database takes as such."""
    raise ValueError(constant)


# ── the server ───────────────────────────────────────────────────────────────────────────────────


async def _bind(listen: Listen) -> list[socket.socket]:
    """Sockets on every address of the host, listening; raises NotConfigured."""
    bound: list[socket.socket] = []
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM
        )
        for family, _, _, _, address in addresses:
            bound.append(socket.create_server(address, family=family))
    except (OSError, UnicodeError) as error:
        for one in bound:
            one.close()
        raise NotConfigured(_not_there(listen, error)) from None
    return bound


def _not_there(listen: Listen, error: Exception) -> str:
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    if isinstance(error, OSError) and error.errno == EADDRINUSE:
        return (
            f"BOT_LISTEN is {host}:{listen.port}, where another program already listens: set it "
            "to a host:port that is free."
        )
    return (
        f"BOT_LISTEN is {host}:{listen.port}, where this machine does not let us listen: set it "
        "to an address of this machine and a port above 1023, such as 0.0.0.0:8080."
    )


def _config(app: Router, limits: Limits) -> uvicorn.Config:
    """uvicorn without its logs and extras.

    Below ERROR it tells what strangers did wrong, as often as they do it.
    """

    class Connection(_Connection):
        limits_ = limits

    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        proxy_headers=False,
        # asyncio accepts as many connections at a time as may wait.
        backlog=100,
        timeout_graceful_shutdown=limits.closing,
    )


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves the signals to the bot and ends when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.over = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stay whose they are: uvicorn would put its own handlers in their place."""
        yield

    async def main_loop(self) -> None:
        """Wait: uvicorn would wake up ten times a second, for headers that we don't send."""
        await self.over.wait()


class _Connection(H11Protocol):
    """A connection that ends when a request takes too long to arrive or to be answered, and where
    there are too many connections makes room for a new one."""

    limits_: ClassVar[Limits]
    _stage: tuple[object, bool] | None = None
    _since = 0.0
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self.limits_.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._end:
            self._end.cancel()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None and self.transport.is_closing():
            # uvicorn has answered 400 itself; another answer from us would raise.
            self.cycle.disconnected = True
        self._watch()

    def on_response_complete(self) -> None:
        if self.cycle.more_body:
            self.transport.close()  # uvicorn would read the rest, however long, and drop it
        super().on_response_complete()

    @property
    def is_arriving(self) -> bool:
        """Whether the next thing to come is the client's."""
        return self.cycle is None or self.cycle.more_body or self.cycle.response_complete

    def _watch(self) -> None:
        """Give each stage of each request its time, however it dribbles in."""
        stage = (self.cycle, self.is_arriving)
        if stage == self._stage:
            return
        if self._end:
            self._end.cancel()
        patience = self.limits_.arriving if self.is_arriving else self.limits_.answering
        self._stage, self._since = stage, self.loop.time()
        self._end = self.loop.call_later(patience, self.transport.abort)

    def _make_room(self) -> None:
        """End the connection that has kept us waiting longest; failing that, the one that waits
        longest for us. So a new one always gets in, such as that of a health check."""
        others = [
            other
            for other in self.connections
            if isinstance(other, _Connection)
            and other is not self
            and not other.transport.is_closing()
        ]
        if others:
            last = min(others, key=lambda other: (not other.is_arriving, other._since))
            last.transport.abort()
