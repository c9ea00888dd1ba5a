"""The weeks of the ledger as a table, as a plot of characters, as a picture (SVG). Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from bot.ledger.looks import Page, padded, width
from bot.store import Week

_HEAD = ("一周", "问", "答", "结案", "结案用时")
_DAY = 24 * 60 * 60
_SHOWN = 26  # weeks of a plot: half a year


def table(page: Page, weeks: Sequence[Week]) -> Iterator[str]:
    """A row a week, and a bar of those that were asked, of which the full part was answered."""
    if not weeks:
        yield "还没有人问过。"
        return
    rows = [_row(week) for week in weeks[-_SHOWN:]]
    widths = [max(map(width, column)) for column in zip(_HEAD, *rows, strict=True)]
    room = max(10, page.width - sum(widths) - 2 * len(widths))
    most = max(1, *(week.asked for week in weeks[-_SHOWN:]))
    yield page.inked(_line(_HEAD, widths) + "  █ 答了 ░ 没答", "bold")
    for row, week in zip(rows, weeks[-_SHOWN:], strict=True):
        yield f"{_line(row, widths)}  {_bar(page, week, most, room)}"


def _row(week: Week) -> tuple[str, ...]:
    took = "–" if week.median is None else _took(week.median)
    return (_begins(week), str(week.asked), str(week.answered), str(week.closed), took)


def _begins(week: Week) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(week.begins))


def _took(seconds: float) -> str:
    return f"{seconds / _DAY:.1f} 天" if seconds >= _DAY else f"{seconds / 3600:.1f} 小时"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(padded(cell, room, to_the_right=True) for cell, room in pairs)


def _bar(page: Page, week: Week, most: int, room: int) -> str:
    asked = round(room * week.asked / most)
    answered = round(room * week.answered / most)
    return page.inked("█" * answered, "green") + page.inked("░" * (asked - answered), "dim")


def picture(weeks: Sequence[Week]) -> str:
    """An SVG: what was asked and answered as bars, what was closed as dots above."""
    shown = weeks[-_SHOWN:]
    most = max(1, *(max(week.asked, week.closed) for week in shown), 1)
    step, high = 28, 160
    wide = step * max(1, len(shown)) + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high + 60}" '
        'font-family="sans-serif" font-size="9">',
        f'<rect width="{wide}" height="{high + 60}" fill="#fff"/>',
        '<text x="30" y="12">每周：<tspan fill="#bbb">■</tspan> 问 '
        '<tspan fill="#2a7">■</tspan> 答 <tspan fill="#c50">●</tspan> 结案</text>',
        f'<text x="26" y="28" text-anchor="end">{most}</text>',
        f'<text x="26" y="{high + 24}" text-anchor="end">0</text>',
    ]
    for number, week in enumerate(shown):
        parts += _column(week, 32 + step * number, high / most, high + 24)
    return "\n".join((*parts, "</svg>")) + "\n"


def _column(week: Week, left: int, scale: float, floor: int) -> Iterator[str]:
    for count, colour in ((week.asked, "#bbb"), (week.answered, "#2a7")):
        tall = count * scale
        yield (
            f'<rect x="{left}" y="{floor - tall:.1f}" width="20" height="{tall:.1f}" '
            f'fill="{colour}"/>'
        )
    if week.closed:
        top = floor - week.closed * scale
        yield f'<circle cx="{left + 10}" cy="{top:.1f}" r="3" fill="#c50"/>'
    middle = left + 10
    yield (
        f'<text x="{middle}" y="{floor + 10}" text-anchor="end" '
        f'transform="rotate(-45 {middle} {floor + 10})">{_begins(week)[5:]}</text>'
    )
