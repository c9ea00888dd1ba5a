"""Whether questions get lost: `python tests/soak.py [SCENARIO …]` (minutes; `--quick`: seconds).

The bot runs as its users run it, against a Telegram of our own that can say what arrived and when,
and is killed, starved and flooded. Judged is only what stands in the chats at the end. Exit 1 if a
rule is broken. `--list` names the scenarios.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx

if not __package__:  # run as a script: in place of this folder, whose `telegram` is the fake one
    sys.path[0] = str(Path(__file__).parent.parent)

from tests.soaking.crowd import Load, Place, question, under
from tests.soaking.process import Bot, begins, killed_often, until
from tests.soaking.servers import Missing, Postgres, WrongClock, fill, small_disk
from tests.soaking.stage import Options, Stage, stage
from tests.soaking.verdict import Row, Verdict, judge, settles, table

TAKEN_OVER = 30.0  # seconds until what a dead replica had is in other hands
FAILURES = (500, 502, 503, 504)


# Killed at random moments


def polling_easy(on: Stage) -> None:
    """Polling on SQLite, killed at random moments while people ask one after the other."""
    _killed(on, on.bot(), pause=0.15, burst=1)


def polling_bursts(on: Stage) -> None:
    """The same while people ask several things at once."""
    _killed(on, on.bot(), pause=2.5, burst=30)


def _killed(on: Stage, bot: Bot, pause: float, burst: int) -> None:
    options = on.options
    crowd = on.crowd(options.chats, options.groups)
    with under(Load(crowd, on.random, pause, burst)):
        killed_often(on.world, bot, int(options.of(options.kills, 5)), on.random)
    settles(on.world, crowd, [bot], options.quiet)


# By webhook


def webhook_easy(on: Stage) -> None:
    """By webhook on SQLite, killed at random moments while people ask one after the other."""
    _killed(on, on.hooked_bot(), pause=0.15, burst=1)


def webhook_bursts(on: Stage) -> None:
    """The same while people ask several things at once."""
    _killed(on, on.hooked_bot(), pause=2.5, burst=30)


# Replicas on PostgreSQL


def replicas_killed(on: Stage) -> None:
    """Two replicas behind a balancer, killed in turn and started again some seconds later."""
    with on.replicas() as (first, second):
        crowd = on.crowd(on.options.chats, on.options.groups)
        with under(Load(crowd, on.random, pause=1.0, burst=12)):
            for number in range(int(on.options.of(on.options.kills, 6))):
                victim = (first, second)[number % 2]
                time.sleep(on.random.uniform(0.3, 2.5))
                victim.is_killed()
                time.sleep(on.random.uniform(0.3, 2.5))
                begins(on.world, victim)
        settles(on.world, crowd, on.bots, max(on.options.quiet, TAKEN_OVER))


def replica_gone(on: Stage) -> None:
    """One of two replicas is killed and does not come back: the other takes over within 30 s."""
    with on.replicas() as (first, second):
        crowd = on.crowd(on.options.chats, on.options.groups)
        for _ in range(int(on.options.of(5, 2))):
            before = [len(place.asked) for place in crowd]
            with under(Load(crowd, on.random, pause=1.0, burst=20)):
                time.sleep(on.options.of(8, 4))
                first.is_killed()
                second.measure()
            killed = first.kills[-1]
            settles(on.world, crowd, [second], TAKEN_OVER + 5)
            on.answered_within(TAKEN_OVER, killed, crowd, before)
            begins(on.world, first)


def two_pollers(on: Stage) -> None:
    """Two that poll on one PostgreSQL by mistake: one stands by, and takes over within 30 s."""
    with Postgres(on.home) as postgres:
        bots = [on.bot(f"bot-{n}", BOT_DATABASE=postgres.unix) for n in (1, 2)]
        crowd = on.crowd(on.options.chats, on.options.groups)
        for bot in bots:
            begins(on.world, bot)
        with under(Load(crowd, on.random, pause=0.3, burst=1)):
            for _ in range(int(on.options.of(5, 1))):
                until(lambda: any(_stands_by(bot) for bot in bots), 15.0)
                _poller_is_killed(on, bots)
        settles(on.world, crowd, bots, on.options.quiet)


def _poller_is_killed(on: Stage, bots: Sequence[Bot]) -> None:
    standing = [bot for bot in bots if _stands_by(bot)]
    on.rule(standing, "no log says that a second poller stands by")
    conflicts = on.conflicts()
    time.sleep(on.options.of(10, 5))
    on.rule(on.conflicts() == conflicts, "the 409s persist")
    poller = next((bot for bot in bots if bot not in standing), bots[0])
    poller.is_killed()
    killed = poller.kills[-1]
    until(partial(on.has_sent, 1, killed), TAKEN_OVER + 10)
    taken = next(on.sent_after(killed), None)
    late = f"{taken - killed:.0f} s" if taken else "never"
    on.notes.append(f"taken over after {late}")
    on.rule(taken and taken - killed <= TAKEN_OVER, f"taken over after {late}")
    for bot in bots:
        bot.turns_the_page()
    poller.starts()
    until(lambda: _stands_by(poller), 15.0)


def _stands_by(bot: Bot) -> bool:
    return re.search(r"stand(s|ing)?[ -]by", bot.log, re.IGNORECASE) is not None


# Databases that are not there


def sqlite_locked(on: Stage) -> None:
    """Another process holds the database locked for 10 s."""
    bot, crowd = on.bot(), on.crowd(on.options.chats)
    begins(on.world, bot)
    with on.snoozed_group() as group, under(Load(crowd, on.random, pause=0.3, burst=1)):
        time.sleep(3)
        said = len(bot.log)
        other = sqlite3.connect(on.home / "bot.db", isolation_level=None, timeout=5)
        other.execute("BEGIN EXCLUSIVE")
        locked = time.time()
        group.asks()
        time.sleep(on.options.of(10, 6))
        on.nothing_is_confirmed(crowd, since=locked + 0.5)
        other.execute("ROLLBACK")
        other.close()
        on.says_so_briefly(bot, said, r"lock|database", crowd, locked)
        time.sleep(2)
    settles(on.world, crowd, on.bots, on.options.quiet)


def disk_full(on: Stage) -> None:
    """The disk is full for 10 s; then the bot is killed, and starts again when there is room."""
    with small_disk(on.home / "disk", 4) as disk:
        bot = on.bot(BOT_DATABASE=f"sqlite:///{disk}/bot.db")
        crowd = on.crowd(on.options.chats)
        begins(on.world, bot)
        with under(Load(crowd, on.random, pause=0.1, burst=1)):
            time.sleep(3)
            said, began = len(bot.log), time.time()
            ballast = fill(disk)
            time.sleep(on.options.of(10, 6))
            on.says_so_briefly(bot, said, r"full|disk|space|database", crowd, began)
            bot.is_killed()
            ballast.unlink()
            begins(on.world, bot)
            time.sleep(2)
        settles(on.world, crowd, on.bots, on.options.quiet)
        bot.is_killed()


def disk_full_and_back(on: Stage) -> None:
    """The disk is full for 10 s, and the bot goes on by itself when there is room."""
    with small_disk(on.home / "disk", 4) as disk:
        bot = on.bot(BOT_DATABASE=f"sqlite:///{disk}/bot.db")
        crowd = on.crowd(on.options.chats)
        begins(on.world, bot)
        load = Load(crowd, on.random, pause=0.1, burst=1)
        with on.snoozed_group() as group, under(load):
            time.sleep(3)
            ballast = fill(disk)
            group.asks()
            time.sleep(on.options.of(10, 6))
            ballast.unlink()
            time.sleep(2)
        settles(on.world, crowd, on.bots, on.options.quiet)
        bot.is_killed()


def postgres_stopped(on: Stage) -> None:
    """PostgreSQL crashes, is away for 10 s and comes back."""
    with Postgres(on.home) as postgres:
        bot, crowd = on.bot(BOT_DATABASE=postgres.tcp), on.crowd(on.options.chats)
        begins(on.world, bot)
        with under(Load(crowd, on.random, pause=0.3, burst=1)):
            time.sleep(3)
            said, stopped = len(bot.log), time.time()
            postgres.stops()
            time.sleep(on.options.of(10, 4))
            on.nothing_is_confirmed(crowd, since=stopped + 0.5)
            on.says_so_briefly(bot, said, r"database|postgres|connect", crowd, stopped)
            postgres.starts()
            time.sleep(2)
        settles(on.world, crowd, on.bots, max(on.options.quiet, TAKEN_OVER))


def postgres_terminated(on: Stage) -> None:
    """Every connection to PostgreSQL is ended, again and again, under two replicas."""
    with on.replicas():
        crowd = on.crowd(on.options.chats, on.options.groups)
        with under(Load(crowd, on.random, pause=0.15, burst=1)):
            for _ in range(int(on.options.of(10, 3))):
                time.sleep(on.random.uniform(0.5, 2.5))
                on.postgres.ends_connections()
        settles(on.world, crowd, on.bots, max(on.options.quiet, TAKEN_OVER))


# A Telegram that is not well


def telegram_refuses(on: Stage) -> None:
    """429, and 500 to 504 in Telegram's own words, before anything was done."""
    _faulty(on, [{"how": 429, "retry_after": 3}, *({"how": how} for how in FAILURES)])


