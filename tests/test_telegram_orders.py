"""Who gets no answer may ask for one, and hears what becomes of it, wherever they asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import cases, knowledge
from bot.edition import Edition
from bot.policy import policy_for, thinner
from bot.reloading import Reloading
from bot.respond import Responder
from bot.search import Index
from bot.store import DAY, NOT_COVERED, Change, Ledger, Order, View, proposed
from bot.store.orders import MOST
from bot.store.schema import TABLES
from tests.bookshop import CATS, OFFERING, RENT
from tests.rim import Rim, labels, shows
from tests.telegram import Chat, FakeClock, Message, Person, World

WEDDING = "能在书店里举办婚礼吗"
BUTTON = "请人来答（会记下往哪儿答）"
EITHER = "猫和房租哪个贵"
CURATORS = -1009


@pytest.fixture
def bot(world: World, database: str) -> Iterator[Rim]:
    with Rim(world, curators=CURATORS, database=database) as rim:
        yield rim


@pytest.fixture
def unsure(world: World) -> Iterator[Rim]:
    with Rim(world, curators=CURATORS, responder=OFFERING) as rim:
        yield rim


@pytest.fixture
def bob(world: World) -> Person:
    return world.user("Bob")


def orders(bot: Rim, message: Message, *people: Person) -> list[str]:
    """People press the button; what each of them is told."""
    return [bot.presses(person, message, BUTTON) for person in people]


def mine(bot: Rim, person: Person) -> tuple[Order, ...]:
    return bot.runs(bot.store.curating.orders(person.id))


def steps(bot: Rim, state: cases.State, number: int = 1, **more: Any) -> None:
    """Something becomes of a case, and whoever waits hears of it."""
    change = Change(state, "陈编", more.pop("until", None), more.pop("how", None), curator=7)
    bot.runs(bot.store.curating.step(number, change, **more))
    bot.catches_up()


def view(bot: Rim, number: int = 1) -> View:
    found = bot.runs(bot.store.curating.view(number))
    assert found is not None
    return found


# ── asking for an answer ─────────────────────────────────────────────────────────────────────────


def test_only_below_what_is_no_answer_there_is_somebody_to_ask(bot: Rim, alice: Person) -> None:
    assert BUTTON in labels(bot.asked(alice, WEDDING))
    assert BUTTON in labels(bot.asked(alice, "明天会下雨吗"))
    assert BUTTON not in labels(bot.asked(alice, "房租贵不贵"))
    assert BUTTON not in labels(bot.asked(alice, "你好"))


def test_below_an_offer_there_is_too(unsure: Rim, alice: Person) -> None:
    assert BUTTON in labels(unsure.asked(alice, EITHER))


def test_where_nobody_takes_care_nobody_can_be_asked(world: World, alice: Person) -> None:
    with Rim(world) as bot:
        assert BUTTON not in labels(bot.asked(alice, WEDDING))


def test_pressing_is_the_consent_and_says_what_is_kept(bot: Rim, alice: Person) -> None:
    (told,) = orders(bot, bot.asked(alice, WEDDING), alice)
    assert "记下了你的编号" in told and "/myorders" in told
    (order,) = mine(bot, alice)
    assert (order.text, order.state, order.asker.chat) == (WEDDING, "waiting", alice.id)


def test_one_order_a_person_and_case(bot: Rim, alice: Person, bob: Person) -> None:
    first = bot.asked(alice, WEDDING)
    assert "交给编者了" in orders(bot, first, alice)[0]
    assert "已经请人答了" in orders(bot, first, alice)[0]
    assert "已经请人答了" in orders(bot, bot.asked(alice, f"请问{WEDDING}？"), alice)[0]
    assert "交给编者了" in orders(bot, bot.asked(bob, WEDDING), bob)[0]
    assert (len(mine(bot, alice)), view(bot).waiting) == (1, 2)


def test_nobody_fills_the_curators_chat_alone(bot: Rim, alice: Person) -> None:
    far = ["明天会下雨吗", "怎么做红烧肉", "帮我写一首诗", "股票会涨吗", "北京到上海多远", "几点了"]
    told = [orders(bot, bot.asked(alice, text), alice)[0] for text in far]
    assert [("交给编者了" in one) for one in told] == [True] * MOST + [False]
    assert "五问" in told[-1] and MOST == 5


def test_of_a_case_that_the_interview_does_not_speak_of_one_is_told_at_once(
    bot: Rim, alice: Person, bob: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert "没有谈到" in orders(bot, bot.asked(bob, WEDDING), bob)[0]
    assert mine(bot, bob) == ()


def test_what_was_put_aside_opens_again_for_whoever_orders_it(
    bot: Rim, alice: Person, bob: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    steps(bot, "aside")
    assert "先搁下了" in bot.shown(alice)[-1].text
    orders(bot, bot.asked(bob, WEDDING), bob)
    assert (view(bot).case.state, view(bot).waiting) == ("open", 2)


def test_a_button_below_what_is_forgotten_has_expired(
    bot: Rim, world: World, alice: Person
) -> None:
    message = bot.asked(alice, WEDDING)
    bot.notes(lambda memory: memory.deleted(alice.id, message.id))
    assert orders(bot, message, alice) == ["按钮已过期"]


def test_what_is_ordered_is_what_was_asked_though_the_talk_went_on(bot: Rim, alice: Person) -> None:
    message = bot.asked(alice, WEDDING)
    bot.asked(alice, "房租贵不贵")
    orders(bot, message, alice)
    assert mine(bot, alice)[0].text == WEDDING


def test_an_order_and_its_miss_are_one_case_that_counts_the_question_once(
    bot: Rim, alice: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    assert bot.files() == [(WEDDING, 1, False)]


# ── one's own orders ─────────────────────────────────────────────────────────────────────────────


def test_whoever_ordered_sees_how_it_stands_and_may_withdraw(bot: Rim, alice: Person) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    listed = bot.asked(alice, "/myorders")
    assert WEDDING in listed.text and "在等人接" in listed.text
    steps(bot, "taken", until=bot.world.clock() + 3 * DAY)
    listed = bot.asked(alice, "/myorders")
    assert "说好" in listed.text
    assert bot.presses(alice, listed, "撤回第 1 问") == "撤回了"
    assert listed.text == "你没有请人答的问题。" and labels(listed) == []
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert "没有谈到" not in bot.shown(alice)[-1].text


def test_nobody_withdraws_what_is_anothers(bot: Rim, alice: Person, bob: Person) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    orders(bot, bot.asked(bob, "房东老周今年多大岁数属什么的"), bob)
    listed = bot.asked(bob, "/myorders")
    (number,) = (order.id for order in mine(bot, alice))
    forged = listed.buttons[0][0].value.rpartition(".")[0] + f".{number}"
    assert bot.is_told(bob, listed, forged) == "按钮已过期"  # such a button is not there
    assert bot.runs(bot.store.curating.withdraw(bob.id, number)) is False
    assert len(mine(bot, alice)) == 1


def test_in_a_group_nobody_elses_orders_are_shown(
    bot: Rim, world: World, alice: Person, bob: Person
) -> None:
    group = world.supergroup("书友", members=[alice, bob])
    orders(bot, bot.asked(alice, WEDDING), alice)
    alice.says(group, "/myorders@fangtan_bot")
    bot.catches_up()
    (said,) = bot.said(group)
    assert WEDDING not in said.text
    alice.presses(said, "私聊继续问")
    bot.catches_up()
    assert WEDDING in bot.shown(alice)[-1].text


def test_of_who_wants_to_be_forgotten_no_order_is_left_and_nothing_is_told(
    bot: Rim, alice: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    bot.asked(alice, "/forget")
    assert mine(bot, alice) == ()
    count = len(bot.shown(alice))
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert len(bot.shown(alice)) == count


# ── hearing what becomes of it ───────────────────────────────────────────────────────────────────


def test_the_asker_hears_of_every_step(bot: Rim, clock: FakeClock, alice: Person) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    heard: list[str] = []
    for change in (
        {"state": "taken", "until": clock() + DAY},
        {"state": "taken", "until": clock() + 3 * DAY},
        {"state": "open"},
        {"state": "taken", "until": clock() + 7 * DAY},
        {"state": "closed", "news": "replied", "how": "编者回复", "words": "可以，先打电话。"},
    ):
        steps(bot, **change)
        heard.append(bot.shown(alice)[-1].text)
    begins = ("有人接了，说好", "要晚一些，改为", "重新在等人接", "有人接了，说好", "有回音了")
    assert all(WEDDING in said and part in said for said, part in zip(heard, begins, strict=True))
    assert heard[-1].endswith("编者答复，非嘉宾原话：\n可以，先打电话。")
    assert mine(bot, alice)[0].state == "replied"
    assert bot.shown(alice)[-1].reply_to is not None


@pytest.fixture
def clock(world: World) -> FakeClock:
    assert isinstance(world.clock, FakeClock)
    return world.clock


def test_a_curators_words_are_nobodys_answer_and_no_knowledge(
    bot: Rim, alice: Person, bob: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    steps(bot, "closed", news="replied", words="可以，先打电话。")
    assert "先打电话" not in bot.asked(bob, WEDDING).text

    async def texts() -> str:
        read = bot.store._database.read
        tables = [table for table in TABLES.sorted_tables if table.name != "replicas"]
        return repr([await read(lambda db, t=t: db.execute(select(t)).all()) for t in tables])

    assert "先打电话" not in bot.runs(texts())


def test_in_a_group_the_answer_goes_to_the_question_in_its_topic_once(
    bot: Rim, world: World, alice: Person, bob: Person
) -> None:
    forum = world.supergroup("书友", members=[alice, bob], forum=True)
    topic = alice.opens_topic(forum, "闲聊")
    question = alice.says(forum, f"/ask@fangtan_bot {WEDDING}", topic=topic)
    bot.catches_up()
    assert all("交给编者了" in told for told in orders(bot, bot.said(forum)[-1], alice, bob))
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    _, told = bot.said(forum)
    assert told.reply_to is question and told.thread == topic.id
    assert "没有谈到" in told.text


def test_what_is_answered_later_is_the_guests_own_words_and_can_be_asked_on(
    world: World, alice: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    page = (
        f"id: shop\ntitle: 书店\nguest: 林小满\nexchanges:\n- id: q1\n  question: {CATS.question}\n"
    )
    answer = f"  answer:\n  - {CATS.answer[0]}\n"
    (folder / "shop.yaml").write_text(page + answer, "utf-8")
    with Rim(world, curators=CURATORS, reloading=of(folder)) as bot:
        asked = "橡皮是什么颜色的毛"
        orders(bot, bot.asked(alice, asked), alice)
        phrases = f"interview: shop\nexchanges:\n  q1:\n    asks: [{asked}]\n"
        (folder / "shop.phrases.yaml").write_text(phrases, "utf-8")
        steps(bot, "closed", how="加为问法")
        told = bot.shown(alice)[-1]
        assert told.text.startswith(f"你请人答的“{asked}”，现在答得上了：\n\n")
        assert shows(told, CATS)
        assert "墨水" in bot.presses(alice, told, "👍 有用") + told.text
        assert mine(bot, alice)[0].state == "ended"


def of(folder: Path) -> Reloading:
    loaded, faults = knowledge.load(folder)
    index = Index(loaded, None)
    responder = Responder(index, policy_for(index), thinner(index))
    return Reloading(folder, None, Edition(loaded, responder, faults, "before"))


def test_a_case_that_a_command_closes_is_told_of_as_well(
    bot: Rim, database: str, alice: Person
) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    ledger = Ledger(database, bot.world.clock) if "://" in database else None
    if database == "sqlite://":
        pytest.skip("a database in memory has no second door")
    assert ledger is not None
    assert ledger.change(1, Change("closed", "王", how="看过了"))
    ledger.close()
    bot.catches_up()
    assert "没有可以引的原话" in bot.shown(alice)[-1].text


# ── what may come between ────────────────────────────────────────────────────────────────────────


def test_who_has_blocked_us_is_noted_as_not_reached(bot: Rim, alice: Person, bob: Person) -> None:
    orders(bot, bot.asked(alice, WEDDING), alice)
    orders(bot, bot.asked(bob, WEDDING), bob)
    alice.blocks_bot()
    bot.catches_up()
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert mine(bot, alice)[0].state == "unreachable"
    assert (view(bot).lost, mine(bot, bob)[0].state) == (1, "not_covered")


def test_a_group_that_has_moved_is_told_where_it_is_now(
    bot: Rim, world: World, alice: Person
) -> None:
    group = world.group("书友", members=[alice], admins=[alice])
    alice.says(group, f"/ask@fangtan_bot {WEDDING}")
    bot.catches_up()
    orders(bot, bot.said(group)[-1], alice)
    moved = alice.upgrades(group)
    bot.catches_up()
    alice.says(moved, "还有人吗")  # has the number that the question had where it was asked
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    told = bot.said(moved)[-1]
    assert WEDDING in told.text and told.reply_to is None


def test_a_group_that_moved_unheard_is_found_when_it_is_told(
    bot: Rim, world: World, alice: Person
) -> None:
    group = world.group("书友", members=[alice], admins=[alice])
    alice.says(group, f"/ask@fangtan_bot {WEDDING}")
    bot.catches_up()
    orders(bot, bot.said(group)[-1], alice)
    moved = alice.upgrades(group)
    world.take()  # the announcement is lost
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert WEDDING in bot.said(moved)[-1].text


@pytest.mark.parametrize("in_group", [False, True], ids=["private", "group"])
def test_a_question_that_was_deleted_is_named(
    bot: Rim, world: World, alice: Person, in_group: bool
) -> None:
    chat = world.supergroup("书友", members=[alice]) if in_group else world.private(alice)
    question = alice.says(chat, f"/ask@fangtan_bot {WEDDING}")
    bot.catches_up()
    orders(bot, bot.said(chat)[-1], alice)
    alice.deletes(question)
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert WEDDING in bot.said(chat)[-1].text


def test_no_one_waits_in_vain_for_a_telegram_that_is_away_for_long(
    bot: Rim, world: World, clock: FakeClock, alice: Person
) -> None:
    group = world.supergroup("书友", members=[alice])
    alice.says(group, f"/ask@fangtan_bot {WEDDING}")
    bot.catches_up()
    orders(bot, bot.said(group)[-1], alice)
    clock.advance(DAY)  # an answer to what was asked a minute ago would be dropped by now
    world.fail("sendMessage", 502, times=30)
    steps(bot, "closed", how=NOT_COVERED, news="not_covered")
    assert WEDDING in bot.said(group)[-1].text


# ── what people choose ───────────────────────────────────────────────────────────────────────────


def offered(unsure: Rim, person: Person, topic: str) -> Message:
    """Someone asks what is half understood, and chooses what was meant."""
    offer = unsure.asked(person, EITHER)
    (text,) = (label for label in labels(offer) if label.startswith(topic))
    unsure.presses(person, offer, text)
    return offer


def test_what_several_people_choose_is_proposed_and_never_what_one_does(
    unsure: Rim, world: World, alice: Person
) -> None:
    for _ in range(5):
        offered(unsure, alice, "房租")
    unsure.files()
    assert [(s.exchange, s.people) for s in view(unsure).supports] == [(RENT.key, 1)]
    assert proposed(view(unsure).supports) is None
    offered(unsure, world.user("Bob"), "房租")
    assert proposed(view(unsure).supports) is None
    offered(unsure, world.user("Carol"), "房租")
    found = proposed(view(unsure).supports)
    assert found is not None and (found.exchange, found.people) == (RENT.key, 3)


def test_where_people_disagree_nothing_is_proposed(unsure: Rim, world: World) -> None:
    people = [world.user(f"Person {n}") for n in range(5)]
    for person in people[:3]:
        offered(unsure, person, "房租")
    for person in people[3:]:
        shown = offered(unsure, person, "房租")
        unsure.presses(person, shown, "👎 没用")
    unsure.files()
    assert [(s.people, s.against) for s in view(unsure).supports] == [(3, 2)]
    assert proposed(view(unsure).supports) is None


def test_looking_around_is_no_choice(unsure: Rim, alice: Person) -> None:
    offer = offered(unsure, alice, "房租")
    unsure.presses(alice, offer, "下一问 ▶")
    unsure.presses(alice, offer, "👍 有用")
    unsure.files()
    assert [s.exchange for s in view(unsure).supports] == [RENT.key]


def test_what_was_chosen_in_vain_is_missed_as_it_was_asked(unsure: Rim, alice: Person) -> None:
    offer = offered(unsure, alice, "房租")
    unsure.presses(alice, offer, "👎 没用")
    assert unsure.files() == [(EITHER, 2, False)]


def test_evidence_names_nobody(unsure: Rim, world: World, alice: Person) -> None:
    offered(unsure, alice, "房租")
    read = unsure.store._database.read
    rows = unsure.runs(read(lambda db: db.execute(select(TABLES.tables["evidence"])).all()))
    assert len(rows) == 1 and str(alice.id) not in repr(rows)
    assert unsure.services.mark(alice.id, RENT.key) != unsure.services.mark(alice.id, CATS.key)
    assert isinstance(world.private(alice), Chat)


def test_a_chosen_inline_result_speaks_for_it_too() -> None:
    world = World(clock=FakeClock(), inline_feedback=True)
    person, friend = world.user("Dora"), world.user("Emil")
    group = world.supergroup("外面", members=[person, friend])
    with Rim(world, curators=CURATORS, responder=OFFERING) as bot:
        search = person.inline(EITHER, group)
        bot.catches_up()
        person.chooses(search, next(t for t in search.titles if t.startswith("猫")), group)
        bot.catches_up()
        bot.asked(friend, EITHER)
        bot.files()
        assert [(s.exchange, s.people) for s in view(bot).supports] == [(CATS.key, 1)]
