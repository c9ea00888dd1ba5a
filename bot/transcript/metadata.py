"""Title, date, source and people, from the front matter and the lines around the title."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.transcript.cast import Cast
from bot.transcript.names import GENERIC
from bot.transcript.turns import Part, Turn

_WHEN = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?(?:\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)?"
)
_VALUE = (
    r"\s*[:：]\s*[《「【]?([^\s:：|｜，,。！!？?》」】\[\]（）()]{1,24})(?=[\s》」】\])）|｜/]|$)"
)
_FIELDS = (
    ("source", re.compile(rf"(?:来源|來源|稿源|文章来源|信息来源){_VALUE}")),
    ("editor", re.compile(rf"(?:责任编辑|責任編輯|责编|責編|编辑|編輯){_VALUE}")),
    ("host", re.compile(rf"(?:^|\s)(?:主\s*持\s*人|主\s*持){_VALUE}")),
    (
        "guest",
        re.compile(rf"(?:^|\s)(?:访谈|訪談)?(?:嘉\s*宾|嘉\s*賓|受访者|受訪者|受访人){_VALUE}"),
    ),
    (
        "site",
        re.compile(
            r"(?:当前位置|您所在的位置|您的位置|您现在的位置|您當前的位置|位置)\s*[:：]?\s*(?!首[页頁]|[:：])([^\s>＞»|/]{2,16})\s*[>＞»]"
        ),
    ),
)
FRONT_MOST = 60
"""A block of fields at the top has fewer lines."""
TITLE_MOST = 60
"""A first line longer than this is no title."""
HEADER_MOST = 160
"""A line with date, source and editor is shorter; a longer one mentions a date in passing."""
_FRONT = {"title": "title", "date": "published", "source": "source", "author": "author"}


def front_matter(parts: Sequence[Part]) -> tuple[dict[str, str], dict[int, str]]:
    """The fields of a YAML block at the top, and the field that each of its lines gives."""
    ends = (at for at, part in enumerate(parts[1:FRONT_MOST], 1) if _is_rule(part))
    end = next(ends, 0) if parts and _is_rule(parts[0]) else 0
    fields: dict[str, str] = {}
    lines = {part.number: "" for part in parts[: end + 1]} if end else {}
    for part in parts[1:end]:
        key, _, value = part.text.partition(":")
        name, value = _FRONT.get(key.strip()), value.strip(" \"'")
        if name and value:
            fields[name] = value
            lines[part.number] = name
    return {key: value for key, value in fields.items() if key != "author"}, lines


def _is_rule(part: Part) -> bool:
    return bool(re.fullmatch(r"-{3,}", part.text))


def header(before: Sequence[Part], titled: bool) -> tuple[dict[str, str], dict[int, str]]:
    """What the lines before the interview say about it, and which lines say it."""
    fields: dict[str, str] = {}
    lines: dict[int, str] = {}
    short = [part for part in before if len(part.text) <= HEADER_MOST]
    for part in short:
        for name, value in _stated(part).items():
            if name not in fields:
                fields[name] = value
                lines.setdefault(part.number, name)
    dated = next((part for part in short if _is_dated(part, lines)), None)
    if dated is not None and (date := _WHEN.search(dated.text)):
        fields["published"] = date[0].strip()
        lines[dated.number] = "published"
    title = None if titled else _title(before, dated)
    if title is not None:
        fields["title"] = title.text
        lines[title.number] = "title"
    return fields, lines


def _stated(part: Part) -> dict[str, str]:
    """The fields that a line names."""
    found = ((name, pattern.search(part.text)) for name, pattern in _FIELDS)
    return {name: match[1] for name, match in found if match}


def _is_dated(part: Part, lines: Mapping[int, str]) -> bool:
    """Whether a line gives the page's date: little else stands on it, or other fields do."""
    date = _WHEN.search(part.text)
    return date is not None and (len(date[0]) * 3 >= len(part.text) or part.number in lines)


def _title(before: Sequence[Part], dated: Part | None) -> Part | None:
    """The first heading; else the line above the date; else a first line short enough."""
    said = [part for part in before if part.sort is None and part.text]
    heading = next((part for part in said if part.paragraph.heading), None)
    return heading or _above(said, dated) or _short_line(said)


def _above(said: Sequence[Part], dated: Part | None) -> Part | None:
    number = dated.number if dated else 0
    above = [part for part in said if part.number < number]
    return above[-1] if above else None


def _short_line(said: Sequence[Part]) -> Part | None:
    first = next((part for part in said if not _WHEN.match(part.text)), None)
    return None if first is None or len(first.text) > TITLE_MOST or _stops(first.text) else first


def _stops(text: str) -> bool:
    return text.endswith(("。", ";", "；", ",", "，", ":", "："))


def people(cast: Cast, turns: Sequence[Turn]) -> dict[str, str]:
    """Host and guest as the page labels or introduces them; 答 and A name nobody."""
    found: dict[str, list[str]] = {"host": [], "guest": []}
    for turn in turns:
        name = cast.name(turn.key)
        nobody = not name or (turn.role == "guest" and name in GENERIC)
        if not nobody and name not in found[turn.role]:
            found[turn.role].append(name)
    return {role: "、".join(names) for role, names in found.items() if names}
