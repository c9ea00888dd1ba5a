"""The knowledge file: read by hand-editors' rules, written verbatim, imported again in place."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.interview import Exchange, Fact, Interview, Origin, Phrase
from bot.knowledge import (
    NotReimported,
    Reimported,
    dump,
    load,
    read_yaml,
    reimport,
)

HERE = Origin("x.yaml", 1)

DOCUMENT = """\
# 手工写的说明
id: x-1
title: 一次访谈
published: 2014-08-06 09:39:33
host: 主持人   # 栏目主持
exchanges:
  - id: q1
    topic: 治庸
    question: 有阻力吗?
    answer:
      - |-
        没有。很顺利。
      - |-
        以后也会顺利。
    # 下面是问法
    asks:
      - 治庸难不难
      - 反对的人多吗
    facts:
      - asks:
          - 顺利吗
        quote: 很顺利。
  - id: q2
    question: 然后呢?
    answer:
      - |-
        然后接着干。
declines:
  - 几点下班
"""


def _load(folder: Path, text: str | bytes) -> tuple[list[Interview], list[str]]:
    """What a folder with this one file gives, its faults as `line: …`."""
    path = folder / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    knowledge, faults = load(folder)
    return list(knowledge.interviews), [str(f).removeprefix(f"{path}:") for f in faults]


def test_a_file_becomes_an_interview_that_knows_its_lines(tmp_path: Path) -> None:
    (interview,), faults = _load(tmp_path, DOCUMENT)
    first, second = interview.exchanges
    assert faults == []
    assert (interview.id, interview.title, interview.host) == ("x-1", "一次访谈", "主持人")
    assert interview.published == "2014-08-06 09:39:33"
    assert first.key == "x-1/q1"
    assert first.answer == ("没有。很顺利。", "以后也会顺利。")
    assert [(ask.text, ask.where.line) for ask in first.asks] == [
        ("治庸难不难", 17),
        ("反对的人多吗", 18),
    ]
    assert (first.facts[0].quote, first.facts[0].where.line) == ("很顺利。", 22)
    assert second.where == Origin(str(tmp_path / "x.yaml"), 23)
    assert [decline.text for decline in interview.declines] == ["几点下班"]


def test_what_yaml_takes_for_something_else_stays_text(tmp_path: Path) -> None:
    text = DOCUMENT.replace("- 治庸难不难", "- no\n      - 2014-08-06\n      - 98000\n      - 1:30")
    (interview,), faults = _load(tmp_path, text)
    asks = [ask.text for ask in interview.exchanges[0].asks]
    assert asks == ["no", "2014-08-06", "98000", "1:30", "反对的人多吗"]
    assert faults == []


ASK = "- 反对的人多吗"


@pytest.mark.parametrize(
    ("written", "typed", "line", "word", "asks"),
    [
        ("      " + ASK, "\t" + ASK, 18, "制表符", 2),
        ("      " + ASK, "\u3000\u3000" + ASK, 18, "全角空格", 2),
        ("    asks:\n      - 治", "    asks：\n      - 治", 16, "全角", 2),
        ("topic: 治庸", "topic:治庸", 8, "空格", 2),
        (ASK, "-反对的人多吗", 18, "“-”", 2),
        (ASK, "－反对的人多吗", 18, "“-”", 2),
        (" " + ASK, "  " + ASK, 17, "上下对齐", 0),  # joins the line above: neither is sure
        (" " + ASK, ASK, 18, "缩进", 1),
        (ASK, "- 反对的人\n        多吗", 18, "一行", 1),
        (ASK, '- "反对"的人多吗', 18, "引号", 2),
        (ASK, '- "反对的人多吗', 18, "引号", 2),
        (ASK, "- @反对", 18, "引号", 2),
        (ASK, "- 问: 反对: 多吗", 18, "引号", 2),
        (ASK, "- 问: 反对", 18, "引号", 1),
        (ASK, "- &反对 多吗", 18, "引号", 2),
        (ASK, "- !no 反对", 18, "“!”", 1),  # YAML would swallow the word
        (ASK, "- #反对#", 18, "注释", 1),
        (ASK, "- ", 18, "空", 1),
        (ASK, "- null", 18, "'null'", 1),  # the one plain word that could mean nothing
        (ASK, "- [反对, 多吗]", 18, "列表", 1),
        (ASK, "- 反对\x01的人多吗", 18, "控制字符", 2),
        ("topic: 治庸", "topic: 治庸\n    topic: 庸", 9, "重复", 2),
        ("topic: 治庸", "topik: 治庸", 8, "topic?", 2),
        ("topic: 治庸", "作者: 治庸", 8, "topic、question", 2),
    ],
)
def test_a_slip_of_the_hand_gets_a_message_and_spoils_nothing_else(
    tmp_path: Path, written: str, typed: str, line: int, word: str, asks: int
) -> None:
    assert DOCUMENT.count(written) == 1
    (interview,), faults = _load(tmp_path, DOCUMENT.replace(written, typed))
    assert len(faults) == 1
    assert faults[0].startswith(f"{line}: ") and "; " in faults[0]
    assert word in faults[0]
    assert [exchange.id for exchange in interview.exchanges] == ["q1", "q2"]
    assert len(interview.exchanges[0].asks) == asks


def test_every_slip_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    text = DOCUMENT.replace("- 治庸难不难", "- @治庸").replace(ASK, "-反对")
    text = text.replace("- 顺利吗", '- "顺"利吗').replace("- 几点", "- `几点")
    _, faults = _load(tmp_path, text)
    assert [fault.split(":")[0] for fault in faults] == ["17", "18", "21", "29"]


@pytest.mark.parametrize(
    ("written", "typed", "left"),
    [
        ("- |-\n        没有。", "- >-\n        没有。", ["q2"]),  # half an answer is no answer
        ("    question: 有阻力吗?\n", "", ["q2"]),
        ("id: q2", "id: q1", ["q1"]),
        ("id: q2", "id: 问2", ["q1"]),
        ("quote: 很顺利。", "quote: 很顺。", ["q1", "q2"]),  # only the fact goes
    ],
)
def test_what_cannot_be_trusted_is_left_out(
    tmp_path: Path, written: str, typed: str, left: list[str]
) -> None:
    (interview,), faults = _load(tmp_path, DOCUMENT.replace(written, typed))
    assert len(faults) == 1
    assert [exchange.id for exchange in interview.exchanges] == left
    assert all(fact.quote != "很顺。" for e in interview.exchanges for fact in e.facts)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "空"),
        ("# 只有说明\n", "没有内容"),
        ("- 列表\n", "名称: 内容"),
        ("id: x\nexchanges: []\n", "没有一条"),
        ("id: x\n", "没有一条"),
        (DOCUMENT + "---\nid: y\n", "---"),
        ("[" * 100_000, "太深"),  # would overflow libyaml's stack
        ("- " * 100_000, "太深"),
        (b"\x00\x01\x02" * 50, "不是文本"),
        (b"x" * 10_000_000, "MB"),
        (DOCUMENT.encode("gbk"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_knowledge_gets_one_sentence(
    tmp_path: Path, content: str | bytes, word: str
) -> None:
    _, faults = _load(tmp_path, content)
    assert len(faults) == 1
    assert word in faults[0]


@pytest.mark.parametrize("text", [DOCUMENT.replace("\n", "\r\n"), "\ufeff" + DOCUMENT])
def test_windows_files_read_like_others(tmp_path: Path, text: str) -> None:
    (interview,), faults = _load(tmp_path, text)
    assert faults == []
    assert interview.exchanges[0].answer[0] == "没有。很顺利。"


def test_folders_that_hold_nothing_get_one_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing", Path(__file__)):
        knowledge, faults = load(folder)
        assert len(faults) == 1 and not knowledge.interviews
        assert knowledge.everyday.declines


def test_an_id_belongs_to_the_first_file_that_uses_it(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(DOCUMENT, "utf-8")
    knowledge, faults = load(tmp_path)
    assert [interview.where.file for interview in knowledge.interviews] == [
        str(tmp_path / "a.yaml")
    ]
    assert "a.yaml:2" in faults[0].wrong


def test_the_shipped_knowledge_loads_without_a_fault() -> None:
    knowledge, faults = load(Path("knowledge"))
    assert faults == ()
    assert [e.key for e in knowledge.exchanges()][:4] == [f"xiamen-2014/q{n}" for n in (1, 2, 3, 4)]
    assert {kind for kind, _ in knowledge.everyday.smalltalk} >= {"greeting", "thanks"}


def test_question_files_are_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "dev.yaml"
    path.write_text("q1:\n  - no\n  - 2014-08-06\nnone: null\nq1: 重复\n", "utf-8")
    value, faults = read_yaml(path)
    assert value == {"q1": ["no", "2014-08-06"], "none": None}
    assert [fault.where.line for fault in faults] == [5]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def test_an_imported_interview_is_written_as_people_would_write_it() -> None:
    exchange = Exchange("x", "q1", "“治庸”难吗?", ("不难。", "第一行\n第二行"), HERE)
    interview = Interview("x", HERE, title="题: 目", published="2014-08-06", exchanges=(exchange,))
    assert (
        dump(interview)
        == """\
