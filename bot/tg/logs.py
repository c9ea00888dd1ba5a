"""Logs that may be shown to anybody: no token, nothing that people wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


class Secrets:
    """Blots out secrets wherever they stand, also as a URL, JSON or Python spells them."""

    def __init__(self, *secrets: str) -> None:
        spelt = {form for secret in secrets for form in _spellings(secret)}
        self._forms = sorted(spelt, key=len, reverse=True)

    def blotted(self, text: str) -> str:
        """The text without the secrets."""
        for form in self._forms:
            text = text.replace(form, "<secret>")
        return text


def _spellings(secret: str) -> tuple[str, ...]:
    in_json = json.dumps(secret)[1:-1]
    return secret, quote(secret, safe=""), in_json, in_json.replace("/", r"\/"), repr(secret)[1:-1]


class Discreet(logging.Formatter):
    """A record as a line of text, with the traceback below it and without the secrets."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return self._secrets.blotted(super().format(record))


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line, without the secrets.

    The values of a record that was logged with a mapping, `log.info("ms=%(ms)d", {"ms": 7})`, are
    fields of their own. All is ASCII: whatever stream it goes to can write it.
    """

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        fixed: dict[str, object] = {
            "time": _rfc3339(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if traceback := self._traceback(record):
            fixed["traceback"] = traceback
        own = dict(record.args) if isinstance(record.args, Mapping) else {}
        fields = (
            fixed | own | fixed
        )  # in this order, and no field of one's own replaces a fixed one
        return json.dumps({name: self._plain(value) for name, value in fields.items()})

    def _traceback(self, record: logging.LogRecord) -> str:
        raised = self.formatException(record.exc_info) if record.exc_info else ""
        return "\n".join(filter(None, (raised, record.stack_info)))

    def _plain(self, value: object) -> str | int | float | None:
        if value is None or isinstance(value, int | float):
            return value
        return self._secrets.blotted(str(value))


def _rfc3339(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FORMATTERS = {"text": Discreet, "json": JsonLines}


def set_up(level: str, form: str, *secrets: str) -> None:
    """Log to stderr as text or JSON: ourselves from a level on, other people's libraries from
    WARNING on, for below that they write out requests and updates, and so what people wrote."""
    handler = logging.StreamHandler()
    handler.setFormatter(_FORMATTERS[form](Secrets(*secrets)))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    ours = logging.getLogger("bot")
    ours.setLevel(level)
    logging.getLogger().setLevel(max(logging.WARNING, ours.level))
