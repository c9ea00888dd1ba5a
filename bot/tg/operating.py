"""For those who run the bot: how it is, and new knowledge while it runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from telegram import Update

from bot import render
from bot.edition import Edition, Refused
from bot.reloading import Reloading
from bot.store import DAY, Entry, Unavailable
from bot.tg import sending
from bot.tg.incoming import heard
from bot.tg.messages import Letter
from bot.tg.polling import Hearing
from bot.tg.services import App, Context, Services, Shelf
from bot.words import Language
from bot.yaml_text import Fault

log = logging.getLogger(__name__)

_LOOK = 2.0  # seconds between two looks at the knowledge's files
_TOLD = 8  # faults that fit well into a message
# How updates end that were questions without an answer, and that went wrong.
_MISSES = ("choices", "none")
_ERRORS = ("error", "hopeless", "unreadable")


class Desk:
    """What an operator can ask for; a class because it remembers which faults were told.

    Of several replicas the one that `leads` tells them.
    """

    def __init__(
        self,
        application: App,
        services: Services,
        hearing: Hearing,
        reloading: Reloading,
        leads: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot, self._services, self._hearing = application.bot, services, hearing
        self._reloading, self._leads = reloading, leads
        self._clock, self._begun = clock, clock()
        self._reading, self._wished = asyncio.Lock(), asyncio.Event()
        self._told: tuple[Fault, ...] = ()
        application.bot_data["desk"] = self
        services.metrics.knowledge(services.shelf.edition.version)

    def wish(self) -> None:
        """Let whoever watches read the files at once."""
        self._wished.set()

    async def watch(self) -> None:
        """Take new knowledge into service whenever its files change, or at a wish; for ever."""
        while True:
            try:
                async with asyncio.timeout(_LOOK):
                    await self._wished.wait()
            except TimeoutError:
                await self._look(self._reloading.look)
            else:
                self._wished.clear()
                await self._look(self._reloading.at_once)

    async def reload(self, asker: int) -> Edition | Refused | None:
        """Read the files now; None where they say what is in service. Who asks is told what comes
        of it by whoever calls."""
        return await self._look(self._reloading.at_once, asker)

    async def _look(
        self, look: Callable[[], Edition | Refused | None], asker: int | None = None
    ) -> Edition | Refused | None:
        async with self._reading:
            found = await asyncio.to_thread(look)
            match found:
                case Edition():
                    self._serve(found)
                case Refused(faults):
                    self._log(faults)
                    await self._tell(found, asker)
            if self._reloading.refused is None:
                self._told = ()
        return found

    def _serve(self, edition: Edition) -> None:
        self._services.shelf = Shelf.of(edition)
        self._services.metrics.knowledge(edition.version)
        log.warning("knowledge %s is in service", edition.version)

    def _log(self, faults: tuple[Fault, ...]) -> None:
        self._services.metrics.failed("knowledge")
        for fault in faults:
            log.error("the knowledge stays as it was: %s", fault)

    async def _tell(self, refused: Refused, asker: int | None) -> None:
        """Tell the admins, unless they were told the same; it costs nobody an answer."""
        if refused.faults == self._told or not self._leads():
            return
        self._told = refused.faults
        text = Letter(_faults("refused_knowledge", refused.faults, "zh-hans")).text
        for admin in sorted(self._services.operators - {asker}):
            await sending.quietly(partial(self._bot.send_message, admin, text))

    async def status(self, language: Language, asked: Entry) -> Letter:
        """How the bot is, in a few lines; the update that asks for it is left out of account."""
        store = self._services.store
        try:
            waiting, ended = await store.waiting(besides=asked), await store.counted(DAY)
            last, size = await store.pause_before(asked), await store.size()
        except Unavailable:
            return Letter(render.ours("status_no_database", language))
        word, faults = self._faulty()
        head = render.ours(
            "status",
            language,
            version=_version(),
            knowledge=self._services.shelf.edition.version,
            exchanges=len(self._services.shelf.library.exchanges),
            uptime=_span(self._clock() - self._begun),
            heard=_span(self._hearing.silence),
            last=_span(last),
            queue=waiting.length,
            age=_span(waiting.age),
            answers=ended.get("answer", 0),
            misses=sum(ended.get(outcome, 0) for outcome in _MISSES),
            errors=sum(ended.get(outcome, 0) for outcome in _ERRORS),
            size=f"{size / 1e6:.1f}",
            faults=len(faults),
        )
        tail = (render.Run("\n"), *_faults(word, faults, language)) if faults else ()
        return Letter((*head, *tail))

    def _faulty(self) -> tuple[str, tuple[Fault, ...]]:
        """What is wrong with the files as they are now, and the words for what came of it."""
        if refused := self._reloading.refused:
            return "refused_knowledge", refused.faults
        return "faulty_knowledge", self._services.shelf.edition.faults


async def status(update: Update, context: Context) -> None:
    """Say how the bot is."""
    if message := update.message:
        question = heard(message)
        letter = await _desk(context).status(question.language, context.work.entry)
        if question.place.group:  # for BOT_CHATS and BOT_CURATORS
            here = render.ours("status_chat", question.language, chat=message.chat.id)
            letter = Letter((*letter.message, render.Run("\n"), *here))
        await sending.send(letter, question.place, context)


async def reload(update: Update, context: Context) -> None:
    """Read the knowledge anew, and say what came of it."""
    if message := update.message:
        question = heard(message)
        match await _desk(context).reload(question.speaker.person):
            case Edition(version=new):
                letter = Letter(render.ours("reloaded", question.language, version=new))
            case Refused(faults):
                letter = Letter(_faults("refused_knowledge", faults, question.language))
            case None:
                letter = Letter(render.ours("unchanged", question.language))
        await sending.send(letter, question.place, context)


async def catch_up(context: Context) -> tuple[Fault, ...]:
    """Let what is being handled go on with the knowledge as its files are now: another replica may
    have written them a moment ago. Why that cannot be, if they are unfit."""
    found = await _desk(context).reload(0)
    context.work.shelf = context.services.shelf
    return found.faults if isinstance(found, Refused) else ()


def _desk(context: Context) -> Desk:
    desk: Desk = context.bot_data["desk"]
    return desk


def _faults(word: str, faults: tuple[Fault, ...], language: Language) -> render.Message:
    lines = [render.shortened(str(fault), 300) for fault in faults[:_TOLD]]
    more = len(faults) - len(lines)
    said = render.ours(word, language, faults="\n".join(lines))
    return (*said, render.Run(f"\n+{more}")) if more else said


def _span(seconds: float) -> str:
    return str(timedelta(seconds=int(seconds))) if seconds != float("inf") else "–"


def _version() -> str:
    try:
        return version("fangtan")
    except PackageNotFoundError:
        return "?"
