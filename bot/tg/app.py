"""The bot as a whole: its handlers in order, and its life from the first connection to the last."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Any

from telegram import LinkPreviewOptions, Update, User
from telegram.error import InvalidToken, NetworkError, RetryAfter
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    Defaults,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)
from telegram.request import BaseRequest

from bot.interview import Knowledge
from bot.respond import Responder
from bot.settings import NotConfigured, Settings, Webhook
from bot.store import Store, Unopenable
from bot.tg import (
    buttons,
    commands,
    errors,
    group_settings,
    groups,
    guard,
    inline,
    logs,
    membership,
    polling,
    private,
    profile,
)
from bot.tg.connection import Connection, Polled, TelegramClock
from bot.tg.faults import Complaints
from bot.tg.library import Library
from bot.tg.limits import CONNECTIONS, Pace
from bot.tg.services import App, Context, Services
from bot.tg.worker import Worker

log = logging.getLogger(__name__)

READ_TIMEOUT = 15.0
TIDY = 6 * 60 * 60.0  # seconds between two clearings of the database
GRACE = 4.0  # seconds for what is in work at the end; containers are killed after 10


def run(responder: Responder, knowledge: Knowledge, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT: 0; 1 if the bot died. Raises NotConfigured."""
    logs.set_up(settings.log_level, settings.log_format, *settings.secrets)
    os.environ["PTB_TIMEDELTA"] = "1"
    try:
        store = Store(settings.database)
    except Unopenable as error:
        raise NotConfigured(str(error)) from None
    clock = TelegramClock()
    with ThreadPoolExecutor(1, "search") as thinker:
        library = Library(knowledge)
        services = Services(responder, library, store, thinker, settings.admins, clock)
        try:
            return asyncio.run(_live(services, settings, clock))
        except NotConfigured:
            raise
        except Exception:
            log.exception("the bot died")
            return 1
        finally:
            store.close()


def handlers(me: User) -> dict[int, Sequence[BaseHandler[Any, Context, Any]]]:
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
            CallbackQueryHandler(buttons.pressed),
            MessageHandler(edited_alone & text, private.edited),
            MessageHandler(edited_in_group & text, groups.edited),
            CommandHandler("start", commands.start, here),
            CommandHandler("ask", commands.ask, here),
            CommandHandler("questions", commands.questions, here),
            CommandHandler("help", commands.help_, here),
            CommandHandler("about", commands.about, here),
            CommandHandler("privacy", commands.privacy, here),
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
        .rate_limiter(pace or Pace())
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
    application.add_handlers(handlers(application.bot.bot))


async def _live(services: Services, settings: Settings, clock: TelegramClock) -> int:
    request = Connection(
        clock,
        connection_pool_size=CONNECTIONS,
        pool_timeout=READ_TIMEOUT,
        read_timeout=READ_TIMEOUT,
    )
    polled = Polled(clock, read_timeout=2 * polling.POLL)
    application = build(services, settings.token, settings.api_url, request, polled)
    stop = _stop_on_signals()
    if not await _reach(application, stop):
        return 0
    try:
        return await _serve(application, services, polled, settings.webhook, stop)
    finally:
        await application.shutdown()


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


async def _serve(
    application: App,
    services: Services,
    polled: Polled,
    hook: Webhook | None,
    stop: asyncio.Event,
) -> int:
    """Receive and answer until told to stop, or until Telegram is lost for good; what then is not
    done waits in the inbox."""
    worker = Worker(application, services.store)
    chores = [
        asyncio.create_task(profile.introduce(application.bot)),
        asyncio.create_task(_keep_tidy(services.store)),
        asyncio.create_task(worker.run()),
    ]
    reason: str | None = None
    try:
        reason = await _either(_listen(application, worker, polled, hook), stop)
    finally:
        for chore in (*chores, *services.errands):
            chore.cancel()
        await worker.stop(GRACE)
    if reason:
        log.critical("stopping, so that a supervisor can start anew: %s", reason)
    return 1 if reason else 0


async def _listen(application: App, worker: Worker, polled: Polled, hook: Webhook | None) -> str:
    """Let updates into the inbox, for ever, or until there is a reason to end."""
    kinds = allowed_updates(application.bot.bot)
    assert hook is None
    poll = polling.Poll(application.bot, polled.taken, worker.receive, kinds, polling.Hearing())
    return await poll.forever(worker.leads)


async def _keep_tidy(store: Store) -> None:
    """Forget now, and then every few hours, what is no longer of use."""
    while True:
        await store.tidy()
        await asyncio.sleep(TIDY)


async def _either(work: Coroutine[Any, Any, str], stop: asyncio.Event) -> str | None:
    """Do the work until told to stop; what it ended with, if it did."""
    task, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait({task})
    return None


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop
