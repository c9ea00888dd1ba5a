"""Knowledge is read again when its files have changed: in real files and real threads, on a clock
of the test's own."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from bot import edition
from bot.edition import Edition, Refused
from bot.reloading import QUIET, Reloading, Signature, Watch
from bot.respond import Answer, Conversation
from bot.search import Encoder, Floats
from tests.telegram.world import LONGEST_WAIT

PAGE = """\
养蜂报 > 人物
养蜂人

2019-05-01 08:00:00 来源: 养蜂报

记者:今年的蜂蜜收成怎么样?

林阿土:比去年少三成。雨下得太多。

记者:冬天蜜蜂怎么过?

林阿土:抱成一团取暖,吃自己存的蜜。
"""
INTERVIEW = """\
id: bees
title: 养蜂人
host: 记者
guest: 林阿土
page: bees.txt
exchanges:
- id: q1
  question: 今年的蜂蜜收成怎么样?
  answer:
  - 比去年少三成。雨下得太多。
- id: q2
  question: 冬天蜜蜂怎么过?
  answer:
  - 抱成一团取暖,吃自己存的蜜。
"""
OLD = """\
interview: bees
exchanges:
  q1:
    asks:
    - 蜜多不多
"""
NEW = OLD + "    - 产量比往年高还是低\n"
HALF = OLD[:40]


class Bot:
    """What an operator sees: files in a folder, and what is told and served when time goes by."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self.now = 0.0
        self.served = edition.load(folder, encoder)
        self.reloading = Reloading(folder, encoder, self.served, lambda: self.now)
        self.told: list[str] = []
        self.wait()

    def look(self, later: float = 0.0) -> None:
        self.now += later
        self.take(self.reloading.look())

    def wait(self) -> None:
        """Let time go by in which nobody writes."""
        for _ in range(3):
            self.look(2 * QUIET)

    def take(self, result: Edition | Refused | None) -> None:
        match result:
            case Edition():
                self.served = result
            case Refused():
                self.told += str(result).replace(f"{self.folder}/", "").split("\n")

    @property
    def asks(self) -> list[str]:
        """How people ask, by what is served."""
        return [ask.text for exchange in self.served.knowledge.exchanges() for ask in exchange.asks]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    write(tmp_path / "bees.txt", PAGE)
    write(folder / "bees.yaml", INTERVIEW)
    write(folder / "bees.phrases.yaml", OLD)
    for file in folder.iterdir():
        os.utime(file, ns=(0, 0))  # what is written next is newer, however quick the test is
    return folder


@pytest.fixture
def bot(folder: Path) -> Bot:
    return Bot(folder)


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


# ── how editors write ────────────────────────────────────────────────────────────────────────────


def vim(file: Path) -> Iterator[None]:
    """Backup by renaming, a new file in its place, the backup removed."""
    write(file.with_name("4913"), "")
    file.with_name("4913").unlink()
    yield
    backup = file.rename(file.with_name(file.name + "~"))
    yield
    write(file, HALF)
    yield
    write(file, NEW)
    yield
    backup.unlink()


def vim_by_copy(file: Path) -> Iterator[None]:
    """`backupcopy=yes`: a copy beside, the file itself emptied and filled."""
    swap = file.with_name(f".{file.name}.swp")
    write(swap, "b0VIM")
    shutil.copy2(file, f"{file}~")
    yield
    write(file, "")
    yield
    write(file, NEW)
    yield
    swap.unlink()


def nano(file: Path) -> Iterator[None]:
    """The file emptied and filled, block by block."""
    with file.open("w", encoding="utf-8") as stream:
        yield
        stream.write(NEW[:50])
        stream.flush()
        yield
        stream.write(NEW[50:])


def emacs(file: Path) -> Iterator[None]:
    """A link that leads nowhere as a lock, an auto-save file, the old one kept beside."""
    lock = file.with_name(f".#{file.name}")
    lock.symlink_to("user@host.1234:5678")
    write(file.with_name(f"#{file.name}#"), HALF)
    yield
    file.rename(file.with_name(file.name + "~"))
    yield
    write(file, NEW)
    lock.unlink()


def sed(file: Path) -> Iterator[None]:
    """`sed -i`: a new file beside, renamed."""
    beside = file.with_name("sedAbC123")
    write(beside, HALF)
    yield
    write(beside, NEW)
    yield
    beside.rename(file)


def rsync(file: Path) -> Iterator[None]:
    """`rsync -t`: a hidden file beside, with the source's time, renamed."""
    beside = file.with_name(f".{file.name}.Xy12Zz")
    write(beside, HALF)
    yield
    write(beside, NEW)
    os.utime(beside, ns=(0, 1_000_000_000))
    beside.rename(file)


