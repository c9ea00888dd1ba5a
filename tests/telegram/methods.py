"""The Bot API's methods: the parameters each takes, what it refuses in which words, what it does.

`call` is the door. Wording and order of checks follow tdlib/telegram-bot-api 10.0 (`Client.cpp`)
and, for what the servers behind it decide, well-known reports. Stricter than Telegram, on purpose:
an unknown parameter or field, a malformed number, and a start payload that no client would send
are errors. What Telegram has and this fake has not answers 501, lest it pass for a refusal.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from telegram.constants import ChatAction, ReactionEmoji, UpdateType

from tests.telegram.model import (
    ADMIN_RIGHTS,
    CHANNEL_RIGHTS,
    DAY,
    GENERAL_TOPIC,
    Chat,
    Json,
    Member,
    Message,
)
from tests.telegram.text import (
    FOUND,
    MAX_ENTITIES,
    MAX_QUOTE,
    SENDABLE,
    BadText,
    Entity,
    Text,
    clean,
    find_quote,
    receive,
    trim,
    utf16_len,
)
from tests.telegram.world import (
    CALLBACK_LIFETIME,
    GUEST_LIFETIME,
    INLINE_LIFETIME,
    START_PAYLOAD,
    Call,
    World,
)

MAX_BUTTONS = 100
MAX_ROW = 8
MAX_RESULTS = 50
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

    @property
    def payload(self) -> bytes:
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
                raise Refusal(404, "Not Found: method not found")
            name, do, shape = known
            if world.logged_out:
                raise bad("logged out")
            params = _parameters(name, shape, raw)
            _pace(world, name, params)
            reply = Reply(200, {"ok": True, "result": do(world, params)})
        except Refusal as refusal:
            reply = refused(refusal)
        why = str(reply.body.get("description", ""))
        world.calls.append(Call(name, params, reply.status, why, world.clock()))
        return reply


# Parameters


def _parameters(method: str, shape: str, raw: Mapping[str, str]) -> Json:
    """The parameters in their types; the shape lists `name:type`, and `name!` for unmodelled."""
    kinds = {}
    for item in shape.split():
        name, _, kind = item.rstrip("!").partition(":")
        kinds[name] = "!" if item.endswith("!") else kind or "str"
    params: Json = {}
    for name, value in raw.items():
        if name not in kinds:
            raise bad(f'{method} has no parameter "{name}"')
        params[name] = _parameter(name, kinds[name], value)
    return params


def _parameter(name: str, kind: str, value: str) -> Any:
    match kind:
        case "!":
            raise unmodelled(f'the parameter "{name}"')
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
    types = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict, "any": object}
    kinds = dict(item.rstrip("*").split("=") for item in shape.split())
    for name, value in data.items():
        if name not in kinds:
            raise bad(f'can\'t parse {what}: it has no field "{name}"')
        if not isinstance(value, types[kinds[name]]):
            raise bad(f'can\'t parse {what}: Field "{name}" must be of type {kinds[name]}')
    for item in shape.split():
        if item.endswith("*") and item.split("=")[0] not in data:
            raise bad(f"can't parse {what}: Can't find field \"{item.split('=')[0]}\"")
    return data


# Pacing


def _pace(world: World, method: str, params: Json) -> None:
    limits = world.flood
    if limits is None or not method.startswith(("send", "edit")) or method == "sendChatAction":
        return
    now = world.clock()
    _allow(world, 0, now, limits.overall_per_second, 1.0)
    chat_id = str(params.get("chat_id", ""))
    if re.fullmatch(r"-\d+", chat_id):
        _allow(world, int(chat_id), now, limits.group_per_minute, 60.0)
    elif chat_id.isdigit():
        window = limits.private_burst / limits.private_per_second
        _allow(world, int(chat_id), now, limits.private_burst, window)
    for key in {0, int(chat_id) if re.fullmatch(r"-?\d+", chat_id) else 0}:
        world.paced[key].append(now)


def _allow(world: World, key: int, now: float, count: int, window: float) -> None:
    times = world.paced.setdefault(key, deque())
    while times and times[0] <= now - window:
        times.popleft()
    if len(times) >= count:
        raise too_many(times[0] + window - now)


# Chats and messages


def _chat(world: World, ref: Any, need: str = "write") -> Chat:
    """The chat, if the bot may do there what it needs to: read, members, edit or write."""
    if ref in (None, ""):
        raise bad("chat_id is empty")
    chat = _find_chat(world, str(ref))
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
    kind = "group" if chat.kind == "group" else chat.kind
    if me.status == "kicked" and (need != "read" or chat.kind != "group"):
        raise forbidden(f"bot was kicked from the {kind} chat")
    public = bool(chat.username) or chat.kind == "group"
    if not me.present and (need in ("edit", "write") or not public):
        raise forbidden(f"bot is not a member of the {kind} chat")
    return chat


def _find_chat(world: World, ref: str) -> Chat:
    if ref.startswith("@"):
        for chat in world.chats.values():
            if chat.username.lower() == ref[1:].lower() and chat.kind in ("supergroup", "channel"):
                return chat
        raise bad("chat not found")
    found = world.chats.get(int(ref)) if re.fullmatch(r"-?\d+", ref) else None
    if found and found.known:
        return found
    user = world.users.get(int(ref)) if ref.isdigit() else None
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


def _thread(world: World, chat: Chat, thread: int | None) -> int | None:
    """Outside forums a thread id means nothing, except in private chats, which have no topics."""
    if not thread or not (chat.is_forum or chat.peer):
        return None
    topic = chat.topics.get(thread)
    if thread == GENERAL_TOPIC or topic is None:
        raise bad("message thread not found")
    if topic.closed and not chat.member(world.me).is_admin:
        raise bad("TOPIC_CLOSED")
    return thread


def _may_write(world: World, chat: Chat) -> None:
    me = chat.member(world.me)
    if chat.kind == "channel" and not me.may("can_post_messages"):
        raise bad("need administrator rights in the channel chat")
    if me.status == "restricted" and "can_send_messages" not in me.rights:
        raise bad("not enough rights to send text messages to the chat")


# Texts, entities, quotes


def _text(world: World, text: str, entities: Any) -> Text:
    if not text:
        raise bad("message text is empty")
    if len(text.encode("utf-8", "surrogatepass")) > 1 << 15:
        raise bad("text is too long")
    given = _entities(world, entities)
    try:
        content = receive(text, given)
    except BadText as error:
        raise bad(str(error)) from error
    for entity in content.entities:
        if entity.type in ("text_link", "url"):
            _check_link(world, entity.url or content.part(entity))
    return content


def _entities(world: World, data: Any) -> list[Entity]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise bad("entities must be an Array")
    if len(data) > MAX_ENTITIES:
        raise bad("ENTITIES_TOO_LONG")
    entities = []
    shape = "type=str* offset=int* length=int* url=str user=dict language=str custom_emoji_id=str"
    for item in data:
        found = _fields("MessageEntity", item, shape)
        kind = found["type"]
        if kind not in SENDABLE and kind not in FOUND:
            raise bad("can't parse MessageEntity: Unsupported type specified")
        if kind == "text_link" and not found.get("url"):
            raise bad("can't parse MessageEntity: Can't find field \"url\"")
        user_id = int(found.get("user", {}).get("id", 0))
        if kind in FOUND or (kind == "text_mention" and user_id not in world.users):
            continue  # the server finds its own, and drops mentions of strangers
        entities.append(
            Entity(
                kind,
                found["offset"],
                found["length"],
                url=found.get("url", ""),
                user_id=user_id if kind == "text_mention" else 0,
                language=found.get("language", "") if kind == "pre" else "",
                custom_emoji_id=found.get("custom_emoji_id", ""),
            )
        )
    return entities


def _check_link(world: World, url: str) -> None:
    """Our own strictness: a link to the bot has to carry a payload that arrives."""
    link = world.deep_link(url)
    if link and link[1] and not START_PAYLOAD.fullmatch(link[1]):
        raise bad("START_PARAM_INVALID")


def _reply(world: World, chat: Chat, data: Any) -> tuple[Message | None, Json | None]:
    if not data:
        return None, None
    shape = (
        "message_id=int* chat_id=any allow_sending_without_reply=bool quote=str quote_position=int "
        "quote_parse_mode=str quote_entities=list checklist_task_id=int poll_option_id=str"
    )
    reply = _fields("reply parameters", data, shape)
    if str(reply.get("chat_id", chat.id)) != str(chat.id):
        raise unmodelled("replies into other chats")
    for name in ("quote_parse_mode", "checklist_task_id", "poll_option_id"):
        if name in reply:
            raise unmodelled(f"{name} in reply parameters")
    target = chat.messages.get(reply["message_id"])
    if target is None or target.deleted:
        if reply.get("allow_sending_without_reply"):
            return None, None
        raise bad("message to be replied not found")
    if not reply.get("quote"):
        return target, None
    return target, _quote(world, target, reply)


def _quote(world: World, target: Message, reply: Json) -> Json:
    try:
        quote = trim(
            clean(Text(reply["quote"], tuple(_entities(world, reply.get("quote_entities")))))
        )
    except BadText as error:
        raise bad(str(error)) from error
    place = find_quote(target.content, quote, reply.get("quote_position", 0))
    if not quote.text or utf16_len(quote.text) > MAX_QUOTE or place is None:
        raise bad("QUOTE_TEXT_INVALID")
    return {"text": quote.text, "position": place, "is_manual": True}


def _preview(data: Any) -> Json | None:
    if data is None:
        return None
    shape = (
        "is_disabled=bool url=str prefer_small_media=bool prefer_large_media=bool "
        "show_above_text=bool"
    )
    return _fields("link preview options", data, shape) or None


# Keyboards


def _markup(world: World, data: Any, inline_only: bool = False) -> Json | None:
    if data is None:
        return None
    shape = (
        "inline_keyboard=list keyboard=list remove_keyboard=bool force_reply=bool selective=bool "
        "is_persistent=bool resize_keyboard=bool one_time_keyboard=bool input_field_placeholder=str"
    )
    markup = _fields("reply markup", data, shape)
    if "inline_keyboard" in markup:
        return _inline_keyboard(world, markup["inline_keyboard"])
    if inline_only:
        raise bad("inline keyboard expected")
    if len(markup.get("input_field_placeholder", "x")) not in range(1, 65):
        raise bad("reply keyboard placeholder is too long")
    return markup


def _inline_keyboard(world: World, rows: list[Any]) -> Json | None:
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
    shape = (
        "text=str* url=str callback_data=str switch_inline_query=str "
        "switch_inline_query_current_chat=str switch_inline_query_chosen_chat=dict copy_text=dict "
        "web_app=dict login_url=dict callback_game=dict pay=bool style=str icon_custom_emoji_id=str"
    )
    button = _fields(what, data, shape)
    kinds = [name for name in button if name not in ("text", "style", "icon_custom_emoji_id")]
    if not kinds or not any(button[kind] or kind.startswith("switch") for kind in kinds):
        raise bad(f"can't parse {what}: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad(f"can't parse {what}: exactly one optional field must be used, not {kinds}")
    if not button["text"].strip():
        raise bad(f"{what} text must be non-empty")
    kind, value = kinds[0], button[kinds[0]]
    if kind == "callback_data" and not 1 <= len(value.encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if kind == "url":
        _check_url(world, value)
    if kind.startswith("switch") and not world.inline_mode:
        raise bad("BUTTON_TYPE_INVALID")
    if kind == "copy_text" and not 1 <= len(value.get("text", "")) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")
    if kind in ("web_app", "login_url", "callback_game", "pay"):
        raise unmodelled(f"{kind} buttons")


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
    thread = _thread(world, chat, p.get("message_thread_id"))
    reply_to, quote = _reply(world, chat, p.get("reply_parameters"))
    content = _text(world, p["text"], entities)
    _may_write(world, chat)
    message = world.post(
        chat,
        sender=None if chat.kind == "channel" else world.me,
        sender_chat=chat if chat.kind == "channel" else None,
        text=content.text,
        entities=content.entities,
        markup=markup,
        reply_to=reply_to,
        quote=quote,
        thread=thread,
        preview=preview,
        silent=p.get("disable_notification", False),
        protected=p.get("protect_content", False),
    )
    world.sent.append(message)
    return message.json(world.users)


def edit_message_text(world: World, p: Json) -> Json | bool:
    if not p.get("text"):
        raise bad("message text is empty")
    preview = _preview(p.get("link_preview_options"))
    markup = _markup(world, p.get("reply_markup"), inline_only=True)
    message = _editable(world, p)
    if message.media or message.service:
        raise bad("there is no text in the message to edit")
    content = _text(world, p["text"], p.get("entities"))
    return _edit(world, message, content, markup, preview)


def edit_message_reply_markup(world: World, p: Json) -> Json | bool:
    markup = _markup(world, p.get("reply_markup"), inline_only=True)
    message = _editable(world, p)
    return _edit(world, message, message.content, markup, message.preview)


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
    mine = message.sender == world.me or (message.sender is None and message in world.sent)
    if not mine or message.inline_message_id:
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


def delete_messages(world: World, p: Json) -> bool:
    ids = p.get("message_ids")
    if not ids or not isinstance(ids, list):
        raise bad("message identifiers are not specified")
    if len(ids) > 100:
        raise bad("too many message identifiers specified")
    chat = _chat(world, p.get("chat_id"))
    found = [chat.messages[number] for number in ids if number in chat.messages]
    if not all(_deletable(world, message) for message in found):
        raise bad("message can't be deleted")
    for message in found:
        message.deleted = True
    return True


def _deletable(world: World, message: Message) -> bool:
    me = message.chat.member(world.me)
    if me.may("can_delete_messages"):
        return True
    recent = world.now() - message.date < 2 * DAY
    return recent and (message.sender == world.me or message.chat.peer is not None)


def pin_chat_message(world: World, p: Json) -> bool:
    message = _message(world, p, "pin", "write")
    if message.chat.is_group and not message.chat.member(world.me).may("can_pin_messages"):
        raise bad("not enough rights to manage pinned messages in the chat")
    message.pinned = True
    return True


def set_message_reaction(world: World, p: Json) -> bool:
    reactions = p.get("reaction") or []
    for reaction in reactions:
        _fields("ReactionType", reaction, "type=str* emoji=str custom_emoji_id=str")
        if reaction["type"] != "emoji":
            raise bad("REACTION_INVALID")
        if reaction.get("emoji") not in set(ReactionEmoji):
            raise bad("REACTION_INVALID")
    if len(reactions) > 1:
        raise bad("REACTIONS_TOO_MANY")
    message = _message(world, p, "react", "read")
    message.reactions[world.me.id] = reactions
    return True


def send_chat_action(world: World, p: Json) -> bool:
    if p.get("action") not in set(ChatAction):
        raise bad("wrong parameter action in request")
    chat = _chat(world, p.get("chat_id"))
    _thread(world, chat, p.get("message_thread_id"))
    world.actions.append((chat, p["action"]))
    return True


# Queries


def answer_callback_query(world: World, p: Json) -> bool:
    press = world.presses.get(p.get("callback_query_id", ""))
    late = press is None or press.answer is not None
    if press is None or late or world.clock() - press.date > CALLBACK_LIFETIME:
        raise bad(TOO_OLD)
    if utf16_len(p.get("text", "")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    if url := p.get("url"):
        if world.deep_link(url) is None:
            raise bad("URL_INVALID")
        _check_link(world, url)
    press.answer = {name: p[name] for name in ("text", "show_alert", "url") if name in p}
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
    button = _fields(
        "inline query results button", data, "text=str* start_parameter=str web_app=dict"
    )
    if ("start_parameter" in button) == ("web_app" in button):
        raise bad(
            "can't parse inline query results button: "
            "InlineQueryResultsButton must have exactly one optional field"
        )
    if "web_app" in button:
        raise unmodelled("web_app buttons")
    if not button["text"]:
        raise bad("BUTTON_TEXT_INVALID")
    if not START_PAYLOAD.fullmatch(button["start_parameter"]):
        raise bad("START_PARAM_INVALID" if button["start_parameter"] else "START_PARAM_EMPTY")
    return button


def _inline_result(world: World, data: Any) -> Json:
    what = "inline query result"
    if isinstance(data, dict) and data.get("type") != "article":
        raise unmodelled(f"an inline result of type {data.get('type')!r}")
    shape = (
        "type=str* id=str* title=str* input_message_content=dict* reply_markup=dict url=str "
        "description=str thumbnail_url=str thumbnail_width=int thumbnail_height=int"
    )
    result = _fields(what, data, shape)
    if not 1 <= len(result["id"].encode()) <= 64:
        raise bad("RESULT_ID_INVALID")
    if not result["title"].strip():
        raise bad("ARTICLE_TITLE_EMPTY")
    given = result["input_message_content"]
    if "message_text" not in given:
        raise unmodelled("an inline result that is no text")
    shape = "message_text=str* entities=list link_preview_options=dict parse_mode=str"
    content = _fields("InputTextMessageContent", given, shape)
    if "parse_mode" in content:
        raise unmodelled("parse_mode")
    return {
        "id": result["id"],
        "title": result["title"],
        "description": result.get("description", ""),
        "content": _text(world, content["message_text"], content.get("entities")),
        "preview": _preview(content.get("link_preview_options")),
        "reply_markup": _markup(world, result.get("reply_markup"), inline_only=True),
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


def get_chat(world: World, p: Json) -> Json:
    return _chat(world, p.get("chat_id"), "read").full_json()


def get_chat_member(world: World, p: Json) -> Json:
    user_id = p.get("user_id", 0)
    if user_id <= 0:
        raise bad("invalid user_id specified")
    chat = _chat(world, p.get("chat_id"), "read" if user_id == world.me.id else "members")
    if user_id not in world.users:
        raise bad("PARTICIPANT_ID_INVALID")
    return chat.member(world.users[user_id]).json(chat.kind)


def get_chat_administrators(world: World, p: Json) -> list[Json]:
    chat = _chat(world, p.get("chat_id"), "members")
    if chat.peer:
        raise bad("there are no administrators in the private chat")
    hidden = not p.get("return_bots", False)
    return [
        member.json(chat.kind)
        for member in chat.members.values()
        if member.is_admin and not (hidden and member.user.is_bot and member.user != world.me)
    ]


def get_chat_member_count(world: World, p: Json) -> int:
    chat = _chat(world, p.get("chat_id"), "members")
    return sum(member.present for member in chat.members.values())


def leave_chat(world: World, p: Json) -> bool:
    chat = _chat(world, p.get("chat_id"), "read")
    if chat.peer:
        raise bad("chat member status can't be changed in private chats")
    if not chat.member(world.me).present:
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    world.stand(chat, Member(world.me, "left"), world.me)
    return True


# What the bot is and says of itself


def get_me(world: World, p: Json) -> Json:
    return world.me.json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": world.inline_mode,
        "supports_guest_queries": world.guest_mode,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
    }


def log_out(world: World, p: Json) -> bool:
    world.logged_out = True
    world.updates.clear()
    return True


def close(world: World, p: Json) -> bool:
    left = 600 - (world.clock() - world.started)
    if left > 0:
        raise too_many(left)
    return True


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


def get_my_commands(world: World, p: Json) -> list[Json]:
    return world.profile.commands.get(_scope(world, p), [])


def delete_my_commands(world: World, p: Json) -> bool:
    world.profile.commands.pop(_scope(world, p), None)
    return True


def _scope(world: World, p: Json) -> tuple[str, str]:
    shape = "type=str* chat_id=any user_id=int"
    scope = _fields("BotCommandScope", p.get("scope") or {"type": "default"}, shape)
    kind = scope["type"]
    if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        return kind, _language(p)
    if kind not in ("chat", "chat_administrators", "chat_member"):
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    if not scope.get("chat_id"):
        raise bad("can't parse BotCommandScope: Empty chat_id specified")
    chat = _chat(world, scope["chat_id"], "read")
    if chat.peer and kind != "chat":
        raise bad("can't use specified scope in private chats")
    return f"{kind}:{chat.id}:{scope.get('user_id', '')}".rstrip(":"), _language(p)


def _language(p: Json) -> str:
    code = str(p.get("language_code", ""))
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("LANG_CODE_INVALID")
    return code


def _about(kind: str, limit: int) -> tuple[Callable[..., bool], Callable[..., Json]]:
    """How to set and get one of the bot's texts, per language."""
    where = {"name": "names", "description": "descriptions"}.get(kind, "short_descriptions")

    def change(world: World, p: Json) -> bool:
        text = p.get(kind, "")
        if utf16_len(text) > limit:
            raise bad(f"BOT_{'TITLE' if kind == 'name' else kind.upper()}_TOO_LONG")
        getattr(world.profile, where)[_language(p)] = text
        return True

    def show(world: World, p: Json) -> Json:
        texts = getattr(world.profile, where)
        default = world.me.first_name if kind == "name" else ""
        return {kind: texts.get(_language(p)) or texts.get("") or default}

    return change, show


