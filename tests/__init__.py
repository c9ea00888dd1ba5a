"""The project as it is seen from outside; `tests.telegram` is a Telegram of our own."""
