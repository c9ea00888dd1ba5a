"""How far a long piece of work is, on stderr: the home of tqdm.

A bar where somebody sits at a terminal; elsewhere a line at the beginning and one at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def shown(batches: Iterable[Sequence[T]], total: int, doing: str) -> Iterator[Sequence[T]]:
    """The batches one by one, and meanwhile how many of `total` items are done."""
    with counted(total, doing) as count:
        for batch in batches:
            yield batch
            count(len(batch))


@contextmanager
def counted(total: int, doing: str) -> Iterator[Callable[[int], object]]:
    """Takes how many more of `total` items are done, each time that some are."""
    is_watched = watched()
    if not is_watched:
        print(f"{doing}: {total} …", file=sys.stderr, flush=True)
    with tqdm(total=total, desc=doing, file=sys.stderr, disable=not is_watched) as bar:
        yield bar.update
    if not is_watched:
        print(f"{doing}: 完成", file=sys.stderr, flush=True)


def watched() -> bool:
    """Whether somebody sits at a terminal."""
    return bool(sys.stderr) and sys.stderr.isatty()
