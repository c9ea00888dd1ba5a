"""What labels stand for: legends, and several labels of one speaker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from bot.transcript.labels import Label, key_of
from bot.transcript.page import Paragraph

_ROLE = "记者|記者|主持人?|采访者|採訪者|访谈者|訪談者|提[问問]|本刊|本报|本報"
HOST_WORDS = re.compile(rf".{{0,10}}(?:{_ROLE}).?|(?:网友|網友).*|Q|问|問")
"""山报记者, 主持人甲, 网友“海边”提问; what goes on behind the word is a sentence."""
ASKING = frozenset("Q 问 問".split())
GENERIC = frozenset("Q A 问 問 答 记者 記者 主持人".split())
"""Labels that say what somebody does, not who he is."""

Pairs: TypeAlias = "dict[str, str]"

_ITEM = re.compile(r"(?:^|[\s；;，,、/／|]+)(?P<key>[^\s：:=＝；;，,、/（）()]{1,6})\s*[:：=＝]\s*")
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")
_SHORT_FOR = re.compile(r"(?:简称|簡稱)[为為：:]?\s*[“「『\"《]?([^”」』\"》，,。；;）)\s]{1,10})")
_NAME = re.compile(r"[^，,]{1,12}")
"""On lines of their own, descriptions are names; what is longer was a first turn."""
_SENTENCE = re.compile(r"[。？?！!]")
OFFICE_MOST = 16
"""The longest office before a name has 8 characters; a title line has 17 or more."""
VALUE_MOST = 24
"""The longest description in a legend has 19 characters."""
LEGEND_MOST = 200
"""A legend is a line; a paragraph of speech is longer."""


@dataclass(frozen=True)
class Legend:
    """The lines that explain labels, and what they say."""

    lines: frozenset[int] = frozenset()
    names: Pairs = field(default_factory=dict)


def legend(paragraphs: Sequence[Paragraph], keys: Iterable[str]) -> Legend:
    """Lines such as （問：記者；鄭：鄭某某） or 全=全现在; `keys` are the label candidates."""
    counts = Counter(keys)
    lines = {at: _items(paragraph.text, counts) for at, paragraph in _once_each(paragraphs)}
    whole = {at: items for at, items in lines.items() if _is_legend(paragraphs[at].text, items)}
    single = [(at, items) for at, items in lines.items() if items and at not in whole]
    whole |= _on_two_lines(single, counts)
    names = {key: value for items in whole.values() for key, value in items.items()}
    return Legend(frozenset(whole), _shortened(paragraphs, counts) | names)


def _on_two_lines(single: Sequence[tuple[int, Pairs]], counts: Counter[str]) -> dict[int, Pairs]:
    """Pairs of lines that are a legend together, each with what it says."""
    found: dict[int, Pairs] = {}
    for (at, items), (after, more) in pairwise(single):
        both = items | more
        names = all(counts[key] > 1 and _NAME.fullmatch(value) for key, value in both.items())
        if after - at == 1 and names and _explains(both):
            found |= {at: items, after: more}
    return found


def _once_each(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[int, Paragraph]]:
    """The paragraphs with their places, without further turns of the same one."""
    for at, paragraph in enumerate(paragraphs):
        if not at or paragraph is not paragraphs[at - 1]:
            yield at, paragraph


def _is_legend(text: str, items: Pairs) -> bool:
    return bool(items) and ("=" in text or "＝" in text or _explains(items))


def _shortened(paragraphs: Sequence[Paragraph], known: Counter[str]) -> Pairs:
    """Labels that a sentence of the page introduces: 葛长风（简称“葛”，下同）."""
    shorts = (key_of(s) for p in paragraphs for s in _SHORT_FOR.findall(p.text))
    return {key: "" for key in shorts if key in known}


def _items(text: str, known: Counter[str]) -> Pairs:
    """The pairs of a legend line, or nothing where it is not one."""
    text = text.strip(" 　*")
    text = text[1:-1] if re.fullmatch(r"[（(【\[].*[）)】\]]", text) else text
    text = _ASIDE.sub("", text[:LEGEND_MOST])
    starts = list(_ITEM.finditer(text))
    if not starts or starts[0].start() or len(text) == LEGEND_MOST:
        return {}
    ends = [match.start() for match in starts[1:]] + [len(text)]
    pairs = {
        key_of(match["key"]): text[match.end() : end].strip(" 　；;，,、/|")
        for match, end in zip(starts, ends, strict=True)
    }
    return pairs if all(key in known and _describes(v) for key, v in pairs.items()) else {}


def _describes(value: str) -> bool:
    return 0 < len(value) <= VALUE_MOST and not _SENTENCE.search(value)


def _explains(items: Pairs) -> bool:
    """Whether a description can belong to its label: 鄭 to 鄭某某, J to Jocelyn, 問 to 記者."""
    return len(items) > 1 and any(
        key in GENERIC or (key != value and _is_within(key, value)) for key, value in items.items()
    )


def _is_within(key: str, value: str) -> bool:
    rest = iter(value)
    return all(letter in rest for letter in key)


def speakers_of(labels: Sequence[Label]) -> dict[str, str]:
    """Each label key with the key that stands for its speaker: 李 and 李怀宇（简称“李”）."""
    counts = Counter(label.key for label in labels)
    same: dict[str, str] = {}
    folded: dict[str, str] = {}
    for label in labels:
        long = label.key
        alike = folded.setdefault(long.casefold(), long)
        if same.get(long, alike) == alike:
            shorts = [key for key in _within(label) if counts[key] >= counts[long] and key != long]
            same[long] = min(shorts, key=len, default=alike)
    for key in same:
        while same[key] != same[same[key]]:
            same[key] = same[same[key]]
    return same


def matching(
    names: Iterable[str], keys: Iterable[str], known: Mapping[str, str]
) -> dict[str, set[str]]:
    """For each name that a person gives, the labels that show, describe or contain it."""
    found: dict[str, set[str]] = {}
    for name in names:
        wanted = key_of(name).casefold()
        exact = {key for key in keys if wanted in (key.casefold(), known.get(key, "").casefold())}
        longer = {key for key in keys if len(wanted) > 1 and wanted in key.casefold()}
        found[name] = exact or longer
    return found


def short_for(label: Label) -> bool:
    """Whether the label itself says how it will be shortened."""
    return bool(_SHORT_FOR.search(label.aside))


def _within(label: Label) -> Iterator[str]:
    """The names that a label may give with more before or behind: 部长陈某, 陈某教授, Ann Lee."""
    long = label.key
    yield from map(key_of, _SHORT_FOR.findall(label.aside))
    if HOST_WORDS.fullmatch(long):
        return
    words = label.shown.split()
    yield from (key_of(words[0]), key_of(words[-1]), key_of(label.aside))
    yield "".join(re.findall("[A-Z]{1,2}", label.shown))
    cuts = range(1, min(len(long), OFFICE_MOST + 1))
    yield from (long[cut:] for cut in cuts)
    yield from (long[:cut] for cut in cuts)
