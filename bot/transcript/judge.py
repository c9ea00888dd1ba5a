"""Whether a page is an interview at all: many pages have its shape and are something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.transcript.cast import Cast, asks
from bot.transcript.names import ASKING, GENERIC, HOST_WORDS
from bot.transcript.reading import Exchange
from bot.transcript.turns import Turn

_ANNOUNCED = re.compile(
    r"[专專][访訪]|[访訪][谈談问問]|[采採][访訪]|受[访訪]|对谈|對談|记者[会问]|記者[會問]|招待会|发布会|發布會"
    r"|interview(?! q)|(?:^|[｜|:：】\s])[对對][话話谈談]",
    re.IGNORECASE | re.MULTILINE,
)
_BLANKS = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])")
_COURT = re.compile(r"盤問|作供")
_YOU = re.compile(r"[你您妳]")
_I = re.compile(r"我(?![们們])")
_POLITE = re.compile(r"您")
_CITED = re.compile(r"[”」』]\W*$")

NEAR = 4
"""Interviews are announced in the title or in the 4 lines before; elsewhere the word is chance."""
FEW = 4
"""Fewer exchanges are chance (a list of links gave two), unless the page tells what it is."""
ASK_LEAST = 0.3
"""Hosts ask in 35 % to 100 % of their turns; who reads the news asks in none."""
UNHOSTED_ASK_LEAST = 0.75
"""The same where only answers carry a label: else headings in an article are its questions."""
ASK_OFTEN = 0.5
"""Hosts who ask in fewer of their turns are as seldom as others who ask in more."""
ASK_MOSTLY = 0.8
"""Where one side does nothing but ask, and the named others never ask back, they share the work."""
DENSE_LEAST = 0.5
"""Questions and answers take turns in 50 % to 100 % of the paragraphs; a story tells between."""
BACK_MOST = 0.2
"""Guests end up to 18 % of their answers with a question; on the telephone both sides ask."""
POLITE_MOST = 0.5
"""Guests say 您 in up to 25 % of their answers; who serves customers in most."""
FULL_LEAST = 1.0
"""Answers have at least as many words as questions; in chats, plays and jokes up to 0.9 times."""
FULL_MOSTLY = 2.0
"""Answers of most interviews have twice as many words, and more."""
YOU_LEAST = 0.2
"""Interviews say 你 in 20 % to 100 % of their questions, lists of questions in 0 % to 15 %."""
YOU_MOSTLY = 0.6
"""Where neither a label nor the page tells, 你 stands in 25 % of the questions of a list."""
I_LEAST = 0.45
"""Guests say 我 in 50 % to 100 % of their answers, lists of questions in 0 % to 40 %."""
I_MOSTLY = 0.6
"""Where questions are put to nobody, as many answers must be somebody's."""
GUESTS_MOST = 10
"""Round tables have up to 8 guests; jokes and chats with labels have 17 and more."""
MOST = 2 / 3
"""The share of answers that are somebody's."""
SIGNS_LEAST = 4
"""Lists of questions, plays and stories show three signs at most, the driest interview four."""


@dataclass(frozen=True)
class Shape:
    """What tells an interview from its like."""

    exchanges: int
    asked: float
    """The share of the host's turns that ask."""
    back: float
    """The share of answers that end with a question."""
    labels: bool
    """Labels name speakers."""
    hosted: bool
    """A label names who asks, or the page has none."""
    guests: int
    duologue: bool
    """Two speakers, both labelled."""
    host_word: bool
    court: bool
    announced: bool
    named: bool
    """Most answers are somebody's: not 答's, and not unlabelled."""
    you: float
    me: float
    polite: float
    """The share of answers that say 您."""
    dense: float
    """The share of paragraphs that begin a question or an answer."""
    full: float
    """How many times more words the answers have than the questions."""

    @property
    def told(self) -> bool:
        """Whether the page tells what it is."""
        return self.announced or self.host_word

    @property
    def signs(self) -> int:
        """How many signs of an interview there are."""
        spoken = (self.you >= YOU_LEAST) + (self.me >= I_LEAST)
        dense = self.dense >= DENSE_LEAST
        full = (dense or self.announced) and self.full >= FULL_MOSTLY
        shared = self.labels and self.asked >= ASK_MOSTLY and self.back == 0
        parted = self.named and ((full and self.duologue) or (dense and shared))
        kept_up = (self.asked >= ASK_OFTEN) + dense + full + parted
        return self.announced + self.host_word + self.named + spoken + kept_up


def _nobody_asks(page: Shape) -> bool:
    least = ASK_LEAST if page.hosted else UNHOSTED_ASK_LEAST
    return page.asked < least and not (page.duologue and page.host_word)


