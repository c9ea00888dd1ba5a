"""What people asked beside what they were answered; the figures, and the rules they break."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.soaking.crowd import SHELF, THINGS, Asked, Place
from tests.soaking.process import Bot
from tests.telegram import Message, World
from tests.telegram.world import Call

# A bot that is killed within this time of Telegram's answer may not have got round to noting it:
# on two busy cores the answer waits in the process's buffer for as long.
NOTING = 0.5


@dataclass(slots=True)
class Verdict:
    """What came of the questions of some places."""

    asked: int = 0
    answered: int = 0
    lost: list[Asked] = field(default_factory=list)
    unsure: list[Asked] = field(default_factory=list)  # lost in groups
    doubled: list[Asked] = field(default_factory=list)
    on_the_wire: list[Asked] = field(default_factory=list)  # doubled, but excused
    disorder: int = 0
    others: int = 0  # messages of the bot that answer nothing: apologies, hints
    silence: int = 0  # questions met with neither an answer nor another message
    first: dict[Asked, float] = field(default_factory=dict)  # when each was answered

    @property
    def waits(self) -> list[float]:
        """How long people waited."""
        return [answered - asked.at for asked, answered in self.first.items()]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as people saw it."""

    message: Message
    number: int | None
    call: Call


def replies(world: World) -> dict[int, list[Reply]]:
    """What the bot has sent, chat by chat, in the order in which it arrived."""
    sent: dict[int, list[Reply]] = defaultdict(list)
    with world.lock:
        calls = [call for call in world.calls if call.message]
    for call in calls:
        if call.message:
            found = SHELF.search(call.message.text)
            number = int(found[1]) if found else None
            sent[call.message.chat.id].append(Reply(call.message, number, call))
    return sent


def judge(
    world: World, places: Iterable[Place], kills: Sequence[float] = (), latency: float = 0.0
) -> Verdict:
    """Compare what was asked with what was answered."""
    verdict, sent = Verdict(), replies(world)
    for place in places:
        _judge_one(place, sent[place.chat.id], kills, latency, verdict)
    return verdict


def _judge_one(
    place: Place, sent: list[Reply], kills: Sequence[float], latency: float, verdict: Verdict
) -> None:
    first: dict[int, Reply] = {}
    latest, others = -1, 0
    for reply in sent:
        turn = _answers(place, reply, first)
        if turn is None:
            others += 1
        elif turn not in first:
            first[turn] = reply
            verdict.disorder += turn < latest
            latest = max(turn, latest)
        else:
            excused = not place.group and _on_the_wire(first[turn].call, kills, latency)
            (verdict.on_the_wire if excused else verdict.doubled).append(place.asked[turn])
    lost = [asked for turn, asked in enumerate(place.asked) if turn not in first]
    (verdict.unsure if place.group else verdict.lost).extend(lost)
    verdict.asked += len(place.asked)
    verdict.answered += len(first)
    verdict.others += others
    verdict.silence += max(0, len(lost) - others)
    verdict.first |= {place.asked[turn]: reply.call.date for turn, reply in first.items()}


def _answers(place: Place, reply: Reply, first: Mapping[int, Reply]) -> int | None:
    """Which of the place's questions a message answers: the first that is open, else the last."""
    if reply.number is None:
        return None
    same = [
        turn
        for turn in range(reply.number, len(place.asked), len(THINGS))
        if place.asked[turn].at <= reply.call.date
        and (not place.group or reply.message.reply_to is place.asked[turn].message)
    ]
    return next((turn for turn in same if turn not in first), same[-1] if same else None)


def _on_the_wire(call: Call, kills: Sequence[float], latency: float) -> bool:
    """Whether a process was killed before it can have known that this had been sent."""
    known = (call.answered or call.date + latency) + NOTING
    return any(call.date - latency - 0.05 <= killed <= known for killed in kills)


def settles(
    world: World, places: Sequence[Place], bots: Sequence[Bot], quiet: float, limit: float = 300.0
) -> None:
    """Wait until every question is answered, or the bots have been quiet for so long."""
    end, last, since = time.monotonic() + limit, -1, time.monotonic()
    while time.monotonic() < end:
        for bot in bots:
            bot.is_revived()
        sent = len(world.sent)
        if sent != last:
            last, since = sent, time.monotonic()
            verdict = judge(world, places)
            if not (verdict.lost or verdict.unsure):
                break
        elif time.monotonic() - since > quiet:
            break
        time.sleep(0.25)
    for bot in bots:
        bot.measure()


@dataclass(frozen=True, slots=True)
class Row:
    """What a scenario came to: its figures, and the rules that were broken."""

    name: str
    verdict: Verdict
    peak: float = 0.0
    seconds: float = 0.0
    broken: Sequence[str] = ()
    notes: Sequence[str] = ()
    missing: str = ""  # what the machine lacks, so that it was not played


COLUMNS = "scenario asked answered lost groups doubled (wire) disorder other median p95 max MB s"


def table(rows: Iterable[Row]) -> str:
    """The figures, a scenario a line; under it what was noted, and what is broken."""
    cells = [COLUMNS.split()] + [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
    for row in rows:
        lines += [f"{row.name}: not played: {row.missing}"] * bool(row.missing)
        lines += [f"{row.name}: {note}" for note in row.notes]
        lines += [f"{row.name}: BROKEN: {rule}" for rule in row.broken]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    verdict, waits = row.verdict, sorted(row.verdict.waits) or [0.0]
    counts = (
        verdict.asked,
        verdict.answered,
        len(verdict.lost),
        len(verdict.unsure),
        len(verdict.doubled),
        len(verdict.on_the_wire),
        verdict.disorder,
        verdict.others,
    )
    late = (statistics.median(waits), waits[int(0.95 * (len(waits) - 1))], waits[-1])
    sizes = (f"{row.peak:.0f}", f"{row.seconds:.0f}")
    return [row.name, *map(str, counts), *(f"{wait:.1f}" for wait in late), *sizes]
