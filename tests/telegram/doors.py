"""Two ways into a world: `FakeRequest` for a Bot in this process, `HttpDoor` for any process.

Both speak through `exchange`: a call meets its token, its fault and, for getUpdates, its wait.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from typing import Any

import aiohttp
import httpx
from aiohttp import web
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from tests.telegram.methods import Refusal, Reply, call, refused, too_many
from tests.telegram.model import Json
from tests.telegram.world import LONGEST_WAIT, Call, Fault, Webhook, World

LONGEST_POLL = 50
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # before what a webhook did not take comes again
_STATUS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>"
    "\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_ENDED = "Conflict: terminated by setWebhook request"


class Broken(Exception):
    """No answer: the connection was refused, broke, or stays silent."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


async def exchange(world: World, token: str, method: str, params: Mapping[str, str]) -> Reply:
    """One request to the server, faults and waiting included."""
    if token != world.token:
        shaped = re.fullmatch(r"\d+:[\w-]{30,}", token)
        return refused(Refusal(401, "Unauthorized") if shaped else Refusal(404, "Not Found"))
    with world.lock:
        fault = world.take_fault(method, params)
        if fault and not fault.after_effect:
            status = fault.how if isinstance(fault.how, int) else 0
            what = f"fault: {fault.how}"
            struck = Call(method, dict(params), status, what, world.clock())
            world.calls.append(struck)
            return replace(_faulty(fault), call=struck)
    if method.lower() == "getupdates":
        reply = await _poll(world, method, params)
    else:
        reply = call(world, method, params)
    if fault is None:
        return reply
    if reply.call:
        reply.call.description = f"fault afterwards: {fault.how}{' by a page' * fault.page}"
    return replace(_faulty(fault), call=reply.call)


def _faulty(fault: Fault) -> Reply:
    if isinstance(fault.how, str):
        raise Broken(fault.how)
    if fault.how == 429:
        return refused(too_many(fault.retry_after))
    if fault.page:
        title = f"{fault.how} {_STATUS.get(fault.how, 'Error')}"
        return Reply(fault.how, page=_PAGE.format(title=title))
    return refused(Refusal(fault.how, fault.description or _STATUS.get(fault.how, "Error")))


async def _poll(world: World, method: str, params: Mapping[str, str]) -> Reply:
    """getUpdates: answer as soon as there is something, in vain after `timeout` seconds.

    A second poll ends the first with 409, as Telegram does.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    with world.lock:
        world.poll_turn += 1
        turn = world.poll_turn
    stop = world.listen(lambda: loop.call_soon_threadsafe(changed.set))
    try:
        reply = call(world, method, params)
        timeout = params.get("timeout", "0")
        seconds = min(int(timeout), LONGEST_POLL) if timeout.isdigit() else 0
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while reply.status == 200 and not reply.body["result"]:
                    await changed.wait()
                    changed.clear()
                    with world.lock:
                        if world.poll_turn != turn:
                            return _ended(world, method, params)
                        waiting = bool(world.updates)
                    if waiting:
                        reply = call(world, method, params)
        return reply
    finally:
        stop()


def _ended(world: World, method: str, params: Mapping[str, str]) -> Reply:
    why = _ENDED if world.webhook.url else _STATUS[409]
    ended = Call(method, dict(params), 409, why, world.clock())
    world.calls.append(ended)
    return replace(refused(Refusal(409, why)), call=ended)


class FakeRequest(BaseRequest):
    """PTB's network, replaced: `Application.builder().request(FakeRequest(world))`, and the same
    again for `get_updates_request`."""

    def __init__(self, world: World, read_timeout: float = 5.0) -> None:
        self.world, self._read_timeout = world, read_timeout

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *args: Any,
        **more: Any,
    ) -> tuple[int, bytes]:
        """Answer as HTTPXRequest would, causes of errors included; a hang is cut short."""
        token, _, name = url.rpartition("/bot")[2].partition("/")
        await asyncio.sleep(0)  # a network always lets others go first
        params = request_data.json_parameters if request_data else {}
        try:
            reply = await exchange(self.world, token, name, params)
        except Broken as broken:
            await asyncio.sleep(0.01)  # lest retries without a pause never let go
            error, cause = _as_httpx(broken.how)
            raise error from cause
        return reply.status, reply.payload


def _as_httpx(how: str) -> tuple[NetworkError, httpx.HTTPError]:
    if how == "hang":
        return TimedOut(), httpx.ReadTimeout("")
    cause: httpx.HTTPError = httpx.RemoteProtocolError("Server disconnected without an answer.")
    if how == "refuse":
        cause = httpx.ConnectError("All connection attempts failed")
    return NetworkError(f"httpx.{type(cause).__name__}: {cause}"), cause


async def deliver(world: World, handle: Callable[[Json], Awaitable[None]]) -> int:
    """Hand every waiting update to the bot, one after the other; how many there were."""
    count = 0
    while updates := world.take():
        for data in updates:
            await handle(data)
            count += 1
    return count


class HttpDoor:
    """The world as a server on 127.0.0.1, in a thread of its own: `with HttpDoor(world) as door`.

    `door.url` is what TELEGRAM_API_URL has to be. `down` and `up` take the server away and bring it
    back on the same port. Requests and answers take `latency` seconds each on their way. Webhooks
    are delivered from here.
    """

    def __init__(self, world: World, latency: float = 0.0) -> None:
        self.world, self.port, self.latency = world, 0, latency
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake Telegram")
        self._runner: web.AppRunner | None = None
        self._postman: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> HttpDoor:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *exc: object) -> None:
        self._run(self._stop())
        self._run(self._end_requests())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def down(self) -> None:
        """Refuse connections and break those there are."""
        self._run(self._close())

    def up(self) -> None:
        """Be back."""
        self._run(self._open())

    def _run(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=LONGEST_WAIT)

    async def _start(self) -> None:
        await self._open()
        self._postman = asyncio.create_task(_Postman(self.world).works())

    async def _stop(self) -> None:
        if self._postman:
            self._postman.cancel()
            await asyncio.gather(self._postman, return_exceptions=True)
        await self._close()

    async def _end_requests(self) -> None:
        """Whoever still holds a request, a long poll say, is not waited for."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        params = await _read(request)
        await asyncio.sleep(self.latency)
        try:
            reply = await exchange(self.world, token, method, params)
        except Broken as broken:
            if broken.how == "hang":
                await asyncio.Event().wait()  # until the client gives up or the door closes
            if request.transport:
                request.transport.abort()
            return web.Response()
        await asyncio.sleep(self.latency)
        response = _response(reply)
        with suppress(ConnectionError):
            await response.prepare(request)
            await response.write_eof()
            if reply.call:
                reply.call.answered = self.world.clock()
        return response


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": "text/html" if reply.page else "application/json"}
    if "parameters" in reply.body and "retry_after" in reply.body["parameters"]:
        headers["Retry-After"] = str(reply.body["parameters"]["retry_after"])
    return web.Response(status=reply.status, body=reply.payload, headers=headers)


