"""Updates in the database: each once, a chat's in order, whoever dies."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from bot.respond import Conversation
from bot.store import FLOOD, Arrival, Entry, Speaker, Store, Unavailable, Unopenable
from bot.store import inbox as rows_of
from bot.store.inbox import MANY_WAITING, MOST_WAITING, SECONDS_OF_A_FLOOD, Pulse, Replica
from bot.store.schema import inbox
from tests.postgres import Server
from tests.telegram import FakeClock
from tests.telegram.world import LONGEST_WAIT

Opened = Callable[[], Store]
ALICE = Speaker(1, 0, 1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def opened(database: str, clock: FakeClock) -> Iterator[Opened]:
    """Another replica on the same database, each time it is called."""
    stores: list[Store] = []

    def open_() -> Store:
        stores.append(Store(database, clock))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened()


def of(chat: int, *numbers: int) -> list[Arrival]:
    """Updates of one chat."""
    return [Arrival(f"{chat} {n}", f"{chat}", "message", f"{chat}: {n}") for n in numbers]


def texts(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.payload for entry in entries]


async def done(store: Store, *entries: Entry, room: int = 0) -> tuple[Entry, ...]:
    """Finish some; what was claimed thereby."""
    claimed: tuple[Entry, ...] = ()
    for entry in entries:
        claimed += await store.finish(entry, "handled", (), room)
    return claimed


async def contents(store: Store) -> list[tuple[object, ...]]:
    """Queue, payload and outcome of all rows, in order."""
    c = inbox.c
    query = select(c.queue, c.payload, c.outcome).order_by(c.seq)
    return [tuple(row) for row in await store._database.read(lambda db: db.execute(query).all())]


# In order


async def test_of_a_chat_one_is_in_work_and_the_oldest_first(store: Store) -> None:
    claimed = await store.receive([*of(1, 1, 2), *of(2, 1), *of(1, 3)], 9)
    assert texts(claimed) == ["1: 1", "2: 1"]
    assert await store.claim(9) == ()
    (second,) = await done(store, claimed[0], room=9)
    assert second.payload == "1: 2"
    (third,) = await done(store, second, room=9)
    assert texts((third,)) == ["1: 3"]
    assert await done(store, third, claimed[1], room=9) == ()


async def test_no_more_are_claimed_than_there_is_room_for_the_oldest_first(store: Store) -> None:
    first = await store.receive([a for chat in range(9, 0, -1) for a in of(chat, 1)], 2)
    assert texts(first) == ["9: 1", "8: 1"]
    assert texts(await store.claim(3)) == ["7: 1", "6: 1", "5: 1"]
    assert await store.claim(0) == ()


async def test_one_who_asks_a_thousand_times_holds_up_nobody(store: Store) -> None:
    await store.receive(of(1, *range(500)), 0)
    claimed = await store.receive([a for chat in range(2, 12) for a in of(chat, 1)], 64)
    assert len(claimed) == 11 + 1  # and the word to the flooder


async def test_what_comes_twice_is_there_once_also_when_it_is_done(store: Store) -> None:
    (entry,) = await store.receive([*of(1, 1), *of(1, 1)], 9)
    assert await store.receive(of(1, 1), 9) == ()
    await done(store, entry)
    assert await store.receive(of(1, 1), 9) == ()
    assert (await store.waiting()).length == 0


async def test_what_is_done_says_neither_whose_it_was_nor_what(store: Store) -> None:
    entries = await store.receive([*of(1, 1), *of(2, 1)], 1)
    await done(store, *entries)
    assert await contents(store) == [("", "", "handled"), ("2", "2: 1", None)]


# Too much


async def test_a_flooder_is_told_once_and_loses_nothing(store: Store, clock: FakeClock) -> None:
    await store.receive(of(1, *range(MANY_WAITING)), 0)
    for n in range(MANY_WAITING, MANY_WAITING + 5):
        await store.receive([*of(1, n), *of(2, n)], 0)
    assert await store.counted(1) == {"waiting": MANY_WAITING + 5 + 5 + 1}
    (flood,) = (entry for entry in await store.claim(9) if entry.kind == FLOOD)
    assert flood.payload == "1"
    await done(store, flood)
    await store.receive(of(1, -1), 0)
    assert await store.claim(9) == ()
    clock.advance(SECONDS_OF_A_FLOOD)
    await store.receive(of(1, -2), 0)
    assert [entry.kind for entry in await store.claim(9)] == [FLOOD]


async def test_what_is_beyond_measure_is_refused_and_not_kept(store: Store) -> None:
    await store.receive(of(1, *range(MOST_WAITING + 1)), 0)
    refused = [row for row in await contents(store) if row[2] == "refused"]
    assert refused == [("", "", "refused")]
    assert (await store.waiting()).length == MOST_WAITING + 1  # and the word to the flooder


# One of several replicas dies


async def test_what_a_dead_one_had_in_work_is_taken_over_and_what_it_was_told(
    store: Store, opened: Opened
) -> None:
    (entry,) = await store.receive(of(1, 1, 2), 9)
    await store.progress(entry, 1, ())
    other = opened()  # in the same process: the first one must have ended
    assert await other.claim(9) == ()
    assert await other.beat(())
    (again,) = await other.claim(9)
    assert again == replace(entry, told=1, attempts=2)


async def test_one_that_was_buried_writes_nothing_any_more(store: Store, opened: Opened) -> None:
    (entry,) = await store.receive(of(1, 1), 9)
    other = opened()
    await other.beat(())
    (again,) = await other.claim(9)
    memory = store.memory()
    memory.converse(ALICE, Conversation("too late"))
    writes = memory.taken()
    assert not await store.progress(entry, 1, writes)
    assert await store.finish(entry, "answer", writes, 9) == ()
    assert await store.memory().conversation(ALICE) == Conversation()
    await done(other, again)
    assert await other.counted(1) == {"handled": 1}


async def test_one_that_was_buried_claims_nothing_until_it_has_joined_anew(
    store: Store, opened: Opened
) -> None:
    """What it claimed under its old number nobody would ever take from it."""
    other = opened()
    await other.beat(())
    assert await store.receive(of(1, 1), 9) == ()
    await store.beat(())
    assert len(await store.claim(9)) == 1


async def test_who_claims_again_what_he_still_handles_finishes_it_once(
    store: Store, opened: Opened
) -> None:
    """It stood still, was buried, woke up, joined anew, and got its own update back."""
    (first,) = await store.receive(of(1, 1), 9)
    await opened().beat(())
    await store.beat(())
    (second,) = await store.claim(9)
    memory = store.memory()
    memory.converse(ALICE, Conversation("of the first claim"))
    await store.finish(first, "answer", memory.taken(), 0)
    assert await store.memory().conversation(ALICE) == Conversation()
    assert await store.counted(1) == {"waiting": 1}
    await done(store, second)
    assert await store.counted(1) == {"handled": 1}


async def test_no_number_is_given_to_a_second_replica(store: Store, opened: Opened) -> None:
    first = store._me
    await store.leave()
    assert opened()._me > first


async def test_who_leaves_gives_back_what_is_not_done_and_that_was_no_attempt(
    store: Store, opened: Opened
) -> None:
    (entry,) = await store.receive(of(1, 1), 9)
    await store.leave()
    other = opened()
    assert await other.claim(9) == (entry,)


async def test_what_kills_its_process_again_and_again_is_given_up(opened: Opened) -> None:
    store = opened()
    await store.receive(of(1, 1), 0)
    lives = 0
    while not (await store.claim(9))[0].is_hopeless:
        lives += 1
        store = opened()
        await store.beat(())
    assert lives == rows_of._ATTEMPTS


async def test_what_was_claimed_and_not_heard_of_is_given_back(store: Store) -> None:
    """The connection broke after the commit: this process has it in work and does not know."""
    heard, lost = await store.receive([*of(1, 1), *of(2, 1)], 9)
    for _ in range(2):
        assert await store.claim(9) == ()
        await store.beat((heard.seq,))
    assert await store.claim(9) == (lost,)
    await store.beat((heard.seq,))
    await store.beat((heard.seq, lost.seq))
    await store.beat((heard.seq, lost.seq))
    assert await store.claim(9) == (), "it was on its way"


# Who is dead

ME, OTHER = 7, 3


@dataclass(frozen=True)
class Look:
    """So many seconds later the others have these beats; who then is dead?"""

    after: float
    beats: dict[int, int]
    dead: tuple[int, ...] = ()


def every(seconds: float, times: int, beats: int, dead: tuple[int, ...] = ()) -> list[Look]:
    """Looks at one whose beats stand still."""
    return [Look(seconds, {OTHER: beats}, dead)] * times


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([Look(5, {OTHER: n}) for n in range(20)], id="it lives"),
        pytest.param([*every(5, 5, 1), *every(5, 1, 1, (OTHER,))], id="silent for over 20 s"),
        pytest.param([*every(5, 5, 1), *every(5, 5, 2)], id="it was slow"),
        pytest.param(
            [*every(5, 4, 1), *every(11, 1, 1), *every(5, 4, 1), *every(5, 1, 1, (OTHER,))],
            id="we were blind ourselves: counted anew",
        ),
        pytest.param(
            [*every(5, 2, 1), *every(100_000, 1, 1), *every(5, 4, 1)], id="the machine slept"
        ),
        pytest.param(
            [Look(5, {OTHER: 1}), Look(5, {}), *every(5, 5, 1), *every(5, 1, 1, (OTHER,))],
            id="it was gone in between",
        ),
        pytest.param(
            [Look(5, {OTHER: n, 4: 0, ME: 0}, (4,) if n > 4 else ()) for n in range(8)],
            id="of two one is silent, and we are not asked",
        ),
    ],
)
def test_dead_is_who_was_silent_while_we_were_looking(looks: list[Look]) -> None:
    clock = FakeClock()
    pulse = Pulse(lambda _: False, 20.0, clock)
    for look in looks:
        clock.advance(look.after)
        others = [Replica(id_, "elsewhere", 1, beats) for id_, beats in look.beats.items()]
        assert pulse.dead(others, ME) == look.dead


def test_a_process_that_ended_here_is_dead_at_once() -> None:
    pulse = Pulse(lambda replica: replica.machine == "here", 20.0, FakeClock())
    others = [Replica(1, "here", 1, 5), Replica(2, "elsewhere", 1, 5), Replica(ME, "here", 2, 1)]
    assert pulse.dead(others, ME) == (1,)


async def test_the_oldest_that_lives_leads(store: Store, opened: Opened) -> None:
    elsewhere = await store._database.write(lambda db: rows_of.join(db, "elsewhere", 1))
    youngest = opened()
    youngest._pulse = Pulse(lambda _: False, 20.0)
    assert await store.beat(())
    assert not await youngest.beat(())
    await store.leave()
    assert not await youngest.beat(())
    await store.write([lambda db: rows_of.leave(db, elsewhere)])
    assert await youngest.beat(())


# Side by side


async def _works(store: Store, log: list[str], busy: set[str]) -> None:
    """Handle what there is, and note it; of no chat may two be in work."""
    dice = random.Random(len(log))
    claimed: list[Entry] = []
    new = await store.claim(8)
    while new or claimed:
        assert busy.isdisjoint(entry.queue for entry in new)
        busy.update(entry.queue for entry in new)
        claimed += new
        entry = claimed.pop(dice.randrange(len(claimed)))
        log.append(entry.payload)
        busy.remove(entry.queue)
        new = await store.finish(entry, "handled", (), 8 - len(claimed))


async def test_two_replicas_take_each_row_once_and_keep_each_chats_order(opened: Opened) -> None:
    first, second = opened(), opened()
    for n in range(10):
        await first.receive([a for chat in range(30) for a in of(chat, n)], 0)
    log: list[str] = []
    busy: set[str] = set()
    while (await first.waiting()).length:
        await asyncio.gather(*[_works(s, log, busy) for s in (first, second) * 3])
    assert len(log) == 300
    for chat in range(30):
        mine = [text for text in log if text.startswith(f"{chat}:")]
        assert mine == [f"{chat}: {n}" for n in range(10)]


async def test_the_same_batch_taken_in_by_two_is_there_once(opened: Opened) -> None:
    stores = [opened(), opened()]
    batch = [a for chat in range(50) for a in of(chat, 1, 2)]
    backwards = batch[::-1]
    await asyncio.gather(stores[0].receive(batch, 9), stores[1].receive(backwards, 9))
    assert (await stores[0].waiting()).length == 100


async def test_work_that_one_leaves_another_hears_of(on_postgres: str) -> None:
    store, other = Store(on_postgres), Store(on_postgres)
    heard = threading.Event()
    ended = other.listen(heard.set)
    for n in range(int(LONGEST_WAIT * 10)):  # it takes a moment until it listens
        await store.receive(of(1, n), 0)
        if await asyncio.to_thread(heard.wait, 0.1):
            break
    assert heard.is_set()
    ended()
    await store.leave()
    store.close()
    other.close()


# The database is away


class Heard(logging.Handler):
    """A log that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self._loop.call_soon_threadsafe(self._changed.set)

    async def says(self, words: str) -> None:
        async with asyncio.timeout(LONGEST_WAIT):
            while not any(words in line for line in self.lines):
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def log() -> AsyncIterator[Heard]:
    handler = Heard()
    logger = logging.getLogger("bot.store.database")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


