"""What must never stand in an answer: the marks of a format that was not understood."""

from __future__ import annotations

import re

_TAGS = (
    "a|abbr|article|aside|b|body|br|c|center|dd|div|dl|dt|em|font|figure|figcaption|footer|form|h[1-6]|"
    "head|header|hr|html|i|iframe|img|input|li|link|main|meta|nav|ol|p|pre|s|script|section|small|"
    "span|strong|style|sub|sup|table|tbody|td|th|thead|tr|u|ul|v|video"
)
_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for name, pattern in (
        ("字幕的时间", r"-->|\d{1,2}:\d{2}:\d{2}[,.]\d{3}"),
        (
            "网页标签",
            rf"<!--|<!doctype|</?(?:{_TAGS})(?:[\s/.][^<>]*)?>|&nbsp;|&#x?[\da-f]{{2,6}};",
        ),
        ("字幕的格式", r"\{\\[a-z]+\d*\}"),
        ("RTF 的格式", r"\\(?:pard?|fs\d+|u-?\d{4,5})\b"),
        ("认不出的字", r"[\ufffd\ue000-\uf8ff]|\(cid:\d+\)"),
    )
)


def garbage(text: str) -> str | None:
    """The format's mark that remains in the text, in words; None where it is clean."""
    for name, pattern in _MARKS:
        if match := pattern.search(text):
            return f"里面还有{name}“{match[0][:20]}”"
    return None
