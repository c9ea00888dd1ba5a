"""Turns to exchanges; what stands among them without being speech gets the name of its chrome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    roles = [turn.role for turn in turns]
    followed = [pair == ("host", "guest") for pair in pairwise([*roles, ""])]
    rare = sum(followed) * 2 < roles.count("host")
    asking = [at for at, role in enumerate(roles) if role == "host"]
    found: list[Turn] = []
    for at, turn in enumerate(turns):
        if turn.role == "guest" or followed[at]:
            found.append(turn)
        elif at != asking[-1]:
            found += _cut(turn) if rare or _is_answered(turn) else [turn]
        else:
            found += _cut_last(turn, rare, all(other.key for other in found))
    return found


def _cut_last(turn: Turn, rare: bool, labelled: bool) -> list[Turn]:
    """The last host turn: it closes the interview, or its answer is as unlabelled as others."""
    answered = rare or (not labelled and _is_answered(turn))
    return _cut(turn) if answered and not _thanks(turn) else [turn]


def _thanks(turn: Turn) -> bool:
    """Whether a turn asks nothing, as the last of an interview does."""
    return not any(asks(part.speech) for part in turn.said[:2])


def _is_answered(turn: Turn) -> bool:
    """Whether a host turn, though answers on the page are labelled, holds one that is not."""
    if len(turn.said) < 2:
        return False
    first, second = turn.said[:2]
    alike = _alike(first, second)
    question = asks(first.speech) == 1.0 and not (asks(second.speech) and alike)
    return question or (first.paragraph.bold and not alike)


def _cut(turn: Turn) -> list[Turn]:
    """Question and answer of a host turn after which no guest is named."""
    spoken = turn.said
    if len(spoken) < 2:
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
    opening, parted = segments(turns)
    if parted:
        narrative, parted[0] = _trimmed(parted[0])
        opening += narrative
    guests = {turn.key for part in parted for turn in part.answered if turn.spoken}
    builder = _Builder(page_of(turns, parts, names), several=len(guests - {""}) > 1)
    for turn in opening:
        builder.open(turn)
    last = max((at for at, segment in enumerate(parted) if segment.answered), default=0)
    for at, segment in enumerate(parted):
        builder.add(segment, first=at == 0, last=at >= last)
    early = tuple(part for turn in opening for part in turn.parts)
    return Built(tuple(builder.exchanges), tuple(builder.lines), tuple(builder.warnings), early)


class _Builder:
    """Collects exchanges, and what became of every line, as it walks through the turns."""

    def __init__(self, page: Page, several: bool) -> None:
        self._page = page
        self._several = several
        self.exchanges: list[Exchange] = []
        self.lines: list[Line] = []
        self.warnings: list[str] = []

    def open(self, turn: Turn) -> None:
        """What is said before the first question."""
        speaks = turn.role == "guest" and chrome.ended(turn.parts[0].speech)
        self.lines += _named(turn, "opening statement" if speaks else BEFORE)
        if speaks:
            self._warn(turn, f"{turn.shown or '有人'}在第一个问题之前说话,当作开场白")

    def add(self, segment: Segment, first: bool, last: bool) -> None:
        """A question with its answers, if there are both."""
        turns = (*segment.asked, *segment.answered)
        if segment.answered and any(turn.spoken for turn in segment.asked):
            self._exchange(segment, last)
            return
        name = "question without answer" if first else "closing"
        if segment.answered:
            name = "answer without question"
            self._warn(turns[-1], "这段回答前面没有问题,没有收进来")
        for turn in turns:
            self.lines += _named(turn, name)

    def _warn(self, turn: Turn, sentence: str) -> None:
        self.warnings.append(f"第 {turn.parts[0].number} 行: {sentence}")

    def _exchange(self, segment: Segment, last: bool) -> None:
        question: list[Part] = []
        for turn in segment.asked:
            before_host = turn is not segment.asked[-1]
            question += self._sifted(turn, False, before_host, "question")
        for turn, said in self._answers(segment, last):
            self.exchanges.append(
                Exchange(
                    "\n".join(_paragraphs(question)),
                    tuple(_paragraphs(said)),
                    turn.shown if self._several and turn.shown else None,
                    _numbers(question),
                    _numbers(said),
                )
            )

    def _answers(self, segment: Segment, last: bool) -> list[tuple[Turn, list[Part]]]:
        """What each guest says; a guest who goes on says it in one answer."""
        found: list[tuple[Turn, list[Part]]] = []
        over = False
        for turn in segment.answered:
            if over:
                self.lines += _named(turn, AFTER)
                continue
            before_host = turn is segment.answered[-1] and not last
            at = len(self.lines)
            said = self._sifted(turn, last, before_host, "answer")
            over = any(line.name == AFTER for line in self.lines[at:])
            if found and found[-1][0].key == turn.key:
                found[-1][1].extend(said)
            elif said:
                found.append((turn, said))
        return found

    def _sifted(self, turn: Turn, last: bool, before_host: bool, kind: Kind) -> list[Part]:
        """The turn's speech; what is none is accounted for."""
        said = []
        for part, sort in sift(turn, self._page, last, before_host):
            if sort is not None:
                self.lines += [Line(number, "chrome", sort) for number in part.numbers]
                continue
            self.lines += [Line(number, kind) for number in part.numbers]
            if part.speech:
                said.append(part)
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
