"""The curators' chat: what its members press on a card, and write in reply to it.

A press or a reply changes what is stored, in one transaction that knows its source, so that what a
crash repeats changes nothing; the errand that this leaves draws the card. Who is no member of the
group any more changes nothing: that is asked each time.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, ChatMember, ChatMemberRestricted, Message

from bot import cases
from bot.store import DAY, NOT_COVERED, Accepted, Change, Curating, News, Step, View
from bot.tg import cards, sending
from bot.tg.cards import Scene
from bot.tg.incoming import is_anonymous_admin, is_reply_to, words
from bot.tg.sending import toast
from bot.tg.services import Context
from bot.words import to_curators

_INSIDE = (ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER)
_NAME = 80  # characters of who did it


@dataclass(frozen=True, slots=True)
class Curator:
    """Who acts: as Telegram knows them, and as the others do."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a curator does to the case of a card; `numbers` are the button's, but the case's."""

    curator: Curator
    view: View
    numbers: tuple[int, ...]
    query: CallbackQuery
    context: Context

    @property
    def curating(self) -> Curating:
        return self.context.services.store.curating

    @property
    def source(self) -> str:
        return self.context.work.source

    @property
    def number(self) -> int:
        return self.view.case.id

    @property
    def stage(self) -> Mapping[str, Any]:
        return self.view.card.stage if self.view.card else {}

    @property
    def is_current(self) -> bool:
        """Whether the button is of the menu that the card is in."""
        return self.numbers[-1:] == (cards.stamp(self.stage),)

    @property
    def can_teach(self) -> bool:
        return is_writable(self.context)

    async def done(self) -> None:
        """Let the button rest: the card shows the rest."""
        await toast(self.query)

    async def refuse(self, word: str, **values: object) -> None:
        await toast(self.query, to_curators(word, **values), alert=True)


# ── presses ──────────────────────────────────────────────────────────────────────────────────────


async def pressed(
    verb: str, query: CallbackQuery, numbers: tuple[int, ...], context: Context
) -> None:
    """Do what a button of a card, or of a digest, says."""
    message = query.message
    if not isinstance(message, Message) or not await is_theirs(message.chat.id, context):
        await toast(query, to_curators("no_card"))
        return
    if not await _is_member(message.chat.id, query.from_user.id, context):
        await toast(query, to_curators("not_a_curator"), alert=True)
        return
    curator = Curator(query.from_user.id, query.from_user.full_name[:_NAME])
    if verb == "card":
        await _card(curator, message, query, numbers, context)
        return
    view = await _view(message, numbers, context)
    if view is None:
        await toast(query, to_curators("no_card"), alert=True)
    else:
        await _obey(verb, Act(curator, view, numbers[1:], query, context))


async def _obey(verb: str, act: Act) -> None:
    case, of = act.view.case, act.view.case.curator
    if case.state == "taken" and of not in (None, act.curator.id):
        await act.refuse("not_done", state=cards.stands(case))
    else:
        await _DOES[verb](act)


async def is_theirs(chat: int, context: Context) -> bool:
    """Whether a chat is the curators'."""
    curators = context.services.curators
    if curators is None or chat == curators:
        return curators is not None
    return chat == await context.services.store.curating.whereabouts(curators)


async def _is_member(chat: int, person: int, context: Context) -> bool:
    member = await sending.quietly(lambda: context.bot.get_chat_member(chat, person))
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member is not None and member.status in _INSIDE


async def _view(message: Message, numbers: tuple[int, ...], context: Context) -> View | None:
    """The case whose card is pressed. One of which nobody knew where it stands, stands here."""
    curating, number = context.services.store.curating, next(iter(numbers), 0)
    view = await curating.view(number)
    if view is None or view.card is None:
        return None
    here = (message.chat.id, message.message_id)
    if view.card.is_adrift:
        await curating.stand(number, chat=here[0], message=here[1], digest="")
        return await curating.view(number)
    return view if here == (view.card.chat, view.card.message) else None


async def _card(
    curator: Curator,
    message: Message,
    query: CallbackQuery,
    numbers: tuple[int, ...],
    context: Context,
) -> None:
    """Let a case of a digest have a card: a new one, or again one that nobody has seen."""
    curating, number = context.services.store.curating, next(iter(numbers), 0)
    begun = await curating.begin_card(number, message.chat.id)
    view = await curating.view(number)
    if view and view.card and view.card.is_adrift:
        await curating.post_again(number)
    elif not begun and view and view.card and view.card.message:
        await toast(query, to_curators("has_card"))
        return
    await toast(query, to_curators("on_its_way"))
    keyboard = message.reply_markup.inline_keyboard if message.reply_markup else ()
    letter = cards.carded(message.text or "", keyboard, query.data or "", curator.name)
    await sending.change_pressed(letter, query, context)


async def _main(act: Act) -> None:
    await _menu(act, {})


async def _dates(act: Act) -> None:
    await _menu(act, {"menu": "dates"})


