"""Whether a page is an interview at all: many pages have its shape and are something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from bot.transcript.cast import GENERIC, HOST_WORDS, Cast, asks
from bot.transcript.reading import Exchange
from bot.transcript.turns import Turn

_INTERVIEW = re.compile(
    r"专访|專訪|访谈|訪談|采访|採訪|访问|訪問|受访|受訪|对话|對話|对谈|對談|接受.{0,12}(?:问|問|访|訪)|"
    r"记者会|記者會|招待会|发布会|發布會|interview",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"(?:以下|下面|全文|实录|實錄|節錄|节录).{{0,40}}(?:{_INTERVIEW.pattern})", re.IGNORECASE
)
_COURT = re.compile(
    r"盤問|盘问|作供|庭上|開審|开庭|開庭|聆訊|證人|主控|裁判官|研訊|聽證會|陪審|审讯|審訊"
)
_COURT_LABEL = re.compile(
    r"(?:.*(?:辯方|辩方|控方|主控|法官|裁判官|審裁官|大狀|大律師|检察官|檢察官|公诉人|审判长|被告)|辯|辩|控).*"
)
_JUDGE = re.compile(r".官")
_SKETCH = re.compile(r"小劇場|小剧场|短劇|短剧|相声|相聲|小品|剧本|劇本|虛構|虚构|狂想曲|段子")
_YOU = re.compile(r"[你您妳]|阁下|閣下|\byour?\b", re.IGNORECASE)
_QUOTATION = re.compile(r"「[^「」]{0,300}」|“[^“”]{0,300}”")
_I = re.compile(r"我|\bI\b")

EXCHANGES_LEAST = 3
"""Two may be chance (a list of links was taken for two), unless a label says 问 or 主持人."""
UNNAMED_LEAST = 4
"""Interviews without any label have 7 to 18 questions; articles that ask in bold, mostly 1 to 3."""
ASK_LEAST = 0.4
"""Hosts of the development interviews ask in 50 % to 100 % of their turns; sketches reach 36 %."""
YOU_LEAST = 0.25
"""Interviews say 你 in 25 % to 100 % of their questions, lists of questions in 0 % to 20 %."""
I_LEAST = 0.45
"""Guests say 我 in 50 % to 100 % of their answers, lists of questions in 0 % to 40 %."""
UNNAMED_I_LEAST = 0.75
"""The same where no answer carries a label: articles with questions for headings reach 60 %."""
NOBODY_MOST = 0.1
"""With 你 and 我 this rare, nobody is spoken to; the driest interview, of a doctor, has 14 %."""
SHORT_ANSWER = 100
"""Mean characters; without other evidence, chats and sketches have answers of 1 to 97."""


def unreadable(text: str) -> str | None:
    """Why the text cannot be a page at all."""
    if not text.strip():
        return "页面是空的"
    if "\0" in text[:100_000] or text.count("\ufffd") * 20 > len(text):
        return "页面不是文字"
    return None


def alternates(turns: Sequence[Turn]) -> bool:
    """Whether a host hands over to a guest at least twice."""
    return sum(a.role == "host" and b.role == "guest" for a, b in pairwise(turns)) >= 2


def asks_alone(turns: Sequence[Turn]) -> bool:
    """Whether the host has turns enough, and the answers carry no labels."""
    return sum(turn.role == "host" for turn in turns) >= 3


def no_interview(exchanges: Sequence[Exchange], cast: Cast | None, lead: str) -> str | None:
    """Why questions and answers are not an interview, or None; `lead` is what stands before."""
    if len(exchanges) < 2:
        return "页面里没有一问一答"
    hosts, guests = (cast.hosts, cast.guests) if cast else (frozenset(), frozenset())
    asked = _mean(asks(exchange.question) for exchange in exchanges)
    you = _mean(bool(_YOU.search(exchange.question)) for exchange in exchanges)
    me = _mean(bool(_I.search(_unquoted("".join(exchange.answer)))) for exchange in exchanges)
    length = _mean(len("".join(exchange.answer)) for exchange in exchanges)
    announced = bool(_INTERVIEW.search(lead))
    if asked < ASK_LEAST:
        return "页面里有人说话,但没有人提问"
    told = bool(_TOLD.search("".join(lead.splitlines()[-2:])))
    if (len(_COURT.findall(lead)) > 1 and not told) or _in_court(hosts, guests):
        return "这是法庭问答,不是访谈"
    if _SKETCH.search(lead[:200]):
        return "这是小品或段子,不是访谈"
    if not hosts | guests and len(exchanges) < UNNAMED_LEAST:
        return "只有几个加粗的问句,不足以认作访谈"
    if not guests and not (announced and (you >= YOU_LEAST or me >= UNNAMED_I_LEAST)):
        return "这是问答列表,没有人受访"
    if max(you, me) < NOBODY_MOST or (guests <= GENERIC and you < YOU_LEAST and me < I_LEAST):
        return "这是问答列表,没有人受访"
    if any(map(HOST_WORDS.fullmatch, hosts)):
        return None
    if len(exchanges) < EXCHANGES_LEAST and not (cast and cast.names):
        return "一问一答太少,不能确定是访谈"
    if (length < SHORT_ANSWER and not announced) or (you < YOU_LEAST and me < I_LEAST):
        return "页面里有人说话,但看不出是访谈"
    return None


def _in_court(hosts: frozenset[str], guests: frozenset[str]) -> bool:
    return any(map(_COURT_LABEL.fullmatch, hosts | guests)) or any(map(_JUDGE.fullmatch, hosts))


def _unquoted(answer: str) -> str:
    """The answer without quotations, in which a report lets people say 我."""
    return answer if answer[:1] in "「“" else _QUOTATION.sub("", answer)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
