"""The preview after an import, whole: what stands here is what a person sees."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from bot.transcript import Exchange, LeftOut, Line, Reading, Speaker
from bot.transcript.preview import LISTED_MOST, preview

COMMAND = ["python", "-m", "bot", "import", "塔.txt", "-o", "knowledge/tower.yaml"]
PAGE = """守塔人访谈

记者：您第一次上岛是什么时候？

吴海生：一九八八年春天。

![塔](https://example.org/a.jpg)

吴海生和他的灯塔。

记者：夜里最怕什么？

吴海生：最怕灯灭。

（完）""".split("\n")
EXCHANGES = (
    Exchange("您第一次上岛是什么时候？", ("一九八八年春天。",), None, (3,), (5,)),
    Exchange("夜里最怕什么？", ("最怕灯灭。",), None, (11,), (13,)),
)
LINES = (
    Line(1, "metadata", "title"),
    Line(3, "question"),
    Line(5, "answer"),
    Line(7, "chrome", "image"),
    Line(9, "chrome", "caption"),
    Line(11, "question"),
    Line(13, "answer"),
    Line(15, "chrome", "end mark"),
)
CAST = (
    Speaker("记者", "host", 2, 1.0),
    Speaker("吴海生", "guest", 2, 0.0),
)
READING = Reading({}, EXCHANGES, LINES, (), CAST)


def shown(reading: Reading) -> str:
    return preview(reading, PAGE, COMMAND)


def test_an_ordinary_page() -> None:
    assert (
        shown(READING)
        == """\
主持人:记者(2 轮,100% 在提问)
嘉宾:吴海生(2 轮)
从第 3 行:记者：您第一次上岛是什么时候？
到第 13 行:吴海生：最怕灯灭。
中间有 1 行没有当作问答:
      9  图片说明  吴海生和他的灯塔。
2 段问答,都有把握
不对的话,改一改再运行:
  python -m bot import 塔.txt -o knowledge/tower.yaml --host 记者 --guest 吴海生 --end 14
"""
    )


def test_several_speakers_labels_left_out_and_a_doubt() -> None:
    doubtful = replace(EXCHANGES[1], doubt="最后一段可能已经不是回答")
    cast = (
        Speaker("记者", "host", 1, 0.5),
        Speaker("网友", "host", 1, 1.0),
        Speaker("Ann Lee", "guest", 2, 0.0),
        Speaker("", "guest", 1, 0.0),
    )
    others = (LeftOut("编辑", 3, "没有被认作说话人"), LeftOut("图", 1, "只出现一次"))
    lines = tuple(line for line in LINES if line.name != "caption")
    reading = Reading({}, (EXCHANGES[0], doubtful), lines, (), cast, others)
    assert (
        shown(reading)
        == """\
主持人:记者(1 轮,50% 在提问)、网友(1 轮,100% 在提问)
嘉宾:Ann Lee(2 轮)、没有标签的人(1 轮)
没有当作说话人:编辑(3 处,没有被认作说话人)、图(1 处,只出现一次)
从第 3 行:记者：您第一次上岛是什么时候？
到第 13 行:吴海生：最怕灯灭。
2 段问答,1 段有把握,请看一看这 1 段:
     q2  夜里最怕什么？                    最后一段可能已经不是回答
不对的话,改一改再运行:
  python -m bot import 塔.txt -o knowledge/tower.yaml --host 记者,网友 --guest 'Ann Lee' --not 编辑 --end 14
"""  # noqa: E501 - the command is to be pasted in one piece
    )


def test_a_page_without_labels() -> None:
    reading = replace(READING, cast=(Speaker("", "host", 2, 1.0),), lines=())
    assert (
        shown(reading)
        == """\
主持人:没有标签的人(2 轮,100% 在提问)
嘉宾:没有
从第 3 行:记者：您第一次上岛是什么时候？
到第 13 行:吴海生：最怕灯灭。
2 段问答,都有把握
不对的话,改一改再运行:
  python -m bot import 塔.txt -o knowledge/tower.yaml --end 14
"""
    )


def test_long_lists_and_long_lines_are_cut() -> None:
    many = 40
    text = ["甲：" + "灯" * 60 + "？", "乙：好。", "一行很长的图片说明" * 10] * many
    exchanges = tuple(
        Exchange("灯" * 60 + "？", ("好。",), None, (at * 3 + 1,), (at * 3 + 2,), "比别的长")
        for at in range(many)
    )
    lines = tuple(Line(at * 3 + 3, "chrome", "caption") for at in range(many))
    shown = preview(Reading({}, exchanges, lines, (), CAST), text, COMMAND).splitlines()
    assert len(shown) == 8 + 2 * (LISTED_MOST + 1)
    assert "  另有 24 行" in shown  # the last of the 40 stands behind the interview
    assert "  另有 25 段" in shown
    assert shown[2] == "从第 1 行:甲：" + "灯" * 32 + "…"
    assert shown[5] == "      3  图片说明  " + ("一行很长的图片说明" * 4)[:30] + "…"
    assert "     q1  灯灯灯灯灯灯灯灯灯灯灯灯灯灯灯…   比别的长" in shown


def test_a_line_with_speech_is_not_listed_and_an_unknown_sort_is_shown_as_it_is() -> None:
    lines = (Line(5, "answer"), Line(5, "chrome", "caption"), Line(9, "chrome", "advert"))
    reading = replace(READING, lines=lines)
    assert [line for line in shown(reading).splitlines() if line.startswith("    ")] == [
        "      9  advert    吴海生和他的灯塔。"
    ]


@pytest.mark.parametrize("name", ["我的 页.txt", "it's.txt", "$(rm).txt", "a;b.txt", "《塔》.txt"])
def test_the_command_can_be_pasted(name: str) -> None:
    command = [*COMMAND[:4], name]
    pasted = preview(READING, PAGE, command).splitlines()[-1]
    assert shlex.split(pasted) == [*command, *"--host 记者 --guest 吴海生 --end 14".split()]
