"""What stands in the curators' chat: cards of cases, what they taught, what speaks for a phrase.

A card is a function of what is stored: whoever changes something that it shows leaves an errand
that draws it anew. `stage` is what its buttons are about just now, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import exists, false, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.cases import ENOUGH
from bot.store import errands, ledger
from bot.store.database import insertion
from bot.store.ledger import DAY, Case
from bot.store.schema import cards, cases, evidence, lessons, notes, orders, variants

LessonState: TypeAlias = Literal["wanted", "taught", "answered", "undone", "refused"]
SMALLEST = 2  # times that a question is asked before it gets a card, unless somebody ordered it
_GRACE = DAY  # after a promise is broken, until the case is given back
_ADRIFT = "adrift"  # what a card shows of which nobody knows whether it was posted


@dataclass(frozen=True, slots=True)
class Card:
    """Where the card of a case stands, if it does (`message`), and what its buttons are about."""

    case: int
    chat: int
    thread: int
    message: int
    digest: str
    stage: Mapping[str, Any]
    at: float

    @property
    def is_adrift(self) -> bool:
        """Whether it may have been posted, by an attempt that was cut short, and where is not
        known: it is not posted again of itself, lest there be two, and stands where somebody
        presses it."""
        return not self.message and self.digest == _ADRIFT


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a curator accepted: a wording for an exchange (its id: `q4`), or for none."""

    id: int
    case: int
    interview: str
    exchange: str | None
    quote: str
    text: str
    by: str
    curator: int | None
    state: LessonState
    at: float


@dataclass(frozen=True, slots=True)
class Support:
    """How many people's choices speak for an exchange as the answer of a case, and against."""

    exchange: str
    people: int
    against: int


# Cards


def card(db: Connection, case: int) -> Card | None:
    """The card of a case, where there is one."""
    row = db.execute(select(cards).where(cards.c.case == case)).first()
    return _card(row) if row else None


def card_at(db: Connection, chat: int, message: int) -> Card | None:
    """The card that a message is."""
    here = (cards.c.chat == chat) & (cards.c.message == message) & (message != 0)
    row = db.execute(select(cards).where(here)).first()
    return _card(row) if row else None


def is_in_topic(db: Connection, chat: int, thread: int) -> bool:
    """Whether a topic is that of a card."""
    here = (cards.c.chat == chat) & (cards.c.thread == thread) & (thread != 0)
    return db.execute(select(cards.c.case).where(here)).first() is not None


def _card(row: Any) -> Card:
    stage = json.loads(row.stage)
    return Card(row.case, row.chat, row.thread, row.message, row.digest, stage, row.at)


def begin(db: Connection, case: int, chat: int, now: float) -> bool:
    """Let a case have a card, which an errand will post; False where it has one."""
    if card(db, case) is not None:
        return False
    none = {"thread": 0, "message": 0, "digest": "", "stage": "{}"}
    db.execute(insert(cards).values(case=case, chat=chat, at=now, **none))
    errands.redraw(db, case, now)
    return True


def stand(db: Connection, case: int, **where: Any) -> None:
    """Note where a card stands (chat, thread, message) or what it shows (digest)."""
    db.execute(update(cards).where(cards.c.case == case).values(**where))


def lost(db: Connection, case: int, now: float) -> None:
    """Note that nobody knows whether a card was posted, and let the curators be asked."""
    stand(db, case, message=0, digest=_ADRIFT)
    errands.put(db, "digest", {"do": "adrift"}, now)


def set_stage(
    db: Connection,
    case: int,
    stage: Mapping[str, Any],
    now: float,
    was: Mapping[str, Any] | None = None,
    then: Mapping[str, Any] | None = None,
) -> bool:
    """Let the buttons of a card be about something else, if they are still about what they were
    about; `then` is an errand that this makes necessary."""
    mine = cards.c.case == case
    old = db.execute(select(cards.c.stage).where(mine).with_for_update()).scalar()
    if old is None or (was is not None and json.loads(old) != was):
        return False
    written = json.dumps(stage, ensure_ascii=False)
    db.execute(update(cards).where(mine).values(stage=written))
    errands.redraw(db, case, now)
    if then:
        errands.put(db, f"{then['do']} {case}", then, now)
    return True