async def _menu(act: Act, stage: Mapping[str, Any]) -> None:
    """Let the card be in a menu, if the case is still to be seen to."""
    if act.view.case.state not in ("open", "taken"):
        await act.refuse("not_done", state=cards.stands(act.view.case))
        return
    await act.curating.set_stage(act.number, stage)
    await act.done()


async def _take(act: Act) -> None:
    days = max(0, min(366, act.numbers[0])) if act.numbers else 0
    until = cards.deadline(act.curating.now(), days)
    await _step(act, Change("taken", act.curator.name, until, curator=act.curator.id))


async def _give_back(act: Act) -> None:
    await _step(act, Change("open", act.curator.name, curator=act.curator.id))


async def _aside(act: Act) -> None:
    await _step(act, Change("aside", act.curator.name, curator=act.curator.id))


async def _step(act: Act, change: Change, news: News | None = None) -> None:
    """Change the case; who comes too late is told how it stands."""
    step = await act.curating.step(act.number, change, act.source, news)
    if step.done:
        await act.curating.set_stage(act.number, {})
    await _told(act, step)


async def _told(act: Act, step: Step) -> None:
    state = cards.stands(step.case) if step.case else ""
    if step.done:
        await toast(act.query, to_curators("stands", state=state))
    else:
        await act.refuse("not_done", state=state)


async def _reopen(act: Act) -> None:
    if act.view.case.state == "taken":  # somebody was faster
        await act.refuse("not_done", state=cards.stands(act.view.case))
    else:
        await _give_back(act)


async def _teach(act: Act) -> None:
    page = act.numbers[0] if act.numbers else 0
    if not act.can_teach:
        await act.refuse("no_folder")
        return
    await _menu(act, {"menu": "exchanges", "page": max(0, page)})


async def _target(act: Act) -> None:
    """An exchange is chosen: which passage of it? Of the one that people chose, the whole."""
    exchange = act.context.library.marked(act.numbers[0] if act.numbers else -1)
    if exchange is None:
        await act.refuse("changed")
        return
    if act.numbers[1:]:
        await _preview(act, exchange.interview, exchange.id, "", act.view.case.text)
        return
    scene = await scene_of(act.view, act.context)
    quotes = list(cards.passages(exchange, scene.turn))
    await _menu(act, {"menu": "passages", "exchange": exchange.key, "passages": quotes})


async def _passage(act: Act) -> None:
    """A passage is chosen, or the whole answer: that would be learnt."""
    quotes = act.stage.get("passages", [])
    if not act.is_current or not 0 <= act.numbers[0] <= len(quotes):
        await act.refuse("changed")
        return
    interview, _, exchange = act.stage["exchange"].partition("/")
    quote = [*quotes, ""][act.numbers[0]]
    await _preview(act, interview, exchange, quote, act.view.case.text)


async def _decline(act: Act) -> None:
    """That the interview that comes nearest does not speak of it would be learnt; where nothing
    can be, those who wait hear it all the same."""
    if not act.can_teach:
        change = Change("closed", act.curator.name, how=NOT_COVERED, curator=act.curator.id)
        await _step(act, change, "not_covered")
        return
    near = (act.view.case.nearest or "").partition("/")[0]
    every = act.context.library.interviews
    interview = near if near in every else next(iter(every), "")
    await _preview(act, interview, None, "", act.view.case.text)


async def _preview(act: Act, interview: str, exchange: str | None, quote: str, text: str) -> None:
    if act.view.case.state not in ("open", "taken"):
        await act.refuse("not_done", state=cards.stands(act.view.case))
        return
    await preview(act.number, interview, exchange, quote, text, act.curating)
    await act.done()


async def preview(
    case: int, interview: str, exchange: str | None, quote: str, text: str, curating: Curating
) -> None:
    """Let a card show what would be learnt, and have it looked at."""
    lesson = {
        "interview": interview,
        "exchange": exchange,
        "quote": quote,
        "text": " ".join(text.split()),
    }
    stage = {"menu": "preview", "lesson": lesson, "objections": None, "effect": None}
    await curating.set_stage(case, stage, then={"do": "weigh", "case": case})


async def _confirm(act: Act) -> None:
    """Let it be learnt, as the card shows it."""
    # A press that is repeated finds that the menu is gone.
    if not act.is_current or not cards.is_weighed(act.stage):
        word = "busy" if any(one.state == "wanted" for one in act.view.lessons) else "changed"
        await act.refuse(word)
        return
    lesson = Accepted(
        id=0,
        case=act.number,
        by=act.curator.name,
        curator=act.curator.id,
        state="wanted",
        at=act.curating.now(),
        **act.stage["lesson"],
    )
    begun = await act.curating.teach(lesson, act.source)
    await (act.done() if begun else act.refuse("busy"))


async def _reword(act: Act) -> None:
    await _await(act, "wording") if act.is_current else await act.refuse("changed")


async def _reply(act: Act) -> None:
    await _await(act, "reply")


async def _await(act: Act, menu: str) -> None:
    """Let the next reply of this curator to the card be the text."""
    whose = {"who": act.curator.id, "name": act.curator.name}
    lesson = {"lesson": act.stage["lesson"]} if menu == "wording" else {}
    await _menu(act, {"menu": menu} | whose | lesson)


