"""How what is said looks: pages that lose nothing, labels that end with a phrase."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import render
from bot.respond import Answer, Choices, NotCovered, SmallTalk
from bot.words import LANGUAGES, WORDS, language, say
from tests.bookshop import CATS, GUESTS, INTERVIEW, RENT

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
        sheets = render.sheets(exchange, answer[0], interview, compact)
        held = [run.text for sheet in sheets for run in sheet if run.style == "whole"]
        assert "".join(held) == "\n".join(answer)
        assert all(render.units(render.plain(sheet)) <= render.LIMIT for sheet in sheets)


def test_a_sentence_as_long_as_a_message_is_read_in_the_whole_only() -> None:
    exchange = replace(RENT, answer=("房" * 9000,))
    sheets = render.sheets(exchange, "房" * 9000, INTERVIEW)
    assert {run.style for run in sheets[0]} == {"whole", "plain", "ours"}


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
    choices = render.plain(render.message(Choices((RENT, CATS)), INTERVIEWS))
    assert choices.splitlines()[1] == f"1. {RENT.question}"
    thanks = render.plain(render.message(SmallTalk("thanks"), INTERVIEWS))
    assert thanks == "不客气，还想问什么尽管问。"


def test_an_answer_of_one_sentence_is_not_said_twice() -> None:
    exchange = replace(CATS, answer=("两只都是捡来的。",))
    text = render.plain(render.answer(exchange, "两只都是捡来的。", INTERVIEW))
    assert text.count("两只都是捡来的。") == 1


def test_a_long_interview_title_does_not_crowd_out_the_answer() -> None:
    interview = replace(INTERVIEW, title="长" * 5000)
    assert render.units(render.source(GUESTS, interview)) <= render.LONGEST_SOURCE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "zh-hans"),
        ("zh", "zh-hans"),
        ("zh-hans", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-hant", "zh-hant"),
        ("zh-TW", "zh-hant"),
        ("zh_HK", "zh-hant"),
        ("en", "en"),
        ("en-GB", "en"),
        ("fr", "zh-hans"),
    ],
)
def test_the_language_follows_the_client(code: str | None, expected: str) -> None:
    assert language(code) == expected


def test_all_our_words_exist_in_all_languages_and_fit_where_they_go() -> None:
    for tongue in LANGUAGES:
        assert all(say(word, tongue) for word in WORDS)
        assert render.units(say("short_description", tongue)) <= 120
        assert render.units(say("description", tongue)) <= 512
        assert all(render.units(say(w, tongue)) <= 200 for w in ("expired", "not_yours", "stuck"))


def test_values_in_our_words_are_left_as_they_are() -> None:
    assert say("ask_usage", "zh-hant", ask="/ask", topic="房租{x}").count("房租{x}") == 1
