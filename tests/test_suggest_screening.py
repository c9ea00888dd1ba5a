"""Which drafts may stand in the phrases file: what each rule refuses, and what it lets be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checks import check
from bot.interview import Exchange, Origin
from bot.knowledge import Authored
from bot.search import Index
from bot.suggest.replies import Draft
from bot.suggest.screening import (
    ANSWERED,
    BEFORE,
    CAUGHT,
    COPIED,
    DANGLING,
    ENOUGH,
    REPEATED,
    SCRIPT,
    STOLEN,
    THERE,
    TOO_LONG,
    Screening,
    dangles,
)
from tests.suggesting import INTERVIEW, loaded, stocked

PHRASES = """\
interview: lighthouse
exchanges:
  q1:
    topic: 年头
    quote: 守了三十一年。
    asks:
    - 守塔多久了
    - 干了几年灯塔
    facts:
    - quote: 头十年是一个人,后来老伴也上了岛。
      asks:
      - 老伴什么时候来的
      - 嫂子哪一年上的岛
  q2:
    asks:
    - 刮台风害怕吗
    facts:
    - quote: 零六年那次浪打到了塔腰,窗户碎了三扇。
      asks:
      - 窗户碎了几扇
      - 玻璃坏了多少块
      - 到底碎了几扇窗户
      - 窗户碎掉了几扇
      - 一共碎了几扇窗
declines:
- 灯塔的门票多少钱
- 参观灯塔要买票吗
- 灯塔有多高
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stocked(tmp_path_factory.mktemp("screening") / "lore", PHRASES)


def screening(folder: Path, most: int = 30, proposed: tuple[str, ...] = ()) -> Screening:
    return Screening(loaded(folder)[0], "lighthouse", most, proposed)


def ask(text: str, first: int = 0, last: int | None = None) -> Draft:
    return Draft("ask", text, first, first if last is None else last)


def judged(folder: Path, name: str, *drafts: Draft) -> dict[str, int]:
    """Why of the drafts for an exchange some were refused, when all was said."""
    screen = screening(folder)
    _, refused = screen.take(name, drafts)
    return dict(refused + screen.settle(name)[1])


# ── asks ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        # Repetitions, however they are put.
        (ask("请问守塔多久了?"), REPEATED),
        (ask("守塔多久了"), REPEATED),
        (ask("守塔多久啦"), None),
        (ask("台风来的时候怕不怕?"), REPEATED),  # the host asked that, of another exchange
        (ask("灯塔有多高"), REPEATED),  # declined
        (ask("你好"), REPEATED),  # small talk
        (ask("?!"), SCRIPT),
        # Other exchanges.
        (ask("窗户到底碎了几扇呀"), STOLEN),
        (ask("灯塔的门票要多少钱"), CAUGHT),
        (ask("老伴是几时来的呢", 2), None),
        # Text that leans on another one.
        (ask("那次是为什么"), DANGLING),
        (ask("他在灯塔上待了几年"), None),  # he is the guest
        # Length.
        (ask("我是渔村小学的老师,孩子们想知道" + "很" * 50 + "久吗", 1), TOO_LONG),
        (ask("我是渔村小学的老师,孩子们想知道您在灯塔上一共待了几个年头呢", 1), None),
        # Scripts.
        (ask("how long did he keep it"), SCRIPT),
        (ask("您在燈塔上一共待了幾年呢"), None),
        (ask("灯台はどこですか"), SCRIPT),
        (ask("сколько лет 灯塔"), SCRIPT),
        (ask("在灯塔上待了几年🙂"), SCRIPT),
        (ask("在灯塔\u200b上待了几年"), SCRIPT),
        (ask("在灯塔\u202e上待了几年"), SCRIPT),
        (ask("在灯塔\x07上待了几年"), SCRIPT),
        (ask("在灯塔\u2028上待了几年"), SCRIPT),
        # What a chat would make something of.
        (ask("去 https://example.org 看灯塔几年"), SCRIPT),
        (ask("去 example.com 看灯塔几年"), SCRIPT),
        (ask("问 @keeper_bot 守了几年"), SCRIPT),
        (ask("/start 守了几年"), SCRIPT),
        (ask("<b>守了</b>几年"), SCRIPT),
        (ask("**守了**几年"), SCRIPT),
        (ask("[守了](几年)"), SCRIPT),
        (ask("`守了`几年"), SCRIPT),
        (ask("{guest}守了几年"), SCRIPT),
        # The guest's own words.
        (ask("头十年是一个人,后来老伴也上了岛", 2), COPIED),
        (ask("三十一年", 1), None),
    ],
)
def test_an_ask_is_refused_for_what_is_wrong_with_it(
    folder: Path, draft: Draft, reason: str | None
) -> None:
    assert judged(folder, "q1", draft) == ({reason: 1} if reason else {})


