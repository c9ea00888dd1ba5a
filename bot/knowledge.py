"""A folder of YAML files ↔ interviews: what `import` wrote and what people wrote about it.

`x.yaml` is an interview as `import` found it on its page; `x.phrases.yaml` is how people ask for
it. The second names the first by its id, and may be missing. `x.questions.yaml` says what has to
come of which question: `eval` runs it, and nobody is answered from it. Every fault is a value that
knows its file and line; what is faulty is left out, and the rest serves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path

from bot.interview import Everyday, Exchange, Fact, Interview, Knowledge, Origin, Phrase
from bot.yaml_text import Fault, Node, Paragraph, Plain, Reader, appended, read, short, written

ID = re.compile(r"[a-z0-9-]{1,32}")
EVERYDAY = Path(__file__).with_name("everyday.yaml")
PHRASES = ".phrases.yaml"
QUESTIONS = ".questions.yaml"

METADATA = ("title", "published", "source", "site", "editor", "host", "guest", "page")
_NAMED = ("id", *METADATA)
_AUTHORED = ("topic", "quote", "asks", "facts")
_INTERVIEW = (*_NAMED, "exchanges", "declines")
_EXCHANGE = ("id", "question", "speaker", "answer", "review", *_AUTHORED)
_PHRASES = ("interview", "exchanges", "declines", "suggested")
_SUGGESTED = ("exchange", *_AUTHORED, "declines")
_FACT = ("asks", "quote")
_EVERYDAY = ("declines", "smalltalk")


@dataclass(frozen=True, slots=True)
class Authored:
    """What somebody wrote about an exchange, not yet held against its answer."""

    exchange: str
    where: Origin
    topic: str = ""
    quote: str = ""
    asks: tuple[Phrase, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.topic or self.quote or self.asks or self.facts)


@dataclass(frozen=True, slots=True)
class Phrases:
    """A phrases file: groups for the exchanges of one interview, and what it does not answer."""

    interview: str
    where: Origin
    groups: tuple[Authored, ...] = ()
    declines: tuple[Phrase, ...] = ()


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def load(folder: Path) -> tuple[Knowledge, tuple[Fault, ...]]:
    """All interviews of a folder and the shipped everyday lines; faulty parts are left out."""
    everyday, faults = _everyday()
    paths, missing = _listed(folder)
    faults.extend(missing)
    interviews: dict[str, Interview] = {}
    for path in paths:
        if path.name.endswith(PHRASES):
            continue
        interview, found = read_interview(path)
        faults.extend(found)
        if interview is None:
            continue
        if first := interviews.get(interview.id):
            faults.append(repeated_id(interview.id, interview.where, first.where))
        else:
            interviews[interview.id] = interview
    for path in paths:
        if path.name.endswith(PHRASES):
            phrases, found = read_phrases(path)
            faults.extend(found)
            if phrases is not None:
                faults.extend(_attach(interviews, phrases))
    return Knowledge(tuple(interviews.values()), everyday), tuple(faults)


def read_interview(path: Path) -> tuple[Interview | None, tuple[Fault, ...]]:
    """One interview file; phrases that stand in it, as they did once, are read along."""
    reader, root = read(path)
    interview = None if root is None else _interview(reader, root)
    return interview, reader.found()


def read_phrases(path: Path) -> tuple[Phrases | None, tuple[Fault, ...]]:
    """One phrases file, not yet held against its interview."""
    reader, root = read(path)
    phrases = None if root is None else _phrases(reader, root)
    return phrases, reader.found()


def malformed_id(name: str, where: Origin) -> Fault | None:
    """The fault of an id that links cannot carry."""
    if ID.fullmatch(name):
        return None
    wrong = f"id“{name}”不合规矩" if name else "没有 id"
    return Fault(where, wrong, "只用小写字母、数字和“-”,1 到 32 个,例如 q1")


def repeated_id(name: str, where: Origin, first: Origin) -> Fault:
    """The fault of an id that is taken already."""
    return Fault(where, f"id“{name}”在 {first} 已经用过", "换一个没用过的 id")


def files(folder: Path) -> list[Path]:
    """The folder's YAML files by name that answers can come from, whether we read them or not.

    Raises OSError, or ValueError, where the folder cannot be listed.
    """
    return [path for path in _yaml_in(folder) if not path.name.endswith(QUESTIONS)]


def question_files(folder: Path) -> list[Path]:
    """The folder's question files by name. Raises like `files`."""
    return [path for path in _yaml_in(folder) if path.name.endswith(QUESTIONS)]


