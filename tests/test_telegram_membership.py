"""Joining and leaving groups, moving to a new id, being silenced."""

from __future__ import annotations

import pytest

from tests.bookshop import RENT
from tests.rim import Rim, shows
from tests.telegram import Chat, FakeClock, Person, World


@pytest.mark.parametrize(
    ("privacy", "admin", "hint"),
    [
        (True, False, True),
        (True, True, False),
        (False, False, False),
    ],
)
def test_on_joining_one_message_says_how_to_ask_and_what_privacy_mode_keeps_away(
    privacy: bool, admin: bool, hint: bool
) -> None:
    world = World(clock=FakeClock(), privacy=privacy)
    boss = world.user("Boss")
    group = world.supergroup("书友", members=[boss], bot=False)
    with Rim(world) as bot:
        boss.adds_bot(group, admin=admin)
        bot.catches_up()
        [greeting] = bot.said(group)
        assert "/ask@fangtan_bot" in greeting.text
        assert ("隐私模式" in greeting.text) is hint
        assert ("设为管理员" in greeting.text and "/setprivacy" in greeting.text) is hint


def test_the_greeting_is_in_the_language_of_whoever_added_the_bot() -> None:
    world = World(clock=FakeClock())
    boss = world.user("Boss", language="en")
    group = world.supergroup("Readers", members=[boss], bot=False)
    with Rim(world) as bot:
        boss.adds_bot(group)
        bot.catches_up()
        assert bot.said(group)[0].text.startswith("Hello, I answer questions")


def test_promotion_is_no_second_joining_but_coming_back_is() -> None:
    world = World(clock=FakeClock())
    boss = world.user("Boss")
    group = world.supergroup("书友", members=[boss], bot=False)
    with Rim(world) as bot:
        boss.adds_bot(group)
        boss.promotes_bot(group)
        boss.demotes_bot(group)
        bot.catches_up()
        assert len(bot.said(group)) == 1
        boss.removes_bot(group)
        bot.catches_up()
        assert not bot.chat(group.id).active
        boss.adds_bot(group)
        bot.catches_up()
        assert len(bot.said(group)) == 2
        assert bot.chat(group.id).active


def test_a_link_that_adds_the_bot_to_a_group_gets_one_greeting() -> None:
    world = World(clock=FakeClock())
    boss = world.user("Boss")
    group = world.supergroup("书友", members=[boss], bot=False)
    with Rim(world) as bot:
        boss.opens("https://t.me/fangtan_bot?startgroup=hello", group)
        bot.catches_up()
        [greeting] = bot.said(group)
        assert "/ask@fangtan_bot" in greeting.text


def test_where_it_may_not_write_the_bot_does_not_try_to_greet() -> None:
    world = World(clock=FakeClock())
    boss, alice = world.user("Boss"), world.user("Alice")
    group = world.supergroup("书友", members=[boss, alice])
    with Rim(world) as bot:
        boss.restricts_bot(group)
        bot.catches_up()
        assert not bot.chat(group.id).active
        alice.says(group, "/ask@fangtan_bot 房租贵不贵")
        bot.catches_up()
        assert len(world.called("sendMessage")) == 1, "refused once, not tried again"
        assert [miss.outcome for miss in bot.misses()] == ["unsent"]


def test_a_bot_that_was_thrown_out_stops_writing() -> None:
    world = World(clock=FakeClock(), privacy=False)
    boss, alice = world.user("Boss"), world.user("Alice")
    group = world.supergroup("书友", members=[alice], admins=[boss])
    with Rim(world) as bot:
        alice.says(group, "@fangtan_bot 房租贵不贵")
        boss.removes_bot(group)
        bot.catches_up()
        assert len(world.called("sendMessage")) == 1
        assert not bot.chat(group.id).active


def test_settings_move_along_to_the_supergroup() -> None:
    world = World(clock=FakeClock())
    alice = world.user("Alice")
    group = world.group("小群", members=[alice])
    with Rim(world) as bot:
        alice.says(group, "/settings@fangtan_bot")
        bot.catches_up()
        bot.presses(alice, bot.said(group)[0], "打开主动回答")
        new = alice.upgrades(group)
        bot.catches_up()
        assert bot.chat(new.id).ambient
        assert not bot.chat(group.id).ambient


