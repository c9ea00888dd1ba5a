"""Importing as a person sees it: what is told, what is asked, what is written and what never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from bot import importing
from bot.importing import Refused
from bot.transcript import Corrections

PAGE = """守塔人访谈

海风周刊：您第一次上岛是什么时候？

吴海生：一九八八年春天，坐的是送水的船。

海风周刊：夜里最怕什么？

吴海生：最怕灯灭。灯一灭，船就没了眼睛。

海风周刊：岛上一共住过几个人？

吴海生：最多的时候五个，后来只剩我。

海风周刊：以后还守吗？

吴海生：守到守不动为止。
"""
# 阿宝 may ask or answer: the page alone does not tell.
DOUBTFUL = PAGE.replace("吴海生：最多的时候", "阿宝：五个吧？\n\n吴海生：最多的时候")


NOTHING = Corrections()


@dataclass
class Person:
    """Somebody at a terminal: what they were told, and what they answer, one line a question."""

    answers: Iterable[str | None] = ()
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers = iter(self.answers)

    def say(self, line: str) -> None:
        self.told.append(line)

    def ask(self, prompt: str) -> str | None:
        self.asked.append(prompt)
        return next(iter(self.answers))

    @property
    def text(self) -> str:
        return "\n".join(self.told)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported(
    page: str, person: Person, corrections: Corrections = NOTHING, watched: bool = True
) -> dict[str, object]:
    """The file that comes of it, read as any program would read it."""
    Path("tower.txt").write_text(page, encoding="utf-8")
    ask = person.ask if watched else None
    importing.run(Path("tower.txt"), Path("tower.yaml"), corrections, person.say, ask)
    found: dict[str, object] = yaml.safe_load(Path("tower.yaml").read_text(encoding="utf-8"))
    return found


def reviewed(found: dict[str, object]) -> list[bool]:
    return ["review" in exchange for exchange in found["exchanges"]]  # type: ignore[attr-defined]


def test_it_ends_with_a_preview_and_asks_nothing_where_all_is_clear() -> None:
    person = Person()
    found = imported(PAGE, person)
    assert person.asked == []
    assert (found["host"], found["guest"], len(reviewed(found))) == ("海风周刊", "吴海生", 4)
    assert not any(reviewed(found))
    assert person.told[-1].startswith("主持人:海风周刊(4 轮,100% 在提问)\n嘉宾:吴海生(4 轮)\n")
    assert person.told[-1].splitlines()[-1] == (
        "  python -m bot import tower.txt -o tower.yaml --host 海风周刊 --guest 吴海生 --end 18"
    )


def test_the_command_of_the_preview_gives_the_same_again() -> None:
    person = Person()
    found = imported(PAGE, person)
    told = Corrections(("海风周刊",), ("吴海生",), (), 18)
    assert imported(PAGE, Person(), told) == found


def test_doubt_is_written_down_and_asked_about_only_at_a_terminal() -> None:
    quiet, person = Person(), Person([""])
    assert any(reviewed(imported(DOUBTFUL, quiet, watched=False)))
    assert quiet.asked == []
    assert any(reviewed(imported(DOUBTFUL, person)))
    assert len(person.asked) == 1


def test_what_the_person_says_is_believed_and_shown_again() -> None:
    person = Person(["什么?", "n 阿宝", ""])
    found = imported(DOUBTFUL, person)
    assert "没看懂" in person.text
    assert "你说不是说话人" in person.text
    answers = [a for e in found["exchanges"] for a in e["answer"]]  # type: ignore[attr-defined]
    assert "五个吧？" not in answers and "最多的时候五个，后来只剩我。" in answers


@pytest.mark.parametrize("goes", ["q", None])
def test_who_goes_away_leaves_nothing_behind(goes: str | None) -> None:
    with pytest.raises(Refused):
        imported(DOUBTFUL, Person([goes]))
    assert not Path("tower.yaml").exists()


def test_a_correction_that_leaves_no_interview_is_told_and_taken_back() -> None:
    person = Person(["e 3", ""])
    assert len(reviewed(imported(DOUBTFUL, person))) >= 4
    assert "没有找到访谈" in person.text


@pytest.mark.parametrize(
    ("told", "guest"),
    [(Corrections(guest=("无名氏",)), "吴海生"), (Corrections(host=("海风周刊",)), "吴海生")],
)
def test_a_name_that_is_not_on_the_page_is_told_with_those_that_are(
    told: Corrections, guest: str
) -> None:
    person = Person()
    assert imported(PAGE, person, told)["guest"] == guest
    assert ("没有标签“无名氏”" in person.text) == bool(told.guest)


def test_an_end_leaves_out_what_follows_and_says_so() -> None:
    person = Person()
    found = imported(PAGE, person, Corrections(end="海风周刊：岛上"))
    assert len(reviewed(found)) == 2
    assert "岛上一共住过几个人" in person.text


@pytest.mark.parametrize("left", ["00:00:01,000 --> 00:00:04,000", "&nbsp;", "{\\an8}", "(cid:12)"])
def test_a_format_that_was_not_understood_is_refused_and_never_written(left: str) -> None:
    with pytest.raises(Refused) as refused:
        imported(PAGE.replace("送水的船。", f"送水的船。{left}好大的浪"), Person())
    assert "没有读干净" in str(refused.value)
    assert not Path("tower.yaml").exists()


def test_what_somebody_has_reviewed_is_not_asked_for_again() -> None:
    imported(DOUBTFUL, Person([""]))
    file = Path("tower.yaml")
    file.write_text(file.read_text("utf-8").replace("  review: true\n", ""), encoding="utf-8")
    assert not any(reviewed(imported(DOUBTFUL, Person([""]))))


@pytest.mark.parametrize(
    ("given", "names"),
    [("记者", ("记者",)), ("张三，李四, 王五", ("张三", "李四", "王五")), ("", ()), (" , ", ())],
)
def test_names_are_told_apart_by_commas_of_either_width(given: str, names: tuple[str, ...]) -> None:
    assert importing.names(given) == names


def test_an_end_is_a_number_or_a_beginning() -> None:
    assert (importing.end(" 12 "), importing.end("相关阅读")) == (12, "相关阅读")
