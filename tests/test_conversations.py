"""The dialogues in `conversations/` are played with the real application and the real interview.

`conversations/README.md` says how to read and write them; no Python is needed for either.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import knowledge
from bot.policy import policy_for, thinner
from bot.respond import Responder
from bot.search import Index
from tests import bookshop
from tests.scenes import (
    Play,
    Script,
    databases,
    holds_always,
    is_refused_what_it_says,
    needs_its_own,
    scenes,
)
from tests.soaking.servers import Missing
from tests.stages import InProcess, OwnProcess, SharedProcess, copied, morning
from tests.telegram import FakeClock, HttpDoor, World
from tests.telegram.world import LONGEST_WAIT

HERE = Path(__file__).parent
FOLDER = HERE.parent / "knowledge"
XIAMEN, _ = knowledge.load(FOLDER)


def on_databases(*, own: bool = False) -> list[Any]:
    """Every scene with each database that it names; `own`: those with a process of their own."""
    return [
        pytest.param(script, database, id=f"{name} [{database}]")
        for name, script in scenes().items()
        if not own or (script.get("process") and needs_its_own(script))
        for database in databases(script)
    ]


@pytest.fixture(scope="session")
def responder() -> Responder:
    index = Index(XIAMEN)
    return Responder(index, policy_for(index), thinner(index))


def database_of(kind: str, request: pytest.FixtureRequest, home: Path) -> str:
    """The URL of an empty database of this kind."""
    match kind:
        case "memory":
            return "sqlite://"
        case "sqlite":
            return f"sqlite:///{home}/bot.db"
    url: str = request.getfixturevalue("on_postgres")
    return url


def world_of(script: Script) -> World:
    return World(
        privacy=script.get("privacy", False),
        inline_feedback=script.get("inline feedback", False),
        clock=morning(),
    )


def folder_of(script: Script, home: Path) -> Path | None:
    """Where curators' phrases are written: a copy of the scene's own."""
    return copied(FOLDER, home) if "curators" in script else None


@pytest.mark.parametrize(("script", "kind"), on_databases())
def test_the_dialogue_goes_as_written(
    script: Script,
    kind: str,
    responder: Responder,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    match script.get("interview", "xiamen"):
        case "xiamen":
            knows, mind = XIAMEN, responder
        case "bookshop":
            knows, mind = bookshop.KNOWLEDGE, bookshop.RESPONDER
    database = database_of(kind, request, tmp_path)
    folder = folder_of(script, tmp_path)
    with InProcess(world_of(script), knows, mind, database, folder) as stage:
        play = Play(script, stage, knows)
        stage.begins(play.curators, play.settings)
        play.play()
        holds_always(play)
        is_refused_what_it_says(play)


@pytest.mark.parametrize(("script", "kind"), on_databases(own=True))
def test_the_program_plays_it_by_itself(
    script: Script, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A scene with `process: true` in which the program has curators, is killed, or waits."""
    database = "" if kind == "memory" else database_of(kind, request, tmp_path)
    world = world_of(script)
    try:
        playing = OwnProcess(world, tmp_path, database, folder_of(script, tmp_path))
    except Missing as what:
        pytest.skip(str(what))
    with playing as stage:
        with world.lock:
            play = Play(script, stage, XIAMEN)
        stage.begins(play.curators, play.settings)
        play.play()
        play.comes_to_rest()
        holds_always(play)
        is_refused_what_it_says(play)
        stage.ends()
        assert world.token.partition(":")[2] not in stage.bot.log
        assert " ERROR " not in stage.bot.log


def test_the_real_process_plays_them_as_well(tmp_path: Path) -> None:
    """Side by side, as chats are: the other scenes that say `process: true`."""
    scripts = [s for s in scenes().values() if s.get("process") and not needs_its_own(s)]
    world = World(privacy=False, clock=FakeClock())
    with HttpDoor(world) as door, _running(tmp_path, door.url, world.token) as bot:
        world.wait_for(lambda: world.called("getUpdates") or bot.poll() is not None)
        assert bot.poll() is None, (tmp_path / "log.txt").read_text("utf-8")
        with ThreadPoolExecutor(len(scripts)) as stages:
            for played in [stages.submit(_performed, script, world) for script in scripts]:
                played.result()
        bot.terminate()
        assert bot.wait(LONGEST_WAIT) == 0
    assert not world.unmodelled()
    log = (tmp_path / "log.txt").read_text("utf-8")
    assert log.count("outcome=") >= len(scripts)
    assert world.token.partition(":")[2] not in log
    assert " ERROR " not in log


@contextmanager
def _running(folder: Path, url: str, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """The bot as the README starts it."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE.parent),
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
        "TELEGRAM_BOT_TOKEN": token,
        "TELEGRAM_API_URL": url,
        "BOT_KNOWLEDGE": str(FOLDER),
        "BOT_LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "bot", "run"]
    with (folder / "log.txt").open("wb") as log:
        bot = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        yield bot
    finally:
        bot.kill()
        bot.wait()


def _performed(script: Script, world: World) -> None:
    with world.lock:
        play = Play(script, SharedProcess(world), XIAMEN)
    play.play()
    play.comes_to_rest()
    holds_always(play)
