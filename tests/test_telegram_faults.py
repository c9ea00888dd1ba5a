"""What a failed call means: the bot's real connection, and a server that misbehaves in each way.

The table has to stay true when python-telegram-bot or httpx change how they tell of a failure.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.tg.connection import DEPARTURE, Connection, TelegramClock
from bot.tg.faults import Failed, Meaning, described, meaning
from tests.telegram import TOKEN
from tests.telegram.world import LONGEST_WAIT

REFUSED, WAIT = Meaning.REFUSED, Meaning.WAIT
NEVER, UNCERTAIN = Meaning.NEVER_ARRIVED, Meaning.UNCERTAIN
PAGE = b"<html>\r\n<head><title>Bad Gateway</title></head>\r\n<hr><center>nginx</center>\r\n</html>"

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Manner = Callable[[Reader, Writer], Awaitable[None]]


async def _read(reader: Reader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    await reader.readexactly(int(fields[b"content-length"]))


def _reset(writer: Writer) -> None:
    there: socket.socket = writer.get_extra_info("socket")
    there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def resets_before_reading(_: Reader, writer: Writer) -> None:
    _reset(writer)


async def resets_in_the_midst(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    _reset(writer)


async def resets_after_reading(reader: Reader, writer: Writer) -> None:
    await _read(reader)
    _reset(writer)


async def hangs_up_after_reading(reader: Reader, _: Writer) -> None:
    await _read(reader)


async def hangs(reader: Reader, _: Writer) -> None:
    await reader.read()


async def breaks_off(reader: Reader, writer: Writer) -> None:
    await _read(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":true,')
    await writer.drain()


async def speaks_no_http(reader: Reader, writer: Writer) -> None:
    await _read(reader)
    writer.write(b"220 smtp.example.org\r\n")
    await writer.drain()


def answers(status: int, body: bytes) -> Manner:
    async def manner(reader: Reader, writer: Writer) -> None:
        await _read(reader)
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return manner


def says(status: int, **parameters: int) -> Manner:
    """As the Bot API server says it."""
    body = {"ok": False, "error_code": status, "description": "So it is", "parameters": parameters}
    return answers(status, json.dumps(body).encode())


@asynccontextmanager
async def serving(manner: Manner) -> AsyncIterator[str]:
    """A server on 127.0.0.1 that treats everybody so; its address."""

    treated: list[asyncio.Task[None]] = []

    async def treat(reader: Reader, writer: Writer) -> None:
        try:
            await manner(reader, writer)
        finally:
            writer.close()

    def accept(reader: Reader, writer: Writer) -> None:
        treated.append(asyncio.create_task(treat(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*treated, return_exceptions=True)


async def failure(url: str, wire: Connection) -> TelegramError:
    """What sending a message ends with."""
    bot = Bot(TOKEN, base_url=f"{url}/bot", request=wire)
    await wire.initialize()
    try:
        await bot.send_message(1, "治庸" * 1000)
    except TelegramError as error:
        return error
    finally:
        await wire.shutdown()
    raise AssertionError("it was sent")


def patient() -> Connection:
    return Connection(TelegramClock(), read_timeout=LONGEST_WAIT, connect_timeout=LONGEST_WAIT)


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (resets_before_reading, UNCERTAIN),  # from here it looks like the next two
        (resets_in_the_midst, UNCERTAIN),
        (resets_after_reading, UNCERTAIN),
        (hangs_up_after_reading, UNCERTAIN),
        (breaks_off, UNCERTAIN),
        (speaks_no_http, UNCERTAIN),
        (says(400), REFUSED),
        (says(401), REFUSED),
        (says(403), REFUSED),
        (says(404), REFUSED),
        (says(409), REFUSED),
        (says(413), REFUSED),
        (says(501), REFUSED),
        (says(400, migrate_to_chat_id=-1001), REFUSED),
        (says(429, retry_after=3), WAIT),
        (says(429), NEVER),  # no time is named: it is for us to choose one
        (says(500), NEVER),
        (says(502), NEVER),
        (says(503), NEVER),
        (says(504), UNCERTAIN),
        (answers(302, b""), NEVER),  # a captive portal
        (answers(400, PAGE), REFUSED),
        (answers(403, PAGE), REFUSED),
        (answers(404, PAGE), REFUSED),
        (answers(413, PAGE), REFUSED),
        (answers(408, PAGE), NEVER),
        (answers(429, PAGE), NEVER),
        (answers(500, PAGE), UNCERTAIN),
        (answers(502, PAGE), UNCERTAIN),
        (answers(502, b""), UNCERTAIN),
        (answers(502, b"[]"), UNCERTAIN),
        (answers(503, PAGE), UNCERTAIN),
        (answers(504, PAGE), UNCERTAIN),
        (answers(520, PAGE), UNCERTAIN),
        (answers(521, PAGE), NEVER),
        (answers(522, PAGE), NEVER),
        (answers(523, PAGE), NEVER),
        (answers(524, PAGE), UNCERTAIN),
        (answers(200, b""), UNCERTAIN),
        (answers(200, b"\xff\xfe<html>"), UNCERTAIN),
        (answers(200, b"[]"), UNCERTAIN),
        (answers(200, b"{}"), UNCERTAIN),
    ],
)
async def test_what_a_failed_call_means(
    manner: Manner, expected: Meaning, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(manner) as url:
        error = await failure(url, patient())
    assert meaning(error) is expected, repr(error)
    assert "\n" not in described(error)
    assert TOKEN not in described(error) and "nginx" not in described(error)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, InvalidToken),
        (403, Forbidden),
        (404, InvalidToken),
        (409, Conflict),
    ],
)
async def test_only_telegram_itself_takes_a_right_away(
    status: int, kind: type[TelegramError]
) -> None:
    """A page with the same status says nothing about our token, or who blocked us."""
    async with serving(says(status)) as url:
        assert type(await failure(url, patient())) is kind
    async with serving(answers(status, PAGE)) as url:
        assert type(await failure(url, patient())) is Failed


async def test_where_nobody_listens_nothing_arrives() -> None:
    async with serving(hangs) as url:
        pass
    error = await failure(url, patient())
    assert (meaning(error), described(error)) == (NEVER, "ConnectError")


async def test_what_is_not_answered_in_time_may_have_arrived() -> None:
    async with serving(hangs) as url:
        error = await failure(
            url, Connection(TelegramClock(), read_timeout=0.05, connect_timeout=LONGEST_WAIT)
        )
    assert (meaning(error), described(error)) == (UNCERTAIN, "ReadTimeout")


async def test_what_finds_no_free_connection_is_not_sent() -> None:
    wire = Connection(TelegramClock(), connections=1, read_timeout=LONGEST_WAIT, pool_timeout=0.05)
    begun = asyncio.Event()

    async def holds(reader: Reader, _: Writer) -> None:
        begun.set()
        await reader.read()

    async with serving(holds) as url:
        bot = Bot(TOKEN, base_url=f"{url}/bot", request=wire)
        first = asyncio.create_task(bot.send_message(1, "治庸"))
        await asyncio.wait_for(begun.wait(), LONGEST_WAIT)
        with pytest.raises(NetworkError) as raised:
            await bot.send_message(1, "治庸")
        first.cancel()
        await asyncio.wait({first})
        await wire.shutdown()
    assert (meaning(raised.value), described(raised.value)) == (NEVER, "PoolTimeout")


async def test_a_departure_is_noted_with_a_connection_and_before_the_first_byte() -> None:
    happened: list[str] = []

    async def note() -> None:
        happened.append("noted")

    async def hears(reader: Reader, writer: Writer) -> None:
        happened.append("connected")
        await reader.readuntil(b"\r\n\r\n")
        happened.append("heard")
        writer.close()

    wished = DEPARTURE.set(note)
    try:
        await failure("http://127.0.0.1:1", patient())
        assert happened == [], "nothing departs where nobody listens"
        async with serving(hears) as url:
            await failure(url, patient())
    finally:
        DEPARTURE.reset(wished)
    assert sorted(happened[:2]) == ["connected", "noted"]
    assert happened[2:] == ["heard"]


async def test_a_proxy_that_will_not_pass_us_on_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    async with serving(answers_a_connect_with_503) as proxy:
        monkeypatch.setenv("https_proxy", proxy.removeprefix("http://"))
        error = await failure("https://127.0.0.1:1", patient())
    assert (meaning(error), described(error)) == (NEVER, "ProxyError")


async def test_where_the_environment_names_no_proxy_for_it_telegram_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with serving(hangs) as url:
        wire = Connection(TelegramClock(), read_timeout=0.05, connect_timeout=LONGEST_WAIT)
        error = await failure(url, wire)
    assert described(error) == "ReadTimeout"


async def answers_a_connect_with_503(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


def test_what_telegram_says_itself_is_told_in_its_words() -> None:
    assert described(Forbidden("bot was blocked by the user")) == "bot was blocked by the user"
    assert meaning(RetryAfter(3)) is WAIT
