"""Noticing that nothing is fetched any more, and complaining no more than needed."""

from __future__ import annotations

import asyncio
import json

import pytest
from telegram.error import Conflict, NetworkError

from bot.tg.polling import AGAIN, PATIENCE, Complaints, Heartbeat, watch
from tests.telegram import FakeClock


def test_a_heart_that_has_not_beaten_for_long_is_trouble() -> None:
    clock = FakeClock()
    heart = Heartbeat(clock)
    assert heart.trouble() is None
    clock.advance(PATIENCE + 1)
    assert heart.trouble() == f"nothing was polled for {PATIENCE + 1:.0f} s"
    heart.beat()
    assert heart.trouble() is None


def test_the_watch_ends_with_the_reason_or_when_told_to_stop() -> None:
    async def watched(silence: float) -> str | None:
        clock, stop = FakeClock(), asyncio.Event()
        asyncio.get_running_loop().call_later(0.02, clock.advance, silence)
        asyncio.get_running_loop().call_later(0.1, stop.set)
        return await watch(Heartbeat(clock), stop, every=0.01)

    assert asyncio.run(watched(PATIENCE + 1)) is not None
    assert asyncio.run(watched(1)) is None


def test_an_update_that_cannot_be_read_is_emptied_and_the_others_are_kept() -> None:
    good = {"update_id": 2, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "x"}}}
    result = [{"update_id": 1, "message": {"message_id": 1}}, good]
    read = Heartbeat.parse_json_payload(json.dumps({"ok": True, "result": result}).encode())
    assert read["result"] == [{"update_id": 1}, good]


def test_the_same_trouble_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    complaints = Complaints(clock)
    for _ in range(10):
        complaints.hear(Conflict("terminated by other getUpdates request"))
    complaints.hear(NetworkError("away"))
    assert len(caplog.messages) == 2
    clock.advance(AGAIN)
    complaints.hear(Conflict("terminated by other getUpdates request"))
    assert len(caplog.messages) == 3
