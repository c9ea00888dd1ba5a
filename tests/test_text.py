"""Two spellings of one question become the same string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import clean, is_pinyin, syllables, tokens, traditional
from bot.text import essence as essence_of

ANY = st.text(st.characters(exclude_categories=[]), max_size=80)
"""Any text whatever, half characters included."""


def spoken(text: str) -> tuple[str, ...]:
    return tokens(clean(text))


def essence(text: str) -> str:
    return essence_of(spoken(text))


@pytest.mark.parametrize(
    "spelling",
    [
        "治庸有阻力吗?",
        "治庸有阻力吗？",  # full width
        "治庸有阻力吗",
        "“治庸”有阻力吗!",
        "治庸有阻力嗎？",  # Traditional
        "治\u200b庸有\u2060阻力\ufeff吗",  # zero width
        "\u202e治庸有阻力吗\u202c",  # direction marks
        "治庸️有阻力吗",  # a variation selector
        "治庸 有阻力 吗",
        "  治庸\n有阻力\t吗  ",
        "请问治庸有阻力吗?",
        "您好，我想了解一下治庸有阻力吗，谢谢！",
        "@fangtan_bot 治庸有阻力吗",
        "治庸有阻力吗@fangtan_bot",
        "治庸有阻力吗🙏🙏",
        "治庸有阻力吗\ud83d",  # half of an emoji
        "治\x00庸有\x1b阻力吗",  # controls
        "治庸有阻⼒吗",  # a Kangxi radical that looks like 力
    ],
)
def test_one_question_is_one_string_however_it_is_spelled(spelling: str) -> None:
    assert essence(spelling) == "治庸有阻力吗"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("走访了37万多户", ("走", "访", "了", "37", "万", "多", "户")),
        ("３７万", ("37", "万")),
        ("98,000多户", ("98000", "多", "户")),
        ("1,2", ("1", "2")),  # a list, no thousands
        ("15008元/88％", ("15008", "元", "88%")),
        ("3.5%", ("3.5%",)),
        ("Wi-Fi和APP", ("wi", "fi", "和", "app")),
        ("ＡＰＰ", ("app",)),
        ("二〇一四年", ("二", "〇", "一", "四", "年")),
        ("\U00020bb7野家", ("\U00020bb7", "野", "家")),  # beyond the first plane
        ("a@b.cn", ("a", "b", "cn")),  # an address is no mention of five letters
        ("😀👍🏻", ()),
        ("？！。", ()),
        ("", ()),
    ],
)
def test_tokens_are_characters_numbers_and_words(text: str, expected: tuple[str, ...]) -> None:
    assert spoken(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请问", "请问"),  # nothing but courtesy stays what it is
        ("谢谢", "谢谢"),
        ("你好", "你好"),
        ("请问钱", "请问钱"),  # one character alone says too little
        ("谢谢治庸", "治庸"),
    ],
)
def test_courtesy_goes_only_where_a_question_remains(text: str, expected: str) -> None:
    assert essence(text) == expected


@given(ANY)
def test_cleaning_is_done_after_the_first_time(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(ANY)
def test_what_is_cleaned_can_be_written_and_holds_nothing_invisible(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode().decode() == cleaned
    assert cleaned == cleaned.strip()
    assert not set(cleaned) & set("\u200b\u200d\u202e\ufeff\n\t\x00")


@given(ANY)
def test_a_token_is_never_empty_and_every_token_can_be_said(text: str) -> None:
    found = spoken(text)
    assert all(found)
    assert all(syllables(found))
    assert len(syllables(found)) >= len(found)
    assert set(essence(text)) <= set("".join(found))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("治庸有阻力", "zhiyong you zuli"),
        ("治庸有阻力", "ZhiYong you zuLi"),
        ("治庸有阻力", "zhiyongyouzuli"),
        ("走村入户", "走村入护"),  # a homophone
        ("信访", "信仿"),
        ("山区", "桑区"),  # sh and s, as southern speakers say
        ("民政", "明政"),  # in and ing
        ("真实", "正是"),
    ],
)
def test_what_sounds_alike_is_alike(one: str, other: str) -> None:
    assert syllables(spoken(one)) == syllables(spoken(other))


@pytest.mark.parametrize(
    ("one", "other"), [("治庸", "治理"), ("37万", "41万"), ("厦门", "福州"), ("app", "api")]
)
def test_what_sounds_different_stays_different(one: str, other: str) -> None:
    assert syllables(spoken(one)) != syllables(spoken(other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zhiyong zuli", True),
        ("zhiyong 88", True),  # numbers say nothing against it
        ("zhiyong 阻力", False),
        ("what is this", False),
        ("治庸", False),
        ("88", False),
        ("", False),
    ],
)
def test_pinyin_is_told_from_english(text: str, expected: bool) -> None:
    assert is_pinyin(spoken(text)) is expected


@pytest.mark.parametrize(
    ("ours", "taiwan"),
    [
        ("访谈里没有谈到这个。", "訪談裡沒有談到這個。"),  # 裡, not 裏
        ("回复我的消息", "回覆我的訊息"),  # 回覆, not 回復
        ("群里", "群裡"),  # 群, not 羣
        ("ask /ask", "ask /ask"),
    ],
)
def test_our_words_have_a_traditional_form(ours: str, taiwan: str) -> None:
    assert traditional(ours) == taiwan


@pytest.mark.parametrize("text", ["台风", "a", "zhi", " ", "1,", "\u200b", "请问", "@abcde ", "👍"])
def test_a_hundred_thousand_characters_are_read_like_a_few(text: str) -> None:
    """What would take more than linear time would not come back."""
    long = text * (100_000 // len(text))
    assert clean(clean(long)) == clean(long)
    assert all(syllables(spoken(long[:4096])))
    assert set(essence(long)) <= set("".join(spoken(long)))
