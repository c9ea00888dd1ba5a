"""A reply becomes styled text, page by page. Pure; how what is said looks, whoever shows it.

A message is a sequence of runs. The guest's words stand in runs of their own (`quote`, `whole`),
never mixed with ours, so that whoever shows them can tell them apart and nothing can slip in.
Lengths are counted as Telegram counts them, in UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bot import passage
from bot.interview import Exchange, Interview, sentences
from bot.respond import Answer, Choice, Choices, Extent, NotCovered, Reply, SmallTalk
from bot.words import WORDS, Language, say

Style: TypeAlias = Literal["quote", "whole", "host", "ours", "plain"]

LIMIT = 4096  # of Telegram, for one message
LONGEST_QUOTE = 1000  # a longer sentence is read in the whole answer only
LONGEST_SOURCE = 300
LABEL = 26  # about what a phone shows of a button's text in one line
LISTED = 8  # questions on one page of a list, and topics on offer


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style: his words, the host's, or ours; perhaps a link."""

    text: str
    style: Style = "plain"
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Where a run stands in the text of its message, in UTF-16 units."""

    run: Run
    offset: int
    length: int


Message: TypeAlias = tuple[Run, ...]


def message(
    reply: Reply, interviews: Mapping[str, Interview], language: Language = "zh-hans"
) -> Message:
    """All that a private chat can show for a reply, with topics in place of buttons."""
    match reply:
        case Answer(exchange, quote):
            return answer(exchange, quote, interviews[exchange.interview])
        case NotCovered(nearest=None) if len(interviews) > 1:
            names = "、".join(entitled(i) for i in list(interviews.values())[:LISTED])
            return (*line(reply, interviews, language), Run(names, "ours"))
        case NotCovered(nearest=None):
            every = [e for interview in interviews.values() for e in interview.exchanges]
            topics = "、".join(label(exchange) for exchange in every[:LISTED])
            return (*line(reply, interviews, language), Run(topics, "ours"))
        case Choices(options):
            return (*line(reply, interviews, language), *_options(options))
        case SmallTalk("capability") if len(interviews) > 1:
            shown = list(interviews.values())[:LISTED]
            return (*line(reply, interviews, language), *_entitled(shown, 1))
        case SmallTalk("capability"):
            every = [e for interview in interviews.values() for e in interview.exchanges]
            return (*line(reply, interviews, language), *_listed(every[:LISTED]))
    return line(reply, interviews, language)


def terse(
    reply: Reply, interviews: Mapping[str, Interview], language: Language = "zh-hans"
) -> Message:
    """The same where nothing can be folded away: of an answer the passage with its neighbouring
    sentences, or without them, and how to see the whole."""
    if not isinstance(reply, Answer) or reply.extent == "whole":
        return message(reply, interviews, language)
    exchange, quote = reply.exchange, reply.quote
    around = passage.with_neighbours(exchange, quote) if reply.extent == "usual" else quote
    before, _, after = around.partition(quote)
    interview = interviews[exchange.interview]
    origin = (source if reply.extent == "usual" else brief)(exchange, interview)
    runs = (Run(before, "whole"), Run(quote, "quote"), Run(after, "whole"))
    hint = say("more_by_typing", language) if whole(exchange) != around else ""
    return (*(run for run in runs if run.text), Run(_GAP), Run(f"{origin} {hint}".strip(), "ours"))


def line(
    reply: Choices | SmallTalk | NotCovered,
    interviews: Mapping[str, Interview],
    language: Language = "zh-hans",
) -> Message:
    """What is said where there is no answer to quote, without what buttons can show."""
    match reply:
        case Choices(options, variant):
            return ours("offer" if len(options) > 1 else "offer_one", language, variant)
        case NotCovered(nearest, quote, lacking, variant) if nearest:
            interview = interviews[nearest.interview]
            guest = nearest.speaker or interview.guest or say("guest", language)
            word = f"nearest_{lacking}" if lacking else "nearest"
            said = ours(word, language, variant, guest=guest)
            origin = Run(brief(nearest, interview), "ours")
            return (*said, Run("\n"), Run(quote, "quote"), Run(_GAP), origin)
        case NotCovered():
            return ours("nothing", language, reply.variant)
        case SmallTalk(kind) if kind.startswith("page_"):
            return _about_the_page(reply, interviews, language)
        case SmallTalk(kind, _, variant):
            return ours(kind if kind in WORDS else "acknowledge", language, variant)


def _about_the_page(
    reply: SmallTalk, interviews: Mapping[str, Interview], language: Language
) -> Message:
    """What the page states about itself: of the interview that is talked about, else of each."""
    if reply.about:
        interview = interviews[reply.about.interview]
        return (Run(_stated(reply, interview, language), "ours"),)
    shown = tuple(interviews.values())[:LISTED]
    lines = [
        (f"《{shortened(interview.title, 60)}》" if len(shown) > 1 else "")
        + _stated(reply, interview, language)
        for interview in shown
    ]
    return (Run("\n".join(lines), "ours"),)


# What a page calls whoever asks, when it doesn't name them.
_NAMELESS = frozenset("主持人 主持 记者 記者 问 問 编辑 提问 Q".split())


def _stated(reply: SmallTalk, interview: Interview, language: Language) -> str:
    kind, about = reply.kind, reply.about
    count = len(interview.exchanges)
    if kind == "page_place" and about:
        return say(kind, language, number=interview.exchanges.index(about) + 1, count=count)
    if kind in ("page_length", "page_place"):
        characters = sum(len(part) for e in interview.exchanges for part in e.answer)
        return say("page_length", language, count=count, characters=round(characters, -2))
    if kind == "page_verbatim":
        return say(kind, language, source=interview.site or interview.source or interview.title)
    origin = "，".join(dict.fromkeys(filter(None, (interview.site, interview.source))))
    values: dict[str, Any] = {
        "published": interview.published,
        "source": origin,
        "guest": interview.guest,
        "host": interview.host,
        "editor": interview.editor,
        "title": interview.title,
    }
    name = {"page_date": "published"}.get(kind, kind.removeprefix("page_"))
    if not values.get(name):
        return say("page_unstated", language)
    nameless = kind == "page_host" and interview.host in _NAMELESS
    return say(f"{kind}_only" if nameless else kind, language, **values)


def ours(word: str, language: Language, variant: int = 0, **values: object) -> Message:
    """A message of our own words."""
    return (Run(say(word, language, variant, **values), "ours"),)


def answer(exchange: Exchange, quote: str, interview: Interview) -> Message:
    """The sentence that answers most directly, the whole answer, and where it comes from."""
    return _sheet(quote, whole(exchange), source(exchange, interview))


def sheets(
    exchange: Exchange,
    quote: str,
    interview: Interview,
    extent: Extent = "usual",
    compact: bool = False,
) -> tuple[Message, ...]:
    """The answer in messages that Telegram takes, one per page; compact for groups."""
    origin = (brief if compact or extent == "passage" else source)(exchange, interview)
    direct = "" if units(quote) > LONGEST_QUOTE else quote
    if extent == "passage" and direct:
        return ((Run(direct, "quote"), Run(_GAP), Run(origin, "ours")),)
    room = LIMIT - units(direct) - units(origin) - 2 * len(_GAP)
    return tuple(_sheet(direct, page, origin) for page in pages(whole(exchange), room))


_GAP = "\n\n"


def _sheet(quote: str, page: str, origin: str) -> Message:
    direct = (Run(quote, "quote"), Run(_GAP)) if quote and quote != page else ()
    return (*direct, Run(page, "whole"), Run(_GAP), Run(origin, "ours"))


def whole(exchange: Exchange) -> str:
    """The answer as one text, a paragraph to a line."""
    return "\n".join(exchange.answer)


def place(exchange: Exchange, quote: str) -> tuple[int, int]:
    """Which sentences of the answer a passage is of: the first one's number, and how many."""
    begin = whole(exchange).find(quote)
    end = begin + len(quote)
    of = [n for n, (start, stop) in enumerate(_bounds(exchange)) if start < end and begin < stop]
    return (of[0], len(of)) if of and begin >= 0 else (0, 0)


