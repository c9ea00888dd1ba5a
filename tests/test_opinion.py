"""The second opinion reads invented pages; what it does not share with the rules is in doubt."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.transcript import Exchange, Reading, read_page
from bot.transcript.doubts import with_doubts
from bot.transcript.observations import pieces_of
from bot.transcript.opinion import LOOKS_MOST, PIECES_MOST, Model, Role, opinion
from bot.transcript.page import paragraphs

PAGES = Path(__file__).parent / "pages"


def heard(page: str, told: dict[str, Role] | None = None) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.question, one.answers) for one in opinion(paragraphs(page), told or {})]


LABELLED = """
# 守塔人访谈

来源：河畔周报

记者：您第一次上岛是什么时候？

吴海生：一九八八年春天，我坐渔船去的。

那天浪很大，我吐了一路。

记者：夜里最怕什么？

吴海生：我最怕灯灭。

记者：现在还怕吗？

吴海生：现在不怕了，我有发电机。
"""
TURNS = [
    ("您第一次上岛是什么时候？", ("一九八八年春天，我坐渔船去的。\n那天浪很大，我吐了一路。",)),
    ("夜里最怕什么？", ("我最怕灯灭。",)),
    ("现在还怕吗？", ("现在不怕了，我有发电机。",)),
]
"""What LABELLED holds, and the pages that are made from it."""
SHAPES = {
    "as it is": LABELLED,
    "unknown names": LABELLED.replace("记者", "山报"),
    "one-character names": LABELLED.replace("记者", "端").replace("吴海生", "吴"),
    "labels on their own lines": LABELLED.replace("记者：", "记者\n\n").replace(
        "吴海生：", "吴海生\n\n"
    ),
    "answers without labels": LABELLED.replace("吴海生：", ""),
    "questions without labels": LABELLED.replace("记者：", ""),
    "bold questions, no labels": LABELLED.replace("吴海生：", "")
    .replace("记者：", "**")
    .replace("？\n", "？**\n"),
    "turns on one line": " ".join(LABELLED.split("\n\n")[2:]).replace("。 那天", "。\n那天"),
    "a credit and a link behind": LABELLED
    + "\n（完）\n\n责任编辑：张三\n\nhttps://example.org/more\n",
    "a narrative behind": LABELLED
    + "\n采访结束，潮水已经退了。\n\n吴海生送记者到码头。\n\n渔船开走了。\n",
    "a narrative before": "他守了三十年塔。\n\n《河畔周报》日前上岛采访。\n" + LABELLED,
    "a caption inside": LABELLED.replace(
        "春天，我坐渔船去的。", "春天，我坐渔船去的。\n\n![塔](a.jpg)\n\n岛上的灯塔（李四摄）"
    ),
    "a credit inside that ends as a sentence": LABELLED.replace(
        "春天，我坐渔船去的。", "春天，我坐渔船去的。\n\n岛上的塔建于一八八八年（资料图片）。"
    ),
    "a heading inside": LABELLED.replace("记者：夜里", "## 夜里的灯\n\n记者：夜里"),
    "a quoted heading inside": LABELLED.replace("记者：夜里", "“灯不能灭”\n\n记者：夜里"),
    "a word in brackets that looks like a label": LABELLED.replace(
        "我最怕灯灭。", "我最怕灯灭（编注。吴海生：别名老吴。后同）。"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_one_interview_in_many_shapes(shape: str) -> None:
    turns = TURNS
    if shape == "a word in brackets that looks like a label":
        said = "我最怕灯灭（编注。吴海生：别名老吴。后同）。"
        turns = [TURNS[0], (TURNS[1][0], (said,)), TURNS[2]]
    assert heard(SHAPES[shape]) == turns


def test_guests_who_answer_in_turn_are_kept_apart() -> None:
    said = ("我赞成。", "我看要再想想。", "我都可以。")
    turn = "记者：第{}题怎么看？\n\n老周：{}\n\n小郑：{}\n\n阿何：{}\n\n"
    page = "".join(turn.format(n, *said) for n in "一二三四")
    assert [answers for _, answers in heard(page)] == [said] * 4


def test_paragraphs_that_end_alike_are_captions() -> None:
    turn = "记者：第{0}年怎么样？\n\n老周：第{0}年我在岛上。\n\n塔下看海的人有{0}{1}。\n\n"
    alike = "".join(turn.format(n, "个，选自《河畔画报》") for n in "一二三四")
    unlike = "".join(turn.format(n, n * 7) for n in "一二三四")
    assert [answers for _, answers in heard(alike)] == [(f"第{n}年我在岛上。",) for n in "一二三四"]
    assert len(heard(unlike)[0][1][0].split("\n")) == 2


def test_questions_in_bold_need_no_question_mark() -> None:
    said = "那是冬天，我在{0}岛。\n后来雪停了，我就去了{0}。"
    page = "".join(f"**请说说第{n}件事。**\n\n{said.format(n * 9)}\n\n" for n in "一二三四")
    assert heard(page) == [(f"请说说第{n}件事。", (said.format(n * 9),)) for n in "一二三四"]


def test_whoever_introduces_the_next_guest_is_not_the_one_before() -> None:
    turns = "记者：您怕什么？\n\n{0}：我怕下雨。\n\n记者：您盼什么？\n\n{0}：我盼天晴。\n\n"
    introduction = "扎灯的何大山年过七十，住在城隍庙后面。\n\n"
    more = turns.format("何大山").replace("盼", "想")
    page = turns.format("周满仓") + introduction + turns.format("何大山") + more
    assert heard(page)[1] == ("您盼什么？", ("我盼天晴。",))


def test_a_host_turn_without_an_answer_goes_with_the_next() -> None:
    page = LABELLED.replace("记者：夜里", "记者：您真不容易。\n\n记者：夜里")
    assert heard(page)[1] == ("您真不容易。\n夜里最怕什么？", TURNS[1][1])


def test_a_page_without_questions_has_no_exchanges() -> None:
    assert heard("# 灯塔\n\n灯塔建于一八八八年。\n\n塔高三十米。\n\n来源：河畔周报\n") == []
    assert heard("") == []


def test_what_somebody_says_about_a_label_holds() -> None:
    page = LABELLED.replace("来源", "导演").replace("吴海生：现在", "导演：现在")
    assert heard(page, {"导演": "guest"})[-1] == TURNS[-1]
    assert heard(page, {"导演": "left out", "记者": "guest", "吴海生": "host"}) != heard(page)


def test_the_same_page_is_read_alike_in_every_process() -> None:
    code = (
        "import sys; from bot.transcript.opinion import opinion;"
        "from bot.transcript.page import paragraphs; print(opinion(paragraphs(sys.stdin.read())))"
    )
    several = (PAGES / "several-guests.md").read_text(encoding="utf-8")
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=several,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert "Heard" in said.pop()


def test_a_page_of_many_labels_is_looked_at_a_bounded_number_of_times() -> None:
    page = paragraphs("\n".join(f"某{chr(0x4E00 + n % 60)}：是这样吗？" for n in range(8_000)))
    pieces = pieces_of(page)
    model = Model(pieces, {})
    model.climb()
    assert len(pieces) * 10 < model.looks <= LOOKS_MOST + len(pieces)


@pytest.mark.parametrize(
    "page", ["记者：好吗？\n" * (PIECES_MOST + 1), "好。 甲：" * (PIECES_MOST + 2)]
)
def test_a_page_longer_than_any_interview_gets_no_opinion(page: str) -> None:
    assert heard(page) == []


# ── sure and unsure ──────────────────────────────────────────────────────────────────────────────


def expected(path: Path) -> list[tuple[str, list[str]]]:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [(one["question"], one["answer"]) for one in told.get("exchanges", ())]


def test_most_exchanges_of_the_invented_pages_are_sure() -> None:
    """Marked are 17 of 109 right ones; pages of two or three turns are the hardest."""
    right = marked = 0
    for path in sorted(PAGES.glob("*.yaml")):
        (page,) = (p for p in PAGES.glob(f"{path.stem}.*") if p.suffix in (".txt", ".md"))
        reading = read_page(page.read_bytes().decode("utf-8"))
        told = expected(path)
        for one in reading.exchanges if isinstance(reading, Reading) else ():
            right += (one.question, list(one.answer)) in told
            marked += not one.sure
    assert right > 100
    assert marked <= right * 0.2


PAGE = paragraphs(LABELLED.strip("\n"))
RIGHT = tuple(
    Exchange(question, tuple(answers[0].split("\n")), None, asked, said)
    for (question, answers), (asked, said) in zip(
        TURNS, [((5,), (7, 9)), ((11,), (13,)), ((15,), (17,))], strict=True
    )
)


def test_what_both_read_alike_is_sure() -> None:
    assert [one.doubt for one in with_doubts(RIGHT, PAGE)] == ["", "", ""]
    assert all(one.sure for one in with_doubts(RIGHT, PAGE))
    assert with_doubts((), PAGE) == ()


WRONG = {
    "the answer lost a paragraph": (
        replace(RIGHT[0], answer=RIGHT[0].answer[:1], answer_lines=(7,)),
        "第 9 行是不是这段回答,两种读法不同",
    ),
    "a heading leaked into the answer": (
        replace(RIGHT[0], answer=(*RIGHT[0].answer, "夜里"), answer_lines=(7, 9, 10)),
        "第 10 行是不是这段回答,两种读法不同",
    ),
    "a statement of the guest's became the question": (
        replace(RIGHT[0], question=RIGHT[0].answer[1], question_lines=(9,), answer_lines=(11,)),
        "第 5 行是不是问题,两种读法不同",
    ),
    "the label stayed in the answer": (
        replace(RIGHT[1], answer=("吴海生：我最怕灯灭。",)),
        "说话人的标签,两种读法不同",
    ),
    "the exchange stands where there is none": (
        Exchange("守塔人访谈", ("来源：河畔周报",), None, (1,), (3,)),
        "另一种读法在这里没有找到问答",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_of_the_rules_is_in_doubt(case: str) -> None:
    wrong, doubt = WRONG[case]
    first, *others = with_doubts((wrong, *RIGHT[1:]), PAGE)
    assert first.doubt == doubt
    assert not first.sure
    assert all(one.sure for one in others)


ODD = [
    ("那天浪很大，我吐了**一路。", "有没去干净的标记"),
    ("可是我能怎么办，我又不会游泳，是不是？", "回答里有一段像是问题"),
    (
        "可是我能怎么办，我又不会游泳，船上的人也都不会，我们只好抓住桅杆，等着风停下来，"
        "心里想着家里的灯还亮不亮，谁会去点它，是不是？",
        "",  # so long a question is the guest's
    ),
    ("我说起那天的浪来，" * 40 + "我就害怕。", "比别的回答长得多"),
]


@pytest.mark.parametrize(("answer", "doubt"), ODD)
def test_an_odd_answer_is_in_doubt_although_both_agree(answer: str, doubt: str) -> None:
    page = LABELLED.replace("那天浪很大，我吐了一路。", answer)
    exchange = replace(RIGHT[0], answer=(RIGHT[0].answer[0], answer))
    first, *others = with_doubts((exchange, *RIGHT[1:]), paragraphs(page.strip("\n")))
    assert first.doubt == doubt
    assert all(one.sure for one in others)


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        ("岛上的人后来都搬走了，只剩下一座空塔。", "最后一段可能已经不是回答"),
        ("我还在塔上，岛上的人都搬走了。", ""),
    ],
)
def test_an_impersonal_last_paragraph_is_in_doubt(said: str, doubt: str) -> None:
    page = paragraphs(LABELLED.strip("\n") + f"\n\n{said}")
    last = replace(RIGHT[2], answer=(*RIGHT[2].answer, said), answer_lines=(17, 19))
    *others, exchange = with_doubts((*RIGHT[:2], last), page)
    assert exchange.doubt == doubt
    assert all(one.sure for one in others)


def test_where_hardly_anything_is_agreed_nothing_is_sure() -> None:
    wrong = tuple(
        Exchange(f"第{n}个笑话", ("哈哈。",), None, (100 + n,), (200 + n,)) for n in range(40)
    )
    (*_, agreed) = with_doubts((*wrong, RIGHT[1]), PAGE)
    assert agreed.doubt == "两种读法对整页的看法不同"
