"""The bot as a process of its own, with a fake Telegram at the other end of a socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.bookshop import RENT
from tests.rim import passes, shows
from tests.soaking.process import ROOT, write_no_encoder
from tests.telegram import TOKEN, FakeClock, HttpDoor, Message, Person, World
from tests.telegram.world import LONGEST_WAIT

SECRET = TOKEN.partition(":")[2]
BOOKSHOP = ("-m", "tests.serve_bookshop")


class Process:
    """A running bot and its log, as a supervisor sees them."""

    def __init__(self, log: Path, url: str, program: tuple[str, ...], **more: str) -> None:
        self._log = log
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": url,
            "BOT_DATABASE": f"sqlite:///{log.parent}/bot.db",
            "BOT_LOG_LEVEL": "DEBUG",
        }
        with self._log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, *program],
                env=environment | more,
                cwd=log.parent,
                stdout=file,
                stderr=file,
            )

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def ends(self) -> int:
        return self.process.wait(LONGEST_WAIT)

    def is_told_to_stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.ends()


@pytest.fixture
def world() -> World:
    return World(clock=FakeClock())


@pytest.fixture
def door(world: World) -> Iterator[HttpDoor]:
    with HttpDoor(world) as door:
        yield door


@pytest.fixture
def starts(tmp_path: Path, world: World, door: HttpDoor) -> Iterator[Callable[..., Process]]:
    """Start a bot; at the end none runs, and no log says what it must not say."""
    started: list[Process] = []

    def start(url: str = "", program: tuple[str, ...] = BOOKSHOP, **more: str) -> Process:
        log = tmp_path / f"log-{len(started)}.txt"
        started.append(Process(log, url or door.url, program, **more))
        return started[-1]

    yield start
    for bot in started:
        bot.process.kill()
        bot.process.wait()
    for bot in started:
        assert SECRET not in bot.log
        assert "房租" not in bot.log
    assert not world.unmodelled()


@pytest.fixture
def bot(starts: Callable[..., Process]) -> Process:
    return starts()


def free_place() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def said(world: World, person: Person) -> list[Message]:
    return list(world.private(person).said_by(world.me))


def asks(world: World, person: Person, words: str) -> Message:
    before = len(said(world, person))
    person.says(world.private(person), words)
    world.wait_for(lambda: len(said(world, person)) > before)
    return said(world, person)[-1]


def test_it_answers_and_introduces_itself_in_two_languages(world: World, bot: Process) -> None:
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    world.wait_for(lambda: world.profile.short_descriptions.get("en"))
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


def test_the_log_can_be_json_with_what_became_of_a_question_as_fields(
    world: World, starts: Callable[..., Process]
) -> None:
    bot = starts(BOT_LOG_FORMAT="json")
    asks(world, world.user("Alice"), "房租贵不贵")
    assert bot.is_told_to_stop() == 0
    lines = [json.loads(line) for line in bot.log.splitlines()]
    assert [line["exchange"] for line in lines if line.get("outcome") == "answer"] == [RENT.key]
    assert "房租" not in str(lines)


def test_sigterm_while_answering_loses_nothing(world: World, bot: Process) -> None:
    people = [world.user(f"Person {n}") for n in range(30)]
    asks(world, people[0], "房租贵不贵")
    for person in people[1:]:
        person.says(world.private(person), "房租贵不贵")
    world.wait_for(lambda: not world.updates or len(world.sent) > 3)
    assert bot.is_told_to_stop() == 0
    left = {update["message"]["chat"]["id"] for update in world.pending()}
    answered = {message.chat.id for message in world.sent}
    assert answered | left == {person.id for person in people}
    assert not answered & left


def test_trouble_in_one_chat_holds_up_nobody_else(world: World, bot: Process) -> None:
    """When Bob is answered it is not over, nor will it be for half a minute, and for a minute."""
    alice, bob = world.user("Alice"), world.user("Bob")
    with world.changing():
        world.update("my_chat_member", {"chat": {"id": 1}})  # which nobody can read
    asks(world, alice, "房租贵不贵")
    for _ in range(40):
        alice.says(world.private(alice), "房租贵不贵")
    asks(world, bob, "房租贵不贵")
    assert len(said(world, alice)) <= 40, "a flood was waited for"
    world.fail("sendMessage", "hang", times=5, chat=world.private(alice))
    world.wait_for(lambda: world.faults[0].times == 4)
    asks(world, bob, "房租贵不贵")
    assert bot.log.count("no answer from Telegram") < 5, "what hangs was waited for"


def test_it_outlives_another_poller_and_complains_sparsely(world: World, bot: Process) -> None:
    world.fail("getUpdates", 409, times=2)
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    assert bot.log.count("another process polls") == 1


def test_when_polling_is_over_it_ends_for_a_supervisor_to_start_it_anew(
    world: World, bot: Process
) -> None:
    asks(world, world.user("Alice"), "房租贵不贵")
    world.fail("getUpdates", 401)
    bob = world.user("Bob")
    bob.says(world.private(bob), "在吗")  # ends the poll that is being held
    assert bot.ends() == 1
    assert "supervisor" in bot.log


def test_it_waits_for_a_telegram_that_is_away(
    world: World, door: HttpDoor, starts: Callable[..., Process]
) -> None:
    door.down()
    bot = starts()
    world.wait_for(lambda: bot.log.count("polling failed") == 1)
    door.up()
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    door.down()
    world.wait_for(lambda: bot.log.count("polling failed") == 2)
    door.up()
    assert shows(asks(world, world.user("Bob"), "房租贵不贵"), RENT)
    assert bot.is_told_to_stop() == 0


def test_it_stops_when_told_also_before_telegram_was_reached(
    world: World, door: HttpDoor, starts: Callable[..., Process]
) -> None:
    door.down()
    bot = starts()
    world.wait_for(lambda: "polling failed" in bot.log)
    assert bot.is_told_to_stop() == 0
    assert "Traceback" not in bot.log


def test_a_refused_token_is_one_sentence_without_the_token(starts: Callable[..., Process]) -> None:
    bot = starts(TELEGRAM_BOT_TOKEN="7000000001:" + "x" * 35)
    assert bot.ends() == 2
    assert bot.log.count("\n") == 1
    assert "TELEGRAM_BOT_TOKEN" in bot.log
    assert "xxx" not in bot.log


def test_over_a_webhook_only_who_knows_the_secret_is_heard(
    world: World, starts: Callable[..., Process]
) -> None:
    place = free_place()
    url, secret = f"http://{place}/hook", "abc-123_X"
    bot = starts(BOT_WEBHOOK_URL=url, BOT_WEBHOOK_SECRET=secret, BOT_LISTEN=place)
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
        answer = httpx.post(url, json=forged, headers=headers, timeout=LONGEST_WAIT)
        assert answer.status_code == 403
    assert passes(asks(world, alice, "房租贵不贵"), RENT)
    assert bot.is_told_to_stop() == 0
    assert said(world, mallory) == []
    assert secret not in bot.log


# ── the one port ─────────────────────────────────────────────────────────────────────────────────


def got(url: str) -> httpx.Response | None:
    """What is answered; None where nobody is there."""
    try:
        return httpx.get(url, timeout=LONGEST_WAIT, trust_env=False)
    except httpx.TransportError:
        return None


def ready(place: str) -> dict[str, bool]:
    answer = got(f"http://{place}/readyz")
    if answer is None:
        return {}
    found: dict[str, bool] = answer.json()
    assert answer.status_code == (200 if all(found.values()) else 503)
    return found


def metric(place: str, name: str) -> float:
    answer = got(f"http://{place}/metrics")
    assert answer is not None and answer.status_code == 200
    [line] = [line for line in answer.text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


ALL = {"knowledge": True, "database": True, "telegram": True}


@pytest.mark.parametrize("hook", [False, True], ids=["polling", "webhook"])
def test_the_port_says_how_the_bot_is(
    world: World, door: HttpDoor, starts: Callable[..., Process], hook: bool
) -> None:
    place = free_place()
    more = {"BOT_WEBHOOK_URL": f"http://{place}/hook"} if hook else {}
    door.down()
    bot = starts(BOT_LISTEN=place, **more)
    world.wait_for(lambda: ready(place) == ALL | {"telegram": False})
    alive = got(f"http://{place}/healthz")
    assert alive is not None and alive.status_code == 200
    door.up()
    world.wait_for(lambda: ready(place) == ALL)
    alice = world.user("Alice")
    assert shows(asks(world, alice, "房租贵不贵"), RENT)
    asks(world, alice, "明天会下雨吗")
    updates = 'fangtan_updates_total{kind="message",outcome="done"}'
    world.wait_for(lambda: metric(place, updates) == 2)
    for name, value in {
        'fangtan_answers_total{outcome="answer"}': 1,
        'fangtan_answers_total{outcome="none"}': 1,
        'fangtan_sent_total{kind="message"}': 2,
        "fangtan_answer_since_arrival_seconds_count": 2,
        "fangtan_answer_since_telegram_seconds_count": 2,
        "fangtan_search_seconds_count": 2,
        "fangtan_inbox_updates": 0,
        'fangtan_knowledge_info{version="bookshop"}': 1,
    }.items():
        assert metric(place, name) == value, name
    text = got(f"http://{place}/metrics")
    assert text is not None and not {"房租", str(alice.id), SECRET} & set(text.text.split('"'))
    unknown = got(f"http://{place}/")
    assert unknown is not None and unknown.status_code == 404
    assert bot.is_told_to_stop() == 0
    assert got(f"http://{place}/healthz") is None


def test_without_being_told_to_it_listens_nowhere(world: World, bot: Process) -> None:
    asks(world, world.user("Alice"), "房租贵不贵")
    assert not {line.split()[3] for line in sockets(bot)} & {"0A"}


def sockets(bot: Process) -> list[str]:
    """The lines of the kernel's tables of TCP sockets that are the bot's."""
    folder = Path(f"/proc/{bot.process.pid}/fd")
    mine = {os.readlink(fd) for fd in folder.iterdir() if fd.is_symlink()}
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    lines = [line for table in tables for line in table.splitlines()[1:]]
    return [line for line in lines if f"socket:[{line.split()[9]}]" in mine]


@pytest.mark.parametrize("hook", [False, True], ids=["polling", "webhook"])
def test_a_port_that_is_taken_is_one_sentence_that_names_the_setting(
    starts: Callable[..., Process], hook: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        more = {"BOT_WEBHOOK_URL": f"http://{place}/hook"} if hook else {}
        bot = starts(BOT_LISTEN=place, **more)
        assert bot.ends() == 2
    assert bot.log.count("\n") == 1
    assert f"BOT_LISTEN is {place}, where another program already listens: set it" in bot.log


# ── while it runs ────────────────────────────────────────────────────────────────────────────────


SHOP = """\
id: shop
title: 转角书店
guest: 林小满
exchanges:
- id: q1
  question: 房租压力大不大?
  answer:
  - 现在一个月要九千块。
