"""What a monitor can ask about the bot: counts, durations and lengths in Prometheus' text format.

No label holds a text or an id: labels come from the closed sets below, and what is in none of them
counts as "other".
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any, Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    Metric,
    ProcessCollector,
    generate_latest,
)

UpdateKind = Literal[
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "guest_message",
    "my_chat_member",
    "errand",
]
UpdateOutcome = Literal["done", "failed", "expired", "refused", "unreadable"]
AnswerOutcome = Literal["answer", "choices", "none", "smalltalk"]
Sent = Literal["message", "edit", "deletion", "toast", "inline", "guest"]
Failure = Literal[
    "forbidden", "refused", "late", "timeout", "network", "polling", "database", "knowledge", "bug"
]
OTHER = "other"

# From a search without the encoder to an answer after a restart: 1 ms to 10 minutes.
BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)


class Metrics:
    """The counters of one bot; those of another in the same process are others."""

    def __init__(self) -> None:
        self._registry = _Registry()
        ProcessCollector(registry=self._registry)
        self._updates = self._tally(
            "updates", "Updates that came", kind=UpdateKind, outcome=UpdateOutcome
        )
        self._answers = self._tally("answers", "Questions replied to", outcome=AnswerOutcome)
        self._sent = self._tally("sent", "What Telegram took from us", kind=Sent)
        self._failures = self._tally("failures", "What went wrong", kind=Failure)
        self._throttled = self._tally("throttled", "Requests that Telegram refused with 429")
        self._from_telegram = self._duration(
            "answer_since_telegram", "From Telegram's date of a question, in whole seconds"
        )
        self._from_arrival = self._duration(
            "answer_since_arrival", "From a question's arrival to its answer on Telegram"
        )
        self._search = self._duration("search", "Of deciding what is replied")
        self._inbox = self._level("inbox_updates", "Updates that wait or are in work")
        self._age = self._level("inbox_oldest_seconds", "For how long the oldest of them waits")
        self._knowledge = Info(
            "fangtan_knowledge", "The knowledge that is served", registry=self._registry
        )

    def update(self, kind: str, outcome: UpdateOutcome) -> None:
        """An update of this kind, as Telegram calls it, is through."""
        self._updates.add(kind, outcome)

    def answered(self, outcome: AnswerOutcome) -> None:
        """A question was replied to."""
        self._answers.add(outcome)

    def latency(self, since_telegram: float, since_arrival: float) -> None:
        """An answer is on Telegram, so many seconds after the question was."""
        # Telegram's clock may be ahead of ours; a negative duration would make the sum go back.
        self._from_telegram.observe(max(0.0, since_telegram))
        self._from_arrival.observe(max(0.0, since_arrival))

    def searched(self, seconds: float) -> None:
        """It took so long to decide what is replied."""
        self._search.observe(seconds)

    def sent(self, kind: Sent) -> None:
        """Telegram took something from us."""
        self._sent.add(kind)

    def failed(self, kind: Failure) -> None:
        """Something went wrong that somebody may want to look into."""
        self._failures.add(kind)

    def throttled(self) -> None:
        """Telegram told us to slow down."""
        self._throttled.add()

    def inbox(self, length: int, age: float) -> None:
        """So many updates are not done yet, the oldest of them since so many seconds."""
        self._inbox.set(length)
        self._age.set(age)

    def knowledge(self, version: str) -> None:
        """This version of the knowledge is served from now on, and no other."""
        self._knowledge.info({"version": version})

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _tally(self, name: str, told: str, **labels: Any) -> _Tally:
        known = {label: get_args(values) for label, values in labels.items()}
        return _Tally(Counter(f"fangtan_{name}", told, known, registry=self._registry), known)

    def _duration(self, name: str, told: str) -> Histogram:
        return Histogram(f"fangtan_{name}_seconds", told, buckets=BUCKETS, registry=self._registry)

    def _level(self, name: str, told: str) -> Gauge:
        return Gauge(f"fangtan_{name}", told, registry=self._registry)


class _Tally:
    """A counter whose labels are all there from the first, at 0, and never become more."""

    def __init__(self, counter: Counter, known: dict[str, tuple[str, ...]]) -> None:
        self._counter, self._known = counter, [frozenset(values) for values in known.values()]
        for values in product(*((*values, OTHER) for values in known.values())) if known else ():
            counter.labels(*values)

    def add(self, *values: str) -> None:
        """One more with these values."""
        labels = [
            value if value in known else OTHER
            for value, known in zip(values, self._known, strict=True)
        ]
        (self._counter.labels(*labels) if labels else self._counter).inc()


class _Registry(CollectorRegistry):
    """A registry that doesn't tell when each counter was made: it would be half of the text."""

    def collect(self) -> Iterable[Metric]:
        for metric in super().collect():
            metric.samples = [each for each in metric.samples if not each.name.endswith("_created")]
            yield metric
