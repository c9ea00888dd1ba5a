"""The curators' chat: cards of cases, what its members do with them, and what comes of it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update

from bot import edition
from bot.reloading import QUIET, Reloading
from bot.settings import Hours
from bot.store import Accepted, Change, View
from bot.store.schema import inbox
from bot.tg import announcing
from bot.tg.arrivals import arrival
from bot.tg.connection import departs
from bot.tg.services import CURRENT, Work
from tests.rim import Line, Rim, labels
from tests.telegram import Chat, FakeClock, Message, Person, World

SHOP = """\
id: shop
title: 转角书店
guest: 林小满
exchanges:
- id: q1
  question: 房租压力大不大?
  answer:
  - 房租每年都涨。现在一个月要九千块。
- id: q2
  question: 两只猫叫什么名字?
  answer:
  - 两只都是捡来的。黑的叫墨水,白的叫橡皮。
- id: q3
  question: 以后有什么打算?
  answer:
  - 再开十年。开不动了就把店交给徒弟。
"""
PHRASES = """\
interview: shop
exchanges:
  q1:
    topic: 房租
    asks:
    - 房租贵不贵
  q2:
    topic: 猫
    asks:
    - 店里的猫
  q3:
    topic: 打算
    asks:
    - 今后怎么办
"""
ASKED = "喵星人外号"
ANY_HOUR = Hours(cards=5, digest=0, quiet=(0, 0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP, "utf-8")
    (folder / "shop.phrases.yaml").write_text(PHRASES, "utf-8")
    return folder


@pytest.fixture
def clock(world: World) -> FakeClock:
    assert isinstance(world.clock, FakeClock)
    return world.clock


@pytest.fixture
def lin(world: World) -> Person:
    return world.user("林编")


@pytest.fixture
def zhao(world: World) -> Person:
    return world.user("赵编")


@pytest.fixture
def desk(world: World, lin: Person, zhao: Person) -> Chat:
    """The curators' chat."""
    return world.supergroup("编者", members=[lin, zhao])


def serving(folder: Path) -> Reloading:
    ticks = count(0.0, 2 * QUIET)
    return Reloading(folder, None, edition.load(folder, None), lambda: next(ticks))


@pytest.fixture
def bot(world: World, folder: Path, desk: Chat) -> Iterator[Rim]:
    with Rim(world, curators=desk.id, reloading=serving(folder)) as bot:
        bot.services.hours = ANY_HOUR
        yield bot


def announces(bot: Rim) -> None:
    """What the bot writes to the curators unasked, it writes now."""
    bot.runs(announcing.announce(bot.services))
    bot.catches_up()


def ordered(bot: Rim, person: Person, text: str = ASKED) -> None:
    """Somebody asks, is not answered, and orders an answer."""
    bot.presses(person, bot.asked(person, text), "请人来答（会记下往哪儿答）")


def card(bot: Rim, desk: Chat) -> Message:
    """The newest card in the chat."""
    return [m for m in bot.said(desk) if m.text.startswith("#")][-1]


def case(bot: Rim, number: int = 1) -> View:
    view = bot.runs(bot.store.curating.view(number))
    assert view is not None
    return view


def at(bot: Rim, desk: Chat, person: Person, *texts: str) -> Message:
    """A card on which somebody has pressed these buttons, one after another."""
    for text in texts:
        bot.presses(person, card(bot, desk), text)
    return card(bot, desk)


def told(bot: Rim, person: Person) -> str:
    """What somebody was told last in private."""
    return bot.shown(person)[-1].text


def replies(bot: Rim, person: Person, message: Message, text: str) -> None:
    person.says(message.chat, text, reply_to=message)
    bot.catches_up()


@pytest.fixture
def posted(bot: Rim, alice: Person, desk: Chat) -> Message:
    """The card of what Alice has ordered."""
    ordered(bot, alice)
    announces(bot)
    return card(bot, desk)


# ── the card ─────────────────────────────────────────────────────────────────────────────────────


def test_a_card_says_what_was_asked_how_often_and_what_comes_near(
    bot: Rim, alice: Person, desk: Chat, world: World
) -> None:
    ordered(bot, alice)
    for text in (ASKED, "喵星人的外号"):
        bot.asked(alice, text)
    bot.files()
    announces(bot)
    shown = card(bot, desk)
    assert shown.text.startswith(f"#1 {ASKED}\n问了 3 次，2 种说法")
    assert "1 人在等答复" in shown.text
    assert "现在问它，机器人会：没有谈到" in shown.text
    assert "开着，还没有人接" in shown.text
    quotes = shown.marked("bold")
    assert quotes, "what the guest said stands out"
    assert all(quote in SHOP for quote in quotes), "and is his, to the character"


PREVIEW = ("加为问法", "猫", "整段回答")
STAGES = {
    "open": ((), "一时办不了：点“接单”"),
    "dates": (("接单",), "最晚哪天答复？"),
    "taken": (("接单", "3 天"), "来不及就“改期”，不办了就“退回”给大家"),
    "exchanges": (("加为问法",), "哪一问的回答能答它"),
    "passages": (("加为问法", "猫"), "哪一段原话能答它"),
    "preview": (PREVIEW, "看好了就点“确认”"),
    "reply": (("回复",), "林编：请对这张卡片用 Telegram 的“回复”"),
    "wording": ((*PREVIEW, "换个说法"), "写下更好的说法"),
    "learnt": ((*PREVIEW, "确认"), "一天之内可以“撤销”"),
    "aside": (("搁置",), "要处理就点“重新打开”"),
}


