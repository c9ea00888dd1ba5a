"""A database of any earlier version becomes one of today's. The home of alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

FIRST_RELEASE = "0001"
# Any number that nobody else in the database locks: two replicas that start at once take turns.
_LOCK = 20140806
# A writer of SQLite takes its turn at once: one that has read first would be refused, not queued.
# Said by hand, for a listener to SQLAlchemy's events is a tenth of a question's transactions.
TURN = "BEGIN IMMEDIATE"


class Newer(Exception):
    """A later version of this bot has migrated the database beyond what this one knows."""


def to_head(engine: Engine) -> None:
    """Bring the schema up to date, in one transaction. Raises Newer."""
    with engine.begin() as db:
        if engine.dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        else:
            db.exec_driver_sql(TURN)
        config = _config(db)
        script = ScriptDirectory.from_config(config)
        found = _version(db)
        if found == script.get_current_head():
            return
        if found is None and inspect(db).has_table("conversations"):
            command.stamp(config, FIRST_RELEASE)  # which kept no version
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Newer from error


def _config(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    return config


def _version(db: Connection) -> str | None:
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found
