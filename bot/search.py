"""A question becomes a ranking of exchanges. Pure; the home of rapidfuzz and numpy.

Every phrase that we know (host questions, asks, facts' asks, answer sentences, declines, small
talk) is a line with an owner. A question is compared with all lines by the characters and the
sounds that it shares with them, weighted by rarity, and by meaning where an encoder is at hand.
Among the nearest lines a kernel ridge regression (Saunders, Gammerman & Vovk 1998) learns, for
this one question, what share of it each line explains: local learning after Bottou & Vapnik
(1992), so that ten lines or a hundred thousand cost the same linear solve. The shares of an
exchange's lines, summed, are its claim to the question; those of a passage, the passage's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from bot import text
from bot.interview import Exchange, Knowledge, Phrase, sentences

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.intp]
Encoder: TypeAlias = Callable[[Sequence[str]], Floats]
"""Sentences to rows of unit length, float32, shape (sentences, dimensions)."""

# Measured on crowds a and b (tests/questions): from 64 to 160 lines rates differ by a point at
# most, but the solve grows with the cube. A ridge of 0.1 or 1 instead of 0.3 costs 1 to 2 points.
NEAREST = 96
RIDGE = 0.3
# Chosen on dialogues a, b and g: 314 of 337 turns good with these; 304 with AHEAD 0.15, 309 with
# 0.3; 312 with NEARBY 0.2.
AHEAD = 0.2
NEARBY = 0.1
SHOWN = -0.1
# A phrase of ours, or a term of the interview typed alone (四风), is understood although declines
# hold the same words.
KEYWORD = 0.6
LONGEST_KEYWORD = 8
# Only so much of a paste is compared.
LONGEST = 1000
# Two neighbouring passages that nearly tie are quoted together, up to three sentences: on the same
# crowds the right sentence is shown in 97.5 instead of 96.0 % (lexical 94.1 instead of 91.1).
HARDLY_LESS = 0.5
# The passage that answers the whole question has the most asks; at its full weight it is shown too
# often: of the same crowds' follow-ups lexical then quotes 90.3 % rightly, at half 95.2.
GIST = 0.5
LONGEST_PASSAGE = 3
OUTSIDE = "outside"
DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase that questions may resemble, whose it is, and the passage that settles it.

    The owner is an exchange's key, a kind of small talk, `DECLINED` by an interview's author, or
    `OUTSIDE` every interview.
    """

    phrase: Phrase
    owner: str
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An exchange, the phrase of it that the question resembles, a score in 0…1, a passage."""

    exchange: Exchange
    phrase: Phrase
    score: float
    quote: str | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The nearest exchanges, best first; what lies outside; the kind of small talk it may be.

    `outside` is the share of all that no exchange owns; `far` that part of it which every
    interview meets, small talk included.
    """

    matches: tuple[Match, ...] = ()
    outside: float = 0.0
    far: float = 0.0
    smalltalk: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Line numbers and, for each, the share of a question that the line explains."""

    lines: Integers
    shares: Floats

    def mixed(self, other: Evidence, weight: float) -> Evidence:
        """This evidence, with `weight` 0…1 of the other's in place of as much of its own."""
        return Evidence(
            np.concatenate((self.lines, other.lines)),
            np.concatenate(((1 - weight) * self.shares, weight * other.shares)),
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """What is being talked about: an exchange's key, and the passage of it last shown."""

    exchange: str
    shown: str


class Index:
    """Every line, ready to be searched; a class because it is built once and then only read."""

    def __init__(self, knowledge: Knowledge, encoder: Encoder | None = None) -> None:
        self.exchanges: Mapping[str, Exchange] = {e.key: e for e in knowledge.exchanges()}
        self.lines = tuple(_lines(knowledge))
        spoken = [text.tokens(line.phrase.text) for line in self.lines]
        self._words = ["".join(tokens) for tokens in spoken]
        self._authored = {
            words: line.owner
            for line, words in zip(self.lines, self._words, strict=True)
            if line.owner in self.exchanges
        }
        self._said = {key: _said(exchange) for key, exchange in self.exchanges.items()}
        self._characters = _Grams(spoken)
        self._sounds = _Grams([text.syllables(tokens) for tokens in spoken])
        self._meaning = _Meaning(self.lines, encoder) if encoder and self.lines else None

    @property
    def understands_meaning(self) -> bool:
        """Whether an encoder was at hand."""
        return self._meaning is not None

    def opening(self, exchange: Exchange) -> str:
        """The passage that answers the host's own question most directly."""
        if exchange.quote:
            return exchange.quote
        mine = (m for m in self.search(exchange.question).matches if m.exchange is exchange)
        return next((m.quote for m in mine if m.quote), (exchange.said or exchange.answer)[0])

    def search(self, question: str) -> Ranking:
        """The exchanges that the question on its own is about."""
        return self.rank(question, self.explain(question))

    def explain(self, question: str, without: Callable[[Line], bool] | None = None) -> Evidence:
        """The lines nearest to the question and the share of it that each of them explains.

        `without` leaves lines out: what the index would say if it didn't know them.
        """
        question = question[:LONGEST]
        tokens = text.tokens(question)
        by_sound = self._sounds.compare(text.syllables(tokens))
        if text.is_pinyin(tokens):
            # Characters and meaning say nothing of a question that only sounds right.
            near = self._nearest(by_sound, without)
            return Evidence(near, _solve(self._sounds.among(near), by_sound[near]))
        similar = 0.5 * by_sound + 0.5 * self._characters.compare(tokens)
        if self._meaning:
            similar += _closeness(self._meaning.compare(question))
        near = self._nearest(similar, without)
        gram = 0.5 * self._sounds.among(near) + 0.5 * self._characters.among(near)
        if self._meaning:
            gram += _closeness(self._meaning.among(near))
        return Evidence(near, _solve(gram, similar[near]))

    def _nearest(self, scores: Floats, without: Callable[[Line], bool] | None) -> Integers:
        if not len(scores):
            return np.zeros(0, dtype=np.intp)
        count = min(len(scores), NEAREST)
        near: Integers = np.sort(np.argpartition(-scores, count - 1)[:count])
        if without is None:
            return near
        return np.array([n for n in near if not without(self.lines[n])], dtype=np.intp)

    def rank(self, question: str, evidence: Evidence, topic: Topic | None = None) -> Ranking:
        """The exchanges by the share of the question that their lines explain.

        With a topic, the exchange that is being talked about starts ahead, and in it the passages
        near the one last shown. A score is an exchange's share of all that is explained and of
        the ridge, which stands for what nothing explains.
        """
        owners, quotes = self._summed(evidence)
        if topic is not None:
            owners[topic.exchange] = owners.get(topic.exchange, 0.0) + AHEAD
            self._favour_neighbours(quotes.setdefault(topic.exchange, {}), topic)
        asked = text.essence(question[:LONGEST])
        if (speaker := self._keyword_of(asked)) is not None:
            owners[speaker] = owners.get(speaker, 0.0) + KEYWORD
        chat = {owner: share for owner, share in owners.items() if owner not in self.exchanges}
        outside = sum(max(0.0, share) for share in chat.values())
        best = sorted(owners.items() - chat.items(), key=lambda claim: (-claim[1], claim[0]))[:5]
        nearest = self._phrases(asked, evidence, [owner for owner, _ in best])
        matches = tuple(
            Match(
                exchange=self.exchanges[owner],
                phrase=nearest[owner],
                score=max(0.0, share) / (max(0.0, share) + outside + RIDGE),
                quote=_passage(self.exchanges[owner], quotes.get(owner, {})),
            )
            for owner, share in best
        )
        kinds = [(k, share) for k, share in chat.items() if k not in (OUTSIDE, DECLINED)]
        far = outside - max(0.0, chat.get(DECLINED, 0.0))
        return Ranking(matches, outside, far, max(kinds, key=lambda k: k[1], default=None))

    def _summed(self, evidence: Evidence) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """The shares of each owner, and of each passage of each owner."""
        owners: dict[str, float] = {}
        quotes: dict[str, dict[str, float]] = {}
        for number, share in zip(evidence.lines.tolist(), evidence.shares.tolist(), strict=True):
            line = self.lines[number]
            owners[line.owner] = owners.get(line.owner, 0.0) + share
            if line.quote is not None:
                passages = quotes.setdefault(line.owner, {})
                passages[line.quote] = passages.get(line.quote, 0.0) + share
        return owners, quotes

    def _phrases(self, asked: str, evidence: Evidence, owners: Sequence[str]) -> dict[str, Phrase]:
        """For each owner the phrase nearest to the question, letter by letter."""
        nearest = {
            owner: Phrase(self.exchanges[owner].question, self.exchanges[owner].where)
            for owner in owners
        }
        closest = dict.fromkeys(owners, 0.0)
        for number in evidence.lines.tolist():
            line = self.lines[number]
            if line.owner in closest:
                likeness = fuzz.ratio(asked, self._words[number])
                if likeness > closest[line.owner]:
                    nearest[line.owner], closest[line.owner] = line.phrase, likeness
        return nearest

    def _keyword_of(self, term: str) -> str | None:
        """The exchange that has this very phrase, or alone has said these bare words.

        The latter only where most lines with these words are the exchange's, too; what its author
        declines doesn't count against it.
        """
        if term in self._authored:
            return self._authored[term]
        if not 2 <= len(term) <= LONGEST_KEYWORD:
            return None
        speakers = [key for key, words in self._said.items() if term in words]
        if len(speakers) != 1:
            return None
        users = [
            line.owner
            for line, words in zip(self.lines, self._words, strict=True)
            if term in words and line.owner != DECLINED
        ]
        return speakers[0] if 2 * users.count(speakers[0]) >= len(users) else None

    def _favour_neighbours(self, passages: dict[str, float], topic: Topic) -> None:
        said = self.exchanges[topic.exchange].said
        here = [n for n, sentence in enumerate(said) if sentence in topic.shown]
        for passage in passages if here else ():
            there = [n for n, sentence in enumerate(said) if sentence in passage]
            away = min((abs(a - b) for a in here for b in there), default=len(said))
            passages[passage] += NEARBY * math.exp(-away / 2) if away else SHOWN


def _lines(knowledge: Knowledge) -> Iterator[Line]:
    for interview in knowledge.interviews:
        for exchange in interview.exchanges:
            yield from _lines_of(exchange)
        yield from (Line(decline, DECLINED) for decline in interview.declines)
    yield from (Line(decline, OUTSIDE) for decline in knowledge.everyday.declines)
    for kind, phrases in knowledge.everyday.smalltalk:
        yield from (Line(phrase, kind) for phrase in phrases)


def _lines_of(exchange: Exchange) -> Iterator[Line]:
    host = Phrase(exchange.question, exchange.where)
    for phrase in (host, *exchange.asks):
        yield Line(phrase, exchange.key, exchange.quote or None)
    for fact in exchange.facts:
        yield from (Line(ask, exchange.key, fact.quote) for ask in fact.asks)
    for sentence in exchange.said:
        yield Line(Phrase(sentence, exchange.where), exchange.key, sentence)


def _passage(exchange: Exchange, passages: Mapping[str, float]) -> str | None:
    """The passage with the largest share, with its neighbour where that one has hardly less."""
    if exchange.quote in passages:
        passages = {**passages, exchange.quote: GIST * passages[exchange.quote]}
    ranked = sorted(passages, key=lambda passage: -passages[passage])
    if len(ranked) < 2 or passages[ranked[1]] < HARDLY_LESS * passages[ranked[0]]:
        return ranked[0] if ranked else None
    for paragraph in exchange.answer:
        said = sentences(paragraph)
        covered = [n for n, s in enumerate(said) if s in ranked[0] or s in ranked[1]]
        run = "".join(said[covered[0] : covered[-1] + 1]) if covered else ""
        if ranked[0] in run and ranked[1] in run and len(covered) <= LONGEST_PASSAGE:
            together = len(covered) == covered[-1] + 1 - covered[0]
            return run if together else ranked[0]
    return ranked[0]


def _said(exchange: Exchange) -> str:
    """All the words of the exchange, as `text.essence` would leave them."""
    return "".join(text.tokens("\n".join((exchange.question, *exchange.answer))))


class _Grams:
    """Documents as unit vectors of their tokens and neighbouring pairs, weighted by rarity.

    The weight is (1 + ln tf) · ln((n + 1) / (df + ½)); cosines lie in 0…1. A class because the
    documents are counted once, as rows for `among` and as postings for `compare`.
    """

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._count = len(documents)
        self._tokens: dict[str, int] = {}
        numbers = np.array(
            [self._tokens.setdefault(t, len(self._tokens)) for t in chain(*documents)],
            dtype=np.int64,
        )
        rows = np.repeat(np.arange(self._count), [len(document) for document in documents])
        together = rows[:-1] == rows[1:]
        grams = np.concatenate((numbers, self._paired(numbers[:-1], numbers[1:])[together]))
        self._grams, columns = np.unique(grams, return_inverse=True)
        width = max(1, len(self._grams))
        cells, times = np.unique(
            np.concatenate((rows, rows[:-1][together])) * width + columns, return_counts=True
        )
        rows, self._columns = cells // width, cells % width
        found = np.bincount(self._columns, minlength=width)
        self._rarity = np.log((self._count + 1) / (found + 0.5)).astype(np.float32)
        weights = (1 + np.log(times)) * self._rarity[self._columns]
        norms = np.sqrt(np.bincount(rows, weights**2, minlength=self._count))
        self._weights = (weights / np.maximum(norms[rows], 1e-9)).astype(np.float32)
        self._starts = np.searchsorted(rows, np.arange(self._count + 1))
        by_column = np.argsort(self._columns, kind="stable")
        self._posted = rows[by_column]
        self._posted_weights = self._weights[by_column]
        self._posts = np.concatenate(([0], np.cumsum(found)))

    def _paired(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        size = len(self._tokens)
        return size + first * size + second

    def compare(self, document: Sequence[str]) -> Floats:
        """Its cosine with every document; what no document holds lengthens its norm."""
        cosines = np.zeros(self._count, dtype=np.float32)
        weighted = list(self._weighted(document))
        norm = math.sqrt(sum(weight * weight for _, weight in weighted)) or 1.0
        for column, weight in weighted:
            if column is not None:
                post = slice(self._posts[column], self._posts[column + 1])
                cosines[self._posted[post]] += weight / norm * self._posted_weights[post]
        return cosines

    def _weighted(self, document: Sequence[str]) -> Iterator[tuple[int | None, float]]:
        """The document's grams as columns, None for those that no document holds, and weights."""
        unseen = math.log((self._count + 1) / 0.5)
        for gram, times in Counter(chain(zip(document), pairwise(document))).items():
            column = self._column(gram)
            rarity = unseen if column is None else float(self._rarity[column])
            yield column, (1 + math.log(times)) * rarity

    def _column(self, gram: tuple[str, ...]) -> int | None:
        numbers = [self._tokens.get(token) for token in gram]
        if None in numbers:
            return None
        first, *rest = np.array(numbers, dtype=np.int64)
        code = self._paired(first, rest[0]) if rest else first
        column = int(np.searchsorted(self._grams, code))
        known = column < len(self._grams) and self._grams[column] == code
        return column if known else None

    def among(self, rows: Integers) -> Floats:
        """The cosines of these documents with each other."""
        spans = [np.arange(self._starts[row], self._starts[row + 1]) for row in rows]
        cells = np.concatenate(spans) if spans else np.zeros(0, dtype=np.intp)
        here = np.repeat(np.arange(len(rows)), [len(span) for span in spans])
        columns = self._columns[cells]
        # What only one of them holds meets nothing in the others.
        shared = np.bincount(columns, minlength=len(self._rarity)) > 1
        places = np.cumsum(shared) - 1
        kept = shared[columns]
        dense = np.zeros((len(rows), int(shared.sum())), dtype=np.float32)
        dense[here[kept], places[columns[kept]]] = self._weights[cells[kept]]
        cosines: Floats = dense @ dense.T
        np.fill_diagonal(cosines, 1.0)
        return cosines


class _Meaning:
    """The lines' sentence vectors, centred on their mean and of unit length.

    Centring is what makes the encoder's cosines tell apart: as they come they lie in 0.8…1.
    """

    def __init__(self, lines: Sequence[Line], encoder: Encoder) -> None:
        self._encoder = encoder
        vectors = encoder([text.clean(line.phrase.text) for line in lines])
        self._centre = vectors.mean(axis=0)
        self._vectors = _unit(vectors - self._centre)

    def compare(self, question: str) -> Floats:
        """Its cosine with every line."""
        vector = _unit(self._encoder([text.clean(question)]) - self._centre)[0]
        cosines: Floats = self._vectors @ vector
        return cosines

    def among(self, rows: Integers) -> Floats:
        """The cosines of these lines with each other."""
        chosen = self._vectors[rows]
        cosines: Floats = chosen @ chosen.T
        return cosines


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _closeness(cosines: Floats) -> Floats:
    """The Gaussian kernel exp(−‖a − b‖²) of unit vectors, by their cosines."""
    closeness: Floats = np.exp(2 * cosines - 2)
    return closeness


def _solve(gram: Floats, similarity: Floats) -> Floats:
    """The weights (K + λI)⁻¹k with which the lines' targets add up to the prediction."""
    shares: Floats = np.linalg.solve(gram + RIDGE * np.eye(len(gram), dtype=np.float32), similarity)
    return shares
