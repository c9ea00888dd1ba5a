"""Paragraphs to turns: who begins to speak where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.transcript import chrome
from bot.transcript.cast import Candidate, Cast, asks
from bot.transcript.chrome import is_heading, is_sentence
from bot.transcript.labels import (
    LABEL_MOST,
    Label,
    bare_label,
    inline_starts,
    label_of,
    without_stamp,
)
from bot.transcript.names import GENERIC
from bot.transcript.page import Paragraph

CREDIT_TURNS = 3
"""No development page gives the same credit three times; a speaker has more turns."""
STYLED_LEAST = 3
"""Fewer bold questions than this were headings of an article on every development page."""
_NUMBER = re.compile(r"\(?\d{1,2}[.．、)）]|[一二三四五六七八九十]{1,3}、")


@dataclass(frozen=True)
class Part:
    """A paragraph, or the piece of one that is a turn of its own."""

    paragraph: Paragraph
    text: str
    label: Label | None = None
    sort: str | None = None
    first: bool = True
    """Not the second turn of the same paragraph."""

    @property
    def number(self) -> int:
        return self.paragraph.number

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every line of the page that it stands on."""
        return (self.paragraph.number, *self.paragraph.more)

    @property
    def speech(self) -> str:
        return without_stamp(self.text[self.label.end :] if self.label else self.text).strip()


@dataclass
class Turn:
    """What one speaker says until the next label; unlabelled paragraphs belong to it."""

    role: str
    key: str
    shown: str
    parts: list[Part] = field(default_factory=list)

    @property
    def said(self) -> list[Part]:
        """Its parts that may be speech."""
        return [part for part in self.parts if part.sort is None and part.speech]

    @property
    def spoken(self) -> bool:
        """Whether it holds any speech yet."""
        return any(part.sort is None and part.speech for part in self.parts)


def part_of(paragraph: Paragraph) -> Part:
    """The paragraph with the label that it may begin with, or its chrome."""
    if paragraph.code:
        return Part(paragraph, paragraph.text, sort=None if paragraph.text else "markup")
    sort = chrome.sort_of(paragraph)
    text = paragraph.text
    label = bare_label(text) or label_of(text) if sort in (None, "credits") else None
    return Part(paragraph, paragraph.text, label, sort)


def believable(parts: Sequence[Part]) -> list[Part]:
    """The parts without labels that stand where labels of one kind recur, and these do not.

    A bare line or a 【keyword】 has to recur as such; a label in a heading is a title's
    (### 某局長：…) unless that speaker has several, or it asks.
    """
    credits = Counter(part.label.key for part in parts if part.label and part.sort)
    parts = [_credited(part, credits) for part in parts]
    labelled = [(part, part.label) for part in parts if part.label]
    forms = Counter((label.key, label.form) for _, label in labelled)
    bracketed = sum(form == "bracket" and count > 1 for (_, form), count in forms.items())
    headings = Counter(label.key for part, label in labelled if part.paragraph.heading)

    title = next((part for part in parts if part.paragraph.heading), None)

    def single(part: Part, label: Label) -> bool:
        once = part.paragraph.heading and headings[label.key] < 2
        if once and (part is title or not is_sentence(part.speech)):
            return True
        if label.form == "bracket" and bracketed > 1:
            return False
        return label.form != "colon" and forms[label.key, label.form] < 2

    followers = [part for part in parts if part.sort is None][1:]
    followed = dict(zip((id(p) for p in parts if p.sort is None), followers, strict=False))

    def headed(part: Part, label: Label) -> bool:
        """A bare line above a labelled one is a heading, unless it is 问 above 记者：."""
        after = followed.get(id(part))
        above = after is not None and after.label is not None and after.label.form != "bare"
        return label.form == "bare" and above and label.key not in GENERIC

    return [
        replace(part, label=None)
        if part.label and (single(part, part.label) or headed(part, part.label))
        else part
        for part in parts
    ]


def _credited(part: Part, credits: Counter[str]) -> Part:
    """编辑：张某 without its label, unless 编辑 speaks often and is no credit but a host."""
    if part.sort is None or part.label is None:
        return part
    speaks = credits[part.label.key] >= CREDIT_TURNS
    return replace(part, sort=None) if speaks else replace(part, label=None)


def split(part: Part, cast: Cast | None) -> Iterator[Part]:
    """The turns inside one paragraph; without a cast, every piece that looks labelled."""
    text = part.text
    cuts = [0] if part.sort is None else []
    lead = part.label.end if part.label else 0
    for start in inline_starts(text) if cuts else ():
        label = label_of(text[start : start + LABEL_MOST]) if start >= lead else None
        if label and (cast.role(label) if cast else label.form == "colon"):
            cuts.append(start)
    if len(cuts) < 2:
        yield part
        return
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        piece = text[start:end].strip()
        if piece:
            yield replace(part, text=piece, label=label_of(piece), first=start == 0)


