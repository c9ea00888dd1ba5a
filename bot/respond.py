"""Matches and a conversation become a reply. Pure: the one place where it is decided to answer.

Sure: `Answer`. Nearly, or two exchanges close: `Choices`. Otherwise: `NotCovered`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bot import text
from bot.interview import Exchange
from bot.search import Index, Ranking, Topic


@dataclass(frozen=True, slots=True)
class Answer:
    """The exchange to quote, and the passage of it that answers most directly."""

    exchange: Exchange
    quote: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The nearest exchanges, at most three, for the person to choose from."""

    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class NotCovered:
    """The interviews do not speak of it."""


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """A greeting, thanks, a question about the bot: `kind` is one of the everyday kinds."""

    kind: str


Reply: TypeAlias = Answer | Choices | NotCovered | SmallTalk


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one person and the bot last spoke of in one chat: all that a follow-up needs."""

    question: str = ""
    exchange: str | None = None
    quote: str = ""
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """From which score on, 0…1, to answer, to offer; how far ahead of the second; to chat."""

    sure: float
    offer: float
    gap: float
    chat: float


# Chosen on two crowds of 385 questions each (`eval --calibrate tests/questions/crowd-a.yaml
# tests/questions/crowd-b.yaml`), never on the files that test the bot: the lowest `sure` at which
# nothing far-off, no chit-chat and nothing adversarial is answered. Of those 770 questions lexical
# then answers 95.4 % rightly, 0.5 % wrongly, and 1.4 % of what is out of scope; with meaning 97.1,
# 0.2 and 0.8. A `gap` of 0.02 instead of 0.04 answers half a point more and triples what is wrong.
LEXICAL = Policy(sure=0.36, offer=0.2, gap=0.04, chat=0.4)
SEMANTIC = Policy(sure=0.39, offer=0.2, gap=0.04, chat=0.4)

# Nobody's question about an interview that nobody has authored is answered below this: for the four
# exchanges of the first one it keeps false answers on crowds a and b at 2 %. The more exchanges,
# the nearer the nearest wrong one: from `_ENOUGH` on, `calibrated` measures it.
_LEAST = 0.23
_ENOUGH = 20
_SAMPLE = 150
_FALSE = 0.05


def policy_for(index: Index) -> Policy:
    """The thresholds that were measured for authored interviews with this kind of index."""
    return SEMANTIC if index.understands_meaning else LEXICAL


def calibrated(index: Index) -> Policy:
    """The thresholds for interviews that nobody has authored, measured on the index itself.

    Each host question is put to an index that doesn't know it: what then comes first is wrong, and
    its score is one that a question out of scope may reach. The 95th percentile of these scores is
    taken: for 3,000 real questions .38 without meaning and .52 with it, at which 4.8 and 2.8 % of
    500 unrelated ones were answered.
    """
    authored = policy_for(index)
    bare = [exchange for exchange in index.exchanges.values() if not exchange.authored]
    wrong = sorted(_without(index, exchange) for exchange in bare[:: len(bare) // _SAMPLE + 1])
    if not wrong:
        return authored
    measured = wrong[int(len(wrong) * (1 - _FALSE))] if len(wrong) >= _ENOUGH else 0.0
    sure = max(_LEAST, measured)
    return replace(authored, sure=sure, offer=sure / 2)


def _without(index: Index, exchange: Exchange) -> float:
    evidence = index.explain(exchange.question, without=lambda line: line.owner == exchange.key)
    ranking = index.rank(exchange.question, evidence)
    return max((m.score for m in ranking.matches if m.exchange is not exchange), default=0.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply, the ranking that led to it, its score, and what to remember afterwards."""

    reply: Reply
    conversation: Conversation
    score: float = 1.0
    ranking: Ranking = field(default_factory=Ranking)


