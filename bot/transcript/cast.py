"""Who asks and who answers: label candidates are counted and compared before one is believed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.transcript.labels import Label, key_of
from bot.transcript.page import Paragraph

HOST_WORDS = re.compile(
    r"(?:.*(?:记者|記者|主持|主播|访谈者|訪談者|采访者|採訪者|提问|提問|本刊|本报|本報|本网|小编|网友|網友|观众|觀眾|听众|讀者|读者)|"
    r"^(?:Q|问|問|記|记|发问|Interviewer|Reporter|Host)$).*",
    re.IGNORECASE,
)
GUEST_WORDS = re.compile(r"(?:A|答|回答|嘉宾|嘉賓|受访者|受訪者|被采访者|专家|Interviewee|Guest).*")
GENERIC = frozenset(
    ("Q", "A", "问", "問", "答", "回", "复", "覆", "记", "記", "記者", "记者")
).union(("主持人", "主持", "嘉宾", "嘉賓"))
"""Labels that say what somebody does, not who he is."""

_QUESTION_END = re.compile(r"[?？][”’」』）)\]】!！\s]*$")
_QUESTION = re.compile(r"[?？]|[吗嗎呢么麼][。\s]*$")
_ITEM = re.compile(r"(?:^|[\s；;，,、/／|]+)(?P<key>[^\s：:=＝；;，,、/（）()]{1,6})\s*[:：=＝]\s*")
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")
_SHORT_FOR = re.compile(
    r"(?:简称|簡稱|简写|下称|下稱)[为為：:]?\s*[“「『\"《]?([^”」』\"》，,。；;）)\s]{1,10})"
)
_OFFICE = re.compile(
    r"(?:副|总|首席)?(?:教授|博士|先生|女士|小姐|老师|老師|律师|律師|医生|醫生|院士|主任|局长|局長|部长|部長|市长|市長|"
    r"处长|處長|厅长|司长|书记|書記|主席|会长|會長|校长|校長|院长|院長|议员|議員|研究员|记者|記者|网站|網站|答|回答)"
)
OFFICE_MOST = 16
"""The longest office before a name has 8 characters; a title line has 17 or more."""
ROLE_MOST = 12
"""The longest asker with a role in his label, 网友“山间的一只猫”提问, has 11 characters."""
NAME_MOST = 8
"""A label that occurs once is a name of up to 8 characters; longer ones began a sentence."""
HOST_LEAST = 0.5
"""Who scores less does not ask at all: the page labels its answers only."""
HOST_ASKS_LEAST = 0.25
"""Guests ask in up to 20 % of their turns; a host whose label is no word for one, in 40 %."""
SECOND_HOST_LEAST = 1.2
"""Second hosts score 1.5 and more; a guest who asks back, up to 1.1."""
MARKED_LEAST = 0.9
"""Bold labels are a habit of a page: on the development pages 0 % to 40 % or all of them are."""
_VALUE_MOST = 24
"""The longest description in a legend of the development pages has 19 characters."""


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

    hosts: frozenset[str]
    guests: frozenset[str]
    same: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    """What the page's legend or first label says in full: 黃 → 黃小姐."""

    def role(self, label: Label | None) -> str | None:
        """ "host", "guest", or None where the label is not a speaker's."""
        key = self.same.get(label.key) if label else None
        return "host" if key in self.hosts else "guest" if key in self.guests else None

    def name(self, key: str) -> str:
        return self.names.get(key, key)


@dataclass(frozen=True)
class Legend:
    """The lines that explain labels, and what they say."""

    lines: frozenset[int]
    names: Mapping[str, str]


def legend(paragraphs: Sequence[Paragraph], keys: Iterable[str]) -> Legend:
    """Lines such as （問：記者；鄭：鄭某某） or 全=全现在; `keys` are the label candidates."""
    counts = Counter(keys)
    known = set(counts)
    names: dict[str, str] = {}
    lines: set[int] = set()
    single: list[tuple[int, dict[str, str]]] = []
    for at, paragraph in enumerate(paragraphs):
        if at and paragraph is paragraphs[at - 1]:
            continue  # another turn of the same paragraph
        items = _items(paragraph.text, known)
        fitting = len(items) > 1 and any(_fits(*item) for item in items.items())
        if fitting or (items and re.search("[=＝]", paragraph.text)):
            names |= items
            lines.add(at)
        elif items:
            single.append((at, items))
        for short in _SHORT_FOR.findall(paragraph.text):
            if key_of(short) in known:
                names.setdefault(key_of(short), "")
    for (at, items), (after, more) in pairwise(single):
        both = items | more
        recur = len(both) > 1 and all(counts[key] > 1 for key in both)
        if after - at == 1 and recur and any(_fits(*item) for item in both.items()):
            names |= both
            lines |= {at, after}
    return Legend(frozenset(lines), names)


