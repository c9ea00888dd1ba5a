"""What the bot has to do of its own accord: rows of the inbox, written in the transaction that
makes them necessary, and so done once, by whichever replica, whatever dies in between."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from bot.store import inbox
from bot.store.inbox import Arrival

ERRAND = "errand"  # the kind of such a row


def put(
    db: Connection, queue: str, what: Mapping[str, Any], now: float, name: str | None = None
) -> None:
    """Write an errand down, behind those of its queue; of those with one name the first stays."""
    key = name or uuid.uuid4().hex
    payload = json.dumps(what, ensure_ascii=False, sort_keys=True)
    inbox.put(db, [Arrival(f"{ERRAND} {key}", f"{ERRAND} {queue}", ERRAND, payload)], now)
    inbox.call_others(db)


def redraw(db: Connection, case: int, now: float) -> None:
    """Let the card of a case show how it stands."""
    put(db, f"card {case}", {"do": "card", "case": case}, now)
