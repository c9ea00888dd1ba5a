"""The inbox: an update is written here before Telegram may forget it, and handled from here.

One table does for SQLite and PostgreSQL. Of a queue (a chat, mostly) one update is in work at a
time, the oldest first; whoever claims one has it until it is done, or until the replica that has it
is known to be dead. The pattern is procrastinate's: no earlier row with the same key, FOR UPDATE
SKIP LOCKED, a unique partial index for what the query cannot see.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update, bindparam, case, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection

from bot.store.database import insertion
from bot.store.schema import DONE, IN_WORK, WAITING, inbox, replicas

CHANNEL = "inbox"
# What a chat may have waiting. At one message a second, Telegram's pace, that is two minutes until
# it is told that it has to wait, and three hours until more is refused: others do not wait for it.
MANY_WAITING = 120
MOST_WAITING = 10_000
SECONDS_OF_A_FLOOD = 600.0  # in which a flooder is told once
FLOOD = "flood"  # the kind of a row that stands for what a chat has to be told
# An update that was in work so often when a process died is not tried again. Others are in work at
# the same time, and a machine that is killed again and again takes them along each time.
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update as it came in: what tells it from all others, whose turn it waits for."""

    key: str
    queue: str
    kind: str
    payload: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row in work: `told` counts the replies to it that must not be sent a second time."""

    seq: int
    queue: str
    kind: str
    payload: str
    told: int
    attempts: int
    at: float

    @property
    def is_hopeless(self) -> bool:
        """Whether handling it has killed the process again and again."""
        return self.attempts > _ATTEMPTS


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many updates are not done, and for how many seconds the oldest has waited."""

    length: int
    age: float


def put(db: Connection, arrivals: Sequence[Arrival], now: float) -> None:
    """Write updates down, each once; a chat that sends more than can be answered is told so, and
    what it sends beyond measure is refused, and leaves a row that says that."""
    waiting = _waiting(db, {arrival.queue for arrival in arrivals})
    rows: list[dict[str, Any]] = []
    for arrival in arrivals:
        waiting[arrival.queue] += 1
        if waiting[arrival.queue] <= MOST_WAITING:
            rows.append(_row(arrival, now))
        else:
            rows.append(_row(arrival, now) | _REFUSED)
    _insert(db, rows)
    for queue in sorted(queue for queue, count in waiting.items() if count > MANY_WAITING):
        _warn(db, queue, now)


_REFUSED = {"queue": "", "payload": "", "state": DONE, "outcome": "refused"}


def _row(arrival: Arrival, now: float) -> dict[str, Any]:
    return {
        "key": arrival.key,
        "queue": arrival.queue,
        "kind": arrival.kind,
        "payload": arrival.payload,
        "state": WAITING,
        "attempts": 0,
        "told": 0,
        "outcome": None,
        "at": now,
    }


# What each update costs is written once, for SQLAlchemy takes longer to put a statement together
# than SQLite to carry it out.
_COUNT = (
    select(inbox.c.queue, func.count())
    .where(inbox.c.state < DONE, inbox.c.queue.in_(bindparam("queues", expanding=True)))
    .group_by(inbox.c.queue)
)
_INSERTS = {
    dialect: insertion(dialect, inbox).on_conflict_do_nothing(index_elements=["key"])
    for dialect in ("sqlite", "postgresql")
}


def _waiting(db: Connection, queues: Iterable[str]) -> Counter[str]:
    rows = db.execute(_COUNT, {"queues": sorted(queues)})
    return Counter({queue: count for queue, count in rows})


def _insert(db: Connection, rows: list[dict[str, Any]]) -> None:
    db.execute(_INSERTS[db.dialect.name], rows)


def _warn(db: Connection, queue: str, now: float) -> None:
    """Let a flooder be told, in a queue of its own and once: the row stays for as long."""
    key = f"{FLOOD} {queue} {now // SECONDS_OF_A_FLOOD:.0f}"
    _insert(db, [_row(Arrival(key, f"{FLOOD} {queue}", FLOOD, queue), now)])


