"""Noticing that nothing is fetched any more, and complaining no more than needed."""

from __future__ import annotations

import asyncio
import json

import pytest
from telegram.error import Conflict, NetworkError
from telegram.request import HTTPXRequest

from bot.tg.polling import AGAIN, PATIENCE, Complaints, Heartbeat, watch
from tests.telegram import FakeClock
from tests.telegram.world import LONGEST_WAIT


def test_a_heart_that_has_not_beaten_for_long_is_trouble() -> None:
    clock = FakeClock()
    heart = Heartbeat(clock)
    assert heart.trouble() is None
    clock.advance(PATIENCE + 1)
    assert heart.trouble() == f"nothing was polled for {PATIENCE + 1:.0f} s"
    heart.beat()
    assert heart.trouble() is None


@pytest.mark.parametrize("status", [401, 404])
def test_a_refusal_is_trouble_at_once(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object) -> tuple[int, bytes]:
        return status, b"{}"

    monkeypatch.setattr(HTTPXRequest, "do_request", refused)
    heart = Heartbeat(FakeClock())
    assert asyncio.run(heart.do_request("url", "POST")) == (status, b"{}")
    assert f"({status})" in (heart.trouble() or "")


class Examined(Heartbeat):
    """A heart that knows when it was last looked at."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.looks = asyncio.Event()

    def trouble(self) -> str | None:
        self.looks.set()
        return super().trouble()


@pytest.mark.parametrize(("silence", "ends"), [(PATIENCE + 1, True), (PATIENCE - 1, False)])
async def test_the_watch_ends_with_the_reason_or_when_told_to_stop(
    silence: float, ends: bool
) -> None:
    clock, stop = FakeClock(), asyncio.Event()
    heart = Examined(clock)
    clock.advance(PATIENCE + 1)  # before the watch begins: nothing was to be polled yet
    watching = asyncio.create_task(watch(heart, stop, every=0.001))
    await asyncio.wait_for(heart.looks.wait(), LONGEST_WAIT)
    assert not watching.done()
    clock.advance(silence)
    heart.looks.clear()
    await asyncio.wait_for(heart.looks.wait(), LONGEST_WAIT)
    stop.set()
    assert (await asyncio.wait_for(watching, LONGEST_WAIT) is not None) is ends


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
