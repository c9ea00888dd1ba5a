"""What every handler finds at hand."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from telegram import Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.edition import Edition
from bot.metrics import Metrics
from bot.respond import Responder
from bot.settings import Hours
from bot.store import ERRAND, Entry, Memory, Store
from bot.tg.faults import Complaints
from bot.tg.library import Library
from bot.tg.limits import Terms
from bot.words import Language, language

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The knowledge in service. Another one may take its place between two updates, not in one."""

    edition: Edition
    library: Library

    @classmethod
    def of(cls, edition: Edition) -> Shelf:
        """An edition, and its exchanges by names that Telegram has room for."""
        return cls(edition, Library(edition.knowledge))


@dataclass(slots=True)
class Work:
    """One update being handled: what it is told to remember, and how far its replies are.

    A crash may cut it short; what then is handled anew says nothing a second time that arrived.
    """

    entry: Entry
    store: Store
    memory: Memory
    shelf: Shelf
    begun: float  # by time.monotonic
    written: float | None = None  # when people wrote it, by Telegram's clock
    outcome: str = "handled"
    replies: int = 0  # sent, or passed over, in this attempt
    spoken: bool = False  # whether anything was said to it

    @property
    def age(self) -> float:
        """Seconds since the update came in, whichever process took it."""
        return self.store.age(self.entry)

    @property
    def is_errand(self) -> bool:
        """Whether nobody waits for it right now, and it may be as late as it must."""
        return self.entry.kind == ERRAND

    @property
    def source(self) -> str:
        """What names this update, and no other, in a table: the same after a crash."""
        return f"{self.entry.seq} {self.entry.at:.3f}"

    def is_told(self) -> bool:
        """Whether the next reply was sent by an attempt that a crash cut short."""
        return self.replies < self.entry.told

    def passed(self) -> None:
        """The next reply is sent, or was."""
        self.replies += 1

    async def keep(self, ahead: int = 0) -> None:
        """Note what was done so far: the replies that were passed, and so many more, are not to be
        sent again. Where another replica has taken the update over, this is the end of it here."""
        done = self.replies + ahead
        if not await self.store.progress(self.entry, done, self.memory.taken()):
            raise asyncio.CancelledError("another replica has taken the update over")


CURRENT: ContextVar[Work] = ContextVar("work")


@dataclass(slots=True)
class Services:
    """The knowledge, the database, and who runs the bot."""

    shelf: Shelf
    store: Store
    thinker: Executor  # one thread: searching must not hold up the event loop
    metrics: Metrics = field(default_factory=Metrics)
    operators: frozenset[int] = frozenset()
    chats: frozenset[int] | None = None  # the only groups to be in; None: any
    curators: int | None = None  # the group that takes care of what was not answered
    hours: Hours = field(default_factory=Hours)  # when these are written to
    drafts: str = ""  # the command of a language model that drafts wordings for them
    folder: Path | None = None  # of the knowledge, where phrases can be written
    secret: bytes = b""  # by which people are told apart who are not to be named
    now: Callable[[], float] = time.time  # as Telegram's clock has it
    pauses: tuple[float, ...] = (0.5, 1, 2, 4, 8, 16, 30)  # between attempts to reach Telegram
    album_wait: float = 1.0  # seconds in which all pictures of an album have arrived
    captioned: deque[str] = field(
        default_factory=lambda: deque(maxlen=1000)
    )  # albums, by their ids
    complaints: Complaints = field(default_factory=lambda: Complaints(what="sending failed"))
    errands: set[asyncio.Task[None]] = field(default_factory=set)
    ordered: asyncio.Event = field(default_factory=asyncio.Event)  # somebody waits for a person

    def mark(self, person: int, exchange: str) -> str:
        """What stands for a person who finds an exchange useful or not: the same each time, and
        nobody's name without the secret."""
        said = f"{person} {exchange}".encode()
        return hashlib.blake2b(said, key=self.secret[:64], digest_size=16).hexdigest()

    def later(self, errand: Coroutine[Any, Any, None]) -> None:
        """Do something that no update waits for; it ends with the bot."""
        task = asyncio.create_task(errand)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)

    async def think(self, work: Callable[..., Result], *args: Any) -> Result:
        """Let the core work on something while other chats are served."""
        begun = time.perf_counter()
        result = await asyncio.get_running_loop().run_in_executor(self.thinker, work, *args)
        self.metrics.searched(time.perf_counter() - begun)
        return result


class Context(CallbackContext["ExtBot[Terms]", dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """PTB's context, with the services, the update in work and its sender's language."""

    language: Language = "zh-hans"

    @classmethod
    def from_update(cls, update: object, application: Any) -> Context:
        """The context of an update, for its handlers and for its errors."""
        context = super().from_update(update, application)
        if isinstance(update, Update):
            user = update.effective_user
            context.language = language(user.language_code if user else None)
        return context

    @property
    def services(self) -> Services:
        services: Services = self.bot_data["services"]
        return services

    @property
    def responder(self) -> Responder:
        """What answers, from the knowledge that was in service when the update's turn came."""
        return CURRENT.get().shelf.edition.responder

    @property
    def library(self) -> Library:
        """The exchanges of the same knowledge."""
        return CURRENT.get().shelf.library

    @property
    def work(self) -> Work:
        """The update that is being handled."""
        return CURRENT.get()

    @property
    def memory(self) -> Memory:
        """What is known of the past, and what this update leaves."""
        return CURRENT.get().memory


App: TypeAlias = Application[
    "ExtBot[Terms]", Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None
]
