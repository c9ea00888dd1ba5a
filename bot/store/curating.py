"""All that people order and curators do, for whoever has an event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from bot.cases import Reading
from bot.store import cards, errands, ledger, orders
from bot.store.cards import Accepted, Card, LessonState, Support
from bot.store.database import Database
from bot.store.ledger import Case, Change, Choose, Variant
from bot.store.orders import Asker, News, Order, Placed, Step

Result = TypeVar("Result")
_WORDINGS = 8  # of a case on its card
LAPSED = "说好的时间过了"  # how a case is given back that nobody has
_ORDERS = 20  # of one person in a list


@dataclass(frozen=True, slots=True)
class View:
    """All that the card of a case shows: how many wait, how many could not be reached."""

    case: Case
    card: Card | None
    variants: tuple[Variant, ...]
    history: tuple[Change, ...]
    lessons: tuple[Accepted, ...]
    supports: tuple[Support, ...]
    waiting: int
    lost: int


class Curating:
    """What one process does with orders, cards and lessons. Each verb is one transaction, which is
    tried until the database takes it."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    # Orders

    async def place(self, reading: Reading, choose: Choose, asker: Asker, retry: str) -> Placed:
        """Let a person wait for an answer; `retry` names the press that wishes it."""
        return await self._write(
            lambda db: orders.place(db, reading, choose, asker, self._clock(), retry)
        )

    async def orders(self, person: int) -> tuple[Order, ...]:
        """A person's orders, those that wait first."""
        return await self._database.read(lambda db: orders.of_person(db, person, _ORDERS))

    async def withdraw(self, person: int, number: int) -> bool:
        """Let an order be as if it had never been; whether it was this person's and waited."""
        return await self._write(lambda db: orders.withdraw(db, person, number, self._clock()))

    async def failed(self, numbers: Sequence[int], case: int) -> None:
        """Note that these could not be reached."""
        await self._write(lambda db: orders.failed(db, numbers, case, self._clock()))

    async def are_there(self, numbers: Sequence[int]) -> bool:
        """Whether any of these orders is still remembered."""
        return await self._database.read(lambda db: orders.are_there(db, numbers))

    async def whereabouts(self, chat: int) -> int:
        """The id that a chat has now."""
        return await self._database.read(lambda db: orders.whereabouts(db, chat))

    # Cases

    async def step(
        self,
        number: int,
        change: Change,
        source: str | None = None,
        news: News | None = None,
        words: str = "",
    ) -> Step:
        """Change a case, as of now, and let those hear of it who wait for it; a source that is
        repeated changes nothing."""
        return await self._write(
            lambda db: orders.step(db, number, self._dated(change), news, source, words)
        )

    def _dated(self, change: Change) -> Change:
        return replace(change, at=self._clock())

    async def view(self, number: int) -> View | None:
        """All that the card of a case shows."""
        return await self._database.read(lambda db: _view(db, number))

    # Cards

    async def card_at(self, chat: int, message: int) -> Card | None:
        """The card that a message is."""
        return await self._database.read(lambda db: cards.card_at(db, chat, message))

    async def begin_card(self, number: int, chat: int) -> bool:
        """Let a case have a card; False where it has one, or is no case."""

        def begin(db: Connection) -> bool:
            there = ledger.find(db, number) is not None
            return there and cards.begin(db, number, chat, self._clock())

        return await self._write(begin)

    async def stand(self, number: int, **where: Any) -> None:
        """Note where the card of a case stands (chat, thread, message) or its digest."""
        await self._write(lambda db: cards.stand(db, number, **where))

    async def is_card_topic(self, chat: int, thread: int) -> bool:
        """Whether a topic is that of a card."""
        return await self._database.read(lambda db: cards.is_in_topic(db, chat, thread))

    async def lost(self, number: int) -> None:
        """Note that nobody knows whether the card of a case was posted, and let the curators be
        asked."""
        await self._write(lambda db: cards.lost(db, number, self._clock()))

    async def post_again(self, number: int) -> None:
        """Let a card be posted though it may stand somewhere."""
        await self._write(lambda db: _post_again(db, number, self._clock()))

    async def set_stage(
        self,
        number: int,
        stage: Mapping[str, Any],
        was: Mapping[str, Any] | None = None,
        then: Mapping[str, Any] | None = None,
    ) -> bool:
        """Let the buttons of a card be about something else, if they still are about what they
        `was`; `then` is an errand that this makes necessary."""
        return await self._write(
            lambda db: cards.set_stage(db, number, stage, self._clock(), was, then)
        )

    async def due(self, chat: int, most: int) -> int:
        """Begin the cards that are due, at most so many in 24 hours; how many."""
        return await self._write(lambda db: cards.due(db, chat, most, self._clock()))

    async def rest(self, most: int) -> tuple[tuple[Case, ...], int]:
        """The largest open cases without a card, and how many there are."""
        return await self._database.read(lambda db: cards.rest(db, most))

    async def adrift(self) -> tuple[Case, ...]:
        """The open cases of whose cards nobody knows whether they were posted."""
        return await self._database.read(cards.adrift)

    async def overdue(self) -> None:
        """Let the curators be reminded of promises that were broken, once; what nobody gave a new
        date for a day after that is given back."""
        await self._write(lambda db: _overdue(db, self._clock()))

    # Lessons

    async def teach(self, lesson: Accepted, source: str) -> bool:
        """Let what a curator accepted be carried out; False where that is under way already."""
        return await self._write(lambda db: cards.teach(db, lesson, source))

    async def lesson(self, number: int) -> Accepted | None:
        """What was accepted, by its number."""
        return await self._database.read(lambda db: cards.lesson(db, number))

    async def became(self, number: int, state: LessonState) -> None:
        """Note what came of a lesson."""
        await self._write(lambda db: cards.became(db, number, state, self._clock()))

    async def unteach(self, number: int, by: str, source: str) -> None:
        """Let a lesson be taken back, for whom."""
        await self._write(lambda db: cards.untaught(db, number, by, source, self._clock()))

    # Errands and notes

    async def errand(self, queue: str, what: Mapping[str, Any], name: str | None = None) -> None:
        """Let something be done; of those with one name the first is."""
        await self._write(lambda db: errands.put(db, queue, what, self._clock(), name))

    async def note(self, name: str) -> str | None:
        """What is noted under a name."""
        return await self._database.read(lambda db: cards.note(db, name))

    async def set_note(self, name: str, value: str) -> None:
        """Note something under a name."""
        await self._write(lambda db: cards.set_note(db, name, value))

    def now(self) -> float:
        """The time, as rows are dated."""
        return self._clock()

    async def _write(self, work: Callable[[Connection], Result]) -> Result:
        return await self._database.write(work)


def _view(db: Connection, number: int) -> View | None:
    case = ledger.find(db, number)
    if case is None:
        return None
    return View(
        case,
        cards.card(db, number),
        ledger.variants_of(db, number, _WORDINGS),
        ledger.history_of(db, number),
        cards.lessons_of(db, number),
        cards.supports(db, number),
        orders.waiting(db, number),
        orders.lost(db, number),
    )


def _post_again(db: Connection, number: int, now: float) -> None:
    cards.stand(db, number, thread=0, message=0, digest="")
    errands.redraw(db, number, now)


def _overdue(db: Connection, now: float) -> None:
    late, lapsed = cards.overdue(db, now)
    for number in late:
        errands.put(db, f"card {number}", {"do": "remind", "case": number}, now)
    for number in lapsed:
        orders.step(db, number, Change("open", how=LAPSED, at=now))
