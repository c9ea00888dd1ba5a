"""How what is said looks: pages that lose nothing, labels that end with a phrase."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import render
from bot.interview import Exchange, sentences
from bot.knowledge import load
from bot.respond import Answer, Choice, Choices, Extent, Lacking, NotCovered, Reply, SmallTalk
from tests.bookshop import CATS, FUTURE, GUESTS, INTERVIEW, RENT

INTERVIEWS = {INTERVIEW.id: INTERVIEW}
# All that a file can hold: any character but half ones.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
CHINESE = st.text(st.sampled_from("房租猫。？！，\n “”\U00020bb7🏮a"), max_size=400)


@given(TEXTS | CHINESE, st.integers(2, 60))
def test_pages_join_to_the_text_and_fit(text: str, room: int) -> None:
    pages = render.pages(text, room)
    assert "".join(pages) == text
    assert all(render.units(page) <= room for page in pages)
    assert all(pages) or text == ""


@given(CHINESE, st.integers(2, 60))
def test_no_page_begins_or_ends_inside_a_character(text: str, room: int) -> None:
    for page in render.pages(text, room):
        assert page.encode("utf-16-le").decode("utf-16-le") == page


def test_pages_are_cut_after_paragraphs_then_sentences_then_characters() -> None:
    assert render.pages("一二。\n三四。\n五六。", 8) == ("一二。\n三四。\n", "五六。")
    assert render.pages("一二。三四。五六。", 7) == ("一二。三四。", "五六。")
    assert render.pages("一二三四五", 2) == ("一二", "三四", "五")
    assert render.pages("a\U00020bb7b", 2) == ("a", "\U00020bb7", "b")


@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3), TEXTS)
def test_every_sheet_fits_and_together_they_hold_the_answer(answer: list[str], title: str) -> None:
    exchange = replace(RENT, answer=tuple(answer))
    interview = replace(INTERVIEW, title=title * 20)
    for compact in (True, False):
        sheets = render.sheets(exchange, answer[0], interview, compact=compact)
        held = [run.text for sheet in sheets for run in sheet if run.style == "whole"]
        assert "".join(held) == "\n".join(answer)
        assert all(render.units(render.plain(sheet)) <= render.LIMIT for sheet in sheets)


def test_a_sentence_as_long_as_a_message_is_read_in_the_whole_only() -> None:
    exchange = replace(RENT, answer=("房" * 9000,))
    sheets = render.sheets(exchange, "房" * 9000, INTERVIEW)
    assert {run.style for run in sheets[0]} == {"whole", "plain", "ours"}


# Passages by their sentences


FOLDERS = ("knowledge", "tests/newcomer/knowledge")


@cache
def exchanges(folder: str) -> tuple[Exchange, ...]:
    knowledge, _ = load(Path(folder))
    return tuple(knowledge.exchanges())


def cuts(exchange: Exchange) -> list[tuple[int, int]]:
    """Where each sentence of each paragraph begins and ends, without the space around it."""
    found, begin = [], 0
    for paragraph in exchange.answer:
        for sentence in sentences(paragraph):
            lead = len(sentence) - len(sentence.lstrip())
            found.append((begin + lead, begin + len(sentence.rstrip())))
            begin += len(sentence)
        begin += 1
    return [(start, end) for start, end in found if start < end]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_passage_that_is_quoted_is_named_by_its_sentences(folder: str) -> None:
    quoted = 0
    for exchange in exchanges(folder):
        facts = [fact.quote for fact in exchange.facts]
        for quote in filter(None, (exchange.quote, *facts, *exchange.said)):
            assert render.run(exchange, *render.place(exchange, quote)) == quote.strip()
        quoted += len(facts)
    assert quoted


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_run_of_sentences_is_named_by_them_across_paragraphs_too(folder: str) -> None:
    runs = []
    for exchange in exchanges(folder):
        places = cuts(exchange)
        for first, last in combinations_with_replacement(range(len(places)), 2):
            run = render.run(exchange, first, last + 1 - first)
            assert run == render.whole(exchange)[places[first][0] : places[last][1]]
            assert render.run(exchange, *render.place(exchange, run)) == run
            runs.append(run)
    assert any("\n" in run for run in runs)


@pytest.mark.parametrize(
    ("first", "count", "shown"),
    [
        (0, 1, "再开十年。"),
        (1, 1, "开不动了就把店交给徒弟。"),
        (0, 2, "再开十年。开不动了就把店交给徒弟。"),
        (1, 10**20, "开不动了就把店交给徒弟。"),
        (2, 1, ""),
        (10**20, 1, ""),
        (0, 0, ""),
        (1, -1, ""),
        (-1, 1, ""),
        (-1, 2, ""),
        (-2, 1, ""),
        (0, -1, ""),
        (-(10**20), 10**20, ""),
    ],
)
def test_numbers_of_no_sentence_name_none(first: int, count: int, shown: str) -> None:
    assert render.run(FUTURE, first, count) == shown


@given(st.lists(TEXTS | CHINESE, min_size=1, max_size=3), st.integers(-2, 9), st.integers(-2, 9))
def test_whatever_the_numbers_a_run_is_of_whole_sentences(
    answer: list[str], first: int, count: int
) -> None:
    exchange = replace(RENT, answer=tuple(answer))
    run, places = render.run(exchange, first, count), cuts(exchange)
    every = {render.whole(exchange)[a:b] for a, _ in places for _, b in places if a < b}
    assert run in every | {""}
    assert run or not (0 <= first < len(places) and count > 0)


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("他答应三年内", "好在房东老周是我们的读者,他答应三年内不再涨。"),
        (
            "不再涨。\U00020bb7野家",
            "好在房东老周是我们的读者,他答应三年内不再涨。\U00020bb7野家旁边的那间更贵。",
        ),
        ("没有这句。", ""),
        ("", ""),
    ],
)
def test_a_part_of_a_sentence_is_named_by_all_of_it(quote: str, shown: str) -> None:
    assert render.run(RENT, *render.place(RENT, quote)) == shown


def test_spans_count_in_utf16_units() -> None:
    message = (render.Run("🏮"), render.Run("房租", "quote"))
    assert [(span.offset, span.length) for span in render.spans(message)] == [(0, 2), (2, 2)]


@given(CHINESE.filter(str.strip), st.integers(10, 60))
def test_a_label_fits(question: str, limit: int) -> None:
    exchange = replace(CATS, question=question, topic="")
    assert render.units(render.asked(exchange, limit)) <= limit


@pytest.mark.parametrize(
    ("question", "topic", "shown"),
    [
        ("以后有什么打算?", "打算", "以后有什么打算?"),
        (
            "谢谢部长给我们解读“治庸”。中央提出要“开门搞活动”,厦门有哪些成功的探索和积极的实践?",
            "开门搞活动",
            "中央提出要“开门搞活动”…",
        ),
        (
            "群众具体都有些什么意见,是怎样具体解决的,能不能跟我们介绍一下?",
            "群众意见",
            "群众具体都有些什么意见,是怎样具体解决的…",
        ),
        (
            "What was the hardest moment of all these years in the shop?",
            "",
            "What was the hardest…",
        ),
    ],
)
def test_a_label_shows_the_phrases_around_the_topic(question: str, topic: str, shown: str) -> None:
    assert render.asked(replace(CATS, question=question, topic=topic)) == shown


def test_every_reply_reads_well_as_plain_text() -> None:
    answer = render.plain(render.message(Answer(CATS, "黑的叫墨水，白的叫橡皮。"), INTERVIEWS))
    assert answer == (
        "黑的叫墨水，白的叫橡皮。\n\n两只都是捡来的。黑的叫墨水，白的叫橡皮。\n\n"
        "— 林小满 · 《转角书店的二十年》 · 2021-04-23"
    )
    nothing = render.plain(render.message(NotCovered(), INTERVIEWS))
    assert nothing == "访谈里没有谈到这个。可以问：房租、猫、客人、打算"
    choices = render.plain(render.message(Choices((Choice(RENT), Choice(CATS))), INTERVIEWS))
    assert choices.splitlines()[1:] == ["1. 房租", "2. 猫"]
    thanks = render.plain(render.message(SmallTalk("thanks"), INTERVIEWS))
    assert thanks == "不客气，还想问什么尽管问。"


def test_an_answer_of_one_sentence_is_not_said_twice() -> None:
    exchange = replace(CATS, answer=("两只都是捡来的。",))
    text = render.plain(render.answer(exchange, "两只都是捡来的。", INTERVIEW))
    assert text.count("两只都是捡来的。") == 1


def test_a_long_interview_title_does_not_crowd_out_the_answer() -> None:
    interview = replace(INTERVIEW, title="长" * 5000)
    assert render.units(render.source(GUESTS, interview)) <= render.LONGEST_SOURCE


# ── how much of an answer ────────────────────────────────────────────────────────────────────────

PRICE = "第一年一个月三千块，现在要九千块。"
RENTED = f"房租每年都涨。{PRICE}"


def test_only_the_passage_is_shown_where_no_more_is_wanted() -> None:
    (sheet,) = render.sheets(RENT, PRICE, INTERVIEW, "passage")
    assert render.plain(sheet) == f"{PRICE}\n\n— 林小满 · 2021-04-23"


@pytest.mark.parametrize("extent", ["usual", "whole"])
def test_else_the_whole_follows_the_passage(extent: Extent) -> None:
    (sheet,) = render.sheets(RENT, PRICE, INTERVIEW, extent)
    assert [run.text for run in sheet if run.style == "quote"] == [PRICE]
    assert [run.text for run in sheet if run.style == "whole"] == [render.whole(RENT)]


def test_a_passage_too_long_to_be_quoted_is_read_in_the_whole_even_alone() -> None:
    exchange = replace(RENT, answer=("房" * 2000,))
    (sheet,) = render.sheets(exchange, "房" * 2000, INTERVIEW, "passage")
    assert [run.style for run in sheet if run.text.startswith("房")] == ["whole"]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (
            Answer(RENT, PRICE),
            f"{RENTED}\n\n— 林小满 · 《转角书店的二十年》 · 2021-04-23 （发“全文”看整段）",
        ),
        (Answer(RENT, PRICE, "passage"), f"{PRICE}\n\n— 林小满 · 2021-04-23 （发“全文”看整段）"),
        # nothing is left to be read: no hint
        (
            Answer(FUTURE, "再开十年。"),
            f"{render.whole(FUTURE)}\n\n{render.source(FUTURE, INTERVIEW)}",
        ),
    ],
)
def test_where_nothing_folds_the_passage_stands_among_its_neighbours(
    reply: Answer, text: str
) -> None:
    shown = render.terse(reply, INTERVIEWS)
    assert render.plain(shown) == text
    assert [run.text for run in shown if run.style == "quote"] == [reply.quote]


@pytest.mark.parametrize(
    "reply",
    [Answer(RENT, PRICE, "whole"), NotCovered(), SmallTalk("thanks"), Choices((Choice(RENT),))],
)
def test_all_else_is_shown_there_as_anywhere(reply: Reply) -> None:
    assert render.terse(reply, INTERVIEWS) == render.message(reply, INTERVIEWS)


# ── what is said where there is no answer ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lacking", "begins"),
    [
        ("", "访谈里没有谈到这个。"),
        ("number", "林小满没有说具体数字。"),
        ("time", "林小满没有说具体时间。"),
        ("name", "林小满没有说具体是谁、是哪里。"),
        ("claim", "林小满没有这么说。"),
        ("example", "这个回答里没有举例子。"),
    ],
)
def test_what_comes_nearest_is_quoted_and_it_is_said_what_is_lacking(
    lacking: Lacking, begins: str
) -> None:
    shown = render.message(NotCovered(RENT, PRICE, lacking), INTERVIEWS)
    assert render.plain(shown).startswith(begins)
    assert render.plain(shown).endswith("\n\n— 林小满 · 2021-04-23")
    assert [run.text for run in shown if run.style == "quote"] == [PRICE]
    others = "".join(run.text for run in shown if run.style != "quote")
    assert not any(sentence in others for sentence in RENT.said)


def test_a_guest_without_a_name_is_called_the_guest() -> None:
    nameless = {INTERVIEW.id: replace(INTERVIEW, guest="")}
    shown = render.message(NotCovered(RENT, PRICE, "number"), nameless)
    assert render.plain(shown).startswith("嘉宾没有说具体数字。")


@pytest.mark.parametrize(
    "replies",
    [
        [NotCovered(variant=n) for n in range(3)],
        [NotCovered(RENT, PRICE, variant=n) for n in range(3)],
        [Choices((Choice(RENT),), n) for n in range(3)],
        [Choices((Choice(RENT), Choice(CATS)), n) for n in range(3)],
        [SmallTalk("thanks", None, n) for n in range(3)],
        [SmallTalk("greeting", None, n) for n in range(3)],
    ],
)
def test_neighbouring_replies_are_worded_differently(replies: list[Reply]) -> None:
    said = [render.plain(render.message(reply, INTERVIEWS)) for reply in replies]
    assert said[0] != said[1] != said[2]


@pytest.mark.parametrize("kind", ["", "nobody knows it"])
def test_small_talk_of_an_unknown_kind_is_acknowledged(kind: str) -> None:
    said = render.plain(render.message(SmallTalk(kind), INTERVIEWS))
    assert said == "好的，还想问什么尽管问。"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("page_date", "发表于 2021-04-23 10:00:00。"),
        ("page_source", "来源：小城晚报。"),
        ("page_guest", "受访的是林小满。"),
        ("page_host", "提问的是记者，页面没有写名字。"),
        ("page_editor", "页面上没有写。"),
        ("page_title", "标题是《转角书店的二十年》。"),
        ("page_place", "这是第2问，一共4问。"),
    ],
)
def test_a_question_about_the_page_is_answered_from_the_page(kind: str, said: str) -> None:
    assert render.plain(render.message(SmallTalk(kind, CATS), INTERVIEWS)) == said


def test_of_several_pages_each_says_it_with_its_title() -> None:
    other = replace(INTERVIEW, id="other", title="另一家", guest="陈大雨")
    said = render.message(SmallTalk("page_guest"), {**INTERVIEWS, "other": other})
    assert render.plain(said).splitlines() == [
        "《转角书店的二十年》受访的是林小满。",
        "《另一家》受访的是陈大雨。",
    ]
    about = render.message(SmallTalk("page_guest", CATS), {**INTERVIEWS, "other": other})
    assert render.plain(about) == "受访的是林小满。"


# ── offers, and earlier messages ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("choice", "limit", "shown"),
    [
        (Choice(RENT, "房东是谁"), 40, "房租：房东是谁"),
        (Choice(RENT, " 房东\n是谁 "), 40, "房租：房东 是谁"),
        (Choice(RENT), 40, "房租"),
        (Choice(RENT, "房东是谁"), 5, "房租"),  # no room for more than the topic
        (Choice(RENT, PRICE), 13, "房租：第一年一个月三千块…"),
        (Choice(replace(RENT, topic=""), "房东是谁"), 40, render.asked(RENT)),
    ],
)
def test_an_option_says_what_of_an_exchange_is_meant(
    choice: Choice, limit: int, shown: str
) -> None:
    assert render.option(choice, limit) == shown


@given(CHINESE, CHINESE, st.integers(10, 60))
def test_an_option_fits(topic: str, meant: str, limit: int) -> None:
    choice = Choice(replace(CATS, topic=topic), meant)
    assert render.units(render.option(choice, limit)) <= limit


def test_an_earlier_answer_is_recognised_by_the_sentences_in_it() -> None:
    every = INTERVIEW.exchanges
    for exchange in (RENT, CATS, FUTURE):
        quote = exchange.said[-1]
        for sheet in render.sheets(exchange, quote, INTERVIEW):
            assert render.recognised(render.plain(sheet), every) == (exchange, quote)
        (alone,) = render.sheets(exchange, quote, INTERVIEW, "passage")
        assert render.recognised(render.plain(alone), every) == (exchange, quote)


def test_so_is_what_was_said_to_come_nearest() -> None:
    nearest = render.message(NotCovered(RENT, PRICE, "number"), INTERVIEWS)
    assert render.recognised(render.plain(nearest), INTERVIEW.exchanges) == (RENT, PRICE)


@pytest.mark.parametrize("text", ["", "访谈里没有谈到这个。可以问：", "房租"])
def test_a_message_without_his_words_is_no_answer(text: str) -> None:
    assert render.recognised(text, INTERVIEW.exchanges) is None
    assert render.recognised(text, ()) is None