def telegram_behind_a_proxy(on: Stage) -> None:
    """502 to 504 by a page of a proxy, before and after the message was sent."""
    both = [{"how": how, "page": True} for how in FAILURES]
    _faulty(on, both + [fault | {"after_effect": True} for fault in both])


def telegram_breaks_off(on: Stage) -> None:
    """Connections that break, or stay silent, before and after the message was sent."""
    both: list[dict[str, Any]] = [{"how": "drop"}, {"how": "hang"}]
    _faulty(on, both + [fault | {"after_effect": True} for fault in both])


def telegram_errs(on: Stage) -> None:
    """500 to 504 in Telegram's own words although the message was sent."""
    _faulty(on, [{"how": how, "after_effect": True} for how in FAILURES])


def telegram_away(on: Stage) -> None:
    """Telegram refuses every connection for 20 s."""
    bot, crowd = on.bot(), on.crowd(on.options.chats)
    begins(on.world, bot)
    with under(Load(crowd, on.random, pause=0.3, burst=1)):
        time.sleep(3)
        on.door.down()
        time.sleep(on.options.of(20, 5))
        on.door.up()
        time.sleep(2)
    settles(on.world, crowd, on.bots, on.options.quiet + 20)


def _faulty(on: Stage, faults: list[dict[str, Any]]) -> None:
    on.apologies = True
    bot, crowd = on.bot(), on.crowd(on.options.chats, on.options.groups)
    begins(on.world, bot)
    with under(Load(crowd, on.random, pause=0.3, burst=1)):
        for fault in faults * int(on.options.of(3, 1)):
            on.world.fail("sendMessage", times=int(on.options.of(3, 1)), **fault)
            on.world.fail("getUpdates", times=1, **fault)
            until(lambda: not any(fault.times for fault in on.world.faults), 30)
    settles(on.world, crowd, on.bots, on.options.quiet + 20)


