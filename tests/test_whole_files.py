"""A file is the old one or the new one, whoever is killed and whoever writes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from bot import whole_files
from tests.telegram.world import LONGEST_WAIT


def replace(path: Path, data: bytes) -> None:
    whole_files.replace(path, lambda stream: stream.write(data))


def parts(folder: Path) -> list[Path]:
    """What is in the folder beside the file itself."""
    return [path for path in folder.iterdir() if path.name != "file"]


def test_who_is_killed_in_the_middle_leaves_the_old_file_and_the_rest_goes_later(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    code = """
import sys
from pathlib import Path
from bot import whole_files

def write(stream):
    stream.write(b"new" * 100_000)
    stream.flush()
    print("half", flush=True)
    sys.stdin.read()

whole_files.replace(Path(sys.argv[1]), write)
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, file], stdin=pipe, stdout=pipe) as writing:
        assert writing.stdout and writing.stdout.readline() == b"half\n"
        writing.kill()
        writing.wait(LONGEST_WAIT)
    assert file.read_bytes() == b"old"
    (part,) = parts(tmp_path)
    replace(file, b"newer")
    assert parts(tmp_path) == [part], "somebody may still be writing it"
    long_ago = time.time() - whole_files.ABANDONED - 1
    os.utime(part, (long_ago, long_ago))
    replace(file, b"newest")
    assert (parts(tmp_path), file.read_bytes()) == ([], b"newest")


def test_who_takes_too_long_is_told_that_the_part_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "file"

    def slow(stream: IO[bytes]) -> None:
        os.utime(stream.name, (0, 0))
        replace(file, b"quick")

    with pytest.raises(FileNotFoundError):
        whole_files.replace(file, slow)
    assert (parts(tmp_path), file.read_bytes()) == ([], b"quick")


def test_two_who_write_at_once_tear_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    texts = [bytes([letter]) * 300_000 for letter in b"abcdefgh"]
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda text: replace(file, text), texts):
            assert file.read_bytes() in texts
    assert parts(tmp_path) == []


def fails(_: IO[bytes]) -> None:
    raise OSError("disk full")


def is_stopped(_: IO[bytes]) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("write", [fails, is_stopped])
def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, write: Callable[[IO[bytes]], None]
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises((OSError, KeyboardInterrupt)):
        whole_files.replace(tmp_path / "file", write)
    assert ((tmp_path / "file").read_bytes(), parts(tmp_path)) == (b"old", [])


def test_a_folder_in_its_place_stays(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError):
        replace(tmp_path / "file", b"new")
    assert ((tmp_path / "file").is_dir(), parts(tmp_path)) == (True, [])


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_bytes(b"old")
    (elsewhere / "file").chmod(0o640)
    (tmp_path / "file").symlink_to(elsewhere / "file")
    replace(tmp_path / "file", b"new")
    assert (tmp_path / "file").is_symlink() and (elsewhere / "file").read_bytes() == b"new"
    assert (elsewhere / "file").stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    replace(tmp_path / "file", b"new")
    (tmp_path / "other").write_bytes(b"new")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_longest_name_that_a_folder_takes_can_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / ("访" * 85)
    replace(file, b"new")
    assert file.read_bytes() == b"new"
