"""The curators' chat: cards of cases, what its members do with them, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bot import edition
from bot.reloading import QUIET, Reloading
from bot.settings import Hours
from bot.store import View
from bot.tg import announcing
from tests.rim import Rim, labels
from tests.telegram import Chat, FakeClock, Message, Person, World

SHOP = """\
id: shop
title: 转角书店
guest: 林小满
exchanges:
- id: q1
  question: 房租压力大不大?
  answer:
  - 房租每年都涨。现在一个月要九千块。
- id: q2
  question: 两只猫叫什么名字?
  answer:
  - 两只都是捡来的。黑的叫墨水,白的叫橡皮。
- id: q3
  question: 以后有什么打算?
  answer:
  - 再开十年。开不动了就把店交给徒弟。
"""
PHRASES = """\
interview: shop
exchanges:
  q1:
    topic: 房租
    asks:
    - 房租贵不贵
  q2:
    topic: 猫
    asks:
    - 店里的猫
  q3:
    topic: 打算
    asks:
    - 今后怎么办
"""
ASKED = "喵星人外号"
ANY_HOUR = Hours(cards=5, digest=0, quiet=(0, 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    (folder / "shop.phrases.yaml").write_text(PHRASES, "utf-8")
    return folder


@pytest.fixture
def clock(world: World) -> FakeClock:
    assert isinstance(world.clock, FakeClock)
    return world.clock


@pytest.fixture
def lin(world: World) -> Person:
    return world.user("林编")


@pytest.fixture
def zhao(world: World) -> Person:
    return world.user("赵编")


@pytest.fixture
def desk(world: World, lin: Person, zhao: Person) -> Chat:
    """The curators' chat."""
    return world.supergroup("编者", members=[lin, zhao])


def serving(folder: Path) -> Reloading:
    ticks = count(0.0, 2 * QUIET)
    return Reloading(folder, None, edition.load(folder, None), lambda: next(ticks))


@pytest.fixture
def bot(world: World, folder: Path, desk: Chat) -> Iterator[Rim]:
    with Rim(world, curators=desk.id, reloading=serving(folder)) as bot:
        bot.services.hours = ANY_HOUR
        yield bot


def announces(bot: Rim) -> None:
    """What the bot writes to the curators unasked, it writes now."""
    bot.runs(announcing.announce(bot.services))
    bot.catches_up()


def ordered(bot: Rim, person: Person, text: str = ASKED) -> None:
    """Somebody asks, is not answered, and orders an answer."""
    bot.presses(person, bot.asked(person, text), "请人来答（会记下往哪儿答）")


def card(bot: Rim, desk: Chat) -> Message:
    """The newest card in the chat."""
    return [m for m in bot.said(desk) if m.text.startswith("#")][-1]


def case(bot: Rim, number: int = 1) -> View:
    view = bot.runs(bot.store.curating.view(number))
    assert view is not None
    return view


def test_a_card_says_all(bot: Rim, alice: Person, desk: Chat, lin: Person) -> None:
    ordered(bot, alice)
    announces(bot)
    shown = card(bot, desk)
    print(shown.text, labels(shown))
    print(bot.presses(lin, shown, "加为问法"))
    print(shown.text, labels(shown))
    print(bot.presses(lin, shown, "猫"))
    print(shown.text, labels(shown))
    print(bot.presses(lin, shown, "整段回答"))
    print(shown.text, labels(shown))
    print(bot.presses(lin, shown, "确认"))
    print(shown.text, labels(shown))
    print([m.text for m in bot.shown(alice)])
    print(bot.presses(lin, shown, "撤销：猫"))
    print(shown.text, labels(shown))
    assert 0
