"""What the tests of the Telegram rim begin with: a world, a bot that lives in it, a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rim import Rim
from tests.telegram import FakeClock, Person, World


@pytest.fixture
def world() -> World:
    """On a clock that stands still: nothing gets too old because the machine is busy."""
    return World(clock=FakeClock())


@pytest.fixture
def bot(world: World) -> Iterator[Rim]:
    with Rim(world) as rim:
        yield rim


@pytest.fixture
def alice(world: World) -> Person:
    return world.user("Alice")