def due(db: Connection, chat: int, most: int, now: float) -> int:
    """Begin the cards that are due: at most so many in 24 hours, those first for which somebody
    waits, then what was asked most, and of that the oldest; how many."""
    posted = select(func.count()).select_from(cards).where(cards.c.at > now - DAY)
    room = max(0, most - int(db.execute(posted).scalar_one()))
    chosen = _uncarded(db, room) if room else ()
    for number in chosen:
        begin(db, number, chat, now)
    return len(chosen)


def _uncarded(db: Connection, most: int) -> Sequence[int]:
    """Two questions, for in one the database would look at every case that is open."""
    c = cases.c
    open_ = (c.state == "open") & ~exists().where(cards.c.case == c.id)
    mine = (orders.c.case == c.id) & (orders.c.state == "waiting")
    ordered = select(c.id).where(open_, mine).group_by(c.id).order_by(func.min(orders.c.at))
    first = list(db.execute(ordered.limit(most)).scalars())
    often = open_ & (c.far == false()) & (c.times >= SMALLEST) & c.id.not_in(first)
    query = select(c.id).where(often).order_by(c.times.desc(), c.first)
    return [*first, *db.execute(query.limit(most - len(first))).scalars()]


def rest(db: Connection, most: int) -> tuple[tuple[Case, ...], int]:
    """The largest open cases without a card, and how many there are."""
    none = ~exists().where(cards.c.case == cases.c.id)
    wanted = (cases.c.state == "open") & ~cases.c.far & none
    query = select(cases).where(wanted).order_by(cases.c.times.desc(), cases.c.id).limit(most)
    count = db.execute(select(func.count()).select_from(cases).where(wanted)).scalar_one()
    return tuple(ledger.as_case(db, row) for row in db.execute(query).all()), int(count)


def adrift(db: Connection) -> tuple[Case, ...]:
    """The cases that are not closed and of whose cards nobody knows whether they were posted."""
    lost_ = exists().where((cards.c.case == cases.c.id) & (cards.c.digest == _ADRIFT))
    query = select(cases).where(lost_, cases.c.state.in_(("open", "taken"))).order_by(cases.c.id)
    return tuple(ledger.as_case(db, row) for row in db.execute(query).all())


