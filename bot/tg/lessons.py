"""What curators accept is looked at, written, asked again, and taken back: errands, off the path
of answers.

Each begins anew after a crash: what is written already is not written twice, and a card that has
gone on meanwhile is left as it is.
"""

from __future__ import annotations

import asyncio
import logging
import shlex
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot import cases, question_files, suggest, teaching
from bot.edition import Edition
from bot.interview import Exchange
from bot.ledger import looks
from bot.render import label, shortened
from bot.respond import Answer, Turn
from bot.store import NOT_COVERED, Accepted, Change, Curating, View
from bot.teaching import Difference, Effect
from bot.tg import operating
from bot.tg.services import Context
from bot.words import to_curators
from bot.yaml_text import Fault

log = logging.getLogger(__name__)

_PATIENCE = 120.0  # seconds for a model's command
_WORDINGS = 5  # of a case that a model is shown
_QUESTION = 60  # characters of one that would be answered otherwise


# ── before ───────────────────────────────────────────────────────────────────────────────────────


async def weigh(what: Mapping[str, Any], context: Context) -> None:
    """Say on the card what speaks against what it is about to teach, then what that would
    change."""
    curating, folder = context.services.store.curating, context.services.folder
    stage = await _stage(what["case"], "preview", curating)
    if stage is None or stage["objections"] or stage["effect"] is not None or folder is None:
        return  # what is half done a crash cut short
    edition, lesson = context.work.shelf.edition, teaching.Lesson(**stage["lesson"])
    found = await asyncio.to_thread(teaching.objections, lesson, edition)
    against = [_short(why, folder) for why in found]
    unsure = await asyncio.to_thread(teaching.doubts, lesson, edition)
    looked = {**stage, "objections": against, "doubts": list(unsure)}
    if not await curating.set_stage(what["case"], looked, was=stage) or against:
        return
    whole = {**looked, "effect": await _effect(lesson, edition, folder)}
    await curating.set_stage(what["case"], whole, was=looked)


async def _effect(lesson: teaching.Lesson, edition: Edition, folder: Path) -> Mapping[str, Any]:
    over = threading.Event()
    try:
        questions = await asyncio.to_thread(question_files.load, folder)
        effect = await asyncio.to_thread(teaching.effect, lesson, edition, questions, over)
    except Exception:  # whatever is in the files: that it is not known keeps nobody from deciding
        log.exception("what a lesson would change is not known")
        return {"failed": True}
    finally:
        over.set()
    return _told(effect, sum(map(len, questions))) if effect else {"failed": True}


def _told(effect: Effect, count: int) -> Mapping[str, Any]:
    """The effect in lines, those first that get worse."""
    worst = sorted(effect.differences, key=lambda d: (d.is_good, not d.was_good))
    return {"count": count, "changed": [_compared(difference) for difference in worst]}


def _compared(difference: Difference) -> str:
    before, after = (looks.now_said(turn)[0] for turn in (difference.before, difference.after))
    judged = {(True, False): "worse", (False, True): "better"}
    word = judged.get((difference.was_good, difference.is_good))
    verdict = to_curators(word) if word else ""
    return f"{shortened(difference.question, _QUESTION)}：{before} → {after}{verdict}"


async def draft(what: Mapping[str, Any], context: Context) -> None:
    """Let a model's command draft wordings for the card to choose from."""
    curating, library = context.services.store.curating, context.library
    view = await curating.view(what["case"])
    stage = await _stage(what["case"], "preview", curating)
    if view is None or stage is None or not stage.get("drafting"):
        return
    lesson = teaching.Lesson(**stage["lesson"])
    exchange = library.named(lesson.target)
    found, problem = await _drafts(view, exchange, lesson.quote, context)
    left = {name: value for name, value in stage.items() if name != "drafting"}
    chosen = {"menu": "drafts", "lesson": stage["lesson"], "drafts": list(found)}
    then = chosen if found else {**left, "problem": problem}
    await curating.set_stage(what["case"], then, was=stage)


async def _drafts(
    view: View, exchange: Exchange | None, quote: str, context: Context
) -> tuple[Sequence[str], str]:
    """The wordings, or why there are none."""
    if exchange is None:
        return (), to_curators("no_drafts")
    texts = [variant.text for variant in view.variants[:_WORDINGS]] or [view.case.text]
    edition = context.work.shelf.edition
    try:
        model = suggest.Command(shlex.split(context.services.drafts), _PATIENCE)
        try:
            found = await asyncio.to_thread(teaching.drafts, texts, exchange, quote, model, edition)
        finally:
            model.close()
    except (suggest.Failed, suggest.Hopeless, ValueError) as error:
        return (), to_curators("drafts_failed", why=error)
    return found, "" if found else to_curators("no_drafts")


