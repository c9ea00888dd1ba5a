"""Orders: who got no answer and wishes for one, where to answer them, and what they are told.

An order is one person's, of one case; several may wait for one case. Whatever becomes of a case is
told to all who wait for it by errands of the same transaction, one for each question, though two
people ordered under it. What is sent is in the errand, so that an order that has ended can be
forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.cases import Reading
from bot.store import errands, ledger
from bot.store.ledger import Case, Change, Choose
from bot.store.schema import cases, history, moves, orders

MOST = 5  # orders of one person that wait at a time: nobody fills the curators' chat alone
Placing: TypeAlias = Literal["placed", "again", "full", "closed"]
News: TypeAlias = Literal["taken", "later", "back", "aside", "ended", "not_covered", "replied"]
"""What those who wait are told: that somebody took it until a day, until a later day, gave it back,
put it aside; that it has ended (with the answer that there is now), that the interview does not
speak of it, what a curator says."""
_ENDS: frozenset[News] = frozenset({"ended", "not_covered", "replied"})


@dataclass(frozen=True, slots=True)
class Asker:
    """Who ordered, where their question stands, and in which language they are answered."""

    person: int
    chat: int
    thread: int
    message: int
    language: str


@dataclass(frozen=True, slots=True)
class Order:
    """A wish for an answer: `state` is waiting, or how it ended."""

    id: int
    case: int
    asker: Asker
    text: str
    state: str
    at: float
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a wish: the order, or why there is none; `case` is closed then."""

    outcome: Placing
    case: Case


@dataclass(frozen=True, slots=True)
class Step:
    """Whether a change was made, and how the case stands now."""

    done: bool
    case: Case | None


def place(
    db: Connection, reading: Reading, choose: Choose, asker: Asker, now: float, retry: str
) -> Placed:
    """Let a person wait for an answer to a question. A case that was put aside opens again; one
    that was closed because the interview does not speak of it stays closed. What a crash repeats
    is known by `retry`."""
    case = ledger.case_of(db, reading, choose, now)
    if _waits(db, asker.person, case.id):
        return Placed("again", case)
    if case.state == "closed" and ledger.is_not_covered(case.how):
        return Placed("closed", case)
    if _count(db, orders.c.person == asker.person) >= MOST:
        return Placed("full", case)
    if case.state in ("closed", "aside"):
        step(db, case.id, Change("open", how="点单", at=now), source=f"order {retry}"[:48])
    values = _columns(asker) | {"case": case.id, "text": reading.text}
    db.execute(insert(orders).values(**values, state="waiting", at=now))
    ledger.come_near(db, case.id)
    errands.redraw(db, case.id, now)
    return Placed("placed", ledger.existing(db, case.id))


def _columns(asker: Asker) -> dict[str, Any]:
    names = ("person", "chat", "thread", "message", "language")
    return {name: getattr(asker, name) for name in names}


def _waits(db: Connection, person: int, case: int) -> bool:
    mine = (orders.c.person == person) & (orders.c.case == case) & (orders.c.state == "waiting")
    return db.execute(select(orders.c.id).where(mine)).first() is not None


def _count(db: Connection, whose: Any, state: str = "waiting") -> int:
    query = select(func.count()).select_from(orders).where(whose & (orders.c.state == state))
    return int(db.execute(query).scalar_one())


def waiting(db: Connection, case: int) -> int:
    """How many wait for a case."""
    return _count(db, orders.c.case == case)


def lost(db: Connection, case: int) -> int:
    """How many of those who waited for a case could not be reached."""
    return _count(db, orders.c.case == case, "unreachable")


def of_person(db: Connection, person: int, most: int) -> tuple[Order, ...]:
    """A person's orders that wait, the newest first, then those that ended lately."""
    query = (
        select(orders, cases.c.until, cases.c.state.label("stands"))
        .join(cases, cases.c.id == orders.c.case)
        .where(orders.c.person == person)
        .order_by(orders.c.state != "waiting", orders.c.id.desc())
    )
    return tuple(_order(row) for row in db.execute(query.limit(most)))


def _order(row: Any) -> Order:
    promised = row.until if row.state == "waiting" and row.stands == "taken" else None
    return Order(row.id, row.case, _asker(row), row.text, row.state, row.at, promised)


