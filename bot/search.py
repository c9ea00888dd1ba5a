"""A question becomes a ranking of exchanges. Pure; the home of rapidfuzz and numpy.

Every phrase that we know (host questions, asks, facts' asks, answer sentences, declines, small
talk) is a line with an owner. A question is compared with all lines by the characters and the
sounds that it shares with them, weighted by rarity, and by meaning where an encoder is at hand.
Among the nearest lines a kernel ridge regression (Saunders, Gammerman & Vovk 1998) learns, for
this one question, what share of it each line explains: local learning after Bottou & Vapnik
(1992), so that ten lines or a hundred thousand cost the same linear solve. The shares of an
exchange's lines, summed, are its claim to the question; those of a passage, the passage's.

rapidfuzz compares the nearest lines with the question and with each other, letter by letter in
their order: the one part of the kernel that knows word order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial
from heapq import nlargest
from itertools import chain, pairwise
from typing import Any, TypeAlias
from weakref import proxy

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot import passage
from bot.interview import Exchange, Interview, Knowledge, Phrase, sentences
from bot.names import Names
from bot.query import Query, read

Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.intp]
Encoder: TypeAlias = Callable[[Sequence[str]], Floats]
"""Sentences to rows of unit length, float32, shape (sentences, dimensions)."""

# Measured on crowds a, b, m and n (tests/questions): from 48 to 128 lines rates differ by a point
# at most, but the solve grows with the cube. A ridge of 0.2 or 0.45 instead of 0.3 costs up to one.
NEAREST = 64
RIDGE = 0.3
# Of the nearest lines at most so many are everyday ones, of an answer's own sentences the best two
# count. Measured on the first interview with 0, 3.5, 7, 15, 30 and all of its phrases a sentence
# (crowds m and n), and on three interviews without any (120 questions in scope, 75 out). Without
# the cap 2,600 everyday lines crowd out an interview of 100: the right exchange is shown for 77 %,
# with it for 81. Two sentences put the right exchange first for 73 % in the three and 85 in the
# first, all sentences for 68 and 81, because long answers have many. With phrases it is all one.
EVERYDAY = 16
SENTENCES = 2
# How much likeness, squared, counts beside the other kernels. On the same crowds, at 1 and 2 %
# false answers, lexical answers 94.6 and 96.6 % with it, 92.7 and 94.6 without; with the encoder
# 96.1 and 97.1, 96.1 and 96.6. Unsquared 92.7 and 94.4; in place of the characters 91.7 and 95.1;
# partial_ratio 9.3 and 26.3, because it favours the shortest lines. From 0.5 to 2 it is all one.
LIKENESS = 1.0
# In a conversation: how much of the evidence for a question that leans comes from it and the one
# before together. Of 80 such turns in six files of dialogues 76 are then answered rightly and 1
# wrongly; 65 and 3 with 0.5, 72 and 4 with 1. And what passages near the one last shown gain.
JOINED = 0.8
NEARBY = 0.1
SHOWN = -0.1
# A phrase of ours, or a term of the interview typed alone (四风), is understood although declines
# hold the same words.
KEYWORD = 0.6
LONGEST_KEYWORD = 8
# Only so much of a paste is compared: its end, where people ask. The encoder's time grows with
# the length (0.2 ms a character), and no question of crowds a and b is longer.
LONGEST = 100
REMEMBERED = 1024  # questions whose evidence is kept, so that asking again costs nothing
COMPARED = (
    4  # questions whose likeness to every line is kept, for the interviews to be tried in turn
)
# Where there are more interviews, so many whose lines are most like the question are tried.
CANDIDATES = 4
OUTSIDERS = 128  # guests' sentences looked through for what others said: an interview has hundreds
# From this score on, and with so much less for the next passage, the encoder is not asked: of the
# 1,640 questions of crowds a, b, m and n 20 % are settled so, 99.7 % of them on the exchange and
# 99.4 % on the passage that it would have chosen; the right sentence is shown as often.
SETTLED = 0.6
FEW = 32  # lines that this is judged by
CLEARLY = 0.2
# The directions in which the phrases' vectors differ most, of 384: 192 hold 84 % of the variance;
# rates are the same, and comparing takes an eighth of the time. With 96 it costs half a point.
DIRECTIONS = 192
# The fewest characters of a host's sentence that asks something by itself, unlike 后来呢. All his
# sentences beside his whole question cost 3 points of what comes first in the three interviews, and
# 20 of what is answered at 2 % false; the last one alone gains 1 and 2.
SHORTEST = 4
# Among more lines than this the first directions say which are worth the others: of 148,000 lines
# (200 interviews) the whole product reads 113 MB and takes longer than everything else.
MANY, COARSE, EXACT = 50_000, 32, 8_192
OUTSIDE = "outside"
DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase that questions may resemble, whose it is, and the passage that settles it.

    The owner is an exchange's key, a kind of small talk, `DECLINED` by an interview's author, or
    `OUTSIDE` every interview; `verbatim` lines are sentences of the answer.
    """

    phrase: Phrase
    owner: str
    quote: str | None = None
    interview: str = ""
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An exchange, the phrase of it that the question resembles, a score in 0…1, a passage; and the
    shares of the question that its lines explain, which the score comes from, and that the phrase
    does."""

    exchange: Exchange
    phrase: Phrase
    score: float
    quote: str | None
    share: float = 0.0
    phrase_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """The nearest exchanges, best first; what lies outside; the kind of small talk that it may be,
    with its share.

    `outside` is the share of all that no exchange owns; `far` that part of it which every
    interview meets, small talk included; `against` the largest share of any one line of it.
    """

    matches: tuple[Match, ...] = ()
    outside: float = 0.0
    far: float = 0.0
    against: float = 0.0
    smalltalk: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Line numbers and, for each, the share of a question that the line explains."""

    lines: Integers
    shares: Floats

    def by_line(self) -> dict[int, float]:
        """The share of each line; what is mixed names a line twice."""
        shares: dict[int, float] = {}
        for number, share in zip(self.lines.tolist(), self.shares.tolist(), strict=True):
            shares[number] = shares.get(number, 0.0) + share
        return shares

    def mixed(self, other: Evidence, weight: float) -> Evidence:
        """This evidence, with `weight` 0…1 of the other's in place of as much of its own."""
        return Evidence(
            np.concatenate((self.lines, other.lines)),
            np.concatenate(((1 - weight) * self.shares, weight * other.shares)),
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """What is being talked about: the question before, the exchanges that were shown or offered
    for it (their keys), and the passage last shown."""

    question: Query
    exchanges: tuple[str, ...]
    shown: str = ""

    @property
    def interviews(self) -> frozenset[str]:
        """The ids of the interviews that these exchanges are of."""
        return frozenset(key.partition("/")[0] for key in self.exchanges)


class Index:
    """Every line, ready to be searched; a class because it is built once and then only read."""

    def __init__(self, knowledge: Knowledge, encoder: Encoder | None = None) -> None:
        self.exchanges: Mapping[str, Exchange] = {e.key: e for e in knowledge.exchanges()}
        self._keys = {i.id: [e.key for e in i.exchanges] for i in knowledge.interviews}
        self.lines = tuple(_lines(knowledge))
        spoken = [read(line.phrase.text) for line in self.lines]
        self._words = ["".join(query.tokens) for query in spoken]
        self._authored: dict[str, dict[str, None]] = {}
        for line, words in zip(self.lines, self._words, strict=True):
            if line.owner in self.exchanges:
                self._authored.setdefault(words, {})[line.owner] = None
        self.names = Names(knowledge.interviews, self._everyday(spoken))
        self.told_by = {interview.id: interview.guest for interview in knowledge.interviews}
        self._rows_of = self._by_interview()
        self._sentences = np.flatnonzero([line.verbatim for line in self.lines])
        self._said = {key: _said(exchange) for key, exchange in self.exchanges.items()}
        self._characters = _Grams([query.tokens for query in spoken])
        self._sounds = _Grams([query.syllables for query in spoken])
        self._meaning = _Meaning(spoken, encoder) if encoder and self.lines else None
        self._vocabulary = self._characters.held(self._rows())
        self.guests = frozenset(_guests(knowledge))
        self.density = {interview.id: _density(interview) for interview in knowledge.interviews}
        self._remember()

    def _remember(self) -> None:
        # Held weakly: in a circle with itself an index that was replaced would stay, with all its
        # lines, until the garbage is collected, and that stops every thread for up to 0.1 s.
        me = proxy(self)
        self.explain = lru_cache(REMEMBERED)(partial(Index._explain, me))
        self._similar = lru_cache(COMPARED)(partial(Index._compare, me))
        self._outsiders = lru_cache(COMPARED)(partial(Index._best_outside, me))

    def _everyday(self, spoken: Sequence[Query]) -> str:
        """The text of all lines that are no interview's."""
        pairs = zip(self.lines, spoken, strict=True)
        return "\n".join(query.text for line, query in pairs if not line.interview)

    def _by_interview(self) -> dict[str, Integers]:
        """The numbers of each interview's lines; of the everyday ones under the empty name."""
        rows: dict[str, list[int]] = {name: [] for name in (*self.told_by, "")}
        for number, line in enumerate(self.lines):
            rows[line.interview].append(number)
        return {name: np.array(numbers, dtype=np.intp) for name, numbers in rows.items()}

    def _rows(self) -> dict[str, list[int]]:
        """The numbers of each exchange's lines."""
        rows: dict[str, list[int]] = {key: [] for key in self.exchanges}
        for number, line in enumerate(self.lines):
            if line.owner in rows:
                rows[line.owner].append(number)
        return rows

    def __getstate__(self) -> dict[str, Any]:
        """All that was built, but not the encoder: can be kept in a file."""
        caches = ("explain", "_similar", "_outsiders")
        return {name: value for name, value in vars(self).items() if name not in caches}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._remember()

    def forget(self) -> None:
        """Forget the evidence for the questions that were asked."""
        self.explain.cache_clear()
        self._similar.cache_clear()
        self._outsiders.cache_clear()

    def use(self, encoder: Encoder | None) -> None:
        """Encode questions with this encoder, the one that the index was built with."""
        if self._meaning and encoder:
            self._meaning.encoder = encoder

    @property
    def encoder(self) -> Encoder | None:
        """What encodes questions, where there is one."""
        return self._meaning.encoder if self._meaning else None

    def encoding_with(self, encoder: Encoder) -> Index:
        """This index beside itself, with another encoder for the questions that are put to it."""
        twin = copy(self)
        if self._meaning:
            twin._meaning = copy(self._meaning)
            twin._meaning.encoder = encoder
        return twin

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

    def speaks_of(self, key: str, subject: Query) -> float:
        """What share of a subject, 0…1 by rarity, stands in an exchange or in the asks for it."""
        return self._characters.covered(subject.tokens, self._vocabulary[key])

    def said_of(self, claim: Query, exchange: Exchange) -> float:
        """What share of the claim, 0…1 by rarity, are words of the exchange's answer."""
        answer = read("\n".join(exchange.answer))
        return self._characters.covered(claim.tokens, self._characters.columns(answer.tokens))

    def meaning(self, query: Query) -> bytes | None:
        """What the question means, to be kept and given to `alike` later; None without encoder."""
        return self._meaning.kept(query.text) if self._meaning else None

    def alike(
        self, query: Query, meaning: bytes | None, others: Sequence[tuple[Query, bytes | None]]
    ) -> list[float]:
        """How alike questions are to this one, as `search` compares lines: half by characters, half
        by sounds, and as much again by meaning, where both theirs and ours is known."""
        characters = self._characters.between(query.tokens, [other.tokens for other, _ in others])
        sounds = self._sounds.between(query.syllables, [other.syllables for other, _ in others])
        by_form = [(a + b) / 2 for a, b in zip(characters, sounds, strict=True)]
        if meaning is None or self._meaning is None:
            return by_form
        known = [kept for _, kept in others if kept is not None]
        closeness = iter(self._meaning.between(meaning, known))
        return [
            form + (next(closeness) if kept is not None else 0.0)
            for form, (_, kept) in zip(by_form, others, strict=True)
        ]

    def terms(self, query: Query, count: int) -> tuple[str, ...]:
        """The rarest characters and words of a question, the rarest first."""
        weights = self._characters.weights(query.tokens)
        words = sorted((w for w in weights if isinstance(w, str)), key=lambda w: (-weights[w], w))
        return tuple(words[:count])

    def search(self, question: str) -> Ranking:
        """The exchanges that the question on its own is about."""
        query = read(question)
        return self.rank(query, self.explain(query))

    def nearest(self, query: Query) -> tuple[str, ...]:
        """The interviews, by their ids, that have the lines most like the question."""
        ids = tuple(self.told_by)
        if len(ids) <= CANDIDATES:
            return ids
        similar = self._similar(query, True)
        best = np.array([similar[self._rows_of[name]].max(initial=-1) for name in ids])
        return tuple(ids[number] for number in np.argsort(-best, kind="stable")[:CANDIDATES])

    def in_context(self, query: Query, topic: Topic) -> Ranking:
        """The exchanges that the question is about when it is asked after another: of the two
        together most counts, of it alone a little, without its meaning."""
        here = topic.interviews
        joined = self.explain(read(f"{topic.question.text} {query.text}"), among=here)
        alone = self.explain(query, by_meaning=False, among=here)
        return self.rank(query, alone.mixed(joined, JOINED), topic, here)

    def by_words(self, query: Query, topic: Topic) -> Ranking:
        """What the question finds alone, in the interviews of the topic, without the encoder."""
        here = topic.interviews
        return self.rank(query, self.explain(query, by_meaning=False, among=here), among=here)

    def _explain(
        self, query: Query, by_meaning: bool = True, among: frozenset[str] | None = None
    ) -> Evidence:
        """The lines nearest to the question and the share of it that each of them explains.

        `among` are the ids of the interviews that are meant, if not all are.
        """
        if len(query.text) > LONGEST:
            query = read(query.text[-LONGEST:])
        if not self.lines:
            return Evidence(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32))
        if query.is_pinyin:
            near = self._nearest(query, False, among)
            return Evidence(
                near, _solve(self._sounds.among(near), self._similar(query, False)[near])
            )
        if self._meaning is None or not by_meaning:
            return self._solved(query, self._nearest(query, False, among))
        # Where several interviews are tried one of them always needs the encoder.
        if len(self.told_by) == 1:
            evidence = self._solved(query, self._nearest(query, False, among, FEW))
            if self._is_settled(evidence):
                return evidence
        return self._solved(query, self._nearest(query, True, among), self._meaning)

    def _compare(self, query: Query, by_meaning: bool) -> Floats:
        """How alike each line is to the question: half by characters, half by sounds, and as much
        again by meaning. Characters say nothing of a question that only sounds right."""
        if by_meaning and self._meaning and not query.is_pinyin:
            return self._similar(query, False) + _closeness(self._meaning.compare(query.text))
        by_sound = self._sounds.compare(query.syllables)
        if query.is_pinyin:
            return by_sound
        similar: Floats = 0.5 * by_sound + 0.5 * self._characters.compare(query.tokens)
        return similar

    def _solved(self, query: Query, near: Integers, meaning: _Meaning | None = None) -> Evidence:
        similar = self._similar(query, meaning is not None)
        gram = 0.5 * self._sounds.among(near) + 0.5 * self._characters.among(near)
        if meaning:
            gram += _closeness(meaning.among(near))
        likeness = self._likeness("".join(query.tokens), near)
        return Evidence(near, _solve(gram + likeness[1:], similar[near] + likeness[0]))

    def _is_settled(self, evidence: Evidence) -> bool:
        """Whether characters and sounds leave no doubt about the exchange and its passage."""
        owners, quotes = self._summed(evidence)
        first = max(owners, key=lambda owner: owners[owner], default="")
        if first not in self.exchanges:
            return False
        outside = sum(max(0.0, s) for o, s in owners.items() if o not in self.exchanges)
        shares = sorted(quotes.get(first, {}).values(), reverse=True)
        alone = len(shares) == 1 or (len(shares) > 1 and shares[1] <= CLEARLY * shares[0])
        return alone and owners[first] >= SETTLED * (owners[first] + outside + RIDGE)

    def _is_meant(self, owner: str, among: frozenset[str] | None) -> bool:
        """Whether it is an exchange, of one of these interviews."""
        return owner in self.exchanges and (among is None or owner.partition("/")[0] in among)

    def _likeness(self, words: str, near: Integers) -> Floats:
        """How alike the lines are, letter by letter, to the question (row 0) and to each other.

        The squared normalized indel similarity, 0…1, times its weight; shape (lines + 1, lines).
        """
        lines = [self._words[number] for number in near]
        ratio = process.cdist([words, *lines], lines, scorer=fuzz.ratio, dtype=np.float32)
        likeness: Floats = np.float32(LIKENESS) * np.square(ratio / np.float32(100))
        return likeness

    def _nearest(
        self,
        query: Query,
        by_meaning: bool,
        among: frozenset[str] | None,
        count: int = NEAREST,
    ) -> Integers:
        """The best lines, not too many of them from outside the interviews that are meant: everyday
        ones, and what other guests said; their phrases don't count, because an interview with
        thousands has some that resemble whatever is asked."""
        scores = self._similar(query, by_meaning)
        meant = self.told_by if among is None else among
        own = np.concatenate([self._rows_of[name] for name in self.told_by if name in meant])
        foreign = [n for n in self._outsiders(query, by_meaning) if not self._is_own(n, meant)]
        cap = count * EVERYDAY // NEAREST
        near = np.concatenate((_top(scores, own, count), np.array(foreign[:cap], dtype=np.intp)))
        return np.sort(_top(scores, near, count))

    def _best_outside(self, query: Query, by_meaning: bool) -> tuple[int, ...]:
        """The everyday lines and the guests' sentences most like the question, best first."""
        scores = self._similar(query, by_meaning)
        rows = np.concatenate(
            (_top(scores, self._rows_of[""], EVERYDAY), _top(scores, self._sentences, OUTSIDERS))
        )
        return tuple(rows[np.argsort(-scores[rows], kind="stable")].tolist())

    def _is_own(self, number: int, interviews: Collection[str]) -> bool:
        return self.lines[number].interview in interviews

    def rank(
        self,
        query: Query,
        evidence: Evidence,
        topic: Topic | None = None,
        among: frozenset[str] | None = None,
    ) -> Ranking:
        """The exchanges by the share of the question that their lines explain.

        With a topic, the passages near the one last shown gain. A score is an exchange's share of
        all that is explained and of the ridge, which stands for what nothing explains.
        """
        owners, quotes = self._summed(evidence)
        if topic is not None:
            for key in topic.exchanges:
                self._favour_neighbours(key, quotes.setdefault(key, {}), topic.shown)
        for speaker in self._keyword_of(query.essence, among):
            owners[speaker] = owners.get(speaker, 0.0) + KEYWORD
        chat = {owner: share for owner, share in owners.items() if owner not in self.exchanges}
        meant = {o: share for o, share in owners.items() if self._is_meant(o, among)}
        outside = sum(max(0.0, share) for o, share in owners.items() if o not in meant)
        best = sorted(meant.items(), key=lambda claim: (-claim[1], claim[0]))[:5]
        nearest = self._phrases(evidence, [owner for owner, _ in best])
        matches = tuple(
            Match(
                exchange=self.exchanges[owner],
                phrase=nearest[owner][0],
                phrase_share=nearest[owner][1],
                score=max(0.0, share) / (max(0.0, share) + outside + RIDGE),
                quote=passage.best(self.exchanges[owner], quotes.get(owner, {})),
                share=max(0.0, share),
            )
            for owner, share in best
        )
        kinds = {k: s for k, s in chat.items() if k not in (OUTSIDE, DECLINED) and s > 0}
        kind = max(kinds, key=lambda k: kinds[k], default=None)
        smalltalk = (kind, kinds[kind]) if kind else None
        far = sum(max(0.0, share) for o, share in chat.items() if o != DECLINED)
        against = self._against(evidence)
        return Ranking(matches, outside, far, against, smalltalk)

    def _against(self, evidence: Evidence) -> float:
        pairs = zip(evidence.lines.tolist(), evidence.shares.tolist(), strict=True)
        return max((s for n, s in pairs if self.lines[n].owner not in self.exchanges), default=0.0)

    def _summed(self, evidence: Evidence) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        """The shares of each owner, and of each passage of each owner."""
        owners: dict[str, float] = {}
        quotes: dict[str, dict[str, float]] = {}
        spoken: dict[str, list[float]] = {}
        for number, share in evidence.by_line().items():
            line = self.lines[number]
            if line.verbatim:
                spoken.setdefault(line.owner, []).append(share)
            else:
                owners[line.owner] = owners.get(line.owner, 0.0) + share
            if line.quote is not None:
                passages = quotes.setdefault(line.owner, {})
                passages[line.quote] = passages.get(line.quote, 0.0) + share
        for owner, shares in spoken.items():
            owners[owner] = owners.get(owner, 0.0) + sum(nlargest(SENTENCES, shares))
        return owners, quotes

    def _phrases(
        self, evidence: Evidence, owners: Sequence[str]
    ) -> dict[str, tuple[Phrase, float]]:
        """For each owner the phrase that explains most of the question, and how much that is."""
        nearest = {
            owner: (Phrase(self.exchanges[owner].question, self.exchanges[owner].where), 0.0)
            for owner in owners
        }
        for number, share in zip(evidence.lines.tolist(), evidence.shares.tolist(), strict=True):
            line = self.lines[number]
            if line.owner in nearest and share > nearest[line.owner][1]:
                nearest[line.owner] = line.phrase, share
        return nearest

    def _keyword_of(self, term: str, among: frozenset[str] | None) -> list[str]:
        """The exchanges that have this very phrase, or the one that alone has said these words.

        The latter only where most lines with these words are the exchange's, too; what its author
        declines doesn't count against it.
        """

        if authored := [k for k in self._authored.get(term, ()) if self._is_meant(k, among)]:
            return authored
        if not 2 <= len(term) <= LONGEST_KEYWORD:
            return []
        keys = [k for name in (self.told_by if among is None else among) for k in self._keys[name]]
        speakers = [key for key in keys if term in self._said[key]]
        if len(speakers) != 1:
            return []
        users = [
            self.lines[number].owner
            for number in self._characters.holding(read(term).tokens)
            if term in self._words[number] and self.lines[number].owner != DECLINED
        ]
        return speakers if 2 * users.count(speakers[0]) >= len(users) else []

    def _favour_neighbours(self, key: str, passages: dict[str, float], shown: str) -> None:
        said = self.exchanges[key].said
        here = [n for n, sentence in enumerate(said) if sentence in shown]
        for quote in passages if here else ():
            there = [n for n, sentence in enumerate(said) if sentence in quote]
            away = min((abs(a - b) for a in here for b in there), default=len(said))
            passages[quote] += NEARBY * math.exp(-away / 2) if away else SHOWN


