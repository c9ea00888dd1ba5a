"""What was built from a folder of knowledge is kept in the user's cache folder, so that the next
start takes a quarter of the time. The home of platformdirs.

One file a folder. It counts only as long as the program, the knowledge and the encoder are those
that it was made with; what cannot be read is made again.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import pickle
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from platformdirs import user_cache_path

from bot import knowledge, text
from bot.interview import Knowledge
from bot.search import Encoder, Index
from bot.yaml_text import Fault

_LOG = logging.getLogger(__name__)


def built(folder: Path, encoder: Encoder | None) -> tuple[Knowledge, tuple[Fault, ...], Index]:
    """The folder's knowledge, its faults, and the index of it."""
    kept = place(folder, "index")
    made_of = _digest(_ingredients(folder, encoder is not None))
    found = _read(kept, made_of)
    if found is None:
        loaded, faults = knowledge.load(folder)
        found = loaded, faults, Index(loaded, encoder)
        _write(kept, made_of, found)
    found[2].use(encoder)
    return found


def place(folder: Path, suffix: str) -> Path:
    """Where the user's cache folder keeps what belongs to this folder of knowledge."""
    name = _digest([str(folder.resolve())])
    return user_cache_path("fangtan", appauthor=False) / f"{name}.{suffix}"


Built = tuple[Knowledge, tuple[Fault, ...], Index]


def _ingredients(folder: Path, has_encoder: bool) -> Iterator[str]:
    """All that what is kept depends on: sizes and times stand for the files' contents."""
    yield f"{sys.version} {has_encoder}"
    package = Path(__file__).parent
    for path in (*sorted(package.glob("*.py")), package / "everyday.yaml", *_knowledge(folder)):
        stat = path.stat()
        yield f"{path} {stat.st_size} {stat.st_mtime_ns}"


def _knowledge(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError:
        return []  # whoever loads it says so


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _read(file: Path, made_of: str) -> Built | None:
    gc.disable()  # ten thousands of objects that all stay: looking for garbage doubles the time
    try:
        with file.open("rb") as stream:
            if stream.read(len(made_of)) != made_of.encode():
                return None
            readings, found = pickle.load(stream)
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever a torn file can lead to
        _LOG.info("%s cannot be read and is made again: %s", file, type(error).__name__)
        return None
    finally:
        gc.enable()
    text.READINGS.update(readings)
    result: Built = found
    return result


def _write(file: Path, made_of: str, found: Built) -> None:
    """Written beside and renamed, so that nobody reads half of it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            stream.write(made_of.encode())
            pickle.dump((text.READINGS, found), stream, protocol=5)
        os.replace(stream.name, file)
    except OSError as error:
        _LOG.info("what was built is not kept: %s", error)
