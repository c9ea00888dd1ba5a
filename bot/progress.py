"""How far a long piece of work is, on stderr: the home of tqdm.

A bar where somebody sits at a terminal; elsewhere a line at the beginning and one at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def shown(batches: Iterable[Sequence[T]], total: int, doing: str) -> Iterator[Sequence[T]]:
    """The batches one by one, and meanwhile how many of `total` items are done."""
    is_watched = sys.stderr.isatty()
    if not is_watched:
        print(f"{doing}: {total} …", file=sys.stderr, flush=True)
    with tqdm(total=total, desc=doing, file=sys.stderr, disable=not is_watched) as bar:
        for batch in batches:
            yield batch
            bar.update(len(batch))
    if not is_watched:
        print(f"{doing}: 完成", file=sys.stderr, flush=True)
