"""Question files become verdicts and rates."""

from __future__ import annotations

from typing import Any

import pytest

from bot.evaluate import (
    Question,
    Verdict,
    curve,
    failure,
    judge,
    judge_after,
    questions,
    table,
    table_after,
)
from bot.interview import Exchange
from bot.respond import (
    Answer,
    Choice,
    Choices,
    Conversation,
    NotCovered,
    Reply,
    SmallTalk,
    Turn,
)
from bot.search import Match, Ranking
from tests.test_search import HONEY, WINTER, YEARS

PRICE = "每斤卖到了四十五元。"


def asking(target: str = "q1", **more: Any) -> Question:
    fields: dict[str, Any] = {"accept": (), "contains": (), "follows": False, "kind": "fact"}
    return Question(text="蜂蜜多少钱", target=target, **(fields | more))


def offer(*exchanges: Exchange) -> Choices:
    return Choices(tuple(map(Choice, exchanges)))


def turn(reply: Reply, score: float = 0.6, first: Exchange = HONEY) -> Turn:
    ranking = Ranking((Match(first, first.asks[0], score, None),), 0.1)
    return Turn("蜂蜜多少钱", reply, Conversation(), score, ranking)


def verdict(question: Question, reply: Reply, **more: Any) -> Verdict:
    return Verdict(question, turn(reply, **more))


NOT = NotCovered()


@pytest.mark.parametrize(
    ("question", "reply", "right", "offered", "wrong", "good"),
    [
        (asking("q1"), Answer(HONEY, PRICE), True, False, False, True),
        (asking("q2"), Answer(HONEY, PRICE), False, False, True, False),
        (asking("q2", accept=("q1",)), Answer(HONEY, PRICE), True, False, False, True),
        (asking("q1", contains=("四十五",)), Answer(HONEY, PRICE), True, False, False, True),
        # the right exchange, but not its right sentence
        (asking("q1", contains=("三成",)), Answer(HONEY, PRICE), True, False, False, False),
        (
            asking("q1", contains=("三成", "四十五")),
            Answer(HONEY, PRICE),
            True,
            False,
            False,
            False,
        ),
        (asking("q1"), offer(WINTER, HONEY), False, True, False, False),
        (asking("q1"), offer(WINTER, YEARS), False, False, False, False),
        (asking("q1", accept=("q3",)), offer(YEARS), False, True, False, False),
        (asking("q1"), NOT, False, False, False, False),
        (asking("q1"), SmallTalk("thanks"), False, False, False, False),
        (asking("none"), NOT, False, False, False, True),
        (asking("none"), SmallTalk("thanks"), False, False, False, True),
        (asking("none"), offer(HONEY), False, False, False, True),  # offering is no answer
        (asking("none"), Answer(HONEY, PRICE), False, False, True, False),
    ],
)
def test_a_verdict_says_what_came_of_a_question(
    question: Question, reply: Reply, right: bool, offered: bool, wrong: bool, good: bool
) -> None:
    found = verdict(question, reply)
    assert (found.right, found.offered, found.wrong, found.good) == (right, offered, wrong, good)


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def entry(q: str, target: str = "q1") -> dict[str, object]:
    return {"q": q, "kind": "near", "target": target, "accept": None, "contains": ["x"]}


def test_a_file_holds_questions_and_conversations() -> None:
    document = [entry("一"), {"name": "聊", "turns": [entry("二"), entry("三", "none")]}]
    (one,), (two, three) = questions(document)
    assert (one.text, one.kind, one.accept, one.contains) == ("一", "near", (), ("x",))
    assert [q.follows for q in (one, two, three)] == [False, False, True]
    assert [q.in_scope for q in (one, two, three)] == [True, True, False]


