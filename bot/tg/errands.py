"""What the bot does of its own accord, by the word that an errand carries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.tg import lessons, orders, posting
from bot.tg.services import Context

log = logging.getLogger(__name__)

_DOES: Mapping[str, Callable[[Mapping[str, Any], Context], Awaitable[None]]] = {
    "tell": orders.tell,
    "card": posting.draw,
    "remind": posting.remind,
    "digest": posting.digest,
    "adrift": posting.adrift,
    "teach": lessons.teach,
    "unteach": lessons.unteach,
    "weigh": lessons.weigh,
    "draft": lessons.draft,
}


async def run(what: Mapping[str, Any], context: Context) -> None:
    """Do it; what is no word of today's is logged and left."""
    does = _DOES.get(what.get("do", ""))
    if does is None:
        log.error("an errand that nobody knows: %s", what.get("do"))
        return
    await does(what, context)
