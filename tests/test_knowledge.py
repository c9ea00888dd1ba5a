"""The knowledge files: read by hand-editors' rules, written verbatim, renewed by import."""

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
    Authored,
    dump,
    dump_phrases,
    load,
    read_interview,
    renewed,
    with_suggestion,
)
from bot.yaml_text import Fault, read_plain

HERE = Origin("x.yaml", 1)

DOCUMENT = """\
# 手工写的说明
id: x-1
title: 一次访谈
published: 2014-08-06 09:39:33
host: 主持人   # 栏目主持
exchanges:
- id: q1
  question: 有阻力吗?
  answer:
  - |-
    没有。很顺利。
  - |-
    以后也会顺利。
- id: q2
  question: 然后呢?
  answer:
  - |-
    然后接着干。
"""
PHRASES = """\
interview: x-1
exchanges:
  q1:
    topic: 治庸
    quote: 没有。
    # 下面是问法
    asks:
      - 治庸难不难
      - 反对的人多吗
    facts:
      - quote: 很顺利。
        asks:
          - 顺利吗
declines:
  - 几点下班
suggested:
- exchange: q2
  topic: 往后
  asks:
  - 后来怎样
- declines:
  - 几点上班
"""


def _load(
    folder: Path, text: str | bytes = DOCUMENT, phrases: str | bytes = ""
) -> tuple[list[Interview], list[str]]:
    """What a folder with this interview and its phrases gives, its faults as `line: …`."""
    paths = {folder / "x.yaml": text, folder / "x.phrases.yaml": phrases}
    for path, content in paths.items():
        if content:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        elif path.name == "x.yaml":
            path.write_bytes(b"")
    knowledge, faults = load(folder)
    told = [str(f) for f in faults]
    for path in paths:
        told = [line.removeprefix(f"{path}:") for line in told]
    return list(knowledge.interviews), told


def test_two_files_become_an_interview_that_knows_its_lines(tmp_path: Path) -> None:
    (interview,), faults = _load(tmp_path, DOCUMENT, PHRASES)
    first, second = interview.exchanges
    phrases = str(tmp_path / "x.phrases.yaml")
    assert faults == []
    assert (interview.id, interview.title, interview.host) == ("x-1", "一次访谈", "主持人")
    assert interview.published == "2014-08-06 09:39:33"
    assert first.key == "x-1/q1"
    assert first.answer == ("没有。很顺利。", "以后也会顺利。")
    assert [(ask.text, ask.where) for ask in first.asks] == [
        ("治庸难不难", Origin(phrases, 8)),
        ("反对的人多吗", Origin(phrases, 9)),
    ]
    assert (first.topic, first.quote, first.quote_where) == ("治庸", "没有。", Origin(phrases, 5))
    assert (first.facts[0].quote, first.facts[0].where.line) == ("很顺利。", 11)
    assert second.where == Origin(str(tmp_path / "x.yaml"), 14)
    assert (second.topic, [ask.text for ask in second.asks]) == ("往后", ["后来怎样"])
    assert [decline.text for decline in interview.declines] == ["几点下班", "几点上班"]


def test_an_interview_without_phrases_works(tmp_path: Path) -> None:
    (interview,), faults = _load(tmp_path)
    assert faults == []
    assert not any(exchange.authored for exchange in interview.exchanges)


def test_what_was_suggested_never_pushes_aside_what_people_wrote(tmp_path: Path) -> None:
    more = PHRASES + "- exchange: q1\n  topic: 别的\n  quote: 很顺利。\n  asks: [再问]\n"
    (interview,), faults = _load(tmp_path, DOCUMENT, more)
    first = interview.exchanges[0]
    assert faults == []
    assert (first.topic, first.quote) == ("治庸", "没有。")
    assert [ask.text for ask in first.asks] == ["治庸难不难", "反对的人多吗", "再问"]


@pytest.mark.parametrize(
    ("written", "typed", "line", "words"),
    [
        ("interview: x-1", "interview: y", 1, ("“y”", "有:x-1")),
        ("interview: x-1\n", "", 1, ("interview",)),
        ("  q1:", "  q9:", 5, ("“q9”", "q1、q2")),
        ("- exchange: q2", "- exchange: q3", 17, ("“q3”", "q1、q2")),
        ("quote: 没有。", "quote: 没有啊。", 5, ("没有啊", "answer")),
        ("suggested:", "sugested:", 16, ("suggested?",)),
    ],
)
def test_phrases_for_what_is_not_there_are_named(
    tmp_path: Path, written: str, typed: str, line: int, words: tuple[str, ...]
) -> None:
    assert PHRASES.count(written) == 1
    _, faults = _load(tmp_path, DOCUMENT, PHRASES.replace(written, typed))
    assert len(faults) == 1
    assert faults[0].startswith(f"{line}: ")
    assert all(word in faults[0] for word in words)


