"""A page as paragraphs: Markdown and HTML taken off, every remaining character kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

BLANK = " \t\u3000\xa0\u200b\u200c\u200d\ufeff\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029\u2002\u2003"
"""What counts as white space around a paragraph; web pages indent with U+3000."""

_NEWLINE = re.compile(r"\r\n|\n|\r")
_TAG = re.compile(
    r"<(/?)([a-z][a-z\d]*)(?:\s+[a-z][\w:.-]*(?:=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))?)*\s*/?>",
    re.IGNORECASE | re.ASCII,
)
_INLINE = frozenset("strong b em i u s span font a img sup sub del small code mark time".split())
"""Every other HTML tag begins a paragraph."""
_FLOWING = frozenset("p h1 h2 h3 h4 h5 h6 li dt dd figcaption blockquote".split())
"""Tags in which a line break is only a space."""
_IMAGE = re.compile(
    r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])|<img\b[^<>]*>|\{\{<[^{}]*>\}\}", re.IGNORECASE
)
_LINK = re.compile(
    r"\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\)|\[[^\[\]]{1,20}\])"
    r"|<a\b[^<>]*>((?:[^<]|<(?!/?a\b))*)</a>",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\[[#\w]+\]:\s*\S.*|\[?(?:https?://|www\.)[^\s\[\]]+\]?|[\w.+-]+@[\w.-]+\.\w+"
)
_BETWEEN = " *_\u3000。｜|·、,，"
_BESIDE_LINKS = re.compile(r"(?:[^\s:：]{1,8}[:：])?[\s*_　。｜|·、,，]*")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")
_STRONG = re.compile(r"(?<!\*)\*\*(?!\*)|</?(?:strong|b)>", re.IGNORECASE)
_STRAY = re.compile(r"^\*\*|\*\*$|(?<=[:：])\s*\*\*|\*\*(?=\s*[:：])")
_TRIPLE = re.compile(r"(?<!\*)\*{3}([^*]+)\*{3}(?!\*)")
_EM = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])|(?<!\w)_(?=\S)([^_\n]+)_(?!\w)")
_HIGHLIGHT = re.compile(r"==(?=[^\s=])([^=\n]*)==")
_SPACE = re.compile(rf"(?:&nbsp;|[\s{re.escape(BLANK)}])+")
_SPACE_REVERSED = re.compile(rf"(?:;psbn&|[\s{re.escape(BLANK)}])+")
_HEADING = re.compile(r"#{1,6}(?=[\s*]|[^\s#\w])\s*|#{2,6}\s*")
_QUOTE = re.compile(r"(?:>\s*)+")
_UNDERLINE = re.compile(r"={3,}\s*")
_FENCE = re.compile(r"\s*(?:```|~~~).*")
_CODE = re.compile(r"(?: {4}|\t)[^\u3000-\u9fff\uff00-\uffef]*")
_ORDERED = re.compile(r"\d{1,2}[.)、]\s*\S")
_LIST = re.compile(r"[*+]\s+(?=\S)|-\s+(?=\S)(?!.*\s-$)")


LINKS_MOST = 4_000
"""Looking for links in a longer paragraph could take time in proportion to its square."""


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
    link: bool = False
    """It holds links only and a label for them, or addresses only."""
    item: bool = False
    """It is an item of a list."""
    code: bool = False
    """It stands in a fenced block, or is indented as code and has no Chinese."""
    soft: bool = False
    """It follows the line before without an empty line between."""
    more: tuple[int, ...] = ()
    """Further lines of the page that belong to it, where HTML breaks a paragraph."""


@dataclass
class _Piece:
    """A part of the page between block tags, before its markup is taken off."""

    numbers: list[int]
    raw: str
    tag: str
    soft: bool
    code: bool = False


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """Every non-blank line of the page, in order."""
    found: list[Paragraph] = []
    for piece in _pieces(text):
        if found and piece.soft and _UNDERLINE.fullmatch(piece.raw):
            found[-1] = replace(found[-1], heading=True)
        found.append(_paragraph(piece))
    return tuple(found)


def _pieces(text: str) -> list[_Piece]:
    """The page's lines, those of one HTML paragraph together, those with several apart."""
    found: list[_Piece] = []
    tag, soft, fenced = "", False, False
    for number, line in enumerate(_NEWLINE.split(text), 1):
        if not line.strip():
            tag, soft = "", False
        elif _FENCE.match(line) or fenced or (not tag and _CODE.fullmatch(line)):
            fenced ^= bool(_FENCE.match(line))
            found.append(_Piece([number], _FENCE.sub("", line), "", soft, code=True))
            soft = True
        else:
            tag = _add_line(found, number, line, tag, soft)
            soft = True
    return list(_filled(found))


