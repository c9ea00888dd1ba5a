"""The ledger: misses become cases, cases are taken and closed, and every change leaves a row.

A miss is written down with its update and joins its case later, from the queue of those that have
not (`misses.variant IS NULL`): nothing is lost, and no answer waits. A question in other spelling
is a row of `variants` with a count; a case has one or many of them. A new one is compared with few:
the oldest and the newest that share a trace with it (`bot/cases.py`), of the first few variants of
each case. One transaction at a time joins, so that what two replicas are asked at once begins one
case, not two. What a list shows is kept in the case's row and never counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

from sqlalchemy import case as either
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection, RowMapping

from bot.cases import MAY_FOLLOW, Candidate, Reading, State, key
from bot.store.database import insertion
from bot.store.schema import (
    DONE,
    cards,
    cases,
    history,
    inbox,
    lessons,
    misses,
    orders,
    tallies,
    traces,
    variants,
)

SPOKEN_FOR = 4  # variants of a case that new questions are compared with
END_OF_A_TRACE = 6  # the oldest, and as many of the newest, that share it
COMPARED = 32  # questions that a new one is compared with, those first that share most traces
USELESS = "useless"  # the outcome of a miss that was an answer
DAY = 24 * 60 * 60
_ASKED = ("answer", "choices", "none", "error")  # how messages end that asked something
_LOCK = 20140807  # any number, but that of `migrate`
NOT_COVERED = "访谈没有谈到"  # how a case is closed of which the interview does not speak begins so

Choose: TypeAlias = Callable[[Reading, Sequence[Candidate]], int | None]
"""The case that a question belongs to, of those of the candidates."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A miss that has not joined a case."""

    id: int
    key: str
    text: str
    useless: bool
    at: float


@dataclass(frozen=True, slots=True)
class Case:
    """A question without an answer: how it is asked most, how often and since when, what came
    nearest, and what became of it."""

    id: int
    state: State
    far: bool
    text: str
    times: int
    useless: int
    again: int
    variants: int
    first: float
    last: float
    nearest: str | None
    quote: str
    score: float
    by: str | None
    until: float | None
    how: str | None
    changed: float
    curator: int | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a case, what came nearest to it, and with which score."""

    text: str
    times: int
    first: float
    last: float
    nearest: str | None
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a case: who did it (for curators also as Telegram knows them), until when
    they took it, how it was closed."""

    state: State
    by: str | None = None
    until: float | None = None
    how: str | None = None
    at: float = 0.0
    curator: int | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """The messages of a week that asked something, those that were answered, the cases that were
    closed, and the median of how long these took, in seconds; it begins on a Monday, in UTC."""

    begins: float
    asked: int
    answered: int
    closed: int
    median: float | None


def is_not_covered(how: str | None) -> bool:
    """Whether a case was closed because the interview does not speak of it."""
    return bool(how) and str(how).startswith(NOT_COVERED)


# Joining


def unread(db: Connection, count: int) -> tuple[Unread, ...]:
    """The oldest misses that have not joined a case."""
    query = select(misses).where(misses.c.variant.is_(None)).order_by(misses.c.id).limit(count)
    return tuple(
        Unread(r.id, key(r.text), r.text, r.outcome == USELESS, r.at) for r in db.execute(query)
    )


def known(db: Connection, keys: Iterable[str]) -> frozenset[str]:
    """Those of the keys that are of variants that are there."""
    query = select(variants.c.key).where(variants.c.key.in_(sorted(keys)))
    return frozenset(db.execute(query).scalars())


def join(
    db: Connection, found: Sequence[Unread], readings: Mapping[str, Reading], choose: Choose
) -> int:
    """Let misses join their cases; how many did. What is neither known nor read is left."""
    _one_at_a_time(db)
    count = 0
    for name, group in _still_unread(db, found).items():
        variant = db.execute(select(variants).where(variants.c.key == name)).mappings().first()
        if variant is None and name in readings:
            variant = _begin(db, readings[name], group[0].at, choose)
        if variant is not None:
            _count(db, variant, group)
            count += len(group)
    return count


def case_of(db: Connection, reading: Reading, choose: Choose, now: float) -> Case:
    """The case that a question belongs to, begun where there is none; what it has been missed for
    joins it later, and is counted then."""
    _one_at_a_time(db)
    found = db.execute(select(variants).where(variants.c.key == reading.key)).mappings().first()
    return existing(db, (found or _begin(db, reading, now, choose))["case"])


def _one_at_a_time(db: Connection) -> None:
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _still_unread(db: Connection, found: Sequence[Unread]) -> dict[str, list[Unread]]:
    """By their keys, those that nobody else has let join in the meantime."""
    wanted = misses.c.id.in_([miss.id for miss in found]) & misses.c.variant.is_(None)
    left = set(db.execute(select(misses.c.id).where(wanted)).scalars())
    groups: dict[str, list[Unread]] = {}
    for miss in found:
        if miss.id in left:
            groups.setdefault(miss.key, []).append(miss)
    return groups