class Responder:
    """An index and a policy: together they turn questions into replies, and keep no state."""

    def __init__(self, index: Index, policy: Policy, unauthored: Policy | None = None) -> None:
        self._index = index
        self._policy = policy
        self._unauthored = unauthored or policy
        self._order = list(index.exchanges)

    def respond(self, question: str, conversation: Conversation) -> Turn:
        """The reply to one question in a conversation, and the conversation after it."""
        question = question[: text.LONGEST]
        conversation = self._remembered(conversation)
        asked = text.essence(question)
        if not asked:
            return Turn(NotCovered(), conversation, 0.0)
        if chosen := _chosen(asked, conversation.offered):
            return self.show(chosen)
        if pointer := _pointer(asked):
            pointed = _at(pointer, conversation.exchange, self._order)
            return self.show(pointed) if pointed else Turn(NotCovered(), conversation, 0.0)
        if _MORE.match(asked) and conversation.exchange:
            return self._more(conversation.exchange, conversation)
        ranking = self._rank(question, conversation)
        return self._decide(question, ranking, conversation)

    def _remembered(self, conversation: Conversation) -> Conversation:
        """The conversation without exchanges that are no longer in the knowledge."""
        known = self._index.exchanges
        if conversation.exchange and conversation.exchange not in known:
            return Conversation()
        if all(key in known for key in conversation.offered):
            return conversation
        return replace(conversation, offered=())

    def show(self, key: str) -> Turn:
        """The reply to somebody who picked an exchange by its key rather than by asking."""
        exchange = self._index.exchanges[key]
        quote = self._index.opening(exchange)
        return Turn(
            Answer(exchange, quote),
            Conversation(exchange.topic or exchange.question, key, quote, ()),
        )

    def _more(self, key: str, conversation: Conversation) -> Turn:
        """The passage after the one last shown; after the last one, the first again."""
        exchange = self._index.exchanges[key]
        said = exchange.said or exchange.answer
        shown = [n for n, sentence in enumerate(said) if sentence in conversation.quote]
        quote = said[(max(shown, default=-1) + 1) % len(said)]
        return Turn(Answer(exchange, quote), Conversation(conversation.question, key, quote, ()))

    def _rank(self, question: str, conversation: Conversation) -> Ranking:
        """The ranking of the question alone, of it in its context, or of its clearest part."""
        index = self._index
        alone = index.explain(question)
        ranking = index.rank(question, alone)
        if self._smalltalk(ranking):
            return ranking
        here = conversation.exchange
        if here and ranking.far < _FAR and _leans(question, _score(ranking)):
            joined = index.explain(f"{conversation.question} {question}")
            topic = Topic(here, conversation.quote)
            return index.rank(question, alone.mixed(joined, _JOINED), topic)
        if _score(ranking) < self._policy_of(ranking).sure:
            parts = [index.search(part) for part in text.parts(question)]
            return max((ranking, *parts), key=_score)
        return ranking

    def _policy_of(self, ranking: Ranking) -> Policy:
        """The policy for what comes first."""
        authored = not ranking.matches or ranking.matches[0].exchange.authored
        return self._policy if authored else self._unauthored

    def _smalltalk(self, ranking: Ranking) -> str | None:
        """The kind of small talk that it is, where it is clearly some."""
        kind, share = ranking.smalltalk or ("", 0.0)
        return kind if kind and share >= self._policy.chat else None

    def _decide(self, question: str, ranking: Ranking, conversation: Conversation) -> Turn:
        if kind := self._smalltalk(ranking):
            return Turn(SmallTalk(kind), conversation, _score(ranking), ranking)
        matches = ranking.matches
        policy = self._policy_of(ranking)
        best = _score(ranking)
        second = matches[1].score if len(matches) > 1 else 0.0
        if best >= policy.sure and best - second >= policy.gap:
            first = matches[0]
            quote = first.quote or self._index.opening(first.exchange)
            after = Conversation(question, first.exchange.key, quote, ())
            return Turn(Answer(first.exchange, quote), after, best, ranking)
        if best >= policy.offer:
            near = tuple(m.exchange for m in matches[:3] if m.score >= policy.offer)
            after = replace(conversation, offered=tuple(exchange.key for exchange in near))
            return Turn(Choices(near), after, best, ranking)
        return Turn(NotCovered(), conversation, best, ranking)


def _score(ranking: Ranking) -> float:
    return ranking.matches[0].score if ranking.matches else 0.0


