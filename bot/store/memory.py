"""What one update's handling knows of the past, and what it leaves: read at once, written at its
end, together with the mark that the update is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from operator import index
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.cases import key
from bot.respond import Conversation
from bot.store import cards, orders
from bot.store.database import Database, insertion
from bot.store.inbox import FLOOD
from bot.store.ledger import USELESS
from bot.store.schema import (
    DONE,
    answers,
    cases,
    chats,
    conversations,
    feedback,
    history,
    inbox,
    lessons,
    misses,
)

_FRESH = Conversation()
# What each question costs is written once: see `inbox`.
_CHAT = select(chats).where(chats.c.chat == bindparam("of"))
_LAST = select(conversations.c.state).where(
    conversations.c.chat == bindparam("of"),
    conversations.c.thread == bindparam("in_"),
    conversations.c.person == bindparam("with_"),
)
_ANSWER = insert(answers)


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
    `asked` is the question, where the reply is no answer to it.
    """

    message: int
    question: int
    exchange: str | None
    quote: str = ""
    link: str | None = None
    digest: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True)
class ChatState:
    """What a chat's admins have set, and what we have noted about it."""

    ambient: bool = False
    snoozed_until: float = 0.0
    active: bool = True
    greeted: bool = False
    hinted: bool = False


class Memory:
    """Reads wait for the database; writes are kept until somebody takes and carries them out."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self._writes: list[Callable[[Connection], None]] = []
        self._chats: dict[int, ChatState] = {}
        self._noted: dict[int, dict[str, Any]] = {}

    def taken(self) -> tuple[Callable[[Connection], None], ...]:
        """What is to be written, in order; from now on that is the caller's matter."""
        writes, self._writes = tuple(self._writes), []
        return writes

    # Conversations

    async def conversation(self, speaker: Speaker) -> Conversation:
        """What was last spoken of with this person, in this chat and topic."""
        chat, thread, person = map(index, (speaker.chat, speaker.thread, speaker.person))
        row = {"of": chat, "in_": thread, "with_": person}
        found = await self._database.read(lambda db: db.execute(_LAST, row).scalar())
        return _conversation(found) if found else Conversation()

    def converse(self, speaker: Speaker, conversation: Conversation) -> None:
        """Remember what was just spoken of."""
        key = {"chat": speaker.chat, "thread": speaker.thread, "person": speaker.person}
        state = _written(_fields(conversation))
        self._put(conversations, key, state=state, at=self._clock())

    # Answers

    def answered(
        self,
        speaker: Speaker,
        sent: Sent,
        before: Conversation = _FRESH,
        after: Conversation = _FRESH,
    ) -> None:
        """Note an answer, and the conversation as it was before the question and after it."""
        self._later(lambda db: _note(db, speaker, sent, before, after, self._clock()))

    async def answers_to(self, chat: int, question: int) -> tuple[Sent, ...]:
        """Our answers to one message, in the order in which they were sent."""
        wanted = (answers.c.chat == chat) & (answers.c.question == question)
        query = select(answers).where(wanted).order_by(answers.c.id)
        rows = await self._database.read(lambda db: db.execute(query).all())
        return tuple(map(_sent, rows))

    async def asker(self, chat: int, message: int) -> int | None:
        """Who asked for a message of ours; None where we don't know it."""
        found: int | None = await self._scalar(
            select(answers.c.person).where(_shown(chat, message))
        )
        return found

    async def sent(self, chat: int, message: int) -> Sent | None:
        """What we remember of a message of ours."""
        query = select(answers).where(_shown(chat, message)).limit(1)
        row = await self._database.read(lambda db: db.execute(query).first())
        return _sent(row) if row else None

    async def before(self, chat: int, question: int) -> Conversation:
        """The conversation as it was before a question that we answered."""
        wanted = (answers.c.chat == chat) & (answers.c.question == question)
        found = await self._scalar(select(answers.c.before).where(wanted).order_by(answers.c.id))
        return _pair(found)[0] if found else Conversation()

    async def after(self, chat: int, message: int) -> Conversation | None:
        """The conversation as it was when we wrote a message; None where we don't know it."""
        found = await self._scalar(select(answers.c.before).where(_shown(chat, message)))
        return _pair(found)[1] if found else None

    async def last_question(self, speaker: Speaker) -> int | None:
        """The message of this person that we answered last."""
        c = answers.c
        wanted = (
            (c.chat == speaker.chat) & (c.thread == speaker.thread) & (c.person == speaker.person)
        )
        found: int | None = await self._scalar(
            select(c.question).where(wanted).order_by(c.id.desc())
        )
        return found

    async def recent(self, chat: int, thread: int, exchange: str, seconds: float) -> Sent | None:
        """The last answer with this exchange in this chat and topic, if it is that recent."""
        c = answers.c
        here = (c.chat == chat) & (c.thread == thread) & (c.exchange == exchange)
        query = select(answers).where(here, c.at >= self._clock() - seconds).order_by(c.id.desc())
        row = await self._database.read(lambda db: db.execute(query.limit(1)).first())
        return _sent(row) if row else None

    async def answered_lately(self, speaker: Speaker, seconds: float) -> int:
        """How many answers this person was given in this chat and topic."""
        c = answers.c
        wanted = (
            (c.chat == speaker.chat) & (c.thread == speaker.thread) & (c.person == speaker.person)
        )
        query = select(func.count()).where(wanted, c.at >= self._clock() - seconds)
        found: int = await self._scalar(query)
        return found

    def changed(
        self, speaker: Speaker, sent: Sent, after: Conversation, *, anew: bool = False
    ) -> None:
        """Note that a message of ours now shows something else, and what is spoken of since; one
        that we do not know is noted if that is wished (`anew`), else left alone."""
        self._later(lambda db: _change(db, speaker, sent, after, self._clock(), anew))

    def deleted(self, chat: int, message: int) -> None:
        """Note that a message of ours is gone."""
        self._later(lambda db: db.execute(delete(answers).where(_shown(chat, message))))

    # Chats

    async def chat(self, chat: int) -> ChatState:
        """What is set and noted for a chat."""
        if chat not in self._chats:
            of = index(chat)  # what is no number is not told to a database that would repeat it
            row = await self._database.read(lambda db: db.execute(_CHAT, {"of": of}).first())
            found = _state(row) if row else ChatState()
            self._chats[chat] = replace(found, **self._noted.get(chat, {}))
        return self._chats[chat]

    async def is_snoozed(self, chat: int) -> bool:
        """Whether the chat's admins asked for silence that still lasts."""
        return (await self.chat(chat)).snoozed_until > self._clock()

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
        self._later(lambda db: _migrate(db, old, new, self._clock()))

    # People

    def missed(self, text: str, outcome: str, nearest: str | None, score: float) -> None:
        """Keep a question that was not answered, without who asked it."""
        row = {"text": _storable(text), "outcome": outcome, "nearest": nearest, "score": score}
        self._later(lambda db: db.execute(insert(misses).values(at=self._clock(), **row)))

    def rate(
        self, chat: int, message: int, person: int, exchange: str, useful: bool, mark: str
    ) -> None:
        """Keep whether an answer helped someone; a second opinion replaces the first. The question
        that it did not answer is kept like any other, without who asked it; what speaks for or
        against the answer, under a mark that does not name them."""
        key = {"chat": chat, "message": message, "person": person, "exchange": exchange}
        self._later(lambda db: _rate(db, key, useful, mark, self._clock()))

    def chose(self, question: str, exchange: str, mark: str) -> None:
        """Keep that somebody, whom the mark does not name, took an exchange for the answer to a
        question."""
        name = key(question)
        self._later(lambda db: cards.note_choice(db, name, exchange, mark, True, self._clock()))

    def forget(self, person: int) -> None:
        """Keep nothing of a person: no conversation, no answer, no opinion, no private chat."""
        self._later(lambda db: _forget(db, person, self._clock()))

    async def _scalar(self, query: Any) -> Any:
        return await self._database.read(lambda db: db.execute(query.limit(1)).scalar())

    def _later(self, write: Callable[[Connection], Any]) -> None:
        self._writes.append(write)

    def _note(self, chat: int, **values: Any) -> None:
        self._noted.setdefault(chat, {}).update(values)
        if chat in self._chats:
            self._chats[chat] = replace(self._chats[chat], **values)
        self._put(chats, {"chat": chat}, **values)

    def _put(self, table: Table, key: dict[str, Any], **values: Any) -> None:
        self._later(lambda db: _upsert(db, table, key, values))


