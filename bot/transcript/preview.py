"""What an import understood, for the person at the terminal: who speaks, where, how surely."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from unicodedata import east_asian_width

from bot.transcript.page import BLANK
from bot.transcript.reading import Exchange, Line, Reading, Speaker

WIDTH = 80
LISTED_MOST = 15
"""So many lines or exchanges are listed; an ordinary page's preview fits a screen."""

_QUESTION_WIDTH = 32
_KIND_WIDTH = 8
_EMPTY = frozenset({"rule", "markup", "image"})
"""Sorts of lines that hold no words."""
_KINDS = {
    "about the people": "人物介绍",
    "after the interview": "访谈之后",
    "answer without question": "无问之答",
    "caption": "图片说明",
    "closing": "结束语",
    "copyright": "版权",
    "credits": "署名",
    "editor's note": "编者注",
    "end mark": "结束标记",
    "heading": "小标题",
    "legend": "标签说明",
    "link": "链接",
    "narrative": "叙述",
    "opening statement": "开场白",
    "pull quote": "引文",
    "question without answer": "无答之问",
    "related pages": "相关页面",
    "share bar": "分享栏",
    "site footer": "页脚",
}


def preview(reading: Reading, source_lines: Sequence[str], command: Sequence[str]) -> str:
    """The preview; `command` imports the page again, and is printed with corrections to change."""
    first, last = reading.first_question, reading.last_answer
    paragraphs = (
        *_cast(reading),
        *_extent(first, last, source_lines),
        *_between(reading.lines, first, last, source_lines),
        *_certainty(reading.exchanges),
        "不对的话,改一改再运行:",
        "  " + " ".join(map(_quoted, [*command, *_corrections(reading, last)])),
    )
    return "\n".join(paragraphs) + "\n"


def _cast(reading: Reading) -> Iterator[str]:
    hosts = [
        f"{_name(one)}({one.turns} 轮,{one.asking:.0%} 在提问)" for one in _who(reading, "host")
    ]
    guests = [f"{_name(one)}({one.turns} 轮)" for one in _who(reading, "guest")]
    others = [f"{one.name}({one.turns} 处,{one.reason})" for one in reading.left_out]
    yield _cut("主持人:" + ("、".join(hosts) or "没有"), WIDTH)
    yield _cut("嘉宾:" + ("、".join(guests) or "没有"), WIDTH)
    if others:
        yield _cut("没有当作说话人:" + "、".join(others), WIDTH)


def _who(reading: Reading, role: str) -> list[Speaker]:
    return [one for one in reading.cast if one.role == role]


def _name(one: Speaker) -> str:
    return one.name or "没有标签的人"


def _extent(first: int, last: int, source_lines: Sequence[str]) -> Iterator[str]:
    for lead, number in (("从", first), ("到", last)):
        yield _cut(f"{lead}第 {number} 行:{_line(source_lines, number)}", WIDTH)


def _line(source_lines: Sequence[str], number: int) -> str:
    return " ".join(source_lines[number - 1].strip(BLANK + "\r\n").split())


def _between(
    lines: Sequence[Line], first: int, last: int, source_lines: Sequence[str]
) -> Iterator[str]:
    """The lines inside the interview that were not taken for speech."""
    spoken = {line.number for line in lines if line.kind in ("question", "answer")}
    passed = [
        line
        for line in lines
        if first < line.number < last and line.number not in spoken and line.name not in _EMPTY
    ]
    if passed:
        yield f"中间有 {len(passed)} 行没有当作问答:"
    for line in passed[:LISTED_MOST]:
        kind = _pad(_KINDS.get(line.name, line.name), _KIND_WIDTH)
        yield _cut(f"  {line.number:>5}  {kind}  {_line(source_lines, line.number)}", WIDTH)
    if len(passed) > LISTED_MOST:
        yield f"  另有 {len(passed) - LISTED_MOST} 行"


def _certainty(exchanges: Sequence[Exchange]) -> Iterator[str]:
    unsure = [(number, one) for number, one in enumerate(exchanges, 1) if not one.sure]
    if not unsure:
        yield f"{len(exchanges)} 段问答,都有把握"
        return
    sure = len(exchanges) - len(unsure)
    yield f"{len(exchanges)} 段问答,{sure} 段有把握,请看一看这 {len(unsure)} 段:"
    for number, one in unsure[:LISTED_MOST]:
        question = _pad(_cut(" ".join(one.question.split()), _QUESTION_WIDTH), _QUESTION_WIDTH)
        yield _cut(f"  {'q' + str(number):>5}  {question}  {one.doubt}", WIDTH)
    if len(unsure) > LISTED_MOST:
        yield f"  另有 {len(unsure) - LISTED_MOST} 段"


def _corrections(reading: Reading, last: int) -> Iterator[str]:
    """The options that say what was understood; --end is the first line behind the interview."""
    roles = {role: [one.name for one in _who(reading, role)] for role in ("host", "guest")}
    left_out = [one.name for one in reading.left_out if one.turns > 1]
    for option, named in (
        ("--host", roles["host"]),
        ("--guest", roles["guest"]),
        ("--not", left_out),
    ):
        if names := [name for name in named if name]:
            yield from (option, ",".join(names))
    yield from ("--end", str(last + 1))


def _quoted(word: str) -> str:
    """The word as a shell takes it; `shlex` alone would put every Chinese name in quotes."""
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else shlex.quote(word)


def _cut(text: str, width: int) -> str:
    """The text, or its beginning and … where it takes more columns."""
    if _columns(text) <= width:
        return text
    ends = accumulate(map(_columns, text))
    fitting = sum(1 for _ in takewhile(lambda end: end < width, ends))
    return text[:fitting].rstrip() + "…"


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
