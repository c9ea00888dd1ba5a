"""The fake Telegram itself under test, by the real Bot and Application, in-process and by HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
    TelegramObject,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import Application, ApplicationBuilder, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.telegram import (
    TOKEN,
    Chat,
    FakeClock,
    FakeRequest,
    FloodLimits,
    HttpDoor,
    Person,
    Styled,
    World,
    call,
    deliver,
)
from tests.telegram import text as server_text
from tests.telegram.model import Json
from tests.telegram.world import LONGEST_WAIT

pytestmark = pytest.mark.asyncio


@pytest.fixture
def world() -> World:
    return World(clock=FakeClock())


@pytest.fixture
def alice(world: World) -> Person:
    return world.user("Alice")


@pytest.fixture
def bob(world: World) -> Person:
    return world.user("Bob", username="bob_the_admin")


@pytest.fixture
def chat(world: World, alice: Person) -> Chat:
    return world.private(alice)


@pytest.fixture
def group(world: World, alice: Person, bob: Person) -> Chat:
    return world.supergroup("群", members=[alice, bob], admins=[bob])


@pytest_asyncio.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, request=FakeRequest(world), get_updates_request=FakeRequest(world)) as it:
        yield it


@pytest.fixture
def door(world: World) -> Iterator[HttpDoor]:
    with HttpDoor(world) as it:
        yield it


def http_bot(door: HttpDoor, token: str = TOKEN) -> Bot:
    return Bot(token, base_url=door.url + "/bot", request=HTTPXRequest(read_timeout=LONGEST_WAIT))


def echo(world: World) -> Application[Any, Any, Any, Any, Any, Any]:
    async def answer(update: Update, context: object) -> None:
        assert update.effective_message
        await update.effective_message.reply_text(f"您说：{update.effective_message.text}")

    builder = ApplicationBuilder().request(FakeRequest(world)).token(TOKEN)
    application = builder.get_updates_request(FakeRequest(world)).build()
    application.add_handler(MessageHandler(filters.TEXT & filters.UpdateType.MESSAGE, answer))
    return application


def keys(*rows: dict[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(t, callback_data=d) for t, d in row.items()] for row in rows]
    )


def refused(why: str) -> pytest.RaisesExc[BadRequest]:
    """PTB makes the first letter of Telegram's reason a capital."""
    return pytest.raises(BadRequest, match=re.compile(re.escape(why), re.IGNORECASE))


def unknown(read: object) -> list[str]:
    """The fields that no object of PTB's has a place for, however deep they lie."""
    if isinstance(read, list | tuple):
        return [name for one in read for name in unknown(one)]
    if not isinstance(read, TelegramObject):
        return []
    inside = [unknown(getattr(read, name)) for name in read._get_attrs_names(include_private=False)]
    return [*read.api_kwargs, *(name for names in inside for name in names)]


def kinds(world: World) -> list[str]:
    return [next(name for name in update if name != "update_id") for update in world.take()]


# In this process


async def test_application_answers_in_a_private_chat(
    world: World, alice: Person, chat: Chat
) -> None:
    async with echo(world) as application:
        asked = alice.says(chat, "治庸有阻力吗")

        async def handle(update: Json) -> None:
            await application.process_update(Update.de_json(update, application.bot))

        assert await deliver(world, handle) == 1
    assert [m.text for m in chat.seen_by(alice)] == ["治庸有阻力吗", "您说：治庸有阻力吗"]
    assert world.sent[0].sender == world.me
    assert asked.sender == alice.user


async def happens(world: World, what: Callable[[], Any]) -> None:
    """Wait for it while this event loop goes on."""
    await asyncio.to_thread(world.wait_for, what)


async def test_application_polls_through_the_fake_request(
    world: World, alice: Person, chat: Chat
) -> None:
    async with echo(world) as application:
        assert application.updater
        await application.updater.start_polling()
        await application.start()
        alice.says(chat, "一")
        await happens(world, lambda: len(world.sent) == 1)
        alice.says(chat, "二")
        await happens(world, lambda: len(world.sent) == 2)
        await application.updater.stop()
        await application.stop()
    assert [m.text for m in world.sent] == ["您说：一", "您说：二"]


async def test_ptb_reads_every_kind_of_object_that_the_fake_writes(
    world: World, alice: Person, bob: Person, group: Chat, bot: Bot
) -> None:
    bob.promotes_bot(group)
    bob.restricts_bot(group)
    bob.promotes_bot(group)
    for media in ("photo", "voice", "sticker", "document", "video", "location"):
        alice.sends(group, media)
    photo = alice.sends(group, "photo", "图")
    alice.edits(photo, "新图")
    alice.forwards(photo, world.private(alice))
    alice.joins(group)
    alice.leaves(group)
    bob.removes_bot(group)
    updates = Update.de_list(world.take(), bot)
    assert len(updates) == 15
    bob.adds_bot(group, admin=True)
    members = [await bot.get_chat_member(group.id, who.id) for who in (bob, alice)]
    assert [member.status for member in members] == ["creator", "left"]
    me = await bot.get_me()
    assert unknown((*updates, *members, me)) == []
    assert me.supports_guest_queries
    assert not me.can_read_all_group_messages


async def test_what_the_fake_does_not_have_is_said_and_never_guessed(
    world: World, bot: Bot, chat: Chat
) -> None:
    def lacks(what: str) -> pytest.RaisesExc[NetworkError]:
        return pytest.raises(NetworkError, match=f"does not model {what}")

    with lacks("the method sendChatAction"):
        await bot.send_chat_action(chat.id, "typing")
    with lacks('sendMessage\'s parameter "parse_mode"'):
        await bot.send_message(chat.id, "<b>x</b>", parse_mode="HTML")
    with lacks('sendMessage\'s parameter "colour"'):
        await bot.send_message(chat.id, "x", api_kwargs={"colour": "red"})
    with lacks('the field "force_reply" of reply markup'):
        await bot.send_message(chat.id, "x", reply_markup=ForceReply())
    assert len(world.unmodelled()) == len(world.calls) - len(world.called("getMe")) == 4
    assert world.sent == []


async def test_who_leaves_is_gone_and_told_so(world: World, bot: Bot, alice: Person) -> None:
    group = world.supergroup("群", members=[alice])
    channel = world.channel("频道", [alice], bot=True)
    for left in (group, channel):
        assert await bot.leave_chat(left.id)
        assert left.member(world.me).status == "left"
    changes = [update["my_chat_member"] for update in world.take()]
    assert [change["chat"]["id"] for change in changes] == [group.id, channel.id]
    assert {change["from"]["id"] for change in changes} == {world.me.id}
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.leave_chat(group.id)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.leave_chat(-1)


# Texts

TEXTS = [
    ("", "message text is empty"),
    (" \n ", "text must be non-empty"),
    ("\u202a\u3000", "text must be non-empty"),
    ("好" * 4097, "message is too long"),
    ("😀" * 2049, "message is too long"),  # two UTF-16 units each
    ("好" * 11000, "text is too long"),  # over 32768 bytes
]


@pytest.mark.parametrize(("text", "why"), TEXTS)
async def test_unfit_texts_are_refused(bot: Bot, chat: Chat, text: str, why: str) -> None:
    with refused(why):
        await bot.send_message(chat.id, text)


async def test_texts_at_the_limit_are_kept_and_trimmed(bot: Bot, chat: Chat) -> None:
    assert len((await bot.send_message(chat.id, "😀" * 2048)).text or "") == 2048
    assert (await bot.send_message(chat.id, " \n a\tb\r\n ")).text == "a b"


ENTITIES = [
    (MessageEntity("bold", 0, 4), "ends after the end of the text at UTF-16 offset 4"),
    (MessageEntity("bold", 5, 1), "entity begins after the end of the text at UTF-16 offset 5"),
    (MessageEntity("bold", 1, 2), "entity begins in a middle of a UTF-16 symbol at byte offset 4"),
    (MessageEntity("bold", 0, 1), "ends in a middle of a UTF-16 symbol at byte offset 4"),
    (MessageEntity("bold", -1, 1), "incorrect offset -1"),
    (MessageEntity("fancy", 0, 2), "Unsupported type specified"),
]


