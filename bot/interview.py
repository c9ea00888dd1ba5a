"""The nouns: interviews, exchanges, facts. Frozen values that remember where they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a file, for messages such as `knowledge/x.yaml:12`."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to put a question, in our words, never shown as the guest's."""

    text: str
    where: Origin


@dataclass(frozen=True, slots=True)
class Fact:
    """Asks that one passage of the answer settles; `quote` is that passage, verbatim."""

    asks: tuple[Phrase, ...]
    quote: str
    where: Origin


@dataclass(frozen=True, slots=True)
class Exchange:
    """One host question and the guest's answer, verbatim, with what was authored about it.

    `quote` is the passage, verbatim, that answers the host's question most directly.
    """

    interview: str
    id: str
    question: str
    answer: tuple[str, ...]
    where: Origin
    topic: str = ""
    speaker: str | None = None
    quote: str = ""
    asks: tuple[Phrase, ...] = ()
    facts: tuple[Fact, ...] = ()
    review: bool = False
    """The importer was not sure of it, and nobody has looked yet."""
    quote_where: Origin | None = None

    @property
    def authored(self) -> bool:
        """Whether anybody has written how people ask for it."""
        return bool(self.asks or self.facts)

    @property
    def said(self) -> tuple[str, ...]:
        """The answer's sentences, in order."""
        return tuple(s for paragraph in self.answer for s in sentences(paragraph))

    @property
    def key(self) -> str:
        """The exchange's name across interviews: `xiamen-2014/q1`."""
        return f"{self.interview}/{self.id}"


@dataclass(frozen=True, slots=True)
class Interview:
    """A page's metadata and its exchanges, in page order."""

    id: str
    where: Origin
    title: str = ""
    published: str = ""
    source: str = ""
    site: str = ""
    editor: str = ""
    host: str = ""
    guest: str = ""
    page: str = ""
    exchanges: tuple[Exchange, ...] = ()
    declines: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Everyday:
    """What people say to any interview bot: far-off questions, and small talk by kind."""

    declines: tuple[Phrase, ...] = ()
    smalltalk: tuple[tuple[str, tuple[Phrase, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that one bot can speak of, in the order of the files' names."""

    interviews: tuple[Interview, ...] = ()
    everyday: Everyday = Everyday()

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange, interview by interview, in page order."""
        for interview in self.interviews:
            yield from interview.exchanges


# A sentence runs to its closing mark and takes the closing quotes and brackets behind it along.
# Half-width `?` and `!` close one too (the first seed is half-width throughout); a half-width
# `.` does not, because it stands in numbers and abbreviations.
_SENTENCE = re.compile(r"[^。？！?!…\n]*(?:[。？！?!…]+[”’」』）)\]】\"']*|\n+|$)")


def sentences(paragraph: str) -> tuple[str, ...]:
    """The paragraph cut after each sentence; joined again they are the paragraph."""
    return tuple(piece for piece in _SENTENCE.findall(paragraph) if piece)