def test_an_answer_on_its_way_to_a_group_that_moved_follows_it() -> None:
    world = World(clock=FakeClock())
    alice = world.user("Alice")
    group = world.group("小群", members=[alice])
    with Rim(world) as bot:
        bot.notes(lambda memory: memory.set_ambient(group.id, True))
        alice.says(group, "/ask@fangtan_bot 房租贵不贵")
        new = alice.upgrades(group)
        bot.catches_up()
        assert shows(bot.said(new)[0], RENT)
        assert bot.chat(new.id).ambient


def test_in_a_channel_the_bot_says_nothing() -> None:
    world = World(clock=FakeClock())
    boss = world.user("Boss")
    channel = world.channel("频道", [boss], bot=True)
    with Rim(world) as bot:
        boss.posts(channel, "@fangtan_bot 房租贵不贵")
        bot.catches_up()
        assert world.calls == world.called("getMe")


# Groups that were agreed upon


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh-hans", "我只在约定的群里回答，先退出了。"),
        ("zh-hant", "我只在約定的群裡回答，先退出了。"),
        ("en", "I only answer in groups that were agreed upon, so I leave."),
    ],
)
def test_brought_into_a_group_that_was_not_agreed_upon_it_leaves_with_one_sentence(
    world: World, language: str, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    boss = world.user("Boss", language=language)
    group = world.supergroup("别处", members=[boss], bot=False)
    with Rim(world, chats=frozenset({-1})) as bot:
        for times in (1, 2):
            boss.adds_bot(group)
            bot.catches_up()
            assert [message.text for message in bot.said(group)] == [sentence] * times
            assert group.member(world.me).status == "left"
            assert not bot.chat(group.id).active
    assert f"BOT_CHATS does not name: {group.id}" in caplog.text, "an operator learns the id"


@pytest.fixture
def elsewhere(world: World, alice: Person) -> Chat:
    """A group that the bot was in before anybody agreed upon any."""
    return world.supergroup("别处", members=[alice])


def test_where_it_is_already_it_leaves_when_it_is_next_spoken_to(
    world: World, elsewhere: Chat, alice: Person
) -> None:
    with Rim(world, chats=frozenset({-1})) as bot:
        bot.notes(lambda memory: memory.snooze(elsewhere.id, 600))
        for _ in range(3):
            alice.says(elsewhere, "/ask@fangtan_bot 房租贵不贵")
        bot.catches_up()
        [sentence] = bot.said(elsewhere)
        assert "先退出了" in sentence.text
        assert not elsewhere.member(world.me).present
        assert bot.misses() == ()


def test_kept_from_leaving_it_says_so_once_and_answers_nobody(
    world: World, elsewhere: Chat, alice: Person
) -> None:
    world.fail("leaveChat", 500, times=4)
    with Rim(world, chats=frozenset({-1})) as bot:
        for _ in range(3):
            alice.says(elsewhere, "/ask@fangtan_bot 房租贵不贵")
        bot.catches_up()
        assert len(bot.said(elsewhere)) == 1
        assert not elsewhere.member(world.me).present, "it tries again whenever it is spoken to"


def test_where_it_was_agreed_upon_and_in_private_it_answers(
    world: World, elsewhere: Chat, alice: Person
) -> None:
    with Rim(world, chats=frozenset({elsewhere.id})) as bot:
        alice.says(elsewhere, "/ask@fangtan_bot 房租贵不贵")
        assert shows(bot.asked(alice, "房租贵不贵"), RENT)
        assert shows(bot.said(elsewhere)[-1], RENT)
        assert world.called("leaveChat") == []


def test_a_channel_that_was_not_agreed_upon_is_left_without_a_word(world: World) -> None:
    boss = world.user("Boss")
    channel = world.channel("频道", [boss], bot=True)
    with Rim(world, chats=frozenset({-1})) as bot:
        boss.promotes_bot(channel)
        bot.catches_up()
        assert not channel.member(world.me).present
        assert world.called("sendMessage") == []
