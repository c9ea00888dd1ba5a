"""Logs that may be shown to anybody."""

from __future__ import annotations

import logging

from bot.tg.logs import Discreet
from tests.telegram import TOKEN


def test_the_token_is_blotted_out_wherever_it_stands() -> None:
    try:
        raise ValueError(f"The token `{TOKEN}` was rejected")
    except ValueError as error:
        record = logging.LogRecord(
            "httpx",
            logging.ERROR,
            "x.py",
            1,
            "POST https://api.telegram.org/bot%s/getMe",
            (TOKEN.replace(":", "%3A"),),
            (ValueError, error, error.__traceback__),
        )
    line = Discreet(TOKEN, None).format(record)
    assert TOKEN.partition(":")[2] not in line
    assert line.count("<secret>") == 2
