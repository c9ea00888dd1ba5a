"""What was built is kept for the next start, and only as long as it is true."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot import index_cache
from bot.index_cache import built, version
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


@pytest.mark.parametrize("torn", [0, 10, 40, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999999])
def test_a_torn_file_is_made_again(folder: Path, torn: float) -> None:
    """Torn after so many bytes, or after such a part of all."""
    built(folder, None)
    (file,) = kept(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(torn * len(whole)) if torn < 1 else int(torn)])
    assert built(folder, None)[2].search("蜜多不多").matches
    assert len(file.read_bytes()) == len(whole)


def test_a_file_of_something_else_is_made_again(folder: Path) -> None:
    built(folder, None)
    (file,) = kept(folder)
    whole = file.read_bytes()
    for wrong in (b"x" * 1000, whole[:32] + b"x" * 1000, whole[:32] + pickle.dumps(1)):
        file.write_bytes(wrong)
        assert built(folder, None)[2].search("蜜多不多").matches
        assert len(file.read_bytes()) == len(whole)


def test_a_folder_in_the_place_of_a_file_is_done_without(folder: Path) -> None:
    built(folder, None)
    (file,) = kept(folder)
    file.unlink()
    file.mkdir()
    assert built(folder, None)[2].search("蜜多不多").matches
    assert kept(folder) == [file]


def test_the_lock_that_emacs_leaves_while_one_writes_is_no_file(folder: Path) -> None:
    without = built(folder, None)[1]
    (folder / ".#bees.yaml").symlink_to("user@host.1234:5678")
    assert built(folder, None)[1] == without


def test_a_file_that_is_gone_when_it_is_read_is_a_fault(folder: Path) -> None:
    without = built(folder, None)[1]
    (folder / "gone.yaml").symlink_to("nowhere")
    *others, fault = built(folder, None)[1]
    assert str(fault.where) == f"{folder}/gone.yaml:1" and tuple(others) == without


def test_what_is_read_while_somebody_writes_is_not_kept(folder: Path) -> None:
    changed = INTERVIEW.replace("蜜多不多", "收成好不好吗")

    class Writing(Counting):
        def __call__(self, texts: Sequence[str]) -> Floats:
            (folder / "bees.yaml").write_text(changed, encoding="utf-8")
            return super().__call__(texts)

    built(folder, Writing())
    assert kept(folder) == []


def test_starts_at_once_tear_nothing(folder: Path) -> None:
    """As replicas on one machine do."""
    with ThreadPoolExecutor(4) as threads:
        for _, _, index in threads.map(lambda _: built(folder, None), range(8)):
            assert index.search("蜜多不多").matches
    assert len(kept(folder)) == 1


def test_a_version_names_what_the_files_say_wherever_they_are(folder: Path) -> None:
    first = version(folder)
    os.utime(folder / "bees.yaml", ns=(0, 0))
    moved = folder.rename(folder.with_name("elsewhere"))
    assert version(moved) == first
    (moved / "more.phrases.yaml").write_text("interview: bees\n", encoding="utf-8")
    assert version(moved) != first


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file in its place", encoding="utf-8")
    assert built(folder, None)[2].search("蜜多不多").matches
