"""The bot as a process of its own, with a fake Telegram at the other end of a socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bookshop import RENT
from tests.rim import shows
from tests.telegram import TOKEN, FloodLimits, HttpDoor, Message, Person, World

SECRET = TOKEN.partition(":")[2]


class Process:
    """A running bot and its log, as a supervisor sees them."""

    def __init__(self, folder: Path, url: str, **more: str) -> None:
        self._log = folder / "log.txt"
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": url,
            "BOT_DATABASE": f"sqlite:///{folder}/bot.db",
            "BOT_LOG_LEVEL": "DEBUG",
        }
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.serve_bookshop"],
                env=environment | more,
                cwd=folder,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def ends(self, seconds: float = 15) -> int:
        return self.process.wait(seconds)

    def is_told_to_stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ends()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def door(world: World) -> Iterator[HttpDoor]:
    with HttpDoor(world) as door:
        yield door


@pytest.fixture
def bot(tmp_path: Path, door: HttpDoor) -> Iterator[Process]:
    bot = Process(tmp_path, door.url)
    yield bot
    bot.process.kill()
    bot.process.wait()
    assert SECRET not in bot.log
    assert "房租" not in bot.log


def said(world: World, person: Person) -> list[Message]:
    return list(world.private(person).said_by(world.me))


def asks(world: World, person: Person, words: str) -> Message:
    before = len(said(world, person))
    person.says(world.private(person), words)
    world.wait_for(lambda: len(said(world, person)) > before, 20)
    return said(world, person)[-1]


def test_it_answers_and_introduces_itself_in_two_languages(world: World, bot: Process) -> None:
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    world.wait_for(lambda: world.profile.short_descriptions.get("en"), 20)
    scopes = {scope for scope, _ in world.profile.commands}
    assert scopes == {
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
    }
    assert {language for _, language in world.profile.commands} == {"", "en"}
    assert world.profile.descriptions[""]
    assert bot.is_told_to_stop() == 0


def test_sigterm_while_answering_loses_nothing(world: World, bot: Process) -> None:
    people = [world.user(f"Person {n}") for n in range(30)]
    asks(world, people[0], "房租贵不贵")
    for person in people[1:]:
        person.says(world.private(person), "房租贵不贵")
    world.wait_for(lambda: not world.updates or len(world.sent) > 3, 20)
    assert bot.is_told_to_stop() == 0
    left = {update["message"]["chat"]["id"] for update in world.pending()}
    answered = {message.chat.id for message in world.sent}
    assert answered | left == {person.id for person in people}
    assert not answered & left


def test_a_flood_in_one_chat_holds_up_nobody_else(world: World, bot: Process) -> None:
    alice, bob = world.user("Alice"), world.user("Bob")
    asks(world, alice, "房租贵不贵")
    for _ in range(40):
        alice.says(world.private(alice), "房租贵不贵")
    start = time.monotonic()
    asks(world, bob, "房租贵不贵")
    assert time.monotonic() - start < 3


def test_a_send_that_hangs_holds_up_nobody_else(world: World, bot: Process) -> None:
    alice, bob = world.user("Alice"), world.user("Bob")
    asks(world, alice, "房租贵不贵")
    world.fail("sendMessage", "hang")
    alice.says(world.private(alice), "房租贵不贵")
    world.wait_for(lambda: not world.faults or not world.faults[0].times, 20)
    start = time.monotonic()
    asks(world, bob, "房租贵不贵")
    assert time.monotonic() - start < 3


def test_telegram_never_has_to_ask_for_patience(world: World, bot: Process) -> None:
    world.flood = FloodLimits()
    people = [world.user(f"Person {n}") for n in range(3)]
    group = world.supergroup("书友", members=people)
    for _ in range(3):
        for person in people:
            person.says(world.private(person), "房租贵不贵？猫叫什么名字？")
        people[0].says(group, "/ask@fangtan_bot 房租贵不贵")
    world.wait_for(lambda: len(world.sent) >= 21, 40)
    assert 429 not in {call.status for call in world.calls}


def test_it_outlives_another_poller_and_complains_sparsely(world: World, bot: Process) -> None:
    world.fail("getUpdates", 409, times=3)
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    assert bot.log.count("another process polls") == 1


@pytest.mark.parametrize("status", [401, 404])
def test_when_polling_is_over_it_ends_for_a_supervisor_to_start_it_anew(
    world: World, bot: Process, status: int
) -> None:
    asks(world, world.user("Alice"), "房租贵不贵")
    world.fail("getUpdates", status)
    bob = world.user("Bob")
    bob.says(world.private(bob), "在吗")  # ends the poll that is being held
    assert bot.ends(30) == 1
    assert "supervisor" in bot.log


def test_it_waits_for_a_telegram_that_is_away(tmp_path: Path, world: World) -> None:
    with HttpDoor(world) as door:
        door.down()
        bot = Process(tmp_path, door.url)
        time.sleep(2)
        door.up()
        assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
        door.down()
        time.sleep(1)
        door.up()
        assert shows(asks(world, world.user("Bob"), "房租贵不贵"), RENT)
        assert bot.is_told_to_stop() == 0


def test_it_stops_when_told_also_before_telegram_was_reached(tmp_path: Path) -> None:
    bot = Process(tmp_path, "http://127.0.0.1:9")
    deadline = time.monotonic() + 15
    while "polling failed" not in bot.log and time.monotonic() < deadline:
        time.sleep(0.1)
    assert bot.is_told_to_stop() == 0
    assert "Traceback" not in bot.log


def test_a_refused_token_is_one_sentence_without_the_token(tmp_path: Path, world: World) -> None:
    with HttpDoor(world) as door:
        wrong = "7000000001:" + "x" * 35
        bot = Process(tmp_path, door.url, TELEGRAM_BOT_TOKEN=wrong)
        assert bot.ends() == 2
        assert bot.log.count("\n") == 1
        assert "TELEGRAM_BOT_TOKEN" in bot.log
        assert "xxx" not in bot.log


def test_after_a_restart_nothing_is_answered_twice(
    tmp_path: Path, world: World, door: HttpDoor, bot: Process
) -> None:
    alice = world.user("Alice")
    alice.says(world.private(alice), "房租贵不贵")
    update = dict(world.updates[0])
    world.wait_for(lambda: world.sent, 20)
    assert bot.is_told_to_stop() == 0
    world.updates.append(update)
    again = Process(tmp_path, door.url)
    asks(world, world.user("Bob"), "房租贵不贵")
    assert again.is_told_to_stop() == 0
    assert len(said(world, alice)) == 1


def test_an_update_that_cannot_be_read_holds_up_no_other(world: World, bot: Process) -> None:
    alice = world.user("Alice")
    asks(world, alice, "房租贵不贵")
    with world.changing():
        world.update("my_chat_member", {"chat": {"id": 1}})
    assert shows(asks(world, alice, "房租贵不贵"), RENT)


def test_over_a_webhook_only_who_knows_the_secret_is_heard(tmp_path: Path, world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/hook"
    with HttpDoor(world) as door:
        bot = Process(
            tmp_path,
            door.url,
            BOT_WEBHOOK_URL=url,
            BOT_WEBHOOK_SECRET="abc-123_X",
            BOT_LISTEN=f"127.0.0.1:{port}",
        )
        alice, mallory = world.user("Alice"), world.user("Mallory")
        assert shows(asks(world, alice, "房租贵不贵"), RENT)
        forged = {
            "update_id": 9,
            "message": {
                "message_id": 9,
                "date": 1,
                "chat": {"id": mallory.id, "type": "private", "first_name": "Mallory"},
                "from": {"id": mallory.id, "is_bot": False, "first_name": "Mallory"},
                "text": "房租贵不贵",
            },
        }
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
            assert httpx.post(url, json=forged, headers=headers).status_code == 403
        assert shows(asks(world, alice, "房租贵不贵"), RENT)
        assert bot.is_told_to_stop() == 0
        assert said(world, mallory) == []
        assert "abc-123_X" not in bot.log
