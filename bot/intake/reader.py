"""The door: a file's bytes in, texts to choose from or one sentence out."""

from __future__ import annotations

import codecs
import email
import email.policy
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from bot import pages
from bot.intake import columns, stamps, subtitles
from bot.intake.source import Source, Text
from bot.pages import NoPage

_URL = re.compile(r"(?:https?|ftp):/+|www\.", re.IGNORECASE)
_AS_DOCX = "用 Word 或 WPS 打开,另存为 .docx"
_AS_TEXT = "用它的软件打开,把文字另存为 .docx 或 UTF-8 的 .txt"
_OCR = "先用文字识别(OCR)转成文字,存为 .docx 或 .txt"

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "旧的 Word 文件(.doc)", _AS_DOCX),
    (b"{\\rtf", "RTF 文件", _AS_DOCX),
    (b"\x89PNG", "图片", _OCR),
    (b"\xff\xd8\xff", "图片", _OCR),
    (b"GIF8", "图片", _OCR),
    (b"BM", "图片", _OCR),
    (b"II*\x00", "图片", _OCR),
    (b"MM\x00*", "图片", _OCR),
    (b"bplist00", "Safari 的网页存档", "存为“网页,仅 HTML”,或把文字复制到 .txt 里"),
    (b"ID3", "录音", "先转成文字"),
    (b"OggS", "录音", "先转成文字"),
    (b"\x1f\x8b", "压缩包", "先解压"),
    (b"7z\xbc\xaf", "压缩包", "先解压"),
    (b"Rar!", "压缩包", "先解压"),
)
_ZIPPED: tuple[tuple[str, str, str], ...] = (
    ("application/epub+zip", "EPUB 电子书", _AS_TEXT),
    ("xl/workbook.xml", "Excel 文件", "在 Excel 里另存为“CSV UTF-8”"),
    ("ppt/presentation.xml", "PowerPoint 文件", _AS_TEXT),
)
CONTROLS_MOST = 0.01
"""Share of the bytes; two real pages had one NUL each, a program has a third."""
PARTS_MOST = 5_000
"""Parts of a web page in one file: its pictures and styles; Python takes 0.1 ms for each."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_META = re.compile(rb"<meta\b[^<>]{0,200}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{2,20})", re.IGNORECASE)
_HTML = re.compile(
    r"(?:<\?xml[^<>]*\?>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FRONT = re.compile(r"---\n(?:[^\n]*\n){1,40}?---\n")
_TAG = re.compile(r"\s*</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.I)
TAGGED_LEAST = 0.5
"""Share of the lines that begin with a tag: two in three of copied HTML, half of a Markdown page
full of lists in HTML."""


def read(path: Path) -> Source | NoPage:
    """The texts that the file may be read as; nothing raises, and nothing is fetched."""
    if _URL.match(str(path)) and not path.exists():
        return NoPage(
            f"“{path}”是网址,这里不上网", "在浏览器里把网页另存为 .html,再 import 那个文件"
        )
    data = pages.bytes_of(path)
    return data if isinstance(data, NoPage) else of(data, path.suffix.lower())


def of(data: bytes, suffix: str = "") -> Source | NoPage:
    """The texts that a file's bytes may be read as; `suffix` helps where the bytes say nothing."""
    if len(data) > pages.LARGEST:
        return NoPage(f"文件超过 {pages.LARGEST // 1_000_000} MB", "只留访谈的正文")
    for magic, name, instead in _MAGIC:
        if data.startswith(magic):
            return NoPage(f"这是{name},不是文本", instead)
    if b"%PDF-" in data[:1024]:
        return _with("pdf", "PDF", data)
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if re.match(rb"(?:From|MIME-Version|Date|Subject|Snapshot-Content-Location):", data, re.I):
        data, suffix = _single_file(data) or data, ".html"
    return _text(data, suffix)


def _zipped(data: bytes) -> Source | NoPage:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = (
                archive.read("mimetype")[:80].decode("ascii", "replace")
                if "mimetype" in names
                else ""
            )
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return NoPage("文件是坏的压缩包", "重新下载或重新导出")
    if "word/document.xml" in names:
        return _with("office", "Word", data)
    if kind.startswith("application/vnd.oasis.opendocument.text"):
        return _with("odt", "ODT", data)
    for mark, name, instead in _ZIPPED:
        if mark in names or kind.startswith(mark):
            return NoPage(f"这是{name},不是文本", instead)
    return NoPage("这是压缩包,不是文本", "先解压,再 import 里面的文件")


