"""A question becomes a ranking: variants, verbatim passages, scores, and nothing that crashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interview import Everyday, Exchange, Fact, Interview, Knowledge, Origin, Phrase, sentences
from bot.query import read
from bot.search import CANDIDATES, EVERYDAY, Evidence, Floats, Index, Topic

HERE = Origin("tests/test_search.py", 1)
ANY = st.text(st.characters(exclude_categories=[]), max_size=60)
TALK = st.text(st.sampled_from("蜂蜜多少钱一斤养了几年冬天怎么过的呢?。，请问"), max_size=30)


def phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text, Origin("bees.yaml", n)) for n, text in enumerate(texts, 1))


HONEY = Exchange(
    "bees",
    "q1",
    "今年的蜂蜜收成怎么样?",
    ("比去年少三成。春天雨水多,槐花开得短。", "每斤卖到了四十五元。老主顾还是认的!"),
    HERE,
    topic="收成",
    quote="比去年少三成。",
    asks=phrases("蜂蜜产量", "今年蜜多不多", "收了多少蜜"),
    facts=(
        Fact(phrases("蜂蜜多少钱一斤", "蜜卖什么价"), "每斤卖到了四十五元。", HERE),
        Fact(phrases("为什么减产", "槐花怎么了"), "春天雨水多,槐花开得短。", HERE),
    ),
)
WINTER = Exchange(
    "bees",
    "q2",
    "蜜蜂冬天怎么过?",
    ("蜜蜂抱成团取暖。我给每箱留十斤蜜,再包一层稻草。", "比如前年零下二十度,一箱也没冻死。"),
    HERE,
    topic="过冬",
    quote="我给每箱留十斤蜜,再包一层稻草。",
    asks=phrases("蜜蜂过冬", "天冷了蜂箱怎么办"),
    facts=(Fact(phrases("留多少蜜过冬"), "我给每箱留十斤蜜,再包一层稻草。", HERE),),
)
YEARS = Exchange(
    "bees",
    "q3",
    "您养蜂多少年了?",
    ("从十九岁养到现在。",),
    HERE,
    topic="经历",
    asks=phrases("养了几年蜂"),
)
BEES = Interview(
    "bees",
    HERE,
    guest="林根土",
    exchanges=(HONEY, WINTER, YEARS),
    declines=phrases("蜂王浆怎么卖", "您贵姓"),
)
KNOWLEDGE = Knowledge(
    (BEES,),
    Everyday(
        phrases("今天天气如何", "股票跌了吗", "推荐一部电影"),
        (
            ("greeting", phrases("你好", "早上好")),
            ("thanks", phrases("谢谢", "多谢")),
            ("page_guest", phrases("他是谁", "这话谁说的")),
        ),
    ),
)
INDEX = Index(KNOWLEDGE)


def first(question: str, index: Index = INDEX) -> str:
    matches = index.search(question).matches
    return matches[0].exchange.id if matches else ""


# ── what is found ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("question", "exchange", "quote"),
    [
        ("蜂蜜多少钱一斤", "q1", "每斤卖到了四十五元。"),
        ("蜜卖什么价啊", "q1", "每斤卖到了四十五元。"),
        ("为什么会减产呢", "q1", "春天雨水多,槐花开得短。"),
        ("蜂蜜产量", "q1", "比去年少三成。"),  # an ask is settled by the exchange's own quote
        ("冬天留多少蜜", "q2", "我给每箱留十斤蜜,再包一层稻草。"),
        ("蜜蜂怎么过冬", "q2", None),
        ("您养蜂多少年了?", "q3", None),
        ("fengmi duoshao qian yijin", "q1", "每斤卖到了四十五元。"),  # typed as it sounds
        ("锋蜜多少钱一斤", "q1", "每斤卖到了四十五元。"),  # heard by a machine
        ("抱成团取暖", "q2", "蜜蜂抱成团取暖。"),  # his own words
    ],
)
def test_a_question_finds_its_exchange_and_the_passage(
    question: str, exchange: str, quote: str | None
) -> None:
    match = INDEX.search(question).matches[0]
    assert match.exchange.id == exchange
    assert quote is None or match.quote == quote


@pytest.mark.parametrize("decline", ["蜂王浆怎么卖", "今天天气如何", "股票跌了吗"])
def test_a_decline_lies_outside(decline: str) -> None:
    ranking = INDEX.search(decline)
    assert ranking.outside > 0.5
    assert all(match.score < 0.3 for match in ranking.matches)


def test_small_talk_is_told_by_its_kind() -> None:
    kind, share = INDEX.search("早上好").smalltalk or ("", 0.0)
    assert kind == "greeting" and share > 0.5


def test_the_phrase_shown_is_the_nearest_one_of_ours_with_its_line() -> None:
    phrase = INDEX.search("蜜卖什么价?").matches[0].phrase
    assert (phrase.text, str(phrase.where)) == ("蜜卖什么价", "bees.yaml:2")


VARIANTS = [
    "请问蜂蜜多少钱一斤?",
    "蜂蜜多少錢一斤？",
    "蜂\u200b蜜多少\u2060钱一斤",
    "\u202e蜂蜜多少钱一斤",
    "蜂蜜 多少钱 一斤",
    "@fangtan_bot 蜂蜜多少钱一斤",
    "蜂蜜多少钱一斤🐝",
]


@pytest.mark.parametrize("variant", ["蜂蜜多少錢一斤", "蜂蜜多少钱一斤？", *VARIANTS[2:]])
def test_spellings_of_a_question_give_the_same_ranking(variant: str) -> None:
    assert INDEX.search(variant) == INDEX.search("蜂蜜多少钱一斤")


@pytest.mark.parametrize("variant", VARIANTS)
def test_courtesy_and_spelling_do_not_change_what_is_found(variant: str) -> None:
    match = INDEX.search(variant).matches[0]
    assert (match.exchange.id, match.quote) == ("q1", "每斤卖到了四十五元。")


# ── what always holds ────────────────────────────────────────────────────────────────────────────


def is_run_of_sentences(quote: str, exchange: Exchange) -> bool:
    """Whether the quote is one or several neighbouring sentences of one paragraph, uncut."""
    for paragraph in exchange.answer:
        said = sentences(paragraph)
        runs = (said[a:b] for a in range(len(said)) for b in range(a + 1, len(said) + 1))
        if any("".join(run) == quote for run in runs):
            return True
    return False


def holds(index: Index, question: str) -> None:
    ranking = index.search(question)
    scores = [match.score for match in ranking.matches]
    assert all(0 <= score <= 1 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert ranking.outside >= 0
    assert len({match.exchange.key for match in ranking.matches}) == len(scores) <= 5
    for match in ranking.matches:
        assert match.quote is None or is_run_of_sentences(match.quote, match.exchange)


@given(ANY | TALK)
def test_any_text_gets_scores_between_0_and_1_and_whole_sentences(question: str) -> None:
    holds(INDEX, question)


@pytest.mark.parametrize(
    "question",
    [
        "",
        " ",
        "\ud800",  # half a character
        "\u202e\u2067كم سعر العسل؟\u2069",  # right to left
        "\u200b" * 50,
        "\x00\x01\x02",
        "？" * 3000,
        "蜂蜜" * 50_000,
        "zhi" * 30_000,
        "9" * 100_000,
        "𠮷" * 1000,
        "e\u0301" * 1000,
        "👨‍👩‍👧‍👦" * 500,
    ],
    ids=lambda question: ascii(question[:3]),
)
def test_odd_texts_are_searched_like_any_other(question: str) -> None:
    holds(INDEX, question)


@given(ANY)
def test_the_same_question_gets_the_same_ranking_from_an_index_built_anew(question: str) -> None:
    assert Index(KNOWLEDGE).search(question) == INDEX.search(question)


@settings(max_examples=30)
@given(st.lists(st.lists(TALK, min_size=1, max_size=3), max_size=4), TALK)
def test_any_knowledge_can_be_indexed_and_searched(answers: list[list[str]], question: str) -> None:
    exchanges = tuple(
        Exchange("any", f"q{n}", question, tuple(answer), HERE)
        for n, answer in enumerate(answers, 1)
    )
    index = Index(Knowledge((Interview("any", HERE, exchanges=exchanges),)))
    holds(index, question)
    for exchange in exchanges:
        if any(paragraph.strip() for paragraph in exchange.answer):
            assert index.opening(exchange) == "" or is_run_of_sentences(
                index.opening(exchange), exchange
            )


def test_no_knowledge_finds_nothing() -> None:
    ranking = Index(Knowledge()).search("蜂蜜多少钱一斤")
    assert ranking.matches == () and ranking.smalltalk is None and ranking.outside == 0


def test_the_order_of_the_files_does_not_matter() -> None:
    other = replace(
        BEES,
        id="sheep",
        declines=(),
        exchanges=(Exchange("sheep", "q1", "羊毛怎么剪?", ("春天剪一次。",), HERE),),
    )
    one = Index(Knowledge((BEES, other), KNOWLEDGE.everyday))
    two = Index(Knowledge((other, BEES), KNOWLEDGE.everyday))
    for question in ("羊毛什么时候剪", "蜂蜜多少钱一斤", "冬天怎么过"):
        found = [
            [
                (match.exchange.key, round(match.score, 3))
                for match in index.search(question).matches
            ]
            for index in (one, two)
        ]
        assert found[0] == found[1]


# ── what the rest of the core relies on ──────────────────────────────────────────────────────────


def test_the_opening_is_the_authored_quote_else_the_passage_nearest_to_the_hosts_question() -> None:
    assert INDEX.opening(HONEY) == "比去年少三成。"
    for exchange in (WINTER, YEARS):
        assert is_run_of_sentences(INDEX.opening(exchange), exchange)


def test_everyday_lines_do_not_crowd_out_a_small_interview() -> None:
    asked = "你觉得蜂蜜多少钱"
    crowd = phrases(*(f"你觉得{thing}多少钱" for thing in map(str, range(500))))
    everyday = Everyday(crowd, KNOWLEDGE.everyday.smalltalk)
    index = Index(Knowledge((BEES,), everyday))
    near = index.explain(read(asked)).lines
    own = sum(bool(index.lines[n].interview) for n in near)
    assert own == sum(bool(line.interview) for line in index.lines) and len(near) - own == EVERYDAY
    assert index.search(asked).matches[0].exchange.id == "q1"


def test_of_an_answers_sentences_only_the_best_two_count() -> None:
    sentences = [f"蜂箱的第{n}件事。" for n in range(9)]
    long = Exchange("bees", "q8", "别的事?", ("".join(sentences),), HERE)
    short = Exchange("bees", "q9", "另外的事?", ("蜂箱是杉木做的。",), HERE)
    index = Index(Knowledge((replace(BEES, exchanges=(long, short), declines=()),)))
    evidence = Evidence(
        np.array([n for n, line in enumerate(index.lines) if line.verbatim]),
        np.array([0.1] * 9 + [0.25], dtype=np.float32),
    )
    ranking = index.rank(read("蜂箱"), evidence)
    assert [(m.exchange.id, round(m.share, 2)) for m in ranking.matches] == [
        ("q9", 0.25),
        ("q8", 0.2),
    ]


def test_a_hosts_last_sentence_asks_for_itself() -> None:
    told = "谢谢您抽空。今年雨水多,大家都很担心收成。槐花蜜还能吃到吗?"
    exchange = replace(HONEY, question=told)
    lines = [
        line.phrase.text for line in Index(Knowledge((replace(BEES, exchanges=(exchange,)),))).lines
    ]
    assert told in lines and "槐花蜜还能吃到吗?" in lines
    assert "谢谢您抽空。" not in lines and lines.count("蜂蜜多少钱一斤?") <= 1


def test_only_the_interviews_that_are_meant_are_searched() -> None:
    other = replace(
        BEES,
        id="other",
        exchanges=tuple(replace(e, interview="other") for e in BEES.exchanges),
    )
    index = Index(Knowledge((BEES, other), KNOWLEDGE.everyday))
    query, only = read("蜂蜜多少钱一斤"), frozenset(("other",))
    evidence = index.explain(query, among=only)
    phrases_of = {index.lines[n].interview for n in evidence.lines if not index.lines[n].verbatim}
    assert phrases_of <= {"other", ""}
    matches = index.rank(query, evidence, among=only).matches
    assert matches[0].exchange.key == "other/q1"
    assert {m.exchange.interview for m in matches} == {"other"}


def test_of_many_interviews_those_with_the_likest_lines_are_tried() -> None:
    many = tuple(
        Interview(
            f"i{n}",
            HERE,
            exchanges=(Exchange(f"i{n}", "q1", f"{thing}几点开门?", ("九点。",), HERE),),
        )
        for n, thing in enumerate("书店 菜场 邮局 澡堂 医院 学校 银行 公园 戏院 车站".split())
    )
    index = Index(Knowledge(many))
    assert len(index.nearest(read("澡堂几点开门"))) == CANDIDATES
    assert index.nearest(read("澡堂几点开门"))[0] == "i3"


def test_evidence_mixes_by_weight() -> None:
    one = Evidence(np.array([0, 1]), np.array([1.0, 0.5], dtype=np.float32))
    two = Evidence(np.array([1, 2]), np.array([0.2, 0.8], dtype=np.float32))
    summed: dict[int, float] = {}
    mixed = one.mixed(two, 0.25)
    for line, share in zip(mixed.lines.tolist(), mixed.shares.tolist(), strict=True):
        summed[line] = summed.get(line, 0.0) + share
    assert summed == pytest.approx({0: 0.75, 1: 0.425, 2: 0.2})


@pytest.mark.parametrize("exchange", [HONEY, WINTER], ids=lambda exchange: exchange.id)
def test_what_is_asked_after_something_is_understood_together_with_it(exchange: Exchange) -> None:
    query = read("那留多少呢")
    topic = Topic(read(exchange.question), (exchange.key,))
    scores = [
        next(m.score for m in ranking.matches if m.exchange is exchange)
        for ranking in (INDEX.search(query.said), INDEX.in_context(query, topic))
    ]
    assert scores[1] > scores[0] + 0.05


@pytest.mark.parametrize(
    ("shown", "quote"),
    [
        ("老主顾还是认的!", "春天雨水多,槐花开得短。"),
        ("春天雨水多,槐花开得短。", "每斤卖到了四十五元。"),
        ("每斤卖到了四十五元。", "春天雨水多,槐花开得短。"),
    ],
)
def test_a_passage_just_shown_steps_back_behind_the_others(shown: str, quote: str) -> None:
    query = read("槐花和价钱")
    topic = Topic(read("收成"), ("bees/q1",), shown)
    ranking = INDEX.rank(query, INDEX.explain(query), topic)
    assert ranking.matches[0].quote == quote


def test_what_a_question_puts_into_his_mouth_is_measured_by_his_words() -> None:
    his, half, none = (
        INDEX.said_of(read(claim), HONEY)
        for claim in ("每斤卖到了四十五元", "每斤卖到了一百元", "邻村也养羊")
    )
    assert his == pytest.approx(1)
    assert 0 <= none < half < his
    assert INDEX.said_of(read(""), HONEY) == 0


def test_with_an_encoder_meaning_counts_where_no_character_is_shared() -> None:
    """The encoder here knows one thing only: that sweetness is honey."""

    def encoder(texts: Sequence[str]) -> Floats:
        rows = [
            [1.0, float("甜" in text or "蜂蜜多少钱" in text), float(len(text) % 3)]
            for text in texts
        ]
        return np.array(rows, dtype=np.float32)

    index = Index(KNOWLEDGE, encoder)
    assert index.understands_meaning and not INDEX.understands_meaning
    found = index.search("甜东西").matches[0]
    assert found.exchange.id == "q1" and found.quote == "每斤卖到了四十五元。"
    holds(index, "甜东西")


@pytest.mark.parametrize(
    "other", ["蜂蜜一斤多少钱", "请问蜂蜜多少钱一斤?", "峰蜜多少钱一斤", "蜂蜜多少錢一斤"]
)
def test_questions_are_alike_that_share_characters_or_sounds(other: str) -> None:
    question = read("蜂蜜多少钱一斤")
    same, alike, strange = INDEX.alike(
        question, None, [(read(text), None) for text in ("蜂蜜多少钱一斤", other, "冬天怎么过的")]
    )
    assert same == pytest.approx(1)
    assert 1 + 1e-6 >= alike > 0.4 > strange >= 0


def test_words_that_nobody_has_said_make_questions_alike_and_find_them() -> None:
    question, other = read("魑魅魍魉多少钱"), read("魑魅魍魉一斤卖多少")
    (alike,) = INDEX.alike(question, None, [(other, None)])
    assert alike > 0.4
    assert set(INDEX.terms(question, 4)) == set("魑魅魍魉") == set(INDEX.terms(other, 4))


@pytest.mark.parametrize("text", ["", "?", "😊"])
def test_a_question_without_words_is_like_none(text: str) -> None:
    assert INDEX.alike(read(text), None, [(read("蜂蜜"), None), (read(text), None)]) == [0.0, 0.0]
    assert INDEX.alike(read("蜂蜜"), None, []) == []
    assert INDEX.terms(read(text), 4) == ()


def _by_first_letter(texts: Sequence[str]) -> Floats:
    """An encoder for which texts mean the same that begin alike."""
    rows = [np.random.default_rng(ord((text or " ")[0])).standard_normal(8) for text in texts]
    vectors = np.stack(rows).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_meaning_makes_questions_alike_where_both_meanings_are_known() -> None:
    index = Index(KNOWLEDGE, _by_first_letter)
    question, same, strange = read("蜂蜜"), read("蜂王"), read("冬天")
    meanings = [index.meaning(one) for one in (question, same, strange)]
    assert INDEX.meaning(question) is None
    others = [(same, meanings[1]), (strange, meanings[2]), (same, None)]
    alike, unlike, unknown = index.alike(question, meanings[0], others)
    assert alike - unknown == pytest.approx(1, abs=0.01)
    assert unlike < 0.9
    assert index.alike(question, None, others[2:]) == [unknown]
