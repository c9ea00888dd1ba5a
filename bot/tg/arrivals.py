"""An update as it comes in, before anybody has looked whether it makes sense. Pure.

What is read here may be anything that is JSON: a poisonous update must find its way into the inbox
and out of it like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from bot.store import Arrival

Json: TypeAlias = dict[str, Any]

# These belong to no chat's order: a button must not spin while an answer waits its turn, or what
# another press led to. But one who presses a thousand times takes no more than so many places.
_LANES = 8
_BY_PERSON = {
    "callback_query": "press",
    "inline_query": "inline",
    "chosen_inline_result": "chosen",
    "guest_message": "guest",
}
KINDS = (
    "message",
    "edited_message",
    "my_chat_member",
    *_BY_PERSON,
)
OTHER = "other"
_NO_ID = 2**63  # what no column holds
_SEPARATORS = (",", ":")


def arrival(update: Mapping[str, Any], bot: int) -> Arrival:
    """What the inbox needs to know of an update."""
    number = _number(update.get("update_id"))
    payload = _written(update, number)
    kind = next((kind for kind in KINDS if kind in update), OTHER)
    return Arrival(_key(bot, number, payload), _queue(kind, update, number), kind, payload)


def dated(kind: str, update: Mapping[str, Any]) -> float | None:
    """When, by Telegram's clock, that was written which the update tells of; presses and inline
    queries have no date."""
    body = update.get(kind)
    if not isinstance(body, Mapping):
        return None
    date = body.get("edit_date", body.get("date"))
    return float(date) if isinstance(date, int | float) and kind != "callback_query" else None


def _number(value: object) -> int | None:
    """An id, if it is one: Telegram's have at most 52 bits."""
    return value if isinstance(value, int) and abs(value) < _NO_ID else None


def _written(update: Mapping[str, Any], number: int | None) -> str:
    try:
        return json.dumps(update, separators=_SEPARATORS, sort_keys=True)
    except RecursionError:  # nested too deep to be written, though not to be read
        return json.dumps({"update_id": number})


def _key(bot: int, number: int | None, payload: str) -> str:
    """What tells an update from every other: Telegram starts its ids anew after a quiet week."""
    return hashlib.sha256(f"{bot} {number} {payload}".encode()).hexdigest()


def _queue(kind: str, update: Mapping[str, Any], number: int | None) -> str:
    body = update.get(kind)
    who = "from" if kind in _BY_PERSON else "chat"
    owner = body.get(who) if isinstance(body, Mapping) else None
    id_ = _number(owner.get("id")) if isinstance(owner, Mapping) else None
    if id_ is None:
        return f"{OTHER} {number}"
    if kind not in _BY_PERSON:
        return str(id_)
    return f"{_BY_PERSON[kind]} {id_} {(number or 0) % _LANES}"
