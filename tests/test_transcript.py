"""Pages in tests/pages are invented; beside each stands what a careful reader takes from it."""

from __future__ import annotations

import re
from operator import contains
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.transcript import Corrections, NoInterview, Reading, read_page

PAGES = Path(__file__).parent / "pages"
EXPECTED = sorted(PAGES.glob("*.yaml"))
SEED = Path(__file__).parent.parent / "seeds" / "xiamen-2014-dongnanwang.txt"


def page_of(expected: Path) -> str:
    (page,) = (p for p in PAGES.glob(f"{expected.stem}.*") if p.suffix in (".txt", ".md"))
    return page.read_bytes().decode("utf-8")


def interview(text: str) -> Reading:
    reading = read_page(text)
    assert isinstance(reading, Reading), reading
    return reading


def shown(reading: Reading) -> list[dict[str, object]]:
    """The exchanges in the form of the expected files."""
    return [
        {"question": e.question, "answer": list(e.answer)}
        | ({"speaker": e.speaker} if e.speaker else {})
        for e in reading.exchanges
    ]


def non_blank(text: str) -> set[int]:
    lines = re.split(r"\r\n|\r|\n", text)
    return {number for number, line in enumerate(lines, 1) if line.strip()}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_page_gives_what_a_careful_reader_takes_from_it(expected: Path) -> None:
    told = yaml.safe_load(expected.read_text(encoding="utf-8"))
    reading = read_page(page_of(expected))
    if "none" in told:
        assert isinstance(reading, NoInterview), shown(reading)
        assert told == {"none": reading.reason.split(";")[0]}
        return
    assert isinstance(reading, Reading), reading
    assert told.keys() <= {"exchanges", "metadata", "warnings"}
    assert shown(reading) == told["exchanges"]
    assert told.get("metadata", {}).items() <= reading.metadata.items()
    warned = told.get("warnings", [])
    assert len(reading.warnings) == len(warned), reading.warnings
    assert all(map(contains, reading.warnings, warned)), reading.warnings


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_every_line_that_is_not_blank_is_accounted_for(expected: Path) -> None:
    text = page_of(expected)
    reading = read_page(text)
    assert {line.number for line in reading.lines} == non_blank(text)
    assert all(line.name for line in reading.lines if line.kind in ("chrome", "metadata"))


def test_every_page_has_its_expected_result() -> None:
    pages = {path.stem for path in PAGES.iterdir() if path.suffix != ".yaml"}
    assert pages == {path.stem for path in EXPECTED}


def test_the_seed_gives_four_exchanges_and_its_header() -> None:
    reading = interview(SEED.read_bytes().decode("utf-8"))
    assert [len(e.answer) for e in reading.exchanges] == [1, 1, 1, 2]
    assert reading.metadata == {
        "title": "东南网等三家网站今日联播 厦门教育实践活动访谈",
        "published": "2014-08-06 09:39:33",
        "source": "厦门网",
        "site": "东南网",
        "editor": "邹玒",
        "host": "主持人",
        "guest": "陈秋雄",
    }


