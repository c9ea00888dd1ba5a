"""What Telegram's server makes of a text: cleaned, trimmed, measured in UTF-16, with entities.

Pure, and independent of python-telegram-bot, so that it can contradict it. The rules were read in
TDLib (`MessageEntity.cpp`, `misc.cpp`) and are compared with it in the tests where `tdjson` is
installed. Simpler than TDLib: URLs and e-mail addresses are known by a few TLDs; #tag@name ends
before its @; bank cards and phone numbers are not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_QUOTE = 1024
MAX_ENTITIES = 100

QUOTES = ("blockquote", "expandable_blockquote")
SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
PRE = ("pre", "code")
QUOTABLE = (*SPLITTABLE, "custom_emoji")  # the entities that a quote has to repeat
FOUND = ("mention", "hashtag", "cashtag", "bot_command", "url", "email")
SENDABLE = (*QUOTES, *PRE, "text_link", "text_mention", *SPLITTABLE, "custom_emoji")
_PRIORITY = {
    name: rank
    for rank, names in enumerate(
        (
            QUOTES,
            *(("pre",), ("code",), ("text_link", "text_mention"), FOUND),
            *((style,) for style in (*SPLITTABLE, "custom_emoji")),
        )
    )
    for name in names
}
_INVISIBLE = (
    " \n\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u200c\u200d\u200e\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc"
)
_SHORT_USERNAMES = ("gif", "nft", "pic", "ufc", "vid")
_TLDS = "com|cn|org|net|me|io|gov|edu|tv|cc|info|dev|app|hk|tw|jp|uk|us|ru|de|fr|sg|top|xyz"
_HOST = r"(?:[A-Za-z0-9_~-]|[^\x00-\xbf\s\u2000-\u206f])"  # Chinese punctuation belongs to it

_FINDERS = (
    ("mention", re.compile(r"(?<!\w)@(?P<name>[A-Za-z0-9_]{2,32})(?!\w)")),
    (
        "bot_command",
        re.compile(
            r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32}(?![\w/<>])|(?![\w/<>@]))"
        ),
    ),
    (
        "hashtag",
        re.compile(r"(?<![\w·\u200c])#(?=[\d_·]*[^\W\d_])[\w·\u200c]{1,256}(?![\w·\u200c#])"),
    ),
    ("cashtag", re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?![\w$])")),
    (
        "email",
        re.compile(
            r"(?<![\w.+%-])[A-Za-z0-9][A-Za-z0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+(?:"
            + _TLDS
            + r")(?![\w@-])"
        ),
    ),
    (
        "url",
        re.compile(
            rf"(?:(?:https?|ftp)://|(?<![\w/#@.~-]))(?:{_HOST}+\.)+?(?:{_TLDS})"
            rf"(?!{_HOST}|@|\.{_HOST})(?::\d{{1,5}})?(?:[/?#][^\s<>\"«»]*)?",
            re.IGNORECASE,
        ),
    ),
)


class BadText(Exception):
    """A text or its entities that the server refuses, in TDLib's words."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One MessageEntity; `offset` and `length` count UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    user_id: int = 0
    language: str = ""
    custom_emoji_id: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Styled:
    """A run of text that a person formatted: `Styled("治庸", "bold")`."""

    text: str
    type: str
    url: str = ""
    user_id: int = 0
    language: str = ""


