"""The instrument itself: scenes with a curators' chat, played by a clerk of fifty lines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from telegram import ForumTopic, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler
from telegram.ext.filters import TEXT, UpdateType

from bot import knowledge
from tests.bookshop import KNOWLEDGE
from tests.scenes import Play, databases, is_refused_what_it_says, lasting, needs_its_own, until
from tests.stages import Stage, copied, morning
from tests.telegram import TOKEN, Chat, FakeClock, FakeRequest, World, deliver
from tests.telegram.model import Json


def button(text: str, data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(text, callback_data=data)]])


class Clerk(Stage):
    """Knows nothing, takes every order to the curators, each in a topic if theirs is a forum."""

    def __init__(self, world: World) -> None:
        self.world, self.starts, self.batches = world, 1, 0
        self._runner = asyncio.Runner()
        builder = ApplicationBuilder().token(TOKEN).request(FakeRequest(world))
        self._app: Application[Any, Any, Any, Any, Any, Any]
        self._app = builder.get_updates_request(FakeRequest(world)).build()
        self._app.add_handler(CallbackQueryHandler(self._order, "order"))
        self._app.add_handler(CallbackQueryHandler(self._take, "take"))
        self._app.add_handler(MessageHandler(TEXT & UpdateType.MESSAGE, self._hear))
        self._topic: ForumTopic | None = None
        self._asked, self._taker, self._promised = "", "", 0.0
        self._asker = 0

    def begins(self, curators: Chat | None) -> None:
        self._curators = curators.id if curators else 0
        self._runner.run(self._app.initialize())

    def settles(self, happened: Callable[[], bool], *, at_once: bool = False) -> None:
        self.batches += at_once
        self._runner.run(self._work())

    def passes(self, seconds: float) -> None:
        assert isinstance(self.world.clock, FakeClock)
        self.world.clock.advance(seconds)

    def restarts(self, *, killed: bool = False) -> None:
        self.starts += 1

    def ends(self) -> None:
        self._runner.run(self._app.shutdown())
        self._runner.close()

    async def _work(self) -> None:
        async def handle(update: Json) -> None:
            await self._app.process_update(Update.de_json(update, self._app.bot))

        await deliver(self.world, handle)
        if self._promised and self.world.clock() > self._promised:
            self._promised = 0.0
            await self._app.bot.send_message(self._curators, "到期了", **self._there())
            await self._app.bot.send_message(self._asker, "还要等等")

    def _there(self) -> dict[str, Any]:
        return {"message_thread_id": self._topic.message_thread_id} if self._topic else {}

    async def _hear(self, update: Update, context: object) -> None:
        message = update.effective_message
        assert message and message.text
        if message.text == "在吗":
            await message.reply_text("有人在")
        elif message.text == "转":
            await message.reply_text("转", reply_markup=button("转", "nobody answers this"))
        elif message.chat.type != "private":
            if message.reply_to_message and message.reply_to_message.text:
                await self._app.bot.send_message(self._asker, f"编者答复：{message.text}")
                if self._topic:
                    await self._app.bot.close_forum_topic(self._curators, **self._there())
        else:
            self._asked, self._asker = message.text, message.chat_id
            await message.reply_text("没有谈到", reply_markup=button("请人来答", "order"))

    async def _order(self, update: Update, context: object) -> None:
        query, bot = update.callback_query, self._app.bot
        assert query
        await query.answer("好的")
        if (await bot.get_chat(self._curators)).is_forum:
            self._topic = await bot.create_forum_topic(self._curators, f"案 1 {self._asked}")
        else:
            self._topic = None
        await bot.send_message(
            self._curators,
            f"有人问：{self._asked}",
            **self._there(),
            reply_markup=button("接单", "take"),
        )

    async def _take(self, update: Update, context: object) -> None:
        query, bot = update.callback_query, self._app.bot
        assert query and query.message
        member = await bot.get_chat_member(self._curators, query.from_user.id)
        if member.status in ("left", "kicked"):
            await query.answer("您不在群里")
        elif self._taker:
            await query.answer(f"{self._taker} 已经接了")
        else:
            self._taker, self._promised = query.from_user.first_name, self.world.clock() + 86_400
            await query.answer("接下了")
            text = f"有人问：{self._asked}\n{self._taker} 接单"
            await bot.edit_message_text(text, self._curators, query.message.message_id)
            await bot.send_message(self._asker, "有人接了")


@pytest.fixture
def plays() -> Iterator[Callable[[str], Clerk]]:
    """Play a scene, given as what stands below `scene: x`."""
    clerks: list[Clerk] = []

    def plays(text: str) -> Clerk:
        script = yaml.safe_load(text)
        clerk = Clerk(World(privacy=False, clock=morning()))
        clerks.append(clerk)
        play = Play({"scene": "x"} | script, clerk, KNOWLEDGE)
        clerk.begins(play.curators)
        play.play()
        is_refused_what_it_says(play)
        return clerk

    yield plays
    for clerk in clerks:
        clerk.ends()


FORUM = "curators: forum\ncurators members: [陈编, 林编]\ntalk:\n"
GROUP = "curators: group\ncurators members: [陈编, 林编]\ntalk:\n"
ASKED = """
- 小王: 有猫吗
  says: 没有谈到
  buttons: [[请人来答]]
