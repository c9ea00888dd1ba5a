"""What people get in groups: an answer when the bot is called, and otherwise silence."""

from __future__ import annotations

import pytest

from bot.tg.groups import MOST_A_MINUTE
from bot.words import say
from tests.bookshop import CATS, FUTURE, GUESTS, OFFERING, RENT
from tests.rim import Rim, labels, passes, shows
from tests.telegram import Chat, FakeClock, Person, Styled, World, utf16_len


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    """Privacy mode off, so that everything that is said reaches the bot."""
    return World(privacy=False, clock=clock)


@pytest.fixture
def bob(world: World) -> Person:
    return world.user("Bob")


@pytest.fixture
def boss(world: World) -> Person:
    return world.user("Boss")


@pytest.fixture
def group(world: World, alice: Person, bob: Person, boss: Person) -> Chat:
    return world.supergroup("书友", members=[alice, bob], admins=[boss])


# Being called


@pytest.mark.parametrize(
    "words",
    [
        "/ask@fangtan_bot 房租贵不贵",
        "/ask 房租贵不贵",
        "/ASK@FangTan_Bot 房租贵不贵",
        "@fangtan_bot 房租贵不贵",
        "房租贵不贵 @fangtan_bot",
        "@FANGTAN_BOT 房租贵不贵",
        "🏮🏮 房租贵不贵 @Fangtan_Bot ?",
        "帮我 /ask@fangtan_bot 房租贵不贵",
    ],
)
def test_whoever_calls_gets_the_answer_as_a_reply(
    bot: Rim, group: Chat, alice: Person, words: str
) -> None:
    question = alice.says(group, words)
    bot.catches_up()
    [answer] = bot.said(group)
    assert shows(answer, RENT)
    assert answer.reply_to is question


def test_a_mention_by_name_without_username_calls(
    bot: Rim, world: World, group: Chat, alice: Person
) -> None:
    alice.says(group, [Styled("访谈", "text_mention", user_id=world.me.id), " 房租贵不贵"])
    bot.catches_up()
    assert shows(bot.said(group)[0], RENT)


def test_a_caption_calls_as_well(bot: Rim, group: Chat, alice: Person) -> None:
    alice.sends(group, "photo", "🏮 @fangtan_bot 猫叫什么名字")
    alice.sends(group, "photo", "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    first, second = bot.said(group)
    assert shows(first, CATS)
    assert shows(second, RENT)


def test_a_reply_to_the_bot_calls(bot: Rim, group: Chat, alice: Person, bob: Person) -> None:
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    bob.says(group, "猫叫什么名字", reply_to=bot.said(group)[0])
    bot.catches_up()
    assert shows(bot.said(group)[1], CATS)


@pytest.mark.parametrize("call", ["@fangtan_bot", "/ask", "/ask@fangtan_bot", " @Fangtan_bot "])
def test_a_bare_call_answers_the_message_that_it_replies_to(
    bot: Rim, group: Chat, alice: Person, bob: Person, call: str
) -> None:
    question = alice.says(group, "房租贵不贵")
    bob.says(group, call, reply_to=question)
    bot.catches_up()
    [answer] = bot.said(group)
    assert shows(answer, RENT)
    assert answer.reply_to is question


def test_a_bare_call_that_quotes_answers_what_is_quoted(
    bot: Rim, group: Chat, alice: Person, bob: Person
) -> None:
    said = alice.says(group, "我先去吃饭。猫叫什么名字？房租贵不贵？")
    bob.says(group, "@fangtan_bot", reply_to=said, quote="猫叫什么名字？")
    bot.catches_up()
    assert shows(bot.said(group)[0], CATS)


def test_a_bare_call_alone_says_how_to_ask(bot: Rim, group: Chat, alice: Person) -> None:
    alice.says(group, "@fangtan_bot")
    bot.catches_up()
    assert bot.said(group)[0].text.startswith("把问题写在命令后面，例如：/ask@fangtan_bot 房租")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("房租贵不贵", "nobody was called"),
        ("/ask@other_bot 房租贵不贵", "a command for another bot"),
        ("/nonsense@fangtan_bot 房租贵不贵", "a command that we do not have"),
        ("/weather 房租贵不贵", "somebody else's command"),
        ("@fangtan_bot_fan 房租贵不贵", "a longer name"),
        ("fangtan_bot 房租贵不贵", "a name without @"),
        ("https://t.me/fangtan_bot 房租贵不贵", "a link"),
    ],
)
def test_what_is_not_for_the_bot_is_met_with_silence(
    bot: Rim, group: Chat, alice: Person, words: str, why: str
) -> None:
    alice.says(group, words)
    bot.catches_up()
    assert bot.said(group) == [], why


