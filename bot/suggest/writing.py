"""The phrases file: one more group at a time, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot import whole_files
from bot.interview import Origin, Phrase
from bot.knowledge import Authored, read_phrases, with_suggestion
from bot.yaml_text import Fault


class Unwritable(Exception):
    """Why nothing can be written there: a sentence."""


def append(
    path: Path, interview: str, groups: Sequence[tuple[Authored | None, Sequence[Phrase]]]
) -> None:
    """Put groups of phrases, and declines, at the end of what was suggested before.

    The file is read anew, so that what people write while a run goes on stays.
    """
    text = old = text_of(path)
    for group, declines in groups:
        text = grown(path, text, interview, group, declines)
    if text != old:
        replace(path, text)


def probe(path: Path, interview: str) -> None:
    """Raise Unwritable if nothing could be put there."""
    held = read_phrases(path)[0] if path.exists() else None
    if held and held.interview != interview:
        raise Unwritable(f"{held.where}: 这是访谈“{held.interview}”的问法,没有动它; 给它改个名字。")
    grown(path, text_of(path), interview, None, [Phrase("问", Origin(str(path), 1))])
    try:
        tempfile.TemporaryFile(dir=path.resolve().parent).close()
    except OSError as error:
        raise Unwritable(f"{path}: 写不了({error.strerror})。") from None


def grown(
    path: Path,
    old: str,
    interview: str,
    group: Authored | None,
    declines: Sequence[Phrase],
    note: str = "",
) -> str:
    """The text of a phrases file with one group, and declines, more. Raises Unwritable."""
    text = with_suggestion(old, interview, group, declines, str(path), note)
    if isinstance(text, Fault):
        raise Unwritable(f"{text}。")
    return text


def text_of(path: Path) -> str:
    """The file as it is, line ends and all; nothing where there is none. Raises Unwritable."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise Unwritable(f"{path}: 不是 UTF-8,没有动它; 存成 UTF-8 再来。") from None
    except OSError as error:
        raise Unwritable(f"{path}: 读不了({error.strerror})。") from None


def replace(path: Path, text: str) -> None:
    """Put a text in the file's place, whole or not at all. Raises Unwritable."""
    try:
        whole_files.replace(path, lambda stream: stream.write(text.encode("utf-8")))
    except OSError as error:
        raise Unwritable(f"{path}: 写不了({error.strerror})。") from None