@pytest.mark.parametrize(
    "document",
    [
        None,
        "",
        "一",
        {},
        [],
        ["一"],
        [7],
        [{"q": "一"}],
        [{"q": "一", "kind": "near"}],
        [{"turns": "一"}],
        [{"turns": [{"q": "一"}]}],
        [{"turns": {"q": "一"}}],
        [entry("一") | {"accept": "q2"}],
        [entry("一") | {"contains": "x"}],
    ],
)
def test_what_is_no_question_file_is_refused(document: object) -> None:
    with pytest.raises(ValueError):
        questions(document)


def test_each_conversation_is_put_from_its_beginning_with_what_was_said_in_it() -> None:
    heard: list[tuple[str, str]] = []

    def respond(question: str, before: Conversation) -> tuple[Turn, ...]:
        heard.append((question, before.question))
        return (Turn(question, NOT, Conversation(before.question + question), 0.0),)

    document = [entry("一"), {"turns": [entry("二"), entry("三")]}, entry("四")]
    found = judge(questions(document), respond)
    assert heard == [("一", ""), ("二", ""), ("三", "二"), ("四", "")]
    assert [v.question.text for v in found] == ["一", "二", "三", "四"]


@pytest.mark.parametrize(
    ("replies", "principal"),
    [
        ((NOT, Answer(HONEY, PRICE), Answer(WINTER, "")), 1),
        ((offer(HONEY), NOT), 0),  # no answer: the first
        ((Answer(HONEY, PRICE),), 0),
    ],
)
def test_of_several_replies_the_first_answer_counts(
    replies: tuple[Reply, ...], principal: int
) -> None:
    turns = tuple(turn(reply) for reply in replies)
    (found,) = judge([[asking("q1")]], lambda *_: turns)
    assert found.turn is turns[principal]


def test_what_was_said_last_is_remembered_of_several_replies() -> None:
    before: list[Conversation] = []

    def respond(question: str, conversation: Conversation) -> tuple[Turn, ...]:
        before.append(conversation)
        return tuple(Turn("", NOT, Conversation(f"{question}{n}")) for n in range(3))

    judge([[asking("q1"), asking("q1", follows=True)]], respond)
    assert before == [Conversation(), Conversation("蜂蜜多少钱2")]


class Recorder:
    """Answers what it knows and writes down what it was asked, and after what."""

    exchanges = (HONEY, WINTER, YEARS)

    def __init__(self, answers: dict[str, Exchange]) -> None:
        self.answers = answers
        self.heard: list[tuple[str, str | None]] = []

    def respond(self, message: str, conversation: Conversation) -> tuple[Turn, ...]:
        self.heard.append((message, conversation.exchange))
        exchange = self.answers.get(message)
        if exchange is None:
            return (Turn(message, NOT, conversation),)
        after = Conversation(message, exchange.key)
        return (Turn(message, Answer(exchange, ""), after),)


def test_every_question_is_put_right_after_an_answer_of_each_exchange() -> None:
    talker = Recorder(
        {
            HONEY.question: HONEY,
            WINTER.question: HONEY,  # answered wrongly: the first ask that is not is taken
            WINTER.asks[0].text: WINTER,
        }
    )
    found = judge_after([[asking("q1")], [asking("none")]], talker)
    assert [(verdict.after, verdict.question.target) for verdict in found] == [
        (key, target) for key in (HONEY.key, WINTER.key) for target in ("q1", "none")
    ]  # of what nothing leads to, nothing is asked
    assert [key for question, key in talker.heard if question == "蜂蜜多少钱"] == [
        HONEY.key,
        HONEY.key,
        WINTER.key,
        WINTER.key,
    ]


# ── what is printed ──────────────────────────────────────────────────────────────────────────────


def rows(verdicts: list[Verdict]) -> dict[str, list[str]]:
    """The table's cells by the name of their row."""
    head, *lines = table(verdicts).splitlines()
    width = len(head.partition("    n")[0])
    return {line[:14].strip(): line[14:].split() for line in lines if width}