"""
ORDERED = (
    ASKED
    + """
- 小王 presses: 请人来答
  toast: 好的
  curators: {says: 有猫吗, topic: 有猫吗, buttons: [[接单]], closed: false}
"""
)
TAKEN = (
    ORDERED
    + """
- 陈编 at curators presses: 接单
  toast: 接下了
  changes: true
  says: 陈编 接单
  private: {小王: {says: 有人接了}}
"""
)
WHOLE = (
    TAKEN
    + """
- 林编 at curators: 我看看
  in: 有猫吗
- restart: true
- kill: true
- wait: 2 days
  curators: {text: 到期了, topic: 案 1, lacks: 猫}
  private: {小王: {text: 还要等等}}
- 陈编 at curators to card: 有两只
  card: 有人问
  private: {小王: [{says: 编者答复：有两只}]}
  curators: {topic: 有猫吗, closed: true}
- wait until: 09:00
"""
)


def test_a_case_goes_from_the_asker_to_the_curators_and_back(plays: Callable[[str], Clerk]) -> None:
    clerk = plays(FORUM + WHOLE)
    assert clerk.starts == 3
    assert datetime.fromtimestamp(clerk.world.clock()) == datetime(2027, 1, 14, 9)


def test_curators_may_have_a_plain_group(plays: Callable[[str], Clerk]) -> None:
    plays(GROUP + ORDERED.replace(" topic: 有猫吗,", "").replace(", closed: false", ""))


# What a scene says wrongly, how, and what its failure says.
WRONG = [
    ("says: 陈编 接单", "says: 林编 接单", "林编 接单"),
    ("closed: true", "closed: false", "案 1 有猫吗"),
    ("topic: 案 1,", "topic: 别的,", "别的"),
    ("says: 有猫吗, topic: 有猫吗,", "says: 有狗吗, topic: 有猫吗,", "有狗吗"),
    ("  private: {小王: {says: 有人接了}}\n", "", "speaks elsewhere"),
    ("  curators: {text: 到期了, topic: 案 1, lacks: 猫}\n", "", "speaks elsewhere"),
    ("{says: 编者答复：有两只}]", "{says: 编者答复：有两只}, {says: 完了}]", "编者答复"),
    ("  changes: true\n", "", "接单"),
    ("toast: 接下了", "toast: 好的", "接下了"),
    ("lacks: 猫", "lacks: 到期", "到期了"),
    ("[[接单]], closed: false", "[[接单], [退回]], closed: false", "接单"),
    ("- restart: true", "- restart: true\n  private: {小王: {says: 早}}", "silent"),
]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 小王: 转\n  says: 转\n- 小王 presses: 转", "the button spins"),
        (ORDERED + "- 小王: 在吗\n  text: 有人在\n  curators: {topic: 猫, gone: true}", "案 1"),
        (ORDERED + "- 林编 at curators does: leave\n- 林编 at curators presses: 接单", "not see"),
    ],
)
def test_what_is_not_so_fails(plays: Callable[[str], Clerk], text: str, why: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=why):
        plays(FORUM + text)


def test_a_card_is_what_has_buttons(plays: Callable[[str], Clerk]) -> None:
    plays(
        FORUM
        + ORDERED
        + """
