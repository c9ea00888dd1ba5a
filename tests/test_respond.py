"""Matches and a conversation become a reply: the one place where it is decided to answer."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.interview import Exchange, Interview, Knowledge
from bot.respond import (
    LEXICAL,
    Answer,
    Choices,
    Conversation,
    NotCovered,
    Policy,
    Reply,
    Responder,
    SmallTalk,
    Turn,
    calibrated,
    policy_for,
)
from bot.search import Index
from tests.test_search import BEES, HERE, HONEY, INDEX, KNOWLEDGE, is_run_of_sentences

POLICY = Policy(sure=0.5, offer=0.25, gap=0.05, chat=0.5)
BOT = Responder(INDEX, POLICY)
NOTHING = Conversation()
ANY = st.text(st.characters(exclude_categories=[]), max_size=60)
SAID = st.sampled_from(
    "蜂蜜多少钱一斤 还有呢 那冬天呢 下一个 上一个 第二个问题 最后一个 2 3 谢谢 你好 多少 留多少 "
    "为什么减产 今天天气如何 蜂王浆怎么卖 具体怎么做的 换个话题".split()
)


def talk(*questions: str, bot: Responder = BOT, after: Conversation = NOTHING) -> list[Turn]:
    """The turns of one conversation."""
    turns: list[Turn] = []
    for question in questions:
        turns.append(bot.respond(question, turns[-1].conversation if turns else after))
    return turns


def told(reply: Reply) -> str:
    """A reply in short: the exchange that answers, or what else it is."""
    match reply:
        case Answer(exchange):
            return exchange.id
        case Choices(exchanges):
            return "/".join(exchange.id for exchange in exchanges)
        case NotCovered():
            return "none"
        case SmallTalk(kind):
            return kind


def said(*questions: str, after: Conversation = NOTHING) -> list[str]:
    return [told(turn.reply) for turn in talk(*questions, after=after)]


# ── one question ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("蜂蜜多少钱一斤?", "q1"),
        ("蜜蜂过冬", "q2"),
        ("您养蜂多少年了?", "q3"),
        ("蜂王浆怎么卖", "none"),
        ("今天天气如何", "none"),
        ("你好", "greeting"),
        ("谢谢", "thanks"),
        ("大家好！我刚来，不懂就问。\n蜂蜜多少钱一斤？\n先谢过了", "q1"),  # the clearest part
        ("", "none"),
    ],
)
def test_a_question_gets_an_answer_none_or_small_talk(question: str, reply: str) -> None:
    assert said(question) == [reply]


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (replace(POLICY, sure=0.2, gap=0), Answer),
        (replace(POLICY, sure=0.99), Choices),  # half sure
        (replace(POLICY, sure=0.2, gap=0.99), Choices),  # two exchanges too close
        (replace(POLICY, sure=0.99, offer=0.98), NotCovered),
    ],
)
def test_thresholds_decide(policy: Policy, outcome: type[Reply]) -> None:
    turn = Responder(INDEX, policy).respond("蜂蜜冬天卖多少", NOTHING)
    assert isinstance(turn.reply, outcome), turn.score


def test_no_more_than_three_are_offered() -> None:
    exchanges = tuple(
        Exchange("same", f"q{n}", f"蜂箱的第{n}层放什么?", ("放蜜。",), HERE) for n in range(1, 8)
    )
    index = Index(Knowledge((Interview("same", HERE, exchanges=exchanges),)))
    turn = Responder(index, replace(POLICY, offer=0.01)).respond("蜂箱放什么", NOTHING)
    assert isinstance(turn.reply, Choices) and len(turn.reply.exchanges) == 3
    assert len(turn.ranking.matches) > 3


@given(ANY | SAID, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_whatever_the_thresholds_choices_are_one_to_three_and_quotes_are_whole(
    question: str, sure: float, offer: float, gap: float, chat: float
) -> None:
    turn = Responder(INDEX, Policy(sure, offer, gap, chat)).respond(question, NOTHING)
    assert 0 <= turn.score <= 1
    match turn.reply:
        case Answer(exchange, quote):
            assert is_run_of_sentences(quote, exchange)
            assert turn.conversation.exchange == exchange.key
        case Choices(exchanges):
            assert 1 <= len(exchanges) <= 3
            assert len(set(exchanges)) == len(exchanges)
            assert turn.conversation.offered == tuple(exchange.key for exchange in exchanges)
        case NotCovered() | SmallTalk():
            assert turn.conversation == NOTHING


@pytest.mark.parametrize(
    "question",
    [
        "\ud83d",
        "\u202e؟؟؟",
        "\u200b\u200b",
        "\x00",
        "蜂" * 100_000,
        "9" * 5000,  # more digits than Python converts
        "1,000" * 2000,
        "说" * 38 + "第二个问题" + "狗",  # nearly a pointer, in 63 million ways
        "那" * 200 + "第二个" + "那" * 200 + "x",
        "回到" * 24 + "第二个狗",
        "好的" * 200 + "还有呢" * 200 + "x",
        "蜂蜜怎么样了。冬天呢！" * 400,  # as long as Telegram lets a message be
    ],
    ids=lambda question: ascii(question[:4]) + str(len(question)),
)
def test_odd_texts_are_answered_like_any_other_and_quickly(question: str) -> None:
    for before in (NOTHING, talk("蜂蜜多少钱一斤")[0].conversation):
        start = time.monotonic()
        assert 0 <= BOT.respond(question, before).score <= 1
        assert time.monotonic() - start < 3


def test_a_message_of_very_many_sentences_does_not_take_very_many_searches() -> None:
    lines = "\n".join(f"第{n}号蜂箱的王{n % 7}在哪" for n in range(10_000))
    start = time.monotonic()
    BOT.respond(lines, NOTHING)
    assert time.monotonic() - start < 2


# ── conversations ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("questions", "replies"),
    [
        (["第一个问题"], ["q1"]),
        (["第二个问题呢"], ["q2"]),
        (["第3个"], ["q3"]),
        (["第两个问题"], ["q2"]),
        (["第二个问题问的是什么"], ["q2"]),
        (["那第三个呢", "第一个"], ["q3", "q1"]),
        (["最后一个"], ["q3"]),
        (["最后一个问题是什么", "上一个"], ["q3", "q2"]),
        (["第二个问题", "上一个问题", "下一个", "下一个问题"], ["q2", "q1", "q2", "q3"]),
        (["蜜蜂过冬", "下一题"], ["q2", "q3"]),
        (["蜜蜂过冬", "谢谢", "上一个"], ["q2", "thanks", "q1"]),  # thanks change no subject
        # nor does what is not covered
        (["蜜蜂过冬", "今天天气如何", "上一个"], ["q2", "none", "q1"]),
    ],
)
def test_exchanges_are_found_by_their_place(questions: list[str], replies: list[str]) -> None:
    assert said(*questions) == replies


@pytest.mark.parametrize(
    "questions",
    [["第四个问题"], ["第零个"], ["上一个"], ["第一个", "上一个"], ["最后一个", "下一个"]],
)
def test_a_place_that_does_not_exist_is_no_exchange_of_its_own(questions: list[str]) -> None:
    """It may be taken for a question, but never for a place."""
    turn = talk(*questions)[-1]
    assert not (isinstance(turn.reply, Answer) and turn.ranking.matches == ())


def test_a_place_is_meant_in_the_interview_that_is_talked_about() -> None:
    sheep = Interview(
        "sheep",
        HERE,
        exchanges=tuple(
            Exchange("sheep", f"q{n}", question, (answer,), HERE)
            for n, (question, answer) in enumerate(
                [("羊毛怎么剪?", "春天剪一次。"), ("羊吃什么?", "吃苜蓿。")], 1
            )
        ),
    )
    index = Index(Knowledge((BEES, sheep), KNOWLEDGE.everyday))
    bot = Responder(index, replace(POLICY, sure=0.2))
    first, second, last = talk("羊毛怎么剪", "下一个", "最后一个", bot=bot)
    keys = [turn.conversation.exchange for turn in (first, second, last)]
    assert keys == ["sheep/q1", "sheep/q2", "sheep/q2"]


def test_more_goes_through_the_answer_sentence_by_sentence_and_begins_again() -> None:
    turns = talk("第一个问题", *["还有呢"] * 4)
    quotes = [turn.reply.quote for turn in turns if isinstance(turn.reply, Answer)]
    assert quotes == [
        "比去年少三成。",
        "春天雨水多,槐花开得短。",
        "每斤卖到了四十五元。",
        "老主顾还是认的!",
        "比去年少三成。",
    ]


@pytest.mark.parametrize(
    "more",
    "还有呢 还有吗? 然后呢 继续 继续说 接着说 那还有呢 好的,继续 还有什么 展开说说 还有嗎".split(),
)
def test_more_is_said_in_many_ways(more: str) -> None:
    first, second = talk("第一个问题", more)
    assert isinstance(first.reply, Answer) and isinstance(second.reply, Answer)
    assert second.reply.exchange is HONEY
    assert second.reply.quote == "春天雨水多,槐花开得短。"


def test_more_of_nothing_is_no_answer() -> None:
    assert said("还有呢") != ["q1"]


@pytest.mark.parametrize(
    ("number", "chosen"),
    [("1", 0), ("2", 1), ("２", 1), (" 2 ", 1), ("2.", 1), ("②", 1), ("3", None), ("0", None)],
)
def test_a_number_chooses_from_what_was_offered(number: str, chosen: int | None) -> None:
    offered = ("bees/q3", "bees/q1")
    (turn,) = talk(number, after=Conversation("蜂", None, "", offered))
    if chosen is None:
        assert turn.conversation.exchange is None
    else:
        assert turn.conversation.exchange == offered[chosen]
        assert turn.conversation.offered == ()


def test_a_number_chooses_nothing_once_the_offer_is_answered() -> None:
    after = talk("1", "蜜蜂过冬", after=Conversation("", None, "", ("bees/q1",)))[-1].conversation
    assert after.offered == ()
    assert talk("1", after=after)[0].conversation.exchange in (None, "bees/q2")


@pytest.mark.parametrize(
    ("questions", "quote"),
    [
        (["今年的蜂蜜收成怎么样?", "为什么"], "春天雨水多,槐花开得短。"),
        (["今年的蜂蜜收成怎么样?", "那多少钱一斤呢"], "每斤卖到了四十五元。"),
        (["蜜蜂冬天怎么过?", "留多少"], "我给每箱留十斤蜜,再包一层稻草。"),
    ],
)
def test_a_short_question_leans_on_what_was_said(questions: list[str], quote: str) -> None:
    bot = Responder(INDEX, LEXICAL)
    reply = talk(*questions, bot=bot)[-1].reply
    assert isinstance(reply, Answer) and quote in reply.quote


def test_a_clear_question_changes_the_subject() -> None:
    assert said("蜂蜜多少钱一斤", "您养蜂多少年了?") == ["q1", "q3"]


def test_showing_an_exchange_makes_it_what_is_talked_about() -> None:
    turn = BOT.show("bees/q2")
    assert told(turn.reply) == "q2"
    assert said("下一个", after=turn.conversation) == ["q3"]


@pytest.mark.parametrize(
    "question", ["还有呢", "那冬天呢", "下一个", "1", "蜂蜜多少钱一斤", "多少"]
)
def test_what_was_talked_about_may_be_gone_from_the_knowledge(question: str) -> None:
    """Conversations are kept for weeks; the bot is restarted with an interview less."""
    stale = Conversation("从前的问题", "gone/q7", "从前的话。", ("gone/q7", "gone/q8"))
    (turn,) = talk(question, after=stale)
    assert turn.conversation.exchange != "gone/q7" or isinstance(turn.reply, NotCovered | Choices)


@given(st.lists(st.tuples(st.booleans(), SAID | ANY), max_size=8))
def test_two_chats_never_influence_each_other(mixed: list[tuple[bool, str]]) -> None:
    memory = {True: NOTHING, False: NOTHING}
    together: dict[bool, list[Turn]] = {True: [], False: []}
    for who, question in mixed:
        turn = BOT.respond(question, memory[who])
        memory[who] = turn.conversation
        together[who].append(turn)
    for who in (True, False):
        alone = talk(*(question for person, question in mixed if person is who))
        assert together[who] == alone


@given(st.lists(SAID | ANY, min_size=1, max_size=6))
def test_in_any_conversation_quotes_are_whole_and_memory_names_what_was_shown(
    questions: list[str],
) -> None:
    for turn in talk(*questions):
        assert 0 <= turn.score <= 1
        if isinstance(turn.reply, Answer):
            assert is_run_of_sentences(turn.reply.quote, turn.reply.exchange)
            assert turn.conversation.exchange == turn.reply.exchange.key
            assert turn.conversation.quote == turn.reply.quote


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────


def test_an_interview_that_nobody_authored_is_held_to_a_measured_bar() -> None:
    fresh = Knowledge(
        (
            replace(
                BEES,
                declines=(),
                exchanges=tuple(
                    replace(exchange, topic="", quote="", asks=(), facts=())
                    for exchange in BEES.exchanges
                ),
            ),
        ),
        KNOWLEDGE.everyday,
    )
    index = Index(fresh)
    policy = calibrated(index)
    assert 0 < policy.offer < policy.sure < 1
    assert policy != policy_for(index)
    bot = Responder(index, policy_for(index), policy)
    for exchange in fresh.exchanges():
        assert told(bot.respond(exchange.question, NOTHING).reply) == exchange.id
    assert told(bot.respond("股票跌了吗", NOTHING).reply) == "none"


def test_an_authored_interview_keeps_the_thresholds_that_were_measured_for_it() -> None:
    assert calibrated(INDEX) == policy_for(INDEX) == LEXICAL
