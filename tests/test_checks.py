"""What `check` proves: verbatim, unambiguous, and found by its own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.checks import check
from bot.interview import Everyday, Exchange, Fact, Interview, Knowledge, Origin, Phrase
from bot.knowledge import load
from bot.pages import Page, read
from bot.search import Index, Match, Ranking

PAGE = """\
某网 > 访谈
一次访谈

2014-08-06 来源: 某网

主持人:厦门治庸有阻力吗?

陈秋雄:“没有阻力!”大家慢慢地接受。所以很顺利。

以后会成为常态。

主持人:群众的意见怎么解决?

陈秋雄:建立台账,逐个落实。
"""


def at(line: int) -> Origin:
    return Origin("x.yaml", line)


FIRST = Exchange(
    "x",
    "q1",
    "厦门治庸有阻力吗?",
    ("“没有阻力!”大家慢慢地接受。所以很顺利。", "以后会成为常态。"),
    at(10),
    asks=(Phrase("整治懒官难不难", at(11)), Phrase("治庸反对的人多吗", at(12))),
    facts=(Fact((Phrase("治庸顺利吗", at(13)),), "大家慢慢地接受。所以很顺利。", at(14)),),
)
SECOND = Exchange(
    "x",
    "q2",
    "群众的意见怎么解决?",
    ("建立台账,逐个落实。",),
    at(20),
    asks=(Phrase("老百姓提的问题谁来办", at(21)),),
)
INTERVIEW = Interview(
    "x",
    at(1),
    title="一次访谈",
    published="2014-08-06",
    page="page.txt",
    exchanges=(FIRST, SECOND),
    declines=(Phrase("今天几点下班", at(30)),),
)
EVERYDAY = Everyday(
    (Phrase("明天会下雨吗", Origin("bot/everyday.yaml", 2)),),
    (("greeting", (Phrase("你好小编", Origin("bot/everyday.yaml", 9)),)),),
)


class Recorder:
    """A search that finds each phrase's own exchange, except where it is told another."""

    def __init__(self, interview: Interview, told: dict[str, Ranking]) -> None:
        self.asked: list[str] = []
        self._told = told
        self._own = {
            phrase: exchange
            for exchange in reversed(interview.exchanges)
            for phrase in (
                exchange.question,
                *(ask.text for ask in exchange.asks),
                *(ask.text for fact in exchange.facts for ask in fact.asks),
            )
        }

    def search(self, question: str) -> Ranking:
        self.asked.append(question)
        own = self._own.get(question)
        return self._told.get(question) or (found(own, 0.7, 0.1) if own else Ranking((), 0.8))


def found(exchange: Exchange, score: float, outside: float) -> Ranking:
    phrase = Phrase("撞上的说法", at(99))
    return Ranking((Match(exchange, phrase, score, None),), outside)


def faults_of(
    interview: Interview = INTERVIEW, page: str = PAGE, told: dict[str, Ranking] | None = None
) -> list[tuple[int, str]]:
    """The lines and messages of a check."""
    knowledge = Knowledge((interview,), EVERYDAY)
    faults = check(knowledge, {"page.txt": (page,)}, Recorder(interview, told or {}))
    return [(fault.where.line, f"{fault.wrong}; {fault.instead}") for fault in faults]


def first(**changes: Any) -> Interview:
    """The interview with its first exchange changed."""
    return replace(INTERVIEW, exchanges=(replace(FIRST, **changes), SECOND))


def test_sound_knowledge_has_no_faults() -> None:
    assert faults_of() == []


def test_a_fault_reads_as_one_line_that_says_where_what_and_what_instead() -> None:
    interview = first(question="有吗?")
    (fault,) = check(Knowledge((interview,)), {"page.txt": (PAGE,)}, Recorder(interview, {}))
    assert (
        str(fault) == "x.yaml:10: q1 的 question“有吗?”不在页面里; 照页面改回原文,或再 import 一次"
    )


@pytest.mark.parametrize(
    ("interview", "line", "word"),
    [
        (first(question="台风来了吗?"), 10, "不在页面里"),
        (first(question="厦门治庸有难处吗?"), 10, "从“难处吗?”起"),  # where it leaves the page
        (first(answer=("以后会成为常态。", FIRST.answer[0])), 10, "先后"),
        (first(answer=("所以很顺利", "以后会成为常态了。")), 10, "从“了。”起"),
        (first(answer=("", "以后会成为常态。")), 10, "空"),
        (replace(INTERVIEW, exchanges=(SECOND, FIRST)), 10, "先后"),
        (replace(INTERVIEW, title="两次访谈"), 1, "title"),
        (replace(INTERVIEW, published="2015-01-01"), 1, "published"),
        (replace(INTERVIEW, page=""), 1, "哪个页面"),
        (replace(INTERVIEW, page="other.txt"), 1, "other.txt"),
        (replace(INTERVIEW, exchanges=()), 1, "没有一条问答"),
    ],
)
def test_what_is_shown_as_the_page_stands_in_the_page(
    interview: Interview, line: int, word: str
) -> None:
    faults = faults_of(interview)
    assert any(at == line and word in told for at, told in faults), faults


def test_markup_inside_a_sentence_is_not_a_fault() -> None:
    assert faults_of(page=PAGE.replace("大家慢慢地", "大家**慢慢**地")) == []