def _density(interview: Interview) -> float:
    """How many phrases somebody has written for each sentence of the interview: 0 for none."""
    phrases = len(interview.declines) + sum(
        len(exchange.asks) + sum(len(fact.asks) for fact in exchange.facts)
        for exchange in interview.exchanges
    )
    return phrases / max(1, sum(len(exchange.said) for exchange in interview.exchanges))


def _guests(knowledge: Knowledge) -> Iterator[str]:
    for interview in knowledge.interviews:
        yield interview.guest
        yield from (e.speaker for e in interview.exchanges if e.speaker)


def _lines(knowledge: Knowledge) -> Iterator[Line]:
    for interview in knowledge.interviews:
        for exchange in interview.exchanges:
            yield from _lines_of(exchange)
        yield from (Line(d, DECLINED, None, interview.id) for d in interview.declines)
    yield from (Line(decline, OUTSIDE) for decline in knowledge.everyday.declines)
    for kind, phrases in knowledge.everyday.smalltalk:
        yield from (Line(phrase, kind) for phrase in phrases)


def _lines_of(exchange: Exchange) -> Iterator[Line]:
    key, interview, opening = exchange.key, exchange.interview, exchange.quote or None
    ours = [*_asked(exchange), exchange.topic] if exchange.topic else _asked(exchange)
    for phrase in (*(Phrase(text, exchange.where) for text in ours), *exchange.asks):
        yield Line(phrase, key, opening, interview)
    for fact in exchange.facts:
        yield from (Line(ask, key, fact.quote, interview) for ask in fact.asks)
    for sentence in exchange.said:
        yield Line(Phrase(sentence, exchange.where), key, sentence, interview, verbatim=True)


