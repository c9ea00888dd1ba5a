"""A page as paragraphs: Markdown and HTML taken off, every remaining character kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

BLANK = " \t\u3000\xa0\u200b\u200c\u200d\ufeff\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029\u2002\u2003"
"""What counts as white space around a paragraph; web pages indent with U+3000."""

_NEWLINE = re.compile(r"\r\n|\n|\r")
_BLOCK_TAG = re.compile(
    r"<(/?)(p|div|br|hr|h[1-6]|li|ul|ol|figure|figcaption|center|table|tbody|tr|td|section|blockquote)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_INLINE_TAG = re.compile(
    r"</?(?:strong|b|em|i|u|span|font|a|img|sup|sub|del|iframe|video|small)\b[^<>]*>",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])|<img\b[^<>]*>|\{\{<[^{}]*>\}\}", re.IGNORECASE
)
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")
_STRONG = re.compile(r"(?<!\*)\*\*(?!\*)|</?(?:strong|b)>", re.IGNORECASE)
_STRAY = re.compile(r"^\*\*|\*\*$|(?<=[:：])\s*\*\*|\*\*(?=\s*[:：])")
_TRIPLE = re.compile(r"(?<!\*)\*{3}([^*]+)\*{3}(?!\*)")
_EM = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]+)_(?!\w)")
_SPACE = re.compile(rf"(?:&nbsp;|[\s{re.escape(BLANK)}])+")
_SPACE_REVERSED = re.compile(rf"(?:;psbn&|[\s{re.escape(BLANK)}])+")
_HEADING = re.compile(r"#{1,6}(?=[\s*]|[^\s#\w])\s*|#{2,6}\s*")
_QUOTE = re.compile(r"(?:>\s*)+")
_UNDERLINE = re.compile(r"={3,}\s*")
_FENCE = re.compile(r"\s*(?:```|~~~).*")
_CODE = re.compile(r"(?: {4}|\t)[^\u3000-\u9fff\uff00-\uffef]*")
_LIST = re.compile(r"[*+]\s+(?=\S)|-\s+(?=\S)")


@dataclass(frozen=True)
class Paragraph:
    """A line of the page, or a part of one that stands in its own HTML block."""

    number: int
    text: str
    bold: bool = False
    lead: int = 0
    """How many characters at its start are bold, where the rest is not."""
    italic: bool = False
    heading: bool = False
    quote: bool = False
    caption: bool = False
    image: bool = False
    code: bool = False
    """It stands in a fenced block, or is indented as code and has no Chinese."""
    soft: bool = False
    """It follows the line before without an empty line between."""


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Every non-blank line of the page, in order."""
    found: list[Paragraph] = []
    tag, soft, fenced = "", False, False
    for number, line in enumerate(_NEWLINE.split(text), 1):
        if not line.strip():
            tag, soft = "", False
            continue
        if _FENCE.match(line) or fenced or _CODE.fullmatch(line):
            fenced ^= bool(_FENCE.match(line))
            found.append(Paragraph(number, _FENCE.sub("", line).strip(), code=True, soft=soft))
            soft = True
            continue
        if found and soft and _UNDERLINE.fullmatch(line):
            found[-1] = replace(found[-1], heading=True)
        pieces, tag = _blocks(line, tag)
        for piece, inside in pieces:
            found.append(_paragraph(number, piece, inside, soft))
            soft = True
    return tuple(found)


def _blocks(line: str, tag: str) -> tuple[list[tuple[str, str]], str]:
    """The parts of a line between HTML block tags, each with its tag, and the tag left open."""
    found, start = [], 0
    for match in _BLOCK_TAG.finditer(line):
        found.append((line[start : match.start()], tag))
        if match[2].lower() not in ("br", "hr"):
            tag = "" if match[1] else match[2].lower()
        start = match.end()
    found.append((line[start:], tag))
    return [piece for piece in found if piece[0].strip(BLANK)] or [("", tag)], tag


def _paragraph(number: int, piece: str, tag: str, soft: bool) -> Paragraph:
    raw = piece.strip().strip(BLANK)
    image = bool(_IMAGE.search(raw))
    raw = _IMAGE.sub("", raw).strip(BLANK)
    quote = tag == "blockquote"
    if match := _QUOTE.match(raw):
        quote, raw = True, raw[match.end() :]
    heading = bool(re.fullmatch(r"h[1-6]", tag))
    if match := _HEADING.match(raw):
        heading, raw = True, raw[match.end() :].rstrip("#" + BLANK)
    raw = _LIST.sub("", raw, count=1) if _LIST.match(raw) else raw
    words, bold, lead = _unbold(raw)
    words, italic = _plain(words)
    return Paragraph(
        number,
        words,
        bold=bold,
        lead=lead,
        italic=italic,
        heading=heading,
        quote=quote,
        caption=tag in ("figcaption", "center"),
        image=image,
        soft=soft,
    )


def _unbold(raw: str) -> tuple[str, bool, int]:
    """The text without bold marks, whether all of it was bold, and how much of its beginning."""
    raw = _TRIPLE.sub(r"**\1**", raw).replace("****", "")
    pieces = _STRONG.split(raw)
    if len(pieces) % 2 == 0:  # unbalanced: a mark inside a sentence may be a censored word
        return _STRAY.sub("", raw).strip(BLANK), raw.startswith("**"), 0
    plain = "".join(pieces[0::2]).strip(BLANK + ":：")
    lead = len(pieces[1].strip(BLANK)) if len(pieces) > 1 and not pieces[0].strip(BLANK) else 0
    return "".join(pieces), bool(lead) and not plain, lead if plain else 0


def _plain(raw: str) -> tuple[str, bool]:
    """The text without emphasis, strike-through, inline tags and escapes; was all of it italic?"""
    raw = raw.strip(BLANK)
    whole = _EM.fullmatch(raw) is not None or bool(re.match(r"<(em|i)>", raw, re.IGNORECASE))
    words = _EM.sub(lambda m: m[1] or m[2] or "", raw)
    words = _INLINE_TAG.sub("", words).replace("~~", "")
    return _trim(_ESCAPE.sub(r"\1", words)), whole


def _trim(words: str) -> str:
    """The text without white space around it, `&nbsp;` included; linear, however much there is."""
    start = _SPACE.match(words)
    words = words[start.end() :] if start else words
    end = _SPACE_REVERSED.match(words[::-1])
    return words[: len(words) - end.end()] if end else words
