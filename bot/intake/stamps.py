"""Recorders, meetings and chats: who spoke and when stands on a line above what was said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.intake.source import Text
from bot.pages import NoPage

_WEEKDAY = r"(?:星期|周)[一二三四五六日天]"
_DAY = (
    r"(?:\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    rf"|\d{{1,2}}[-/]\d{{1,2}}(?=\s)|\d{{1,2}}月\d{{1,2}}日|今天|昨天|前天|{_WEEKDAY})"
)
_HALF = r"(?:上午|下午|晚上|凌晨|中午|早上|傍晚|[AaPp]\.?[Mm]\.?)"
_CLOCK = r"\d{1,3}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,3})?"
_WHEN = (
    rf"(?:{_DAY}\s*[,，]?\s*(?:{_WEEKDAY}\s*)?)?(?:{_HALF}\s*)?{_CLOCK}(?:\s*{_HALF})?"
    rf"(?:\s*(?:[-–—~～→至到]|-->)+\s*{_CLOCK})?"
)
_BOXED = rf"(?P<when>[\[【（(]\s*{_WHEN}\s*[\]】）)]|{_WHEN})"
_STOPS = r":：，,。？?！!；;…|“”\"「」<>\[\]【】"
_NAME = rf"(?P<name>[^\s\d\-–—*#{_STOPS}][^\n{_STOPS}]{{0,29}}?)(?:\s*<[^<>\s]+@[^<>\s]+>)?"
_TO = r"(?:\s+(?:to|收件人)\s+[^:：\n]{1,30})?"
_COLON = r"\s*(?P<colon>[:：]|$)\s*"
_STAMP = re.compile(rf"\s*{_BOXED}\s*")
_AT = re.compile(rf"[\[【（(]?{_CLOCK}[\]】）)]?\s*")
_BEHIND = re.compile(rf"\s*{_NAME}\s*[,，]?\s*{_BOXED}\s*(?P<colon>[:：]?)\s*")
_BEFORE = re.compile(rf"\s*{_BOXED}\s*(?:[-–—]\s*)?(?:From\s+|来自\s*)?{_NAME}{_TO}{_COLON}")
_BARE = re.compile(rf"\s*{_NAME}{_COLON}")
_SAYS = re.compile(rf"[*#>]|[^\s{_STOPS}]{{1,12}}\s*(?:(?<!\d)[:：]|[:：](?!\d))")
_SET = re.compile(r"\*\*|^#{1,6}\s+")
_RULE = re.compile(r"(?:[-—]\s*){5,}")
_DATE_RULE = re.compile(rf"[\s—–\-=_─]*{_DAY}(?:\s*{_WEEKDAY})?[\s—–\-=_─]*")
_THINGS = (
    "图片|照片|表情|动画表情|语音|视频|文件|链接|位置|地图|红包|转账|聊天记录|名片|小程序|贴纸|"
    "Photo|Sticker|Video|Voice message|File|Media omitted|image omitted|In reply to"
)
_ATTACHED = re.compile(
    rf"[\[【<]\s*(?:{_THINGS})[^\[\]【】<>]{{0,40}}[\]】>]\s*[\d:：'\"″秒]*|.{{0,20}}撤回了一条消息"
    r"|.{1,20}(?:加入了?|退出了?|离开了?)(?:群聊|会议)。?"
)
_NUMBER = re.compile(r"\s*[（(]\d{5,12}[）)]\s*$")

TURNS_LEAST = 4
"""Stamped turns of a page that is taken for a recording; timelines and bylines have up to 3."""
RECURRING_LEAST = 0.7
"""Of a recording's turns as many belong to someone who speaks again; of a timeline's entries 0."""
HEAD_MOST = 120
"""Characters of a line in which name and time are looked for; 2024/5/1 下午 10:03:22 has 20."""


@dataclass(frozen=True)
class _Line:
    """A line that is not blank, and which of the file's it is."""

    number: int
    text: str

    @property
    def plain(self) -> str:
        """The line without the marks of bold and headings, in which documents set names."""
        return _SET.sub("", self.text)

    @property
    def head(self) -> str:
        return self.plain[:HEAD_MOST]


@dataclass(frozen=True)
class _Head:
    """Who begins to speak and when, how many lines say so, and what on them is speech already."""

    name: str
    when: str
    lines: int = 1
    words: str = ""


def read(text: str) -> Text | NoPage | None:
    """The text with `名：话` for every stamped turn; None where it is no such page.

    Every line keeps its number: where a name and a time stood alone, there is a blank one.
    """
    lines = _lines(text)
    heads = max((_heads(lines, form) for form in _FORMS), key=_recurring)
    if len(heads) < TURNS_LEAST or _recurring(heads) < RECURRING_LEAST * len(heads):
        return _nobody(lines)
    left_out: list[str] = []
    said = [""] * (text.count("\n") + 1)
    for number, words in _said(lines, heads, left_out):
        said[number] = words
    whens = [head.when for head in heads.values()]
    counted = f"时间: {len(whens)} 处, {whens[0]} 到 {whens[-1]}"
    return Text("\n".join(said), (counted, *left_out))