def _yaml_in(folder: Path) -> list[Path]:
    """The YAML files by name; what is hidden is an editor's."""
    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in (".yml", ".yaml") and not path.name.startswith(".")
        ),
        key=lambda path: path.name,
    )


def _listed(folder: Path) -> tuple[list[Path], list[Fault]]:
    """The folder's knowledge files by name, and what keeps them from being found."""
    where = Origin(str(folder), 1)
    try:
        seen = files(folder)
    except FileNotFoundError:
        return [], [Fault(where, "没有这个文件夹", "检查路径,或先用 import 生成一个文件")]
    except NotADirectoryError:
        return [], [Fault(where, "这是文件,不是文件夹", "写出放 .yaml 文件的文件夹")]
    except (OSError, ValueError) as error:
        return [], [Fault(where, f"文件夹打不开({error})", "检查路径和权限")]
    faults = [
        Fault(Origin(str(path), 1), "只读 .yaml 结尾的文件,这个没有读", "改名为 .yaml")
        for path in seen
        if path.suffix != ".yaml"
    ]
    paths = [path for path in seen if path.suffix == ".yaml"]
    if not seen:
        faults.append(Fault(where, "文件夹里没有 .yaml 文件", "用 import 从访谈页面生成一个"))
    return paths, faults


def _everyday() -> tuple[Everyday, list[Fault]]:
    reader, root = read(EVERYDAY, f"{EVERYDAY.parent.name}/{EVERYDAY.name}")
    if root is None:
        return Everyday(), list(reader.found())
    fields = reader.fields(root, _EVERYDAY, "日常用语")
    kinds = reader.fields(fields.get("smalltalk"), None, "smalltalk")
    everyday = Everyday(
        reader.phrases(fields.get("declines"), "declines"),
        tuple((kind, reader.phrases(node, kind)) for kind, node in kinds.items()),
    )
    return everyday, list(reader.found())


def _interview(reader: Reader, root: Node) -> Interview | None:
    fields = reader.fields(root, _INTERVIEW, "访谈")
    named = {name: reader.text(node, name) or "" for name, node in fields.items() if name in _NAMED}
    where = reader.at(fields.get("id", root))
    if fault := malformed_id(named.get("id", ""), where):
        if fields or not reader.faults:
            reader.faults.append(fault)
        return None
    exchanges = list(_exchanges(reader, fields.get("exchanges"), named["id"]))
    if not exchanges and not reader.faults:
        reader.fault(fields.get("exchanges", root), "没有一条可用的问答", "用 import 从页面生成")
    declines = reader.phrases(fields.get("declines"), "declines")
    if declines or any(e.authored or e.topic or e.quote for e in exchanges):
        wrong = "问法和访谈写在同一个文件里,是以前的写法"
        reader.faults.append(Fault(where, wrong, f"再 import 一次,问法会移到 {PHRASES} 文件"))
    return Interview(where=where, exchanges=tuple(exchanges), declines=declines, **named)


def _exchanges(reader: Reader, node: Node | None, interview: str) -> Iterator[Exchange]:
    seen: dict[str, Origin] = {}
    for item in reader.items(node, "exchanges"):
        exchange = _exchange(reader, item, interview)
        if exchange is None:
            continue
        if first := seen.get(exchange.id):
            reader.faults.append(repeated_id(exchange.id, exchange.where, first))
        else:
            seen[exchange.id] = exchange.where
            yield exchange


def _exchange(reader: Reader, node: Node, interview: str) -> Exchange | None:
    """The exchange, or None where its id, question or answer cannot be trusted."""
    fields = reader.fields(node, _EXCHANGE, "这一问", needed=("id", "question", "answer"))
    id_ = reader.text(fields.get("id"), "id")
    question = reader.text(fields.get("question"), "question")
    nodes = reader.items(fields.get("answer"), "answer")
    answer = [text for item in nodes if (text := reader.text(item, "answer")) is not None]
    review = (reader.text(fields.get("review"), "review") or "").lower() in ("true", "yes", "on")
    group = _group(reader, fields, id_ or "", node)
    speaker = reader.text(fields.get("speaker"), "speaker") or None
    if id_ is None or question is None or not answer or len(answer) < len(nodes):
        return None
    if fault := malformed_id(id_, reader.at(fields["id"])):
        reader.faults.append(fault)
        return None
    where = reader.at(node)
    bare = Exchange(interview, id_, question, tuple(answer), where, speaker=speaker, review=review)
    exchange, faults = _with(bare, group)
    reader.faults += faults
    return exchange


