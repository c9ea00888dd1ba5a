"""Whether a page is an interview at all: many pages have its shape and are something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from bot.transcript.cast import Cast, asks
from bot.transcript.names import GENERIC, HOST_WORDS
from bot.transcript.reading import Exchange
from bot.transcript.turns import Turn

_INTERVIEW = (
    r"专访|專訪|访谈|訪談|采访|採訪|访问|訪問|受访|受訪|对谈|對談|接受.{0,12}(?:问|問|访|訪)|"
    r"记者会|記者會|记者问|記者問|招待会|发布会|發布會|interview"
)
_ANNOUNCED = re.compile(
    _INTERVIEW + r"|(?:^|[｜|:：】\s])[对對][话話谈談]", re.IGNORECASE | re.MULTILINE
)
NEAR = 4
"""Interviews are announced in the title or in the 4 lines before; elsewhere the word is chance."""
_PRESENTER = re.compile("主持|记者|記者|网友|網友")
_TOLD = re.compile(
    rf"(?:以下|下面|全文|实录|實錄|節錄|节录).{{0,40}}(?:{_INTERVIEW}|[对對][话話])", re.IGNORECASE
)
_BLANKS = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])")
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

EXCHANGES_LEAST = 4
"""Fewer are chance (a list of links gave two), unless an interview is announced."""
UNNAMED_LEAST = 4
"""Interviews without any label have 7 to 18 questions; articles that ask in bold, mostly 1 to 3."""
ASK_LEAST = 0.4
"""Hosts of the development interviews ask in 50 % to 100 % of their turns; sketches reach 36 %."""
UNLABELLED_ASK_LEAST = 0.75
"""The same where only answers carry a label: else headings in an article are its questions."""
YOU_LEAST = 0.25
"""Interviews say 你 in 25 % to 100 % of their questions, lists of questions in 0 % to 20 %."""
I_LEAST = 0.45
"""Guests say 我 in 50 % to 100 % of their answers, lists of questions in 0 % to 40 %."""
UNNAMED_I_LEAST = 0.65
"""The same where no answer carries a label; articles with questions for headings reach 60 %."""
UNNAMED_I_WITH_YOU_LEAST = 0.6
"""The same where questions say 你 as well, which articles seldom do."""
UNANNOUNCED_YOU_LEAST = 0.4
"""The same where nothing announces an interview and no label is a word for a host."""
NOBODY_MOST = 0.1
"""With 你 and 我 this rare, nobody is spoken to; the driest interview, of a doctor, has 14 %."""
SHORT_ANSWER = 80
"""Mean characters; phone calls and sketches have answers of 1 to 66, an interview had 85."""


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


def no_interview(
    exchanges: Sequence[Exchange], cast: Cast | None, title: str, lead: Sequence[str]
) -> str | None:
    """Why questions and answers are not an interview, or None; `lead` is what stands before."""
    if len(exchanges) < 2:
        return "页面里没有一问一答"
    hosts, guests = (cast.hosts, cast.guests) if cast else (frozenset(), frozenset())
    asked = _mean(asks(exchange.question) for exchange in exchanges)
    you = _mean(bool(_YOU.search(exchange.question)) for exchange in exchanges)
    me = _mean(bool(_I.search(_unquoted("".join(exchange.answer)))) for exchange in exchanges)
    length = _mean(len("".join(exchange.answer)) for exchange in exchanges)
    near = "\n".join([title, *lead[:1], *lead[-NEAR:]])
    announced = bool(_ANNOUNCED.search(_BLANKS.sub("", near)))
    personal = you >= YOU_LEAST or me >= I_LEAST
    least = ASK_LEAST if hosts or not cast else UNLABELLED_ASK_LEAST
    if asked < least and not any(map(_PRESENTER.search, hosts)):
        return "页面里有人说话,但没有人提问"
    if cast and (_in_court(hosts, guests) or _court_told(title, lead)):
        return "这是法庭问答,不是访谈"
    if _SKETCH.search((title + "".join(lead))[:200]):
        return "这是小品或段子,不是访谈"
    if not hosts | guests and len(exchanges) < UNNAMED_LEAST:
        return "只有几个加粗的问句,不足以认作访谈"
    if not guests and not (
        (announced and (you >= YOU_LEAST or me >= UNNAMED_I_LEAST))
        or (you >= YOU_LEAST and me >= UNNAMED_I_WITH_YOU_LEAST)
    ):
        return "这是问答列表,没有人受访"
    if (max(you, me) < NOBODY_MOST and not announced) or (guests <= GENERIC and not personal):
        return "这是问答列表,没有人受访"
    anonymous = _anonymous(exchanges, guests)
    if anonymous and not announced and not (personal if hosts else you >= YOU_LEAST):
        return "这是问答列表,没有人受访"
    if cast and any(HOST_WORDS.fullmatch(name) for key in hosts for name in (key, cast.name(key))):
        return None
    if announced or not cast or (cast.names and personal):
        return None
    if len(exchanges) < EXCHANGES_LEAST:
        return "一问一答太少,不能确定是访谈"
    if length < SHORT_ANSWER or you < UNANNOUNCED_YOU_LEAST or me < I_LEAST:
        return "页面里有人说话,但看不出是访谈"
    return None


def _anonymous(exchanges: Sequence[Exchange], guests: frozenset[str]) -> bool:
    """Whether most answers are nobody's: labelled 答 or with a letter, or not at all."""
    speakers = [exchange.speaker or "" for exchange in exchanges if len(guests) > 1] or guests
    nobody = [name for name in speakers if name in GENERIC or (len(name) < 2 and name.isascii())]
    return len(nobody) * 2 >= len(speakers)


def _court_told(title: str, lead: Sequence[str]) -> bool:
    """Whether the lead reports from a court, and does not end by announcing an interview."""
    told = _TOLD.search("".join(lead[-2:]))
    return not told and len(_COURT.findall("\n".join([title, *lead]))) > 1


def _in_court(hosts: frozenset[str], guests: frozenset[str]) -> bool:
    return any(map(_COURT_LABEL.fullmatch, hosts | guests)) or any(map(_JUDGE.fullmatch, hosts))


def _unquoted(answer: str) -> str:
    """The answer without quotations, in which a report lets people say 我."""
    return answer if answer[:1] in "「“" else _QUOTATION.sub("", answer)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
