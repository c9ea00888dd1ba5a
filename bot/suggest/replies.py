"""What a model answered → drafts, and how many of its lines were none. Pure.

Lenient in what decorates a line, strict in what it is: whatever has another form is dropped and
counted by reason. A draft is still only somebody's word: `bot.suggest.screening` judges it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.interview import Exchange
from bot.suggest.prompts import DECLINING, Prompt, numbered, quoted

FORM = "格式不对"
NO_SENTENCE = "没有这一句"
TOO_MANY = "一次写得太多"
# Several times what any prompt asks for: models that are caught in a loop go on for ever.
MOST_LINES = 300
LONGEST_LINE = 400  # characters; a question has sixty at most
# More sentences than this are no passage any more: the answer as a whole is meant.
LONGEST_RANGE = 4

Kind: TypeAlias = Literal["ask", "decline", "topic", "quote"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A phrase that a model proposes, and the numbers of the sentences that settle it; 0 and 0 for
    the answer as a whole. A `quote` has numbers and no text."""

    kind: Kind
    text: str = ""
    first: int = 0
    last: int = 0


_NAMES: dict[str, Kind] = {
    "改问": "ask",
    "关键词": "ask",
    "话题": "topic",
    "直答": "quote",
    "不答": "decline",
}
_EXPECTED: dict[str, frozenset[Kind]] = {
    "about": frozenset({"ask", "topic", "quote"}),
    **dict.fromkeys(DECLINING, frozenset[Kind]({"decline"})),
}
_ASKS: frozenset[Kind] = frozenset({"ask"})

# What a model thinks aloud is no reply; where only the end is marked the beginning was cut off.
_THOUGHT = re.compile(
    r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)|\A(?:(?!<think).)*?</think(?:ing)?>", re.S
)
_NUMBERS = r"(?P<first>\d{1,4})(?:\s*[-–—~～至到、,]\s*(?:第\s*)?(?P<last>\d{1,4}))?"
_LINE = re.compile(
    r"(?:[-+*•·>]+\s+|\(?\d{1,3}[.)、．:]\s*)?"  # a bullet, a number
    r"[*★#【\[(（\s|]*(?:第\s*)?"
    rf"(?:(?P<name>{'|'.join(_NAMES)})|{_NUMBERS})"
    r"\s*句?[*】\])）\s]*[|｜│¦](?P<body>.*)"
)
_RUN = re.compile(rf"(?:第\s*)?{_NUMBERS}\s*句?")
_QUOTES = "“”\"「」'‘’ \t|｜│*"


def read(reply: str, prompt: Prompt, exchange: Exchange) -> tuple[tuple[Draft, ...], Counter[str]]:
    """The drafts of a reply to a prompt, and how many lines were dropped for which reason."""
    drafts: list[Draft] = []
    dropped: Counter[str] = Counter()
    for number, line in enumerate(_lines(reply)):
        if number >= MOST_LINES:
            dropped[TOO_MANY] += 1
            continue
        draft = _draft(line, exchange)
        if isinstance(draft, str):
            dropped[draft] += 1
        elif draft.kind not in _EXPECTED.get(prompt.style, _ASKS):
            dropped[FORM] += 1
        else:
            drafts.append(draft)
    return tuple(drafts), dropped


def texts(reply: str) -> Iterator[str]:
    """Every phrase that stands in a reply, whichever sentence it was meant for."""
    for line in _lines(reply):
        if (found := _matched(line)) and (text := found["body"].strip(_QUOTES)):
            yield text


def _lines(reply: str) -> Iterator[str]:
    for line in _THOUGHT.sub("", reply).replace("\r", "\n").split("\n"):
        if (bare := line.strip()) and not bare.startswith("```"):
            yield bare


def _matched(line: str) -> re.Match[str] | None:
    return _LINE.fullmatch(line) if len(line) <= LONGEST_LINE else None


def _draft(line: str, exchange: Exchange) -> Draft | str:
    """What the line proposes, or why it proposes nothing."""
    found = _matched(line)
    text = found["body"].strip(_QUOTES) if found else ""
    if not found or not text or re.search("[|｜│¦]", text):
        return FORM
    if found["name"] == "直答":
        run = _RUN.fullmatch(text)
        place = _place(exchange, run) if run else FORM
        return place if isinstance(place, str) else Draft("quote", "", *place)
    if found["name"]:
        return Draft(_NAMES[found["name"]], text)
    place = _place(exchange, found)
    return place if isinstance(place, str) else Draft("ask", text, *place)


def _place(exchange: Exchange, found: re.Match[str]) -> tuple[int, int] | str:
    """The sentences that are meant; of several paragraphs, or of many, the whole answer."""
    first = int(found["first"])
    last = int(found["last"] or first)
    if first == last == 0:
        return 0, 0
    if not 1 <= first <= last <= len(numbered(exchange)):
        return NO_SENTENCE
    passage = last - first < LONGEST_RANGE and quoted(exchange, first, last) is not None
    return (first, last) if passage else (0, 0)
