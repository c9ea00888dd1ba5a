"""The bot as a whole: its handlers in order, and its life from the first connection to the last."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

from telegram import LinkPreviewOptions, Update, User
from telegram.error import InvalidToken, NetworkError, RetryAfter
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    ChosenInlineResultHandler,
    CommandHandler,
    ContextTypes,
    Defaults,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import BaseRequest

from bot.reloading import Reloading
from bot.settings import NotConfigured, Settings
from bot.store import Store, Unavailable, Unopenable
from bot.tg import (
    announcing,
    buttons,
    commands,
    errors,
    filing,
    group_settings,
    groups,
    guard,
    inline,
    logs,
    membership,
    operating,
    orders,
    polling,
    private,
    profile,
    webhook,
)
from bot.tg.arrivals import Json
from bot.tg.connection import Connection, Polled, TelegramClock
from bot.tg.faults import Complaints
from bot.tg.front import Front, Hook, Ready
from bot.tg.limits import CONNECTIONS, Pace
from bot.tg.services import App, Context, Services, Shelf
from bot.tg.worker import Worker

log = logging.getLogger(__name__)

READ_TIMEOUT = 15.0
TIDY = 6 * 60 * 60.0  # seconds between two clearings of the database
GRACE = 4.0  # seconds for what is in work at the end; containers are killed after 10


def run(reloading: Reloading, settings: Settings) -> int:
    """Serve an edition and those that follow it until SIGTERM or SIGINT: 0; 1 if the bot died.
    Raises NotConfigured."""
    shown = webhook.secret(settings.webhook, settings.token) if settings.webhook else ""
    logs.set_up(settings.log_level, settings.log_format, *filter(None, (*settings.secrets, shown)))
    os.environ["PTB_TIMEDELTA"] = "1"
    try:
        store = Store(settings.database)
    except Unopenable as error:
        raise NotConfigured(str(error)) from None
    with ThreadPoolExecutor(1, "search") as thinker:
        try:
            return asyncio.run(_live(_Bot(reloading, settings, store, thinker)))
        except NotConfigured:
            raise
        except Exception:
            log.exception("the bot died")
            return 1
        finally:
            store.close()


def handlers(
    me: User, operators: frozenset[int]
) -> dict[int, Sequence[BaseHandler[Any, Context, Any]]]:
    """Of each group the first handler that fits runs; groups run from low to high."""
    said = filters.UpdateType.MESSAGE
    alone = said & filters.ChatType.PRIVATE
    in_group = said & filters.ChatType.GROUPS
    edited = filters.UpdateType.EDITED_MESSAGE
    edited_alone = edited & filters.ChatType.PRIVATE
    edited_in_group = edited & filters.ChatType.GROUPS
    text = filters.TEXT | filters.CAPTION
    here = alone | in_group
    as_guest = MessageHandler(filters.UpdateType.GUEST_MESSAGE, inline.summoned)
    return {
        -2: [TypeHandler(Update, guard.admit)],
        -1: [
            ChatMemberHandler(membership.changed, ChatMemberHandler.MY_CHAT_MEMBER),
            MessageHandler(said & filters.StatusUpdate.MIGRATE, membership.migrated),
        ],
        0: [
            *([as_guest] if me.supports_guest_queries else []),
            InlineQueryHandler(inline.typed),
            ChosenInlineResultHandler(inline.chosen),
            CallbackQueryHandler(buttons.pressed),
            MessageHandler(edited_alone & text, private.edited),
            MessageHandler(edited_in_group & text, groups.edited),
            CommandHandler("start", commands.start, here),
            CommandHandler("ask", commands.ask, here),
            CommandHandler("questions", commands.questions, here),
            CommandHandler("help", commands.help_, here),
            CommandHandler("about", commands.about, here),
            CommandHandler("privacy", commands.privacy, here),
            CommandHandler("forget", commands.forget, here),
            CommandHandler("myorders", orders.mine, here),
            CommandHandler("status", operating.status, here & filters.User(operators)),
            CommandHandler("reload", operating.reload, here & filters.User(operators)),
            CommandHandler("settings", group_settings.settings, here),
            CommandHandler("snooze", group_settings.snooze, here),
            CommandHandler("resume", group_settings.resume, here),
            MessageHandler(alone & filters.COMMAND, private.unknown_command),
            MessageHandler(alone & text, private.question),
            MessageHandler(
                alone & (filters.ATTACHMENT | filters.STORY | filters.CHECKLIST), private.hint
            ),
            MessageHandler(in_group & text, groups.overheard),
        ],
    }


def allowed_updates(me: User) -> list[str]:
    """The kinds of updates that there is a handler for."""
    guest = [Update.GUEST_MESSAGE] if me.supports_guest_queries else []
    return [
        Update.MESSAGE,
        Update.EDITED_MESSAGE,
        Update.CALLBACK_QUERY,
        Update.INLINE_QUERY,
        Update.CHOSEN_INLINE_RESULT,
        Update.MY_CHAT_MEMBER,
        *guest,
    ]


def build(
    services: Services,
    token: str,
    api_url: str,
    request: BaseRequest,
    polled: BaseRequest,
    pace: Pace | None = None,
) -> App:
    """The application without its handlers, which depend on what the bot is allowed to do."""
    application: App = (
        Application.builder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(request)
        .get_updates_request(polled)
        .rate_limiter(pace or Pace(metrics=services.metrics))
        .updater(None)
        .job_queue(None)
        .context_types(ContextTypes(context=Context))
        .defaults(
            Defaults(
                allow_sending_without_reply=True,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )
        .build()
    )
    application.bot_data["services"] = services
    application.add_error_handler(errors.happened)
    return application


async def begin(application: App) -> None:
    """Connect, and get to know oneself."""
    await application.initialize()
    services: Services = application.bot_data["services"]
    application.add_handlers(handlers(application.bot.bot, services.operators))


class _Bot:
    """The parts of a running bot, put together; a class because they all know each other."""

    def __init__(
        self,
        reloading: Reloading,
        settings: Settings,
        store: Store,
        thinker: ThreadPoolExecutor,
    ) -> None:
        clock = TelegramClock()
        self.settings = settings
        self.services = Services(
            Shelf.of(reloading.served),
            store,
            thinker,
            operators=settings.admins,
            chats=settings.chats,
            curators=settings.curators,
            hours=settings.hours,
            drafts=settings.drafts,
            folder=reloading.folder,
            secret=settings.token.encode(),
            now=clock,
        )
        self.polled = Polled(clock, read_timeout=2 * polling.POLL)
        request = Connection(
            clock,
            connections=CONNECTIONS,
            pool_timeout=READ_TIMEOUT,
            read_timeout=READ_TIMEOUT,
        )
        self.application = build(
            self.services, settings.token, settings.api_url, request, self.polled
        )
        self.worker = Worker(self.application, self.services)
        self.hearing = polling.Hearing()
        self.reloading = reloading
        self.desk = operating.Desk(
            self.application, self.services, self.hearing, reloading, self.worker.leads.is_set
        )
        self.begun = False

    async def take(self, update: Json) -> bool:
        """Write down what Telegram delivers; False where that cannot be done just now."""
        if not self.begun:
            return False
        self.hearing.beat()
        try:
            await self.worker.receive([update], patiently=False)
        except Unavailable:
            return False
        return True

    async def ready(self) -> Ready:
        """Whether what the bot cannot do without is there."""
        return Ready(True, await self.services.store.is_there(), self.hearing.is_good)

    async def measured(self) -> bytes:
        """The metrics, as of now."""
        with suppress(Unavailable):
            waiting = await self.services.store.waiting()
            self.services.metrics.inbox(waiting.length, waiting.age)
        return self.services.metrics.text()

    @property
    def front(self) -> Front | None:
        """What listens, if anything does."""
        settings, hook = self.settings, None
        if settings.listen is None:
            return None
        if settings.webhook:
            secret = webhook.secret(settings.webhook, settings.token)
            hook = Hook(settings.webhook.path, secret, self.take)
        return Front(settings.listen, hook, self.ready, self.measured)


async def _live(bot: _Bot) -> int:
    stop = _heed_signals(bot.desk)
    front = bot.front
    if front:
        await front.open()
    try:
        if not await _reach(bot.application, stop):
            return 0
        try:
            return await _serve(bot, stop)
        finally:
            await bot.application.shutdown()
    finally:
        if front:
            await front.close()


async def _reach(application: App, stop: asyncio.Event) -> bool:
    """Connect, however long it takes; False if told to stop before."""
    complaints = Complaints()
    for pause in chain((1.0, 2.0, 4.0, 8.0, 16.0), repeat(30.0)):
        try:
            await begin(application)
            return True
        except InvalidToken:
            raise NotConfigured(
                "TELEGRAM_BOT_TOKEN was refused by Telegram: set it to the token that @BotFather "
                "gave you."
            ) from None
        except (NetworkError, RetryAfter) as error:
            complaints.hear(error)
        if await polling.stopped(stop, pause):
            return False
    return False


async def _serve(bot: _Bot, stop: asyncio.Event) -> int:
    """Receive and answer until told to stop, or until Telegram is lost for good; what then is not
    done waits in the inbox."""
    bot.begun = True
    bot.hearing.beat()
    curated = bot.services.curators is not None
    chores = [
        asyncio.create_task(profile.introduce(bot.application.bot, curated)),
        asyncio.create_task(_keep_tidy(bot.services.store)),
        asyncio.create_task(bot.desk.watch()),
        asyncio.create_task(bot.worker.run()),
        asyncio.create_task(filing.keep_filing(bot.services, bot.worker.leads)),
        asyncio.create_task(announcing.keep_announcing(bot.services, bot.worker.leads)),
    ]
    reason: str | None = None
    try:
        reason = await _first((_listen(bot), *map(_ended, chores)), stop)
    finally:
        bot.begun = False
        bot.reloading.over.set()
        for chore in (*chores, *bot.services.errands):
            chore.cancel()
        await bot.worker.stop(GRACE)
    if reason:
        log.critical("stopping, so that a supervisor can start anew: %s", reason)
    return 1 if reason else 0


async def _listen(bot: _Bot) -> str:
    """Let updates into the inbox, for ever, or until there is a reason to end."""
    me, kinds = bot.application.bot, allowed_updates(bot.application.bot.bot)
    if hook := bot.settings.webhook:
        secret = webhook.secret(hook, bot.settings.token)
        return await webhook.Subscription(me, hook, secret, kinds, bot.hearing).forever()
    poll = polling.Poll(me, bot.polled.taken, bot.worker.receive, kinds, bot.hearing)
    return await poll.forever(bot.worker.leads)


async def _ended(chore: asyncio.Task[None]) -> str:
    """Wait for what should never end; raises what it ended with."""
    await chore
    await asyncio.Event().wait()
    return ""


async def _keep_tidy(store: Store) -> None:
    """Forget now, and then every few hours, what is no longer of use."""
    while True:
        await store.tidy()
        await asyncio.sleep(TIDY)


async def _first(works: Iterable[Coroutine[Any, Any, str]], stop: asyncio.Event) -> str | None:
    """Do all of it until told to stop, or until one ends: what it ended with."""
    tasks = [asyncio.create_task(work) for work in works]
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((*tasks, stopped), return_when=asyncio.FIRST_COMPLETED)
        return next((task.result() for task in tasks if task.done()), None)
    finally:
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.gather(*tasks, stopped, return_exceptions=True)


def _heed_signals(desk: operating.Desk) -> asyncio.Event:
    """Read the knowledge anew at SIGHUP; what is set when one is told to stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if hasattr(signal, "SIGHUP"):
        loop.add_signal_handler(signal.SIGHUP, desk.wish)
    return stop
