"""The one port, over real sockets: what Telegram gets, what operators get, what strangers get."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import pytest

from bot.settings import NotConfigured
from bot.tg.front import SECRET, Front, Hook, Json, Limits, Ready

PASSWORD = "right-secret"
KEY = {SECRET: PASSWORD}
UPDATE = {"update_id": 7, "message": {"text": "治庸有没有阻力"}}
LONGEST_WAIT = 30.0  # seconds until a test is given up
MEGABYTE = 1 << 20
LIMITS = Limits(arriving=600.0, answering=600.0)  # no test passes because time does


@dataclass(frozen=True)
class Address:
    host: str = "127.0.0.1"
    port: int = 0


@dataclass
class Inbox:
    """Takes updates as it is told to, and remembers them."""

    result: bool | Exception = True
    updates: list[Json] = field(default_factory=list)

    async def take(self, update: Json) -> bool:
        self.updates.append(update)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Slow:
    """Takes updates only when it is let go on."""

    def __init__(self, expected: int = 1) -> None:
        self._expected, self._begun = expected, 0
        self.all_here, self.goes_on = asyncio.Event(), asyncio.Event()

    async def take(self, update: Json) -> bool:
        self._begun += 1
        if self._begun == self._expected:
            self.all_here.set()
        await self.goes_on.wait()
        return True


async def all_ready() -> Ready:
    return Ready(knowledge=True, database=True, telegram=True)


async def no_metrics() -> bytes:
    return b""


@asynccontextmanager
async def front(
    take: Callable[[Json], Awaitable[bool]] | None = None,
    *,
    path: str = "telegram",
    ready: Callable[[], Awaitable[Ready]] = all_ready,
    metrics: Callable[[], Awaitable[bytes]] = no_metrics,
    limits: Limits = LIMITS,
    host: str = "127.0.0.1",
) -> AsyncIterator[Front]:
    hook = Hook(path, PASSWORD, take or Inbox().take)
    opened = Front(Address(host), hook, ready, metrics, limits)
    async with asyncio.timeout(LONGEST_WAIT):
        await opened.open()
        try:
            yield opened
        finally:
            await opened.close()


def client(opened: Front, host: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://{host}:{opened.port}", timeout=LONGEST_WAIT)


async def post(
    opened: Front,
    content: bytes | AsyncIterator[bytes] = b"{}",
    headers: dict[str, str] | Sequence[tuple[bytes, bytes]] = KEY,
    path: str = "/telegram",
) -> httpx.Response:
    async with client(opened) as http:
        return await http.post(path, content=content, headers=headers)


async def status_of(opened: Front, path: str) -> int:
    async with client(opened) as http:
        return (await http.get(path)).status_code


Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def wire(opened: Front, sent: bytes = b"") -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
    writer.write(sent)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def all_that_comes(reader: asyncio.StreamReader) -> bytes:
    """What the server sends until it ends the connection, one way or the other."""
    came = bytearray()
    try:
        while part := await reader.read(65536):
            came += part
    except ConnectionError:
        pass
    return bytes(came)


def head(*lines: str, secret: str = PASSWORD) -> bytes:
    return "\r\n".join(
        ["POST /telegram HTTP/1.1", "Host: bot", f"{SECRET}: {secret}", *lines, "", ""]
    ).encode()


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
WHOLE = head("Content-Length: 2") + b"{}"


# ── what operators get ───────────────────────────────────────────────────────────────────────────


async def test_it_is_healthy_as_long_as_it_runs() -> None:
    async with front() as opened, client(opened) as http:
        response = await http.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok")


@pytest.mark.parametrize(
    ("state", "status"), [(Ready(True, True, True), 200), (Ready(True, True, False), 503)]
)
async def test_it_is_ready_when_all_is_there(state: Ready, status: int) -> None:
    async def ready() -> Ready:
        return state

    async with front(ready=ready) as opened, client(opened) as http:
        response = await http.get("/readyz")
    assert response.status_code == status
    assert response.json() == {"knowledge": True, "database": True, "telegram": state.telegram}


async def test_it_is_not_ready_where_that_takes_too_long_to_find_out() -> None:
    async def never() -> Ready:
        await asyncio.Event().wait()
        return Ready(True, True, True)

    async with (
        front(ready=never, limits=replace(LIMITS, ready=0.01)) as opened,
        client(opened) as http,
    ):
        response = await http.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"knowledge": False, "database": False, "telegram": False}


async def test_metrics_are_handed_on_as_prometheus_reads_them() -> None:
    async def measured() -> bytes:
        return "fangtan_x 1 治\n".encode()

    async with front(metrics=measured) as opened, client(opened) as http:
        response = await http.get("/metrics")
    assert response.content.decode() == "fangtan_x 1 治\n"
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/healthz/", "/telegram/", "/docs", "//healthz", "/%00"])
async def test_an_unknown_path_is_not_found(path: str) -> None:
    async with front() as opened:
        assert await status_of(opened, path) == 404
        assert (await post(opened, path=path)).status_code == 404


async def test_a_wrong_method_is_not_allowed() -> None:
    async with front() as opened, client(opened) as http:
        assert (await http.get("/telegram")).status_code == 405
        assert (await http.put("/telegram", headers=KEY)).status_code == 405
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await http.post(path)).status_code == 405


async def test_it_does_not_tell_who_serves() -> None:
    async with front() as opened, client(opened) as http:
        response = await http.get("/healthz")
    assert sorted(response.headers) == ["content-length", "content-type"]


async def test_without_a_hook_nothing_takes_updates() -> None:
    opened = Front(Address(), None, all_ready, no_metrics)
    await opened.open()
    try:
        assert (await post(opened)).status_code == 404
        assert await status_of(opened, "/healthz") == 200
    finally:
        await opened.close()


# ── what Telegram gets ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("result", "status"), [(True, 200), (False, 503), (OSError("治庸有没有阻力"), 500)]
)
async def test_telegram_is_told_whether_an_update_is_written_down(
    result: bool | Exception, status: int
) -> None:
    inbox = Inbox(result)
    async with front(inbox.take) as opened, client(opened) as http:
        response = await http.post("/telegram", json=UPDATE, headers=KEY)
    assert (response.status_code, response.text) == (status, "")
    assert inbox.updates == [UPDATE]


async def test_an_error_is_logged_once_and_without_what_was_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    inbox = Inbox(OSError("治庸有没有阻力"))
    async with front(inbox.take) as opened, client(opened) as http:
        await http.post("/telegram", json=UPDATE, headers=KEY)
    [record] = [each for each in caplog.records if each.name == "bot.tg.front"]
    assert record.getMessage().startswith("webhook failed: OSError, ")
    assert "test_front.py:" in record.getMessage()
    assert record.exc_info is None
    assert "治庸" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe\xfd",
        b'{"update_id": NaN}',
        pytest.param(b'{"update_id":' + b"[" * 100_000, id="nested deeper than Python reads"),
        pytest.param(b'{"update_id":' + b"1" * 5_000 + b"}", id="longer than Python's integers"),
    ],
)
async def test_what_is_no_object_is_a_bad_request(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    async with front(inbox.take) as opened:
        assert (await post(opened, body)).status_code == 400
    assert inbox.updates == []
    assert [each for each in caplog.records if each.name != "asyncio"] == []


async def test_an_update_that_only_its_taker_can_judge_is_taken() -> None:
    inbox = Inbox()
    odd: Json = {"message": {"entities": [{"type": "bold"}]}}
    async with front(inbox.take) as opened, client(opened) as http:
        assert (await http.post("/telegram", json=odd, headers=KEY)).status_code == 200
    assert inbox.updates == [odd]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("telegram", "/telegram"),
        ("/telegram", "/telegram"),
        ("", "/"),
        ("a/b:c", "/a/b:c"),
        ("%E6%B2%BB", "/%E6%B2%BB"),
        ("healthz", "/healthz"),
    ],
)
async def test_updates_are_taken_where_the_webhooks_url_says(path: str, asked: str) -> None:
    async with front(path=path) as opened:
        assert (await post(opened, path=asked)).status_code == 200
        assert await status_of(opened, "/healthz") == 200


async def test_more_updates_than_telegram_ever_sends_at_a_time_are_sent_away() -> None:
    slow = Slow(expected=3)
    async with front(slow.take, limits=replace(LIMITS, updates=3)) as opened:
        in_hand = [asyncio.create_task(post(opened)) for _ in range(3)]
        await slow.all_here.wait()
        assert (await post(opened)).status_code == 503
        assert await status_of(opened, "/healthz") == 200
        slow.goes_on.set()
        assert [(await each).status_code for each in in_hand] == [200, 200, 200]
        assert (await post(opened)).status_code == 200


# ── what strangers get ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(SECRET.encode(), b"")],
        [(SECRET.encode(), b"wrong")],
        [(SECRET.encode(), PASSWORD.upper().encode())],
        [(SECRET.encode(), PASSWORD.encode() + b"x")],
        [(SECRET.encode(), "治".encode())],
        [(SECRET.encode(), b"wrong"), (SECRET.encode(), PASSWORD.encode())],
    ],
)
async def test_who_does_not_know_the_secret_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    inbox = Inbox()
    async with front(inbox.take) as opened:
        assert (await post(opened, headers=headers)).status_code == 403
    assert inbox.updates == []


async def test_who_does_not_know_the_secret_is_refused_before_the_body_is_there() -> None:
    async with (
        front() as opened,
        wire(opened, head("Content-Length: 5", secret="wrong")) as (reader, _),
    ):
        assert (await all_that_comes(reader)).startswith(b"HTTP/1.1 403 ")


def test_a_hook_without_a_secret_is_not_made() -> None:
    with pytest.raises(ValueError, match="secret"):
        Hook("telegram", "", Inbox().take)


def test_a_hook_does_not_show_its_secret() -> None:
    assert PASSWORD not in repr(Hook("telegram", PASSWORD, Inbox().take))


async def test_a_body_that_says_that_it_is_too_long_is_refused_before_it_is_there() -> None:
    async with (
        front() as opened,
        wire(opened, head(f"Content-Length: {MEGABYTE + 1}")) as (reader, _),
    ):
        assert (await all_that_comes(reader)).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_may_be_of_one_megabyte(more: int, status: int, chunked: bool) -> None:
    body = b"{}".ljust(MEGABYTE + more)

    async def parts() -> AsyncIterator[bytes]:
        yield body

    async with front() as opened:
        assert (await post(opened, parts() if chunked else body)).status_code == status


def pour(port: int, begin: bytes, part: bytes, parts: int) -> tuple[bytes, int]:
    """Send parts until the server stops reading: what it says, and how many it let us send."""
    with socket.create_connection(("127.0.0.1", port), LONGEST_WAIT) as sender:
        count = 0
        try:
            sender.sendall(begin)
            for _ in range(parts):
                sender.sendall(part)
                count += 1
        except ConnectionError:
            pass
        return sender.recv(65536), count


@pytest.mark.parametrize(
    ("begin", "part", "status"),
    [
        (head("Content-Length: 41943040", secret="wrong"), bytes(65536), b"403"),
        (head("Transfer-Encoding: chunked", secret="wrong"), b"10000\r\n%b\r\n", b"403"),
        (head("Content-Length: 41943040"), bytes(65536), b"413"),
        (head("Transfer-Encoding: chunked"), b"10000\r\n%b\r\n", b"413"),
        (head("Content-Length: 41943040").replace(b"/telegram", b"/nowhere"), bytes(65536), b"404"),
    ],
    ids=["stranger", "stranger chunked", "too long", "too long chunked", "nowhere"],
)
async def test_six_bodies_of_forty_megabytes_are_not_read(
    begin: bytes, part: bytes, status: bytes
) -> None:
    part = part % bytes(65536) if b"%b" in part else part
    async with front() as opened:
        tracemalloc.start()
        try:
            ends = await asyncio.gather(
                *(asyncio.to_thread(pour, opened.port, begin, part, 640) for _ in range(6))
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    for said, count in ends:
        assert said.startswith(b"HTTP/1.1 " + status)
        assert count < 640 // 2  # what two sockets hold
    assert peak < 16 * MEGABYTE


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost:",
        head("Content-Length: 2") + b"{",
        head("Transfer-Encoding: chunked") + b"1\r\n{\r\n",
        HEALTH + head("Content-Length: 2") + b"{",
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half a chunked body",
        "half a second body",
    ],
)
async def test_who_dribbles_is_cut_off(sent: bytes) -> None:
    inbox = Inbox()
    async with (
        front(inbox.take, limits=replace(LIMITS, arriving=0.05)) as opened,
        wire(opened, sent) as (reader, _),
    ):
        await all_that_comes(reader)
    assert inbox.updates == []


async def test_who_dribbles_after_a_request_is_cut_off() -> None:
    async with (
        front(limits=replace(LIMITS, arriving=0.5)) as opened,
        wire(opened, HEALTH) as (reader, writer),
    ):
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.write(HEALTH[:20])
        assert await all_that_comes(reader) == b""


async def test_dribbling_on_gives_no_more_time() -> None:
    async with (
        front(limits=replace(LIMITS, arriving=0.2)) as opened,
        wire(opened, b"GET /healthz HTTP/1.1\r\nHost: ") as (reader, writer),
    ):
        ended = asyncio.create_task(all_that_comes(reader))
        while not ended.done():
            writer.write(b"x")
            await asyncio.wait({ended}, timeout=0.02)
        assert await ended == b""


async def test_a_request_that_is_not_answered_in_time_is_cut_off() -> None:
    slow = Slow()
    async with (
        front(slow.take, limits=replace(LIMITS, answering=0.05)) as opened,
        wire(opened, WHOLE) as (reader, _),
    ):
        assert await all_that_comes(reader) == b""
        slow.goes_on.set()


async def test_what_has_arrived_has_its_own_time_to_be_answered() -> None:
    slow = Slow()
    async with front(slow.take, limits=replace(LIMITS, arriving=0.5)) as opened:
        in_hand = asyncio.create_task(post(opened))
        await slow.all_here.wait()
        async with wire(opened) as (later, _):
            await all_that_comes(later)
        slow.goes_on.set()
        assert (await in_hand).status_code == 200


async def test_connections_that_wait_make_room_for_new_ones() -> None:
    async with front(limits=replace(LIMITS, connections=4)) as opened, AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(wire(opened)) for _ in range(20)]
        assert await status_of(opened, "/healthz") == 200
        for reader, _ in idle[:16]:
            assert await all_that_comes(reader) == b""


async def test_a_request_in_hand_is_the_last_to_make_room() -> None:
    slow = Slow()
    async with (
        front(slow.take, limits=replace(LIMITS, connections=2)) as opened,
        wire(opened, WHOLE) as (in_hand, _),
    ):
        await slow.all_here.wait()
        async with wire(opened) as (idle, _):
            assert await status_of(opened, "/healthz") == 200
            assert await all_that_comes(idle) == b""
        slow.goes_on.set()
        assert (await in_hand.readline()).startswith(b"HTTP/1.1 200 ")


async def test_webhooks_in_hand_do_not_keep_a_health_check_out() -> None:
    slow = Slow(expected=4)
    async with (
        front(slow.take, limits=replace(LIMITS, connections=4)) as opened,
        AsyncExitStack() as stack,
    ):
        for _ in range(4):
            await stack.enter_async_context(wire(opened, WHOLE))
        await slow.all_here.wait()
        assert await status_of(opened, "/healthz") == 200
        slow.goes_on.set()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\nHost: bot\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n",
        b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 100_000),
        head("Transfer-Encoding: chunked") + "治庸\r\n".encode(),
        head("Transfer-Encoding: chunked", secret="wrong") + "治庸\r\n".encode(),
        head("Content-Length: 治庸"),
        head("Content-Length: -1"),
    ],
    ids=["TLS", "upgrade", "long path", "bad chunk", "stranger's bad chunk", "length", "negative"],
)
async def test_rubbish_ends_the_connection_and_leaves_nothing_in_the_log(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with front() as opened, wire(opened, sent) as (reader, _):
        assert (await all_that_comes(reader)).startswith(b"HTTP/1.1 4")
    assert [each for each in caplog.records if each.levelno > logging.DEBUG] == []
    assert "治庸" not in caplog.text


async def test_who_leaves_in_the_middle_leaves_nothing_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with front() as opened:
        async with wire(opened, head("Content-Length: 2") + b"{"):
            pass
        assert await status_of(opened, "/healthz") == 200
    assert [each for each in caplog.records if each.name != "httpx"] == []


# ── its life ─────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_in_hand_is_finished_before_it_closes() -> None:
    slow = Slow()
    async with front(slow.take) as opened:
        in_hand = asyncio.create_task(post(opened))
        await slow.all_here.wait()
        closing = asyncio.create_task(opened.close())
        with pytest.raises(httpx.ConnectError):
            while True:  # until the port is closed
                await status_of(opened, "/healthz")
        assert not closing.done()
        slow.goes_on.set()
        assert (await in_hand).status_code == 200
        await closing


async def test_what_is_never_finished_does_not_keep_it_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = Slow()
    async with (
        front(slow.take, limits=replace(LIMITS, closing=0)) as opened,
        wire(opened, WHOLE) as (reader, _),
    ):
        await slow.all_here.wait()
        await opened.close()
        await all_that_comes(reader)
    [told] = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert told.startswith("Cancel 1 running task(s)")
    assert "Traceback" not in caplog.text


async def test_one_who_dribbles_does_not_keep_it_open() -> None:
    async with (
        front(limits=replace(LIMITS, closing=0)) as opened,
        wire(opened, head("Content-Length: 2") + b"{") as (reader, _),
    ):
        assert await status_of(opened, "/healthz") == 200
        await opened.close()
        await all_that_comes(reader)


async def test_what_was_never_opened_can_be_closed() -> None:
    await Front(Address(), None, all_ready, no_metrics).close()


async def test_signals_stay_the_bots() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        async with front() as opened:
            assert await status_of(opened, "/healthz") == 200
            assert signal.getsignal(signal.SIGTERM) is handler
            os.kill(os.getpid(), signal.SIGTERM)
            await told.wait()
            assert await status_of(opened, "/healthz") == 200
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def test_a_taken_port_is_one_sentence_that_says_what_to_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        opened = Front(Address(port=port), None, all_ready, no_metrics)
        with pytest.raises(NotConfigured) as raised:
            await opened.open()
    assert str(raised.value) == (
        f"BOT_LISTEN is 127.0.0.1:{port}, where another program already listens: set it to a "
        "host:port that is free."
    )


@pytest.mark.parametrize(
    ("host", "written"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]"), ("a..b", "a..b")],
)
async def test_an_impossible_address_is_one_sentence_that_says_what_to_set(
    host: str, written: str
) -> None:
    opened = Front(Address(host, 8080), None, all_ready, no_metrics)
    with pytest.raises(NotConfigured) as raised:
        await opened.open()
    assert str(raised.value) == (
        f"BOT_LISTEN is {written}:8080, where this machine does not let us listen: set it to an "
        "address of this machine and a port above 1023, such as 0.0.0.0:8080."
    )


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
async def test_it_listens_on_ipv6() -> None:
    async with front(host="::1") as opened, client(opened, "[::1]") as http:
        assert (await http.get("/healthz")).status_code == 200
