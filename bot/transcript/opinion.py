"""A second opinion on a page: a hidden Markov model reads it whole, and tells sure from unsure.

It shares with the rules only the paragraphs and what a label looks like, so that the two err
differently. What both read the same way is right; the rest asks for a look.

The probabilities were set by hand and then rounded towards counts over 91 development pages (the
invented ones, and real ones read by a person or by both readings alike). No single value matters
much: with any one table taken out, 4 % of the exchanges at most change sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Literal

from bot.transcript.labels import key_of, without_stamp
from bot.transcript.observations import (
    LENGTHS,
    Dress,
    Ending,
    Furniture,
    Person,
    Piece,
    dress,
    ending,
    furniture,
    length,
    person,
    pieces_of,
)
from bot.transcript.page import Paragraph

STATES = ("before", "question", "asking", "aside in it", "answer", "more", "aside", "after")
"""A question's first paragraph and its others; an answer's; what is nobody's speech in either."""
BEFORE, QUESTION, ASKING, PAUSE, ANSWER, MORE, ASIDE, AFTER = range(8)

_START = {BEFORE: 0.9, QUESTION: 0.1}
_TRANSITION: dict[int, dict[int, float]] = {
    BEFORE: {BEFORE: 0.9, QUESTION: 0.1},
    QUESTION: {QUESTION: 0.01, ASKING: 0.05, PAUSE: 0.01, ANSWER: 0.92, AFTER: 0.01},
    ASKING: {QUESTION: 0.01, ASKING: 0.32, PAUSE: 0.01, ANSWER: 0.65, AFTER: 0.01},
    PAUSE: {ASKING: 0.2, PAUSE: 0.2, ANSWER: 0.6},
    ANSWER: {QUESTION: 0.47, ANSWER: 0.03, MORE: 0.41, ASIDE: 0.06, AFTER: 0.03},
    MORE: {QUESTION: 0.34, ANSWER: 0.01, MORE: 0.58, ASIDE: 0.05, AFTER: 0.02},
    ASIDE: {QUESTION: 0.55, ANSWER: 0.01, MORE: 0.19, ASIDE: 0.22, AFTER: 0.03},
    AFTER: {AFTER: 1.0},
}
_NEXT_GUEST = 0.25
"""How often a guest follows a guest, where there are several."""

