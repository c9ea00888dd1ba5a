"""What reading a page gives: an interview, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["metadata", "question", "answer", "chrome"]


@dataclass(frozen=True)
class Corrections:
    """What a person says about the page; it is believed."""

    host: tuple[str, ...] = ()
    guest: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    """Labels that are no speakers; what they say is left out."""
    end: int | str | None = None
    """The first line that no longer belongs to the interview: its number, or how it begins."""


@dataclass(frozen=True)
class Line:
    """What one line of the page was taken for; a line that holds several turns has several."""

    number: int
    kind: Kind
    name: str = ""
    """Which metadata, or which sort of chrome ("caption", "after the interview", …)."""


@dataclass(frozen=True)
class Exchange:
    """A question and one guest's answer, both verbatim, and where on the page they stand."""

    question: str
    answer: tuple[str, ...]
    speaker: str | None
    question_lines: tuple[int, ...]
    answer_lines: tuple[int, ...]
    doubt: str = ""
    """Why somebody should look at it; nothing where a second reading of the page agrees."""

    @property
    def sure(self) -> bool:
        return not self.doubt


@dataclass(frozen=True)
class Speaker:
    """Who was taken for a host or a guest, and what for."""

    name: str
    """As the page's legend or label says; empty where turns carry no label."""
    role: Literal["host", "guest"]
    turns: int
    asking: float
    """The share of the turns that ask."""


@dataclass(frozen=True)
class LeftOut:
    """A label that names nobody, and why not."""

    name: str
    turns: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """An interview as found on a page."""

    metadata: Mapping[str, str]
    exchanges: tuple[Exchange, ...]
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    cast: tuple[Speaker, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def first_question(self) -> int:
        """The line where the interview begins."""
        return min(line for exchange in self.exchanges for line in exchange.question_lines)

    @property
    def last_answer(self) -> int:
        """The last line of the interview."""
        return max(line for exchange in self.exchanges for line in exchange.answer_lines)


@dataclass(frozen=True)
class NoInterview:
    """A page on which no interview was found, and why not."""

    reason: str
    lines: tuple[Line, ...]