@pytest.mark.parametrize(("pressed", "does"), STAGES.values(), ids=STAGES)
def test_a_card_says_in_each_stage_what_to_do(
    bot: Rim, desk: Chat, lin: Person, posted: Message, pressed: tuple[str, ...], does: str
) -> None:
    shown = at(bot, desk, lin, *pressed)
    assert does in shown.text.split("→")[-1]
    assert shown is posted, "it is one message all the way"


def test_however_long_all_of_it_is_a_card_fits_into_a_message(
    bot: Rim, alice: Person, desk: Chat, lin: Person
) -> None:
    ordered(bot, alice, "喵星人" + "的外号" * 1000)
    announces(bot)
    lesson = {"interview": "shop", "exchange": "q2", "quote": "", "text": "喵" * 3000}
    effect = {"count": 9, "changed": [f"{n}{'变' * 600}" for n in range(9)]}
    stage = {"menu": "preview", "lesson": lesson, "objections": [], "effect": effect}
    bot.runs(bot.store.curating.set_stage(1, stage))
    bot.catches_up()
    shown = card(bot, desk)
    assert 3000 < len(shown.text) <= 4096
    assert "看好了就点“确认”" in shown.text, "what to do is never left out"
    assert "· 0变" in shown.text, "what comes first stays longest"


# ── taken, given back, put aside ─────────────────────────────────────────────────────────────────


def test_who_takes_a_case_names_a_day_and_the_asker_hears_it(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, clock: FakeClock
) -> None:
    assert at(bot, desk, lin, "接单", "3 天") is posted
    until = case(bot).case.until
    assert until is not None
    assert 3 * 86400 - 86400 < until - clock() - 86400 * 0 <= 4 * 86400
    assert "有人接了，说好最晚1月18日答复" in told(bot, alice)
    assert labels(posted)[0] == "林编接了，说好最晚1月18日答复"
    at(bot, desk, lin, "改期", "一周")
    assert "改为最晚1月22日答复" in told(bot, alice)
    at(bot, desk, lin, "退回")
    assert "重新在等人接" in told(bot, alice)
    assert "林编退回了；开着，还没有人接" in posted.text


