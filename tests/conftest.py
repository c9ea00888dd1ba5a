"""What the tests of the Telegram rim begin with: a world, a bot that lives in it, a person."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.rim import Rim
from tests.telegram import FakeClock, Person, World

os.environ["PTB_TIMEDELTA"] = "1"  # as the bot sets it when it runs, lest RetryAfter warns


# Hypothesis has a deadline of 0.2 s for each example, which a busy machine exceeds.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# No test depends on how fast the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


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