# One row a feature's value, one column a state; the features are explained in `observations`.
_ENDING: dict[Ending, tuple[float, ...]] = {
    "asks": (0.03, 0.75, 0.50, 0.03, 0.03, 0.03, 0.05, 0.03),
    "asked": (0.04, 0.04, 0.05, 0.02, 0.07, 0.10, 0.02, 0.03),
    "stops": (0.40, 0.17, 0.40, 0.25, 0.86, 0.82, 0.22, 0.34),
    "open": (0.53, 0.04, 0.05, 0.70, 0.04, 0.05, 0.71, 0.60),
}
_LENGTH = dict(
    zip(
        LENGTHS,
        (
            (0.28, 0.12, 0.10, 0.40, 0.07, 0.05, 0.35, 0.30),
            (0.27, 0.33, 0.30, 0.30, 0.15, 0.09, 0.40, 0.25),
            (0.20, 0.30, 0.30, 0.20, 0.20, 0.21, 0.13, 0.25),
            (0.18, 0.19, 0.23, 0.07, 0.35, 0.45, 0.07, 0.12),
            (0.07, 0.06, 0.07, 0.03, 0.23, 0.20, 0.05, 0.08),
        ),
        strict=True,
    )
)
_PERSON: dict[Person, tuple[float, ...]] = {
    "you": (0.05, 0.48, 0.39, 0.04, 0.15, 0.20, 0.04, 0.05),
    "I": (0.11, 0.07, 0.13, 0.04, 0.53, 0.46, 0.08, 0.08),
    "nobody": (0.84, 0.45, 0.48, 0.92, 0.32, 0.34, 0.88, 0.87),
}
_FURNITURE: dict[Furniture, tuple[float, ...]] = {
    "credited": (0.04, 0.001, 0.002, 0.12, 0.0003, 0.0003, 0.12, 0.06),
    "signs": (0.31, 0.014, 0.018, 0.38, 0.011, 0.012, 0.25, 0.34),
    "none": (0.65, 0.985, 0.98, 0.50, 0.988, 0.986, 0.63, 0.60),
}
_NAMED = {
    True: (0.13, 0.001, 0.05, 0.09, 0.002, 0.006, 0.10, 0.10),
    False: (0.87, 0.999, 0.95, 0.91, 0.998, 0.994, 0.90, 0.90),
}
_DRESS: dict[str, dict[Dress, tuple[float, ...]]] = {  # how the page sets its questions
    "plain": {
        "plain": (0.75, 0.90, 0.90, 0.50, 0.93, 0.93, 0.45, 0.80),
        "bold": (0.10, 0.07, 0.07, 0.20, 0.05, 0.05, 0.20, 0.08),
        "heading": (0.10, 0.01, 0.01, 0.15, 0.005, 0.005, 0.20, 0.06),
        "set off": (0.05, 0.02, 0.02, 0.15, 0.015, 0.015, 0.15, 0.06),
    },
    "bold": {
        "plain": (0.75, 0.08, 0.10, 0.50, 0.96, 0.96, 0.45, 0.80),
        "bold": (0.10, 0.90, 0.88, 0.20, 0.02, 0.02, 0.20, 0.08),
        "heading": (0.10, 0.01, 0.01, 0.15, 0.005, 0.005, 0.20, 0.06),
        "set off": (0.05, 0.01, 0.01, 0.15, 0.015, 0.015, 0.15, 0.06),
    },
}
_CHANCE = (0.20, 0.01, 0.02, 0.30, 0.01, 0.03, 0.25, 0.20)
"""How often a paragraph begins like a label and is none."""
_STRAY = 0.005
"""How often a speaker's label stands where he does not begin to speak: a title, a roster."""
_WRONG = 0.001
"""How often a speaker's label stands over another's speech."""
_LABELLED = (0.97, 0.9)
"""How many questions carry a host's label where there is one, and answers a guest's."""
_AGAIN = 0.02
"""How many of a speaker's further paragraphs carry his label again."""
_NAME = 1 / 300
"""How often one label occurs among all that a paragraph may begin with by chance."""
_SPEAKER = log(1 / 50)
"""What it costs to believe in one more speaker."""

Role = Literal["host", "guest", "left out"]
NOTHING: Mapping[str, Role] = {}

LABELS_MOST = 14
"""Labels that are looked at, the most frequent first; press conferences have up to 12 speakers."""
PAIRED_MOST = 6
"""The host and the guest who speak most are among the 6 most frequent labels."""
PIECES_MOST = 20_000
"""No interview is longer: the longest of the development pages has 1,600 paragraphs."""
LOOKS_MOST = 100_000
"""Paragraphs looked at while roles are sought; then the best roles so far are kept."""


