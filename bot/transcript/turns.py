"""Paragraphs to turns: who begins to speak where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from bot.transcript import chrome
from bot.transcript.cast import Candidate, Cast, asks
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
    def speech(self) -> str:
        """All its words."""
        return "\n".join(part.speech for part in self.said)

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


def believable(
    parts: Sequence[Part], named: frozenset[str] = frozenset()
) -> tuple[list[Part], dict[str, str]]:
    """The parts without the labels that cannot name a speaker where they stand.

    Beside them, by label key, why not; a key that a person has `named` is never doubted.
    """
    kept = list(parts)
    reasons: dict[str, str] = {}
    for reason, doubted in DOUBTS:
        labelled = [(part, part.label) for part in kept if part.label]
        wrong = doubted(labelled, kept)
        wrong -= {id(part) for part, label in labelled if label.key in named}
        reasons |= {label.key: reason for part, label in labelled if id(part) in wrong}
        kept = [_unlabelled(part) if id(part) in wrong else part for part in kept]
    nested = _nested(kept)
    return [_peeled(part, nested) for part in kept], reasons


def _nested(parts: Sequence[Part]) -> frozenset[str]:
    """Labels that recur right behind others: 王某 in 答：王某：……"""
    inner = (label_of(part.speech[:LABEL_MOST]) for part in parts if part.label)
    counts = Counter(label.key for label in inner if label and label.form == "colon")
    return frozenset(key for key, count in counts.items() if count > 1)


def _unlabelled(part: Part) -> Part:
    return replace(part, label=None)


Labelled: TypeAlias = "Sequence[tuple[Part, Label]]"


def _under_label(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """What stands right under a label alone on its line is its speech; 记者： may follow 问."""
    wrong: set[int] = set()
    alone = Counter(label.key for part, label in labelled if _stands_alone(part))
    said = [part for part in parts if part.sort is None or part.label]
    for above, part in pairwise(said):
        label = above.label if id(above) not in wrong and _stands_alone(above) else None
        if label and alone[label.key] > 1 and label.key not in GENERIC:
            wrong.add(id(part))
    return wrong


def _stands_alone(part: Part) -> bool:
    """Whether the part is a label with a colon or a time, and nothing else."""
    return part.label is not None and part.label.form in ("colon", "stamp") and not part.speech


def _above_quote(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """引用： alone above a block quotation introduces it."""
    return {
        id(part)
        for part, after in pairwise(parts)
        if part.label and not part.speech
        if after.paragraph.quote and not part.paragraph.quote
    }


def _in_credits(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """编辑：张某 is a credit, unless 编辑 speaks often and is a host."""
    counts = Counter(label.key for part, label in labelled if part.sort)
    return {id(p) for p, label in labelled if p.sort and counts[label.key] < CREDIT_TURNS}


def _in_title(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """### 某局長：… is a title, unless he speaks elsewhere."""
    counts = Counter(label.key for _, label in labelled)
    title = next((part for part in parts if part.paragraph.heading), None)
    return {
        id(part)
        for part, label in labelled
        if part.paragraph.heading
        if part is title or (counts[label.key] < 2 and part.speech)
        if label.key not in GENERIC
    }


