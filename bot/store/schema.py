"""The tables as they are today; `migrations/` leads every older database here."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
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
    Column("asked", Text),  # the question, where this did not answer it
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
    Column("variant", BigInteger),  # None until it has joined its case
    Index(
        "misses_unread",
        "id",
        sqlite_where=text("variant IS NULL"),
        postgresql_where=text("variant IS NULL"),
    ),
)
cases = Table(
    "cases",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("state", String(8), nullable=False),
    Column("far", Boolean, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("useless", BigInteger, nullable=False),  # of them: an answer was of no use
    Column("again", BigInteger, nullable=False),  # of them: since it was closed
    Column("variants", BigInteger, nullable=False),
    Column("first", Float, nullable=False),
    Column("last", Float, nullable=False),
    Column("by", String(80)),  # who took it, or closed it
    Column("curator", BigInteger),  # the same, as Telegram knows them
    Column("until", Float),
    Column("reminded", Float),  # when the curators were told that it is late
    Column("how", Text),
    Column("changed", Float, nullable=False),
    Index("cases_largest", "far", "state", "times"),
    Index(
        "cases_promised",
        "until",
        sqlite_where=text("state = 'taken'"),
        postgresql_where=text("state = 'taken'"),
    ),
    sqlite_autoincrement=True,  # people write these numbers down
)
variants = Table(
    "variants",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("case", BigInteger, nullable=False),
    Column("key", String(32), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("far", Boolean, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first", Float, nullable=False),
    Column("last", Float, nullable=False),
    Column("nearest", String(80)),
    Column("quote", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("meaning", LargeBinary),
    Index("variants_of_a_case", "case", "times"),
)
traces = Table(
    "traces",
    TABLES,
    Column("trace", String(16), primary_key=True),
    Column("variant", BigInteger, primary_key=True, autoincrement=False),
    Column("case", BigInteger, nullable=False, index=True),
)
history = Table(
    "history",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("case", BigInteger, nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("state", String(8), nullable=False),
    Column("by", String(80)),
    Column("curator", BigInteger),
    Column("until", Float),
    Column("how", Text),
    Column("source", String(48), unique=True),  # the press that did it, which a crash may repeat
)
tallies = Table(
    "tallies",
    TABLES,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, UTC
    Column("outcome", String(16), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
orders = Table(
    "orders",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("case", BigInteger, nullable=False, index=True),
    Column("person", BigInteger, nullable=False),
    Column("chat", BigInteger, nullable=False),
    Column("thread", BigInteger, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("language", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", Float, nullable=False),  # when it was placed, later when it ended
    Index(
        "orders_waiting",
        "person",
        "case",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    sqlite_autoincrement=True,  # buttons carry these numbers
)
cards = Table(
    "cards",
    TABLES,
    Column("case", BigInteger, primary_key=True, autoincrement=False),
    Column("chat", BigInteger, nullable=False),
    Column("thread", BigInteger, nullable=False),
    Column("message", BigInteger, nullable=False),  # 0 until it stands there
    Column("digest", String(64), nullable=False),  # of what it shows
    Column("stage", Text, nullable=False),  # what its buttons are about
    Column("at", Float, nullable=False),
    Index("cards_by_message", "chat", "message"),
)
lessons = Table(
    "lessons",
    TABLES,
    Column("id", _Counted, primary_key=True, autoincrement=True),
    Column("case", BigInteger, nullable=False, index=True),
    Column("interview", String(32), nullable=False),
    Column("exchange", String(80)),  # None: the interview does not speak of it
    Column("quote", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("curator", BigInteger),
    Column("state", String(8), nullable=False),
    Column("at", Float, nullable=False),
    Column("source", String(48), unique=True),
    sqlite_autoincrement=True,
)
evidence = Table(
    "evidence",
    TABLES,
    Column("key", String(32), primary_key=True),
    Column("exchange", String(80), primary_key=True),
    Column("mark", String(32), primary_key=True),  # of one person, whom it does not name
    Column("useful", Boolean, nullable=False),
    Column("at", Float, nullable=False),
)
moves = Table(
    "moves",
    TABLES,
    Column("old", BigInteger, primary_key=True, autoincrement=False),
    Column("new", BigInteger, nullable=False),
)
notes = Table(
    "notes",
    TABLES,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
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