def test_a_number_or_a_latin_word_of_the_answer_is_an_ask_of_its_own(tmp_path: Path) -> None:
    answer = "守了 31 年,用的是 LED 灯。"
    folder = stocked(tmp_path / "lore", interview=INTERVIEW.replace("守了三十一年。", answer))
    assert judged(folder, "q1", ask("31 LED", 1)) == {}
    assert judged(folder, "q1", ask("32 LED", 1)) == {SCRIPT: 1}


def test_what_is_said_twice_by_the_model_is_taken_once(folder: Path) -> None:
    assert judged(folder, "q1", ask("在塔上过了几个年"), ask("请问在塔上过了几个年?")) == {
        REPEATED: 1
    }


def test_what_an_earlier_run_proposed_is_not_proposed_again(folder: Path) -> None:
    """Somebody took it out."""
    screen = screening(folder, proposed=("在塔上过了几个年",))
    _, refused = screen.take("q1", [ask("请问,在塔上过了几个年?"), ask("在岛上过了几个春节")])
    assert refused == {BEFORE: 1}


def test_a_sentence_has_enough_phrases_at_some_point_whoever_wrote_them(folder: Path) -> None:
    screen = screening(folder, most=3)
    drafts = [ask("老伴是几时来的呢", 2), ask("嫂子啥时候到岛上的", 2), ask("守了几个年头呢", 1)]
    _, refused = screen.take("q1", drafts)
    assert refused == {ENOUGH: 1}
    group, _ = screen.settle("q1")
    assert group and [len(fact.asks) for fact in group.facts] == [1, 1]


def test_of_what_is_stolen_the_rightful_exchange_may_have_it(folder: Path) -> None:
    screen = screening(folder)
    screen.take("q1", [ask("窗户到底碎了几扇呀")])
    assert screen.settle("q1") == (None, {STOLEN: 1})
    assert screen.take("q2", [ask("窗户到底碎了几扇呀", 2)])[1] == {}
    assert screen.settle("q2")[0] is not None


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("后来呢", True),
        ("为什么呢", True),
        ("那次是怎么回事", True),
        ("这件事是谁做的", True),
        ("那天到底发生了什么", True),
        ("它用了多久", True),
        ("他这么说的依据在哪里", True),
        ("为什么这样做", True),
        ("第3句是什么意思", True),
        ("本句说的老伴是谁", True),
        ("上文提到的老伴是谁", True),
        ("他怎么看", False),
        ("他几岁", False),
        ("这么多年守了多少夜", False),
        ("零六年那次台风把什么打坏了", False),
        ("守灯塔这件事难不难", False),
        ("灯塔它自己会亮吗", False),
        ("用棉被堵窗口,这么做管用吗", False),
        ("那狗叫什么名字,多大了", False),
    ],
)
def test_a_phrase_that_leans_on_another_is_told_from_one_that_stands(
    text: str, leans: bool
) -> None:
    assert dangles(text) == leans


# ── quotes, topics ───────────────────────────────────────────────────────────────────────────────


def settled(folder: Path, name: str, *drafts: Draft) -> Authored:
    screen = screening(folder)
    screen.take(name, drafts)
    group, _ = screen.settle(name)
    assert group is not None
    return group


def test_facts_quote_the_sentences_that_they_name_led_up_to_so_that_they_stand(
    folder: Path,
) -> None:
    group = settled(
        folder,
        "q2",
        ask("窗口是拿什么东西挡上的", 3),
        ask("棉被派上了什么用场", 3),
        ask("渔船有没有丢", 5),
        ask("第二天早上灯怎么样", 4),
        ask("那场台风总的说来凶不凶", 0),
    )
    quotes = {fact.quote: [a.text for a in fact.asks] for fact in group.facts}
    assert quotes == {
        "我们用棉被堵住窗口。": ["窗口是拿什么东西挡上的", "棉被派上了什么用场"],
        "渔船一条也没有丢。": ["渔船有没有丢"],
        "因此第二天灯还亮着。": ["第二天早上灯怎么样"],  # nothing leads up to it in its paragraph
    }
    assert [a.text for a in group.asks] == ["那场台风总的说来凶不凶"]


