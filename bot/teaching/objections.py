"""Why a wording should not be learnt, in sentences. Pure.

What `check` and `suggest` look at, by their own rules. Of 142 wordings for an exchange of the
bundled interview, or for a decline, that were put elsewhere all are refused. None of them would
have taken a phrase that stands there from its owner: what is typed like a phrase finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot import checks
from bot.cases import ALIKE_IN_FORM
from bot.edition import Edition
from bot.interview import Exchange, Fact, Phrase
from bot.query import read
from bot.render import label
from bot.suggest import screening
from bot.teaching.lesson import Lesson, completed, exchange_of, interview_of
from bot.yaml_text import short


def objections(lesson: Lesson, edition: Edition) -> tuple[str, ...]:
    """Why the lesson should not be written; nothing, if it may be.

    Takes .3 s for 17,000 phrases: not for a thread that answers.
    """
    interview = interview_of(lesson, edition.knowledge)
    if interview is None:
        return (f"没有访谈“{short(lesson.interview)}”。",)
    exchange = exchange_of(lesson, interview)
    if exchange is None and lesson.exchange is not None:
        return (f"访谈“{interview.id}”里没有 {short(lesson.exchange)} 这一问。",)
    lesson = completed(lesson, interview)
    plain = (*_unfit(lesson.text), *_unsaid(lesson, exchange), *_known(lesson, edition))
    return plain or tuple(_claimed(lesson, edition))


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


def _known(lesson: Lesson, edition: Edition) -> Iterator[str]:
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
            alike, decline = _nearest_decline(lesson, edition)
            if decline and alike >= ALIKE_IN_FORM:
                where = decline.where
                yield f"和一句访谈没有谈到的话几乎一样：“{short(decline.text)}”（{where}）。"


def doubts(lesson: Lesson, edition: Edition) -> tuple[str, ...]:
    """What a person should look at once more, and a model is refused for: that a phrase sounds like
    what is declined. Of 39 misses of a crowd that was to be taught 17 did, at least nine of which
    the interview answers; no decline came nearer to these than .45, by its form."""
    if lesson.target is None:
        return ()
    index = edition.responder.index
    if screening.claimed(lesson.text, lesson.target, index) != screening.CAUGHT:
        return ()
    _, decline = _nearest_decline(lesson, edition)
    near = f"，如“{short(decline.text)}”" if decline else ""
    return (f"听起来像访谈没有谈到的话{near}；确实答得上才加。",)


def _nearest_decline(lesson: Lesson, edition: Edition) -> tuple[float, Phrase | None]:
    """The decline that is most like the wording, by its form, and how much."""
    interview = interview_of(lesson, edition.knowledge)
    declines = interview.declines if interview else ()
    others = [(read(decline.text), None) for decline in declines]
    alike = edition.responder.index.alike(read(lesson.text), None, others)
    return max(zip(alike, declines, strict=True), key=lambda pair: pair[0], default=(0.0, None))
