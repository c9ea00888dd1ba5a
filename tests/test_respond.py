"""Matches and a conversation become a reply: the one place where it is decided to answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import render
from bot.interview import Exchange, Interview, Knowledge, Phrase
from bot.policy import LEXICAL, Policy, policy_for, thinner
from bot.query import MOST_PARTS
from bot.respond import (
    AT_ONCE,
    REMEMBERED,
    Answer,
    Choices,
    Conversation,
    Extent,
    Lacking,
    NotCovered,
    Reply,
    Responder,
    SmallTalk,
    Turn,
)
from bot.search import Index
from tests.test_search import (
    BEES,
    HERE,
    HONEY,
    INDEX,
    KNOWLEDGE,
    WINTER,
    YEARS,
    is_run_of_sentences,
)

POLICY = Policy(sure=0.5, follow=0.3, offer=0.25, gap=0.05, chat=0.5)
BOT = Responder(INDEX, POLICY)
# One that is never sure and offers, and one that doesn't offer, either.
OFFERING = Responder(INDEX, replace(POLICY, sure=0.99, follow=0.99))
REFUSING = Responder(INDEX, replace(POLICY, sure=0.99, follow=0.99, offer=0.98))
NOTHING = Conversation()
ANY = st.text(st.characters(exclude_categories=[]), max_size=60)
SAID = st.sampled_from(
    "蜂蜜多少钱一斤 还有呢 那冬天呢 下一个 上一个 第二个问题 最后一个 2 3 谢谢 你好 多少 留多少 "
    "为什么减产 今天天气如何 蜂王浆怎么卖 具体怎么做的 换个话题".split()
)


def talk(*questions: str, bot: Responder = BOT, after: Conversation = NOTHING) -> list[Turn]:
    """The last turn of each message of one conversation."""
    turns: list[Turn] = []
    for question in questions:
        *_, last = bot.respond(question, turns[-1].conversation if turns else after)
        turns.append(last)
    return turns


def told(reply: Reply) -> str:
    """A reply in short: the exchange that answers, or what else it is."""
    match reply:
        case Answer(exchange):
            return exchange.id
        case Choices() as offer:
            return "/".join(exchange.id for exchange in offer.exchanges)
        case NotCovered():
            return "none"
        case SmallTalk(kind):
            return kind


def said(*questions: str, after: Conversation = NOTHING) -> list[str]:
    return [told(turn.reply) for turn in talk(*questions, after=after)]


def quoted(reply: Reply) -> tuple[str, str, Extent]:
    """An answer in short: its exchange, its passage, how much is shown."""
    assert isinstance(reply, Answer), reply
    return reply.exchange.id, reply.quote, reply.extent


def only(turns: tuple[Turn, ...]) -> Turn:
    (turn,) = turns
    return turn


PRICE, LESS, RAIN, CUSTOMERS = (
    "每斤卖到了四十五元。",
    "比去年少三成。",
    "春天雨水多,槐花开得短。",
    "老主顾还是认的!",
)
HUDDLE, STRAW, COLD = (
    "蜜蜂抱成团取暖。",
    "我给每箱留十斤蜜,再包一层稻草。",
    "比如前年零下二十度,一箱也没冻死。",
)


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
        ("", "wordless"),
        ("🐝", "wordless"),
        ("？", "puzzled"),
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
    turn = only(Responder(INDEX, policy).respond("蜂蜜冬天卖多少", NOTHING))
    assert isinstance(turn.reply, outcome), turn.score


def test_no_more_than_three_are_offered() -> None:
    exchanges = tuple(
        Exchange("same", f"q{n}", f"蜂箱的第{n}层放什么?", ("放蜜。",), HERE) for n in range(1, 8)
    )
    index = Index(Knowledge((Interview("same", HERE, exchanges=exchanges),)))
    turn = only(Responder(index, replace(POLICY, offer=0.01)).respond("蜂箱放什么", NOTHING))
    assert isinstance(turn.reply, Choices) and len(turn.reply.exchanges) == 3
    assert len(turn.ranking.matches) > 3


UNIT = st.floats(0, 1)


@given(ANY | SAID, st.builds(Policy, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT))
def test_whatever_the_thresholds_choices_are_one_to_three_and_quotes_are_whole(
    message: str, policy: Policy
) -> None:
    turns = Responder(INDEX, policy).respond(message, NOTHING)
    assert 1 <= len(turns) <= AT_ONCE
    for count, turn in enumerate(turns, 1):
        assert 0 <= turn.score <= 1
        assert turn.conversation.replies == count
        match turn.reply:
            case Answer(exchange, quote):
                assert is_run_of_sentences(quote, exchange)
                assert turn.conversation.exchange == exchange.key
            case Choices() as offer:
                assert 1 <= len(offer.options) <= 3
                assert len(set(offer.exchanges)) == len(offer.exchanges)
                keys = tuple(exchange.key for exchange in offer.exchanges)
                assert turn.conversation.offered == keys
            case NotCovered(exchange, quote):
                assert exchange is None or is_run_of_sentences(quote, exchange)
                assert exchange is not None or quote == ""
    if len(turns) == 1 and isinstance(turns[0].reply, NotCovered | SmallTalk):
        assert turns[0].conversation == replace(NOTHING, replies=1)


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
def test_odd_texts_are_answered_like_any_other(question: str) -> None:
    for before in (NOTHING, talk("蜂蜜多少钱一斤")[0].conversation):
        assert all(0 <= turn.score <= 1 for turn in BOT.respond(question, before))


def test_a_message_of_very_many_sentences_does_not_take_very_many_searches() -> None:
    index = Index(KNOWLEDGE)
    lines = "\n".join(f"第{n}号蜂箱的王{n % 7}在哪" for n in range(10_000))
    Responder(index, POLICY).respond(lines, NOTHING)
    assert index.explain.cache_info().misses <= 2 * MOST_PARTS


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
    """It may be taken for a question, but never for a place, and no quotation comes near it."""
    turn = talk(*questions)[-1]
    assert not (isinstance(turn.reply, Answer) and turn.ranking.matches == ())
    assert not (isinstance(turn.reply, NotCovered) and turn.reply.nearest)


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
    assert [quoted(turn.reply) for turn in turns] == [
        ("q1", LESS, "usual"),
        *(("q1", passage, "passage") for passage in (RAIN, PRICE, CUSTOMERS, LESS)),
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
    turn = only(BOT.respond(number, Conversation("蜂", None, "", offered)))
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
    turn = BOT.show("bees/q2", NOTHING)
    assert told(turn.reply) == "q2"
    assert said("下一个", after=turn.conversation) == ["q3"]


@pytest.mark.parametrize(
    "question", ["还有呢", "那冬天呢", "下一个", "1", "蜂蜜多少钱一斤", "多少"]
)
def test_what_was_talked_about_may_be_gone_from_the_knowledge(question: str) -> None:
    """Conversations are kept for weeks; the bot is restarted with an interview less."""
    stale = Conversation("从前的问题", "gone/q7", "从前的话。", ("gone/q7", "gone/q8"))
    turn = only(BOT.respond(question, replace(stale, shown=("gone/q7", "bees/q1"))))
    assert not (turn.conversation.exchange or "").startswith("gone/")
    assert not {*turn.conversation.offered, *turn.conversation.shown} & {"gone/q7", "gone/q8"}


@given(st.lists(st.tuples(st.booleans(), SAID | ANY), max_size=8))
def test_two_chats_never_influence_each_other(mixed: list[tuple[bool, str]]) -> None:
    memory = {True: NOTHING, False: NOTHING}
    together: dict[bool, list[Turn]] = {True: [], False: []}
    for who, question in mixed:
        *_, turn = BOT.respond(question, memory[who])
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


# ── several questions at once ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("message", "replies"),
    [
        ("蜂蜜多少钱一斤？冬天怎么过？", ["q1", "q2"]),
        ("蜂蜜多少钱一斤，还有您养蜂多少年了？", ["q1", "q3"]),
        ("1. 蜂蜜多少钱 2. 蜜蜂怎么过冬 3. 养了几年蜂 4. 为什么减产", ["q1", "q2", "q3"]),  # three
        ("你好！蜂蜜多少钱一斤？冬天怎么过？谢谢！", ["q1", "q2"]),  # courtesy gets no reply
        ("今天天气如何？蜂蜜多少钱一斤？", ["none", "q1"]),
        ("今天天气如何？股票跌了吗？", ["none", "none"]),
        ("蜂蜜产量。蜜蜂过冬。", ["q1", "q2"]),  # nothing is put as a question
        ("蜂蜜产量。我家在山里。", ["q1"]),  # what can be answered counts
        ("蜂蜜多少钱一斤？我家有羊。", ["q1"]),  # what is told asks nothing
        ("蜂蜜多少钱一斤？蜂蜜多少钱一斤？", ["q1"]),  # once is enough
        ("蜂蜜多少钱一斤？还有呢？", ["q1", "q1"]),  # each leans on the one before
    ],
)
def test_each_question_of_a_message_gets_its_reply(message: str, replies: list[str]) -> None:
    assert [told(turn.reply) for turn in BOT.respond(message, NOTHING)] == replies


def test_two_questions_about_one_exchange_get_both_passages() -> None:
    price, rain = BOT.respond("蜂蜜多少钱一斤？槐花怎么了？", NOTHING)
    assert quoted(price.reply) == ("q1", PRICE, "usual")
    assert quoted(rain.reply) == ("q1", RAIN, "passage")
    assert [turn.question for turn in (price, rain)] == ["蜂蜜多少钱一斤？", "槐花怎么了？"]


def test_of_several_replies_each_is_remembered() -> None:
    last = BOT.respond("蜂蜜多少钱一斤？冬天怎么过？", NOTHING)[-1].conversation
    assert last == Conversation(
        "冬天怎么过？", "bees/q2", STRAW, (), ("bees/q1", "bees/q2"), replies=2
    )


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("我爷爷从前也养过蜂。后来搬进城里了。蜂蜜多少钱一斤？", ("q1", PRICE, "usual")),
        ("我有两箱蜂。去年冻死了一箱。蜜蜂怎么过冬", ("q2", STRAW, "usual")),
        ("蜂蜜收成我听说了。\n都说不好。\n为什么减产？", ("q1", RAIN, "usual")),  # the end counts
    ],
)
def test_a_story_and_then_a_question_is_one_question(
    message: str, answer: tuple[str, str, Extent]
) -> None:
    assert quoted(only(BOT.respond(message, NOTHING)).reply) == answer


# ── offers ───────────────────────────────────────────────────────────────────────────────────────


def test_an_offer_says_what_of_each_exchange_is_meant() -> None:
    reply = only(OFFERING.respond("蜂蜜冬天卖多少", NOTHING)).reply
    assert isinstance(reply, Choices)
    assert [(option.exchange.id, option.meant) for option in reply.options] == [
        ("q1", "蜂蜜多少钱一斤"),  # a phrase of ours
        ("q2", STRAW),  # a passage of his
    ]


@pytest.mark.parametrize(
    ("chosen", "exchange"),
    [
        ("1", "q1"),
        ("第二个", "q2"),
        ("第二个问题", "q2"),
        ("2号", "q2"),
        ("收成", "q1"),
        ("过冬", "q2"),
        ("過冬", "q2"),
        ("就是过冬那个吧", "q2"),
        ("我要收成", "q1"),
        ("冬", "q2"),  # a word of a topic
        ("那冬天怎么过", "q2"),  # or any question
    ],
)
def test_an_offer_is_chosen_from_by_number_by_topic_or_by_a_word(
    chosen: str, exchange: str
) -> None:
    offer = talk("蜂蜜冬天卖多少", bot=OFFERING)[0].conversation
    turn = only(BOT.respond(chosen, offer))
    assert told(turn.reply) == exchange
    assert turn.conversation.offered == ()


@pytest.mark.parametrize("chosen", ["3", "收成和过冬", "第九个", "哪个都不是"])
def test_what_names_none_or_several_of_an_offer_chooses_nothing(chosen: str) -> None:
    offer = talk("蜂蜜冬天卖多少", bot=OFFERING)[0].conversation
    assert not isinstance(only(BOT.respond(chosen, offer)).reply, Answer)


def test_an_offer_is_a_topic_for_what_is_asked_next() -> None:
    offer = talk("蜂箱", bot=OFFERING)[0].conversation
    assert offer.offered == ("bees/q2",)
    assert told(only(BOT.respond("怎么办", NOTHING)).reply) != "q2"
    assert told(only(BOT.respond("怎么办", offer)).reply) == "q2"


@pytest.mark.parametrize(
    ("question", "offered"), [("蜂蜜产量多少", "none"), ("蜂蜜冬天卖多少", "q1/q2")]
)
def test_what_was_shown_last_is_never_all_that_is_offered(question: str, offered: str) -> None:
    shown = talk("蜂蜜多少钱一斤")[0].conversation
    reply = only(OFFERING.respond(question, shown)).reply
    assert told(reply) == offered
    if isinstance(reply, NotCovered):
        assert reply.nearest is HONEY


def test_offering_changes_no_subject() -> None:
    first, offer = talk("蜂蜜多少钱一斤")[0].conversation, "蜂蜜冬天卖多少"
    after = only(OFFERING.respond(offer, first)).conversation
    assert (after.exchange, after.quote, after.shown) == ("bees/q1", PRICE, ("bees/q1",))
    assert quoted(only(BOT.respond("全文", after)).reply) == ("q1", PRICE, "whole")


# ── corrections, coming back, how much ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("correction", "answer"),
    [
        ("不是，我问的是冬天", ("q2", STRAW, "usual")),
        ("不对，我是说蜜蜂过冬", ("q2", STRAW, "usual")),
        ("不是，我问的是为什么减产", ("q1", RAIN, "passage")),  # another passage of the same
        ("不是这个，我想问的是您养蜂多少年了", ("q3", "从十九岁养到现在。", "usual")),
    ],
)
def test_a_correction_gets_what_was_meant(correction: str, answer: tuple[str, str, Extent]) -> None:
    assert quoted(talk("蜂蜜多少钱一斤", correction)[-1].reply) == answer


@pytest.mark.parametrize(
    "back", ["蜂蜜多少钱一斤", "回到第一个问题", "第一个问题", "那蜂蜜多少钱一斤呢"]
)
def test_whoever_comes_back_to_an_exchange_sees_the_passage_alone(back: str) -> None:
    first, second, third = talk("蜂蜜多少钱一斤", "您养蜂多少年了?", back)
    assert [quoted(turn.reply)[::2] for turn in (first, second, third)] == [
        ("q1", "usual"),
        ("q3", "usual"),
        ("q1", "passage"),
    ]
    assert third.conversation.shown == ("bees/q3", "bees/q1")


def test_a_conversation_speaks_again_of_what_it_spoke_of_earlier() -> None:
    earlier, later = (turn.conversation for turn in talk("蜂蜜多少钱一斤", "蜜蜂过冬"))
    again = later.back_to(earlier)
    assert quoted(only(BOT.respond("全文", again)).reply) == ("q1", PRICE, "whole")
    assert (again.shown, again.replies) == (later.shown, later.replies)


def test_after_many_others_an_exchange_is_shown_whole_again() -> None:
    exchanges = tuple(
        Exchange("long", f"q{n}", f"第{n}层放什么?", (f"放第{n}种蜜。",), HERE)
        for n in range(1, REMEMBERED + 2)
    )
    bot = Responder(Index(Knowledge((Interview("long", HERE, exchanges=exchanges),))), POLICY)
    conversation = NOTHING
    for exchange in exchanges:
        conversation = bot.show(exchange.key, conversation).conversation
    assert len(conversation.shown) == REMEMBERED
    assert quoted(bot.show("long/q1", conversation).reply)[2] == "usual"
    assert quoted(bot.show("long/q2", conversation).reply)[2] == "passage"


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        ("全文", ("q2", STRAW, "whole")),
        ("整段回答", ("q2", STRAW, "whole")),
        ("用一句话", ("q2", STRAW, "passage")),
        ("重点是什么", ("q2", STRAW, "passage")),
        ("举个例子", ("q2", COLD, "passage")),
        ("还有呢", ("q2", COLD, "passage")),
        ("for example?", ("q2", COLD, "passage")),
    ],
)
def test_after_an_answer_more_or_less_of_it_may_be_wanted(
    wish: str, answer: tuple[str, str, Extent]
) -> None:
    before, turn = talk("蜜蜂过冬", wish)
    assert quoted(turn.reply) == answer
    assert turn.conversation.question == before.conversation.question == "蜜蜂过冬"


def test_where_he_gives_no_example_that_is_said_and_the_passage_shown_again() -> None:
    reply = talk("蜂蜜多少钱一斤", "举个例子")[-1].reply
    assert reply == NotCovered(HONEY, PRICE, "example", variant=1)


@pytest.mark.parametrize("wish", ["全文", "用一句话", "举个例子", "还有呢", "继续"])
def test_before_any_answer_there_is_nothing_to_have_more_or_less_of(wish: str) -> None:
    assert not isinstance(talk(wish)[0].reply, Answer)


def test_a_passage_is_led_up_to_so_that_it_can_be_read_alone() -> None:
    exchange = replace(HONEY, answer=("槐花开得短。所以比去年少三成。",), quote="", facts=())
    index = Index(Knowledge((replace(BEES, exchanges=(exchange,)),)))
    bot = Responder(index, POLICY)
    turn = bot.show("bees/q1", NOTHING, quote="所以比去年少三成。")
    assert quoted(turn.reply)[1] == "槐花开得短。所以比去年少三成。"
    (more,) = bot.respond("还有呢", replace(turn.conversation, quote="槐花开得短。"))
    assert quoted(more.reply)[1] == "所以比去年少三成。"  # what it needs was just shown


# ── what is not covered ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("question", "nearest", "lacking"),
    [
        ("收了多少蜜", HONEY, "number"),
        ("蜜蜂冬天冻死几箱", WINTER, "number"),
        ("什么时候收蜜", HONEY, "time"),
        ("谁买了蜂蜜", HONEY, "name"),
        ("他说今年的蜜比去年多一倍，对吧", HONEY, "claim"),
        ("今年蜜收得好", HONEY, ""),
        ("蜜蜂过冬难不难", WINTER, ""),
    ],
)
def test_what_comes_nearest_is_shown_and_what_is_lacking_said(
    question: str, nearest: Exchange, lacking: Lacking
) -> None:
    reply = only(REFUSING.respond(question, NOTHING)).reply
    assert isinstance(reply, NotCovered)
    assert (reply.nearest, reply.lacking) == (nearest, lacking)
    assert is_run_of_sentences(reply.quote, nearest)


@pytest.mark.parametrize("question", ["今天天气如何", "股票跌了吗", "用Python写代码", "多少只股票"])
def test_to_what_is_far_off_nothing_comes_near(question: str) -> None:
    for bot in (BOT, REFUSING):
        for before in (NOTHING, talk("蜂蜜多少钱一斤")[0].conversation):
            reply = only(bot.respond(question, before)).reply
            assert reply == NotCovered(variant=before.replies)


def test_a_refusal_changes_no_subject() -> None:
    before, after = (turn.conversation for turn in talk("蜂蜜多少钱一斤", "今天天气如何"))
    assert after == replace(before, replies=2)


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("他说每斤卖到了四十五元,对吗", "q1"),  # his words
        ("他说每斤卖到了一百元,对吗", "none"),
        ("林根土说每斤卖到了一百元", "none"),
        ("每斤卖到了一百元吗", "q1"),  # nobody is said to have said so
    ],
)
def test_a_claim_about_what_he_said_is_held_to_a_higher_bar(question: str, reply: str) -> None:
    bot = Responder(INDEX, replace(POLICY, claim=0.99))
    turn = only(bot.respond(question, NOTHING))
    assert told(turn.reply) == reply
    if isinstance(turn.reply, NotCovered):
        assert turn.reply.lacking == "claim" and turn.reply.nearest is HONEY


# ── small talk ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [("谢谢", "thanks"), ("你好", "greeting"), ("？", "puzzled")])
def test_small_talk_changes_no_subject(kind: tuple[str, str]) -> None:
    said_so, name = kind
    first, chat, more = talk("蜂蜜多少钱一斤", said_so, "还有呢")
    assert chat.reply == SmallTalk(name, HONEY, 1)
    assert chat.conversation == replace(first.conversation, replies=2)
    assert quoted(more.reply) == ("q1", CUSTOMERS, "passage")


def test_a_question_about_the_page_carries_what_is_talked_about() -> None:
    assert talk("他是谁")[0].reply == SmallTalk("page_guest", None, 0)
    assert talk("蜜蜂过冬", "他是谁")[1].reply == SmallTalk("page_guest", WINTER, 1)


@pytest.mark.parametrize("question", ["你好", "谢谢", "今天天气如何", "🐝", "？"])
@pytest.mark.parametrize("before", [[], ["蜜蜂过冬"]])
def test_nothing_is_worded_the_same_twice_in_a_row(question: str, before: list[str]) -> None:
    turns = talk(*before, question, question, question)[len(before) :]
    shown = [
        render.plain(render.line(turn.reply, {"bees": BEES}))
        for turn in turns
        if not isinstance(turn.reply, Answer)
    ]
    assert len(shown) == 3
    assert shown[0] != shown[1] != shown[2]


@pytest.mark.parametrize(
    "question",
    ["蜂蜜好", "收了多少蜜", "什么时候收蜜", "谁买了蜂蜜", "他说今年的蜜比去年多一倍"],
)
def test_nor_is_a_refusal(question: str) -> None:
    first, second = (turn.reply for turn in talk(question, question, bot=REFUSING))
    assert isinstance(first, NotCovered) and isinstance(second, NotCovered)
    lines = [render.line(reply, {"bees": BEES})[0].text for reply in (first, second)]
    assert lines[0] != lines[1]


# ── unasked, inline, and picked by key ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("蜂蜜多少钱一斤", "q1"),
        ("蜂蜜冬天卖多少", None),  # would be answered, had we been asked
        ("今天天气如何", None),
        ("你好", None),
        ("第二个问题", None),  # whose?
        ("1", None),
        ("", None),
    ],
)
def test_what_was_overheard_is_answered_where_there_is_no_doubt(
    message: str, answer: str | None
) -> None:
    turn = BOT.overheard(message)
    assert (told(turn.reply) if turn else None) == answer


@pytest.mark.parametrize(
    ("typed", "listed"),
    [
        ("", ["q1", "q2", "q3"]),
        ("  ", ["q1", "q2", "q3"]),
        ("蜂蜜多少钱一斤", ["q1"]),
        ("过", ["q2"]),  # unfinished
        ("過冬", ["q2"]),
        ("您养", ["q3"]),
        ("xyz", []),
        ("股票跌了吗", []),
        ("你好", []),
    ],
)
def test_what_is_typed_inline_lists_what_fits(typed: str, listed: list[str]) -> None:
    assert [answer.exchange.id for answer in BOT.listing(typed)] == listed


def test_a_listed_answer_quotes_what_fits_to_what_was_typed() -> None:
    (answer,) = BOT.listing("蜂蜜多少钱一斤")
    assert answer.quote == PRICE


def test_an_offer_is_listed_too() -> None:
    assert [a.exchange.id for a in OFFERING.listing("蜂蜜冬天卖多少")] == ["q1", "q2"]


@pytest.mark.parametrize(
    ("extent", "first", "second"),
    [
        (None, "usual", "passage"),  # the conversation says
        ("usual", "usual", "usual"),
        ("whole", "whole", "whole"),
        ("passage", "passage", "passage"),
    ],
)
def test_an_exchange_is_shown_by_its_key_at_the_extent_wanted(
    extent: Extent | None, first: Extent, second: Extent
) -> None:
    once = BOT.show("bees/q1", NOTHING, extent)
    twice = BOT.show("bees/q1", once.conversation, extent)
    assert quoted(once.reply) == ("q1", LESS, first)
    assert quoted(twice.reply) == ("q1", LESS, second)


def test_what_is_shown_by_key_leads_with_the_passage_wanted() -> None:
    turn = BOT.show("bees/q1", NOTHING, quote=PRICE)
    assert quoted(turn.reply) == ("q1", PRICE, "usual")
    assert turn.conversation == Conversation("收成", "bees/q1", PRICE, (), ("bees/q1",), 1)


def test_all_that_can_be_answered_with_is_there_in_page_order() -> None:
    assert BOT.exchanges == (HONEY, WINTER, YEARS)


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────


def _bare(interview: Interview) -> Interview:
    exchanges = (replace(e, topic="", quote="", asks=(), facts=()) for e in interview.exchanges)
    return replace(interview, declines=(), exchanges=tuple(exchanges))


def test_a_bare_interview_answers_less_and_offers_more() -> None:
    fresh = Knowledge((_bare(BEES),), KNOWLEDGE.everyday)
    index = Index(fresh)
    policy = thinner(index)["bees"]
    assert 0 < policy.offer < policy.sure < LEXICAL.sure and policy.offer < LEXICAL.offer
    bot = Responder(index, policy_for(index), thinner(index))
    for exchange in fresh.exchanges():
        assert told(only(bot.respond(exchange.question, NOTHING)).reply) == exchange.id
    assert told(only(bot.respond("股票跌了吗", NOTHING)).reply) == "none"


def test_what_asks_for_a_particular_must_be_surer_where_little_was_written() -> None:
    """A near topic mostly asks for a number, a time or a name that was not told."""
    surer = Responder(INDEX, replace(POLICY, particular=2.0))
    for question, is_told in (("蜂蜜一公斤要多少钱", False), ("为什么减产", True)):
        assert isinstance(only(BOT.respond(question, NOTHING)).reply, Answer)
        assert isinstance(only(surer.respond(question, NOTHING)).reply, Answer) == is_told


def test_thresholds_move_with_how_much_was_written() -> None:
    (sure,) = {p.sure for p in thinner(INDEX).values()}
    assert thinner(Index(Knowledge((_bare(BEES),), KNOWLEDGE.everyday)))["bees"].sure < sure
    asks = tuple(Phrase(f"第{n}种问法", HERE) for n in range(300 * len(HONEY.said) * 3))
    much = replace(BEES, exchanges=(replace(HONEY, asks=asks), WINTER, YEARS))
    assert thinner(Index(Knowledge((much,), KNOWLEDGE.everyday)))["bees"] == LEXICAL


# ── several interviews ───────────────────────────────────────────────────────────────────────────

SHEEP = Interview(
    "sheep",
    HERE,
    guest="巴特尔",
    exchanges=(
        Exchange("sheep", "q1", "羊毛怎么剪?", ("春天剪一次。",), HERE),
        Exchange("sheep", "q2", "冬天怎么过?", ("赶进棚里,喂干草。",), HERE),
        Exchange("sheep", "q3", "您养羊多少年了?", ("四十年。",), HERE),
    ),
)
BOTH = Responder(
    Index(Knowledge((_bare(BEES), SHEEP), KNOWLEDGE.everyday)),
    replace(POLICY, sure=0.3, offer=0.1, far=0),
)


def key(turn: Turn) -> str | None:
    return turn.conversation.exchange


def test_the_same_words_in_two_interviews_become_a_choice_between_guests() -> None:
    (offer,) = talk("您养了多少年了", bot=BOTH)
    assert isinstance(offer.reply, Choices)
    assert {choice.whose for choice in offer.reply.options} == {"林根土", "巴特尔"}
    chosen = BOTH.respond("2", offer.conversation)[-1]
    assert key(chosen) == offer.reply.exchanges[1].key


def test_a_name_selects_whose_answer_it_is() -> None:
    for guest, interview in (("林根土", "bees/q3"), ("巴特尔", "sheep/q3")):
        assert key(talk(f"{guest}您养了多少年了", bot=BOTH)[-1]) == interview


def test_a_named_guest_is_never_answered_for_by_another() -> None:
    (turn,) = talk("林根土的羊毛怎么剪", bot=BOTH)
    assert key(turn) is None


def test_a_name_alone_asks_him_the_question_before_or_shows_what_can_be_asked() -> None:
    assert key(talk("林根土您养了多少年了", "那巴特尔呢?", bot=BOTH)[-1]) == "sheep/q3"
    (offer,) = talk("巴特尔", bot=BOTH)
    assert told(offer.reply) == "q1/q2/q3" and not offer.reply.options[0].whose  # type: ignore[union-attr]


def test_the_interview_that_is_talked_about_is_preferred_but_never_forced() -> None:
    for first, then in (("羊毛怎么剪", "sheep/q3"), ("今年的蜂蜜收成怎么样", "bees/q3")):
        assert key(talk(first, "您您养了多少年了?", bot=BOTH)[-1]) == then
    assert key(talk("羊毛怎么剪", "今年的蜂蜜收成怎么样", bot=BOTH)[-1]) == "bees/q1"


def test_a_question_about_the_page_with_a_name_is_about_that_page() -> None:
    page = replace(
        KNOWLEDGE.everyday,
        smalltalk=(("page_guest", (Phrase("他是谁", HERE), Phrase("是谁", HERE))),),
    )
    bot = Responder(Index(Knowledge((BEES, SHEEP), page)), POLICY)
    reply = only(bot.respond("巴特尔是谁", NOTHING)).reply
    assert isinstance(reply, SmallTalk) and reply.about and reply.about.interview == "sheep"
