"""What outlives a message, in a database. The home of SQLAlchemy; plain values in and out.

Every call is one short transaction, quick enough for the event loop with SQLite in WAL mode.
Texts that people wrote are kept only as misses, which name nobody, and as the last question of a
conversation, which a follow-up needs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from bot.respond import Conversation

_FRESH = Conversation()
DAY = 24 * 60 * 60
# How long each table's rows are of use: Telegram keeps updates for a day and lets bots delete
# messages for two; a conversation is stale long before a month has passed.
_KEPT = {"updates": 2 * DAY, "answers": 2 * DAY, "conversations": 30 * DAY}

_TABLES = MetaData()
_conversations = Table(
    "conversations",
    _TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("thread", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("at", Float, nullable=False),
)
_answers = Table(
    "answers",
    _TABLES,
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
_chats = Table(
    "chats",
    _TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("ambient", Boolean, nullable=False, default=False),
    Column("snoozed_until", Float, nullable=False, default=0.0),
    Column("active", Boolean, nullable=False, default=True),
    Column("greeted", Boolean, nullable=False, default=False),
    Column("hinted", Boolean, nullable=False, default=False),
)
_misses = Table(
    "misses",
    _TABLES,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("text", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("nearest", String(80)),
    Column("score", Float, nullable=False),
)
_feedback = Table(
    "feedback",
    _TABLES,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("exchange", String(80), primary_key=True),
    Column("useful", Boolean, nullable=False),
    Column("at", Float, nullable=False),
)
_updates = Table(
    "updates",
    _TABLES,
    Column("key", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)


class Unopenable(Exception):
    """The database cannot be opened: a sentence that says which and what to set."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person in one chat and topic: nothing said there is known anywhere else."""

    chat: int
    thread: int
    person: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply of ours as it stands in a chat: to which message, what it quotes, its link.

    `digest` tells whether an edit would change anything; Telegram refuses one that would not.
    """

    message: int
    question: int
    exchange: str | None
    quote: str = ""
    link: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ChatState:
    """What a chat's admins have set, and what we have noted about it."""

    ambient: bool = False
    snoozed_until: float = 0.0
    active: bool = True
    greeted: bool = False
    hinted: bool = False


@dataclass(frozen=True, slots=True)
class Miss:
    """A question that was not answered, and the exchange that came nearest."""

    text: str
    outcome: str
    nearest: str | None
    score: float
    at: float


