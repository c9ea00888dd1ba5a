"""What a scenario plays on: a Telegram, its people, the bots, and the rules that are held."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.soaking.crowd import Place
from tests.soaking.process import Bot, begins, until, write_knowledge, write_no_encoder
from tests.soaking.servers import Balancer, Clock, Postgres, free_port
from tests.soaking.verdict import Row, Verdict, judge, replies
from tests.telegram import FloodLimits, HttpDoor, World

SECRET = "s3cret_of_the_hook"


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
        self.apologies = False  # whether an apology will do in place of an answer
        self._began = time.monotonic()

    # What there is

    def crowd(self, chats: int, groups: int = 0) -> list[Place]:
        """So many people who write in private, and so many groups."""
        new = [Place(self.world, f"P{n}") for n in range(chats)]
        new += [Place(self.world, f"G{n}", group=True) for n in range(groups)]
        self.places += new
        return new

    def bot(self, name: str = "bot", **environment: str) -> Bot:
        """A bot that knows this Telegram; it does not run yet."""
        bot = Bot(self.home, name, TELEGRAM_API_URL=self.door.url, **environment)
        self.bots.append(bot)
        return bot

    def hooked_bot(self, name: str = "bot", url: str = "", **environment: str) -> Bot:
        """A bot that Telegram delivers to, at this address or directly."""
        listen = f"127.0.0.1:{free_port()}"
        hook = {
            "BOT_LISTEN": listen,
            "BOT_WEBHOOK_URL": url or f"http://{listen}/hook",
            "BOT_WEBHOOK_SECRET": SECRET,
        }
        return self.bot(name, **(hook | environment))

    @contextmanager
    def replicas(self) -> Iterator[tuple[Bot, Bot]]:
        """Two bots on one PostgreSQL behind a balancer, both up."""
        ports = [free_port(), free_port()]
        with Postgres(self.home) as self.postgres, Balancer(ports) as balancer:
            where = zip(ports, (self.postgres.tcp, self.postgres.unix), strict=True)
            first, second = (
                self.hooked_bot(
                    f"replica-{port}",
                    balancer.url,
                    BOT_LISTEN=f"127.0.0.1:{port}",
                    BOT_DATABASE=database,
                )
                for port, database in where
            )
            begins(self.world, first)
            begins(self.world, second)
            try:
                yield first, second
            finally:
                first.is_killed()
                second.is_killed()

    @contextmanager
    def snoozed_group(self) -> Iterator[Place]:
        """A group that has told the bot to be silent, and is to find that it was."""
        group = Place(self.world, "Snoozed", group=True)
        group.person.says(group.chat, f"/snooze@{self.world.me.username} 600")
        until(lambda: replies(self.world)[group.chat.id], 20.0)
        before = len(replies(self.world)[group.chat.id])
        yield group
        said = len(replies(self.world)[group.chat.id]) - before
        self.rule(not said, "a group that had snoozed the bot was answered")

    @contextmanager
    def long_ago(self, seconds: float) -> Iterator[None]:
        """What people do meanwhile was done so many seconds ago."""
        clock = self.world.clock
        assert isinstance(clock, Clock)
        clock.behind = seconds
        yield
        clock.behind = 0.0

    # What can be seen

    def conflicts(self) -> int:
        """How often a poll was ended by another one."""
        return sum(call.status == 409 for call in self.world.called("getUpdates"))

    def has_sent(self, count: int, moment: float) -> bool:
        """Whether so many messages were sent after a moment."""
        return sum(1 for _ in self.sent_after(moment)) >= count

    def sent_after(self, moment: float) -> Iterator[float]:
        """When messages were sent after a moment."""
        return (c.date for c in self.world.called("sendMessage") if c.message and c.date > moment)

    # Rules

    def rule(self, holds: object, otherwise: str) -> None:
        """Hold a rule; what is said where it is broken."""
        if not holds:
            self.broken.append(otherwise)

    def answered_within(
        self, seconds: float, moment: float, crowd: Sequence[Place], after: Sequence[int] = ()
    ) -> None:
        """Everything that was asked before a moment is answered at most so long after it. Of each
        place only the questions behind the first so many are looked at."""
        first = after or [0] * len(crowd)
        asked = [q for place, n in zip(crowd, first, strict=True) for q in place.asked[n:]]
        answers = judge(self.world, crowd).first
        late = [answers[q] - moment for q in asked if q.at <= moment and q in answers]
        slowest = max(late, default=0.0)
        self.notes.append(f"the last was answered {slowest:.1f} s after")
        self.rule(slowest <= seconds, f"answered {slowest:.0f} s after")

    def nothing_is_confirmed(self, crowd: Sequence[Place], since: float) -> None:
        """Telegram still has everything that was asked from a moment to now."""
        with self.world.lock:
            kept = {update["message"]["message_id"] for update in self.world.updates}
            asked = [q for place in crowd for q in place.asked if q.at >= since]
        gone = sum(q.message.id not in kept for q in asked)
        self.rule(not gone, f"{gone} of {len(asked)} confirmed though they could not be kept")

    def says_so_briefly(
        self, bot: Bot, since: int, what: str, crowd: Sequence[Place], moment: float
    ) -> None:
        """The log names the trouble since then, in no more than 1 KB a question and 4 KB."""
        said = bot.log[since:]
        asked = sum(q.at >= moment for place in crowd for q in place.asked)
        self.notes.append(f"{len(said)} characters in the log for {asked} questions")
        self.rule(re.search(what, said, re.IGNORECASE), "the log does not name the trouble")
        self.rule(len(said) <= 4096 + 1024 * asked, f"{len(said)} characters in the log")

    def row(self) -> Row:
        """The figures, judged by the rules that hold everywhere."""
        kills = [killed for bot in self.bots for killed in bot.kills]
        verdict = judge(self.world, self.places, kills, self.door.latency)
        self._common_rules(verdict, len(kills))
        waited = sum(call.status == 429 for call in self.world.called("sendMessage"))
        if waited:
            self.notes.append(f"Telegram said 429 to {waited} messages")
        seconds = time.monotonic() - self._began
        peak = max((bot.peak for bot in self.bots), default=0.0)
        return Row(self.name, verdict, peak, seconds, self.broken, self.notes)

    def _common_rules(self, verdict: Verdict, kills: int) -> None:
        if self.apologies:
            self.rule(not verdict.silence, f"{verdict.silence} met with silence")
        else:
            self.rule(not verdict.lost, f"{len(verdict.lost)} questions lost")
            # Between the note that an answer goes to a group and its first byte some ms pass, in
            # which a process that is killed leaves the group without: seldom.
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
        HttpDoor(World(clock=Clock(), flood=FloodLimits()), options.latency) as door,
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
