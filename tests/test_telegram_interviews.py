"""With several interviews people choose one first; its questions are listed by themselves."""

from __future__ import annotations

import pytest

from bot import render
from bot.interview import Exchange, Interview, Knowledge, Origin
from bot.respond import Conversation, NotCovered, SmallTalk, Turn
from bot.tg.library import Library
from bot.tg.messages import Letter, Writer

HERE = Origin("x.yaml", 1)


def interview(number: int, questions: int) -> Interview:
    name = f"i{number}"
    exchanges = (
        Exchange(name, f"q{n}", f"第{number}人的第{n}问?", ("答。",), HERE)
        for n in range(1, questions + 1)
    )
    return Interview(
        name, HERE, title=f"第{number}篇", guest=f"嘉宾{number}", exchanges=tuple(exchanges)
    )


def library(*counts: int) -> Library:
    return Library(Knowledge(tuple(interview(n, count) for n, count in enumerate(counts, 1))))


def writer(of: Library, form: str = "private") -> Writer:
    return Writer(of, "fangtan_bot", form, "zh-hans")  # type: ignore[arg-type]


def texts(letter: Letter) -> list[str]:
    return [key.text for row in letter.rows for key in row]


def press(of: Library, letter: Letter, text: str) -> Letter:
    """What a list becomes when its button with this text is pressed."""
    (data,) = (str(k.callback_data) for row in letter.rows for k in row if k.text == text)
    found = of.read(data)
    assert found is not None and found[0] == "list"
    return writer(of).questions(found[1][0])


def test_one_interviews_questions_are_listed_at_once() -> None:
    alone = library(10)
    first = writer(alone).questions()
    assert texts(first) == [*(f"第1人的第{n}问?" for n in range(1, 9)), "›"]
    assert texts(press(alone, first, "›")) == ["第1人的第9问?", "第1人的第10问?", "‹"]


def test_several_interviews_are_listed_first_and_each_has_its_own_questions() -> None:
    several = library(2, 10)
    first = writer(several).questions()
    assert texts(first) == ["嘉宾1《第1篇》", "嘉宾2《第2篇》"]
    assert "1. 嘉宾1《第1篇》" in render.plain(first.message)
    second = press(several, first, "嘉宾2《第2篇》")
    assert texts(second)[0] == "第2人的第1问?" and texts(second)[-2:] == ["›", "其他访谈"]
    more = press(several, second, "›")
    assert texts(more) == ["第2人的第9问?", "第2人的第10问?", "‹", "其他访谈"]
    assert "9. 第2人的第9问?" in render.plain(more.message)
    assert texts(press(several, more, "‹")) == texts(second)
    assert texts(press(several, more, "其他访谈")) == texts(first)


def test_many_interviews_have_pages() -> None:
    many = library(*[1] * 19)
    first = writer(many).questions()
    assert len(texts(first)) == render.LISTED + 1
    last = press(many, press(many, first, "›"), "›")
    assert texts(last) == ["嘉宾17《第17篇》", "嘉宾18《第18篇》", "嘉宾19《第19篇》", "‹"]
    assert texts(press(many, press(many, last, "‹"), "‹")) == texts(first)


@pytest.mark.parametrize("number", [-999, -1, 0, 3, 999])
@pytest.mark.parametrize("counts", [(1,), (2, 2), ()])
def test_a_forged_number_lists_something(number: int, counts: tuple[int, ...]) -> None:
    assert render.plain(writer(library(*counts)).questions(number).message)


def test_what_is_not_covered_and_what_can_be_asked_names_the_interviews() -> None:
    several = library(2, 10)
    for reply in (NotCovered(), SmallTalk("capability")):
        said = render.plain(render.message(reply, several.interviews))
        assert "嘉宾1《第1篇》" in said and "嘉宾2《第2篇》" in said and "第1问" not in said
    letter = writer(several, "group").reply(Turn("?", NotCovered(), Conversation()))
    assert texts(letter)[:2] == ["嘉宾1《第1篇》", "嘉宾2《第2篇》"]