def _asks_nobody(page: Shape) -> bool:
    """Where no label tells who asks, the questions must tell that they are put to somebody."""
    if page.hosted and page.labels:
        return False
    if page.told:
        return page.you < YOU_LEAST and page.me < I_MOSTLY
    if not page.hosted:
        return page.you < YOU_LEAST or not page.named or page.guests > 1
    return page.you < YOU_MOSTLY and (page.you == 0 or page.me < I_MOSTLY)


VETOES: tuple[tuple[str, Callable[[Shape], bool]], ...] = (
    ("页面里没有一问一答", lambda page: page.exchanges < 2),
    ("页面里有人说话,但没有人提问", _nobody_asks),
    ("说话的人太多,看不出是访谈", lambda page: page.guests > GUESTS_MOST),
    ("这是法庭问答,不是访谈", lambda page: page.court),
    ("这是问答列表,没有人受访", lambda page: page.signs < SIGNS_LEAST),
    ("双方都在提问,看不出是访谈", lambda page: page.back > BACK_MOST and not page.told),
    ("问的比答的话多,看不出是访谈", lambda page: page.full < FULL_LEAST and not page.told),
    ("这是客服,不是访谈", lambda page: page.polite > POLITE_MOST and not page.told),
    ("一问一答太少,不能确定是访谈", lambda page: page.exchanges < FEW and not page.told),
    ("只有几个加粗的问句,不足以认作访谈", lambda page: page.exchanges < FEW and not page.labels),
    ("没有标签说明谁在提问,问句里也没有“你”", _asks_nobody),
)


def unreadable(text: str) -> str | None:
    """Why the text cannot be a page at all."""
    if not text.strip():
        return "页面是空的"
    if (text.count("\ufffd") + text.count("\0")) * 20 > len(text):
        return "页面不是文字"
    return None


def alternates(turns: Sequence[Turn]) -> bool:
    """Whether a host hands over to a guest at least twice."""
    return sum(a.role == "host" and b.role == "guest" for a, b in pairwise(turns)) >= 2


def asks_alone(turns: Sequence[Turn]) -> bool:
    """Whether the host has turns enough, and the answers carry no labels."""
    return sum(turn.role == "host" for turn in turns) >= 3


def no_interview(shape: Shape) -> str | None:
    """Why a page of this shape is no interview, or None where it is one."""
    return next((reason for reason, vetoes in VETOES if vetoes(shape)), None)


def shape_of(
    exchanges: Sequence[Exchange],
    cast: Cast,
    turns: Sequence[Turn],
    title: str,
    lead: Sequence[str],
) -> Shape:
    """The page's exchanges, its speakers and what stands before, measured."""
    answers = ["".join(exchange.answer) for exchange in exchanges]
    near = "\n".join([title, *lead[:1], *lead[-NEAR:]])
    told = len(_COURT.findall("\n".join([title, *lead]))) > 1
    asking = [_is_host(turn.key) or _is_host(cast.name(turn.key)) for turn in _by(turns, "host")]
    answering = [_is_somebody(cast.name(turn.key)) for turn in _by(turns, "guest")]
    return Shape(
        exchanges=len(exchanges),
        asked=_mean(_asks(turn) for turn in _by(turns, "host")),
        back=_mean(asks(answer) == 1 and not _CITED.search(answer) for answer in answers),
        labels=bool(cast.same),
        hosted=bool(cast.hosts) or not cast.same,
        guests=len(cast.guests),
        duologue=len(cast.hosts) == len(cast.guests) == 1,
        host_word=any(asking),
        court=told,
        announced=bool(_ANNOUNCED.search(_BLANKS.sub("", near))),
        named=_mean(answering) >= MOST,
        you=_mean(bool(_YOU.search(exchange.question)) for exchange in exchanges),
        dense=2 * len(exchanges) / max(1, sum(1 + len(e.answer) for e in exchanges)),
        me=_mean(bool(_I.search(answer)) for answer in answers),
        polite=_mean(bool(_POLITE.search(answer)) for answer in answers),
        full=sum(map(len, answers)) / max(1, sum(len(e.question) for e in exchanges)),
    )


def _by(turns: Sequence[Turn], role: str) -> Iterator[Turn]:
    return (turn for turn in turns if turn.role == role)


def _asks(turn: Turn) -> float:
    """Whether a turn asks; what stands behind 问 does."""
    return 1.0 if turn.key in ASKING else asks(turn.speech)


def _is_host(name: str) -> bool:
    return bool(HOST_WORDS.fullmatch(name)) and len(name) > 1


def _is_somebody(name: str) -> bool:
    """Whether an answer is not 答's or a letter's, and not unlabelled."""
    return name not in GENERIC and (len(name) > 1 or not name.isascii())


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
