"""What the second opinion looks at: a page's paragraphs, cut into pieces, and their features.

No word lists: what a paragraph is, its form and the page's own labels must tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.transcript.labels import (
    LABEL_MOST,
    Label,
    bare_label,
    inline_starts,
    label_of,
    without_stamp,
)
from bot.transcript.page import Paragraph

Ending = Literal["asks", "asked", "stops", "open"]
Person = Literal["you", "I", "nobody"]
Furniture = Literal["credited", "signs", "none"]
Dress = Literal["plain", "bold", "heading", "set off"]
LENGTHS = (10, 30, 80, 200, 10**9)
"""Characters; headings and short questions, questions, paragraphs of speech."""

NAMES_MOST = 14
"""Speakers whose names are looked for; press conferences have up to 12."""
NAMED_LEAST = 3
"""A label that occurs so often names a speaker, if it has two characters."""
QUOTED_HEADING_MOST = 40
"""A shorter paragraph that ends with a quotation mark alone is a heading as often as speech."""
SIGNS_MOST = 200
"""Captions and furniture of the development pages are shorter."""
TAIL_LENGTH = 8
RECURS_LEAST = 3
"""Three paragraphs of speech that end with the same 8 characters were not seen."""
_STOP = re.compile(r"[。！!…～~；;：:,，.][”’」』）)\"'\s]*$")
_SIGNS = re.compile(
    r"https?:|www\.|©|@|\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]|^\W+$"
    r"|^[（(【\[].*[）)】\]]$|^[▲△▼↑↓※*]|^[“「][^“”「」]{2,30}[”」]$"
    r"|^[^：:，。]{1,8}[：:|／/]\s*[^。？！?!]{1,20}$|[图圖][片/／源]"
)
_CREDITED = re.compile(r"(?:[摄攝]影?|[供资資]料?[图圖]|[图圖]片|截[图圖]|提供)\W*$")


@dataclass(frozen=True)
class Piece:
    """A paragraph, or the part of one that may be a turn of its own."""

    paragraph: Paragraph
    text: str
    label: Label | None
    named: bool = False
    """It speaks of somebody who speaks on this page, and not of itself."""
    tail: int = 1
    """How many paragraphs of the page end with the same words."""

    @property
    def speech(self) -> str:
        return without_stamp(self.text[self.label.end :] if self.label else self.text).strip()


def pieces_of(page: Sequence[Paragraph]) -> list[Piece]:
    """The page's paragraphs that hold text, cut where recurring labels stand inside them."""
    counts = Counter(label.key for part in page for label in _labels(part))
    names = [
        key
        for key, count in counts.most_common(NAMES_MOST)
        if count >= NAMED_LEAST and len(key) > 1
    ]
    found: list[Piece] = []
    for part in page:
        if part.text and not part.code:
            found += _cut(part, counts)
    tails = Counter(map(_tail, found))
    return [_compared(piece, names, tails) for piece in _introduced(found)]


def _compared(piece: Piece, names: Sequence[str], tails: Mapping[str, int]) -> Piece:
    """The piece with what it has in common with the rest of the page."""
    impersonal = piece.label is None and person(piece.text) != "I"
    named = impersonal and any(name in piece.text for name in names)
    return replace(piece, named=named, tail=tails[_tail(piece)])


def _tail(piece: Piece) -> str:
    """Its last words, if it has so many."""
    return piece.text[-TAIL_LENGTH:] if len(piece.text) > TAIL_LENGTH else ""


def _introduced(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces, where a label alone on its line belongs to what follows."""
    label: Label | None = None
    for piece in pieces:
        if piece.label and not piece.speech:
            label = piece.label
        else:
            given = replace(label, end=0) if label else None
            yield replace(piece, label=piece.label or given)
            label = None


def _labels(part: Paragraph) -> Iterator[Label]:
    """Every label that a paragraph may hold, at its start or behind a sentence."""
    first = bare_label(part.text) or label_of(part.text)
    inner = (label_of(part.text[at : at + LABEL_MOST]) for at in inline_starts(part.text))
    yield from (label for label in (first, *inner) if label)


def _cut(part: Paragraph, counts: Mapping[str, int]) -> Iterator[Piece]:
    starts = [0, *_inner_starts(part.text, counts)]
    for start, end in zip(starts, [*starts[1:], len(part.text)], strict=True):
        text = part.text[start:end].strip()
        label = (bare_label(text) if not start else None) or label_of(text)
        if label and label.form != "colon" and counts[label.key] < 2:
            label = None
        yield Piece(part, text, label)


def _inner_starts(text: str, counts: Mapping[str, int]) -> Iterator[int]:
    """Where a recurring label stands inside a paragraph, and not in brackets."""
    depth = before = 0
    for at in inline_starts(text):
        depth += text.count("（", before, at) - text.count("）", before, at)
        before = at
        label = label_of(text[at : at + LABEL_MOST])
        if label and not depth and counts[label.key] > 1 and label.form == "colon":
            yield at


def ending(text: str) -> Ending:
    """How a paragraph ends: asking, with a question inside, as a sentence does, or as nothing."""
    tail = text[-12:]
    if re.search(r"[?？][”’」』）)\]】!！\s]*$", tail):
        return "asks"
    if re.search(r"[?？]|[吗嗎呢][。\s]*$", text):
        return "asked"
    quoted = text[-1:] in "”」』" and len(text) > QUOTED_HEADING_MOST
    return "stops" if quoted or _STOP.search(tail) else "open"


def length(text: str) -> int:
    """The least of LENGTHS that is no shorter."""
    return next(most for most in LENGTHS if len(text) <= most)


def person(text: str) -> Person:
    """Whom a paragraph speaks to or of: you before I."""
    if re.search(r"[你您妳]|\byour?\b", text, re.IGNORECASE):
        return "you"
    return "I" if re.search(r"我|\bI\b", text) else "nobody"


def furniture(piece: Piece) -> Furniture:
    """Whether it names its photographer or repeats what others end with, or looks like a link."""
    text = without_stamp(piece.text)
    if len(text) > SIGNS_MOST:
        return "none"
    recurs = piece.tail >= RECURS_LEAST and piece.label is None and ending(text) != "asks"
    if piece.paragraph.caption or (recurs and _tail(piece)) or _CREDITED.search(text):
        return "credited"
    return "signs" if _SIGNS.search(text) else "none"


def dress(part: Paragraph) -> Dress:
    """How it is set."""
    if part.heading:
        return "heading"
    return "bold" if part.bold else "set off" if part.italic or part.quote else "plain"
