"""Updates of one chat are handled one after the other, those of different chats side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Hashable
from contextvars import ContextVar
from typing import Any
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor

# Waiting costs nothing, and a chat's backlog must not take places that others need: what is
# bounded is the number of open requests, in `limits`.
_UNBOUNDED = 1_000_000

_ARRIVED: ContextVar[float] = ContextVar("arrived")


def arrived() -> float:
    """When the update that is being handled came in, by `time.monotonic`."""
    return _ARRIVED.get(time.monotonic())


class PerChat(BaseUpdateProcessor):
    """A queue per chat, by a lock per chat: asyncio's locks are fair, and go when none waits."""

    def __init__(self) -> None:
        super().__init__(_UNBOUNDED)
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's earlier updates, then let this one be handled."""
        _ARRIVED.set(time.monotonic())
        key = _queue(update)
        lock = self._locks.get(key) if key else None
        if lock is None:
            lock = asyncio.Lock()
            if key:
                self._locks[key] = lock
        async with lock:
            await coroutine

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go."""


def _queue(update: object) -> Hashable | None:
    """The chat, but for presses nothing: a button must not spin while an answer, or what another
    press leads to, waits its turn. `Pace` keeps what they send in order."""
    if not isinstance(update, Update) or update.callback_query or not update.effective_chat:
        return None
    return update.effective_chat.id