class Store:
    """One database and the clock that dates its rows; safe to use from several threads."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        try:
            self._engine = _engine(url)
            _TABLES.create_all(self._engine)
        except (ArgumentError, SQLAlchemyError, ImportError) as error:
            raise Unopenable(
                f"BOT_DATABASE cannot be opened ({type(error).__name__}): set it to an SQLAlchemy "
                "URL of a database that can be written, such as sqlite:///fangtan.db."
            ) from error

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def tidy(self) -> None:
        """Forget what is no longer of use."""
        with self._engine.begin() as db:
            for name, seconds in _KEPT.items():
                table = _TABLES.tables[name]
                db.execute(delete(table).where(table.c.at < self._clock() - seconds))

    # Updates

    def is_new(self, key: str) -> bool:
        """Whether this update was never seen before; from now on it was."""
        with self._engine.begin() as db:
            if db.execute(select(_updates.c.key).where(_updates.c.key == key)).first():
                return False
            db.execute(insert(_updates).values(key=key, at=self._clock()))
            return True

    # Conversations

    def conversation(self, speaker: Speaker) -> Conversation:
        """What was last spoken of with this person, in this chat and topic."""
        with self._engine.connect() as db:
            found = db.execute(select(_conversations.c.state).where(_is(speaker))).scalar()
        return _conversation(found) if found else Conversation()

    def converse(self, speaker: Speaker, conversation: Conversation) -> None:
        """Remember what was just spoken of."""
        with self._engine.begin() as db:
            _put(
                db,
                _conversations,
                {"chat": speaker.chat, "thread": speaker.thread, "person": speaker.person},
                {"state": _written(conversation), "at": self._clock()},
            )

    # Answers

    def answered(
        self,
        speaker: Speaker,
        sent: Sent,
        before: Conversation = _FRESH,
        after: Conversation = _FRESH,
    ) -> None:
        """Note an answer, and the conversation as it was before the question and after it."""
        with self._engine.begin() as db:
            db.execute(
                insert(_answers).values(
                    chat=speaker.chat,
                    thread=speaker.thread,
                    person=speaker.person,
                    question=sent.question,
                    message=sent.message,
                    exchange=sent.exchange,
                    quote=sent.quote,
                    link=sent.link,
                    digest=sent.digest,
                    before=_written_pair(before, after),
                    at=self._clock(),
                )
            )

    def answers_to(self, chat: int, question: int) -> tuple[Sent, ...]:
        """Our answers to one message, in the order in which they were sent."""
        wanted = (_answers.c.chat == chat) & (_answers.c.question == question)
        with self._engine.connect() as db:
            rows = db.execute(select(_answers).where(wanted).order_by(_answers.c.id))
            return tuple(_sent(row) for row in rows)

    def before(self, chat: int, question: int) -> Conversation:
        """The conversation as it was before a question that we answered."""
        wanted = (_answers.c.chat == chat) & (_answers.c.question == question)
        with self._engine.connect() as db:
            found = db.execute(select(_answers.c.before).where(wanted)).scalar()
        return _pair(found)[0] if found else Conversation()

    def after(self, chat: int, message: int) -> Conversation | None:
        """The conversation as it was when we wrote a message; None where we don't know it."""
        wanted = (_answers.c.chat == chat) & (_answers.c.message == message)
        with self._engine.connect() as db:
            found = db.execute(select(_answers.c.before).where(wanted)).scalar()
        return _pair(found)[1] if found else None

    def asker(self, chat: int, message: int) -> int | None:
        """Who asked for a message of ours; None where we don't know it."""
        wanted = (_answers.c.chat == chat) & (_answers.c.message == message)
        with self._engine.connect() as db:
            return db.execute(select(_answers.c.person).where(wanted)).scalar()

    def last_question(self, speaker: Speaker) -> int | None:
        """The message of this person that we answered last."""
        columns = _answers.c
        wanted = (
            (columns.chat == speaker.chat)
            & (columns.thread == speaker.thread)
            & (columns.person == speaker.person)
        )
        with self._engine.connect() as db:
            return db.execute(
                select(columns.question).where(wanted).order_by(columns.id.desc())
            ).scalar()

    def recent(self, chat: int, thread: int, exchange: str, seconds: float) -> Sent | None:
        """The last answer with this exchange in this chat and topic, if it is that recent."""
        columns = _answers.c
        wanted = (
            (columns.chat == chat)
            & (columns.thread == thread)
            & (columns.exchange == exchange)
            & (columns.at >= self._clock() - seconds)
        )
        with self._engine.connect() as db:
            row = db.execute(select(_answers).where(wanted).order_by(columns.id.desc())).first()
        return _sent(row) if row else None

    def changed(self, chat: int, sent: Sent, after: Conversation) -> bool:
        """Note that a message of ours now shows something else, and what is spoken of since;
        whether we know the message."""
        wanted = (_answers.c.chat == chat) & (_answers.c.message == sent.message)
        with self._engine.begin() as db:
            found = db.execute(select(_answers.c.before).where(wanted)).scalar()
            if found is None:
                return False
            db.execute(
                update(_answers)
                .where(wanted)
                .values(
                    exchange=sent.exchange,
                    quote=sent.quote,
                    digest=sent.digest,
                    before=_written_pair(_pair(found)[0], after),
                    at=self._clock(),
                )
            )
            return True

    def deleted(self, chat: int, message: int) -> None:
        """Note that a message of ours is gone."""
        with self._engine.begin() as db:
            db.execute(
                delete(_answers).where((_answers.c.chat == chat) & (_answers.c.message == message))
            )

    # Chats

    def chat(self, chat: int) -> ChatState:
        """What is set and noted for a chat."""
        with self._engine.connect() as db:
            row = db.execute(select(_chats).where(_chats.c.chat == chat)).first()
        if row is None:
            return ChatState()
        return ChatState(row.ambient, row.snoozed_until, row.active, row.greeted, row.hinted)

    def is_snoozed(self, chat: int) -> bool:
        """Whether the chat's admins asked for silence that still lasts."""
        return self.chat(chat).snoozed_until > self._clock()

    def snooze(self, chat: int, seconds: float) -> None:
        """Be silent in a chat for so long; 0 ends the silence."""
        self._note(chat, snoozed_until=self._clock() + seconds if seconds else 0.0)

    def set_ambient(self, chat: int, on: bool) -> None:
        """Answer in this chat also when nobody asked the bot, or no longer."""
        self._note(chat, ambient=on)

    def set_active(self, chat: int, on: bool) -> None:
        """Note that we may write in a chat, or that we were refused."""
        self._note(chat, active=on)

    def set_greeted(self, chat: int, on: bool) -> None:
        """Note that a group was told how to ask, or has to be told again."""
        self._note(chat, greeted=on)

    def set_hinted(self, chat: int, on: bool) -> None:
        """Note that a chat was told that only text is understood, or may be told again."""
        self._note(chat, hinted=on)

    def migrate_chat(self, old: int, new: int) -> None:
        """Let a group's settings follow it to its new id; its old messages stay behind."""
        with self._engine.begin() as db:
            if db.execute(select(_chats.c.chat).where(_chats.c.chat == old)).first() is None:
                return
            db.execute(delete(_chats).where(_chats.c.chat == new))
            db.execute(update(_chats).where(_chats.c.chat == old).values(chat=new, active=True))

    # Misses and feedback

    def missed(self, text: str, outcome: str, nearest: str | None, score: float) -> None:
        """Keep a question that was not answered."""
        with self._engine.begin() as db:
            db.execute(
                insert(_misses).values(
                    at=self._clock(), text=text, outcome=outcome, nearest=nearest, score=score
                )
            )

    def misses(self) -> tuple[Miss, ...]:
        """The questions that were not answered, oldest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(_misses).order_by(_misses.c.id))
            return tuple(Miss(r.text, r.outcome, r.nearest, r.score, r.at) for r in rows)

    def rate(self, chat: int, message: int, person: int, exchange: str, useful: bool) -> None:
        """Keep whether an answer helped someone; a second opinion replaces the first."""
        with self._engine.begin() as db:
            key = {"chat": chat, "message": message, "person": person, "exchange": exchange}
            _put(db, _feedback, key, {"useful": useful, "at": self._clock()})

    def feedback(self) -> dict[str, tuple[int, int]]:
        """For each exchange, how many found it useful and how many did not."""
        counts: dict[str, tuple[int, int]] = {}
        with self._engine.connect() as db:
            for row in db.execute(select(_feedback.c.exchange, _feedback.c.useful)):
                yes, no = counts.get(row.exchange, (0, 0))
                counts[row.exchange] = (yes + row.useful, no + (not row.useful))
        return counts

    def _note(self, chat: int, **values: bool | float) -> None:
        with self._engine.begin() as db:
            _put(db, _chats, {"chat": chat}, values)


def _engine(url: str) -> Engine:
    in_memory = url in ("sqlite://", "sqlite:///:memory:")
    options: dict[str, Any] = {"hide_parameters": True}
    if in_memory:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL lets readers and one writer work side by side; NORMAL syncs at checkpoints only."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _put(db: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Update the row with this key, or insert it: the portable upsert, as one process writes."""
    found = update(table).values(**values)
    for name, value in key.items():
        found = found.where(table.c[name] == value)
    if db.execute(found).rowcount == 0:
        db.execute(insert(table).values(**key, **values))