def _begin(db: Connection, reading: Reading, at: float, choose: Choose) -> RowMapping:
    """A new variant, of the case that it belongs to or of one of its own."""
    chosen = choose(reading, _candidates(db, reading.traces))
    mine = _widen(db, chosen, reading.far) if chosen is not None else _open(db, reading.far, at)
    row = {
        name: getattr(reading, name)
        for name in ("key", "text", "far", "nearest", "quote", "score", "meaning")
    }
    values = row | {"case": mine.id, "times": 0, "first": at, "last": at}
    variant = db.execute(insert(variants).values(**values).returning(variants)).mappings().one()
    if mine.variants <= SPOKEN_FOR:
        marks = [{"trace": t, "variant": variant["id"], "case": mine.id} for t in reading.traces]
        if marks:
            db.execute(insert(traces), marks)
    return variant


def _candidates(db: Connection, marks: Sequence[str]) -> list[Candidate]:
    shared: Counter[int] = Counter()
    for mark in marks:
        query = select(traces.c.variant).where(traces.c.trace == mark).limit(END_OF_A_TRACE)
        ends = (query.order_by(traces.c.variant), query.order_by(traces.c.variant.desc()))
        shared.update({variant for end in ends for variant in db.execute(end).scalars()})
    best = sorted(shared, key=lambda variant: (-shared[variant], variant))[:COMPARED]
    c = variants.c
    rows = db.execute(select(c.case, c.text, c.meaning).where(c.id.in_(best)))
    return [Candidate(row.case, row.text, row.meaning) for row in rows]


def _open(db: Connection, far: bool, at: float) -> Any:
    values = {"state": "open", "far": far, "first": at, "last": at, "changed": at, "variants": 1}
    none = {"times": 0, "useless": 0, "again": 0}
    new = db.execute(insert(cases).values(**values, **none).returning(cases)).one()
    db.execute(insert(history).values(case=new.id, at=at, state="open"))
    return new


def _widen(db: Connection, mine: int, far: bool) -> Any:
    """A case with one variant more; it is far only while all its variants are."""
    values = {"variants": cases.c.variants + 1} | ({} if far else {"far": False})
    query = update(cases).where(cases.c.id == mine).values(**values)
    return db.execute(query.returning(cases)).one()


def _count(db: Connection, variant: RowMapping, group: Sequence[Unread]) -> None:
    times = [miss.at for miss in group]
    useless = sum(miss.useless for miss in group)
    v, c, more = variants.c, cases.c, len(group)
    asked = {"first": min(times), "last": max(times)}
    db.execute(
        update(variants)
        .where(v.id == variant["id"])
        .values(times=v.times + more, **_stretched(variants, asked))
    )
    db.execute(
        update(cases)
        .where(c.id == variant["case"])
        .values(
            times=c.times + more,
            useless=c.useless + useless,
            again=c.again + either((c.state == "closed", more), else_=0),
            **_stretched(cases, asked),
        )
    )
    ids = [miss.id for miss in group]
    db.execute(update(misses).where(misses.c.id.in_(ids)).values(variant=variant["id"]))


def _stretched(table: Any, asked: Mapping[str, float]) -> dict[str, Any]:
    first, last = table.c.first, table.c.last
    return {
        "first": either((first > asked["first"], asked["first"]), else_=first),
        "last": either((last < asked["last"], asked["last"]), else_=last),
    }


# Reading


def listed(
    db: Connection, states: Sequence[State], far: bool = False, most: int | None = None
) -> tuple[Case, ...]:
    """The cases in these states, those that were asked most first."""
    found: list[Any] = []
    for state in states:
        wanted = (cases.c.far == far) & (cases.c.state == state)
        query = select(cases).where(wanted).order_by(cases.c.times.desc(), cases.c.id)
        found += db.execute(query.limit(most)).all()
    found.sort(key=lambda row: (-row.times, row.id))
    return tuple(as_case(db, row) for row in found[:most])


def find(db: Connection, number: int) -> Case | None:
    """The case with this number."""
    row = db.execute(select(cases).where(cases.c.id == number)).first()
    return as_case(db, row) if row else None


def existing(db: Connection, number: int) -> Case:
    """The case with this number, which is there."""
    return as_case(db, db.execute(select(cases).where(cases.c.id == number)).one())


def variants_of(db: Connection, number: int, most: int | None = None) -> tuple[Variant, ...]:
    """How a case was asked, what was asked most first."""
    query = select(variants).where(variants.c.case == number)
    rows = db.execute(query.order_by(variants.c.times.desc(), variants.c.id).limit(most))
    return tuple(
        Variant(r.text, r.times, r.first, r.last, r.nearest, r.quote, r.score) for r in rows
    )


def history_of(db: Connection, number: int) -> tuple[Change, ...]:
    """All that became of a case, in order."""
    query = select(history).where(history.c.case == number).order_by(history.c.id)
    rows = db.execute(query)
    return tuple(Change(r.state, r.by, r.until, r.how, r.at, r.curator) for r in rows)


