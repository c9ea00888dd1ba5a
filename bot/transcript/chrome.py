"""What stands on a page but is nobody's speech wherever it stands, each sort with its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bot.transcript.page import Paragraph

_CREDIT = re.compile(
    r"[（(【\[]?(?:来源|來源|责任编辑|責任編輯|编辑|編輯|作者|文|[图圖]\d{0,2}|采写|採寫|整理|译者|譯者|摄影|攝影|via|Photo)"
    r"\s*[:：|｜/／丨]\s*\S",
    re.IGNORECASE,
)
_RULE = re.compile(r"([-—*·~]+)\s*\w{1,10}\s*[-—*·~]+|[-*_=~—–·.\s•●○◆◇■□★☆※]*[-*_=~—–•●○◆◇■□★☆※]")
_NOTE = re.compile(
    r"[（(【\[*＊※]*(?:编者|編者|本文|未经|未經|©|[注註][:：])|.{0,20}(?:请勿转载|不代表)"
)
_SENTENCE = re.compile(r"[。！!？?…～~；;][”’」』）)\"']*$")
_CLAUSE = re.compile(r"[.．》\]】：:，,、](?:[”’」』）)\"']*)$|[”」』]$")

NUMBER = "#"
"""What stands for a number in a template."""
TAIL = 12
"""Closing marks and quotes at the end of a paragraph; enough to see how it ends."""
LINE_MOST = 140
"""Credits and notes have up to 130 characters; longer is speech that begins like one."""
CREDIT_MOST = 70
"""A line of credits longer than this was speech that began like one."""


def sort_of(paragraph: Paragraph) -> str | None:
    """The name of the chrome that this is wherever it stands, or None where it may be speech."""
    text = paragraph.text
    if not text:
        return "image" if paragraph.image else "markup"
    if paragraph.caption:
        return "caption"
    if paragraph.link:
        return "link"
    if _CREDIT.match(text) and len(text) <= CREDIT_MOST:
        return "credits"
    return next((name for name, pattern in SORTS if _is(pattern, text)), None)


SORTS = (("rule", _RULE), ("editor's note", _NOTE))


def _is(pattern: re.Pattern[str], text: str) -> bool:
    if len(text) > LINE_MOST:
        return False
    return bool(pattern.match(text) if pattern is _NOTE else pattern.fullmatch(text))


def is_sentence(text: str) -> bool:
    """Whether it ends with a full stop, a question or an exclamation mark."""
    return bool(_SENTENCE.search(text[-TAIL:]))


def finished(text: str) -> bool:
    """Whether it ends as a whole sentence does, so that the next line does not continue it."""
    return is_sentence(text) or text[-1:] in "”」』）)：:"


def ended(text: str) -> bool:
    """Whether it ends as a sentence or clause does, so that a short line is not a heading."""
    return is_sentence(text) or bool(_CLAUSE.search(text[-TAIL:]))


def template(text: str) -> str:
    """A short line but for its numbers; a page prints some again and again: 2楼 发表于 12:43."""
    return re.sub(r"\d+", NUMBER, text) if len(text) <= LINE_MOST // 2 else ""


def furniture(lines: Iterable[str]) -> frozenset[str]:
    """The templates with a number and words that recur."""
    counts = Counter(map(template, lines))
    return frozenset(t for t, n in counts.items() if n > 1 and NUMBER in t and re.search(r"\w", t))
