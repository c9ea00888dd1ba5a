"""A message is normalised once, and cut into the questions that it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.query import LONGEST, MOST_PARTS, Query, questions, read

ANY = st.text(st.characters(exclude_categories=[]), max_size=80)
"""Any text whatever, half characters included."""
MANY = st.text(st.sampled_from("蜜蜂冬天怎么过?？。\n，还有又另外1.①2 @bot_b"), max_size=80)


def parts(message: str) -> list[str]:
    return [part.said.strip() for part in questions(read(message))]


# ── one text ─────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_read_once_into_all_that_is_needed_of_it() -> None:
    assert read("請問，治庸有阻力嗎？") == Query(
        said="請問，治庸有阻力嗎？",
        text="请问,治庸有阻力吗?",
        tokens=tuple("请问治庸有阻力吗"),
        syllables=("qin", "wen", "zi", "yong", "you", "zu", "li", "ma"),
        essence="治庸有阻力吗",
    )


@given(ANY)
def test_what_was_said_is_kept_as_typed(message: str) -> None:
    assert read(message).said == message


@given(ANY)
def test_reading_what_was_read_changes_nothing_more(message: str) -> None:
    once = read(message)
    again = read(once.text)
    assert (again.text, again.tokens, again.syllables) == (once.text, once.tokens, once.syllables)


def test_a_message_is_no_longer_than_telegram_lets_it_be() -> None:
    assert len(read("蜂" * 100_000).said) == LONGEST


@pytest.mark.parametrize(
    ("said", "is_pinyin"),
    [("zhiyong zuli", True), ("what is this", False), ("治庸", False), ("", False)],
)
def test_pinyin_is_told_from_english(said: str, is_pinyin: bool) -> None:
    assert read(said).is_pinyin is is_pinyin


@pytest.mark.parametrize(
    "said",
    [
        "蜂蜜甜?",
        "蜂蜜甜？ ",
        "蜂蜜甜？🐝",
        "蜂蜜甜吗",
        "蜂蜜甜嗎",
        "蜂蜜呢",
        "蜂蜜甜么",
        "蜂蜜多少钱",
        "蜂蜜什么价",
        "干啥用",
        "怎样过冬",
        "谁养蜂",
        "在哪卖",
        "几个蜂箱",
        "住几户",
        "有几件事",
        "过几天卖",
        "养几年了",
        "涨几成",
        "养几箱",
        "养了多久",
        "蜂箱多大",
        "蜂蜜贵不贵",
        "雇几人",
        "去几次",
        "为何减产",
        "如何过冬",
        "是否减产",
        "有没有槐花",
        "是不是减产",
        "能不能买",
        "会不会冻死",
        "过冬咋弄",
        "how to keep bees",
        "what bees eat",
        "who keeps them",
        "why bees",
        "when to harvest",
        "where they live",
        "which honey",
        "did they die",
        "does it sell",
        "do they sleep",
        "is it sweet",
        "are they cold",
        "was it cold",
        "were they cold",
        "can I buy some",
    ],
)
def test_what_is_put_as_a_question_asks(said: str) -> None:
    assert read(said).asks


@pytest.mark.parametrize(
    "said",
    [
        "",
        "你好",
        "我在厦门养蜂。",
        "吗啡很贵",
        "几乎没有蜜",
        "this island",
        "whole honey",
        "谢谢！",
    ],
)
def test_what_is_told_does_not_ask(said: str) -> None:
    assert not read(said).asks


# ── several ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("蜂蜜多少钱？冬天怎么过？", ["蜂蜜多少钱？", "冬天怎么过？"]),
        ("蜂蜜多少钱?冬天怎么过", ["蜂蜜多少钱?", "冬天怎么过"]),
        ("你好。蜂蜜多少钱", ["你好。", "蜂蜜多少钱"]),
        ("太甜了！多少钱", ["太甜了！", "多少钱"]),
        ("太甜了!多少钱", ["太甜了!", "多少钱"]),
        ("蜂蜜多少钱；冬天怎么过", ["蜂蜜多少钱；", "冬天怎么过"]),
        ("蜂蜜多少钱;冬天怎么过", ["蜂蜜多少钱;", "冬天怎么过"]),
        ("蜂蜜多少钱\n冬天怎么过", ["蜂蜜多少钱", "冬天怎么过"]),
        ("蜂蜜多少钱\n\n冬天怎么过", ["蜂蜜多少钱", "冬天怎么过"]),
        ("蜂蜜多少钱？？！冬天怎么过", ["蜂蜜多少钱？", "冬天怎么过"]),
        ("楼上别刷屏 @fangtan_bot 蜂蜜多少钱", ["楼上别刷屏", "蜂蜜多少钱"]),
    ],
)
def test_a_message_is_cut_at_sentences_lines_and_mentions(
    message: str, expected: list[str]
) -> None:
    assert parts(message) == expected


@pytest.mark.parametrize(
    "seam",
    [
        "，还有",
        "，还有就是",
        ",还有：",
        "，另外",
        "，另外，",
        "，另外,",
        "、另外",
        "，又",
        "，顺便",
        "，顺便问",
        "，顺便问一下",
        "，顺便问下，",
        "，顺便问问",
        "，顺便再问一下",
        "，再问",
        "，再问一下",
        "，再问下:",
        "，以及",
    ],
)
def test_a_message_is_cut_at_a_seam_between_two_things_asked(seam: str) -> None:
    assert parts(f"蜂蜜多少钱{seam}冬天怎么过") == ["蜂蜜多少钱", "冬天怎么过"]


@pytest.mark.parametrize(
    "message",
    [
        "1. 蜂蜜多少钱 2. 冬天怎么过",
        "1.蜂蜜多少钱 2.冬天怎么过",
        "1、蜂蜜多少钱 2、冬天怎么过",
        "1．蜂蜜多少钱 2．冬天怎么过",  # full width
        "1)蜂蜜多少钱 2)冬天怎么过",
        "1）蜂蜜多少钱 2）冬天怎么过",
        "1：蜂蜜多少钱 2：冬天怎么过",
        "1:蜂蜜多少钱 2:冬天怎么过",
        "1。蜂蜜多少钱\n2。冬天怎么过",
        "（1）蜂蜜多少钱 （2）冬天怎么过",
        "(1)蜂蜜多少钱 (2)冬天怎么过",
        "①蜂蜜多少钱 ②冬天怎么过",
        "①蜂蜜多少钱，②冬天怎么过",
        "①蜂蜜多少钱,⑨冬天怎么过",
        "1. 蜂蜜多少钱\n2. 冬天怎么过",
        "1.蜂蜜多少钱？2.冬天怎么过",
        "1.蜂蜜多少钱?2.冬天怎么过",
        "1.蜂蜜多少钱；2.冬天怎么过",
        "1.蜂蜜多少钱;2.冬天怎么过",
        "1.蜂蜜多少钱。2.冬天怎么过",
    ],
)
def test_a_message_is_cut_at_numbers(message: str) -> None:
    assert [part.rstrip("，,。？?；;") for part in parts(message)] == ["蜂蜜多少钱", "冬天怎么过"]


def test_three_questions_are_three_parts() -> None:
    message = "蜂蜜多少钱，还有冬天怎么过，另外养了几年"
    assert parts(message) == ["蜂蜜多少钱", "冬天怎么过", "养了几年"]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "蜂蜜多少钱",
        "蜂蜜多少钱？",
        "。？！蜂蜜多少钱。",
        "1. 蜂蜜多少钱",  # one item is no list
        "农民收入达到15008元,又增长多少",  # nothing is asked before the seam
        "农民收入达到15,008元增长多少",  # thousands
        "增长了3.5个百分点是怎么做到的",  # decimals
        "从1.5万涨到2.3万为什么",
        "每斤 1.5 元还是 2.5 元",
        "我养蜂，还有羊，怎么过冬",  # a lone seam, with nothing asked on its left
        "蜂蜜多少钱，还有我很喜欢吃",  # … and on its right
        "蜂蜜多少钱还有冬天怎么过",  # no comma
        "蜂蜜多少钱，冬天怎么过",  # a comma alone stands in one question as well
        "2014年和2015年哪年收得多",
        "蜂蜜多少钱？好",  # one word asks nothing by itself
        "找 a@b.cn 买蜜多少钱",
    ],
)
def test_one_question_is_not_cut(message: str) -> None:
    assert parts(message) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("达到15008元,又增长多少？怎么做到的？", ["达到15008元,又增长多少？", "怎么做到的？"]),
        ("涨了3.5%？为什么？", ["涨了3.5%？", "为什么？"]),
        ("有98,000户？怎么选的？", ["有98,000户？", "怎么选的？"]),
    ],
)
def test_figures_stay_whole_where_a_message_is_cut(message: str, expected: list[str]) -> None:
    assert parts(message) == expected


def test_of_a_long_paste_the_last_parts_are_kept() -> None:
    lines = [f"第{n}号蜂箱在哪" for n in range(1, 100)]
    assert parts("\n".join(lines)) == lines[-MOST_PARTS:]


@given(ANY | MANY)
def test_parts_are_stretches_of_the_message_in_their_order(message: str) -> None:
    found = questions(read(message))
    assert len(found) != 1 and len(found) <= MOST_PARTS
    at = 0
    for part in found:
        assert len(part.tokens) >= 2
        at = message.index(part.said, at) + len(part.said)


@pytest.mark.parametrize("piece", ["1.", "，又", "，还有", "，顺便再问一下", "@abcde ", "?", "(1)"])
def test_many_seams_are_cut_like_few(piece: str) -> None:
    """A pattern that tries all ways would never come back."""
    assert len(questions(read(piece * 5000))) <= MOST_PARTS
    assert len(questions(read(f"蜜怎么卖{piece}" * 5000))) <= MOST_PARTS
