"""What those who run the bot see and do in Telegram, and what anybody can have forgotten."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot import edition
from bot.reloading import QUIET, Reloading
from bot.store import DAY, KEPT, Arrival, Entry, Store, Unavailable, Waiting
from bot.store.schema import TABLES
from bot.text import traditional
from bot.tg import operating
from bot.tg.operating import Desk
from bot.words import LANGUAGES, Language, say
from tests.bookshop import RENT
from tests.rim import Rim
from tests.telegram import FakeClock, Person, World
from tests.telegram.world import LONGEST_WAIT

SHOP = """\
id: shop
title: 转角书店
guest: 林小满
exchanges:
- id: q1
  question: 房租压力大不大?
  answer:
  - 现在一个月要九千块。
- id: q2
  question: 两只猫叫什么名字?
  answer:
  - 黑的叫墨水,白的叫橡皮。
"""
DEARER = SHOP.replace("九千", "一万")
FAULTY = SHOP.replace("guest:", "gueste:")
LINE = "shop.yaml:3: "  # where that is


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    return folder


@pytest.fixture
def clock(world: World) -> FakeClock:
    assert isinstance(world.clock, FakeClock)
    return world.clock


@pytest.fixture
def admin(world: World) -> Person:
    return world.user("Admin")


@pytest.fixture
def other(world: World) -> Person:
    """Another admin."""
    return world.user("Other")


def serving(folder: Path) -> Reloading:
    """The folder's editions, on a clock by which files have always been quiet for long."""
    ticks = count(0.0, 2 * QUIET)
    return Reloading(folder, None, edition.load(folder, None), lambda: next(ticks))


@pytest.fixture
def shop(world: World, folder: Path, admin: Person, other: Person) -> Iterator[Rim]:
    """A bot that serves the folder, and has two admins."""
    operators = frozenset({admin.id, other.id})
    with Rim(world, operators=operators, reloading=serving(folder)) as bot:
        yield bot


def write(folder: Path, text: str) -> None:
    (folder / "shop.yaml").write_text(text, "utf-8")


def texts(bot: Rim, person: Person) -> list[str]:
    return [message.text for message in bot.shown(person)]


def lines_of(status: str) -> list[list[str]]:
    """The numbers in a status, line by line; durations are one."""
    return [re.findall(r"\d+ days?, [\d:]+|\d[\d:.]*|–", line) for line in status.split("\n")]


# ── /status ──────────────────────────────────────────────────────────────────────────────────────


def test_the_status_says_how_the_bot_is(
    shop: Rim, world: World, clock: FakeClock, alice: Person, admin: Person
) -> None:
    shop.asked(alice, "房租压力大不大")
    shop.asked(alice, "明天会下雨吗")
    shop.asked(alice, "两只猫叫什么名字")
    clock.advance(3600)
    shop.hearing.beat()
    clock.advance(5)
    head, life, queue, day, size = shop.asked(admin, "/status").text.split("\n")
    version = shop.services.shelf.edition.version
    assert head == f"版本 {operating._version()}，知识 {version}（2 段问答）"
    assert life == "运行 1:00:05，上次听到 Telegram 是 0:00:05 前，上一条更新是 1:00:05 前"
    assert queue == "排队 0 条，最久 0:00:00"
    assert day == "一天来：答 2，没答上 1，出错 0"
    assert re.fullmatch(r"数据库 0\.\d MB，知识的错误 0 处", size)
    assert operating._version()[0].isdigit()


def test_what_was_more_than_a_day_ago_does_not_count(
    shop: Rim, clock: FakeClock, alice: Person, admin: Person
) -> None:
    shop.asked(alice, "房租压力大不大")
    clock.advance(DAY + 1)
    assert lines_of(shop.asked(admin, "/status").text)[3] == ["0", "0", "0"]


def test_what_waits_is_queued_and_the_question_for_it_is_not(shop: Rim, clock: FakeClock) -> None:
    late = [Arrival(f"key {n}", "7", "message", "{}") for n in range(3)]
    shop.runs(shop.store.receive(late, 0))
    clock.advance(90)
    [asked] = shop.runs(shop.store.receive([Arrival("asked", "1", "message", "{}")], 1))
    assert asked.queue == "7", "the oldest is claimed, whichever is looked for"
    [asked] = shop.runs(shop.store.claim(1))
    assert lines_of(shop.runs(shop.desk.status("zh-hans", asked)).text)[2] == ["3", "0:01:30"]


