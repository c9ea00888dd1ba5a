"""What a benchmark's line says."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """How long something took, and the yardstick beside it, in milliseconds."""

    median: float
    late: float  # the 95th percentile
    yardstick: float

    @property
    def ratio(self) -> float:
        return self.median / self.yardstick
