"""`fangtan suggest` from outside: real processes, a real server, and what becomes of both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.suggest.prompts import prompts
from tests.suggesting import REPLIES, loaded, phrases_of, stocked
from tests.telegram.world import LONGEST_WAIT
from tests.test_cli import ROOT, Ran, fangtan, is_one_sentence, lines
from tests.test_suggest_models import Answer, Server, alive, eventually, refused

# Answers by heart; notes what it was asked; and, told to, stops at a prompt until it is let go.
SCRIPT = """\
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
learned = json.loads((here / "learned.json").read_text(encoding="utf-8"))
name, reply = learned[sys.stdin.buffer.read().decode("utf-8")]
with (here / "asked").open("a") as log:
    log.write(name + "\\n")
if name == os.environ.get("STOP_AT"):
    (here / "pid").write_text(str(os.getpid()))
    (here / "stopped").touch()
    time.sleep(999)
sys.stdout.buffer.write(reply.encode("utf-8"))
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test stands in an empty folder, with no setting of ours."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("BOT_", "TELEGRAM_", "OPENAI_")):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return stocked(tmp_path / "lore")


@pytest.fixture
def learned(folder: Path, tmp_path: Path) -> Path:
    """The script, with what it knows of the interview in the folder."""
    known = {p.text: (p.id, REPLIES.get(p.id, "不知道")) for p in prompts(loaded(folder)[1])}
    home = tmp_path / "model"
    home.mkdir()
    (home / "learned.json").write_text(json.dumps(known), encoding="utf-8")
    (home / "model.py").write_text(SCRIPT, encoding="utf-8")
    return home / "model.py"


def via(script: Path) -> str:
    return f"'{sys.executable}' '{script}'"


def suggest(folder: Path, *argv: object, given: bytes = b"") -> Ran:
    return fangtan("--knowledge", folder, "suggest", *argv, given=given)


def started(folder: Path, *argv: object, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "--knowledge", str(folder), "suggest", *map(str, argv)],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ids(folder: Path) -> list[str]:
    return [prompt.id for prompt in prompts(loaded(folder)[1])]


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_prints_the_prompts_and_asks_nobody(folder: Path) -> None:
    ran = suggest(folder, "lighthouse", "--via", "no-such-command", "--dry-run")
    assert ran.status == 0
    assert [record["id"] for record in ran.records] == ids(folder)
    assert all(set(record) == {"id", "prompt", "text"} for record in ran.records)
    assert f"{len(ran.records)} 次" in ran.err and os.listdir(folder) == ["lighthouse.yaml"]


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_replies_by_hand_go_into_the_phrases_file(folder: Path, way: str) -> None:
    asked = suggest(folder, "lighthouse", "--dry-run").records
    answered = lines(*(r | {"reply": REPLIES.get(r["id"], "不知道")} for r in asked))
    Path("replies.jsonl").write_bytes(answered)
    name, given = ("replies.jsonl", b"") if way == "file" else ("-", answered)
    ran = suggest(folder, "lighthouse", "--from", name, given=given)
    assert (ran.status, ran.out) == (0, "")
    assert "lighthouse.phrases.yaml" in ran.err and "格式不对" in ran.err
    assert len(phrases_of(folder)) == 18
    assert suggest(folder, "lighthouse", "--dry-run").records == []
    assert len(suggest(folder, "lighthouse", "--dry-run", "--again").records) == len(asked)


def test_lines_that_are_no_replies_are_counted(folder: Path) -> None:
    given = b"not json\n\n" + lines({"id": "q1/near", "reply": REPLIES["q1/near"]}, {"id": "x"})
    ran = suggest(folder, "lighthouse", "--from", "-", given=given)
    assert ran.status == 1 and "没有这个提示 2" in ran.err
    assert len(phrases_of(folder)) == 2


def test_what_was_suggested_is_found_by_the_bot(folder: Path) -> None:
    suggest(folder, "lighthouse", "--from", "-", given=lines(*replies()))
    ran = fangtan("--knowledge", folder, "ask", "--json", "玻璃碎了几块")
    assert ran.record["pair"] == "lighthouse/q2"
    assert ran.record["quote"] == "零六年那次浪打到了塔腰,窗户碎了三扇。"


