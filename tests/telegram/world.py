"""A world with one bot under test: people act in it, and what the bot may see becomes an update.

Each act does to the chat what Telegram's clients would, then queues the update that Telegram's
server would send, or none: `World._reaches_bot` holds the rules of privacy mode. An act that no
client could do (speaking in a chat one is not in, pressing a button that is not there) is a mistake
of the test and raises. Acts and API calls may come from different threads; one lock orders them.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlsplit

from tests.telegram.model import (
    ADMIN_RIGHTS,
    ANONYMOUS_ADMIN,
    AS_CHANNEL,
    CHANNEL_RIGHTS,
    DAY,
    LINKED_CHANNEL,
    PUPPETS,
    Button,
    Chat,
    ChatKind,
    Json,
    Member,
    Message,
    Reader,
    Status,
    Topic,
    User,
)
from tests.telegram.text import (
    MAX_CAPTION,
    MAX_TEXT,
    BadText,
    Text,
    Words,
    find_quote,
    receive,
    typed,
)

TOKEN = "7000000001:AAF-a_token_of_the_fake_Telegram_0000"
UNLESS_ASKED = ("chat_member",)
CALLBACK_LIFETIME = 15.0  # seconds; Telegram publishes none, people report 10 to 20
INLINE_LIFETIME = 10.0  # the same
# How long an update waits to be fetched or taken (telegram-bot-api, `Client.cpp`), by its kind.
SHELF_LIFE = {"inline_query": 30.0, "callback_query": 150.0, "chosen_inline_result": 600.0}
GUEST_LIFETIME = 60.0  # unknown: generous
LONGEST_WAIT = 120.0
MAX_TOPIC_NAME = 128
TOPIC_COLOUR = 7322096
START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
ALL_RIGHTS = frozenset(ADMIN_RIGHTS) - {"is_anonymous"}
ALBUMS = (frozenset({"photo", "video"}), frozenset({"document"}))

How = int | Literal["drop", "hang", "refuse"]
Media = Literal["photo", "voice", "sticker", "document", "video", "location"]
P = ParamSpec("P")
R = TypeVar("R")


class FakeClock:
    """A clock that stands still until it is told: hand it in as `World(clock=…)`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """How much the bot may send before it is told to wait; undocumented, these are the folklore."""

    private_burst: int = 3
    private_per_second: float = 1.0
    group_per_minute: int = 20
    overall_per_second: int = 30


@dataclass(slots=True)
class Fault:
    """Something that goes wrong `times` times, before or after the call took effect."""

    method: str
    how: How
    times: float
    after_effect: bool
    retry_after: int
    description: str
    chat: Chat | None
    page: bool

    def strikes(self, method: str, params: Mapping[str, str]) -> bool:
        here = self.chat is None or str(self.chat.id) == params.get("chat_id")
        return here and self.method in (method.lower(), "*") and self.times > 0


@dataclass(slots=True)
class Call:
    """One call of the bot, as the server saw it, when it arrived, and answered it.

    `message` is what sendMessage sent. `answered` is when an HttpDoor had written the answer, None
    as long as it has not, and for good where nobody was there to read it.
    """

    method: str
    params: Json
    status: int
    description: str
    date: float
    message: Message | None = None
    answered: float | None = None


@dataclass(slots=True)
class Press:
    """A button pressed; `answer` is what answerCallbackQuery showed, None while it still turns."""

    id: str
    person: Person
    message: Message
    button: Button
    date: float
    answer: Json | None = None

    @property
    def toast(self) -> str:
        return str((self.answer or {}).get("text", ""))


@dataclass(slots=True)
class Inline:
    """`@bot query` being typed somewhere; `results` are there once the bot has answered."""

    id: str
    person: Person
    chat: Chat | None
    query: str
    date: float
    answer: Json | None = None

    @property
    def results(self) -> list[Json]:
        return list((self.answer or {}).get("results", []))

    @property
    def titles(self) -> list[str]:
        return [str(result.get("title", "")) for result in self.results]


@dataclass(slots=True)
class Summons:
    """The bot called into a chat that it is not in; `answer` is its one message there."""

    id: str
    message: Message
    date: float
    answer: Message | None = None


@dataclass(slots=True)
class Webhook:
    """What setWebhook set."""

    url: str = ""
    secret: str = ""
    connections: int = 40


