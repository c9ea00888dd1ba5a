"""What it means when a call to Telegram fails, and the one line that the log gets of it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

log = logging.getLogger(__name__)

AGAIN = 60.0  # seconds until the same trouble is logged a second time


class Meaning(Enum):
    """What is to be thought of a call that failed."""

    REFUSED = "Telegram will not have it, now or later"
    WAIT = "Telegram will take it after a while that it named"
    NEVER_ARRIVED = "it was certainly not carried out"
    UNCERTAIN = "it may have been carried out"


# Statuses that python-telegram-bot turns into errors of their own where Telegram's JSON has them.
_UNDERSTOOD = (400, 401, 403, 404, 409, 429)
# Nobody took the request up: 408 not read to its end, 429 too much to do, 521 to 523 what
# Cloudflare says of a server that it cannot reach. A proxy's page with 502 to 504 may say that as
# well, or that the server died over the request or did not answer in time, and nobody can tell
# which. Telegram's own 500 to 503 is its word that it failed.
_NOT_TAKEN_UP = (408, 429, 521, 522, 523)
_FAILED = (500, 502, 503)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Failed(NetworkError):
    """An answer that does not say what became of the call: an error of the Bot API server, or a
    page of something that stands before it."""

    __slots__ = ("page", "status")

    def __init__(self, status: int, page: bool) -> None:
        super().__init__(f"{status} from {'a proxy' if page else 'the Bot API server'}")
        self.status, self.page = status, page


def checked(status: int, body: bytes) -> tuple[int, bytes]:
    """The answer, if python-telegram-bot can tell what it means."""
    if not 200 <= status <= 299:
        page = parsed(body) is None
        if page or status not in _UNDERSTOOD:
            raise Failed(status, page)
    return status, body


def parsed(body: bytes) -> dict[str, Any] | None:
    """A body as a JSON object; None where it is none. Texts may hold half characters."""
    try:
        value = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def meaning(error: TelegramError) -> Meaning:
    """What became of a call that ended so."""
    match error:
        case RetryAfter():
            return Meaning.WAIT
        case BadRequest() | Forbidden() | InvalidToken() | ChatMigrated() | Conflict():
            return Meaning.REFUSED
        case Failed():
            return _of_status(error.status, error.page)
        case NetworkError():
            # Without a cause it is a 429 that names no time: Telegram's own word.
            said = error.__cause__ is None and not isinstance(error, TimedOut)
            never = said or isinstance(error.__cause__, _NEVER_SENT)
            return Meaning.NEVER_ARRIVED if never else Meaning.UNCERTAIN
    return Meaning.UNCERTAIN


def _of_status(status: int, page: bool) -> Meaning:
    """A redirection leads to a captive portal; a page with 500 may come from anywhere."""
    told = status in _FAILED and not page
    if status in _NOT_TAKEN_UP or 300 <= status <= 399 or told:
        return Meaning.NEVER_ARRIVED
    if 400 <= status <= 499 or status == 501:
        return Meaning.REFUSED
    return Meaning.UNCERTAIN


def described(error: TelegramError) -> str:
    """The error in a few words for the log: the texts of httpx's may hold the address, and in it
    the token, so that of those there is only the name."""
    cause = error.__cause__
    return str(error) if cause is None else type(cause).__name__


class Complaints:
    """Trouble on the way to Telegram, logged when it is new and then once a minute."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, what: str = "polling failed"
    ) -> None:
        self._clock, self._what = clock, what
        self._said: dict[str, float] = {}

    def hear(self, error: TelegramError, then: str = "still trying") -> None:
        """Log the error and what is done about it, unless the same was logged just now."""
        now = self._clock()
        trouble = f"{then}: {'429' if isinstance(error, RetryAfter) else described(error)}"
        self._said = {said: at for said, at in self._said.items() if now - at < AGAIN}
        if trouble in self._said:
            return
        self._said[trouble] = now
        if isinstance(error, Conflict):
            log.warning("another process polls with this token; %s", trouble)
        else:
            log.warning("%s; %s", self._what, trouble)
