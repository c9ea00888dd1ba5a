"""Who asks and who answers: label candidates are compared over the whole page."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.transcript.labels import Label
from bot.transcript.names import (
    GENERIC,
    HOST_WORDS,
    Legend,
    matching,
    short_for,
    speakers_of,
)
from bot.transcript.reading import Corrections

_QUESTION_END = re.compile(r"[?？][”’」』）)\]】!！\s]*$")
_QUESTION = re.compile(r"[?？]|[吗嗎呢么麼][。\s]*$")
NAME_MOST = 12
"""The longest label that occurs once, 网友“山间的一只猫”提问, has 11 characters without quotes."""
MARKED_LEAST = 0.9
"""Bold labels are a habit of a page: on the development pages 0 % to 40 % or all of them are."""
NEAR_END = 60
"""Hosts put a sentence behind their question at most; a question further up is rhetorical."""
LISTED_LEAST = 3
"""So many new bold labels behind the last question are a glossary."""
ASK_EVEN = 0.35
"""Hosts ask in 40 % of their turns and more; guests ask back in up to 20 %."""
ASK_LEAST = 0.25
"""Who asks less is no host, however well he alternates, unless his label is a word for one."""
KEYS_MOST = 20
"""No page has more speakers; comparing each with each would take time in proportion."""


NOTHING = Corrections()


@dataclass(frozen=True)
class Candidate:
    """A paragraph that may begin a turn."""

    at: int
    label: Label
    speech: str
    bold: bool
    marked: bool = False
    """The label is bold and the speech is not."""
    alone: bool = False
    """The label stands on a line of its own."""


@dataclass(frozen=True)
class Cast:
    """The page's speakers by label key; `same` maps every key to its speaker's first key."""

    hosts: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    same: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """What the page's legend or first label says in full: 黃 → 黃小姐."""
    unwanted: frozenset[str] = frozenset()
    """Labels that a person has said are no speakers."""

    def role(self, label: Label | None) -> str | None:
        """ "host", "guest", "unwanted", or None where the label is not a speaker's."""
        key = self.same.get(label.key) if label else None
        if key in self.unwanted:
            return "unwanted"
        return "host" if key in self.hosts else "guest" if key in self.guests else None

    def name(self, key: str) -> str:
        return self.names.get(key, key)


@dataclass(frozen=True)
class Told:
    """Label keys whose role a person has given."""

    hosts: frozenset[str] = frozenset()
    guests: frozenset[str] = frozenset()
    unwanted: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.hosts | self.guests | self.unwanted


def told_by(corrections: Corrections, keys: Iterable[str], known: Legend) -> Told:
    """The label keys that a person's names stand for."""
    keys = set(keys)

    def meant(names: Sequence[str]) -> frozenset[str]:
        return frozenset(set().union(*matching(names, keys, known.names).values()))

    return Told(meant(corrections.host), meant(corrections.guest), meant(corrections.leave_out))


def cast_of(
    candidates: Sequence[Candidate], known: Legend, corrections: Corrections = NOTHING
) -> Cast:
    """The speakers: whose labels recur as they do in an interview, and whom a person has named."""
    same = speakers_of([candidate.label for candidate in candidates])
    told = told_by(corrections, same, known)
    same |= {key: key for key in told.all}
    wanted = [c for c in candidates if same[c.label.key] not in told.unwanted]
    speakers = _recurring(wanted, same, known) | told.hosts | told.guests
    hosts = _hosts([(same[c.label.key], asks(c.speech)) for c in wanted], speakers, told)
    hosts |= _once(wanted, same, hosts, speakers - hosts)
    guests = (speakers | _marked(wanted, same, hosts, speakers | hosts)) - hosts
    guests |= _once_answered(wanted, same, hosts, guests)
    names = {same[key]: value for key, value in known.names.items() if value and key in same}
    names |= {same[c.label.key]: c.label.key for c in candidates if short_for(c.label)}
    return Cast(frozenset(hosts), frozenset(guests - hosts), same, names, told.unwanted)


def _recurring(candidates: Sequence[Candidate], same: Mapping[str, str], known: Legend) -> set[str]:
    """The labels that occur twice or are explained, and further ones that name an asker."""
    turns: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        turns[same[candidate.label.key]].append(candidate)
    explained = {same[key] for key in known.names if key in same}
    found = {key for key, said in turns.items() if len(said) > 1 or key in explained}
    first = min((turns[key][0].at for key in found), default=0)
    return found | {key for key, (one, *_) in turns.items() if _names_asker(key, one, first)}


def _names_asker(key: str, one: Candidate, first: int) -> bool:
    """Whether a label that occurs once is a word for who asks, and not above the interview."""
    word = HOST_WORDS.fullmatch(key) and len(key) <= NAME_MOST
    return bool(word and one.speech) and (one.at > first or asks(one.speech) > 0)


