"""The bot as it runs, in this process and a fake Telegram: `with Rim(world) as bot`."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from bot.interview import Exchange, Knowledge
from bot.respond import Responder
from bot.store import Store
from bot.tg import app
from bot.tg.library import Library
from bot.tg.limits import Pace
from bot.tg.services import Services
from tests.bookshop import KNOWLEDGE, RESPONDER
from tests.telegram import Chat, FakeRequest, Message, Person, World, deliver


class Rim:
    """The real application over the fake network; `catches_up` handles all that has happened.

    What it waits for passes at once: `waited` has the seconds. Whoever wants of Telegram what the
    fake does not have fails the test.
    """

    def __init__(
        self,
        world: World,
        *,
        responder: Responder = RESPONDER,
        knowledge: Knowledge = KNOWLEDGE,
        database: str = "sqlite://",
        operators: frozenset[int] = frozenset(),
        pace: Pace | None = None,
    ) -> None:
        self.world = world
        self.store = Store(database, world.clock)
        self.library = Library(knowledge)
        self.waited: list[float] = []
        self._pace = pace or self._unhurried()
        self._thinker = ThreadPoolExecutor(1)
        self._services = Services(
            responder, self.library, self.store, self._thinker, operators, pauses=(0, 0)
        )
        self._runner = asyncio.Runner()

    def __enter__(self) -> Rim:
        self._runner.run(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self.application.shutdown())
        self._runner.close()
        self._thinker.shutdown()
        self.store.close()
        assert error or not self.world.unmodelled(), self.world.unmodelled()

    def catches_up(self) -> None:
        """Handle everything that waits."""
        self._runner.run(deliver(self.world, self.application))

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
        press = person.presses(message, text)
        self.catches_up()
        assert press.answer is not None, "the button still spins"
        return press.toast

    async def _begin(self) -> None:
        fake = FakeRequest(self.world)
        self.application = app.build(
            self._services,
            self.world.token,
            "http://fake",
            fake,
            FakeRequest(self.world),
            self._pace,
        )
        await app.begin(self.application)

    def _unhurried(self) -> Pace:
        """Telegram's pace, but for the second between two messages, on a clock of its own."""
        return Pace(lambda: time.monotonic() + sum(self.waited), self._wait, lambda _: ())

    async def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def labels(message: Message) -> list[str]:
    """The texts of a message's buttons, row by row."""
    return [button.text for row in message.buttons for button in row]


def shows(message: Message, exchange: Exchange) -> bool:
    """Whether the message quotes the whole answer, or the first page of it."""
    quoted = message.marked("expandable_blockquote")
    return len(quoted) == 1 and "\n".join(exchange.answer).startswith(quoted[0])
