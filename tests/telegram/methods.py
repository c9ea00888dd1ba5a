"""The methods that the bot calls: their parameters, what they refuse in which words, what they do.

`call` is the door. Wording and order of checks follow tdlib/telegram-bot-api 10.0 (`Client.cpp`)
and, for what the servers behind it decide, well-known reports. Stricter than Telegram, on purpose:
a malformed number, a start payload that no client would send, and a topic's name that Telegram
would cut short are errors. Of Telegram's 180 methods, their parameters and fields, only those are
here that the bot uses: every other one, and whatever no Telegram knows, answers 501, lest it pass
for a refusal. The topic General is always open.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from telegram.constants import UpdateType

from tests.telegram.model import DAY, GENERAL_TOPIC, Chat, Json, Member, Message, Topic
from tests.telegram.text import (
    FOUND,
    MAX_ENTITIES,
    SENDABLE,
    BadText,
    Entity,
    Text,
    receive,
    utf16_len,
)
from tests.telegram.world import (
    CALLBACK_LIFETIME,
    GUEST_LIFETIME,
    INLINE_LIFETIME,
    MAX_TOPIC_NAME,
    START_PAYLOAD,
    TOPIC_COLOUR,
    Call,
    Webhook,
    World,
)

MAX_BUTTONS = 100
MAX_ROW = 8
MAX_RESULTS = 50
GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)
STYLES = ("primary", "danger", "success")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Refusal(Exception):
    """A call that fails, as the server words it."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


