"""An OpenDocument text (.odt): its paragraphs and tables, in order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lxml import etree

from bot.intake import columns, office
from bot.intake.source import Source, Text
from bot.pages import NoPage

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _STYLE = f"{_URN}text:1.0}}", f"{_URN}table:1.0}}", f"{_URN}style:1.0}}"
_WEIGHT = f"{_URN}xsl-fo-compatible:1.0}}font-weight"
_SPACES = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_NOT_SAID = frozenset(
    (f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_URN}office:1.0}}annotation")
) | {f"{_TEXT}ruby-text"}
SPACES_MOST = 100
"""More spaces in a row are no text."""


def read(data: bytes) -> Source | NoPage:
    """The document's text; bold and headings as in Markdown, tables of speakers as turns."""
    if office.is_bomb(data):
        return NoPage("ODT 文件解开来大得不像文档", "只留访谈的正文,另存为 .docx 或 .txt")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            tree = etree.fromstring(archive.read("content.xml"), parser)
        text = "\n\n".join(_lines(tree, _bold(tree)))
    except (zipfile.BadZipFile, etree.LxmlError, KeyError, ValueError, OSError, RuntimeError):
        return NoPage("ODT 文件打不开(损坏或有密码)", "用 LibreOffice 或 WPS 打开,另存为 .docx")
    return Source((Text(text),)) if text.strip() else NoPage("ODT 文件里没有文字", office.SCANNED)


def _bold(tree: Any) -> frozenset[str]:
    """The names of the styles that make their words bold."""
    styles = tree.iter(f"{_STYLE}style")
    bold = (s for s in styles if any(properties.get(_WEIGHT) == "bold" for properties in s))
    return frozenset(style.get(f"{_STYLE}name") for style in bold)


def _lines(element: Any, bold: frozenset[str]) -> Iterator[str]:
    """The lines below an element, in order."""
    for child in element:
        if child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            level = int(child.get(f"{_TEXT}outline-level") or 1) if child.tag[-1] == "h" else 0
            runs = list(_runs(child, bold, False))
            words = "".join(words for words, _ in runs) if level else office.marked(runs)
            lines = (line for line in words.split("\n") if line.strip())
            yield from (f"{'#' * min(level, 6)} {line}" if level else line for line in lines)
        elif child.tag == f"{_TABLE}table" and (found := columns.turns(_rows(child, bold))):
            yield from found.text.split("\n\n")
        elif child.tag not in _NOT_SAID:
            yield from _lines(child, bold)


def _rows(table: Any, bold: frozenset[str]) -> list[list[str]]:
    rows = table.iter(f"{_TABLE}table-row")
    return [["\n".join(_lines(c, bold)) for c in row.iter(f"{_TABLE}table-cell")] for row in rows]


def _runs(element: Any, styles: frozenset[str], around: bool) -> Iterator[tuple[str, bool]]:
    """The paragraph's pieces, and whether each is bold."""
    bold = around or element.get(f"{_TEXT}style-name") in styles
    yield element.text or "", bold
    for child in element:
        if child.tag in _SPACES:
            yield _SPACES[child.tag] * min(int(child.get(f"{_TEXT}c") or 1), SPACES_MOST), bold
        elif child.tag not in _NOT_SAID:
            yield from _runs(child, styles, bold)
        yield child.tail or "", bold
