"""The environment, and a `.env` file, become settings; what is wrong becomes one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

API = "https://api.telegram.org"
OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://127.0.0.1:11434/v1"
DATABASE = "sqlite:///fangtan.db"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class NotConfigured(Exception):
    """What is missing or malformed, and what to set: one sentence that names the variable."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram delivers updates, and where we listen for them."""

    url: str
    host: str
    port: int
    secret: str | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The path of the URL, without its first slash."""
        return urlsplit(self.url).path.lstrip("/")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that `run` has to be told."""

    token: str = field(repr=False)
    api_url: str = API
    database: str = DATABASE
    admins: frozenset[int] = frozenset()
    log_level: str = "INFO"
    webhook: Webhook | None = None


def environment(process: Mapping[str, str], dotenv: Path = Path(".env")) -> dict[str, str]:
    """The variables of a `.env` file, where there is one, overruled by those of the process."""
    written = dotenv_values(dotenv, encoding="utf-8") if dotenv.is_file() else {}
    return {name: value for name, value in written.items() if value is not None} | dict(process)


def settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment; raises NotConfigured. An empty variable counts as unset."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    return Settings(
        token=_token(given),
        api_url=_url(given, "TELEGRAM_API_URL", API),
        database=_database(given),
        admins=_admins(given),
        log_level=_log_level(given),
        webhook=_webhook(given),
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks OpenAI's chat completions."""

    url: str
    key: str = field(default="", repr=False)


def endpoint(environment: Mapping[str, str]) -> Endpoint:
    """The server that the environment names; raises NotConfigured."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if "OPENAI_BASE_URL" not in given:
        raise NotConfigured(
            "OPENAI_BASE_URL is not set: set it to the URL of an OpenAI-compatible server, such "
            f"as {OPENAI} or {OLLAMA}, or name a command with --via."
        )
    key = given.get("OPENAI_API_KEY", "")
    if not re.fullmatch(r"[!-~]*", key):
        raise NotConfigured(
            "OPENAI_API_KEY is malformed: set it to the key that the server's operator gave you, "
            "or leave it out where the server wants none."
        )
    return Endpoint(_url(given, "OPENAI_BASE_URL", OPENAI), key)


def _token(given: Mapping[str, str]) -> str:
    token = given.get("TELEGRAM_BOT_TOKEN", "")
    if not token:
        raise NotConfigured(
            "TELEGRAM_BOT_TOKEN is not set: set it to the token that @BotFather gave you."
        )
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token):
        raise NotConfigured(
            "TELEGRAM_BOT_TOKEN is malformed: set it to the token that @BotFather gave you, "
            "digits, a colon, then letters and digits."
        )
    return token


def _url(given: Mapping[str, str], name: str, default: str) -> str:
    url = given.get(name, default).rstrip("/")
    if not _is_web_address(url):
        raise NotConfigured(
            f"{name} is malformed: set it to a URL such as {default}, or leave it out."
        )
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def _database(given: Mapping[str, str]) -> str:
    url = given.get("BOT_DATABASE", DATABASE)
    if not re.match(r"[a-z][a-z0-9_+]*://", url):
        raise NotConfigured(
            "BOT_DATABASE is malformed: set it to an SQLAlchemy URL such as "
            "sqlite:///fangtan.db, or leave it out."
        )
    return url


def _admins(given: Mapping[str, str]) -> frozenset[int]:
    ids = [item.strip() for item in given.get("BOT_ADMINS", "").split(",") if item.strip()]
    if not all(re.fullmatch(r"[0-9]{1,19}", item) for item in ids):
        raise NotConfigured(
            "BOT_ADMINS is malformed: set it to Telegram user ids, numbers with commas between "
            "them, such as 123456789,987654321."
        )
    return frozenset(map(int, ids))


def _log_level(given: Mapping[str, str]) -> str:
    level = given.get("BOT_LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        raise NotConfigured(f"BOT_LOG_LEVEL is malformed: set it to one of {', '.join(LEVELS)}.")
    return level


def _webhook(given: Mapping[str, str]) -> Webhook | None:
    host, port = _listen(given)
    secret = given.get("BOT_WEBHOOK_SECRET")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise NotConfigured(
            "BOT_WEBHOOK_SECRET is malformed: set it to 1 to 256 of the characters A-Z, a-z, 0-9, "
            "_ and -."
        )
    if "BOT_WEBHOOK_URL" not in given:
        return None
    url = _url(given, "BOT_WEBHOOK_URL", "https://bot.example.org/telegram")
    return Webhook(url, host, port, secret)


def _listen(given: Mapping[str, str]) -> tuple[str, int]:
    host, _, port = given.get("BOT_LISTEN", "127.0.0.1:8080").rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise NotConfigured("BOT_LISTEN is malformed: set it to host:port, such as 0.0.0.0:8080.")
    return host.strip("[]"), int(port)