_CLAIM = """
WITH RECURSIVE heads(queue) AS (
    SELECT min(queue) FROM inbox WHERE state < 2
    UNION ALL
    SELECT (SELECT min(queue) FROM inbox WHERE state < 2 AND queue > heads.queue)
    FROM heads WHERE heads.queue IS NOT NULL
)
SELECT i.seq, i.queue, i.kind, i.payload, i.told, i.attempts, i.at
FROM heads JOIN inbox AS i ON i.queue = heads.queue
WHERE i.state = 0
  AND i.seq = (SELECT min(seq) FROM inbox WHERE state < 2 AND queue = heads.queue)
  AND NOT EXISTS (SELECT 1 FROM inbox AS busy WHERE busy.state = 1 AND busy.queue = heads.queue)
ORDER BY i.seq LIMIT :room
"""
# The queues are found by skipping from one to the next in the index, so that a chat with 10,000
# updates costs what one with a single update does.
_CLAIMS = {
    "sqlite": text(_CLAIM),
    "postgresql": text(_CLAIM + "FOR UPDATE OF i SKIP LOCKED"),
}
_TAKE = (
    update(inbox)
    .where(inbox.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(state=IN_WORK, replica=bindparam("owner"), attempts=inbox.c.attempts + 1)
)
_LISTED = (
    select(replicas.c.id)
    .where(replicas.c.id == bindparam("replica"))
    .with_for_update(read=True, key_share=True)
)


def claim(db: Connection, replica: int, room: int) -> tuple[Entry, ...]:
    """Take the oldest update of each queue that has none in work, at most `room` of them; none for
    a replica that was given up, which nobody would bury a second time."""
    found = db.execute(_CLAIMS[db.dialect.name], {"room": room}).all() if room > 0 else ()
    if not found or not _lives(db, replica):
        return ()
    db.execute(_TAKE, {"seqs": [row.seq for row in found], "owner": replica})
    return tuple(
        Entry(r.seq, r.queue, r.kind, r.payload, r.told, r.attempts + 1, r.at) for r in found
    )


def _lives(db: Connection, replica: int) -> bool:
    """Whether a replica is on the list, where it stays until this transaction has ended."""
    return db.execute(_LISTED, {"replica": replica}).first() is not None


def call_others(db: Connection) -> None:
    """Let other replicas know that there is work for them."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_notify(CHANNEL, "")))


# Of a row that a replica has in work since the claim that an entry tells of.
_OURS = (
    (inbox.c.seq == bindparam("number"))
    & (inbox.c.state == IN_WORK)
    & (inbox.c.replica == bindparam("owner"))
    & (inbox.c.attempts == bindparam("attempt"))
)
_PROGRESS = update(inbox).where(_OURS).values(told=bindparam("so_far"))
_FINISH = (
    update(inbox)
    .where(_OURS)
    .values(state=DONE, outcome=bindparam("ended"), payload="", queue="", replica=None)
)


def progress(db: Connection, entry: Entry, replica: int, told: int) -> bool:
    """Note how many replies must not be sent again; whether the update is still ours."""
    return _mine(db, entry, replica, _PROGRESS, so_far=told)


def finish(db: Connection, entry: Entry, replica: int, outcome: str) -> bool:
    """The update is done and its text forgotten; False where it is no longer ours to finish."""
    return _mine(db, entry, replica, _FINISH, ended=outcome)


def _mine(db: Connection, entry: Entry, owner: int, change: Update, **values: Any) -> bool:
    ours = {"number": entry.seq, "owner": owner, "attempt": entry.attempts}
    return db.execute(change, ours | values).rowcount == 1


def in_work(db: Connection, owner: int) -> frozenset[int]:
    """The updates that a replica has in work."""
    held = select(inbox.c.seq).where((inbox.c.state == IN_WORK) & (inbox.c.replica == owner))
    return frozenset(db.execute(held).scalars())


def release(db: Connection, seqs: Iterable[int]) -> None:
    """Give back what was not begun, or was ended in good order: that was no attempt."""
    given = (inbox.c.state == IN_WORK) & inbox.c.seq.in_(sorted(seqs))
    back = {"state": WAITING, "replica": None, "attempts": inbox.c.attempts - 1}
    db.execute(update(inbox).where(given).values(back))


def waiting(db: Connection, now: float, besides: int | None = None) -> Waiting:
    """How long the inbox is, besides one update."""
    open_ = inbox.c.state < DONE
    if besides is not None:
        open_ &= inbox.c.seq != besides
    row = db.execute(select(func.count(), func.min(inbox.c.at)).where(open_)).one()
    return Waiting(row[0], max(0.0, now - row[1]) if row[1] is not None else 0.0)


def last_before(db: Connection, seq: int) -> float | None:
    """When the update came that is the last before one."""
    earlier = select(inbox.c.at).where(inbox.c.seq < seq).order_by(inbox.c.seq.desc()).limit(1)
    at: float | None = db.execute(earlier).scalar()
    return at


# Replicas


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that works on this database; `beats` grows for as long as it lives."""

    id: int
    machine: str
    process: int
    beats: int


def join(db: Connection, machine: str, process: int) -> int:
    """A new replica's number: they count up, so that the oldest has the smallest."""
    row = db.execute(insert(replicas).values(machine=machine, process=process, beats=0))
    key = row.inserted_primary_key
    assert key is not None, "the table has a key that counts by itself"
    return int(key[0])


def beat(db: Connection, replica: int) -> tuple[Replica, ...]:
    """Show that we live; all replicas, the oldest first. Without ourselves if we were given up."""
    db.execute(update(replicas).where(replicas.c.id == replica).values(beats=replicas.c.beats + 1))
    rows = db.execute(select(replicas).order_by(replicas.c.id))
    return tuple(Replica(r.id, r.machine, r.process, r.beats) for r in rows)


def leave(db: Connection, replica: int) -> None:
    """Take oneself off the list; what one had in work waits again."""
    db.execute(delete(replicas).where(replicas.c.id == replica))
    release(db, in_work(db, replica))


def bury(db: Connection, replica: int) -> None:
    """Take a dead replica off the list; what it had in work waits again, and was perhaps what
    killed it."""
    db.execute(delete(replicas).where(replicas.c.id == replica))
    given = (inbox.c.state == IN_WORK) & (inbox.c.replica == replica)
    db.execute(update(inbox).where(given).values(state=WAITING, replica=None))


class Pulse:
    """Which replicas are dead, as far as one of them can tell: those whose beats have not grown
    during `patience` seconds in which we ourselves could look. No clock is compared with another.
    """

    def __init__(
        self,
        is_gone: Callable[[Replica], bool],
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_gone, self._patience, self._clock = is_gone, patience, clock
        self._seen: dict[int, tuple[int, float]] = {}
        self._looked: float | None = None

    def dead(self, replicas: Iterable[Replica], me: int) -> tuple[int, ...]:
        """Those that are to be buried; called at every beat of our own."""
        now = self._clock()
        blind = self._looked is None or now - self._looked > self._patience / 2
        self._looked = now
        found: list[int] = []
        seen: dict[int, tuple[int, float]] = {}
        for other in replicas:
            beats, since = self._seen.get(other.id, (-1, now))
            seen[other.id] = (other.beats, now if blind or beats != other.beats else since)
            silent = now - seen[other.id][1] > self._patience
            if other.id != me and (silent or self._is_gone(other)):
                found.append(other.id)
        self._seen = seen
        return tuple(found)


def counted(db: Connection, since: float) -> dict[str, int]:
    """How many updates ended how since a time."""
    named = case((inbox.c.outcome.is_(None), "waiting"), else_=inbox.c.outcome)
    rows = db.execute(select(named, func.count()).where(inbox.c.at >= since).group_by(named))
    return {outcome: count for outcome, count in rows}