def _note(
    db: Connection,
    speaker: Speaker,
    sent: Sent,
    before: Conversation,
    after: Conversation,
    now: float,
) -> None:
    db.execute(
        _ANSWER,
        {
            "chat": speaker.chat,
            "thread": speaker.thread,
            "person": speaker.person,
            "question": sent.question,
            "message": sent.message,
            "exchange": sent.exchange,
            "quote": sent.quote,
            "link": sent.link,
            "digest": sent.digest,
            "before": _written_pair(before, after),
            "asked": _storable(sent.asked) or None,
            "at": now,
        },
    )


def _change(
    db: Connection, speaker: Speaker, sent: Sent, after: Conversation, now: float, anew: bool
) -> None:
    wanted = _shown(speaker.chat, sent.message)
    found = db.execute(select(answers.c.before).where(wanted)).scalar()
    if found is not None:
        values = {
            "exchange": sent.exchange,
            "quote": sent.quote,
            "digest": sent.digest,
            "asked": _storable(sent.asked) or None,
        }
        pair = _written_pair(_pair(found)[0], after)
        db.execute(update(answers).where(wanted).values(before=pair, at=now, **values))
    elif anew:
        _note(db, speaker, sent, _FRESH, after, now)


def _migrate(db: Connection, old: int, new: int, now: float) -> None:
    orders.moved(db, old, new)
    cards.follow(db, old, now)
    if db.execute(select(chats.c.chat).where(chats.c.chat == old)).first():
        db.execute(delete(chats).where(chats.c.chat == new))
        db.execute(update(chats).where(chats.c.chat == old).values(chat=new, active=True))