# Backlogs


def backlog_polling(on: Stage) -> None:
    """10,000 updates from a downtime, 9,960 of one chat and 40 others behind them."""
    _backlog(on, on.bot())


def backlog_webhook(on: Stage) -> None:
    """The same by webhook."""
    _backlog(on, on.hooked_bot())


def _backlog(on: Stage, bot: Bot) -> None:
    flooder = Place(on.world, "Flooder")
    for _ in range(int(on.options.of(9_960, 960))):
        flooder.asks()
    crowd = on.crowd(40)
    for place in crowd:
        place.asks()
    bot.starts()
    started = time.time()
    until(lambda: not judge(on.world, crowd).lost, 120)
    on.answered_within(TAKEN_OVER, started, crowd)
    idle = bot.rss()
    until(lambda: not on.world.updates, on.options.of(60, 5))
    time.sleep(on.options.of(20, 1))
    bot.measure()
    verdict = judge(on.world, [flooder])
    on.notes.append(
        f"MB: {idle:.0f} when the 40 were answered, {bot.rss():.0f} at last, {bot.peak:.0f} at "
        f"most; of the flood {verdict.answered} answered, {len(on.world.updates)} not yet taken"
    )
    on.rule(bot.peak < 250, f"{bot.peak:.0f} MB")
    on.rule(not verdict.disorder, "the flood was answered out of order")


