"""The door: a page's text in, an interview or the reason why there is none out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.transcript import exchanges, judge, metadata, roster
from bot.transcript.cast import NOTHING, Cast, cast_of
from bot.transcript.doubts import with_doubts
from bot.transcript.names import HOST_WORDS, legend, matching
from bot.transcript.opinion import Role
from bot.transcript.page import paragraphs
from bot.transcript.reading import Corrections, Line, NoInterview, Reading
from bot.transcript.turns import (
    Part,
    Turn,
    answers_only,
    believable,
    candidates,
    named_once,
    part_of,
    questions_by_style,
    split,
    turns_of,
)

INSIDE_LEAST = 3
"""Labels that occur only inside paragraphs are believed from the third turn on; two were chance."""


@dataclass(frozen=True)
class Scene:
    """A way to read the page: its cast, if labels name one, and the turns."""

    parts: list[Part]
    before: list[Part]
    turns: list[Turn]
    cast: Cast = field(default_factory=Cast)
    unwanted: list[Turn] = field(default_factory=list)
    """The turns of whom a person has said that they are no speakers."""

    @property
    def inside(self) -> int:
        """How many turns begin inside a paragraph."""
        return sum(not turn.parts[0].first for turn in self.turns)


@dataclass(frozen=True)
class Labels:
    """The labels that occur on the page, and which of them may name nobody, and why."""

    counts: Counter[str]
    doubts: Mapping[str, str]


def read_page(text: str, corrections: Corrections = NOTHING) -> Reading | NoInterview:
    """The interview on a page: verbatim exchanges, metadata, and every line accounted for."""
    page = paragraphs(text)
    parts = [part_of(paragraph) for paragraph in page]
    if reason := judge.unreadable(text):
        return _nothing(reason, parts)
    front, front_lines = metadata.front_matter(parts)
    body, behind = _cut([p for p in parts if p.number not in front_lines], corrections.end)
    kept, labels = _labels(body, corrections)
    scene = _scene(kept, corrections)
    turns = exchanges.with_unlabelled_answers(scene.turns)
    built = exchanges.build(turns, scene.parts, _names(scene.cast, turns))
    header, header_lines = metadata.header([*scene.before, *built.opening], "title" in front)
    told = [part.text for part in parts if part.number in front_lines]
    title = "\n".join([*told, header.get("title", "")])
    shape = judge.shape_of(built.exchanges, scene.cast, turns, title, _lead(scene))
    if reason := _refused(shape, labels, scene.cast, corrections):
        return _nothing(reason, parts)
    lines = [_front_line(number, name) for number, name in front_lines.items()]
    lines += exchanges.accounted(scene.before, exchanges.BEFORE)
    lines += exchanges.accounted([p for turn in scene.unwanted for p in turn.parts], "left out")
    lines += exchanges.accounted(behind, exchanges.AFTER)
    unknown = roster.unknown(corrections, labels.counts, scene.cast)
    last = behind[0].numbers[0] if behind else None
    unwanted = {n for turn in scene.unwanted for part in turn.parts for n in part.numbers}
    heard = [
        paragraph
        for paragraph in page
        if (last is None or paragraph.number < last) and paragraph.number not in unwanted
    ]
    return Reading(
        metadata.people(scene.cast, turns) | header | front,
        with_doubts(built.exchanges, heard, _told(corrections)),
        _ordered([*lines, *built.lines], header_lines),
        (*unknown, *_no_end(corrections, behind), *_guesses(scene, turns), *built.warnings),
        roster.speakers(scene.cast, turns),
        roster.left_out(labels.counts, scene.cast, labels.doubts),
    )


def _nothing(reason: str, parts: Sequence[Part]) -> NoInterview:
    numbers = dict.fromkeys(number for part in parts for number in part.numbers)
    return NoInterview(reason, tuple(Line(number, "chrome", "page") for number in numbers))


def _cut(parts: list[Part], end: int | str | None) -> tuple[list[Part], list[Part]]:
    """The parts before the line that a person has called the first behind the interview."""
    for at, part in enumerate(parts):
        number = part.numbers[-1] if isinstance(end, int) else 0
        if number >= end if isinstance(end, int) else end and part.text.startswith(end.strip()):
            return parts[:at], parts[at:]
    return parts, []


def _no_end(corrections: Corrections, behind: Sequence[Part]) -> Iterator[str]:
    """A sentence where the line that a person has called the end is not on the page."""
    if corrections.end is not None and not behind:
        yield f"页面上没有这一行,访谈没有在那里结束:{corrections.end}"


def _labels(parts: Sequence[Part], corrections: Corrections) -> tuple[list[Part], Labels]:
    """The parts with the labels that may be believed, and what is known of all labels."""
    counts = Counter(part.label.key for part in parts if part.label)
    given = (*corrections.host, *corrections.guest, *corrections.leave_out)
    named = frozenset[str]().union(*matching(given, counts, {}).values())
    kept, doubts = believable(parts, named)
    return kept, Labels(counts, doubts)


def _refused(
    shape: judge.Shape, labels: Labels, cast: Cast, corrections: Corrections
) -> str | None:
    """Why the page is no interview; what a person says about its speakers is believed."""
    unknown = list(roster.unknown(corrections, labels.counts, cast))
    named = len(unknown) < len(corrections.host) + len(corrections.guest)
    if shape.exchanges and named:
        return None
    reason = judge.no_interview(shape)
    if reason and not shape.exchanges and not cast.same:
        recur = any(count > 1 for count in labels.counts.values())
        hint = roster.labels(labels.counts) if recur else NO_LABELS
        return ";".join([reason, *(unknown or [hint])])
    return ";".join([reason, *unknown]) if reason else None


NO_LABELS = "没有标出说话人,也看不出哪些是问句,--host 和 --guest 在这里帮不上忙"


def _told(corrections: Corrections) -> dict[str, Role]:
    """What a person says of each name, for the second opinion to believe as well."""
    told: dict[str, Role] = dict.fromkeys(corrections.leave_out, "left out")
    told |= dict.fromkeys(corrections.guest, "guest")
    return told | dict.fromkeys(corrections.host, "host")


def _lead(scene: Scene) -> list[str]:
    return [part.text for part in scene.before if part.sort is None and part.text]


def _scene(body: list[Part], corrections: Corrections) -> Scene:
    """Labels at line starts decide; else labels inside lines; else how questions are set."""
    at_starts = _labelled(body, corrections)
    if judge.alternates(at_starts.turns):
        return at_starts
    inside = _labelled([piece for part in body for piece in split(part, None)], corrections)
    if judge.alternates(inside.turns) and inside.inside >= INSIDE_LEAST:
        return inside
    if at_starts.turns and (corrections.host or corrections.guest):
        return at_starts
    return at_starts if judge.asks_alone(at_starts.turns) else _unlabelled(body)


def _unlabelled(body: list[Part]) -> Scene:
    """The page as the setting of its questions divides it."""
    parts = [replace(part, label=None) for part in body]
    before, turns = questions_by_style(parts)
    named = named_once(turns)
    if not named:
        return Scene(parts, before, turns)
    host, guest = named[0].key, named[1].key
    cast = Cast(frozenset({host}), frozenset({guest}), {host: host, guest: guest})
    return Scene(parts, before, named, cast)


def _labelled(parts: list[Part], corrections: Corrections) -> Scene:
    """The page as its labels divide it."""
    keys = [candidate.label.key for candidate in candidates(parts)]
    known = legend([part.paragraph for part in parts], keys)
    parts = [
        replace(part, sort="legend", label=None) if at in known.lines else part
        for at, part in enumerate(parts)
    ]
    cast = cast_of(candidates(parts), known, corrections)
    parts = [piece for part in parts for piece in split(part, cast)]
    before, turns = turns_of(parts, cast)
    said = [turn for turn in turns if turn.role != "unwanted"]
    unwanted = [turn for turn in turns if turn.role == "unwanted"]
    return Scene(parts, before, said if cast.hosts else answers_only(before, said), cast, unwanted)


def _names(cast: Cast, turns: Sequence[Turn]) -> tuple[str, ...]:
    """What the guests are called, to know a narrator who speaks of them."""
    names = [name for turn in turns if turn.role == "guest" for name in (turn.key, turn.shown)]
    return tuple(dict.fromkeys([*names, *(cast.name(key) for key in cast.guests)]))


def _guesses(scene: Scene, turns: Sequence[Turn]) -> Iterator[str]:
    """What about the speakers had to be guessed."""
    if not scene.cast.same:
        yield "没有标出说话人的标签,问与答是按排版分的"
    elif not scene.cast.hosts:
        yield "只有回答有标签,把紧挨在前面的文字当作问题"
    elif not any(HOST_WORDS.fullmatch(key) for key in scene.cast.hosts):
        names = "、".join(sorted(map(scene.cast.name, scene.cast.hosts)))
        yield f"没有标签说明谁在提问,按问句和轮次把{names}当作主持人"
    silent = [turn for turn in turns if turn.role == "guest" and not turn.shown]
    if scene.cast.guests and silent:
        number = silent[0].parts[0].number
        yield f"第 {number} 行: 没有标签,因为跟在问题后面,当作回答"


def _front_line(number: int, name: str) -> Line:
    return Line(number, "metadata", name) if name else Line(number, "chrome", "front matter")


def _ordered(lines: Sequence[Line], header: dict[int, str]) -> tuple[Line, ...]:
    """The account by line number; a line that gives metadata and is not speech says which."""
    spoken = {line.number for line in lines if line.kind in ("question", "answer")}
    named = [
        Line(line.number, "metadata", header[line.number])
        if line.number in header and line.number not in spoken
        else line
        for line in lines
    ]
    return tuple(sorted(dict.fromkeys(named), key=lambda line: line.number))
