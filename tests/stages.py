"""Where scenes are played: the application in this process, or the program as one of its own.

with InProcess(world, …) as stage:          with OwnProcess(world, home) as stage:
    play = Play(script, stage, knows)           …
    stage.begins(play.curators)
    play.play()
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx

from bot import edition
from bot.interview import Knowledge
from bot.reloading import Reloading
from bot.respond import Responder
from bot.settings import Hours
from bot.settings import settings as settings_of
from tests.rim import Rim
from tests.soaking.process import ROOT, Bot, begins, write_no_encoder
from tests.soaking.servers import WrongClock, free_port
from tests.telegram import TOKEN, Chat, FakeClock, HttpDoor, World
from tests.telegram.methods import METHODS
from tests.telegram.world import LONGEST_WAIT, Fault

# The calls by which people notice what a bot does.
EFFECTS = tuple(
    row[0]
    for row in METHODS.values()
    if row[0].startswith(("send", "edit", "delete", "answer", "create", "close", "reopen"))
    and row[0] != "deleteWebhook"
)
NONE: Mapping[str, str] = {}


def hours_of(settings: Mapping[str, str]) -> Hours:
    """When curators are written to, as the environment says it."""
    return settings_of({"TELEGRAM_BOT_TOKEN": TOKEN, **settings}).hours


def morning() -> FakeClock:
    """A clock that stands at ten on a Monday, whatever the time zone of this machine."""
    return FakeClock(time.mktime((2027, 1, 11, 10, 0, 0, 0, 0, -1)))


def copied(folder: Path, home: Path) -> Path:
    """A copy of the knowledge, and of the pages that it quotes, for a scene to write in."""
    shutil.copytree(ROOT / "seeds", home / "seeds")
    return Path(shutil.copytree(folder, home / "knowledge"))


class Stage:
    """What a play asks of where it is played; what a stage cannot do is a mistake of the scene."""

    world: World

    def settles(self, happened: Callable[[], bool], *, at_once: bool = False) -> None:
        """Let the bot handle all that has happened, or as much as is waited for; `at_once`: what
        happened, happened together."""
        raise NotImplementedError

    def passes(self, seconds: float) -> None:
        """Let time go by."""
        raise ValueError("the real clock waits for nobody")

    def restarts(self, *, killed: bool = False) -> None:
        """Stop the bot, or kill it, and start it again on the same database."""
        raise ValueError("who shares a bot cannot restart it")

    def kills(self, moment: str) -> None:
        """Kill the bot `before` or `after` the next thing that it does takes effect, in both cases
        without its hearing of it; `after 2`: the next but one."""
        raise ValueError("who shares a bot cannot kill it")

    def revives(self) -> None:
        """Wait until the bot has been killed as was asked for, and start it again."""
        raise ValueError("who shares a bot cannot kill it")


class InProcess(Stage):
    """The real application over the fake network. SIGKILL is beyond it: a restart has to do."""

    def __init__(
        self,
        world: World,
        knows: Knowledge,
        mind: Responder,
        database: str = "sqlite://",
        folder: Path | None = None,
    ) -> None:
        self.world = world
        self._knows, self._mind, self._database, self._folder = knows, mind, database, folder
        self._curators: Chat | None = None
        self._settings: Mapping[str, str] = {}
        self._open = ExitStack()
        self.bot: Rim

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def begins(self, curators: Chat | None, settings: Mapping[str, str] = NONE) -> None:
        """Start the bot, whose curators are in this chat, with some settings of their own."""
        self._curators, self._settings = curators, settings
        reloading = self._reloading(self._folder) if self._folder else None
        self.bot = self._open.enter_context(
            Rim(
                self.world,
                responder=self._mind,
                knowledge=self._knows,
                database=self._database,
                reloading=reloading,
                curators=curators.id if curators else None,
                hours=hours_of(settings),
            )
        )
        if curators:
            self.bot.tends()

    def _reloading(self, folder: Path) -> Reloading:
        return Reloading(folder, None, edition.load(folder, None), self.world.clock)

    def settles(self, happened: Callable[[], bool], *, at_once: bool = False) -> None:
        self.bot.catches_up(at_once=at_once)
        if self._curators:
            self.bot.tends()
            self.bot.catches_up()

    def passes(self, seconds: float) -> None:
        assert isinstance(self.world.clock, FakeClock)
        self.world.clock.advance(seconds)

    def restarts(self, *, killed: bool = False) -> None:
        self._open.close()
        self.begins(self._curators, self._settings)

    def kills(self, moment: str) -> None:
        """Nothing: what cannot be killed in the middle is restarted afterwards."""

    def revives(self) -> None:
        self.settles(lambda: True)
        self.restarts()


class SharedProcess(Stage):
    """A program that other scenes are played with at the same time."""

    def __init__(self, world: World) -> None:
        self.world = world

    def settles(self, happened: Callable[[], bool], *, at_once: bool = False) -> None:
        self.world.wait_for(happened)


class Trap:
    """Holds a bot at one moment: what it does next, or next but some, arrives at Telegram and is
    not answered, whether it took effect (`after`) or not (`before`)."""

    def __init__(self, world: World, moment: str) -> None:
        order, _, number = moment.partition(" ")
        if order not in ("before", "after"):
            raise ValueError(f"one is killed before or after, not {moment!r}")
        self._world, self._since, self._number = world, len(world.calls), int(number or 1)
        self._after = order == "after"
        self._faults: list[Fault] = []
        self._unheard = world.listen(self._look)
        self._look()

    @property
    def struck(self) -> bool:
        """Whether the bot waits in vain."""
        return any(not fault.times for fault in self._faults)

    def opens(self) -> None:
        """Let everything be answered again."""
        self._unheard()
        for fault in self._faults:
            self._world.faults.remove(fault)
        self._faults = []

    def _look(self) -> None:
        with self._world.lock:
            calls = self._world.calls[self._since :]
            done = sum(call.method in EFFECTS and call.status == 200 for call in calls)
            if done == self._number - 1 and not self._faults:
                for method in EFFECTS:
                    self._world.fail(method, "hang", after_effect=self._after)
                self._faults = self._world.faults[-len(EFFECTS) :]


class OwnProcess(Stage):
    """The program, started for one scene, over HTTP; its clock is as far as the scene's."""

    def __init__(self, world: World, home: Path, database: str = "", folder: Path | None = None):
        write_no_encoder(home / "no-encoder")
        self.world, self._clock, self._off = world, WrongClock(home), 0
        self._open = ExitStack()
        self._trap: Trap | None = None
        self._revived = False
        self._port = free_port()
        door = self._open.enter_context(HttpDoor(world))
        self.bot = Bot(
            home,
            **self._clock.environment,
            TELEGRAM_API_URL=door.url,
            BOT_LOG_LEVEL="DEBUG",
            BOT_LISTEN=f"127.0.0.1:{self._port}",
            BOT_KNOWLEDGE=str(folder or ROOT / "knowledge"),
            **({"BOT_DATABASE": database} if database else {}),
        )

    def __enter__(self) -> OwnProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self.bot.is_killed()
        self._open.close()

    def begins(self, curators: Chat | None, settings: Mapping[str, str] = NONE) -> None:
        """Start the program, whose curators are in this chat, with some settings of their own."""
        self.bot.environment |= settings
        if curators:
            self.bot.environment["BOT_CURATORS"] = str(curators.id)
        self._goes(self.world.clock() - time.time())
        self._starts()

    def ends(self) -> None:
        """Tell it to stop, which it does."""
        code, _ = self.bot.is_told_to_stop(LONGEST_WAIT)
        assert code == 0, self.bot.log

    def settles(self, happened: Callable[[], bool], *, at_once: bool = False) -> None:
        self.world.wait_for(lambda: happened() or self._has_ended())
        if self._revived:  # what was under way when it was killed is taken up later than the rest
            self.world.wait_for(lambda: self._has_noted() or self._has_ended())
            self._revived = False
        assert not self._has_ended(), self.bot.log

    def passes(self, seconds: float) -> None:
        assert isinstance(self.world.clock, FakeClock)
        with self.world.changing():
            self.world.clock.advance(seconds)
            self._goes(self._off + seconds)

    def restarts(self, *, killed: bool = False) -> None:
        # Between two acts nothing is under way: what was sent in private and not yet noted would
        # be sent again, for which scenes have moments of their own.
        self.world.wait_for(lambda: self._has_noted() or self._has_ended())
        self.bot.is_killed() if killed else self.ends()
        self._starts()

    def _has_noted(self) -> bool:
        """Whether all that has happened is done with and written down."""
        try:
            metrics = httpx.get(f"http://127.0.0.1:{self._port}/metrics", trust_env=False).text
        except httpx.TransportError:
            return False
        return not self.world.updates and "\nfangtan_inbox_updates 0.0\n" in metrics

    def kills(self, moment: str) -> None:
        self._trap = Trap(self.world, moment)

    def revives(self) -> None:
        trap, self._trap = self._trap, None
        assert trap is not None
        self.world.wait_for(lambda: trap.struck or self._has_ended())
        assert trap.struck, self.bot.log
        self.bot.is_killed()
        trap.opens()
        self._revived = True
        self._starts()

    def _starts(self) -> None:
        begins(self.world, self.bot)
        assert not self._has_ended(), self.bot.log

    def _has_ended(self) -> bool:
        return self.bot.process is None or self.bot.process.poll() is not None

    def _goes(self, off: float) -> None:
        """Put the program's clock forward by so much, compared with this machine's."""
        self._off = round(off)
        self._clock.is_off_by(self._off)