def _lines(text: str) -> list[_Line]:
    lines = enumerate(map(str.strip, text.split("\n")))
    return [_Line(number, line) for number, line in lines if line]


# ── who speaks when: the forms ───────────────────────────────────────────────────────────────────

Form = Callable[[_Line, _Line | None], _Head | None]


def _heads(lines: Sequence[_Line], form: Form) -> dict[int, _Head]:
    """The heads of one form, by line."""
    after = [*lines[1:], None]
    pairs = enumerate(zip(lines, after, strict=True))
    return {at: head for at, pair in pairs if (head := form(*pair)) and head.name}


def _recurring(heads: Mapping[int, _Head]) -> int:
    """How many of the heads name somebody who has another one."""
    names = Counter(head.name for head in heads.values())
    return sum(count for count in names.values() if count > 1)


def _named_first(line: _Line, _: _Line | None) -> _Head | None:
    """`说话人 1  00:03`, and `张三(00:00:03): 话`."""
    match = _BEHIND.match(line.head)
    if not match or not (match["colon"] or match.end() == len(line.plain)):
        return None
    return _Head(_name(match["name"]), match["when"], words=line.plain[match.end() :])


def _run_in(line: _Line, _: _Line | None) -> _Head | None:
    """`说话人 1 00:03 话`, without a colon."""
    match = _BEHIND.match(line.head)
    return match and _Head(_name(match["name"]), match["when"], words=line.plain[match.end() :])


def _stamped_first(line: _Line, _: _Line | None) -> _Head | None:
    """`00:03 说话人 1`, and `[2024/5/1 10:03] 张三: 话`."""
    match = _BEFORE.match(line.head)
    if not match or not (match["colon"] or match.end() == len(line.plain)):
        return None
    return _Head(_name(match["name"]), match["when"], words=line.plain[match.end() :])


def _name_over_stamp(line: _Line, after: _Line | None) -> _Head | None:
    """A name on one line and the time alone on the next."""
    match = _BARE.fullmatch(line.head)
    if not match or not after or not _STAMP.fullmatch(after.head):
        return None
    return _Head(_name(match["name"]), after.text, lines=2)


def _stamp_over_name(line: _Line, after: _Line | None) -> _Head | None:
    """The time alone on one line; on the next the name, and what is said or not."""
    if not after or not _STAMP.fullmatch(line.head):
        return None
    match = _BARE.match(after.head)
    if not match or not (match["colon"] or match.end() == len(after.plain)):
        return None
    return _Head(_name(match["name"]), line.text, lines=2, words=after.plain[match.end() :])


_FORMS: tuple[Form, ...] = (
    _named_first, _stamped_first, _name_over_stamp, _stamp_over_name, _run_in,
)  # fmt: skip


def _name(shown: str) -> str:
    """The name without a number or address behind it; "" for a time of day."""
    name = re.sub(r"\s+", " ", _NUMBER.sub("", shown)).strip(" ,，-–—")
    return "" if re.fullmatch(f"{_HALF}|{_DAY}", name) else name


# ── the turns ────────────────────────────────────────────────────────────────────────────────────


def _said(
    lines: Sequence[_Line], heads: Mapping[int, _Head], left_out: list[str]
) -> Iterator[tuple[int, str]]:
    """What is said on each line, with a label where a turn begins; the rest is left out."""
    begun = min(heads)
    skipped, label = 0, ""
    for at, line in enumerate(lines):
        if at < skipped:
            continue
        number, words, head = line.number, line.text, heads.get(at)
        if head:
            label, words, skipped = f"{head.name}：", head.words, at + head.lines
            number = lines[skipped - 1].number
        if at >= begun and _outside(words, lines[at + 1 : at + 2]):
            left_out.append(f"聊天以外: {words}")
        elif words:
            yield number, label + words
            label = ""


def _outside(words: str, after: Sequence[_Line]) -> bool:
    """Whether a line of a chat is nobody's words: a date, a picture, a message quoted above."""
    if len(words) > HEAD_MOST:
        return False
    quoted = words[:1] in ("「", "“") and any(_RULE.fullmatch(line.head) for line in after)
    return quoted or any(sort.fullmatch(words) for sort in (_RULE, _ATTACHED, _DATE_RULE))


def _nobody(lines: Sequence[_Line]) -> NoPage | None:
    """A recording whose paragraphs bear times and no names, in words; None where it is none."""
    stamps = sum(_AT.match(line.head) is not None for line in lines)
    labels = any(_SAYS.match(_AT.sub("", line.text[:HEAD_MOST])) for line in lines)
    if stamps < TURNS_LEAST or stamps * 3 < len(lines) or labels:
        return None
    return NoPage(
        "录音稿里只有时间,没有标出谁在说话,--host 和 --guest 也帮不上",
        "在每个人开口的那一段前面写上名字(如“记者：”),或让录音软件区分说话人后再导出",
    )
