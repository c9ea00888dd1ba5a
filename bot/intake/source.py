"""What a file gives: one or more texts to choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the importer of pages reads it, a paragraph a line, and what is not in it."""

    text: str
    left_out: tuple[str, ...] = ()
    """What of the file is not in the text: its sort, a colon, and the words or their number."""


@dataclass(frozen=True, slots=True)
class Source:
    """The texts that a file may be read as, the likeliest first, and what had to be guessed."""

    texts: tuple[Text, ...]
    warnings: tuple[str, ...] = ()


TWICE = 2
"""Times as many exchanges: so much the main text loses, and so few are chance (3 of 8 pages)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a reading found: how many exchanges, and who speaks in them."""

    exchanges: int
    speakers: frozenset[str] = frozenset()


def best(
    source: Source, read: Callable[[str], Found], measure: Callable[[Found], Measure]
) -> tuple[Text, Found]:
    """The text to take, with its reading: the likeliest one, unless more of the file holds more.

    More of the same people, that is: comments under an interview look like exchanges, too. With
    other people in it a text has to hold twice as many.
    """
    first, *others = [(text, read(text.text)) for text in source.texts]
    taken, size = first, measure(first[1])
    for other in others:
        found = measure(other[1])
        same = found.exchanges > size.exchanges and found.speakers <= size.speakers
        if same or found.exchanges > TWICE * size.exchanges:
            taken, size = other, found
    return taken
