"""A lesson's two lines: the phrase in the phrases file, the expectation in the question file.

Each stands where a person would look for it; whatever people wrote stays as it is, order, comments
and line ends included. What cannot be put there line by line goes to the end, where `suggest`
writes. Doing it again changes nothing, so that whoever was killed in between does it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bot.interview import Fact, Interview, Origin, Phrase
from bot.knowledge import PHRASES, QUESTIONS, Authored, files, read_interview
from bot.suggest import writing
from bot.suggest.writing import Unwritable
from bot.teaching.lesson import Lesson, completed
from bot.yaml_text import (
    Document,
    Fault,
    Node,
    document,
    items,
    pairs,
    put,
    said,
    taken,
    value,
)

__all__ = ["Unwritable", "noted", "teach", "unteach"]

_ALONE = threading.Lock()
"""Two curators' lessons in one process; what somebody else writes meanwhile is read anew."""


def teach(folder: Path, lesson: Lesson, note: str = "") -> bool:
    """Write the lesson into its interview's files, with a note as a comment; whether the phrase is
    new. False if the exchange, or the declines, have it: then only what is missing is written.

    Raises Unwritable, and then nothing is written, or the phrase alone.
    """
    place = _place(folder, lesson)
    lesson = completed(lesson, place.interview)
    # Both are tried before either is written.
    _with_expectation(writing.text_of(place.questions), place.questions, lesson, note)
    is_new = edit(place.phrases, lambda text: _with_phrase(text, place.phrases, lesson, note))
    edit(place.questions, lambda text: _with_expectation(text, place.questions, lesson, note))
    return is_new


def unteach(folder: Path, lesson: Lesson, note: str = "") -> bool:
    """Take the lesson's lines out of its interview's files again; whether the phrase was there.

    A line that somebody has changed stays, and so does, where a note is given, one that lacks it.
    Raises Unwritable.
    """
    place = _place(folder, lesson)
    lesson = completed(lesson, place.interview)
    edit(place.questions, lambda text: _without_expectation(text, place.questions, lesson, note))
    return edit(place.phrases, lambda text: _without_phrase(text, place.phrases, lesson, note))


def noted(folder: Path, note: str) -> tuple[Lesson, ...]:
    """The lessons whose phrases stand in the folder with this note. Raises Unwritable."""
    found: list[Lesson] = []
    for path in _listed(folder):
        if path.name.endswith(PHRASES):
            page = _opened(writing.text_of(path), path)
            name = said(value(page.root, "interview"))
            found += (
                Lesson(name, spot.exchange, spot.quote, spot.text)
                for spot in _spots(page)
                if _bears(page, spot.node, note)
            )
    return tuple(found)


# ── files ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Place:
    """An interview and the two files beside its own."""

    interview: Interview
    phrases: Path
    questions: Path


def _place(folder: Path, lesson: Lesson) -> _Place:
    for path in _listed(folder):
        if not path.name.endswith(PHRASES):
            interview, _ = read_interview(path)
            if interview and interview.id == lesson.interview:
                names = (path.with_name(path.stem + end) for end in (PHRASES, QUESTIONS))
                return _Place(interview, *names)
    raise Unwritable(f"{folder}: 没有 id 为“{lesson.interview}”的访谈。")


def _listed(folder: Path) -> Sequence[Path]:
    try:
        return [path for path in files(folder) if path.suffix == ".yaml"]
    except (OSError, ValueError) as error:
        raise Unwritable(f"{folder}: 读不了({error})。") from None


def _opened(text: str, path: Path) -> Document:
    found = document(text, str(path))
    if isinstance(found, Fault):
        raise Unwritable(f"{found}。")
    return found


def edit(path: Path, change: Callable[[str], str]) -> bool:
    """Change a file's text; whether there was anything to change. What somebody else has written
    meanwhile is changed, not overwritten."""
    with _ALONE:
        while True:
            old = writing.text_of(path)
            new = change(old)
            if new == old:
                return False
            if writing.text_of(path) == old:
                _write(path, new)
                return True


def _write(path: Path, text: str) -> None:
    if text.strip("\ufeff \r\n"):
        writing.replace(path, text)
    else:  # the last line of a file that we made
        path.unlink()


# ── the phrases file ─────────────────────────────────────────────────────────────────────────────

_Step: TypeAlias = tuple[Node, Node, str]
"""What holds something, what is held, and a name in the first that says nothing by itself."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A phrase in a file: whose it is, the passage that it is for, and the way to its line."""

    exchange: str | None
    quote: str
    text: str
    node: Node
    way: tuple[_Step, ...]


def _spots(page: Document) -> Iterator[_Spot]:
    """Every phrase of a phrases file."""
    for exchange, quote, phrases, way in _lists(page.root):
        for node in items(phrases):
            yield _Spot(exchange, quote, said(node), node, (*way, (phrases, node, "")))


_List: TypeAlias = tuple[str | None, str, Node, tuple[_Step, ...]]


def _lists(root: Node | None) -> Iterator[_List]:
    if root is None:
        return
    if groups := value(root, "exchanges"):
        for name, group in pairs(groups):
            yield from _in_group(group, name, ((root, groups, ""), (groups, group, "")), "")
    if declines := value(root, "declines"):
        yield None, "", declines, ((root, declines, ""),)
    if suggested := value(root, "suggested"):
        for group in items(suggested):
            way = ((root, suggested, ""), (suggested, group, ""))
            yield from _in_group(group, said(value(group, "exchange")), way, "exchange")
            if declines := value(group, "declines"):
                yield None, "", declines, (*way, (group, declines, "exchange"))