def run(exchange: Exchange, first: int, count: int) -> str:
    """So many sentences of the answer from one on, each to its end, whatever the numbers; ""
    where there are none."""
    bounds = _bounds(exchange)[first : first + count] if first >= 0 and count > 0 else []
    return whole(exchange)[bounds[0][0] : bounds[-1][1]].strip() if bounds else ""


def _bounds(exchange: Exchange) -> list[tuple[int, int]]:
    """Where each sentence begins and ends in the whole answer."""
    bounds = []
    begin = 0
    for piece in sentences(whole(exchange)):
        if piece.strip():
            bounds.append((begin, begin + len(piece)))
        begin += len(piece)
    return bounds


def source(exchange: Exchange, interview: Interview) -> str:
    """One line of ours: guest, interview, date."""
    guest = exchange.speaker or interview.guest
    title = f"《{shortened(interview.title, 200)}》" if interview.title else ""
    return _origin(guest, title, interview.published[:10])


def brief(exchange: Exchange, interview: Interview) -> str:
    """The same for groups: guest and date."""
    return _origin(exchange.speaker or interview.guest, "", interview.published[:10])


def _origin(*parts: str) -> str:
    return shortened("— " + " · ".join(part for part in parts if part), LONGEST_SOURCE)


def recognised(text: str, exchanges: Iterable[Exchange]) -> tuple[Exchange, str] | None:
    """What of whose answer an earlier message of ours shows: the exchange most of whose sentences
    stand in its text, and the passage that leads."""
    shown = {exchange: [s for s in exchange.said if s.strip() in text] for exchange in exchanges}
    first = max(shown, key=lambda exchange: sum(map(len, shown[exchange])), default=None)
    if first is None or not shown[first]:
        return None
    blocks = (block for part in text.split(_GAP) for block in (part, part.partition("\n")[2]))
    leads = (block for block in blocks if block and any(block in part for part in first.answer))
    return first, next(leads, shown[first][0].strip())


