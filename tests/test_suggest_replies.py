"""What a model answers: lenient in what decorates a line, strict in what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.interview import Interview
from bot.suggest.replies import (
    FORM,
    LONGEST_LINE,
    MOST_LINES,
    NO_SENTENCE,
    TOO_MANY,
    Draft,
    read,
    texts,
)
from tests.suggesting import loaded, prompt_of, stocked


@pytest.fixture(scope="module")
def interview(tmp_path_factory: pytest.TempPathFactory) -> Interview:
    return loaded(stocked(tmp_path_factory.mktemp("replies") / "lore"))[1]


def drafts(interview: Interview, reply: str, name: str = "q2/s1-5/plain") -> tuple[Draft, ...]:
    prompt = prompt_of(interview, name)
    exchange = next(e for e in interview.exchanges if e.id == prompt.exchange)
    return read(reply, prompt, exchange)[0]


def dropped(interview: Interview, reply: str, name: str = "q2/s1-5/plain") -> dict[str, int]:
    prompt = prompt_of(interview, name)
    exchange = next(e for e in interview.exchanges if e.id == prompt.exchange)
    return dict(read(reply, prompt, exchange)[1])


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("2|碎了几扇窗", 2, 2),
        ("2-3|碎了几扇窗", 2, 3),
        ("0|碎了几扇窗", 0, 0),
        ("  2 ｜ 碎了几扇窗  ", 2, 2),
        ("２|碎了几扇窗", 2, 2),
        ("- 2|碎了几扇窗", 2, 2),
        ("• 2│碎了几扇窗", 2, 2),
        ("1. 2|碎了几扇窗", 2, 2),
        ("12) 2|碎了几扇窗", 2, 2),
        ("3、2|碎了几扇窗", 2, 2),
        ("**2**|碎了几扇窗", 2, 2),
        ("★ 2|碎了几扇窗", 2, 2),
        ("第2句|碎了几扇窗", 2, 2),
        ("[2]|碎了几扇窗", 2, 2),
        ("| 2 | 碎了几扇窗 |", 2, 2),  # a table
        ("2|“碎了几扇窗”", 2, 2),
        ("2–3|碎了几扇窗", 2, 3),
        ("2至3|碎了几扇窗", 2, 3),
        ("3-4|碎了几扇窗", 0, 0),  # of two paragraphs: no passage, so the whole answer
    ],
)
def test_a_line_may_be_decorated(interview: Interview, line: str, first: int, last: int) -> None:
    assert drafts(interview, line) == (Draft("ask", "碎了几扇窗", first, last),)
    assert dropped(interview, line) == {}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("好的,下面是我写的问题:", FORM),
        ("碎了几扇窗", FORM),
        ("2 碎了几扇窗", FORM),
        ("2|", FORM),
        ("2|“”", FORM),
        ("|碎了几扇窗", FORM),
        ("2|碎了|几扇窗", FORM),
        ("问题|碎了几扇窗", FORM),
        ("12345|碎了几扇窗", FORM),
        ("2|" + "窗" * LONGEST_LINE, FORM),
        ("6|碎了几扇窗", NO_SENTENCE),
        ("3-2|碎了几扇窗", NO_SENTENCE),
        ("0-2|碎了几扇窗", NO_SENTENCE),
        ("5-6|碎了几扇窗", NO_SENTENCE),
        ("话题|碎窗", FORM),  # not what this prompt asks for
        ("不答|碎了几扇窗", FORM),
    ],
)
def test_what_has_another_form_is_dropped_and_counted(
    interview: Interview, line: str, reason: str
) -> None:
    reply = f"2|大浪打到哪里\n{line}\n"
    assert drafts(interview, reply) == (Draft("ask", "大浪打到哪里", 2, 2),)
    assert dropped(interview, reply) == {reason: 1}


@pytest.mark.parametrize(
    "reply",
    [
        "<think>\n3|想想看\n</think>\n2|碎了几扇窗",
        "<thinking>3|想想看</thinking>2|碎了几扇窗",
        "3|想想看\n</think>\n2|碎了几扇窗",  # the beginning was cut off
        "2|碎了几扇窗\n<think>3|想想看",  # the end was
        "2|碎了几扇窗\n<think>3|想想看</think>",
        "```\n2|碎了几扇窗\n```",
        "```text\r\n2|碎了几扇窗\r\n```\r\n",
    ],
)
def test_what_a_model_thinks_aloud_is_no_reply(interview: Interview, reply: str) -> None:
    assert drafts(interview, reply) == (Draft("ask", "碎了几扇窗", 2, 2),)
    assert dropped(interview, reply) == {}


def test_a_passage_of_many_sentences_is_the_whole_answer(tmp_path: Path) -> None:
    long = "".join(f"第{n}句。" for n in range(9))
    text = f"id: lighthouse\nexchanges:\n- id: q1\n  question: 问?\n  answer: ['{long}']\n"
    interview = loaded(stocked(tmp_path / "lore", interview=text))[1]
    (draft,) = drafts(interview, "1-4|四句", "q1/s1-4/plain")
    assert (draft.first, draft.last) == (1, 4)
    (draft,) = drafts(interview, "1-5|五句", "q1/s1-4/plain")
    assert (draft.first, draft.last) == (0, 0)


def test_of_an_exchange_topic_quote_rewordings_and_keywords(interview: Interview) -> None:
    reply = "话题|台风\n直答|1-2\n直答|第2句\n改问|怕台风吗\n- 关键词|棉被"
    assert drafts(interview, reply, "q2/about") == (
        Draft("topic", "台风"),
        Draft("quote", "", 1, 2),
        Draft("quote", "", 2, 2),
        Draft("ask", "怕台风吗"),
        Draft("ask", "棉被"),
    )


def test_a_direct_answer_is_named_by_number_never_by_words(interview: Interview) -> None:
    reply = "直答|我们用棉被堵住窗口。\n直答|9\n不答|棉被多少钱"
    assert drafts(interview, reply, "q2/about") == ()
    assert dropped(interview, reply, "q2/about") == {FORM: 2, NO_SENTENCE: 1}


def test_of_near_misses_only_declines(interview: Interview) -> None:
    reply = "不答|棉被多少钱\n2|碎了几扇窗\n改问|怕台风吗"
    assert drafts(interview, reply, "q2/near") == (Draft("decline", "棉被多少钱"),)
    assert dropped(interview, reply, "q2/near") == {FORM: 2}


def test_a_model_in_a_loop_is_cut_off(interview: Interview) -> None:
    reply = "2|碎了几扇窗\n" * (MOST_LINES + 5)
    assert len(drafts(interview, reply)) == MOST_LINES
    assert dropped(interview, reply) == {TOO_MANY: 5}


@pytest.mark.parametrize(
    "reply",
    [
        " " * 300_000 + "x",
        "- " + " " * 300_000 + "x",
        "[" * 300_000,
        "<think>" * 50_000,
        "1" * 300_000,
        "1." * 100_000 + "|x",
    ],
)
def test_a_reply_made_to_cost_time_costs_none(interview: Interview, reply: str) -> None:
    """A pattern that tries every way to cut it would not come to an end."""
    assert drafts(interview, reply) == ()


def test_the_phrases_of_a_reply_whatever_the_interview_has_become() -> None:
    reply = "<think>x</think>\n99|从前有第九十九句\n话题|台风\n废话\n不答|门票"
    assert list(texts(reply)) == ["从前有第九十九句", "台风", "门票"]
