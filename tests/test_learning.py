"""The ledger teaches: some days of `python -m tests.learning`, without the encoder."""

from __future__ import annotations

from itertools import chain

from bot.evaluate import Question
from bot.interview import Exchange
from bot.knowledge import load
from tests import learning
from tests.clustering import without_phrases
from tests.test_questions import ROOT, asked


def test_more_is_answered_day_by_day_and_hardly_anything_falsely() -> None:
    work, others = ("crowd-a.yaml", "crowd-b.yaml"), ("crowd-m.yaml",)
    course = list(learning.evenings("lexical", work, others, days=3))
    first, last = course[0], course[-1]
    assert [e.phrases + e.declines for e in course] == [0, 10, 20, 30]
    assert last.right >= first.right + 3
    assert all(evening.false <= 2 for evening in course)


def test_what_is_taught_is_about_the_sentences_with_what_is_wanted() -> None:
    bare = without_phrases(load(ROOT / "knowledge")[0])
    every = [question for talk in asked("crowd-m.yaml") for question in talk]
    for question in every[::20]:
        (interview,) = learning.taught(bare, question).interviews
        phrases = [phrase.text for e in interview.exchanges for phrase in e.asks]
        phrases += [phrase.text for phrase in interview.declines]
        facts = list(chain(*(e.facts for e in interview.exchanges)))
        assert phrases + [ask.text for fact in facts for ask in fact.asks] == [question.text]
        assert bool(interview.declines) == (not question.in_scope)
        assert bool(facts) == bool(question.in_scope and question.contains)
        for exchange in interview.exchanges:
            assert _is_to_the_point(exchange, question)


def _is_to_the_point(exchange: Exchange, question: Question) -> bool:
    quotes = [fact.quote for fact in exchange.facts]
    said = "\n".join(exchange.answer)
    return all(q in said and all(word in q for word in question.contains) for q in quotes)
