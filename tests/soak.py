"""Whether questions get lost: `python tests/soak.py [SCENARIO …]` (minutes; `--quick`: seconds).

The bot runs as its users run it, against a Telegram of our own that can say what arrived and when,
and is killed, starved and flooded. Judged is only what stands in the chats at the end. Exit 1 if a
rule is broken. `--list` names the scenarios.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
if not __package__:  # run as a script: in place of this folder, whose `telegram` is the fake one
    sys.path[0] = str(ROOT)

from tests.soaking import (  # noqa: E402
    Bot,
    Load,
    Place,
    Row,
    Verdict,
    judge,
    killed_often,
    settles,
    table,
    under,
    write_knowledge,
    write_no_encoder,
)
from tests.telegram import HttpDoor, World  # noqa: E402


@dataclass(frozen=True, slots=True)
class Options:
    """How much of everything."""

    seed: int = 1
    quick: bool = False
    kills: int = 100
    chats: int = 40
    groups: int = 6
    latency: float = 0.03
    quiet: float = 10.0

    def of(self, long: float, short: float) -> float:
        """An amount for the long form and for the quick one."""
        return short if self.quick else long


class Stage:
    """A Telegram, its people, a home for the bot; `row` is what they saw."""

    def __init__(self, name: str, options: Options, home: Path, door: HttpDoor) -> None:
        self.name, self.options, self.home = name, options, home
        self.door, self.world = door, door.world
        self.random = Random(f"{options.seed} {name}")
        self.places: list[Place] = []
        self.bots: list[Bot] = []
        self.broken: list[str] = []
        self.notes: list[str] = []
        self._began = time.monotonic()

    def crowd(self, chats: int, groups: int = 0) -> list[Place]:
        """So many people who write in private, and so many groups."""
        new = [
            Place(self.world, f"P{n}") for n in range(len(self.places), len(self.places) + chats)
        ]
        new += [Place(self.world, f"G{n}", group=True) for n in range(groups)]
        self.places += new
        return new

    def bot(self, name: str = "bot", **environment: str) -> Bot:
        """A bot that knows this Telegram; it does not run yet."""
        bot = Bot(self.home, name, TELEGRAM_API_URL=self.door.url, **environment)
        self.bots.append(bot)
        return bot

    def rule(self, holds: object, otherwise: str) -> None:
        """Hold a rule; what is said where it is broken."""
        if not holds:
            self.broken.append(otherwise)

    def row(self) -> Row:
        """The figures, judged by the rules that hold everywhere."""
        kills = [killed for bot in self.bots for killed in bot.kills]
        verdict = judge(self.world, self.places, kills, self.door.latency)
        self._common_rules(verdict, len(kills))
        seconds = time.monotonic() - self._began
        peak = max((bot.peak for bot in self.bots), default=0.0)
        return Row(self.name, verdict, peak, seconds, self.broken, self.notes)

    def _common_rules(self, verdict: Verdict, kills: int) -> None:
        self.rule(not verdict.lost, f"{len(verdict.lost)} questions lost")
        # Between the note that an answer goes to a group and its first byte some ms pass, in which
        # a process that is killed leaves the group without: seldom.
        seldom = (kills + 49) // 50
        self.rule(len(verdict.unsure) <= seldom, f"{len(verdict.unsure)} lost in groups")
        self.rule(not verdict.doubled, f"{len(verdict.doubled)} answered twice")
        self.rule(not verdict.disorder, f"{verdict.disorder} out of order")
        self.rule(not self.world.unmodelled(), f"unmodelled: {self.world.unmodelled()[:3]}")
        for bot in self.bots:
            self.rule(not bot.died, f"{bot.name} ended by itself: {bot.died}")


@contextmanager
def stage(name: str, options: Options) -> Iterator[Stage]:
    """Everything that a scenario plays on; at its end no bot runs."""
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        HttpDoor(World(), options.latency) as door,
    ):
        home = Path(folder)
        write_knowledge(home / "knowledge")
        write_no_encoder(home / "no-encoder")
        set_up = Stage(name, options, home, door)
        try:
            yield set_up
        finally:
            for bot in set_up.bots:
                bot.is_killed()


# Killed at random moments


def polling_easy(on: Stage) -> None:
    """Polling on SQLite, killed at random moments while people ask one after the other."""
    _killed(on, on.bot(), pause=0.15, burst=1)


def polling_bursts(on: Stage) -> None:
    """The same while people ask several things at once."""
    _killed(on, on.bot(), pause=2.5, burst=30)


def _killed(on: Stage, bot: Bot, pause: float, burst: int) -> None:
    options = on.options
    crowd = on.crowd(options.chats, options.groups)
    with under(Load(crowd, on.random, pause, burst)):
        killed_often(on.world, bot, int(options.of(options.kills, 5)), on.random)
    settles(on.world, crowd, [bot], options.quiet)


SCENARIOS: dict[str, Callable[[Stage], None]] = {
    "polling-easy": polling_easy,
    "polling-bursts": polling_bursts,
}


def play(name: str, options: Options) -> Row:
    """One scenario from its beginning to its figures."""
    with stage(name, options) as on:
        SCENARIOS[name](on)
        return on.row()


def main(argv: Sequence[str]) -> int:
    """Play the scenarios that are named, or all; 1 if a rule was broken."""
    options, names = _read(argv)
    rows = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.append(play(name, options))
        print(table(rows[-1:]), file=sys.stderr, flush=True)
    print(table(rows))
    return int(any(row.broken for row in rows))


def _read(argv: Sequence[str]) -> tuple[Options, list[str]]:
    given, default = argparse.ArgumentParser(description=__doc__), Options()
    given.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    given.add_argument("--list", action="store_true", help="name the scenarios, and end")
    given.add_argument("--quick", action="store_true", help="seconds in place of minutes")
    given.add_argument("--seed", type=int, default=default.seed)
    given.add_argument("--kills", type=int, default=default.kills)
    given.add_argument("--chats", type=int, default=default.chats, help="private chats")
    given.add_argument("--groups", type=int, default=default.groups)
    given.add_argument("--latency", type=float, default=default.latency, help="s each way")
    given.add_argument("--quiet", type=float, default=default.quiet, help="s until it is over")
    read = vars(given.parse_args(argv))
    if read.pop("list"):
        print("\n".join(f"{name:20} {play.__doc__}" for name, play in SCENARIOS.items()))
        sys.exit(0)
    names = read.pop("scenario") or list(SCENARIOS)
    return Options(**read), names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
