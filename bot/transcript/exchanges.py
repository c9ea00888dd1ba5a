"""Turns to exchanges; what stands among them without being speech gets the name of its chrome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.transcript import chrome
from bot.transcript.cast import asks
from bot.transcript.reading import Exchange, Kind, Line
from bot.transcript.sieve import Page, page_of, set_as_heading, sift
from bot.transcript.turns import Part, Turn

BEFORE = "before the interview"
AFTER = "after the interview"
SLACK = 4
"""A line that was wrapped is no longer than the one before it, but for a word at its end."""


@dataclass(frozen=True)
class Built:
    """The exchanges, an account of the lines that the turns hold, and what had to be guessed."""

    exchanges: tuple[Exchange, ...]
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    opening: tuple[Part, ...] = ()
    """Labelled lines before the first question: a roster, a title, an opening statement."""


@dataclass(frozen=True)
class Segment:
    """Host turns and the guest turns that follow them."""

    asked: tuple[Turn, ...]
    answered: tuple[Turn, ...]


def segments(turns: Sequence[Turn]) -> tuple[list[Turn], list[Segment]]:
    """Guest turns before the first question, and the segments."""
    opening: list[Turn] = []
    found: list[Segment] = []
    for turn in turns:
        if turn.role == "host":
            if found and not found[-1].answered:
                found[-1] = Segment((*found[-1].asked, turn), ())
            else:
                found.append(Segment((turn,), ()))
        elif found:
            found[-1] = Segment(found[-1].asked, (*found[-1].answered, turn))
        else:
            opening.append(turn)
    return opening, found


def _trimmed(segment: Segment) -> tuple[list[Turn], Segment]:
    """The first segment without host turns that ask nothing: a roster, a narrative."""
    asked = list(segment.asked)
    before = []
    while len(asked) > 1 and not _asks(asked[0].parts[0]) and _runs_on(asked[0]):
        before.append(asked.pop(0))
    return before, Segment(tuple(asked), segment.answered)


def _runs_on(turn: Turn) -> bool:
    return len(turn.said) > 1 or not all(chrome.finished(part.speech) for part in turn.said)


def _asks(part: Part) -> bool:
    return asks(part.speech) > 0


def with_unlabelled_answers(turns: Sequence[Turn]) -> list[Turn]:
    """The turns, with a guest's turn cut out of host turns whose answer carries no label."""
    hosts = [at for at, turn in enumerate(turns) if turn.role == "host"]
    labelled = sum(at + 1 < len(turns) and turns[at + 1].role == "guest" for at in hosts)
    rare = labelled * 2 < len(hosts)
    found: list[Turn] = []
    for at, turn in enumerate(turns):
        following = turns[at + 1].role if at + 1 < len(turns) else ""
        if turn.role == "guest" or following == "guest":
            found.append(turn)
        else:
            unlike = at == hosts[-1] and not any(other.key == "" for other in found)
            found += _cut(turn, rare, last=unlike)
    return found


def _cut(turn: Turn, rare: bool, last: bool) -> list[Turn]:
    """Question and answer of a host turn after which no guest is named."""
    spoken = turn.said
    if len(spoken) < 2:
        return [turn]
    first, second = spoken[0], spoken[1]
    answered = asks(first.speech) == 1.0 and not (asks(second.speech) and _alike(first, second))
    answered = answered or (first.paragraph.bold and not _alike(first, second))
    if not rare and (last or not answered):
        return [turn]
    question_ends = 1
    while question_ends < len(spoken) - 1 and _continues(spoken, question_ends):
        question_ends += 1
    at = turn.parts.index(spoken[question_ends])
    return [
        Turn(turn.role, turn.key, turn.shown, turn.parts[:at]),
        Turn("guest", "", "", turn.parts[at:]),
    ]


def _alike(first: Part, second: Part) -> bool:
    """Whether two paragraphs are set in the same way."""
    a, b = first.paragraph, second.paragraph
    return (a.bold or a.heading, a.quote) == (b.bold or b.heading, b.quote)


def _continues(spoken: Sequence[Part], at: int) -> bool:
    """Whether an unlabelled paragraph still belongs to the question before it."""
    first, part = spoken[0].paragraph, spoken[at].paragraph
    if first.bold or first.heading:
        return part.bold and not first.heading and not set_as_heading(part)
    return not asks(spoken[at - 1].speech) and asks(part.text) == 1.0