id: x
title: '题: 目'
published: 2014-08-06
exchanges:
  - id: q1
    question: “治庸”难吗?
    answer:
      - |-
        不难。
      - |-
        第一行
        第二行
"""
    )


def test_the_shipped_file_is_what_import_writes_plus_authored_fields() -> None:
    knowledge, _ = load(Path("knowledge"))
    for interview in knowledge.interviews:
        assert dump(interview) == Path(interview.where.file).read_text("utf-8")


ODD = st.one_of(
    st.sampled_from(
        [
            *("no", "null", "~", "2014-08-06", "1e3", "0x1F", "- a", "# a", "a # b", "a: b", "a:"),
            *(
                " 前有空格",
                "后有空格 ",
                "\u3000全角",
                "“引”",
                '"半',
                "it's",
                "'",
                "|",
                ">-",
                "[a",
                "{b",
            ),
            *(
                "@bot",
                "`x`",
                "%",
                "&a b",
                "*a",
                "!b c",
                "? c",
                "-",
                "---",
                "...",
                "\\n",
                "😀",
                "a\tb",
            ),
            *(
                "\tx",
                "一\n二",
                "一\n\n二\n",
                "\n",
                "\u2028",
                "a\x85b",
                "\ufeffx",
                "\x07",
                "\r\n",
                "key：",
            ),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.text(string.punctuation + " \n\t中：，。", min_size=1, max_size=12),
)


@st.composite
def exchanges(draw: Any, number: int) -> Exchange:
    answer = tuple(draw(st.lists(ODD, min_size=1, max_size=3)))
    facts = tuple(
        Fact((Phrase(draw(ODD), HERE),), quote, HERE)
        for quote in draw(st.sets(st.sampled_from(answer)))
    )
    asks = tuple(Phrase(text, HERE) for text in draw(st.lists(ODD, max_size=3)))
    speaker = draw(st.none() | ODD)
    return Exchange("x", f"q{number}", draw(ODD), answer, HERE, draw(ODD), speaker, "", asks, facts)


@st.composite
def interviews(draw: Any) -> Interview:
    count = draw(st.integers(1, 3))
    return Interview(
        "x",
        HERE,
        title=draw(ODD),
        host=draw(ODD),
        page=draw(ODD),
        exchanges=tuple(draw(exchanges(number)) for number in range(1, count + 1)),
        declines=tuple(Phrase(text, HERE) for text in draw(st.lists(ODD, max_size=2))),
    )


def _bare(interview: Interview) -> Interview:
    """The interview without its lines."""

    def phrases(given: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
        return tuple(replace(phrase, where=HERE) for phrase in given)

    return replace(
        interview,
        where=HERE,
        declines=phrases(interview.declines),
        exchanges=tuple(
            replace(
                e,
                where=HERE,
                asks=phrases(e.asks),
                facts=tuple(replace(f, where=HERE, asks=phrases(f.asks)) for f in e.facts),
            )
            for e in interview.exchanges
        ),
    )


SLOWLY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOWLY
@given(interviews())
def test_odd_texts_come_back_as_they_were_written(tmp_path: Path, interview: Interview) -> None:
    (again,), faults = _load(tmp_path, dump(interview))
    assert faults == []
    assert _bare(again) == interview


@SLOWLY
@given(interviews())
def test_any_yaml_reader_reads_the_same_texts(interview: Interview) -> None:
    plain = yaml.safe_load(dump(interview))
    assert [e["answer"] for e in plain["exchanges"]] == [
        list(e.answer) for e in interview.exchanges
    ]
    assert plain["title"] == interview.title


# ── importing again ──────────────────────────────────────────────────────────────────────────────


def _page(**changes: Any) -> Interview:
    """The interview that a page gives for DOCUMENT: imported fields only."""
    interview = Interview(
        "x-1",
        HERE,
        title="一次访谈",
        published="2014-08-06 09:39:33",
        host="主持人",
        exchanges=(
            Exchange("x-1", "q1", "有阻力吗?", ("没有。很顺利。", "以后也会顺利。"), HERE),
            Exchange("x-1", "q2", "然后呢?", ("然后接着干。",), HERE),
        ),
    )
    return replace(interview, **changes)


def _again(old: str, interview: Interview) -> str:
    """The text after importing, having made sure that a second time changes nothing."""
    done = reimport(old, interview)
    assert isinstance(done, Reimported)
    assert done.vanished == ()
    assert reimport(done.text, interview) == done
    return done.text


FIRST, SECOND = _page().exchanges


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (_page(), "", ""),
        (_page(host=""), "", ""),  # the page does not say: what somebody wrote stays
        (_page(title="新: 题"), "title: 一次访谈", "title: '新: 题'"),
        (_page(host="李"), "host: 主持人   # 栏目主持", "host: 李   # 栏目主持"),
        (_page(guest="陈"), "   # 栏目主持\n", "   # 栏目主持\nguest: 陈\n"),
        (
            _page(exchanges=(replace(FIRST, question="有没有阻力?"), SECOND)),
            "question: 有阻力吗?",
            "question: 有没有阻力?",
        ),
        (
            _page(exchanges=(replace(FIRST, answer=("没有。很顺利。", "改了。")), SECOND)),
            "以后也会顺利。",
            "改了。",
        ),
        (
            _page(exchanges=(replace(FIRST, answer=("没有。很顺利。",)), SECOND)),
            "\n      - |-\n        以后也会顺利。",
            "",
        ),
        (
            _page(exchanges=(replace(FIRST, speaker="陈"), SECOND)),
            "question: 有阻力吗?\n",
            "question: 有阻力吗?\n    speaker: 陈\n",
        ),
        (  # a new question comes in its place, the others keep their ids
            _page(
                exchanges=(
                    FIRST,
                    Exchange("x-1", "q2", "新问题?", ("新回答。",), HERE),
                    replace(SECOND, id="q3"),
                )
            ),
            "  - id: q2\n",
            "  - id: q3\n    question: 新问题?\n    answer:\n      - |-\n        新回答。\n"
            "  - id: q2\n",
        ),
    ],
)
def test_importing_again_changes_what_the_page_changed_and_nothing_else(
    page: Interview, before: str, after: str
) -> None:
    text = _again(DOCUMENT, page)
    if "新问题?" in text:
        text = text.replace("id: q1\n    question: 新", "id: q3\n    question: 新")
    assert text == (DOCUMENT.replace(before, after, 1) if before else DOCUMENT)
    windows = DOCUMENT.replace("\n", "\r\n")
    assert _again(windows, page).replace("\r\n", "\n") == _again(DOCUMENT, page)
    assert _again("\ufeff" + DOCUMENT, page) == "\ufeff" + _again(DOCUMENT, page)


def test_importing_heals_a_folded_answer() -> None:
    folded = DOCUMENT.replace("|-\n        没有。很顺利。", ">\n        没有。\n        很顺利。")
    assert _again(folded, _page()) == DOCUMENT


def test_what_vanished_from_the_page_is_kept_and_named() -> None:
    done = reimport(DOCUMENT, _page(exchanges=(SECOND,)))
    assert isinstance(done, Reimported)
    assert done.text == DOCUMENT
    assert [fault.where.line for fault in done.vanished] == [7]
    assert "有阻力吗" in done.vanished[0].wrong


def test_another_interview_does_not_take_over_the_authored_lines() -> None:
    other = Exchange("x-1", "q1", "台风几时来?", ("明天登陆,请大家关好窗户。",), HERE)
    done = reimport(DOCUMENT, _page(exchanges=(other,)))
    assert isinstance(done, Reimported)
    assert len(done.vanished) == 2
    assert "治庸难不难" in done.text and "有阻力吗?" in done.text


def test_comments_between_paragraphs_outlive_them() -> None:
    noted = DOCUMENT.replace("      - |-\n        以后", "      # 留意\n      - |-\n        以后")
    page = _page(exchanges=(replace(FIRST, answer=("一。", "二。", "三。")), SECOND))
    assert "      # 留意\n" in _again(noted, page)


@pytest.mark.parametrize(
    "old", ["", "# 说明\n", "id: x-1\n", "id: x-1\nexchanges: []\n", "id: x-1\nexchanges:\n"]
)
def test_a_file_without_exchanges_is_filled(old: str, tmp_path: Path) -> None:
    (interview,), faults = _load(tmp_path, _again(old, _page()))
    assert faults == []
    assert [e.question for e in interview.exchanges] == ["有阻力吗?", "然后呢?"]


@pytest.mark.parametrize(
    "old",
    [
        "id: x\n\t- broken\n",
        "- 列表\n",
        "id: x-1\nexchanges: [{id: q1, question: 有阻力吗?, answer: [旧]}]\n",
    ],
)
def test_a_file_that_cannot_be_updated_in_place_is_refused(old: str) -> None:
    done = reimport(old, _page())
    assert isinstance(done, NotReimported)
    assert done.faults[0].instead


@SLOWLY
@given(interviews(), interviews())
def test_importing_is_done_after_the_first_time(old: Interview, page: Interview) -> None:
    done = reimport(dump(old), page)
    assert isinstance(done, Reimported)
    assert reimport(done.text, page) == done