def replies() -> list[dict[str, str]]:
    return [{"id": name, "reply": reply} for name, reply in REPLIES.items()]


# ── a command ────────────────────────────────────────────────────────────────────────────────────


def test_a_command_is_asked_everything_and_it_is_told_beforehand_and_afterwards(
    folder: Path, learned: Path
) -> None:
    ran = suggest(folder, "lighthouse", "--via", via(learned), "--jobs", 2)
    assert (ran.status, ran.out) == (0, "")
    before, *_, after, refused_ = ran.err.splitlines()
    assert f"{len(ids(folder))} 次请求" in before and "token" in before
    assert "问法 15" in after and "格式不对" in refused_
    assert "q1: " in ran.err and "\r" not in ran.err  # no bar where nobody sees it
    assert sorted((learned.parent / "asked").read_text().split()) == sorted(ids(folder))
    assert len(phrases_of(folder)) == 18


def test_the_interview_can_be_named_by_its_file(folder: Path, learned: Path) -> None:
    os.chdir(folder)
    ran = suggest(folder, "lighthouse.yaml", "--via", via(learned))
    assert ran.status == 0 and len(phrases_of(folder)) == 18


def test_a_command_that_fails_is_tried_again_and_left_for_the_next_run(
    folder: Path, learned: Path
) -> None:
    script = learned.read_text(encoding="utf-8")
    failing = "if name.endswith('q1/near'): sys.exit('坏了')\n"
    learned.write_text(script.replace("sys.stdout.buffer", failing + "sys.stdout.buffer"))
    ran = suggest(folder, "lighthouse", "--via", via(learned))
    assert ran.status == 1 and "1 次请求没有答成" in ran.err and "坏了" in ran.err
    asked = (learned.parent / "asked").read_text().split()
    assert asked.count("q1/near") == 3 and len(asked) == len(ids(folder)) + 2
    learned.write_text(script)
    assert suggest(folder, "lighthouse", "--via", via(learned)).status == 0
    assert len(phrases_of(folder)) == 18


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("nobody", "--dry-run"), "lighthouse"),
        (("../lore/nobody.yaml", "--dry-run"), "lighthouse"),
        (("x\x00y", "--dry-run"), "lighthouse"),
        (("lighthouse", "--via", "no-such-command -m x"), "no-such-command"),
        (("lighthouse", "--via", ""), "--via"),
        (("lighthouse", "--via", "llm 'x"), "--via"),
        (("lighthouse", "--from", "no-such-file"), "no-such-file"),
        (("lighthouse",), "OPENAI_BASE_URL"),
        (("lighthouse", "--model", "x"), "OPENAI_BASE_URL"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    folder: Path, argv: tuple[str, ...], word: str
) -> None:
    ran = suggest(folder, *argv)
    assert (ran.status, ran.out) == (2, "")
    assert is_one_sentence(ran.err) and word in ran.err
    assert os.listdir(folder) == ["lighthouse.yaml"]


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("lighthouse", "--via", "x", "--model", "y"),
        ("lighthouse", "--via", "x", "--from", "y"),
        ("lighthouse", "--most", "0"),
        ("lighthouse", "--jobs", "many"),
        ("lighthouse", "--timeout", "0"),
    ],
)
def test_options_that_make_no_sense_show_the_usage(folder: Path, argv: tuple[str, ...]) -> None:
    ran = suggest(folder, *argv)
    assert ran.status == 2 and ran.err.startswith("usage: fangtan")


def test_a_phrases_file_that_cannot_be_continued_is_named(folder: Path, learned: Path) -> None:
    (folder / "lighthouse.phrases.yaml").write_text("interview: another\n", encoding="utf-8")
    ran = suggest(folder, "lighthouse", "--via", via(learned))
    assert ran.status == 1 and "lighthouse.phrases.yaml:1" in ran.err
    assert not (learned.parent / "asked").exists()


