"""What a question says that the guest said, and what kind of particular it asks for.

A row per wording that a pattern knows, and next to them what only looks like it.
"""

from __future__ import annotations

import pytest

from bot.claims import Particular, claimed, lacks_figure, specific
from bot.query import read

GUESTS = ("林小满", "Ann Lee")


def claim(said: str, guests: tuple[str, ...] = GUESTS) -> str | None:
    found = claimed(read(said), guests)
    return found.text if found else None


# ── who is said to have said it ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "who",
    "他 她 嘉宾 受访者 受访人 林小满 林小滿 陈部长 部长 书记 市长 县长 局长 主任 教授 老师 先生 "
    "女士 导演 总裁 總裁".split(),
)
def test_the_guest_is_named_in_many_ways(who: str) -> None:
    assert claim(f"{who}说房租太贵,对吧") == "房租太贵"


def test_a_guest_is_named_in_lower_case_too() -> None:
    assert claim("ann lee说房租太贵") == "房租太贵"
    assert claim("Ann Lee说房租太贵") == "房租太贵"


@pytest.mark.parametrize("who", ["我", "你", "房东", "邻居", "林大满", "记者", "大家总"])
def test_what_somebody_else_said_is_no_claim(who: str) -> None:
    assert claim(f"{who}说房租太贵,对吧") is None


def test_without_any_name_a_pronoun_or_a_title_is_the_guest() -> None:
    assert claim("他说房租太贵", guests=()) == "房租太贵"
    assert claim("她说房租太贵", guests=()) == "房租太贵"
    assert claim("陈部长说房租太贵", guests=("",)) == "房租太贵"
    assert claim("林小满说房租太贵", guests=()) is None


def test_a_name_is_a_name_whatever_characters_it_has() -> None:
    assert claim("c.(说房租太贵", guests=("C.(",)) == "房租太贵"
    assert claim("cx(说房租太贵", guests=("C.(",)) is None


# ── how ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "between",
    "自己 本人 当时 后来 之前 为什么 为何 为啥 干嘛 干吗 凭什么 凭啥 怎么会 怎么能 怎么敢 "
    "怎么好意思 何以 是不是 是否 有没有 不是 都 也 就 还 已经 既然 曾经 曾 明明 亲口 公开 明确 "
    "真的 真 居然 竟然 可 只 又 老 一直 那 後來 自己也 不是已经".split(),
)
def test_words_may_stand_between_the_guest_and_what_he_does(between: str) -> None:
    assert claim(f"他{between}认为房租太贵") == "房租太贵"


@pytest.mark.parametrize("between", ["没", "想", "请房东", "今天和老周"])
def test_other_words_between_make_it_no_claim(between: str) -> None:
    assert claim(f"他{between}认为房租太贵") is None


@pytest.mark.parametrize(
    "says",
    "说 讲 提 认为 觉得 承认 坦言 坦承 默认 同意 表示 宣布 宣称 声称 断言 断定 主张 反对 批评 "
    "指责 嘲笑 抱怨 强调 透露 保证 吹 骂 夸 否认 暗示 认定 說 承認 说过 承认了".split(),
)
def test_what_he_does_is_said_in_many_ways(says: str) -> None:
    assert claim(f"他{says}房租太贵") == "房租太贵"


@pytest.mark.parametrize("does", ["问", "想", "知道", "喜欢", "怕", "付"])
def test_what_he_does_without_saying_anything_is_no_claim(does: str) -> None:
    assert claim(f"他{does}房租太贵") is None


@pytest.mark.parametrize(
    "said",
    [
        "是不是说房租太贵",
        "不就是说房租太贵",
        "岂不是说房租太贵",
        "等于说房租太贵",
        "就是说房租太贵",
        "这不等于承认房租太贵吗",
        "听说说过房租太贵",
        "听说林老板讲过房租太贵",
        "既然说房租太贵",
        "既然上次都讲房租太贵",
        "既然上次也说房租太贵",
    ],
)
def test_a_claim_need_not_name_him(said: str) -> None:
    assert claim(said) == "房租太贵"


@pytest.mark.parametrize(
    "said",
    [
        "听说房租太贵",
        "听说隔壁面馆的老板说过房租太贵",
        "就是房租太贵",
        "既然房租太贵",
        "既然房租太贵为什么还说不搬",  # more than six characters before 说
    ],
)
def test_hearsay_and_reasons_are_no_claims(said: str) -> None:
    assert claim(said) is None


@pytest.mark.parametrize(
    "said",
    [
        "he said rents too high",
        "Did she say rents too high?",
        "the minister says rents too high",
        "the guest denied rents too high",
        "the official denies rents too high",
        "did the interviewee deny rents too high",
        "he admits rents too high",
        "he admitted rents too high",
        "he claimed rents too high",
        "he claims rents too high",
        "he promised rents too high",
        "she boasts rents too high",
        "he confessed rents too high",
        "he argued rents too high",
        "he called rents too high",
        "does he think rents too high",
        "he believes rents too high",
        "he insists rents too high",
        "he threatened rents too high",
        "he refused rents too high",
        "why did he really say rents too high",
        "he openly said rents too high",
    ],
)
def test_claims_are_understood_in_english(said: str) -> None:
    assert claim(said) == "rents too high"


@pytest.mark.parametrize(
    "said",
    [
        "they said rents too high",
        "the landlord said rents too high",
        "she saw rents too high",
        "he thinking rents too high",
        "he never once said rents too high",
    ],
)
def test_other_english_sentences_are_no_claims(said: str) -> None:
    assert claim(said) is None