def _phrases(reader: Reader, root: Node) -> Phrases | None:
    fields = reader.fields(root, _PHRASES, "问法文件", needed=("interview",))
    name = reader.text(fields.get("interview"), "interview")
    groups = []
    for key, node in reader.fields(fields.get("exchanges"), None, "exchanges").items():
        known = reader.fields(node, _AUTHORED, f"{key} 的问法")
        groups.append(_group(reader, known, key, node))
    declines = reader.phrases(fields.get("declines"), "declines")
    for item in reader.items(fields.get("suggested"), "suggested"):
        known = reader.fields(item, _SUGGESTED, "suggested 的这一组")
        declines += reader.phrases(known.get("declines"), "declines")
        if named := reader.text(known.get("exchange"), "exchange"):
            groups.append(_group(reader, known, named, item))
    if not name:
        return None
    where = reader.at(fields["interview"])
    return Phrases(name, where, tuple(group for group in groups if not group.empty), declines)


def _group(reader: Reader, fields: Mapping[str, Node], exchange: str, node: Node) -> Authored:
    quote = fields.get("quote")
    return Authored(
        exchange,
        reader.at(quote or node),
        reader.text(fields.get("topic"), "topic") or "",
        reader.text(quote, "quote") or "",
        reader.phrases(fields.get("asks"), "asks"),
        tuple(_facts(reader, fields.get("facts"))),
    )


def _facts(reader: Reader, node: Node | None) -> Iterator[Fact]:
    for item in reader.items(node, "facts"):
        fields = reader.fields(item, _FACT, "这条 fact ", needed=_FACT)
        asks = reader.phrases(fields.get("asks"), "asks")
        quote = reader.text(fields.get("quote"), "quote")
        if quote is not None:
            yield Fact(asks, quote, reader.at(fields["quote"]))


# ── phrases to their exchanges ───────────────────────────────────────────────────────────────────


def _attach(interviews: dict[str, Interview], phrases: Phrases) -> Iterator[Fault]:
    """Put the phrases to the exchanges that they name; a fault for each that is not there."""
    interview = interviews.get(phrases.interview)
    if interview is None:
        wrong = f"没有 id 为“{short(phrases.interview)}”的访谈"
        there = "、".join(interviews) or "一个也没有"
        yield Fault(phrases.where, wrong, f"interview 写成访谈文件里的 id(有:{there})")
        return
    exchanges = {exchange.id: exchange for exchange in interview.exchanges}
    for group in phrases.groups:
        if group.exchange not in exchanges:
            wrong = f"“{short(group.exchange)}”这一问不在访谈“{interview.id}”里"
            yield Fault(group.where, wrong, f"只能写 {_span(exchanges)};那一问没了就删掉这一组")
            continue
        exchanges[group.exchange], faults = _with(exchanges[group.exchange], group)
        yield from faults
    declines = interview.declines + phrases.declines
    interviews[interview.id] = replace(
        interview, exchanges=tuple(exchanges.values()), declines=declines
    )


def _span(ids: Collection[str]) -> str:
    names = list(ids)
    return "、".join(names) if len(names) < 6 else f"{names[0]}、{names[1]} … {names[-1]}"


def _with(exchange: Exchange, group: Authored) -> tuple[Exchange, list[Fault]]:
    """The exchange with a group's phrases; quotes that the guest did not say are named, and out."""

    def said(quote: str) -> bool:
        return bool(quote) and any(quote in paragraph for paragraph in exchange.answer)

    faults = [unsaid(fact.quote, fact.where) for fact in group.facts if not said(fact.quote)]
    if group.quote and not said(group.quote):
        faults.append(unsaid(group.quote, group.where))
    quote = group.quote if said(group.quote) else ""
    grown = replace(
        exchange,
        topic=exchange.topic or group.topic,
        quote=exchange.quote or quote,
        quote_where=exchange.quote_where or (group.where if quote else None),
        asks=exchange.asks + group.asks,
        facts=exchange.facts + tuple(fact for fact in group.facts if said(fact.quote)),
    )
    return grown, faults


def unsaid(quote: str, where: Origin) -> Fault:
    """The fault of a quote that the answer does not hold."""
    wrong = f"引文“{short(quote)}”不在这条回答的任何一段里"
    return Fault(where, wrong, "从 answer 里原样复制完整的句子,一个字也不改")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def dump(interview: Interview) -> str:
    """What `import` knows of the interview, as its file; loading it again gives the same."""
    fields: dict[str, object] = {"id": interview.id}
    for name in METADATA:
        if value := getattr(interview, name):
            fields[name] = Plain(value) if name == "published" and _is_date(value) else value
    return written(fields | {"exchanges": [_imported(e) for e in interview.exchanges]})


