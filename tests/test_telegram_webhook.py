"""Having Telegram deliver: the promise is kept up, whatever takes it away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from telegram.ext import ExtBot

from bot.settings import Webhook
from bot.tg import webhook
from bot.tg.connection import Connection, TelegramClock
from bot.tg.limits import Pace
from bot.tg.polling import Hearing
from bot.tg.webhook import Subscription, secret
from tests.telegram import TOKEN, HttpDoor, World
from tests.telegram.world import LONGEST_WAIT

HOOK = Webhook("https://bot.example.org/telegram")
SECRET = "s3cret"


@pytest.fixture(autouse=True)
def _keen(monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again and again."""
    monkeypatch.setattr(webhook, "_LOOK", 0.01)
    monkeypatch.setattr(webhook, "_AGAIN", 0.01)


@asynccontextmanager
async def subscribes(world: World, token: str = TOKEN) -> AsyncIterator[Subscription]:
    """One who has a fake Telegram deliver, by real connections."""
    with HttpDoor(world) as door:
        request = Connection(TelegramClock())
        bot = ExtBot(token, f"{door.url}/bot", request=request, rate_limiter=Pace())
        try:
            yield Subscription(bot, HOOK, SECRET, ["message"], Hearing())
        finally:
            await request.shutdown()


@asynccontextmanager
async def kept_up(subscription: Subscription) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """It is kept up meanwhile; what waits until something is so."""
    task = asyncio.create_task(subscription.forever())

    async def until(happened: Callable[[], object]) -> None:
        while not happened():
            assert not task.done(), task.result()
            await asyncio.sleep(0.005)

    try:
        async with asyncio.timeout(LONGEST_WAIT):
            yield until
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ended(subscription: Subscription) -> str:
    return await asyncio.wait_for(subscription.forever(), LONGEST_WAIT)


def looks(world: World) -> int:
    return len(world.called("getWebhookInfo"))


async def test_telegram_is_told_where_to_deliver_what_and_how_to_show_that_it_is_telegram(
    world: World,
) -> None:
    async with subscribes(world) as subscription, kept_up(subscription) as until:
        assert not subscription.hearing.is_good
        await until(lambda: looks(world) > 2)
        assert (world.webhook.url, world.webhook.secret) == (HOOK.url, SECRET)
        assert world.allowed_updates == ("message",)
        assert subscription.hearing.is_good
    assert len(world.called("setWebhook")) == 1


@pytest.mark.parametrize("url", ["", "https://elsewhere.example.org"])
async def test_what_somebody_took_away_is_set_again(
    world: World, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    async with subscribes(world) as subscription, kept_up(subscription) as until:
        await until(lambda: looks(world))
        world.webhook = replace(world.webhook, url=url, secret="")
        await until(lambda: world.webhook.url == HOOK.url)
    assert world.webhook.secret == SECRET
    assert caplog.text.count("taken the webhook away") == 1


async def test_what_is_asked_and_answered_is_heard(world: World) -> None:
    async with subscribes(world) as subscription, kept_up(subscription) as until:
        await until(lambda: looks(world))
        subscription.hearing.last = None
        await until(lambda: subscription.hearing.is_good)


async def test_a_server_that_cannot_say_where_it_delivers_is_told_regularly(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.fail("getWebhookInfo", 404, times=float("inf"))
    async with subscribes(world) as subscription, kept_up(subscription) as until:
        await until(lambda: looks(world))
        await until(lambda: len(world.called("setWebhook")) > 2)
        subscription.hearing.last = None
        world.webhook = replace(world.webhook, url="")
        await until(lambda: world.webhook.url == HOOK.url)
        await until(lambda: subscription.hearing.is_good)
    assert looks(world) == 1
    [line] = caplog.messages
    assert "has no getWebhookInfo" in line


@pytest.mark.parametrize("token", [TOKEN[:-1] + "x", "nonsense"], ids=["401", "404"])
async def test_a_token_that_is_refused_ends_it_with_the_reason(world: World, token: str) -> None:
    async with subscribes(world, token) as subscription:
        reason = await asyncio.wait_for(subscription.forever(), LONGEST_WAIT)
    assert "token" in reason and token not in reason


async def test_a_token_that_is_taken_back_ends_it_too(world: World) -> None:
    async with subscribes(world) as subscription:
        async with kept_up(subscription) as until:
            await until(lambda: looks(world))
        world.fail("getWebhookInfo", 401)
        world.fail("getMe", 401, times=float("inf"))
        reason = await asyncio.wait_for(subscription.forever(), LONGEST_WAIT)
    assert "token" in reason


async def test_trouble_is_survived_and_said_sparsely(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.fail("setWebhook", 502, times=3)
    async with subscribes(world) as subscription, kept_up(subscription) as until:
        await until(lambda: looks(world))
        world.fail("getWebhookInfo", 500, times=3)
        await until(lambda: world.faults[1].times == 0)
        looked = looks(world)
        await until(lambda: looks(world) > looked)
    assert len([line for line in caplog.messages if "webhook failed" in line]) == 2


def test_without_a_secret_of_ones_own_all_replicas_make_the_same_from_the_token() -> None:
    assert secret(HOOK, TOKEN) == secret(HOOK, TOKEN) != secret(HOOK, TOKEN[:-1] + "x")
    assert len(secret(HOOK, TOKEN)) == 64
    assert TOKEN.partition(":")[2] not in secret(HOOK, TOKEN)
    assert secret(Webhook(HOOK.url, "own"), TOKEN) == "own"
