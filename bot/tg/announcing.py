"""When the curators' chat is written to unasked: new cards, broken promises, the day's digest."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from bot.settings import Hours
from bot.tg.services import Services

_LOOK = 20.0  # seconds between two looks, where nobody calls
_DIGEST = "digest"  # under which the day of the last one is noted


async def keep_announcing(services: Services, leads: asyncio.Event) -> None:
    """Let the curators hear what is new, for as long as this replica leads."""
    while services.curators is not None:
        await leads.wait()
        services.ordered.clear()
        await announce(services)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await services.ordered.wait()


async def announce(services: Services) -> None:
    """Begin the cards that are due, and the digest; see to what was promised. Not in hours that
    are quiet: what comes up then waits for their end."""
    curating, hours, now = services.store.curating, services.hours, services.now()
    if services.curators is None or hours.is_quiet(_minute(now)):
        return
    await curating.overdue()
    await curating.due(await curating.whereabouts(services.curators), hours.cards)
    noted = await curating.note(_DIGEST)
    day = last_digest(hours, now)
    if day != noted:
        if noted is not None or day == _day(now):  # else nobody has been waiting for it
            await curating.errand(_DIGEST, {"do": "digest"}, name=f"{_DIGEST} {day}")
        await curating.set_note(_DIGEST, day)


def last_digest(hours: Hours, now: float) -> str:
    """The day of the last digest that should have been sent by now, by the clock of the machine."""
    return _day(now if _minute(now) >= hours.digest else now - 24 * 60 * 60)


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def _minute(at: float) -> int:
    then = time.localtime(at)
    return 60 * then.tm_hour + then.tm_min
