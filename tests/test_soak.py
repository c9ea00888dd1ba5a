"""The judge judged; and of the soak's scenarios those that take seconds."""

from __future__ import annotations

from random import Random

import pytest

from tests.soak import SCENARIOS, play
from tests.soaking.crowd import Load, Place, question, under
from tests.soaking.stage import Options
from tests.soaking.verdict import NOTING, Deaths, judge
from tests.telegram import FakeClock, World, call

QUICK = Options(quick=True, quiet=30.0)  # waited for only where something is lost
IN_THE_SUITE = (
    "polling-easy",
    "webhook-easy",
    "backlog-polling",
    "backlog-webhook",
    "sqlite-locked",
    "postgres-terminated",
    "telegram-away",
    "hostile",
)


@pytest.fixture
def place(world: World) -> Place:
    return Place(world, "P")


@pytest.fixture
def group(world: World) -> Place:
    return Place(world, "G", group=True)


def answers(place: Place, number: int, reply_to: int | None = None) -> None:
    """The bot answers the question of this number, once it is asked."""
    clock = place.world.clock
    assert isinstance(clock, FakeClock)
    clock.advance(1)
    told = {"chat_id": str(place.chat.id), "text": f"它在第{number:03d}号柜。"}
    if place.group:
        asked = place.asked[number if reply_to is None else reply_to].message.id
        told["reply_parameters"] = f'{{"message_id": {asked}}}'
    assert call(place.world, "sendMessage", told).status == 200
    place.world.calls[-1].answered = clock()


def test_what_is_answered_in_order_and_once_is_good(world: World, place: Place) -> None:
    for number in range(3):
        place.asks()
        answers(place, number)
    verdict = judge(world, [place])
    assert (verdict.asked, verdict.answered) == (3, 3)
    assert not (verdict.lost or verdict.doubled or verdict.disorder or verdict.others)
    assert verdict.waits == [1.0, 1.0, 1.0]


def test_what_has_no_answer_is_lost_and_an_apology_is_no_answer(world: World, place: Place) -> None:
    first, second, _ = [place.asks() for _ in range(3)]
    answers(place, 2)
    call(world, "sendMessage", {"chat_id": str(place.chat.id), "text": "出了点问题"})
    verdict = judge(world, [place])
    assert verdict.lost == [first, second]
    assert (verdict.others, verdict.silence) == (1, 1)


def test_what_is_lost_in_a_group_is_counted_apart(world: World, group: Place) -> None:
    asked = group.asks()
    verdict = judge(world, [group])
    assert (verdict.lost, verdict.unsure) == ([], [asked])


def test_an_answer_counts_in_a_group_only_as_a_reply_to_its_question(
    world: World, group: Place
) -> None:
    first, second = group.asks(), group.asks()
    answers(group, 1, reply_to=0)
    assert judge(world, [group]).unsure == [first, second]


def test_a_second_answer_is_excused_by_a_kill_while_the_first_was_on_the_wire(
    world: World, place: Place, group: Place
) -> None:
    for where in (place, group):
        where.asks()
        answers(where, 0)
    sent = world.calls[0].date
    for where in (place, group):
        answers(where, 0)
    assert len(judge(world, [place, group]).doubled) == 2
    for killed, excused in ((sent + NOTING - 0.1, 1), (sent + NOTING + 0.1, 0), (sent - 1, 0)):
        verdict = judge(world, [place], Deaths([killed]))
        assert (len(verdict.on_the_wire), len(verdict.doubled)) == (excused, 1 - excused)
    assert len(judge(world, [group], Deaths([sent + 1])).doubled) == 1, "groups hear nothing twice"


def test_what_overtakes_is_out_of_order(world: World, place: Place) -> None:
    for _ in range(3):
        place.asks()
    for number in (1, 0, 2):
        answers(place, number)
    assert judge(world, [place]).disorder == 1


def test_the_same_question_later_has_an_answer_of_its_own(world: World, place: Place) -> None:
    asked = [place.asks() for _ in range(81)]
    assert question(asked[0].number) == question(asked[80].number)
    answers(place, 0)
    answers(place, 0)
    verdict = judge(world, [place])
    assert [asked[0] in verdict.first, asked[80] in verdict.first] == [True, True]


def test_people_ask_until_told_to_stop_and_groups_at_a_pace(world: World, group: Place) -> None:
    load = Load([group], Random(1), pause=0.001, burst=3)
    with under(load):
        world.wait_for(lambda: group.asked)
    assert len(group.asked) == 1
    assert not load.is_alive()


@pytest.mark.parametrize("name", IN_THE_SUITE)
def test_nothing_is_lost(name: str) -> None:
    row = play(name, QUICK)
    if row.missing:
        pytest.skip(row.missing)
    assert not row.broken, row


def test_every_scenario_says_what_it_plays() -> None:
    assert all(play.__doc__ for play in SCENARIOS.values())
    assert set(IN_THE_SUITE) <= set(SCENARIOS)