def test_of_two_who_press_at_once_one_has_it_and_the_other_is_told_who(
    bot: Rim, world: World, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    at(bot, desk, lin, "接单")
    first, second = lin.presses(posted, "3 天"), zhao.presses(posted, "一周")
    bot.catches_up()
    mine, theirs = case(bot).case.by, {"林编": second, "赵编": first}
    assert mine in theirs
    late = theirs[mine]
    assert (late.answer or {}).get("show_alert")
    assert late.toast.startswith(f"没有做：{mine}接了，说好最晚1月")


@pytest.mark.parametrize("text", ["改期", "退回", "加为问法", "访谈没有谈到", "回复", "搁置"])
def test_what_one_has_taken_nobody_else_changes(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message, text: str
) -> None:
    before = at(bot, desk, lin, "接单", "3 天").text
    assert bot.presses(zhao, posted, text) == "没有做：林编接了，说好最晚1月18日答复"
    assert posted.text == before
    assert case(bot).case.by == "林编"


def test_what_is_put_aside_can_be_opened_again(
    bot: Rim, alice: Person, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    at(bot, desk, lin, "搁置")
    assert "先搁下了" in told(bot, alice)
    assert labels(posted) == ["林编搁置了", "重新打开"]
    at(bot, desk, zhao, "重新打开")
    assert "赵编重新打开了" in posted.text
    assert "接单" in labels(posted)


def test_however_long_a_name_or_a_reason_is_every_press_is_answered(
    bot: Rim, world: World, desk: Chat, lin: Person, posted: Message
) -> None:
    """Telegram refuses a toast of more than 200 characters, and the button spins."""
    press = lin.presses(posted, "接单")
    change = Change("closed", "长" * 80, how="久" * 500)
    bot.runs(bot.store.curating.step(1, change))
    bot.catches_up()
    assert press.toast.startswith("没有做：长长")


# ── who may ──────────────────────────────────────────────────────────────────────────────────────


def test_who_has_left_the_group_changes_nothing(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    at(bot, desk, zhao, "回复")
    zhao.leaves(desk)
    press = zhao.presses(posted, "返回", stale=True)
    bot.catches_up()
    assert press.toast.startswith("只有这个群的成员可以")
    assert "赵编：请对这张卡片用 Telegram 的“回复”" in posted.text


def test_who_was_restricted_but_is_there_still_may(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    lin.restricts(zhao, desk)
    at(bot, desk, zhao, "接单", "今天")
    assert case(bot).case.by == "赵编"


@pytest.mark.parametrize("verb", ["take", "main", "aside", "reply", "card", "decline"])
def test_a_button_that_is_sent_from_elsewhere_does_nothing(
    bot: Rim, alice: Person, desk: Chat, posted: Message, verb: str
) -> None:
    """Alice knows the data of the buttons, and sends them with a message of her own chat."""
    before = posted.text
    bot.is_told(alice, bot.shown(alice)[0], f".{verb}.1.3")
    assert posted.text == before
    assert (case(bot).case.state, dict(case(bot).card.stage)) == ("open", {})  # type: ignore[union-attr]


def test_a_card_that_was_replaced_obeys_no_more(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    bot.runs(bot.store.curating.post_again(1))
    bot.catches_up()
    assert card(bot, desk) is not posted
    assert bot.presses(lin, posted, "搁置") == "这张卡片不用了，看新的那张"
    assert case(bot).case.state == "open"


# ── a curator's own words ────────────────────────────────────────────────────────────────────────


def test_a_curators_reply_reaches_who_waits_as_the_curators(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, "回复")
    replies(bot, lin, posted, "这个要问林小满本人。")
    assert "编者答复，非嘉宾原话：\n这个要问林小满本人。" in told(bot, alice)
    assert "林编结了：编者回复" in posted.text
    assert "林小满本人" not in posted.text
    assert bot.said(desk) == [posted], "nothing is said to it"
    everything = [path.read_text("utf-8") for path in folder.iterdir()]
    assert not [text for text in everything if "本人" in text]


def test_what_curators_say_to_each_other_is_not_answered(
    bot: Rim, alice: Person, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    replies(bot, zhao, posted, "房租贵不贵")
    at(bot, desk, lin, "回复")
    replies(bot, zhao, posted, "我来写吧")
    assert bot.said(desk) == [posted]
    assert case(bot).case.state == "open"
    zhao.says(desk, "/ask@fangtan_bot 房租贵不贵")
    bot.catches_up()
    assert "九千" in bot.said(desk)[-1].text, "but who asks the bot is answered"


def test_an_admin_without_a_name_may_reply(
    bot: Rim, alice: Person, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    at(bot, desk, zhao, "回复")
    lin.says_anonymously(desk, "问问他本人", reply_to=posted)
    bot.catches_up()
    assert "问问他本人" in told(bot, alice)
    assert "管理员结了：编者回复" in posted.text


def test_a_reply_that_is_too_long_is_sent_back(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message
) -> None:
    at(bot, desk, lin, "回复")
    replies(bot, lin, posted, "长" * 3001)
    assert "太长了：最多 3000 字，这里有 3001 字" in posted.text
    replies(bot, lin, posted, "长" * 3000)
    assert told(bot, alice).endswith("长" * 3000)


def test_where_nobody_waits_there_is_nobody_to_reply_to(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message
) -> None:
    assert "回复" in labels(posted)
    bot.asked(alice, "/myorders")
    bot.presses(alice, bot.shown(alice)[-1], "撤回第 1 问")
    assert "回复" not in labels(posted)
    assert "人在等答复" not in posted.text


# ── what is learnt ───────────────────────────────────────────────────────────────────────────────


def test_a_phrase_is_learnt_and_everybody_is_answered_with_it(
    bot: Rim, world: World, alice: Person, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    preview = at(bot, desk, lin, "加为问法", "猫", "1")
    assert f"要加的问法：“{ASKED}”\n这样问，就答 猫（shop/q2）" in preview.text
    assert preview.marked("bold") == ["黑的叫墨水,白的叫橡皮。"]
    assert "核对过了，没有问题。" in preview.text
    at(bot, desk, lin, "确认")
    assert "林编结了：加为问法：猫" in posted.text
    assert "写好了，现在问它就是这个结果" in posted.text
    assert "现在答得上了" in told(bot, alice) and "墨水" in told(bot, alice)
    bob = world.user("Bob")
    assert "墨水" in bot.asked(bob, ASKED).text
    assert f"- {ASKED}" in (folder / "shop.phrases.yaml").read_text("utf-8")
    assert ASKED in (folder / "shop.questions.yaml").read_text("utf-8")


def test_what_was_learnt_can_be_taken_back_for_a_day(
    bot: Rim, world: World, desk: Chat, lin: Person, zhao: Person, posted: Message, folder: Path
) -> None:
    before = (folder / "shop.phrases.yaml").read_text("utf-8")
    at(bot, desk, lin, *PREVIEW, "确认")
    at(bot, desk, zhao, "撤销：猫")
    assert (folder / "shop.phrases.yaml").read_text("utf-8") == before
    assert "赵编撤销了；开着" in posted.text
    assert "墨水" not in bot.asked(world.user("Bob"), ASKED).text
    assert "接单" in labels(posted)


def test_after_a_day_it_cannot(
    bot: Rim, desk: Chat, lin: Person, posted: Message, clock: FakeClock
) -> None:
    at(bot, desk, lin, *PREVIEW, "确认")
    clock.advance(86400)
    assert bot.presses(lin, posted, "撤销：猫") == "过了一天，不能在这里撤销了"
    assert case(bot).case.state == "closed"


def test_a_better_wording_is_learnt_and_whether_the_question_is_answered_is_said(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, *PREVIEW, "换个说法")
    replies(bot, lin, posted, "两只小家伙的名字")
    assert "要加的问法：“两只小家伙的名字”" in posted.text
    at(bot, desk, lin, "确认")
    assert "两只小家伙的名字" in (folder / "shop.phrases.yaml").read_text("utf-8")
    assert "写进去了，但现在问它还不是这个结果：没有谈到" in posted.text
    assert case(bot).case.state == "open"
    assert "现在答得上" not in told(bot, alice)
    assert "撤销：猫" in labels(posted)


def test_what_the_knowledge_has_already_is_not_written_again(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    at(bot, desk, lin, *PREVIEW, "换个说法")
    replies(bot, lin, posted, "房租贵不贵")
    assert "不能写，因为：" in posted.text
    assert "· 同样的话在 asks 里已经有了（shop.phrases.yaml:6）" in posted.text
    assert "确认" not in labels(posted)


def test_what_the_interview_does_not_speak_of_is_written_down_too(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    assert f"要记为访谈没有谈到的：“{ASKED}”" in at(bot, desk, lin, "访谈没有谈到").text
    at(bot, desk, lin, "确认")
    assert "林编结了：访谈没有谈到" in posted.text
    assert "编者看过了：访谈没有谈到" in told(bot, alice)
    assert f"declines:\n- {ASKED}" in (folder / "shop.phrases.yaml").read_text("utf-8")
    toast = bot.presses(alice, bot.asked(alice, ASKED), "请人来答（会记下往哪儿答）")
    assert toast == "编者看过这一问了：访谈没有谈到。"


def test_what_cannot_be_written_is_said_on_the_card(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, *PREVIEW)
    broken = PHRASES.replace("interview: shop", "interview: other")
    (folder / "shop.phrases.yaml").write_text(broken, "utf-8")
    at(bot, desk, lin, "确认")
    assert "没有写成" in posted.text
    assert "shop.phrases.yaml" in posted.text
    assert case(bot).case.state == "open"


def test_where_phrases_cannot_be_written_the_card_says_so(
    world: World, alice: Person, desk: Chat, lin: Person
) -> None:
    with Rim(world, curators=desk.id) as bot:
        bot.services.hours = ANY_HOUR
        ordered(bot, alice, "明天会下雨吗")
        announces(bot)
        assert "知识文件在这里写不了" in card(bot, desk).text
        assert labels(card(bot, desk)) == ["接单", "访谈没有谈到", "回复", "搁置"]
        at(bot, desk, lin, "访谈没有谈到")
        assert "林编结了：访谈没有谈到" in card(bot, desk).text
        assert "编者看过了：访谈没有谈到" in told(bot, alice)


def test_what_would_be_answered_otherwise_is_said_before(
    bot: Rim, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    lines = [
        {"q": "喵星人外号是啥", "kind": "taught", "target": "none"},
        {"q": "房租贵不贵", "kind": "taught", "target": "shop/q1"},
    ]
    written = yaml.safe_dump(lines, allow_unicode=True)
    (folder / "shop.questions.yaml").write_text(written, "utf-8")
    shown = at(bot, desk, lin, *PREVIEW)
    assert "问题文件里的 2 句，有 1 句会答得和原来不同：\n· 喵星人外号是啥：没有谈到" in shown.text
    assert "→ 答 猫" in shown.text and "（变坏）" in shown.text


def test_a_button_of_a_menu_that_has_changed_meanwhile_is_not_obeyed(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message
) -> None:
    """What is confirmed is what was seen."""
    at(bot, desk, lin, *PREVIEW)
    seen = posted.button("确认").value
    at(bot, desk, zhao, "返回", "加为问法", "房租", "整段回答")
    assert posted.button("确认").value != seen
    assert bot.is_told(lin, posted, seen) == "按钮已过期", "it stands there no more"
    press = lin.presses(posted, "确认")
    other = {**case(bot).card.stage["lesson"], "exchange": "q3"}  # type: ignore[union-attr]
    stage = {"menu": "preview", "lesson": other, "objections": [], "effect": None}
    bot.runs(bot.store.curating.set_stage(1, stage))
    bot.catches_up()
    assert press.toast == "这张卡片刚变了，再看一眼"
    assert case(bot).lessons == ()


def test_several_people_who_chose_the_same_propose_it(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    memory = bot.store.memory()
    for number in range(3):
        memory.chose(ASKED, "shop/q2", f"somebody {number}")
    bot.runs(bot.store.write(memory.taken()))
    bot.catches_up()
    assert "3 人问了之后选了 猫——够了：建议加为问法。" in posted.text
    at(bot, desk, lin, "加为问法：猫（3 人选了）", "确认")
    assert "林编结了：加为问法：猫" in posted.text


def test_while_something_is_being_written_nothing_else_is(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    """Of two processes each may find the menu as it was."""
    lesson = Accepted(0, 1, "shop", "q2", "", ASKED, "林编", lin.id, "wanted", 0.0)
    curating = bot.store.curating
    assert bot.runs(curating.teach(lesson, "a press"))
    assert not bot.runs(curating.teach(lesson, "another"))
    bot.catches_up()
    assert len(case(bot).lessons) == 1


def test_two_who_confirm_at_once_teach_it_once(
    bot: Rim, desk: Chat, lin: Person, zhao: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, *PREVIEW)
    presses = [person.presses(posted, "确认") for person in (lin, zhao)]
    bot.catches_up()
    assert len(case(bot).lessons) == 1
    assert sorted(press.toast for press in presses)[0] == ""
    assert (folder / "shop.phrases.yaml").read_text("utf-8").count(ASKED) == 1


def test_a_menu_outlives_a_new_edition(
    bot: Rim, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, "加为问法")
    for name, text in (("shop.yaml", SHOP), ("shop.phrases.yaml", PHRASES)):
        (folder / name).write_text(re.split(r"(?m)^.*\bq3\b", text)[0], "utf-8")
    bot.runs(bot.desk.reload(0))
    assert bot.presses(lin, posted, "打算") == "这张卡片刚变了，再看一眼", "it is gone"
    assert "哪一段原话能答它" in at(bot, desk, lin, "猫").text


def test_faults_that_keep_what_was_written_out_of_service_are_told(
    bot: Rim, desk: Chat, lin: Person, posted: Message, folder: Path
) -> None:
    at(bot, desk, lin, *PREVIEW)
    (folder / "other.yaml").write_text("id: other\n", "utf-8")
    at(bot, desk, lin, "确认")
    assert "知识文件里有错，还没有用上：other.yaml:1: " in posted.text
    assert case(bot).case.state == "open"


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────


def test_where_no_model_is_set_nothing_is_drafted(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    assert "拟三个说法" not in labels(at(bot, desk, lin, *PREVIEW))


def test_a_drafted_wording_is_chosen_by_a_press(
    bot: Rim, desk: Chat, lin: Person, posted: Message, tmp_path: Path, folder: Path
) -> None:
    drafted = "改问|那对小家伙怎么称呼\n改问|俩宠物各自唤作啥\n改问|房租贵不贵\n"
    (tmp_path / "drafted").write_text(drafted, "utf-8")
    bot.services.drafts = f"cat {tmp_path / 'drafted'}"
    shown = at(bot, desk, lin, *PREVIEW, "拟三个说法")
    assert "拟的三个说法：\n1. 那对小家伙怎么称呼\n2. 俩宠物各自唤作啥\n" in shown.text
    assert "3." not in shown.text, "somebody else's question is none"
    assert "要加的问法：“俩宠物各自唤作啥”" in at(bot, desk, lin, "2").text
    at(bot, desk, lin, "确认")
    assert "俩宠物各自唤作啥" in (folder / "shop.phrases.yaml").read_text("utf-8")


def test_why_nothing_was_drafted_is_said(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    bot.services.drafts = "false"
    shown = at(bot, desk, lin, *PREVIEW, "拟三个说法")
    assert "拟不了：命令以 1 结束" in shown.text
    assert "确认" in labels(shown), "and it goes on without"


# ── where cards stand ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def forum(desk: Chat, lin: Person) -> Chat:
    """The curators' chat as a forum in which the bot may manage topics."""
    desk.is_forum = True
    lin.promotes_bot(desk)
    return desk


def topics(forum: Chat) -> list[str]:
    return [topic.name for topic in forum.topics.values()]


def test_in_a_forum_a_case_has_a_topic_that_is_closed_and_opened_with_it(
    bot: Rim, alice: Person, forum: Chat, lin: Person
) -> None:
    ordered(bot, alice)
    announces(bot)
    shown = card(bot, forum)
    [topic] = forum.topics.values()
    assert topic.name == f"#1 {ASKED}"
    assert shown.thread == topic.id
    at(bot, forum, lin, *PREVIEW, "确认")
    assert topic.closed
    at(bot, forum, lin, "重新打开")
    assert not topic.closed
    assert len(forum.topics) == 1


def test_what_is_said_in_the_topic_of_a_card_is_not_answered(
    bot: Rim, alice: Person, forum: Chat, lin: Person
) -> None:
    bot.notes(lambda memory: memory.set_ambient(forum.id, True))
    ordered(bot, alice)
    announces(bot)
    [topic] = forum.topics.values()
    count = len(bot.said(forum))
    lin.says(forum, "房租贵不贵", topic=topic)
    bot.catches_up()
    assert len(bot.said(forum)) == count
    lin.says(forum, "房租贵不贵")
    bot.catches_up()
    assert len(bot.said(forum)) == count + 1, "elsewhere it is"


def test_who_may_open_no_topic_writes_into_the_chat(
    bot: Rim, alice: Person, forum: Chat, lin: Person
) -> None:
    lin.promotes_bot(forum, without=["can_manage_topics"])
    ordered(bot, alice)
    announces(bot)
    assert topics(forum) == []
    assert card(bot, forum).thread is None
    at(bot, forum, lin, "接单", "今天")
    assert case(bot).case.state == "taken"


def test_a_card_whose_message_was_deleted_is_posted_anew(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message
) -> None:
    posted.deleted = True
    ordered(bot, bot.world.user("Bob"))
    assert card(bot, desk) is not posted
    assert "2 人在等答复" in card(bot, desk).text
    at(bot, desk, lin, "接单", "今天")
    assert len(bot.said(desk)) == 1


def test_a_card_whose_topic_was_deleted_gets_another(
    bot: Rim, alice: Person, forum: Chat, lin: Person
) -> None:
    ordered(bot, alice)
    announces(bot)
    [topic] = forum.topics.values()
    lin.deletes_topic(forum, topic)
    ordered(bot, bot.world.user("Bob"))
    assert topics(forum) == [f"#1 {ASKED}"]
    assert list(forum.topics) != [topic.id]
    at(bot, forum, lin, "接单", "今天")
    assert case(bot).case.state == "taken"


def test_a_card_follows_its_chat_to_another_id(
    world: World, folder: Path, alice: Person, lin: Person
) -> None:
    group = world.group("编者", members=[lin])
    with Rim(world, curators=group.id, reloading=serving(folder)) as bot:
        bot.services.hours = ANY_HOUR
        ordered(bot, alice)
        announces(bot)
        before = card(bot, group)
        new = lin.upgrades(group)
        bot.catches_up()
        after = card(bot, new)
        assert after is not before
        at(bot, new, lin, "接单", "今天")
        assert "林编接了" in after.text
        announces(bot)
        assert len(bot.said(new)) == 1
        bot.services.chats = frozenset({-1})
        lin.says(new, "大家好")
        bot.catches_up()
        assert new.member(world.me).present, "it is still the curators' chat"


def test_where_the_bot_was_thrown_out_nothing_breaks(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message
) -> None:
    lin.removes_bot(desk)
    ordered(bot, bot.world.user("Bob"))
    lin.adds_bot(desk)
    ordered(bot, bot.world.user("Cid"))
    assert "3 人在等答复" in card(bot, desk).text


# ── when ─────────────────────────────────────────────────────────────────────────────────────────


NEEDS = ("徒弟多大了", "书店里有多少书", "猫是公的吗", "明天会下雪吗")


def cards_of(bot: Rim, desk: Chat) -> list[str]:
    return [m.text.split("\n")[0] for m in bot.said(desk) if m.text.startswith("#")]


def test_cards_are_few_a_day_those_first_that_somebody_waits_for(
    bot: Rim, world: World, desk: Chat, clock: FakeClock
) -> None:
    bot.services.hours = Hours(cards=2, digest=0, quiet=(0, 0))
    asker = world.user("Somebody")
    for text in NEEDS[:3]:
        for _ in range(3):
            bot.asked(asker, text)
    bot.files()
    ordered(bot, world.user("Other"), NEEDS[3])
    announces(bot)
    announces(bot)
    shown = cards_of(bot, desk)
    assert len(shown) == 2
    assert shown[0].endswith(NEEDS[3])
    clock.advance(86400)
    announces(bot)
    assert len(cards_of(bot, desk)) >= 3


def local(hour: int, minute: int = 0, days: int = 0) -> float:
    """A time of day, by the clock of the machine."""
    begin = time.localtime(1_800_000_000)
    return time.mktime((begin.tm_year, 1, 20 + days, hour, minute, 0, 0, 0, -1))


def at_time(clock: FakeClock, then: float) -> None:
    clock.advance(then - clock())


QUIET_AT_NIGHT = Hours(cards=5, digest=9 * 60, quiet=(22 * 60, 8 * 60))


def test_at_night_nothing_new_is_sent(
    bot: Rim, alice: Person, desk: Chat, clock: FakeClock
) -> None:
    bot.services.hours = QUIET_AT_NIGHT
    at_time(clock, local(23))
    ordered(bot, alice)
    announces(bot)
    at_time(clock, local(7, 59, days=1))
    announces(bot)
    assert bot.said(desk) == []
    at_time(clock, local(8, 0, days=1))
    announces(bot)
    assert len(cards_of(bot, desk)) == 1


def digests(bot: Rim, desk: Chat) -> list[Message]:
    return [m for m in bot.said(desk) if m.text.startswith("还有")]


@pytest.fixture
def listed(bot: Rim, world: World, desk: Chat, clock: FakeClock) -> Rim:
    """A bot to which things were asked that nobody has a card for."""
    bot.services.hours = Hours(cards=0, digest=9 * 60, quiet=(22 * 60, 8 * 60))
    at_time(clock, local(8, 30))
    for text in NEEDS[:2]:
        bot.asked(world.user("Somebody"), text)
    assert len(bot.files()) == 2
    return bot


def test_once_a_day_what_has_no_card_is_listed(
    listed: Rim, desk: Chat, clock: FakeClock, lin: Person
) -> None:
    announces(listed)
    assert digests(listed, desk) == []
    at_time(clock, local(9))
    announces(listed)
    announces(listed)
    [digest] = digests(listed, desk)
    assert digest.text.startswith("还有 2 件没有发卡片")
    assert labels(digest) == ["#1", "#2"]
    at_time(clock, local(8, 59, days=1))
    announces(listed)
    assert len(digests(listed, desk)) == 1
    at_time(clock, local(21, days=1))
    announces(listed)
    assert len(digests(listed, desk)) == 2, "who was away at nine catches up"


def test_who_was_away_until_the_night_catches_up_in_the_morning(
    listed: Rim, desk: Chat, clock: FakeClock
) -> None:
    at_time(clock, local(9))
    announces(listed)
    at_time(clock, local(23, days=1))
    announces(listed)
    assert len(digests(listed, desk)) == 1
    at_time(clock, local(8, days=2))
    announces(listed)
    assert len(digests(listed, desk)) == 2


def test_where_there_is_nothing_to_list_there_is_no_digest(
    bot: Rim, desk: Chat, clock: FakeClock
) -> None:
    announces(bot)
    assert bot.said(desk) == []


def test_a_case_of_a_digest_gets_a_card_and_the_button_says_for_whom(
    listed: Rim, desk: Chat, clock: FakeClock, lin: Person, zhao: Person
) -> None:
    at_time(clock, local(9))
    announces(listed)
    [digest] = digests(listed, desk)
    assert listed.presses(lin, digest, "#2") == "卡片马上来"
    assert [text.split(" ")[0] for text in cards_of(listed, desk)] == ["#2"]
    assert labels(digest) == ["#1", "#2 林编"]
    assert listed.presses(zhao, digest, "#2 林编") == ""
    assert len(cards_of(listed, desk)) == 1


def test_a_broken_promise_is_reminded_of_once_and_after_a_day_the_case_is_given_back(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, clock: FakeClock
) -> None:
    at(bot, desk, lin, "接单", "今天")
    announces(bot)
    assert bot.said(desk) == [posted]
    clock.advance(86400)
    announces(bot)
    announces(bot)
    [reminder] = bot.said(desk)[1:]
    assert reminder.reply_to is posted
    assert re.fullmatch(r"#1 “喵星人外号”：林编说好最晚1月15日答复，时间过了。.*", reminder.text)
    assert "已经过了" in posted.text
    assert labels(posted)[1:5] == ["今天", "3 天", "一周", "退回"]
    bot.presses(lin, posted, "今天")
    assert "改为最晚1月16日答复" in told(bot, alice)
    clock.advance(86400)
    announces(bot)
    assert len(bot.said(desk)) == 3
    clock.advance(86400 + 1)
    announces(bot)
    assert "说好的时间过了一天，自动退回" in posted.text
    assert "重新在等人接" in told(bot, alice)
    assert case(bot).case.state == "open"


def test_a_reminder_is_no_answer_that_could_be_asked_about(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message, clock: FakeClock
) -> None:
    at(bot, desk, lin, "接单", "今天")
    clock.advance(86400)
    announces(bot)
    replies(bot, lin, bot.said(desk)[-1], "房租贵不贵")
    assert len(bot.said(desk)) == 2


# ── on both databases ────────────────────────────────────────────────────────────────────────────


def test_from_an_order_to_an_answer(
    world: World,
    folder: Path,
    database: str,
    alice: Person,
    desk: Chat,
    lin: Person,
    zhao: Person,
) -> None:
    with Rim(world, curators=desk.id, reloading=serving(folder), database=database) as bot:
        bot.services.hours = ANY_HOUR
        ordered(bot, alice)
        announces(bot)
        at(bot, desk, lin, "接单", "3 天")
        assert "有人接了" in told(bot, alice)
        at(bot, desk, lin, *PREVIEW, "确认")
        assert "墨水" in told(bot, alice)
        assert "墨水" in bot.asked(zhao, ASKED).text
        at(bot, desk, zhao, "撤销：猫")
        at(bot, desk, zhao, "访谈没有谈到", "确认")
        assert "赵编结了：访谈没有谈到" in card(bot, desk).text
        assert len(bot.said(desk)) == 1


# ── once, whatever dies ──────────────────────────────────────────────────────────────────────────


def handled_twice(bot: Rim, act: Callable[[], object]) -> None:
    """What somebody does is handled, all but the note that it is done, by a process that dies;
    then another one handles it anew."""
    act()

    async def again() -> None:
        updates = [arrival(update, bot.world.me.id) for update in bot.world.take()]
        [entry] = await bot.store.receive(updates, 1)
        work = Work(entry, bot.store, bot.store.memory(), bot.services.shelf, 0.0)
        CURRENT.set(work)
        await bot._worker._process(work)
        await bot._worker._handle(entry)

    bot.runs(again())
    bot.catches_up()


STEPS = {
    "taken": ((), "接单", "3 天"),
    "given back": (("接单", "3 天"), "", "退回"),
    "put aside": ((), "", "搁置"),
    "learnt": ((*PREVIEW,), "", "确认"),
    "taken back": ((*PREVIEW, "确认"), "", "撤销：猫"),
    "opened again": (("搁置",), "", "重新打开"),
    "looked at": (("加为问法", "猫"), "", "整段回答"),
}


@pytest.mark.parametrize(("before", "menu", "text"), STEPS.values(), ids=STEPS)
def test_a_press_that_is_handled_twice_happens_once(
    bot: Rim,
    alice: Person,
    desk: Chat,
    lin: Person,
    posted: Message,
    before: tuple[str, ...],
    menu: str,
    text: str,
) -> None:
    at(bot, desk, lin, *before, *filter(None, [menu]))
    history, heard = len(case(bot).history), len(bot.shown(alice))
    handled_twice(bot, lambda: lin.presses(posted, text))
    after = case(bot)
    assert len(after.history) - history <= 1
    assert len(after.lessons) <= 1
    assert len(bot.shown(alice)) - heard <= 1
    assert bot.said(desk) == [posted]
    once = {"learnt": "closed", "taken back": "open", "taken": "taken", "given back": "open"}
    name = next(name for name, step in STEPS.items() if step == (before, menu, text))
    assert after.case.state == once.get(name, after.case.state)
    assert (len(after.history) - history) == (name != "looked at")


def test_a_reply_that_is_handled_twice_is_sent_once(
    bot: Rim, alice: Person, desk: Chat, lin: Person, posted: Message
) -> None:
    at(bot, desk, lin, "回复")
    heard = len(bot.shown(alice))
    handled_twice(bot, lambda: lin.says(desk, "问问他本人", reply_to=posted))
    assert len(bot.shown(alice)) == heard + 1
    assert bot.said(desk) == [posted]


class Fatal(Line):
    """A network over which the process dies: after a call it hears nothing any more, once."""

    def __init__(self, world: World, method: str, arrives: bool) -> None:
        super().__init__(world)
        self._method, self._arrives = method, arrives

    async def do_request(self, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        if not url.endswith(f"/{self._method}"):
            return await super().do_request(url, *args, **more)
        self._method = "-"
        if self._arrives:
            await super().do_request(url, *args, **more)
        else:
            await departs()
        raise asyncio.CancelledError


def dies_while_posting(bot: Rim, method: str, arrives: bool) -> None:
    """The card is due; the process that posts it dies, and another one goes on."""

    async def posting() -> None:
        await announcing.announce(bot.services)
        bot.application.bot._request = (  # type: ignore[assignment]
            bot.application.bot._request[0],
            Fatal(bot.world, method, arrives),
        )
        for entry in await bot.store.claim(8):
            work = Work(entry, bot.store, bot.store.memory(), bot.services.shelf, 0.0)
            CURRENT.set(work)
            with suppress(asyncio.CancelledError):
                await bot._worker._process(work)
            told = await bot.store._database.read(
                lambda db, seq=entry.seq: db.execute(
                    select(inbox.c.told).where(inbox.c.seq == seq)
                ).scalar()
            )
            await bot._worker._handle(replace(entry, told=told or 0))

    bot.runs(posting())
    bot.catches_up()


@pytest.mark.parametrize("method", ["createForumTopic", "sendMessage"])
@pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "lost"])
def test_however_the_posting_of_a_card_ends_there_are_never_two(
    bot: Rim, alice: Person, forum: Chat, lin: Person, method: str, arrives: bool
) -> None:
    ordered(bot, alice)
    dies_while_posting(bot, method, arrives)
    announces(bot)
    ordered(bot, bot.world.user("Bob"))
    count = len(cards_of(bot, forum))
    assert count == (arrives or method == "createForumTopic")
    assert len(forum.topics) <= 1
    if count:
        at(bot, forum, lin, "接单", "今天")
        assert "2 人在等答复" in card(bot, forum).text, "where it is pressed, it stands"
        return
    offer = bot.said(forum)[-1]
    assert offer.text.startswith("这几件的卡片可能没有发出来")
    bot.presses(lin, offer, "#1")
    assert len(cards_of(bot, forum)) == 1
    assert bot.presses(lin, offer, "#1 林编") == ""


class Mortal:
    """A process that dies once, at a step of an errand or of a press; another one goes on."""

    def __init__(self, bot: Rim, work: str, step: str, nth: int) -> None:
        self._bot, self._dies = bot, (work, step)
        self._left, self.died = nth, False
        self._write, self._reload = bot.store._database.write, bot.desk.reload
        bot.store._database.write = self.writes  # type: ignore[method-assign, assignment]
        bot.desk.reload = self.reloads  # type: ignore[method-assign]

    async def writes(self, work: Any) -> Any:
        result = await self._write(work)
        self._reaches("written")
        return result

    async def reloads(self, asker: int) -> Any:
        self._reaches("reload")
        return await self._reload(asker)

    def _reaches(self, step: str) -> None:
        if asyncio.current_task() not in self._bot._worker._in_work.values():
            return
        work = json.loads(CURRENT.get().entry.payload).get("do", "press")
        self._left -= (work, step) == self._dies
        if not self._left and not self.died:
            self.died = True
            raise asyncio.CancelledError

    def rises(self) -> None:
        """What the dead one had in work waits again."""
        held = update(inbox).where(inbox.c.state == 1).values(state=0, replica=None)
        self._bot.runs(self._bot.store._database.write(lambda db: db.execute(held)))
        self._bot.catches_up()


MOMENTS = {
    "the press is written down": ("press", "written", 1),
    "the phrase stands in the file": ("teach", "reload", 2),
    "the case is closed": ("teach", "written", 1),
    "all of it is noted": ("teach", "written", 2),
    "the card is drawn": ("card", "written", 1),
    "it is gone from the file": ("unteach", "reload", 1),
    "the case is open again": ("unteach", "written", 1),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_whenever_it_dies_over_a_lesson_what_was_begun_is_done_once(
    bot: Rim,
    alice: Person,
    desk: Chat,
    lin: Person,
    posted: Message,
    folder: Path,
    moment: tuple[str, str, int],
) -> None:
    at(bot, desk, lin, *PREVIEW)
    mortal, heard = Mortal(bot, *moment), len(bot.shown(alice))
    lin.presses(posted, "确认")
    bot.catches_up()
    mortal.rises()
    assert (folder / "shop.phrases.yaml").read_text("utf-8").count(ASKED) == 1
    assert "写好了，现在问它就是这个结果" in posted.text
    assert len(bot.shown(alice)) == heard + 1
    lin.presses(posted, "撤销：猫")
    bot.catches_up()
    mortal.rises()
    assert mortal.died
    assert (folder / "shop.phrases.yaml").read_text("utf-8") == PHRASES
    assert "林编撤销了；开着" in posted.text
    states = [change.state for change in case(bot).history]
    assert states == ["open", "closed", "open"]
    assert bot.said(desk) == [posted]


def test_nothing_is_confirmed_before_it_is_known_what_it_changes(
    bot: Rim, desk: Chat, lin: Person, posted: Message
) -> None:
    shown = at(bot, desk, lin, *PREVIEW)
    assert "确认" in labels(shown)
    stage = {**case(bot).card.stage, "effect": None}  # type: ignore[union-attr]
    bot.runs(bot.store.curating.set_stage(1, stage))
    bot.catches_up()
    assert "确认" not in labels(shown) and "还在算" in shown.text


def test_that_the_effect_cannot_be_told_keeps_nobody_from_deciding(
    bot: Rim, desk: Chat, lin: Person, folder: Path, posted: Message
) -> None:
    (folder / "shop.questions.yaml").write_text("- {q: 猫, kind: taught, target: [", "utf-8")
    shown = at(bot, desk, lin, *PREVIEW)
    assert "确认" in labels(shown)
