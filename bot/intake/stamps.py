"""Recorders, meetings and chats: who spoke and when stands on a line above what was said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.source import Text
from bot.pages import NoPage

_DAY = (
    r"(?:\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}月\d{1,2}日|今天|昨天|前天|(?:星期|周)[一二三四五六日天])"
)
_HALF = r"(?:上午|下午|晚上|凌晨|中午|早上|傍晚|[AaPp]\.?[Mm]\.?)"
_CLOCK = r"\d{1,3}[:：]\d{2}(?:[:：]\d{2})?(?:[.,]\d{1,3})?"
_WHEN = (
    rf"(?:{_DAY}\s*[,，]?\s*(?:(?:星期|周)[一二三四五六日天]\s*)?)?(?:{_HALF}\s*)?{_CLOCK}(?:\s*{_HALF})?"
    rf"(?:\s*(?:[-–—~～→至到]|-->)+\s*{_CLOCK})?"
)
_BOXED = rf"(?:[\[【（(]\s*{_WHEN}\s*[\]】）)]|{_WHEN})"
_NAME = r"[^\s:：，,。？?！!；;…|“”\"「」<>\[\]【】\d\-–—*#][^\n:：，,。？?！!；;…|“”\"「」<>\[\]【】]{0,29}?"
_AHEAD = r"(?:From\s+|来自\s*)?"
_TO = r"(?:\s+(?:to|收件人)\s+[^:：\n]{1,30})?"
_STAMP = re.compile(rf"\s*{_BOXED}\s*")
_BEHIND = re.compile(rf"\s*(?P<name>{_NAME})\s*[,，]?\s*(?P<when>{_BOXED})\s*(?P<colon>[:：]?)\s*")
_BEFORE = re.compile(
    rf"\s*(?P<when>{_BOXED})\s*(?:[-–—]\s*)?{_AHEAD}(?P<name>{_NAME}){_TO}\s*(?P<colon>[:：]|$)\s*"
)
_BARE = re.compile(rf"\s*(?P<name>{_NAME})\s*[:：]?\s*")
_DATE_RULE = re.compile(rf"[\s—–\-=_─]*{_DAY}(?:\s*(?:星期|周)[一二三四五六日天])?[\s—–\-=_─]*")
_ATTACHED = re.compile(
    r"\s*(?:[\[【<](?:图片|照片|表情|动画表情|语音|视频|文件|链接|位置|地图|红包|转账|聊天记录|名片|小程序|贴纸|Photo|Sticker|"
    r"Video|Voice message|File|Media omitted|image omitted)[^\[\]【】<>]{0,20}[\]】>]|.{0,20}撤回了一条消息|.{0,40}以上是打招呼的内容"
    r"|.{1,20}(?:加入了?|退出了?|离开了?)(?:群聊|会议)。?)\s*"
)
_NUMBER = re.compile(
    r"\s*[（(<]\d{5,12}[）)>]\s*$|\s*[（(<][^（）()<>\s]+@[^（）()<>\s]+[）)>]\s*$"
)

TURNS_LEAST = 4
"""Stamped turns of a page that is taken for a recording; timelines and bylines have up to 3."""
RECURRING_LEAST = 0.7
"""Of a recording's turns as many belong to someone who speaks again; of a timeline's entries 0."""
NAME_MOST = 24
"""Characters of a name; recorders say 说话人 1, chats a nick name and an office at most."""


@dataclass(frozen=True)
class _Head:
    """A line, or two, that say who speaks and when, and what of it is already speech."""

    name: str
    lines: int
    words: str
    when: str


def read(text: str) -> Text | NoPage | None:
    """The text with `名：话` for every stamped turn; None where it is no such page."""
    lines = text.split("\n")
    heads = _heads(lines)
    names = Counter(head.name for head in heads.values())
    again = sum(count for count in names.values() if count > 1)
    if len(heads) < TURNS_LEAST or again < RECURRING_LEAST * len(heads):
        return _nobody(lines)
    left_out: list[str] = []
    paragraphs = _paragraphs(lines, heads, left_out)
    return Text("\n".join(paragraphs), (_summary(heads), *left_out))


def _heads(lines: Sequence[str]) -> dict[int, _Head]:
    """The turns' heads by line, all of the one form that most of them have."""
    forms = [{at: head for at in range(len(lines)) if (head := form(lines, at))} for form in _FORMS]
    return max(forms, key=_recurring)


def _recurring(heads: dict[int, _Head]) -> int:
    names = Counter(head.name for head in heads.values())
    return sum(count for count in names.values() if count > 1)


