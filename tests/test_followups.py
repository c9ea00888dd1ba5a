"""The grammar of turns that lean on what was said before: every way to put each of them.

A row per wording that a pattern knows: whoever takes a wording out of `bot.followups` sees here
what is no longer understood.
"""

from __future__ import annotations

import pytest

from bot.followups import Correction, Lean, Move, Number, Place, Wish, leans, move
from bot.query import read

# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("1", 1),
        ("２", 2),  # full width
        ("②", 2),
        ("3.", 3),
        ("12", 12),
        ("999", 999),
        ("零", 0),
        ("一", 1),
        ("二", 2),
        ("两", 2),
        ("三", 3),
        ("四", 4),
        ("五", 5),
        ("六", 6),
        ("七", 7),
        ("八", 8),
        ("九", 9),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("第二", 2),
        ("第2个", 2),  # of what is on offer, if anything is
        ("2号", 2),
        ("第三条", 3),
        ("2吧", 2),
        ("2呢", 2),
        ("2啊", 2),
        ("我选2", 2),
        ("是2", 2),
        ("就第二个吧", 2),
        ("选1吧", 1),
        ("要3", 3),
        ("问2", 2),
        ("我问的是2", 2),
        ("我要的第二个", 2),
    ],
)
def test_a_number_alone_chooses(said: str, number: int) -> None:
    assert move(read(said)) == Number(number)


@pytest.mark.parametrize(
    "said",
    [
        "1234",
        "3.5",
        "88%",
        "2014年",
        "一百",
        "2斤",
        "2和3",
        "37万",
    ],
)
def test_a_figure_with_something_to_it_chooses_nothing(said: str) -> None:
    assert move(read(said)) is None


# ── places ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("第二个问题", Place("nth", 2)),
        ("第二個問題", Place("nth", 2)),
        ("第两个问题", Place("nth", 2)),
        ("第12个问题", Place("nth", 12)),
        ("第十一问题", Place("nth", 11)),
        ("第二个是什么", Place("nth", 2)),
        ("第3问", Place("nth", 3)),
        ("第三题", Place("nth", 3)),
        ("看第三条", Place("nth", 3)),
        ("最后一个", Place("last")),
        ("最后个问题", Place("last")),
        ("最后一个问题", Place("last")),
        ("最後一個", Place("last")),
        ("最后一问", Place("last")),
        ("最后一题", Place("last")),
        ("最后问题", Place("last")),
        ("最后一条", Place("last")),  # as 上一条, 下一条 and 第三条
        ("上一个", Place("before")),
        ("上個問題", Place("before")),
        ("上一个问题", Place("before")),
        ("上1题", Place("before")),
        ("上一条", Place("before")),
        ("上一问", Place("before")),
        ("上一问题", Place("before")),
        ("前一个", Place("before")),
        ("前面那个", Place("before")),
        ("上那个问题", Place("before")),
        ("往前一个", Place("before")),
        ("再往前一个", Place("before")),
        ("下一个", Place("after")),
        ("下個問題", Place("after")),
        ("下一个问题", Place("after")),
        ("下1题", Place("after")),
        ("下一条", Place("after")),
        ("下一问", Place("after")),
        ("下一问题", Place("after")),
        ("后一个", Place("after")),
        ("后面那个", Place("after")),
        ("下那个问题", Place("after")),
        ("往后一个", Place("after")),
    ],
)
def test_an_exchange_is_pointed_to_by_its_place(said: str, place: Place) -> None:
    assert move(read(said)) == place


