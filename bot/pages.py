"""A page file as text: what the bytes say, or one sentence about why they say nothing."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

LARGEST = 8_000_000
"""Bytes. The longest seed has 10,000, the longest printed interviews some 200,000."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page's text with `\\n` line ends, and what the reader had to guess."""

    text: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoPage:
    """Why a file gives no text, and what to do about it."""

    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.wrong};{self.instead}。"


def read(path: Path) -> Page | NoPage:
    """The file's text; nothing raises, whatever the path points at."""
    data = bytes_of(path)
    return data if isinstance(data, NoPage) else decode(data)


def bytes_of(path: Path) -> bytes | NoPage:
    """The file's bytes, no more of them than LARGEST and one; nothing raises."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        return NoPage(f"没有“{path}”这个文件", "检查路径和文件名")
    except IsADirectoryError:
        return NoPage(f"“{path}”是文件夹", "写出里面某个文件的名字")
    except PermissionError:
        return NoPage(f"没有权限读“{path}”", "改文件权限,或换一个账号")
    except (OSError, ValueError) as error:
        return NoPage(f"“{path}”读不出来({error})", "检查路径和磁盘")


def decode(data: bytes) -> Page | NoPage:
    """The bytes as text: UTF-8, UTF-16 with its mark, or, with a warning, GB18030 or Big5."""
    if len(data) > LARGEST:
        return NoPage(f"文件超过 {LARGEST // 1_000_000} MB", "只留访谈的正文,另存为 .txt")
    if kind := next((name for magic, name in _MAGIC if data.startswith(magic)), None):
        return NoPage(f"这是 {kind} 文件,不是文本", "打开它,把文字另存为 UTF-8 的 .txt")
    found = _utf(data) or _guessed(data)
    match found:
        case Page(text) if not text.strip("\ufeff \t\r\n\u3000\xa0"):
            return NoPage("文件是空的", "把访谈的正文放进去")
        case Page(text) if _binary(text):
            return NoPage("文件不是文本(有许多控制字符)", "换成 UTF-8 的 .txt")
        case Page(text, warnings):
            return Page(re.sub(r"\r\n?", "\n", text), warnings)
    return found


_MAGIC = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "Word 或压缩包"),
    (b"\xd0\xcf\x11\xe0", "Word"),
    (b"{\\rtf", "RTF"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"\x1f\x8b", "压缩包"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _utf(data: bytes) -> Page | None:
    """The text where the bytes are Unicode beyond doubt."""
    for mark, encoding in (*_MARKS, (b"", "utf-8")):
        if data.startswith(mark):
            try:
                return Page(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError:
                return None
    return None


# The commonest characters and marks of written Chinese, as both scripts write them. A right guess
# has 5 to 15 % of them; reading GBK as Big5, or the reverse, leaves under 1 %.
_COMMON = frozenset("的一是了不在有人我他们們这這国國来來个個会會为為到时時说說大上中,。:“”「」?、")
_PLAUSIBLE = 0.03


def _guessed(data: bytes) -> Page | NoPage:
    guesses = [(_share(text), name, text) for name, text in _readings(data)]
    share, name, text = max(guesses, default=(0.0, "", ""))
    if share >= _PLAUSIBLE:
        return Page(text, (f"文件不是 UTF-8,按 {name} 读了;请核对文字,最好另存为 UTF-8。",))
    if b"\x00" in data:
        return NoPage("文件不是文本", "换成 UTF-8 的 .txt")
    line = _first_bad_line(data)
    return NoPage(f"第 {line} 行起有认不出的字节", "用原来的编辑器打开,另存为 UTF-8")


def _readings(data: bytes) -> list[tuple[str, str]]:
    readings = []
    for name, encoding in (("GB18030", "gb18030"), ("Big5", "big5hkscs")):
        try:
            readings.append((name, data.decode(encoding)))
        except UnicodeDecodeError:
            continue
    return readings


def _share(text: str) -> float:
    """How much of the text beyond ASCII is common Chinese."""
    foreign = [character for character in text if character > "\x7f"]
    return sum(character in _COMMON for character in foreign) / max(1, len(foreign))


def _first_bad_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1


def _binary(text: str) -> bool:
    """Whether a NUL stands in it, or control characters in more than a few places."""
    return "\x00" in text or len(_CONTROL.findall(text)) > max(5, len(text) / 1000)


_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def suggest_id(name: str | Path) -> str:
    """An interview id made from a file's name: `厦门 Xiamen_2014.txt` becomes `xiamen-2014`."""
    stem = unicodedata.normalize("NFKC", Path(name).stem).lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:32].strip("-") or "interview"
