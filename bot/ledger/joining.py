"""Misses that have not joined a case are read, one by one, and join theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bot import cases
from bot.cases import Reading
from bot.respond import Responder
from bot.store import Choose, Ledger, Unread

log = logging.getLogger(__name__)

AT_ONCE = 200  # misses that join in one transaction


def catch_up(ledger: Ledger, responder: Responder, told: Callable[[int], object]) -> None:
    """Let every miss join its case, the oldest first; `told` hears how many more have."""
    while found := ledger.unread(AT_ONCE):
        new = unknown(found, ledger.known({miss.key for miss in found}))
        readings = {name: reading(text, responder) for name, text in new.items()}
        told(ledger.join(found, readings, chooser(responder)))


def unknown(found: Sequence[Unread], known: frozenset[str]) -> Mapping[str, str]:
    """The texts that have to be read, by their keys."""
    return {miss.key: miss.text for miss in reversed(found) if miss.key not in known}


def reading(text: str, responder: Responder) -> Reading:
    """What the search knows of a question; nothing, where the question is one that broke it."""
    try:
        return cases.read_miss(text, responder)
    except Exception:
        log.exception("a question could not be read for the ledger")
        return cases.unread(text)


def chooser(responder: Responder) -> Choose:
    """What finds the case of a question, by the knowledge in service."""
    return partial(cases.joined, index=responder.index)
