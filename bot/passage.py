"""Which of the guest's sentences to show, so that they can be read alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.interview import Exchange, sentences

# How far to the front a passage that points back is lengthened. Of the first interview's 67
# sentences 35 point back; three sentences lead all but two of them to one that stands.
MOST_BEFORE = 3
# Sentences that are quoted together where two of them nearly tie.
LONGEST = 3
# Two neighbouring passages that nearly tie are quoted together: on crowds a and b the right
# sentence is shown in 97.5 instead of 96.0 % (lexical 94.1 instead of 91.1).
HARDLY_LESS = 0.5
# The passage that answers the whole question has the most asks; at its full weight it is shown too
# often: of the same crowds' follow-ups lexical then quotes 90.3 % rightly, at half 95.2.
GIST = 0.5

# What a sentence cannot begin with if it is read alone: a conjunction that continues, something
# that only goes on where a subject was named before, or an opening that points back.
_DANGLES = re.compile(
    "[“‘\"'「『(（]?(?:"
    "因为|所以|因此|于是|但|不过|然而|可是|而|并|同时|第二|其|就是|也|还|又|再|才|"
    "目前|后来|然后|之后|收集之后|走访面也|比如|例如|类似|一个是|它|他|她|此|该|如此|前者|后者|"
    "刚才|.{0,6}?[这那][个样些种就里是]"
    ")"
)


def stands(passage: str) -> bool:
    """Whether the passage can be read without what was said before it."""
    return not _DANGLES.match(passage.strip())


def led_up_to(exchange: Exchange, passage: str) -> str:
    """The passage with the sentences of its paragraph before it, at most three, that it needs.

    Where none of them stands, either, the passage stays as it is; so does what is no run of
    sentences.
    """
    said, first, last = _place(exchange, passage)
    for start in range(first, max(-1, first - MOST_BEFORE - 1), -1):
        if stands(said[start]):
            return "".join(said[start : last + 1]).strip()
    return passage


def with_neighbours(exchange: Exchange, passage: str) -> str:
    """The passage with the sentence before and the one behind it."""
    said, first, last = _place(exchange, passage)
    return "".join(said[max(0, first - 1) : last + 2]).strip() or passage


def best(exchange: Exchange, shares: Mapping[str, float]) -> str | None:
    """The passage with the largest share, with its neighbour where that one has hardly less."""
    if exchange.quote in shares:
        shares = {**shares, exchange.quote: GIST * shares[exchange.quote]}
    ranked = sorted(shares, key=lambda passage: -shares[passage])
    if len(ranked) < 2 or shares[ranked[1]] < HARDLY_LESS * shares[ranked[0]]:
        return ranked[0] if ranked else None
    for paragraph in exchange.answer:
        said = sentences(paragraph)
        covered = [n for n, s in enumerate(said) if s in ranked[0] or s in ranked[1]]
        run = "".join(said[covered[0] : covered[-1] + 1]) if covered else ""
        if ranked[0] in run and ranked[1] in run and len(covered) <= LONGEST:
            together = len(covered) == covered[-1] + 1 - covered[0]
            return run if together else ranked[0]
    return ranked[0]


def example(exchange: Exchange) -> str | None:
    """The passage in which the guest gives an example."""
    return next((s.strip() for s in exchange.said if _EXAMPLE.match(s.strip())), None)


_EXAMPLE = re.compile("[“「]?(?:比如|例如|譬如|比方|举个例子|打个比方|像|拿)")


def following(exchange: Exchange, passage: str) -> str:
    """The sentence after the passage; after the last one, the first again."""
    said = exchange.said or exchange.answer
    shown = [n for n, sentence in enumerate(said) if sentence in passage]
    return said[(max(shown, default=-1) + 1) % len(said)]


def _place(exchange: Exchange, passage: str) -> tuple[tuple[str, ...], int, int]:
    """The paragraph's sentences, and the first and the last of them that the passage holds."""
    for paragraph in exchange.answer:
        said = sentences(paragraph)
        begin = paragraph.find(passage)
        if not passage or begin < 0:
            continue
        ends = [0]
        for sentence in said:
            ends.append(ends[-1] + len(sentence))
        first = max(n for n, end in enumerate(ends[:-1]) if end <= begin)
        last = next(n for n, end in enumerate(ends[1:]) if end >= begin + len(passage))
        return said, first, last
    return (), -1, -1
