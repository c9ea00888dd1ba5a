"""The nouns of the fake Telegram: users, chats, members, messages, and how each is written as JSON.

Frozen where Telegram's are: a `User`, a `Member` (one standing in one chat), a `Button`, a
`Version` of a message. A `Chat` and a `Message` change, and keep what they have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.telegram.text import Entity, Text

Json = dict[str, Any]
ChatKind = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

DAY = 24 * 60 * 60
GENERAL_TOPIC = 1

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_change_info",
    "can_delete_messages",
    "can_invite_users",
    "can_restrict_members",
    "can_pin_messages",
    "can_manage_topics",
    "can_promote_members",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_manage_tags",
    "is_anonymous",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot, as every chat knows them."""

    id: int
    first_name: str
    username: str = ""
    language: str = ""
    is_bot: bool = False

    def json(self) -> Json:
        data: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            data["username"] = self.username
        if self.language:
            data["language_code"] = self.language
        return data


# The senders that Telegram puts in place of whoever does not speak in their own name.
ANONYMOUS_ADMIN = User(1087968824, "Group", "GroupAnonymousBot", is_bot=True)
AS_CHANNEL = User(136817688, "Channel", "Channel_Bot", is_bot=True)
LINKED_CHANNEL = User(777000, "Telegram")
PUPPETS = {user.id for user in (ANONYMOUS_ADMIN, AS_CHANNEL, LINKED_CHANNEL)}


@dataclass(frozen=True, slots=True)
class Member:
    """Someone's standing in one chat; `rights` are those held (or, if restricted, left)."""

    user: User
    status: Status = "member"
    rights: frozenset[str] = frozenset()
    inside: bool = True  # the restricted stay so when they leave

    @property
    def present(self) -> bool:
        return self.inside and self.status not in ("left", "kicked")

    @property
    def is_admin(self) -> bool:
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        """Whether an administrator holds a right; the creator holds every one."""
        return self.status == "creator" or (self.is_admin and right in self.rights)

    def json(self, kind: ChatKind) -> Json:
        data: Json = {"user": self.user.json(), "status": self.status}
        match self.status:
            case "creator":
                data["is_anonymous"] = "is_anonymous" in self.rights
            case "administrator":
                names = ADMIN_RIGHTS + (CHANNEL_RIGHTS if kind == "channel" else ())
                data["can_be_edited"] = False
                data |= {name: name in self.rights for name in names}
            case "restricted":
                data |= {name: name in self.rights for name in PERMISSIONS}
                data |= {"is_member": self.inside, "until_date": 0}
            case "kicked":
                data["until_date"] = 0
        return data