# ── what ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("他说的房租太贵", "房租太贵"),
        ("他说过房租太贵", "房租太贵"),
        ("他说房租太贵，真的？", "房租太贵"),
        ("他说房租太贵。真的？", "房租太贵"),
        ("他说房租太贵？不会", "房租太贵"),
        ("他说房租太贵!怪不得", "房租太贵"),
        ("他说房租太贵；我不信", "房租太贵"),
        ("他说房租太贵：一月九千", "房租太贵"),
        ("他说房租太贵对吧", "房租太贵"),
        ("他说房租太贵对不对", "房租太贵"),
        ("他说房租太贵对吗", "房租太贵"),
        ("他说房租太贵是吧", "房租太贵"),
        ("他说房租太贵是吗", "房租太贵"),
        ("他说房租太贵是不是", "房租太贵"),
        ("他说房租太贵吧", "房租太贵"),
        ("他说房租太贵吗", "房租太贵"),
        ("他说吧台太贵", "吧台太贵"),  # only at the end
    ],
)
def test_a_claim_ends_where_the_question_about_it_begins(said: str, what: str) -> None:
    assert claim(said) == what


@pytest.mark.parametrize(
    "said",
    [
        "他说了什么",
        "他说的啥",
        "他说啥都太贵",
        "他说房租多少",
        "他说房东是谁",
        "他说店在哪里",
        "他说房租怎么涨",
        "他说养了几个猫",
        "他说来了几户人",
        "他说发生了几件事",
        "他说开了几年店",
        "他说休息几天",
        "他说如何省钱",
        "他说为何涨价",
        "他说是不是太贵",
        "他说有没有太贵",
        "he said what about rents",
        "he said how rents rose",
        "he said who raised rents",
        "he said which rents rose",
        "he said where rents rose",
    ],
)
def test_what_asks_something_itself_claims_nothing(said: str) -> None:
    assert claim(said) is None


@pytest.mark.parametrize("said", ["", "他说", "他说贵", "他说吗", "他说，房租太贵", "房租贵不贵"])
def test_hardly_anything_is_no_claim(said: str) -> None:
    assert claim(said) is None


# ── particulars ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        (
            "number",
            "房租多少 养了几只猫 占百分之 什么比例 客人的人数 付的金额 有数字吗 有數據吗 降幅大吗 "
            "增幅大吗 涨幅大吗",
        ),
        (
            "time",
            "什么时候开店 什麼時候開店 何时开店 哪一年开店 哪年开店 哪天开店 哪个月开店 哪月开店 "
            "开店日期 开了多久 花了多长时间",
        ),
        (
            "name",
            "房东是谁 房東是誰 哪位客人 哪些人来过 猫叫什么 猫的名字 房东姓名 有名单吗 点名了吗 "
            "哪个局 哪个区 哪个镇 哪个街道 哪个单位 哪个村",
        ),
        ("", "房租贵不贵 猫从哪里来 为什么开店 哪个好 几乎没人 怎么办 开店难不难"),
    ],
)
def test_some_questions_ask_for_a_particular(kind: Particular, questions: str) -> None:
    for question in questions.split():
        assert specific(read(question)) == kind, question


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("how many cats", "number"),
        ("how much is it", "number"),
        ("what percent", "number"),
        ("the number of cats", "number"),
        ("when did it open", "time"),
        ("how long did it take", "time"),
        ("what year was it", "time"),
        ("the date", "time"),
        ("who owns it", "name"),
        ("the name of the cat", "name"),
        ("which one", "name"),
        ("why cats", ""),
        ("", ""),
        # words that only hold such a word
        ("whenever it rains", ""),
        ("the whole shop", ""),
        ("update please", ""),
    ],
)
def test_so_do_english_ones(question: str, kind: Particular) -> None:
    assert specific(read(question)) == kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("几号开店", "time"),
        ("几月开店", "time"),
        ("几点关门", "time"),
        ("哪几个人来过", "name"),
        ("这几年变化大吗", ""),  # a few, not how many
        ("多少人、都是谁", "number"),  # whatever is asked for first counts
    ],
)
def test_a_question_has_one_kind_of_particular(question: str, kind: Particular) -> None:
    assert specific(read(question)) == kind


@pytest.mark.parametrize(
    ("question", "passage", "lacks"),
    [
        ("信访量少了多少", "信访量大量的减少了。", True),
        ("降了百分之几", "信访量大量的减少了。", True),
        ("给几万", "开展了“党建富民强村”活动。", True),
        ("几十户", "我们先走一些生活困难户。", True),
        ("几百", "我们先走。", True),
        ("几千", "我们先走。", True),
        ("少了几成", "信访量大量的减少了。", True),
        ("how many fewer", "信访量大量的减少了。", True),
        ("how much", "信访量大量的减少了。", True),
        ("what percent", "信访量大量的减少了。", True),
        ("走了多少户", "已经走访了98000多户。", False),
        ("来了多少人", "这样的干部将近两万多人。", False),
        ("几成", "走了九成。", False),
        ("解决了哪几类问题", "许多民生的问题都得到了解决。", False),  # asks which, not how many
        ("有没有人反对", "有这个担心。", False),
    ],
)
def test_a_figure_is_lacking_where_one_is_asked_for_and_none_is_said(
    question: str, passage: str, lacks: bool
) -> None:
    assert lacks_figure(read(question), passage) == lacks
