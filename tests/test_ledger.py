"""Misses become cases, once each and nameless; a case is taken and closed, and remembers it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from bot import cases
from bot.cases import Candidate, Reading
from bot.ledger import joining
from bot.respond import Conversation
from bot.store import DAY, KEPT, Arrival, Case, Change, Ledger, Sent, Speaker, Store
from bot.store.ledger import COMPARED, END_OF_A_TRACE, SPOKEN_FOR
from bot.store.schema import TABLES
from bot.tg import filing
from tests.bookshop import RESPONDER
from tests.rim import Rim
from tests.telegram import FakeClock, Person

ALICE = Speaker(chat=1, thread=0, person=1)
CARS = "店里有没有充电桩可以给电动车充电"
ALSO_CARS = "店里有没有充电桩能给电动车充电吗"
BREAD = "咖啡和面包是哪家供的货"


class Desk:
    """A database with a bot that misses and somebody who looks into its ledger."""

    def __init__(self, database: str, clock: FakeClock) -> None:
        self.clock = clock
        self.store = Store(database, clock)
        self.ledger = Ledger(database, clock)

    def close(self) -> None:
        self.store.close()
        self.ledger.close()

    async def missed(self, *texts: str, outcome: str = "none") -> None:
        """Questions that were not answered, each a second after the last."""
        for asked in texts:
            self.clock.advance(1)
            memory = self.store.memory()
            memory.missed(asked, outcome, None, 0.1)
            await self.store.write(memory.taken())

    async def cases(self, *texts: str) -> tuple[Case, ...]:
        """The cases after these were missed, too."""
        await self.missed(*texts)
        joining.catch_up(self.ledger, RESPONDER, lambda _: None)
        return self.ledger.cases(("open", "taken", "closed", "aside"))

    def step(self, number: int, state: cases.State, by: str = "王", **more: Any) -> bool:
        return self.ledger.change(number, Change(state, by, **more))

    async def rows(self, table: str) -> list[Any]:
        def read(db: Connection) -> list[Any]:
            return list(db.execute(select(TABLES.tables[table])).mappings().all())

        return await self.store._database.read(read)


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    desk = Desk(database, FakeClock())
    yield desk
    desk.close()


# ── joining ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_typed_a_thousand_times_is_one_row_with_a_number(desk: Desk) -> None:
    writes = desk.store.memory()
    for _ in range(999):
        writes.missed(CARS, "none", None, 0.1)
    await desk.store.write(writes.taken())
    (case,) = await desk.cases(f"请问{CARS}？")
    assert (case.times, case.variants, case.text) == (1000, 1, CARS)
    (variant,) = desk.ledger.variants(case.id)
    assert variant.times == 1000
    assert len(await desk.rows("variants")) == 1


async def test_questions_that_mean_the_same_are_one_case_and_others_are_not(desk: Desk) -> None:
    largest, other = await desk.cases(BREAD, CARS, ALSO_CARS, ALSO_CARS)
    assert (largest.text, largest.times, largest.variants) == (ALSO_CARS, 3, 2)
    assert (other.text, other.times, other.variants) == (BREAD, 1, 1)
    assert [v.text for v in desk.ledger.variants(largest.id)] == [ALSO_CARS, CARS]


async def test_a_case_knows_since_when_it_is_asked_and_what_comes_nearest(desk: Desk) -> None:
    begun = desk.clock()
    (case,) = await desk.cases("房东老周今年多大岁数属什么的", "房东老周今年多大岁数属什么")
    assert (case.first, case.last) == (begun + 1, begun + 2)
    assert case.nearest == "bookshop/q1" and "老周" in case.quote and case.score > 0
    assert [change.state for change in desk.ledger.history(case.id)] == ["open"]


async def test_what_no_interview_comes_near_is_kept_apart(desk: Desk) -> None:
    far = "明天会下雨吗"
    assert cases.read_miss(far, RESPONDER).far
    assert await desk.cases(far) == ()
    (case,) = desk.ledger.cases(("open",), far=True)
    assert case.text == far
    assert desk.ledger.totals() == {}


async def test_a_case_is_far_only_while_all_its_questions_are(desk: Desk) -> None:
    def read(name: str, far: bool) -> Reading:
        return Reading(name, name, far, None, "", 0.0, None, ("trace",))

    def choose(_: Reading, candidates: Any) -> int | None:
        return candidates[0].case if candidates else None

    await desk.missed("远", "近")
    found = desk.ledger.unread(2)
    readings = {m.key: read(m.key, m.text == "远") for m in found}
    desk.ledger.join(found[:1], readings, choose)
    assert desk.ledger.cases(("open",)) == ()
    desk.ledger.join(found[1:], readings, choose)
    (case,) = desk.ledger.cases(("open",))
    assert (case.far, case.times, case.variants) == (False, 2, 2)


async def test_a_new_question_is_compared_with_few(desk: Desk) -> None:
    """However many share its traces; and with the oldest, which are often the largest, too."""
    seen: list[list[Candidate]] = []

    def read(name: str) -> Reading:
        return Reading(name, name, False, None, "", 0.0, None, ("a", "b"))

    def choose(_: Reading, candidates: Any) -> None:
        seen.append(list(candidates))

    await desk.missed(*(f"问题{n}" for n in range(3 * END_OF_A_TRACE)))
    found = desk.ledger.unread(100)
    desk.ledger.join(found, {m.key: read(m.key) for m in found}, choose)
    last = {candidate.text for candidate in seen[-1]}
    names = [m.key for m in found]
    assert last == {*names[:END_OF_A_TRACE], *names[-END_OF_A_TRACE - 1 : -1]}
    assert max(map(len, seen)) == 2 * END_OF_A_TRACE <= COMPARED


async def test_only_the_first_questions_of_a_case_speak_for_it(desk: Desk) -> None:
    def choose(_: Reading, candidates: Any) -> int | None:
        return candidates[0].case if candidates else None

    await desk.missed(*(f"问题{n}" for n in range(2 * SPOKEN_FOR)))
    found = desk.ledger.unread(100)
    readings = {m.key: Reading(m.key, m.text, False, None, "", 0.0, None, ("a",)) for m in found}
    desk.ledger.join(found, readings, choose)
    assert len(await desk.rows("traces")) == SPOKEN_FOR
    (case,) = desk.ledger.cases(("open",))
    assert case.variants == 2 * SPOKEN_FOR


async def test_what_was_not_read_waits_and_is_not_lost(desk: Desk) -> None:
    await desk.missed(CARS, BREAD)
    found = desk.ledger.unread(10)
    readings = {m.key: joining.reading(m.text, RESPONDER) for m in found[:1]}
    assert desk.ledger.join(found, readings, joining.chooser(RESPONDER)) == 1
    assert [m.text for m in desk.ledger.unread(10)] == [BREAD]
    assert desk.ledger.waiting() == 1
    assert len(await desk.cases()) == 2
    assert desk.ledger.waiting() == 0


async def test_two_replicas_that_join_at_once_count_each_miss_once(
    desk: Desk, database: str
) -> None:
    await desk.missed(*[CARS, ALSO_CARS, BREAD] * 10)
    other = Ledger(database)

    def catch_up(ledger: Ledger) -> None:
        joining.catch_up(ledger, RESPONDER, lambda _: None)

    with ThreadPoolExecutor(2) as both:
        list(both.map(catch_up, (desk.ledger, other)))
    other.close()
    found = desk.ledger.cases(("open",))
    assert [(case.times, case.variants) for case in found] == [(20, 2), (10, 1)]


class Breaking:
    """What answers, but for one question."""

    index = RESPONDER.index

    def respond(self, message: str, _: Conversation) -> Any:
        raise LookupError(message)


async def test_a_question_that_breaks_the_search_has_a_case_all_the_same(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.missed(CARS, outcome="error")
    joining.catch_up(desk.ledger, Breaking(), lambda _: None)  # type: ignore[arg-type]
    (case,) = desk.ledger.cases(("open",))
    assert (case.text, case.nearest, case.times) == (CARS, None, 1)
    assert "could not be read" in caplog.text


# ── what was of no use ───────────────────────────────────────────────────────────────────────────


async def rated(desk: Desk, person: int, *useful: bool) -> None:
    for opinion in useful:
        memory = desk.store.memory()
        memory.rate(1, 11, person, "bookshop/q1", opinion, f"mark of {person}")
        await desk.store.write(memory.taken())


async def test_an_answer_of_no_use_joins_by_its_question_once_a_person_and_names_nobody(
    desk: Desk,
) -> None:
    memory = desk.store.memory()
    memory.answered(ALICE, Sent(11, 10, "bookshop/q1"), after=Conversation(CARS, "bookshop/q1"))
    await desk.store.write(memory.taken())
    await rated(desk, 1, False, False)
    await rated(desk, 2, True)
    await rated(desk, 3, False)
    (case,) = await desk.cases(CARS)
    assert (case.text, case.times, case.useless) == (CARS, 3, 2)
    columns = {name for table in ("cases", "variants") for name in TABLES.tables[table].c.keys()}  # noqa: SIM118
    assert not columns & {"person", "chat", "message"}


async def test_of_an_answer_that_is_forgotten_nobody_knows_the_question(desk: Desk) -> None:
    await rated(desk, 1, False)
    assert await desk.cases() == ()


# ── what becomes of a case ───────────────────────────────────────────────────────────────────────


async def test_every_change_is_a_row_of_its_history(desk: Desk) -> None:
    (case,) = await desk.cases(CARS)
    begun = desk.clock()
    assert desk.step(case.id, "taken", until=9.0)
    desk.clock.advance(5)
    assert desk.step(case.id, "closed", "李", how="加了问法")
    assert desk.step(case.id, "open", "王")
    assert desk.ledger.history(case.id)[1:] == (
        Change("taken", "王", 9.0, None, begun),
        Change("closed", "李", None, "加了问法", begun + 5),
        Change("open", "王", None, None, begun + 5),
    )


@pytest.mark.parametrize(
    ("before", "step", "by", "may"),
    [
        ("open", "taken", "李", True),
        ("open", "open", "李", False),
        ("taken", "taken", "王", True),  # who has it promises another day
        ("taken", "taken", "李", False),
        ("taken", "closed", "李", True),
        ("closed", "taken", "李", False),
        ("closed", "closed", "王", False),
        ("aside", "closed", "李", False),
        ("aside", "open", "李", True),
    ],
)
async def test_what_may_become_of_a_case(
    desk: Desk, before: cases.State, step: cases.State, by: str, may: bool
) -> None:
    (case,) = await desk.cases(CARS)
    if before != "open":
        assert desk.step(case.id, before)
    earlier = desk.ledger.history(case.id)
    assert desk.step(case.id, step, by) == may
    assert (desk.ledger.history(case.id) == earlier) == (not may)


async def test_of_two_who_take_a_case_at_once_one_has_it(desk: Desk, database: str) -> None:
    (case,) = await desk.cases(CARS)
    other = Ledger(database)
    with ThreadPoolExecutor(2) as both:
        one = both.submit(desk.ledger.change, case.id, Change("taken", "王"))
        two = both.submit(other.change, case.id, Change("taken", "李"))
    other.close()
    assert sorted((one.result(), two.result())) == [False, True]
    assert len(desk.ledger.history(case.id)) == 2


async def test_a_case_that_is_not_there_cannot_change(desk: Desk) -> None:
    assert not desk.step(7, "taken")
    assert desk.ledger.case(7) is None


async def test_what_is_asked_after_a_case_was_closed_is_counted(desk: Desk) -> None:
    (case,) = await desk.cases(CARS, CARS)
    desk.step(case.id, "closed", how="访谈没有谈到")
    (case,) = await desk.cases(CARS, ALSO_CARS)
    assert (case.state, case.times, case.again) == ("closed", 4, 2)
    desk.step(case.id, "open")
    desk.step(case.id, "closed", how="加了问法")
    (case,) = await desk.cases()
    assert case.again == 0


async def test_the_number_of_a_case_is_never_given_again(desk: Desk) -> None:
    (case,) = await desk.cases(CARS)
    desk.step(case.id, "aside")
    desk.clock.advance(KEPT["misses"] + 2)
    await desk.store.tidy()
    (other,) = await desk.cases(BREAD)
    assert other.id > case.id


# ── how long it is kept ──────────────────────────────────────────────────────────────────────────


async def test_open_cases_stay_with_all_their_texts_and_the_others_go(desk: Desk) -> None:
    taken, closed = await desk.cases(CARS, CARS, BREAD)
    await desk.cases("明天会下雨吗")
    desk.step(taken.id, "taken")
    desk.step(closed.id, "closed", how="访谈没有谈到")
    desk.clock.advance(KEPT["misses"] - 10)
    await desk.store.tidy()
    assert len(await desk.cases()) == 2
    desk.clock.advance(20)
    await desk.store.tidy()
    assert [case.id for case in await desk.cases()] == [taken.id]
    assert desk.ledger.cases(("open",), far=True) == ()
    assert [row["text"] for row in await desk.rows("variants")] == [CARS]
    assert {row["case"] for row in await desk.rows("history")} == {taken.id}
    assert {row["case"] for row in await desk.rows("traces")} == {taken.id}
    assert await desk.rows("misses") == []


# ── in numbers ───────────────────────────────────────────────────────────────────────────────────


async def finished(desk: Desk, key: str, outcome: str) -> None:
    (entry,) = await desk.store.receive([Arrival(key, key, "message", "{}")], 1)
    await desk.store.finish(entry, outcome, (), 0)


async def test_weeks_count_what_was_asked_also_what_the_inbox_has_forgotten(desk: Desk) -> None:
    for number, outcome in enumerate(("answer", "answer", "none", "choices", "smalltalk")):
        await finished(desk, str(number), outcome)
    (case,) = await desk.cases(CARS)
    for _ in range(2):
        (week,) = desk.ledger.weeks()
        assert (week.asked, week.answered, week.closed, week.median) == (4, 2, 0, None)
        desk.clock.advance(KEPT["inbox"] + 1)
        await desk.store.tidy()
        await desk.store.tidy()
        desk.clock.advance(-KEPT["inbox"] - 1)
    desk.clock.advance(14 * DAY)
    desk.step(case.id, "closed", how="加了问法")
    first, second, third = desk.ledger.weeks()
    assert (first.asked, second.asked, third.asked) == (4, 0, 0)
    assert (third.closed, third.median) == (1, 14 * DAY)
    assert third.begins - first.begins == 14 * DAY
    assert first.begins % DAY == 0 and int(first.begins // DAY + 3) % 7 == 0, "a Monday"


# ── in the bot ───────────────────────────────────────────────────────────────────────────────────


def test_the_bot_lets_its_misses_join_and_answers_of_no_use(bot: Rim, alice: Person) -> None:
    answer = bot.asked(alice, "房租贵不贵")
    bot.presses(alice, answer, "👎 没用")
    bot.asked(alice, "明天会下雨吗")
    bot.asked(alice, "明天会下雨吗？")
    assert bot.files() == [("明天会下雨吗", 2, True), ("房租贵不贵", 1, False)]


def test_the_bot_files_nothing_where_there_is_nothing(bot: Rim) -> None:
    assert bot.files() == []


async def test_a_replica_files_when_it_leads(desk: Desk) -> None:
    leads = asyncio.Event()
    filed = asyncio.Event()

    class Services:
        shelf = None

        @property
        def store(self) -> Store:
            filed.set()
            raise LookupError

    task = asyncio.create_task(filing.keep_filing(Services(), leads))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert not filed.is_set()
    leads.set()
    await filed.wait()
    with pytest.raises(LookupError):
        await task


def test_the_queue_is_found_by_its_index(database: str) -> None:
    """However many misses have joined."""
    ledger = Ledger(database)
    plan = "EXPLAIN " if database.startswith("postgres") else "EXPLAIN QUERY PLAN "
    query = "SELECT * FROM misses WHERE variant IS NULL ORDER BY id LIMIT 10"

    def explain(db: Connection) -> str:
        if db.dialect.name == "postgresql":
            db.execute(text("SET enable_seqscan = off"))
            db.execute(text("SET enable_sort = off"))
        return "\n".join(map(str, db.execute(text(plan + query)).all()))

    assert "misses_unread" in ledger._database.see(explain)
    ledger.close()