def test_phrases_of_an_interview_that_is_not_there_at_all(tmp_path: Path) -> None:
    (tmp_path / "x.phrases.yaml").write_text(PHRASES, "utf-8")
    _, faults = load(tmp_path)
    assert any("x-1" in fault.wrong for fault in faults)


def test_several_phrases_files_of_one_interview_count_together(tmp_path: Path) -> None:
    more = "interview: x-1\nexchanges:\n  q2:\n    asks: [往后呢]\n"
    (tmp_path / "y.phrases.yaml").write_text(more, "utf-8")
    (interview,), faults = _load(tmp_path, DOCUMENT, PHRASES)
    assert faults == []
    assert [ask.text for ask in interview.exchanges[1].asks] == ["后来怎样", "往后呢"]


def test_phrases_in_the_interview_file_still_count_and_are_named(tmp_path: Path) -> None:
    old = DOCUMENT.replace("- id: q2", "  asks: [难吗]\n- id: q2") + "declines: [几点下班]\n"
    (interview,), faults = _load(tmp_path, old)
    assert [ask.text for ask in interview.exchanges[0].asks] == ["难吗"]
    assert len(faults) == 1 and "import" in faults[0]


def test_what_yaml_takes_for_something_else_stays_text(tmp_path: Path) -> None:
    text = PHRASES.replace("- 治庸难不难", "- no\n      - 2014-08-06\n      - 98000\n      - 1:30")
    (interview,), faults = _load(tmp_path, DOCUMENT, text)
    asks = [ask.text for ask in interview.exchanges[0].asks]
    assert asks == ["no", "2014-08-06", "98000", "1:30", "反对的人多吗"]
    assert faults == []


ASK = "- 反对的人多吗"


@pytest.mark.parametrize(
    ("written", "typed", "line", "word", "asks"),
    [
        ("      " + ASK, "\t" + ASK, 9, "制表符", 2),
        ("      " + ASK, "\u3000\u3000" + ASK, 9, "全角空格", 2),
        ("    asks:\n      - 治", "    asks：\n      - 治", 7, "全角", 2),
        ("topic: 治庸", "topic:治庸", 4, "空格", 2),
        (ASK, "-反对的人多吗", 9, "“-”", 2),
        (ASK, "－反对的人多吗", 9, "“-”", 2),
        (" " + ASK, "  " + ASK, 8, "上下对齐", 0),  # joins the line above: neither is sure
        (" " + ASK, ASK, 9, "缩进", 1),
        (ASK, "- 反对的人\n        多吗", 9, "一行", 1),
        (ASK, '- "反对"的人多吗', 9, "引号", 2),
        (ASK, '- "反对的人多吗', 9, "引号", 2),
        (ASK, "- @反对", 9, "引号", 2),
        (ASK, "- 问: 反对: 多吗", 9, "引号", 2),
        (ASK, "- 问: 反对", 9, "引号", 1),
        (ASK, "- &反对 多吗", 9, "引号", 2),
        (ASK, "- !no 反对", 9, "“!”", 1),  # YAML would swallow the word
        (ASK, "- #反对#", 9, "注释", 1),
        (ASK, "- ", 9, "空", 1),
        (ASK, "- null", 9, "'null'", 1),  # the one plain word that could mean nothing
        (ASK, "- [反对, 多吗]", 9, "列表", 1),
        (ASK, "- 反对\x01的人多吗", 9, "控制字符", 2),
        ("topic: 治庸", "topic: 治庸\n    topic: 庸", 5, "重复", 2),
        ("topic: 治庸", "topik: 治庸", 4, "topic?", 2),
        ("topic: 治庸", "作者: 治庸", 4, "topic、quote", 2),
    ],
)
def test_a_slip_of_the_hand_gets_a_message_and_spoils_nothing_else(
    tmp_path: Path, written: str, typed: str, line: int, word: str, asks: int
) -> None:
    assert PHRASES.count(written) == 1
    (interview,), faults = _load(tmp_path, DOCUMENT, PHRASES.replace(written, typed))
    assert len(faults) == 1
    assert faults[0].startswith(f"{line}: ") and "; " in faults[0]
    assert word in faults[0]
    assert [exchange.id for exchange in interview.exchanges] == ["q1", "q2"]
    assert len(interview.exchanges[0].asks) == asks


