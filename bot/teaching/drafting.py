"""Other wordings for what people asked: a language model drafts them, and they are screened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.edition import Edition
from bot.interview import Exchange
from bot.suggest.models import Model, patiently
from bot.suggest.prompts import rewording
from bot.suggest.replies import read
from bot.teaching.lesson import Lesson
from bot.teaching.objections import doubts, objections

MOST = 3


def drafts(
    texts: Sequence[str], exchange: Exchange, quote: str, model: Model, edition: Edition
) -> tuple[str, ...]:
    """At most three wordings for what people asked in these texts, and this passage settles, that
    nothing speaks against. Raises `suggest`'s Failed and Hopeless; takes as long as the model and
    a few seconds."""
    prompt = rewording(edition.interviews[exchange.interview], exchange, quote, texts)
    found, _ = read(patiently(model, prompt.text), prompt, exchange)
    wordings = dict.fromkeys(draft.text for draft in found if draft.text not in texts)
    return tuple(_fit(list(wordings)[: 2 * MOST], exchange, quote, edition))[:MOST]


def _fit(
    wordings: Sequence[str], exchange: Exchange, quote: str, edition: Edition
) -> Iterator[str]:
    for wording in wordings:
        lesson = Lesson(exchange.interview, exchange.id, quote, wording)
        if not (objections(lesson, edition) or doubts(lesson, edition)):
            yield wording
