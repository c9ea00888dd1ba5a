"""Which questions without an answer mean the same: when one joins a case, and what is said of it.

A miss is read once (`read_miss`): its key, which is the same for every spelling of the same words;
whether it is far from all that the interviews speak of; the exchange and the passage that come
nearest; and a few traces, by which the store finds questions that may mean the same without
looking at all: the nearest passage and the rarest words. Of those that share a trace the search's
own likeness decides (`Index.alike`): by characters, sounds and meaning, as it compares a question
with a phrase. A question joins the case of the one that is most like it, if that is like enough and
asks for the same kind of particular (a number, a time, a name, or none); else it begins a case of
its own. Pure.

What is stored, and how it is found, is in `store/ledger.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.claims import specific
from bot.query import Query, read
from bot.respond import Answer, Choices, Conversation, NotCovered, Responder, Turn, principal
from bot.search import Index

# From which likeness on two questions are one, with and without their meaning. On crowds a, b and
# m, bare, of the pairs from 0.9 on 76 % are about one fact, from 0.8 on 65, from 0.6 on 41; without
# a look at the particulars 70, 60 and 37. No bar finds what is said in other words: of the pairs
# about one fact 4 % reach 0.9, 12 % reach 0.6. Other weights of the three, whitened vectors, a
# regression on eleven features, the passage that the search finds nearest to each, and how alike
# the two find all the sentences, or what share of them each of these explains, were no better (on
# pools of crowds a, b, g, m and n; likeness times the latter finds 2 to 3 % at 95 % precision).
# Wrong company hides a question, a case too many costs a line: hence 0.9; without meaning 0.5
# (crowds a and m: 82 % each, before that look). How it ends: `python -m tests.clustering`.
ALIKE = 0.9
ALIKE_IN_FORM = 0.5
WORDS = 4  # rarest ones by which others are found
# People whose choices propose a phrase: nobody alone, and no couple of friends.
ENOUGH = 3

State: TypeAlias = Literal["open", "taken", "closed", "aside"]
MAY_FOLLOW: Mapping[State, tuple[State, ...]] = {
    "open": ("taken", "closed", "aside"),
    "taken": ("open", "taken"),
    "closed": ("open", "taken"),
    "aside": ("open", "taken"),
}
"""The states that each state may follow."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be known of a question to find the case that it belongs to."""

    key: str
    text: str
    far: bool
    nearest: str | None
    quote: str
    score: float
    meaning: bytes | None
    traces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question of a case that may mean the same."""

    case: int
    text: str
    meaning: bytes | None


def key(text: str) -> str:
    """A name for a question: the same for every spelling, with or without courtesy."""
    query = read(text)
    return hashlib.sha256((query.essence or query.text or text).encode()).hexdigest()[:32]


def read_miss(text: str, responder: Responder) -> Reading:
    """What the search knows of a question that was not answered."""
    turn = said_now(text, responder)
    query, index = read(text), responder.index
    match = turn.ranking.matches[0] if turn.ranking.matches else None
    nearest, quote = (match.exchange.key, match.quote or "") if match else (None, "")
    return Reading(
        key(text),
        text,
        _is_far(turn),
        nearest,
        quote,
        turn.score,
        index.meaning(query),
        _traces(query, index, f"{nearest} {quote}" if quote else ""),
    )


def unread(text: str) -> Reading:
    """The same of one of which the search knows nothing."""
    return Reading(key(text), text, False, None, "", 0.0, None, ())


def said_now(text: str, responder: Responder) -> Turn:
    """The reply that somebody would get who asked this now, and nothing before."""
    return principal(responder.respond(text, Conversation()))


def joined(reading: Reading, candidates: Sequence[Candidate], index: Index) -> int | None:
    """The case that a question belongs to, of those of the candidates; None if to none of them."""
    query = read(reading.text)
    queries = [(read(candidate.text), candidate) for candidate in candidates]
    kin = [(other, c) for other, c in queries if specific(other) == specific(query)]
    likeness = index.alike(query, reading.meaning, [(other, c.meaning) for other, c in kin])
    enough = [
        (alike / _bar(reading, candidate), -candidate.case)
        for alike, (_, candidate) in zip(likeness, kin, strict=True)
        if alike >= _bar(reading, candidate)
    ]
    return -max(enough)[1] if enough else None


def _bar(reading: Reading, candidate: Candidate) -> float:
    return ALIKE if reading.meaning and candidate.meaning else ALIKE_IN_FORM


def _is_far(turn: Turn) -> bool:
    """Whether no interview comes near: small talk, and what is refused with nothing to show."""
    match turn.reply:
        case Answer() | Choices():
            return False
        case NotCovered(nearest):
            return nearest is None
    return True


def _traces(query: Query, index: Index, passage: str) -> tuple[str, ...]:
    near = [hashlib.sha256(passage.encode()).hexdigest()[:16]] if passage else []
    return (*near, *(term[:16] for term in index.terms(query, WORDS)))
