"""What was built is kept for the next start, and only as long as it is true."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot import index_cache
from bot.index_cache import built
from bot.query import read
from bot.search import Floats

INTERVIEW = """\
id: bees
title: 养蜂人
exchanges:
- id: q1
  question: 今年的蜂蜜收成怎么样?
  answer:
  - 比去年少三成。
  asks:
  - 蜜多不多
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of knowledge, and a cache folder of its own."""
    monkeypatch.setattr(index_cache, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "bees.yaml").write_text(INTERVIEW, encoding="utf-8")
    return folder


def kept(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache").glob("*"))


class Counting:
    """An encoder by the lengths of texts, which counts what it is asked."""

    def __init__(self) -> None:
        self.texts = 0

    def __call__(self, texts: Sequence[str]) -> Floats:
        self.texts += len(texts)
        return np.array([[1.0, len(text)] for text in texts], dtype=np.float32)


def test_the_second_start_finds_the_same_without_building(folder: Path) -> None:
    first = built(folder, None)
    second = built(folder, None)
    assert second[0] == first[0] and second[0] is not first[0]
    question = read("今年蜜多吗")
    assert second[2].search(question.said) == first[2].search(question.said)
    assert len(kept(folder)) == 1


def test_with_an_encoder_only_questions_are_encoded_again(folder: Path) -> None:
    built(folder, Counting())
    again = Counting()
    index = built(folder, again)[2]
    assert index.understands_meaning and again.texts == 0
    index.search("收了多少蜜呀")
    assert again.texts == 1


def test_what_was_built_without_an_encoder_is_not_taken_for_one_with(folder: Path) -> None:
    built(folder, None)
    assert built(folder, Counting())[2].understands_meaning
    assert not built(folder, None)[2].understands_meaning


def test_changed_knowledge_is_read_again(folder: Path) -> None:
    built(folder, None)
    changed = INTERVIEW.replace("蜜多不多", "收成好不好吗")
    (folder / "bees.yaml").write_text(changed, encoding="utf-8")
    (exchange,) = built(folder, None)[0].exchanges()
    assert [ask.text for ask in exchange.asks] == ["收成好不好吗"]
    assert len(kept(folder)) == 1, "one file a folder"


def test_the_same_size_at_another_time_is_read_again(folder: Path) -> None:
    built(folder, None)
    file = folder / "bees.yaml"
    file.write_text(INTERVIEW.replace("蜜多不多", "蜜好不好"), encoding="utf-8")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    (exchange,) = built(folder, None)[0].exchanges()
    assert exchange.asks[0].text == "蜜好不好"


def test_faults_are_told_again(folder: Path) -> None:
    (folder / "bad.yaml").write_text("id: BAD\n", encoding="utf-8")
    assert built(folder, None)[1] == built(folder, None)[1] != ()


@pytest.mark.parametrize("torn", [b"", b"x" * 10, None])
def test_a_torn_file_is_made_again(folder: Path, torn: bytes | None) -> None:
    built(folder, None)
    (file,) = kept(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if torn is None else torn)
    assert built(folder, None)[2].search("蜜多不多").matches
    assert file.read_bytes()[:32] == whole[:32]


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file in its place", encoding="utf-8")
    assert built(folder, None)[2].search("蜜多不多").matches
