"""Letting Telegram deliver, and noticing when it doesn't any more."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.settings import Webhook
from bot.tg.faults import Complaints
from bot.tg.limits import Terms
from bot.tg.polling import Hearing

log = logging.getLogger(__name__)

_LOOK = 60.0  # seconds between two looks whether Telegram still delivers to us
_AGAIN = 5.0  # seconds until the next attempt after one that failed


def secret(hook: Webhook, token: str) -> str:
    """What Telegram is to show at each delivery: as it was set, else one that all replicas can
    make from the token, and nobody else."""
    made = hmac.new(token.encode(), b"webhook", hashlib.sha256).hexdigest()
    return hook.secret or made


@dataclass(slots=True)
class Subscription:
    """Telegram's promise to deliver here, renewed when something took it away."""

    bot: ExtBot[Terms]
    hook: Webhook
    secret: str
    kinds: Sequence[str]
    hearing: Hearing
    complaints: Complaints = field(default_factory=lambda: Complaints(what="webhook failed"))
    _tells: bool = True  # whether the server can say where it delivers

    async def forever(self) -> str:
        """Keep it up; end only where Telegram will never deliver: the reason."""
        step, pause = self._subscribe, 0.0
        while True:
            await asyncio.sleep(pause)
            try:
                await step()
            except TelegramError as error:
                if isinstance(error, InvalidToken) and await self._is_unknown():
                    return f"Telegram refused to deliver ({error}): is the token still valid?"
                self.complaints.hear(error)
                pause = _AGAIN
            else:
                step, pause = self._look if self._tells else self._subscribe, _LOOK

    async def _is_unknown(self) -> bool:
        """Whether Telegram does not know the token any more; a single call that is not found may
        be one that a Bot API server of somebody's own does not have."""
        try:
            await self.bot.get_me()
        except InvalidToken:
            return True
        except TelegramError:
            return False
        self.hearing.beat()
        return False

    async def _subscribe(self) -> None:
        await self.bot.set_webhook(
            self.hook.url, secret_token=self.secret, allowed_updates=self.kinds
        )
        self.hearing.beat()

    async def _look(self) -> None:
        """See whether Telegram still delivers to us, and set it right."""
        try:
            state = await self.bot.get_webhook_info()
        except InvalidToken:
            if await self._is_unknown():
                raise
            self._tells = False
            log.warning("this Bot API server has no getWebhookInfo: setting the webhook regularly")
            return await self._subscribe()
        self.hearing.beat()
        if state.url != self.hook.url:
            log.warning("somebody has taken the webhook away; setting it again")
            await self._subscribe()
        elif state.last_error_message and state.pending_update_count:
            log.warning(
                "Telegram could not deliver; %d updates wait there: %s",
                state.pending_update_count,
                state.last_error_message,
            )
