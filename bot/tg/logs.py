"""Logs that may be shown to anybody: no token, nothing that people wrote."""

from __future__ import annotations

import logging


class Discreet(logging.Formatter):
    """A formatter that blots out secrets wherever they stand, tracebacks included."""

    def __init__(self, *secrets: str | None) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        given = {secret for secret in secrets if secret}
        halves = {secret.partition(":")[2] for secret in given if ":" in secret}
        escaped = {secret.replace(":", "%3A") for secret in given}
        self._secrets = sorted(given | halves | escaped, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, with the secrets replaced."""
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "<secret>")
        return line


def set_up(level: str, *secrets: str | None) -> None:
    """Log to stderr: ourselves from a level on, other people's libraries from WARNING on, for
    below that they write out requests and updates, and so what people wrote."""
    handler = logging.StreamHandler()
    handler.setFormatter(Discreet(*secrets))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    ours = logging.getLogger("bot")
    ours.setLevel(level)
    logging.getLogger().setLevel(max(logging.WARNING, ours.level))