def build(turns: Sequence[Turn], parts: Sequence[Part], names: tuple[str, ...]) -> Built:
    """Exchanges from turns that are complete."""
    page = page_of(turns, parts, names)
    opening, parted = segments(turns)
    if parted:
        narrative, parted[0] = _trimmed(parted[0])
        opening += narrative
    lines: list[Line] = []
    warnings: list[str] = []
    exchanges: list[Exchange] = []
    for turn in opening:
        speaks = turn.role == "guest" and chrome.ended(turn.parts[0].speech)
        lines += _named(turn, "opening statement" if speaks else BEFORE)
        if speaks:
            who = turn.shown or "有人"
            warnings.append(f"第 {turn.parts[0].number} 行: {who}在第一个问题之前说话,当作开场白")
    guests = {turn.key for part in parted for turn in part.answered if turn.spoken}
    several = len(guests - {""}) > 1
    for at, segment in enumerate(parted):
        last = at == len(parted) - 1
        if not segment.answered:
            for turn in segment.asked:
                lines += _named(turn, "closing" if at else "question without answer")
            continue
        if not any(turn.spoken for turn in segment.asked):
            for turn in (*segment.asked, *segment.answered):
                lines += _named(turn, "answer without question")
            warnings.append(f"第 {lines[-1].number} 行: 这段回答前面没有问题,没有收进来")
            continue
        exchanges += _exchanges(segment, page, last, several, lines)
    early = tuple(part for turn in opening for part in turn.parts)
    return Built(tuple(exchanges), tuple(lines), tuple(warnings), early)


def _exchanges(
    segment: Segment, page: Page, last: bool, several: bool, lines: list[Line]
) -> Iterator[Exchange]:
    question: list[Part] = []
    for turn in segment.asked:
        question += _sifted(turn, page, False, turn is not segment.asked[-1], "question", lines)
    texts = _paragraphs(question)
    groups: list[tuple[Turn, list[Part]]] = []
    over = False
    for at, turn in enumerate(segment.answered):
        end = at == len(segment.answered) - 1
        before = len(lines)
        said = _sifted(turn, page, last, end and not last, "answer", lines) if not over else []
        if over:
            lines += _named(turn, AFTER)
        over = over or any(line.name == AFTER for line in lines[before:])
        if groups and groups[-1][0].key == turn.key:
            groups[-1][1].extend(said)
        elif said:
            groups.append((turn, said))
    for turn, said in groups:
        yield Exchange(
            "\n".join(texts),
            tuple(_paragraphs(said)),
            turn.shown if several and turn.shown else None,
            _numbers(question),
            _numbers(said),
        )


def _sifted(
    turn: Turn, page: Page, last: bool, tail: bool, kind: Kind, lines: list[Line]
) -> list[Part]:
    said = []
    for part, sort in sift(turn, page, last, tail):
        if sort is None:
            lines += [Line(number, kind) for number in part.numbers]
            if part.speech:
                said.append(part)
        else:
            lines += [Line(number, "chrome", sort) for number in part.numbers]
    return said


def _named(turn: Turn, name: str) -> list[Line]:
    return accounted(turn.parts, name)


def accounted(parts: Sequence[Part], name: str) -> list[Line]:
    """The lines of parts that are no speech, by the name of their chrome or another."""
    return [Line(number, "chrome", part.sort or name) for part in parts for number in part.numbers]


def _paragraphs(parts: Sequence[Part]) -> list[str]:
    """The speech, a soft-wrapped paragraph in one piece with its line breaks."""
    found: list[str] = []
    previous: Part | None = None
    for part in parts:
        wrapped = (
            previous is not None
            and part.paragraph.soft
            and not part.paragraph.item
            and len(part.speech) <= len(previous.speech) + SLACK
            and part.label is None
            and previous.speech != ""
            and part.number == previous.number + 1
            and not chrome.finished(previous.speech)
        )
        if wrapped:
            found[-1] += "\n" + part.speech
        else:
            found.append(part.speech)
        previous = part
    return found


def _numbers(parts: Sequence[Part]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for part in parts for number in part.numbers))
