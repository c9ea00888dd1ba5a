"""A PDF: where its lines stand tells which of them are one paragraph."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import Any

import pypdf

from bot.intake.source import Source, Text
from bot.pages import NoPage

PAGES_MOST = 600
"""A printed interview has up to 60 pages; a book is no interview."""
GARBLED_MOST = 0.05
"""Share of characters that the file's fonts do not tell."""
FULL = 2.2
"""Characters by which a line may fall short of the margin and still be a wrapped one."""
INDENT = 1.2
"""Characters; Chinese paragraphs are indented by two, justified lines move by a fraction."""
GAP = 1.35
"""Times the usual distance of two lines; what is set apart by less is one paragraph."""
HEADING = 1.15
"""Times the size of most of the text."""
COLUMN = 4
"""Characters by which the lines of one column may begin apart; columns are ten and more wide."""
HEADING_MOST = 80
"""Characters of a heading, in however many lines."""
EDGE = 3
"""Lines at the top and the bottom of a page among which headers and page numbers are looked for."""

_LABEL = re.compile(
    r"\s*([^\s:：，,。？?！!；;“”「」（）()]{1,12}(?:\s[^\s:：，,。]{1,8})?)\s*(?:(?<!\d)[:：](?!//)|[:：](?![\d/]))"
)
_STOP = re.compile(r"[。．.！!？?…：:；;”’」』）)】—]$")
_PAGE_NUMBER = re.compile(
    r"[-–—·\s]*(?:第\s*)?\d{1,4}\s*(?:页|頁)?(?:\s*[/／,，共]+\s*\d{1,4}\s*(?:页|頁)?)?[-–—·\s]*|page\s+\d+(?:\s+of\s+\d+)?",
    re.IGNORECASE,
)
_RADICAL = re.compile(r"[\u2e80-\u2fdf]")
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08]")
_BOLD = re.compile(r"bold|black|heavy|hei|semibold", re.IGNORECASE)
_LATIN = re.compile(r"[!-~]{2,60}")
_HAIR = " \t\xa0\u2002\u2003\u2009"

_BROKEN = NoPage("PDF 打不开(损坏或不完整)", "重新下载,或把文字另存为 .docx 或 .txt")
_SCANNED = NoPage("PDF 里没有文字,大概是扫描件", "先用文字识别(OCR)转成文字,存为 .docx 或 .txt")


@dataclass(frozen=True)
class _Line:
    """A line as it stands on its page; measures in points."""

    page: int
    x: float
    y: float
    size: float
    text: str
    bold: bool

    @property
    def end(self) -> float:
        """Where the line ends, as far as can be told without the fonts' widths."""
        return self.x + self.size * _length(self.text)


def read(data: bytes) -> Source | NoPage:
    """The PDF's paragraphs, without what repeats at the edges of its pages."""
    logger = logging.getLogger("pypdf")
    level, logger.level = logger.level, logging.CRITICAL
    try:
        lines = _lines(data)
    except Exception:  # a broken PDF may raise anything in pypdf
        return _BROKEN
    finally:
        logger.level = level
    if isinstance(lines, NoPage):
        return lines
    text = "".join(line.text for line in lines)
    if len(text.strip()) < 20:
        return _SCANNED
    if len(_UNKNOWN.findall(text)) > GARBLED_MOST * len(text):
        return NoPage("PDF 的字体读出来是乱码", "在阅读器里复制文字试试;不行就用文字识别(OCR)")
    kept, left_out = _without_edges(lines)
    said = _paragraphs(kept)
    warnings = ["PDF 里折行的句子接起来了;请对照原文核对分段"]
    if _RADICAL.search(text):
        warnings.append("PDF 把一些字写成了部首,已换回普通的字")
    return Source((Text("\n\n".join(map(_plain_characters, said)), left_out),), tuple(warnings))


def _plain_characters(text: str) -> str:
    """⼈ as 人: some programs write the radical in place of the character."""
    return _RADICAL.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)


def _lines(data: bytes) -> list[_Line] | NoPage:
    reader = pypdf.PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        return NoPage("PDF 有密码", "去掉密码,再另存一份")
    if len(reader.pages) > PAGES_MOST:
        return NoPage(f"PDF 超过 {PAGES_MOST} 页", "只留访谈的那几页")
    return [line for number, page in enumerate(reader.pages) for line in _of_page(number, page)]


