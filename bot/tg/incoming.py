"""What a message asks of us, who asks, and where the reply belongs. Reads, never sends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from telegram import Message, MessageEntity, User
from telegram.constants import ChatID, ChatType

from bot.store import Speaker
from bot.words import Language, language

# Those that Telegram puts in the place of people who do not write in their own name.
_MASKS = (ChatID.ANONYMOUS_ADMIN, ChatID.FAKE_CHANNEL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message of ours goes: a chat, its topic, the message that it replies to."""

    chat: int
    thread: int = 0
    reply_to: int | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Original:
    """A message that another one replies to."""

    message: int
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A question put to us, and the message that it replies to."""

    text: str
    speaker: Speaker
    place: Place
    message: int
    language: Language
    original: Original | None = None


def heard(message: Message, text: str | None = None) -> Heard:
    """The message as a question, or another text in its place."""
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    chat = message.chat
    group = chat.type != ChatType.PRIVATE
    return Heard(
        text=words(message) if text is None else text,
        speaker=Speaker(chat.id, thread, asker(message)),
        place=Place(chat.id, thread, message.message_id if group else None, group),
        message=message.message_id,
        language=language(message.from_user.language_code if message.from_user else None),
        original=_original(message),
    )


def _original(message: Message) -> Original | None:
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created:
        return None
    return Original(replied.message_id, words(replied))


def words(message: Message) -> str:
    """The text or caption, with a mark in place of half characters, which nothing can store."""
    return sound(message.text or message.caption or "")


def sound(text: str) -> str:
    """The text with each lone surrogate and NUL replaced; no offset in it moves."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def asker(message: Message) -> int:
    """Who speaks: the channel or group in whose name it is, else the person."""
    if message.sender_chat:
        return message.sender_chat.id
    return message.from_user.id if message.from_user else message.chat.id


def is_from_a_person(message: Message) -> bool:
    """Whether someone wrote this here: no other bot, no forwarded post, nothing of our own."""
    in_group = message.chat.type != ChatType.PRIVATE
    passed_on = in_group and message.forward_origin is not None
    return not (is_by_a_bot(message) or passed_on or message.via_bot)


def is_by_a_bot(message: Message) -> bool:
    """Whether a bot or Telegram itself wrote this, not somebody behind one of its masks."""
    sender = message.from_user
    automatic = bool(message.is_automatic_forward)
    return automatic or (sender is not None and sender.is_bot and sender.id not in _MASKS)


def is_anonymous_admin(message: Message) -> bool:
    """Whether an admin speaks in the name of the group itself."""
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id


def addressed(message: Message, me: User) -> str | None:
    """What is asked where the bot is called by name, or replied to; None where it is neither."""
    text = words(message)
    entities = message.entities or message.caption_entities
    name = f"@{me.username}".lower()
    if any(_commands_otherwise(e, _part(text, e).lower(), name) for e in entities):
        return None
    calls = [e for e in entities if _calls(e, _part(text, e).lower(), name, me.id)]
    if calls:
        return _without(text, calls)
    return text if is_reply_to(message, me) else None


def is_for_others(message: Message, me: User) -> bool:
    """Whether the message begins with a command, or calls somebody else by name."""
    text = words(message)
    name = f"@{me.username}".lower()
    entities = message.entities or message.caption_entities
    return any(_is_elsewhere(e, _part(text, e).lower(), name) for e in entities)


def link(message: Message) -> str | None:
    """The address of a message, where it has one; outside forums a thread is no part of it."""
    address = message.link
    return address if address is None or message.is_topic_message else address.partition("?")[0]


def after_command(message: Message) -> str:
    """What stands behind the command that the message begins with, our name apart."""
    command = [e for e in message.entities if e.type == MessageEntity.BOT_COMMAND and not e.offset]
    return _without(words(message), command)


def is_reply_to(message: Message, me: User) -> bool:
    """Whether the message replies to one that the bot itself wrote."""
    original = message.reply_to_message
    return (
        original is not None
        and original.forum_topic_created is None
        and original.from_user is not None
        and original.from_user.id == me.id
    )


def pointed_at(message: Message) -> Heard | None:
    """The question of somebody else that a bare call replies to."""
    original = message.reply_to_message
    if original is None or original.forum_topic_created or original.via_bot:
        return None
    if is_by_a_bot(original):
        return None
    text = sound(message.quote.text) if message.quote else words(original)
    if not text.strip():
        return None
    question = heard(message, text)
    place = replace(question.place, reply_to=original.message_id)
    return replace(question, place=place)


def _commands_otherwise(entity: MessageEntity, part: str, name: str) -> bool:
    """Whether the message begins with a command that is not ours, or not one for questions."""
    leads = entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0
    return leads and not _calls(entity, part, name, 0)


def _is_elsewhere(entity: MessageEntity, part: str, name: str) -> bool:
    mentions = entity.type in (MessageEntity.MENTION, MessageEntity.TEXT_MENTION)
    leads = entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0
    return leads or (mentions and part != name)


def _calls(entity: MessageEntity, part: str, name: str, me: int) -> bool:
    match entity.type:
        case MessageEntity.MENTION:
            return part == name
        case MessageEntity.BOT_COMMAND:
            return part in ("/ask", f"/ask{name}")
        case MessageEntity.TEXT_MENTION:
            return entity.user is not None and entity.user.id == me
    return False


def _part(text: str, entity: MessageEntity) -> str:
    units = text.encode("utf-16-le")
    start = 2 * entity.offset
    return units[start : start + 2 * entity.length].decode("utf-16-le", "replace")


def _without(text: str, entities: Iterable[MessageEntity]) -> str:
    units = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda e: e.offset, reverse=True):
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        units = units[:start] + " ".encode("utf-16-le") + units[end:]
    return units.decode("utf-16-le", "replace").strip()