def bad(why: str, **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {why}", **parameters)


def forbidden(why: str) -> Refusal:
    return Refusal(403, f"Forbidden: {why}")


def unmodelled(what: str) -> Refusal:
    return Refusal(501, f"Not Implemented: the fake Telegram does not model {what}")


def too_many(seconds: float) -> Refusal:
    wait = max(1, math.ceil(seconds))
    return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the bot."""

    status: int
    body: Json = field(default_factory=dict)
    call: Call | None = None
    page: str = ""  # of a proxy, in place of the body

    @property
    def payload(self) -> bytes:
        if self.page:
            return self.page.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


def refused(refusal: Refusal) -> Reply:
    body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return Reply(refusal.status, body)


def call(world: World, method: str, raw: Mapping[str, str]) -> Reply:
    """Carry out one call; its parameters are strings, as forms and PTB send them."""
    name, params = method, dict(raw)
    with world.changing():
        try:
            known = METHODS.get(method.lower())
            if known is None:
                raise unmodelled(f"the method {method}")
            name, do, shape = known
            params = _parameters(name, shape, raw)
            _pace(world, name, params)
            reply = Reply(200, {"ok": True, "result": do(world, params)})
        except Refusal as refusal:
            reply = refused(refusal)
        why = str(reply.body.get("description", ""))
        made = Call(name, params, reply.status, why, world.clock(), _made(world, name, reply))
        world.calls.append(made)
        return replace(reply, call=made)


def _made(world: World, name: str, reply: Reply) -> Message | None:
    return world.sent[-1] if name == "sendMessage" and reply.status == 200 else None


# Parameters


def _parameters(method: str, shape: str, raw: Mapping[str, str]) -> Json:
    """The parameters in their types, as the shape lists them: `name:type`."""
    kinds = dict(item.split(":") for item in shape.split())
    if unknown := [name for name in raw if name not in kinds]:
        raise unmodelled(f'{method}\'s parameter "{unknown[0]}"')
    return {name: _parameter(name, kinds[name], value) for name, value in raw.items()}


def _parameter(name: str, kind: str, value: str) -> Any:
    match kind:
        case "int":
            if not re.fullmatch(r"-?\d{1,19}", value):
                raise bad(f'parameter "{name}" must be an Integer')
            return int(value)
        case "bool":
            if value not in ("true", "false", "True", "False", "1", "0"):
                raise bad(f'parameter "{name}" must be a Boolean')
            return value in ("true", "True", "1")
        case "json":
            try:
                return json.loads(value) if value else None
            except ValueError:
                raise bad(f"can't parse {name.replace('_', ' ')} JSON object") from None
    return value


def _fields(what: str, data: Any, shape: str) -> Json:
    """An object with these fields only; `name=type` in the shape, `*` marks a required one."""
    if not isinstance(data, dict):
        raise bad(f"{what} must be an Object")
    types = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
    kinds = dict(item.rstrip("*").split("=") for item in shape.split())
    for name, value in data.items():
        if name not in kinds:
            raise unmodelled(f'the field "{name}" of {what}')
        if not isinstance(value, types[kinds[name]]):
            raise bad(f'can\'t parse {what}: Field "{name}" must be of type {kinds[name]}')
    for item in shape.split():
        if item.endswith("*") and item.split("=")[0] not in data:
            raise bad(f"can't parse {what}: Can't find field \"{item.split('=')[0]}\"")
    return data


# Pacing


def _pace(world: World, method: str, params: Json) -> None:
    limits = world.flood
    shown = method.startswith(("send", "edit")) or "ForumTopic" in method
    if limits is None or not shown:
        return
    now, chat_id = world.clock(), params.get("chat_id", 0)
    _allow(world, 0, now, limits.overall_per_second, 1.0)
    if chat_id < 0:
        _allow(world, chat_id, now, limits.group_per_minute, 60.0)
    elif chat_id > 0:
        window = limits.private_burst / limits.private_per_second
        _allow(world, chat_id, now, limits.private_burst, window)
    for key in {0, chat_id}:
        world.paced[key].append(now)


def _allow(world: World, key: int, now: float, count: int, window: float) -> None:
    times = world.paced.setdefault(key, deque())
    while times and times[0] <= now - window:
        times.popleft()
    if len(times) >= count:
        raise too_many(times[0] + window - now)


# Chats and messages


def _chat(world: World, ref: int | None, need: str = "write") -> Chat:
    """The chat, if the bot may do there what it needs to: read, members, edit, write or leave."""
    if ref is None:
        raise bad("chat_id is empty")
    chat = _find_chat(world, ref)
    me = chat.member(world.me)
    if chat.peer:
        if chat.deactivated and need in ("edit", "write"):
            raise forbidden("user is deactivated")
        if chat.blocked and need in ("edit", "write"):
            raise forbidden("bot was blocked by the user")
        return chat
    if chat.upgraded_to and need in ("write", "members"):
        raise bad(
            "group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.upgraded_to.id
        )
    kind = chat.kind
    if me.status == "kicked" and (need != "read" or chat.kind != "group"):
        raise forbidden(f"bot was kicked from the {kind} chat")
    public = bool(chat.username) or chat.kind == "group"
    if not me.present and (need in ("edit", "write", "leave") or not public):
        raise forbidden(f"bot is not a member of the {kind} chat")
    if chat.kind == "channel" and need != "leave":
        raise unmodelled("what bots do in channels")
    return chat


def _find_chat(world: World, ref: int) -> Chat:
    found = world.chats.get(ref)
    if found and found.known:
        return found
    user = world.users.get(ref)
    if user is None or user == world.me:
        raise bad("chat not found")
    if user.is_bot:
        raise forbidden("bots can't send messages to bots")
    met = any(chat.known and user.id in chat.members for chat in world.chats.values())
    raise forbidden("bot can't initiate conversation with a user") if met else bad("chat not found")


def _message(world: World, params: Json, what: str, need: str) -> Message:
    chat = _chat(world, params.get("chat_id"), need)
    found = chat.messages.get(params.get("message_id", 0))
    if found is None or found.deleted:
        raise bad(f"message to {what} not found")
    return found


def _thread(chat: Chat, thread: int | None) -> int | None:
    """Outside forums a thread id means nothing, except in private chats, which have no topics."""
    if not thread or not (chat.is_forum or chat.peer):
        return None
    if thread == GENERAL_TOPIC or thread not in chat.topics:
        raise bad("message thread not found")
    return thread


def _may_write(world: World, chat: Chat, thread: int | None) -> None:
    me = chat.member(world.me)
    if me.status == "restricted" and "can_send_messages" not in me.rights:
        raise bad("not enough rights to send text messages to the chat")
    topic = chat.topics.get(thread or 0) if chat.is_forum else None
    if topic and topic.closed and not me.may("can_manage_topics"):
        raise bad("TOPIC_CLOSED")


# Texts, entities, replies


def _text(world: World, text: str, entities: Any) -> Text:
    if not text:
        raise bad("message text is empty")
    if len(text.encode("utf-8", "surrogatepass")) > 1 << 15:
        raise bad("text is too long")
    given = _entities(entities)
    try:
        content = receive(text, given)
    except BadText as error:
        raise bad(str(error)) from error
    for entity in content.entities:
        if entity.type in ("text_link", "url"):
            _check_link(world, entity.url or content.part(entity))
    return content


def _entities(data: Any) -> list[Entity]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise bad("entities must be an Array")
    if len(data) > MAX_ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    entities = []
    shape = "type=str* offset=int* length=int* url=str"
    for item in data:
        found = _fields("MessageEntity", item, shape)
        kind = found["type"]
        if kind not in SENDABLE and kind not in FOUND:
            raise bad("can't parse MessageEntity: Unsupported type specified")
        if kind == "text_link" and not found.get("url"):
            raise bad("can't parse MessageEntity: Can't find field \"url\"")
        if kind == "text_mention":
            raise unmodelled("mentions by a bot of people without a username")
        if kind not in FOUND:  # the server finds its own
            url = found.get("url", "")
            entities.append(Entity(kind, found["offset"], found["length"], url=url))
    return entities


def _check_link(world: World, url: str) -> None:
    """Our own strictness: a link to the bot has to carry a payload that arrives."""
    link = world.deep_link(url)
    if link and link[1] and not START_PAYLOAD.fullmatch(link[1]):
        raise bad("START_PARAM_INVALID")


def _reply(chat: Chat, data: Any) -> Message | None:
    if not data:
        return None
    shape = "message_id=int* allow_sending_without_reply=bool"
    reply = _fields("reply parameters", data, shape)
    target = chat.messages.get(reply["message_id"])
    if target and not target.deleted:
        return target
    if reply.get("allow_sending_without_reply"):
        return None
    raise bad("message to be replied not found")


def _preview(data: Any) -> Json | None:
    if data is None:
        return None
    return _fields("link preview options", data, "is_disabled=bool") or None


# Keyboards


def _markup(world: World, data: Any) -> Json | None:
    if data is None:
        return None
    rows = _fields("reply markup", data, "inline_keyboard=list*")["inline_keyboard"]
    for row in rows:
        if not isinstance(row, list):
            raise bad(
                'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
            )
        for button in row:
            _check_button(world, button)
        if len(row) > MAX_ROW:
            raise bad("REPLY_MARKUP_INVALID")
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad("reply markup is too long")
    rows = [row for row in rows if row]
    return {"inline_keyboard": rows} if rows else None


def _check_button(world: World, data: Any) -> None:
    what = "inline keyboard button"
    button = _fields(what, data, "text=str* url=str callback_data=str style=str")
    kinds = [name for name in button if name not in ("text", "style")]
    if button.get("style", "primary") not in STYLES:
        raise bad(f"can't parse {what}: invalid button style specified")
    if not any(button[kind] for kind in kinds):
        raise bad(f"can't parse {what}: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"can't parse {what}: exactly one optional field must be used, not {kinds}")
    if not button["text"].strip():
        raise bad(f"{what} text must be non-empty")
    if "url" in button:
        _check_url(world, button["url"])
    elif len(button["callback_data"].encode()) > 64:
        raise bad("BUTTON_DATA_INVALID")


def _check_url(world: World, url: str) -> None:
    parts = urlsplit(url if "://" in url else "http://" + url)
    if parts.scheme not in ("http", "https", "tg", "ftp"):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    if parts.scheme != "tg" and not re.fullmatch(r"[\w-]+(\.[\w-]+)+", host):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    _check_link(world, url)


# Sending and changing


def send_message(world: World, p: Json) -> Json:
    entities, preview = p.get("entities"), _preview(p.get("link_preview_options"))
    if not p.get("text"):
        raise bad("message text is empty")
    markup = _markup(world, p.get("reply_markup"))
    chat = _chat(world, p.get("chat_id"))
    thread = _thread(chat, p.get("message_thread_id"))
    reply_to = _reply(chat, p.get("reply_parameters"))
    content = _text(world, p["text"], entities)
    _may_write(world, chat, thread or (reply_to.thread if reply_to else None))
    message = world.post(
        chat,
        sender=world.me,
        text=content.text,
        entities=content.entities,
        markup=markup,
        reply_to=reply_to,
        thread=thread,
        preview=preview,
    )
    world.sent.append(message)
    return message.json(world.users)


def edit_message_text(world: World, p: Json) -> Json | bool:
    if not p.get("text"):
        raise bad("message text is empty")
    preview = _preview(p.get("link_preview_options"))
    markup = _markup(world, p.get("reply_markup"))
    message = _editable(world, p)
    content = _text(world, p["text"], p.get("entities"))
    return _edit(world, message, content, markup, preview)


def _editable(world: World, p: Json) -> Message:
    if not p.get("chat_id") and not p.get("message_id"):
        inline_id = p.get("inline_message_id")
        if not inline_id:
            raise bad("message identifier is not specified")
        message = world.by_inline_id.get(inline_id)
        if message is None or message.deleted:
            raise bad("MESSAGE_ID_INVALID")
        return message
    if p.get("inline_message_id"):
        raise bad("inline_message_id and chat_id exclude each other")
    message = _message(world, p, "edit", "edit")
    if message.sender != world.me or message.inline_message_id:
        raise bad("message can't be edited")
    return message


def _edit(
    world: World, message: Message, content: Text, markup: Json | None, preview: Json | None
) -> Json | bool:
    previewed = any(entity.type in ("url", "text_link") for entity in content.entities)
    same_preview = not previewed or preview == message.preview
    if (content, markup) == (message.content, message.markup) and same_preview:
        raise bad(NOT_MODIFIED)
    message.change(content, markup, world.now())
    message.preview = preview
    return True if message.inline_message_id else message.json(world.users)


def delete_message(world: World, p: Json) -> bool:
    if not p.get("chat_id"):
        raise bad("chat identifier is not specified")
    if not p.get("message_id"):
        raise bad("message identifier is not specified")
    message = _message(world, p, "delete", "write")
    if not _deletable(world, message):
        raise bad("message can't be deleted")
    message.deleted = True
    return True


def _deletable(world: World, message: Message) -> bool:
    me = message.chat.member(world.me)
    if "forum_topic_created" in (message.service or ()):
        return False
    if me.may("can_delete_messages"):
        return True
    recent = world.now() - message.date < 2 * DAY
    return recent and (message.sender == world.me or message.chat.peer is not None)


# Queries


def answer_callback_query(world: World, p: Json) -> bool:
    press = world.presses.get(p.get("callback_query_id", ""))
    late = press is None or press.answer is not None
    if press is None or late or world.clock() - press.date > CALLBACK_LIFETIME:
        raise bad(TOO_OLD)
    if utf16_len(p.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    press.answer = {name: p[name] for name in ("text", "show_alert") if name in p}
    return True


def answer_inline_query(world: World, p: Json) -> bool:
    results = p.get("results") or []
    if not isinstance(results, list):
        raise bad("expected an Array of inline query results")
    if len(results) > MAX_RESULTS:
        raise bad("RESULTS_TOO_MUCH")
    button = _results_button(p.get("button"))
    parsed = [_inline_result(world, result) for result in results]
    if len({result["id"] for result in parsed}) < len(parsed):
        raise bad("RESULT_ID_DUPLICATE")
    if len(p.get("next_offset", "").encode()) > 64:
        raise bad("NEXT_OFFSET_INVALID")
    search = world.searches.get(p.get("inline_query_id", ""))
    late = search is None or search.answer is not None
    if search is None or late or world.clock() - search.date > INLINE_LIFETIME:
        raise bad(TOO_OLD)
    search.answer = {
        "results": parsed,
        "button": button,
        "next_offset": p.get("next_offset", ""),
        "cache_time": p.get("cache_time", 300),
        "is_personal": p.get("is_personal", False),
    }
    return True


def _results_button(data: Any) -> Json | None:
    if data is None:
        return None
    what = "inline query results button"
    button = _fields(what, data, "text=str* start_parameter=str*")
    if not button["text"]:
        raise bad("BUTTON_TEXT_INVALID")
    if not START_PAYLOAD.fullmatch(button["start_parameter"]):
        raise bad("START_PARAM_INVALID" if button["start_parameter"] else "START_PARAM_EMPTY")
    return button


def _inline_result(world: World, data: Any) -> Json:
    shape = "type=str* id=str* title=str* input_message_content=dict* reply_markup=dict "
    result = _fields("inline query result", data, shape + "description=str")
    if result["type"] != "article":
        raise unmodelled(f"an inline query result of type {result['type']!r}")
    if not 1 <= len(result["id"].encode()) <= 64:
        raise bad("RESULT_ID_INVALID")
    if not result["title"].strip():
        raise bad("ARTICLE_TITLE_EMPTY")
    shape = "message_text=str* entities=list link_preview_options=dict"
    content = _fields("InputTextMessageContent", result["input_message_content"], shape)
    return {
        "id": result["id"],
        "title": result["title"],
        "description": result.get("description", ""),
        "content": _text(world, content["message_text"], content.get("entities")),
        "preview": _preview(content.get("link_preview_options")),
        "reply_markup": _markup(world, result.get("reply_markup")),
    }


def answer_guest_query(world: World, p: Json) -> Json:
    if not p.get("result"):
        raise bad("result isn't specified")
    result = _inline_result(world, p["result"])
    summons = world.summons.get(p.get("guest_query_id", ""))
    late = summons is None or summons.answer is not None
    if summons is None or late or world.clock() - summons.date > GUEST_LIFETIME:
        raise bad(TOO_OLD)
    asked = summons.message
    content: Text = result["content"]
    summons.answer = world.post(
        asked.chat,
        sender=world.me,
        text=content.text,
        entities=content.entities,
        markup=result["reply_markup"],
        preview=result["preview"],
        reply_to=asked,
        guest_caller=asked.sender,
    )
    world.sent.append(summons.answer)
    return {"inline_message_id": world.remember_inline(summons.answer)}


# Chats, seen by the bot


def get_chat_member(world: World, p: Json) -> Json:
    user_id = p.get("user_id", 0)
    if user_id <= 0:
        raise bad("invalid user_id specified")
    chat = _chat(world, p.get("chat_id"), "read" if user_id == world.me.id else "members")
    if user_id not in world.users:
        raise bad("PARTICIPANT_ID_INVALID")
    return chat.member(world.users[user_id]).json(chat.kind)


def get_chat(world: World, p: Json) -> Json:
    ref = p.get("chat_id", 0)
    if ref in world.users and not (ref in world.chats and world.chats[ref].known):
        raise unmodelled("the chat with who has not started the bot")
    chat = _chat(world, p.get("chat_id"), "read")
    return chat.json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }


def leave_chat(world: World, p: Json) -> bool:
    """Be gone; the bot is told so as of any other change of its standing."""
    chat = _chat(world, p.get("chat_id"), "leave")
    if chat.peer or chat.upgraded_to:
        raise unmodelled(f"how one leaves {chat!r}")
    world.stand(chat, Member(world.me, "left"), world.me)
    return True


# Topics of forums: rights and words, and their order, as in TDLib's `ForumTopicManager.cpp`


def create_forum_topic(world: World, p: Json) -> Json:
    forum = _forum(world, p)
    if not forum.member(world.me).may("can_manage_topics"):
        raise bad("not enough rights to create a topic")
    topic = world.open_topic(forum, _topic_name(p.get("name", "")), world.me)
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": TOPIC_COLOUR}


def close_forum_topic(world: World, p: Json) -> bool:
    return _toggle_topic(world, p, closed=True)


def reopen_forum_topic(world: World, p: Json) -> bool:
    return _toggle_topic(world, p, closed=False)


def _toggle_topic(world: World, p: Json, closed: bool) -> bool:
    forum = _forum(world, p)
    topic = _topic(world, forum, p, "close or open")
    if topic.closed == closed:
        raise bad("TOPIC_NOT_MODIFIED")
    world.close_topic(forum, topic, world.me, closed=closed)
    return True


def edit_forum_topic(world: World, p: Json) -> bool:
    forum = _forum(world, p)
    topic = _topic(world, forum, p, "edit")
    if not p.get("name"):
        return True
    name = _topic_name(p["name"])
    if name == topic.name:
        raise bad("TOPIC_NOT_MODIFIED")
    world.rename_topic(forum, topic, name, world.me)
    return True


def delete_forum_topic(world: World, p: Json) -> bool:
    forum = _forum(world, p)
    world.delete_topic(forum, _topic(world, forum, p, "delete", "can_delete_messages"))
    return True


def _forum(world: World, p: Json) -> Chat:
    chat = _chat(world, p.get("chat_id"))
    if not chat.is_forum:
        raise bad("the chat is not a forum")
    return chat


def _topic(
    world: World, forum: Chat, p: Json, what: str, right: str = "can_manage_topics"
) -> Topic:
    """The topic, if the bot holds the right or opened it itself."""
    thread = p.get("message_thread_id", 0)
    if thread <= 0:
        raise bad("invalid message thread identifier specified")
    if thread == GENERAL_TOPIC:
        raise unmodelled("what becomes of the topic General")
    topic = forum.topics.get(thread)
    if topic is None:
        raise bad("TOPIC_ID_INVALID")
    if topic.creator != world.me and not forum.member(world.me).may(right):
        raise bad(f"not enough rights to {what} the topic")
    return topic


def _topic_name(given: str) -> str:
    name = " ".join(given.split())
    if not name:
        raise bad("title must be non-empty")
    if len(name) > MAX_TOPIC_NAME:
        raise bad(f"title must be at most {MAX_TOPIC_NAME} characters long")
    return name


# What the bot is and says of itself


def get_me(world: World, p: Json) -> Json:
    return world.me.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": True,
        "supports_guest_queries": world.guest_mode,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


def set_my_commands(world: World, p: Json) -> bool:
    commands = p.get("commands") or []
    if not isinstance(commands, list):
        raise bad("expected an Array of BotCommand")
    if len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        found = _fields("BotCommand", command, "command=str* description=str*")
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", found["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= utf16_len(found["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.profile.commands[_scope(world, p)] = commands
    return True


def _scope(world: World, p: Json) -> tuple[str, str]:
    given = p.get("scope") or {"type": "default"}
    scope = _fields("BotCommandScope", given, "type=str* chat_id=int")
    kind = scope["type"]
    if kind == "chat":
        return f"chat:{_chat(world, scope.get('chat_id'), 'read').id}", _language(p)
    if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        return kind, _language(p)
    raise unmodelled(f"a BotCommandScope of type {kind!r}")


def _language(p: Json) -> str:
    code = str(p.get("language_code", ""))
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("LANG_CODE_INVALID")
    return code


def set_my_description(world: World, p: Json) -> bool:
    if utf16_len(p.get("description", "")) > 512:
        raise bad("BOT_DESCRIPTION_TOO_LONG")
    world.profile.descriptions[_language(p)] = p.get("description", "")
    return True


def set_my_short_description(world: World, p: Json) -> bool:
    if utf16_len(p.get("short_description", "")) > 120:
        raise bad("BOT_SHORT_DESCRIPTION_TOO_LONG")
    world.profile.short_descriptions[_language(p)] = p.get("short_description", "")
    return True


# Updates


def get_updates(world: World, p: Json) -> list[Json]:
    """What waits now; the doors do the waiting, and end a poll that another one replaces."""
    if world.webhook.url:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    _allow_updates(world, p)
    world.confirm(p.get("offset", 0))
    return world.pending()[: min(max(p.get("limit", 100), 1), 100)]


def _allow_updates(world: World, p: Json) -> None:
    if (allowed := p.get("allowed_updates")) is not None:
        if not isinstance(allowed, list) or not all(isinstance(name, str) for name in allowed):
            raise bad("can't parse allowed updates JSON object")
        if unknown := set(allowed) - set(UpdateType):
            raise bad(f"there are no updates of the kind {', '.join(sorted(unknown))}")
        world.allowed_updates = tuple(allowed)


def set_webhook(world: World, p: Json) -> bool:
    url, secret = p.get("url", ""), p.get("secret_token", "")
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if url and not local and (parts.scheme != "https" or not parts.hostname):
        raise bad("invalid webhook URL specified")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")
    _allow_updates(world, p)
    world.poll_turn += 1  # a poll under way is over
    world.webhook = Webhook(url, secret, min(max(p.get("max_connections", 40), 1), 100))
    return True


def delete_webhook(world: World, p: Json) -> bool:
    world.webhook = Webhook()
    return True


def get_webhook_info(world: World, p: Json) -> Json:
    return {
        "url": world.webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }


_TABLE: tuple[tuple[str, Callable[[World, Json], Any], str], ...] = (
    ("getMe", get_me, ""),
    ("getUpdates", get_updates, "offset:int limit:int timeout:int allowed_updates:json"),
    (
        "setWebhook",
        set_webhook,
        "url:str secret_token:str max_connections:int allowed_updates:json",
    ),
    ("deleteWebhook", delete_webhook, ""),
    ("getWebhookInfo", get_webhook_info, ""),
    (
        "sendMessage",
        send_message,
        "chat_id:int message_thread_id:int text:str entities:json link_preview_options:json "
        "reply_parameters:json reply_markup:json",
    ),
    (
        "editMessageText",
        edit_message_text,
        "chat_id:int message_id:int inline_message_id:str text:str entities:json "
        "link_preview_options:json reply_markup:json",
    ),
    ("deleteMessage", delete_message, "chat_id:int message_id:int"),
    (
        "answerCallbackQuery",
        answer_callback_query,
        "callback_query_id:str text:str show_alert:bool",
    ),
    (
        "answerInlineQuery",
        answer_inline_query,
        "inline_query_id:str results:json cache_time:int is_personal:bool next_offset:str "
        "button:json",
    ),
    ("answerGuestQuery", answer_guest_query, "guest_query_id:str result:json"),
    ("getChat", get_chat, "chat_id:int"),
    ("getChatMember", get_chat_member, "chat_id:int user_id:int"),
    ("createForumTopic", create_forum_topic, "chat_id:int name:str"),
    ("closeForumTopic", close_forum_topic, "chat_id:int message_thread_id:int"),
    ("reopenForumTopic", reopen_forum_topic, "chat_id:int message_thread_id:int"),
    ("editForumTopic", edit_forum_topic, "chat_id:int message_thread_id:int name:str"),
    ("deleteForumTopic", delete_forum_topic, "chat_id:int message_thread_id:int"),
    ("leaveChat", leave_chat, "chat_id:int"),
    ("setMyCommands", set_my_commands, "commands:json scope:json language_code:str"),
    ("setMyDescription", set_my_description, "description:str language_code:str"),
    (
        "setMyShortDescription",
        set_my_short_description,
        "short_description:str language_code:str",
    ),
)
METHODS = {row[0].lower(): row for row in _TABLE}