@pytest.mark.parametrize(
    "said",
    [
        "那么第二个问题呢",
        "请看下第二个问题",
        "麻烦再看第二个问题",
        "再讲一遍第二个问题",
        "说说第二个问题吧",
        "换第二个问题啊",
        "我要第二个问题",
        "我想来第二个问题",
        "发给我第二个问题",
        "回到第二个问题",
        "返回第二个问题",
        "跳到第二个问题",
        "去第二个问题",
        "主持人的第二个问题是什么",
        "主持人的第二個問題是咩",
        "访谈里第二个问题",
        "部长刚才答的第二个问题",
        "嘉宾的第二个问题吗",
        "这个第二个问题",
        "他第二个问题怎么答了",
        "第二个问题是啥",
        "第二个问题问乜",
        "第二个问题问咩",
        "第二个问题的内容",
        "第二个问题的答案",
    ],
)
def test_words_around_a_place_that_ask_for_nothing_else_change_nothing(said: str) -> None:
    assert move(read(said)) == Place("nth", 2)


@pytest.mark.parametrize(
    "said",
    [
        "第二个问题有多少户",
        "第一年养了几箱",
        "上一次收成怎么样",
        "下一步打算",
        "最后怎么解决的",
        "第二个问题第三个问题",  # which?
        "前三个问题都是什么",
        "第二个儿子叫什么",
    ],
)
def test_a_place_in_a_question_of_its_own_points_to_nothing(said: str) -> None:
    assert not isinstance(move(read(said)), Place)


def test_what_could_be_put_together_in_very_many_ways_is_read_all_the_same() -> None:
    """A pattern that tries all ways would never come back."""
    assert move(read("说" * 38 + "第二个问题" + "狗")) is None
    assert move(read("那" * 200 + "第二个" + "那" * 200 + "x")) is None
    assert move(read("好的" * 200 + "还有呢" * 200 + "x")) is None
    assert move(read("个具体" * 500 + "x")) is None


# ── wishes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wish", "ways"),
    [
        (
            "more",
            "还有 還有 还说了什么 还讲了啥 继续 繼續 接着 接下来 然后 后面 下文 往下 说下去 讲下去 "
            "多说 多讲 详细 具体 展开 没了 就这些 more continue",
        ),
        (
            "whole",
            "全文 原文 全段 整段 全部 完整 整个 整個回答 全部的回答 完整原话 整个内容 完整版",
        ),
        (
            "brief",
            "一句话 1句话 一句话说 一句话讲 一句话概括 简单 簡單 简短 短点 短一点 长话短说 重点 "
            "关键 重要 核心 最关键的 最重要的一句 最核心的那句 最关键一句 原话 原句 怎么说的原话 "
            "太长 briefly",
        ),
        (
            "example",
            "举例 举例子 举个例子 舉個例子 举具体例子 举个具体例子 举一个例子 举例说明 打个比方 "
            "比如 比如说 例如 例子 个例子 具体例子 example examples",
        ),
    ],
)
def test_each_wish_has_many_wordings(wish: Wish, ways: str) -> None:
    for way in ways.split():
        assert move(read(way)) == wish, way


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("go on", "more"),
        ("Tell me more", "more"),
        ("And then?", "more"),
        ("What else?", "more"),
        ("Anything else?", "more"),
        ("full text", "whole"),
        ("The whole answer", "whole"),
        ("full answer", "whole"),
        ("in one sentence", "brief"),
        ("In short?", "brief"),
        ("For example?", "example"),
        ("an example", "example"),
        ("any examples?", "example"),
        ("Give me an example", "example"),
        ("give examples", "example"),
        ("such as", "example"),
        ("like what?", "example"),
    ],
)
def test_wishes_are_understood_in_english(said: str, wish: Wish) -> None:
    assert move(read(said)) == wish


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("那还有呢", "more"),
        ("嗯，继续", "more"),
        ("哦然后呢", "more"),
        ("请继续", "more"),
        ("再详细点", "more"),
        ("你继续", "more"),
        ("好，接着说", "more"),
        ("好的继续", "more"),
        ("麻烦继续说下去", "more"),
        ("他还说了什么", "more"),
        ("他的原话", "brief"),
        ("说重点", "brief"),
        ("用一句话说", "brief"),
        ("来个例子", "example"),
        ("看全文", "whole"),
        ("发全文", "whole"),
        ("要全文", "whole"),
        ("我要全文", "whole"),
        ("帮我举个例子", "example"),
        ("给个例子", "example"),
        ("给我举个例子", "example"),
        ("能具体点吗", "more"),
        ("能不能举个例子", "example"),
        ("可以举个例子吗", "example"),
        ("可不可以简单点", "brief"),
        ("有例子吗", "example"),
        ("有没有例子", "example"),
        ("什么例子", "example"),
        ("有什么例子", "example"),
        ("谢谢，然后呢", "more"),  # courtesy in front
    ],
)
def test_a_wish_may_have_an_opening(said: str, wish: Wish) -> None:
    assert move(read(said)) == wish


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("还有呢", "more"),
        ("还有吗", "more"),
        ("还有么", "more"),
        ("还有啊", "more"),
        ("继续吧", "more"),
        ("然后嘛", "more"),
        ("后面呀", "more"),
        ("太长了", "brief"),
        ("还有没", "more"),
        ("还有没有", "more"),
        ("继续说", "more"),
        ("接着讲", "more"),
        ("举个例子我看看", "example"),
        ("具体点", "more"),
        ("具体的", "more"),
        ("展开一下", "more"),
        ("多说两句", "more"),
        ("继续说下去", "more"),
        ("还有别的吗", "more"),
        ("还有什么", "more"),
        ("还有啥", "more"),
        ("继续好吗", "more"),
        ("简单点行吗", "brief"),
        ("简短点可以吗", "brief"),
        ("具体一点", "more"),  # 一点 as well as 点
        ("简单一点", "brief"),
        ("全文说出来", "whole"),
        ("整段说出来", "whole"),
        ("原话是什么", "brief"),
    ],
)
def test_a_wish_may_have_an_ending(said: str, wish: Wish) -> None:
    assert move(read(said)) == wish