def _with(module: str, kind: str, given: Any) -> Source | NoPage:
    """What a module reads whose library is an extra, or how to install it."""
    try:
        reader = import_module(f"bot.intake.{module}")
    except ImportError:
        return NoPage(f"读 {kind} 要用的库没有装上", "先运行 pip install 'fangtan[import]'")
    found: Source | NoPage = reader.read(given)
    return found if isinstance(found, NoPage) else _spoken(found)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


def _text(data: bytes, suffix: str) -> Source | NoPage:
    data, dropped = _without_controls(data)
    page = _decoded(data)
    if isinstance(page, NoPage):
        return page
    said = (*dropped, *page.warnings)
    found = _shaped(page.text, suffix)
    return found if isinstance(found, NoPage) else replace(found, warnings=(*said, *found.warnings))


def _shaped(text: str, suffix: str) -> Source | NoPage:
    """The text by its shape: subtitles, HTML, columns, turns with times, or as it is."""
    if re.match(r"\s*\[Script Info\]", text):
        return NoPage("这是 ASS 字幕", "用字幕软件另存为 .srt 或 .vtt")
    if re.match(r"\s*[\[{]\s*[\"{\[]", text) and suffix == ".json":
        return NoPage("这是 JSON 文件", "导出成文字(.txt)或网页(.html)")
    if subtitles.are(text):
        found = subtitles.read(text)
        return found if isinstance(found, NoPage) else Source((found,))
    if page := _html(text, suffix):
        return page
    if table := columns.read(text, suffix) or columns.in_markdown(text):
        return Source((table,))
    return _spoken(Source((Text(text),)))


def _spoken(source: Source) -> Source | NoPage:
    """The texts with their stamped turns, if they have any, as labelled ones."""
    found = []
    for text in source.texts:
        match stamps.read(text.text):
            case NoPage() as wrong:
                return wrong
            case Text(turns, left_out):
                found.append(Text(turns, (*text.left_out, *left_out)))
            case None:
                found.append(text)
    return replace(source, texts=tuple(found))


def _html(text: str, suffix: str) -> Source | NoPage | None:
    """The web page that the text is, also under the head of a site's generator; or none."""
    front = match[0] if (match := _FRONT.match(text)) else ""
    body = text[len(front) :].lstrip("\ufeff \t\n")
    lines = [line for line in body.split("\n") if line.strip()]
    tagged = sum(_TAG.match(line) is not None for line in lines)
    named = suffix in (".html", ".htm", ".xhtml") and tagged > 0
    copied = body.startswith("<") and tagged > TAGGED_LEAST * len(lines)
    if not (named or copied or _HTML.match(body[:4_000])):
        return None
    found = _with("html", "HTML", body)
    if isinstance(found, NoPage) or not front:
        return found
    return replace(found, texts=tuple(replace(t, text=f"{front}\n{t.text}") for t in found.texts))


def _without_controls(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The bytes without control characters, if they are few; UTF-16 is full of NULs."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data, ()
    places = [match.start() for match in _CONTROL.finditer(data)]
    if not places or len(places) > CONTROLS_MOST * len(data) + 1:
        return data, ()
    numbers = dict.fromkeys(data.count(b"\n", 0, place) + 1 for place in places[:20])
    lines = "、".join(map(str, list(numbers)[:5])) + ("……" if len(numbers) > 5 else "")
    return _CONTROL.sub(b"", data), (f"丢掉了 {len(places)} 个控制字符(第 {lines} 行)",)


def _decoded(data: bytes) -> pages.Page | NoPage:
    """The text: as Unicode, else in the encoding that a web page declares, else as guessed."""
    declared = _META.search(data[:4_096])
    if declared and not _unicode(data):
        name = declared[1].decode("ascii", "replace").lower()
        try:
            text = data.decode(_LARGER.get(name, name))
        except (LookupError, UnicodeDecodeError):
            return pages.decode(data)
        return pages.Page(re.sub(r"\r\n?", "\n", text))
    return pages.decode(data)


_LARGER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
"""Pages that declare the smaller set use characters of the larger."""


def _unicode(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return True


def _single_file(data: bytes) -> bytes | None:
    """The web page inside of a single-file archive (.mht, .mhtml)."""
    if data.count(b"\n--") > PARTS_MOST:
        return None
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in _parts(message):
        payload = part.get_payload(decode=True)
        if part.get_content_type() == "text/html" and isinstance(payload, bytes):
            charset = str(part.get_content_charset() or "")
            declared = (
                f'<meta charset="{charset}">'.encode() if charset.isascii() and charset else b""
            )
            return payload if _META.search(payload[:4_096]) else declared + payload
    return None


def _parts(message: Any) -> Iterator[Any]:
    return iter(message.walk())