def copied_over(file: Path) -> Iterator[None]:
    """`cp -p other file`: emptied, filled, and as old as the other."""
    write(file, "")
    yield
    write(file, HALF)
    yield
    write(file, NEW)
    os.utime(file, ns=(0, 0))


def git(file: Path) -> Iterator[None]:
    """`git checkout`: file after file removed and made anew."""
    other = file.with_name("bees.yaml")
    file.unlink()
    yield
    write(file, NEW.replace("bees", "bees-2019"))  # fits to no interview that is here yet
    yield
    other.unlink()
    yield
    write(other, INTERVIEW.replace("id: bees", "id: bees-2019"))


def deployed(file: Path) -> Iterator[None]:
    """A folder of links to one generation of files, as Kubernetes mounts it."""
    for name, text in (("1", OLD), ("2", NEW)):
        file.with_name(f"..{name}").mkdir()
        write(file.with_name(f"..{name}") / file.name, text)
    data = file.with_name("..data")
    data.symlink_to("..1")
    file.unlink()
    file.symlink_to(f"..data/{file.name}")
    yield
    file.with_name("..next").symlink_to("..2")
    file.with_name("..next").rename(data)


@pytest.mark.parametrize(
    "way", [vim, vim_by_copy, nano, emacs, sed, rsync, copied_over, git, deployed]
)
def test_however_an_editor_writes_only_the_end_of_it_is_served(
    bot: Bot, way: Callable[[Path], Iterator[None]]
) -> None:
    before = bot.served
    for _ in way(bot.folder / "bees.phrases.yaml"):
        bot.look(0.9 * QUIET)
        assert bot.served is before
    bot.look()
    assert bot.served is before
    bot.wait()
    assert (bot.asks, bot.told) == (["蜜多不多", "产量比往年高还是低"], [])


def test_a_file_of_the_same_size_and_time_is_seen_by_the_time_of_the_change(bot: Bot) -> None:
    file = bot.folder / "bees.phrases.yaml"
    changed = file.stat().st_ctime_ns
    write(file, OLD.replace("多不多", "少不少"))
    while True:
        os.utime(file, ns=(0, 0))
        if file.stat().st_ctime_ns != changed:  # the kernel's clock ticks every few milliseconds
            break
    bot.wait()
    assert bot.asks == ["蜜少不少"]


FILES: tuple[Signature, ...] = ((), (("x.yaml", 1, 1, 1),), (("x.yaml", 2, 2, 2),))


@pytest.mark.parametrize(
    ("looks", "due"),
    [
        ([(1, 0.0), (1, 0.9), (1, 1.0)], [False, False, True]),
        ([(1, 0.0), (2, 0.9), (2, 1.8), (2, 2.0)], [False, False, False, True]),
        ([(1, 0.0), (1, 1.0), (0, 2.0), (1, 3.0)], [False, True, False, False]),  # as it was
        ([(1, 0.0), (1, 1.0), (1, 2.0), (2, 3.0), (2, 9.0)], [False, True, False, False, True]),
        ([(0, 0.0), (0, 5.0)], [False, True]),  # nothing at all is something, too
    ],
)
def test_files_are_due_once_they_have_been_quiet(
    looks: list[tuple[int, float]], due: list[bool]
) -> None:
    watch = Watch()
    for (number, now), expected in zip(looks, due, strict=True):
        assert watch.is_due(FILES[number], now) is expected
        if expected:
            watch.settle(FILES[number])


