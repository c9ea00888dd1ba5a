"""Sure and unsure: an exchange on which two readings of the page differ should be looked at.

On 19 real development pages 241 of the 242 exchanges that are not marked are right, and 4 % of the
right ones are marked; on pages of two or three questions 15 % are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from bot.transcript.observations import ending, person
from bot.transcript.opinion import NOTHING, Heard, Role, opinion
from bot.transcript.page import Paragraph
from bot.transcript.reading import Exchange

OWN_QUESTION_MOST = 60
"""A question that is a paragraph of its own in an answer may be the host's; 3 of 951 were not."""
AGREED_LEAST = 0.1
"""Fewer agreed exchanges than this are chance: a page of jokes had 2 of 183."""
LENGTHY = 8
"""Answers so many times longer than the page's median held a second speaker; none was right."""
_LEFTOVER = re.compile(r"\*\*|==|\]\[|\]\(|</?\w+[ />]|(?<=\n)[?？。，,]")
"""Markup that was not understood, or an answer that begins with what ended the question."""


def with_doubts(
    exchanges: Sequence[Exchange], page: Sequence[Paragraph], told: Mapping[str, Role] = NOTHING
) -> tuple[Exchange, ...]:
    """The exchanges, each with the reason why somebody should look at it, if there is one."""
    heard = opinion(page, told) if exchanges else ()
    alike = {(_bare(other.question), _bare(said)) for other in heard for said in other.answers}
    where = {number: other for other in heard for number in _lines(other)}
    differ = ["" if _key(one) in alike else _difference(one, where) for one in exchanges]
    if differ.count("") < AGREED_LEAST * len(differ):
        differ = [reason or "两种读法对整页的看法不同" for reason in differ]
    usual = median(len("".join(one.answer)) for one in exchanges) if exchanges else 0
    return tuple(
        replace(one, doubt=reason or _oddity(one, one is exchanges[-1], usual))
        for one, reason in zip(exchanges, differ, strict=True)
    )


def _key(one: Exchange) -> tuple[str, str]:
    return _bare(one.question), _bare("".join(one.answer))


def _difference(one: Exchange, where: Mapping[int, Heard]) -> str:
    """How the second opinion reads the same lines; `where` holds its exchanges by line."""
    own = (*one.question_lines, *one.answer_lines)
    over = Counter(where[number] for number in own if number in where)
    if not over:
        return "另一种读法在这里没有找到问答"
    ((near, _),) = over.most_common(1)
    if odd := set(one.question_lines) ^ set(near.question_lines):
        return f"第 {min(odd)} 行是不是问题,两种读法不同"
    answer = max(near.answer_lines, key=lambda lines: len({*own} & {*lines}))
    if odd := set(one.answer_lines) ^ set(answer):
        return f"第 {min(odd)} 行是不是这段回答,两种读法不同"
    return "说话人的标签,两种读法不同"


def _oddity(one: Exchange, last: bool, usual: float) -> str:
    """What else was found where both readings erred alike."""
    later = one.answer[1:]
    if _LEFTOVER.search("\n".join((one.question, *one.answer))):
        return "有没去干净的标记"
    if any(len(text) <= OWN_QUESTION_MOST and ending(text) == "asks" for text in later):
        return "回答里有一段像是问题"
    if usual and len("".join(one.answer)) > LENGTHY * usual:
        return "比别的回答长得多"
    if last and later and person(later[-1]) == "nobody":
        return "最后一段可能已经不是回答"
    return ""


def _lines(heard: Heard) -> set[int]:
    return {*heard.question_lines, *(number for said in heard.answer_lines for number in said)}


def _bare(text: str) -> str:
    """Its letters only, so that line breaks, stamps and numbers of questions make no difference."""
    return re.sub(r"^\d+", "", re.sub(r"[\W_]+", "", text))
