"""Why a wording should not be learnt, in sentences. Pure.

What `check` and `suggest` look at, by their own rules; what is taken from others is looked for
among the lines nearest to it, since no other can change hands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot import checks
from bot.edition import Edition
from bot.interview import Exchange, Fact, Interview, Phrase
from bot.query import read
from bot.render import label
from bot.search import DECLINED, Index, Line
from bot.suggest import screening
from bot.teaching.lesson import Lesson, completed, exchange_of, interview_of, taught
from bot.yaml_text import short


def objections(lesson: Lesson, edition: Edition) -> tuple[str, ...]:
    """Why the lesson should not be written; nothing, if it may be.

    Takes a second or two where nothing is to be said: not for a thread that answers.
    """
    interview = interview_of(lesson, edition.knowledge)
    if interview is None:
        return (f"没有访谈“{short(lesson.interview)}”。",)
    exchange = exchange_of(lesson, interview)
    if exchange is None and lesson.exchange is not None:
        return (f"访谈“{interview.id}”里没有 {short(lesson.exchange)} 这一问。",)
    lesson = completed(lesson, interview)
    plain = (*_unfit(lesson.text), *_unsaid(lesson, exchange), *_known(lesson, interview, edition))
    return plain or (*_claimed(lesson, edition), *_stolen(lesson, edition))


def _unfit(text: str) -> Iterator[str]:
    """What is wrong with the wording itself."""
    if screening.hides(text):
        yield "里面有看不见的字符、表情、网址或标记；删掉再来。"
    if len(text) > screening.LONGEST:
        yield f"太长：最多 {screening.LONGEST} 个字。"
    if not read(text).essence:
        yield "没有字可比；写成一句话。"
    elif screening.dangles(text):
        yield "单独看不出问的是什么；点明是哪件事。"


def _unsaid(lesson: Lesson, exchange: Exchange | None) -> Iterator[str]:
    """What is wrong with the passage."""
    if exchange is None or not lesson.quote:
        if lesson.quote:
            yield "没有谈到的问题不能配原话。"
        return
    fact = Fact((Phrase(lesson.text, exchange.where),), lesson.quote, exchange.where)
    alone = replace(exchange, quote="", quote_where=None, facts=(fact,))
    for fault in checks.unfit_quotes(alone):
        yield f"{fault.wrong}；{fault.instead}。"


def _known(lesson: Lesson, interview: Interview, edition: Edition) -> Iterator[str]:
    """Where the same is asked already."""
    said = checks.sayings(edition.knowledge)
    for exchange in edition.knowledge.exchanges():
        if exchange.topic and exchange.key != lesson.target:
            said.add(exchange.topic, "topic", exchange.where)
    if first := said.first(lesson.text):
        name, where = first
        told = "已经写成不答的" if name == "declines" else f"在 {name} 里已经有了"
        yield f"同样的话{told}（{where}）。"


def _claimed(lesson: Lesson, edition: Edition) -> Iterator[str]:
    """Who has a better claim to it."""
    index = edition.responder.index
    ranking = index.search(lesson.text)
    first = ranking.matches[0] if ranking.matches else None
    if lesson.target is None:
        if first and screening.answered(ranking):
            yield f"访谈里像有答案：{label(first.exchange)}（像“{short(first.phrase.text)}”）。"
        return
    match screening.claimed(lesson.text, lesson.target, index):
        case screening.STOLEN if first:
            near = short(first.phrase.text)
            yield f"更像另一问：{label(first.exchange)}（{first.exchange.key}，像“{near}”）。"
        case screening.CAUGHT:
            yield "更像一句不答的话（declines）。"


def _stolen(lesson: Lesson, edition: Edition) -> Iterator[str]:
    """Whose own question would find this instead; one is enough to say so."""
    before = edition.responder.index
    after = Index(taught(edition.knowledge, lesson), before.encoder)
    for line in _near(lesson, before):
        owner = "" if line.owner == DECLINED else line.owner
        if owner == (lesson.target or ""):
            continue
        lost = checks.thief(after.search(line.phrase.text), owner)
        if lost and not checks.thief(before.search(line.phrase.text), owner):
            whose = "不答的" if not owner else f"{owner} 的"
            yield f"会抢走{whose}“{short(line.phrase.text)}”（{line.phrase.where}）。"
            return


def _near(lesson: Lesson, index: Index) -> Iterator[Line]:
    """The lines that people wrote, or hosts asked, nearest to the wording."""
    for number in index.explain(read(lesson.text)).lines.tolist():
        line = index.lines[number]
        if not line.verbatim and (line.owner in index.exchanges or line.owner == DECLINED):
            yield line