# ── what is not served ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "bees.phrases.yaml",
            OLD + '    - "没有关上\n',
            "bees.phrases.yaml:6: 这句话里的符号让 YAML 误会了",
        ),
        ("bees.phrases.yaml", OLD + "  q9:\n    asks: [甲]\n", "bees.phrases.yaml:7: “q9”这一问"),
        (
            "bees.phrases.yaml",
            OLD + "    facts:\n    - quote: 比去年多三成。\n      asks: [少了多少]\n",
            "bees.phrases.yaml:7: 引文“比去年多三成。”不在这条回答",
        ),
        ("bees.phrases.yaml", OLD + "    quote: 比去年少\n", "bees.phrases.yaml:6: 引文“比去年少”"),
        (
            "bees.yaml",
            INTERVIEW.replace("少三成", "多三成"),
            "bees.yaml:7: q1 的 answer“比去年多三成。",
        ),
        ("bees.yaml", INTERVIEW.replace("阿土", "阿水"), "bees.yaml:1: guest 的“林阿水”不在页面里"),
        ("bees.yaml", INTERVIEW + "  review: true\n", "bees.yaml:11: q2"),
        ("bees copy.yaml", INTERVIEW, "bees.yaml:1: id“bees”在"),
        ("more.yml", INTERVIEW, "more.yml:1: 只读 .yaml"),
        ("bees.yaml", "", "bees.yaml:1: 文件是空的"),
    ],
)
def test_what_is_faulty_is_told_once_with_its_line_and_the_old_stays(
    bot: Bot, name: str, text: str, told: str
) -> None:
    before = bot.served
    write(bot.folder / name, text)
    bot.wait()
    assert bot.served is before
    assert bot.told[0].startswith(told) and "; " in bot.told[0]
    count = len(bot.told)
    bot.wait()
    os.utime(bot.folder / name)
    bot.wait()
    assert len(bot.told) == count, "the same files say the same"
    (bot.folder / name).unlink()
    write(bot.folder / "bees.yaml", INTERVIEW)
    write(bot.folder / "bees.phrases.yaml", NEW)
    bot.wait()
    assert len(bot.asks) == 2 and len(bot.told) == count


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bees.phrases.yaml", OLD + "    - 蜜多不多\n"),  # said twice: `check` tells
        ("bees.phrases.yaml", OLD + "    - 冬天蜜蜂怎么过\n"),  # another's question: `check` tells
        ("bees.yaml", INTERVIEW.replace("page: bees.txt\n", "")),
        ("bees.yaml", INTERVIEW.replace("bees.txt", "gone.txt")),  # pages are not always deployed
    ],
)
def test_what_is_no_lie_is_served(bot: Bot, name: str, text: str) -> None:
    before = bot.served
    write(bot.folder / name, text)
    bot.wait()
    assert bot.served is not before and bot.told == []


def test_the_page_of_an_interview_that_did_not_change_is_not_read_again(bot: Bot) -> None:
    write(bot.folder.parent / "bees.txt", "别的")
    write(bot.folder / "bees.phrases.yaml", NEW)
    bot.wait()
    assert len(bot.asks) == 2 and bot.told == []


def test_a_start_leaves_out_what_is_faulty_and_no_look_tells_it_again(folder: Path) -> None:
    write(folder / "bees.phrases.yaml", OLD + "  q9:\n    asks: [甲]\n")
    bot = Bot(folder)
    assert (len(bot.served.faults), bot.asks, bot.told) == (1, ["蜜多不多"], [])


def test_a_folder_without_knowledge_is_refused(bot: Bot) -> None:
    before = bot.served
    for file in bot.folder.iterdir():
        file.unlink()
    bot.wait()
    assert bot.served is before
    assert bot.told == [f"{bot.folder}:1: 文件夹里没有 .yaml 文件; 用 import 从访谈页面生成一个"]


def test_a_folder_that_is_gone_for_a_while_is_told_once_and_forgiven(bot: Bot) -> None:
    before = bot.served
    away = bot.folder.rename(bot.folder.with_name("away"))
    bot.wait()
    assert bot.told == [f"{bot.folder}:1: 没有这个文件夹; 检查路径,或先用 import 生成一个文件"]
    away.rename(bot.folder)
    bot.wait()
    assert bot.served is before and len(bot.told) == 1
    write(bot.folder / "bees.phrases.yaml", NEW)
    bot.wait()
    assert len(bot.asks) == 2


def test_a_file_that_cannot_be_read_is_told_and_served_when_it_can(bot: Bot) -> None:
    """A link that leads nowhere: listed, and gone when it is looked at."""
    link, target = bot.folder / "more.phrases.yaml", bot.folder.parent / "target"
    link.symlink_to(target)
    bot.wait()
    assert len(bot.told) == 1 and bot.told[0].startswith("more.phrases.yaml:1: 没有")
    write(target, "interview: bees\nexchanges:\n  q2:\n    asks: [蜜蜂怎么过冬]\n")
    bot.wait()
    assert bot.asks == ["蜜多不多", "蜜蜂怎么过冬"] and len(bot.told) == 1


# ── what it costs ────────────────────────────────────────────────────────────────────────────────


