"""`fangtan ledger …`: what the cases are, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot import progress
from bot.cases import State, said_now
from bot.edition import Edition
from bot.ledger import joining, looks, tables, weeks
from bot.ledger.looks import Page
from bot.respond import Responder, Turn
from bot.store import Case, Change, Ledger

LIVE: tuple[State, ...] = ("open", "taken")
EVERY: tuple[State, ...] = ("open", "taken", "closed", "aside")
WORDINGS = 20  # of one case on a screen


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with; the knowledge is loaded only by those that ask the search."""

    ledger: Ledger
    edition: Callable[[], Edition]
    page: Page
    folder: Path

    def responder(self) -> Responder:
        """What answers from the knowledge as it is now."""
        return self.edition().responder


class Refused(Exception):
    """What cannot be done, in a sentence."""


def show_all(desk: Desk, most: int, every: bool = False, far: bool = False) -> None:
    """Print the cases that wait, those that were asked most first."""
    ledger, responder = desk.ledger, desk.responder()
    _catch_up(ledger, responder)
    found = ledger.cases(EVERY if every else LIVE, far, most + 1)
    shown = [(case, _now(case, responder)) for case in found[:most]]
    _print(looks.listing(desk.page, ledger.totals(), shown, len(found) > most))


def show(desk: Desk, number: int) -> None:
    """Print all that is known of a case."""
    ledger, responder = desk.ledger, desk.responder()
    _catch_up(ledger, responder)
    case = found(ledger, number)
    variants, history = ledger.variants(number, WORDINGS), ledger.history(number)
    _print(looks.whole(desk.page, case, _now(case, responder), variants, history))


def change(desk: Desk, number: int, step: Change) -> None:
    """Let a case be taken, closed, put aside or open again, and print how it stands."""
    found(desk.ledger, number)
    done = desk.ledger.change(number, step)
    stands = looks.standing(found(desk.ledger, number))
    if not done:
        raise Refused(f"#{number} 现在是：{stands}；这一步做不了，先 ledger reopen {number}。")
    print(f"#{number} {stands}")


def export(desk: Desk, form: str, far: bool) -> None:
    """Print all cases with their wordings, for other programs."""
    ledger = desk.ledger
    _catch_up(ledger, desk.responder())
    told = ((c, ledger.variants(c.id), ledger.history(c.id)) for c in ledger.cases(EVERY, far))
    print((tables.as_json if form == "json" else tables.as_csv)(told), end="")


def stats(desk: Desk, picture: Path | None) -> None:
    """Print what was asked, answered and closed, week by week; draw it where that is wished."""
    found = desk.ledger.weeks()
    _print(weeks.table(desk.page, found))
    if picture:
        try:
            picture.write_text(weeks.picture(found), encoding="utf-8")
        except OSError as error:
            raise Refused(f"--svg: {picture} 写不了（{error.strerror}）。") from None


def found(ledger: Ledger, number: int) -> Case:
    """The case with this number; raises Refused where there is none."""
    if case := ledger.case(number):
        return case
    raise Refused(f"没有 #{number}；fangtan ledger --all 列出全部。")


def _catch_up(ledger: Ledger, responder: Responder) -> None:
    if waiting := ledger.waiting():
        with progress.counted(waiting, "归案") as count:
            joining.catch_up(ledger, responder, count)


def _now(case: Case, responder: Responder) -> Turn | None:
    """What would be said now; None to a question that breaks the search."""
    try:
        return said_now(case.text, responder)
    except Exception:
        return None


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
