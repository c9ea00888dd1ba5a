"""A saved web page: its lines, and which of them are its main text.

trafilatura says which lines belong to the main text; the words themselves are read here, once, so
that no character of them depends on it and every line that is left out can be named.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import lxml.etree
import lxml.html
import trafilatura

from bot.intake import columns
from bot.intake.source import Source, Text
from bot.pages import NoPage

_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section "
    "summary table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset(
    "script style noscript template head iframe object svg math select textarea button input audio "
    "video canvas rt rp map".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
"""Not `visibility: hidden`: with it WeChat hides a whole article until its script has run."""
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|bolder|[6-9]00)", re.IGNORECASE)
_HEADING = re.compile(r"h([1-6])")
_WIDE = r"[\u2e80-\u9fff\u3000-\u303f\uff00-\uffef“”‘’…—]"
_MARK = "\x01"
"""Stands for `**` while a line is put together; no text that comes here has control characters."""
_WRAP = re.compile(rf"({_WIDE}{_MARK}*)[ \t\r\f]*\n[ \t\r\n\f]*(?={_MARK}*{_WIDE})")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LABELLED = re.compile(r"[^,，。?？!！]{0,12}[:：]\s*|")
"""What may stand before a link on a line of its own: 延伸阅读："""
_LINK = re.compile(r"\[([^\[\]]*)\]\(#\)")
_SITE = re.compile(r"_.*|\s*(?:[|｜丨]|\s[-–—]\s)[^|｜丨]{1,20}$")

SHORT = 8
"""Characters; shorter lines (首页, 打印) occur inside of others by chance."""
BYLINES_MOST = 8
"""Lines between a page's heading and its main text: date, source, editor, the abstract."""
LINES_MOST = 20_000
"""Lines of a page whose main text is looked for; a saved page has some hundreds."""


@dataclass
class _Line:
    """A line of the page as it is put together."""

    text: str
    heading: bool = False
    image: bool = False


_EMPTY = NoPage("网页里没有文字", "在浏览器里打开它,等文字出来了再另存一次")


def read(page: str) -> Source | NoPage:
    """The main text, then more and more of the page around it, as alternatives."""
    tree = _tree(page)
    if tree is None or isinstance(tree, NoPage):
        return tree or _EMPTY
    title = _title(tree)
    lines, left_out = _Reader(tree).read()
    if all(line.image for line in lines):
        return _EMPTY
    everything = range(len(lines))
    chosen = _main(tree, lines) if len(lines) <= LINES_MOST else []
    texts = [_text(lines, kept, title, left_out) for kept in (*chosen, everything)]
    return Source(tuple(dict.fromkeys(texts)))


def _tree(page: str) -> Any:
    """The page's tree; no network, no entities from elsewhere, nothing nested without end."""
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        # As bytes: lxml refuses text that declares an encoding.
        tree = lxml.html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        return NoPage("网页的标签一层套一层,套得太深", "在浏览器里打开它,把正文复制到 .txt 里")
    return tree


def _title(tree: Any) -> str:
    """The title that the browser shows, without the site's name behind it."""
    found = tree.find(".//title")
    words = " ".join((found.text or "").split()) if found is not None else ""
    return _SITE.sub("", words)