@dataclass(frozen=True)
class _Order:
    """The page's labelled turns, summed up so that it is quick to try who hosts."""

    first: str
    own: Mapping[str, float]
    """For each speaker, how much more he asks than is even."""
    pairs: Mapping[tuple[str, str], int]
    """How often one turn follows another's."""

    @classmethod
    def of(cls, turns: Sequence[tuple[str, float]]) -> _Order:
        own: dict[str, float] = defaultdict(float)
        for key, asked in turns:
            own[key] += asked - ASK_EVEN + _worded(key)
        return cls(turns[0][0], own, Counter(pairwise(key for key, _ in turns)))

    def score(self, hosts: set[str]) -> float:
        """How well the turns alternate if `hosts` ask, and how much those are the ones who do."""
        score = 0.5 * (self.first in hosts)
        score += sum(own if key in hosts else -own for key, own in self.own.items())
        changes = (n for (a, b), n in self.pairs.items() if (a in hosts) != (b in hosts))
        return score + 0.5 * sum(changes)

    def improved(self, hosts: set[str], keys: Sequence[str]) -> set[str]:
        """The hosts after every single change that makes the order better."""
        best = max([hosts, *(hosts ^ {key} for key in keys)], key=self.score)
        return hosts if best == hosts else self.improved(best, keys)


def _hosts(said: Sequence[tuple[str, float]], speakers: set[str], told: Told) -> set[str]:
    """The speakers whose turns, taken for questions, make asking and answering alternate best."""
    turns = [(key, asked) for key, asked in said if key in speakers]
    if not turns:
        return set(told.hosts)
    order = _Order.of(turns)
    may = _who_may_host(turns, told)
    starts = [set(told.hosts), *({*told.hosts, key} for key in may)]
    return max((order.improved(start, may) for start in starts), key=order.score)


def _who_may_host(turns: Sequence[tuple[str, float]], told: Told) -> list[str]:
    """The most frequent speakers who ask often enough, or whose label says that they do."""
    counts = Counter(key for key, _ in turns)
    asking: dict[str, float] = defaultdict(float)
    for key, asked in turns:
        asking[key] += asked / counts[key]
    often = [key for key, _ in counts.most_common(KEYS_MOST) if key not in told.all]
    return [key for key in often if asking[key] + _worded(key) >= ASK_LEAST]


def _worded(key: str) -> float:
    return 0.5 * bool(HOST_WORDS.fullmatch(key))


def _once(
    candidates: Sequence[Candidate],
    same: Mapping[str, str],
    hosts: set[str],
    guests: set[str],
) -> set[str]:
    """Speakers with a single question, each right before a guest's turn without another."""
    found: set[str] = set()
    for before, one, after in zip(candidates, candidates[1:], candidates[2:], strict=False):
        near = one.at - before.at <= 1 and after.at - one.at == 1 and asks(one.speech) == 1
        headed = all(c.alone for c in (before, one, after)) and asks(one.speech) > 0
        alone = near or headed
        if alone and same[after.label.key] in guests and same[before.label.key] not in hosts:
            found |= _named_once(one, same, hosts | guests)
    return found


def _once_answered(
    candidates: Sequence[Candidate],
    same: Mapping[str, str],
    hosts: set[str],
    guests: set[str],
) -> set[str]:
    """Speakers with a single turn, each right behind a question that nobody else answers."""
    found: set[str] = set()
    followers = [*(same[candidate.label.key] for candidate in candidates[2:]), ""]
    for before, one, after in zip(candidates, candidates[1:], followers, strict=False):
        asked = same[before.label.key] in hosts and one.at - before.at <= 1
        question = asks(before.speech) or before.label.key in GENERIC
        if asked and question and after not in guests:
            found |= _named_once(one, same, hosts | guests)
    return found


def _named_once(one: Candidate, same: Mapping[str, str], known: set[str]) -> set[str]:
    key = same[one.label.key]
    return {key} if key not in known and len(key) <= NAME_MOST else set()


def _marked(
    candidates: Sequence[Candidate], same: Mapping[str, str], hosts: set[str], speakers: set[str]
) -> set[str]:
    """Further guests between the questions, where a page sets exactly its labels in bold."""
    believed = [c.marked for c in candidates if same[c.label.key] in speakers - hosts]
    asked = [c.at for c in candidates if same[c.label.key] in hosts]
    if not asked or _mean(believed) < MARKED_LEAST:
        return set()
    bold = [(c.at, same[c.label.key]) for c in candidates if c.marked]
    late = {key for at, key in bold if at > asked[-1]} - speakers
    found = {key for at, key in bold if at > asked[0] and len(key) <= NAME_MOST}
    return found - late if len(late) >= LISTED_LEAST else found


def asks(text: str) -> float:
    """1 for a turn that ends as a question, half for one that holds one near its end."""
    if _QUESTION_END.search(text[-12:]):
        return 1.0
    return 0.5 if _QUESTION.search(text[-NEAR_END:]) else 0.0


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
