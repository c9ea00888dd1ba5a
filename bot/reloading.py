"""Knowledge that changes while it is served: when a folder is read again, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from bot import edition, index_cache, knowledge
from bot.edition import Edition, Refused
from bot.search import Encoder

Signature = tuple[tuple[str, int, int, int], ...]
"""What the folder's files look like from outside: names, sizes, times."""

QUIET = 1.0
"""Seconds: editors truncate, write and rename within a fraction of one."""


class Watch:
    """Whether files have changed and come to rest; a class because it remembers the last look."""

    def __init__(self) -> None:
        self._settled: Signature | None = None
        self._seen: Signature | None = None
        self._since = 0.0

    def is_due(self, files: Signature, now: float) -> bool:
        """Whether these files are others than those that were settled, and have been for a while;
        `now` is in seconds, of any clock that runs forwards."""
        if files != self._seen:
            self._seen, self._since = files, now
        return files != self._settled and now - self._since >= QUIET

    def settle(self, files: Signature) -> None:
        """These files have been read: they are no longer due."""
        self._settled = files


class Reloading:
    """A folder's next editions; a class because it remembers what is served and what was refused.
    Without a folder there are none. Whoever builds vectors gives up when `over` is set.

    Its methods take seconds and never raise: call them in one thread beside the one that answers.
    Whoever is given an edition serves it from then on.
    """

    def __init__(
        self,
        folder: Path | None,
        encoder: Encoder | None,
        served: Edition,
        clock: Callable[[], float] = time.monotonic,
        over: Event | None = None,
    ) -> None:
        self.folder = folder
        self._encoder = encoder
        self._clock = clock
        self._watch = Watch()
        self._tried = ""
        self.served = served
        self.refused: Refused | None = None
        self.over = over or Event()

    def look(self) -> Edition | Refused | None:
        """What comes of files that have changed, once for each change; None if nothing does.

        To be called every few seconds.
        """
        if self.folder is None:
            return None
        files = signature(self.folder)
        if not self._watch.is_due(files, self._clock()):
            return None
        version = index_cache.version(self.folder)
        # What was refused is not settled: looking at it again is cheap, and a mount that hiccuped
        # comes back with the same names, sizes and times.
        if version == self._tried:
            return None
        if version == self.served.version:
            self._watch.settle(files)
            self._tried, self.refused = "", None
            return None
        return self._read(self.folder, version)

    def at_once(self) -> Edition | Refused | None:
        """What comes of the files as they are now, though they be refused again; None if they
        say what is served."""
        if self.folder is None:
            return None
        version = index_cache.version(self.folder)
        if version == self.served.version:
            return None
        changing = edition.about(self.folder, "正在读的时候文件又变了", "写完后会自动再读")
        return self._read(self.folder, version) or Refused((changing,))

    def _read(self, folder: Path, version: str) -> Edition | Refused | None:
        """What comes of this version of the files; None if they have changed meanwhile."""
        result = edition.successor(folder, self._encoder, self.served)
        if index_cache.version(folder) != version:
            return None
        if isinstance(result, Edition):
            self.served, self._tried, self.refused = result, "", None
        else:
            self._tried, self.refused = version, result
        return result


def signature(folder: Path) -> Signature:
    """What the folder's files look like; of files that cannot be looked at only the names."""
    try:
        return tuple(_look(path) for path in knowledge.files(folder))
    except (OSError, ValueError):
        return ()


def _look(path: Path) -> tuple[str, int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return path.name, 0, 0, 0
    # The time of the change, too: `cp -p` and `rsync -t` set that of the contents as they like.
    return path.name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