@pytest.mark.parametrize(
    "said",
    [
        "",
        "？",
        "还有多少户",
        "继续教育",
        "然后农村怎么办",
        "具体数字是多少",
        "全文多少字",
        "重点工程有哪些",
        "关键词是什么",
        "简单的问题怎么解决",
        "例子多不多",
        "比如农村呢",
        "more money",
        "why",
        "那农村呢",
        "蜂蜜多少钱一斤",
    ],
)
def test_what_says_what_it_is_about_is_no_wish(said: str) -> None:
    assert move(read(said)) is None


# ── corrections ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("不是，我问的是农村", "农村"),
        ("不是，我問的是農村", "农村"),
        ("不对。我问的是农村", "农村"),
        ("错了！我问的是农村", "农村"),
        ("搞错了 我问的是农村", "农村"),
        ("不，我问的是农村", "农村"),
        ("不是这个，我问的是农村", "农村"),
        ("不是那个，我问的是农村", "农村"),
        ("不是的，我问的是农村", "农村"),
        ("不是啊，我问的是农村", "农村"),
        ("我问的是：农村", "农村"),
        ("我问是农村", "农村"),
        ("我问的农村", "农村"),
        ("我说的是, 农村", "农村"),
        ("我指的是农村", "农村"),
        ("我要问的是农村", "农村"),
        ("我想问的是农村", "农村"),
        ("我想知道的是农村", "农村"),
        ("我是问农村", "农村"),
        ("我是说农村", "农村"),
        ("我是指农村", "农村"),
        ("我是想问的是农村", "农村"),
        ("No, I mean the villages", "villages"),
        ("i meant villages", "villages"),
        ("I asked about the villages", "villages"),
        ("no! I was asking about villages", "villages"),
    ],
)
def test_a_correction_says_what_was_meant(said: str, meant: str) -> None:
    found = move(read(said))
    assert isinstance(found, Correction)
    assert found.meant == read(meant)


@pytest.mark.parametrize(
    "said",
    [
        "不是",
        "我问的是",  # nothing is meant yet
        "我想问农村",
        "他说的是农村",
        "他不是这么说的",
        "我想知道农村怎么样",
        "I meaningfully disagree",
        "我说的对吗",  # this asks about what was said, it doesn't correct it
    ],
)
def test_what_denies_or_asks_without_saying_what_was_meant_is_no_correction(said: str) -> None:
    assert not isinstance(move(read(said)), Correction)


