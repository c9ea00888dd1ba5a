"""Proof that the knowledge is fit to serve: verbatim, unambiguous, and found by its own words.

Pure: the pages come in as text and the search as a value; what is wrong goes out as faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from bot import passage
from bot.interview import Exchange, Fact, Interview, Knowledge, Origin, Phrase, sentences
from bot.knowledge import malformed_id, repeated_id, unsaid
from bot.query import read
from bot.search import Ranking
from bot.transcript import NoInterview, Reading, read_page
from bot.transcript.page import paragraphs
from bot.yaml_text import Fault, short

# "Outside" comes first where it explains more than half of a phrase and more than the exchange
# does; two shares of ½ give a score of ½ / (½ + ½ + 0.3) = 0.38, two of 0.7 one of 0.41.
HALF = 0.5
EVEN = 0.4
OUTSIDE = "“访谈以外”"


class Searcher(Protocol):
    """What finds exchanges: `bot.search.Index`, or a stand-in."""

    def search(self, question: str) -> Ranking: ...


def check(knowledge: Knowledge, pages: Mapping[str, Sequence[str]], index: Searcher) -> list[Fault]:
    """Every fault of the knowledge, file by file in the order of the lines.

    `pages` holds, under the name that the interviews give it, the texts that a page may be read as.
    """
    faults = [*unfit(knowledge, pages), *_unproven(knowledge, pages)]
    faults += [*_repeats(knowledge), *_thefts(knowledge, index)]
    return _in_order(faults)


def unfit(knowledge: Knowledge, pages: Mapping[str, Sequence[str]]) -> list[Fault]:
    """What must not be shown as the guest's words, as far as the pages are at hand; in order."""
    faults = [*_ids(knowledge)]
    for interview in knowledge.interviews:
        faults += _against_page(interview, pages.get(interview.page, ()))
        for exchange in interview.exchanges:
            faults += [*unfit_quotes(exchange), *_unreviewed(exchange)]
    return _in_order(faults)


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.where.file, fault.where.line))


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def _ids(knowledge: Knowledge) -> Iterator[Fault]:
    yield from _unique((interview.id, interview.where) for interview in knowledge.interviews)
    for interview in knowledge.interviews:
        yield from _unique((exchange.id, exchange.where) for exchange in interview.exchanges)
        if not interview.exchanges:
            yield Fault(interview.where, "没有一条问答", "用 import 从页面生成")


def _unique(named: Iterable[tuple[str, Origin]]) -> Iterator[Fault]:
    seen: dict[str, Origin] = {}
    for name, where in named:
        if fault := malformed_id(name, where):
            yield fault
        if name in seen:
            yield repeated_id(name, where, seen[name])
        seen.setdefault(name, where)


# ── verbatim ─────────────────────────────────────────────────────────────────────────────────────