def totals(db: Connection) -> dict[State, int]:
    """How many cases are in which state, those that are far aside."""
    query = select(cases.c.state, func.count()).where(~cases.c.far).group_by(cases.c.state)
    return {state: count for state, count in db.execute(query)}


def weeks(db: Connection) -> tuple[Week, ...]:
    """What was asked, answered and closed, week by week without a gap."""
    asked, answered = _tallied(db, _ASKED), _tallied(db, ("answer",))
    taken: dict[int, list[float]] = {}
    query = select(cases.c.changed, cases.c.first).where(cases.c.state == "closed", ~cases.c.far)
    for closed, first in db.execute(query):
        taken.setdefault(_week(closed // DAY), []).append(closed - first)
    numbers = {*asked, *taken}
    return tuple(
        Week(
            _monday(n),
            asked[n],
            answered[n],
            len(taken.get(n, ())),
            median(taken[n]) if n in taken else None,
        )
        for n in (range(min(numbers), max(numbers) + 1) if numbers else ())
    )


def _tallied(db: Connection, outcomes: Sequence[str]) -> Counter[int]:
    """How many messages ended so, by week: those that the inbox has forgotten, and the others."""
    counts: Counter[int] = Counter()
    t = tallies.c
    for day, count in db.execute(select(t.day, t.count).where(t.outcome.in_(outcomes))):
        counts[_week(day)] += count
    still = (inbox.c.state == DONE) & inbox.c.outcome.in_(outcomes)
    for at in db.execute(select(inbox.c.at).where(still)).scalars():
        counts[_week(at // DAY)] += 1
    return counts


def _week(day: float) -> int:
    return (int(day) + 3) // 7  # 1970 began on a Thursday


def _monday(week: int) -> float:
    return float((7 * week - 3) * DAY)


def as_case(db: Connection, row: Any) -> Case:
    """A row of `cases`, with how it is asked most."""
    (asked,) = variants_of(db, row.id, 1)
    return Case(
        id=row.id,
        state=row.state,
        far=row.far,
        text=asked.text,
        times=row.times,
        useless=row.useless,
        again=row.again,
        variants=row.variants,
        first=row.first,
        last=row.last,
        nearest=asked.nearest,
        quote=asked.quote,
        score=asked.score,
        by=row.by,
        until=row.until,
        how=row.how,
        changed=row.changed,
        curator=row.curator,
    )


# Changing


def change(db: Connection, number: int, step: Change, source: str | None = None) -> bool:
    """Let a case be taken, closed, put aside or open again, and note that; False where its state
    does not allow it, or somebody else has it."""
    row = db.execute(select(cases).where(cases.c.id == number).with_for_update()).first()
    if row is None or row.state not in MAY_FOLLOW[step.state] or _is_anothers(row, step):
        return False
    names = ("state", "by", "curator", "until", "how")
    values = {name: getattr(step, name) for name in names}
    fresh: dict[str, Any] = {"changed": step.at, "reminded": None}
    again = {"again": 0} if step.state == "closed" else {}
    db.execute(update(cases).where(cases.c.id == number).values(**values, **fresh, **again))
    db.execute(insert(history).values(case=number, at=step.at, source=source, **values))
    return True


def _is_anothers(row: Any, step: Change) -> bool:
    """Whether somebody else has the case: then curators do nothing to it, and nobody takes it."""
    if row.state != "taken":
        return False
    if step.curator is not None and row.curator is not None:
        return bool(step.curator != row.curator)
    return step.state == "taken" and bool(step.by != row.by)


def come_near(db: Connection, number: int) -> None:
    """Let a case be among those that are looked at, however far its questions are."""
    db.execute(update(cases).where(cases.c.id == number).values(far=False))


# Forgetting


def forget(db: Connection, before: float) -> None:
    """Forget the cases that were closed, put aside or far, and not asked since a time; open ones
    stay, with all their texts."""
    c = cases.c
    over = c.state.in_(("closed", "aside")) | (c.far & (c.state == "open"))
    gone = select(c.id).where(over, c.last < before, c.changed < before)
    for table in (traces, variants, history, cards, lessons, orders):
        db.execute(delete(table).where(table.c.case.in_(gone)))
    db.execute(delete(cases).where(c.id.in_(gone)))


def tally(db: Connection, ends: Iterable[tuple[float, str | None]]) -> None:
    """Keep how messages ended that the inbox forgets: when they came, and the outcome."""
    counts = Counter((int(at // DAY), outcome) for at, outcome in ends if outcome)
    for (day, outcome), count in sorted(counts.items()):
        new = insertion(db.dialect.name, tallies).values(day=day, outcome=outcome, count=count)
        more = {"count": tallies.c.count + count}
        db.execute(new.on_conflict_do_update(index_elements=["day", "outcome"], set_=more))