def test_the_table_has_a_row_per_kind_and_rates_in_per_cent() -> None:
    verdicts = [
        verdict(asking("q1", contains=("四十五",)), Answer(HONEY, PRICE)),
        verdict(asking("q1", contains=("三成",)), Answer(HONEY, PRICE)),
        verdict(asking("q1"), offer(HONEY)),
        verdict(asking("q2"), Answer(HONEY, PRICE)),
        verdict(asking("none", kind="far"), NOT),
        verdict(asking("none", kind="far"), Answer(HONEY, PRICE)),
    ]
    assert rows(verdicts) == {
        "fact": ["4", "50.0", "25.0", "25.0", "50.0", "–", "25.0"],
        "far": ["2", "–", "–", "–", "–", "50.0", "50.0"],
        "in scope": ["4", "50.0", "25.0", "25.0", "50.0", "–", "25.0"],
        "out of scope": ["2", "–", "–", "–", "–", "50.0", "50.0"],
    }


def test_follow_ups_have_a_row_where_there_are_any() -> None:
    one = verdict(asking("q1"), Answer(HONEY, PRICE))
    two = verdict(asking("q1", follows=True), NOT)
    assert "follow-ups" not in rows([one])
    assert rows([one, two])["follow-ups"][0] == "1"


def test_both_sides_are_printed_next_to_each_other() -> None:
    right, wrong = Answer(HONEY, PRICE), Answer(WINTER, "")
    cold = [verdict(asking("q1"), right), verdict(asking("none", kind="far"), NOT)]
    after = [
        verdict(asking("q1"), right),
        verdict(asking("q1"), wrong),
        verdict(asking("q1"), offer(HONEY)),
        verdict(asking("none", kind="far"), wrong),
    ]
    _, _, *lines = table_after(cold, after).splitlines()
    assert {line[:14].strip(): line[14:].split() for line in lines} == {
        "fact": ["1", "100.0", "33.3", "0.0", "33.3", "0.0", "33.3"],
        "far": ["1", "0.0", "0.0", "0.0", "100.0", "0.0", "0.0"],
        "in scope": ["1", "100.0", "33.3", "0.0", "33.3", "0.0", "33.3"],
        "out of scope": ["1", "0.0", "0.0", "0.0", "100.0", "0.0", "0.0"],
    }


def test_a_failure_says_what_was_wanted_and_what_came() -> None:
    line = failure(verdict(asking("q2", accept=("q3",)), Answer(HONEY, PRICE), score=0.61))
    assert "\n" not in line
    for part in ("fact", "蜂蜜多少钱", "q1", "0.61", "q2/q3", PRICE):
        assert part in line
    assert "NotCovered" in failure(verdict(asking("q2"), NOT))


def test_the_curve_says_for_each_bar_what_would_be_answered() -> None:
    verdicts = [
        verdict(asking("q1"), NOT, score=0.65),
        verdict(asking("q1"), NOT, score=0.45),
        verdict(asking("q1"), NOT, score=0.55, first=WINTER),
        verdict(asking("q1"), NOT, score=0.0),
        verdict(asking("none"), NOT, score=0.5),
        verdict(asking("none"), NOT, score=0.1),
    ]
    cells = {line.split()[0]: line.split()[1:] for line in curve(verdicts).splitlines()}
    assert cells["score"] == ["right", "wrong", "false"]
    assert cells["0.20"] == ["50.0", "25.0", "50.0"]
    assert cells["0.50"] == ["25.0", "25.0", "50.0"]
    assert cells["0.60"] == ["25.0", "0.0", "0.0"]
    assert cells["0.70"] == ["0.0", "0.0", "0.0"]


@pytest.mark.parametrize("target", ["q1", "none"])
def test_table_and_curve_can_do_without_one_side(target: str) -> None:
    verdicts = [verdict(asking(target), NOT)]
    assert "–" in table(verdicts)
    assert "0.50" in curve(verdicts)


def test_nothing_asked_is_nothing_measured() -> None:
    assert "in scope" in table([])