# ── stopped ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stop_at", ["q2/about"])
def test_who_is_killed_goes_on_where_he_was(
    folder: Path, learned: Path, tmp_path: Path, stop_at: str
) -> None:
    whole = stocked(tmp_path / "whole")
    suggest(whole, "lighthouse", "--from", "-", given=lines(*replies()))
    asked = learned.parent / "asked"
    argv = ("lighthouse", "--via", via(learned), "--jobs", "1")
    with started(folder, *argv, STOP_AT=stop_at) as running:
        eventually((learned.parent / "stopped").exists)
        running.send_signal(signal.SIGKILL)
        running.wait(LONGEST_WAIT)
        os.kill(int((learned.parent / "pid").read_text()), signal.SIGKILL)
        # What was answered before is not asked again, what was being asked is.
        before = asked.read_text().split()
        ran = suggest(folder, *argv)
    assert ran.status == 0
    assert sorted(asked.read_text().split()) == sorted([*ids(folder), stop_at])
    assert before[-1] == stop_at
    assert phrases_of(folder) == phrases_of(whole)
    texts = [(home / "lighthouse.phrases.yaml").read_text("utf-8") for home in (folder, whole)]
    assert texts[0] == texts[1]


def test_ctrl_c_ends_the_command_too_and_says_how_to_go_on(folder: Path, learned: Path) -> None:
    argv = ("lighthouse", "--via", via(learned), "--jobs", "1")
    with started(folder, *argv, STOP_AT="q1/s1-2/people") as running:
        eventually((learned.parent / "stopped").exists)
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=LONGEST_WAIT)
    assert running.returncode == 130
    assert b"Traceback" not in complaint and "再运行一次".encode() in complaint
    eventually(lambda: not alive(int((learned.parent / "pid").read_text())))
    assert suggest(folder, *argv).status == 0
    assert len(phrases_of(folder)) == 18


# ── a server ─────────────────────────────────────────────────────────────────────────────────────


class Clever(Server):
    """A server that has learned the replies by heart."""

    def __init__(self, folder: Path) -> None:
        super().__init__([])
        self._replies = {p.text: REPLIES.get(p.id, "不知道") for p in prompts(loaded(folder)[1])}

    def answer(self, request: Any) -> Answer:
        reply = self._replies[request["messages"][0]["content"]]
        return Answer(json.dumps({"choices": [{"message": {"content": reply}}]}).encode())


@pytest.fixture
def server(folder: Path) -> Iterator[Clever]:
    server = Clever(folder)
    yield server
    server.stop()


def test_a_server_is_asked_with_the_key_from_a_dotenv_file(folder: Path, server: Clever) -> None:
    Path(".env").write_text(
        f"OPENAI_BASE_URL={server.url}\nOPENAI_API_KEY=sk-secret\n", encoding="utf-8"
    )
    ran = suggest(folder, "lighthouse", "--model", "some-model")
    assert ran.status == 0, ran.err
    assert len(server.requests) == len(ids(folder)) and len(phrases_of(folder)) == 18
    assert {headers["Authorization"] for _, headers, _ in server.requests} == {"Bearer sk-secret"}
    everything = ran.err + "".join(
        path.read_text(encoding="utf-8") for path in folder.iterdir() if path.is_file()
    )
    assert "sk-secret" not in everything


def test_a_server_without_a_model_is_asked_nothing(
    folder: Path, server: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    ran = suggest(folder, "lighthouse")
    assert ran.status == 2 and is_one_sentence(ran.err) and "--model" in ran.err
    assert server.requests == []


def test_a_server_that_refuses_the_key_is_asked_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server([refused(401, "Incorrect API key: sk-secret")])
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    try:
        ran = suggest(folder, "lighthouse", "--model", "x", "--jobs", 1)
    finally:
        server.stop()
    assert ran.status == 2 and len(server.requests) == 1
    assert "OPENAI_API_KEY" in ran.err and "sk-secret" not in ran.err
    assert not (folder / "lighthouse.phrases.yaml").exists()