def test_every_slip_of_a_file_is_named_at_once(tmp_path: Path) -> None:
    text = PHRASES.replace("- 治庸难不难", "- @治庸").replace(ASK, "-反对")
    text = text.replace("- 顺利吗", '- "顺"利吗').replace("- 几点下", "- `几点下")
    _, faults = _load(tmp_path, DOCUMENT, text)
    assert [fault.split(":")[0] for fault in faults] == ["8", "9", "13", "15"]


@pytest.mark.parametrize(
    ("written", "typed", "left"),
    [
        ("- |-\n    没有。", "- >-\n    没有。", ["q2"]),  # half an answer is no answer
        ("  question: 有阻力吗?\n", "", ["q2"]),
        ("id: q2", "id: q1", ["q1"]),
        ("id: q2", "id: 问2", ["q1"]),
    ],
)
def test_what_cannot_be_trusted_is_left_out(
    tmp_path: Path, written: str, typed: str, left: list[str]
) -> None:
    (interview,), faults = _load(tmp_path, DOCUMENT.replace(written, typed))
    assert len(faults) == 1
    assert [exchange.id for exchange in interview.exchanges] == left


def test_a_quote_that_nobody_said_goes_alone(tmp_path: Path) -> None:
    text = PHRASES.replace("quote: 很顺利。", "quote: 很顺。")
    (interview,), faults = _load(tmp_path, DOCUMENT, text)
    assert len(faults) == 1 and faults[0].startswith("11: ")
    assert [len(exchange.asks) for exchange in interview.exchanges] == [2, 1]
    assert interview.exchanges[0].facts == ()


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
    value, faults = read_plain(path)
    assert value == {"q1": ["no", "2014-08-06"], "none": None}
    assert [fault.where.line for fault in faults] == [5]


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def test_an_imported_interview_is_written_as_people_would_write_it() -> None:
    exchanges = (
        Exchange("x", "q1", "“治庸”难吗?", ("不难。", "第一行\n第二行"), HERE),
        Exchange("x", "q2", "真的?", ("真的。",), HERE, speaker="王: 某", review=True),
    )
    interview = Interview("x", HERE, title="题: 目", published="2014-08-06", exchanges=exchanges)
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
- id: q2
  question: 真的?
  speaker: '王: 某'
  review: true
  answer:
  - |-
    真的。
