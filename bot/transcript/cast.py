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
_GUEST_WORDS = re.compile(r"(?:A|答|嘉宾|嘉賓|受访|受訪).*")
ROLE_MOST = 12
"""The longest asker with a role in his label, 网友“山间的一只猫”提问, has 11 characters."""
NAME_MOST = 8
"""A label that occurs once is a name of up to 8 characters; longer ones began a sentence."""
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
) -> Cast | None:
    """The speakers, if labels recur as they do in an interview or a person has named some."""
    same = speakers_of([candidate.label for candidate in candidates])
    told = told_by(corrections, same, known)
    same |= {key: key for key in told.all}
    wanted = [c for c in candidates if same[c.label.key] not in told.unwanted]
    speakers = _recurring(wanted, same, known) | told.hosts | told.guests
    if not speakers:
        return None
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
    askers = [key for key in turns if HOST_WORDS.fullmatch(key) and len(key) <= ROLE_MOST]
    return found | {
        key
        for key in askers
        if turns[key][0].speech and (turns[key][0].at > first or asks(turns[key][0].speech))
    }


def _hosts(said: Sequence[tuple[str, float]], speakers: set[str], told: Told) -> set[str]:
    """The speakers whose turns, taken for questions, make asking and answering alternate best."""
    turns = [(key, asked) for key, asked in said if key in speakers]
    counts = Counter(key for key, _ in turns)
    asking: dict[str, float] = defaultdict(float)
    for key, asked in turns:
        asking[key] += asked / counts[key]
    often = [key for key, _ in counts.most_common(KEYS_MOST) if key not in told.all]
    may = [key for key in often if asking[key] + _worded(key) >= ASK_LEAST]
    starts = [set(told.hosts), *({*told.hosts, key} for key in may)]
    return max((_improved(start, turns, may) for start in starts), key=lambda h: _order(turns, h))


def _improved(hosts: set[str], turns: Sequence[tuple[str, float]], keys: Iterable[str]) -> set[str]:
    """The hosts after every single change that makes the order better."""
    changes = [hosts, *(hosts ^ {key} for key in keys)]
    best = max(changes, key=lambda chosen: _order(turns, chosen))
    return hosts if best == hosts else _improved(best, turns, keys)


def _order(turns: Sequence[tuple[str, float]], hosts: set[str]) -> float:
    """How well the turns alternate if `hosts` ask, and how much those are the ones who do."""
    score = 0.5 * (turns[0][0] in hosts)
    for key, asked in turns:
        score += (asked - ASK_EVEN + _worded(key)) * (1 if key in hosts else -1)
    for (before, _), (after, _) in pairwise(turns):
        score += 0.5 * ((before in hosts) != (after in hosts))
    return score


def _worded(key: str) -> float:
    return 0.5 * bool(HOST_WORDS.fullmatch(key)) - 0.5 * bool(_GUEST_WORDS.fullmatch(key))


def _once(
    candidates: Sequence[Candidate],
    same: Mapping[str, str],
    hosts: set[str],
    guests: set[str],
) -> set[str]:
    """Speakers with a single question, each right before a guest's turn without another."""
    found: set[str] = set()
    for before, one, after in zip(candidates, candidates[1:], candidates[2:], strict=False):
        alone = one.at - before.at <= 1 and after.at - one.at == 1 and asks(one.speech) == 1
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
    believed = [c for c in candidates if same[c.label.key] in speakers and not c.bold]
    asked = [at for at, c in enumerate(candidates) if same[c.label.key] in hosts]
    if not asked or _mean(c.marked for c in believed) < MARKED_LEAST:
        return set()
    found = [
        (at, same[c.label.key])
        for at, c in enumerate(candidates)
        if c.marked and at > asked[0] and len(c.label.key) <= ROLE_MOST
    ]
    late = {key for at, key in found if at > asked[-1]} - speakers
    return {key for _, key in found} - (late if len(late) >= LISTED_LEAST else set())


def asks(text: str) -> float:
    """1 for a turn that ends as a question, half for one that holds one near its end."""
    if _QUESTION_END.search(text[-12:]):
        return 1.0
    return 0.5 if _QUESTION.search(text[-NEAR_END:]) else 0.0


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