async def _stage(case: int, menu: str, curating: Curating) -> Mapping[str, Any] | None:
    """What a card's buttons are about, if it is in that menu."""
    view = await curating.view(case)
    stage = view.card.stage if view and view.card else {}
    return stage if stage.get("menu") == menu else None


# ── written ──────────────────────────────────────────────────────────────────────────────────────


async def teach(what: Mapping[str, Any], context: Context) -> None:
    """Write down what a curator accepted, ask again, and close the case if it is answered now."""
    curating = context.services.store.curating
    lesson = await curating.lesson(what["lesson"])
    view = await curating.view(lesson.case) if lesson else None
    if lesson is None or view is None or lesson.state != "wanted":
        return
    if problem := await _written(lesson, context):
        await curating.set_stage(lesson.case, {"problem": problem}, was={})
        await curating.became(lesson.id, "refused")
        return
    faults = await operating.catch_up(context)
    if faults:
        await _say_faults(lesson.case, faults, context)
    turn = await context.services.think(cases.said_now, view.case.text, context.responder)
    if faults or not _is_as_wished(turn, lesson):
        await curating.became(lesson.id, "taught")
        return
    await _close(lesson, context)
    await curating.became(lesson.id, "answered")


async def _say_faults(case: int, faults: Sequence[Fault], context: Context) -> None:
    """Say on the card why what is written is not in service."""
    folder = context.services.folder or Path()
    told = _short("；".join(map(str, faults[:3])), folder)
    problem = to_curators("refused_files", faults=told)
    await context.services.store.curating.set_stage(case, {"problem": problem}, was={})


async def _written(lesson: Accepted, context: Context) -> str:
    """Write the lesson into the files; why it is not, if anything speaks against it."""
    folder, wanted = context.services.folder, _as_taught(lesson)
    if folder is None:
        return to_curators("no_folder")
    await operating.catch_up(context)
    edition = context.work.shelf.edition
    try:
        # What is there already was written before a crash, or by hand.
        is_new = not teaching.is_taught(edition.knowledge, wanted)
        if is_new and (against := await asyncio.to_thread(teaching.objections, wanted, edition)):
            return to_curators("objections") + _short("\n".join(against), folder)
        await asyncio.to_thread(teaching.teach, folder, wanted, _note(lesson))
    except teaching.Unwritable as error:
        return _short(str(error), folder)
    return ""


def _short(text: str, folder: Path) -> str:
    """What is said of files, with their names only."""
    return text.replace(f"{folder}/", "")


def _as_taught(lesson: Accepted) -> teaching.Lesson:
    return teaching.Lesson(lesson.interview, lesson.exchange, lesson.quote, lesson.text)


def _note(lesson: Accepted) -> str:
    """What stands behind its lines; `fangtan ledger` writes the same."""
    return f"台账 #{lesson.case}"


def _is_as_wished(turn: Turn, lesson: Accepted) -> bool:
    """Whether the case's question gets now what the lesson is for."""
    target = _as_taught(lesson).target
    if isinstance(turn.reply, Answer):
        return turn.reply.exchange.key == target
    return target is None


async def _close(lesson: Accepted, context: Context) -> None:
    """Close the case, though somebody else took it a moment ago: its question is settled."""
    exchange = context.library.named(_as_taught(lesson).target)
    is_phrase = lesson.exchange is not None
    topic = label(exchange) if exchange else ""
    how = to_curators("as_phrase", topic=topic) if is_phrase else NOT_COVERED
    await context.services.store.curating.step(
        lesson.case,
        Change("closed", lesson.by, how=how),
        source=f"lesson {lesson.id}",
        news="ended" if is_phrase else "not_covered",
    )


# ── taken back ───────────────────────────────────────────────────────────────────────────────────


async def unteach(what: Mapping[str, Any], context: Context) -> None:
    """Take a lesson's lines out of the files again, and open its case."""
    curating, folder = context.services.store.curating, context.services.folder
    lesson = await curating.lesson(what["lesson"])
    if lesson is None or lesson.state not in ("taught", "answered") or folder is None:
        return
    try:
        await asyncio.to_thread(teaching.unteach, folder, _as_taught(lesson), _note(lesson))
    except teaching.Unwritable as error:
        problem = _short(str(error), folder)
        await curating.set_stage(lesson.case, {"problem": problem}, was={})
        return
    await operating.catch_up(context)
    change = Change("open", what["by"], how=to_curators("taken_back"))
    view = await curating.view(lesson.case)
    if view and view.case.state == "closed":
        await curating.step(lesson.case, change, source=f"unlesson {lesson.id}")
    await curating.became(lesson.id, "undone")
