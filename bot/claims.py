"""Words put into the guest's mouth: what a question says that he said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

from bot.query import Query, read

_TITLES = "部长|书记|市长|县长|局长|主任|教授|老师|先生|女士|导演|总裁"
_BETWEEN = (
    "自己|本人|当时|后来|之前|为什么|为何|为啥|干嘛|干吗|凭什么|凭啥|怎么会|怎么能|怎么敢|怎么好意思|何以|"
    "是不是|是否|有没有|不是|都|也|就|还|已经|既然|曾经|曾|明明|亲口|公开|明确|真的|真|居然|竟然|可|只|又|老|一直|那"
)
_SAYS = (
    "说|讲|提|认为|觉得|承认|坦言|坦承|默认|同意|表示|宣布|宣称|声称|断言|断定|主张|反对|批评|指责|嘲笑|抱怨|强调|"
    "透露|保证|吹|骂|夸|否认|暗示|认定"
)
_ENGLISH = re.compile(
    r"\b(?:he|she|the (?:minister|guest|official|interviewee))(?: \w+)? "
    r"(?:sa(?:y|ys|id)|den(?:y|ies|ied)|(?:admit|claim|promise|boast|confess|argue|call|think|"
    r"believe|insist|threaten|refuse)(?:s|d|ed|ted)?)\b"
)
_UNNAMED = re.compile(
    "(?:是不是|岂不是|等于|就是)(?:说|承认)|听说.{0,4}(?:说|讲)过|既然.{0,6}(?:说|讲)"
)
# A claim ends where the question about it begins; one that asks something itself claims nothing.
_END = re.compile("[,。?!;:]|对[吧不吗]|是[吧吗不]|吧$|吗$")
_ASKS = re.compile("什么|啥|多少|谁|哪|怎|几[个户件年天]|如何|为何|有没有|what|how|who|which|where")


def claimed(query: Query, guests: Iterable[str]) -> Query | None:
    """What the question says that one of the guests said; None where it claims nothing."""
    names = "|".join(re.escape(name.lower()) for name in guests if name)
    who = f"(?:他|她|嘉宾|受访者|受访人|{names}|{_TITLES})" if names else f"(?:他|她|{_TITLES})"
    says = re.compile(f"{who}(?:{_BETWEEN})*(?:{_SAYS})(?:过|了)?")
    for pattern in (says, _UNNAMED, _ENGLISH):
        if found := pattern.search(query.text):
            claim = read(_END.split(query.text[found.end() :].lstrip(" 的"))[0])
            is_claim = len(claim.tokens) >= 2 and not _ASKS.search(claim.text)
            return claim if is_claim else None
    return None


# What a question asks for that only a figure, a name or a time answers.
Particular: TypeAlias = Literal["", "number", "time", "name"]
_SPECIFIC: tuple[tuple[Particular, str], ...] = (
    (
        "number",
        "多少|几[^乎点号月年天个位]|几个(?!人)|百分之|比例|人数|金额|数字|数据|降幅|增幅|涨幅|"
        r"\b(?:how many|how much|percent|number)\b",
    ),
    (
        "time",
        "什么时候|何时|哪一?年|哪天|哪个?月|几号|几月|几点|日期|多久|多长时间|"
        r"\b(?:when|how long|what year|date)\b",
    ),
    (
        "name",
        "谁|哪[位些几]|几位|叫什么|名字|姓名|名单|点名|哪个(?:局|区|镇|街道|单位|村)|"
        r"\b(?:who|names?|which)\b",
    ),
)


_AMOUNT = re.compile(r"多少|百分之|几[成十百千万]|\b(?:how many|how much|percent)\b")
_FIGURE = re.compile("[0-9二三四五六七八九十百千万半]|两[百千万个人户件年天倍]")


def lacks_figure(query: Query, passage: str) -> bool:
    """Whether the question asks how much or how many, and the passage holds no figure."""
    return bool(_AMOUNT.search(query.text)) and not _FIGURE.search(passage)


def specific(query: Query) -> Particular:
    """The kind of particular that is asked for, if one is."""
    return next((kind for kind, words in _SPECIFIC if re.search(words, query.text)), "")
