"""Inside a turn, what is speech and what is not: one rule, one idea, measured on the whole page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.transcript.chrome import ended, furniture, is_sentence, template
from bot.transcript.page import Paragraph
from bot.transcript.turns import Part, Turn

QUOTE_MOST = 90
"""Pull quotes have 9 to 86 characters."""
PAGE_MOST = 300_000
"""Longer than any interview; looking for pull quotes takes time in proportion to its square."""
CAPTION_MOST = 80
"""Captions have 4 to 78 characters; the paragraph after an image more."""
HEADING_MOST = 45
"""Headings have up to 44; a bold paragraph of speech without a full stop was always longer."""
FRAGMENT_MOST = 30
"""An unmarked heading right before a question; longer unfinished lines there were speech."""
NARRATED_MOST = 40
"""A remark such as 某某沒有回答。; longer paragraphs with the guest's name were speech."""
QUOTED_LEAST = 0.8
"""Where answers stand in quotation marks, nearly all do."""
HABIT_LEAST = 0.9
"""Pages that end their paragraphs as sentences do so in 95 % to 100 % of them; chats do not."""

_PERSON = re.compile(r"[我咱你您妳]")
_QUOTATION = re.compile(r"「[^「」]{0,300}」|“[^“”]{0,300}”")
_QUOTED = re.compile(r"[「“『\"]")
_UNQUOTED = re.compile(r"[」”』\"]\W*$")
_BRACKETED = re.compile(r"[（(\[【*＊※].*[）)\]】]?$")
_NOTED = re.compile(r"[（(【\[][^，。：:（(]{1,12}[：:].*[）)】\]]$")
_ASIDE = re.compile(r"[（(\[【][^（()）]{1,20}[）)\]】]")
_TAGGED = re.compile(r"【[^【】]{1,8}】.")
_OVER = re.compile(r"[（(【\[]完[）)】\]]$")
_PLACEHOLDER = re.compile(r"[\[【][^\[\]【】]{1,8}[\]】]")


@dataclass(frozen=True)
class Page:
    """What is usual on the page, to tell what is not."""

    words: str
    names: tuple[str, ...]
    quoted: bool
    """Answers stand in quotation marks."""
    brief: bool
    """Answers have one paragraph each."""
    sentences: bool
    """Answers begin with a paragraph that ends as sentences do."""
    styles: frozenset[tuple[bool, ...]]
    """How paragraphs of answers are set, but for the last answer's."""
    furniture: frozenset[str]
    """Lines that stand on the page several times, but for their numbers."""


@dataclass(frozen=True)
class Place:
    """A part where it stands."""

    part: Part
    before: Part | None
    final: bool
    """Right before a question, or before what ends the interview."""
    image: bool
    """Behind an image."""
    told: bool
    """Behind a line that speaks of a guest by name."""
    retold: bool
    """A later paragraph of the turn speaks of a guest by name."""

    @property
    def spoken(self) -> bool:
        """Behind speech of the same turn."""
        return self.before is not None

    @property
    def text(self) -> str:
        return self.part.text

    @property
    def listed(self) -> bool:
        """In a list, or behind a line that announces one."""
        announced = self.before is not None and self.before.speech.endswith((":", "："))
        return self.part.paragraph.item or announced


Rule = Callable[[Place, Page], bool]


def page_of(turns: Sequence[Turn], parts: Sequence[Part], names: tuple[str, ...]) -> Page:
    """The page's habits, measured on every answer but the last."""
    words = _bare("\n".join(part.text for part in parts))
    answers = [turn.said for turn in turns if turn.role == "guest" and turn.spoken][:-1]
    several = answers if len(answers) > 1 else []
    return Page(
        words=words if len(words) < PAGE_MOST else "",
        names=tuple(name for name in names if len(name) > 1),
        quoted=_share(several, _is_quoted) > QUOTED_LEAST,
        brief=_share(several, _is_brief) == 1,
        sentences=_share(answers, _is_begun_as_sentence) >= HABIT_LEAST,
        styles=frozenset(_style(part.paragraph) for answer in answers for part in answer),
        furniture=furniture(part.text for part in parts if part.label is None),
    )


