"""The tables as they are today; `migrations/` leads every older database here."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

TABLES = MetaData()
_Counted = BigInteger().with_variant(Integer, "sqlite")  # only that counts by itself in SQLite

# An update's way: it waits, is in work with one replica, is done (and its text blank).
WAITING, IN_WORK, DONE = 0, 1, 2

inbox = Table(
    "inbox",
    TABLES,
    Column("seq", _Counted, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("queue", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("replica", BigInteger),
    Column("attempts", SmallInteger, nullable=False),
    Column("told", SmallInteger, nullable=False),
    Column("outcome", String(16)),
    Column("at", Float, nullable=False),
    Index(
        "inbox_open",
        "queue",
        "seq",
        sqlite_where=text("state < 2"),
        postgresql_where=text("state < 2"),
    ),
    Index(
        "inbox_one_in_work",
        "queue",
        unique=True,
        sqlite_where=text("state = 1"),
        postgresql_where=text("state = 1"),
    ),
    Index("inbox_at", "at"),
)
replicas = Table(
    "replicas",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("machine", String(80), nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("beats", BigInteger, nullable=False),
    sqlite_autoincrement=True,  # else the number of one that is gone would be given again
)
conversations = Table(
    "conversations",
    TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("thread", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("at", Float, nullable=False),
)
answers = Table(
    "answers",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("chat", BigInteger, nullable=False, index=True),
    Column("thread", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("question", BigInteger, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("exchange", String(80)),
    Column("quote", Text, nullable=False),
    Column("link", Text),
    Column("digest", String(64), nullable=False),
    Column("before", Text, nullable=False),
    Column("at", Float, nullable=False),
)
chats = Table(
    "chats",
    TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("ambient", Boolean, nullable=False, default=False),
    Column("snoozed_until", Float, nullable=False, default=0.0),
    Column("active", Boolean, nullable=False, default=True),
    Column("greeted", Boolean, nullable=False, default=False),
    Column("hinted", Boolean, nullable=False, default=False),
)
misses = Table(
    "misses",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("nearest", String(80)),
    Column("score", Float, nullable=False),
)
feedback = Table(
    "feedback",
    TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("exchange", String(80), primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("at", Float, nullable=False),
)