def _add_line(found: list[_Piece], number: int, line: str, tag: str, soft: bool) -> str:
    """The line's parts between block tags as pieces of their own; the tag left open."""
    pieces, after = _blocks(line, tag)
    if soft and tag in _FLOWING:
        (first, _), *pieces = pieces
        found[-1].raw = _joined(found[-1].raw, first)
        found[-1].numbers.append(number)
    for raw, inside in pieces:
        found.append(_Piece([number], raw, inside, soft))
        soft = True
    return after


def _joined(raw: str, more: str) -> str:
    """Two lines of a paragraph; only words of letters need the space between."""
    raw, more = raw.rstrip(), more.strip()
    return f"{raw} {more}" if re.match(r"\w\w", raw[-1:] + more[:1], re.ASCII) else raw + more


def _filled(pieces: list[_Piece]) -> Iterator[_Piece]:
    """The pieces with text, and of those without as many as the account of lines needs."""
    seen = {number for piece in pieces if piece.raw.strip(BLANK) for number in piece.numbers}
    for piece in pieces:
        if piece.raw.strip(BLANK) or piece.code or not seen.issuperset(piece.numbers):
            seen.update(piece.numbers)
            yield piece


def _blocks(line: str, tag: str) -> tuple[list[tuple[str, str]], str]:
    """The parts of a line between HTML block tags, each with its tag, and the tag left open."""
    found, start = [], 0
    for match in _TAG.finditer(line):
        name = match[2].lower()
        if name in _INLINE:
            continue
        found.append((line[start : match.start()], tag))
        within = tag == "blockquote" and name != tag
        if name not in ("br", "hr") and not within:
            tag = "" if match[1] else name
        start = match.end()
    return [*found, (line[start:], tag)], tag


def _paragraph(piece: _Piece) -> Paragraph:
    number, *more = piece.numbers
    if piece.code:
        return Paragraph(number, piece.raw.strip(), code=True, soft=piece.soft)
    raw = piece.raw.strip().strip(BLANK)
    image = bool(_IMAGE.search(raw))
    raw = _HIGHLIGHT.sub(r"\1", _IMAGE.sub("", raw)).strip(BLANK)
    quote = _QUOTE.match(raw)
    raw = raw[quote.end() :] if quote else raw
    heading = _HEADING.match(raw)
    raw = raw[heading.end() :].rstrip("#" + BLANK) if heading else raw
    item = _LIST.match(raw)
    raw = raw[item.end() :] if item else raw
    link = _is_link(raw)
    words, bold, lead = _unbold(_LINK.sub(lambda m: m[1] or m[2] or "", raw))
    words, italic = _plain(words)
    return Paragraph(
        number,
        words,
        bold=bold,
        lead=lead,
        italic=italic,
        heading=bool(heading or re.fullmatch(r"h[1-6]", piece.tag)),
        quote=bool(quote) or piece.tag == "blockquote",
        caption=piece.tag in ("figcaption", "center"),
        image=image,
        link=link,
        item=bool(item or piece.tag == "li" or _ORDERED.match(raw)),
        soft=piece.soft,
        more=tuple(more),
    )


def _is_link(raw: str) -> bool:
    """Whether nothing is left but a label when links and addresses are gone."""
    if len(raw) > LINKS_MOST or not (_LINK.search(raw) or _ADDRESS.search(raw)):
        return False
    bare = _TAG.sub("", _LINK.sub("", raw)).strip()
    return bool(_BESIDE_LINKS.fullmatch(bare) or not _ADDRESS.sub("", bare).strip(_BETWEEN))


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
    words = _TAG.sub(lambda m: "" if m[2].lower() in _INLINE else m[0], words).replace("~~", "")
    return _trim(_ESCAPE.sub(r"\1", words)), whole


def _trim(words: str) -> str:
    """The text without white space around it, `&nbsp;` included; linear, however much there is."""
    start = _SPACE.match(words)
    words = words[start.end() :] if start else words
    end = _SPACE_REVERSED.match(words[::-1])
    return words[: len(words) - end.end()] if end else words