def _share(answers: Sequence[list[Part]], is_so: Callable[[list[Part]], bool]) -> float:
    return sum(map(is_so, answers)) / max(1, len(answers))


def _is_quoted(answer: list[Part]) -> bool:
    return bool(_QUOTED.match(answer[0].speech) and _UNQUOTED.search(answer[-1].speech))


def _is_brief(answer: list[Part]) -> bool:
    return len(answer) == 1


def _is_begun_as_sentence(answer: list[Part]) -> bool:
    return is_sentence(answer[0].speech)


def _style(paragraph: Paragraph) -> tuple[bool, ...]:
    return (paragraph.italic, paragraph.quote, paragraph.bold)


def _bare(text: str) -> str:
    return re.sub(r"[^\w\n]", "", text)


def is_caption(place: Place, page: Page) -> bool:
    """A short line behind an image that names a guest, or is set apart, or is no sentence."""
    text = place.text
    if not place.image or place.part.paragraph.image or len(text) > CAPTION_MOST:
        return False
    named = any(name in text for name in page.names)
    return named or place.part.paragraph.italic or text.startswith(("（", "(")) or not ended(text)


def is_note(place: Place, page: Page) -> bool:
    """A line in brackets that begins with a label, or a short one: （译注：……） （掌声）"""
    return bool(_NOTED.match(place.text) or _ASIDE.fullmatch(place.text))


def is_advertised(place: Place, page: Page) -> bool:
    """A line with a tag before it that is no sentence: 【广告】买十送一"""
    return bool(_TAGGED.match(place.text)) and not is_sentence(place.text)


def is_placeholder(place: Place, page: Page) -> bool:
    """[图片]: what a chat writes where it cannot write."""
    return bool(_PLACEHOLDER.fullmatch(place.text))


def is_heading(place: Place, page: Page) -> bool:
    """A paragraph set as a heading that reads like one."""
    return place.spoken and set_as_heading(place.part.paragraph)


def set_as_heading(paragraph: Paragraph) -> bool:
    """Whether a paragraph is marked as a heading, or bold and short, and is no sentence."""
    text = paragraph.text
    if paragraph.heading:
        return len(text) <= CAPTION_MOST and not (is_sentence(text) and text[-1] not in "？?")
    return paragraph.bold and len(text) <= HEADING_MOST and not is_sentence(text)


def is_furniture(place: Place, page: Page) -> bool:
    """A line that the page prints again and again, but for its numbers: 2楼 发表于 12:43."""
    return template(place.text) in page.furniture


def is_pull_quote(place: Place, page: Page) -> bool:
    """A line set apart that only repeats words from elsewhere on the page, or a block quotation."""
    if place.before is None or place.before.speech.endswith((":", "：")):
        return False
    paragraph, words = place.part.paragraph, _bare(place.text)
    quotation = bool(re.fullmatch("[“「].*[”」]", place.text)) and not page.quoted
    apart = paragraph.quote or paragraph.heading or quotation or not ended(place.text)
    repeats = 8 <= len(words) <= QUOTE_MOST and page.words.count(words) > 1
    return (paragraph.quote and (quotation or paragraph.bold)) or (apart and repeats)


def is_narrated(place: Place, page: Page) -> bool:
    """A line about a guest by name, in which nobody says 我 or 你: short, set apart, or goes on."""
    short = len(place.text) <= NARRATED_MOST or place.part.paragraph.quote
    goes_on = place.told and place.final
    named = place.spoken and _names_guest(place.text, page) and not place.listed
    return named and (short or goes_on)


def _names_guest(text: str, page: Page) -> bool:
    named = any(name in text for name in page.names)
    return named and text[:1] not in "“「" and _impersonal(text)


def _impersonal(text: str) -> bool:
    return not _PERSON.search(_QUOTATION.sub("", text))


def is_unquoted(place: Place, page: Page) -> bool:
    """What stands outside quotation marks, where answers stand inside."""
    return place.spoken and page.quoted and not _QUOTED.match(place.text)


