"""The exchanges by names that Telegram has room for: numbers in buttons, codes in links. Pure."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence

from bot import render
from bot.interview import Exchange, Interview, Knowledge
from bot.respond import Conversation

# What a button does, by the word that its data carry; the first kind speaks of exchanges by
# their numbers, and so expires with the knowledge that it was made from. The first release's
# `whole` and `turn`, which named passages by their characters, are no words any more: they expire.
NUMBERED = frozenset({"show", "open", "page", "list", "good", "bad"})
# What curators do with the case that a card is about; its number comes first.
CURATING = frozenset(
    "card main dates take back teach target passage reword draft wording confirm decline reply "
    "aside undo reopen".split()
)
LASTING = frozenset({"delete", "ambient", "idle", "order", "withdraw"}) | CURATING


class Library:
    """One version of the knowledge; built once, so that every press is a look-up."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.interviews = {interview.id: interview for interview in knowledge.interviews}
        self.exchanges = tuple(knowledge.exchanges())
        self.version = _version(self.exchanges)
        self._numbers = {exchange.key: n for n, exchange in enumerate(self.exchanges)}
        self._by_code = {code(exchange): exchange for exchange in self.exchanges}

    def interview(self, exchange: Exchange) -> Interview:
        """The interview that an exchange belongs to."""
        return self.interviews[exchange.interview]

    def number(self, exchange: Exchange) -> int:
        """The exchange's place among all."""
        return self._numbers[exchange.key]

    def exchange(self, number: int) -> Exchange | None:
        """The exchange at a place."""
        return self.exchanges[number] if 0 <= number < len(self.exchanges) else None

    def named(self, key: str | None) -> Exchange | None:
        """The exchange with a key, such as `xiamen-2014/q4`."""
        number = self._numbers.get(key or "")
        return None if number is None else self.exchanges[number]

    def marked(self, mark: int) -> Exchange | None:
        """The exchange with a mark, which outlives the knowledge that it was made from."""
        return next((e for e in self.exchanges if mark_of(e) == mark), None)

    def around(self, number: int) -> tuple[tuple[Exchange, ...], int]:
        """The exchanges of the interview that has the one at a place, and where they begin."""
        exchange = self.exchange(number)
        if exchange is None:
            return self.exchanges, 0
        interview = self.interview(exchange)
        return interview.exchanges, self.begin(interview)

    def begin(self, interview: Interview) -> int:
        """The place of an interview's first exchange; of one without any the end of all."""
        first = next(iter(interview.exchanges), None)
        return self._numbers[first.key] if first else len(self.exchanges)

    def beside(self, exchange: Exchange, step: int) -> Exchange | None:
        """The exchange before (-1) or after (+1) in the same interview."""
        other = self.exchange(self.number(exchange) + step)
        return other if other and other.interview == exchange.interview else None

    def linked(self, payload: str) -> Exchange | None:
        """The exchange that a deep link's payload names."""
        return self._by_code.get(payload)

    def recognised(self, text: str) -> Conversation | None:
        """What was spoken of when a message of ours with this text was written."""
        found = render.recognised(text, self.exchanges)
        if found is None:
            return None
        exchange, quote = found
        return Conversation(exchange.topic or exchange.question, exchange.key, quote)

    def data(self, verb: str, *numbers: int) -> str:
        """A button's data: at most 64 bytes, for whatever numbers a message can lead to."""
        version = self.version if verb in NUMBERED else ""
        return ".".join((version, verb, *map(str, numbers)))

    def read(self, data: str) -> tuple[str, tuple[int, ...]] | None:
        """What a button says, or None where it is not one of today's."""
        version, _, rest = data.partition(".")
        verb, *numbers = rest.split(".")
        if not all(re.fullmatch(r"-?[0-9]{1,20}", number) for number in numbers):
            return None
        expected = self.version if verb in NUMBERED else ""
        known = verb in NUMBERED | LASTING and version == expected
        return (verb, tuple(map(int, numbers))) if known else None


def code(exchange: Exchange) -> str:
    """The exchange's key as a deep link can carry it; interviews' ids have no underscore."""
    return exchange.key.replace("/", "_", 1)


def mark_of(exchange: Exchange) -> int:
    """A number for an exchange, whatever else there is."""
    return zlib.crc32(exchange.key.encode())


def _version(exchanges: Sequence[Exchange]) -> str:
    said = "\n".join("\n".join((e.key, e.question, *e.answer)) for e in exchanges)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:6]