BAD = [
    ("", "空的"),
    (" \r\n\u3000\n", "空的"),
    ("\0\1\2PNG\0\0", "不是文字"),
    ("\ufffd\ufffd\ufffd记\ufffd\ufffd", "不是文字"),  # GBK read as UTF-8
    ("没有人问，也没有人答。\n", "没有标出说话人"),
    ("\0".join("没有人问，也没有人答。\n"), "不是文字"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_bad_input_gets_a_sentence(text: str, reason: str) -> None:
    reading = read_page(text)
    assert isinstance(reading, NoInterview)
    assert reason in reading.reason


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(end: str) -> None:
    text = (PAGES / "web-half-width.txt").read_text(encoding="utf-8")
    assert interview(text.replace("\n", end)) == interview(text)


HUGE = {
    "one line": "好" * 500_000,
    "turns on one line": "记者:您好不好?王某:我好。" * 2_000,
    "colons": "啊：" * 200_000,
    "spaces": "a" + " " * 300_000 + "b",
    "stars": "*" * 300_000,
    "brackets": "[" * 200_000,
    "open quotes": "“" * 200_000,
    "many labels": "\n".join(f"某人{n}：是这样吗？" for n in range(1_500)),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_huge_page_loses_nothing(text: str) -> None:
    assert {line.number for line in read_page(text).lines} == non_blank(text)


def test_what_had_to_be_guessed_is_warned_of() -> None:
    reading = interview("# 访谈\n\n" + "甲台：你好吗？\n\n王某：我好。\n\n" * 3)
    assert any("甲台" in warning for warning in reading.warnings)


# What a person says about a page is believed.

TALK = """# 夜渡访谈

船家老段：雾大，小心脚下。

木叶：您摆渡多少年了？

船家老段：三十年。我十五岁上船。

木叶：夜里也开船吗？

船家老段：有人叫就开。

过客：老段，走不走？

木叶：最远渡到哪里？

船家老段：对岸。

岸上的灯灭了。

木叶按：老段次年歇业。
"""


def corrected(**said: object) -> Reading:
    reading = read_page(TALK, Corrections(**said))  # type: ignore[arg-type]
    assert isinstance(reading, Reading), reading
    return reading


def roles(reading: Reading) -> dict[str, str]:
    return {speaker.name: speaker.role for speaker in reading.cast}


def test_a_named_host_and_a_named_guest_are_believed() -> None:
    assert roles(corrected()) == {"船家老段": "guest", "木叶": "host"}
    turned = corrected(host=("老段",), guest=("木叶", "过客"))
    assert roles(turned) == {"船家老段": "host", "木叶": "guest", "过客": "guest"}
    assert turned.exchanges[0].answer == ("您摆渡多少年了？",)


def test_who_is_named_no_speaker_is_left_out_with_all_he_says() -> None:
    reading = corrected(leave_out=("过客",))
    assert "过客" not in roles(reading)
    assert [line.name for line in reading.lines if line.number == 13] == ["left out"]
    assert [left.reason for left in reading.left_out if left.name == "过客"] == ["你说不是说话人"]
    assert reading.exchanges[1].answer == ("有人叫就开。",)


@pytest.mark.parametrize("end", [13, "过客", "过客：老段"])
def test_the_interview_ends_where_a_person_says(end: int | str) -> None:
    reading = corrected(end=end, guest=("船家老段",))
    assert len(reading.exchanges) == 2
    after = {line.number for line in reading.lines if line.name == "after the interview"}
    assert after == {13, 15, 17, 19, 21}


def test_a_name_that_no_label_shows_is_answered_with_the_labels_that_occur() -> None:
    warnings = corrected(host=("石头",)).warnings
    assert any("石头" in warning and "木叶" in warning for warning in warnings), warnings
    nothing = read_page("# 账\n\n米：三斗\n\n盐：一包\n", Corrections(host=("石头",)))
    assert isinstance(nothing, NoInterview)
    assert "石头" in nothing.reason and "米、盐" in nothing.reason


def test_two_named_speakers_make_an_interview_of_a_page_that_does_not_look_like_one() -> None:
    page = "甲：下雨了。\n\n乙：收衣服。\n"
    assert isinstance(read_page(page), NoInterview)
    reading = read_page(page, Corrections(host=("甲",), guest=("乙",)))
    assert isinstance(reading, Reading)
    assert shown(reading) == [{"question": "下雨了。", "answer": ["收衣服。"]}]


def test_a_reading_says_who_spoke_how_often_and_asked_how_much() -> None:
    reading = corrected(leave_out=("过客",))
    assert [(speaker.name, speaker.turns, speaker.asking) for speaker in reading.cast] == [
        ("船家老段", 4, 0.0),
        ("木叶", 4, 0.75),
    ]
    reasons = {left.name: left.reason for left in reading.left_out}
    assert reasons == {"过客": "你说不是说话人", "夜渡访谈": "是标题"}
    assert (reading.first_question, reading.last_answer) == (5, 19)


# A page that nobody wrote by hand: the generator knows what was said, the importer must find it.

WORDS = st.text(alphabet="山水风云石木花鸟鱼虫春夏秋冬东南西北城乡路桥", min_size=4, max_size=30)
SPEECH = WORDS.map(lambda words: f"我想{words}。")
QUESTION = WORDS.map(lambda words: f"您看{words}吗？")
LABELS = st.sampled_from(
    [
        ("记者", "周满仓"),
        ("主持人", "林先生"),
        ("问", "答"),
        ("Q", "A"),
        ("山报", "吴"),
        ("端", "白"),
    ]
)
SHAPES = st.sampled_from(
    ["{}：", "{}:", "{} ：", "**{}**：", "**{}：**", "**{}：** ", "【{}】", "[{}]", "{} ： "]
)
JOINTS = st.sampled_from(["\n\n", "\n", "\r\n", "\n \n", "\n\n\u3000\u3000"])
CHROME = st.sampled_from(
    ["", "![图](https://example.org/a.jpg)", "（桥。图片来源于网络）", "## 小标题", "---"]
)
TURNS = st.lists(
    st.tuples(QUESTION, st.lists(SPEECH, min_size=1, max_size=3), CHROME), min_size=3, max_size=6
)


@settings(max_examples=150)
@given(turns=TURNS, labels=LABELS, shape=SHAPES, joint=JOINTS, repeat=st.booleans())
def test_whatever_the_labels_answers_are_verbatim_and_in_order(
    turns: list[tuple[str, list[str], str]],
    labels: tuple[str, str],
    shape: str,
    joint: str,
    repeat: bool,
) -> None:
    host, guest = (shape.format(label) for label in labels)
    pieces = ["# 山城访谈"]
    for question, answer, chrome in turns:
        pieces += [host + question, guest + answer[0]]
        pieces += [(guest if repeat else "") + paragraph for paragraph in answer[1:]]
        pieces += [chrome] if chrome else []
    text = joint.join(pieces)
    reading = interview(text)
    assert [e.question for e in reading.exchanges] == [question for question, _, _ in turns]
    assert [list(e.answer) for e in reading.exchanges] == [answer for _, answer, _ in turns]
    assert {line.number for line in reading.lines} == non_blank(text)


LINES = st.lists(
    st.one_of(
        WORDS,
        QUESTION,
        SPEECH,
        st.sampled_from(
            [
                "记者：",
                "王某：",
                "**",
                "> ",
                "# ",
                "问：",
                "【甲】",
                "",
                "<p>",
                "</p>",
                "（完）",
                "---",
            ]
        ),
    ),
    max_size=4,
).map("".join)


@settings(max_examples=300)
@given(st.lists(LINES, max_size=25))
def test_whatever_the_page_nothing_is_lost_and_nothing_added(lines: list[str]) -> None:
    text = "\n".join(lines)
    reading = read_page(text)
    assert {line.number for line in reading.lines} == non_blank(text)
    if isinstance(reading, NoInterview):
        return
    bare = re.sub(r"\*\*|</?p>|[\s>#]", "", text)
    at = 0
    for exchange in reading.exchanges:
        for paragraph in exchange.answer:
            words = re.sub(r"\*\*|[\s>#]", "", paragraph)
            assert words in bare[at:], paragraph
            at = bare.index(words, at) + len(words)
