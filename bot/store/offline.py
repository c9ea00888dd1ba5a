"""The ledger for a command, which has no event loop and waits for the database itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select

from bot.cases import Reading, State
from bot.store import ledger, orders
from bot.store.database import Database
from bot.store.ledger import Case, Change, Choose, Unread, Variant, Week
from bot.store.orders import News
from bot.store.schema import misses


class Ledger:
    """The ledger of a database, for whoever has no event loop. Raises Unopenable."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = Database(url), clock

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def now(self) -> float:
        """The time, as rows are dated."""
        return self._clock()

    def unread(self, count: int) -> tuple[Unread, ...]:
        """The oldest misses that have not joined a case."""
        return self._database.see(lambda db: ledger.unread(db, count))

    def waiting(self) -> int:
        """How many misses have not joined a case."""
        count = select(func.count()).where(misses.c.variant.is_(None))
        return self._database.see(lambda db: db.execute(count).scalar_one())

    def known(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of the keys that are of questions that are there."""
        return self._database.see(lambda db: ledger.known(db, keys))

    def join(self, found: Sequence[Unread], readings: Mapping[str, Reading], choose: Choose) -> int:
        """Let misses join their cases; how many did."""
        return self._database.now(lambda db: ledger.join(db, found, readings, choose))

    def cases(
        self, states: Sequence[State], far: bool = False, most: int | None = None
    ) -> tuple[Case, ...]:
        """The cases in these states, those that were asked most first."""
        return self._database.see(lambda db: ledger.listed(db, states, far, most))

    def case(self, number: int) -> Case | None:
        """The case with this number."""
        return self._database.see(lambda db: ledger.find(db, number))

    def variants(self, number: int, most: int | None = None) -> tuple[Variant, ...]:
        """How a case was asked, what was asked most first."""
        return self._database.see(lambda db: ledger.variants_of(db, number, most))

    def history(self, number: int) -> tuple[Change, ...]:
        """All that became of a case, in order."""
        return self._database.see(lambda db: ledger.history_of(db, number))

    def totals(self) -> dict[State, int]:
        """How many cases are in which state, those that are far aside."""
        return self._database.see(ledger.totals)

    def weeks(self) -> tuple[Week, ...]:
        """What was asked, answered and closed, week by week."""
        return self._database.see(ledger.weeks)

    def change(self, number: int, step: Change) -> bool:
        """Let a case be taken, closed, put aside or open again, and let those hear of it who wait
        for it, once the bot runs; False where it may not."""
        dated = replace(step, at=self._clock())
        news: News | None = "not_covered" if ledger.is_not_covered(step.how) else None
        done = self._database.now(lambda db: orders.step(db, number, dated, news))
        return done.done