"""


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """The only file of a folder."""
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    return folder / "shop.yaml"


def test_knowledge_is_taken_in_when_it_changes_and_at_sighup(
    world: World, starts: Callable[..., Process], knowledge: Path, tmp_path: Path
) -> None:
    admin = world.user("Admin")
    world.private(admin)
    write_no_encoder(tmp_path / "without")
    bot = starts(
        program=("-m", "bot", "run"),
        PYTHONPATH=f"{tmp_path / 'without'}:{ROOT}",
        BOT_KNOWLEDGE=str(knowledge.parent),
        BOT_ADMINS=str(admin.id),
    )
    assert "九千" in asks(world, admin, "房租压力大不大").text
    knowledge.write_text(SHOP.replace("九千", "一万"), "utf-8")
    world.wait_for(lambda: "is in service" in bot.log)
    assert "一万" in asks(world, admin, "房租压力大不大").text
    knowledge.write_text(SHOP.replace("guest", "gueste"), "utf-8")
    world.wait_for(lambda: "shop.yaml:3: " in said(world, admin)[-1].text)
    assert bot.log.count("shop.yaml:3: ") == 1
    bot.process.send_signal(signal.SIGHUP)
    world.wait_for(lambda: bot.log.count("shop.yaml:3: ") == 2)
    assert "一万" in asks(world, admin, "房租压力大不大").text
    status = asks(world, admin, "/status").text
    assert "知识的错误 1 处" in status and "shop.yaml:3: " in status
    assert bot.is_told_to_stop() == 0
    assert len([message for message in said(world, admin) if "仍用原来的" in message.text]) == 2


def test_sighup_before_telegram_was_reached_is_no_end(
    world: World, door: HttpDoor, starts: Callable[..., Process]
) -> None:
    door.down()
    bot = starts()
    world.wait_for(lambda: "polling failed" in bot.log)
    bot.process.send_signal(signal.SIGHUP)
    door.up()
    assert shows(asks(world, world.user("Alice"), "房租贵不贵"), RENT)
    assert bot.is_told_to_stop() == 0


LAME = """
import os, sys
from bot.reloading import Reloading
from bot.settings import settings
from bot.tg import run, webhook
from tests.bookshop import EDITION

class Lame(Reloading):
    def look(self):
        told = settings(os.environ)
        raise LookupError("a bug near " + webhook.secret(told.webhook, told.token))

sys.exit(run(Lame(None, None, EDITION), settings(os.environ)))
"""


def test_a_chore_that_dies_ends_the_bot_for_a_supervisor_to_start_it_anew(
    world: World, starts: Callable[..., Process]
) -> None:
    place = free_place()
    bot = starts(program=("-c", LAME), BOT_WEBHOOK_URL=f"http://{place}/hook", BOT_LISTEN=place)
    assert bot.ends() == 1
    assert bot.log.count("the bot died") == 1
    assert "LookupError: a bug near <secret>" in bot.log, "which is made from the token"
