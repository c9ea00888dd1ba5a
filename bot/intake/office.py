"""A Word document (.docx): its paragraphs and tables, in order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from bot.intake import columns
from bot.intake.source import Source, Text
from bot.pages import LARGEST, NoPage

UNPACKED_MOST = 20 * LARGEST
"""Bytes; the text of a Word document is packed to about a tenth, pictures not at all."""
BOMB = 200
"""How many times larger than packed one part may be; Word's own parts have up to 40."""

SCANNED = "如果是图片,先用文字识别(OCR)转成文字"
_BROKEN = NoPage("Word 文件打不开(损坏或有密码)", "用 Word 打开,另存为 .docx 或 .txt")
_PARAGRAPH, _TABLE, _ROW, _CELL = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc"))
_WORDS, _RUN, _BOX = qn("w:t"), qn("w:r"), qn("w:txbxContent")
_SPACES = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_NOT_SAID = frozenset(
    (*map(qn, ("w:del", "w:moveFrom", "w:rt", "w:instrText", "w:pPr", "w:rPr", "w:sdtPr")), _BOX)
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


def read(data: bytes) -> Source | NoPage:
    """The document's text; bold and headings as in Markdown, tables of speakers as turns."""
    if is_bomb(data):
        return NoPage("Word 文件解开来大得不像文档", "只留访谈的正文,另存为 .docx 或 .txt")
    try:
        document = docx.Document(BytesIO(data))
        reader = _Reader(document)
        lines = list(reader.lines(document.element.body))
        outside = list(_margins(document))
    except (zipfile.BadZipFile, LxmlError, KeyError, ValueError, AttributeError, OSError):
        return _BROKEN
    text = "\n\n".join(lines)
    if not text.strip():
        return NoPage("Word 文件里没有文字", SCANNED)
    return Source((Text(text, (*reader.left_out, *outside)),))


def is_bomb(data: bytes) -> bool:
    """Whether the packed parts would fill the memory."""
    try:
        parts = zipfile.ZipFile(BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    large = [part for part in parts if part.file_size > LARGEST // 8]
    return sum(part.file_size for part in parts) > UNPACKED_MOST or any(
        part.file_size > BOMB * max(1, part.compress_size) for part in large
    )


@dataclass
class _Reader:
    """Reads the document's own XML: python-docx leaves out what was inserted with changes tracked,
    what stands in content controls, and text boxes."""

    document: Document
    left_out: list[str] = field(default_factory=list)
    bold_styles: dict[str | None, bool] = field(default_factory=dict)

    def lines(self, element: Any) -> Iterator[str]:
        """The lines below an element, in order."""
        for child in element:
            if child.tag == _PARAGRAPH:
                yield from self._paragraph(child)
            elif child.tag == _TABLE:
                yield from self._table(child)
            elif child.tag not in _NOT_SAID:
                yield from self.lines(child)

    def _table(self, table: Any) -> Iterator[str]:
        rows = [
            ["\n".join(self.lines(cell)) for cell in row.iter(_CELL)] for row in table.iter(_ROW)
        ]
        nested = table.find(f".//{_TABLE}") is not None
        found = None if nested else columns.turns(rows)
        if found:
            self.left_out += found.left_out
            yield from found.text.split("\n\n")
        else:
            yield from self.lines_of_cells(table)

    def lines_of_cells(self, table: Any) -> Iterator[str]:
        """The lines of a table that only arranges them."""
        for child in table:
            yield from self.lines(child)

    def _paragraph(self, element: Any) -> Iterator[str]:
        style = self._style(element)
        level = _level(style)
        runs = list(self._runs(element, _bold_style(style)))
        words = "".join(words for words, _ in runs)
        for line in (words if level else marked(runs)).split("\n"):
            if line.strip():
                yield f"{'#' * level} {line.strip()}" if level else line
        for box in element.iter(_BOX):
            if not any(
                parent.tag in _NOT_SAID and parent.tag != _BOX for parent in box.iterancestors()
            ):
                yield from self.lines(box)

    def _style(self, element: Any) -> Any:
        properties = element.pPr
        name = properties.style if properties is not None else None
        return self.document.part.get_style(name, WD_STYLE_TYPE.PARAGRAPH)

    def _runs(self, element: Any, bold: bool) -> Iterator[tuple[str, bool]]:
        """The paragraph's pieces, and whether each is bold."""
        for child in element:
            if child.tag in _NOT_SAID:
                continue
            if child.tag == _RUN:
                yield "".join(_said(child)), _is_bold(child, bold)
            else:
                yield from self._runs(child, bold)


def _said(run: Any) -> Iterator[str]:
    for child in run:
        if child.tag == _WORDS:
            yield child.text or ""
        elif child.tag in _SPACES:
            yield _SPACES[child.tag]
        elif child.tag not in _NOT_SAID:
            yield from _said(child)


def _is_bold(run: Any, otherwise: bool) -> bool:
    properties = run.rPr
    mark = properties.find(qn("w:b")) if properties is not None else None
    return otherwise if mark is None else bool(mark.val)


def _bold_style(style: Any) -> bool:
    while style is not None:
        if style.font.bold is not None:
            return bool(style.font.bold)
        style = style.base_style
    return False


def _level(style: Any) -> int:
    """The heading's level; 0 for any other paragraph."""
    name = (style.name or "").casefold() if style is not None else ""
    if name in ("title", "标题"):
        return 1
    digits = name.removeprefix("heading ").removeprefix("标题 ")
    return int(digits) if digits != name and digits in tuple("123456") else 0


def marked(runs: list[tuple[str, bool]]) -> str:
    """The pieces as text; what is bold between `**`, on each line of its own."""
    if any("*" in words for words, _ in runs):
        return "".join(words for words, _ in runs)
    merged: list[tuple[str, bool]] = []
    for words, bold in runs:
        if merged and (merged[-1][1] == bold or not words.strip()):
            merged[-1] = (merged[-1][0] + words, merged[-1][1])
        else:
            merged.append((words, bold))
    return "".join(
        "\n".join(map(_marked, words.split("\n"))) if bold else words for words, bold in merged
    )


def _marked(words: str) -> str:
    inside = words.strip()
    start = words.find(inside)
    return f"{words[:start]}**{inside}**{words[start + len(inside) :]}" if inside else words


def _margins(document: Document) -> Iterator[str]:
    """What stands above and below every page."""
    seen = set()
    for section in document.sections:
        for part in (section.header, section.footer):
            if not part.is_linked_to_previous:
                seen |= {paragraph.text.strip() for paragraph in part.paragraphs}
    yield from (f"页眉页脚: {words}" for words in sorted(seen) if words)
