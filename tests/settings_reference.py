"""`python -m tests.settings_reference`: writes the settings of bot/settings.py into README."""

from __future__ import annotations

from pathlib import Path

from bot.settings import reference

README = Path(__file__).parent.parent / "README.md"
BEGIN = "<!-- settings, written by: python -m tests.settings_reference -->\n"
END = "<!-- end of settings -->\n"


def renewed(readme: str) -> str:
    """README with the reference as it is now, between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"README has no place for the settings: {BEGIN}{END}")
    return f"{before}{BEGIN}\n{reference()}\n{end}{after}"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text("utf-8")), "utf-8")