def overdue(db: Connection, now: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The cases whose promise was broken since the last look (they are marked as told of), and
    those that nobody gave a new date for a day after that."""
    c = cases.c
    late = (c.state == "taken") & (c.until < now)
    fresh = tuple(db.execute(select(c.id).where(late & c.reminded.is_(None))).scalars())
    db.execute(update(cases).where(c.id.in_(fresh)).values(reminded=now))
    lapsed = select(c.id).where(late & (c.reminded < now - _GRACE))
    return fresh, tuple(db.execute(lapsed).scalars())


# Lessons


def teach(db: Connection, lesson: Accepted, source: str) -> bool:
    """Write down what a curator accepted, for an errand to carry out; the buttons of its card are
    about nothing more. False where the same press did so already, or somebody else a moment ago."""
    mine, pending = cards.c.case == lesson.case, lessons.c.state == "wanted"
    db.execute(select(cards.c.case).where(mine).with_for_update())
    if db.execute(select(lessons.c.id).where(lessons.c.case == lesson.case, pending)).first():
        return False
    values = {name: getattr(lesson, name) for name in Accepted.__slots__ if name != "id"}
    made = insertion(db.dialect.name, lessons).values(**values, source=source)
    done = db.execute(
        made.on_conflict_do_nothing(index_elements=["source"]).returning(lessons.c.id)
    )
    number = done.scalar()
    if number is not None:
        db.execute(update(cards).where(mine).values(stage="{}"))
        errands.put(db, "lessons", {"do": "teach", "lesson": number}, lesson.at)
        errands.redraw(db, lesson.case, lesson.at)
    return number is not None


def lesson(db: Connection, number: int) -> Accepted | None:
    """What was accepted, by its number."""
    row = db.execute(select(lessons).where(lessons.c.id == number)).first()
    return _lesson(row) if row else None


def lessons_of(db: Connection, case: int) -> tuple[Accepted, ...]:
    """What was accepted for a case, the newest last."""
    query = select(lessons).where(lessons.c.case == case).order_by(lessons.c.id)
    return tuple(map(_lesson, db.execute(query)))


def _lesson(row: Any) -> Accepted:
    return Accepted(**{name: getattr(row, name) for name in Accepted.__slots__})


def became(db: Connection, number: int, state: LessonState, now: float) -> None:
    """Note what came of a lesson."""
    changed = update(lessons).where(lessons.c.id == number).values(state=state)
    case = db.execute(changed.returning(lessons.c.case)).scalar()
    if case is not None:
        errands.redraw(db, case, now)


def untaught(db: Connection, number: int, by: str, source: str, now: float) -> None:
    """Let an errand take a lesson back, for whom."""
    what = {"do": "unteach", "lesson": number, "by": by}
    errands.put(db, "lessons", what, now, f"unteach {source}"[:48])


# Evidence


def note_choice(
    db: Connection, key: str, exchange: str, mark: str, useful: bool, now: float
) -> None:
    """Keep that somebody, whom the mark does not name, found an exchange to be the answer to a
    question, or not to be it; who says so again counts once."""
    row = {"key": key, "exchange": exchange, "mark": mark}
    made = insertion(db.dialect.name, evidence).values(**row, useful=useful, at=now)
    db.execute(
        made.on_conflict_do_update(
            index_elements=list(evidence.primary_key), set_={"useful": useful, "at": now}
        )
    )
    for case in _ongoing(
        db, cards.c.case.in_(select(variants.c.case).where(variants.c.key == key))
    ):
        errands.redraw(db, case, now)


def follow(db: Connection, old: int, now: float) -> None:
    """Let the cards that curators still have to see to stand in the chat that a chat became."""
    for case in _ongoing(db, cards.c.chat == old):
        errands.redraw(db, case, now)


def _ongoing(db: Connection, which: Any) -> Sequence[int]:
    """The cases with such cards that are still to be seen to."""
    query = select(cards.c.case).join(cases, cases.c.id == cards.c.case)
    found = query.where(which, cases.c.state.in_(("open", "taken"))).order_by(cards.c.case)
    return db.execute(found).scalars().all()


def supports(db: Connection, case: int) -> tuple[Support, ...]:
    """The exchanges that people's choices speak for as the answer of a case, the best first."""
    e, for_, against = evidence.c, set[tuple[str, str]](), set[tuple[str, str]]()
    mine = select(variants.c.key).where(variants.c.case == case)
    for row in db.execute(select(e.exchange, e.mark, e.useful).where(e.key.in_(mine))):
        (for_ if row.useful else against).add((row.exchange, row.mark))
    found = {exchange for exchange, _ in for_ | against}
    counted = (Support(x, _people(for_, x), _people(against, x)) for x in found)
    return tuple(sorted(counted, key=lambda s: (s.against - s.people, s.exchange)))


def _people(said: set[tuple[str, str]], exchange: str) -> int:
    return sum(one == exchange for one, _ in said)


def proposed(found: Sequence[Support]) -> Support | None:
    """The exchange that enough people chose: several, and twice as many as all who chose
    otherwise; never on one person's word."""
    if not found or found[0].people < ENOUGH:
        return None
    others = found[0].against + sum(support.people for support in found[1:])
    return found[0] if found[0].people >= 2 * others else None


# Notes


def note(db: Connection, name: str) -> str | None:
    """What is noted under a name."""
    found: str | None = db.execute(select(notes.c.value).where(notes.c.name == name)).scalar()
    return found


def set_note(db: Connection, name: str, value: str) -> None:
    """Note something under a name, in place of what was noted there."""
    made = insertion(db.dialect.name, notes).values(name=name, value=value)
    db.execute(made.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