def test_a_sentence_that_needs_the_one_before_is_quoted_with_it(tmp_path: Path) -> None:
    text = INTERVIEW.replace("因此第二天", "早晨").replace("渔船一条", "因此渔船一条")
    folder = stocked(tmp_path / "lore", interview=text)
    group = settled(folder, "q2", ask("渔船有没有丢", 5))
    assert group.facts[0].quote == "早晨灯还亮着。因此渔船一条也没有丢。"


def test_topic_and_quote_are_taken_once_and_only_where_there_are_none(folder: Path) -> None:
    drafts = [Draft("topic", "台风"), Draft("quote", "", 1, 1)] * 2
    screen = screening(folder)
    assert screen.take("q2", drafts)[1] == {THERE: 2}
    group, _ = screen.settle("q2")
    assert group and (group.topic, group.quote) == ("台风", "怕也得点灯。")
    assert judged(folder, "q1", *drafts) == {THERE: 4}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("台风", None),
        ("刮台风害怕吗", None),  # its own
        ("年头", REPEATED),  # of q1
        ("台风来的时候怕不怕啊", TOO_LONG),
        ("<b>台风", SCRIPT),
        ("守塔多久了", REPEATED),  # that is how q1 is asked for
        ("窗户到底碎了几", None),
    ],
)
def test_a_topic_is_short_its_own_and_finds_its_exchange(
    folder: Path, text: str, reason: str | None
) -> None:
    assert judged(folder, "q2", Draft("topic", text)) == ({reason: 1} if reason else {})


# ── declines ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("灯塔的油漆是什么颜色", None),
        ("一共碎了几扇窗户呢", ANSWERED),
        ("窗户是什么木头做的", None),
        ("灯塔有多高", REPEATED),
        ("那次是为什么", DANGLING),
        ("what does a ticket cost", SCRIPT),
    ],
)
def test_a_decline_is_refused_for_what_is_wrong_with_it(
    folder: Path, text: str, reason: str | None
) -> None:
    accepted, refused = screening(folder).declines([Draft("decline", text)])
    assert dict(refused) == ({reason: 1} if reason else {})
    assert [phrase.text for phrase in accepted] == ([] if reason else [text])


def test_what_an_exchange_seems_to_answer_is_not_declined(folder: Path) -> None:
    """Although an ask like it may have been accepted only a moment ago."""
    screen = screening(folder)
    again = Draft("decline", "打鱼的人是不是都平安回来了")
    assert screening(folder).declines([again])[1] == {}
    asks = [
        "打鱼的人都平安回来了吗",
        "打鱼的人都平安回来没有",
        "打鱼的是不是都平安回来了",
        "打鱼的人平安回来了没",
        "打鱼的人是不是平安回来",
    ]
    screen.take("q2", [ask(text, 5) for text in asks])
    screen.settle("q2")
    assert screen.declines([again])[1] == {ANSWERED: 1}


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────


def test_new_is_what_is_neither_repeated_nor_found_for_sure(folder: Path) -> None:
    screen = screening(folder)
    new, _ = screen.take("q1", [ask("守塔多久了"), ask("老伴什么时候来的呀", 2)])
    assert new == 0.0
    new, _ = screen.take("q1", [ask("守塔多久了"), ask("一辈子耗在石头房子里值当吗", 1)])
    assert new == 0.5


def test_what_cannot_be_used_says_nothing_of_coverage(folder: Path) -> None:
    screen = screening(folder)
    assert screen.take("q1", [])[0] == 1.0
    assert screen.take("q1", [ask("🙂"), Draft("topic", "年头")])[0] == 1.0


def test_what_was_accepted_counts_as_known_from_the_next_step_on(folder: Path) -> None:
    screen = screening(folder)
    first = [ask("一辈子耗在石头房子里值当吗", 1), ask("一生都耗在石头房子里值吗", 1)]
    again = [ask("一辈子都耗在石头房子里,值当不", 1)]
    assert screen.take("q1", first)[0] == 1.0
    assert screening(folder).take("q1", again)[0] == 1.0
    screen.renew()
    assert screen.take("q1", again)[0] == 0.0


# ── together ─────────────────────────────────────────────────────────────────────────────────────


def test_what_is_accepted_passes_check(folder: Path) -> None:
    screen = screening(folder)
    known, interview = loaded(folder)
    screen.take("q1", [ask("嫂子跟着一起守塔吗", 2), ask("窗户到底碎了几扇呀", 1)])
    screen.settle("q1")
    grown = screen.known()
    before = set(map(str, check(known, {}, Index(known))))
    after = set(map(str, check(grown, {}, Index(grown))))
    assert after <= before
    assert isinstance(grown.interviews[0].exchanges[0], Exchange)
    assert interview.where == Origin(str(folder / "lighthouse.yaml"), 1)
