"""A small interview, and a model that has learned its answers by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot import knowledge
from bot.interview import Everyday, Interview, Knowledge
from bot.suggest.prompts import Prompt, prompts

INTERVIEW = """\
id: lighthouse
title: 守灯塔的人
host: 记者
guest: 郑海生
exchanges:
- id: q1
  question: 您在灯塔上守了多少年?
  answer:
  - 守了三十一年。头十年是一个人,后来老伴也上了岛。
- id: q2
  question: 台风来的时候怕不怕?
  answer:
  - 怕也得点灯。零六年那次浪打到了塔腰,窗户碎了三扇。我们用棉被堵住窗口。
  - 因此第二天灯还亮着。渔船一条也没有丢。
"""
REPLIES = {
    "q1/about": """\
话题|守塔的年头
直答|1
改问|郑师傅当守塔人当了多少个年头
关键词|三十一年
""",
    "q1/s1-2/plain": """\
1|在灯塔上一共待了几年
2|老伴是什么时候上岛的
2|开头是独自一人守着灯塔吗
""",
    "q1/s1-2/people": """\
1|老爷子这辈子有多久耗在塔上
2|嫂子跟着您一块儿守吗
""",
    "q1/near": """\
不答|岛上有没有自来水
不答|每个月发多少工资
""",
    "q2/about": """\
话题|台风
直答|1
改问|刮大风的夜里害怕吗
关键词|棉被堵窗
""",
    "q2/s1-5/plain": """\
2|玻璃碎了几块
3|窗口是拿什么东西挡上的
4|大浪过后灯灭了没有
5|有没有船只失踪
""",
    "q2/s1-5/people": """\
2|大浪拍到多高的地方
5|打鱼的人都平安回来了吗
""",
    "q2/near": """\
不答|修窗户花了多少钱
""",
}


def stocked(folder: Path, phrases: str = "", interview: str = INTERVIEW) -> Path:
    """A folder of knowledge with the interview, and what people wrote about it."""
    folder.mkdir(exist_ok=True)
    (folder / "lighthouse.yaml").write_text(interview, encoding="utf-8")
    if phrases:
        (folder / "lighthouse.phrases.yaml").write_text(phrases, encoding="utf-8")
    return folder


def loaded(folder: Path) -> tuple[Knowledge, Interview]:
    """The folder's knowledge, which has no fault, and its interview; of the everyday lines a few of
    each sort, so that an index is built in no time."""
    known, faults = knowledge.load(folder)
    assert faults == ()
    some = tuple((kind, phrases[:12]) for kind, phrases in known.everyday.smalltalk)
    everyday = Everyday(known.everyday.declines[:60], some)
    return replace(known, everyday=everyday), known.interviews[0]


def phrases_of(folder: Path) -> set[str]:
    """All that the folder's interview can be asked by, declines included."""
    _, interview = loaded(folder)
    texts = {phrase.text for phrase in interview.declines}
    for exchange in interview.exchanges:
        texts |= {ask.text for ask in exchange.asks}
        texts |= {ask.text for fact in exchange.facts for ask in fact.asks}
    return texts


class Parrot:
    """A model that knows replies by the ids of the prompts, and what it was asked; `BLANK` for
    what it does not know. An exception among the replies is raised."""

    BLANK = "我不知道。"

    def __init__(self, interview: Interview, replies: Mapping[str, str | Exception]) -> None:
        self.asked: list[str] = []
        self._ids = {prompt.text: prompt.id for prompt in prompts(interview)}
        self._replies = replies
        self.closed = False

    def __call__(self, prompt: str) -> str:
        name = self._ids[prompt]
        self.asked.append(name)
        reply = self._replies.get(name, self.BLANK)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def close(self) -> None:
        self.closed = True


def prompt_of(interview: Interview, name: str) -> Prompt:
    """The prompt with this id."""
    return next(prompt for prompt in prompts(interview) if prompt.id == name)
