"""SRT and WebVTT: cues become turns.

Read here and not by a library: both formats are a few lines, and a file that somebody has edited
by hand is still read where a strict parser gives up.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.intake.source import Text
from bot.pages import NoPage

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[,.]\d{1,3})?"
_ARROW = r"-{1,2}>|,(?=\d{1,2}:\d{2}:\d{2}\.\d{3}$)"
"""YouTube's own form (.sbv) has a comma."""
_TIMES = re.compile(rf"\s*({_TIME})\s*(?:{_ARROW})\s*({_TIME})(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)*\s+([^<>]+)>", re.IGNORECASE)
_MARKUP = re.compile(
    r"</?(?:v|c|i|b|u|s|em|strong|font|ruby|lang|span)\b[^<>]*>|<[\d:.]+>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
_RUBY = re.compile(r"<rt>.*?(?:</rt>|(?=</ruby>)|$)", re.IGNORECASE)
_DASH = r"(?:[-–—>»•]+\s*)?"
_LABEL = re.compile(
    rf"{_DASH}(?:(?P<name>[^\s:：，,。？?！!；;…“”「」<>\[\]()（）【】][^:：，,。？?！!；;…“”「」<>]{{0,29}}?)\s*(?:(?<!\d)[:：]|[:：](?!\d))"
    r"|[\[【（(](?P<boxed>[^\[\]【】()（）]{1,16})[\]】）)]\s*[:：]?)\s*"
)
_SOUND = re.compile(r"[♪♫\s]*[\[【（(♪♫#][^\[\]【】（）()]{0,10}[\]】）)♪♫#][♪♫\s]*|[♪♫\s]+")
"""A line that tells what is heard: [笑], （掌声）, ♪."""
LABELS_LEAST = 3
"""Turns with names that recur, for a file that marks them; 第一： and 她说： come once or twice."""
ROLLING_LEAST = 0.3
"""Live captions repeat the line before in every second cue; people repeat a line in a few."""
STOPS_LEAST = 0.2
"""Captions with punctuation end in it in a third of the cues and more, others in 0 to 5 %."""
_ENDED = re.compile(r"[。．.！!？?…][”’」』）)]*$")
_STOP = re.compile(r"[。．.！!？?…，,、；;：:”」』）)~～—-]$")


@dataclass(frozen=True)
class _Line:
    """One line of a cue and who says it, where the cue tells."""

    voice: str
    text: str


def are(text: str) -> bool:
    """Whether the text is subtitles, whatever the file is called."""
    times = sum(_TIMES.fullmatch(line) is not None for line in text.split("\n"))
    return times > 1 or (times == 1 and (text.startswith("WEBVTT") or len(text) < 1_000))


def read(text: str) -> Text | NoPage:
    """The cues as turns, `名：话`, one line a turn."""
    cues, left_out = _cues(text)
    cues = _unrolled(cues)
    names = _names([line for cue in cues for line in cue])
    if not names:
        return NoPage(
            "字幕里没有标出谁在说话,--host 和 --guest 也帮不上",
            "在每个人开口的那一条前面写上名字(如“记者：”),或换一份带说话人的文字稿",
        )
    glue = "" if _punctuated(cues) else " "
    turns = "\n\n".join(_turns(cues, names, glue))
    return Text(turns, left_out)


def _cues(text: str) -> tuple[list[list[_Line]], tuple[str, ...]]:
    """The lines of each cue, and what stands outside the cues."""
    cues: list[list[_Line]] = []
    outside: list[str] = []
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if _TIMES.fullmatch(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[start + 1 : end]
        if end < len(lines):
            body = _without_number(body)
        said = _spoken(body, outside)
        cues.append(said)
    head = [line.strip() for line in _without_number(lines[: starts[0]]) if line.strip()]
    outside = [line for line in head if not line.startswith("WEBVTT")] + outside
    counted = f"字幕的序号和时间: {len(starts)} 条"
    return cues, (counted, *(f"字幕以外: {line}" for line in outside))


def _without_number(body: list[str]) -> list[str]:
    """Without the number or name of the next cue, which stands on the line above its times."""
    if body and re.fullmatch(r"\s*\d+\s*", body[-1]):
        return body[:-1]
    if len(body) > 1 and body[-1].strip() and not body[-2].strip():
        return body[:-1]  # WebVTT lets a cue have any name
    return body


def _spoken(body: list[str], outside: list[str]) -> list[_Line]:
    """The cue's lines; a comment between two cues belongs to neither."""
    said: list[_Line] = []
    voice, comment = "", False
    for line in body:
        comment = bool(line.strip()) and (
            comment or bool(re.match(r"(?:NOTE|STYLE|REGION)\b", line))
        )
        if comment:
            outside.append(line.strip())
            continue
        for piece in _VOICE.sub("\n\\g<0>", line).split("\n"):
            if match := _VOICE.search(piece):
                voice = html.unescape(match[1]).strip()
            words = _MARKUP.sub("", _RUBY.sub("", piece))
            words = html.unescape(words).replace("\u200b", "").strip()
            if _SOUND.fullmatch(words):
                outside.append(words)
            elif words:
                said.append(_Line(voice, words))
    return said


def _unrolled(cues: list[list[_Line]]) -> list[list[_Line]]:
    """The cues without the lines that live captions show a second time."""
    pairs = [(a, b) for a, b in pairwise(cues) if a and b]
    if sum(a[-1].text == b[0].text for a, b in pairs) < ROLLING_LEAST * max(1, len(pairs)):
        return cues
    found: list[list[_Line]] = []
    last = ""
    for cue in cues:
        fresh = [line for at, line in enumerate(cue) if at or line.text != last]
        last = cue[-1].text if cue else last
        found.append(fresh)
    return found


def _names(lines: Sequence[_Line]) -> frozenset[str]:
    """Who speaks: every voice, and the labels that recur in the text."""
    voices = {line.voice for line in lines if line.voice}
    labels = Counter(name for line in lines if (name := _label(line.text)[0]))
    recurring = {name for name, count in labels.items() if count > 1}
    if sum(labels[name] for name in recurring) < LABELS_LEAST:
        return frozenset(voices)
    return frozenset(voices | recurring)


def _label(text: str) -> tuple[str, str]:
    """The name before the colon, and the words behind it; [掌声] alone is no name."""
    match = _LABEL.match(text)
    if not match or (match["boxed"] and match.end() == len(text)):
        return "", text
    return (match["name"] or match["boxed"]).strip(), text[match.end() :]


def _punctuated(cues: Sequence[Sequence[_Line]]) -> bool:
    ends = [bool(_STOP.search(cue[-1].text)) for cue in cues if cue]
    return sum(ends) >= STOPS_LEAST * len(ends)


def _turns(cues: Sequence[Sequence[_Line]], names: frozenset[str], glue: str) -> Iterator[str]:
    """The turns; without `glue` the lines of Chinese follow each other as in running text.

    A label that occurs once (王姐: 来了, or 第一:) begins a paragraph and is left to the importer.
    """
    speaker, said = "", ""
    for line in (line for cue in cues for line in cue):
        name, words = _label(line.text)
        once = bool(name) and name not in names and (glue or not said or _ENDED.search(said))
        if name not in names:
            name, words = line.voice, line.text
        if once or (name and name != speaker):
            if said:
                yield _turn(speaker, said)
            speaker, said = name, ""
        said = _joined(said, words, glue)
    if said:
        yield _turn(speaker, said)


def _turn(speaker: str, said: str) -> str:
    return f"{speaker}：{said}" if speaker else said


def _joined(said: str, words: str, glue: str) -> str:
    if not said or not words:
        return said + words
    between = " " if said[-1].isascii() and words[0].isascii() else glue
    return f"{said}{between}{words}"