set_my_name, get_my_name = _about("name", 64)
set_my_description, get_my_description = _about("description", 512)
set_my_short_description, get_my_short_description = _about("short_description", 120)


def set_my_default_administrator_rights(world: World, p: Json) -> bool:
    shape = " ".join(f"{name}=bool" for name in (*ADMIN_RIGHTS, *CHANNEL_RIGHTS))
    rights = _fields("ChatAdministratorRights", p.get("rights") or {}, shape)
    world.profile.rights[p.get("for_channels", False)] = rights
    return True


def get_my_default_administrator_rights(world: World, p: Json) -> Json:
    for_channels = p.get("for_channels", False)
    names = ADMIN_RIGHTS + (CHANNEL_RIGHTS if for_channels else ())
    return dict.fromkeys(names, False) | world.profile.rights.get(for_channels, {})


def set_chat_menu_button(world: World, p: Json) -> bool:
    button = _fields("MenuButton", p.get("menu_button") or {"type": "default"}, "type=str*")
    if button["type"] not in ("default", "commands"):
        raise unmodelled(f"a menu button of type {button['type']!r}")
    world.profile.menus[_menu_chat(world, p)] = button
    return True


def get_chat_menu_button(world: World, p: Json) -> Json:
    menus = world.profile.menus
    return menus.get(_menu_chat(world, p)) or menus.get(0) or {"type": "commands"}


