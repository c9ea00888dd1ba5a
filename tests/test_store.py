"""What outlives a message: read at once, written together with the mark that an update is done."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from bot.respond import Conversation
from bot.store import DAY, FLOOD, KEPT, Arrival, ChatState, Memory, Sent, Speaker, Store, Unopenable
from bot.store.database import Database, Unavailable
from bot.store.inbox import MOST_WAITING
from bot.store.schema import DONE, TABLES
from tests.telegram import FakeClock

ALICE = Speaker(chat=-100123, thread=0, person=1)
BOB = Speaker(chat=-100123, thread=0, person=2)
TALK = Conversation("房租贵不贵", "bookshop/q1", "每年都涨。", ("bookshop/q2",))
RENT = Sent(11, 10, "bookshop/q1", "每年都涨。", "https://t.me/c/123/11", "digest")
UPDATE = Arrival("key", "1", "message", "{}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(database: str, clock: FakeClock) -> AsyncIterator[Store]:
    store = Store(database, clock)
    yield store
    store.close()


async def noted(store: Store, *notes: Callable[[Memory], None]) -> Memory:
    """Write notes, each by an update of its own; the memory of the next."""
    for note in notes:
        memory = store.memory()
        note(memory)
        await store.write(memory.taken())
    return store.memory()


async def rows(store: Store) -> dict[str, list[Any]]:
    """All that the database holds, table by table; replicas are none of what it was told."""

    def read(db: Connection) -> dict[str, list[Any]]:
        tables = [table for table in TABLES.sorted_tables if table.name != "replicas"]
        return {table.name: list(db.execute(select(table)).all()) for table in tables}

    return await store._database.read(read)


# Memory


async def test_a_conversation_belongs_to_one_person_in_one_chat_and_topic(store: Store) -> None:
    memory = await noted(
        store,
        lambda m: m.converse(ALICE, Conversation("first")),
        lambda m: m.converse(ALICE, TALK),
    )
    assert await memory.conversation(ALICE) == TALK
    for other in (BOB, Speaker(-100123, 7, 1), Speaker(1, 0, 1)):
        assert await memory.conversation(other) == Conversation()


async def test_everything_is_still_there_after_a_restart(database: str) -> None:
    before = Store(database)
    await noted(
        before,
        lambda m: m.converse(ALICE, TALK),
        lambda m: m.set_ambient(-1, True),
        lambda m: m.missed("天气", "none", "bookshop/q1", 0.06),
    )
    before.close()
    after = Store(database)
    assert await after.memory().conversation(ALICE) == TALK
    assert (await after.memory().chat(-1)).ambient
    assert [(m.text, m.outcome, m.nearest, m.score) for m in await after.misses()] == [
        ("天气", "none", "bookshop/q1", 0.06)
    ]
    after.close()


async def test_an_answer_is_recent_for_a_while_in_its_chat_and_topic(
    store: Store, clock: FakeClock
) -> None:
    memory = await noted(store, lambda m: m.answered(ALICE, RENT))
    assert await memory.recent(-100123, 0, "bookshop/q1", 600) == RENT
    assert await memory.recent(-100123, 5, "bookshop/q1", 600) is None
    assert await memory.recent(-100124, 0, "bookshop/q1", 600) is None
    assert await memory.recent(-100123, 0, "bookshop/q2", 600) is None
    clock.advance(601)
    assert await memory.recent(-100123, 0, "bookshop/q1", 600) is None


async def test_answers_are_found_by_their_question_changed_and_forgotten(store: Store) -> None:
    memory = await noted(
        store,
        lambda m: m.answered(ALICE, Sent(11, 10, "bookshop/q1"), TALK),
        lambda m: m.answered(ALICE, Sent(12, 10, "bookshop/q2")),
    )
    assert [sent.message for sent in await memory.answers_to(-100123, 10)] == [11, 12]
    assert await memory.before(-100123, 10) == TALK
    assert await memory.last_question(ALICE) == 10
    memory = await noted(
        store,
        lambda m: m.changed(ALICE, Sent(11, 10, "bookshop/q4"), TALK),
        lambda m: m.changed(ALICE, Sent(99, 10, "bookshop/q4"), TALK),
        lambda m: m.deleted(-100123, 12),
    )
    assert await memory.answers_to(-100123, 10) == (Sent(11, 10, "bookshop/q4"),)
    memory = await noted(
        store, lambda m: m.changed(BOB, Sent(99, 98, "bookshop/q4"), TALK, anew=True)
    )
    assert await memory.asker(-100123, 99) == BOB.person


async def test_who_asked_for_a_message_is_known_until_it_is_gone(store: Store) -> None:
    memory = await noted(
        store,
        lambda m: m.answered(ALICE, Sent(11, 10, "bookshop/q1")),
        lambda m: m.changed(BOB, Sent(11, 11, "bookshop/q2"), TALK),
    )
    assert await memory.asker(-100123, 11) == ALICE.person
    assert await memory.asker(-100124, 11) is None
    memory = await noted(store, lambda m: m.deleted(-100123, 11))
    assert await memory.asker(-100123, 11) is None


async def test_what_was_spoken_of_is_known_by_the_message_that_said_it(store: Store) -> None:
    """So that somebody may reply to an answer long after other ones."""
    memory = await noted(
        store,
        lambda m: m.answered(ALICE, Sent(11, 10, "bookshop/q1"), after=TALK),
        lambda m: m.answered(ALICE, Sent(12, 10, "bookshop/q2"), after=Conversation("猫")),
    )
    assert await memory.after(-100123, 11) == TALK
    assert await memory.after(-100123, 12) == Conversation("猫")
    assert await memory.after(-100123, 13) is None
    memory = await noted(
        store, lambda m: m.changed(ALICE, Sent(11, 10, "bookshop/q4"), Conversation("打算"))
    )
    assert await memory.after(-100123, 11) == Conversation("打算")


async def test_a_groups_settings_follow_it_and_arrive_once(store: Store) -> None:
    memory = await noted(
        store,
        lambda m: m.set_ambient(-5, True),
        lambda m: m.set_greeted(-100, False),
        lambda m: m.migrate_chat(-5, -100),
        lambda m: m.migrate_chat(-5, -100),
    )
    assert await memory.chat(-100) == ChatState(ambient=True)
    assert await memory.chat(-5) == ChatState()


async def test_a_snooze_ends_by_itself_or_by_word(store: Store, clock: FakeClock) -> None:
    assert await (await noted(store, lambda m: m.snooze(-1, 60))).is_snoozed(-1)
    clock.advance(61)
    assert not await store.memory().is_snoozed(-1)
    memory = await noted(store, lambda m: m.snooze(-1, 60), lambda m: m.snooze(-1, 0))
    assert not await memory.is_snoozed(-1)


@pytest.mark.parametrize("known", [True, False])
async def test_what_an_update_sets_for_a_chat_it_sees_itself(store: Store, known: bool) -> None:
    memory = store.memory()
    if known:
        await memory.chat(-1)
    memory.set_ambient(-1, True)
    memory.set_greeted(-1, True)
    assert await memory.chat(-1) == ChatState(ambient=True, greeted=True)
    assert await store.memory().chat(-1) == ChatState(), "it is not written yet"


async def test_one_opinion_per_person_and_answer(store: Store) -> None:
    await noted(
        store,
        lambda m: m.rate(1, 11, 1, "bookshop/q1", True, "A"),
        lambda m: m.rate(1, 11, 1, "bookshop/q1", False, "A"),
        lambda m: m.rate(1, 11, 2, "bookshop/q1", True, "B"),
    )
    assert await store.feedback() == {"bookshop/q1": (1, 1)}


async def test_characters_that_a_database_refuses_are_left_out(store: Store) -> None:
    nasty = "房租\0贵\ud83d不贵"
    memory = await noted(
        store,
        lambda m: m.missed(nasty, "none", None, 0.0),
        lambda m: m.converse(ALICE, Conversation(nasty)),
        lambda m: m.answered(ALICE, RENT, Conversation(nasty)),
    )
    assert [miss.text for miss in await store.misses()] == ["房租贵?不贵"]
    assert (await memory.conversation(ALICE)).question == "房租\0贵?不贵"
    assert (await memory.before(-100123, 10)).question == "房租\0贵?不贵"


async def test_what_the_first_release_noted_is_understood(store: Store) -> None:
    """It knew four fields of a conversation, and of an answer only what was before it."""
    four = json.dumps(["房租贵不贵", "bookshop/q1", "每年都涨。", ["bookshop/q2"]])

    def as_before(db: Connection) -> None:
        db.execute(text("UPDATE conversations SET state = :four"), {"four": four})
        db.execute(text("UPDATE answers SET before = :four"), {"four": four})

    await noted(
        store,
        lambda m: m.converse(ALICE, Conversation()),
        lambda m: m.answered(ALICE, Sent(11, 10, "bookshop/q1")),
    )
    await store.write([as_before])
    memory = store.memory()
    assert await memory.conversation(ALICE) == TALK
    assert await memory.before(-100123, 10) == TALK
    assert await memory.after(-100123, 11) is None


# What goes


def everything_of(speaker: Speaker) -> tuple[Callable[[Memory], None], ...]:
    """All that is noted of somebody who asks in a group and in private."""
    person = speaker.person
    alone = Speaker(person, 0, person)
    return (
        lambda m: m.converse(speaker, TALK),
        lambda m: m.converse(alone, TALK),
        lambda m: m.answered(speaker, RENT, TALK, TALK),
        lambda m: m.answered(alone, RENT, TALK, TALK),
        lambda m: m.set_hinted(person, True),
        lambda m: m.rate(speaker.chat, 11, person, "bookshop/q1", True, f"mark {person}"),
        lambda m: m.rate(person, 11, person, "bookshop/q1", False, f"mark {person}"),
    )


async def flooded(store: Store, chat: int) -> None:
    """Let a chat be told that it asks too much."""
    many = [Arrival(f"{chat} {n}", f"{chat}", "message", "x") for n in range(MOST_WAITING + 1)]
    (flood,) = (e for e in await store.receive(many, 2) if e.kind == FLOOD)
    await store.finish(flood, "handled", (), 0)


async def test_nothing_of_who_wants_to_be_forgotten_is_left_in_any_table(store: Store) -> None:
    await noted(store, *everything_of(BOB))
    of_bob = {name: len(found) for name, found in (await rows(store)).items() if name != "inbox"}
    await noted(store, *everything_of(ALICE))
    await flooded(store, ALICE.person)
    await noted(store, lambda m: m.missed("天气", "none", None, 0.0))
    await noted(store, lambda m: m.forget(ALICE.person))
    left = await rows(store)
    done = [row for row in left.pop("inbox") if row.state == DONE]
    assert {(row.queue, row.payload, row.kind, row.outcome) for row in done} == {
        ("", "", "message", "refused")
    }
    # What she asked in vain, what was of no use, and that somebody found it so.
    nameless = {"misses": of_bob["misses"] + 2, "evidence": of_bob["evidence"] + 1}
    assert {name: len(found) for name, found in left.items()} == of_bob | nameless


@pytest.mark.parametrize("table", KEPT)
async def test_each_table_forgets_what_is_of_no_more_use(
    store: Store, clock: FakeClock, table: str
) -> None:
    await noted(store, *everything_of(ALICE), lambda m: m.missed("天气", "none", None, 0.0))
    (entry,) = await store.receive([UPDATE], 1)
    await store.finish(entry, "answer", (), 0)
    clock.advance(KEPT[table] - 1)
    await store.tidy()
    assert (await rows(store))[table]
    clock.advance(2)
    await store.tidy()
    assert not (await rows(store))[table]


async def test_what_is_not_done_is_never_too_old(store: Store, clock: FakeClock) -> None:
    await store.receive([UPDATE], 0)
    clock.advance(365 * DAY)
    await store.tidy()
    assert len(await store.claim(1)) == 1


def test_nothing_is_kept_for_ever_but_settings_and_replicas() -> None:
    ledger = {"cases", "variants", "traces", "history", "tallies"}  # see tests/test_ledger.py
    curators = {"orders", "cards", "lessons"}  # see tests/test_orders.py
    for_ever = {"chats", "moves", "notes", "replicas"}
    assert set(TABLES.tables) - set(KEPT) == for_ever | ledger | curators


# One transaction


async def test_a_write_that_fails_leaves_nothing_changed_and_the_update_not_done(
    store: Store,
) -> None:
    def fails(_: Connection) -> None:
        raise LookupError

    (entry,) = await store.receive([UPDATE], 1)
    memory = store.memory()
    memory.converse(ALICE, TALK)
    with pytest.raises(LookupError):
        await store.finish(entry, "answer", [*memory.taken(), fails], 1)
    assert await store.memory().conversation(ALICE) == Conversation()
    assert (await store.waiting()).length == 1
    await store.finish(entry, "error", (), 0)
    assert await store.counted(60) == {"error": 1}


async def test_what_is_written_on_the_way_is_seen_by_the_next_attempt(store: Store) -> None:
    (entry,) = await store.receive([UPDATE], 1)
    memory = store.memory()
    memory.converse(ALICE, TALK)
    assert await store.progress(entry, 1, memory.taken())
    assert memory.taken() == ()
    await store.leave()
    assert await store.memory().conversation(ALICE) == TALK


# What an operator asks


async def test_how_the_updates_of_a_while_ended(store: Store, clock: FakeClock) -> None:
    first, second = await store.receive([UPDATE, Arrival("other", "2", "message", "{}")], 2)
    await store.finish(first, "answer", (), 0)
    clock.advance(100)
    assert await store.counted(101) == {"answer": 1, "waiting": 1}
    assert await store.counted(99) == {}
    assert (await store.waiting()).age == 100 == store.age(second)


async def test_the_size_grows_with_what_is_in_it(store: Store) -> None:
    before = await store.size()
    await noted(store, *[lambda m: m.missed("天气" * 1000, "none", None, 0.0)] * 50)
    assert await store.size() > before


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/bot.db", "nonsense://x", "postgresql+nope://x", "x"]
)
def test_a_database_that_cannot_be_opened_is_one_sentence(url: str) -> None:
    with pytest.raises(Unopenable, match=r"^BOT_DATABASE cannot be opened .*set it to"):
        Store(url)


async def test_trouble_that_comes_and_goes_is_told_once_and_so_is_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk takes what changes nothing, and refuses the rest."""
    database = Database(f"sqlite:///{tmp_path}/bot.db")

    def refused(_: Connection) -> None:
        raise OperationalError("INSERT", {}, OSError("database or disk is full"))

    for _ in range(3):
        with pytest.raises(Unavailable):
            await database.write_once(refused)
        await database.write_once(lambda _: None)
    database.close()
    assert [line.partition(" after")[0] for line in caplog.messages] == [
        "the database cannot be used; waiting for it: database or disk is full",
        "the database is back",
    ]


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unopenable, match=r"^BOT_DATABASE .* install the extra `postgres`"):
        Store("postgresql://127.0.0.1/x")