Words = str | Sequence[str | Styled]


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the server keeps it."""

    text: str = ""
    entities: tuple[Entity, ...] = ()

    def part(self, entity: Entity) -> str:
        return utf16_slice(self.text, entity.offset, entity.length)


def utf16_len(text: str) -> int:
    """How long Telegram says that a text is."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf16_slice(text: str, offset: int, length: int) -> str:
    """The part of a text that an entity covers."""
    raw = text.encode("utf-16-le")
    return raw[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def typed(words: Words) -> Text:
    """What a person typed, with the formatting they chose, before the server sees it."""
    pieces = [words] if isinstance(words, str) else list(words)
    text, entities = "", []
    for piece in pieces:
        if isinstance(piece, Styled):
            entities.append(
                Entity(
                    piece.type,
                    utf16_len(text),
                    utf16_len(piece.text),
                    url=piece.url,
                    user_id=piece.user_id,
                    language=piece.language,
                )
            )
            piece = piece.text
        text += piece
    return Text(text, tuple(entities))


def receive(text: str, entities: Iterable[Entity] = (), limit: int = MAX_TEXT) -> Text:
    """What the server stores of a text: cleaned, trimmed, its own entities found and merged in."""
    cleaned = trim(clean(Text(text, _checked(entities))))
    if not cleaned.text.strip(_INVISIBLE):
        raise BadText("text must be non-empty")
    if utf16_len(cleaned.text) > limit:
        raise BadText("message is too long" if limit == MAX_TEXT else "message caption is too long")
    return Text(cleaned.text, merge(cleaned.entities, find(cleaned.text)))


def _checked(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    given = tuple(entities)
    for entity in given:
        if not 0 <= entity.offset <= 1_000_000:
            raise BadText(f"receive an entity with incorrect offset {entity.offset}")
        if not 0 <= entity.length <= 1_000_000:
            raise BadText(f"receive an entity with incorrect length {entity.length}")
    return tuple(entity for entity in given if entity.length)


def clean(given: Text) -> Text:
    """Control characters become spaces, some invisible ones go; entity ranges must be sound."""
    moved, broken, kept = {0: 0}, {}, []
    old = new = byte = 0
    for character in given.text:
        width = 1 + (character > "\uffff")
        replacement = _cleaned(character)
        old += width
        new += width if replacement else 0
        byte += len(character.encode("utf-8", "surrogatepass"))
        if width == 2:
            broken[old - 1] = byte
        moved[old] = new
        kept.append(replacement)
    entities = settle(given.entities)
    _check_ranges(entities, broken, old)
    placed = (
        replace(e, offset=moved[e.offset], length=moved[e.end] - moved[e.offset]) for e in entities
    )
    return Text("".join(kept), settle(e for e in placed if e.length))


def _cleaned(character: str) -> str:
    if character == "\r" or "\u2028" <= character <= "\u202e" or character in "\u0333\u033f\u030a":
        return ""
    if "\ud800" <= character <= "\udfff":
        raise BadText("strings must be encoded in UTF-8")
    return " " if character < " " and character != "\n" else character


def _check_ranges(entities: Iterable[Entity], broken: dict[int, int], end: int) -> None:
    """No entity may begin or end inside a surrogate pair (`broken`) or after the end."""
    entities = tuple(entities)
    faults = [
        (
            e.end,
            f"entity beginning at UTF-16 offset {e.offset} ends in a middle of "
            f"a UTF-16 symbol at byte offset {broken[e.end]}",
        )
        for e in reversed(entities)
        if e.end in broken
    ] + [
        (
            e.offset,
            f"entity begins in a middle of a UTF-16 symbol at byte offset {broken[e.offset]}",
        )
        for e in entities
        if e.offset in broken
    ]
    for _, fault in sorted(faults, key=lambda fault: fault[0])[:1]:
        raise BadText(fault)
    for e in entities:
        if e.offset > end:
            raise BadText(f"entity begins after the end of the text at UTF-16 offset {e.offset}")
    for e in reversed(entities):
        if e.end > end:
            raise BadText(
                f"entity beginning at UTF-16 offset {e.offset} ends after the end of the text "
                f"at UTF-16 offset {e.end}"
            )


def trim(given: Text) -> Text:
    """Blanks and line breaks go at the end, and at the start as far as the first entity."""
    text = given.text.rstrip(" \n")
    end = utf16_len(text)
    entities = [
        replace(e, length=min(e.end, end) - e.offset) for e in given.entities if e.offset < end
    ]
    first = min((e.offset for e in entities), default=end)
    start = min(len(text) - len(text.lstrip(" \n")), first)
    return Text(text[start:], tuple(replace(e, offset=e.offset - start) for e in entities))


def settle(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Overlapping entities the way the server resolves them, in its order."""
    every = _in_order(entities)
    quotes = _apart(e for e in every if e.type in QUOTES)
    solid = _apart(e for e in every if e.type not in QUOTES and e.type not in SPLITTABLE)
    solid = [e for e in solid if not any(_crosses(e, quote) for quote in quotes)]
    styles = [e for e in every if e.type in SPLITTABLE]
    return _in_order([*solid, *quotes, *_split(styles, [*solid, *quotes])])


def merge(own: Iterable[Entity], found: Iterable[Entity]) -> tuple[Entity, ...]:
    """Found entities where none of the sender's solid ones (code, links …) lies already."""
    own = tuple(own)
    quotes = [e for e in own if e.type in QUOTES]
    solid = [e for e in own if e.type not in QUOTES and e.type not in SPLITTABLE]
    free = [
        new
        for new in found
        if not any(_overlap(new, old) for old in solid)
        and not any(_crosses(new, quote) for quote in quotes)
    ]
    return settle([*own, *free]) if free else own


def find(text: str) -> tuple[Entity, ...]:
    """The entities that the server finds by itself: mentions, commands, hashtags, addresses."""
    found = []
    for kind, pattern in _FINDERS:
        for match in pattern.finditer(text):
            start, end = match.span()
            short = kind == "mention" and len(match["name"]) < 4
            if short and match["name"].lower() not in _SHORT_USERNAMES:
                continue
            if kind == "url" and match.group().endswith(tuple(".:;,('?!`")):
                end = start + len(match.group().rstrip(".:;,('?!`"))
            found.append(Entity(kind, utf16_len(text[:start]), utf16_len(text[start:end])))
    return tuple(_apart(_in_order(found)))


def find_quote(source: Text, quote: Text, position: int = 0) -> int | None:
    """Where the quote stands in the source, nearest to the position; its styles must agree."""
    size = utf16_len(quote.text)
    starts = [0]
    for character in source.text:
        starts.append(starts[-1] + utf16_len(character))
    places = [
        starts[index]
        for index in range(len(source.text))
        if source.text.startswith(quote.text, index)
        and _styles(source, starts[index], size) == _styles(quote, 0, size)
    ]
    return min(places, key=lambda place: (abs(place - position), place), default=None)


def _styles(text: Text, start: int, size: int) -> frozenset[tuple[str, str, int]]:
    return frozenset(
        (e.type, e.custom_emoji_id, unit - start)
        for e in text.entities
        if e.type in QUOTABLE
        for unit in range(max(e.offset, start), min(e.end, start + size))
    )


def _in_order(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    return tuple(sorted(entities, key=lambda e: (e.offset, -e.length, _PRIORITY.get(e.type, 99))))


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _overlap(one: Entity, other: Entity) -> bool:
    return one.offset < other.end and other.offset < one.end


def _crosses(entity: Entity, quote: Entity) -> bool:
    return _overlap(entity, quote) and not (
        quote.offset <= entity.offset and entity.end <= quote.end
    )


def _split(styles: list[Entity], others: list[Entity]) -> list[Entity]:
    """Each style joined where it touches itself, then cut where another entity begins or ends."""
    runs = [run for style in SPLITTABLE for run in _joined(styles, style)]
    cuts = {edge for other in others for edge in (other.offset, other.end)}
    cuts |= {run.offset for run in runs}
    pieces = []
    for run in runs:
        edges = [run.offset, *sorted(c for c in cuts if run.offset < c < run.end), run.end]
        for start, end in pairwise(edges):
            pieces.append(replace(run, offset=start, length=end - start))
    pre = [other for other in others if other.type in PRE]
    return [piece for piece in pieces if not any(_overlap(piece, other) for other in pre)]


def _joined(styles: list[Entity], style: str) -> list[Entity]:
    runs: list[Entity] = []
    for entity in styles:
        if entity.type != style:
            continue
        if runs and entity.offset <= runs[-1].end:
            end = max(runs[-1].end, entity.end)
            runs[-1] = replace(runs[-1], length=end - runs[-1].offset)
        else:
            runs.append(entity)
    return runs
