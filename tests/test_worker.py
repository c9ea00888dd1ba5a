"""From the inbox to the handlers, whatever happens in between: each question is answered once."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot.respond import Conversation
from bot.store import Memory, Speaker, Store
from bot.tg.arrivals import Json, arrival
from tests.mortal import Life, alive, answers_what_waits, handles
from tests.rim import Line
from tests.telegram import Chat, FakeClock, Person, World
from tests.telegram.world import LONGEST_WAIT


async def _until_it_is_killed(world: World, database: str, life: Life, updates: list[Json]) -> None:
    """Handle updates until the process is killed, or has no more to do."""
    async with alive(world, database, life) as worker:
        work = asyncio.create_task(handles(worker, updates))
        end = asyncio.create_task(life.ended.wait())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, end):
            task.cancel()
        if not life.ended.is_set():
            await work


# What a message is about that leans on the one before, and asks a second thing.
BEFORE, ASKED = "房租贵不贵", "还有呢？猫叫什么名字？"


async def _asks(world: World, database: str, chat: Chat, person: Person, life: Life) -> list[str]:
    """What somebody is answered whose question meets a process that is killed; then it is started
    anew, and Telegram delivers again what was not confirmed."""
    call = "" if chat.id > 0 else "/ask@fangtan_bot "
    person.says(chat, call + BEFORE)
    async with alive(world, database) as worker:
        await handles(worker, world.take())
    count = len(world.sent)
    person.says(chat, call + ASKED)
    updates = world.take()
    await _until_it_is_killed(world, database, life, updates)
    async with alive(world, database) as worker:
        await handles(worker, updates)
    return [message.text for message in world.sent[count:]]


async def _conversation(world: World, database: str, chat: Chat, person: Person) -> Conversation:
    store = Store(database, world.clock)
    try:
        return await store.memory().conversation(Speaker(chat.id, 0, person.id))
    finally:
        store.close()


@pytest.mark.parametrize("where", ["private", "group"])
async def test_killed_at_any_step_each_question_is_answered_once(database: str, where: str) -> None:
    world = World(clock=FakeClock())
    wanted: list[str] = []
    spoken: Conversation | None = None
    steps = 1
    while True:
        person = world.user(f"Person {steps}")
        alone = where == "private"
        chat = world.private(person) if alone else world.supergroup("书友", members=[person])
        life = Life(ends_at=steps if wanted else None)
        told = await _asks(world, database, chat, person, life)
        after = await _conversation(world, database, chat, person)
        if not wanted:
            wanted, spoken = told, after
            assert len(wanted) == 2
            continue
        if not life.ended.is_set():
            break
        expected = Counter(wanted)
        got = Counter(told)
        at = f"killed at step {steps}, {life.last}"
        if alone:
            assert set(got) == set(expected), at
            on_the_wire = life.last in ("sent", "note", "finish")
            assert len(told) == 2 + on_the_wire, at
        else:
            assert not got - expected, at
            assert len(told) == 2 - (life.last == "noted ahead"), at
        assert after == spoken, at
        steps += 1
    assert steps > 8


# One chat's in order, chats side by side


class Slow(Line):
    """A network on which some calls wait until the gate is opened; `came` tells of each."""

    def __init__(self, world: World, holds: Callable[[str, dict[str, str]], bool]) -> None:
        super().__init__(world)
        self._holds, self.gate = holds, asyncio.Event()
        self.came: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def do_request(
        self, url: str, method: str, request_data: Any = None, *args: Any, **more: Any
    ) -> tuple[int, bytes]:
        params = request_data.json_parameters if request_data else {}
        if self._holds(url.rpartition("/")[2], params):
            self.came.put_nowait(params)
            await self.gate.wait()
        return await super().do_request(url, method, request_data, *args, **more)


def to(*people: Person) -> Callable[[str, dict[str, str]], bool]:
    """Messages to these people."""
    ids = {str(person.id) for person in people}
    return lambda method, params: method == "sendMessage" and params.get("chat_id") in ids


async def soon(happened: Callable[[], bool]) -> None:
    """Let others go on until it has happened."""
    async with asyncio.timeout(LONGEST_WAIT):
        while not happened():
            await asyncio.sleep(0.001)


@pytest.fixture
def bob(world: World) -> Person:
    return world.user("Bob")


def asks(world: World, person: Person, words: str) -> list[Json]:
    person.says(world.private(person), words)
    return world.take()


def told(world: World, person: Person) -> list[str]:
    return [m.text for m in world.private(person).said_by(world.me)]


async def test_a_chat_keeps_its_order_while_others_go_ahead(
    world: World, database: str, alice: Person, bob: Person
) -> None:
    slow = Slow(world, to(alice))
    async with alive(world, database, line=slow) as worker:
        await worker.receive(asks(world, alice, "房租贵不贵") + asks(world, alice, "猫叫什么名字"))
        await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        await worker.receive(asks(world, bob, "猫叫什么名字"))
        await soon(lambda: bool(told(world, bob)))
        assert slow.came.empty()
        assert told(world, alice) == []
        slow.gate.set()
        await answers_what_waits(worker)
    assert [text[:2] for text in told(world, alice)] == ["好在", "黑的"]


async def test_a_press_waits_neither_for_a_message_nor_for_another_press(
    world: World, alice: Person
) -> None:
    slow = Slow(world, lambda method, _: method in ("sendMessage", "editMessageText"))
    slow.gate.set()
    async with alive(world, "sqlite://", line=slow) as worker:
        await handles(worker, asks(world, alice, "讲讲客人的故事"))
        (answer,) = world.private(alice).said_by(world.me)
        slow.gate.clear()
        slow.came.get_nowait()
        await worker.receive(asks(world, alice, "房租贵不贵"))
        alice.presses(answer, "›")
        await worker.receive(world.take())
        for _ in range(2):
            await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        quick = alice.forges(answer, "?")
        await worker.receive(world.take())
        await soon(lambda: quick.answer is not None)
        assert len(worker._in_work) >= 2
        slow.gate.set()
        await answers_what_waits(worker)


async def test_chats_that_hang_keep_others_no_longer_than_they_hang(
    world: World, database: str, bob: Person
) -> None:
    crowd = [world.user(f"Person {n}") for n in range(20)]
    slow = Slow(world, to(*crowd))
    async with alive(world, database, places=8, line=slow) as worker:
        everybody = [u for person in (*crowd, bob) for u in asks(world, person, "猫叫什么名字")]
        await worker.receive(everybody)
        for _ in range(8):
            await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        assert slow.came.empty(), "no more than there are places for"
        slow.gate.set()
        await answers_what_waits(worker)
    assert all(len(told(world, person)) == 1 for person in (*crowd, bob))


# Its own life


async def test_it_looks_for_what_others_have_left_and_leads(
    world: World, database: str, alice: Person
) -> None:
    async with alive(world, database) as worker:
        other = Store(database, world.clock)
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(LONGEST_WAIT):
            await worker.leads.wait()
        arrivals = [arrival(update, 1) for update in asks(world, alice, "猫叫什么名字")]
        await other.receive(arrivals, 0)
        await soon(lambda: bool(told(world, alice)))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        other.close()


async def test_who_stops_gives_what_is_in_work_a_while_and_leaves_the_rest(
    world: World, database: str, alice: Person, bob: Person
) -> None:
    slow = Slow(world, to(alice))
    async with alive(world, database, places=1, line=slow) as worker:
        await worker.receive(asks(world, alice, "房租贵不贵"))
        await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        await worker.receive(asks(world, alice, "猫叫什么名字"))
        await worker.stop(0.01)
        await worker.receive(asks(world, bob, "猫叫什么名字"))
        assert not worker._in_work
        assert world.sent == []
        assert (await worker._store.waiting()).length == 3
    async with alive(world, database) as worker:
        await answers_what_waits(worker)
    assert len(told(world, alice)) == 2
    assert len(told(world, bob)) == 1


async def test_who_stops_lets_what_is_nearly_done_be_done(world: World, alice: Person) -> None:
    slow = Slow(world, to(alice))
    async with alive(world, "sqlite://", line=slow) as worker:
        await worker.receive(asks(world, alice, "房租贵不贵"))
        await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        stopping = asyncio.create_task(worker.stop(LONGEST_WAIT))
        slow.gate.set()
        await stopping
        assert await worker._store.counted(60) == {"answer": 1}


async def test_one_that_was_given_up_and_gets_its_update_back_begins_anew(
    world: World, database: str, alice: Person
) -> None:
    group = world.supergroup("书友", members=[alice])
    slow = Slow(world, lambda method, _: method == "sendMessage")
    async with alive(world, database, line=slow) as worker:
        alice.says(group, "/ask@fangtan_bot 房租贵不贵")
        await worker.receive(world.take())
        await asyncio.wait_for(slow.came.get(), LONGEST_WAIT)
        other = Store(database, world.clock)
        await other.beat(())
        slow.gate.set()
        await answers_what_waits(worker)
        other.close()
        assert await worker._store.counted(60) in ({"answer": 1}, {"handled": 1})
    assert len(list(group.said_by(world.me))) <= 1


# What is too late


async def test_what_nobody_waits_for_any_more_is_not_answered(
    world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    group = world.supergroup("书友", members=[alice])
    assert isinstance(world.clock, FakeClock)
    async with alive(world, "sqlite://") as worker:
        await handles(worker, asks(world, alice, "讲讲客人的故事"))
        (answer,) = world.private(alice).said_by(world.me)
        alice.says(group, "/ask@fangtan_bot 房租贵不贵")
        alice.says(world.private(alice), "猫叫什么名字")
        press, search = alice.presses(answer, "›"), alice.inline("房租")
        before = answer.text
        arrivals = [arrival(update, 1) for update in world.take()]
        await worker._store.receive(arrivals, 0)
        world.clock.advance(601)
        with caplog.at_level(logging.INFO, "bot"):
            await answers_what_waits(worker)
        assert (await worker._store.counted(3600))["expired"] == 3
    assert list(group.said_by(world.me)) == []
    assert len(told(world, alice)) == 2
    assert (press.answer, search.answer, answer.text) == (None, None, before)
    kinds = sorted(line for line in caplog.messages if line.startswith("outcome=expired"))
    assert kinds == [
        f"outcome=expired kind={k}" for k in ("callback_query", "inline_query", "message")
    ]


@pytest.mark.parametrize(("late", "answered"), [(29, 2), (31, 1), (149, 1), (151, 0)])
async def test_presses_and_searches_live_as_long_as_telegram_keeps_them(
    world: World, alice: Person, late: int, answered: int
) -> None:
    assert isinstance(world.clock, FakeClock)
    async with alive(world, "sqlite://") as worker:
        await handles(worker, asks(world, alice, "讲讲客人的故事"))
        (answer,) = world.private(alice).said_by(world.me)
        alice.presses(answer, "›")
        alice.inline("房租")
        await worker._store.receive([arrival(update, 1) for update in world.take()], 0)
        world.clock.advance(late)
        await answers_what_waits(worker)
    calls = world.called("answerCallbackQuery") + world.called("answerInlineQuery")
    assert len({call.method for call in calls}) == answered


# What cannot be read

SECRET = "秘密"
_PERSON = {"id": 4711, "is_bot": False, "first_name": "Eve"}
_CHAT = {"id": 4711, "type": "private", "first_name": "Eve"}


def _message(**more: Any) -> Json:
    whole = {"message_id": 1, "date": 1_800_000_000, "from": _PERSON, "chat": _CHAT, "text": SECRET}
    return {"message": whole | more}


def _nested(depth: int) -> Json:
    value: Json = {"text": SECRET}
    for _ in range(depth):
        value = {"message_id": 1, "date": 1, "chat": _CHAT, "reply_to_message": value}
    return value


NASTY: dict[str, Json] = {
    "nothing": {},
    "nothing in it": {"message": None},
    "a text": {"message": SECRET},
    "a list": {"message": [SECRET]},
    "an empty message": {"message": {}},
    "no sender": {"message": {"message_id": 1, "date": 1, "chat": _CHAT, "text": SECRET}},
    "an unknown kind": {"teleported": {"text": SECRET}},
    "two kinds": _message() | {"callback_query": {"id": SECRET, "from": _PERSON}},
    "an entity without a place": _message(entities=[{"type": "bold"}]),
    "an entity that is a text": _message(entities=SECRET),
    "an entity beyond the text": _message(
        entities=[{"type": "bot_command", "offset": 10**9, "length": -5}]
    ),
    "a chat id that is a text": _message(chat={"id": SECRET, "type": "private"}),
    "a chat id of many digits": _message(chat={"id": 10**400, "type": "private"}),
    "a chat id that no column holds": _message(chat={"id": 2**63, "type": "private"}),
    "a person that no column holds": _message(**{"from": _PERSON | {"id": 2**70}}),
    "a message that no column holds": _message(message_id=2**63),
    "a message id that is a text": _message(message_id=SECRET),
    "a chat of an unknown type": _message(chat=_CHAT | {"type": SECRET}),
    "a date of many digits": _message(date=10**400),
    "a date before all dates": _message(date=-(10**15)),
    "a date that is none": _message(date=float("nan")),
    "a date that is a text": _message(date=SECRET),
    "half a character": _message(text=f"{SECRET}\ud83d"),
    "a NUL": _message(text=f"{SECRET}\0"),
    "a NUL in a command": _message(
        text=f"/start\0{SECRET}", entities=[{"type": "bot_command", "offset": 0, "length": 6}]
    ),
    "a text that is a number": _message(text=5),
    "an update id that is a text": _message() | {"update_id": f"{SECRET}\ud83d\0"},
    "an update id of many digits": _message() | {"update_id": 10**400},
    "an update id that is a list": _message() | {"update_id": [SECRET]},
    "a press without anything": {"callback_query": {}},
    "a press by nobody": {"callback_query": {"id": "1", "data": SECRET}},
    "a search by a text": {"inline_query": {"id": "1", "from": SECRET, "query": SECRET}},
    "a member of nothing": {"my_chat_member": {"chat": _CHAT, "date": 1}},
    "a reply to a reply": _message(reply_to_message=_nested(60)),
    "nested too deep": _message(reply_to_message=_nested(900)),
}


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
async def test_what_cannot_be_read_blocks_nobody_and_is_not_logged(
    world: World,
    request: pytest.FixtureRequest,
    name: str,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = "sqlite://" if name == "sqlite" else request.getfixturevalue("on_postgres")
    caplog.set_level(logging.DEBUG)
    async with alive(world, database) as worker:
        for number, nasty in enumerate(NASTY.values()):
            await handles(worker, [{"update_id": 10**6 + number} | nasty])
        (_,) = updates = asks(world, alice, "猫叫什么名字")
        updates[0]["message"]["chat"] = updates[0]["message"]["chat"] | {"id": alice.id}
        await handles(worker, updates)
        counted = await worker._store.counted(60)
    assert counted["unreadable"] > 10
    assert len(told(world, alice)) == 1
    assert SECRET not in caplog.text


async def test_what_cannot_be_written_is_given_up_and_the_next_is_handled(
    world: World, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with alive(world, "sqlite://") as worker:
        worker._store.memory = lambda: Forgetful(worker._store._database, world.clock)  # type: ignore[method-assign]
        await handles(worker, asks(world, alice, "猫叫什么名字"))
        assert await worker._store.counted(60) == {"error": 1}
    assert "what an update changed cannot be written" in caplog.text


class Forgetful(Memory):
    """A memory of which nothing can be written."""

    def converse(self, *_: Any) -> None:
        def fails(_: Any) -> None:
            raise LookupError

        self._later(fails)
