"""What the card of a case shows, and what its buttons do. Decides, never sends.

A card is drawn from what is stored and from what the bot would say now; `stage` is the menu that
its buttons are in:

    {}                                              the case itself
    {menu: dates}                                   until when it is taken
    {menu: exchanges, page}                         which exchange answers it
    {menu: passages, exchange, passages}            which passage of that one
    {menu: preview, lesson, objections, effect}     what would be learnt; both None until looked at
    {menu: drafts, lesson, drafts}                  wordings to choose from
    {menu: reply | wording, who, name, lesson}      the next reply of that curator is the text

`problem` says what went wrong on the way here. Whoever has read only the card knows what to do.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from telegram import InlineKeyboardButton

from bot import render
from bot.interview import Exchange, sentences
from bot.ledger import looks
from bot.render import Message, Run, shortened
from bot.respond import Turn
from bot.store import DAY, LAPSED, Accepted, Case, Change, Support, View, proposed
from bot.tg.library import Library, mark_of
from bot.tg.messages import Letter, Row
from bot.words import say, to_curators

Stage: TypeAlias = Mapping[str, Any]
LISTED = 8  # exchanges on a page of the menu
LONGEST_REPLY = 3000  # characters of a curator's, so that it fits beneath the line that says so
DATES = {"today": 0, "three_days": 3, "a_week": 7}
_QUESTION = 400  # characters of the question, of another wording, of a passage, of a name
_WORDING = 80
_PASSAGE = 350
_PASSAGES = 6  # of an exchange that are offered
_NAME = 40
_NEAREST = 3
_OTHERS = 3  # wordings, exchanges that people chose, lessons that are shown
_CHANGES = 5
_EFFECTS = 8  # questions that would be answered otherwise


@dataclass(frozen=True, slots=True)
class Scene:
    """A case as it stands, what the bot would say to it now, and what curators can do."""

    view: View
    turn: Turn
    library: Library
    now: float
    writable: bool = True
    drafts: bool = False

    @property
    def case(self) -> Case:
        return self.view.case

    @property
    def stage(self) -> Stage:
        return self.view.card.stage if self.view.card else {}

    @property
    def is_late(self) -> bool:
        case = self.case
        return case.state == "taken" and case.until is not None and case.until < self.now

    @property
    def undoable(self) -> Accepted | None:
        """The newest lesson, while it can be taken back."""
        last = self.view.lessons[-1] if self.view.lessons else None
        fresh = last and last.state in ("taught", "answered") and self.now - last.at < DAY
        return last if fresh else None

    @property
    def is_busy(self) -> bool:
        """Whether something is being written."""
        return any(lesson.state == "wanted" for lesson in self.view.lessons)


def letter(scene: Scene) -> Letter:
    """The card."""
    menu = scene.stage.get("menu", "")
    if scene.is_busy or scene.case.state in ("closed", "aside"):
        menu = ""
    rows = tuple(row for row in _ROWS.get(menu, _main)(scene) if row)
    return Letter(_fitting([*_said(scene, menu)]), rows)


def topic_name(case: Case) -> str:
    """What the topic of a case is called."""
    return shortened(f"#{case.id} {' '.join(case.text.split())}", 120)


def stamp(stage: Stage) -> int:
    """A number for what a menu is about, whatever has been found out about it since: a button that
    was pressed when it was about something else is not obeyed."""
    names = ("menu", "exchange", "passages", "lesson", "drafts")
    about = {name: stage.get(name) for name in names}
    return zlib.crc32(json.dumps(about, sort_keys=True).encode())


def is_weighed(stage: Stage) -> bool:
    """Whether nothing speaks against what would be learnt, and it is known what that changes."""
    return stage.get("objections") == [] and stage.get("effect") is not None


def passages(exchange: Exchange, turn: Turn) -> tuple[str, ...]:
    """The passages of an answer that may settle a question: what comes nearest, then its gist, then
    what settles other questions; of those that begin alike one."""
    near = [m.quote for m in turn.ranking.matches if m.exchange.key == exchange.key and m.quote]
    found: list[str] = []
    for quote in (*near, exchange.quote, *(fact.quote for fact in exchange.facts)):
        if quote and not any(one.startswith(quote) or quote.startswith(one) for one in found):
            found.append(quote)
    return tuple(found[:_PASSAGES])


def exchanges(scene: Scene) -> tuple[Exchange, ...]:
    """All exchanges, those first that people chose, then the nearest."""
    best = proposed(scene.view.supports)
    chosen = scene.library.named(best.exchange) if best else None
    near = (match.exchange for match in scene.turn.ranking.matches)
    keys = dict.fromkeys(e.key for e in (*([chosen] if chosen else ()), *near))
    keys |= dict.fromkeys(e.key for e in scene.library.exchanges)
    return tuple(e for key in keys if (e := scene.library.named(key)))


def deadline(now: float, days: int) -> float:
    """The end of the day that is so many days from now, by the clock of the machine."""
    then = time.localtime(now)
    end = (then.tm_year, then.tm_mon, then.tm_mday + days, 23, 59, 59, 0, 0, -1)
    return time.mktime(end)


def stands(case: Case, now: float = 0.0) -> str:
    """How a case stands, in a few words, as a toast has room for."""
    by = shortened(case.by or to_curators("somebody"), _NAME)
    match case.state:
        case "taken":
            late = "late" if case.until is not None and case.until < now else "taken"
            return to_curators(late, by=by, day=_day(case.until))
        case "closed":
            return to_curators("closed", by=by, how=shortened(case.how or "", _WORDING))
        case "aside":
            return to_curators("aside", by=by)
    return to_curators("open")


# ── what is said ─────────────────────────────────────────────────────────────────────────────────

_Block: TypeAlias = tuple[int, Message]
"""A part of the card, and how dispensable it is: 0 is kept, whatever the length."""


def _fitting(blocks: list[_Block]) -> Message:
    """All that fits into a message; what can best be done without goes first."""
    while sum(render.units(render.plain(said)) + 1 for _, said in blocks) > render.LIMIT:
        rank, _ = worst = max(reversed(blocks), key=lambda block: block[0])
        if not rank:
            break
        blocks.remove(worst)
    lines = [said for _, said in blocks if said]
    between = [Run("\n")] * len(lines)
    return tuple(run for gap, said in zip(between, lines, strict=True) for run in (*said, gap))[:-1]


def _said(scene: Scene, menu: str) -> Iterator[_Block]:
    case = scene.case
    asked = shortened(" ".join(case.text.split()), _QUESTION)
    yield 0, (Run(to_curators("head", number=case.id), "ours"), Run(asked, "host"))
    yield 4, _ours(_counted(scene))
    yield from _evidence(scene)
    if menu not in _SAID:
        yield from _around(scene)
    yield 0, _ours(_stands(scene))
    yield from ((5, line) for line in map(_ours, _past(scene.view.history)))
    yield from ((2, _ours(_of_lesson(lesson, scene))) for lesson in scene.view.lessons[-_OTHERS:])
    yield from _SAID.get(menu, _nothing)(scene)
    if problem := scene.stage.get("problem"):
        yield 0, _ours(shortened(problem, _QUESTION))
    yield 0, (Run("\n"), *_ours(_to_do(scene, menu)))


def _stands(scene: Scene) -> str:
    """How the case stands; where it was opened again, by whom."""
    last = scene.view.history[-1:]
    if scene.case.state == "open" and len(scene.view.history) > 1:
        return f"{_became(last[0], scene.view.history[-2])}；{stands(scene.case)}"
    return stands(scene.case, scene.now)


def _ours(text: str) -> Message:
    return (Run(text, "ours"),)


def _nothing(_: Scene) -> Iterator[_Block]:
    yield from ()


def _counted(scene: Scene) -> str:
    case = scene.case
    first, last = _day(case.first), _day(case.last)
    span = first if first == last else to_curators("span", first=first, last=last)
    if not case.times:
        return to_curators("ordered", span=span)
    told = to_curators("counted", times=case.times, variants=case.variants, span=span)
    told += to_curators("useless", count=case.useless) if case.useless else ""
    return told + (to_curators("again", count=case.again) if case.again else "")


def _evidence(scene: Scene) -> Iterator[_Block]:
    """Who waits, and what people chose."""
    view = scene.view
    counts = (("waiting", view.waiting), ("lost", view.lost))
    if told := [to_curators(word, count=count) for word, count in counts if count]:
        yield 1, _ours("，".join(told))
    best = proposed(view.supports)
    for support in view.supports[:_OTHERS]:
        if support.people and (exchange := scene.library.named(support.exchange)):
            yield 3, _ours(_chosen(support, exchange, support == best))


def _chosen(support: Support, exchange: Exchange, enough: bool) -> str:
    told = to_curators("chosen", people=support.people, topic=render.label(exchange))
    told += to_curators("against", count=support.against) if support.against else ""
    return told + (to_curators("proposed") if enough else "")


def _around(scene: Scene) -> Iterator[_Block]:
    """How else it was asked, what the bot would say, what comes nearest."""
    others = [v.text for v in scene.view.variants if v.text != scene.case.text][:_OTHERS]
    if others:
        told = "；".join(shortened(" ".join(text.split()), _WORDING) for text in others)
        yield 6, _ours(to_curators("also") + told)
    yield 2, _ours(to_curators("now") + looks.now_said(scene.turn)[0])
    matches = scene.turn.ranking.matches[:_NEAREST]
    if matches:
        yield 3, _ours(to_curators("near"))
    for number, match in enumerate(matches, 1):
        head = f"{number}. {render.label(match.exchange)} {match.score:.2f} "
        yield 3 + number, (*_ours(head), *_excerpt(match.quote or "", _PASSAGE))


def _excerpt(quote: str, room: int) -> Message:
    """As much of a passage as there is room for, cut between sentences, and that it was cut."""
    kept = ""
    for sentence in sentences(quote):
        if render.units(kept + sentence) > room:
            break
        kept += sentence
    if kept == quote:
        return (Run(quote, "quote"),) if quote else ()
    return (Run(kept, "quote"), *_ours(to_curators("cut"))) if kept else _ours(to_curators("long"))


def _past(history: Sequence[Change]) -> Iterator[str]:
    """The last changes but the one that is how it stands."""
    before = (None, *history)
    told = [
        f"{_day(change.at)} {_became(change, earlier)}"
        for earlier, change in zip(before, history, strict=False)
    ]
    if earlier_ones := told[:-1][-_CHANGES:]:
        yield to_curators("past") + "；".join(earlier_ones)


def _became(change: Change, before: Change | None) -> str:
    by = change.by or to_curators("somebody")
    match change.state:
        case "taken":
            return to_curators("taken", by=by, day=_day(change.until))
        case "closed":
            return to_curators("closed", by=by, how=shortened(change.how or "", _NAME))
        case "aside":
            return to_curators("aside", by=by)
    if before is None:
        return to_curators("became_open")
    if change.how == LAPSED:
        return to_curators("lapsed")
    if change.how == to_curators("taken_back"):
        return to_curators("untaught", by=by)
    if change.by is None:
        return to_curators("ordered_again")
    return to_curators("given_back" if before.state == "taken" else "reopened", by=by)


def _of_lesson(lesson: Accepted, scene: Scene) -> str:
    text, exchange = shortened(lesson.text, _WORDING), _target(lesson, scene.library)
    topic = render.label(exchange) if exchange else lesson.exchange
    word = "declined" if lesson.exchange is None else "taught"
    told = to_curators(word, by=lesson.by, text=text, topic=topic)
    if lesson.state == "taught":
        second = scene.turn.ranking.matches[1:2]
        near = [(render.label(m.exchange), f"{m.score:.2f}") for m in second]
        more = "".join(to_curators("second", topic=topic, score=score) for topic, score in near)
        now = looks.now_said(scene.turn)[0]
        return told + to_curators("lesson_taught", now=now, second=more)
    return told + to_curators(f"lesson_{lesson.state}")


def _target(lesson: Accepted, library: Library) -> Exchange | None:
    return library.named(f"{lesson.interview}/{lesson.exchange}") if lesson.exchange else None


def _of_passages(scene: Scene) -> Iterator[_Block]:
    exchange = scene.library.named(scene.stage["exchange"])
    if exchange:
        yield 0, _ours(f"{render.label(exchange)}（{exchange.key}）{to_curators('within')}")
    for number, quote in enumerate(scene.stage["passages"], 1):
        yield number, (*_ours(f"{number}. "), *_excerpt(quote, _PASSAGE))


def _of_preview(scene: Scene) -> Iterator[_Block]:
    lesson = scene.stage["lesson"]
    yield from _of_plan(lesson, scene)
    objections, effect = scene.stage.get("objections"), scene.stage.get("effect")
    if objections:
        yield 0, _ours(to_curators("objections"))
        yield from ((0, _ours(f"· {shortened(why, 150)}")) for why in objections[:5])
    elif objections is not None:
        unsure = scene.stage.get("doubts", ())
        yield 0, _ours("\n".join(unsure) or to_curators("checked"))
        yield from _of_effect(effect)


def _of_plan(lesson: Mapping[str, Any], scene: Scene) -> Iterator[_Block]:
    text = shortened(lesson["text"], _QUESTION)
    exchange = scene.library.named(f"{lesson['interview']}/{lesson['exchange']}")
    if exchange is None:
        interview = scene.library.interviews.get(lesson["interview"])
        title = render.entitled(interview) if interview else lesson["interview"]
        yield 0, _ours(to_curators("will_decline", text=text, title=title))
        return
    values = {"text": text, "topic": render.label(exchange), "key": exchange.key}
    yield 0, _ours(to_curators("will_teach", **values))
    if not lesson["quote"]:
        yield 1, _ours(to_curators("whole"))
    yield 1, _excerpt(lesson["quote"] or render.whole(exchange), 2 * _PASSAGE)


def _of_effect(effect: Mapping[str, Any] | None) -> Iterator[_Block]:
    if effect is None:
        yield 0, _ours(to_curators("weighing"))
        return
    if "failed" in effect:
        yield 0, _ours(to_curators("unweighed"))
        return
    if not effect["count"]:  # the interview has no file of questions
        return
    changed = effect["changed"]
    word = "effect" if changed else "no_effect"
    yield 0, _ours(to_curators(word, count=effect["count"], changed=len(changed)))
    yield from ((1, _ours(f"· {line}")) for line in changed[:_EFFECTS])
    if len(changed) > _EFFECTS:
        yield 1, _ours(to_curators("more", count=len(changed) - _EFFECTS))


def _of_drafts(scene: Scene) -> Iterator[_Block]:
    yield from _of_plan(scene.stage["lesson"], scene)
    yield 0, _ours(to_curators("drafts"))
    for number, text in enumerate(scene.stage["drafts"], 1):
        yield 0, _ours(f"{number}. {shortened(text, _QUESTION)}")


def _of_wording(scene: Scene) -> Iterator[_Block]:
    yield from _of_plan(scene.stage["lesson"], scene)


_SAID = {
    "passages": _of_passages,
    "preview": _of_preview,
    "drafts": _of_drafts,
    "wording": _of_wording,
}


def _to_do(scene: Scene, menu: str) -> str:
    if scene.is_busy:
        return to_curators("do_busy")
    if menu in ("reply", "wording"):
        count = scene.view.waiting
        return to_curators(f"do_{menu}", who=scene.stage["name"], count=count)
    if menu == "preview":
        return to_curators(_of_stage(scene.stage))
    if menu:
        return to_curators(f"do_{menu}")
    told = to_curators("do_late" if scene.is_late else f"do_{scene.case.state}")
    if scene.undoable:
        told += to_curators("do_undo")
    ongoing = scene.case.state in ("open", "taken")
    if ongoing and not scene.writable:
        return told + "\n" + to_curators("no_folder")
    return told + (to_curators("do_waiting") if ongoing and scene.view.waiting else "")


def _of_stage(stage: Stage) -> str:
    if stage.get("drafting"):
        return "do_drafting"
    if not stage.get("objections") and not is_weighed(stage):
        return "do_checking"
    return "do_objected" if stage["objections"] else "do_preview"


def _day(at: float | None) -> str:
    then = time.localtime(at or 0.0)
    return say("day", month=then.tm_mon, day=then.tm_mday)


# ── what can be pressed ──────────────────────────────────────────────────────────────────────────


def _key(scene: Scene, text: str, verb: str, *numbers: int) -> InlineKeyboardButton:
    data = scene.library.data(verb, scene.case.id, *numbers)
    return InlineKeyboardButton(text, callback_data=data)


def _say(scene: Scene, word: str, verb: str, *numbers: int) -> InlineKeyboardButton:
    return _key(scene, to_curators(word), verb, *numbers)


def _idle(scene: Scene, text: str) -> Row:
    """What happened, in place of what could be done about it."""
    return [InlineKeyboardButton(text, callback_data=scene.library.data("idle"))]


def _back(scene: Scene) -> Row:
    return [_say(scene, "back", "main")]


def _main(scene: Scene) -> Iterator[Row]:
    if scene.is_busy:
        yield _idle(scene, to_curators("busy"))
        return
    match scene.case.state:
        case "open":
            yield from _proposal(scene)
            yield [_say(scene, "take", "dates")]
            yield from _ways_out(scene)
        case "taken":
            yield _idle(scene, shortened(stands(scene.case, scene.now), _NAME))
            yield from _proposal(scene)
            late = [_day_key(scene, word) for word in DATES] if scene.is_late else []
            yield late or [_say(scene, "redate", "dates")]
            yield [_say(scene, "give_back", "back")]
            yield from _ways_out(scene)
        case _:
            yield _idle(scene, shortened(stands(scene.case, scene.now), _NAME))
            yield [_say(scene, "reopen", "reopen")]
    yield from _undo(scene)


def _proposal(scene: Scene) -> Iterator[Row]:
    best = proposed(scene.view.supports)
    exchange = scene.library.named(best.exchange) if best else None
    if best and exchange and scene.writable:
        text = to_curators("teach_this", topic=render.label(exchange), people=best.people)
        yield [_key(scene, text, "target", mark_of(exchange), 0)]


def _ways_out(scene: Scene) -> Iterator[Row]:
    teach = [_say(scene, "teach", "teach", 0)] if scene.writable else []
    yield [*teach, _say(scene, "decline", "decline")]
    reply = [_say(scene, "reply", "reply")] if scene.view.waiting else []
    yield [*reply, _say(scene, "put_aside", "aside")]


def _undo(scene: Scene) -> Iterator[Row]:
    if lesson := scene.undoable:
        exchange = _target(lesson, scene.library)
        topic = render.label(exchange) if exchange else to_curators("decline")
        yield [_key(scene, to_curators("undo", topic=topic), "undo", lesson.id)]


def _dates(scene: Scene) -> Iterator[Row]:
    yield [_day_key(scene, word) for word in DATES]
    yield _back(scene)


def _day_key(scene: Scene, word: str) -> InlineKeyboardButton:
    return _say(scene, word, "take", DATES[word])


def _exchanges(scene: Scene) -> Iterator[Row]:
    every, page = exchanges(scene), max(0, scene.stage.get("page", 0))
    best = proposed(scene.view.supports)
    keys = [
        _key(scene, _named(exchange, best), "target", mark_of(exchange))
        for exchange in every[page * LISTED : (page + 1) * LISTED]
    ]
    yield from (keys[n : n + 2] for n in range(0, len(keys), 2))
    back = [_key(scene, "‹", "teach", page - 1)] if page else []
    more = (page + 1) * LISTED < len(every)
    yield [*back, *([_key(scene, "›", "teach", page + 1)] if more else [])]
    yield _back(scene)


def _named(exchange: Exchange, best: Support | None) -> str:
    if best and best.exchange == exchange.key:
        return to_curators("chosen", people=best.people, topic=render.label(exchange))
    return render.label(exchange)


def _passages(scene: Scene) -> Iterator[Row]:
    mark, count = stamp(scene.stage), len(scene.stage["passages"])
    yield [_key(scene, str(n + 1), "passage", n, mark) for n in range(count)]
    yield [_say(scene, "whole", "passage", count, mark)]
    yield [_say(scene, "back", "teach", 0)]


def _preview(scene: Scene) -> Iterator[Row]:
    stage, mark = scene.stage, stamp(scene.stage)
    if is_weighed(stage):
        yield [_say(scene, "confirm", "confirm", mark)]
    if stage.get("objections") is not None and not stage.get("drafting"):
        is_phrase = stage["lesson"]["exchange"] is not None
        drafts = [_say(scene, "draft", "draft", mark)] if scene.drafts and is_phrase else []
        yield [_say(scene, "reword", "reword", mark), *drafts]
    yield _back(scene)


def _drafts(scene: Scene) -> Iterator[Row]:
    mark = stamp(scene.stage)
    count = len(scene.stage["drafts"])
    yield [_key(scene, str(n + 1), "wording", n, mark) for n in range(count)]
    yield _back(scene)


def _awaiting(scene: Scene) -> Iterator[Row]:
    yield _back(scene)


_ROWS = {
    "dates": _dates,
    "exchanges": _exchanges,
    "passages": _passages,
    "preview": _preview,
    "drafts": _drafts,
    "reply": _awaiting,
    "wording": _awaiting,
}


# ── what else is written to curators ─────────────────────────────────────────────────────────────


def reminder(case: Case) -> Letter:
    """That a promise was broken."""
    values = {"number": case.id, "by": case.by or to_curators("somebody")}
    text = shortened(" ".join(case.text.split()), _WORDING)
    return Letter(_ours(to_curators("remind", text=text, day=_day(case.until), **values)))


def digest(rest: Sequence[Case], count: int, adrift: Sequence[Case], library: Library) -> Letter:
    """The largest cases that have no card, and those whose card nobody has seen, with a button to
    get each."""
    parts = [to_curators("digest", count=count), *map(_listed, rest)] if rest else []
    parts += [to_curators("adrift"), *map(_listed, adrift)] if adrift else []
    keys = [
        InlineKeyboardButton(f"#{case.id}", callback_data=library.data("card", case.id))
        for case in (*rest, *adrift)
    ]
    rows = tuple(keys[n : n + 4] for n in range(0, len(keys), 4))
    return Letter(_ours("\n".join(parts)), rows)


def _listed(case: Case) -> str:
    text = shortened(" ".join(case.text.split()), _WORDING)
    return to_curators("digest_line", number=case.id, times=case.times, text=text)


def carded(text: str, rows: Sequence[Sequence[InlineKeyboardButton]], data: str, by: str) -> Letter:
    """A digest, one of whose buttons has done what it can and says for whom."""
    number = data.rpartition(".")[2]
    done = to_curators("carded", number=number, by=shortened(by, 12))
    idle = InlineKeyboardButton(done, callback_data=".idle")
    changed = [[idle if key.callback_data == data else key for key in row] for row in rows]
    return Letter(_ours(text), tuple(changed))
