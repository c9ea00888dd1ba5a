"""What outlives a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.respond import Conversation
from bot.store import DAY, ChatState, Sent, Speaker, Store, Unopenable
from tests.telegram import FakeClock

ALICE = Speaker(chat=-100123, thread=0, person=1)
TALK = Conversation("房租贵不贵", "bookshop/q1", "每年都涨。", ("bookshop/q2",))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> Store:
    return Store("sqlite://", clock)


def test_a_conversation_belongs_to_one_person_in_one_chat_and_topic(store: Store) -> None:
    store.converse(ALICE, Conversation("first"))
    store.converse(ALICE, TALK)
    assert store.conversation(ALICE) == TALK
    for other in (Speaker(-100123, 0, 2), Speaker(-100123, 7, 1), Speaker(1, 0, 1)):
        assert store.conversation(other) == Conversation()


def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    before = Store(url)
    before.converse(ALICE, TALK)
    before.set_ambient(-1, True)
    before.missed("天气", "none", "bookshop/q1", 0.06)
    before.is_new("update 1")
    before.close()
    after = Store(url)
    assert after.conversation(ALICE) == TALK
    assert after.chat(-1).ambient
    assert [(m.text, m.outcome, m.nearest, m.score) for m in after.misses()] == [
        ("天气", "none", "bookshop/q1", 0.06)
    ]
    assert not after.is_new("update 1")
    after.close()


def test_an_answer_is_recent_for_a_while_in_its_chat_and_topic(
    store: Store, clock: FakeClock
) -> None:
    sent = Sent(11, 10, "bookshop/q1", "每年都涨。", "https://t.me/c/123/11")
    store.answered(ALICE, sent)
    assert store.recent(-100123, 0, "bookshop/q1", 600) == sent
    assert store.recent(-100123, 5, "bookshop/q1", 600) is None
    assert store.recent(-100124, 0, "bookshop/q1", 600) is None
    assert store.recent(-100123, 0, "bookshop/q2", 600) is None
    clock.advance(601)
    assert store.recent(-100123, 0, "bookshop/q1", 600) is None


def test_answers_are_found_by_their_question_changed_and_forgotten(store: Store) -> None:
    store.answered(ALICE, Sent(11, 10, "bookshop/q1"), TALK)
    store.answered(ALICE, Sent(12, 10, "bookshop/q2"))
    assert [sent.message for sent in store.answers_to(-100123, 10)] == [11, 12]
    assert store.before(-100123, 10) == TALK
    assert store.last_question(ALICE) == 10
    assert store.changed(-100123, Sent(11, 10, "bookshop/q4"), TALK)
    assert not store.changed(-100123, Sent(99, 10, "bookshop/q4"), TALK)
    store.deleted(-100123, 12)
    assert store.answers_to(-100123, 10) == (Sent(11, 10, "bookshop/q4"),)


def test_who_asked_for_a_message_is_known_until_it_is_gone(store: Store) -> None:
    store.answered(ALICE, Sent(11, 10, "bookshop/q1"))
    store.changed(-100123, Sent(11, 11, "bookshop/q2"), TALK)
    assert store.asker(-100123, 11) == ALICE.person
    assert store.asker(-100124, 11) is None
    store.deleted(-100123, 11)
    assert store.asker(-100123, 11) is None


def test_a_groups_settings_follow_it_and_arrive_once(store: Store) -> None:
    store.set_ambient(-5, True)
    store.set_greeted(-100, False)
    store.migrate_chat(-5, -100)
    store.migrate_chat(-5, -100)
    assert store.chat(-100) == ChatState(ambient=True)
    assert store.chat(-5) == ChatState()


def test_a_snooze_ends_by_itself_or_by_word(store: Store, clock: FakeClock) -> None:
    store.snooze(-1, 60)
    assert store.is_snoozed(-1)
    clock.advance(61)
    assert not store.is_snoozed(-1)
    store.snooze(-1, 60)
    store.snooze(-1, 0)
    assert not store.is_snoozed(-1)


def test_what_is_of_no_more_use_is_forgotten_and_misses_are_not(
    store: Store, clock: FakeClock
) -> None:
    store.converse(ALICE, TALK)
    store.answered(ALICE, Sent(11, 10, "bookshop/q1"))
    store.missed("天气", "none", None, 0.0)
    store.is_new("update 1")
    clock.advance(31 * DAY)
    store.tidy()
    assert store.conversation(ALICE) == Conversation()
    assert store.answers_to(-100123, 10) == ()
    assert store.is_new("update 1")
    assert len(store.misses()) == 1


def test_one_opinion_per_person_and_answer(store: Store) -> None:
    store.rate(1, 11, 1, "bookshop/q1", True)
    store.rate(1, 11, 1, "bookshop/q1", False)
    store.rate(1, 11, 2, "bookshop/q1", True)
    assert store.feedback() == {"bookshop/q1": (1, 1)}


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/bot.db", "nonsense://x", "postgresql+nope://x"]
)
def test_a_database_that_cannot_be_opened_is_one_sentence(url: str) -> None:
    with pytest.raises(Unopenable, match=r"^BOT_DATABASE cannot be opened .*set it to"):
        Store(url)


def test_what_was_spoken_of_is_known_by_the_message_that_said_it(store: Store) -> None:
    """So that somebody may reply to an answer long after other ones."""
    store.answered(ALICE, Sent(11, 10, "bookshop/q1"), after=TALK)
    store.answered(ALICE, Sent(12, 10, "bookshop/q2"), after=Conversation("猫"))
    assert store.after(-100123, 11) == TALK
    assert store.after(-100123, 12) == Conversation("猫")
    assert store.after(-100123, 13) is None
    store.changed(-100123, Sent(11, 10, "bookshop/q4"), Conversation("打算"))
    assert store.after(-100123, 11) == Conversation("打算")


def test_what_the_first_release_noted_is_understood(store: Store) -> None:
    """It knew four fields of a conversation, and of an answer only what was before it."""
    four = json.dumps(["房租贵不贵", "bookshop/q1", "每年都涨。", ["bookshop/q2"]])
    store.converse(ALICE, Conversation())
    store.answered(ALICE, Sent(11, 10, "bookshop/q1"))
    with store._engine.begin() as db:
        db.exec_driver_sql("UPDATE conversations SET state = ?", (four,))
        db.exec_driver_sql('UPDATE answers SET "before" = ?', (four,))
    assert store.conversation(ALICE) == TALK
    assert store.before(-100123, 10) == TALK
    assert store.after(-100123, 11) is None
