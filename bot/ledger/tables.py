"""Cases as CSV and JSON, for other programs. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.store import Case, Change, Variant

Told = tuple[Case, tuple[Variant, ...], tuple[Change, ...]]
_TIMES = ("first", "last", "until", "changed", "at")
# What a spreadsheet would take for a formula, and carry out.
_COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def as_json(told: Iterable[Told]) -> str:
    """An array of cases with their wordings and their history; times in ISO 8601, UTC."""
    records = [
        _dated(case)
        | {"wordings": [_dated(v) for v in variants], "history": [_dated(h) for h in history]}
        for case, variants, history in told
    ]
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def as_csv(told: Iterable[Told]) -> str:
    """A row a case, its wordings in one cell, a line each."""
    written = io.StringIO()
    rows = [
        _dated(case) | {"wordings": "\n".join(f"{v.times}× {v.text}" for v in variants)}
        for case, variants, _ in told
    ]
    names = [*Case.__dataclass_fields__, "wordings"]
    writer = csv.DictWriter(written, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _tame(value) for name, value in row.items()} for row in rows)
    return written.getvalue()


def _dated(value: Case | Variant | Change) -> dict[str, Any]:
    return {name: _date(name, field) for name, field in asdict(value).items()}


def _date(name: str, value: Any) -> Any:
    if name in _TIMES and value is not None:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
    return value


def _tame(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_COMMANDS) else value
