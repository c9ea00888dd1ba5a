"""For those who run the bot: how it is, and new knowledge while it runs."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from telegram import Update

from bot import render
from bot.edition import Edition, Refused
from bot.reloading import Reloading
from bot.store import DAY, Unavailable
from bot.tg import sending
from bot.tg.incoming import heard
from bot.tg.messages import Letter
from bot.tg.polling import Hearing
from bot.tg.services import App, Context, Services, Shelf
from bot.words import Language

log = logging.getLogger(__name__)

_LOOK = 2.0  # seconds between two looks at the knowledge's files
_TOLD = 8  # faults that fit well into a message
_MISSES = ("choices", "none", "error")


class Desk:
    """What an operator can ask for; a class because it remembers what was refused last."""

    def __init__(
        self, application: App, services: Services, hearing: Hearing, reloading: Reloading
    ) -> None:
        self._bot, self._services, self._hearing = application.bot, services, hearing
        self._reloading = reloading
        self._begun = time.monotonic()
        self._reading = asyncio.Lock()
        application.bot_data["desk"] = self
        services.metrics.knowledge(services.shelf.edition.version)

    async def watch(self) -> None:
        """Take new knowledge into service whenever its files change, or at SIGHUP; for ever."""
        wished = asyncio.Event()
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, wished.set)
        while True:
            try:
                async with asyncio.timeout(_LOOK):
                    await wished.wait()
            except TimeoutError:
                await self._look(at_once=False)
            else:
                wished.clear()
                await self._look(at_once=True)

    async def reload(self, wisher: int) -> Edition | Refused | None:
        """Read the files now; None where they say what is in service. Faults are told to all admins
        but the one who wishes it, who gets the result."""
        return await self._look(at_once=True, wisher=wisher)

    async def _look(self, at_once: bool, wisher: int | None = None) -> Edition | Refused | None:
        async with self._reading:
            look = self._reloading.at_once if at_once else self._reloading.look
            found = await asyncio.to_thread(look)
            match found:
                case Edition():
                    self._serve(found)
                case Refused():
                    await self._tell(found, self._services.operators - {wisher})
        return found

    def _serve(self, edition: Edition) -> None:
        self._services.shelf = Shelf.of(edition)
        self._services.metrics.knowledge(edition.version)
        log.warning("knowledge %s is in service", edition.version)

    async def _tell(self, refused: Refused, admins: Collection[int]) -> None:
        """A fault goes to the log and to the admins; it costs nobody an answer."""
        self._services.metrics.failed("knowledge")
        for fault in refused.faults:
            log.error("the knowledge stays as it was: %s", fault)
        text = Letter(_faults(refused, "zh-hans")).text
        for admin in sorted(admins):
            await sending.quietly(partial(self._bot.send_message, admin, text))

    async def status(self, language: Language) -> Letter:
        """How the bot is, in a few lines."""
        store = self._services.store
        try:
            waiting, ended, size = (
                await store.waiting(),
                await store.counted(DAY),
                await store.size(),
            )
        except Unavailable:
            return Letter(render.ours("status_no_database", language))
        silence = self._hearing.silence
        refused = self._reloading.refused
        faults = _faults(refused, language) if refused else ()
        head = render.ours(
            "status",
            language,
            version=_version(),
            knowledge=self._services.shelf.edition.version,
            exchanges=len(self._services.shelf.library.exchanges),
            uptime=_span(time.monotonic() - self._begun),
            heard=_span(silence),
            queue=waiting.length,
            age=_span(waiting.age),
            answers=ended.get("answer", 0),
            misses=sum(ended.get(outcome, 0) for outcome in _MISSES),
            size=f"{size / 1e6:.1f}",
            faults=len(refused.faults) if refused else 0,
        )
        return Letter((*head, *((render.Run("\n"), *faults) if faults else ())))


async def status(update: Update, context: Context) -> None:
    """Say how the bot is."""
    if message := update.message:
        question = heard(message)
        await sending.send(await _desk(context).status(question.language), question.place, context)


async def reload(update: Update, context: Context) -> None:
    """Read the knowledge anew, and say what came of it."""
    if message := update.message:
        question = heard(message)
        match await _desk(context).reload(question.speaker.person):
            case Edition(version=new):
                letter = Letter(render.ours("reloaded", question.language, version=new))
            case Refused() as refused:
                letter = Letter(_faults(refused, question.language))
            case None:
                letter = Letter(render.ours("unchanged", question.language))
        await sending.send(letter, question.place, context)


def _desk(context: Context) -> Desk:
    desk: Desk = context.bot_data["desk"]
    return desk


def _faults(refused: Refused, language: Language) -> render.Message:
    lines = [render.shortened(str(fault), 300) for fault in refused.faults[:_TOLD]]
    more = len(refused.faults) - len(lines)
    said = render.ours("refused_knowledge", language, faults="\n".join(lines))
    return (*said, render.Run(f"\n+{more}")) if more else said


def _span(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds))) if seconds != float("inf") else "–"


def _version() -> str:
    try:
        return version("fangtan")
    except PackageNotFoundError:
        return "?"
