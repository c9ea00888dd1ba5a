"""Presses are answered at once, whatever else waits; what they lead to never waits for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from telegram import CallbackQuery, Chat, Message, Update, User
from telegram.error import RetryAfter

from bot.tg.limits import Pace, TooLate
from bot.tg.order import PerChat
from tests.telegram.world import LONGEST_WAIT

GROUP = Chat(-100, Chat.SUPERGROUP)
ALICE = User(1, "Alice", is_bot=False)


def message() -> Message:
    return Message(1, datetime(2026, 1, 1), GROUP, ALICE, text="治庸")


def press() -> Update:
    return Update(1, callback_query=CallbackQuery("1", ALICE, "1", message=message()))


async def nothing() -> None:
    """What takes no time."""


@pytest.mark.parametrize("busy", [press(), Update(2, message=message())], ids=["press", "message"])
async def test_a_press_waits_neither_for_a_message_nor_for_another_press(busy: Update) -> None:
    order, over = PerChat(), asyncio.Event()
    before = asyncio.create_task(order.do_process_update(busy, over.wait()))
    await asyncio.sleep(0)
    await asyncio.wait_for(order.do_process_update(press(), nothing()), LONGEST_WAIT)
    assert not before.done()
    over.set()
    await before


async def test_a_refused_edit_of_one_inline_message_holds_up_no_other() -> None:
    naps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        naps.put_nowait(seconds)
        await asyncio.Event().wait()

    pace = Pace(lambda: 0.0, sleep)

    async def refused() -> bool:
        raise RetryAfter(timedelta(seconds=30))

    async def done() -> bool:
        return True

    held = asyncio.create_task(_edit(pace, "A", refused))
    assert await asyncio.wait_for(naps.get(), LONGEST_WAIT) == 30.0
    assert await asyncio.wait_for(_edit(pace, "B", done), LONGEST_WAIT)
    assert not held.done()
    held.cancel()


async def test_what_would_come_too_late_is_not_sent() -> None:
    async def sleep(_: float) -> None:
        raise AssertionError("it waits")

    pace = Pace(lambda: 0.0, sleep)
    pace._held["A", True] = 21.0
    with pytest.raises(TooLate):
        await _edit(pace, "A", nothing, deadline=20.0)


async def _edit(
    pace: Pace, which: str, call: Callable[[], Awaitable[Any]], deadline: float | None = None
) -> Any:
    async def callback() -> Any:
        return await call()

    data = {"inline_message_id": which}
    return await pace.process_request(callback, (), {}, "editMessageText", data, deadline)
