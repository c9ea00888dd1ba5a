"""Which process this is, and whether another one on the same machine still lives."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from bot.store.inbox import Replica


def machine() -> str:
    """What two processes share that can see each other: the boot of a machine, and in it the
    container (its process ids mean nothing outside)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return platform.node()


def is_gone(other: Replica) -> bool:
    """Whether a replica certainly ended: it ran here, and its process does not. One that had our
    own number ran before us. Elsewhere, and on Windows, one cannot tell."""
    if other.machine != machine() or sys.platform == "win32":
        return False
    return other.process == os.getpid() or not _runs(other.process)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
