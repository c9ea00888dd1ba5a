"""Label candidates: what may name a speaker at the start of a turn, before anything is decided."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.transcript.page import BLANK

_SPACE = rf"[{re.escape(BLANK)}]"
_STAMP = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_DATE_STAMP = rf"\s*(?:\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?\s*)?{_STAMP}\s*"
_LEADING_STAMP = re.compile(
    rf"[\[（(【]?{_DATE_STAMP}[\]）)】]?\s+|[\[（(【]{_DATE_STAMP}[\]）)】]\s*"
)
_TRAILING_STAMP = re.compile(rf"\s*(?:[\[（(【]{_DATE_STAMP}[\]）)】]|\s{_DATE_STAMP})\s*$")
_BULLET = r"[◉●○■□◆◇▲△★☆•⚫►▶·\-–—>]*\s*"
_WORD = r"[^\s:：，,。？?！!；;…|｜\[\]【】（）()\"]"
_ASIDE = r"[（(][^（）()]{1,30}[）)]"
_NAME = rf"{_WORD}{{1,16}}(?:{_SPACE}+{_WORD}{{1,12}}){{0,3}}"
_COLON = re.compile(
    rf"{_BULLET}(?P<name>{_NAME}){_SPACE}*(?P<aside>{_ASIDE})?(?P<rest>{_WORD}{{0,4}})"
    rf"{_SPACE}*(?P<sep>[:：﹕∶︰])(?!//|{_SPACE}*<?https?:){_SPACE}*"
)
_BRACKET = re.compile(
    rf"{_BULLET}(?:【(?P<name>[^【】:：]{{1,20}})】|\[(?P<square>[^\[\]:：]{{1,20}})\](?!\()|"
    rf"［(?P<wide>[^［］:：]{{1,20}})］|〔(?P<shell>[^〔〕:：]{{1,20}})〕)"
    rf"{_SPACE}*(?:\[{_STAMP}\])?{_SPACE}*(?P<sep>[:：])?{_SPACE}*"
)
_NUMBERED = re.compile(
    rf"{_BULLET}(?P<name>Q|A|Ｑ|Ａ|问|問|答){_SPACE}*(?P<number>\d{{0,3}}(?:-[\w-]{{1,12}})?){_SPACE}*"
    rf"(?:[:：.．、|｜]|(?<=\d){_SPACE}){_SPACE}*"
)
_SPACED = re.compile(rf"(?P<name>Q|A|问|問|答){_SPACE}+(?=\S)")
_BAR = re.compile(rf"{_BULLET}(?P<name>{_WORD}{{1,12}}){_SPACE}*[|｜丨]{_SPACE}*(?=\S)")
_INLINE = re.compile(
    rf"(?<=[。．！!？?…”」』）)\]】])\s*(?={_WORD}{{1,16}}{_SPACE}*[:：])|(?<!\s)\s+(?={_WORD}{{1,16}}{_SPACE}*[:：])"
    rf"|(?<=[。！!？?…”」』）)])\s*(?=(?:【[^【】]{{1,12}}】|\[[^\[\]:：]{{1,12}}\])(?!\())|(?=【[^【】]{{1,12}}】[:：])"
)
_NEVER = re.compile(
    r"[\d:：.\-/年月日时時分点點\s]+|[!-~]*@[!-~]*|[第其][一二三四五六七八九十\d]+.?"
)
"""Times, signs, addresses and 第一: these are nobody's name, however often they recur."""
_SPOKEN_OF = re.compile(r"[我你他她它这這那].+|.+[说說道]")
"""他说 begins a sentence about somebody."""
_PAIRS = ("“”", "「」", "《》", "『』", "‘’")
_QUOTES = str.maketrans("", "", "《》「」『』“”\"'‘’<>〈〉*")

TAIL_MOST = 60
LABEL_MOST = 80
"""No label with its office, brackets and time is longer; looking no further keeps a page linear."""
BARE_MOST = 20
"""A label alone on its line."""


@dataclass(frozen=True)
class Label:
    """A possible label at the start of a paragraph."""

    key: str
    """What two labels of one speaker have in common: 记者, 問, 世界周报."""
    shown: str
    """The label as it stands, without colon and brackets."""
    end: int
    """Where the speech begins."""
    form: str = "colon"
    """"colon", "bracket" or "space" without one, "bare": its own line, "stamp": one with a time."""
    aside: str = ""
    """What stands in brackets behind the name: (以下简称王), (教授)."""


def label_of(text: str) -> Label | None:
    """The label that the paragraph seems to begin with."""
    text = text[:LABEL_MOST]
    start = match.end() if (match := _LEADING_STAMP.match(text)) else 0
    for pattern in (_NUMBERED, _BRACKET, _COLON, _BAR):
        if match := pattern.match(text, start):
            colon = pattern is not _BRACKET or match["sep"] is not None
            found = _label(match, "colon" if colon else "bracket")
            if found is not None:
                return found
    match = _SPACED.match(text, start)
    return _label(match, "space") if match else None


def _label(match: re.Match[str], form: str) -> Label | None:
    groups = match.groupdict()
    shown = next(groups[g] for g in ("name", "square", "wide", "shell") if groups.get(g))
    shown += groups.get("rest") or ""
    key = key_of(shown)
    if not _may_name(key, shown):
        return None
    return Label(key, shown.strip(BLANK), match.end(), form, (groups.get("aside") or "")[1:-1])


def key_of(shown: str) -> str:
    """The label without brackets, quotes, spaces, and the number of a numbered question."""
    key = re.sub(r"[（(].*|\s+", "", shown).translate(_QUOTES).strip("@＠·•-—")
    key = key.replace("Ｑ", "Q").replace("Ａ", "A")
    return re.sub(r"^(Q|A|问|問|答)\d+.*$", r"\1", key)


def _may_name(key: str, shown: str) -> bool:
    balanced = all(shown.count(pair[0]) == shown.count(pair[1]) for pair in _PAIRS)
    return bool(key) and balanced and not (_NEVER.fullmatch(key) or _SPOKEN_OF.fullmatch(key))


def bare_label(text: str) -> Label | None:
    """The label that a whole line may be, with or without colon, date and time."""
    if len(text) > LABEL_MOST // 2:
        return None
    unstamped = _TRAILING_STAMP.sub("", text)
    bare = unstamped.rstrip(":：" + BLANK).strip("【】[]")
    fits = 0 < len(bare) <= BARE_MOST and re.fullmatch(rf"{_NAME}(?:{_ASIDE})?", bare)
    if not fits or "/" in bare or _SPACED.match(bare) or not _may_name(key_of(bare), bare):
        return None
    form = "colon" if text[-1] in ":：" else "bare" if unstamped == text else "stamp"
    return Label(key_of(bare), bare, len(text), form)


def without_stamp(text: str) -> str:
    """The speech without the time that some sites print behind it."""
    return text[:-TAIL_MOST] + _TRAILING_STAMP.sub("", text[-TAIL_MOST:])


def inline_starts(text: str) -> tuple[int, ...]:
    """Where, inside a paragraph, further turns may begin: behind a sentence or a space."""
    return tuple(match.end() for match in _INLINE.finditer(text) if match.end() > 0)