def already(quote: str | None, link: str | None, language: Language) -> Message:
    """That a moment ago the answer was given, where, and the sentence that fits this question."""
    direct = (Run(quote, "quote"), Run(_GAP)) if quote else ()
    return (*direct, Run(say("already", language), "ours", link))


def questions(exchanges: Sequence[Exchange], first: int, language: Language) -> Message:
    """One page of the list of questions, numbered on from `first`."""
    word = "questions" if exchanges else "no_questions"
    return (Run(say(word, language), "ours"), *_listed(exchanges, first))


def entitled(interview: Interview) -> str:
    """What an interview is called: its guest and its title, else its id."""
    title = f"《{shortened(interview.title, LONGEST_TITLE)}》" if interview.title else ""
    return f"{interview.guest}{title}" or interview.id


def interviews(shown: Sequence[Interview], first: int, language: Language) -> Message:
    """One page of the list of interviews, numbered on from `first`."""
    return (Run(say("interviews", language), "ours"), *_entitled(shown, first))


def _entitled(shown: Sequence[Interview], first: int) -> Message:
    return tuple(
        Run(f"\n{number}. {entitled(interview)}", "ours")
        for number, interview in enumerate(shown, first)
    )


def about(interviews: Sequence[Interview], language: Language) -> Message:
    """Where every word comes from."""
    shown = interviews[:LISTED]
    runs = [Run(say("about", language), "ours")]
    for interview in shown:
        parts = (interview.guest, f"《{interview.title}》" if interview.title else "")
        origin = (interview.published, interview.source, interview.site, interview.editor)
        facts = " · ".join(part for part in (*parts, *origin) if part)
        runs.append(Run("\n• " + shortened(facts, LONGEST_SOURCE), "ours"))
    if len(shown) < len(interviews):
        more = say("about_more", language, count=len(interviews))
        runs.append(Run("\n" + more, "ours"))
    return tuple(runs)


def plain(message: Message) -> str:
    """The message without its styles."""
    return "".join(run.text for run in message)


def spans(message: Message) -> Iterator[Span]:
    """Each run and where it stands."""
    offset = 0
    for run in message:
        yield Span(run, offset, units(run.text))
        offset += units(run.text)


def units(text: str) -> int:
    """How long Telegram says that a text is."""
    return len(text) + sum(character > "\uffff" for character in text)


# Pages


def pages(text: str, room: int) -> tuple[str, ...]:
    """The text in pieces of at most `room` units, cut after paragraphs, else sentences, else
    characters; joined again they are the text."""
    if units(text) <= room:
        return (text,)
    full: list[str] = []
    page = ""
    for piece in _pieces(text, room):
        if page and units(page) + units(piece) > room:
            full.append(page)
            page = ""
        page += piece
    return (*full, page)


