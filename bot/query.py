"""A message is normalised once, and cut into the questions that it holds. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from bot import text

# Telegram's longest message. Nobody's question is longer; somebody's paste may be.
LONGEST = 4096
# Each part will be searched for, so of a long paste only the last few count: people tell their
# story first and ask at the end.
MOST_PARTS = 8
SHORTEST_PART = 2  # tokens
# Both sides of a seam are read: 2,000 of them in one message took 3 s.
MOST_SEAMS = 64


@dataclass(frozen=True, slots=True)
class Query:
    """A text as everything behind it needs it: `said` as typed, `text` cleaned, its `tokens`,
    how they sound, and its `essence`, which is what is asked without courtesy and punctuation."""

    said: str
    text: str
    tokens: tuple[str, ...]
    syllables: tuple[str, ...]
    essence: str

    @property
    def is_pinyin(self) -> bool:
        """Whether it is Latin words throughout that can be read as pinyin: zhiyong zuli."""
        return text.is_pinyin(self.tokens)

    @property
    def asks(self) -> bool:
        """Whether it is put as a question, not told."""
        return self.said.rstrip().endswith(("?", "？")) or bool(_ASKS.search(self.text))


_ASKS = re.compile(
    r"[吗呢么?]$|多[少久大高长远]|什么|啥|怎|谁|哪|几[^乎点]|为何|如何|是否|咋|(\w)[不没]\1|有没|"
    r"\b(?:how|what|who|why|when|where|which|did|does|do|is|are|was|were|can|could|will)\b"
)


def read(message: str) -> Query:
    """The message's first 4,096 characters, normalised."""
    said = message[:LONGEST]
    cleaned = text.clean(said)
    tokens = text.tokens(cleaned)
    return Query(said, cleaned, tokens, text.syllables(tokens), text.essence(tokens))


# Where one sentence ends and the next may ask something else.
_SENTENCE = re.compile(r"(?<=[。！？!?;；])|\n+|" + text.MENTION.pattern)
# A seam between two questions that nothing but a comma keeps apart; the words go with the seam.
_SEAM = re.compile(
    "[,，、](?:还有(?:就是)?|另外|又|顺便(?:再?问(?:一下|下|问)?)?|再问(?:一下|下)?|以及)[,，:：]?"
)
# 1. … 2. … / 1、… / ①; a number alone is no seam, since answers are full of them.
_NUMBERED = re.compile(r"(?:^|(?<=[\s,，]))(?:[1-9][.．、)）:：]|[①-⑨]|[(（][1-9][)）])(?!\d)")


def questions(query: Query) -> tuple[Query, ...]:
    """The sentences, lines and numbered items of a message where it has several, else nothing."""
    pieces = [piece for part in _SENTENCE.split(query.said) if part for piece in _cut(part)]
    parts = [read(piece) for piece in pieces]
    found = [part for part in parts if len(part.tokens) >= SHORTEST_PART]
    return tuple(found[-MOST_PARTS:]) if len(found) > 1 else ()


def _cut(sentence: str) -> list[str]:
    items = [item for item in _NUMBERED.split(sentence) if item.strip()]
    return [piece for item in items for piece in _seams(item)]


def _seams(item: str) -> list[str]:
    """The item cut at those of its seams that stand between two things asked."""
    pieces: list[str] = []
    begin = 0
    for seam in islice(_SEAM.finditer(item), MOST_SEAMS):
        if read(item[begin : seam.start()]).asks and read(item[seam.end() :]).asks:
            pieces.append(item[begin : seam.start()])
            begin = seam.end()
    return [*pieces, item[begin:]]