"""
    )


@pytest.mark.parametrize(
    ("published", "written"),
    [
        ("2014-08-06", "2014-08-06"),
        ("2014-08-06 09:39:33", "2014-08-06 09:39:33"),
        ("2014-08-06 09:39", "2014-08-06 09:39"),  # to YAML a text
        ("2014-13-45", "'2014-13-45'"),  # a date to YAML, but none that there is
        ("2014年8月6日", "2014年8月6日"),
    ],
)
def test_a_date_is_written_as_people_write_it(published: str, written: str) -> None:
    exchange = Exchange("x", "q1", "难吗?", ("不难。",), HERE)
    text = dump(Interview("x", HERE, published=published, exchanges=(exchange,)))
    assert f"published: {written}\n" in text
    assert str(yaml.safe_load(text)["published"]) == published


def test_the_shipped_files_are_what_would_be_written() -> None:
    interview, _ = read_interview(Path("knowledge/xiamen-2014.yaml"))
    assert interview is not None
    text = Path(interview.where.file).read_text("utf-8")
    assert dump(interview) == text and len(text.splitlines()) < 40
    whole = load(Path("knowledge"))[0].interviews[0]
    assert dump_phrases(whole) == Path("knowledge/xiamen-2014.phrases.yaml").read_text("utf-8")


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
    """The interview without its lines, declines and phrases as any file may hold them."""

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
                quote_where=None,
                asks=phrases(e.asks),
                facts=tuple(replace(f, where=HERE, asks=phrases(f.asks)) for f in e.facts),
            )
            for e in interview.exchanges
        ),
    )


SLOWLY = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOWLY
@given(interviews())
def test_odd_texts_come_back_as_they_were_written(tmp_path: Path, interview: Interview) -> None:
    (again,), faults = _load(tmp_path, dump(interview), dump_phrases(interview))
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
    asks = yaml.safe_load(dump_phrases(interview))["exchanges"]
    for e in interview.exchanges:
        assert asks.get(e.id, {}).get("asks", []) == [ask.text for ask in e.asks]


SUGGESTED = Authored("q1", HERE, "题", "很顺利。", (Phrase("还难吗", HERE),))


@pytest.mark.parametrize(
    ("old", "before", "after"),
    [
        ("", "", "interview: x-1\nsuggested:\n"),
        ("interview: x-1", "interview: x-1\n", "suggested:\n"),
        ("interview: x-1\nsuggested:\n", "interview: x-1\nsuggested:\n", ""),
        (PHRASES, PHRASES, ""),
        (PHRASES + "# 末了\n", PHRASES + "# 末了\n", ""),
        (PHRASES + "  # 末了", PHRASES + "  # 末了\n", ""),
        (
            "interview: x-1\nsuggested:\n- exchange: q2\n  asks: [a]\n# 下面\ndeclines: [b]\n",
            "interview: x-1\nsuggested:\n- exchange: q2\n  asks: [a]\n# 下面\n",
            "|declines: [b]\n",
        ),
    ],
)
def test_a_suggestion_is_put_behind_what_is_there(old: str, before: str, after: str) -> None:
    entry = "- exchange: q1\n  topic: 题\n  quote: 很顺利。\n  asks:\n  - 还难吗\n"
    head, bar, tail = after.partition("|")
    new = with_suggestion(old, "x-1", SUGGESTED, (), "x.phrases.yaml")
    assert new == before + head + entry + (tail if bar else "")
    windows = with_suggestion(old.replace("\n", "\r\n"), "x-1", SUGGESTED, (), "x")
    assert isinstance(windows, str)
    if old:
        assert windows == new.replace("\n", "\r\n") or "\n" not in old
    more = with_suggestion(new, "x-1", None, (Phrase("几点", HERE),), "x")
    assert isinstance(more, str)
    assert {"declines": ["几点"]} in yaml.safe_load(more)["suggested"]


@pytest.mark.parametrize(
    "old",
    [
        "interview: x-1\nsuggested: [{exchange: q1}]\n",
        "interview: x-1\nsuggested: 以后再说\n",
        "{interview: x-1}\n",
        "interview: [x-1\n",
    ],
)
def test_a_file_that_leaves_no_place_for_suggestions_is_left_alone(old: str) -> None:
    fault = with_suggestion(old, "x-1", SUGGESTED, (), "x.phrases.yaml")
    assert isinstance(fault, Fault)
    assert fault.instead


# ── importing again ──────────────────────────────────────────────────────────────────────────────

FIRST = Exchange("x", "q1", "有阻力吗?", ("没有。很顺利。", "以后也会顺利。"), HERE)
SECOND = Exchange("x", "q2", "然后呢?", ("然后接着干。",), HERE)
OLD = Interview("x", HERE, title="一次访谈", host="主持人", exchanges=(FIRST, SECOND))
OTHER = Exchange("x", "q1", "台风几时来?", ("明天登陆,请大家关好窗户。",), HERE)


def _again(*exchanges: Exchange, taken: tuple[str, ...] = (), **stated: str) -> Interview:
    """The interview after importing a page with these, having made sure that twice is once."""
    page = Interview("page", HERE, exchanges=exchanges, **stated)
    new, lost = renewed(OLD, page, taken)
    assert [e for e in OLD.exchanges if e.id not in {n.id for n in new.exchanges}] == list(lost)
    assert renewed(new, page, taken) == (new, ())
    return new


def _ids(interview: Interview) -> list[str]:
    return [exchange.id for exchange in interview.exchanges]


def test_exchanges_keep_their_ids_wherever_the_page_puts_them() -> None:
    assert _ids(_again(replace(SECOND, id="q1"), replace(FIRST, id="q2"))) == ["q2", "q1"]
    new = replace(OTHER, id="q2")
    assert _ids(_again(FIRST, new, replace(SECOND, id="q3"))) == ["q1", "q3", "q2"]


def test_a_corrected_exchange_is_known_by_its_likeness() -> None:
    asked = replace(FIRST, question="有没有阻力?")
    assert _ids(_again(replace(OTHER, id="q1"), replace(asked, id="q2"))) == ["q3", "q1"]
    answered = replace(FIRST, answer=("没有。很顺利。", "改了。"))
    assert _again(answered, SECOND).exchanges[0].answer == ("没有。很顺利。", "改了。")


def test_another_interview_does_not_take_over_the_ids() -> None:
    assert _ids(_again(OTHER)) == ["q3"]
    assert _ids(_again(replace(OTHER, id="q3"), taken=("q3", "q4"))) == ["q5"]


def test_what_the_page_does_not_say_of_itself_stays() -> None:
    new = _again(FIRST, title="新题")
    assert (new.id, new.title, new.host) == ("x", "新题", "主持人")


def test_what_somebody_has_reviewed_stays_reviewed_until_it_changes() -> None:
    doubtful = replace(FIRST, review=True)
    new = _again(doubtful, replace(SECOND, answer=("然后接着干。别的。",), review=True))
    assert [e.review for e in new.exchanges] == [False, True]
