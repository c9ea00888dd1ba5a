"""People and groups who ask, each in an order that their answers show."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from tests.telegram import Chat, Message, World

THINGS = """
茶叶 雨伞 钢琴 月饼 灯笼 帆船 骆驼 葡萄 毛笔 蜡烛 围巾 海豚 铁锅 邮票 竹筐 蜂蜜
望远镜 算盘 风筝 牡丹 手套 琥珀 火柴 鹦鹉 砚台 核桃 马鞍 罗盘 豆腐 披肩 松鼠 古筝
油画 闹钟 瓷碗 棉被 辣椒 唢呐 信封 珊瑚 秋千 拐杖 鲸鱼 剪刀 菊花 磁铁 草帽 蚕丝
冰箱 眼镜 花生 木马 银杏 皮箱 螃蟹 绳子 香水 地球仪 斧头 荔枝 孔雀 纽扣 水车 胡椒
面具 蝴蝶 轮胎 玉米 铃铛 暖壶 梳子 鳄鱼 柿子 键盘 陀螺 盐罐 棋盘 狐狸 石榴 镰刀
""".split()
SHELF = re.compile(r"在第(\d{3})号柜")
GROUP_EVERY = 4.0  # seconds between two questions in a group, where 20 answers a minute may go


def question(number: int) -> str:
    """What people ask; of each of these numbers another answer, which names it."""
    return f"{THINGS[number % len(THINGS)]}放在哪个柜子里?"


@dataclass(frozen=True, slots=True, eq=False)
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
