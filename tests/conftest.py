"""What the tests of the Telegram rim begin with: a world, a bot that lives in it, a person."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import Server
from tests.rim import Rim
from tests.telegram import FakeClock, Person, World

pytest.register_assert_rewrite("tests.scenes")  # so that a scene that fails says how

os.environ["PTB_TIMEDELTA"] = "1"  # as the bot sets it when it runs, lest RetryAfter warns

# No test depends on how fast the machine is: Hypothesis gives each example 0.2 s.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


_SHARED = "FANGTAN_TEST_RUN"  # names the folder of a run that its workers inherit


def pytest_configure(config: pytest.Config) -> None:
    """PostgreSQL runs as another user where root runs the tests, and pytest locks its folders
    against others whenever it starts."""
    if not hasattr(config, "workerinput"):
        os.environ[_SHARED] = tempfile.mkdtemp(prefix="fangtan-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[_SHARED], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _cache_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is built of the tests' folders goes when they go; all workers of a run share it."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["XDG_CACHE_HOME"] = str(run / "cache")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server(Path(os.environ[_SHARED]) / "postgres")
    yield server
    server.close()


@pytest.fixture
def on_postgres(postgres: Server) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bot.db"
    url: str = request.getfixturevalue("on_postgres")
    return url


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