def _is(speaker: Speaker) -> Any:
    columns = _conversations.c
    return (
        (columns.chat == speaker.chat)
        & (columns.thread == speaker.thread)
        & (columns.person == speaker.person)
    )


def _written(conversation: Conversation) -> str:
    return json.dumps(_fields(conversation), ensure_ascii=False)


def _written_pair(before: Conversation, after: Conversation) -> str:
    return json.dumps([_fields(before), _fields(after)], ensure_ascii=False)


def _fields(conversation: Conversation) -> list[object]:
    return [getattr(conversation, field.name) for field in fields(conversation)]


def _conversation(written: str) -> Conversation:
    return _from_fields(json.loads(written))


def _pair(written: str) -> tuple[Conversation, Conversation | None]:
    """The conversation before an answer and after it; the first release noted only the former."""
    noted = json.loads(written)
    if noted and isinstance(noted[0], list):
        return _from_fields(noted[0]), _from_fields(noted[1])
    return _from_fields(noted), None


def _from_fields(noted: list[Any]) -> Conversation:
    question, exchange, quote, offered, *rest = noted
    shown, replies = rest or ((), 0)  # the first release noted neither
    return Conversation(question, exchange, quote, tuple(offered), tuple(shown), replies)


def _sent(row: Any) -> Sent:
    return Sent(row.message, row.question, row.exchange, row.quote, row.link, row.digest)