def _unproven(knowledge: Knowledge, pages: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """The interviews that cannot be held against a page."""
    for interview in knowledge.interviews:
        if not interview.page:
            yield Fault(interview.where, "没写出自哪个页面", "补上“page: seeds/….txt”")
        elif not pages.get(interview.page):
            wrong = f"读不到页面“{interview.page}”"
            yield Fault(interview.where, wrong, "改正 page 的路径,或把页面放回去")


def _against_page(interview: Interview, texts: Sequence[str]) -> Iterator[Fault]:
    """What is shown as the page's words but does not stand there, or not in this order."""
    # A page may be read as its main text or as all of it: the interview is from one of them.
    yield from min((list(_against(interview, text)) for text in texts), key=len, default=[])


def _against(interview: Interview, page: str) -> Iterator[Fault]:
    reading = read_page(page)
    stated = reading.metadata if isinstance(reading, Reading) else {}
    yield from _metadata(interview, page, stated)
    yield from _verbatim(interview.exchanges, (page, *_without_markup(page, reading)))


def _verbatim(exchanges: Iterable[Exchange], sources: tuple[str, ...]) -> Iterator[Fault]:
    """The questions and answers that no form of the page holds behind the ones before."""
    reached = [0] * len(sources)
    for exchange in exchanges:
        for name, words in _words(exchange):
            places = [
                source.find(words, start) for source, start in zip(sources, reached, strict=True)
            ]
            if not words.strip() or max(places) < 0:
                yield _not_there(exchange, name, words, sources)
                continue
            reached = [
                place + len(words) if place >= 0 else start
                for place, start in zip(places, reached, strict=True)
            ]


def _without_markup(page: str, reading: Reading | NoInterview) -> Iterator[str]:
    """The page's paragraphs and, where it is an interview, its turns, as plain text."""
    yield "\n".join(paragraph.text for paragraph in paragraphs(page))
    if isinstance(reading, Reading):
        yield "\n".join(text for e in reading.exchanges for text in (e.question, *e.answer))


def _words(exchange: Exchange) -> Iterator[tuple[str, str]]:
    yield "question", exchange.question
    yield from (("answer", paragraph) for paragraph in exchange.answer)


def _not_there(exchange: Exchange, name: str, words: str, sources: tuple[str, ...]) -> Fault:
    if not words.strip():
        return Fault(
            exchange.where, f"{exchange.id} 的 {name} 里有一段是空的", "用 import 从页面重新生成"
        )
    if any(words in source for source in sources):
        wrong = f"{exchange.id} 的 {name}“{short(words)}”和页面里的先后不同"
        return Fault(exchange.where, wrong, "按页面里的次序排列")
    length = max(_agreement(words, source) for source in sources)
    wrong = f"{exchange.id} 的 {name} 从“{short(words[length:])}”起和页面不同"
    if length < 4:
        wrong = f"{exchange.id} 的 {name}“{short(words)}”不在页面里"
    return Fault(exchange.where, wrong, "照页面改回原文,或再 import 一次")


def _agreement(words: str, source: str) -> int:
    """How many characters of the words' beginning stand somewhere in the source."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if words[:middle] in source else (low, middle - 1)
    return low


def _metadata(interview: Interview, page: str, stated: Mapping[str, str]) -> Iterator[Fault]:
    for name in ("title", "published", "source", "site", "editor", "host", "guest"):
        value = str(getattr(interview, name))
        if value and value not in page and stated.get(name) != value:
            wrong = f"{name} 的“{short(value)}”不在页面里"
            yield Fault(interview.where, wrong, "照页面的写法改,或删掉这一项")


def unfit_quotes(exchange: Exchange) -> Iterator[Fault]:
    """The quotes that are not whole sentences of one paragraph."""
    where = exchange.quote_where or exchange.where
    own = (Fact((), exchange.quote, where),) if exchange.quote else ()
    for fact in (*own, *exchange.facts):
        paragraphs = [paragraph for paragraph in exchange.answer if fact.quote in paragraph]
        if not fact.quote.strip() or not paragraphs:
            yield unsaid(fact.quote, fact.where)
        elif not any(_whole(fact.quote, paragraph) for paragraph in paragraphs):
            wrong = f"引文“{short(fact.quote)}”截断了句子"
            yield Fault(fact.where, wrong, "从一句的开头抄到句末的标点(连后引号)")
        elif (stands := passage.led_up_to(exchange, fact.quote)) != fact.quote:
            before = stands.removesuffix(fact.quote)
            wrong = f"引文“{short(fact.quote)}”单独看不明白"
            yield Fault(fact.where, wrong, f"从“{short(before)}”抄起")
        if not fact.asks and fact not in own:
            yield Fault(fact.where, "这条 fact 没有 asks", "写上它回答的问法,或删掉它")


def _unreviewed(exchange: Exchange) -> Iterator[Fault]:
    """What the importer was not sure of, as long as nobody has looked."""
    if exchange.review:
        wrong = f"{exchange.id}“{short(exchange.question)}”导入时没有把握"
        yield Fault(exchange.where, wrong, "对照页面看一遍,无误就删掉 review: true 这一行")


def _whole(quote: str, paragraph: str) -> bool:
    """Whether the quote is a run of the paragraph's sentences."""
    pieces = sentences(paragraph)
    starts = [n for n, piece in enumerate(pieces) if quote.startswith(piece.strip())]
    return any(
        "".join(pieces[start:end]).strip() == quote.strip()
        for start in starts
        for end in range(start + 1, len(pieces) + 1)
    )


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────


def _authored(knowledge: Knowledge) -> Iterator[tuple[str, str, Phrase]]:
    """Every authored phrase of the interviews: its owner, the list it is in, the phrase."""
    for interview in knowledge.interviews:
        for exchange in interview.exchanges:
            yield from ((exchange.key, "asks", ask) for ask in exchange.asks)
            for fact in exchange.facts:
                yield from ((exchange.key, "facts", ask) for ask in fact.asks)
        yield from (("", "declines", decline) for decline in interview.declines)


class Sayings:
    """What is asked somewhere already, by what it means; a class because it grows.

    Small talk keeps its courtesy: 你好小编 and 谢谢小编 are not the same.
    """

    def __init__(self) -> None:
        self._meant: dict[str, tuple[str, Origin]] = {}
        self._whole: dict[str, tuple[str, Origin]] = {}

    def add(self, text: str, name: str, where: Origin) -> None:
        """Remember a text, the list that it is in, and where; the first of several counts."""
        self._meant.setdefault(read(text).essence, (name, where))

    def discard(self, text: str) -> None:
        """Forget a text that was added."""
        self._meant.pop(read(text).essence, None)

    def add_small_talk(self, text: str, kind: str, where: Origin) -> None:
        self._whole[_whole_text(text)] = (kind, where)

    def first(self, text: str) -> tuple[str, Origin] | None:
        """The list and the place where the same is asked, if it is."""
        return self._meant.get(read(text).essence) or self._whole.get(_whole_text(text))

    def holds(self, text: str) -> bool:
        """Whether the same is asked somewhere, or the text says nothing."""
        return not read(text).essence or self.first(text) is not None


def sayings(knowledge: Knowledge) -> Sayings:
    """All that is asked anywhere: everyday lines, host questions, authored phrases."""
    said = _unauthored(knowledge)
    for _, name, phrase in _authored(knowledge):
        said.add(phrase.text, name, phrase.where)
    return said


def _unauthored(knowledge: Knowledge) -> Sayings:
    said = Sayings()
    for kind, phrases in knowledge.everyday.smalltalk:
        for phrase in phrases:
            said.add_small_talk(phrase.text, kind, phrase.where)
    for decline in knowledge.everyday.declines:
        said.add(decline.text, "declines", decline.where)
    for exchange in knowledge.exchanges():
        said.add(exchange.question, "question", exchange.where)
    return said


def _repeats(knowledge: Knowledge) -> Iterator[Fault]:
    """Phrases that say nothing, and phrases that say the same as an earlier one."""
    seen = _unauthored(knowledge)
    for _, name, phrase in _authored(knowledge):
        said = f"{name} 里“{short(phrase.text)}”"
        if not read(phrase.text).essence:
            yield Fault(phrase.where, f"{said}没有字可比", "写成一句话,或删掉")
        elif first := seen.first(phrase.text):
            yield Fault(phrase.where, f"{said}和 {first[1]} 的 {first[0]} 重复", "两处只留一处")
        else:
            seen.add(phrase.text, name, phrase.where)


def _whole_text(text: str) -> str:
    return "".join(read(text).tokens)


def _thefts(knowledge: Knowledge, index: Searcher) -> Iterator[Fault]:
    """Phrases that find another exchange than their own, questions that do not find themselves."""
    for exchange in knowledge.exchanges():
        if found := thief(index.search(exchange.question), exchange.key):
            wrong = f"用 {exchange.id} 自己的问题找不到它,找到的是{found}"
            yield Fault(exchange.where, wrong, "给它多写几条 asks,或改掉那一边的说法")
    for owner, name, phrase in _authored(knowledge):
        if found := thief(index.search(phrase.text), owner):
            wrong = f"{name} 里“{short(phrase.text)}”找到的是{found}"
            yield Fault(phrase.where, wrong, "换一个更像自己这条的说法,或移到那一条去")


def thief(ranking: Ranking, owner: str) -> str:
    """Who is found in place of the owner (no owner: nobody should be), in words; "" if nobody."""
    first = ranking.matches[0] if ranking.matches else None
    outside = first is None or (ranking.outside > HALF and first.score < EVEN)
    if first is None or outside:
        return OUTSIDE if owner else ""
    if first.exchange.key == owner or (not owner and ranking.outside > HALF):
        return ""
    return f" {first.exchange.key}(像 {first.phrase.where} 的“{short(first.phrase.text)}”)"