def candidates(parts: Sequence[Part]) -> tuple[Candidate, ...]:
    """The parts that carry a label, for the cast to be chosen from."""
    return tuple(
        Candidate(
            at,
            part.label,
            _spoken(parts, at),
            part.paragraph.bold or part.paragraph.heading,
            part.first and 0 < part.paragraph.lead <= part.label.end,
        )
        for at, part in enumerate(parts)
        if part.label
    )


def _spoken(parts: Sequence[Part], at: int) -> str:
    """The labelled paragraph's speech; where the label stands alone, the next paragraph's."""
    if speech := parts[at].speech:
        return speech
    later = (parts[other] for other in range(at + 1, len(parts)))
    following = next((part for part in later if part.sort is None), None)
    return following.speech if following else ""


def turns_of(parts: Sequence[Part], cast: Cast) -> tuple[list[Part], list[Turn]]:
    """What stands before the first turn, and the turns."""
    before: list[Part] = []
    turns: list[Turn] = []
    spoken = False
    for part in parts:
        role = cast.role(part.label)
        if role and part.label:
            # 问 may stand alone on its line, and 记者： on the next
            silent = turns.pop().parts if turns and turns[-1].role == role and not spoken else []
            silent.append(part)
            turns.append(Turn(role, cast.same[part.label.key], part.label.shown, silent))
            spoken = bool(part.sort is None and part.speech)
        elif turns:
            turns[-1].parts.append(replace(part, label=None))
            spoken = spoken or bool(part.sort is None and part.speech)
        else:
            before.append(part)
    return before, turns


def answers_only(before: list[Part], turns: list[Turn]) -> list[Turn]:
    """Turns of a page that labels only its answers: the question stands right before each label."""
    complete: list[Turn] = []
    leads = [parts[-1] for parts in (before, *(turn.parts for turn in turns)) if parts]
    styles = Counter(_style(part) for part in leads if part.sort is None and asks(part.speech))
    style = max(styles, key=lambda name: styles[name], default="")
    rest, own = before, 0
    for turn in turns:
        question: list[Part] = []
        end = len(rest)
        while end > own and rest[end - 1].sort is not None:
            end -= 1
        while end > own and _leads(rest[end - 1], style):
            end -= 1
            question.insert(0, _unnumbered(rest.pop(end)))
        if question:
            complete.append(Turn("host", "", "", question))
        complete.append(turn)
        rest, own = turn.parts, 1
    return complete


def _leads(part: Part, style: str) -> bool:
    """Whether an unlabelled paragraph may be the question to the answer that follows it."""
    like = _style(part) == style
    return part.sort is None and like and (asks(part.speech) > 0 or bool(style))


def _style(part: Part) -> str:
    return "heading" if part.paragraph.heading else "bold" if part.paragraph.bold else ""


def questions_by_style(parts: Sequence[Part]) -> tuple[list[Part], list[Turn]]:
    """Turns of a page without labels, whose questions are set in bold, as headings or numbered."""
    for style in (_numbered, _bold, _heading):
        styled = [part for part in parts if part.sort is None and style(part)]
        asked = [part for part in styled if asks(part.speech)]
        if len(asked) >= STYLED_LEAST and len(asked) * 3 >= len(styled) * 2:
            first = styled.index(asked[0])
            return _turns_by(parts, [part for part in styled[first:] if _says(part)])
    return list(parts), []


def _says(part: Part) -> bool:
    """Whether a paragraph set like the questions is one, if only a statement: not a heading."""
    return asks(part.speech) > 0 or not is_heading(part.paragraph)


def _turns_by(parts: Sequence[Part], questions: list[Part]) -> tuple[list[Part], list[Turn]]:
    before: list[Part] = []
    turns: list[Turn] = []
    chosen = {id(part) for part in questions}
    for part in parts:
        if id(part) in chosen:
            turns.append(Turn("host", "", "", [_unnumbered(part)]))
        elif turns:
            turns[-1].parts.append(part)
        else:
            before.append(part)
    return before, turns


def _unnumbered(part: Part) -> Part:
    match = _NUMBER.match(part.text)
    return replace(part, text=part.text[match.end() :].strip()) if match else part


def _numbered(part: Part) -> bool:
    return bool(_NUMBER.match(part.text)) and (part.paragraph.bold or part.paragraph.heading)


def _bold(part: Part) -> bool:
    return part.paragraph.bold


def _heading(part: Part) -> bool:
    return part.paragraph.heading
