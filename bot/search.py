"""A question becomes a ranking of exchanges. Pure; the home of rapidfuzz and numpy.

Every phrase that we know (host questions, asks, facts' asks, answer sentences, declines, small
talk) is a line with an owner. A question is compared with all lines by the characters and the
sounds that it shares with them, weighted by rarity, and by meaning where an encoder is at hand.
Among the nearest lines a kernel ridge regression (Saunders, Gammerman & Vovk 1998) learns, for
this one question, what share of it each line explains: local learning after Bottou & Vapnik
(1992), so that ten lines or a hundred thousand cost the same linear solve.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from bot import text
from bot.interview import Exchange, Knowledge, Phrase, sentences

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.intp]
Encoder: TypeAlias = Callable[[Sequence[str]], Floats]

NEAREST = 96
LONGEST = 1000
RIDGE = 0.3
AHEAD = 0.35
KEYWORD = 0.4
LONGEST_KEYWORD = 8
NEARBY = 0.1
SHOWN = -0.1
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase that questions may resemble, whose it is, and the passage that settles it."""

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
    """The nearest exchanges, best first; what lies outside; the kind of small talk it may be."""

    matches: tuple[Match, ...]
    outside: float
    smalltalk: tuple[str, float] | None


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
    """Every line, ready to be searched; built once per knowledge, then only read."""

    def __init__(self, knowledge: Knowledge, encoder: Encoder | None = None) -> None:
        self.exchanges = {exchange.key: exchange for exchange in knowledge.exchanges()}
        self.lines = tuple(_lines(knowledge))
        spoken = [text.tokens(line.phrase.text) for line in self.lines]
        self._words = ["".join(tokens) for tokens in spoken]
        self._said = {
            key: "".join(text.tokens(exchange.question + " ".join(exchange.answer)))
            for key, exchange in self.exchanges.items()
        }
        self._characters = _Grams(spoken)
        self._sounds = _Grams([text.syllables(tokens) for tokens in spoken])
        self._meaning = _Meaning(self.lines, encoder) if encoder else None

    @property
    def understands_meaning(self) -> bool:
        """Whether an encoder was at hand."""
        return self._meaning is not None

    def opening(self, exchange: Exchange) -> str:
        """The passage that answers the host's own question most directly."""
        if exchange.quote:
            return exchange.quote
        mine = (m for m in self.search(exchange.question).matches if m.exchange is exchange)
        return next((m.quote for m in mine if m.quote), sentences(exchange.answer[0])[0])

    def search(self, question: str) -> Ranking:
        """The exchanges that the question on its own is about."""
        return self.rank(question, self.explain(question))

    def explain(self, question: str) -> Evidence:
        """The lines nearest to the question and the share of it that each of them explains."""
        tokens = text.tokens(question[:LONGEST])
        by_sound = self._sounds.compare(self._sounds.vector(text.syllables(tokens)))
        if text.is_pinyin(tokens):
            # Characters and meaning say nothing of a question that only sounds right.
            near = _top(by_sound, NEAREST)
            return Evidence(near, _solve(self._sounds.among(near), by_sound[near]))
        similar = 0.5 * by_sound
        similar += 0.5 * self._characters.compare(self._characters.vector(tokens))
        if self._meaning:
            similar += _rbf(self._meaning.compare(question))
        near = _top(similar, NEAREST)
        gram = 0.5 * self._sounds.among(near) + 0.5 * self._characters.among(near)
        if self._meaning:
            gram += _rbf(self._meaning.among(near))
        return Evidence(near, _solve(gram, similar[near]))

    def rank(
        self, question: str, evidence: Evidence, topic: Topic | None = None
    ) -> Ranking:
        """The exchanges by the share of the question that their lines explain.

        With a topic, the exchange that is being talked about starts ahead, and in it the passages
        near the one last shown.
        """
        owners: Counter[str] = Counter()
        quotes: dict[str, Counter[str]] = {}
        phrases: dict[str, list[Phrase]] = {}
        for number, share in zip(evidence.lines, evidence.shares, strict=True):
            line = self.lines[number]
            owners[line.owner] += float(share)
            phrases.setdefault(line.owner, []).append(line.phrase)
            if line.quote is not None:
                quotes.setdefault(line.owner, Counter())[line.quote] += float(share)
        if topic is not None:
            owners[topic.exchange] += AHEAD
            self._favour_neighbours(quotes.get(topic.exchange, Counter()), topic)
        outside = sum(
            share for owner, share in owners.items() if owner not in self.exchanges
        )
        spoken = text.essence(question)
        matches = []
        for owner, share in owners.most_common():
            if owner in self.exchanges and len(matches) < 5:
                phrase = max(
                    phrases[owner],
                    key=lambda p: fuzz.ratio(spoken, text.essence(p.text)),
                )
                best = quotes.get(owner)
                quote = best.most_common(1)[0][0] if best else None
                score = max(0.0, share) / (max(0.0, share) + outside + RIDGE)
                matches.append(Match(self.exchanges[owner], phrase, score, quote))
        kinds = [
            (k, s)
            for k, s in owners.items()
            if k not in self.exchanges and k != OUTSIDE
        ]
        return Ranking(
            tuple(matches), outside, max(kinds, key=lambda i: i[1], default=None)
        )

    def _keyword_of(self, question: str) -> str | None:
        """The one exchange whose words the bare question is, where most lines with them agree."""
        term = text.essence(question)
        if not 2 <= len(term) <= LONGEST_KEYWORD:
            return None
        speakers = [key for key, words in self._said.items() if term in words]
        if len(speakers) != 1:
            return None
        owners = Counter(
            line.owner for line, words in zip(self.lines, self._words, strict=True) if term in words
        )
        return speakers[0] if 2 * owners[speakers[0]] >= owners.total() else None

    def _favour_neighbours(self, quotes: Counter[str], topic: Topic) -> None:
        said = [s for p in self.exchanges[topic.exchange].answer for s in sentences(p)]
        here = [n for n, sentence in enumerate(said) if sentence in topic.shown]
        for quote in quotes if here else ():
            there = [n for n, sentence in enumerate(said) if sentence in quote]
            away = min((abs(a - b) for a in here for b in there), default=len(said))
            quotes[quote] += NEARBY * math.exp(-away / 2) if away else SHOWN