def _is_date(value: str) -> bool:
    """Whether YAML takes it for a date, or for a date and a time: then nobody quotes it."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _imported(exchange: Exchange) -> dict[str, object]:
    fields: dict[str, object] = {"id": exchange.id, "question": exchange.question}
    if exchange.speaker:
        fields["speaker"] = exchange.speaker
    if exchange.review:
        fields["review"] = True
    return fields | {"answer": [Paragraph(text) for text in exchange.answer]}


def dump_phrases(interview: Interview) -> str:
    """What people wrote about the interview, as its phrases file."""
    groups = {e.id: group for e in interview.exchanges if (group := authored_fields(e))}
    fields: dict[str, object] = {"interview": interview.id, "exchanges": groups}
    return written(fields | _list("declines", interview.declines))


def authored_fields(exchange: Exchange | Authored) -> dict[str, object]:
    """Topic, quote, asks and facts as the files name them; what is empty is left out."""
    fields: dict[str, object] = {"topic": exchange.topic} if exchange.topic else {}
    if exchange.quote:
        fields["quote"] = exchange.quote
    fields |= _list("asks", exchange.asks)
    if exchange.facts:
        fields["facts"] = [{"quote": f.quote, **_list("asks", f.asks)} for f in exchange.facts]
    return fields


def _list(name: str, phrases: Sequence[Phrase]) -> dict[str, object]:
    return {name: [phrase.text for phrase in phrases]} if phrases else {}


def with_suggestion(
    old: str,
    interview: str,
    group: Authored | None,
    declines: Sequence[Phrase],
    file: str,
    note: str = "",
) -> str | Fault:
    """A phrases file's text with one group more under `suggested`, and perhaps a note behind it;
    nothing else of it changes."""
    entry: dict[str, object] = {"exchange": group.exchange} if group else {}
    entry |= (authored_fields(group) if group else {}) | _list("declines", declines)
    return appended(old or f"interview: {interview}\n", "suggested", entry, file, note)


# ── importing again ──────────────────────────────────────────────────────────────────────────────


def renewed(
    old: Interview, page: Interview, taken: Collection[str] = ()
) -> tuple[Interview, tuple[Exchange, ...]]:
    """The page's interview under the ids that its exchanges had, and those that the page lost.

    Exchanges are recognised by their question, then by their id and likeness. `taken` are ids that
    phrases speak of: no new exchange gets one of them. What the page does not say of itself stays;
    an unchanged exchange that somebody has reviewed stays so. Doing it again changes nothing.
    """
    pairs = _paired(old.exchanges, page.exchanges)
    used = {exchange.id for exchange in old.exchanges} | set(taken)
    exchanges = []
    for exchange, before in zip(page.exchanges, pairs, strict=True):
        name = before.id if before else _free_id(exchange.id, used)
        used.add(name)
        seen = before is not None and not before.review and before.answer == exchange.answer
        same = seen and before is not None and before.question == exchange.question
        review = exchange.review and not same
        exchanges.append(replace(exchange, interview=old.id, id=name, review=review))
    stated = {name: getattr(page, name) or getattr(old, name) for name in METADATA}
    lost = tuple(exchange for exchange in old.exchanges if exchange not in pairs)
    return replace(page, id=old.id, exchanges=tuple(exchanges), **stated), lost


ALIKE = 0.7
"""Of the characters of question or answer: a correction shares more, another exchange less."""


def _paired(old: Sequence[Exchange], new: Sequence[Exchange]) -> list[Exchange | None]:
    """For each new exchange the old one that it is: the same question, else alike and best so."""
    free = list(old)
    pairs: list[Exchange | None] = []
    for exchange in new:
        same = [e for e in free if e.question == exchange.question]
        best = max(same, key=lambda e: (_likeness(e, exchange), e.id == exchange.id), default=None)
        pairs.append(best)
        free = [e for e in free if e is not best]
    for place, exchange in enumerate(new):
        if pairs[place] is None:
            like = [e for e in free if _likeness(e, exchange) > ALIKE]
            best = max(
                like, key=lambda e: (e.id == exchange.id, _likeness(e, exchange)), default=None
            )
            pairs[place] = best
            free = [e for e in free if e is not best]
    return pairs


def _likeness(a: Exchange, b: Exchange) -> float:
    """How many of their characters the questions, or the answers, have in common: 0 to 1."""
    texts = ((a.question, b.question), ("".join(a.answer), "".join(b.answer)))
    return max(SequenceMatcher(None, x, y, autojunk=False).quick_ratio() for x, y in texts)


def _free_id(name: str, taken: Collection[str]) -> str:
    """The id itself, or the first of q1, q2… that nobody has."""
    number = 1
    while name in taken:
        name, number = f"q{number}", number + 1
    return name
