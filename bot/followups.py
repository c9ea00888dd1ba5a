"""What a turn means that leans on what was said before: 还有呢, 第二个, 那农村呢, and in villages?

Grammar only: it reads a query and knows of no interview. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.query import Query, read


@dataclass(frozen=True, slots=True)
class Place:
    """Points to an exchange by its place: the `number`-th from 1, the last, or the one `before`
    or `after` the one that is talked about."""

    where: Literal["nth", "last", "before", "after"]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number alone: of what was offered, the n-th from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Not what was answered, but this: 不是，我问的是农村."""

    meant: Query


Wish: TypeAlias = Literal["more", "whole", "brief", "example"]
"""What is wanted of the answer that was just given: what follows the passage, all of it, the
passage alone, an example."""

Move: TypeAlias = Place | Number | Correction | Wish


def move(query: Query) -> Move | None:
    """What the turn asks for by its form alone; None where its words have to be understood."""
    asked = query.essence
    if found := _NUMBER_ALONE.fullmatch(asked):
        return Number(_number(found[1]))
    if place := _place(asked):
        return place
    said = "".join(query.tokens)
    for wish, pattern in _WISHES.items():
        if pattern.fullmatch(asked) or pattern.fullmatch(said):
            return wish
    if found := _CORRECTION.match(query.text):
        meant = read(query.text[found.end() :])
        return Correction(meant) if meant.essence else None
    return None


# ── numbers and places ───────────────────────────────────────────────────────────────────────────

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMERAL = "[零一二两三四五六七八九十]{1,3}|[0-9]{1,3}"
_NUMBER_ALONE = re.compile(f"我?[选要问就]?的?是?第?({_NUMERAL})[个号条]?[吧呢啊]?")
_PLACE = re.compile(
    f"第(?P<nth>{_NUMERAL})[个问题条]"
    "|(?P<last>最后一?[个问题条])"
    "|(?P<before>(?:往前|上|前)(?:面?那)?[一1]?[个条题问])"
    "|(?P<after>(?:往后|下|后)(?:面?那)?[一1]?[个条题问])"
)
# What may stand around such a place without asking for anything else, as single characters: a
# choice of words that can be put together in several ways would take for ever on 说说说说….
_BARE = re.compile(
    "[那么请再看下说讲换我要想来给发回到返跳主持人访谈里部长嘉宾刚才个这他的是什啥乜咩问题了怎答内容案呢吧啊吗一遍去]*"
)


def _place(asked: str) -> Place | None:
    found = _PLACE.search(asked)
    around = asked[: found.start()] + asked[found.end() :] if found else ""
    if not found or not _BARE.fullmatch(around):
        return None
    if found["nth"]:
        return Place("nth", _number(found["nth"]))
    if found["last"]:
        return Place("last")
    return Place("before" if found["before"] else "after")


def _number(numeral: str) -> int:
    """The number, 0…999, that Arabic digits or a Chinese numeral below a hundred mean."""
    if numeral.isascii():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    return 10 * _DIGITS.get(tens, 1 if ten else 0) + _DIGITS.get(ones, 0)


# ── wishes ───────────────────────────────────────────────────────────────────────────────────────

_OPENING = (
    "(?:[那嗯哦再请来说看发你用有]|好的?|帮我|给我?|我?要|能不能|能|可以|可不可以|他的?|有没有|"
    "什么)*"
)
_ENDING = (
    "(?:[呢吗么啊吧嘛呀了没说讲看点我的]|一[下点]|两句|下去|别的|什么|啥|没有|好吗|行吗|可以吗|出来|"
    "是什么)*"
)


def _wish(ways: str) -> re.Pattern[str]:
    return re.compile(f"{_OPENING}(?:{ways}){_ENDING}")


_WISHES: dict[Wish, re.Pattern[str]] = {
    "more": _wish(
        "还有|还[说讲]|继续|接着|接下来|然后|后面|下文|往下|[说讲]下去|多[说讲]|详细|具体|展开|没了|就这些|"
        "more|goon|continue|tellmemore|andthen|whatelse|anythingelse"
    ),
    "whole": _wish(
        "(?:全文|原文|全段|整段|全部|完整|整个)的?(?:回答|原话|内容|版)?|fulltext|(?:the)?(?:whole|full)answer"
    ),
    "brief": _wish(
        "[一1]句话(?:概括)?|简单|简短|短一?点|长话短说|重点|最?(?:关键|重要|核心)的?(?:[一那]句)?|原话|原句|"
        "怎么说的原话|太长|briefly|inonesentence|inshort"
    ),
    "example": _wish(
        "举个?(?:具体)?例子?|举一个例子|举例说明|打个比方|比如|例如|(?:个|具体)*例子|"
        "forexample|(?:give(?:me)?|any|an)*examples?|suchas|likewhat"
    ),
}

# ── corrections ──────────────────────────────────────────────────────────────────────────────────

_CORRECTION = re.compile(
    r"(?:不是|不对|错了|搞错了|不|no)?(?:这个|那个|的|啊|呀|吧)*[,。! ]*"
    r"(?:我是?(?:要问|想问|想知道|问|说|指)的?是|我是(?:问|说|指)|我问的(?!对)|"
    r"(?:不是|不对|错了|不)[,。! ]*我(?:问|说|指|要)|"
    r"i (?:mean|meant|asked about|was asking about)(?: the)?\b)[:, ]*"
)

# ── leaning ──────────────────────────────────────────────────────────────────────────────────────

# In tokens: a longer question says what it is about.
_LONGEST = 16
_AND_THAT = re.compile("(?:那么?|还有|以及)?(.{1,8}?)(?:[呢咧捏勒]|那块|这块|那边|那头|方面)+$")
_AND_THAT_TOO = re.compile(r"(?:and|what about|how about)\b(.+)")
# A question made of nothing but such words names nothing that it could be about.
_EMPTY = re.compile(
    "(?=.*(?:为|怎|咋|何|什么|啥|后|果|效|因|由|处|用|影响|意义|目的|具体|详细|why|how|what|so|then|result))"
    "(?:所以|于是|然后|后来|接着|结果|最后|现在|具体|详细|到底|究竟|原因|理由|为什么|为何|为啥|凭什么|"
    "怎么|怎样|咋|如何|[办做弄搞改整到成样这那有没是会能要就都也还又再的了呢啊吗吧嘛呀他她它们说讲看呗么]|"
    "这些|那些|大家|不是|解决|化解|处理|应对|避免|防止|克服|落实|效果|成效|好处|用处|作用|影响|意义|目的|"
    "什么|啥|意思|如此|"
    "why|how|come|so|then|what|does|did|is|was|it|that|this|mean|they|them|and|the|results?|do)+"
)


Lean: TypeAlias = Literal["plainly", "perhaps"]


def leans(query: Query) -> Lean | None:
    """Whether the question is about what was said before: plainly by its form, perhaps because it
    is short, or not at all."""
    if len(query.tokens) > _LONGEST:
        return None
    names_nothing = _EMPTY.fullmatch(query.essence)
    return "plainly" if names_nothing or _and_that(query) else "perhaps"


def subject(query: Query) -> Query | None:
    """What a question of the form 那农村呢 turns to; None where it names nothing."""
    if _EMPTY.fullmatch(query.essence):
        return None
    goes_on = _and_that(query)
    return read(goes_on[1]) if goes_on else None


def _and_that(query: Query) -> re.Match[str] | None:
    return _AND_THAT.match(query.essence) or _AND_THAT_TOO.match(query.text)