async def test_while_a_file_is_locked_writers_wait_and_readers_dont(
    tmp_path: Path, log: Heard
) -> None:
    path = tmp_path / "bot.db"
    store = Store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        writing = asyncio.create_task(store.receive(of(1, 1), 0))
        await log.says("cannot be used")
        with pytest.raises(Unavailable):
            await store.receive(of(9, 1), 0, patiently=False)
        assert (await store.waiting()).length == 0
        assert not writing.done()
        assert not await store.is_there()
        other.execute("ROLLBACK")
    await asyncio.wait_for(writing, LONGEST_WAIT)
    assert await store.is_there()
    assert (await store.waiting()).length == 1
    assert [line.partition(":")[0][:24] for line in log.lines] == [
        "the database cannot be u",
        "the database is back aft",
    ]
    assert max(map(len, log.lines)) < 300
    store.close()


async def test_a_file_that_is_locked_at_the_start_is_waited_for(tmp_path: Path, log: Heard) -> None:
    path = tmp_path / "bot.db"
    Store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        opening = asyncio.create_task(asyncio.to_thread(Store, f"sqlite:///{path}"))
        await log.says("cannot be opened yet")
        other.execute("ROLLBACK")
    store = await asyncio.wait_for(opening, LONGEST_WAIT)
    assert (await store.waiting()).length == 0
    store.close()


