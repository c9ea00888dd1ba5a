"""From a question without an answer to the next one's answer, through processes that are killed.

The whole story is played again and again, each time with a process that dies at another step:
before and after each commit, before and after each call to Telegram.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from bot import edition
from bot.reloading import QUIET, Reloading
from bot.settings import Hours
from bot.store import DAY, Store, View
from bot.tg import announcing
from bot.tg.worker import Worker
from tests.mortal import Life, alive, answers_what_waits, handles
from tests.postgres import Server
from tests.telegram import Chat, FakeClock, Message, Person, World
from tests.test_telegram_curators import ASKED, PHRASES, SHOP

ANY_HOUR = Hours(cards=5, digest=0, quiet=(0, 0))
ANSWER = "黑的叫墨水,白的叫橡皮。"
Act = Callable[["Story", Worker], Awaitable[None]]


class Story:
    """A shop, its curators and somebody who asks; a class because each act goes on from there."""

    def __init__(self, folder: Path, database: str) -> None:
        self.clock = FakeClock()
        self.world = World(clock=self.clock)
        self.alice, self.bob = self.world.user("Alice"), self.world.user("Bob")
        self.lin = self.world.user("林编")
        self.desk = self.world.supergroup("编者", members=[self.lin], forum=True)
        self.lin.promotes_bot(self.desk)
        self.folder, self.database = folder, database
        folder.mkdir()
        (folder / "shop.yaml").write_text(SHOP, "utf-8")
        (folder / "shop.phrases.yaml").write_text(PHRASES, "utf-8")
        self.world.take()

    async def plays(self, acts: Sequence[Act], life: Life | None = None, dies_at: int = 0) -> None:
        """One process plays these acts; in the last it dies at a step, if it is given a life."""
        ticks = count(0.0, 2 * QUIET)
        served = edition.load(self.folder, None)
        reloading = Reloading(self.folder, None, served, lambda: next(ticks))
        async with alive(
            self.world, self.database, life, reloading=reloading, curators=self.desk.id
        ) as worker:
            worker._services.hours = ANY_HOUR
            await answers_what_waits(worker)
            for act in acts if life is None else acts[:-1]:
                await self._played(act, worker)
            if life:
                life.steps, life.ends_at = 0, dies_at
                await self._cut_short(acts[-1], worker, life)

    async def _cut_short(self, act: Act, worker: Worker, life: Life) -> None:
        work = asyncio.create_task(self._played(act, worker))
        end = asyncio.create_task(life.ended.wait())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, end):
            task.cancel()
        if not life.ended.is_set():
            await work

    async def _played(self, act: Act, worker: Worker) -> None:
        await act(self, worker)
        await answers_what_waits(worker)

    async def takes(self, worker: Worker) -> None:
        """Handle what has happened, which Telegram delivers again until it is handled."""
        updates = self.world.pending()
        if updates:
            await handles(worker, updates)
        for update in updates:
            self.world.settle(update["update_id"])

    def said(self, chat: Chat, begins: str = "") -> list[Message]:
        return [m for m in chat.said_by(self.world.me) if m.text.startswith(begins)]

    @property
    def private(self) -> Chat:
        return self.world.private(self.alice)

    async def view(self) -> View:
        store = Store(self.database, self.clock)
        try:
            found = await store.curating.view(1)
            assert found is not None
            return found
        finally:
            store.close()


def says(name: str, text: str) -> Act:
    async def act(story: Story, worker: Worker) -> None:
        person: Person = getattr(story, name)
        person.says(story.world.private(person), text)
        await story.takes(worker)

    return act


def orders() -> Act:
    async def act(story: Story, worker: Worker) -> None:
        story.alice.presses(story.said(story.private)[-1], "请人来答（会记下往哪儿答）")
        await story.takes(worker)

    return act


def announces() -> Act:
    async def act(story: Story, worker: Worker) -> None:
        await announcing.announce(worker._services)

    return act


def presses(text: str) -> Act:
    async def act(story: Story, worker: Worker) -> None:
        story.lin.presses(await _card(story, worker), text)
        await story.takes(worker)

    return act


async def _card(story: Story, worker: Worker) -> Message:
    """The card, which is announced a day later at the latest: if nobody knows whether it was
    posted, the digest offers it."""
    if not story.said(story.desk, "#1"):
        story.clock.advance(DAY)
        await announcing.announce(worker._services)
        await answers_what_waits(worker)
    if not story.said(story.desk, "#1"):
        story.lin.presses(story.said(story.desk)[-1], "#1")
        await story.takes(worker)
    (card,) = story.said(story.desk, "#1")
    return card


STORY: dict[str, Act] = {
    "asks": says("alice", ASKED),
    "orders": orders(),
    "card": announces(),
    "takes": presses("接单"),
    "promises": presses("3 天"),
    "teaches": presses("加为问法"),
    "exchange": presses("猫"),
    "passage": presses("整段回答"),
    "confirms": presses("确认"),
}


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """URLs of databases of either kind that are all empty."""
    if request.param == "sqlite":
        Store(f"sqlite:///{tmp_path}/empty.db").close()
        numbers = (tmp_path / f"{number}.db" for number in count())
        yield lambda: f"sqlite:///{shutil.copy(tmp_path / 'empty.db', next(numbers))}"
        return
    server: Server = request.getfixturevalue("postgres")
    with ExitStack() as all_of_them:
        yield lambda: all_of_them.enter_context(server.database())


# Every other step on SQLite; on PostgreSQL every third of the acts in which most is written. All
# 200 were played once on either: half a second each is too much for every day.
DEATHS = [
    *(pytest.param("sqlite", act, 2, id=f"sqlite-{act}") for act in STORY),
    *(pytest.param("postgresql", act, 3, id=f"postgresql-{act}") for act in ("orders", "confirms")),
]


@pytest.mark.parametrize(("empty", "dies_in", "stride"), DEATHS, indirect=["empty"])
async def test_killed_at_any_step_the_story_ends_well(
    tmp_path: Path, empty: Callable[[], str], dies_in: str, stride: int
) -> None:
    acts, at = list(STORY.values()), list(STORY).index(dies_in)
    for step in count(1, stride):
        story, life = Story(tmp_path / f"knowledge{step}", empty()), Life()
        await story.plays(acts[: at + 1], life, step)
        await story.plays([Story.takes, *acts[at + 1 :], says("bob", ASKED)])
        await _ended_well(story, f"{dies_in}, killed at step {step}: {life.last}")
        if not life.ended.is_set():
            assert step > 3, "it does something"
            break


async def _ended_well(story: Story, when: str) -> None:
    view = await story.view()
    changes = [change.state for change in view.history]
    assert changes == ["open", "taken", "closed"], when
    assert [lesson.state for lesson in view.lessons] == ["answered"], when
    for file in ("shop.phrases.yaml", "shop.questions.yaml"):
        assert (story.folder / file).read_text("utf-8").count(ASKED) == 1, when
    told = [m.text for m in story.said(story.private, "你请人答的")]
    assert all(text.startswith(f"你请人答的“{ASKED}”") for text in told), when
    assert any("有人接了，说好最晚" in text for text in told), when
    answers = [text for text in told if ANSWER in text]
    assert 1 <= len(answers) <= 2, when  # what was on the wire is sent to one person again
    cards = story.said(story.desk, "#1")
    assert len(cards) == 1 and "结了" in cards[0].text, when
    assert ANSWER in story.said(story.world.private(story.bob))[-1].text, when
