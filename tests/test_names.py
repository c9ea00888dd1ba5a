"""Whose interview a question asks about: names select where they tell apart, and leave the rest."""

from __future__ import annotations

import pytest

from bot.interview import Exchange, Interview, Origin
from bot.names import Names
from bot.query import read

HERE = Origin("x.yaml", 1)


def interview(
    name: str, guest: str, host: str = "", title: str = "", speaker: str = ""
) -> Interview:
    spoken = (Exchange(name, "q1", "问?", ("答。",), HERE, speaker=speaker),) if speaker else ()
    return Interview(name, HERE, title=title, host=host, guest=guest, exchanges=spoken)


PAINTER = interview("painter", "沈砚秋", "江城晚报", "沈砚秋:画了一辈子的墙")
COOK = interview("cook", "吴大江、Maria Lee", "记者", "灶台边的三十年")
PANEL = interview("panel", "专家", "记者", speaker="沈括")
EVERYDAY = "记者是谁\n哪位专家"
NAMES = Names((PAINTER, COOK, PANEL), EVERYDAY)


@pytest.mark.parametrize(
    ("asked", "whose", "rest"),
    [
        ("沈砚秋怎么看颜料", "painter", "怎么看颜料"),
        ("颜料的事，沈砚秋说了什么", "painter", "颜料的事，说了什么"),
        ("沈硯秋怎麼看顏料", "painter", "怎么看颜料"),  # Traditional
        ("吴大江的刀工", "cook", "刀工"),
        ("maria lee 爱吃什么", "cook", "爱吃什么"),
        ("吴师傅几点起床", None, ""),  # no honorific that we know
        ("吴老师几点起床", "cook", "几点起床"),
        ("吴大江老师几点起床", "cook", "几点起床"),
        ("沈老师怎么看", "painter panel", "怎么看"),  # two of that family
        ("江城晚报问了什么", "painter", "问了什么"),
        ("画了一辈子的墙那篇", "painter", "那篇"),
        ("沈砚秋和吴大江谁年纪大", "painter cook", "和谁年纪大"),
        ("记者问了什么", None, ""),  # every bot hears of reporters
        ("专家怎么说", None, ""),
        ("颜料怎么调", None, ""),
    ],
)
def test_a_name_selects_interviews_and_leaves_the_question(
    asked: str, whose: str | None, rest: str
) -> None:
    named = NAMES.found(read(asked))
    if whose is None:
        assert named is None
        return
    assert named is not None
    assert named.interviews == frozenset(whose.split())
    assert named.rest.text == rest.replace("，", ",")
    assert named.rest.said == asked


def test_what_all_share_tells_nothing_apart() -> None:
    alone = Names((PAINTER,), EVERYDAY)
    assert alone.found(read("沈砚秋怎么看颜料")) is None
    same = Names((PAINTER, interview("other", "沈砚秋")), EVERYDAY)
    assert same.found(read("沈砚秋怎么看颜料")) is None
    assert Names((), EVERYDAY).found(read("谁")) is None