# A question leans on what was said before when it is short, or shortish and opens with a word
# that points back, and is not understood on its own; 那…呢 and …那块 always do.
_SHORT = 10
_SHORTISH = 16
_UNDERSTOOD = 0.45
_JOINED = 0.5
# What every interview meets (今天天气) is not about the last answer, however short it is.
_FAR = 0.7
_AND_THAT = re.compile("(?:那么?)?.{1,6}(?:[呢咧捏]|那块|那边|那头|方面)$")
_POINTS_BACK = re.compile(
    "那|所以|然后|还有|再|具体|为什么|为啥|怎么|咋|这|它|他|她|其中|占|谁|多少|几|后来|现在|效果|结果|"
    "比|要是|如果|什么|啥|哪|总共|一共|一开始"
)


def _leans(question: str, score: float) -> bool:
    asked = text.essence(question)
    if _AND_THAT.match(asked):
        return True
    reach = _SHORTISH if _POINTS_BACK.match(asked) else _SHORT
    return score < _UNDERSTOOD and len(text.tokens(question)) <= reach


_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMBER = "[零一二两三四五六七八九十]{1,3}|[0-9]{1,3}"
_CHOICE = re.compile(f"(?:我?[选要])?第?({_NUMBER})[个号条]?[吧呢啊]?")
_POINTER = re.compile(
    f"第(?P<nth>{_NUMBER})(?:个问题|个|问题|问|题|条)"
    "|(?P<last>最后一?(?:个问题|个|问题|问|题))"
    "|(?P<before>(?:再?往前|上|前)(?:面?那)?[一1]?(?:个问题|个|条|题|问))"
    "|(?P<after>(?:往后|下|后)(?:面?那)?[一1]?(?:个问题|个|条|题|问))"
)
# What may stand around such a pointer without asking for anything else, as single characters: a
# choice of words that can be put together in several ways would take for ever on 说说说说….
_BARE = re.compile(
    "[那么请麻烦再看下说讲换我要想来给发回到返跳主持人访谈里部长嘉宾刚才个这他的是什么啥乜咩问了怎答内容案呢吧啊吗一遍去]*"
)
_MORE = re.compile(
    "^(?:那|嗯|哦|好的|好)*(?:还有呢|还有吗|还有么|还有没有|还有啥|还有什么|还有|继续说|继续|接着说|接着讲|"
    "接着|然后呢|然后|后面呢|接下来呢|接下来|下文呢|往下说|往下|再说点|再说说|多说点|多讲点|详细点|"
    "详细说说|展开说说|展开讲讲|还说了什么|还说了啥|还讲了什么|还讲了啥|没了吗|没了|就这些吗|就这些|more)"
    "(?:呢|吗|啊|吧|别的)*$"
)


def _chosen(asked: str, offered: tuple[str, ...]) -> str | None:
    """The offered exchange that a number stands for: 2, 选第二个."""
    choice = _CHOICE.fullmatch(asked)
    number = _number(choice[1]) if choice else 0
    return offered[number - 1] if 1 <= number <= len(offered) else None


def _pointer(asked: str) -> re.Match[str] | None:
    """Words that point to an exchange by its place and ask for nothing else."""
    found = _POINTER.search(asked)
    around = asked[: found.start()] + asked[found.end() :] if found else ""
    return found if _BARE.fullmatch(around) else None


def _at(pointer: re.Match[str], here: str | None, order: list[str]) -> str | None:
    """The exchange that the words point to, counted in the interview that we are in."""
    interview = (here or order[0]).partition("/")[0]
    keys = [key for key in order if key.partition("/")[0] == interview]
    place = _place(pointer, keys.index(here) if here in keys else None, len(keys))
    return keys[place] if place is not None and 0 <= place < len(keys) else None


def _place(found: re.Match[str], here: int | None, count: int) -> int | None:
    nth = found["nth"]
    if nth:
        return _number(nth) - 1
    if found["last"]:
        return count - 1
    if here is None:
        return None
    return here - 1 if found["before"] else here + 1


def _number(numeral: str) -> int:
    """The number, 0…999, that Arabic digits or a Chinese numeral below a hundred mean."""
    if numeral.isascii():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    return 10 * _DIGITS.get(tens, 1 if ten else 0) + _DIGITS.get(ones, 0)
