"""What those who run the bot can ask of it, and who is told of faults."""

from __future__ import annotations

from pathlib import Path

from bot.edition import Edition
from bot.reloading import Reloading
from bot.tg.operating import Desk
from bot.tg.polling import Hearing
from tests.bookshop import KNOWLEDGE, RESPONDER
from tests.rim import Rim
from tests.telegram import FakeClock, World


def test_a_fault_that_an_admin_finds_by_reloading_is_told_to_each_admin_once(
    tmp_path: Path,
) -> None:
    world = World(clock=FakeClock())
    asks, other = world.user("Asks"), world.user("Other")
    (tmp_path / "torn.yaml").write_text("id: torn\nexch", "utf-8")
    served = Edition(KNOWLEDGE, RESPONDER, (), "rim")
    with Rim(world, operators=frozenset({asks.id, other.id})) as bot:
        Desk(bot.application, bot.services, Hearing(), Reloading(tmp_path, None, served))
        other.says(world.private(other), "/start")
        asks.says(world.private(asks), "/reload")
        bot.catches_up()
        for admin in (asks, other):
            [told] = [one.text for one in bot.shown(admin) if "torn.yaml:" in one.text]
            assert "仍用原来的" in told