def _lines(knowledge: Knowledge) -> Iterable[Line]:
    for interview in knowledge.interviews:
        for exchange in interview.exchanges:
            gist = exchange.quote or None
            yield Line(Phrase(exchange.question, exchange.where), exchange.key, gist)
            yield from (Line(ask, exchange.key, gist) for ask in exchange.asks)
            for fact in exchange.facts:
                yield from (Line(ask, exchange.key, fact.quote) for ask in fact.asks)
            for paragraph in exchange.answer:
                for sentence in sentences(paragraph):
                    yield Line(Phrase(sentence, exchange.where), exchange.key, sentence)
        yield from (Line(decline, OUTSIDE) for decline in interview.declines)
    yield from (Line(decline, OUTSIDE) for decline in knowledge.everyday.declines)
    for kind, phrases in knowledge.everyday.smalltalk:
        yield from (Line(phrase, kind) for phrase in phrases)


class _Grams:
    """Documents as unit vectors of their tokens and neighbouring pairs, weighted by rarity.

    The weight is (1 + ln tf) · ln((n + 1) / (df + ½)); cosines lie in 0…1.
    """

    def __init__(self, documents: Sequence[tuple[str, ...]]) -> None:
        self._count = len(documents)
        self._vocabulary: dict[str, int] = {}
        columns: list[int] = []
        times: list[int] = []
        lengths: list[int] = []
        for document in documents:
            counted = Counter(_pairs(document))
            lengths.append(len(counted))
            times.extend(counted.values())
            columns.extend(
                self._vocabulary.setdefault(gram, len(self._vocabulary))
                for gram in counted
            )
        self._columns = np.array(columns, dtype=np.intp)
        self._starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.intp)))
        rows = np.repeat(np.arange(self._count), lengths)
        found = np.bincount(self._columns, minlength=len(self._vocabulary))
        self._rarity = np.log((self._count + 1) / (found + 0.5)).astype(np.float32)
        weights = (1 + np.log(np.array(times, dtype=np.float32))) * self._rarity[
            self._columns
        ]
        norms = np.sqrt(np.bincount(rows, weights**2, minlength=self._count))
        self._weights = (weights / np.maximum(norms[rows], 1e-9)).astype(np.float32)
        order = np.argsort(self._columns, kind="stable")
        self._posted = rows[order]
        self._posted_weights = self._weights[order]
        self._posts = np.concatenate(([0], np.cumsum(found)))

    def vector(self, document: tuple[str, ...]) -> tuple[list[int], list[float]]:
        """The document's known columns and their weights; unknown grams lengthen the norm."""
        counted = Counter(_pairs(document))
        unseen = float(np.log((self._count + 1) / 0.5))
        columns, weights, square = [], [], 0.0
        for gram, times in counted.items():
            column = self._vocabulary.get(gram)
            rarity = unseen if column is None else float(self._rarity[column])
            weight = (1 + float(np.log(times))) * rarity
            square += weight * weight
            if column is not None:
                columns.append(column)
                weights.append(weight)
        norm = square**0.5 or 1.0
        return columns, [weight / norm for weight in weights]

    def compare(self, vector: tuple[list[int], list[float]]) -> Floats:
        """Its cosine with every document."""
        cosines = np.zeros(self._count, dtype=np.float32)
        for column, weight in zip(*vector, strict=True):
            post = slice(self._posts[column], self._posts[column + 1])
            cosines[self._posted[post]] += weight * self._posted_weights[post]
        return cosines

    def among(self, rows: Integers) -> Floats:
        """The cosines of these documents with each other."""
        spans = [np.arange(self._starts[row], self._starts[row + 1]) for row in rows]
        cells = np.concatenate(spans) if spans else np.zeros(0, dtype=np.intp)
        here = np.repeat(np.arange(len(rows)), [len(span) for span in spans])
        columns = self._columns[cells]
        shared = np.bincount(columns, minlength=len(self._vocabulary)) > 1
        places = np.cumsum(shared) - 1
        kept = shared[columns]
        dense = np.zeros((len(rows), int(shared.sum())), dtype=np.float32)
        dense[here[kept], places[columns[kept]]] = self._weights[cells[kept]]
        cosines = dense @ dense.T
        np.fill_diagonal(cosines, 1.0)
        return cosines


class _Meaning:
    """The lines' sentence vectors, centred on their mean and of unit length."""

    def __init__(self, lines: Sequence[Line], encoder: Encoder) -> None:
        self._encoder = encoder
        vectors = encoder([text.clean(line.phrase.text) for line in lines])
        self._centre = vectors.mean(axis=0)
        self._vectors = _unit(vectors - self._centre)

    def compare(self, question: str) -> Floats:
        vector = _unit(self._encoder([text.clean(question)]) - self._centre)[0]
        return self._vectors @ vector

    def among(self, rows: Integers) -> Floats:
        chosen = self._vectors[rows]
        return chosen @ chosen.T


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _rbf(cosines: Floats) -> Floats:
    return np.exp(2 * cosines - 2)


def _top(scores: Floats, count: int) -> Integers:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]


def _solve(gram: Floats, similarity: Floats) -> Floats:
    ridged = gram + RIDGE * np.eye(len(gram), dtype=np.float32)
    return np.linalg.solve(ridged, similarity)


def _pairs(tokens: tuple[str, ...]) -> list[str]:
    return [*tokens, *(f"{a} {b}" for a, b in zip(tokens, tokens[1:], strict=False))]
