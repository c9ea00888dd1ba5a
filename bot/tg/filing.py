"""What was not answered joins its case while the bot runs, one at a time, between answers."""

from __future__ import annotations

import asyncio

from bot.ledger import joining
from bot.respond import Responder
from bot.store import Unread
from bot.tg.services import Services

_LOOK = 5.0  # seconds between two looks for new misses
_AT_ONCE = 100
# Seconds between two readings: a year's misses, read for the first time, leave the processor to
# answers for half of the time.
_BREATH = 0.02


async def keep_filing(services: Services, leads: asyncio.Event) -> None:
    """Let misses join their cases, for as long as this replica leads."""
    while True:
        await leads.wait()
        if not await file(services):
            await asyncio.sleep(_LOOK)


async def file(services: Services) -> bool:
    """Let some misses join, if there are any: known wordings all together, of new ones each in a
    transaction of its own, so that no answer waits for more than one."""
    store, responder = services.store, services.shelf.edition.responder
    found = await store.unread(_AT_ONCE)
    new = joining.unknown(found, await store.known({miss.key for miss in found}))
    if old := [miss for miss in found if miss.key not in new]:
        await store.join(old, {}, joining.chooser(responder))
    for key in new:
        await _file_new([miss for miss in found if miss.key == key], services, responder)
    return bool(found)


async def _file_new(same: list[Unread], services: Services, responder: Responder) -> None:
    """Read a wording that is new, and let it join."""
    loop, key, text = asyncio.get_running_loop(), same[0].key, same[0].text
    reading = await loop.run_in_executor(services.thinker, joining.reading, text, responder)
    await services.store.join(same, {key: reading}, joining.chooser(responder))
    await asyncio.sleep(_BREATH)