def test_a_name_inside_code_is_no_call(bot: Rim, group: Chat, alice: Person) -> None:
    alice.says(group, [Styled("@fangtan_bot 房租贵不贵", "code")])
    bot.catches_up()
    assert bot.said(group) == []


def test_edits_forwards_other_bots_and_channel_posts_are_met_with_silence(
    bot: Rim, world: World, group: Chat, alice: Person, boss: Person
) -> None:
    world.bots_see_bots = True
    robot = world.bot("other_bot")
    robot.joins(group)
    robot.says(group, "@fangtan_bot 房租贵不贵")
    alice.says(group, "@fangtan_bot 房租贵不贵", via=robot)
    channel = world.channel("书店频道", [boss], linked=group)
    boss.posts(channel, "@fangtan_bot 房租贵不贵")
    alice.forwards(alice.says(world.private(alice), "@fangtan_bot 房租贵不贵"), group)
    said = alice.says(group, "大家好")
    alice.edits(said, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert bot.said(group) == []


def test_a_command_for_another_bot_in_reply_to_ours_stays_unanswered(
    bot: Rim, group: Chat, alice: Person
) -> None:
    alice.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    alice.says(group, "/next@other_bot", reply_to=bot.said(group)[0])
    bot.catches_up()
    assert len(bot.said(group)) == 1


# What is answered


def test_an_answer_is_compact_and_can_be_deleted(bot: Rim, group: Chat, alice: Person) -> None:
    alice.says(group, "@fangtan_bot 房东是谁")
    bot.catches_up()
    [answer] = bot.said(group)
    assert answer.text.startswith(RENT.facts[1].quote + "\n\n")
    assert answer.text.endswith("\n\n— 林小满 · 2021-04-23")
    assert labels(answer) == ["私聊继续问", "🗑 删除"]


def test_a_far_refusal_is_one_short_line_the_topics_and_a_way_to_private(
    bot: Rim, world: World, group: Chat, alice: Person
) -> None:
    alice.says(group, "@fangtan_bot 今天天气怎么样")
    bot.catches_up()
    [reply] = bot.said(group)
    assert "\n" not in reply.text
    assert labels(reply) == ["房租", "猫", "客人", "打算", "私聊继续问"]
    assert world.deep_link(reply.button("私聊继续问").value) == ("start", "ask")
    bot.presses(alice, reply, "猫")
    assert shows(reply, CATS)


def test_a_near_refusal_quotes_and_leads_to_the_exchange_and_to_private(
    bot: Rim, world: World, group: Chat, alice: Person, bob: Person
) -> None:
    alice.says(group, "@fangtan_bot 猫叫什么名字")
    alice.says(group, "@fangtan_bot 举个例子")
    bot.catches_up()
    near = bot.said(group)[1]
    [passage] = near.marked("bold")
    assert passage in CATS.answer[0]
    assert near.text.endswith(f"\n{passage}\n\n— 林小满 · 2021-04-23")
    assert labels(near) == ["看“猫”这一问", "私聊继续问"]
    bot.presses(bob, near, "看“猫”这一问")
    assert shows(near, CATS)


def test_what_may_be_meant_is_on_offer_in_one_line_as_well(
    bot: Rim, group: Chat, alice: Person
) -> None:
    alice.says(group, "@fangtan_bot 猫和房租哪个贵")
    bot.catches_up()
    [reply] = bot.said(group)
    assert reply.text == "你是不是想问："
    assert labels(reply) == ["房租：房租贵不贵", "私聊继续问"]


@pytest.mark.parametrize("choice", ["2", "第二个", "猫"])
def test_what_is_on_offer_is_chosen_by_replying_to_it(
    world: World, group: Chat, alice: Person, bob: Person, choice: str
) -> None:
    with Rim(world, responder=OFFERING) as bot:
        alice.says(group, "@fangtan_bot 猫和房租哪个贵")
        bot.catches_up()
        [offer] = bot.said(group)
        assert "\n" not in offer.text
        assert [label.partition("：")[0] for label in labels(offer)][:2] == ["房租", "猫"]
        bob.says(group, choice, reply_to=offer)
        bot.catches_up()
        assert shows(bot.said(group)[1], CATS), "an offer is everybody's"


def test_the_question_may_be_gone_before_it_is_answered(
    bot: Rim, group: Chat, alice: Person
) -> None:
    alice.deletes(alice.says(group, "@fangtan_bot 房租贵不贵"))
    bot.catches_up()
    assert shows(bot.said(group)[0], RENT)


def test_a_long_answer_turns_its_pages_in_place(bot: Rim, group: Chat, alice: Person) -> None:
    alice.says(group, "@fangtan_bot 讲讲客人的故事")
    bot.catches_up()
    [answer] = bot.said(group)
    pages = answer.marked("expandable_blockquote")
    while "›" in labels(answer):
        bot.presses(alice, answer, "›")
        assert utf16_len(answer.text) <= 4096
        pages += answer.marked("expandable_blockquote")
    assert "".join(pages) == "\n".join(GUESTS.answer)
    assert "🗑 删除" in labels(answer)


def test_the_same_answer_within_ten_minutes_is_a_link_to_the_first(
    bot: Rim, clock: FakeClock, group: Chat, alice: Person, bob: Person, boss: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    clock.advance(590)
    bob.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    first, second = bot.said(group)
    assert second.text == "刚刚回答过 ⤴"
    [link] = second.entities
    assert link.url == f"https://t.me/c/{str(group.id)[4:]}/{first.id}"
    clock.advance(590)
    boss.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert shows(bot.said(group)[2], RENT), "a link is no answer that could be linked to"


def test_in_a_public_group_the_link_is_one_that_everybody_can_follow(
    bot: Rim, world: World, alice: Person
) -> None:
    group = world.supergroup("书友", members=[alice], username="shu_you")
    for _ in range(2):
        alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    first, second = bot.said(group)
    assert [entity.url for entity in second.entities] == [f"https://t.me/shu_you/{first.id}"]


def test_what_a_button_showed_counts_as_answered(
    bot: Rim, group: Chat, alice: Person, bob: Person
) -> None:
    alice.says(group, "/questions@fangtan_bot")
    bot.catches_up()
    [listing] = bot.said(group)
    bot.presses(alice, listing, CATS.question)
    bob.says(group, "@fangtan_bot 猫叫什么名字")
    bot.catches_up()
    second = bot.said(group)[1]
    assert not second.marked("expandable_blockquote")
    assert second.entities[-1].url == f"https://t.me/c/{str(group.id)[4:]}/{listing.id}"


def test_another_fact_of_the_same_answer_is_told_beside_the_link(
    bot: Rim, group: Chat, alice: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵")
    alice.says(group, "@fangtan_bot 房东是谁")
    bot.catches_up()
    second = bot.said(group)[1]
    assert second.marked("bold") == [RENT.facts[1].quote]
    assert not second.marked("expandable_blockquote")


def test_in_a_basic_group_which_has_no_links_the_first_answer_is_replied_to(
    bot: Rim, world: World, alice: Person
) -> None:
    group = world.group("小群", members=[alice])
    alice.says(group, "@fangtan_bot 房租贵不贵")
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    first, second = bot.said(group)
    assert second.text == "刚刚回答过 ⤴"
    assert second.reply_to is first


def test_an_answer_that_was_deleted_is_given_again(
    bot: Rim, group: Chat, alice: Person, bob: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    bot.presses(alice, bot.said(group)[0], "🗑 删除")
    bob.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    [again] = bot.said(group)
    assert shows(again, RENT)
    bot.presses(bob, again, "🗑 删除")
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    [again] = bot.said(group)
    assert passes(again, RENT), "she has seen it; the button shows it once more"
    bot.presses(bob, again, "全文")
    assert shows(again, RENT)
    assert bot.presses(alice, again, "🗑 删除") == "已删除", "it is still hers"


def test_several_questions_get_a_reply_each(bot: Rim, group: Chat, alice: Person) -> None:
    asked = alice.says(group, "@fangtan_bot 房租贵不贵？猫叫什么名字？今天天气怎么样？打算呢？")
    bot.catches_up()
    first, second, third = bot.said(group)
    assert shows(first, RENT) and shows(second, CATS)
    assert "没有谈到" in third.text
    assert {message.reply_to for message in bot.said(group)} == {asked}


def test_a_reply_to_an_older_answer_is_about_it_whoever_asked(
    bot: Rim, group: Chat, alice: Person, bob: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵？猫叫什么名字？以后有什么打算？")
    bot.catches_up()
    bob.says(group, "下一个", reply_to=bot.said(group)[1])
    bot.catches_up()
    assert shows(bot.said(group)[-1], GUESTS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/ask@fangtan_bot 房租贵不贵", "/ask@fangtan_bot 猫叫什么名字"),
        ("@fangtan_bot 房租贵不贵", "@fangtan_bot 猫叫什么名字"),
        ("@fangtan_bot 房租贵不贵", "/ask@fangtan_bot 猫叫什么名字"),
        ("/ask@fangtan_bot 房租贵不贵", "猫叫什么名字 @fangtan_bot"),
    ],
)
def test_an_edited_question_changes_its_answer(
    bot: Rim, group: Chat, alice: Person, before: str, after: str
) -> None:
    question = alice.says(group, before)
    bot.catches_up()
    alice.edits(question, after)
    bot.catches_up()
    [answer] = bot.said(group)
    assert shows(answer, CATS)
    alice.says(group, "@fangtan_bot 下一个")
    bot.catches_up()
    assert shows(bot.said(group)[-1], GUESTS)


def test_an_edited_reply_to_the_bot_changes_its_answer_too(
    bot: Rim, group: Chat, alice: Person, bob: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    reply = bob.says(group, "猫叫什么名字", reply_to=bot.said(group)[0])
    bot.catches_up()
    bob.edits(reply, "下一个")
    bot.catches_up()
    first, second = bot.said(group)
    assert shows(first, RENT)
    assert shows(second, CATS), "the one after what it replies to"
    bob.edits(reply, "以后有什么打算")
    bot.catches_up()
    assert shows(bot.said(group)[1], FUTURE)


def test_only_the_asker_and_admins_delete(
    bot: Rim, group: Chat, alice: Person, bob: Person, boss: Person
) -> None:
    alice.says(group, "@fangtan_bot 房租贵不贵")
    alice.says(group, "@fangtan_bot 猫叫什么名字")
    bot.catches_up()
    first, second = bot.said(group)
    assert bot.presses(bob, first, "🗑 删除") == "只有提问的人和管理员可以删除"
    assert not first.deleted
    assert bot.presses(alice, first, "🗑 删除") == "已删除"
    assert bot.presses(boss, second, "🗑 删除") == "已删除"
    assert first.deleted
    assert second.deleted


def test_context_stays_with_the_person_and_the_topic(
    bot: Rim, world: World, alice: Person, bob: Person
) -> None:
    forum = world.supergroup("论坛", members=[alice, bob], forum=True)
    one, two = alice.opens_topic(forum, "一"), alice.opens_topic(forum, "二")
    alice.says(forum, "@fangtan_bot 猫叫什么名字", topic=one)
    alice.says(forum, "@fangtan_bot 下一个", topic=one)
    alice.says(forum, "@fangtan_bot 下一个", topic=two)
    bob.says(forum, "@fangtan_bot 下一个", topic=one)
    bot.catches_up()
    first, after, elsewhere, others = bot.said(forum)
    assert [m.thread for m in (first, after, elsewhere, others)] == [one.id, one.id, two.id, one.id]
    assert shows(after, GUESTS)
    assert not shows(elsewhere, GUESTS)
    assert not shows(others, GUESTS)


def test_the_first_message_of_a_topic_is_no_message_of_ours(
    bot: Rim, world: World, alice: Person
) -> None:
    forum = world.supergroup("论坛", members=[alice], forum=True)
    topic = alice.opens_topic(forum, "一")
    alice.says(forum, "房租贵不贵", topic=topic)
    alice.says(forum, "/ask", topic=topic)
    bot.catches_up()
    [usage] = bot.said(forum)
    assert usage.thread == topic.id


def test_the_same_answer_in_another_topic_is_given_there(
    bot: Rim, world: World, alice: Person
) -> None:
    forum = world.supergroup("论坛", members=[alice], forum=True)
    for name in ("一", "二"):
        alice.says(forum, "@fangtan_bot 房租贵不贵", topic=alice.opens_topic(forum, name))
    bot.catches_up()
    assert [shows(answer, RENT) for answer in bot.said(forum)] == [True, True]


def test_anonymous_admins_and_channels_ask_like_anybody(
    bot: Rim, world: World, group: Chat, boss: Person
) -> None:
    channel = world.channel("频道", [boss])
    boss.says_anonymously(group, "@fangtan_bot 房租贵不贵")
    boss.says_as(channel, group, "@fangtan_bot 猫叫什么名字")
    bot.catches_up()
    first, second = bot.said(group)
    assert shows(first, RENT)
    assert shows(second, CATS)
    assert bot.presses(boss, first, "🗑 删除") == "已删除"


def test_in_privacy_mode_commands_and_replies_reach_the_bot() -> None:
    world = World(clock=FakeClock())
    alice = world.user("Alice")
    group = world.supergroup("书友", members=[alice])
    with Rim(world) as bot:
        alice.says(group, "@fangtan_bot 房租贵不贵")
        bot.catches_up()
        assert bot.said(group) == []
        alice.says(group, "/ask@fangtan_bot 房租贵不贵")
        bot.catches_up()
        alice.says(group, "猫叫什么名字", reply_to=bot.said(group)[0])
        bot.catches_up()
        assert shows(bot.said(group)[1], CATS)


# What admins set


def test_an_admin_lets_the_bot_answer_unasked_when_it_is_sure(
    bot: Rim, group: Chat, alice: Person, boss: Person
) -> None:
    boss.says(group, "/settings@fangtan_bot")
    bot.catches_up()
    [panel] = bot.said(group)
    assert bot.presses(alice, panel, "打开主动回答") == "只有群管理员可以设置"
    bot.presses(boss, panel, "打开主动回答")
    assert "现在：开" in panel.text
    asked = alice.says(group, RENT.question)
    alice.says(group, RENT.question)
    alice.says(group, "今天天气怎么样")
    alice.says(group, "还有呢")
    alice.says(group, "第二个问题呢")
    bot.catches_up()
    assert [m.reply_to for m in bot.said(group)[1:]] == [asked]
    bot.presses(boss, panel, "关闭主动回答")
    alice.says(group, CATS.question)
    bot.catches_up()
    assert len(bot.said(group)) == 2


@pytest.mark.parametrize(
    ("privacy", "admin", "warned"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
@pytest.mark.parametrize(
    ("language", "on", "off", "warning", "how"),
    [
        ("zh-hans", "打开主动回答", "关闭主动回答", "隐私模式开着", "/setprivacy"),
        ("zh-hant", "開啟主動回答", "關閉主動回答", "隱私模式開著", "/setprivacy"),
        ("en", "Answer unasked", "Answer only when asked", "privacy mode is on", "/setprivacy"),
    ],
)
def test_where_privacy_mode_makes_answering_unasked_an_empty_promise_the_panel_says_so(
    privacy: bool,
    admin: bool,
    warned: bool,
    language: str,
    on: str,
    off: str,
    warning: str,
    how: str,
) -> None:
    world = World(privacy=privacy, clock=FakeClock())
    boss = world.user("Boss", language=language)
    group = world.supergroup("书友", members=[], admins=[boss], bot_is_admin=admin)
    with Rim(world) as bot:
        boss.says(group, "/settings@fangtan_bot")
        bot.catches_up()
        [panel] = bot.said(group)
        assert warning not in panel.text, "nothing is promised yet"
        bot.presses(boss, panel, on)
        assert (warning in panel.text, how in panel.text) == (warned, warned)
        boss.says(group, "/settings@fangtan_bot")
        bot.catches_up()
        assert (warning in bot.said(group)[-1].text) is warned
        bot.presses(boss, panel, off)
        assert warning not in panel.text


def test_settings_are_for_admins_anonymous_ones_included(
    bot: Rim, group: Chat, alice: Person, boss: Person
) -> None:
    alice.says(group, "/settings@fangtan_bot")
    boss.says_anonymously(group, "/settings@fangtan_bot")
    bot.catches_up()
    refusal, panel = bot.said(group)
    assert refusal.text == "只有群管理员可以设置"
    bot.presses(boss, panel, "打开主动回答")
    assert bot.chat(group.id).ambient


def test_who_is_no_admin_any_more_sets_nothing(
    bot: Rim, group: Chat, alice: Person, boss: Person
) -> None:
    boss.promotes(alice, group)
    alice.says(group, "/settings@fangtan_bot")
    bot.catches_up()
    [panel] = bot.said(group)
    bot.presses(alice, panel, "打开主动回答")
    boss.demotes(alice, group)
    assert bot.presses(alice, panel, "关闭主动回答") == "只有群管理员可以设置"
    assert bot.chat(group.id).ambient


def test_who_runs_the_bot_may_set_what_admins_may(world: World, group: Chat, bob: Person) -> None:
    with Rim(world, operators=frozenset({bob.id})) as bot:
        bob.says(group, "/settings@fangtan_bot")
        bot.catches_up()
        bot.presses(bob, bot.said(group)[0], "打开主动回答")
        assert bot.chat(group.id).ambient


def test_a_snoozed_bot_is_silent_until_it_is_called_back_or_time_is_up(
    bot: Rim, clock: FakeClock, group: Chat, alice: Person, boss: Person
) -> None:
    alice.says(group, "/snooze@fangtan_bot 60")
    boss.says(group, "/snooze@fangtan_bot 60")
    alice.says(group, "@fangtan_bot 房租贵不贵")
    alice.says(group, "/help@fangtan_bot")
    alice.says(group, "/resume@fangtan_bot")
    bot.catches_up()
    assert len(bot.said(group)) == 2
    boss.says(group, "/resume@fangtan_bot")
    alice.says(group, "@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert shows(bot.said(group)[-1], RENT)
    boss.says(group, "/snooze 1")
    bot.catches_up()
    clock.advance(61)
    alice.says(group, "@fangtan_bot 猫叫什么名字")
    bot.catches_up()
    assert shows(bot.said(group)[-1], CATS)


@pytest.mark.parametrize("minutes", ["0", "-5", "soon", "99999", "1e3"])
def test_a_snooze_needs_minutes(bot: Rim, group: Chat, boss: Person, minutes: str) -> None:
    boss.says(group, f"/snooze@fangtan_bot {minutes}")
    bot.catches_up()
    assert bot.said(group)[0].text.startswith("写上分钟数")
    assert not bot.is_snoozed(group.id)


def test_in_private_there_is_nothing_to_set(bot: Rim, alice: Person) -> None:
    for command in ("/settings", "/snooze 5", "/resume"):
        assert bot.asked(alice, command).text == "这个命令只在群里用。"


def test_the_commands_work_in_groups(bot: Rim, group: Chat, alice: Person) -> None:
    for command in ("help", "questions", "about", "privacy", "start"):
        alice.says(group, f"/{command}@fangtan_bot")
    bot.catches_up()
    assert len(bot.said(group)) == 5
    listing = bot.said(group)[1]
    bot.presses(alice, listing, CATS.question)
    assert shows(listing, CATS)


def test_one_person_does_not_get_all_of_a_groups_minute(
    bot: Rim, alice: Person, bob: Person, group: Chat
) -> None:
    questions = ("房租贵不贵", "猫叫什么名字", "以后有什么打算", "讲讲客人的故事")
    for n in range(MOST_A_MINUTE + 5):
        alice.says(group, f"/ask@fangtan_bot {questions[n % len(questions)]}")
    bob.says(group, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    said = bot.said(group)
    told = [message for message in said if message.text == say("flooded")]
    assert len(told) == 1
    assert len(said) == MOST_A_MINUTE + 1 + 1
    assert said[-1].reply_to and said[-1].reply_to.sender == bob.user