@dataclass(frozen=True, slots=True)
class Button:
    """One button as a person sees it; `kind` is the field that says what a press does."""

    text: str
    kind: str
    value: str

    @classmethod
    def read(cls, data: Json) -> Button:
        kind = next((name for name in data if name not in ("text", "style")), "text")
        value = data.get(kind, "")
        if isinstance(value, dict):
            value = value.get("text") or value.get("url") or value.get("query") or ""
        return cls(data["text"], kind, str(value))


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said before it was edited."""

    text: str
    entities: tuple[Entity, ...]
    markup: Json | None
    date: int


@dataclass(eq=False, slots=True)
class Topic:
    """A topic of a forum; `id` is its message_thread_id. Who opened it may close and rename it."""

    id: int
    name: str
    creator: User
    closed: bool = False


@dataclass(eq=False)
class Message:
    """A message as it stands in its chat: what people see of it, and what it has been."""

    chat: Chat
    id: int
    date: int
    sender: User | None = None
    sender_chat: Chat | None = None
    author: User | None = None  # who wrote it, under whatever name: no bot learns that
    text: str = ""
    entities: tuple[Entity, ...] = ()
    markup: Json | None = None
    media: Json | None = None
    album: str = ""
    service: Json | None = None
    reply_to: Message | None = None
    quote: Json | None = None
    thread: int | None = None
    via_bot: User | None = None
    guest_caller: User | None = None
    inline_message_id: str | None = None
    origin: Json | None = None
    is_automatic_forward: bool = False
    preview: Json | None = None
    edit_date: int | None = None
    deleted: bool = False
    guest_query_id: str | None = None
    versions: list[Version] = field(default_factory=list)

    def __repr__(self) -> str:
        who = self.sender.first_name if self.sender else self.chat.title
        what = self.text or ", ".join(self.media or self.service or {})
        keys = "".join(f" [{button.text}]" for row in self.buttons for button in row)
        return f"<{self.chat.title}#{self.id} {who}: {what}{keys}{' (deleted)' * self.deleted}>"

    @property
    def buttons(self) -> list[list[Button]]:
        """The inline keyboard, row by row."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[Button.read(button) for button in row] for row in rows]

    def button(self, text: str) -> Button:
        """The one button with this text; a text that no button has is the test's mistake."""
        every = [button for row in self.buttons for button in row]
        found = [button for button in every if button.text == text]
        if not found:
            raise LookupError(f"no button {text!r} under {self!r}")
        return found[0]

    @property
    def content(self) -> Text:
        return Text(self.text, self.entities)

    def marked(self, kind: str) -> list[str]:
        """The parts of the text that carry an entity of this type."""
        return [self.content.part(e) for e in self.entities if e.type == kind]

    def change(self, content: Text, markup: Json | None, date: int) -> None:
        """Say something else from now on; what was said is kept."""
        self.versions.append(Version(self.text, self.entities, self.markup, self.date))
        self.text, self.entities, self.markup = content.text, content.entities, markup
        self.edit_date = date

    def json(self, users: dict[int, User], with_reply: bool = True) -> Json:
        data: Json = {"message_id": self.id, "date": self.date, "chat": self.chat.json()}
        if self.sender:
            data["from"] = self.sender.json()
        if self.sender_chat:
            data["sender_chat"] = self.sender_chat.json()
        if self.edit_date:
            data["edit_date"] = self.edit_date
        if self.thread:
            data["message_thread_id"] = self.thread
            if self.chat.is_forum:
                data["is_topic_message"] = True
        if self.origin:
            data["forward_origin"] = self.origin
        for name in ("is_automatic_forward", "quote", "guest_query_id"):
            if value := getattr(self, name):
                data[name] = value
        if self.album:
            data["media_group_id"] = self.album
        if self.reply_to and with_reply and not self.reply_to.deleted:
            data["reply_to_message"] = self.reply_to.json(users, with_reply=False)
        if self.via_bot:
            data["via_bot"] = self.via_bot.json()
        if self.guest_caller:
            data["guest_bot_caller_user"] = self.guest_caller.json()
        if self.preview:
            data["link_preview_options"] = self.preview
        data |= self._content_json(users)
        if self.markup and "inline_keyboard" in self.markup:
            data["reply_markup"] = self.markup
        return data

    def _content_json(self, users: dict[int, User]) -> Json:
        if self.service:
            return {
                name: value.json(users, False) if isinstance(value, Message) else value
                for name, value in self.service.items()
            }
        text, entities = ("caption", "caption_entities") if self.media else ("text", "entities")
        data = dict(self.media or {})
        if self.text:
            data[text] = self.text
        if self.entities:
            data[entities] = [entity_json(entity, users) for entity in self.entities]
        return data


@dataclass(eq=False)
class Chat:
    """A chat: its members, its messages, and what the bot may read in it."""

    kind: ChatKind
    id: int
    title: str
    username: str = ""
    peer: User | None = None  # the other side of a private chat
    is_forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    linked: Chat | None = None  # a channel's discussion group
    upgraded_to: Chat | None = None
    privacy: bool = True  # the bot's privacy mode when it was added: a later change waits
    known: bool = False  # whether the bot met this chat; a private one: was started
    blocked: bool = False  # private: the person stopped the bot
    deactivated: bool = False  # private: the person has no account any more
    last_bot: int = 0  # the bot that spoke last
    last_id: int = 0  # a supergroup's first message says that it was created

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.title}>"

    @property
    def is_group(self) -> bool:
        return self.kind in ("group", "supergroup")

    def member(self, user: User) -> Member:
        """Someone's standing here; who never came counts as left."""
        return self.members.get(user.id, Member(user, "left"))

    def may_manage(self, topic: Topic, user: User) -> bool:
        """Whether someone may close, reopen and rename a topic."""
        return user == topic.creator or self.member(user).may("can_manage_topics")

    def seen_by(self, person: Reader) -> list[Message]:
        """What a member finds in the chat when they open it now."""
        if not self.member(person.user).present:
            return []
        return [message for message in self.messages.values() if not message.deleted]

    def in_topic(self, topic: Topic) -> list[Message]:
        """What stands in a topic, its first message included, which says that it was opened."""
        return [m for m in self.messages.values() if m.thread == topic.id and not m.deleted]

    def said_by(self, user: User) -> Iterator[Message]:
        return (m for m in self.messages.values() if m.sender == user and not m.deleted)

    def json(self) -> Json:
        if self.peer:
            data: Json = {"id": self.id, "type": "private", "first_name": self.peer.first_name}
        else:
            data = {"id": self.id, "type": self.kind, "title": self.title}
        if self.username:
            data["username"] = self.username
        if self.is_forum:
            data["is_forum"] = True
        return data


class Reader:
    """Whoever opens a chat; the acting `Person` is one."""

    user: User


def entity_json(entity: Entity, users: dict[int, User]) -> Json:
    data: Json = {"type": entity.type, "offset": entity.offset, "length": entity.length}
    for name in ("url", "language", "custom_emoji_id"):
        if value := getattr(entity, name):
            data[name] = value
    if entity.user_id:
        data["user"] = users[entity.user_id].json()
    return data
