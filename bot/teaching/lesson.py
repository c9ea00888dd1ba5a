"""What is to be learnt, and the knowledge as it would be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import passage
from bot.interview import Exchange, Fact, Interview, Knowledge, Phrase


@dataclass(frozen=True, slots=True)
class Lesson:
    """A wording, and the exchange (its id: `q4`) and the passage of its answer that settle it.

    Without a passage the whole answer does. Without an exchange it is a decline: something that
    the interview (its id) does not speak of.
    """

    interview: str
    exchange: str | None
    quote: str
    text: str

    @property
    def target(self) -> str | None:
        """The exchange's key, `xiamen-2014/q4`; None for a decline."""
        return f"{self.interview}/{self.exchange}" if self.exchange else None


def interview_of(lesson: Lesson, knowledge: Knowledge) -> Interview | None:
    """The interview that it is about, where there is one."""
    return next((i for i in knowledge.interviews if i.id == lesson.interview), None)


def exchange_of(lesson: Lesson, interview: Interview) -> Exchange | None:
    """The exchange that it is about, where there is one."""
    return next((e for e in interview.exchanges if e.id == lesson.exchange), None)


def completed(lesson: Lesson, interview: Interview) -> Lesson:
    """The lesson with the sentences before its passage that this cannot be understood without."""
    exchange = exchange_of(lesson, interview)
    if exchange is None or not lesson.quote:
        return lesson
    return replace(lesson, quote=passage.led_up_to(exchange, lesson.quote))


def taught(knowledge: Knowledge, lesson: Lesson) -> Knowledge:
    """The knowledge as it would be, once it has been learnt; as it is, if the interview or the
    exchange is not there."""
    interviews = tuple(
        _grown(interview, completed(lesson, interview))
        if interview.id == lesson.interview
        else interview
        for interview in knowledge.interviews
    )
    return replace(knowledge, interviews=interviews)


def is_taught(knowledge: Knowledge, lesson: Lesson) -> bool:
    """Whether this very wording stands under the exchange, or among the declines, already."""
    interview = interview_of(lesson, knowledge)
    if interview is None:
        return False
    if lesson.exchange is None:
        return any(decline.text == lesson.text for decline in interview.declines)
    exchange = exchange_of(lesson, interview)
    facts = (ask for fact in exchange.facts for ask in fact.asks) if exchange else ()
    return exchange is not None and any(ask.text == lesson.text for ask in (*exchange.asks, *facts))


def _grown(interview: Interview, lesson: Lesson) -> Interview:
    if lesson.exchange is None:
        phrase = Phrase(lesson.text, interview.where)
        return replace(interview, declines=(*interview.declines, phrase))
    exchanges = tuple(
        _with(exchange, lesson) if exchange.id == lesson.exchange else exchange
        for exchange in interview.exchanges
    )
    return replace(interview, exchanges=exchanges)


def _with(exchange: Exchange, lesson: Lesson) -> Exchange:
    phrase = Phrase(lesson.text, exchange.where)
    if not lesson.quote:
        return replace(exchange, asks=(*exchange.asks, phrase))
    facts = list(exchange.facts)
    for number, fact in enumerate(facts):
        if fact.quote == lesson.quote:
            facts[number] = replace(fact, asks=(*fact.asks, phrase))
            break
    else:
        facts.append(Fact((phrase,), lesson.quote, exchange.where))
    return replace(exchange, facts=tuple(facts))
