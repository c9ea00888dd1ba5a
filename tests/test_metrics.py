"""What a monitor reads, read with Prometheus' own parser."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import (
    BUCKETS,
    OTHER,
    AnswerOutcome,
    Failure,
    Metrics,
    Sent,
    UpdateKind,
    UpdateOutcome,
)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(metrics: Metrics) -> Samples:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return read(metrics).get((name, frozenset(labels.items())))


@pytest.mark.parametrize(
    ("tell", "name", "labels"),
    [
        (
            lambda told: told.update("message", "done"),
            "fangtan_updates_total",
            {"kind": "message", "outcome": "done"},
        ),
        (lambda told: told.answered("none"), "fangtan_answers_total", {"outcome": "none"}),
        (lambda told: told.sent("edit"), "fangtan_sent_total", {"kind": "edit"}),
        (lambda told: told.failed("network"), "fangtan_failures_total", {"kind": "network"}),
        (lambda told: told.throttled(), "fangtan_throttled_total", {}),
    ],
)
def test_what_happens_is_counted_from_nought(
    tell: Callable[[Metrics], None], name: str, labels: dict[str, str]
) -> None:
    """A series that appeared with its first event would hide that event from rate()."""
    metrics = Metrics()
    assert value(metrics, name, **labels) == 0
    tell(metrics)
    tell(metrics)
    assert value(metrics, name, **labels) == 2


@pytest.mark.parametrize(
    ("tell", "name"),
    [
        (lambda told, s: told.latency(s, 0), "fangtan_answer_since_telegram_seconds"),
        (lambda told, s: told.latency(0, s), "fangtan_answer_since_arrival_seconds"),
        (lambda told, s: told.searched(s), "fangtan_search_seconds"),
    ],
)
def test_durations_from_a_millisecond_to_ten_minutes_are_told_apart(
    tell: Callable[[Metrics, float], None], name: str
) -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.004, 400.0, 4000.0):
        tell(metrics, seconds)
    below = {bucket: value(metrics, f"{name}_bucket", le=str(bucket)) for bucket in BUCKETS}
    assert (min(BUCKETS), max(BUCKETS)) == (0.001, 600.0)
    assert (below[0.001], below[0.0025], below[0.005], below[300.0]) == (1, 1, 2, 2)
    assert (below[600.0], value(metrics, f"{name}_count")) == (3, 4)
    assert value(metrics, f"{name}_sum") == pytest.approx(4400.0045)


def test_a_question_from_the_future_took_no_time() -> None:
    """Telegram's clock is ahead of ours."""
    metrics = Metrics()
    metrics.latency(-2.0, -0.1)
    for name in ("fangtan_answer_since_telegram_seconds", "fangtan_answer_since_arrival_seconds"):
        assert (value(metrics, f"{name}_sum"), value(metrics, f"{name}_count")) == (0, 1)


def test_the_inbox_is_as_it_was_last_seen() -> None:
    metrics = Metrics()
    metrics.inbox(7, 30.5)
    metrics.inbox(2, 0.5)
    assert value(metrics, "fangtan_inbox_updates") == 2
    assert value(metrics, "fangtan_inbox_oldest_seconds") == 0.5


def test_only_the_knowledge_that_is_served_is_told() -> None:
    metrics = Metrics()
    metrics.knowledge("old")
    metrics.knowledge("new")
    assert value(metrics, "fangtan_knowledge_info", version="new") == 1
    assert value(metrics, "fangtan_knowledge_info", version="old") is None


def test_what_is_in_no_set_is_other() -> None:
    metrics = Metrics()
    before = set(read(metrics))
    metrics.update("治庸有没有阻力", "done")
    metrics.update("poll_answer", "done")
    for unknown in ("123456789", "", 'x"} 1\nforged 1'):
        metrics.answered(unknown)  # type: ignore[arg-type]
        metrics.sent(unknown)  # type: ignore[arg-type]
        metrics.failed(unknown)  # type: ignore[arg-type]
    assert set(read(metrics)) == before
    assert value(metrics, "fangtan_updates_total", kind=OTHER, outcome="done") == 2
    assert value(metrics, "fangtan_answers_total", outcome=OTHER) == 3
    assert value(metrics, "fangtan_sent_total", kind=OTHER) == 3
    assert value(metrics, "fangtan_failures_total", kind=OTHER) == 3


def test_every_label_is_of_a_closed_set() -> None:
    sets = (UpdateKind, UpdateOutcome, AnswerOutcome, Sent, Failure)
    known = {OTHER, "v1", "+Inf", *map(str, BUCKETS)}.union(*map(get_args, sets))
    metrics = Metrics()
    metrics.knowledge("v1")
    assert {text for _, labels in read(metrics) for _, text in labels} <= known


def test_two_in_one_process_do_not_know_of_each_other() -> None:
    one, other = Metrics(), Metrics()
    one.throttled()
    assert (value(one, "fangtan_throttled_total"), value(other, "fangtan_throttled_total")) == (
        1,
        0,
    )


def test_when_a_series_was_made_is_not_told() -> None:
    assert [name for name, _ in read(Metrics()) if name.endswith("_created")] == []


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_process_is_measured_as_well() -> None:
    memory = value(Metrics(), "process_resident_memory_bytes")
    assert memory is not None
    assert memory > 0
