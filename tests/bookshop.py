"""An invented interview, small enough to read, with one answer too long for a message."""

from __future__ import annotations

from dataclasses import replace

from bot.edition import Edition
from bot.interview import Everyday, Exchange, Fact, Interview, Knowledge, Origin, Phrase
from bot.policy import Policy
from bot.respond import Responder
from bot.search import Index

HERE = Origin("tests/bookshop.py", 1)
POLICY = Policy(sure=0.6, follow=0.4, offer=0.5, gap=0.03, chat=0.6)


def _phrases(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text, HERE) for text in texts)


RENT = Exchange(
    "bookshop",
    "q1",
    "开书店这么多年,房租压力大不大?",
    (
        "房租每年都涨。第一年一个月三千块，现在要九千块。",
        "好在房东老周是我们的读者,他答应三年内不再涨。\U00020bb7野家旁边的那间更贵。",
    ),
    HERE,
    topic="房租",
    asks=_phrases("房租贵不贵", "租金多少钱", "店租压力", "房租"),
    facts=(
        Fact(
            _phrases("第一年房租多少", "刚开始租金多少"),
            "第一年一个月三千块，现在要九千块。",
            HERE,
        ),
        Fact(
            _phrases("房东是谁", "房东怎么样"),
            "好在房东老周是我们的读者,他答应三年内不再涨。",
            HERE,
        ),
    ),
)
CATS = Exchange(
    "bookshop",
    "q2",
    "店里那两只猫是怎么来的?它们叫什么名字?",
    ("两只都是捡来的。黑的叫墨水，白的叫橡皮。",),
    HERE,
    topic="猫",
    asks=_phrases("猫叫什么名字", "店里的猫", "两只猫哪来的", "猫咪"),
    facts=(Fact(_phrases("猫叫什么", "黑猫叫什么"), "黑的叫墨水，白的叫橡皮。", HERE),),
)
_STORIES = tuple(
    "".join(f"第{n}位客人讲的第{m}个故事很长很长，我到现在还记得清清楚楚。" for m in range(1, 31))
    for n in range(1, 10)
)
GUESTS = Exchange(
    "bookshop",
    "q3",
    "这些年里一定遇到过不少有意思的客人,能不能给我们的读者朋友们讲一讲其中让你印象最深的几位?",
    _STORIES,
    HERE,
    topic="客人",
    asks=_phrases("有意思的客人", "印象最深的客人", "客人的故事", "讲讲客人"),
)
FUTURE = Exchange(
    "bookshop",
    "q4",
    "以后有什么打算?",
    ("再开十年。开不动了就把店交给徒弟。",),
    HERE,
    topic="打算",
    asks=_phrases("将来的计划", "今后打算怎么办", "书店以后怎么办"),
)
INTERVIEW = Interview(
    "bookshop",
    HERE,
    title="转角书店的二十年",
    published="2021-04-23 10:00:00",
    source="小城晚报",
    host="记者",
    guest="林小满",
    exchanges=(RENT, CATS, GUESTS, FUTURE),
    declines=_phrases("书店在哪个城市", "老板结婚了吗", "书店卖咖啡吗"),
)
KNOWLEDGE = Knowledge(
    (INTERVIEW,),
    Everyday(
        declines=_phrases(
            "今天天气怎么样", "明天会下雨吗", "股票涨了吗", "比特币价格", "红烧肉怎么做"
        ),
        smalltalk=(
            ("greeting", _phrases("你好", "您好", "在吗")),
            ("thanks", _phrases("谢谢", "多谢", "谢谢你")),
        ),
    ),
)
RESPONDER = Responder(Index(KNOWLEDGE), POLICY)
EDITION = Edition(KNOWLEDGE, RESPONDER, (), "bookshop")
# One that is never sure, and offers whatever comes near.
OFFERING = Responder(Index(KNOWLEDGE), replace(POLICY, sure=0.99, follow=0.99, offer=0.01))
