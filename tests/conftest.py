"""What the tests of the Telegram rim begin with: a world, a bot that lives in it, a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.rim import Rim
from tests.telegram import Person, World

# No test depends on how fast the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def bot(world: World) -> Iterator[Rim]:
    with Rim(world) as rim:
        yield rim


@pytest.fixture
def alice(world: World) -> Person:
    return world.user("Alice")