def is_fragment(place: Place, page: Page) -> bool:
    """A short line that is no sentence, right before a question, where answers are sentences."""
    short = len(place.text) <= FRAGMENT_MOST and not ended(place.text)
    return place.spoken and place.final and short and page.sentences and not place.listed


def is_outside(place: Place, page: Page) -> bool:
    """In the last answer, a line that is no sentence, where answers are sentences."""
    short = len(place.text) <= CAPTION_MOST and not ended(place.text)
    return short and page.sentences and not place.listed


def is_set_apart(place: Place, page: Page) -> bool:
    """In the last answer, what is set as no answer before was."""
    return _style(place.part.paragraph) not in page.styles


def is_bracketed(place: Place, page: Page) -> bool:
    """In the last answer, a line wholly in brackets."""
    return bool(_BRACKETED.match(place.text)) and len(place.text) > 5


def is_reported(place: Place, page: Page) -> bool:
    """In the last answer, what speaks of a guest by name, and what leads there."""
    return _names_guest(place.text, page) or (page.brief and place.retold)


RULES: tuple[tuple[str, Rule], ...] = (
    ("caption", is_caption),
    ("image", is_placeholder),
    ("editor's note", is_note),
    ("editor's note", is_advertised),
    ("heading", is_heading),
    ("furniture", is_furniture),
    ("pull quote", is_pull_quote),
    ("narrative", is_narrated),
    ("narrative", is_unquoted),
    ("heading", is_fragment),
)
"""What is no speech in any answer."""

ENDINGS: tuple[tuple[str, Rule], ...] = (
    ("set apart", is_set_apart),
    ("bracketed", is_bracketed),
    ("narrative", is_reported),
    ("fragment", is_outside),
)
"""What, behind speech of the last answer, means that the interview is over."""

ENDS = frozenset({"rule", "editor's note", "credits", "heading", "link", "furniture"})
"""The sorts of chrome that mean so, too."""


def sift(
    turn: Turn, page: Page, last: bool, before_host: bool
) -> Iterator[tuple[Part, str | None]]:
    """Each part with the name of its chrome, or None where it is speech."""
    last = last or _is_broken(turn, page)
    over = spoken = False
    for at, place in enumerate(_places(turn, page, last, before_host)):
        sort = _sort(place, page) if at or place.part.sort else None
        over = over or (last and spoken and _ends(place, page, sort))
        yield place.part, "after the interview" if over else sort
        if sort is None and place.part.speech:
            spoken = True
            over = over or (last and bool(_OVER.search(place.text)))


def _is_broken(turn: Turn, page: Page) -> bool:
    """Whether what the page prints again and again stands inside, as between a thread's posts."""
    return any(template(part.text) in page.furniture for part in turn.parts)


def _last_told(turn: Turn, page: Page) -> int:
    """Where the turn last speaks of a guest by name."""
    told = (at for at, part in enumerate(turn.parts) if _names_guest(part.text, page))
    return max(told, default=0)


def _places(turn: Turn, page: Page, last: bool, before_host: bool) -> Iterator[Place]:
    """The turn's parts, each with what stands around it."""
    before: Part | None = None
    image = narrated = False
    told = _last_told(turn, page)
    followers: list[Part | None] = [*turn.parts[1:], None]
    for at, (part, after) in enumerate(zip(turn.parts, followers, strict=True)):
        final = before_host if after is None else last and after.sort in ENDS
        place = Place(part, before, final, image, narrated, retold=at < told)
        yield place
        narrated = narrated or is_narrated(place, page)
        caption = image and (is_caption(place, page) or part.sort == "caption")
        image = part.paragraph.image or (caption and part.paragraph.soft)
        before = part if part.sort is None and part.speech and not caption else before


def _sort(place: Place, page: Page) -> str | None:
    named = (name for name, rule in RULES if rule(place, page))
    return place.part.sort or next(named, None)


def _ends(place: Place, page: Page, sort: str | None) -> bool:
    if sort is not None:
        return sort in ENDS or sort == "narrative"
    return any(rule(place, page) for _, rule in ENDINGS)
