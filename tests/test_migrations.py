"""A database of any version that was ever released becomes one of today's, and loses nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text

from bot.ledger import joining
from bot.respond import Conversation
from bot.store import Arrival, ChatState, Ledger, Miss, Sent, Speaker, Store, Unopenable, migrate
from bot.store.database import _engine
from bot.store.schema import TABLES
from tests.bookshop import RESPONDER

# What SQLAlchemy's create_all made of bot/store.py at 0e268f5.
FIRST_RELEASE = """
CREATE TABLE answers (
    id {counted} NOT NULL,
    chat BIGINT NOT NULL,
    thread BIGINT NOT NULL,
    person BIGINT NOT NULL,
    question BIGINT NOT NULL,
    message BIGINT NOT NULL,
    exchange VARCHAR(80),
    quote TEXT NOT NULL,
    link TEXT,
    digest VARCHAR(64) NOT NULL,
    "before" TEXT NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX ix_answers_chat ON answers (chat);
CREATE TABLE chats (
    chat BIGINT NOT NULL,
    ambient BOOLEAN NOT NULL,
    snoozed_until FLOAT NOT NULL,
    active BOOLEAN NOT NULL,
    greeted BOOLEAN NOT NULL,
    hinted BOOLEAN NOT NULL,
    PRIMARY KEY (chat)
);
CREATE TABLE conversations (
    chat BIGINT NOT NULL,
    thread BIGINT NOT NULL,
    person BIGINT NOT NULL,
    state TEXT NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY (chat, thread, person)
);
CREATE TABLE feedback (
    chat BIGINT NOT NULL,
    message BIGINT NOT NULL,
    person BIGINT NOT NULL,
    exchange VARCHAR(80) NOT NULL,
    useful BOOLEAN NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY (chat, message, person, exchange)
);
CREATE TABLE misses (
    id {counted} NOT NULL,
    at FLOAT NOT NULL,
    text TEXT NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    nearest VARCHAR(80),
    score FLOAT NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE updates (
    "key" VARCHAR(64) NOT NULL,
    at FLOAT NOT NULL,
    PRIMARY KEY ("key")
);
INSERT INTO conversations VALUES (-100123, 7, 1, '{talk}', 1.0);
INSERT INTO answers
    VALUES (3, -100123, 7, 1, 10, 11, 'bookshop/q1', '每年都涨。', NULL, 'd', '{talk}', 1.0);
INSERT INTO chats VALUES (-100123, true, 9.0, true, true, false);
INSERT INTO misses VALUES (5, 1.0, '天气', 'none', NULL, 0.25);
INSERT INTO feedback VALUES (-100123, 11, 1, 'bookshop/q1', true, 1.0);
INSERT INTO updates VALUES ('1 2', 1.0);
"""
ALICE = Speaker(-100123, 7, 1)
TALK = Conversation("房租贵不贵", "bookshop/q1", "每年都涨。", ("bookshop/q2",))


def _of_the_first_release(engine: Engine) -> None:
    counted = "SERIAL" if engine.dialect.name == "postgresql" else "INTEGER"
    talk = json.dumps([TALK.question, TALK.exchange, TALK.quote, TALK.offered], ensure_ascii=False)
    with engine.begin() as db:
        for statement in FIRST_RELEASE.format(counted=counted, talk=talk).split(";\n")[:-1]:
            db.exec_driver_sql(statement)
        if counted == "SERIAL":  # as if the rows had been counted
            for table in ("answers", "misses"):
                db.exec_driver_sql(f"SELECT setval('{table}_id_seq', 100)")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = _engine(database)
    yield engine
    engine.dispose()


async def test_the_first_releases_database_goes_on_with_all_that_it_knew(
    database: str, engine: Engine
) -> None:
    _of_the_first_release(engine)
    store = Store(database, lambda: 2.0)
    memory = store.memory()
    assert await memory.conversation(ALICE) == TALK
    sent = Sent(11, 10, "bookshop/q1", "每年都涨。", None, "d")
    assert await memory.answers_to(-100123, 10) == (sent,)
    assert await memory.before(-100123, 10) == TALK
    assert await memory.asker(-100123, 11) == 1
    assert await memory.chat(-100123) == ChatState(True, 9.0, True, True, False)
    assert await store.misses() == (Miss("天气", "none", None, 0.25, 1.0),)
    assert await store.feedback() == {"bookshop/q1": (1, 0)}
    store.close()


async def test_a_migrated_database_works(database: str, engine: Engine) -> None:
    _of_the_first_release(engine)
    store = Store(database)
    (entry,) = await store.receive([Arrival("key", "1", "message", "{}")], 1)
    memory = store.memory()
    memory.converse(ALICE, Conversation("猫"))
    memory.answered(ALICE, Sent(12, 11, "bookshop/q2"), TALK)
    memory.missed("猫", "none", None, 0.0)
    memory.rate(-100123, 11, 1, "bookshop/q1", False, "mark")
    memory.set_ambient(-100123, False)
    await store.finish(entry, "answer", memory.taken(), 0)
    assert await store.memory().last_question(ALICE) == 11
    assert len(await store.misses()) == 2
    assert await store.feedback() == {"bookshop/q1": (0, 1)}
    store.close()


@pytest.mark.parametrize("old", [True, False], ids=["of the first release", "fresh"])
def test_afterwards_it_is_what_the_schema_says(engine: Engine, old: bool) -> None:
    if old:
        _of_the_first_release(engine)
    for _ in range(2):  # and stays so
        migrate.to_head(engine)
        with engine.connect() as db:
            context = MigrationContext.configure(db, opts={"compare_type": True})
            assert compare_metadata(context, TABLES) == []


def test_what_an_earlier_version_missed_becomes_cases(database: str, engine: Engine) -> None:
    """Of the second version, with what it has missed since."""
    _of_the_first_release(engine)
    with engine.begin() as db:
        command.stamp(migrate._config(db), migrate.FIRST_RELEASE)
        command.upgrade(migrate._config(db), "0002")
        for miss in ("(6, 2.0, '天气?', 'none', NULL, 0.2)", "(7, 3.0, '猫', 'unsent', NULL, 1.0)"):
            db.exec_driver_sql(f"INSERT INTO misses VALUES {miss}")
    ledger = Ledger(database)
    joining.catch_up(ledger, RESPONDER, lambda _: None)
    found = ledger.cases(("open",)) + ledger.cases(("open",), far=True)
    assert sorted((c.text, c.times, c.first, c.last) for c in found) == [
        ("天气", 2, 1.0, 2.0),
        ("猫", 1, 3.0, 3.0),
    ]
    ledger.close()


def test_a_migration_that_fails_halfway_leaves_everything_as_it_was(engine: Engine) -> None:
    _of_the_first_release(engine)
    with engine.begin() as db:
        db.exec_driver_sql("CREATE TABLE replicas (id INTEGER)")  # in the second step's way
    with pytest.raises(Exception, match="replicas"):
        migrate.to_head(engine)
    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM updates")).scalar() == 1
        db.exec_driver_sql("DROP TABLE replicas")
    migrate.to_head(engine)
    with engine.connect() as db:
        assert db.execute(select(TABLES.tables["inbox"])).all() == []


def test_a_newer_versions_database_is_refused_in_a_sentence(database: str, engine: Engine) -> None:
    Store(database).close()
    with engine.begin() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unopenable, match=r"^BOT_DATABASE was written by a newer version .*install"):
        Store(database)


_OPENS = """
import sys
from bot.store import Store
print("ready", flush=True)
sys.stdin.readline()
Store(sys.argv[1]).close()
"""


def test_two_that_start_at_once_take_turns(database: str, engine: Engine) -> None:
    _of_the_first_release(engine)
    command = [sys.executable, "-W", "error", "-c", _OPENS, database]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as two,
    ):
        for process in (one, two):
            assert process.stdout and process.stdout.readline() == b"ready\n"
        for process in (one, two):
            assert process.stdin
            process.stdin.write(b"go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in (one, two)] == [0, 0]
    with engine.connect() as db:
        assert db.execute(text("SELECT version_num FROM alembic_version")).all() == [("0004",)]
        assert db.execute(text("SELECT count(*) FROM misses")).scalar() == 1
