"""The environment, and a `.env` file, become settings; what is wrong becomes one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from dotenv import dotenv_values

API = "https://api.telegram.org"
OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://127.0.0.1:11434/v1"
DATABASE = "sqlite:///fangtan.db"
LISTEN = "127.0.0.1:8080"
CARDS = 5
DIGEST = "09:00"
QUIET = "22:00-08:00"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that we read, for the reference in README: cells of a Markdown table."""

    name: str
    meaning: str
    default: str
    example: str


REFERENCE = (
    Variable(
        "TELEGRAM_BOT_TOKEN",
        "the token that @BotFather gave you",
        "needed by `run`",
        "1234567890:AAH-from-BotFather",
    ),
    Variable(
        "TELEGRAM_API_URL",
        "root of a Bot API server, if not Telegram's own",
        f"`{API}`",
        "http://127.0.0.1:8081",
    ),
    Variable(
        "BOT_KNOWLEDGE",
        "folder of the knowledge files; `--knowledge` overrules it",
        "`knowledge/` where you start it, else the bundled one",
        "/etc/fangtan/knowledge",
    ),
    Variable(
        "BOT_DATABASE",
        "all that outlives a message: an SQLite file for one process, or PostgreSQL (extra "
        "`postgres`) for as many as you like; `postgresql+psycopg://` means the same",
        f"`{DATABASE}`",
        "postgresql://fangtan:PASSWORD@127.0.0.1/fangtan",
    ),
    Variable(
        "BOT_ADMINS",
        "Telegram user ids, comma-separated: admins in every group, who may `/status` and "
        "`/reload` and are told of faults",
        "nobody",
        "123456789,987654321",
    ),
    Variable(
        "BOT_CHATS",
        "ids of the only groups that it may be in, comma-separated; it leaves others with one "
        "sentence",
        "any group",
        "-1001234567890",
    ),
    Variable(
        "BOT_CURATORS",
        "id of the group that takes care of what was not answered; people may then ask for an "
        "answer (best a forum, with the bot as an admin who may manage topics)",
        "nobody does",
        "-1001234567890",
    ),
    Variable(
        "BOT_CURATORS_CARDS",
        "cards that are new in that group in 24 hours, at most",
        f"`{CARDS}`",
        "10",
    ),
    Variable(
        "BOT_CURATORS_DIGEST",
        "time of day of the list of all others, by the clock of the machine (`TZ`)",
        f"`{DIGEST}`",
        "18:30",
    ),
    Variable(
        "BOT_CURATORS_QUIET",
        "hours in which nothing new is sent there, `off` for none",
        f"`{QUIET}`",
        "23:00-07:00",
    ),
    Variable(
        "BOT_DRAFTS",
        "command of a language model, as for `suggest --via`: curators may have wordings drafted",
        "nothing is drafted",
        "llm -m MODEL",
    ),
    Variable(
        "BOT_WEBHOOK_URL",
        "public address that Telegram delivers to, instead of being polled",
        "polling",
        "https://bot.example.org/telegram",
    ),
    Variable(
        "BOT_WEBHOOK_SECRET",
        "what Telegram shows at each delivery, 1 to 256 of A-Z, a-z, 0-9, _ and -",
        "made from the token, so that all replicas have the same",
        "v3ry-long_and-random",
    ),
    Variable(
        "BOT_LISTEN",
        "`host:port` of the webhook, `/healthz`, `/readyz` and `/metrics`; the latter three are "
        "served when polling, too, if it is set",
        f"with a webhook `{LISTEN}`, else nothing listens",
        "0.0.0.0:8080",
    ),
    Variable("BOT_LOG_LEVEL", f"one of {', '.join(LEVELS)}", "`INFO`", "WARNING"),
    Variable("BOT_LOG_FORMAT", "`text`, or `json`: one object a line", "`text`", "json"),
    Variable(
        "OPENAI_BASE_URL",
        "for `suggest` without `--via`: an OpenAI-compatible server",
        "needed there",
        OLLAMA,
    ),
    Variable(
        "OPENAI_API_KEY",
        "for `suggest`: the key, where that server wants one",
        "none",
        "sk-from-its-operator",
    ),
)


def reference() -> str:
    """Every variable that we read, as a Markdown table."""
    head = "| variable | what it is | default | example |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| `{one.name}` | {one.meaning} | {one.default} | `{one.example}` |\n" for one in REFERENCE
    )


class NotConfigured(Exception):
    """What is missing or malformed, and what to set: one sentence that names the variable."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram delivers updates, and what it shows to prove that it is Telegram."""

    url: str
    secret: str | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The path of the URL, without its first slash."""
        return urlsplit(self.url).path.lstrip("/")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where we serve the webhook, health and metrics."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When the curators' chat is written to: `digest` and the ends of `quiet` are minutes of the
    day; nothing is quiet where the ends are the same. New cards in 24 hours: at most `cards`."""

    cards: int = CARDS
    digest: int = 9 * 60
    quiet: tuple[int, int] = (22 * 60, 8 * 60)

    def is_quiet(self, minute: int) -> bool:
        """Whether nothing new is sent at this minute of the day."""
        begin, end = self.quiet
        if begin <= end:
            return begin <= minute < end
        return minute >= begin or minute < end


