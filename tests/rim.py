"""The bot as it runs, in this process and a fake Telegram: `with Rim(world) as bot`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace, TracebackType
from typing import Any, TypeVar
from unittest.mock import patch

from sqlalchemy.engine import Connection

from bot.edition import Edition
from bot.interview import Exchange, Knowledge
from bot.reloading import Reloading
from bot.respond import Conversation, Responder
from bot.settings import Hours
from bot.store import Case, ChatState, Memory, Miss, Speaker, Store, ledger
from bot.tg import announcing, app, filing, private
from bot.tg.arrivals import Json
from bot.tg.connection import departs
from bot.tg.faults import checked
from bot.tg.library import Library
from bot.tg.limits import Pace
from bot.tg.operating import Desk
from bot.tg.polling import Hearing
from bot.tg.services import Services, Shelf
from bot.tg.worker import Worker
from tests.bookshop import KNOWLEDGE, RESPONDER
from tests.telegram import Chat, FakeRequest, Message, Person, Press, World, deliver

Result = TypeVar("Result")


class Line(FakeRequest):
    """The fake network, whose errors are what the bot's own connection makes of them."""

    async def do_request(self, *args: Any, **more: Any) -> tuple[int, bytes]:
        await departs()
        return checked(*await super().do_request(*args, **more))