def _bare(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """A bare line is a label only where the page labels all turns so, and never above another."""
    bare = [(part, label) for part, label in labelled if label.form == "bare"]
    others = Counter(label.key for _, label in labelled if label.form != "bare")
    counts = Counter(label.key for _, label in bare)
    above = {id(part) for part, after in pairwise(p for p in parts if not p.sort) if after.label}
    mixed = any(count > 1 for count in others.values())
    return {
        id(part)
        for part, label in bare
        if label.key not in GENERIC and (mixed or id(part) in above or counts[label.key] < 2)
    }


def _spaced(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """问 and a space begin a turn where several turns begin so, and no other label recurs."""
    spaced = [(part, label) for part, label in labelled if label.form == "space"]
    others = Counter(label.key for _, label in labelled if label.form != "space")
    counts = Counter(label.key for _, label in spaced)
    alone = all(count < 2 for count in others.values())
    recur = len(counts) > 1 and all(count > 1 for count in counts.values())
    return set() if alone and recur else {id(part) for part, _ in spaced}


def _in_quotation(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """In a block quotation a name introduces somebody, unless the page sets its turns so."""
    quoted = {id(part) for part, _ in labelled if part.paragraph.quote}
    return quoted if len(quoted) * 3 < len(labelled) else set()


def _is_bold(part: Part, label: Label) -> bool:
    return part.paragraph.bold or 0 < part.paragraph.lead <= label.end


def _unmarked(labelled: Labelled, parts: Sequence[Part]) -> set[int]:
    """Where a page sets its labels in bold, others that are nowhere bold, or stand above."""
    counts = Counter(label.key for _, label in labelled)
    recurring = [(part, label.key) for part, label in labelled if counts[label.key] > 1]
    bold = {id(part) for part, label in labelled if _is_bold(part, label)}
    keys = {key for part, key in recurring if id(part) in bold}
    if len(keys) < 2 or sum(id(part) in bold for part, _ in recurring) * 3 < 2 * len(recurring):
        return set()
    first = next(at for at, (part, _) in enumerate(labelled) if id(part) in bold)
    plain = [(at, part, label) for at, (part, label) in enumerate(labelled) if id(part) not in bold]
    return {id(part) for at, part, label in plain if at < first or label.key not in keys}


DOUBTS: tuple[tuple[str, Callable[[Labelled, Sequence[Part]], set[int]]], ...] = (
    ("紧跟在单独成行的标签下面", _under_label),
    ("引出一段引文", _above_quote),
    ("是署名", _in_credits),
    ("是标题", _in_title),
    ("单独成行,不像这一页的标签", _bare),
    ("后面没有冒号", _spaced),
    ("不像别的标签那样加粗", _unmarked),
    ("在引文里", _in_quotation),
)
"""Why a label may name nobody."""


def _peeled(part: Part, nested: frozenset[str]) -> Part:
    """The part with its inner label: 王某 for 答：王某：……"""
    outer = part.label
    inner = label_of(part.text[outer.end :][:LABEL_MOST].lstrip()) if outer and nested else None
    if not outer or not inner or inner.key not in nested or not part.speech:
        return part
    end = len(part.text) - len(part.text[outer.end :].lstrip()) + inner.end
    return replace(part, label=replace(inner if outer.key in GENERIC else outer, end=end))


def split(part: Part, cast: Cast | None) -> Iterator[Part]:
    """The turns inside one paragraph; without a cast, every piece that looks labelled."""
    starts = [0, *_starts_inside(part, cast)] if part.sort is None else []
    if len(starts) < 2:
        yield part
        return
    for start, end in zip(starts, [*starts[1:], len(part.text)], strict=True):
        piece = part.text[start:end].strip()
        if piece:
            yield replace(part, text=piece, label=label_of(piece), first=start == 0)


def _starts_inside(part: Part, cast: Cast | None) -> Iterator[int]:
    lead = part.label.end if part.label else 0
    for start in inline_starts(part.text):
        label = label_of(part.text[start : start + LABEL_MOST]) if start >= lead else None
        if label and (cast.role(label) if cast else label.form == "colon"):
            yield start


def candidates(parts: Sequence[Part]) -> tuple[Candidate, ...]:
    """The parts that carry a label, for the cast to be chosen from."""
    return tuple(
        Candidate(
            at,
            part.label,
            _spoken(parts, at),
            part.paragraph.bold or part.paragraph.heading,
            part.first and 0 < part.paragraph.lead <= part.label.end,
            not part.speech,
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
        says = bool(part.sort is None and part.speech)
        if role and part.label:
            # 问 may stand alone on its line, and 记者： on the next
            silent = turns.pop().parts if turns and turns[-1].role == role and not spoken else []
            turn = Turn(role, cast.same[part.label.key], part.label.shown, [*silent, part])
            turns.append(turn)
            spoken = says
        elif turns:
            turns[-1].parts.append(_unlabelled(part))
            spoken = spoken or says
        else:
            before.append(part)
    return before, turns


def answers_only(before: list[Part], turns: list[Turn]) -> list[Turn]:
    """Turns of a page that labels only its answers: the question stands right before each label."""
    leads = [parts[-1] for parts in (before, *(turn.parts for turn in turns)) if parts]
    styles = Counter(_style(part) for part in leads if part.sort is None and asks(part.speech))
    style = max(styles, key=lambda name: styles[name], default="")
    complete: list[Turn] = []
    rest, own = before, 0
    for turn in turns:
        if question := _question_at_end(rest, own, style):
            complete.append(Turn("host", "", "", question))
        complete.append(turn)
        rest, own = turn.parts, 1
    return complete


def _question_at_end(parts: list[Part], own: int, style: str) -> list[Part]:
    """The question at the end of what was said, taken out of it; `own` parts are the answer's."""
    end = len(parts)
    while end > own and parts[end - 1].sort is not None:
        end -= 1
    start = end
    while start > own and _leads(parts[start - 1], style):
        start -= 1
    question = [_unnumbered(part) for part in parts[start:end]]
    del parts[start:end]
    return question


def _leads(part: Part, style: str) -> bool:
    """Whether an unlabelled paragraph may be the question to the answer that follows it."""
    like = _style(part) == style
    return part.sort is None and like and (asks(part.speech) > 0 or bool(style))


def _style(part: Part) -> str:
    return "heading" if part.paragraph.heading else "bold" if part.paragraph.bold else ""


def questions_by_style(parts: Sequence[Part]) -> tuple[list[Part], list[Turn]]:
    """Turns of a page without labels: its questions are set apart or listed, or its answers are."""
    said = [part for part in parts if part.sort is None]
    for style in STYLES:
        questions = _alike_asked(_above_others(said, style))
        if questions:
            return _turns_by(parts, questions)
    return _turns_by(parts, _asked_in_list(said) or _before_bold(said))


def _above_others(said: list[Part], style: Callable[[Part], bool]) -> list[Part]:
    """The paragraphs of a style that stand above another one: a heading stands above a question."""
    followed = [part for part, after in pairwise(said) if style(part) and not style(after)]
    return followed + [part for part in said[-1:] if style(part)]


def _alike_asked(styled: list[Part]) -> list[Part]:
    """The paragraphs of one style, from the first that asks, if most of them do."""
    asked = [part for part in styled if asks(part.speech)]
    rest = styled[styled.index(asked[0]) :] if asked else []
    if len(asked) < STYLED_LEAST or len(asked) * 3 < len(rest) * 2:
        return []
    return [part for part in rest if _says(part)]


def _before_bold(said: list[Part]) -> list[Part]:
    """The plain paragraphs before bold ones, from the first that asks, if every other asks."""
    plain = [part for part, after in pairwise(said) if _bold(after) and not _bold(part)]
    asked = [part for part in plain if asks(part.speech)]
    if not asked or len(asked) * 2 < len(plain):
        return []
    return [part for part in plain[plain.index(asked[0]) :] if _says(part)]


def _asked_in_list(said: list[Part]) -> list[Part]:
    """The items of a list that ask, if what stands behind each does not."""
    items = [part for part in said if part.paragraph.item]
    asked = [part for part in items if asks(part.speech) == 1]
    behind = [after for part, after in pairwise(items) if asks(part.speech) == 1]
    answered = len(behind) == len(asked) and not any(asks(part.speech) == 1 for part in behind)
    return asked if answered and len(asked) >= STYLED_LEAST else []


def _says(part: Part) -> bool:
    """Whether a paragraph set like the questions is one, if only a statement: not a heading."""
    return asks(part.speech) > 0 or chrome.is_sentence(part.speech)


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


def named_once(turns: Sequence[Turn]) -> list[Turn]:
    """The turns of host and guest, where the first question and its answer tell who they are."""
    if not turns:
        return []
    question, *said = turns[0].parts
    behind = next((part for part in said if part.sort is None and part.speech), None)
    host, guest = label_of(question.text), label_of(behind.text if behind else "")
    if not (behind and host and guest) or host.key == guest.key:
        return []
    at = said.index(behind)
    rest = [replace(turn, key=host.key, shown=host.shown) for turn in turns[1:]]
    asked = [replace(question, label=host), *said[:at]]
    answered = [replace(behind, label=guest), *said[at + 1 :]]
    return [
        Turn("host", host.key, host.shown, asked),
        Turn("guest", guest.key, guest.shown, answered),
        *rest,
    ]


def _unnumbered(part: Part) -> Part:
    match = _NUMBER.match(part.text)
    return replace(part, text=part.text[match.end() :].strip()) if match else part


def _numbered(part: Part) -> bool:
    return bool(_NUMBER.match(part.text)) and (part.paragraph.bold or part.paragraph.heading)


def _bold(part: Part) -> bool:
    return part.paragraph.bold


def _heading(part: Part) -> bool:
    return part.paragraph.heading


def _quote(part: Part) -> bool:
    return part.paragraph.quote


def _italic(part: Part) -> bool:
    return part.paragraph.italic


STYLES = (_numbered, _bold, _heading, _quote, _italic)
"""How a page may set its questions apart."""