def _items(text: str, known: set[str]) -> dict[str, str]:
    """The pairs of a legend line, or nothing where it is not one."""
    if len(text) > 200:
        return {}
    text = text.strip(" 　*")
    text = text[1:-1] if re.fullmatch(r"[（(【\[].*[）)】\]]", text) else text
    text = _ASIDE.sub("", text)
    starts = list(_ITEM.finditer(text))
    if not starts or starts[0].start():
        return {}
    ends = [match.start() for match in starts[1:]] + [len(text)]
    pairs = {
        key_of(match["key"]): text[match.end() : end].strip(" 　；;，,、/|")
        for match, end in zip(starts, ends, strict=True)
    }
    if any(key not in known for key in pairs):
        return {}
    if any(len(value) > _VALUE_MOST or re.search(r"[。？?！!]", value) for value in pairs.values()):
        return {}
    return pairs if all(pairs.values()) else {}


def _fits(key: str, value: str) -> bool:
    """Whether the description can belong to the label: 鄭 to 鄭某某, J to Jocelyn, 問 to 記者."""
    if key in GENERIC:
        return not _QUESTION.search(value)
    rest = iter(value)
    return key != value and all(letter in rest for letter in key)


def cast_of(candidates: Sequence[Candidate], known: Legend) -> Cast | None:
    """The speakers, if labels recur as they do in an interview."""
    same = _aliases(candidates, known)
    turns: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        turns[same[candidate.label.key]].append(candidate)
    legend_keys = {same[key] for key in known.names if key in same}
    speakers = {key for key, said in turns.items() if len(said) > 1 or key in legend_keys}
    first = min((turns[key][0].at for key in speakers), default=0)
    speakers |= {
        key
        for key, (said, *_) in turns.items()
        if HOST_WORDS.fullmatch(key)
        and len(key) <= ROLE_MOST
        and said.speech
        and (said.at > first or asks(said.speech))
    }
    if not speakers:
        return None
    order = [same[c.label.key] for c in candidates if same[c.label.key] in speakers]
    hosts = _hosts(order, {key: turns[key] for key in speakers})
    more_hosts, more_guests = _once(candidates, same, hosts, speakers - hosts)
    hosts |= more_hosts
    speakers |= more_hosts | more_guests | _marked(candidates, same, speakers)
    names = {same[key]: value for key, value in known.names.items() if value and key in same}
    for candidate in candidates:
        if _SHORT_FOR.search(candidate.label.aside):
            names[same[candidate.label.key]] = candidate.label.key
    return Cast(frozenset(hosts), frozenset(speakers - hosts), same, names)


def _aliases(candidates: Sequence[Candidate], known: Legend) -> dict[str, str]:
    """Each label key with the key that stands for its speaker: 李 and 李怀宇（简称“李”）."""
    counts = Counter(candidate.label.key for candidate in candidates)
    same = {key: key for key in counts}
    for candidate in candidates:
        for short in _SHORT_FOR.findall(candidate.label.aside):
            if key_of(short) in counts:
                same[candidate.label.key] = key_of(short)
    folded: dict[str, str] = {}
    for candidate in candidates:
        long = candidate.label.key
        if same[long] == long:
            shorts = [short for short in _within(candidate.label) if counts[short] >= counts[long]]
            alike = folded.setdefault(long.casefold(), long)
            same[long] = min((short for short in shorts if short != long), key=len, default=alike)
    for key in counts:
        while same[key] != same[same[key]]:
            same[key] = same[same[key]]
    return same


