"""What a message of ours is on Telegram: text, entities, keyboard. Decides, never sends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.helpers import create_deep_linked_url

from bot import render
from bot.interview import Exchange
from bot.respond import Answer, Choices, NotCovered, SmallTalk, Turn
from bot.tg.library import Library, code
from bot.words import Language, say

Form: TypeAlias = Literal["private", "group", "abroad"]  # abroad: inline and guest messages
Row: TypeAlias = list[InlineKeyboardButton]

_LOOKS = {"quote": MessageEntity.BOLD, "whole": MessageEntity.EXPANDABLE_BLOCKQUOTE}
OFFERED = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and its keyboard; `exchange` and `quote` say what of the guest it shows."""

    message: render.Message
    rows: tuple[Row, ...] = ()
    exchange: Exchange | None = None
    quote: str = ""

    @property
    def text(self) -> str:
        return render.plain(self.message)

    @property
    def entities(self) -> list[MessageEntity]:
        return [entity for span in render.spans(self.message) for entity in _entity(span)]

    @property
    def digest(self) -> str:
        """What tells this letter from one that shows anything else."""
        keys = self.keyboard.to_json() if self.keyboard else ""
        return hashlib.sha256(f"{self.text}{keys}".encode()).hexdigest()

    @property
    def keyboard(self) -> InlineKeyboardMarkup | None:
        rows = [row for row in self.rows if row]
        return InlineKeyboardMarkup(rows) if rows else None


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes letters for one reader: in which form and language, and whose answer it is."""

    library: Library
    username: str
    form: Form
    language: Language
    asker: int = 0

    def reply(self, turn: Turn) -> Letter:
        """The letter for a reply of any kind."""
        match turn.reply:
            case Answer(exchange, quote):
                return self.answer(exchange, quote)
            case Choices(exchanges) as reply:
                return self._offer(self._line(reply), exchanges[:OFFERED])
            case NotCovered():
                return self._nothing([match.exchange for match in turn.ranking.matches])
            case SmallTalk("capability") as reply if self.form != "private":
                return self._offer(self._line(reply), self.library.exchanges[:OFFERED])
            case SmallTalk() as reply:
                return Letter(self._line(reply))

    def answer(self, exchange: Exchange, quote: str, page: int = 0) -> Letter:
        """One page of an answer."""
        interview = self.library.interview(exchange)
        sheets = render.sheets(exchange, quote, interview, compact=self.form == "group")
        page = min(page, len(sheets) - 1)
        rows = (self._pages(exchange, quote, page, len(sheets)), *self._below(exchange))
        return Letter(sheets[page], rows, exchange, quote)

    def already(self, quote: str | None, link: str | None) -> Letter:
        """A reference to the answer given a moment ago."""
        return Letter(render.already(quote, link, self.language))

    def questions(self, first: int = 0) -> Letter:
        """A page of the list of all questions, each with a button."""
        exchanges = self.library.exchanges
        first = max(0, first - first % render.LISTED)
        shown = exchanges[first : first + render.LISTED]
        rows = [[self._show(exchange)] for exchange in shown]
        return Letter(
            render.questions(shown, first + 1, self.language),
            (*rows, self._list_pages(first, len(exchanges))),
        )

    def topics(self, message: render.Message) -> Letter:
        """A message with the topics below it, two in a row."""
        shown = self.library.exchanges[: render.LISTED]
        keys = [self._key(render.label(e), "show", self._number(e), self.asker) for e in shown]
        rows = [keys[n : n + 2] for n in range(0, len(keys), 2)]
        more = len(shown) < len(self.library.exchanges)
        return Letter(message, (*rows, [self._say("others", "list", 0)] if more else []))

    def ours(self, word: str, **values: object) -> Letter:
        """A line of our own words."""
        return Letter(render.ours(word, self.language, **values))

    def settings(self, ambient: bool) -> Letter:
        """The panel of a group's settings."""
        state = say("on" if ambient else "off", self.language)
        switch = self._say("turn_off" if ambient else "turn_on", "ambient", int(not ambient))
        return Letter(render.ours("settings", self.language, state=state), ([switch],))

    def in_private(self, payload: str = "ask") -> Row:
        """A link to the private chat."""
        url = create_deep_linked_url(self.username, payload)
        return [InlineKeyboardButton(say("private", self.language), url=url)]

    def _line(self, reply: Choices | SmallTalk) -> render.Message:
        compact = self.form != "private"
        return render.line(reply, self.library.interviews, self.language, compact)

    def _offer(self, message: render.Message, exchanges: Iterable[Exchange]) -> Letter:
        rows = [[self._show(exchange)] for exchange in exchanges]
        return Letter(message, (*rows, [] if self.form == "private" else self.in_private()))

    def _nothing(self, nearest: Sequence[Exchange]) -> Letter:
        if self.form == "private":
            return self.topics(render.nothing(self.language))
        near = nearest or self.library.exchanges
        return self._offer(render.nothing(self.language), near[:OFFERED])

    def _pages(self, exchange: Exchange, quote: str, page: int, count: int) -> Row:
        if count == 1:
            return []
        begin = render.whole(exchange).find(quote)
        mark = (self._number(exchange), begin, len(quote), self.asker)
        here = say("page", self.language, page=page + 1, pages=count)
        back = [self._key("‹", "turn", page - 1, *mark)] if page else []
        on = [self._key("›", "turn", page + 1, *mark)] if page + 1 < count else []
        return [*back, self._key(here, "idle"), *on]

    def _below(self, exchange: Exchange) -> tuple[Row, ...]:
        match self.form:
            case "group":
                delete = self._say("delete", "delete", self.asker)
                return ([*self.in_private(code(exchange)), delete],)
            case "abroad":
                return (self.in_private(code(exchange)),)
        number = self._number(exchange)
        beside = [
            self._say(word, "show", self._number(other), self.asker)
            for word, step in (("previous", -1), ("next", 1))
            if (other := self.library.beside(exchange, step))
        ]
        opinions = [self._say("useful", "good", number), self._say("useless", "bad", number)]
        return (beside, [self._say("others", "list", number), *opinions])

    def _list_pages(self, first: int, count: int) -> Row:
        before, after = first - render.LISTED, first + render.LISTED
        back = [self._key("‹", "list", before)] if first else []
        return back + ([self._key("›", "list", after)] if after < count else [])

    def _show(self, exchange: Exchange) -> InlineKeyboardButton:
        return self._key(render.asked(exchange), "show", self._number(exchange), self.asker)

    def _say(self, word: str, verb: str, *numbers: int) -> InlineKeyboardButton:
        return self._key(say(word, self.language), verb, *numbers)

    def _key(self, text: str, verb: str, *numbers: int) -> InlineKeyboardButton:
        return InlineKeyboardButton(text, callback_data=self.library.data(verb, *numbers))

    def _number(self, exchange: Exchange) -> int:
        return self.library.number(exchange)


def _entity(span: render.Span) -> Iterable[MessageEntity]:
    if span.run.style in _LOOKS:
        yield MessageEntity(_LOOKS[span.run.style], span.offset, span.length)
    if span.run.link:
        yield MessageEntity(MessageEntity.TEXT_LINK, span.offset, span.length, url=span.run.link)
