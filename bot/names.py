"""Whose interview a question asks about: guests, hosts and titles by their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.interview import Interview
from bot.query import Query, read

# How people speak of somebody by the family name alone: 吴教授, 林先生.
_HONORIFIC = "老师|教授|先生|女士|导演|医生|部长|局长|队长|主任|总"
_BETWEEN = re.compile(r"[、,，/／\s]+|&")
_TITLE = re.compile(r"[\s:：｜|,，、。！？!?—\-《》“”「」]+")
SHORTEST_TITLE = 4
"""Characters of a piece of a title that somebody may call an interview by."""
_LEFT = re.compile(r"^[\s,，:：、的]+|[\s,，:：、]+$")


@dataclass(frozen=True, slots=True)
class Named:
    """The interviews, by their ids, that a question names, and the question without the name."""

    interviews: frozenset[str]
    rest: Query


class Names:
    """The names by which interviews can be told apart; a class because it is built once.

    A name that all share, and a word that every bot hears (记者, 专家), tell nothing apart.
    """

    def __init__(self, interviews: Sequence[Interview], everyday: str) -> None:
        """`everyday` is the text of all that every bot hears, normalised as questions are."""
        owners: dict[str, set[str]] = {}
        for interview in interviews:
            for name in _names(interview):
                if name not in everyday:
                    owners.setdefault(name, set()).add(interview.id)
        everybody = len(interviews)
        self._owners = {name: ids for name, ids in owners.items() if len(ids) < everybody}
        families = {name[0]: ids for name, ids in self._owners.items() if _is_person(name)}
        for family in families:
            sharing = [n for n in self._owners if _is_person(n) and n[0] == family]
            families[family] = set().union(*(self._owners[name] for name in sharing))
        self._families = families
        longest_first = sorted(self._owners, key=len, reverse=True)
        called = "|".join(map(re.escape, longest_first))
        family = f"(?P<family>[{''.join(families)}])(?:{_HONORIFIC})" if families else r"(?!)"
        self._pattern = re.compile(
            f"(?P<name>{called})(?:{_HONORIFIC})?|{family}" if called else r"(?!)"
        )

    def found(self, query: Query) -> Named | None:
        """Whom the question names, if that tells interviews apart."""
        interviews: set[str] = set()
        for match in self._pattern.finditer(query.text):
            ids = self._owners[match["name"]] if match["name"] else self._families[match["family"]]
            interviews |= ids
        if not interviews:
            return None
        rest = _LEFT.sub("", self._pattern.sub("", query.text))
        return Named(frozenset(interviews), replace(read(rest), said=query.said))


def _names(interview: Interview) -> Iterator[str]:
    """Every name of the interview, normalised as questions are."""
    speakers = [exchange.speaker for exchange in interview.exchanges if exchange.speaker]
    people = [
        name
        for told in (interview.guest, interview.host, *speakers)
        for name in _BETWEEN.split(told)
    ]
    title = [piece for piece in _TITLE.split(interview.title) if len(piece) >= SHORTEST_TITLE]
    for name in dict.fromkeys((*people, interview.title, *title)):
        if len(name := read(name).text.strip()) > 1:
            yield name


def _is_person(name: str) -> bool:
    """Whether it may be a Chinese person's name, whose first character is the family's."""
    return bool(re.fullmatch(r"[\u4e00-\u9fff]{2,3}", name))