@dataclass(frozen=True)
class Heard:
    """A question and the answers to it, one a speaker, each as its line numbers and its text."""

    question_lines: tuple[int, ...]
    question: str
    answer_lines: tuple[tuple[int, ...], ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Roles:
    """What the climb decides about the whole page."""

    hosts: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    dress: str = "plain"


def opinion(page: Sequence[Paragraph], told: Mapping[str, Role] = NOTHING) -> tuple[Heard, ...]:
    """The exchanges that the likeliest reading of the whole page finds.

    `told` holds what somebody said about labels, by name: they keep that role.
    """
    pieces = pieces_of(page) if len(page) <= PIECES_MOST else []
    if not 0 < len(pieces) <= PIECES_MOST:
        return ()
    model = Model(pieces, {key_of(name): role for name, role in told.items()})
    roles = model.climb()
    return tuple(_heard(pieces, model.path(roles), roles))


# ── the model ────────────────────────────────────────────────────────────────────────────────────


def _logs(values: Sequence[float]) -> list[float]:
    return [log(value) for value in values]


def _moves(transition: Mapping[int, Mapping[int, float]]) -> list[list[tuple[int, float]]]:
    """For each state, from which others it is reached, and how likely."""
    return [
        [(source, log(row[target])) for source, row in transition.items() if target in row]
        for target in range(len(STATES))
    ]


_MOVES = _moves(_TRANSITION)
_MOVES_AMONG_GUESTS = _moves(
    _TRANSITION
    | {
        state: _TRANSITION[state]
        | {ANSWER: _NEXT_GUEST, QUESTION: _TRANSITION[state][QUESTION] - _NEXT_GUEST}
        for state in (ANSWER, MORE, ASIDE)
    }
)
_IMPOSSIBLE = -1e9


class Model:
    """A page's emissions, so that readings of it can be compared; a class for what it keeps."""

    def __init__(self, pieces: Sequence[Piece], told: Mapping[str, Role]) -> None:
        self._keys = [piece.label.key if piece.label else None for piece in pieces]
        self._dresses = [dress(piece.paragraph) for piece in pieces]
        self._words = [_words(piece) for piece in pieces]
        self.looks = 0
        self._scores: dict[Roles, float] = {}
        counts = Counter(key for key in self._keys if key)
        self._labels = [key for key, _ in counts.most_common(LABELS_MOST) if key not in told]
        self._told = Roles(
            frozenset(key for key in counts if told.get(key) == "host"),
            frozenset(key for key in counts if told.get(key) == "guest"),
        )

    def climb(self) -> Roles:
        """The roles of the labels under which the likeliest reading is likeliest."""
        best = self._best([self._told, *self._pairs()])
        before = None
        while best != before and self.looks < LOOKS_MOST:
            before = best
            for key in self._labels:
                best = self._best([best, *_recast(best, key)])
            best = self._best([best, *(replace(best, dress=dress) for dress in _DRESS)])
        return best

    def _pairs(self) -> Iterator[Roles]:
        """One host, one guest, or one of each, from the most frequent labels."""
        few = ["", *self._labels[:PAIRED_MOST]]
        for host in few:
            yield from (
                replace(
                    self._told,
                    hosts=self._told.hosts | {host} - {""},
                    guests=self._told.guests | {guest} - {""},
                )
                for guest in few
                if host != guest
            )

    def _best(self, readings: Sequence[Roles]) -> Roles:
        """The likeliest of some readings; the first where all that may be looked at is used up."""
        return max(readings, key=self._score)

    def _score(self, roles: Roles) -> float:
        """The logarithm of the probability of the likeliest reading under these roles."""
        if roles in self._scores:
            return self._scores[roles]
        if self.looks > LOOKS_MOST:
            return _IMPOSSIBLE
        self.looks += len(self._keys)
        self._scores[roles] = score = self._viterbi(roles)
        return score

    def _viterbi(self, roles: Roles) -> float:
        moves_to = _MOVES_AMONG_GUESTS if len(roles.guests) > 1 else _MOVES
        first, *rows = self._emissions(roles)
        best = _started(first)
        for row in rows:
            best = [
                max([best[source] + move for source, move in moves]) + row[target]
                for target, moves in enumerate(moves_to)
            ]
        speakers = len(roles.hosts) + len(roles.guests)
        return max(best) + speakers * _SPEAKER

    def path(self, roles: Roles) -> list[int]:
        """The state of every piece on the likeliest reading (Viterbi)."""
        moves_to = _MOVES_AMONG_GUESTS if len(roles.guests) > 1 else _MOVES
        first, *rows = self._emissions(roles)
        best = _started(first)
        back: list[list[int]] = []
        for row in rows:
            ways = [
                max((best[source] + move, source) for source, move in moves) for moves in moves_to
            ]
            best = [score + value for (score, _), value in zip(ways, row, strict=True)]
            back.append([source for _, source in ways])
        states = [max(range(len(STATES)), key=lambda state: best[state])]
        for came in reversed(back):
            states.append(came[states[-1]])
        return states[::-1]

    def _emissions(self, roles: Roles) -> list[list[float]]:
        labels = _label_rows(roles)
        chance = [log(value * _NAME) for value in _CHANCE]
        dresses = {name: _logs(row) for name, row in _DRESS[roles.dress].items()}
        return [
            [
                a + b + c
                for a, b, c in zip(words, dresses[dress], labels.get(key, chance), strict=True)
            ]
            for words, dress, key in zip(self._words, self._dresses, self._keys, strict=True)
        ]


def _started(first: Sequence[float]) -> list[float]:
    """The scores of the states behind the first piece."""
    return [
        log(_START[state]) + first[state] if state in _START else _IMPOSSIBLE
        for state in range(len(STATES))
    ]


def _recast(roles: Roles, key: str) -> Iterator[Roles]:
    """The same with one label as a host's, as a guest's and as nobody's."""
    rest = replace(roles, hosts=roles.hosts - {key}, guests=roles.guests - {key})
    yield replace(rest, hosts=rest.hosts | {key})
    yield replace(rest, guests=rest.guests | {key})
    yield rest


def _words(piece: Piece) -> list[float]:
    """The emission of all features that do not depend on roles."""
    speech = piece.speech
    rows = (
        _ENDING[ending(speech)],
        _LENGTH[length(speech)],
        _PERSON[person(speech)],
        _FURNITURE[furniture(piece)],
        _NAMED[piece.named],
    )
    return [sum(map(log, column)) for column in zip(*rows, strict=True)]


def _label_rows(roles: Roles) -> dict[str | None, list[float]]:
    """The emission of a host's label, of a guest's and of none, for each label that has a role."""
    asked, said = (
        often if keys else _STRAY
        for keys, often in zip((roles.hosts, roles.guests), _LABELLED, strict=True)
    )
    host = [_STRAY, asked, _AGAIN, _STRAY, _WRONG, _WRONG, _STRAY, _STRAY]
    guest = [_STRAY, _WRONG, _WRONG, _STRAY, said, _AGAIN, _STRAY, _STRAY]
    none = [1 - a - b - c for a, b, c in zip(host, guest, _CHANCE, strict=True)]
    rows: dict[str | None, list[float]] = {None: [log(max(value, 0.01)) for value in none]}
    for keys, row in ((roles.hosts, host), (roles.guests, guest)):
        rows |= {key: [log(value / len(keys)) for value in row] for key in keys}
    return rows


# ── from states to exchanges ─────────────────────────────────────────────────────────────────────


def _heard(pieces: Sequence[Piece], states: Sequence[int], roles: Roles) -> Iterator[Heard]:
    """Questions with the answers behind them; host turns without an answer go with the next."""
    question: list[Piece] = []
    answers: list[tuple[str, list[Piece]]] = []
    for piece, state in zip(pieces, states, strict=True):
        if state in (QUESTION, ASKING):
            if answers:
                yield _exchange(question, answers, roles)
                question, answers = [], []
            question.append(piece)
        elif state == ANSWER:
            key = piece.label.key if piece.label and piece.label.key in roles.guests else ""
            if not answers or key not in ("", answers[-1][0]):
                answers.append((key, []))
            answers[-1][1].append(piece)
        elif state == MORE:
            answers[-1][1].append(piece)
    if answers:
        yield _exchange(question, answers, roles)


def _exchange(question: list[Piece], answers: list[tuple[str, list[Piece]]], roles: Roles) -> Heard:
    return Heard(
        _numbers(question),
        _speech(question, roles),
        tuple(_numbers(said) for _, said in answers),
        tuple(_speech(said, roles) for _, said in answers),
    )


def _numbers(pieces: Sequence[Piece]) -> tuple[int, ...]:
    paragraphs = (piece.paragraph for piece in pieces)
    return tuple(dict.fromkeys(n for p in paragraphs for n in (p.number, *p.more)))


def _speech(pieces: Sequence[Piece], roles: Roles) -> str:
    speakers = roles.hosts | roles.guests
    return "\n".join(
        piece.speech if piece.label and piece.label.key in speakers else without_stamp(piece.text)
        for piece in pieces
    )