def _once(
    candidates: Sequence[Candidate],
    same: Mapping[str, str],
    hosts: set[str],
    guests: set[str],
) -> tuple[set[str], set[str]]:
    """Speakers with a single turn, each standing right where a host's or a guest's is missing."""
    more_hosts: set[str] = set()
    more_guests: set[str] = set()
    followers = [*candidates[2:], None]
    for before, one, after in zip(candidates, candidates[1:], followers, strict=False):
        key = same[one.label.key]
        if key in hosts | guests or len(key) > NAME_MOST or one.at - before.at > 1:
            continue
        asked = same[before.label.key] in hosts
        answered = after is not None and same[after.label.key] in guests
        question = asks(before.speech) or before.label.key in GENERIC
        if asked and not answered and question:
            more_guests.add(key)
        elif after and not asked and answered and after.at - one.at == 1 and asks(one.speech) == 1:
            more_hosts.add(key)
    return more_hosts, more_guests


def _marked(
    candidates: Sequence[Candidate], same: Mapping[str, str], speakers: set[str]
) -> set[str]:
    """Further speakers, where a page sets exactly its labels in bold."""
    believed = [c for c in candidates if same[c.label.key] in speakers and not c.bold]
    if _mean(c.marked for c in believed) < MARKED_LEAST:
        return set()
    return {same[c.label.key] for c in candidates if c.marked and len(c.label.key) <= ROLE_MOST}


def _within(label: Label) -> Iterator[str]:
    """The names that a label may give with more before or behind: 部长陈某, 陈某教授, Ann Lee."""
    long = label.key
    if HOST_WORDS.fullmatch(long):
        return
    words = label.shown.split()
    yield key_of(words[-1])
    yield key_of(label.aside)
    yield "".join(re.findall("[A-Z]{1,2}", label.shown))
    if label.shown.isascii() or not label.shown[-1].isascii() ^ words[0].isascii():
        yield key_of(words[0])
    for cut in range(1, min(len(long) - 1, OFFICE_MOST + 1)):
        yield long[cut:]
    for cut in range(2, len(long)):
        if _OFFICE.fullmatch(long[cut:]):
            yield long[:cut]


def _hosts(order: Sequence[str], turns: Mapping[str, Sequence[Candidate]]) -> set[str]:
    """The speakers who ask: the likeliest one, and who asks as he does in the same place."""
    everybody = _Share.of([candidate for said in turns.values() for candidate in said])
    scores = {
        key: _host_score(key == order[0], key, _Share.of(said), everybody)
        for key, said in turns.items()
    }
    best = max(dict.fromkeys(order), key=lambda key: scores[key])
    hosts = {key for key in turns if HOST_WORDS.fullmatch(key)}
    asks_often = _Share.of(turns[best]).asking >= HOST_ASKS_LEAST * len(turns[best])
    if not hosts and scores[best] >= HOST_LEAST and asks_often:
        hosts.add(best)
    behind = Counter(key for before, key in pairwise(order) if before in hosts)
    ahead = Counter(key for key, after in pairwise(order) if after not in hosts)
    for key, said in turns.items():
        in_place = behind[key] * 3 <= len(said) and ahead[key] * 3 >= len(said) * 2
        if scores[key] >= SECOND_HOST_LEAST and in_place and len(hosts) + 1 < len(turns):
            hosts.add(key)
    return hosts


@dataclass(frozen=True)
class _Share:
    """Sums over some speaker's turns."""

    turns: int
    asking: float
    bold: int
    length: int

    @classmethod
    def of(cls, said: Sequence[Candidate]) -> _Share:
        return cls(
            len(said),
            sum(asks(candidate.speech) for candidate in said),
            sum(candidate.bold for candidate in said),
            sum(len(candidate.speech) for candidate in said),
        )


def _host_score(first: bool, key: str, mine: _Share, everybody: _Share) -> float:
    """How much a label behaves as a host's; a clear host has 3 to 5, a clear guest below 1."""
    score = 2.0 * mine.asking / mine.turns + 0.5 * first
    score += 1.0 * bool(HOST_WORDS.fullmatch(key)) - 1.0 * bool(GUEST_WORDS.fullmatch(key))
    others = everybody.turns - mine.turns
    if others:
        bold = mine.bold / mine.turns > 0.6 > 0.3 > (everybody.bold - mine.bold) / others
        short = mine.length / mine.turns < (everybody.length - mine.length) / others
        score += 1.0 * bold + 0.5 * short + 0.3 * (mine.turns * 2 >= everybody.turns - 1)
    return score


def asks(text: str) -> float:
    """1 for a turn that ends as a question, half for one that holds a question."""
    return 1.0 if _QUESTION_END.search(text[-12:]) else 0.5 if _QUESTION.search(text) else 0.0


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