@dataclass(frozen=True, slots=True)
class Settings:
    """All that `run` has to be told; `chats` are the only groups to be in, None means any."""

    token: str = field(repr=False)
    api_url: str = API
    database: str = field(default=DATABASE, repr=False)
    admins: frozenset[int] = frozenset()
    chats: frozenset[int] | None = None
    curators: int | None = None
    hours: Hours = field(default_factory=Hours)
    drafts: str = ""
    log_level: str = "INFO"
    log_format: str = "text"
    webhook: Webhook | None = None
    listen: Listen | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log may show: the token, whole and behind its colon, the webhook's secret and the
        database's password."""
        written = urlsplit(self.database).password or ""
        hook = (self.webhook and self.webhook.secret) or ""
        known = (self.token, self.token.partition(":")[2], hook, written, unquote(written))
        return tuple(filter(None, known))


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
        chats=_chats(given),
        curators=_curators(given),
        hours=_hours(given),
        drafts=given.get("BOT_DRAFTS", ""),
        log_level=_log_level(given),
        log_format=_log_format(given),
        webhook=_webhook(given),
        listen=_listen(given),
    )


def database(environment: Mapping[str, str]) -> str:
    """The URL of the database that the environment names; raises NotConfigured."""
    return _database({name: value.strip() for name, value in environment.items() if value.strip()})


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
    parts = _parts(url)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def _parts(url: str) -> SplitResult | None:
    """What a URL consists of; None if its host or its port is none."""
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _database(given: Mapping[str, str]) -> str:
    url = given.get("BOT_DATABASE", DATABASE)
    if not re.fullmatch(r"sqlite:///.+|postgresql(\+psycopg)?://.+", url) or not _parts(url):
        raise NotConfigured(
            "BOT_DATABASE is malformed: set it to the URL of a database such as "
            f"{DATABASE} or postgresql://USER:PASSWORD@HOST/NAME, or leave it out."
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


def _chats(given: Mapping[str, str]) -> frozenset[int] | None:
    if "BOT_CHATS" not in given:
        return None
    ids = [item.strip() for item in given["BOT_CHATS"].split(",") if item.strip()]
    if not ids or not all(re.fullmatch(r"-[0-9]{1,19}", item) for item in ids):
        raise NotConfigured(
            "BOT_CHATS is malformed: set it to ids of groups, which begin with a minus, commas "
            "between them, such as -1001234567890, or leave it out to be in any group."
        )
    return frozenset(map(int, ids))


def _curators(given: Mapping[str, str]) -> int | None:
    chat = given.get("BOT_CURATORS")
    if chat and not re.fullmatch(r"-[0-9]{1,19}", chat):
        raise NotConfigured(
            "BOT_CURATORS is malformed: set it to the id of one group, which begins with a minus, "
            "such as -1001234567890, or leave it out."
        )
    return int(chat) if chat else None


def _hours(given: Mapping[str, str]) -> Hours:
    cards = given.get("BOT_CURATORS_CARDS", str(CARDS))
    if not re.fullmatch(r"[0-9]{1,3}", cards):
        raise NotConfigured(
            "BOT_CURATORS_CARDS is malformed: set it to how many cards may be new in a day, 0 to "
            "999, or leave it out."
        )
    digest = _minute(given.get("BOT_CURATORS_DIGEST", DIGEST))
    if digest is None:
        raise NotConfigured(
            f"BOT_CURATORS_DIGEST is malformed: set it to a time of day such as {DIGEST}, or leave "
            "it out."
        )
    quiet = given.get("BOT_CURATORS_QUIET", QUIET)
    begin, _, end = ("0:00-0:00" if quiet.lower() == "off" else quiet).partition("-")
    first, last = _minute(begin), _minute(end)
    if first is None or last is None:
        raise NotConfigured(
            f"BOT_CURATORS_QUIET is malformed: set it to two times of day such as {QUIET}, to off, "
            "or leave it out."
        )
    return Hours(int(cards), digest, (first, last))


def _minute(time: str) -> int | None:
    """The minute of the day that a time such as 09:30 names."""
    found = re.fullmatch(r" *([01]?[0-9]|2[0-3]):([0-5][0-9]) *", time)
    return 60 * int(found[1]) + int(found[2]) if found else None


def _log_level(given: Mapping[str, str]) -> str:
    level = given.get("BOT_LOG_LEVEL", "INFO").upper()
    if level not in LEVELS:
        raise NotConfigured(f"BOT_LOG_LEVEL is malformed: set it to one of {', '.join(LEVELS)}.")
    return level


def _log_format(given: Mapping[str, str]) -> str:
    form = given.get("BOT_LOG_FORMAT", "text").lower()
    if form not in FORMATS:
        raise NotConfigured(f"BOT_LOG_FORMAT is malformed: set it to {' or '.join(FORMATS)}.")
    return form


def _webhook(given: Mapping[str, str]) -> Webhook | None:
    secret = given.get("BOT_WEBHOOK_SECRET")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise NotConfigured(
            "BOT_WEBHOOK_SECRET is malformed: set it to 1 to 256 of the characters A-Z, a-z, 0-9, "
            "_ and -."
        )
    if "BOT_WEBHOOK_URL" not in given:
        return None
    return Webhook(_url(given, "BOT_WEBHOOK_URL", "https://bot.example.org/telegram"), secret)


def _listen(given: Mapping[str, str]) -> Listen | None:
    """Where to listen; a webhook has to, and does so on this machine only if nothing is said."""
    place = given.get("BOT_LISTEN", LISTEN if "BOT_WEBHOOK_URL" in given else "")
    if not place:
        return None
    host, _, port = place.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise NotConfigured("BOT_LISTEN is malformed: set it to host:port, such as 0.0.0.0:8080.")
    return Listen(host.strip("[]"), int(port))