class Rim:
    """The real application over the fake network; `catches_up` handles all that has happened.

    What it waits for passes at once: `waited` has the seconds. Whoever wants of Telegram what the
    fake does not have fails the test. Knowledge that is read anew, and written, comes as
    `reloading`; `curators` is their chat's id, to which it writes unasked in these `hours`.
    """

    def __init__(
        self,
        world: World,
        *,
        responder: Responder = RESPONDER,
        knowledge: Knowledge = KNOWLEDGE,
        database: str = "sqlite://",
        operators: frozenset[int] = frozenset(),
        chats: frozenset[int] | None = None,
        pace: Pace | None = None,
        pauses: tuple[float, ...] = (0, 0),
        reloading: Reloading | None = None,
        curators: int | None = None,
        hours: Hours | None = None,
    ) -> None:
        self.world = world
        self.store = Store(database, world.clock)
        self.library = Library(knowledge)
        self.waited: list[float] = []
        self.leads = True
        self._pace = pace or self._unhurried()
        self._thinker = ThreadPoolExecutor(1)
        edition = Edition(knowledge, responder, (), "rim")
        self._reloading = reloading or Reloading(None, None, edition)
        self.hearing = Hearing(world.clock)
        self.services = Services(
            Shelf.of(reloading.served) if reloading else Shelf(edition, self.library),
            self.store,
            self._thinker,
            operators=operators,
            chats=chats,
            curators=curators,
            hours=hours or Hours(),
            secret=b"rim",
            folder=self._reloading.folder,
            now=world.clock,
            pauses=pauses,
        )
        self._runner = asyncio.Runner()
        self._delivered = asyncio.Event()
        self._albums: list[asyncio.Task[None] | None] = []
        self._clock_of_albums = patch.object(
            private, "asyncio", SimpleNamespace(sleep=self._until_all_is_delivered)
        )

    def __enter__(self) -> Rim:
        self._clock_of_albums.start()
        self._runner.run(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clock_of_albums.stop()
        self._runner.run(self._end())
        self._runner.close()
        self._thinker.shutdown()
        self.store.close()
        assert error or not self.world.unmodelled(), self.world.unmodelled()

    def catches_up(self, *, at_once: bool = False) -> None:
        """Handle everything that waits, one after the other; `at_once`: as one batch, side by side
        as far as the bot lets them be."""
        self._runner.run(self._catch_up(at_once))

    def tends(self) -> None:
        """Do what the running bot does of itself between updates, as far as it is due."""
        self._runner.run(self._tend())
        self._runner.run(announcing.announce(self.services))

    def shown(self, person: Person) -> list[Message]:
        """What the bot has written into its private chat with someone, as it stands now."""
        return list(self.world.private(person).said_by(self.world.me))

    def said(self, chat: Chat) -> list[Message]:
        """What the bot has written into a chat, as it stands now."""
        return list(chat.said_by(self.world.me))

    def asked(self, person: Person, words: str) -> Message:
        """What the bot says last when someone asks this in private."""
        person.says(self.world.private(person), words)
        self.catches_up()
        return self.shown(person)[-1]

    def presses(self, person: Person, message: Message, text: str) -> str:
        """Someone presses a button; what Telegram shows for a moment. It never spins."""
        return self._answered(person.presses(message, text))

    def is_told(self, person: Person, message: Message, data: str) -> str:
        """Someone sends data that no button of theirs has; what they are told."""
        return self._answered(person.forges(message, data))

    def _answered(self, press: Press) -> str:
        self.catches_up()
        assert press.answer is not None, "the button still spins"
        return press.toast

    def runs(self, what: Coroutine[Any, Any, Result]) -> Result:
        """Do something where the bot lives."""
        return self._runner.run(what)

    def chat(self, chat: int) -> ChatState:
        """What is set and noted for a chat."""
        return self._runner.run(self.store.memory().chat(chat))

    def is_snoozed(self, chat: int) -> bool:
        """Whether a chat's admins asked for silence that still lasts."""
        return self._runner.run(self.store.memory().is_snoozed(chat))

    def conversation(self, speaker: Speaker) -> Conversation:
        """What was last spoken of with someone."""
        return self._runner.run(self.store.memory().conversation(speaker))

    def misses(self) -> tuple[Miss, ...]:
        """The questions that were not answered."""
        return self._runner.run(self.store.misses())

    def files(self) -> list[tuple[str, int, bool]]:
        """Let the misses join their cases: the text, how often, and whether far, largest first."""

        def every(db: Connection) -> tuple[Case, ...]:
            return ledger.listed(db, ("open",), True) + ledger.listed(db, ("open",), False)

        async def filed() -> tuple[Case, ...]:
            await self._tend()
            return await self.store._database.read(every)

        return [(case.text, case.times, case.far) for case in self._runner.run(filed())]

    def feedback(self) -> dict[str, tuple[int, int]]:
        """For each exchange, how many found it useful and how many did not."""
        return self._runner.run(self.store.feedback())

    def recalls(self, read: Callable[[Memory], Awaitable[Result]]) -> Result:
        """Read something from the database."""

        async def reading() -> Result:
            return await read(self.store.memory())

        return self._runner.run(reading())

    def notes(self, write: Callable[[Memory], None]) -> None:
        """Write something into the database."""
        memory = self.store.memory()
        write(memory)
        self._runner.run(self.store.write(memory.taken()))

    async def _begin(self) -> None:
        fake = Line(self.world)
        self.application = app.build(
            self.services,
            self.world.token,
            "http://fake",
            fake,
            Line(self.world),
            self._pace,
        )
        await app.begin(self.application)
        self._worker = Worker(self.application, self.services)
        self.desk = Desk(
            self.application,
            self.services,
            self.hearing,
            self._reloading,
            lambda: self.leads,
            self.world.clock,
        )

    async def _end(self) -> None:
        await self._worker.stop(0)
        await self.application.shutdown()

    async def _handle(self, *updates: Json) -> None:
        await self._worker.receive(updates)
        await self._worker.idle()

    async def _tend(self) -> None:
        while await filing.file(self.services):
            pass

    async def _catch_up(self, at_once: bool) -> None:
        self._delivered.clear()
        if at_once:
            await self._handle(*self.world.take())
        await deliver(self.world, self._handle)
        self._delivered.set()
        await self._worker.look()
        await self._worker.idle()
        await asyncio.sleep(0)  # what waits for the last picture has yet to begin to
        while self._albums:
            if task := self._albums.pop():
                await task

    async def _until_all_is_delivered(self, _seconds: float) -> None:
        """In place of the second after which an album is taken to be complete."""
        self._albums.append(asyncio.current_task())
        await self._delivered.wait()

    def _unhurried(self) -> Pace:
        """Telegram's pace, but for the second between two messages, on a clock of its own."""
        return Pace(lambda: time.monotonic() + sum(self.waited), self._wait, lambda _: ())

    async def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def labels(message: Message) -> list[str]:
    """The texts of a message's buttons, row by row."""
    return [button.text for row in message.buttons for button in row]


def passes(message: Message, exchange: Exchange) -> bool:
    """Whether the message shows of the answer the passage alone, and a button for the whole."""
    passage = message.marked("bold")
    alone = len(passage) == 1 and not message.marked("expandable_blockquote")
    return alone and passage[0] in "\n".join(exchange.answer) and "全文" in labels(message)


def shows(message: Message, exchange: Exchange) -> bool:
    """Whether the message quotes the whole answer, or the first page of it."""
    quoted = message.marked("expandable_blockquote")
    return len(quoted) == 1 and "\n".join(exchange.answer).startswith(quoted[0])
