"""Cases as lines for people: straight Chinese columns, colours where they are wanted. Pure.

Times are shown in the time zone of whoever reads.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.cases import State
from bot.interview import Exchange
from bot.render import label
from bot.respond import Answer, Choices, NotCovered, SmallTalk, Turn
from bot.store import Case, Change, Variant

Colour: TypeAlias = Literal["plain", "bold", "dim", "red", "green", "yellow", "cyan"]
_CODES: Mapping[Colour, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}
STATES: Mapping[State, str] = {"open": "开着", "taken": "接了", "closed": "结了", "aside": "搁置"}
_OF_STATES: Mapping[State, Colour] = {
    "open": "plain",
    "taken": "yellow",
    "closed": "green",
    "aside": "dim",
}
_INDENT = "      "


@dataclass(frozen=True, slots=True)
class Page:
    """What lines are written on: how wide it is, whether it takes colours, what time it is."""

    width: int
    colours: bool
    now: float

    def inked(self, text: str, colour: Colour) -> str:
        """The text in a colour, where there are any."""
        code = _CODES.get(colour)
        return f"\x1b[{code}m{text}\x1b[0m" if code and self.colours and text else text


def width(text: str) -> int:
    """How many columns a terminal needs for it: two for a Chinese character."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text on one line, without what could command a terminal, cut where it is too wide."""
    line = "".join(" " if unicodedata.category(c) == "Cc" else c for c in " ".join(text.split()))
    if width(line) <= columns:
        return line
    kept, used = "", 1
    for character in line:
        used += _columns(character)
        if used > columns:
            break
        kept += character
    return kept + "…"


def padded(text: str, columns: int, to_the_right: bool = False) -> str:
    """The text, filled up to so many columns."""
    room = " " * max(0, columns - width(text))
    return room + text if to_the_right else text + room


def day(at: float) -> str:
    """A date."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def listing(
    page: Page,
    totals: Mapping[State, int],
    cases: Sequence[tuple[Case, Turn | None]],
    more: bool,
) -> Iterator[str]:
    """The cases with what came nearest and what would be said now, below how many there are."""
    yield page.inked("，".join(f"{STATES[s]} {totals.get(s, 0)} 件" for s in STATES), "bold")
    if not cases:
        yield "没有要看的。"
    for case, turn in cases:
        yield ""
        yield from _entry(page, case, turn)
    if more:
        yield ""
        yield page.inked("还有更多：--most N 多看几件，show N 看一件。", "dim")


def _entry(page: Page, case: Case, turn: Turn | None) -> Iterator[str]:
    number = padded(f"#{case.id}", 5)
    asked = padded(f"{case.times} 次", 8, to_the_right=True)
    text = cut(case.text, page.width - 16)
    yield f"{page.inked(number, 'cyan')} {page.inked(asked, 'bold')}  {text}"
    yield _INDENT + page.inked(cut(counted(case), page.width - 6), "dim")
    if case.state != "open":
        yield _INDENT + page.inked(
            cut(standing(case), page.width - 6), _standing_colour(page, case)
        )
    if turn is not None:
        said, colour = now_said(turn)
        yield _INDENT + page.inked(cut(f"现在会说：{said}", page.width - 6), colour)
        if nearest := _nearest(turn):
            yield _INDENT + page.inked(cut(f"最接近的原话：{nearest}", page.width - 6), "dim")


def counted(case: Case) -> str:
    """How often, since when and in how many wordings it was asked."""
    parts = [f"{case.variants} 种问法", span(case.first, case.last)]
    if case.useless:
        parts.append(f"没用 {case.useless} 次")
    if case.again:
        parts.append(f"结了以后又问 {case.again} 次")
    if case.far:
        parts.append("离题")
    return " · ".join(parts)


def span(first: float, last: float) -> str:
    """From one day to another, or that day."""
    return day(first) if day(first) == day(last) else f"{day(first)} 到 {day(last)}"


def standing(case: Case) -> str:
    """In which state it is, and by whom."""
    change = Change(case.state, case.by, case.until, case.how, case.changed)
    return _told(change)


def _told(change: Change) -> str:
    by = f" {change.by}" if change.by else ""
    until = f"，说好 {day(change.until)} 以前" if change.until else ""
    how = f"：{change.how}" if change.how else ""
    return f"{STATES[change.state]}{by}（{day(change.at)}）{until}{how}"


def _standing_colour(page: Page, case: Case) -> Colour:
    late = case.state == "taken" and case.until is not None and case.until < page.now
    return "red" if late else _OF_STATES[case.state]


def now_said(turn: Turn) -> tuple[str, Colour]:
    """What somebody would get who asked it now, in a few words."""
    score = f"{turn.score:.2f}"
    match turn.reply:
        case Answer(exchange):
            return f"答 {label(exchange)}（{exchange.key}，{score}）", "green"
        case Choices(options):
            offered = "、".join(label(option.exchange) for option in options)
            return f"不确定，给选：{offered}（{score}）", "yellow"
        case NotCovered(nearest):
            key = f"{nearest.key}，" if nearest else ""
            near = f"最接近的是 {label(nearest)}" if nearest else "也没有相近的"
            return f"没有谈到，{near}（{key}{score}）", "red"
        case SmallTalk(kind):
            return f"寒暄（{kind}）", "dim"


def _nearest(turn: Turn) -> str:
    match turn.reply:
        case Answer(_, quote) | NotCovered(Exchange(), quote):
            return quote
    matches = turn.ranking.matches if isinstance(turn.reply, Choices) else ()
    return (matches[0].quote or "") if matches else ""


def whole(
    page: Page,
    case: Case,
    turn: Turn | None,
    variants: Sequence[Variant],
    history: Sequence[Change],
) -> Iterator[str]:
    """All that is known of a case."""
    yield from _entry(page, case, None)
    if turn is not None:
        yield from _heading(page, "现在会说")
        said, colour = now_said(turn)
        yield f"  {page.inked(said, colour)}"
        for match in turn.ranking.matches[:3]:
            yield f"  {match.score:.2f}  {label(match.exchange)}（{match.exchange.key}）"
            yield page.inked(f"        {cut(match.quote or '', page.width - 8)}", "dim")
    yield from _heading(page, f"问法（{case.variants}）")
    for variant in variants:
        yield from _wording(page, variant)
    if len(variants) < case.variants:
        yield page.inked(f"  …还有 {case.variants - len(variants)} 种；export 有全部", "dim")
    yield from _heading(page, "经过")
    for change in history:
        yield f"  {cut(_told(change), page.width - 2)}"


def _wording(page: Page, variant: Variant) -> Iterator[str]:
    times = padded(f"{variant.times} 次", 8, to_the_right=True)
    yield f"{page.inked(times, 'bold')}  {cut(variant.text, page.width - 10)}"
    near = f"{variant.nearest} {variant.score:.2f} {variant.quote}" if variant.nearest else "—"
    told = f"{span(variant.first, variant.last)} · {near}"
    yield f"{' ' * 10}{page.inked(cut(told, page.width - 10), 'dim')}"


def _heading(page: Page, text: str) -> Iterator[str]:
    yield ""
    yield page.inked(text, "bold")