def test_what_went_wrong_is_counted_apart(
    shop: Rim, world: World, clock: FakeClock, admin: Person
) -> None:
    with world.changing():
        world.update("my_chat_member", {"chat": {"id": 1}})  # which nobody can read
    shop.catches_up()
    assert lines_of(shop.asked(admin, "/status").text)[3] == ["0", "0", "1"]


def test_before_anything_was_heard_there_is_nothing_to_say_of_it(shop: Rim, admin: Person) -> None:
    assert lines_of(shop.asked(admin, "/status").text)[1][1:] == ["–", "–"]


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_the_status_says_the_same_in_each_language(
    shop: Rim, admin: Person, tongue: Language
) -> None:
    entry = Entry(1, "1", "message", "", 1, 0, 0.0)
    numbers = [
        re.findall(r"\d[\w:.]*|–", shop.runs(shop.desk.status(language, entry)).text)
        for language in ("zh-hans", tongue)
    ]
    assert sorted(numbers[0]) == sorted(numbers[1])


class Away(Store):
    """A database that does not answer."""

    async def waiting(self, besides: Entry | None = None) -> Waiting:
        raise Unavailable


def test_without_a_database_the_status_says_so(shop: Rim) -> None:
    shop.services.store = Away("sqlite://")
    status = shop.desk.status("zh-hans", Entry(1, "1", "message", "", 1, 0, 0.0))
    assert shop.runs(status).text == "数据库现在用不了。"
    shop.services.store.close()


def test_faults_are_counted_and_shown_be_they_left_out_or_refused(
    world: World, folder: Path, admin: Person
) -> None:
    (folder / "more.yaml").write_text(FAULTY.replace("id: shop", "id: more"), "utf-8")
    with Rim(world, operators=frozenset({admin.id}), reloading=serving(folder)) as bot:
        *_, faults, what, fault = bot.asked(admin, "/status").text.split("\n")
        assert faults.endswith("知识的错误 1 处")
        assert what == "知识里有错，错的没有用上："
        assert "more.yaml:3: " in fault
        write(folder, FAULTY)
        bot.asked(admin, "/reload")
        said = bot.asked(admin, "/status").text
        assert "知识的错误 2 处\n新的知识有错，仍用原来的：\n" in said
        assert LINE in said


def test_what_operators_may_nobody_else_does(
    shop: Rim, world: World, folder: Path, alice: Person, admin: Person
) -> None:
    group = world.supergroup("书友", members=[admin, alice], admins=[alice])
    version = shop.services.shelf.edition.version
    write(folder, DEARER)
    for command in ("/status", "/reload"):
        assert shop.asked(alice, command).text.startswith("没有这个命令")
        alice.says(group, f"{command}@fangtan_bot")
    shop.catches_up()
    assert shop.said(group) == []
    admin.says(group, "/status@fangtan_bot")
    admin.says(group, "/reload@fangtan_bot")
    shop.catches_up()
    status, reloaded = shop.said(group)
    assert version in status.text and str(group.id) in status.text
    assert reloaded.text == f"换上了新的知识 {shop.services.shelf.edition.version}。"


# ── new knowledge ────────────────────────────────────────────────────────────────────────────────


def test_a_reload_takes_new_knowledge_into_service_at_once(
    shop: Rim, folder: Path, alice: Person, admin: Person
) -> None:
    assert "九千" in shop.asked(alice, "房租压力大不大").text
    write(folder, DEARER)
    assert "换上了新的知识" in shop.asked(admin, "/reload").text
    assert "一万" in shop.asked(alice, "房租压力大不大").text
    version = shop.services.shelf.edition.version
    assert f'version="{version}"' in shop.services.metrics.text().decode()
    assert shop.asked(admin, "/reload").text == "知识文件没有变。"


