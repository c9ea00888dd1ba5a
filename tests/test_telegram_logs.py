"""Logs that may be shown to anybody."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.tg.logs import Discreet, JsonLines, Secrets
from tests.telegram import TOKEN

HALF = TOKEN.partition(":")[2]
Formatter = Callable[[Secrets], logging.Formatter]


@pytest.fixture
def written() -> Iterator[Callable[..., io.StringIO]]:
    """Let a logger of its own write into a string, in a given form and with given secrets."""
    log = logging.getLogger("bot.test_logs")
    log.propagate = False
    log.setLevel(logging.DEBUG)

    def to(form: Formatter, *secrets: str) -> io.StringIO:
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(form(Secrets(*secrets)))
        log.handlers = [handler]
        stream: io.StringIO = handler.stream
        return stream

    yield to
    log.handlers = []


LOG = logging.getLogger("bot.test_logs")


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("form", [Discreet, JsonLines])
def test_secrets_are_blotted_out_wherever_they_stand(
    written: Callable[..., io.StringIO], form: Formatter
) -> None:
    stream = written(form, TOKEN, HALF)
    try:
        raise ValueError(f"The token `{TOKEN}` was rejected")
    except ValueError:
        LOG.exception("POST https://api.telegram.org/bot%s/getMe", TOKEN.replace(":", "%3A"))
    LOG.info("%(url)s", {"url": f"bot{TOKEN}", "deep": ["x", {"y": HALF}]})
    assert HALF not in stream.getvalue()
    assert stream.getvalue().count("<secret>") >= 3


@pytest.mark.parametrize("form", [Discreet, JsonLines])
@pytest.mark.parametrize(
    "spelt",
    [
        'pa"QZ\\w/ö',
        json.dumps('pa"QZ\\w/ö'),
        json.dumps('pa"QZ\\w/ö').replace("/", "\\/"),
        repr('pa"QZ\\w/ö'),
        "postgresql://bot:pa%22QZ%5Cw%2F%C3%B6@db/bot",
    ],
)
def test_a_secret_is_known_in_every_spelling(
    written: Callable[..., io.StringIO], form: Formatter, spelt: str
) -> None:
    stream = written(form, 'pa"QZ\\w/ö')
    LOG.error("connecting with %s failed", spelt)
    assert "<secret>" in stream.getvalue()
    assert "QZ" not in stream.getvalue()


def test_json_is_one_object_a_line_with_the_time_in_utc(
    written: Callable[..., io.StringIO],
) -> None:
    stream = written(JsonLines)
    record = logging.LogRecord("bot", logging.WARNING, "", 1, "two\nlines\u2028三", (), None)
    record.created = 1_786_000_000.25
    LOG.handle(record)
    assert stream.getvalue().isascii()
    assert objects(stream) == [
        {
            "time": "2026-08-06T07:06:40.250Z",
            "level": "WARNING",
            "logger": "bot",
            "message": "two\nlines\u2028三",
        }
    ]


def test_the_values_of_a_line_are_fields_of_their_own(written: Callable[..., io.StringIO]) -> None:
    stream = written(JsonLines)
    LOG.info(
        "outcome=%(outcome)s score=%(score).2f",
        {"outcome": "answer", "score": 0.5, "ms": 7, "id": None, "path": Path("x"), "level": "no"},
    )
    found = objects(stream)[0]
    assert found["message"] == "outcome=answer score=0.50"
    assert found["level"] == "INFO", "a field of one's own replaced it"
    own = {name: found[name] for name in ("outcome", "score", "ms", "id", "path")}
    assert own == {"outcome": "answer", "score": 0.5, "ms": 7, "id": None, "path": "x"}


def test_a_traceback_is_one_field(written: Callable[..., io.StringIO]) -> None:
    stream = written(JsonLines)
    try:
        raise KeyError("gone")
    except KeyError:
        LOG.exception("it went wrong", stack_info=True)
    LOG.info("all is well")
    wrong, well = objects(stream)
    assert wrong["message"] == "it went wrong"
    assert "KeyError: 'gone'" in wrong["traceback"] and "Stack (most recent" in wrong["traceback"]
    assert "traceback" not in well


PROGRAM = """
import logging, sys, warnings
from bot.tg import logs
logs.set_up("DEBUG", sys.argv[1], "s3cret")
logging.getLogger("bot.x").debug("ours, with s3cret")
logging.getLogger("httpx").info("theirs: what people wrote")
logging.getLogger("httpx").warning("theirs, with s3cret")
warnings.warn("of Python, with s3cret")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_logs_ours_from_the_level_on_and_theirs_from_warnings_on(form: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True
    )
    assert ran.stdout == ""
    assert "ours, with <secret>" in ran.stderr and "theirs, with <secret>" in ran.stderr
    assert "of Python, with <secret>" in ran.stderr
    assert "what people wrote" not in ran.stderr and "s3cret" not in ran.stderr
    if form == "json":
        lines = [json.loads(line) for line in ran.stderr.splitlines()]
        assert [line["logger"] for line in lines] == ["bot.x", "httpx", "py.warnings"]