@dataclass
class _Reader:
    """Walks the tree without recursion and puts its lines together."""

    root: Any
    lines: list[_Line] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    words: list[tuple[str, bool]] = field(default_factory=list)
    """The pieces of the line so far, and whether each is bold."""
    around: list[tuple[str, bool]] = field(default_factory=list)
    """The open elements by their names, and whether each makes its words bold."""
    numbers: list[int] = field(default_factory=list)
    """The last number of each open list; 0 for one without numbers."""
    linked: str = ""
    """What of the line so far is a link."""
    slanted: str = ""
    """What of it is in italics."""

    def read(self) -> tuple[list[_Line], tuple[str, ...]]:
        walk = lxml.etree.iterwalk(self.root, events=("start", "end"))
        skipped = None
        for event, element in walk:
            if not isinstance(element.tag, str):
                self._tail(element, event)
            elif event == "start":
                if self._silent(element) or self._hidden(element) or self._table(element):
                    skipped = element
                    walk.skip_subtree()
                else:
                    self._open(element)
            elif element is skipped:
                self._tail(element, event)
            else:
                self._close(element)
                self._tail(element, event)
        self._flush()
        return self.lines, tuple(self.left_out)

    def _silent(self, element: Any) -> bool:
        return element.tag in _SILENT

    def _hidden(self, element: Any) -> bool:
        """Whether a browser does not show the element; what it says is then left out."""
        hidden = element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "")
        if hidden and element is not self.root:
            self.left_out += [
                f"网页上看不见: {line}" for line in _inner(element).split("\n") if line
            ]
        return bool(hidden) and element is not self.root

    def _table(self, element: Any) -> bool:
        """Whether the element is a table of speakers; its turns are then lines of the page."""
        if element.tag not in ("table", "dl") or element.find(".//table") is not None:
            return False
        rows = _pairs(element) if element.tag == "dl" else _rows(element)
        found = columns.turns(rows)
        if found is None:
            return False
        self._flush()
        self.lines += [_Line(line) for line in found.text.split("\n") if line]
        self.left_out += found.left_out
        return True

    def _open(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS or tag == "br":
            self._flush()
        if tag in ("ol", "ul"):
            self.numbers.append(_start(element) if tag == "ol" else 0)
        bold = tag in ("b", "strong", "dt", "th") or bool(_BOLD.search(element.get("style") or ""))
        self.around.append((tag, bold))
        if tag == "li" and self.numbers and self.numbers[-1]:
            self.words.append((f"{self.numbers[-1]}. ", False))
            self.numbers[-1] += 1
        if tag == "img":
            self.words.append(("\0", False))
        if tag == "q":
            self.words.append(("“", self._bold()))
        self._add(element.text)

    def _close(self, element: Any) -> None:
        if element.tag == "q":
            self.words.append(("”", self._bold()))
        if element.tag in _BLOCKS:
            self._flush()
        if element.tag in ("ol", "ul"):
            self.numbers.pop()
        self.around.pop()

    def _tail(self, element: Any, event: str) -> None:
        if event == "end" and element is not self.root:
            self._add(element.tail)

    def _bold(self) -> bool:
        return any(bold for _, bold in self.around)

    def _add(self, text: str | None) -> None:
        if not text:
            return
        if any(tag == "a" for tag, _ in self.around):
            self.linked += text
        if any(tag in ("em", "i") for tag, _ in self.around):
            self.slanted += text
        if any(tag == "pre" for tag, _ in self.around):
            first, *more = text.split("\n")
            self.words.append((first, self._bold()))
            for line in more:
                self._flush()
                self.words.append((line, self._bold()))
        else:
            self.words.append((text, self._bold()))

    def _flush(self) -> None:
        """The line is over."""
        tags = [tag for tag, _ in self.around]
        image = any(words == "\0" for words, _ in self.words)
        said = _set([(words, bold) for words, bold in self.words if words != "\0"])
        linked, slanted = " ".join(self.linked.split()), "".join(self.slanted.split())
        self.linked, self.slanted, self.words = "", "", []
        level = next((int(m[1]) for tag in reversed(tags) if (m := _HEADING.fullmatch(tag))), 0)
        if not said:
            self.lines += [_Line("![]()", image=True)] if image else []
        elif level:
            self.lines.append(_Line(f"{'#' * level} {said.replace('**', '')}", heading=True))
        elif "figcaption" in tags:
            self.lines.append(_Line(f"<figcaption>{said}</figcaption>"))
        elif "blockquote" in tags:
            self.lines.append(_Line(f"> {said}"))
        elif linked and _LABELLED.fullmatch(said.replace("**", "").replace(linked, "")):
            self.lines.append(_Line(said.replace("**", "").replace(linked, f"[{linked}](#)")))
        elif slanted == "".join(said.split()) and "*" not in said:
            self.lines.append(_Line(f"*{said}*"))
        else:
            self.lines.append(_Line(said))


def _set(pieces: Sequence[tuple[str, bool]]) -> str:
    """The pieces as one line; what is bold between `**`, spaces as a browser shows them."""
    runs: list[tuple[str, bool]] = []
    for words, bold in pieces:
        if runs and (runs[-1][1] == bold or not words.strip()):
            runs[-1] = (runs[-1][0] + words, runs[-1][1])
        else:
            runs.append((words, bold))
    marked = not any("*" in words for words, _ in runs)
    text = "".join(_marked(words) if bold and marked else words for words, bold in runs)
    text = _BLANKS.sub(" ", _WRAP.sub(r"\1", text))
    return text.replace(_MARK, "**").strip()


def _marked(words: str) -> str:
    """The words between two marks, the space around them outside."""
    inside = words.strip()
    start = words.find(inside)
    return (
        f"{words[:start]}{_MARK}{inside}{_MARK}{words[start + len(inside) :]}" if inside else words
    )


def _start(element: Any) -> int:
    """The number of the list's first item."""
    given = element.get("start") or ""
    return int(given) if given.isdecimal() and len(given) < 6 and int(given) else 1


def _rows(table: Any) -> list[list[str]]:
    return [[_inner(cell) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]


def _pairs(element: Any) -> list[list[str]]:
    """A list of terms as rows: the term, and what stands under it."""
    rows: list[list[str]] = []
    for child in element.iterchildren("dt", "dd"):
        if child.tag == "dt":
            rows.append([_inner(child), ""])
        elif rows:
            rows[-1][1] = "\n".join(filter(None, (rows[-1][1], _inner(child))))
    return rows


def _inner(element: Any) -> str:
    """An element's lines."""
    lines, _ = _Reader(element).read()
    return "\n".join(line.text for line in lines if not line.image)


# ── the main text ────────────────────────────────────────────────────────────────────────────────


def _main(tree: Any, lines: Sequence[_Line]) -> list[Sequence[int]]:
    """Which lines are the main text, and which lie between its first and its last."""
    main = _extracted(tree)
    whole = "\n".join(main)
    known = frozenset(main)
    bare = [_bare(line.text) for line in lines]
    sure = [at for at, words in enumerate(bare) if len(words) >= SHORT and words in whole]
    begins = next((at for at in sure if not lines[at].heading), None)
    if begins is None:
        return []
    head = _head(lines, begins)
    first, last = min(head, sure[0]), sure[-1]
    among = frozenset(sure)
    kept = [
        at
        for at in range(first, last + 1)
        if head <= at < begins or at in among or bare[at] in known or lines[at].image
    ]
    return [kept, range(first, last + 1)]


def _head(lines: Sequence[_Line], first: int) -> int:
    """Where the page begins: at the heading above the main text, if only bylines lie between."""
    for at in reversed(range(max(0, first - BYLINES_MOST - 1), first)):
        if lines[at].heading:
            return at
    return first


def _extracted(tree: Any) -> list[str]:
    """The lines of the main text, without white space; none where trafilatura gives up."""
    logger = logging.getLogger("trafilatura")
    level, logger.level = logger.level, logging.CRITICAL
    try:
        text = trafilatura.extract(tree, include_comments=False, favor_recall=True)
    except (RecursionError, ValueError, TypeError, AttributeError, lxml.etree.LxmlError):
        text = None
    finally:
        logger.level = level
    return [line for line in map(_bare, (text or "").split("\n")) if line]


def _bare(text: str) -> str:
    """A line without white space, marks of headings, lists and tables, and bold."""
    plain = _LINK.sub(r"\1", text)
    return re.sub(r"[\s*#>|]+|</?figcaption>|^(?:-|\d+\.)\s", "", plain)


def _text(lines: Sequence[_Line], kept: Sequence[int], title: str, left_out: Sequence[str]) -> Text:
    chosen = [lines[at].text for at in kept]
    if title and not any(lines[at].heading for at in kept):
        chosen.insert(0, f"# {title}")
    among = frozenset(kept)
    outside = [
        "正文以外: " + _LINK.sub(r"\1", line.text)
        for at, line in enumerate(lines)
        if at not in among and not line.image
    ]
    return Text("\n\n".join(chosen), (*left_out, *outside))