def test_a_fault_is_told_to_each_admin_once_and_the_old_knowledge_stays(
    shop: Rim,
    folder: Path,
    alice: Person,
    admin: Person,
    other: Person,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for person in (admin, other):
        world.private(person)
    write(folder, FAULTY)
    for _ in range(2):
        shop.asked(admin, "/reload")
    asker, bystander = texts(shop, admin), texts(shop, other)
    assert len(asker) == 2 and asker[0] == asker[1] == bystander[0]
    assert len(bystander) == 1
    assert asker[0].startswith("新的知识有错，仍用原来的：\n") and LINE in asker[0]
    assert "the knowledge stays as it was: " in caplog.text and LINE in caplog.text
    assert 'fangtan_failures_total{kind="knowledge"} 2.0' in shop.services.metrics.text().decode()
    assert "九千" in shop.asked(alice, "房租压力大不大").text
    write(folder, SHOP)
    shop.runs(watched(shop.desk, lambda: shop._reloading.refused is None))
    write(folder, FAULTY)
    shop.asked(admin, "/reload")
    assert len(texts(shop, other)) == 2, "it was mended in between"


async def watched(desk: Desk, until: Callable[[], object]) -> None:
    """Let the desk watch until something is so."""
    task = asyncio.create_task(desk.watch())
    try:
        async with asyncio.timeout(LONGEST_WAIT):
            while not until():
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _keen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches looks again and again."""
    monkeypatch.setattr(operating, "_LOOK", 0.01)


def test_files_that_change_are_served_without_a_word(
    shop: Rim, folder: Path, alice: Person, admin: Person
) -> None:
    before = shop.services.shelf
    write(folder, DEARER)
    shop.runs(watched(shop.desk, lambda: shop.services.shelf is not before))
    assert "一万" in shop.asked(alice, "房租压力大不大").text
    assert texts(shop, admin) == []


def test_a_faulty_file_is_told_once_and_one_admin_who_cannot_be_reached_keeps_no_other_from_it(
    shop: Rim,
    folder: Path,
    admin: Person,
    other: Person,
    world: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.private(admin)
    admin.blocks_bot()
    world.private(other)
    write(folder, FAULTY)
    looks = count()
    shop.runs(watched(shop.desk, lambda: texts(shop, other) and next(looks) > 20))
    [told] = texts(shop, other)
    assert LINE in told
    assert caplog.text.count(LINE) == 1
    assert [record.levelno for record in caplog.records if LINE in record.message] == [
        logging.ERROR
    ]


def test_of_several_replicas_one_tells(
    shop: Rim, folder: Path, other: Person, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.private(other)
    shop.leads = False
    write(folder, FAULTY)
    shop.runs(watched(shop.desk, lambda: LINE in caplog.text))
    assert texts(shop, other) == []


def test_a_wish_is_read_at_once_and_the_answer_is_in_the_log_each_time(
    shop: Rim, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, FAULTY)
    shop.runs(watched(shop.desk, lambda: LINE in caplog.text))
    shop.desk.wish()
    shop.runs(watched(shop.desk, lambda: caplog.text.count(LINE) == 2))


def test_many_faults_are_as_many_as_fit_into_a_message(
    shop: Rim, folder: Path, admin: Person
) -> None:
    for number in range(12):
        (folder / f"x{number}.yaml").write_text(f"{'长' * 2000}: [", "utf-8")
    told = shop.asked(admin, "/reload").text
    assert len(told) < 4096
    assert re.search(r"\n\+\d+$", told)


def test_buttons_of_the_old_knowledge_go_on_working_or_expire(
    shop: Rim, folder: Path, alice: Person, admin: Person
) -> None:
    listing = shop.asked(alice, "/questions")
    phrases = "interview: shop\nexchanges:\n  q2:\n    topic: 猫\n"
    (folder / "shop.phrases.yaml").write_text(phrases, "utf-8")
    assert "换上了新的知识" in shop.asked(admin, "/reload").text
    assert shop.presses(alice, listing, "两只猫叫什么名字?") == "两只猫叫什么名字?"
    assert "墨水" in listing.text
    listing = shop.asked(alice, "/questions")
    write(folder, DEARER)
    shop.asked(admin, "/reload")
    assert shop.presses(alice, listing, "房租压力大不大?") == "按钮已过期"
    alice.opens("https://t.me/fangtan_bot?start=shop_q1")
    shop.catches_up()
    assert "一万" in shop.shown(alice)[-1].text


# ── what is kept of people ───────────────────────────────────────────────────────────────────────

# For each table, what /privacy calls it; what has no end in KEPT has none there, but what goes with
# the cases, which end a year after they are closed, and with the orders.
CALLED = {
    "inbox": ("指纹", "fingerprint"),
    "conversations": ("追问", "follow-ups"),
    "answers": ("跟着改", "your edits"),
    "misses": ("没答上", "could not answer"),
    "feedback": ("没用", "not helpful"),
    "chats": ("能不能发言", "may write there"),
    "evidence": ("选了哪个答案", "which answer was chosen"),
    "orders": ("请人来答", "asked a person"),
    "cases": ("没答上", "could not answer"),
    "variants": ("没答上", "could not answer"),
    "traces": ("没答上", "could not answer"),
    "history": ("编者的名字", "curators' names"),
    "lessons": ("编者的名字", "curators' names"),
    "cards": ("经手的问题", "they saw to"),
    "moves": ("换没换编号", "its id changed"),
    "tallies": ("每天问了多少", "asked in a day"),
}
OF_NOBODY = {"replicas", "notes"}
WITH_A_CASE = {"cases", "variants", "traces", "history", "lessons", "cards"}
ENDS = KEPT | dict.fromkeys(WITH_A_CASE, KEPT["misses"]) | {"orders": 30 * DAY}
SPELT = {
    2 * DAY: ("两天", "two days"),
    30 * DAY: ("三十天", "thirty days"),
    365 * DAY: ("一年", "a year"),
    None: ("一直留着", "without end"),
}


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_privacy_names_all_that_is_kept_and_for_how_long(tongue: Language) -> None:
    english = tongue == "en"
    points = say("privacy", tongue).split("\n•")
    assert CALLED.keys() == TABLES.tables.keys() - OF_NOBODY
    for table, called in CALLED.items():
        name, period = called[english], SPELT[ENDS.get(table)][english]
        if tongue == "zh-hant":
            name, period = traditional(name), traditional(period)
        assert [p for p in points if name in p and period in p], f"{table}: {name}, {period}"
    assert "/forget" in points[-1]


def rows(bot: Rim) -> dict[str, list[Any]]:
    """All that the database holds, table by table, besides replicas."""

    def read(db: Connection) -> dict[str, list[Any]]:
        tables = [table for table in TABLES.sorted_tables if table.name != "replicas"]
        return {table.name: list(db.execute(select(table)).all()) for table in tables}

    return bot.runs(bot.store._database.read(read))


def of(bot: Rim, person: Person) -> list[str]:
    """The tables in which anything bears somebody's id."""
    return [
        name
        for name, found in rows(bot).items()
        if any(str(person.id) in str(value) for row in found for value in row)
    ]


def lives(bot: Rim, world: World, person: Person, others: Person) -> None:
    """Somebody does all that leaves traces, alone and among others."""
    group = world.supergroup(f"{person.name}的群", members=[person, others])
    answer = bot.asked(person, RENT.question)
    bot.presses(person, answer, "👍 有用")
    bot.asked(person, "明天会下雨吗")
    person.sends(world.private(person), "sticker")
    person.says(group, f"/ask@fangtan_bot {RENT.question}")
    bot.catches_up()


def test_nothing_is_left_of_who_asks_to_be_forgotten_and_all_of_others(
    world: World, alice: Person, database: str
) -> None:
    bob = world.user("Bob")
    with Rim(world, database=database) as bot:
        lives(bot, world, alice, bob)
        lives(bot, world, bob, alice)
        kept = ["answers", "chats", "conversations", "feedback"]
        assert of(bot, alice) == of(bot, bob) == kept
        assert bot.asked(alice, "/forget").text.startswith("删掉了")
        assert of(bot, alice) == []
        assert of(bot, bob) == kept
        assert [miss.text for miss in bot.misses()] == ["明天会下雨吗"] * 2
        assert {(row.queue, row.payload) for row in rows(bot)["inbox"]} == {("", "")}
        assert bot.asked(alice, "还有呢").text != bot.asked(bob, "还有呢").text


def test_a_forgotten_person_in_a_group_is_forgotten_everywhere_and_the_group_is_not(
    world: World, alice: Person, database: str
) -> None:
    boss = world.user("Boss")
    group = world.supergroup("书友", members=[alice], admins=[boss])
    with Rim(world, database=database) as bot:
        bot.asked(alice, "房租贵不贵")
        bot.notes(lambda memory: memory.set_ambient(group.id, True))
        boss.says_anonymously(group, f"/ask@fangtan_bot {RENT.question}")
        bot.catches_up()
        assert of(bot, alice)
        alice.says(group, "/forget@fangtan_bot")
        boss.says_anonymously(group, "/forget@fangtan_bot")
        bot.catches_up()
        assert of(bot, alice) == []
        assert [name for name, found in rows(bot).items() if found] == ["chats", "inbox"]
        assert bot.chat(group.id).ambient, "which is the group's and not the admin's"