def _in_group(group: Node, exchange: str, way: tuple[_Step, ...], idle: str) -> Iterator[_List]:
    if asks := value(group, "asks"):
        yield exchange, "", asks, (*way, (group, asks, idle))
    if facts := value(group, "facts"):
        for fact in items(facts):
            if asks := value(fact, "asks"):
                quote = said(value(fact, "quote"))
                there = ((group, facts, idle), (facts, fact, ""), (fact, asks, "quote"))
                yield exchange, quote, asks, (*way, *there)


def _with_phrase(text: str, path: Path, lesson: Lesson, note: str) -> str:
    page = _opened(text, path)
    if page.root is None:
        lead = "" if not text or text.endswith("\n") else "\n"
        text = f"{text}{lead}interview: {lesson.interview}\n"
        page = _opened(text, path)
    if (name := said(value(page.root, "interview"))) != lesson.interview:
        raise Unwritable(f"{path}: 这是访谈“{name}”的问法,没有动它; 给它改个名字。")
    if any(s.exchange == lesson.exchange and s.text == lesson.text for s in _spots(page)):
        return text
    into, entry = _target(page.root, lesson)
    return put(page, into, entry, note) or _at_the_end(text, path, lesson, note)


def _target(root: Node | None, lesson: Lesson) -> tuple[Node | None, object]:
    """What of the file gets the phrase, and with what around it that is not there yet."""
    if lesson.exchange is None:
        return _listed_in(root, "declines", lesson.text)
    fact = {"quote": lesson.quote, "asks": [lesson.text]}
    group = {"facts": [fact]} if lesson.quote else {"asks": [lesson.text]}
    if (groups := value(root, "exchanges")) is None:
        return root, {"exchanges": {lesson.exchange: group}}
    if (mine := value(groups, lesson.exchange)) is None:
        return groups, {lesson.exchange: group}
    if not lesson.quote:
        return _listed_in(mine, "asks", lesson.text)
    for there in items(value(mine, "facts")):
        if said(value(there, "quote")) == lesson.quote:
            return _listed_in(there, "asks", lesson.text)
    return _listed_in(mine, "facts", fact)


def _listed_in(holder: Node | None, name: str, entry: object) -> tuple[Node | None, object]:
    """The list of that name and the entry, or the holder and a list of one."""
    found = value(holder, name)
    return (holder, {name: [entry]}) if found is None else (found, entry)


def _at_the_end(text: str, path: Path, lesson: Lesson, note: str) -> str:
    where = Origin(str(path), 1)
    phrase = Phrase(lesson.text, where)
    if lesson.exchange is None:
        return writing.grown(path, text, lesson.interview, None, [phrase], note)
    facts = (Fact((phrase,), lesson.quote, where),) if lesson.quote else ()
    asks = () if lesson.quote else (phrase,)
    group = Authored(lesson.exchange, where, asks=asks, facts=facts)
    return writing.grown(path, text, lesson.interview, group, (), note)


def _without_phrase(text: str, path: Path, lesson: Lesson, note: str) -> str:
    page = _opened(text, path)
    if said(value(page.root, "interview")) != lesson.interview:
        return text
    for spot in _spots(page):
        found = Lesson(lesson.interview, spot.exchange, spot.quote, spot.text)
        if found == lesson and _bears(page, spot.node, note):
            without = taken(page, *_largest(spot.way))
            return text if without is None else without
    return text


def _largest(way: Sequence[_Step]) -> tuple[Node, Node]:
    """What goes along with a phrase, because it would hold nothing without it; and its holder."""
    at = len(way) - 1
    while at > 0 and _holds_nothing_else(*way[at]):
        at -= 1
    return way[at][:2]


def _holds_nothing_else(holder: Node, held: Node, idle: str) -> bool:
    if named := pairs(holder):
        return all(name == idle or node is held for name, node in named)
    return len(items(holder)) == 1


def _bears(page: Document, node: Node, note: str) -> bool:
    return not note or page.last_line(node).endswith(f"# {note}")


# ── the question file ────────────────────────────────────────────────────────────────────────────


def _expectation(lesson: Lesson) -> dict[str, object]:
    """What `eval` is to expect of the wording from now on."""
    kept: dict[str, object] = {"q": lesson.text, "kind": "taught"}
    kept["target"] = lesson.target or "none"
    return kept | ({"contains": [lesson.quote]} if lesson.quote else {})


def _with_expectation(text: str, path: Path, lesson: Lesson, note: str) -> str:
    page = _opened(text, path)
    expected = _expectation(lesson)
    for entry in items(page.root):
        if all(said(value(entry, name)) == expected[name] for name in ("q", "target")):
            return text
    is_list = page.root is None or bool(items(page.root))
    new = put(page, page.root, expected, note) if is_list else None
    if new is None:
        raise Unwritable(f"{path}: 写法没法续写; 写成列表,逐项以“- ”开头。")
    return new


def _without_expectation(text: str, path: Path, lesson: Lesson, note: str) -> str:
    page = _opened(text, path)
    for entry in items(page.root):
        if page.root and _plain(entry) == _expectation(lesson) and _bears(page, entry, note):
            without = taken(page, page.root, entry)
            return text if without is None else without
    return text


def _plain(entry: Node) -> dict[str, object]:
    return {n: [*map(said, items(node))] or said(node) for n, node in pairs(entry)}
