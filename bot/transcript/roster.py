"""Who was taken for a speaker and who was not, for people to check."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bot.transcript.cast import Cast, asks
from bot.transcript.names import matching
from bot.transcript.reading import Corrections, LeftOut, Speaker
from bot.transcript.turns import Turn

LEFT_OUT_MOST = 20
"""More candidates that were left out than this nobody reads."""


def speakers(cast: Cast, turns: Sequence[Turn]) -> tuple[Speaker, ...]:
    """Hosts and guests in the order in which they first speak."""
    said: dict[tuple[str, str], list[float]] = defaultdict(list)
    for turn in turns:
        said[turn.role, cast.name(turn.key)].append(asks(turn.speech) > 0)
    return tuple(
        Speaker(name, "host" if role == "host" else "guest", len(asked), sum(asked) / len(asked))
        for (role, name), asked in said.items()
    )


def left_out(found: Counter[str], cast: Cast, reasons: Mapping[str, str]) -> tuple[LeftOut, ...]:
    """The label keys that name nobody, the most frequent first, and why not."""
    others = [key for key in found if cast.same.get(key, key) not in cast.hosts | cast.guests]
    others.sort(key=lambda key: (key not in cast.unwanted, -found[key]))
    return tuple(
        LeftOut(
            key, found[key], "你说不是说话人" if key in cast.unwanted else _why(key, found, reasons)
        )
        for key in others[:LEFT_OUT_MOST]
    )


def _why(key: str, found: Counter[str], reasons: Mapping[str, str]) -> str:
    once = "只出现一次" if found[key] == 1 else "没有被认作说话人"
    return reasons.get(key, once)


def unknown(corrections: Corrections, found: Counter[str], cast: Cast) -> Iterator[str]:
    """A sentence for each name that a person has given and no label of the page shows."""
    given = (*corrections.host, *corrections.guest, *corrections.leave_out)
    for name, keys in matching(given, found, cast.names).items():
        if not keys:
            yield f"页面上没有标签“{name}”;{labels(found)}"


def labels(found: Counter[str]) -> str:
    """The labels that do occur, those that recur if any do."""
    often = [key for key, count in found.most_common(LEFT_OUT_MOST) if count > 1]
    names = "、".join(often or list(found)[:LEFT_OUT_MOST])
    return f"出现的标签有:{names}" if names else "页面上没有任何标签"
