"""The environment becomes settings; what is wrong becomes one sentence that names it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import (
    REFERENCE,
    Endpoint,
    Hours,
    Listen,
    NotConfigured,
    Settings,
    Variable,
    Webhook,
    endpoint,
    environment,
    settings,
)
from tests import settings_reference

TOKEN = "123456:AAF-token_x"


def test_a_token_is_enough() -> None:
    assert settings({"TELEGRAM_BOT_TOKEN": TOKEN}) == Settings(TOKEN)


def test_everything_can_be_set() -> None:
    assert settings(
        {
            "TELEGRAM_BOT_TOKEN": f" {TOKEN}\n",
            "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
            "BOT_DATABASE": "postgresql+psycopg://bot@db/bot",
            "BOT_ADMINS": "1, 22,",
            "BOT_CHATS": "-1001234567890, -7,",
            "BOT_CURATORS": "-1009",
            "BOT_CURATORS_CARDS": "12",
            "BOT_CURATORS_DIGEST": "18:30",
            "BOT_CURATORS_QUIET": "23:00 - 7:05",
            "BOT_DRAFTS": "llm -m x",
            "BOT_LOG_LEVEL": "debug",
            "BOT_LOG_FORMAT": "JSON",
            "BOT_WEBHOOK_URL": "https://bot.example.org/hook/x",
            "BOT_WEBHOOK_SECRET": "s3cret",
            "BOT_LISTEN": "[::1]:8443",
        }
    ) == Settings(
        TOKEN,
        "http://127.0.0.1:8081",
        "postgresql+psycopg://bot@db/bot",
        frozenset({1, 22}),
        frozenset({-1001234567890, -7}),
        -1009,
        Hours(12, 18 * 60 + 30, (23 * 60, 7 * 60 + 5)),
        "llm -m x",
        "DEBUG",
        "json",
        Webhook("https://bot.example.org/hook/x", "s3cret"),
        Listen("::1", 8443),
    )


@pytest.mark.parametrize(
    ("quiet", "sleeps", "wakes"),
    [
        ("22:00-08:00", ["22:00", "23:59", "00:00", "07:59"], ["08:00", "12:00", "21:59"]),
        ("12:00-14:00", ["12:00", "13:59"], ["11:59", "14:00", "00:00"]),
        ("off", [], ["00:00", "12:00"]),
        ("8:00-8:00", [], ["08:00", "20:00"]),  # no hour, and not all of them
    ],
)
def test_quiet_hours_may_go_past_midnight(quiet: str, sleeps: list[str], wakes: list[str]) -> None:
    hours = settings({"TELEGRAM_BOT_TOKEN": TOKEN, "BOT_CURATORS_QUIET": quiet}).hours

    def minute(time: str) -> int:
        return 60 * int(time[:2]) + int(time[3:])

    assert all(hours.is_quiet(minute(time)) for time in sleeps)
    assert not any(hours.is_quiet(minute(time)) for time in wakes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", ""),
        ("TELEGRAM_BOT_TOKEN", "12345"),
        ("TELEGRAM_BOT_TOKEN", "123:with space"),
        ("TELEGRAM_API_URL", "127.0.0.1:8081"),
        ("TELEGRAM_API_URL", "http://host:port"),
        ("BOT_DATABASE", "bot.db"),
        ("BOT_DATABASE", "sqlite:bot.db"),
        ("BOT_DATABASE", "sqlite:///"),  # which SQLAlchemy takes for a database in memory
        ("BOT_DATABASE", "sqlite://"),
        ("BOT_DATABASE", "postgres://bot@db/bot"),  # which SQLAlchemy doesn't know
        ("BOT_DATABASE", "mysql://bot@db/bot"),
        ("BOT_DATABASE", "postgresql://bot:s3cret@db:port/bot"),
        ("BOT_ADMINS", "alice"),
        ("BOT_ADMINS", "1;2"),
        ("BOT_CHATS", "123"),  # a person, or a group without its minus
        ("BOT_CURATORS", "123"),
        ("BOT_CURATORS", "-1,-2"),
        ("BOT_CURATORS_CARDS", "-1"),
        ("BOT_CURATORS_CARDS", "many"),
        ("BOT_CURATORS_DIGEST", "24:00"),
        ("BOT_CURATORS_DIGEST", "9"),
        ("BOT_CURATORS_QUIET", "22:00"),
        ("BOT_CURATORS_QUIET", "22-8"),
        ("BOT_CHATS", "-1;-2"),
        ("BOT_CHATS", ","),
        ("BOT_LOG_LEVEL", "LOUD"),
        ("BOT_LOG_FORMAT", "xml"),
        ("BOT_WEBHOOK_URL", "bot.example.org"),
        ("BOT_WEBHOOK_SECRET", "not allowed!"),
        ("BOT_LISTEN", "8080"),
        ("BOT_LISTEN", "host:99999"),
    ],
)
def test_what_is_malformed_is_named_with_what_to_set(name: str, value: str) -> None:
    with pytest.raises(NotConfigured) as fault:
        settings({"TELEGRAM_BOT_TOKEN": TOKEN} | {name: value})
    sentence = str(fault.value)
    assert sentence.startswith(name)
    assert "set it to" in sentence
    assert "\n" not in sentence and "s3cret" not in sentence


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///fangtan.db",
        "sqlite:////var/lib/fangtan/fangtan.db",
        "postgresql://bot:pw@db:5432/bot",
        "postgresql://postgres:@/postgres?host=/run/postgresql",
        "postgresql+psycopg://bot@db/bot",
    ],
)
def test_two_kinds_of_databases_serve(url: str) -> None:
    assert settings({"TELEGRAM_BOT_TOKEN": TOKEN, "BOT_DATABASE": url}).database == url


def test_a_webhook_listens_on_this_machine_if_nothing_is_said() -> None:
    hook = settings({"TELEGRAM_BOT_TOKEN": TOKEN, "BOT_WEBHOOK_URL": "https://x.org/hook"})
    assert hook.listen == Listen("127.0.0.1", 8080)
    assert hook.webhook and hook.webhook.path == "hook"


def test_health_and_metrics_can_be_had_beside_polling() -> None:
    polling = settings({"TELEGRAM_BOT_TOKEN": TOKEN, "BOT_LISTEN": "0.0.0.0:9000"})
    assert polling.webhook is None
    assert polling.listen == Listen("0.0.0.0", 9000)


def test_secrets_are_not_shown() -> None:
    whole = settings(
        {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "BOT_WEBHOOK_URL": "https://x.org",
            "BOT_WEBHOOK_SECRET": "s3cret",
            "BOT_DATABASE": "postgresql://bot:p%40ss@db/bot",
        }
    )
    for secret in whole.secrets:
        assert secret not in repr(whole)
    assert set(whole.secrets) == {TOKEN, "AAF-token_x", "s3cret", "p%40ss", "p@ss"}
    assert settings({"TELEGRAM_BOT_TOKEN": TOKEN}).secrets == (TOKEN, "AAF-token_x")


def test_a_dotenv_file_is_overruled_by_the_process(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('TELEGRAM_BOT_TOKEN="1:a"\nBOT_ADMINS=7\nBARE\n', "utf-8")
    found = environment({"TELEGRAM_BOT_TOKEN": "2:b"}, file)
    assert found == {"TELEGRAM_BOT_TOKEN": "2:b", "BOT_ADMINS": "7"}
    assert environment({"A": "b"}, tmp_path / "none") == {"A": "b"}


def test_a_model_server_needs_a_url_and_may_need_a_key() -> None:
    given = {"OPENAI_BASE_URL": " http://127.0.0.1:11434/v1/ "}
    assert endpoint(given) == Endpoint("http://127.0.0.1:11434/v1")
    keyed = endpoint(given | {"OPENAI_API_KEY": "sk-x\n"})
    assert keyed.key == "sk-x" and "sk-x" not in repr(keyed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_BASE_URL", ""),
        ("OPENAI_BASE_URL", "127.0.0.1:11434"),
        ("OPENAI_BASE_URL", "ftp://host/v1"),
        ("OPENAI_API_KEY", "two words"),
        ("OPENAI_API_KEY", "钥匙"),
    ],
)
def test_a_malformed_model_server_is_named_and_its_key_is_not(name: str, value: str) -> None:
    with pytest.raises(NotConfigured) as fault:
        endpoint({"OPENAI_BASE_URL": "http://x.org"} | {name: value})
    sentence = str(fault.value)
    assert sentence.startswith(name) and "set it to" in sentence and "\n" not in sentence
    assert name != "OPENAI_API_KEY" or value not in sentence


# ── the reference in README ──────────────────────────────────────────────────────────────────────

BOT = Path(__file__).parent.parent / "bot"


def names_in(node: ast.AST) -> Iterator[str]:
    """Names of variables in code, those of the reference itself left out."""
    match node:
        case ast.Call(func=ast.Name("Variable")):
            return
        case ast.Constant(str(text)) if re.fullmatch(r"(BOT|OPENAI|TELEGRAM)_[A-Z_]+", text):
            yield text
    for child in ast.iter_child_nodes(node):
        yield from names_in(child)


def test_the_reference_names_every_variable_that_is_read_and_no_other() -> None:
    sources = [path.read_text("utf-8") for path in sorted(BOT.rglob("*.py"))]
    read = {name for source in sources for name in names_in(ast.parse(source))}
    named = [one.name for one in REFERENCE]
    assert sorted(named) == sorted(read)


@pytest.mark.parametrize("one", REFERENCE, ids=lambda one: one.name)
def test_an_example_can_be_set_and_a_default_is_what_is_without_it(one: Variable) -> None:
    token = {"TELEGRAM_BOT_TOKEN": TOKEN}
    server = {"OPENAI_BASE_URL": "http://127.0.0.1:1"}
    settings(token | {one.name: one.example})
    endpoint(server | {one.name: one.example})
    if literal := re.fullmatch(r"`([^`]+)`", one.default):
        assert settings(token | {one.name: literal[1]}) == settings(token)


def test_readme_has_the_reference_as_it_is() -> None:
    """If not: python -m tests.settings_reference"""
    readme = settings_reference.README.read_text("utf-8")
    assert readme == settings_reference.renewed(readme)