async def test_a_server_that_is_not_up_at_the_start_is_waited_for(log: Heard) -> None:
    with tempfile.TemporaryDirectory(prefix="fangtan-") as folder:
        server = Server(Path(folder) / "own")
        with server.database() as url:
            server.stop()
            opening = asyncio.create_task(asyncio.to_thread(Store, url))
            await log.says("cannot be opened yet")
            server.start()
            store = await asyncio.wait_for(opening, LONGEST_WAIT)
            assert (await store.waiting()).length == 0
            store.close()
        server.close()


def test_who_may_not_enter_is_told_at_once(on_postgres: str) -> None:
    wrong = make_url(on_postgres).set(database="no_such_database")
    with pytest.raises(Unopenable):
        Store(wrong.render_as_string(hide_password=False))


def _kill_connections(server: Server, url: str) -> None:
    server.runs(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{make_url(url).database}' AND pid <> pg_backend_pid()"
    )


async def test_connections_that_break_cost_nothing(postgres: Server, on_postgres: str) -> None:
    store = Store(on_postgres)
    (entry,) = await store.receive(of(1, 1), 9)
    _kill_connections(postgres, on_postgres)
    assert await store.memory().conversation(ALICE) == Conversation()
    _kill_connections(postgres, on_postgres)
    memory = store.memory()
    memory.missed("天气", "none", None, 0.0)
    await store.finish(entry, "none", memory.taken(), 0)
    assert len(await store.misses()) == 1
    store.close()


async def test_a_server_that_goes_and_comes_back_is_waited_for(log: Heard) -> None:
    with tempfile.TemporaryDirectory(prefix="fangtan-") as folder:
        server = Server(Path(folder) / "own")
        with server.database() as url:
            store = Store(url)
            heard = threading.Event()
            store.listen(heard.set)
            (entry,) = await store.receive(of(1, 1), 9)
            server.stop()
            writing = asyncio.create_task(store.finish(entry, "handled", (), 0))
            await log.says("cannot be used")
            with pytest.raises(Unavailable):
                await store.size()
            with pytest.raises(Unavailable):
                await store.receive(of(2, 1), 0, patiently=False)
            server.start()
            assert await asyncio.wait_for(writing, LONGEST_WAIT) == ()
            heard.clear()
            for n in range(int(LONGEST_WAIT * 10)):  # until it listens again
                await store.receive(of(2, n), 0)
                if await asyncio.to_thread(heard.wait, 0.1):
                    break
            assert heard.is_set()
            assert (await store.counted(60))["handled"] == 1
            store.close()
        server.close()