class Counting:
    """An encoder by the lengths of texts; it does what it is told to when asked for many."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.meanwhile = meanwhile
        self.built = 0

    def __call__(self, texts: Sequence[str]) -> Floats:
        if len(texts) > 1:
            self.built += 1
            self.meanwhile()
        return np.array([[1.0, len(text)] for text in texts], dtype=np.float32)


def test_a_change_back_to_what_is_served_costs_nothing(folder: Path) -> None:
    encoder = Counting()
    bot = Bot(folder, encoder)
    before, built = bot.served, encoder.built
    write(folder / "bees.phrases.yaml", HALF)
    bot.look(0.5)
    write(folder / "bees.phrases.yaml", OLD)
    bot.wait()
    (folder / "bees.yaml").touch()
    bot.wait()
    assert bot.served is before and encoder.built == built
    write(folder / "bees.phrases.yaml", NEW)
    bot.wait()
    assert encoder.built == built + 1, "else nothing would have been counted"


def test_files_that_change_while_they_are_read_are_read_again_when_they_rest(folder: Path) -> None:
    encoder = Counting()
    bot = Bot(folder, encoder)
    before = bot.served
    write(folder / "bees.phrases.yaml", OLD + "    - 半途的问法\n")
    encoder.meanwhile = lambda: write(folder / "bees.phrases.yaml", NEW)
    bot.look()
    bot.look(2 * QUIET)
    assert bot.served is before
    encoder.meanwhile = lambda: None
    bot.wait()
    assert (bot.asks, bot.told) == (["蜜多不多", "产量比往年高还是低"], [])


def test_an_error_while_building_is_told_and_the_old_stays(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = Counting()
    bot = Bot(folder, encoder)
    before = bot.served

    def no_memory() -> None:
        raise MemoryError

    encoder.meanwhile = no_memory
    write(folder / "bees.phrases.yaml", NEW)
    bot.wait()
    assert bot.served is before
    assert bot.told == [f"{folder}:1: 载入时出错(MemoryError: ); 详情见日志"]
    assert "cannot be loaded" in caplog.text
    encoder.meanwhile = lambda: None
    bot.take(bot.reloading.at_once())
    assert len(bot.asks) == 2


def test_questions_are_answered_while_the_next_edition_is_built(folder: Path) -> None:
    encoder = Counting()
    bot = Bot(folder, encoder)
    building, answered = threading.Event(), threading.Event()

    def meanwhile() -> None:
        building.set()
        assert answered.wait(LONGEST_WAIT)

    encoder.meanwhile = meanwhile
    write(folder / "bees.phrases.yaml", NEW)
    bot.look()
    bot.now += 2 * QUIET
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(bot.reloading.look)
        assert building.wait(LONGEST_WAIT)
        (turn,) = bot.served.responder.respond("蜜多不多", Conversation())
        answered.set()
        bot.take(result.result(LONGEST_WAIT))
    assert isinstance(turn.reply, Answer) and turn.reply.exchange.key == "bees/q1"
    assert len(bot.asks) == 2


def test_what_was_replaced_is_gone_without_looking_for_garbage(bot: Bot) -> None:
    """Looking for garbage stops all threads; what nobody holds is gone at once."""
    gc.collect()
    gc.disable()
    try:
        old = []
        for number in range(10):
            bot.served.responder.respond("蜜多不多", Conversation())
            old.append(weakref.ref(bot.served.responder))
            write(bot.folder / "bees.phrases.yaml", f"{OLD}    - 第{'一' * number}次的问法\n")
            bot.wait()
        assert [responder() for responder in old] == [None] * 10
    finally:
        gc.enable()


# ── by hand, and by many ─────────────────────────────────────────────────────────────────────────


def test_at_once_waits_for_nothing_and_tells_again(bot: Bot) -> None:
    assert bot.reloading.at_once() is None
    write(bot.folder / "bees.phrases.yaml", HALF)
    first = bot.reloading.at_once()
    assert isinstance(first, Refused) and bot.reloading.at_once() == first
    bot.wait()
    assert bot.told == [], "who asked was told"
    write(bot.folder / "bees.phrases.yaml", NEW)
    bot.take(bot.reloading.at_once())
    assert len(bot.asks) == 2
    before = bot.served
    bot.wait()
    assert bot.served is before


def test_at_once_says_that_somebody_is_writing(folder: Path) -> None:
    encoder, numbers = Counting(), count()
    bot = Bot(folder, encoder)
    phrases = folder / "bees.phrases.yaml"
    encoder.meanwhile = lambda: write(phrases, f"{NEW}    - 第{'一' * next(numbers)}次\n")
    write(phrases, NEW)
    result = bot.reloading.at_once()
    assert str(result) == f"{folder}:1: 正在读的时候文件又变了; 写完后会自动再读"


def test_replicas_that_share_a_folder_come_to_the_same_version(
    folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "mounted"
    elsewhere.symlink_to(folder)
    bots = [Bot(folder), Bot(elsewhere)]
    old = {bot.served.version for bot in bots}
    write(folder / "bees.phrases.yaml", NEW)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(Bot.wait, bots))
    new = {bot.served.version for bot in bots}
    assert len(old) == len(new) == 1 and old != new
    assert [len(bot.asks) for bot in bots] == [2, 2]
