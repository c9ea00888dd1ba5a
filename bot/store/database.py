"""One database, SQLite or PostgreSQL: transactions in threads of their own, tried until they work.

While it is locked, full or gone, whoever needs it waits; the event loop never does.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)
from sqlalchemy.pool import StaticPool

from bot.store import migrate

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# What passes: locked, full, gone, failed over, a deadlock.
_PASSING = (OperationalError, InterfaceError, InternalError, TimeoutError, OSError)
_CLASHES = 5  # with what others write at the same time; more is a mistake of ours
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two attempts
_AGAIN = 60.0  # seconds until the same trouble is logged a second time
_THREADS = 4  # of PostgreSQL's connections; SQLite has one writer anyway
_SILENCE = 1.0  # seconds until a listener looks whether it is still wanted


class Unopenable(Exception):
    """The database cannot be opened: a sentence that says which and what to set."""


class Unavailable(Exception):
    """The database could not be used just now; what was to be written is not."""


def insertion(dialect: str, table: Table) -> Any:
    """An INSERT that can say what becomes of a row that is there, which each dialect spells its own
    way; `dialect` is a connection's `dialect.name`."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


class Database:
    """A database brought up to date when it is opened; one that may yet come up, or be let go of,
    is waited for so many seconds. Raises Unopenable.

    What is handed in is run with a connection, in a thread, in one transaction; it may be run
    several times, and must leave nothing behind but rows.
    """

    def __init__(self, url: str, patience: float = 60.0) -> None:
        try:
            self._engine = _engine(url)
            self.is_shared = self._engine.dialect.name == "postgresql"
        except (ArgumentError, SQLAlchemyError, ImportError) as error:
            raise _unopenable(error) from error
        try:
            _patiently_to_head(self._engine, patience)
        except migrate.Newer:
            self._engine.dispose()
            raise Unopenable(
                "BOT_DATABASE was written by a newer version of this bot: install that version, "
                "or set it to another database."
            ) from None
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise _unopenable(error) from error
        threads = _THREADS if self.is_shared else 1
        self._threads = ThreadPoolExecutor(threads, "database")
        self._listeners: list[tuple[threading.Thread, threading.Event]] = []
        self._trouble: float | None = None
        self._said = -_AGAIN
        self._told = False  # of a trouble whose end has not been told

    def close(self) -> None:
        """Let go of the database."""
        self._threads.shutdown(cancel_futures=True)
        for thread, ended in self._listeners:
            ended.set()
            thread.join()
        self._engine.dispose()

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do it in one transaction, however long it takes until that is possible."""
        return await self._patiently(self._written, work)

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """The same for what only reads: it waits for no writer."""
        return await self._patiently(self._read, work)

    async def write_once(self, work: Callable[[Connection], Result]) -> Result:
        """Do it in one transaction, or raise Unavailable."""
        try:
            return await self._in_thread(self._written, work)
        except (*_PASSING, IntegrityError) as error:
            self._complain(error)
            raise Unavailable from error

    async def read_once(self, work: Callable[[Connection], Result]) -> Result:
        """The same for what only reads."""
        try:
            return await self._in_thread(self._read, work)
        except _PASSING as error:
            raise Unavailable from error

    def now(self, work: Callable[[Connection], Result]) -> Result:
        """Do it in this thread, for whoever has no event loop. Raises Unopenable."""
        return self._here(self._written, work)

    def see(self, work: Callable[[Connection], Result]) -> Result:
        """The same for what only reads."""
        return self._here(self._read, work)

    def _here(
        self,
        way: Callable[[Callable[[Connection], Result]], Result],
        work: Callable[[Connection], Result],
    ) -> Result:
        try:
            return way(work)
        except SQLAlchemyError as error:
            raise _unopenable(error) from error

    async def _patiently(
        self,
        way: Callable[[Callable[[Connection], Result]], Result],
        work: Callable[[Connection], Result],
    ) -> Result:
        pause, clashes = _FIRST_PAUSE, 0
        while True:
            try:
                return await self._in_thread(way, work)
            except IntegrityError:
                clashes += 1
                if clashes > _CLASHES:
                    raise
            except _PASSING as error:
                self._complain(error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _in_thread(
        self,
        way: Callable[[Callable[[Connection], Result]], Result],
        work: Callable[[Connection], Result],
    ) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, way, work)

    def _written(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as db:
            if not self.is_shared:
                db.exec_driver_sql(migrate.TURN)
            result = work(db)
        self._relieved()
        return result

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self._engine.connect() as db:
            return work(db)

    @property
    def is_troubled(self) -> bool:
        """Whether the last that was to be written is not."""
        return self._trouble is not None

    async def calm(self) -> None:
        """Wait until that is over: what is told to people in between could not be remembered."""
        while self.is_troubled:
            await asyncio.sleep(_FIRST_PAUSE)

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        self._trouble = now if self._trouble is None else self._trouble
        if now - self._said >= _AGAIN:
            self._said, self._told = now, True
            log.error("the database cannot be used; waiting for it: %s", _first(error))

    def _relieved(self) -> None:
        """On a full disk what changes nothing still succeeds, between all that does not: an end is
        told no more often than a trouble."""
        if self._trouble is not None:
            if self._told:
                log.warning("the database is back after %.0f s", time.monotonic() - self._trouble)
            self._trouble, self._told = None, False

    def listen(self, channel: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Call back, from another thread, whenever PostgreSQL notifies; what ends it."""
        ended = threading.Event()
        if self.is_shared:
            thread = threading.Thread(
                target=self._listen, args=(channel, heard, ended), name="listener", daemon=True
            )
            self._listeners.append((thread, ended))
            thread.start()
        return ended.set

    def _listen(self, channel: str, heard: Callable[[], None], ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self._listen_once(channel, heard, ended)
            except (SQLAlchemyError, OSError):
                ended.wait(_SILENCE)

    def _listen_once(self, channel: str, heard: Callable[[], None], ended: threading.Event) -> None:
        with self._engine.connect() as db:
            db.execution_options(isolation_level="AUTOCOMMIT")
            db.exec_driver_sql(f"LISTEN {channel}")
            driver: Any = db.connection.driver_connection
            try:
                while not ended.is_set():
                    for _ in driver.notifies(timeout=_SILENCE, stop_after=1):
                        heard()
            except driver.OperationalError as error:
                raise OSError from error
            finally:
                db.invalidate()  # nobody else wants a connection that listens


def _patiently_to_head(engine: Engine, patience: float) -> None:
    end, said = time.monotonic() + patience, False
    while True:
        try:
            return migrate.to_head(engine)
        except OperationalError as error:
            if time.monotonic() > end or not _may_pass(engine, error):
                raise
            if not said:
                log.warning("the database cannot be opened yet; waiting for it: %s", _first(error))
            said = True
        time.sleep(0.5)


def _may_pass(engine: Engine, error: OperationalError) -> bool:
    """Whether another process holds the file, its disk is full, or a server is not up: one that is
    says FATAL to who may not enter, and as long as it starts."""
    told = str(error.orig)
    if engine.dialect.name == "sqlite":
        return "locked" in told or "full" in told
    return "FATAL" not in told or "the database system is" in told


def _first(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).partition("\n")[0][:200]


def _unopenable(error: Exception) -> Unopenable:
    if isinstance(error, ImportError):
        return Unopenable(
            "BOT_DATABASE is a PostgreSQL, whose driver is not installed: install the extra "
            "`postgres`, or set it to an SQLite file such as sqlite:///fangtan.db."
        )
    return Unopenable(
        f"BOT_DATABASE cannot be opened ({type(error).__name__}): set it to an SQLAlchemy "
        "URL of a database that can be written, such as sqlite:///fangtan.db."
    )


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"hide_parameters": True}
    if address.get_backend_name() == "sqlite":
        if address.database in (None, "", ":memory:"):
            options |= {"poolclass": StaticPool}
        options |= {"connect_args": {"check_same_thread": False, "timeout": 1.0}}
    else:
        # A server that went away is noticed within seconds, not after the system's two hours; and
        # a pooler in between may hand each transaction another connection.
        options |= {
            "pool_size": _THREADS + 1,
            "pool_timeout": 5,
            "connect_args": {
                "connect_timeout": 5,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
                "prepare_threshold": None,
            },
        }
    engine = create_engine(address, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL lets readers and one writer work side by side; FULL has each commit survive a power cut,
    for 0.2 ms against 0.02 (this machine's disk)."""
    connection.isolation_level = None  # no transaction begins at the driver's discretion
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # The log beside the database grows to so many pages (of 4 KB) before it is emptied; by default
    # to 1,000, which a disk that is nearly full may not have.
    cursor.execute("PRAGMA wal_autocheckpoint=250")
    cursor.execute("PRAGMA secure_delete=ON")  # what people wrote is overwritten when it is blanked
    cursor.close()
