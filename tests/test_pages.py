"""A page file becomes text, or one sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.pages import LARGEST, NoPage, Page, decode, read, suggest_id

SEEDS = Path(__file__).parent.parent / "seeds"
SPOKEN = "主持人:厦门在治庸的过程中,有没有碰到一些阻力?\n陈秋雄:大家慢慢地理解并接受了。\n"
TRADITIONAL = "主持人:廈門在這個過程中,有沒有碰到一些阻力?\n來賓:我們大家慢慢地理解並接受了。\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (SPOKEN.encode(), SPOKEN),
        (SPOKEN.encode("utf-8-sig"), SPOKEN),  # Notepad's UTF-8
        (b"\xff\xfe" + SPOKEN.encode("utf-16-le"), SPOKEN),  # Notepad's "Unicode"
        (b"\xfe\xff" + SPOKEN.encode("utf-16-be"), SPOKEN),
        (SPOKEN.replace("\n", "\r\n").encode(), SPOKEN),
        (SPOKEN.replace("\n", "\r").encode(), SPOKEN),  # old Mac
        (b"plain ASCII\n", "plain ASCII\n"),
        ("问\x07答\n".encode(), "问\x07答\n"),  # one stray bell is not a binary file
    ],
)
def test_unicode_pages_are_read_without_a_word(data: bytes, text: str) -> None:
    assert decode(data) == Page(text)


@pytest.mark.parametrize(
    ("data", "text", "name"),
    [
        (SPOKEN.encode("gbk"), SPOKEN, "GB18030"),
        (SPOKEN.replace("\n", "\r\n").encode("gb18030"), SPOKEN, "GB18030"),
        (TRADITIONAL.encode("big5"), TRADITIONAL, "Big5"),
    ],
)
def test_other_encodings_are_guessed_with_a_warning(data: bytes, text: str, name: str) -> None:
    page = decode(data)
    assert isinstance(page, Page)
    assert page.text == text
    assert name in page.warnings[0]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "空"),
        ("\ufeff \u3000\r\n\n".encode(), "空"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 docx", "Word"),
        (bytes(range(256)) * 8, "不是文本"),
        (b"\x00" * 100, "不是文本"),
        (SPOKEN.encode() + b"\xff\xfe broken", "第 3 行"),  # verbatim text is never guessed at
        (b"x" * 10_000_000, "MB"),
    ],
)
def test_what_is_no_text_gets_one_sentence(data: bytes, word: str) -> None:
    page = decode(data)
    assert isinstance(page, NoPage)
    assert word in str(page)
    assert "\n" not in str(page)


def test_every_seed_reads_without_a_warning() -> None:
    seeds = list(SEEDS.iterdir())
    assert seeds
    for path in seeds:
        page = read(path)
        assert isinstance(page, Page) and not page.warnings, path


def test_missing_files_folders_and_forbidden_files_get_one_sentence(tmp_path: Path) -> None:
    assert "没有" in str(read(tmp_path / "missing.txt"))
    assert "文件夹" in str(read(tmp_path))
    assert isinstance(read(tmp_path / ("long" * 100)), NoPage)
    assert isinstance(read(Path("nul\x00.txt")), NoPage)


def test_no_more_is_read_than_is_needed_to_see_that_a_file_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST * 100)
    assert "MB" in str(read(path))


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("seeds/xiamen-2014-dongnanwang.txt", "xiamen-2014-dongnanwang"),
        ("厦门 Xiamen_2014.TXT", "xiamen-2014"),
        ("ｆｕｌｌ－ｗｉｄｔｈ.txt", "full-width"),
        ("厦门访谈.txt", "interview"),  # nothing that a link could carry
        ("a" * 40 + ".txt", "a" * 32),
        ("a" * 31 + "-b.txt", "a" * 31),  # no dash at the end
    ],
)
def test_a_file_name_suggests_an_id(name: str, id_: str) -> None:
    assert suggest_id(name) == id_