- 陈编 at curators: 在吗
  text: 有人在
- 陈编 at curators presses: 接单
  card: 有人
  changes: true
  private: {小王: {says: 有人接了}}
"""
    )


@pytest.mark.parametrize(("right", "wrong", "why"), WRONG)
def test_what_does_not_happen_as_written_fails(
    plays: Callable[[str], Clerk], right: str, wrong: str, why: str
) -> None:
    assert WHOLE.count(right) == 1
    with pytest.raises((AssertionError, LookupError), match=why):
        plays(FORUM + WHOLE.replace(right, wrong))


# What no scene can say, and why not.
MISTAKEN = [
    ("curator: forum\ntalk: []", "a scene has no"),
    ("curators: channel\ntalk: []", "curators have no 'channel'"),
    (FORUM + "- 小王: 在\n  sais: 好", "a step has no"),
    (FORUM + "- 小王: 在\n  curators: {sais: 好}", "one cannot say"),
    (FORUM + "- 小王: 在\n  curators: {toast: 好}", "one cannot say"),
    (FORUM + "- 小王: 在\n  group: {says: 好}", "the scene has no group"),
    ("talk:\n- 小王 at curators: 在", "the scene has no curators"),
    ("talk:\n- 小王: 在\n  curators: {says: 好}", "the scene has no curators"),
    (FORUM + "- 小王 at curators: 在", "is not in"),
    (FORUM + "- 陈编 at curators flies: 高", "nobody can 'flies'"),
    (FORUM + "- 陈编 and 林编 at curators: 在", "several can press"),
    (FORUM + "- 陈编 at curators: 在\n  says: 好\n  curators: {says: 好}", "is said twice"),
    (FORUM + "- wait: 2 days\n  says: 好", "say where"),
    (FORUM + "- restart: false", "restart is true"),
    (FORUM + "- 陈编 at curators: 在\n  in: 没有的", "0 topics"),
    (FORUM + ORDERED + "- 陈编 at curators presses: 接单\n  card: 没有的", "no card"),
    (FORUM + ASKED + "- 陈编 at curators does: remove 小张", "nobody can 'remove 小张'"),
]


@pytest.mark.parametrize(("text", "why"), MISTAKEN)
def test_what_no_scene_can_say_is_refused(
    plays: Callable[[str], Clerk], text: str, why: str
) -> None:
    with pytest.raises((ValueError, LookupError), match=why):
        plays(text)


def test_two_press_at_once_and_each_is_told(plays: Callable[[str], Clerk]) -> None:
    clerk = plays(
        FORUM
        + ORDERED
        + """
- 林编 and 陈编 at curators press: 接单
  card: 有猫吗
  toasts: {林编: 接下了, 陈编: 林编 已经接了}
  changes: true
  says: 林编 接单
  private: {小王: {says: 有人接了}}
"""
    )
    assert clerk.batches == 1


def test_who_left_still_presses_and_who_was_let_in_again_may(plays: Callable[[str], Clerk]) -> None:
    plays(
        FORUM
        + ORDERED
        + """
- 林编 at curators does: leave
- 林编 at curators still presses: 接单
  toast: 您不在群里