async def _draft(act: Act) -> None:
    if not act.is_current or not act.context.services.drafts:
        await act.refuse("changed")
        return
    stage = {name: value for name, value in act.stage.items() if name != "problem"}
    then = {"do": "draft", "case": act.number}
    await act.curating.set_stage(act.number, stage | {"drafting": True}, act.stage, then)
    await act.done()


async def _wording(act: Act) -> None:
    """One of the drafts is chosen."""
    drafts = act.stage.get("drafts", [])
    if not act.is_current or not 0 <= act.numbers[0] < len(drafts):
        await act.refuse("changed")
        return
    lesson = act.stage["lesson"] | {"text": drafts[act.numbers[0]]}
    await _preview(act, **lesson)


async def _undo(act: Act) -> None:
    """Let a lesson be taken back."""
    number = act.numbers[0] if act.numbers else 0
    lesson = next((one for one in act.view.lessons if one.id == number), None)
    if lesson is None or lesson.state not in ("taught", "answered"):
        await act.refuse("changed")
    elif act.curating.now() - lesson.at >= DAY:
        await act.refuse("too_late")
    else:
        await act.curating.unteach(number, act.curator.name, act.source)
        await act.done()


_DOES: Mapping[str, Callable[[Act], Awaitable[None]]] = {
    "main": _main,
    "dates": _dates,
    "take": _take,
    "back": _give_back,
    "aside": _aside,
    "reopen": _reopen,
    "teach": _teach,
    "target": _target,
    "passage": _passage,
    "decline": _decline,
    "confirm": _confirm,
    "reword": _reword,
    "reply": _reply,
    "draft": _draft,
    "wording": _wording,
    "undo": _undo,
}


# ── replies ──────────────────────────────────────────────────────────────────────────────────────


async def heard(message: Message, context: Context) -> bool:
    """Take what a curator writes in reply to a card, where it is waited for; whether the message
    is one among curators, which nobody else answers."""
    original = message.reply_to_message
    if original is None or not await is_theirs(message.chat.id, context):
        return False  # in a topic each message replies at least to its first
    curating, chat = context.services.store.curating, message.chat.id
    card = await curating.card_at(chat, original.message_id)
    if card is not None and card.stage.get("menu") in ("reply", "wording"):
        await _hear(message, card.case, context)
    return card is not None or await _is_among_them(message, original.message_id, context)


async def _is_among_them(message: Message, original: int, context: Context) -> bool:
    """Whether they speak to each other: in the topic of a card, or in reply to what we wrote that
    is no answer to anybody."""
    curating, chat = context.services.store.curating, message.chat.id
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    if await curating.is_card_topic(chat, thread):
        return True
    if not is_reply_to(message, context.bot.bot):
        return False
    return await context.memory.sent(chat, original) is None


async def _hear(message: Message, case: int, context: Context) -> None:
    view, curator = await context.services.store.curating.view(case), await _who(message, context)
    if view is None or view.card is None or curator is None:
        return
    stage, masked = view.card.stage, is_anonymous_admin(message)
    if not masked and stage.get("who") != curator.id:
        return
    text = words(message).strip()
    if stage["menu"] == "reply":
        await _replied(text, view, curator, context)
    else:
        lesson = stage["lesson"] | {"text": text}
        await preview(case, **lesson, curating=context.services.store.curating)


async def _who(message: Message, context: Context) -> Curator | None:
    """The curator who writes: one by name, or the group itself for an admin who does not give
    theirs; None for whoever else."""
    if is_anonymous_admin(message):
        return Curator(message.chat.id, to_curators("the_admin"))
    person = message.from_user
    if person is None or message.sender_chat:
        return None
    if not await _is_member(message.chat.id, person.id, context):
        return None
    return Curator(person.id, person.full_name[:_NAME])


async def _replied(text: str, view: View, curator: Curator, context: Context) -> None:
    """Let those who wait hear a curator's own words; it ends the case."""
    curating, case, card = context.services.store.curating, view.case.id, view.card
    if card is None:
        return
    if len(text) > cards.LONGEST_REPLY:
        problem = to_curators("too_long", most=cards.LONGEST_REPLY, count=len(text))
        await curating.set_stage(case, {**card.stage, "problem": problem})
        return
    who = card.stage["who"]  # the same, though they do not give their name
    change = Change("closed", curator.name, how=to_curators("replied"), curator=who)
    await curating.step(case, change, context.work.source, news="replied", words=text)
    await curating.set_stage(case, {})


# ── the card ─────────────────────────────────────────────────────────────────────────────────────


async def scene_of(view: View, context: Context) -> Scene:
    """A case, and what the bot would say to it now."""
    services = context.services
    turn = await services.think(cases.said_now, view.case.text, context.responder)
    return Scene(
        view,
        turn,
        context.library,
        services.store.curating.now(),
        is_writable(context),
        bool(services.drafts),
    )


def is_writable(context: Context) -> bool:
    """Whether there is a folder of knowledge into which phrases can be written."""
    folder = context.services.folder
    return folder is not None and os.access(folder, os.W_OK)