def _menu_chat(world: World, p: Json) -> int:
    if "chat_id" not in p:
        return 0
    chat = _chat(world, p["chat_id"], "read")
    if not chat.peer:
        raise bad("chat not found")
    return chat.id


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
    if p.get("drop_pending_updates"):
        world.updates.clear()
    world.poll_turn += 1  # a poll under way is over
    world.webhook.url, world.webhook.secret = url, secret
    world.webhook.max_connections = p.get("max_connections", 40)
    world.webhook.last_error, world.webhook.last_error_date = "", 0
    return True


def delete_webhook(world: World, p: Json) -> bool:
    if p.get("drop_pending_updates"):
        world.updates.clear()
    world.webhook.url = world.webhook.secret = ""
    return True


def get_webhook_info(world: World, p: Json) -> Json:
    hook = world.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.pending()),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
    if hook.last_error:
        info |= {
            "last_error_date": hook.last_error_date,
            "last_error_message": hook.last_error,
        }
    if world.allowed_updates:
        info["allowed_updates"] = list(world.allowed_updates)
    return info


_SEND = (
    "message_thread_id:int disable_notification:bool protect_content:bool reply_markup:json "
    "reply_parameters:json link_preview_options:json parse_mode! message_effect_id! "
    "business_connection_id! allow_paid_broadcast! direct_messages_topic_id! "
    "suggested_post_parameters!"
)
_WHICH = "chat_id message_id:int inline_message_id business_connection_id!"
_SCOPED = "scope:json language_code"
_TABLE: tuple[tuple[str, Callable[[World, Json], Any], str], ...] = (
    ("getMe", get_me, ""),
    ("logOut", log_out, ""),
    ("close", close, ""),
    ("getUpdates", get_updates, "offset:int limit:int timeout:int allowed_updates:json"),
    (
        "setWebhook",
        set_webhook,
        "url secret_token max_connections:int allowed_updates:json drop_pending_updates:bool "
        "ip_address! certificate!",
    ),
    ("deleteWebhook", delete_webhook, "drop_pending_updates:bool"),
    ("getWebhookInfo", get_webhook_info, ""),
    ("sendMessage", send_message, f"chat_id text entities:json {_SEND}"),
    (
        "editMessageText",
        edit_message_text,
        f"{_WHICH} text entities:json link_preview_options:json reply_markup:json parse_mode!",
    ),
    ("editMessageReplyMarkup", edit_message_reply_markup, f"{_WHICH} reply_markup:json"),
    ("deleteMessage", delete_message, "chat_id message_id:int"),
    ("deleteMessages", delete_messages, "chat_id message_ids:json"),
    (
        "pinChatMessage",
        pin_chat_message,
        "chat_id message_id:int disable_notification:bool business_connection_id!",
    ),
    (
        "setMessageReaction",
        set_message_reaction,
        "chat_id message_id:int reaction:json is_big:bool",
    ),
    (
        "sendChatAction",
        send_chat_action,
        "chat_id action message_thread_id:int business_connection_id!",
    ),
    (
        "answerCallbackQuery",
        answer_callback_query,
        "callback_query_id text show_alert:bool url cache_time:int",
    ),
    (
        "answerInlineQuery",
        answer_inline_query,
        "inline_query_id results:json cache_time:int is_personal:bool next_offset button:json",
    ),
    ("answerGuestQuery", answer_guest_query, "guest_query_id result:json"),
    ("getChat", get_chat, "chat_id"),
    ("getChatMember", get_chat_member, "chat_id user_id:int"),
    ("getChatAdministrators", get_chat_administrators, "chat_id return_bots:bool"),
    ("getChatMemberCount", get_chat_member_count, "chat_id"),
    ("leaveChat", leave_chat, "chat_id"),
    ("setMyCommands", set_my_commands, f"commands:json {_SCOPED}"),
    ("getMyCommands", get_my_commands, _SCOPED),
    ("deleteMyCommands", delete_my_commands, _SCOPED),
    ("setMyName", set_my_name, "name language_code"),
    ("getMyName", get_my_name, "language_code"),
    ("setMyDescription", set_my_description, "description language_code"),
    ("getMyDescription", get_my_description, "language_code"),
    ("setMyShortDescription", set_my_short_description, "short_description language_code"),
    ("getMyShortDescription", get_my_short_description, "language_code"),
    (
        "setMyDefaultAdministratorRights",
        set_my_default_administrator_rights,
        "rights:json for_channels:bool",
    ),
    (
        "getMyDefaultAdministratorRights",
        get_my_default_administrator_rights,
        "for_channels:bool",
    ),
    ("setChatMenuButton", set_chat_menu_button, "chat_id menu_button:json"),
    ("getChatMenuButton", get_chat_menu_button, "chat_id"),
)
METHODS = {row[0].lower(): row for row in _TABLE}
