"""What outlives a message, in a database; plain values in and out.

schema          the tables as they are
migrate         any earlier database becomes one of today's (migrations/: the steps)
database        transactions in threads, tried until they work: the event loop never waits
inbox           updates, written down before Telegram may forget them, and who has them in work
identity        which process this is
memory          what one update's handling knows of the past, and what it leaves
ledger          misses become cases, which are taken and closed
orders          who waits for an answer, and what they are told
cards           the curators' chat, what they taught, what people's choices speak for
errands         what the bot has to do of its own accord, in the inbox
curating        orders, cards and lessons for the bot
offline         the ledger for a command

Texts that people wrote are kept only in the inbox until they are handled, as misses and cases,
which name nobody, and as the last question of a conversation, which a follow-up needs: as it is
now, and for two days as it was before and after each answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from bot.cases import Reading
from bot.store import inbox, ledger, orders
from bot.store.cards import Accepted, Card, LessonState, Support, proposed
from bot.store.curating import LAPSED, Curating, View
from bot.store.database import Database, Unavailable, Unopenable
from bot.store.errands import ERRAND
from bot.store.identity import is_gone, machine
from bot.store.inbox import FLOOD, Arrival, Entry, Pulse, Waiting
from bot.store.ledger import NOT_COVERED, Case, Change, Choose, Unread, Variant, Week
from bot.store.memory import ChatState, Memory, Sent, Speaker
from bot.store.offline import Ledger
from bot.store.orders import Asker, News, Order, Placed, Step
from bot.store.schema import DONE, TABLES, feedback, misses

__all__ = [
    "ERRAND",
    "FLOOD",
    "LAPSED",
    "NOT_COVERED",
    "Accepted",
    "Arrival",
    "Asker",
    "Card",
    "Case",
    "Change",
    "ChatState",
    "Choose",
    "Curating",
    "Entry",
    "Ledger",
    "LessonState",
    "Memory",
    "Miss",
    "News",
    "Order",
    "Placed",
    "Sent",
    "Speaker",
    "Step",
    "Store",
    "Support",
    "Unavailable",
    "Unopenable",
    "Unread",
    "Variant",
    "View",
    "Waiting",
    "Week",
    "proposed",
]

DAY = 24 * 60 * 60
# For how long rows are of use: Telegram keeps updates for a day and lets bots delete messages for
# two; a conversation is stale long before a month has passed; what nobody has learnt from within
# a year nobody will.
KEPT = {
    "inbox": 2 * DAY,
    "answers": 2 * DAY,
    "conversations": 30 * DAY,
    "misses": 365 * DAY,
    "feedback": 365 * DAY,
    "evidence": 365 * DAY,
}
_ENDED_ORDERS = 30 * DAY  # in which whoever ordered can see in /myorders what came of it
# Seconds of silence after which a replica is given up. It beats every 5, so that its work is taken
# over within 30, and a database that is away for 10 costs nobody his life.
PATIENCE = 20.0
Write = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Miss:
    """A question that was not answered, and the exchange that came nearest."""

    text: str
    outcome: str
    nearest: str | None
    score: float
    at: float


class Store:
    """One database and the clock that dates its rows, as one process (a replica) uses it.

    What it is told to write waits until the database can be written, however long that takes.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._database = Database(url)
        self._pulse = Pulse(is_gone, PATIENCE)
        self._unknown: frozenset[int] = frozenset()
        self.curating = Curating(self._database, clock)
        self._me = self._database.now(_joined)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def age(self, entry: Entry) -> float:
        """Seconds since an update was written down."""
        return self._clock() - entry.at

    def memory(self) -> Memory:
        """What one update's handling reads and leaves."""
        return Memory(self._database, self._clock)

    async def calm(self) -> None:
        """Wait until the database can be written, as far as is known."""
        await self._database.calm()

    # The inbox

    async def receive(
        self, arrivals: Sequence[Arrival], room: int, *, patiently: bool = True
    ) -> tuple[Entry, ...]:
        """Write updates down, and claim at most `room` for this process. Raises Unavailable where
        the database cannot be written just now, unless that is waited for."""

        def receive(db: Connection) -> tuple[Entry, ...]:
            inbox.put(db, arrivals, self._clock())
            claimed = inbox.claim(db, self._me, room)
            if len(claimed) < len(arrivals):
                inbox.call_others(db)
            return claimed

        write = self._database.write if patiently else self._database.write_once
        return await write(receive)

    async def claim(self, room: int) -> tuple[Entry, ...]:
        """Claim at most `room` updates that wait."""
        return await self._database.write(lambda db: inbox.claim(db, self._me, room))

    async def progress(self, entry: Entry, told: int, writes: Sequence[Write]) -> bool:
        """Note what was done so far for an update, and how many replies were sent. False, and
        nothing is written, where another replica has taken the update over."""

        def progress(db: Connection) -> bool:
            ours = inbox.progress(db, entry, self._me, told)
            if ours:
                _carry_out(db, writes)
            return ours

        return await self._database.write(progress)

    async def finish(
        self, entry: Entry, outcome: str, writes: Sequence[Write], room: int
    ) -> tuple[Entry, ...]:
        """Mark an update as done, with what it changed; claim at most `room` of those that wait.
        Where another replica has taken the update over nothing is written."""

        def finish(db: Connection) -> tuple[Entry, ...]:
            if inbox.finish(db, entry, self._me, outcome):
                _carry_out(db, writes)
            return inbox.claim(db, self._me, room)

        return await self._database.write(finish)

    async def write(self, writes: Sequence[Write]) -> None:
        """Write what belongs to no update."""
        await self._database.write(lambda db: _carry_out(db, writes))

    async def leave(self) -> None:
        """Give back what is not done, and go."""

        def leave(db: Connection) -> None:
            inbox.leave(db, self._me)
            inbox.call_others(db)

        await self._database.write_once(leave)

    async def beat(self, held: Collection[int]) -> bool:
        """Show that this process lives, which handles these updates, and take over from those that
        don't; whether it is the oldest one, which polls. Given up by the others, it joins anew."""

        def beat(db: Connection) -> tuple[int, bool, frozenset[int]]:
            alive = inbox.beat(db, self._me)
            me = self._me if any(other.id == self._me for other in alive) else _joined(db)
            dead = self._pulse.dead(alive, me)
            for other in dead:
                inbox.bury(db, other)
            unknown = self._stray(db, me, held)
            return me, not any(other.id < me and other.id not in dead for other in alive), unknown

        self._me, is_oldest, self._unknown = await self._database.write(beat)
        return is_oldest

    def _stray(self, db: Connection, me: int, held: Collection[int]) -> frozenset[int]:
        """What is in work here and nobody handles, because the word that it was claimed got lost
        with a connection. What was so at the last beat already is given back; the rest may be on
        its way to whoever claimed it."""
        unknown = inbox.in_work(db, me).difference(held)
        inbox.release(db, unknown & self._unknown)
        return unknown - self._unknown

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call back, from another thread, when other replicas have left work; what ends it."""
        return self._database.listen(inbox.CHANNEL, heard)

    async def is_there(self) -> bool:
        """Whether the database answers, and the last that was to be written is."""
        if self._database.is_troubled:
            return False
        try:
            await self._database.read_once(lambda db: db.execute(select(1)))
        except Unavailable:
            return False
        return True

    async def waiting(self, besides: Entry | None = None) -> Waiting:
        """How long the inbox is, and how old, besides one update. Raises Unavailable."""
        left_out = besides.seq if besides else None
        return await self._database.read_once(lambda db: inbox.waiting(db, self._clock(), left_out))

    async def pause_before(self, entry: Entry) -> float:
        """Seconds between an update and the one before it, as far as that is remembered; else
        infinite. Raises Unavailable."""
        last = await self._database.read_once(lambda db: inbox.last_before(db, entry.seq))
        return float("inf") if last is None else max(0.0, entry.at - last)

    async def counted(self, seconds: float) -> dict[str, int]:
        """How many of the updates of the last seconds ended how."""
        since = self._clock() - seconds
        return await self._database.read_once(lambda db: inbox.counted(db, since))

    async def size(self) -> int:
        """Bytes of the database. Raises Unavailable."""
        return await self._database.read_once(_size)

    # The ledger

    async def unread(self, count: int) -> tuple[Unread, ...]:
        """The oldest misses that have not joined a case."""
        return await self._database.read(lambda db: ledger.unread(db, count))

    async def known(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that are of questions that are in the ledger."""
        return await self._database.read(lambda db: ledger.known(db, keys))

    async def join(
        self, found: Sequence[Unread], readings: Mapping[str, Reading], choose: Choose
    ) -> int:
        """Let misses join their cases; how many did."""
        return await self._database.write(lambda db: ledger.join(db, found, readings, choose))

    # What is kept, and for how long

    async def tidy(self) -> None:
        """Forget what is no longer of use."""
        now = self._clock()
        await self._database.write(lambda db: _tidy(db, now))

    async def misses(self) -> tuple[Miss, ...]:
        """The questions that were not answered, oldest first."""
        rows = await self._database.read(lambda db: db.execute(select(misses).order_by("id")).all())
        return tuple(Miss(r.text, r.outcome, r.nearest, r.score, r.at) for r in rows)

    async def feedback(self) -> dict[str, tuple[int, int]]:
        """For each exchange, how many found it useful and how many did not."""
        counts: dict[str, tuple[int, int]] = {}
        query = select(feedback.c.exchange, feedback.c.useful)
        for row in await self._database.read(lambda db: db.execute(query).all()):
            yes, no = counts.get(row.exchange, (0, 0))
            counts[row.exchange] = (yes + row.useful, no + (not row.useful))
        return counts


def _joined(db: Connection) -> int:
    return inbox.join(db, machine(), os.getpid())


def _carry_out(db: Connection, writes: Sequence[Write]) -> None:
    for write in writes:
        write(db)


def _tidy(db: Connection, now: float) -> None:
    for name, seconds in KEPT.items():
        table = TABLES.tables[name]
        old = table.c.at < now - seconds
        if name == "inbox":
            done = old & (table.c.state == DONE)
            ended = db.execute(delete(table).where(done).returning(table.c.at, table.c.outcome))
            ledger.tally(db, ((row.at, row.outcome) for row in ended.all()))
        else:
            db.execute(delete(table).where(old))
    ledger.forget(db, now - KEPT["misses"])
    orders.forget(db, now - _ENDED_ORDERS)


def _size(db: Connection) -> int:
    if db.dialect.name == "postgresql":
        found = db.execute(select(func.pg_database_size(func.current_database()))).scalar()
    else:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar() or 0
        found = pages * (db.exec_driver_sql("PRAGMA page_size").scalar() or 0)
    return int(found or 0)
