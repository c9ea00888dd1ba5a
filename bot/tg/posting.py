"""The cards as they stand in the curators' chat: posted once, drawn anew, in topics of their own.

Whatever becomes of a case leaves an errand that draws its card. Where its message or its topic is
gone, or the whole chat has moved, it is posted anew. What a crash leaves in doubt is not posted a
second time: the card stands where somebody presses it, and who does not see it can have another.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from bot.store import Card, Case, View
from bot.tg import cards, curators, sending
from bot.tg.faults import Meaning
from bot.tg.incoming import Place
from bot.tg.messages import Letter
from bot.tg.services import Context

log = logging.getLogger(__name__)

_REST = 10  # cases in a digest


async def draw(what: Mapping[str, Any], context: Context) -> None:
    """Let the card of a case show how it stands, if it has one."""
    view = await context.services.store.curating.view(what["case"])
    if view is None or view.card is None or context.services.curators is None:
        return
    if view.card.is_adrift:
        return
    chat = await _where(context)
    letter = cards.letter(await curators.scene_of(view, context))
    if view.card.chat == chat and await _shows(letter, view.card, context):
        await _follow(view, view.card.thread, context)
        return
    thread = view.card.thread if view.card.chat == chat else 0
    await _post(view, letter, chat, thread, context)


async def _shows(letter: Letter, card: Card, context: Context) -> bool:
    """Let a card be the letter; False where none stands there, or no longer."""
    if not card.message or letter.digest == card.digest:
        return bool(card.message)
    meant = await sending.changed(letter, card.chat, card.message, context)
    if meant is Meaning.REFUSED:
        return False
    if meant is None:
        await context.services.store.curating.stand(card.case, digest=letter.digest)
    return True


async def _post(view: View, letter: Letter, chat: int, thread: int, context: Context) -> None:
    """Post a card: in its topic, in a new one where it has none and the chat is a forum, else as a
    message of the chat."""
    curating, case = context.services.store.curating, view.case
    there = thread or await _topic(case, chat, context)
    if thread:
        context.work.passed()  # no topic was needed: see `_topic`
    sent = await sending.deliver(letter, Place(chat, there, group=True), context)
    match sent:
        case None | Meaning.UNCERTAIN:
            await curating.lost(case.id)
        case Meaning.REFUSED if thread:  # the topic is gone
            await curating.post_again(case.id)
        case Meaning():
            log.warning("the card of case %d cannot be posted", case.id)
        case message:
            where = {"chat": message.chat.id, "message": message.message_id}
            await curating.stand(case.id, **where, thread=there, digest=letter.digest)
            await _follow(view, there, context)


async def _topic(case: Case, chat: int, context: Context) -> int:
    """A new topic for a case, where the chat has topics and we may open them; else 0.

    It counts as a reply that is sent at most once: after a crash on the way it is what was noted
    of it, and a topic may stay behind that is empty.
    """
    work, curating = context.work, context.services.store.curating
    if work.is_told():
        work.passed()
        view = await curating.view(case.id)
        return view.card.thread if view and view.card and view.card.chat == chat else 0
    forum = await sending.quietly(lambda: context.bot.get_chat(chat))
    if forum is None or not forum.is_forum:
        work.passed()
        return 0
    thread = await sending.open_topic(chat, cards.topic_name(case), context)
    if thread:
        await curating.stand(case.id, chat=chat, thread=thread)
    return thread


async def _follow(view: View, thread: int, context: Context) -> None:
    """Let the topic of a case be closed with it, and open again with it."""
    if not thread or not view.card:
        return
    bot, chat = context.bot, await _where(context)
    if view.case.state == "closed":
        await sending.quietly(partial(bot.close_forum_topic, chat, thread))
    elif any(change.state == "closed" for change in view.history):
        await sending.quietly(partial(bot.reopen_forum_topic, chat, thread))


async def _where(context: Context) -> int:
    curators_ = context.services.curators or 0
    return await context.services.store.curating.whereabouts(curators_)


async def remind(what: Mapping[str, Any], context: Context) -> None:
    """Say beside the card that a promise was broken."""
    curating = context.services.store.curating
    view = await curating.view(what["case"])
    if view is None or context.services.curators is None:
        return
    until = view.case.until
    if view.case.state != "taken" or until is None or until >= curating.now():
        return
    card, chat = view.card, await _where(context)
    here = card if card and card.chat == chat else None
    place = Place(
        chat, here.thread if here else 0, (here.message or None) if here else None, group=True
    )
    await sending.deliver(cards.reminder(view.case), place, context)
    await curating.begin_card(view.case.id, chat)
    await curating.errand(f"card {view.case.id}", {"do": "card", "case": view.case.id})


async def digest(_: Mapping[str, Any], context: Context) -> None:
    """List what has no card, with a button for each."""
    rest, count = await context.services.store.curating.rest(_REST)
    await _list(rest, count, context)


async def adrift(_: Mapping[str, Any], context: Context) -> None:
    """List the cards that may not have arrived, with a button to have each again."""
    await _list((), 0, context)


async def _list(rest: Sequence[Case], count: int, context: Context) -> None:
    """Write a list of cases that have no card, and of those whose card may not have arrived."""
    if context.services.curators is None:
        return
    lost = (await context.services.store.curating.adrift())[:_REST]
    if rest or lost:
        letter = cards.digest(rest, count, lost, context.library)
        await sending.deliver(letter, Place(await _where(context), group=True), context)