@dataclass(slots=True)
class Profile:
    """What the bot told Telegram about itself."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)


def _act(
    do: Callable[Concatenate[Person, P], R],
) -> Callable[Concatenate[Person, P], R]:
    """An act of a person: alone with the world while it happens, seen by all who wait."""

    @wraps(do)
    def act(person: Person, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with person.world.changing():
            person._must_exist()
            return do(person, *args, **kwargs)

    return act


class World:
    """The whole of Telegram as far as one bot can tell."""

    def __init__(
        self,
        *,
        privacy: bool = True,
        guest: bool = True,
        inline_feedback: bool = False,
        bots_see_bots: bool = False,
        clock: Callable[[], float] = time.time,
        flood: FloodLimits | None = None,
    ) -> None:
        self.token = TOKEN
        self.me = User(int(TOKEN.split(":")[0]), "访谈", "fangtan_bot", is_bot=True)
        self.privacy, self.guest_mode = privacy, guest
        self.inline_feedback = inline_feedback  # BotFather's /setinlinefeedback, at 100 %
        self.bots_see_bots = bots_see_bots
        self.clock, self.flood = clock, flood
        self.users: dict[int, User] = {u.id: u for u in (self.me, ANONYMOUS_ADMIN, AS_CHANNEL)}
        self.users[LINKED_CHANNEL.id] = LINKED_CHANNEL
        self.chats: dict[int, Chat] = {}
        self.sent: list[Message] = []
        self.calls: list[Call] = []
        self.updates: deque[Json] = deque()
        self.allowed_updates: tuple[str, ...] | None = None
        self.webhook = Webhook()
        self.profile = Profile()
        self.presses: dict[str, Press] = {}
        self.searches: dict[str, Inline] = {}
        self.summons: dict[str, Summons] = {}
        self.by_inline_id: dict[str, Message] = {}
        self.faults: list[Fault] = []
        self.paced: dict[int, deque[float]] = {}
        self.poll_turn = 0
        self._queued: dict[int, float] = {}
        self._counters: dict[str, int] = {}
        self._listeners: set[Callable[[], object]] = set()
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)

    # People and chats

    def user(self, name: str, language: str = "zh-hans", username: str = "") -> Person:
        """Someone new."""
        return self._person(name, username, language)

    def bot(self, username: str, name: str = "") -> Person:
        """Another bot, which acts like a person but whose words bots do not see."""
        return self._person(name or username, username, "", is_bot=True)

    def private(self, person: Person, started: bool = True) -> Chat:
        """The person's chat with the bot; `started=False`: the bot may not write there yet."""
        chat = self.chats.get(person.id)
        if chat is None:
            user = person.user
            chat = Chat("private", user.id, user.first_name, user.username, peer=user)
            chat.members = {user.id: Member(user), self.me.id: Member(self.me)}
            self.chats[chat.id] = chat
        chat.known = chat.known or started
        return chat

    def group(self, title: str, members: Iterable[Person] = (), **more: Any) -> Chat:
        """A basic group; takes what `supergroup` takes except `forum` and `username`."""
        return self._group("group", -self._next("group", 4_000_000_001), title, members, **more)

    def supergroup(
        self,
        title: str,
        members: Iterable[Person] = (),
        admins: Iterable[Person] = (),
        *,
        forum: bool = False,
        username: str = "",
        bot: bool = True,
        bot_is_admin: bool = False,
    ) -> Chat:
        """A supergroup. The first admin, else the first member, created it."""
        chat_id = -self._next("supergroup", 1_001_000_000_001)
        chat = self._group(
            "supergroup", chat_id, title, members, admins, bot=bot, bot_is_admin=bot_is_admin
        )
        chat.is_forum, chat.username = forum, username
        return chat

    def channel(
        self, title: str, admins: Iterable[Person], *, linked: Chat | None = None, bot: bool = False
    ) -> Chat:
        """A channel; `linked` is its discussion group, where posts are forwarded by themselves."""
        chat_id = -self._next("supergroup", 1_001_000_000_001)
        chat = self._group("channel", chat_id, title, (), admins, bot=bot, bot_is_admin=bot)
        chat.linked = linked
        if linked:
            linked.linked = chat
        return chat

    def _person(self, name: str, username: str, language: str, is_bot: bool = False) -> Person:
        user = User(self._next("user", 500_000_001), name, username, language, is_bot)
        self.users[user.id] = user
        return Person(self, user)

    def _group(
        self,
        kind: ChatKind,
        chat_id: int,
        title: str,
        members: Iterable[Person],
        admins: Iterable[Person] = (),
        *,
        bot: bool = True,
        bot_is_admin: bool = False,
    ) -> Chat:
        members, admins = list(members), list(admins)
        chat = Chat(kind, chat_id, title, known=bot, privacy=self.privacy, last_id=1)
        creator = next(iter([*admins, *members]), None)
        for person in members:
            chat.members[person.id] = Member(person.user)
        for person in admins:
            chat.members[person.id] = Member(person.user, "administrator", ALL_RIGHTS)
        if creator:
            chat.members[creator.id] = Member(creator.user, "creator", ALL_RIGHTS)
        if bot:
            standing = Member(self.me)
            if bot_is_admin:
                rights = ALL_RIGHTS | (set(CHANNEL_RIGHTS) if kind == "channel" else set())
                standing = Member(self.me, "administrator", rights)
            chat.members[self.me.id] = standing
        self.chats[chat.id] = chat
        return chat

    # Faults

    def fail(
        self,
        method: str,
        how: How = 500,
        times: float = 1,
        *,
        after_effect: bool = False,
        retry_after: int = 1,
        description: str = "",
        chat: Chat | None = None,
        page: bool = False,
    ) -> None:
        """Let the next calls of a method ("*": of any) go wrong, in one chat only if it is named.

        `how` is an HTTP status, "drop" (the connection breaks), "hang" (no answer comes), or
        "refuse" (no connection; in-process only, over HTTP use the door's `down`). With
        `after_effect` the call is carried out and only its answer is lost; with `page` a status
        comes as HTML, as from an nginx that stands before the server.
        """
        with self.lock:
            self.faults.append(
                Fault(
                    method.lower(), how, times, after_effect, retry_after, description, chat, page
                )
            )

    def called(self, method: str) -> list[Call]:
        """The bot's calls of one method, refused ones included."""
        with self.lock:
            return [call for call in self.calls if call.method.lower() == method.lower()]

    def unmodelled(self) -> list[str]:
        """What the bot wanted of Telegram that this fake does not have."""
        return [f"{call.method}: {call.description}" for call in self.calls if call.status == 501]

    def take_fault(self, method: str, params: Mapping[str, str]) -> Fault | None:
        """The fault that strikes this call, counted down."""
        for fault in self.faults:
            if fault.strikes(method, params):
                fault.times -= 1
                return fault
        return None

    # Waiting

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Alone with the world; afterwards everyone who waits looks again."""
        with self.lock:
            try:
                yield
            finally:
                self._changed.notify_all()
                for listener in list(self._listeners):
                    with suppress(RuntimeError):  # its event loop is gone
                        listener()

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call the listener after every change, in whichever thread; returns how to stop."""
        with self.lock:
            self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def wait_for(self, happened: Callable[[], Any]) -> Any:
        """Block until something is true of the world, and return it. The limit only says when
        waiting is in vain: a busy machine may take its time."""
        deadline = time.monotonic() + LONGEST_WAIT
        with self.lock:
            while not (result := happened()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"it did not happen; last calls: {self.calls[-5:]}")
                self._changed.wait(min(left, 0.05))  # it may be no matter of this world
        return result

    # The queue of updates

    def update(self, kind: str, payload: Json) -> None:
        """Queue an update, if the bot asked for its kind."""
        allowed = self.allowed_updates
        if (kind in allowed) if allowed else (kind not in UNLESS_ASKED):
            update_id = self._next("update", 100_000_001)
            self.updates.append({"update_id": update_id, kind: payload})
            self._queued[update_id] = self.clock()

    def pending(self) -> list[Json]:
        """The updates that wait, oldest first, without those that have waited for too long."""
        for update in [update for update in self.updates if self._is_stale(update)]:
            self.updates.remove(update)
        return list(self.updates)

    def _is_stale(self, update: Json) -> bool:
        life = next((SHELF_LIFE[kind] for kind in update if kind in SHELF_LIFE), DAY)
        return self._queued[update["update_id"]] < self.clock() - life

    def confirm(self, offset: int) -> None:
        """Forget the updates before an offset; a negative one keeps that many of the last."""
        if offset < 0:
            while len(self.updates) > -offset:
                self.updates.popleft()
        while self.updates and 0 < self.updates[0]["update_id"] < offset:
            self.updates.popleft()

    def settle(self, update_id: int) -> None:
        """Forget one update, which a webhook has taken."""
        for place, update in enumerate(self.updates):
            if update["update_id"] == update_id:
                del self.updates[place]
                return

    def waits(self, update: Json) -> bool:
        """Whether an update is still to be fetched or taken."""
        return not self._is_stale(update) and update in self.updates

    def take(self) -> list[Json]:
        """All waiting updates at once, confirmed."""
        with self.lock:
            taken = self.pending()
            self.updates.clear()
            return taken

    # What happens in chats

    def now(self) -> int:
        return int(self.clock())

    def _next(self, counter: str, first: int = 1) -> int:
        self._counters[counter] = self._counters.get(counter, first - 1) + 1
        return self._counters[counter]

    def identifier(self, kind: str) -> str:
        """A fresh id of a query, as long as Telegram's are."""
        return str(self._next(kind, 4_400_000_000_000_000_001))

    def post(self, chat: Chat, **what: Any) -> Message:
        """Put a message into a chat; the bot is told of it only by `tell`."""
        if chat.kind in ("private", "group"):
            message_id = self._next("box")  # one sequence for all chats of this kind
        else:
            chat.last_id = message_id = chat.last_id + 1
        message = Message(chat, message_id, self.now(), **what)
        if message.thread is None and message.reply_to:
            message.thread = self._thread_of(message.reply_to)
        if message.sender and message.sender.is_bot and message.sender.id not in PUPPETS:
            chat.last_bot = message.sender.id
        chat.messages[message.id] = message
        return message

    @staticmethod
    def _thread_of(reply_to: Message) -> int | None:
        """Replies stay in their forum topic; in other supergroups the chain's root counts."""
        if reply_to.chat.kind != "supergroup":
            return None
        return reply_to.thread if reply_to.chat.is_forum else reply_to.thread or reply_to.id

    def tell(self, message: Message, edited: bool = False) -> None:
        """Send the bot an update about a message, if it is one that the bot gets."""
        if not self._reaches_bot(message):
            return
        kind = "channel_post" if message.chat.kind == "channel" else "message"
        self.update(f"edited_{kind}" if edited else kind, message.json(self.users))

    def _reaches_bot(self, message: Message) -> bool:
        """The rules of delivery. In privacy mode a group's bot gets service messages, commands that
        name it, bare commands if it was the last bot to speak, replies to it and what was sent via
        it; not a plain @mention. (`/ask@bot` counts at the start of the text only: the careful
        reading.)"""
        chat, sender = message.chat, message.sender
        if not chat.member(self.me).present or chat.blocked:
            return False
        if sender == self.me:  # of its own it hears what `Client.cpp` does not skip
            return any(name.startswith("forum_topic_") for name in message.service or ())
        if sender and sender.is_bot and sender.id not in PUPPETS and not self.bots_see_bots:
            return False
        if not chat.is_group or not chat.privacy or chat.member(self.me).is_admin:
            return True
        if message.service or message.via_bot == self.me:
            return True
        replied = message.reply_to
        if replied and replied.sender == self.me:
            return True
        command = next((e for e in message.entities if e.type == "bot_command"), None)
        if command is None or command.offset:
            return False
        _, named, target = message.content.part(command).partition("@")
        if named:
            return target.lower() == self.me.username.lower()
        return chat.last_bot == self.me.id

    def mentioned(self, message: Message) -> bool:
        """Whether the bot's @name stands in the message as an entity."""
        name = "@" + self.me.username.lower()
        return any(part.lower() == name for part in message.marked("mention"))

    def stand(self, chat: Chat, new: Member, by: User) -> None:
        """Give someone a new standing in a chat; the bot hears of its own, an admin of others'."""
        old = chat.member(new.user)
        was_admin = chat.member(self.me).is_admin
        chat.members[new.user.id] = new
        change = {
            "chat": chat.json(),
            "from": by.json(),
            "date": self.now(),
            "old_chat_member": old.json(chat.kind),
            "new_chat_member": new.json(chat.kind),
        }
        if new.user == self.me:
            chat.known = True
            if not old.present:
                chat.privacy = self.privacy
            self.update("my_chat_member", change)
        elif was_admin:
            self.update("chat_member", change)

    # Topics, whoever handles them

    def open_topic(self, forum: Chat, name: str, by: User) -> Topic:
        """Open a topic, with the message that says so."""
        created = {"forum_topic_created": {"name": name, "icon_color": TOPIC_COLOUR}}
        message = self.post(forum, sender=by, service=created)
        message.thread = message.id
        topic = forum.topics[message.id] = Topic(message.id, name, by)
        self.tell(message)
        return topic

    def close_topic(self, forum: Chat, topic: Topic, by: User, *, closed: bool = True) -> None:
        """Close or reopen a topic, with the message that says so."""
        topic.closed = closed
        what = "forum_topic_closed" if closed else "forum_topic_reopened"
        self.tell(self.post(forum, sender=by, service={what: {}}, thread=topic.id))

    def rename_topic(self, forum: Chat, topic: Topic, name: str, by: User) -> None:
        """Give a topic another name, with the message that says so."""
        topic.name = name
        edited = {"forum_topic_edited": {"name": name}}
        self.tell(self.post(forum, sender=by, service=edited, thread=topic.id))

    def delete_topic(self, forum: Chat, topic: Topic) -> None:
        """Delete a topic with all that stands in it; nobody is told."""
        for message in forum.in_topic(topic):
            message.deleted = True
        del forum.topics[topic.id]

    def remember_inline(self, message: Message) -> str:
        """Give a message the id under which only its bot can edit it."""
        number = self._next("inline_message", 1)
        message.inline_message_id = f"AgAAAB{number:06d}_{message.id:08d}fake"
        self.by_inline_id[message.inline_message_id] = message
        return message.inline_message_id

    def deep_link(self, url: str) -> tuple[str, str] | None:
        """(start | startgroup, payload) of a link to this bot; None for any other link."""
        parts = urlsplit(url if "//" in url else "https://" + url)
        path = parts.path.strip("/").lower()
        host = parts.netloc.lower().removeprefix("www.")
        if host not in ("t.me", "telegram.me") or path != self.me.username.lower():
            return None
        query = parse_qs(parts.query, keep_blank_values=True)
        for kind in ("start", "startgroup"):
            if kind in query:
                return kind, query[kind][0]
        return "start", ""