- 林编 at curators does: enter
- 陈编 at curators does: remove 林编
- 林编 at curators still presses: 接单
  toast: 您不在群里
- 陈编 at curators does: forgive 林编
- 林编 at curators does: enter
- 林编 at curators presses: 接单
  changes: true
  private: {小王: {says: 有人接了}}
"""
    )


def test_topics_are_closed_deleted_and_switched_by_people(plays: Callable[[str], Clerk]) -> None:
    plays(
        FORUM
        + ORDERED
        + """
- 陈编 at curators does: close the topic
  in: 有猫吗
  curators: {topic: 有猫吗, closed: true}
- 陈编 at curators does: reopen the topic
  in: 有猫吗
  closed: false
- 陈编 at curators to card: 有的
  in: 有猫吗
  private: {小王: {says: 有的}}
  closed: true
- 陈编 at curators does: delete the topic
  in: 有猫吗
  curators: {topic: 有猫吗, gone: true}
- 小王 presses: 请人来答
  under: 2
  curators: {says: 有猫吗, topic: 有猫吗}
- 陈编 at curators does: turn topics off
- 小王 presses: 请人来答
  under: 2
  curators: {says: 有猫吗}
"""
    )


def test_a_curators_group_is_upgraded_and_becomes_a_forum(plays: Callable[[str], Clerk]) -> None:
    plays(
        """
curators: basic group
curators members: [陈编]
talk:
- 陈编 at curators does: upgrade the group
- 陈编 at curators does: turn topics on
- 陈编 at curators does: promote the bot
- 陈编 at curators: 都在吗
"""
    )


def test_refusals_are_those_that_a_scene_names(plays: Callable[[str], Clerk]) -> None:
    answer = """
- 陈编 at curators to card: 有
  private: {小王: {says: 有}}
  curators: {closed: true}
"""
    told_twice = FORUM.replace("talk:", "refusals: [TOPIC_NOT_MODIFIED]\ntalk:") + ORDERED
    plays(told_twice + answer + answer)
    with pytest.raises(AssertionError, match="nothing was refused: TOPIC_NOT_MODIFIED"):
        plays(told_twice + answer)
    with pytest.raises(AssertionError, match="Bad Request: TOPIC_NOT_MODIFIED"):
        plays(FORUM + ORDERED + answer + answer)


@pytest.mark.parametrize(
    ("script", "kinds", "own"),
    [
        ("{talk: [{小王: 在}]}", ("memory",), False),
        ("{talk: [{restart: true}]}", ("sqlite",), True),
        ("{talk: [{小王: 在, kill: before}]}", ("sqlite",), True),
        ("{talk: [{wait: 1 day}]}", ("memory",), True),
        ("{databases: both, talk: []}", ("sqlite", "postgresql"), True),
        ("{curators: forum, talk: []}", ("memory",), True),
    ],
)
def test_what_a_scene_is_played_on(script: str, kinds: tuple[str, ...], own: bool) -> None:
    assert databases(yaml.safe_load(script)) == kinds
    assert needs_its_own(yaml.safe_load(script)) is own


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        ("09:00", 23),
        ("10:00", 24),  # it is ten
        ("10:30", 0.5),  # which YAML reads as 630
        ("23:15", 13.25),
    ],
)
def test_a_time_of_day_is_the_next_one(clock: str, hours: float) -> None:
    assert until(yaml.safe_load(clock), morning().now) == hours * 3600


def test_times_are_said_in_words() -> None:
    assert (lasting("3 days"), lasting("1 hour")) == (259_200, 3600)


def test_a_scenes_knowledge_is_a_copy_with_the_pages_that_it_quotes(tmp_path: Path) -> None:
    folder = copied(Path("knowledge"), tmp_path)
    found, faults = knowledge.load(folder)
    assert not faults
    [interview] = found.interviews
    assert folder.is_relative_to(tmp_path)
    assert (folder.parent / interview.page).is_file()