def _of_page(number: int, page: Any) -> list[_Line]:
    """The page's lines in the order in which they are drawn, without watermarks drawn aslant."""
    lines: list[_Line] = []

    def piece(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        along = tm[0] * cm[0] + tm[1] * cm[2]
        aslant = tm[0] * cm[1] + tm[1] * cm[3]
        if abs(aslant) > abs(along) * 0.05 or not text.strip("\n"):
            return
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        name = str((font or {}).get("/BaseFont", ""))
        for words in text.split("\n"):
            _draw(
                lines,
                _Line(number, x, y, abs(size * along) or 1.0, words, bool(_BOLD.search(name))),
            )

    page.extract_text(visitor_text=piece)
    return [replace(line, text=line.text.strip(_HAIR)) for line in lines if line.text.strip(_HAIR)]


def _draw(lines: list[_Line], piece: _Line) -> None:
    """Add a piece to the last line if it stands on the same height, else as a new one."""
    if not piece.text:
        return
    last = lines[-1] if lines else None
    same = last and abs(last.y - piece.y) < 0.5 * max(last.size, piece.size)
    if not last or not same:
        lines.append(piece)
    elif not last.text.strip(_HAIR):
        lines[-1] = replace(piece, text=last.text.lstrip(_HAIR) + piece.text)
    else:
        size = max(last.size, piece.size)
        lines[-1] = replace(
            last, text=last.text + piece.text, size=size, bold=last.bold and piece.bold
        )


def _length(text: str) -> float:
    """How many Chinese characters have the width of the text, as far as can be told."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.5 for sign in text)


# ── headers, footers and page numbers ────────────────────────────────────────────────────────────


def _without_edges(lines: Sequence[_Line]) -> tuple[list[_Line], tuple[str, ...]]:
    """The lines without those that recur in the same place of other pages, and what they say."""
    edges = _edges(lines)
    places: dict[tuple[str, int], set[int]] = defaultdict(set)
    for line in edges:
        places[_place(line)].add(line.page)
    pages = len({line.page for line in lines})
    dropped = {
        id(line)
        for line in edges
        if (len(places[_place(line)]) > 1 and len(places[_place(line)]) * 3 >= pages)
        or (_PAGE_NUMBER.fullmatch(line.text) and _says_page(line))
    }
    said = dict.fromkeys(line.text for line in lines if id(line) in dropped)
    counted = tuple(f"页眉、页脚、页码: {text}" for text in said)
    return [line for line in lines if id(line) not in dropped], counted


def _edges(lines: Sequence[_Line]) -> list[_Line]:
    pages: dict[int, list[_Line]] = defaultdict(list)
    for line in lines:
        pages[line.page].append(line)
    found: list[_Line] = []
    for on_page in pages.values():
        by_height = sorted(on_page, key=lambda line: -line.y)
        found += by_height[:EDGE] + by_height[EDGE:][-EDGE:]
    return found


def _place(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "0", line.text), round(line.y / 4)


def _says_page(line: _Line) -> bool:
    """Whether the number is that of the page, counted from the first of the file."""
    digits = re.search(r"\d+", line.text)
    return digits is not None and int(digits[0]) == line.page + 1


# ── paragraphs ───────────────────────────────────────────────────────────────────────────────────


def _paragraphs(lines: Sequence[_Line]) -> list[str]:
    """The lines joined where one goes on in the next."""
    if not lines:
        return []
    sizes = Counter(round(line.size * 2) / 2 for line in lines for _ in line.text)
    body = sizes.most_common(1)[0][0]
    bold = median(line.bold for line in lines) < 0.5
    rims = _rims(lines)
    said: list[list[_Line]] = [[lines[0]]]
    for before, line in pairwise(lines):
        if _continues(before, line, rims[id(before)], rims[id(line)]):
            said[-1].append(line)
        else:
            said.append([line])
    return [_set(paragraph, body, bold) for paragraph in said]


@dataclass(frozen=True)
class _Rim:
    """Where the lines of a column begin and end, and how far they stand apart."""

    left: float
    right: float
    step: float

    @classmethod
    def of(cls, lines: Sequence[_Line]) -> _Rim:
        ends = sorted(line.end for line in lines)
        right = ends[int((len(ends) - 1) * 0.95)]
        pairs = [(a, b) for a, b in pairwise(lines) if a.page == b.page]
        wrapped = [b.x for a, b in pairs if a.end > right - FULL * a.size]
        steps = [a.y - b.y for a, b in pairs if 0 < a.y - b.y < 6 * a.size]
        return cls(_usual(wrapped or [line.x for line in lines]), right, _usual(steps or [1.0]))


def _usual(measures: Sequence[float]) -> float:
    return Counter(map(round, measures)).most_common(1)[0][0]


def _rims(lines: Sequence[_Line]) -> dict[int, _Rim]:
    """Each line's column: lines that go down a page one after the other stand in the same one."""
    runs: list[list[_Line]] = [[lines[0]]]
    for before, line in pairwise(lines):
        if line.page == before.page and line.y < before.y:
            runs[-1].append(line)
        else:
            runs.append([line])
    columns: list[tuple[float, list[_Line]]] = []
    for run in runs:
        left = min(line.x for line in run)
        near = [column for column in columns if abs(column[0] - left) < COLUMN * run[0].size]
        if near:
            near[0][1].extend(run)
        else:
            columns.append((left, run[:]))
    rims = {id(line): rim for _, among in columns for rim in [_Rim.of(among)] for line in among}
    return rims


def _continues(before: _Line, line: _Line, above: _Rim, rim: _Rim) -> bool:
    """Whether a paragraph goes on from one line to the next."""
    size = before.size
    word = _LATIN.match(line.text)
    slack = max(FULL, _length(word[0]) + 1 if word else 0.0) * size
    if before.end < above.right - slack or abs(line.size - size) > 0.15 * size:
        return False
    down = before.y - line.y
    if above is rim and before.page == line.page and down > max(GAP * rim.step, rim.step + 2):
        return False
    stops = bool(_STOP.search(before.text))
    if stops and (before.bold != line.bold or _LABEL.match(line.text)):
        return False
    begins = abs(line.x - rim.left) > INDENT * size
    return not begins or (abs(line.x - before.x) < 0.5 * size and not stops)


def _set(lines: Sequence[_Line], body: float, bold: bool) -> str:
    """A paragraph's lines as one, as a heading or in bold where it is set so."""
    text = lines[0].text
    for line in lines[1:]:
        glue = " " if text[-1].isascii() and line.text[0].isascii() and text[-1] != "-" else ""
        text += glue + line.text
    if lines[0].size > HEADING * body and len(text) < HEADING_MOST:
        return f"# {text}"
    return f"**{text}**" if bold and all(line.bold for line in lines) and "*" not in text else text
