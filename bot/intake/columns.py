"""Tables of who speaks and what he says: TSV, CSV, Markdown, and those of other formats."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.intake.source import Text

Row = Sequence[str]

_SPEAKER = frozenset(
    "说话人 說話人 发言人 發言人 讲话人 发言者 说话者 讲者 角色 姓名 人物 身份 昵称 用户 发送者 "
    "发送人 名字 speaker name role who sender from participant".split()
)
_TEXT = frozenset(
    "内容 內容 正文 话 話 文本 文字 发言 发言内容 说话内容 对话内容 消息 消息内容 转写 转写内容 "
    "转写文本 记录 对白 原文 text content message transcript utterance speech".split()
)
_QUESTION = frozenset("问 問 问题 問題 提问 question questions q".split())
_ANSWER = frozenset("答 回答 答案 答复 answer answers a".split())
_TIME = re.compile(
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*)?[\[(（]?\d{1,3}[:：]\d{2}\S*.{0,16}|\d*\.?\d*"
)
_SEPARATOR = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*")
_PIPE = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>|\n", re.IGNORECASE)

NAME_MOST = 20
"""Characters of a name in a table without header; longer cells are what somebody says."""
ROWS_LEAST = 3
"""Rows of a table without header; with fewer nothing shows that its first column recurs."""


@dataclass(frozen=True)
class _Layout:
    """Which row says what the columns are, and which of them say who and what."""

    header: int
    who: int
    what: int
    asked: bool = False
    """The columns hold questions and answers."""


def turns(rows: Sequence[Row]) -> Text | None:
    """The rows as `名：话`; None where they are no table of speakers."""
    layout = _headed(rows) or _bare(rows)
    if layout is None:
        return None
    lines = [cell for row in rows[: max(0, layout.header)] for cell in row if cell.strip()]
    for row in rows[layout.header + 1 :]:
        who = _cell(row, layout.who)
        what = [part.strip() for part in _BREAK.split(_cell(row, layout.what)) if part.strip()]
        if layout.asked:
            asked = [part.strip() for part in _BREAK.split(who) if part.strip()]
            lines += [*_labelled("问", asked), *_labelled("答", what)]
            continue
        lines += _labelled(re.sub(r"\s+", " ", who).strip(" *_:："), what)
    return Text("\n\n".join(lines), _others(rows, layout))


def _labelled(who: str, what: Sequence[str]) -> list[str]:
    return [f"{who}：{what[0]}" if who else what[0], *what[1:]] if what else []


def _cell(row: Row, column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _headed(rows: Sequence[Row]) -> _Layout | None:
    """The layout that a header states, on one of the first rows."""
    for at, row in enumerate(rows[:4]):
        names = [re.sub(r"[\s*_]|[(（].*", "", cell).casefold() for cell in row]
        for left, right, asked in ((_SPEAKER, _TEXT, False), (_QUESTION, _ANSWER, True)):
            who = next((n for n, name in enumerate(names) if name in left), None)
            what = next((n for n, name in enumerate(names) if name in right), None)
            if who is not None and what is not None and len(rows) > at + 1:
                return _Layout(at, who, what, asked)
    return None


def _bare(rows: Sequence[Row]) -> _Layout | None:
    """The layout of a table without header: a column of few names that recur, and the longest."""
    full = [row for row in rows if sum(bool(cell.strip()) for cell in row) > 1]
    if len(full) < ROWS_LEAST or len(full) * 10 < len([row for row in rows if any(row)]) * 8:
        return None
    width = max(map(len, full))
    columns = [[_cell(row, n) for row in full] for n in range(width)]
    kept = [n for n in range(width) if not all(map(_TIME.fullmatch, columns[n]))]
    names = [n for n in kept if _recur(columns[n])]
    if not names or len(kept) < 2:
        return None
    others = [n for n in kept if n != names[0]]
    return _Layout(-1, names[0], max(others, key=lambda n: sum(map(len, columns[n]))))


def _recur(cells: Sequence[str]) -> bool:
    counts = Counter(cell for cell in cells if cell)
    short = all(len(cell) <= NAME_MOST and not re.search(r"[。？?！!]", cell) for cell in counts)
    again = sum(count for count in counts.values() if count > 1)
    return short and again * 2 >= len(cells) and len(counts) * 3 <= len(cells) * 2


def _others(rows: Sequence[Row], layout: _Layout) -> tuple[str, ...]:
    """What stands in the other columns: how many cells, and the first of them."""
    left_out: list[str] = []
    for column in range(max(map(len, rows), default=0)):
        cells = [_cell(row, column) for row in rows[layout.header + 1 :]]
        filled = [cell for cell in cells if cell]
        if column not in (layout.who, layout.what) and filled:
            name = (
                _cell(rows[layout.header], column) if layout.header >= 0 else f"第 {column + 1} 栏"
            )
            left_out.append(f"表格的另一栏: {name}, {len(filled)} 格, 如 {filled[0][:30]}")
    return tuple(left_out)


def read(text: str, suffix: str) -> Text | None:
    """The text of a TSV or CSV file as turns; None where it is neither."""
    lines = [line for line in text.split("\n") if line.strip()]
    tabs = sum("\t" in line for line in lines)
    if (tabs * 10 >= len(lines) * 8 and tabs >= ROWS_LEAST) or suffix == ".tsv":
        return turns(_split(text, "\t"))
    for delimiter in ",;，":
        rows = _split(text, delimiter)
        if suffix == ".csv" or _headed(rows[:4]):
            found = turns(rows)
            if found:
                return found
    return None


def _split(text: str, delimiter: str) -> list[list[str]]:
    """The cells; quotes hold cells together where they come in pairs."""
    quoting: Literal[0, 3] = csv.QUOTE_NONE if text.count('"') % 2 else csv.QUOTE_MINIMAL
    try:
        return list(
            csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quoting=quoting)
        )
    except csv.Error:  # a cell of more than 131,072 characters
        return []


def in_markdown(text: str) -> Text | None:
    """The text with its Markdown tables of speakers as turns; None where it has none."""
    found: list[str] = []
    left_out: list[str] = []
    lines = text.split("\n")
    at, any_ = 0, False
    while at < len(lines):
        end = _table_end(lines, at)
        rows = [_row(line) for n, line in enumerate(lines[at:end]) if n != 1]
        if end > at and (table := turns(rows)):
            found += ["", table.text, ""]
            left_out += table.left_out
            any_ = True
        else:
            end = max(end, at + 1)
            found += lines[at:end]
        at = end
    return Text("\n".join(found), tuple(left_out)) if any_ else None


def _table_end(lines: Sequence[str], at: int) -> int:
    """The line behind the table that begins here; `at` where none does."""
    if at + 1 >= len(lines) or not _PIPE.search(lines[at]) or "|" not in lines[at + 1]:
        return at
    if not _SEPARATOR.fullmatch(lines[at + 1]):
        return at
    end = at + 2
    while end < len(lines) and _PIPE.search(lines[end]):
        end += 1
    return end


def _row(line: str) -> list[str]:
    """The cells of a Markdown row, the bars at both ends taken off."""
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return [cell.replace("\\|", "|").strip() for cell in _PIPE.split(line)]