# ── leaning ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said",
    [
        "农村呢",
        "農村呢",
        "农村咧",
        "农村捏",
        "农村勒",
        "那农村的老人怎么办呢",  # eight characters between the two
        "那么农村的老人怎么办呢",
        "还有农村的老人怎么办呢",
        "以及农村的老人怎么办呢",
        "农村那块",
        "农村这块",
        "农村那边",
        "农村那头",
        "农村方面",
        "And the villages?",
        "What about villages?",
        "how about the winter",
    ],
)
def test_what_is_named_after_something_else_leans_on_it_plainly(said: str) -> None:
    assert leans(read(said)) == "plainly"


@pytest.mark.parametrize(
    "words",
    [
        "然后 后来 结果 最后 具体 详细 原因 理由",
        "所以为什么 于是怎么 接着怎么 现在怎么 到底怎么 究竟怎么",
        "为什么 為什麼 为何 为啥 凭什么 怎么 怎样 咋 如何 什么 啥",
        "怎么办 怎么做 怎么弄 怎么搞 怎么改 咋整 怎么做到的 怎么成了 怎么样 这怎么 那怎么",
        "有什么 怎么没 怎么是 怎么会 怎么能 要怎么 就怎么 都怎么 也怎么 还怎么 又怎么 再怎么",
        "什么啊 为什么吗 为什么吧 为什么嘛 为什么呀 为什么呗 是什么么 怎么了",
        "他怎么说 她怎么讲 它怎么了 他们怎么看",
        "为什么这些 为什么那些 大家怎么看 为什么不是 为什么没有 怎么解决 怎么化解 怎么处理",
        "怎么应对 怎么避免 怎么防止 怎么克服 怎么落实",
        "有啥效果 成效 好处 用处 作用 影响 意义 目的 什么意思 为何如此",
        "why how so then what results result",
    ],
)
def test_a_question_that_names_nothing_leans_plainly(words: str) -> None:
    for word in words.split():
        assert leans(read(word)) == "plainly", word


@pytest.mark.parametrize(
    "said",
    [
        "那他们后来到底是怎么解决的呢",  # longer than what ends with 呢 by itself
        "why is that",
        "how does it do this",
        "how did they do it",
        "what was that",
        "so what then",
        "what does it mean",
        "why did they do this",
        "what did they mean",
        "how come them",
        "why and how",
        "what was the result",
        "the results",
    ],
)
def test_a_sentence_that_names_nothing_leans_plainly(said: str) -> None:
    assert leans(read(said)) == "plainly"


@pytest.mark.parametrize(
    ("said", "lean"),
    [
        ("农村", "perhaps"),
        ("就这啊", "perhaps"),  # nothing is asked
        ("不是", "perhaps"),
        ("多少钱", "perhaps"),
        ("留多少", "perhaps"),
        ("蜂蜜冬天怎么办", "perhaps"),
        ("Android手机能用吗", "perhaps"),  # and is a word of its own
        ("what about", "perhaps"),
        ("villages", "perhaps"),
        ("一二三四五六七八九十一二三四五六", "perhaps"),  # 16 tokens
        ("一二三四五六七八九十一二三四五六七", None),
        ("农村的老人家里没有年轻人的时候怎么办呢", None),  # so long that it says what it is about
    ],
)
def test_other_questions_lean_perhaps_if_they_are_short(said: str, lean: Lean | None) -> None:
    assert leans(read(said)) == lean


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("還有沒有", "more"),
        ("接著講", "more"),
        ("完整的內容", "whole"),
        ("請用一句話說", "brief"),
        ("舉例說明", "example"),
        ("最後一個問題", Place("last")),
        ("我選2號", Number(2)),
        ("我問的是冬天", Correction(read("冬天"))),
    ],
)
def test_traditional_characters_mean_the_same(said: str, expected: Move) -> None:
    assert move(read(said)) == expected