def expiry(on: Stage) -> None:
    """After a downtime: groups' questions of 11 minutes ago expire, those of 5 don't, nor do
    private ones; presses and inline queries are not replayed."""
    private, group = on.crowd(1, 2)[0], on.places[1:]
    old, young = group
    with on.long_ago(660):
        private.asks()
        old.asks()
    with on.long_ago(300):
        young.asks()
    bot = on.bot()
    begins(on.world, bot)
    settles(on.world, [private, young], [bot], on.options.quiet)
    time.sleep(2)
    on.places.remove(old)
    on.rule(not judge(on.world, [old]).answered, "a group question of 11 minutes ago was answered")
    on.rule(re.search("expire", bot.log), "no log line says that it expired")
    _queries_expire(on, bot, private)


def _queries_expire(on: Stage, bot: Bot, private: Place) -> None:
    """What the bot had taken when it was killed, and is too old when it is back."""
    on.world.fail("answerInlineQuery", "hang", times=float("inf"))
    on.world.fail("answerCallbackQuery", "hang", times=float("inf"))
    private.person.inline(question(3))
    for shown in [m for m in private.chat.said_by(on.world.me) if m.buttons][-1:]:
        private.person.presses(shown, shown.buttons[0][0].text)
    until(lambda: on.world.called("answerInlineQuery") and not on.world.updates, 20)
    bot.is_killed()
    time.sleep(on.options.of(160, 32))
    on.world.faults.clear()
    before = len(on.world.calls)
    begins(on.world, bot)
    time.sleep(3)
    late = {call.method for call in on.world.calls[before:] if call.method.startswith("answer")}
    allowed = set() if not on.options.quick else {"answerCallbackQuery"}
    on.rule(late <= allowed, f"replayed too late: {late}")


def told_to_stop(on: Stage) -> None:
    """SIGTERM with a backlog, by polling: it ends in time, and the rest is answered later."""
    _stopped(on, on.bot())


def told_to_stop_by_webhook(on: Stage) -> None:
    """The same by webhook."""
    _stopped(on, on.hooked_bot())


def _stopped(on: Stage, bot: Bot) -> None:
    crowd = on.crowd(on.options.chats, on.options.groups)
    begins(on.world, bot)
    for _ in range(int(on.options.of(5, 2))):
        asked = time.time()
        for place in [place for place in crowd if not place.group] * 8:
            place.asks()
        until(partial(on.has_sent, 20, asked), 30)
        code, seconds = bot.is_told_to_stop()
        on.notes.append(f"ended after {seconds:.1f} s with {code}")
        on.rule(code == 0, f"exit code {code}")
        on.rule(seconds <= 10, f"SIGTERM took {seconds:.0f} s")
        begins(on.world, bot)
        settles(on.world, crowd, on.bots, on.options.quiet)


# Strangers


def hostile(on: Stage) -> None:
    """Strangers at the webhook, and an update that nobody can read."""
    bot, crowd = on.hooked_bot(), on.crowd(3)
    begins(on.world, bot)
    port = bot.environment["BOT_LISTEN"]
    until(lambda: _status(f"http://{port}/nope") is not None, 10)
    for place in crowd:
        place.asks()
    settles(on.world, crowd, on.bots, on.options.quiet)
    before = bot.rss()
    with ThreadPoolExecutor(6) as strangers:
        large = strangers.map(lambda _: _status(f"http://{port}/hook", 40 << 20), range(6))
        on.rule(not {200} & set(large), "a stranger was let in")
    bot.measure()
    on.notes.append(f"MB: {before:.0f} before 6 bodies of 40 MB, {bot.peak:.0f} at most")
    on.rule(bot.peak - before < 40, f"strangers' bodies cost {bot.peak - before:.0f} MB")
    for path in ("", "nope", "hook/nope"):
        on.rule(_status(f"http://{port}/{path}") == 404, f"/{path} is no 404")
    _unreadable(on, bot, crowd[0])
    settles(on.world, crowd, on.bots, on.options.quiet)


def _unreadable(on: Stage, bot: Bot, place: Place) -> None:
    words = "这句话谁也读不懂"
    with on.world.changing():
        message = on.world.post(place.chat, sender=place.person.user, text=words)
        on.world.update("message", message.json(on.world.users) | {"entities": [{"type": "bold"}]})
    place.asks()
    taken = until(lambda: not on.world.updates, 10)
    on.rule(taken, "an unreadable update blocks its chat")
    on.rule(words not in bot.log, "the log has what people wrote")