def _pieces(text: str, room: int) -> Iterator[str]:
    """Paragraphs where they fit a page, else their sentences, else as much as fits."""
    for paragraph in text.splitlines(keepends=True):
        if units(paragraph) <= room:
            yield paragraph
            continue
        for sentence in sentences(paragraph):
            yield from _fitting(sentence, room)


def _fitting(text: str, room: int) -> Iterator[str]:
    piece: list[str] = []
    used = 0
    for character in text:
        size = units(character)
        if used + size > room:
            yield "".join(piece)
            piece, used = [], 0
        piece.append(character)
        used += size
    yield "".join(piece)


# Labels


def label(exchange: Exchange) -> str:
    """The exchange's topic, else what a button shows of the host's question."""
    return exchange.topic if 0 < units(exchange.topic) <= LABEL else asked(exchange)


# A phrase ends with a mark and the closing quotes behind it, or where a quotation opens.
_PHRASE = re.compile(
    r"[^，,。？?！!；;：:、\n]*?(?:[，,。？?！!；;：:、\n]+[”’」』）)\]]*|(?=[“「『（(])|$)"
)
# Where no mark helps, a word is over behind these, or at a space.
_PARTICLE = re.compile(r"[的了和与及在对把是有吗呢过着并但而或\s]")
_ENDED = re.compile(r"[。？?！!][”’」』）)\]]*\s*$")
_LOOSE = " \n，,；;：:、"


def asked(exchange: Exchange, limit: int = LABEL) -> str:
    """The host's question, or the phrases of it around its topic that fit into the limit."""
    question = " ".join(exchange.question.split())
    if units(question) <= limit:
        return question
    phrases = [piece for piece in _PHRASE.findall(question) if piece]
    first = next((n for n, piece in enumerate(phrases) if exchange.topic in piece), 0)
    last = first + 1
    while first and _goes(phrases[first - 1 : last], limit):
        first -= 1
    while last < len(phrases) and _goes(phrases[first : last + 1], limit):
        last += 1
    window = "".join(phrases[first:last])
    before = "…" if first and not _ENDED.search(phrases[first - 1]) else ""
    after = "…" if last < len(phrases) else ""
    kept = window.strip(_LOOSE + "。" * bool(after))
    return before + shortened(kept + after, limit - units(before))


def _goes(phrases: Sequence[str], limit: int) -> bool:
    """Whether the phrases fit, with an ellipsis on both sides, and lie in one sentence."""
    one_sentence = not any(_ENDED.search(phrase) for phrase in phrases[:-1])
    return one_sentence and units("".join(phrases)) <= limit - 2


def shortened(text: str, limit: int) -> str:
    """The text, or as much of its beginning as fits, cut behind a phrase or at least a word."""
    if units(text) <= limit:
        return text
    start = next(_fitting(text, limit - 1))
    for ends in (re.compile(r"[，,。？?！!；;：:、”」』]"), _PARTICLE):
        cuts = [found.end() for found in ends.finditer(start)]
        if cuts and cuts[-1] * 2 >= len(start):
            return start[: cuts[-1]].strip(_LOOSE) + "…"
    return start.strip(_LOOSE) + "…"


def option(choice: Choice, limit: int = LABEL) -> str:
    """What an offer says of an exchange: its topic and a few words that say what is meant."""
    topic, meant = label(choice.exchange), " ".join(choice.meant.split())
    if choice.whose:
        return shortened(f"{choice.whose}：{topic}", limit)
    if not meant or not choice.exchange.topic or units(topic) + 4 > limit:
        return shortened(topic, limit)
    return f"{topic}：{shortened(meant, limit - units(topic) - 1)}"


LONGEST_OPTION = 40
LONGEST_TITLE = 30


def _options(options: Sequence[Choice]) -> Message:
    return tuple(
        Run(f"\n{number}. {option(choice, LONGEST_OPTION)}", "ours")
        for number, choice in enumerate(options, 1)
    )


def _listed(exchanges: Sequence[Exchange], first: int = 1) -> Message:
    runs: list[Run] = []
    for number, exchange in enumerate(exchanges, first):
        runs += [Run(f"\n{number}. ", "ours"), Run(asked(exchange, 300), "host")]
    return tuple(runs)