@pytest.mark.parametrize(("entity", "why"), ENTITIES)
async def test_unsound_entities_are_refused(
    bot: Bot, chat: Chat, entity: MessageEntity, why: str
) -> None:
    with refused(why):
        await bot.send_message(chat.id, "😀a", entities=[entity])


async def test_entities_move_with_the_trimmed_text_and_found_ones_are_added(
    bot: Bot, chat: Chat
) -> None:
    sent = await bot.send_message(chat.id, "\n😀治庸 /help", entities=[MessageEntity("bold", 3, 2)])
    assert [(e.type, sent.parse_entity(e)) for e in sent.entities] == [
        ("bold", "治庸"),
        ("bot_command", "/help"),
    ]


FOUND = [
    ("/ask@fangtan_bot 治庸", [("bot_command", "/ask@fangtan_bot")]),
    ("😀 @Fangtan_Bot 好", [("mention", "@Fangtan_Bot")]),
    ("你好@fangtan_bot", []),  # a letter before it
    ("@fangtan_bot治庸", []),  # a letter after it
    ("/ask治庸", []),
    ("＠fangtan_bot ／ask", []),  # full-width signs
    ("，@fangtan_bot。", [("mention", "@fangtan_bot")]),
    ("a@b.com", [("email", "a@b.com")]),
    ("看https://a.cn/x，", [("url", "https://a.cn/x，")]),
    ("#治庸 #1", [("hashtag", "#治庸")]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
async def test_the_server_finds_entities_by_itself(
    text: str, expected: list[tuple[str, str]]
) -> None:
    found = server_text.receive(text)
    assert [(e.type, found.part(e)) for e in found.entities] == expected


async def test_people_format_what_they_type(world: World, alice: Person, bob: Person) -> None:
    group = world.supergroup("群", [alice, bob])
    mention = Styled("鲍勃", "text_mention", user_id=bob.id)
    message = alice.says(group, [mention, " 看 ", Styled("@fangtan_bot", "code")])
    assert [e.type for e in message.entities] == ["text_mention", "code"]
    assert not world.mentioned(message)


# Replies and quotes


async def test_quotes_must_stand_in_the_message(world: World, alice: Person, chat: Chat) -> None:
    asked = alice.says(chat, ["治庸有", Styled("阻力", "bold"), "吗"])
    found = server_text.find_quote
    assert found(asked.content, server_text.typed([Styled("阻力", "bold")])) == 3
    for quote in ("助力", "阻力"):  # another word; the word without its style
        with pytest.raises(ValueError, match="does not stand in"):
            alice.says(chat, "真的吗", reply_to=asked, quote=quote)
    alice.says(chat, "真的吗", reply_to=asked, quote="治庸")
    quoted = world.take()[-1]["message"]["quote"]
    assert quoted == {"text": "治庸", "position": 0, "is_manual": True}


async def test_a_reply_carries_the_message_that_it_replies_to_as_it_stands_now(
    world: World, alice: Person, group: Chat, bot: Bot
) -> None:
    alice.says(group, "/ask@fangtan_bot 治庸有阻力吗")
    bold = [MessageEntity("bold", 0, 1)]
    markup = keys({"下一问": "next"})
    sent = await bot.send_message(group.id, "有的", entities=bold, reply_markup=markup)
    world.take()
    alice.says(group, "还有呢", reply_to=world.sent[0])
    original = Update.de_json(world.take()[0], bot).message.reply_to_message
    assert original == sent
    assert (original.text, original.reply_markup) == ("有的", markup)
    assert (original.parse_entities(), original.from_user) == ({bold[0]: "有"}, sent.from_user)
    await bot.edit_message_text("没有了", group.id, sent.message_id)
    alice.says(group, "真的吗", reply_to=world.sent[0])
    original = Update.de_json(world.take()[0], bot).message.reply_to_message
    assert (original.text, original.reply_markup, original.entities) == ("没有了", None, ())


async def test_no_reply_is_carried_along_twice(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    first = alice.says(chat, "一")
    second = alice.says(chat, "二", reply_to=first)
    alice.says(chat, "三", reply_to=second)
    carried = world.take()[-1]["message"]["reply_to_message"]
    assert carried["text"] == "二"
    assert "reply_to_message" not in carried


async def test_replies_to_deleted_messages_fail_unless_allowed(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    asked = alice.says(chat, "问")
    alice.deletes(asked)
    with refused("message to be replied not found"):
        await bot.send_message(chat.id, "答", reply_to_message_id=asked.id)
    await bot.send_message(
        chat.id, "答", reply_to_message_id=asked.id, allow_sending_without_reply=True
    )
    assert world.sent[0].reply_to is None


# Buttons


@pytest.mark.parametrize(
    ("data", "fits"), [("好" * 21, True), ("好" * 22, False), ("x" * 64, True), ("x" * 65, False)]
)
async def test_callback_data_is_measured_in_bytes(
    bot: Bot, chat: Chat, data: str, fits: bool
) -> None:
    sending = bot.send_message(chat.id, "选", reply_markup=keys({"这个": data}))
    if fits:
        await sending
    else:
        with refused("BUTTON_DATA_INVALID"):
            await sending


async def test_a_press_is_answered_once_and_in_time(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    await bot.send_message(chat.id, "选", reply_markup=keys({"甲": "a"}, {"乙": "b"}))
    press = alice.presses(world.sent[0], "乙")
    query = Update.de_json(world.take()[0], bot).callback_query
    assert query
    assert query.data == "b"
    assert isinstance(query.message, Message)
    await query.answer("好")
    assert press.toast == "好"
    with refused("query is too old"):
        await query.answer()
    late = alice.presses(world.sent[0], "甲")
    assert isinstance(world.clock, FakeClock)
    world.clock.advance(60)
    with refused("query is too old"):
        await bot.answer_callback_query(late.id)
    assert late.answer is None
    with pytest.raises(LookupError):
        alice.presses(world.sent[0], "丙")


async def test_a_forged_press_brings_data_that_no_button_has(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    await bot.send_message(chat.id, "选", reply_markup=keys({"甲": "a"}))
    press = alice.forges(world.sent[0], "z")
    query = Update.de_json(world.take()[0], bot).callback_query
    assert query and isinstance(query.message, Message) and query.message.reply_markup
    assert query.data == "z"
    assert query.message.reply_markup.inline_keyboard[0][0].callback_data == "a"
    await query.answer("不")
    assert press.toast == "不"


async def test_buttons_have_the_colours_that_there_are(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    for style in ("primary", "danger", "success"):
        key = InlineKeyboardButton("键", callback_data="k", style=style)
        sent = await bot.send_message(chat.id, "选", reply_markup=InlineKeyboardMarkup([[key]]))
        assert sent.reply_markup == InlineKeyboardMarkup([[key]])
        alice.presses(world.sent[-1], "键")
    odd = InlineKeyboardButton("键", callback_data="k", style="pink")
    with refused("invalid button style specified"):
        await bot.send_message(chat.id, "选", reply_markup=InlineKeyboardMarkup([[odd]]))


@pytest.mark.parametrize("payload", ["治庸", "a" * 65, "a.b"])
async def test_links_with_start_payloads_that_never_arrive_are_refused(
    bot: Bot, chat: Chat, alice: Person, payload: str
) -> None:
    url = f"https://t.me/Fangtan_Bot?start={payload}"
    button = InlineKeyboardMarkup([[InlineKeyboardButton("开", url=url)]])
    with refused("START_PARAM_INVALID"):
        await bot.send_message(chat.id, "看", reply_markup=button)
    with pytest.raises(ValueError, match="start payload"):
        alice.opens(url)


async def test_deep_links_are_followed(world: World, alice: Person, group: Chat, bot: Bot) -> None:
    url = "https://t.me/fangtan_bot?start=xiamen-2014_q1"
    button = InlineKeyboardMarkup([[InlineKeyboardButton("开", url=url)]])
    await bot.send_message(group.id, "看", reply_markup=button)
    with pytest.raises(Forbidden, match="initiate"):
        await bot.send_message(alice.id, "您好")
    alice.presses(world.sent[0], "开")
    await bot.send_message(alice.id, "您好")
    texts = [m.text for m in world.private(alice).seen_by(alice)]
    assert texts == ["/start xiamen-2014_q1", "您好"]


# Editing and deleting


async def test_edits_have_to_change_something(world: World, chat: Chat, bot: Bot) -> None:
    sent = await bot.send_message(chat.id, "甲", reply_markup=keys({"k": "d"}))
    with refused("message is not modified: specified new message"):
        await bot.edit_message_text("甲 ", chat.id, sent.message_id, reply_markup=keys({"k": "d"}))
    await bot.edit_message_text("甲", chat.id, sent.message_id)  # takes the keyboard away
    assert world.sent[0].buttons == []
    await bot.edit_message_text("乙", chat.id, sent.message_id)
    assert [v.text for v in world.sent[0].versions] == ["甲", "甲"]
    await bot.edit_message_text("乙", chat.id, sent.message_id, reply_markup=keys({"k": "e"}))
    assert world.sent[0].button("k").value == "e"


async def test_only_own_and_existing_messages_are_edited(
    chat: Chat, alice: Person, bot: Bot
) -> None:
    hers = alice.says(chat, "问")
    with refused("message can't be edited"):
        await bot.edit_message_text("x", chat.id, hers.id)
    with refused("message to edit not found"):
        await bot.edit_message_text("x", chat.id, 999)
    with refused("MESSAGE_ID_INVALID"):
        await bot.edit_message_text("x", inline_message_id="nonsense")


async def test_messages_are_deleted_for_two_days(
    world: World, chat: Chat, group: Chat, alice: Person, bot: Bot
) -> None:
    old = await bot.send_message(chat.id, "旧")
    assert isinstance(world.clock, FakeClock)
    world.clock.advance(2 * 86400)
    new = await bot.send_message(chat.id, "新")
    hers = alice.says(group, "她的")
    with refused("message can't be deleted"):
        await bot.delete_message(chat.id, old.message_id)
    with refused("message can't be deleted"):
        await bot.delete_message(group.id, hers.id)
    await bot.delete_message(chat.id, new.message_id)
    assert [m.text for m in chat.seen_by(alice)] == ["旧"]
    with refused("message to delete not found"):
        await bot.delete_message(chat.id, new.message_id)


# Who may be written to


async def test_strangers_and_blockers_cannot_be_written_to(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    stranger = world.user("Stranger")
    world.private(stranger, started=False)
    for unknown in (stranger.id, 12345, -100123):
        with refused("chat not found"):
            await bot.send_message(unknown, "x")
    alice.blocks_bot()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(chat.id, "x")
    alice.unblocks_bot()
    await bot.send_message(chat.id, "x")
    assert kinds(world) == ["my_chat_member", "my_chat_member"]


async def test_groups_let_the_bot_write_as_far_as_it_stands_there(
    world: World, bob: Person, group: Chat, bot: Bot
) -> None:
    bob.restricts_bot(group)
    with refused("not enough rights to send text messages"):
        await bot.send_message(group.id, "x")
    bob.removes_bot(group)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group.id, "x")
    bob.adds_bot(group)
    await bot.send_message(group.id, "x")
    assert kinds(world) == ["my_chat_member", "my_chat_member", "my_chat_member", "message"]
    elsewhere = world.supergroup("别处", [bob], bot=False)
    elsewhere.known = True
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(elsewhere.id, "x")


async def test_an_upgraded_group_says_where_it_went(
    world: World, alice: Person, bob: Person, bot: Bot
) -> None:
    old = world.group("小群", [alice, bob])
    new = alice.upgrades(old)
    first, second = Update.de_list(world.take(), bot)
    assert first.message
    assert second.message
    assert first.message.migrate_to_chat_id == new.id
    assert second.message.migrate_from_chat_id == old.id
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(old.id, "x")
    assert moved.value.new_chat_id == new.id
    await bot.send_message(new.id, "x")


# What groups deliver

HEARD = [
    ("/ask@fangtan_bot 治庸", True),
    ("/ask@FANGTAN_BOT 治庸", True),
    ("@fangtan_bot 治庸", False),  # a plain mention is not delivered
    ("/ask@other_bot 治庸", False),
    ("/ask 治庸", False),  # another bot may be meant, until this one speaks
    ("治庸", False),
]


@pytest.mark.parametrize(("text", "heard"), HEARD)
async def test_privacy_mode_lets_few_messages_through(
    world: World, alice: Person, group: Chat, text: str, heard: bool
) -> None:
    alice.says(group, text)
    assert bool(world.take()) is heard


@pytest.mark.parametrize("text", [text for text, _ in HEARD])
async def test_without_privacy_mode_or_as_admin_all_are_heard(
    world: World, alice: Person, bob: Person, text: str
) -> None:
    open_world = World(privacy=False)
    carol = open_world.user("Carol")
    carol.says(open_world.group("群", [carol]), text)
    assert kinds(open_world) == ["message"]
    alice.says(world.supergroup("群", [alice], bot_is_admin=True), text)
    assert kinds(world) == ["message"]


async def test_privacy_mode_changes_only_for_groups_joined_later(
    world: World, alice: Person, bob: Person, group: Chat
) -> None:
    world.privacy = False
    alice.says(group, "治庸")
    assert kinds(world) == []
    bob.removes_bot(group)
    bob.adds_bot(group)
    world.take()
    alice.says(group, "治庸")
    assert kinds(world) == ["message"]


async def test_replies_and_bare_commands_reach_the_bot_that_spoke(
    world: World, alice: Person, bob: Person, group: Chat, bot: Bot
) -> None:
    other = world.bot("other_bot")
    other.joins(group)
    await bot.send_message(group.id, "我在")
    world.take()
    alice.says(group, "那后来呢", reply_to=world.sent[0])
    alice.says(group, "/help")
    assert kinds(world) == ["message", "message"]
    other.says(group, "我也在")
    alice.says(group, "/help")
    alice.sends(group, "photo", "/ask@fangtan_bot 这是谁")
    photo = world.take()
    assert [update["message"]["caption"] for update in photo] == ["/ask@fangtan_bot 这是谁"]


async def test_edits_are_delivered_like_their_messages(
    world: World, alice: Person, group: Chat
) -> None:
    asked = alice.says(group, "有阻力吗")
    message = alice.says(group, "/ask@fangtan_bot 治用", reply_to=asked)
    alice.edits(message, "/ask@fangtan_bot 治庸")
    alice.edits(message, "算了")
    told, edited = world.take()
    changed = {"text": "/ask@fangtan_bot 治庸", "edit_date": world.now()}
    assert edited["edited_message"] == told["message"] | changed


async def test_an_anonymous_admin_edits_and_nobody_else_does(
    world: World, bob: Person, alice: Person, group: Chat
) -> None:
    said = bob.says_anonymously(group, "/ask@fangtan_bot 治用")
    with pytest.raises(ValueError, match="cannot edit"):
        alice.edits(said, "/ask@fangtan_bot 治庸")
    bob.edits(said, "/ask@fangtan_bot 治庸")
    assert kinds(world) == ["message", "edited_message"]


async def test_an_album_is_an_update_for_each_picture_under_one_id(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    asked = alice.says(chat, "看看这些")
    first, _, third = alice.sends_album(chat, ["photo", "video", "photo"], "图", reply_to=asked)
    messages = [update.message for update in Update.de_list(world.take(), bot)][1:]
    assert [message.caption for message in messages] == ["图", None, None]
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.reply_to_message.message_id for message in messages] == [asked.id] * 3
    alice.edits(third, "也有说明")
    assert world.take()[0]["edited_message"]["media_group_id"] == first.album
    files = alice.sends_album(chat, ["document", "document"], "两份")
    assert [file.text for file in files] == ["", "两份"]
    assert files[0].album != first.album
    for odd in (["photo"], ["photo", "sticker"], ["photo", "document"], ["photo"] * 11):
        with pytest.raises(ValueError, match="no client makes an album"):
            alice.sends_album(chat, odd)


async def test_those_who_speak_under_another_name(
    world: World, alice: Person, bob: Person, group: Chat, bot: Bot
) -> None:
    channel = world.channel("频道", admins=[bob], linked=group)
    bob.says_anonymously(group, "/ask@fangtan_bot 一")
    bob.says_as(channel, group, "/ask@fangtan_bot 二")
    bob.posts(channel, "/ask@fangtan_bot 三")
    anonymous, as_channel, forwarded = (
        update.message for update in Update.de_list(world.take(), bot)
    )
    assert anonymous
    assert anonymous.from_user
    assert (anonymous.from_user.id, anonymous.sender_chat) == (1087968824, anonymous.chat)
    assert as_channel
    assert as_channel.from_user
    assert as_channel.sender_chat
    assert (as_channel.from_user.id, as_channel.sender_chat.id) == (136817688, channel.id)
    assert forwarded
    assert forwarded.from_user
    assert (forwarded.from_user.id, forwarded.is_automatic_forward) == (777000, True)
    with pytest.raises(ValueError, match="no administrator"):
        alice.says_anonymously(group, "x")


async def test_messages_via_bots(world: World, alice: Person, group: Chat) -> None:
    other = world.bot("pic_bot")
    alice.says(group, "图", via=other)
    assert kinds(world) == []


# Forums


async def test_topics_of_a_forum(world: World, alice: Person, bob: Person, bot: Bot) -> None:
    forum = world.supergroup("论坛", [alice, bob], admins=[bob], forum=True)
    topic = bob.opens_topic(forum, "访谈")
    asked = alice.says(forum, "/ask@fangtan_bot 治庸", topic=topic)
    message = Update.de_list(world.take(), bot)[1].message
    assert message
    assert message.is_topic_message
    assert message.message_thread_id == topic.id
    assert message.reply_to_message
    assert message.reply_to_message.forum_topic_created
    await message.reply_text("答")
    assert (world.sent[0].reply_to, world.sent[0].thread) == (asked, topic.id)
    await bot.send_message(forum.id, "到大厅里")
    assert world.sent[1].thread is None
    with refused("message thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=777)


@pytest.fixture
def forum(world: World, alice: Person, bob: Person) -> Chat:
    return world.supergroup("编辑部", [alice, bob], admins=[bob], forum=True, bot_is_admin=True)


async def test_a_topic_of_the_bots_is_opened_renamed_closed_reopened_and_deleted(
    world: World, alice: Person, forum: Chat, bot: Bot
) -> None:
    made = await bot.create_forum_topic(forum.id, "治庸")
    topic, thread = forum.topics[made.message_thread_id], made.message_thread_id
    assert (made.name, topic.closed) == ("治庸", False)
    sent = await bot.send_message(forum.id, "卡", message_thread_id=thread)
    alice.says(forum, "我来", reply_to=world.sent[0])
    assert await bot.edit_forum_topic(forum.id, thread, name="治庸（2）")
    assert await bot.close_forum_topic(forum.id, thread)
    assert (topic.name, topic.closed) == ("治庸（2）", True)
    assert await bot.reopen_forum_topic(forum.id, thread)
    assert not topic.closed
    messages = [update.message for update in Update.de_list(world.take(), bot)]
    assert unknown((made, *messages)) == []
    created, hers, edited, closed, reopened = messages
    assert created.forum_topic_created.name == "治庸"
    assert created.from_user.id == world.me.id  # of its own doings in topics a bot is told
    assert hers.message_thread_id == thread
    assert edited.forum_topic_edited.name == "治庸（2）"
    assert closed.forum_topic_closed
    assert reopened.forum_topic_reopened
    assert {message.message_thread_id for message in messages} == {thread}
    with refused("message can't be deleted"):  # what opens a topic goes with it only
        await bot.delete_message(forum.id, thread)
    assert await bot.delete_forum_topic(forum.id, thread)
    assert world.take() == []
    assert forum.seen_by(alice) == []
    with refused("message thread not found"):
        await bot.send_message(forum.id, "卡", message_thread_id=thread)
    with refused("message to edit not found"):
        await bot.edit_message_text("卡", forum.id, sent.message_id)


@pytest.mark.parametrize(
    "act", ["close_forum_topic", "reopen_forum_topic", "edit_forum_topic", "delete_forum_topic"]
)
async def test_what_is_no_topic_is_refused(
    world: World, bob: Person, forum: Chat, bot: Bot, act: str
) -> None:
    topic = bob.opens_topic(forum, "旧")
    with refused("TOPIC_ID_INVALID"):
        await getattr(bot, act)(forum.id, 777)
    with refused("invalid message thread identifier specified"):
        await getattr(bot, act)(forum.id, 0)
    bob.deletes_topic(forum, topic)
    with refused("TOPIC_ID_INVALID"):
        await getattr(bot, act)(forum.id, topic.id)
    with pytest.raises(NetworkError, match="does not model what becomes of the topic General"):
        await getattr(bot, act)(forum.id, 1)
    plain = world.supergroup("群", [bob], bot_is_admin=True)
    with refused("the chat is not a forum"):
        await getattr(bot, act)(plain.id, topic.id)


async def test_closing_the_closed_and_renaming_to_the_same_changes_nothing(
    forum: Chat, bot: Bot
) -> None:
    thread = (await bot.create_forum_topic(forum.id, "治庸")).message_thread_id
    with refused("TOPIC_NOT_MODIFIED"):
        await bot.reopen_forum_topic(forum.id, thread)
    with refused("TOPIC_NOT_MODIFIED"):
        await bot.edit_forum_topic(forum.id, thread, name=" 治庸 ")
    assert await bot.edit_forum_topic(forum.id, thread)  # nothing to change is no error
    await bot.close_forum_topic(forum.id, thread)
    with refused("TOPIC_NOT_MODIFIED"):
        await bot.close_forum_topic(forum.id, thread)


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "title must be non-empty"), (" \n", "title must be non-empty"), ("长" * 129, "at most")],
)
async def test_topics_have_names_that_telegram_shows(
    forum: Chat, bot: Bot, name: str, why: str
) -> None:
    with refused(why):
        await bot.create_forum_topic(forum.id, name)
    assert (await bot.create_forum_topic(forum.id, "长" * 128)).name == "长" * 128


async def test_what_the_bot_may_do_with_topics_is_its_right_or_its_own(
    world: World, alice: Person, bob: Person, forum: Chat, bot: Bot
) -> None:
    own = (await bot.create_forum_topic(forum.id, "自己的")).message_thread_id
    theirs = bob.opens_topic(forum, "别人的").id
    bob.promotes_bot(forum, without=["can_manage_topics", "can_delete_messages"])
    with refused("not enough rights to create a topic"):
        await bot.create_forum_topic(forum.id, "新的")
    for act, why in (("close", "close or open"), ("reopen", "close or open"), ("edit", "edit")):
        with refused(f"not enough rights to {why} the topic"):
            await getattr(bot, f"{act}_forum_topic")(forum.id, theirs)
    with refused("not enough rights to delete the topic"):
        await bot.delete_forum_topic(forum.id, theirs)
    bob.promotes_bot(forum, without=["can_delete_messages"])
    with refused("not enough rights to delete the topic"):
        await bot.delete_forum_topic(forum.id, theirs)
    bob.promotes_bot(forum, without=["can_manage_topics", "can_delete_messages"])
    await bot.edit_forum_topic(forum.id, own, name="还是自己的")
    await bot.close_forum_topic(forum.id, own)
    await bot.delete_forum_topic(forum.id, own)
    plain = world.supergroup("群", [alice], bot_is_admin=True)
    for elsewhere in (plain, world.group("小群", [alice])):
        with refused("the chat is not a forum"):
            await bot.create_forum_topic(elsewhere.id, "新的")


async def test_only_who_manages_topics_writes_in_a_closed_one(
    world: World, alice: Person, bob: Person, forum: Chat, bot: Bot
) -> None:
    topic = bob.opens_topic(forum, "治庸")
    asked = alice.says(forum, "有吗", topic=topic)
    bob.closes_topic(forum, topic)
    await bot.send_message(forum.id, "一", message_thread_id=topic.id)
    bob.says(forum, "二", topic=topic)
    bob.demotes_bot(forum)
    for how in ({"message_thread_id": topic.id}, {"reply_to_message_id": asked.id}):
        with refused("TOPIC_CLOSED"):
            await bot.send_message(forum.id, "三", **how)
    with pytest.raises(ValueError, match="which is closed"):
        alice.says(forum, "四", topic=topic)
    with pytest.raises(ValueError, match="which is closed"):
        alice.says(forum, "四", reply_to=asked)
    await bot.send_message(forum.id, "五")  # in General
    bob.reopens_topic(forum, topic)
    await bot.send_message(forum.id, "六", message_thread_id=topic.id)
    alice.says(forum, "七", topic=topic)
    assert [m.text for m in forum.in_topic(topic) if m.text] == ["有吗", "一", "二", "六", "七"]


async def test_people_handle_topics_as_far_as_they_may(
    world: World, alice: Person, bob: Person, forum: Chat, bot: Bot
) -> None:
    topic = alice.opens_topic(forum, "她的")
    his = bob.opens_topic(forum, "他的")
    world.take()
    alice.closes_topic(forum, topic)
    alice.reopens_topic(forum, topic)
    alice.renames_topic(forum, topic, "新名")
    told = [update.message for update in Update.de_list(world.take(), bot)]
    assert told[0].forum_topic_closed and told[1].forum_topic_reopened
    assert told[2].forum_topic_edited.name == "新名"
    with pytest.raises(ValueError, match="is open"):
        alice.reopens_topic(forum, topic)
    with pytest.raises(ValueError, match="does not manage"):
        alice.closes_topic(forum, his)
    with pytest.raises(ValueError, match="can_delete_messages"):
        alice.deletes_topic(forum, topic)
    bob.deletes_topic(forum, topic)
    assert world.take() == []
    with pytest.raises(ValueError, match="has no"):
        alice.says(forum, "还在吗", topic=topic)


async def test_a_forum_becomes_a_plain_group_and_a_forum_again(
    world: World, alice: Person, bob: Person, forum: Chat, bot: Bot
) -> None:
    topic = bob.opens_topic(forum, "治庸")
    assert (await bot.get_chat(forum.id)).is_forum
    bob.turns_topics(forum, on=False)
    world.take()
    assert not (await bot.get_chat(forum.id)).is_forum
    with refused("the chat is not a forum"):
        await bot.create_forum_topic(forum.id, "新的")
    await bot.send_message(forum.id, "到哪里", message_thread_id=topic.id)
    assert world.sent[-1].thread is None
    alice.says(forum, "/ask@fangtan_bot 一")
    assert not Update.de_list(world.take(), bot)[0].message.chat.is_forum
    bob.turns_topics(forum, on=True)
    await bot.send_message(forum.id, "到那里", message_thread_id=topic.id)
    assert world.sent[-1].thread == topic.id
    with pytest.raises(ValueError, match="can_change_info"):
        alice.turns_topics(forum, on=False)
    small = world.group("小群", [alice, bob])
    with pytest.raises(ValueError, match="cannot be switched"):
        alice.turns_topics(small, on=True)
    alice.turns_topics(alice.upgrades(small), on=True)


async def test_topics_count_as_messages_where_floods_are_limited(
    world: World, forum: Chat, bot: Bot
) -> None:
    world.flood = FloodLimits()
    for number in range(20):
        await bot.create_forum_topic(forum.id, f"案 {number}")
    with pytest.raises(RetryAfter):
        await bot.create_forum_topic(forum.id, "案 20")


async def test_a_chat_says_what_it_is(
    world: World, alice: Person, group: Chat, forum: Chat, chat: Chat, bot: Bot
) -> None:
    found = [await bot.get_chat(one.id) for one in (group, forum, chat)]
    assert [one.type for one in found] == ["supergroup", "supergroup", "private"]
    assert [one.is_forum for one in found] == [None, True, None]
    assert unknown(found) == []
    with refused("chat not found"):
        await bot.get_chat(-100123)
    private = world.supergroup("别处", [alice], bot=False)
    private.known = True
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.get_chat(private.id)
    with pytest.raises(NetworkError, match="does not model the chat with who has not started"):
        await bot.get_chat(world.user("Carol").id)


# Who stands how in a group


async def test_every_standing_of_a_member_can_be_asked_for(
    world: World, alice: Person, bob: Person, bot: Bot
) -> None:
    names = ("管理员", "禁言者", "走了的禁言者", "离开者", "被踢者")
    admin, mute, gone, left, thrown = map(world.user, names)
    group = world.supergroup("群", [alice, admin, mute, gone, left, thrown], admins=[bob])
    stranger = world.user("路人")
    bob.promotes(admin, group)
    bob.restricts(mute, group)
    bob.restricts(gone, group)
    gone.leaves(group)
    left.leaves(group)
    admin.removes(thrown, group)
    everybody = (bob, admin, alice, mute, gone, left, thrown, stranger)
    found = [await bot.get_chat_member(group.id, person.id) for person in everybody]
    assert unknown(found) == []
    assert [one.status for one in found] == [
        *("creator", "administrator", "member", "restricted", "restricted"),
        *("left", "kicked", "left"),
    ]
    assert [one.is_member for one in found if one.status == "restricted"] == [True, False]
    with refused("PARTICIPANT_ID_INVALID"):
        await bot.get_chat_member(group.id, 12345)


async def test_who_was_removed_stays_out_and_who_was_restricted_stays_so(
    world: World, alice: Person, bob: Person, group: Chat
) -> None:
    bob.removes(alice, group)
    with pytest.raises(ValueError, match="cannot enter"):
        alice.joins(group)
    bob.forgives(alice, group)
    alice.joins(group)
    bob.restricts(alice, group)
    alice.leaves(group)
    with pytest.raises(ValueError, match="is not in"):
        alice.leaves(group)
    alice.joins(group)
    with pytest.raises(ValueError, match="may only read"):
        alice.says(group, "在吗")
    bob.forgives(alice, group)
    alice.says(group, "在吗")
    with pytest.raises(ValueError, match="can_restrict_members"):
        alice.removes(bob, group)
    small = world.group("小群", [bob, alice])
    bob.removes(alice, small)
    alice.joins(small)  # a basic group bans nobody


async def test_comings_and_goings_are_told_to_an_admin_who_asks_for_them(
    world: World, alice: Person, bob: Person, group: Chat, bot: Bot
) -> None:
    bob.removes(alice, group)
    assert kinds(world) == ["message"]  # that she is gone
    bob.promotes_bot(group)
    bob.forgives(alice, group)
    world.take()
    await bot.get_updates(allowed_updates=["chat_member"])
    alice.joins(group)
    [told] = Update.de_list(world.take(), bot)
    assert told.chat_member
    change = told.chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("left", "member")


async def test_who_has_left_presses_a_button_that_an_old_app_still_shows(
    world: World, alice: Person, bob: Person, group: Chat, bot: Bot
) -> None:
    await bot.send_message(group.id, "卡", reply_markup=keys({"接单": "t"}))
    bob.removes(alice, group)
    world.take()
    with pytest.raises(ValueError, match="does not see"):
        alice.presses(world.sent[0], "接单")
    press = alice.presses(world.sent[0], "接单", stale=True)
    query = Update.de_json(world.take()[0], bot).callback_query
    assert query and query.message
    assert (query.from_user.id, query.data) == (alice.id, "t")
    assert (await bot.get_chat_member(group.id, query.from_user.id)).status == "kicked"
    await query.answer("您已不在群里")
    assert press.toast == "您已不在群里"
    with pytest.raises(ValueError, match="does not see"):  # who never was there has no app to show
        world.user("Mallory").presses(world.sent[0], "接单", stale=True)


async def test_two_who_press_at_once_are_in_one_batch(
    world: World, alice: Person, bob: Person, group: Chat, door: HttpDoor
) -> None:
    async with http_bot(door) as bot:
        await bot.send_message(group.id, "卡", reply_markup=keys({"接单": "t"}))
        polling = asyncio.create_task(bot.get_updates(timeout=50))
        await happens(world, lambda: world.called("getUpdates"))
        with world.changing():
            alice.presses(world.sent[0], "接单")
            bob.presses(world.sent[0], "接单")
        pressed = [update.callback_query for update in await polling]
    assert [query.from_user.id for query in pressed if query] == [alice.id, bob.id]


async def test_a_deleted_account_takes_no_message_and_does_nothing(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    sent = await bot.send_message(chat.id, "您好")
    alice.deletes_account()
    for trying in (
        bot.send_message(chat.id, "还在吗"),
        bot.edit_message_text("在吗", chat.id, sent.message_id),
    ):
        with pytest.raises(Forbidden, match="user is deactivated"):
            await trying
    with pytest.raises(ValueError, match="has deleted the account"):
        alice.says(chat, "在")
    assert world.take() == []


async def test_outside_forums_threads_are_reply_chains(
    world: World, alice: Person, group: Chat, bot: Bot
) -> None:
    first = alice.says(group, "一")
    second = alice.says(group, "/ask@fangtan_bot 二", reply_to=first)
    message = Update.de_list(world.take(), bot)[0].message
    assert message
    assert (message.message_thread_id, message.is_topic_message) == (first.id, None)
    await bot.send_message(group.id, "x", message_thread_id=777)  # means nothing here
    assert second.thread == first.id


# Inline and guest


def article(number: int, text: str = "答", **more: Any) -> InlineQueryResultArticle:
    return InlineQueryResultArticle(
        f"r{number}", f"题{number}", InputTextMessageContent(text), **more
    )


async def test_inline_results_are_shown_chosen_and_edited(
    world: World, alice: Person, group: Chat, bot: Bot
) -> None:
    search = alice.inline("治庸", group)
    query = Update.de_json(world.take()[0], bot).inline_query
    assert query
    results = [article(1), article(2, "第一页", reply_markup=keys({"▶": "p2"}))]
    more = InlineQueryResultsButton("更多", start_parameter="help")
    await query.answer(results, button=more, cache_time=5)
    assert search.titles == ["题1", "题2"]
    message = alice.chooses(search, "题2")
    [told] = Update.de_list(world.take(), bot)
    assert told.message
    assert told.message.via_bot
    assert told.message.via_bot.id == world.me.id
    inline_id = message.inline_message_id
    alice.presses(message, "▶")
    pressed = Update.de_json(world.take()[0], bot).callback_query
    assert pressed
    assert (pressed.inline_message_id, pressed.message) == (inline_id, None)
    await bot.edit_message_text("第二页", inline_message_id=inline_id)
    assert [m.text for m in group.seen_by(alice)] == ["第二页"]
    without_keys = alice.chooses(search, "题1")
    assert without_keys.inline_message_id is None


async def choose_twice(world: World, alice: Person, group: Chat, bot: Bot) -> list[Any]:
    """What comes of a result without buttons, and of one with, that are chosen."""
    search = alice.inline("治庸", group)
    world.take()
    results = [article(1), article(2, "第一页", reply_markup=keys({"▶": "p2"}))]
    await bot.answer_inline_query(search.id, results)
    alice.chooses(search, 0)
    alice.chooses(search, 1)
    return [update.chosen_inline_result for update in Update.de_list(world.take(), bot)]


async def test_chosen_results_are_told_where_botfather_was_asked_to(
    world: World, alice: Person, group: Chat, bot: Bot
) -> None:
    assert not any(await choose_twice(world, alice, group, bot))
    world.inline_feedback = True
    first, second = filter(None, await choose_twice(world, alice, group, bot))
    assert unknown((first, second)) == []
    assert (first.from_user.id, first.query, first.result_id) == (alice.id, "治庸", "r1")
    assert (first.inline_message_id, second.result_id) == (None, "r2")
    assert second.inline_message_id == group.seen_by(alice)[-1].inline_message_id
    await bot.get_updates(allowed_updates=["inline_query", "message"])
    assert not any(await choose_twice(world, alice, group, bot))


async def test_chosen_results_wait_for_ten_minutes(
    world: World, alice: Person, group: Chat, bot: Bot
) -> None:
    world.inline_feedback = True
    search = alice.inline("治庸", group)
    await bot.answer_inline_query(search.id, [article(1)])
    world.take()
    alice.chooses(search)
    assert isinstance(world.clock, FakeClock)
    world.clock.advance(599)
    assert any(update.chosen_inline_result for update in await bot.get_updates())
    world.clock.advance(2)
    assert not any(update.chosen_inline_result for update in await bot.get_updates())


INLINE_FAULTS = [
    ([article(n) for n in range(51)], {}, "RESULTS_TOO_MUCH"),
    ([article(1), article(1)], {}, "RESULT_ID_DUPLICATE"),
    ([article(1, "好" * 4097)], {}, "message is too long"),
    ([article(1, "  ")], {}, "text must be non-empty"),
    ([], {"button": InlineQueryResultsButton("开", start_parameter="治")}, "START_PARAM_INVALID"),
]


@pytest.mark.parametrize(("results", "more", "why"), INLINE_FAULTS)
async def test_unfit_inline_answers_are_refused(
    alice: Person, bot: Bot, results: list[Any], more: dict[str, Any], why: str
) -> None:
    search = alice.inline("治庸")
    with refused(why):
        await bot.answer_inline_query(search.id, results, **more)
    assert search.answer is None


async def test_a_guest_query_is_answered_once(
    world: World, alice: Person, bob: Person, bot: Bot
) -> None:
    foreign = world.supergroup("别人的群", [alice, bob], bot=False)
    alice.says(foreign, "大家好")
    summons = alice.summons(foreign, "@fangtan_bot 治庸有阻力吗")
    [update] = Update.de_list(world.take(), bot)
    asked = update.guest_message
    assert asked
    assert asked.guest_query_id == summons.id
    answer = article(1, "有", reply_markup=keys({"▶": "p2"}))
    sent = await bot.answer_guest_query(summons.id, answer)
    assert summons.answer
    assert summons.answer.guest_caller == alice.user
    with refused("query is too old"):
        await bot.answer_guest_query(summons.id, answer)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(foreign.id, "x")
    await bot.edit_message_text("有的", inline_message_id=sent.inline_message_id)
    assert foreign.seen_by(bob)[-1].text == "有的"


async def test_a_reply_to_what_the_guest_said_is_a_guest_query_as_well(
    world: World, alice: Person, bob: Person, bot: Bot
) -> None:
    foreign = world.supergroup("别人的群", [alice, bob], bot=False)
    summons = alice.summons(foreign, "@fangtan_bot 治庸有阻力吗")
    await bot.answer_guest_query(summons.id, article(1, "有", reply_markup=keys({"▶": "p2"})))
    assert summons.answer
    world.take()
    bob.says(foreign, "谁说的", reply_to=summons.message)
    again = bob.summons(foreign, "那后来呢", reply_to=summons.answer)
    [update] = Update.de_list(world.take(), bot)
    asked = update.guest_message
    assert asked
    assert (asked.text, asked.guest_query_id) == ("那后来呢", again.id)
    original = asked.reply_to_message
    assert original
    assert (original.text, original.reply_markup) == ("有", keys({"▶": "p2"}))
    assert original.from_user
    assert original.from_user.id == world.me.id
    assert original.guest_bot_caller_user
    assert original.guest_bot_caller_user.id == alice.id
    assert original.reply_to_message is None


# The bot's own profile


async def test_menus_and_descriptions_are_kept_by_scope_and_language(
    world: World, chat: Chat, bot: Bot
) -> None:
    menu = [BotCommand("ask", "提问")]
    kept = [{"command": "ask", "description": "提问"}]
    await bot.set_my_commands(menu, scope=BotCommandScopeAllGroupChats(), language_code="zh")
    await bot.set_my_commands(menu, scope=BotCommandScopeChat(chat.id))
    places = {("all_group_chats", "zh"), (f"chat:{chat.id}", "")}
    assert world.profile.commands == dict.fromkeys(places, kept)
    for command in ("提问", "Ask", "a" * 33):  # PTB would refuse them, too
        commands = json.dumps([{"command": command, "description": "x"}])
        reply = call(world, "setMyCommands", {"commands": commands})
        assert reply.body["description"] == "Bad Request: BOT_COMMAND_INVALID"
    await bot.set_my_description("简介", "zh")
    await bot.set_my_short_description("短")
    assert world.profile.descriptions == {"zh": "简介"}
    assert world.profile.short_descriptions == {"": "短"}
    with refused("BOT_DESCRIPTION_TOO_LONG"):
        await bot.set_my_description("长" * 513)
    with refused("BOT_SHORT_DESCRIPTION_TOO_LONG"):
        await bot.set_my_short_description("长" * 121)
    with refused("LANG_CODE_INVALID"):
        await bot.set_my_description("简介", "zh-hans")


# Pacing and faults


async def test_flood_limits_ask_for_patience(
    world: World, group: Chat, chat: Chat, bot: Bot
) -> None:
    world.flood = FloodLimits()
    assert isinstance(world.clock, FakeClock)
    for _ in range(3):
        await bot.send_message(chat.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "x")
    for _ in range(20):
        await bot.send_message(group.id, "x")
        world.clock.advance(1)
    with pytest.raises(RetryAfter) as wait:
        await bot.send_message(group.id, "x")
    assert isinstance(wait.value.retry_after, dt.timedelta)
    world.clock.advance(wait.value.retry_after.total_seconds())
    await bot.send_message(group.id, "x")
    for _ in range(50):
        await bot.get_chat_member(group.id, world.me.id)


FAULTS: list[tuple[Any, type[TelegramError], type[Exception] | None]] = [
    (429, RetryAfter, None),
    (500, NetworkError, None),
    (502, NetworkError, None),
    (401, InvalidToken, None),
    ("drop", NetworkError, httpx.RemoteProtocolError),
    ("hang", TimedOut, httpx.ReadTimeout),
    ("refuse", NetworkError, httpx.ConnectError),
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("how", "error", "cause"), FAULTS)
async def test_faults_strike_before_or_after_the_effect(
    world: World,
    chat: Chat,
    bot: Bot,
    how: Any,
    error: type[TelegramError],
    cause: type[Exception] | None,
    after: bool,
) -> None:
    world.fail("sendMessage", how, after_effect=after)
    with pytest.raises(error) as caught:
        await bot.send_message(chat.id, "一")
    assert cause is None or isinstance(caught.value.__cause__, cause)
    assert len(world.sent) == after
    await bot.send_message(chat.id, "二")
    assert len(world.sent) == after + 1


async def test_a_fault_may_strike_any_method_or_one_chat_and_pass(
    world: World, chat: Chat, group: Chat, bot: Bot
) -> None:
    world.fail("*", 502, times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.get_me()
    await bot.get_me()
    world.fail("sendMessage", 502, chat=group)
    await bot.send_message(chat.id, "一")
    with pytest.raises(NetworkError):
        await bot.send_message(group.id, "二")
    assert [message.text for message in world.sent] == ["一"]


async def test_a_fault_may_come_as_a_page_of_a_proxy(
    world: World, chat: Chat, bot: Bot, door: HttpDoor
) -> None:
    world.fail("sendMessage", 502, times=2, page=True)
    async with http_bot(door) as over_http:
        for sender in (bot, over_http):
            with pytest.raises(NetworkError, match="<title>502 Bad Gateway</title>"):
                await sender.send_message(chat.id, "一")
    assert world.sent == []


# getUpdates


async def test_offsets_confirm_and_limits_hold(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    for word in "一二三":
        alice.says(chat, word)
    first = await bot.get_updates(limit=2)
    assert len(first) == 2
    assert await bot.get_updates(limit=2) == first
    rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [update.message and update.message.text for update in rest] == ["三"]
    assert await bot.get_updates(offset=rest[-1].update_id + 1) == ()


async def test_updates_are_forgotten_after_a_day(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    alice.says(chat, "昨天")
    assert isinstance(world.clock, FakeClock)
    world.clock.advance(86401)
    assert await bot.get_updates() == ()


async def test_presses_and_inline_queries_are_forgotten_sooner(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    sent = await bot.send_message(chat.id, "?", reply_markup=keys({"键": "k"}))
    alice.presses(chat.messages[sent.message_id], "键")
    alice.inline("猫")
    alice.says(chat, "在吗")
    assert isinstance(world.clock, FakeClock)
    world.clock.advance(29)
    assert len(await bot.get_updates()) == 3
    world.clock.advance(2)
    assert len(await bot.get_updates()) == 2
    world.clock.advance(120)
    [left] = await bot.get_updates()
    assert left.message


async def test_allowed_updates_are_remembered(
    world: World, alice: Person, chat: Chat, bot: Bot
) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    alice.says(chat, "一")
    await bot.get_updates()
    alice.says(chat, "二")
    await bot.get_updates(allowed_updates=[])
    alice.says(chat, "三")
    assert kinds(world) == ["message"]


async def test_a_second_poller_ends_the_first(world: World, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await happens(world, lambda: len(world.called("getUpdates")) == 1)
    second = asyncio.create_task(bot.get_updates(timeout=50))
    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await first
    world.user("Carol").starts()
    assert len(await second) == 1


# Over HTTP


async def test_the_same_world_over_http(
    world: World, alice: Person, chat: Chat, door: HttpDoor
) -> None:
    async with http_bot(door) as bot:
        polling = asyncio.create_task(bot.get_updates(timeout=50))
        await happens(world, lambda: world.called("getUpdates"))
        asked = alice.says(chat, "治庸有阻力吗")
        [update] = await polling
        assert update.message
        await bot.send_message(
            chat.id,
            "答 & 谢",
            entities=[MessageEntity("bold", 0, 1)],
            reply_parameters=ReplyParameters(update.message.message_id),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=keys({"键": "k"}),
        )
        with refused("chat not found"):
            await bot.send_message(1, "x")
    sent = world.sent[0]
    assert (sent.text, sent.reply_to, sent.marked("bold")) == ("答 & 谢", asked, ["答"])


async def test_wrong_tokens_are_turned_away(world: World, door: HttpDoor) -> None:
    for token in ("nonsense", "1:" + "x" * 35):
        with pytest.raises(InvalidToken):
            async with http_bot(door, token):
                pass


@pytest.mark.parametrize(("how", "error"), [("drop", NetworkError), ("hang", TimedOut)])
async def test_broken_connections_over_http(
    world: World, chat: Chat, door: HttpDoor, how: Any, error: type[TelegramError]
) -> None:
    async with http_bot(door) as bot:
        world.fail("sendMessage", how, after_effect=True)
        patience = 0.2 if how == "hang" else LONGEST_WAIT  # no answer to a hang comes, however late
        with pytest.raises(error):
            await bot.send_message(chat.id, "一", read_timeout=patience)
        await happens(world, lambda: world.sent)
        door.down()
        with pytest.raises(NetworkError, match="Connect"):
            await bot.send_message(chat.id, "二")
        door.up()
        await bot.send_message(chat.id, "三")
    assert [m.text for m in world.sent] == ["一", "三"]


async def test_a_proxy_in_between_answers_by_a_page(
    world: World, chat: Chat, door: HttpDoor
) -> None:
    world.fail("sendMessage", 502, page=True)
    async with http_bot(door) as bot:
        with pytest.raises(NetworkError, match=r"parsed|Bad Gateway"):
            await bot.send_message(chat.id, "一")
    url = f"{door.url}/bot{TOKEN}/sendMessage"
    world.fail("sendMessage", 504, page=True)
    async with httpx.AsyncClient() as client:
        page = await client.post(url, json={"chat_id": chat.id, "text": "一"})
    assert (page.status_code, page.headers["Content-Type"]) == (504, "text/html")
    assert "Gateway Timeout" in page.text


async def test_the_door_says_when_an_answer_was_written(
    world: World, chat: Chat, door: HttpDoor
) -> None:
    async with http_bot(door) as bot:
        await bot.send_message(chat.id, "一")
        world.fail("sendMessage", "drop", after_effect=True)
        with pytest.raises(NetworkError):
            await bot.send_message(chat.id, "二")
    first, second = world.called("sendMessage")
    assert [call.message for call in (first, second)] == world.sent
    assert first.answered == world.clock()
    assert second.answered is None


async def test_webhooks_deliver_with_the_secret_and_again_after_a_failure(
    world: World, alice: Person, chat: Chat, door: HttpDoor
) -> None:
    got: list[tuple[str, Any]] = []

    async def receive(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        got.append((secret, await request.json()))
        return web.Response(status=500 if len(got) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with http_bot(door) as bot:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        with refused("invalid webhook URL"):
            await bot.set_webhook("http://example.org/hook")
        with refused("unallowed characters"):
            await bot.set_webhook(url, secret_token="不行")
        await bot.set_webhook(url, secret_token="s3cret_-")
        alice.says(chat, "一")
        alice.says(chat, "二")
        await happens(world, lambda: len(got) == 3)
        assert [update["message"]["text"] for _, update in got] == ["一", "一", "二"]
        assert {secret for secret, _ in got} == {"s3cret_-"}
        with pytest.raises(Conflict, match="while webhook is active"):
            await bot.get_updates()
        await happens(world, lambda: not world.updates)
        await bot.delete_webhook()
        assert await bot.get_updates() == ()
    await runner.cleanup()


class Hook:
    """A webhook that holds the updates of some chats until told to let them go."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.let_go = asyncio.Event()
        self.held: set[int] = set()

    async def receive(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.got.append(update)
        if update.get("message", {}).get("chat", {}).get("id") in self.held:
            await self.let_go.wait()
        return web.Response()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/hook", self.receive)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        await runner.cleanup()

    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.got if "message" in update]


async def test_webhooks_come_one_at_a_time_of_a_chat_and_side_by_side_of_many(
    world: World, alice: Person, bob: Person, chat: Chat, door: HttpDoor
) -> None:
    hook = Hook()
    hook.held.add(chat.id)
    async with http_bot(door) as bot, hook.served() as url:
        await bot.set_webhook(url)
        alice.says(chat, "一")
        alice.says(chat, "二")
        bob.says(world.private(bob), "三")
        bob.says(world.private(bob), "四")
        await happens(world, lambda: len(hook.got) == 3)
        assert hook.texts() == ["一", "三", "四"]
        sent = await bot.send_message(chat.id, "?", reply_markup=keys({"键": "k"}))
        alice.presses(world.chats[chat.id].messages[sent.message_id], "键")
        await happens(world, lambda: len(hook.got) == 4)
        assert "callback_query" in hook.got[3], "a press waited for the chat's messages"
        hook.let_go.set()
        await happens(world, lambda: not world.updates)
        assert hook.texts() == ["一", "三", "四", "二"]


async def test_no_more_webhooks_come_at_once_than_wished(
    world: World, alice: Person, bob: Person, chat: Chat, door: HttpDoor
) -> None:
    hook = Hook()
    hook.held.add(chat.id)
    async with http_bot(door) as bot, hook.served() as url:
        await bot.set_webhook(url, max_connections=1)
        alice.says(chat, "一")
        await happens(world, lambda: hook.got)
        bob.says(world.private(bob), "二")
        await bot.send_message(chat.id, "?")  # there and back, while the other one could come
        assert hook.texts() == ["一"]
        hook.let_go.set()
        await happens(world, lambda: not world.updates)
    assert hook.texts() == ["一", "二"]


PROCESS = """
    import sys
    from telegram.ext import ApplicationBuilder, MessageHandler, filters

    async def answer(update, context):
        await update.message.reply_text("答：" + update.message.text)

    token, url = sys.argv[1:]
    app = ApplicationBuilder().token(token).base_url(url + "/bot").build()
    app.add_handler(MessageHandler(filters.TEXT, answer))
    app.run_polling()
"""


async def test_a_real_process_polls_and_answers(
    world: World, alice: Person, chat: Chat, door: HttpDoor
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PROCESS), TOKEN, door.url]
    process = subprocess.Popen(command)
    try:
        for word in "一二":
            alice.says(chat, word)
        await happens(world, lambda: len(world.sent) == 2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, LONGEST_WAIT) == 0
    finally:
        process.kill()
        process.wait()
    assert [m.text for m in world.sent] == ["答：一", "答：二"]
    assert not world.updates


# The oracle

_KINDS = (
    *("Bold", "Italic", "Underline", "Spoiler"),
    *("Code", "Pre", "BlockQuote", "ExpandableBlockQuote"),
)
_NAMES = {kind: kind.lower() for kind in _KINDS} | {
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "Mention": "mention",
    "BotCommand": "bot_command",
}


@pytest.fixture
def tdlib() -> Callable[..., Any]:
    tdjson = pytest.importorskip("tdjson", reason="the real TDLib, from PyPI, is not installed")

    def execute(kind: str, **fields: Any) -> Any:
        return json.loads(tdjson.td_execute(json.dumps({"@type": kind} | fields).encode()))

    execute("setLogVerbosityLevel", new_verbosity_level=0)
    return execute


def _read(entities: list[Any]) -> list[tuple[str, int, int]]:
    return [
        (_NAMES[name], e["offset"], e["length"])
        for e in entities
        if (name := e["type"]["@type"].removeprefix("textEntityType")) in _NAMES
    ]


async def test_mentions_and_commands_are_found_where_tdlib_finds_them(
    tdlib: Callable[..., Any],
) -> None:
    names = ["@fangtan_bot", "@abc", "@pic", "@a", "/ask", "/ask@fangtan_bot"]
    bits = [*names, *"/@你，😀𠀀a1_＠：<-é \n"]
    chance = random.Random(1)
    for _ in range(3000):
        text = "".join(chance.choice(bits) for _ in range(chance.randint(1, 6)))
        ours = [
            (e.type, e.offset, e.length)
            for e in server_text.find(text)
            if e.type in ("mention", "bot_command")
        ]
        assert ours == _read(tdlib("getTextEntities", text=text)["entities"]), text


async def test_entities_are_settled_and_refused_as_tdlib_does(tdlib: Callable[..., Any]) -> None:
    chance = random.Random(1)
    for _ in range(3000):
        text = "".join(chance.choice("a好😀 \n\t\r\u202abé") for _ in range(chance.randint(1, 8)))
        given = [
            (chance.choice(_KINDS), chance.randint(0, 9), chance.randint(1, 9)) for _ in range(2)
        ]
        td_entities = [
            {"offset": offset, "length": length, "type": {"@type": f"textEntityType{kind}"}}
            for kind, offset, length in given
        ]
        theirs = tdlib("parseMarkdown", text={"text": text, "entities": td_entities})
        ours = tuple(server_text.Entity(_NAMES[kind], start, size) for kind, start, size in given)
        if why := theirs.get("message"):
            with pytest.raises(server_text.BadText, match=re.compile(re.escape(why), re.I)):
                server_text.clean(server_text.Text(text, ours))
            continue
        cleaned = server_text.clean(server_text.Text(text, ours))
        mine = [(e.type, e.offset, e.length) for e in cleaned.entities]
        if cleaned.text.strip():  # of blanks alone this function of TDLib leaves nothing
            assert (theirs["text"], _read(theirs["entities"])) == (cleaned.text, mine)
