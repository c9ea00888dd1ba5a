"""Label candidates: what may name a speaker at the start of a turn, before anything is decided."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.transcript.page import BLANK

_SPACE = rf"[{re.escape(BLANK)}]"
_STAMP = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_DATE_STAMP = rf"\s*(?:\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?\s*)?{_STAMP}\s*"
_LEADING_STAMP = re.compile(
    rf"[\[（(【]?{_DATE_STAMP}[\]）)】]?\s+|[\[（(【]{_DATE_STAMP}[\]）)】]\s*"
)
_TRAILING_STAMP = re.compile(rf"\s*(?:[\[（(【]{_DATE_STAMP}[\]）)】]|\s{_DATE_STAMP})\s*$")
_END_MARK = re.compile(
    r"\s*[（(【\[](?:全文|本文|访谈|訪談|访问|訪問|采访|採訪|专访|專訪)?(?:完|结束|結束|完毕|完畢|END)[）)】\]]\s*$"
)
_BULLET = r"[◉●○■□◆◇▲△★☆•⚫►▶·\-–—>]*\s*"
_WORD = r"[^\s:：，,。？?！!；;…|｜\[\]【】（）()、\"]"
_ASIDE = r"[（(][^（）()]{1,30}[）)]"
_NAME = rf"{_WORD}{{1,16}}(?:{_SPACE}+{_WORD}{{1,12}}){{0,3}}"
_COLON = re.compile(
    rf"{_BULLET}(?P<name>{_NAME}){_SPACE}*(?P<aside>{_ASIDE})?(?P<rest>{_WORD}{{0,4}})"
    rf"{_SPACE}*(?P<sep>[:：﹕∶︰])(?!//|{_SPACE}*<?https?:){_SPACE}*"
)
_BRACKET = re.compile(
    rf"{_BULLET}(?:【(?P<name>[^【】:：]{{1,20}})】|\[(?P<square>[^\[\]:：]{{1,20}})\](?!\()|"
    rf"［(?P<wide>[^［］:：]{{1,20}})］|〔(?P<shell>[^〔〕:：]{{1,20}})〕)"
    rf"{_SPACE}*(?:\[{_STAMP}\])?{_SPACE}*(?P<sep>[:：])?{_SPACE}*"
)
_NUMBERED = re.compile(
    rf"{_BULLET}(?P<name>Q|A|Ｑ|Ａ|问|問|答){_SPACE}*(?P<number>\d{{0,3}}(?:-[\w-]{{1,12}})?){_SPACE}*"
    rf"(?:[:：.．、|｜]|(?<=\d){_SPACE}){_SPACE}*"
)
_BAR = re.compile(rf"{_BULLET}(?P<name>{_WORD}{{1,12}}){_SPACE}*[|｜丨]{_SPACE}*(?=\S)")
_INLINE = re.compile(
    rf"(?<=[。．！!？?…”」』）)\]】])\s*(?={_WORD}{{1,16}}{_SPACE}*[:：])|(?<!\s)\s+(?={_WORD}{{1,16}}{_SPACE}*[:：])"
    rf"|(?<=[。！!？?…”」』）)])\s*(?=(?:【[^【】]{{1,12}}】|\[[^\[\]:：]{{1,12}}\])(?!\())|(?=【[^【】]{{1,12}}】[:：])"
)

_NEVER = re.compile(
    r"\d+|[\d:：.\-/年月日时時分点點\s]+|第?[一二三四五六七八九十\d]+(?:[是点點条條个個、.]|来|來)?|其[一二三四五]|"
    r"(?:方法|例子|個案|个案|步骤|步驟|情境|情景|疑點|疑点|部分|建议|建議|理由|疑問|疑问|评注|評注).*|.{2,}(?:方法|案例)[一二三四五六七八九十]|"
    r"[甲乙丙丁]方?案|.*(?:https?|www).*|[\W_]+|"
    r"(?:来源|來源|稿源|责任编辑|責任編輯|责编|責編|撰文|图片|圖片|摄影|攝影|时间|時間|日期|"
    r"地点|地點|电话|電話|邮箱|链接|鏈接|原文|标题|標題|原标题|简介|簡介|摘要|关键词|导语|導語|注|註|備註|备注|"
    r"编者按|編者按|按|提要|字号|发布时间|图片来源|圖片來源|结果|結果|结论|結論|例如|比如|譬如|问题|問題|原因|"
    r"其实|其實|总之|總之|首先|其次|最后|最後|另外|此外|同时|標籤|标签|更新|更新时间|网址|網址|公众号|微信号|"
    r"背景|答案|受访者简介|嘉宾简介|Photo|Photos|Source|date|title|tags|layout|categories|description|author|"
    r"url|image|P\.?S|ps|PS|via|相关阅读|延伸阅读|延伸閱讀|推荐阅读|更多|分享到|校对|排版|策划|"
    r"原文来自.*|原文出自.*|当前位置|您所在的位置|您的位置|位置)",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r".+(?:说|說|称|稱|称之|表示|指出|认为|認為|回应|回應|强调|強調|写道|寫道|问道|問道|答道|坦言|透露|"
    r"如下|包括|例如|比如|就是|不是|而是|还是|這是|这是|的是|在于|在於|道|直言|補充|补充|解释|解釋|笑言|笑说|感叹|反問|反问|想|喊|叫|是)"
)
_PRONOUN = re.compile(
    r"(?:我|你|他|她|它|这|這|那|但|因|所以|如果|不过|然而|而且|还有|還有|也|就|在|以下|以上|下面).+"
)

_CHROMES = re.compile(r"[（(].*|\d+$")
_QUOTES = str.maketrans("", "", "《》「」『』“”\"'‘’<>〈〉*")


TAIL_MOST = 60
LABEL_MOST = 80
"""No label with its office, brackets and time is longer; looking no further keeps a page linear."""


@dataclass(frozen=True)
class Label:
    """A possible label at the start of a paragraph."""

    key: str
    """What two labels of one speaker have in common: 记者, 問, 世界周报."""
    shown: str
    """The label as it stands, without colon and brackets."""
    end: int
    """Where the speech begins."""
    form: str = "colon"
    """"colon", "bracket" without a colon, or "bare": a line of its own."""
    aside: str = ""
    """What stands in brackets behind the name: (以下简称王), (教授)."""


def label_of(text: str) -> Label | None:
    """The label that the paragraph seems to begin with."""
    text = text[:LABEL_MOST]
    start = match.end() if (match := _LEADING_STAMP.match(text)) else 0
    for pattern in (_NUMBERED, _BRACKET, _COLON, _BAR):
        if match := pattern.match(text, start):
            colon = pattern is not _BRACKET or match["sep"] is not None
            found = _label(match, "colon" if colon else "bracket")
            if found is not None:
                return found
    return None


def _label(match: re.Match[str], form: str) -> Label | None:
    groups = match.groupdict()
    shown = next(groups[g] for g in ("name", "square", "wide", "shell") if groups.get(g))
    shown += groups.get("rest") or ""
    key = key_of(shown)
    if not key or "@" in shown or not _balanced(shown) or _NEVER.fullmatch(key):
        return None
    if _REPORTED.fullmatch(key) or _PRONOUN.fullmatch(key):
        return None
    return Label(key, shown.strip(BLANK), match.end(), form, (groups.get("aside") or "")[1:-1])


def key_of(shown: str) -> str:
    """The label without brackets, quotes, spaces, and the number of a numbered question."""
    key = re.sub(r"\s+", "", _CHROMES.sub("", shown)).translate(_QUOTES).strip("@＠·•-—")
    key = key.replace("Ｑ", "Q").replace("Ａ", "A")
    return re.sub(r"^(Q|A|问|問|答)\d+.*$", r"\1", key)


def _balanced(shown: str) -> bool:
    return all(shown.count(a) == shown.count(b) for a, b in ("“”", "「」", "《》", "『』", "‘’"))


def bare_label(text: str) -> Label | None:
    """The label that a whole line may be, with or without colon, date and time."""
    if len(text) > 40:
        return None
    bare = _TRAILING_STAMP.sub("", text).rstrip(":：" + BLANK).strip("【】[]")
    if (
        not bare
        or len(bare) > 20
        or "/" in bare
        or not re.fullmatch(rf"{_NAME}(?:{_ASIDE})?", bare)
    ):
        return None
    key = key_of(bare)
    if not key or _NEVER.fullmatch(key) or not _balanced(bare):
        return None
    return Label(key, bare, len(text), "colon" if text[-1] in ":：" else "bare")


def without_stamp(text: str) -> str:
    """The speech without what some sites print behind it: a time, or （訪問完）."""
    head, tail = text[:-TAIL_MOST], text[-TAIL_MOST:]
    return head + _END_MARK.sub("", _TRAILING_STAMP.sub("", tail))


def ends_interview(text: str) -> bool:
    """Whether the paragraph closes with a mark that the interview is over."""
    return bool(_END_MARK.search(text[-TAIL_MOST:]))


def inline_starts(text: str) -> tuple[int, ...]:
    """Where, inside a paragraph, further turns may begin: behind a sentence or a space."""
    return tuple(match.end() for match in _INLINE.finditer(text) if match.end() > 0)
