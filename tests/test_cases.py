"""When a question joins a case, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import cases
from bot.cases import Candidate
from bot.query import read
from bot.respond import Conversation
from tests.bookshop import RESPONDER

INDEX = RESPONDER.index

ASKED = "店里有没有充电桩可以给电动车充电"


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("房租贵不贵", "房租贵不贵?", True),
        ("房租贵不贵", "请问 房租,贵不贵！", True),
        ("房租貴不貴", "房租贵不贵", True),
        ("房租贵不贵", "房租不贵", False),
        ("?", "!", False),
        ("", "?", False),
        ("a" * 5000, "a" * 6000, True),  # so much is read
    ],
)
def test_spellings_have_one_key(one: str, two: str, same: bool) -> None:
    assert (cases.key(one) == cases.key(two)) == same


@pytest.mark.parametrize(
    ("text", "far"), [("房租贵不贵", False), ("明天会下雨吗", True), ("你好", True), ("", True)]
)
def test_what_no_interview_comes_near_is_far(text: str, far: bool) -> None:
    assert cases.read_miss(text, RESPONDER).far == far


def test_a_reading_names_what_comes_nearest() -> None:
    reading = cases.read_miss("黑猫白猫都几岁了", RESPONDER)
    assert reading.nearest == "bookshop/q2" and reading.quote
    assert 0 < reading.score <= 1 and reading.meaning is None
    assert len(reading.traces) == 1 + cases.WORDS


def test_what_is_alike_shares_a_trace() -> None:
    one, two = (cases.read_miss(text, RESPONDER) for text in (ASKED, "充电桩能不能给车充电"))
    assert set(one.traces) & set(two.traces)


def test_a_question_joins_the_case_that_it_is_most_like() -> None:
    reading = cases.read_miss(ASKED, RESPONDER)
    near, nearer = "店里有没有充电桩给汽车充电", "店里有没有充电桩给电动车充电"
    candidates = [Candidate(1, near, None), Candidate(2, nearer, None), Candidate(3, "猫", None)]
    assert cases.joined(reading, candidates, INDEX) == 2
    assert cases.joined(reading, candidates[2:], INDEX) is None
    assert cases.joined(reading, [], INDEX) is None


def test_what_asks_for_another_particular_is_another_question() -> None:
    reading = cases.read_miss("店里的充电桩是什么时候装的", RESPONDER)
    assert cases.joined(reading, [Candidate(1, "店里的充电桩是什么时候装的呢", None)], INDEX) == 1
    assert cases.joined(reading, [Candidate(1, "店里的充电桩是谁装的", None)], INDEX) is None
    (alike,) = INDEX.alike(read(reading.text), None, [(read("店里的充电桩是谁装的"), None)])
    assert alike > cases.ALIKE_IN_FORM


def test_of_two_equally_like_it_joins_the_older() -> None:
    reading = cases.read_miss(ASKED, RESPONDER)
    assert cases.joined(reading, [Candidate(n, ASKED, None) for n in (7, 3, 5)], INDEX) == 3


def test_what_would_be_said_now_depends_on_nothing_before() -> None:
    turn = cases.said_now("房租贵不贵", RESPONDER)
    assert turn == RESPONDER.respond("房租贵不贵", Conversation())[0]


def test_of_what_cannot_be_read_the_text_is_known() -> None:
    unread = cases.unread(ASKED)
    assert (unread.key, unread.text) == (cases.key(ASKED), ASKED)
    assert replace(unread, key="", text="") == replace(cases.unread("x"), key="", text="")
