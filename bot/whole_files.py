"""Files that are replaced whole or not at all, whoever is killed and whoever writes at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

_BEGINS, _ENDS = ".fangtan-", ".part"
ABANDONED = 60.0
"""Seconds without a write after which a part is nobody's. Whoever still writes it is told that it
is gone, and has torn nothing."""


def replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a file beside it, and put that in its place; raises OSError.

    A link stays a link, permissions stay as they were, and what kills left behind is removed.
    """
    target = path.resolve()  # what a link points to
    _sweep(target.parent)
    # The name is chance, not a process id: two containers on one mount are both process 1.
    part = target.with_name(f"{_BEGINS}{secrets.token_hex(8)}{_ENDS}")
    try:
        with part.open("xb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())  # else a power cut may leave the new name without its bytes
        with contextlib.suppress(FileNotFoundError):
            part.chmod(target.stat().st_mode & 0o7777)
        os.replace(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _sweep(folder: Path) -> None:
    """Remove the parts that nobody is writing any more."""
    for part in folder.glob(f"{_BEGINS}*{_ENDS}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED:
                part.unlink()