def _rate(db: Connection, whose: dict[str, Any], useful: bool, mark: str, now: float) -> None:
    same = [feedback.c[name] == value for name, value in whose.items()]
    before = db.execute(select(feedback.c.useful).where(*same)).scalar()
    _upsert(db, feedback, whose, {"useful": useful, "at": now})
    if not (question := _question(db, _shown(whose["chat"], whose["message"]))):
        return
    cards.note_choice(db, key(question), whose["exchange"], mark, useful, now)
    if not useful and before is not False:
        row = {"text": question, "outcome": USELESS, "nearest": whose["exchange"]}
        db.execute(insert(misses).values(score=0.0, at=now, **row))


def _question(db: Connection, shown: Any) -> str:
    """What a message of ours was to answer: as it was asked, though a choice were shown since."""
    row = db.execute(select(answers.c.before, answers.c.asked).where(shown)).first()
    after = _pair(row.before)[1] if row else None
    return (row.asked if row else "") or (after.question if after else "")


def _forget(db: Connection, person: int, now: float) -> None:
    for table in (conversations, answers, feedback):
        db.execute(delete(table).where(table.c.person == person))
    orders.forget_person(db, person, now)
    for table in (cases, history, lessons):  # a curator's name goes, what was done stays
        db.execute(update(table).where(table.c.curator == person).values(by="", curator=None))
    if person > 0:  # else it is an anonymous admin, under whose id the group's settings are
        db.execute(delete(chats).where(chats.c.chat == person))
    told = inbox.c.key.startswith(f"{FLOOD} {person} ") & (inbox.c.state == DONE)
    db.execute(delete(inbox).where(told))


def _upsert(db: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Update the row with this key, or insert it."""
    db.execute(_putting(db.dialect.name, table, tuple(values)), key | values)


@lru_cache
def _putting(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    made = insertion(dialect, table)
    changed = {name: made.excluded[name] for name in names}
    return made.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def _shown(chat: int, message: int) -> Any:
    return (answers.c.chat == chat) & (answers.c.message == message)


def _written_pair(before: Conversation, after: Conversation) -> str:
    return _written([_fields(before), _fields(after)])


def _written(noted: list[Any]) -> str:
    return _storable(json.dumps(noted, ensure_ascii=False))


def _storable(text: str) -> str:
    """A text that any database takes: half characters and NUL are none of any language."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


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


def _state(row: Any) -> ChatState:
    return ChatState(row.ambient, row.snoozed_until, row.active, row.greeted, row.hinted)


def _sent(row: Any) -> Sent:
    said = (row.quote, row.link, row.digest, row.asked or "")
    return Sent(row.message, row.question, row.exchange, *said)