def withdraw(db: Connection, person: int, number: int, now: float) -> bool:
    """Let an order be as if it had never been; whether it was this person's and waited."""
    mine = (orders.c.id == number) & (orders.c.person == person) & (orders.c.state == "waiting")
    case = db.execute(delete(orders).where(mine).returning(orders.c.case)).scalar()
    if case is not None:
        errands.redraw(db, case, now)
    return case is not None


def step(
    db: Connection,
    number: int,
    change: Change,
    news: News | None = None,
    source: str | None = None,
    words: str = "",
) -> Step:
    """Change a case, note that, and let those hear of it who wait for it, and the card show it.
    The same source changes nothing a second time, and says what it said the first."""
    # Who waits here for somebody else's change is told what that was.
    db.execute(select(cases.c.id).where(cases.c.id == number).with_for_update())
    if source and _is_repeated(db, source):
        return Step(True, ledger.find(db, number))
    before = ledger.find(db, number)
    if before is None or not ledger.change(db, number, change, source):
        return Step(False, before)
    told = news or _news(before, change)
    if told:
        _tell(db, number, told, change, words)
    errands.redraw(db, number, change.at)
    return Step(True, ledger.find(db, number))


def _is_repeated(db: Connection, source: str) -> bool:
    return db.execute(select(history.c.id).where(history.c.source == source)).first() is not None


def _news(before: Case, change: Change) -> News | None:
    match change.state:
        case "taken":
            return "later" if before.state == "taken" else "taken"
        case "open":
            return "back" if before.state == "taken" else None
        case "aside":
            return "aside"
        case "closed":
            return "ended"


def _tell(db: Connection, number: int, news: News, change: Change, words: str) -> None:
    mine = (orders.c.case == number) & (orders.c.state == "waiting")
    for (chat, message), group in _by_question(
        db.execute(select(orders).where(mine)).all()
    ).items():
        what = {
            "do": "tell",
            "news": news,
            "case": number,
            "orders": [row.id for row in group],
            "text": group[0].text,
            "until": change.until,
            "words": words,
        }
        asker = _columns(_asker(group[0]))
        errands.put(db, f"asker {chat} {message} {group[0].person}", what | asker, change.at)
    if news in _ENDS:
        db.execute(update(orders).where(mine).values(state=news, at=change.at))


def _asker(row: Any) -> Asker:
    return Asker(row.person, row.chat, row.thread, row.message, row.language)


def _by_question(rows: Sequence[Any]) -> dict[tuple[int, int], list[Any]]:
    """Who is answered at once: all who ordered under one question, in one chat."""
    groups: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.chat, row.message), []).append(row)
    return groups


def failed(db: Connection, numbers: Sequence[int], case: int, now: float) -> None:
    """Note that people could not be reached, and let the curators see that."""
    if numbers:
        which = orders.c.id.in_(list(numbers))
        db.execute(update(orders).where(which).values(state="unreachable", at=now))
    errands.redraw(db, case, now)


def are_there(db: Connection, numbers: Sequence[int]) -> bool:
    """Whether any of these orders is still remembered: not withdrawn, nor its person forgotten."""
    query = select(orders.c.id).where(orders.c.id.in_(list(numbers)))
    return db.execute(query.limit(1)).first() is not None


def forget_person(db: Connection, person: int, now: float) -> None:
    """Forget all orders of a person."""
    gone = delete(orders).where(orders.c.person == person).returning(orders.c.case)
    for case in sorted(set(db.execute(gone).scalars())):
        errands.redraw(db, case, now)


def forget(db: Connection, before: float) -> None:
    """Forget the orders that ended before a time."""
    db.execute(delete(orders).where((orders.c.state != "waiting") & (orders.c.at < before)))


# Where chats have moved


def moved(db: Connection, old: int, new: int) -> None:
    """Note that a group has become a supergroup, with another id."""
    if old == new or whereabouts(db, new) == old:
        return
    db.execute(delete(moves).where(moves.c.old == old))
    db.execute(insert(moves).values(old=old, new=new))


def whereabouts(db: Connection, chat: int) -> int:
    """The id that a chat has now."""
    new = db.execute(select(moves.c.new).where(moves.c.old == chat)).scalar()
    return chat if new is None else int(new)
