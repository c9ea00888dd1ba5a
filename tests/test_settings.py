"""The environment becomes settings; what is wrong becomes one sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import (
    Endpoint,
    NotConfigured,
    Settings,
    Webhook,
    endpoint,
    environment,
    settings,
)

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
            "BOT_LOG_LEVEL": "debug",
            "BOT_WEBHOOK_URL": "https://bot.example.org/hook/x",
            "BOT_WEBHOOK_SECRET": "s3cret",
            "BOT_LISTEN": "[::1]:8443",
        }
    ) == Settings(
        TOKEN,
        "http://127.0.0.1:8081",
        "postgresql+psycopg://bot@db/bot",
        frozenset({1, 22}),
        "DEBUG",
        Webhook("https://bot.example.org/hook/x", "::1", 8443, "s3cret"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", ""),
        ("TELEGRAM_BOT_TOKEN", "12345"),
        ("TELEGRAM_BOT_TOKEN", "123:with space"),
        ("TELEGRAM_API_URL", "127.0.0.1:8081"),
        ("TELEGRAM_API_URL", "http://host:port"),
        ("BOT_DATABASE", "bot.db"),
        ("BOT_ADMINS", "alice"),
        ("BOT_ADMINS", "1;2"),
        ("BOT_LOG_LEVEL", "LOUD"),
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
    assert "\n" not in sentence


def test_secrets_are_not_shown() -> None:
    whole = settings({"TELEGRAM_BOT_TOKEN": TOKEN, "BOT_WEBHOOK_URL": "https://x.org"})
    assert "AAF" not in repr(whole)


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
