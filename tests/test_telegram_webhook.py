"""Letting Telegram deliver, and noticing when it doesn't any more."""

from __future__ import annotations

import asyncio

import pytest
from telegram.ext import ExtBot

from bot.settings import Webhook
from bot.tg import webhook
from bot.tg.connection import Connection, TelegramClock
from bot.tg.limits import Pace
from bot.tg.polling import Hearing
from tests.telegram import TOKEN, HttpDoor, World
from tests.telegram.world import LONGEST_WAIT


async def test_a_server_that_cannot_tell_of_webhooks_is_heard_by_what_it_can_tell(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_LOOK", 0.0)
    monkeypatch.setattr(webhook, "_AGAIN", 0.0)
    world.fail("getWebhookInfo", 404, times=float("inf"))
    hearing = Hearing()
    hook = Webhook("https://bot.example.org/telegram")
    with HttpDoor(world) as door:
        request = Connection(TelegramClock())
        bot = ExtBot(TOKEN, f"{door.url}/bot", request=request, rate_limiter=Pace())
        subscription = webhook.Subscription(bot, hook, "secret", ["message"], hearing)
        task = asyncio.create_task(subscription.forever())
        async with asyncio.timeout(LONGEST_WAIT):
            while not world.called("getWebhookInfo"):
                await asyncio.sleep(0.005)
            hearing.last = None
            while not hearing.is_good:
                await asyncio.sleep(0.005)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await request.shutdown()