@pytest.mark.parametrize(
    ("quote", "word"),
    [
        ("所以很顺利。", "单独看不明白; 从“大家慢慢地接受。”抄起"),
        ("“没有阻力!”", None),  # the closing mark belongs to the sentence
        ("“没有阻力!”大家慢慢地接受。所以很顺利。", None),
        ("以后会成为常态。", None),
        ("很顺利。", "截断"),
        ("所以很顺利", "截断"),
        ("“没有阻力!", "截断"),
        ("所以很顺利。以后会成为常态。", "不在"),  # two paragraphs
        ("所以非常顺利。", "不在"),
        (" ", "不在"),
    ],
)
def test_a_quote_is_whole_sentences_of_one_paragraph(quote: str, word: str | None) -> None:
    fact = replace(FIRST.facts[0], quote=quote)
    told = [message for line, message in faults_of(first(facts=(fact,))) if line == 14]
    assert len(told) == (word is not None)
    assert word is None or word in told[0]


@pytest.mark.parametrize(
    ("id_", "faults"),
    [("q1", 0), ("a-1", 0), ("", 1), ("Q1", 1), ("q 1", 1), ("问", 1), ("q" * 33, 1), ("q2", 1)],
)
def test_ids_are_short_plain_and_unique(id_: str, faults: int) -> None:
    assert len(faults_of(first(id=id_))) == faults


def test_interviews_do_not_share_an_id() -> None:
    knowledge = Knowledge((INTERVIEW, replace(INTERVIEW, where=Origin("y.yaml", 1), exchanges=())))
    faults = check(knowledge, {"page.txt": (PAGE,)}, Recorder(INTERVIEW, {}))
    assert any(f.where.file == "y.yaml" and "x.yaml:1" in f.wrong for f in faults)


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        ("治庸反对的人多么", None),
        ("请问治庸反对的人多吗?", "x.yaml:12"),  # courtesy and marks do not count
        ("治庸反對的人多嗎", "x.yaml:12"),  # nor does the script
        ("治庸顺利吗", "x.yaml:13"),  # a fact of another exchange
        ("厦门治庸有阻力吗", "x.yaml:10"),  # a host question
        ("明天会下雨吗", "bot/everyday.yaml:2"),
        ("你好小编", "bot/everyday.yaml:9"),
        ("??!", "没有字"),
        ("", "没有字"),
    ],
)
def test_an_ask_says_something_and_says_it_once(ask: str, place: str | None) -> None:
    second = replace(SECOND, asks=(Phrase(ask, at(22)),))
    faults = faults_of(replace(INTERVIEW, exchanges=(FIRST, second)))
    faults = [fault for fault in faults if "重复" in fault[1] or "没有字" in fault[1]]
    assert len(faults) == (place is not None)
    assert place is None or (faults[0][0] == 22 and place in faults[0][1])


def test_a_decline_does_not_repeat_an_ask() -> None:
    declines = (Phrase("整治懒官难不难", at(31)),)
    told = {"整治懒官难不难": found(FIRST, 0.6, 0.6)}
    ((line, message),) = faults_of(replace(INTERVIEW, declines=declines), told=told)
    assert line == 31 and "x.yaml:11" in message


@pytest.mark.parametrize(
    ("phrase", "ranking", "line", "word"),
    [
        ("整治懒官难不难", found(SECOND, 0.7, 0.1), 11, "x/q2(像 x.yaml:99 的“撞上的说法”)"),
        ("整治懒官难不难", found(FIRST, 0.35, 0.7), 11, "访谈以外"),
        ("整治懒官难不难", Ranking((), 0.9), 11, "访谈以外"),
        ("治庸顺利吗", found(SECOND, 0.7, 0.1), 13, "x/q2"),
        ("今天几点下班", found(SECOND, 0.7, 0.1), 30, "x/q2"),
        ("厦门治庸有阻力吗?", found(SECOND, 0.7, 0.1), 10, "自己的问题找不到它"),
        ("厦门治庸有阻力吗?", Ranking(), 10, "自己的问题找不到它"),
    ],
)
def test_a_phrase_that_finds_another_than_its_own_is_named(
    phrase: str, ranking: Ranking, line: int, word: str
) -> None:
    ((where, message),) = faults_of(told={phrase: ranking})
    assert where == line and word in message


def test_each_phrase_is_searched_once() -> None:
    index = Recorder(INTERVIEW, {})
    check(Knowledge((INTERVIEW,), EVERYDAY), {"page.txt": (PAGE,)}, index)
    assert len(index.asked) == len(set(index.asked)) == 7


def test_faults_come_in_the_order_of_the_lines() -> None:
    fact = replace(FIRST.facts[0], quote="很顺利。")
    faults = faults_of(first(id="Q", facts=(fact,), asks=(Phrase("?", at(11)),)))
    assert [line for line, _ in faults] == [10, 11, 14]


def test_the_search_that_serves_finds_small_knowledge_by_its_own_words() -> None:
    knowledge = Knowledge((INTERVIEW,), EVERYDAY)
    assert check(knowledge, {"page.txt": (PAGE,)}, Index(knowledge)) == []


def test_the_shipped_knowledge_is_verbatim_and_says_everything_once() -> None:
    knowledge, _ = load(Path("knowledge"))
    for interview in knowledge.interviews:
        page = read(Path(interview.page))
        assert isinstance(page, Page)
        alone = Knowledge((interview,), knowledge.everyday)
        assert check(alone, {interview.page: (page.text,)}, Recorder(interview, {})) == []
