"""The door: a page's text in, an interview or the reason why there is none out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.transcript import exchanges, judge, metadata
from bot.transcript.cast import Cast, cast_of
from bot.transcript.names import HOST_WORDS, legend
from bot.transcript.page import paragraphs
from bot.transcript.reading import Line, NoInterview, Reading
from bot.transcript.turns import (
    Part,
    Turn,
    answers_only,
    believable,
    candidates,
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

    cast: Cast | None
    parts: list[Part]
    before: list[Part]
    turns: list[Turn]

    @property
    def inside(self) -> int:
        """How many turns begin inside a paragraph."""
        return sum(not turn.parts[0].first for turn in self.turns)


def read_page(text: str) -> Reading | NoInterview:
    """The interview on a page: verbatim exchanges, metadata, and every line accounted for."""
    parts = [part_of(paragraph) for paragraph in paragraphs(text)]
    if reason := judge.unreadable(text):
        return _nothing(reason, parts)
    front, front_lines = metadata.front_matter(parts)
    scene = _scene(believable([part for part in parts if part.number not in front_lines]))
    turns = exchanges.with_unlabelled_answers(scene.turns)
    built = exchanges.build(turns, scene.parts, _names(scene.cast, turns))
    header, header_lines = metadata.header([*scene.before, *built.opening], "title" in front)
    lead = [part.text for part in scene.before if part.sort is None and part.text]
    told = [part.text for part in parts if part.number in front_lines]
    title = "\n".join([*told, header.get("title", "")])
    if reason := judge.no_interview(built.exchanges, scene.cast, turns, title, lead):
        return _nothing(reason, parts)
    lines = [_front_line(number, name) for number, name in front_lines.items()]
    lines += [
        Line(number, "chrome", part.sort or exchanges.BEFORE)
        for part in scene.before
        for number in part.numbers
    ]
    return Reading(
        metadata.people(scene.cast, turns) | header | front,
        built.exchanges,
        _ordered([*lines, *built.lines], header_lines),
        (*_guesses(scene, turns), *built.warnings),
    )


def _nothing(reason: str, parts: Sequence[Part]) -> NoInterview:
    numbers = dict.fromkeys(number for part in parts for number in part.numbers)
    return NoInterview(reason, tuple(Line(number, "chrome", "page") for number in numbers))


def _scene(body: list[Part]) -> Scene:
    """Labels at line starts decide; else labels inside lines; else how questions are set."""
    at_starts = _labelled(body)
    if at_starts and judge.alternates(at_starts.turns):
        return at_starts
    inside = _labelled([piece for part in body for piece in split(part, None)])
    if inside and judge.alternates(inside.turns) and inside.inside >= INSIDE_LEAST:
        return inside
    if at_starts and judge.asks_alone(at_starts.turns):
        return at_starts
    unlabelled = [replace(part, label=None) for part in body]
    return Scene(None, unlabelled, *questions_by_style(unlabelled))


def _labelled(parts: list[Part]) -> Scene | None:
    """The page as its labels divide it."""
    keys = [candidate.label.key for candidate in candidates(parts)]
    known = legend([part.paragraph for part in parts], keys)
    parts = [
        replace(part, sort="legend", label=None) if at in known.lines else part
        for at, part in enumerate(parts)
    ]
    cast = cast_of(candidates(parts), known)
    if cast is None:
        return None
    parts = [piece for part in parts for piece in split(part, cast)]
    before, turns = turns_of(parts, cast)
    if not cast.hosts:
        turns = answers_only(before, turns)
    return Scene(cast, parts, before, turns)


def _names(cast: Cast | None, turns: Sequence[Turn]) -> tuple[str, ...]:
    """What the guests are called, to know a narrator who speaks of them."""
    names = [name for turn in turns if turn.role == "guest" for name in (turn.key, turn.shown)]
    names += [cast.name(key) for key in cast.guests] if cast else []
    return tuple(dict.fromkeys(names))


def _guesses(scene: Scene, turns: Sequence[Turn]) -> Iterator[str]:
    """What about the speakers had to be guessed."""
    if scene.cast is None:
        yield "没有标出说话人的标签,问与答是按排版分的"
    elif not scene.cast.hosts:
        yield "只有回答有标签,把紧挨在前面的文字当作问题"
    elif not any(HOST_WORDS.fullmatch(key) for key in scene.cast.hosts):
        names = "、".join(sorted(map(scene.cast.name, scene.cast.hosts)))
        yield f"没有标签说明谁在提问,按问句和轮次把{names}当作主持人"
    silent = [turn for turn in turns if turn.role == "guest" and not turn.shown]
    if scene.cast and scene.cast.guests and silent:
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