def _status(url: str, size: int = 0) -> int | None:
    """What a stranger is answered who sends so many bytes; None where the connection breaks."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": "wrong"}
    piece = b" " * (1 << 16)
    body = (piece for _ in range(size // len(piece))) if size else None
    method = "POST" if size else "GET"
    try:
        return httpx.request(method, url, headers=headers, content=body, timeout=60).status_code
    except httpx.TransportError:
        return None


# Long


def clock_jumps(on: Stage) -> None:
    """The time of day jumps by an hour, forward and back, while people ask."""
    clock = WrongClock(on.home)
    bot, crowd = on.bot(**clock.environment), on.crowd(on.options.chats)
    begins(on.world, bot)
    with under(Load(crowd, on.random, pause=0.3, burst=1)):
        for offset in (3600, 0, -3600, 0) * int(on.options.of(3, 1)):
            time.sleep(on.options.of(5, 2))
            clock.is_off_by(offset)
        time.sleep(2)
    settles(on.world, crowd, on.bots, on.options.quiet)


def ten_thousand(on: Stage) -> None:
    """10,000 questions in a row: its memory does not grow."""
    bot, sizes = on.bot(), []
    crowd = on.crowd(int(on.options.of(1000, 100)))
    begins(on.world, bot)
    rounds = int(on.options.of(10, 4))
    for _ in range(rounds):
        for place in crowd:
            place.asks()
        settles(on.world, crowd, on.bots, on.options.quiet)
        sizes.append(bot.rss())
    on.notes.append("MB after each round: " + " ".join(f"{size:.0f}" for size in sizes))
    settled = sizes[len(sizes) // 3]
    on.rule(sizes[-1] < 1.1 * settled, f"memory grew from {settled:.0f} to {sizes[-1]:.0f} MB")


SCENARIOS: dict[str, Callable[[Stage], None]] = {
    play.__name__.replace("_", "-"): play
    for play in (
        polling_easy,
        polling_bursts,
        webhook_easy,
        webhook_bursts,
        replicas_killed,
        replica_gone,
        backlog_polling,
        backlog_webhook,
        sqlite_locked,
        disk_full,
        disk_full_and_back,
        postgres_stopped,
        postgres_terminated,
        telegram_refuses,
        telegram_behind_a_proxy,
        telegram_breaks_off,
        telegram_errs,
        telegram_away,
        expiry,
        told_to_stop,
        told_to_stop_by_webhook,
        two_pollers,
        hostile,
        clock_jumps,
        ten_thousand,
    )
}


def play(name: str, options: Options) -> Row:
    """One scenario from its beginning to its figures."""
    with stage(name, options) as on:
        try:
            SCENARIOS[name](on)
        except Missing as what:
            return Row(name, Verdict(), missing=str(what))
        return on.row()


def main(argv: Sequence[str]) -> int:
    """Play the scenarios that are named, or all; 1 if a rule was broken."""
    options, names = _read(argv)
    rows = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.append(play(name, options))
        print(table(rows[-1:]), file=sys.stderr, flush=True)
    print(table(rows))
    return int(any(row.broken for row in rows))


def _read(argv: Sequence[str]) -> tuple[Options, list[str]]:
    given, default = argparse.ArgumentParser(description=__doc__), Options()
    given.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    given.add_argument("--list", action="store_true", help="name the scenarios, and end")
    given.add_argument("--quick", action="store_true", help="seconds in place of minutes")
    given.add_argument("--seed", type=int, default=default.seed)
    given.add_argument("--kills", type=int, default=default.kills)
    given.add_argument("--chats", type=int, default=default.chats, help="private chats")
    given.add_argument("--groups", type=int, default=default.groups)
    given.add_argument("--latency", type=float, default=default.latency, help="s each way")
    given.add_argument("--quiet", type=float, default=default.quiet, help="s until it is over")
    read = vars(given.parse_args(argv))
    if read.pop("list"):
        print("\n".join(f"{name:20} {play.__doc__}" for name, play in SCENARIOS.items()))
        sys.exit(0)
    names = read.pop("scenario") or list(SCENARIOS)
    return Options(**read), names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