class _Postman:
    """Delivers webhooks as Telegram does: one at a time of a queue, many queues side by side.

    Messages queue by chat, presses and inline queries by who made them, each kind on its own. What
    is not taken comes again after a pause, and holds up its queue only.
    """

    def __init__(self, world: World) -> None:
        self._world, self._last = world, 0
        self._queues: dict[Hashable, deque[Json]] = {}
        self._free = asyncio.Condition()
        self._open = 0

    async def works(self) -> None:
        """Deliver, until cancelled."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        stop = self._world.listen(lambda: loop.call_soon_threadsafe(changed.set))
        timeout, connector = aiohttp.ClientTimeout(LONGEST_WAIT), aiohttp.TCPConnector(limit=0)
        session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        try:
            async with session, asyncio.TaskGroup() as group:
                while True:
                    for queue in self._filled():
                        group.create_task(self._empties(queue, session))
                    await changed.wait()
                    changed.clear()
        finally:
            stop()

    def _filled(self) -> list[Hashable]:
        """Sort what is new; the queues that nobody is emptying yet."""
        filled = []
        with self._world.lock:
            for update in self._new():
                queue = _queue(update)
                if queue not in self._queues:
                    self._queues[queue] = deque()
                    filled.append(queue)
                self._queues[queue].append(update)
        return filled

    def _new(self) -> list[Json]:
        if not self._world.webhook.url:
            return []
        new = list(takewhile(lambda u: u["update_id"] > self._last, reversed(self._world.updates)))
        self._last = max([self._last, *(update["update_id"] for update in new)])
        return new[::-1]

    async def _empties(self, queue: Hashable, session: aiohttp.ClientSession) -> None:
        waiting, pause = self._queues[queue], SHORTEST_PAUSE
        while waiting:
            with self._world.lock:
                hook, wanted = self._world.webhook, self._world.waits(waiting[0])
            if not wanted:
                waiting.popleft()
            elif hook.url and await self._delivers(waiting[0], hook, session):
                with self._world.changing():
                    self._world.settle(waiting.popleft()["update_id"])
                pause = SHORTEST_PAUSE
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        del self._queues[queue]

    async def _delivers(self, update: Json, hook: Webhook, session: aiohttp.ClientSession) -> bool:
        async with self._free:
            await self._free.wait_for(lambda: self._open < hook.connections)
            self._open += 1
        try:
            return await _post(session, hook.url, hook.secret, update)
        finally:
            async with self._free:
                self._open -= 1
                self._free.notify()


def _queue(update: Json) -> Hashable:
    """Where an update waits for its turn."""
    kind, payload = next((kind, value) for kind, value in update.items() if kind != "update_id")
    chat = payload.get("chat")
    if chat is None:
        return kind, payload["from"]["id"]
    return ("member" if kind.endswith("chat_member") else "message"), chat["id"]


async def _read(request: web.Request) -> dict[str, str]:
    params = dict(request.query)
    if request.content_type == "application/json":
        given: Json = await request.json()
        return params | {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
        }
    return params | {name: str(value) for name, value in (await request.post()).items()}


async def _post(session: aiohttp.ClientSession, url: str, secret: str, update: Json) -> bool:
    """Deliver one update to a webhook; whether it was taken."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.post(url, json=update, headers=headers) as response:
            return response.ok
    return False
