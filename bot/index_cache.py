"""What was built from a folder of knowledge is kept in the user's cache folder, so that the next
start takes a quarter of the time. The home of platformdirs.

One file a folder. It counts only as long as the program, the knowledge and the encoder are those
that it was made with; what cannot be read is made again.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from platformdirs import user_cache_path

from bot import knowledge, text, whole_files
from bot.interview import Knowledge
from bot.search import Encoder, Index
from bot.yaml_text import Fault

Built = tuple[Knowledge, tuple[Fault, ...], Index]
_LOG = logging.getLogger(__name__)


def built(folder: Path, encoder: Encoder | None) -> Built:
    """The folder's knowledge, its faults, and the index of it."""
    kept = place(folder, "index")
    made_of = _digest(_ingredients(folder, encoder is not None))
    found = _read(kept, made_of)
    if found is None:
        loaded, faults = knowledge.load(folder)
        found = loaded, faults, Index(loaded, encoder)
        # What was read while somebody was writing is no set of files that there ever was.
        if made_of == _digest(_ingredients(folder, encoder is not None)):
            _write(kept, made_of, found)
    found[2].use(encoder)
    return found


def version(folder: Path) -> str:
    """A short name for what the folder's files say, the same on every machine."""
    return _digest(f"{path.name} {said}" for path, said in _contents(folder))[:12]


def place(folder: Path, suffix: str) -> Path:
    """Where the user's cache folder keeps what belongs to this folder of knowledge."""
    name = _digest([str(folder.resolve())])
    return user_cache_path("fangtan", appauthor=False) / f"{name}.{suffix}"


def _ingredients(folder: Path, has_encoder: bool) -> Iterator[str]:
    """All that what is kept depends on: the program's files by size and time, the folder's by
    what they say."""
    yield f"{sys.version} {has_encoder}"
    package = Path(__file__).parent
    for path in (*sorted(package.glob("*.py")), package / "everyday.yaml"):
        stat = path.stat()
        yield f"{path} {stat.st_size} {stat.st_mtime_ns}"
    yield from (f"{path} {said}" for path, said in _contents(folder))


def _contents(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folder's files and a digest of each; of one that cannot be read, why."""
    try:
        paths = knowledge.files(folder)
    except (OSError, ValueError):
        return  # whoever loads it says so
    for path in paths:
        try:
            yield path, hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            yield path, type(error).__name__


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _read(file: Path, made_of: str) -> Built | None:
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
    text.READINGS.update(readings)
    result: Built = found
    return result


def _write(file: Path, made_of: str, found: Built) -> None:
    def write(stream: IO[bytes]) -> None:
        stream.write(made_of.encode())
        # A copy: whoever is answered meanwhile may use characters that are new.
        pickle.dump((dict(text.READINGS), found), stream, protocol=5)

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole_files.replace(file, write)
    except OSError as error:
        _LOG.info("what was built is not kept: %s", error)
