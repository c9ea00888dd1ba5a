"""What a message of ours is on Telegram: text, entities, keyboard. Decides, never sends."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.helpers import create_deep_linked_url

from bot import render
from bot.interview import Exchange, Interview
from bot.respond import Answer, Choices, Extent, NotCovered, Reply, SmallTalk, Turn
from bot.store import Order
from bot.tg.library import Library, code
from bot.words import Language, say

Form: TypeAlias = Literal["private", "group", "abroad"]  # abroad: inline and guest messages
Row: TypeAlias = list[InlineKeyboardButton]

LISTED = 60  # characters of a question in a list of orders
_LOOKS = {"quote": MessageEntity.BOLD, "whole": MessageEntity.EXPANDABLE_BLOCKQUOTE}


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
    """Writes letters for one reader: in which form and language."""

    library: Library
    username: str
    form: Form
    language: Language
    curated: bool = False  # whether there is somebody to ask for an answer

    def reply(self, turn: Turn) -> Letter:
        """The letter for a reply of any kind; below one that is no answer people may ask for it."""
        letter = self._reply(turn)
        missed = isinstance(turn.reply, Choices | NotCovered)
        if missed and self.curated and self.form != "abroad":
            return replace(letter, rows=(*letter.rows, [self._say("order", "order")]))
        return letter

    def _reply(self, turn: Turn) -> Letter:
        match turn.reply:
            case Answer(exchange, quote, extent):
                return self.answer(exchange, quote, extent)
            case Choices(options) as reply:
                rows = [[self._show(o.exchange, render.option(o))] for o in options]
                return Letter(self._said(reply), (*rows, self._aside()))
            case NotCovered(None) as reply:
                return self.topics(render.line(reply, self.library.interviews, self.language))
            case NotCovered(nearest) as reply if nearest:
                look = say("look", self.language, topic=render.label(nearest))
                rows = [[self._show(nearest, look)]]
                return Letter(self._said(reply), (*rows, self._aside()))
            case SmallTalk("capability") as reply if self.form != "private":
                return self.topics(render.line(reply, self.library.interviews, self.language))
            case reply:
                return Letter(self._said(reply))

    def answer(
        self, exchange: Exchange, quote: str, extent: Extent = "usual", page: int = 0
    ) -> Letter:
        """One page of an answer, or the passage alone with a button for the whole."""
        interview = self.library.interview(exchange)
        sheets = render.sheets(exchange, quote, interview, extent, compact=self.form == "group")
        page = min(page, len(sheets) - 1)
        is_alone = extent == "passage" and len(sheets) == 1
        above = (
            self._whole(exchange, quote)
            if is_alone
            else self._pages(exchange, quote, page, len(sheets))
        )
        return Letter(sheets[page], (above, *self._below(exchange)), exchange, quote)

    def already(self, quote: str | None, link: str | None) -> Letter:
        """A reference to the answer given a moment ago."""
        return Letter(render.already(quote, link, self.language))

    def questions(self, at: int | None = None) -> Letter:
        """A page of the list of questions, each with a button: those around an exchange's number,
        of its interview. Below zero, and where there are several interviews and none is meant, a
        page of the interviews: the one with the n-th at -1 - n."""
        several = len(self.library.interviews) > 1
        if at is None or at < 0:
            return self._interviews(-1 - (at or -1)) if several else self._questions(0)
        return self._questions(at)

    def _questions(self, at: int) -> Letter:
        exchanges, begin = self.library.around(at)
        first = (at - begin) - (at - begin) % render.LISTED
        shown = exchanges[first : first + render.LISTED]
        rows = [[self._show(exchange, render.asked(exchange))] for exchange in shown]
        back = self._turning(begin + first, first, len(exchanges), 1)
        if len(self.library.interviews) > 1:
            back = [*back, self._say("other_interviews", "list", -1)]
        return Letter(render.questions(shown, first + 1, self.language), (*rows, back))

    def _interviews(self, at: int) -> Letter:
        """A page of the list of interviews, each with a button to its questions."""
        every = tuple(self.library.interviews.values())
        first = min(at, len(every) - 1) // render.LISTED * render.LISTED
        shown = every[first : first + render.LISTED]
        rows = [[self._interview(interview)] for interview in shown]
        pages = self._turning(-1 - first, first, len(every), -1)
        return Letter(render.interviews(shown, first + 1, self.language), (*rows, pages))

    def _interview(self, interview: Interview) -> InlineKeyboardButton:
        name = render.shortened(render.entitled(interview), render.LABEL)
        return self._key(name, "list", self.library.begin(interview))

    def topics(self, message: render.Message) -> Letter:
        """A message with the topics below it, two in a row."""
        if len(self.library.interviews) > 1:
            some = list(self.library.interviews.values())[: render.LISTED]
            return Letter(message, (*([self._interview(i)] for i in some), self._aside()))
        shown = self.library.exchanges[: render.LISTED]
        keys = [self._show(e, render.label(e)) for e in shown]
        rows = [keys[n : n + 2] for n in range(0, len(keys), 2)]
        more = len(shown) < len(self.library.exchanges)
        others = [self._say("others", "list", 0)] if more else []
        return Letter(message, (*rows, others, self._aside()))

    def ours(self, word: str, **values: object) -> Letter:
        """A line of our own words."""
        return Letter(render.ours(word, self.language, 0, **values))

    def orders(self, mine: Sequence[Order]) -> Letter:
        """Somebody's orders, with a button to withdraw each that waits."""
        lines = [self._order(number, order) for number, order in enumerate(mine, 1)]
        head = render.ours("my_orders" if mine else "no_orders", self.language)
        body = (render.Run("\n" + "\n".join(lines)),) if lines else ()
        keys = [
            self._key(say("withdraw", self.language, number=number), "withdraw", order.id)
            for number, order in enumerate(mine, 1)
            if order.state == "waiting"
        ]
        rows = [keys[n : n + 2] for n in range(0, len(keys), 2)]
        return Letter((*head, *body), tuple(rows))

    def _order(self, number: int, order: Order) -> str:
        stands = "promised" if order.until else order.state
        told = say(f"order_{stands}", self.language, day=self.day(order.until or 0.0))
        return f"{number}. {render.shortened(order.text, LISTED)}\n    {told}"

    def day(self, at: float) -> str:
        """A date, by the clock of the machine."""
        then = time.localtime(at)
        return say("day", self.language, month=then.tm_mon, day=then.tm_mday)

    def settings(self, ambient: bool, deaf: bool) -> Letter:
        """The panel of a group's settings; `deaf` where only what calls us is heard."""
        state = say("on" if ambient else "off", self.language)
        switch = self._say("turn_off" if ambient else "turn_on", "ambient", int(not ambient))
        panel = render.ours("settings", self.language, state=state)
        warning = render.ours("deaf", self.language) if ambient and deaf else ()
        warning = (render.Run("\n"), *warning) if warning else ()
        return Letter((*panel, *warning), ([switch],))

    def in_private(self, payload: str = "ask") -> Row:
        """A link to the private chat."""
        url = create_deep_linked_url(self.username, payload)
        return [InlineKeyboardButton(say("private", self.language), url=url)]

    def _said(self, reply: Reply) -> render.Message:
        """What the reply says in words; in groups without what the buttons show."""
        if self.form == "private" or isinstance(reply, Answer):
            return render.message(reply, self.library.interviews, self.language)
        return render.line(reply, self.library.interviews, self.language)

    def _aside(self) -> Row:
        return [] if self.form == "private" else self.in_private()

    def _whole(self, exchange: Exchange, quote: str) -> Row:
        return [self._say("whole", "open", *self._mark(exchange, quote))]

    def _mark(self, exchange: Exchange, quote: str) -> tuple[int, int, int]:
        """What a button carries that shows the same passage again: see `Library.data`."""
        return (self._number(exchange), *render.place(exchange, quote))

    def _pages(self, exchange: Exchange, quote: str, page: int, count: int) -> Row:
        if count == 1:
            return []
        mark = self._mark(exchange, quote)
        here = say("page", self.language, page=page + 1, pages=count)
        back = [self._key("‹", "page", page - 1, *mark)] if page else []
        on = [self._key("›", "page", page + 1, *mark)] if page + 1 < count else []
        return [*back, self._key(here, "idle"), *on]

    def _below(self, exchange: Exchange) -> tuple[Row, ...]:
        match self.form:
            case "group":
                return ([*self.in_private(code(exchange)), self._say("delete", "delete")],)
            case "abroad":
                return (self.in_private(code(exchange)),)
        number = self._number(exchange)
        beside = [
            self._show(other, say(word, self.language))
            for word, step in (("previous", -1), ("next", 1))
            if (other := self.library.beside(exchange, step))
        ]
        opinions = [self._say("useful", "good", number), self._say("useless", "bad", number)]
        return (beside, [self._say("others", "list", number), *opinions])

    def _turning(self, here: int, first: int, count: int, step: int) -> Row:
        """Keys to the pages before and after, of a list that is at `first` of `count`; `here` is
        the number of this page, and a further entry's `step` from it."""
        page = step * render.LISTED
        back = [self._key("‹", "list", here - page)] if first else []
        is_more = first + render.LISTED < count
        return back + ([self._key("›", "list", here + page)] if is_more else [])

    def _show(self, exchange: Exchange, text: str) -> InlineKeyboardButton:
        return self._key(text, "show", self._number(exchange))

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