def _asked(exchange: Exchange) -> list[str]:
    """The host's question, and its last sentence that asks: hosts tell first and ask at the end."""
    pieces = [piece.strip() for piece in sentences(exchange.question)]
    asking = [piece for piece in pieces if len(read(piece).essence) >= SHORTEST]
    return list(dict.fromkeys((exchange.question, *asking[-1:])))


def _said(exchange: Exchange) -> str:
    """All the words of the exchange, without punctuation."""
    return "".join(read("\n".join((exchange.question, *exchange.answer))).tokens)


def _top(scores: Floats, rows: Integers, count: int) -> Integers:
    """Of these rows the ones with the highest scores, in no order."""
    if len(rows) <= count:
        return rows
    best: Integers = rows[np.argpartition(-scores[rows], count - 1)[:count]]
    return best


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
        rows, self._columns = cells // width, (cells % width).astype(np.int32)
        found = np.bincount(self._columns, minlength=width)
        self._rarity = np.log((self._count + 1) / (found + 0.5)).astype(np.float32)
        weights = (1 + np.log(times)) * self._rarity[self._columns]
        norms = np.sqrt(np.bincount(rows, weights**2, minlength=self._count))
        self._weights = (weights / np.maximum(norms[rows], 1e-9)).astype(np.float32)
        self._starts = np.searchsorted(rows, np.arange(self._count + 1))
        by_column = np.argsort(self._columns, kind="stable")
        self._posted = rows[by_column].astype(np.int32)
        self._posted_weights = self._weights[by_column]
        self._posts = np.concatenate(([0], np.cumsum(found)))

    def _paired(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        size = len(self._tokens)
        return size + first * size + second

    def compare(self, document: Sequence[str]) -> Floats:
        """Its cosine with every document; what no document holds lengthens its norm."""
        columns, weights = self._weighted(document)
        weights = weights / max(1e-9, float(np.linalg.norm(weights)))
        known = columns >= 0
        columns, weights = columns[known], weights[known]
        cells, lengths = _ranges(self._posts[columns], self._posts[columns + 1])
        shares = np.repeat(weights, lengths) * self._posted_weights[cells]
        cosines = np.bincount(self._posted[cells], shares, minlength=self._count)
        return cosines.astype(np.float32)

    def columns(self, document: Sequence[str]) -> Integers:
        """The numbers of the document's grams that any document holds."""
        columns = self._weighted(document)[0]
        return columns[columns >= 0]

    def holding(self, document: Sequence[str]) -> Sequence[int]:
        """The numbers of the documents that hold the rarest token of this one."""
        columns, weights = self._weighted(document)
        if not len(columns) or (columns < 0).any():
            return ()
        rarest = columns[weights.argmax()]
        held: list[int] = self._posted[self._posts[rarest] : self._posts[rarest + 1]].tolist()
        return held

    def covered(self, document: Sequence[str], columns: Integers) -> float:
        """What share of the document's grams, 0…1 by weight, are among these."""
        here, weights = self._weighted(document)
        return float(weights[np.isin(here, columns)].sum() / max(1e-9, weights.sum()))

    def held(self, groups: Mapping[str, Sequence[int]]) -> dict[str, Integers]:
        """For each group of documents the numbers of the grams that any of them holds."""
        starts = {name: self._starts[rows] for name, rows in groups.items()}
        ends = {name: self._starts[np.asarray(rows) + 1] for name, rows in groups.items()}
        return {
            name: np.unique(self._columns[_ranges(starts[name], ends[name])[0]]) for name in groups
        }

    def between(self, document: Sequence[str], others: Sequence[Sequence[str]]) -> list[float]:
        """Its cosine with texts that are none of the documents; what no document holds counts as
        the rarest there is."""
        ours = self.weights(document)
        return [_dot(ours, self.weights(other)) for other in others]

    def weights(self, document: Sequence[str]) -> dict[object, float]:
        """The tokens and the pairs of a text with their weights, of unit length together."""
        grams: list[object] = [*document, *pairwise(document)]
        columns, known = self._columns_of(document)
        rarity = np.full(len(grams), self._unseen())
        rarity[known] = self._rarity[columns[known]]
        rarities = dict(zip(grams, rarity.tolist(), strict=True))
        weights = {g: (1 + math.log(n)) * rarities[g] for g, n in Counter(grams).items()}
        norm = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {gram: weight / norm for gram, weight in weights.items()}

    def _unseen(self) -> float:
        return math.log((self._count + 1) / 0.5)

    def _columns_of(self, document: Sequence[str]) -> tuple[Integers, NDArray[np.bool_]]:
        """For each token, then for each pair, its column, and whether any document holds it."""
        numbers = np.array([self._tokens.get(token, -1) for token in document], dtype=np.int64)
        first, second = numbers[:-1], numbers[1:]
        pairs = np.where((first < 0) | (second < 0), -1, self._paired(first, second))
        grams = np.concatenate((numbers, pairs))
        columns = np.searchsorted(self._grams, grams).clip(0, max(0, len(self._grams) - 1))
        known = self._grams[columns] == grams if len(self._grams) else np.zeros(len(grams), bool)
        return columns, known

    def _weighted(self, document: Sequence[str]) -> tuple[Integers, Floats]:
        """The document's grams as columns, -1 for those that no document holds, and weights."""
        columns, known = self._columns_of(document)
        found, times = np.unique(columns[known], return_counts=True)
        strangers = len(columns) - int(known.sum())
        unseen = np.full(strangers, self._unseen())
        weights = np.concatenate(((1 + np.log(times)) * self._rarity[found], unseen))
        places = np.concatenate((found, np.full(strangers, -1, dtype=np.intp)))
        return places, weights.astype(np.float32)

    def among(self, rows: Integers) -> Floats:
        """The cosines of these documents with each other."""
        cells, lengths = _ranges(self._starts[rows], self._starts[rows + 1])
        here = np.repeat(np.arange(len(rows)), lengths)
        _, places, times = np.unique(self._columns[cells], return_inverse=True, return_counts=True)
        # What only one of them holds meets nothing in the others.
        shared = times > 1
        narrow = np.cumsum(shared) - 1
        kept = shared[places]
        dense = np.zeros((len(rows), int(shared.sum())), dtype=np.float32)
        dense[here[kept], narrow[places[kept]]] = self._weights[cells[kept]]
        cosines: Floats = dense @ dense.T
        np.fill_diagonal(cosines, 1.0)
        return cosines


def _dot(ours: Mapping[object, float], theirs: Mapping[object, float]) -> float:
    return sum(weight * theirs.get(gram, 0.0) for gram, weight in ours.items())


def _ranges(starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """The numbers from each start to before its end, one range after the other; their lengths."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), lengths


class _Meaning:
    """The lines' sentence vectors, centred on their mean and of unit length.

    Centring is what makes the encoder's cosines tell apart: as they come they lie in 0.8…1.
    """

    _last: tuple[str, Floats] = "", np.empty((0, 0), np.float32)  # a miss is compared, then kept

    def __init__(self, lines: Sequence[Query], encoder: Encoder) -> None:
        vectors = encoder([line.text for line in lines])
        self._centre = vectors.mean(axis=0)
        centred = _unit(vectors - self._centre)
        self._basis = _principal(centred, DIRECTIONS)
        self._vectors = _unit(centred @ self._basis)
        many = len(self._vectors) > MANY
        self._coarse = np.ascontiguousarray(self._vectors[:, :COARSE]) if many else None
        self.encoder = encoder

    def compare(self, cleaned: str) -> Floats:
        """Its cosine with every line."""
        vector = self._turned(self._encoded(cleaned))[0]
        cosines: Floats
        if self._coarse is None:
            cosines = self._vectors @ vector
            return cosines
        cosines = self._coarse @ vector[:COARSE]
        near = _top(cosines, np.arange(len(cosines)), EXACT)
        cosines[near] = self._vectors[near] @ vector
        return cosines

    def _encoded(self, cleaned: str) -> Floats:
        text, vectors = self._last
        if text != cleaned:
            vectors = self.encoder([cleaned])
            self._last = cleaned, vectors
        return vectors

    def _turned(self, vectors: Floats) -> Floats:
        """The encoder's vectors as the lines' are: centred, shortened, of unit length."""
        return _unit(_unit(vectors - self._centre) @ self._basis)

    def kept(self, cleaned: str) -> bytes:
        """The encoder's vector in whole steps, which any knowledge's index can use."""
        steps = np.round(127 * _unit(self._encoded(cleaned)))
        return bytes(steps.astype(np.int8).tobytes())

    def between(self, one: bytes, others: Sequence[bytes]) -> list[float]:
        """How close what was kept of one text is to what was kept of others."""
        if not others:
            return []
        steps = np.frombuffer(b"".join((one, *others)), dtype=np.int8)
        vectors = self._turned(_unit(steps.reshape(len(others) + 1, -1).astype(np.float32)))
        closeness: list[float] = _closeness(vectors[1:] @ vectors[0]).tolist()
        return closeness

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("encoder", "_last")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def among(self, rows: Integers) -> Floats:
        """The cosines of these lines with each other."""
        chosen = self._vectors[rows]
        cosines: Floats = chosen @ chosen.T
        return cosines


def _principal(vectors: Floats, count: int) -> Floats:
    """The directions of the largest variance about zero, as columns; shape (dimensions, count)."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    principal: Floats = np.ascontiguousarray(directions[:, ::-1][:, :count])
    return principal


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