def _named_first(lines: Sequence[str], at: int) -> _Head | None:
    """`说话人 1  00:03`, and `张三(00:00:03): 话`."""
    match = _BEHIND.match(lines[at])
    if not match or not (match.end() == len(lines[at]) or match["colon"]):
        return None
    return _head(match["name"], match["when"], 1, lines[at][match.end() :])


def _run_in(lines: Sequence[str], at: int) -> _Head | None:
    """`说话人 1 00:03 话`, without a colon."""
    match = _BEHIND.match(lines[at])
    return match and _head(match["name"], match["when"], 1, lines[at][match.end() :])


def _stamped_first(lines: Sequence[str], at: int) -> _Head | None:
    """`00:03 说话人 1`, and `[2024/5/1 10:03] 张三: 话`."""
    match = _BEFORE.match(lines[at])
    return match and _head(match["name"], match["when"], 1, lines[at][match.end() :])


def _name_over_stamp(lines: Sequence[str], at: int) -> _Head | None:
    """A name on one line and the time alone on the next."""
    if at + 1 >= len(lines) or not _STAMP.fullmatch(lines[at + 1]):
        return None
    match = _BARE.fullmatch(lines[at])
    return match and _head(match["name"], lines[at + 1].strip(), 2, "")


def _stamp_over_name(lines: Sequence[str], at: int) -> _Head | None:
    """The time alone on one line and the name on the next, with what is said or without."""
    if at + 1 >= len(lines) or not _STAMP.fullmatch(lines[at]):
        return None
    name, colon, words = re.sub("：", ":", lines[at + 1], count=1).partition(":")
    match = _BARE.fullmatch(name)
    return match and _head(match["name"], lines[at].strip(), 2, words.strip() if colon else "")


_FORMS = (_named_first, _stamped_first, _name_over_stamp, _stamp_over_name, _run_in)


def _head(name: str, when: str, lines: int, words: str) -> _Head | None:
    name = re.sub(r"\s+", " ", _NUMBER.sub("", name)).strip(" ,，-–—")
    if not name or len(name) > NAME_MOST:
        return None
    return _Head(name, lines, words.strip(), when.strip())


def _paragraphs(lines: Sequence[str], heads: dict[int, _Head], left_out: list[str]) -> list[str]:
    """The lines, with a label where a turn begins; stamps and what is attached left out."""
    found: list[str] = []
    skip_to, pending = 0, ""
    for at, line in enumerate(lines):
        if at < skip_to:
            continue
        if head := heads.get(at):
            pending, words = f"{head.name}：", head.words
            skip_to = at + head.lines
            found.append("")
        else:
            words = line
        if heads and at >= min(heads) and _outside(words, lines[at + 1 : at + 2]):
            left_out.append(f"聊天以外: {words.strip()}")
        elif words.strip():
            found.append(pending + words.strip() if pending else words)
            pending = ""
    return found


def _outside(words: str, after: Sequence[str]) -> bool:
    """Whether a line of a chat is nobody's words: a date, a picture, a quoted message."""
    rule = bool(after) and bool(re.fullmatch(r"\s*(?:[-—]\s*){5,}", after[0]))
    quoted = rule and words.lstrip()[:1] in "「“"
    lone_rule = bool(re.fullmatch(r"\s*(?:[-—]\s*){5,}", words))
    attached = _ATTACHED.fullmatch(words) or _DATE_RULE.fullmatch(words)
    return bool(words.strip()) and (quoted or lone_rule or attached is not None)


def _summary(heads: dict[int, _Head]) -> str:
    whens = [head.when for head in heads.values()]
    return f"时间: {len(whens)} 处, {whens[0]} 到 {whens[-1]}"


def _nobody(lines: Sequence[str]) -> NoPage | None:
    """A recording whose paragraphs bear times and no names, in words; None where it is none."""
    said = [line for line in lines if line.strip()]
    stamps = sum(_STAMP.fullmatch(line) is not None for line in said)
    labels = any(re.match(r"\s*(?:[*#>]|[^:：\s]{1,12}\s*[:：](?!\d))", line) for line in said)
    if stamps < TURNS_LEAST or stamps * 3 < len(said) or labels:
        return None
    return NoPage(
        "录音稿里只有时间,没有标出谁在说话,--host 和 --guest 也帮不上",
        "在每个人开口的那一段前面写上名字(如“记者：”),或让录音软件区分说话人后再导出",
    )