@dataclass(eq=False)
class Person(Reader):
    """Someone with a Telegram client. Every method is one thing they do there."""

    world: World
    user: User

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.first_name

    def __repr__(self) -> str:
        return f"<{self.user.first_name} {self.id}>"

    # Speaking

    @_act
    def says(
        self,
        chat: Chat,
        words: Words,
        *,
        reply_to: Message | None = None,
        quote: str = "",
        topic: Topic | None = None,
        via: Person | None = None,
    ) -> Message:
        """Send a text. In a chat without the bot, one that is for it is a guest query."""
        self._must_be_in(chat)
        message = self._speak(
            chat, self._content(words), reply_to, quote, topic, via_bot=via.user if via else None
        )
        if chat.peer:
            chat.known = True
        self._summon(message)
        return message

    @_act
    def says_anonymously(
        self,
        group: Chat,
        words: Words,
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
    ) -> Message:
        """Speak as the group itself, which its administrators may."""
        if not group.member(self.user).is_admin:
            raise ValueError(f"{self} is no administrator of {group}")
        return self._speak(
            group,
            self._content(words),
            reply_to,
            topic=topic,
            sender=ANONYMOUS_ADMIN,
            sender_chat=group,
        )

    @_act
    def says_as(
        self, channel: Chat, group: Chat, words: Words, *, reply_to: Message | None = None
    ) -> Message:
        """Speak in a group in the name of a channel of one's own."""
        if not channel.member(self.user).is_admin:
            raise ValueError(f"{self} is no administrator of {channel}")
        return self._speak(
            group, self._content(words), reply_to, sender=AS_CHANNEL, sender_chat=channel
        )

    @_act
    def posts(self, channel: Chat, words: Words) -> Message:
        """Post in a channel; what arrives in its discussion group, if it has one, is returned."""
        if not channel.member(self.user).is_admin or channel.kind != "channel":
            raise ValueError(f"{self} may not post in {channel}")
        content = self._content(words)
        post = self._speak(channel, content, sender=None, sender_chat=channel)
        if not channel.linked:
            return post
        origin = {
            "type": "channel",
            "chat": channel.json(),
            "message_id": post.id,
            "date": post.date,
        }
        return self._speak(
            channel.linked,
            content,
            sender=LINKED_CHANNEL,
            sender_chat=channel,
            origin=origin,
            is_automatic_forward=True,
        )

    @_act
    def sends(
        self,
        chat: Chat,
        media: Media,
        caption: Words = "",
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
        album: str = "",
    ) -> Message:
        """Send something that is not a text, with or without a caption."""
        self._must_be_in(chat)
        if caption and media in ("sticker", "location"):
            raise ValueError(f"a {media} has no caption")
        content = self._content(caption, MAX_CAPTION) if caption else Text()
        message = self._speak(
            chat, content, reply_to, topic=topic, media=_media(media), album=album
        )
        if chat.peer:
            chat.known = True
        self._summon(message)
        return message

    @_act
    def sends_album(
        self,
        chat: Chat,
        media: Sequence[Media],
        caption: Words = "",
        *,
        reply_to: Message | None = None,
        topic: Topic | None = None,
    ) -> list[Message]:
        """Send several at once: a message and an update each, which only an id holds together.
        Clients put the caption under the first, but under the last of several documents."""
        if not 2 <= len(media) <= 10 or not any(set(media) <= kinds for kinds in ALBUMS):
            raise ValueError(f"no client makes an album of {media}")
        album = self.world.identifier("album")
        place = len(media) - 1 if "document" in media else 0
        return [
            self.sends(
                chat,
                kind,
                caption if number == place else "",
                reply_to=reply_to,
                topic=topic,
                album=album,
            )
            for number, kind in enumerate(media)
        ]

    @_act
    def forwards(self, message: Message, chat: Chat) -> Message:
        """Forward a message somewhere else."""
        self._must_see(message)
        self._must_be_in(chat)
        sender = message.sender or LINKED_CHANNEL
        origin = {"type": "user", "date": message.date, "sender_user": sender.json()}
        return self._speak(chat, message.content, media=message.media, origin=origin)

    @_act
    def edits(self, message: Message, words: Words) -> Message:
        """Change one's own message (its caption, if it is a photo or the like)."""
        if message.author != self.user or message.deleted or message.origin or message.via_bot:
            raise ValueError(f"{self} cannot edit {message}")
        content = self._content(words, MAX_CAPTION if message.media else MAX_TEXT)
        if content == message.content:
            raise ValueError("a client sends no edit that changes nothing")
        message.change(content, None, self.world.now())
        self.world.tell(message, edited=True)
        return message

    @_act
    def deletes(self, message: Message) -> None:
        """Delete a message for all; no bot is told."""
        self._must_see(message)
        mine = message.author == self.user or message.chat.peer == self.user
        if not mine and not message.chat.member(self.user).may("can_delete_messages"):
            raise ValueError(f"{self} cannot delete {message}")
        message.deleted = True

    # Buttons, links, inline, guests

    @_act
    def presses(self, message: Message, text: str, *, stale: bool = False) -> Press:
        """Press the button with this text under a message; a link to the bot is followed. `stale`:
        in an app that has not noticed yet that one is no longer a member."""
        if not stale or message.deleted or self.id not in message.chat.members:
            self._must_see(message)
        button = message.button(text)
        if button.kind == "url" and self.world.deep_link(button.value):
            self.opens(button.value)
        return self._press(message, button)

    @_act
    def forges(self, message: Message, data: str) -> Press:
        """Send the bot data as if a button under a message had them: no app does, but whoever
        speaks Telegram's protocol can, and Telegram does not look whether such a button is there.
        """
        self._must_see(message)
        return self._press(message, Button("", "callback_data", data))

    @_act
    def opens(self, url: str, group: Chat | None = None) -> Message:
        """Follow a t.me link to the bot: start it with the payload, here or in a group."""
        link = self.world.deep_link(url)
        if link is None:
            raise ValueError(f"{url} is no link to @{self.world.me.username}")
        kind, payload = link
        if payload and not START_PAYLOAD.fullmatch(payload):
            raise ValueError(f"no client sends the start payload {payload!r}")
        tail = f" {payload}" if payload else ""
        if kind == "start":
            return self.says(self.world.private(self, started=False), "/start" + tail)
        if group is None:
            raise ValueError("a startgroup link needs the group that is chosen")
        self.adds_bot(group)
        return self.says(group, f"/start@{self.world.me.username}{tail}")

    def starts(self, payload: str = "") -> Message:
        """Press Start in the private chat, with or without a payload."""
        tail = f"?start={payload}" if payload else ""
        return self.opens(f"https://t.me/{self.world.me.username}{tail}")

    @_act
    def inline(self, query: str, chat: Chat | None = None, offset: str = "") -> Inline:
        """Type `@bot query` in a chat, without sending; an offset asks for more results."""
        world = self.world
        search = Inline(world.identifier("inline"), self, chat, query[:256], world.clock())
        world.searches[search.id] = search
        data: Json = {
            "id": search.id,
            "from": self.user.json(),
            "query": search.query,
            "offset": offset,
        }
        if chat:
            data["chat_type"] = "sender" if chat.peer == self.user else chat.kind
        world.update("inline_query", data)
        return search

    @_act
    def chooses(self, search: Inline, result: int | str = 0, chat: Chat | None = None) -> Message:
        """Send one result (by place or title) of an inline search into the chat."""
        where = chat or search.chat
        if where is None:
            raise ValueError("say in which chat")
        if isinstance(result, str):
            result = search.titles.index(result)
        chosen, world = search.results[result], self.world
        content = chosen["content"]
        message = self._speak(
            where,
            Text(content.text, content.entities),
            via_bot=world.me,
            markup=chosen.get("reply_markup"),
            preview=chosen.get("preview"),
            tell=False,
        )
        if message.markup:
            world.remember_inline(message)
        world.tell(message)
        if world.inline_feedback:
            world.update("chosen_inline_result", self._chosen(search, chosen["id"], message))
        return message

    @_act
    def summons(self, chat: Chat, words: Words, *, reply_to: Message | None = None) -> Summons:
        """Call the bot into a chat that it is not in: by its @name, or replying to its message."""
        message = self.says(chat, words, reply_to=reply_to)
        found = [s for s in self.world.summons.values() if s.message is message]
        if not found:
            raise ValueError("that is no guest query: nobody called, or the bot is no guest")
        return found[0]

    # Coming and going

    @_act
    def blocks_bot(self) -> None:
        """Stop the bot in the private chat."""
        chat = self.world.private(self)
        self.world.stand(chat, Member(self.world.me, "kicked"), self.user)
        chat.blocked = True

    @_act
    def unblocks_bot(self) -> None:
        """Let the bot write again."""
        chat = self.world.private(self)
        chat.blocked = False
        self.world.stand(chat, Member(self.world.me), self.user)

    @_act
    def joins(self, group: Chat) -> None:
        """Enter a group, as restricted as one left it."""
        was = group.member(self.user)
        if was.status == "kicked":
            raise ValueError(f"{self} was removed from {group} and cannot enter")
        restricted = was.status == "restricted"
        standing = replace(was, inside=True) if restricted else Member(self.user)
        self.world.stand(group, standing, self.user)
        self._announce(group, {"new_chat_members": [self.user.json()]})

    @_act
    def leaves(self, group: Chat) -> None:
        """Leave a group."""
        self._must_be_inside(group)
        self._announce(group, {"left_chat_member": self.user.json()})
        self.world.stand(group, _gone(group.member(self.user)), self.user)

    @_act
    def removes(self, person: Person, group: Chat) -> None:
        """Throw someone out: for good of a supergroup, of a basic group until they enter again."""
        self._must_hold("can_restrict_members", group)
        person._must_be_inside(group)
        self._announce(group, {"left_chat_member": person.user.json()})
        status: Status = "left" if group.kind == "group" else "kicked"
        self.world.stand(group, Member(person.user, status), self.user)

    @_act
    def restricts(self, person: Person, group: Chat) -> None:
        """Leave someone no permission at all, so that they can only read."""
        self._must_hold("can_restrict_members", group)
        if group.kind != "supergroup":
            raise ValueError("only supergroups restrict members")
        self.world.stand(group, Member(person.user, "restricted"), self.user)

    @_act
    def forgives(self, person: Person, group: Chat) -> None:
        """Lift what keeps someone from speaking or from entering."""
        self._must_hold("can_restrict_members", group)
        was = group.member(person.user)
        self.world.stand(group, Member(person.user, "member" if was.present else "left"), self.user)

    @_act
    def deletes_account(self) -> None:
        """Be no more: nothing can be sent to them, and they do nothing."""
        self.world.private(self, started=False).deactivated = True

    @_act
    def adds_bot(self, group: Chat, *, admin: bool = False) -> None:
        """Bring the bot into a group, as a member or as an administrator."""
        self._must_be_in(group)
        self._seat_bot(group, self._admin_bot() if admin else Member(self.world.me))
        self._announce(group, {"new_chat_members": [self.world.me.json()]})

    @_act
    def removes_bot(self, group: Chat) -> None:
        """Throw the bot out."""
        self._seat_bot(group, Member(self.world.me, "kicked"))

    @_act
    def promotes_bot(self, group: Chat, *, without: Iterable[str] = ()) -> None:
        """Make the bot an administrator, perhaps without some of the rights."""
        self._seat_bot(group, Member(self.world.me, "administrator", ALL_RIGHTS - set(without)))

    @_act
    def demotes_bot(self, group: Chat) -> None:
        """Make the bot (or leave it) an ordinary member again."""
        self._seat_bot(group, Member(self.world.me))

    @_act
    def restricts_bot(self, group: Chat) -> None:
        """Leave the bot no permission at all, so that it cannot write."""
        if group.kind != "supergroup":
            raise ValueError("only supergroups restrict members")
        self._seat_bot(group, Member(self.world.me, "restricted"))

    @_act
    def promotes(self, person: Person, group: Chat) -> None:
        """Make someone an administrator."""
        self.world.stand(group, Member(person.user, "administrator", ALL_RIGHTS), self.user)

    @_act
    def demotes(self, person: Person, group: Chat) -> None:
        """Make an administrator an ordinary member."""
        self.world.stand(group, Member(person.user), self.user)

    @_act
    def upgrades(self, group: Chat) -> Chat:
        """Turn a basic group into a supergroup, which is a new chat with a new id."""
        if group.kind != "group" or group.upgraded_to:
            raise ValueError(f"{group} is no basic group")
        new_id = -self.world._next("supergroup", 1_001_000_000_001)
        new = Chat("supergroup", new_id, group.title, members=dict(group.members), last_id=1)
        new.known, new.privacy = group.known, group.privacy
        self.world.chats[new.id] = new
        self._announce(group, {"migrate_to_chat_id": new.id})
        group.upgraded_to = new
        self._announce(new, {"migrate_from_chat_id": group.id}, sender=ANONYMOUS_ADMIN)
        return new

    # Forums

    @_act
    def opens_topic(self, forum: Chat, name: str) -> Topic:
        """Open a topic in a forum."""
        if not forum.is_forum:
            raise ValueError(f"{forum} is no forum")
        self._must_be_in(forum)
        if not 1 <= len(name) <= MAX_TOPIC_NAME:
            raise ValueError(f"no client opens a topic called {name!r}")
        return self.world.open_topic(forum, name, self.user)

    @_act
    def closes_topic(self, forum: Chat, topic: Topic) -> None:
        """Close a topic, so that only its creator and who manages topics write in it."""
        self._must_manage(forum, topic)
        if topic.closed:
            raise ValueError(f"{topic} is closed already")
        self.world.close_topic(forum, topic, self.user)

    @_act
    def reopens_topic(self, forum: Chat, topic: Topic) -> None:
        """Let all write in a topic again."""
        self._must_manage(forum, topic)
        if not topic.closed:
            raise ValueError(f"{topic} is open")
        self.world.close_topic(forum, topic, self.user, closed=False)

    @_act
    def renames_topic(self, forum: Chat, topic: Topic, name: str) -> None:
        """Give a topic another name."""
        self._must_manage(forum, topic)
        self.world.rename_topic(forum, topic, name, self.user)

    @_act
    def deletes_topic(self, forum: Chat, topic: Topic) -> None:
        """Delete a topic with all that stands in it; no bot is told."""
        self._must_hold("can_delete_messages", forum)
        self.world.delete_topic(forum, topic)

    @_act
    def turns_topics(self, group: Chat, *, on: bool) -> None:
        """Make a forum of a supergroup, or a plain one of a forum; no bot is told. The topics come
        back with the switch. A basic group has to be upgraded first, as clients do by themselves.
        """
        self._must_hold("can_change_info", group)
        if group.kind != "supergroup" or group.is_forum == on:
            raise ValueError(f"{group} cannot be switched")
        group.is_forum = on

    # How it is done

    def _content(self, words: Words, limit: int = MAX_TEXT) -> Text:
        given = typed(words)
        try:
            return receive(given.text, given.entities, limit)
        except BadText as error:
            raise ValueError(f"no client sends this: {error}") from error

    def _must_exist(self) -> None:
        own = self.world.chats.get(self.id)
        if own and own.deactivated:
            raise ValueError(f"{self} has deleted the account")

    def _must_be_inside(self, chat: Chat) -> None:
        if not chat.member(self.user).present:
            raise ValueError(f"{self} is not in {chat}")

    def _must_hold(self, right: str, chat: Chat) -> None:
        if not chat.member(self.user).may(right):
            raise ValueError(f"{self} has no right to this in {chat}: {right}")

    def _must_manage(self, forum: Chat, topic: Topic) -> None:
        self._must_be_inside(forum)
        if forum.topics.get(topic.id) is not topic or not forum.may_manage(topic, self.user):
            raise ValueError(f"{self} does not manage {topic} in {forum}")

    def _must_be_in(self, chat: Chat) -> None:
        self._must_be_inside(chat)
        member = chat.member(self.user)
        if member.status == "restricted" and "can_send_messages" not in member.rights:
            raise ValueError(f"{self} may only read in {chat}")
        if chat.kind == "channel":
            raise ValueError("in channels people post")
        if chat.blocked or chat.upgraded_to:
            raise ValueError(f"nobody can write in {chat}: it is blocked or upgraded")

    def _must_see(self, message: Message) -> None:
        if message not in message.chat.seen_by(self):
            raise ValueError(f"{self} does not see {message}")

    def _speak(
        self,
        chat: Chat,
        content: Text,
        reply_to: Message | None = None,
        quote: str = "",
        topic: Topic | None = None,
        tell: bool = True,
        **what: Any,
    ) -> Message:
        if reply_to and (reply_to.chat is not chat or reply_to.deleted):
            raise ValueError(f"{reply_to} cannot be replied to in {chat}")
        if topic and topic.id not in chat.topics:
            raise ValueError(f"{chat} has no {topic}")
        if topic:
            what["thread"] = topic.id
            reply_to = reply_to or chat.messages[topic.id]  # as Telegram fills it in
        replied = chat.topics.get(reply_to.thread or 0) if reply_to else None
        self._must_find_open(chat, topic or replied)
        if quote and reply_to:
            place = find_quote(reply_to.content, Text(quote))
            if place is None:
                raise ValueError(f"{quote!r} does not stand in {reply_to}")
            what["quote"] = {"text": quote, "position": place, "is_manual": True}
        message = self.world.post(
            chat,
            text=content.text,
            entities=content.entities,
            reply_to=reply_to,
            **({"sender": self.user, "author": self.user} | what),
        )
        if tell:
            self.world.tell(message)
        return message

    def _must_find_open(self, chat: Chat, topic: Topic | None) -> None:
        if chat.is_forum and topic and topic.closed and not chat.may_manage(topic, self.user):
            raise ValueError(f"{self} cannot write in {topic}, which is closed")

    def _chosen(self, search: Inline, result: str, message: Message) -> Json:
        """What BotFather's inline feedback lets a bot know of a chosen result."""
        data: Json = {"from": self.user.json(), "query": search.query, "result_id": result}
        if message.inline_message_id:
            data["inline_message_id"] = message.inline_message_id
        return data

    def _press(self, message: Message, button: Button) -> Press:
        world = self.world
        press = Press(world.identifier("press"), self, message, button, world.clock())
        if button.kind != "callback_data":
            return press
        world.presses[press.id] = press
        query: Json = {
            "id": press.id,
            "from": self.user.json(),
            "chat_instance": str(abs(message.chat.id) * 7919),
            "data": button.value,
        }
        if message.inline_message_id:
            query["inline_message_id"] = message.inline_message_id
        else:
            query["message"] = message.json(world.users)
        world.update("callback_query", query)
        return press

    def _summon(self, message: Message) -> None:
        world, replied = self.world, message.reply_to
        absent = not message.chat.member(world.me).present
        called = world.mentioned(message) or (replied is not None and replied.sender == world.me)
        if not (world.guest_mode and absent and message.chat.is_group and called):
            return
        message.guest_query_id = world.identifier("guest")
        world.summons[message.guest_query_id] = Summons(
            message.guest_query_id, message, world.clock()
        )
        message.chat.known = True
        world.update("guest_message", message.json(world.users))

    def _announce(
        self, chat: Chat, service: Json, sender: User | None = None, thread: int | None = None
    ) -> None:
        who = sender or self.user
        shown = chat if who == ANONYMOUS_ADMIN else None
        message = self.world.post(
            chat, sender=who, sender_chat=shown, service=service, thread=thread
        )
        self.world.tell(message)

    def _admin_bot(self) -> Member:
        return Member(self.world.me, "administrator", ALL_RIGHTS)

    def _seat_bot(self, chat: Chat, standing: Member) -> None:
        if not chat.member(self.user).is_admin and standing != Member(self.world.me):
            raise ValueError(f"{self} is no administrator of {chat}")
        self.world.stand(chat, standing, self.user)


def _gone(member: Member) -> Member:
    """Someone's standing after they left of themselves."""
    if member.status == "restricted":
        return replace(member, inside=False)
    return Member(member.user, "left")


def _media(kind: Media) -> Json:
    file = {"file_id": f"fake-{kind}", "file_unique_id": f"unique-{kind}"}
    square = {"width": 512, "height": 512}
    shapes: dict[Media, Any] = {
        "photo": [file | square],
        "voice": file | {"duration": 3},
        "sticker": file | square | {"type": "regular", "is_animated": False, "is_video": False},
        "document": file | {"file_name": "x.pdf"},
        "video": file | square | {"duration": 3},
        "location": {"latitude": 24.48, "longitude": 118.09},
    }
    return {kind: shapes[kind]}
