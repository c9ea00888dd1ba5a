"""What every handler finds at hand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from telegram import Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.respond import Responder
from bot.store import Store
from bot.tg.library import Library
from bot.tg.polling import Complaints
from bot.words import Language, language

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Services:
    """The core, the memory, and who runs the bot."""

    responder: Responder
    library: Library
    store: Store
    thinker: Executor  # one thread: searching must not hold up the event loop
    operators: frozenset[int] = frozenset()
    pauses: tuple[float, ...] = (0.5, 1, 2, 4, 8, 16, 30)  # between attempts to reach Telegram
    album_wait: float = 1.0  # seconds in which all pictures of an album have arrived
    captioned: deque[str] = field(
        default_factory=lambda: deque(maxlen=1000)
    )  # albums, by their ids
    spoken: deque[int] = field(
        default_factory=lambda: deque(maxlen=1000)
    )  # updates to which something was said, by their ids
    complaints: Complaints = field(default_factory=lambda: Complaints(what="sending failed"))

    async def think(self, work: Callable[..., Result], *args: Any) -> Result:
        """Let the core work on something while other chats are served."""
        return await asyncio.get_running_loop().run_in_executor(self.thinker, work, *args)


class Context(CallbackContext["ExtBot[float]", dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """PTB's context, with the services, and of the update its number and its sender's language."""

    update_id: int = 0
    language: Language = "zh-hans"

    @classmethod
    def from_update(cls, update: object, application: Any) -> Context:
        """The context of an update, for its handlers and for its errors."""
        context = super().from_update(update, application)
        if isinstance(update, Update):
            user = update.effective_user
            context.update_id = update.update_id
            context.language = language(user.language_code if user else None)
        return context

    @property
    def services(self) -> Services:
        services: Services = self.bot_data["services"]
        return services


App: TypeAlias = Application[
    "ExtBot[float]", Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None
]
