"""What reading a page gives: an interview, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["metadata", "question", "answer", "chrome"]


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


@dataclass(frozen=True)
class Reading:
    """An interview as found on a page."""

    metadata: Mapping[str, str]
    exchanges: tuple[Exchange, ...]
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class NoInterview:
    """A page on which no interview was found, and why not."""

    reason: str
    lines: tuple[Line, ...]
