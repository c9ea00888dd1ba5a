"""YAML ↔ interviews. The home of YAML; every fault is a value that knows its file and line.

Reading goes through nodes instead of Python objects: each phrase knows its line, and a plain `no`
or `2014-08-06` is the text that somebody wrote. Broken lines are named, mended where the intention
is plain (so that one slip does not hide the next), and what stays unreadable is left out.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import yaml

from bot import pages
from bot.interview import Everyday, Exchange, Fact, Interview, Knowledge, Origin, Phrase

ID = re.compile(r"[a-z0-9-]{1,32}")
EVERYDAY = Path(__file__).with_name("everyday.yaml")

_METADATA = ("title", "published", "source", "site", "editor", "host", "guest", "page")
_INTERVIEW = ("id", *_METADATA, "exchanges", "declines")
_EXCHANGE = ("id", "topic", "question", "speaker", "answer", "quote", "asks", "facts")
_FACT = ("asks", "quote")
_EVERYDAY = ("declines", "smalltalk")

# libyaml composes twelve thousand lines in 20 ms, the pure Python loader in 3 s.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file, and what to write there instead."""

    where: Origin
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}; {self.instead}"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def load(folder: Path) -> tuple[Knowledge, tuple[Fault, ...]]:
    """All interviews of a folder and the shipped everyday lines; faulty parts are left out."""
    everyday, faults = _everyday()
    paths, missing = _listed(folder)
    faults.extend(missing)
    interviews: dict[str, Interview] = {}
    for path in paths:
        interview, found = _loaded(path)
        faults.extend(found)
        if interview is None:
            continue
        if first := interviews.get(interview.id):
            faults.append(repeated_id(interview.id, interview.where, first.where))
        else:
            interviews[interview.id] = interview
    return Knowledge(tuple(interviews.values()), everyday), tuple(faults)


def read_yaml(path: Path) -> tuple[object, tuple[Fault, ...]]:
    """A YAML file as dicts, lists and texts; only what is left empty, `~` or `null` is None."""
    reader, root = _read(path)
    value = None if root is None else _plain(root, reader)
    return value, reader.found()


def malformed_id(name: str, where: Origin) -> Fault | None:
    """The fault of an id that links cannot carry."""
    if ID.fullmatch(name):
        return None
    wrong = f"id“{name}”不合规矩" if name else "没有 id"
    return Fault(where, wrong, "只用小写字母、数字和“-”,1 到 32 个,例如 q1")


def repeated_id(name: str, where: Origin, first: Origin) -> Fault:
    """The fault of an id that is taken already."""
    return Fault(where, f"id“{name}”在 {first} 已经用过", "换一个没用过的 id")


def _listed(folder: Path) -> tuple[list[Path], list[Fault]]:
    """The folder's knowledge files by name, and what keeps them from being found."""
    where = Origin(str(folder), 1)
    try:
        names = sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return [], [Fault(where, "没有这个文件夹", "检查路径,或先用 import 生成一个文件")]
    except NotADirectoryError:
        return [], [Fault(where, "这是文件,不是文件夹", "写出放 .yaml 文件的文件夹")]
    except (OSError, ValueError) as error:
        return [], [Fault(where, f"文件夹打不开({error})", "检查路径和权限")]
    seen = [path for path in names if not path.name.startswith(".")]
    faults = [
        Fault(Origin(str(path), 1), "只读 .yaml 结尾的文件,这个没有读", "改名为 .yaml")
        for path in seen
        if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml"
    ]
    paths = [path for path in seen if path.suffix == ".yaml"]
    if not paths and not faults:
        faults.append(Fault(where, "文件夹里没有 .yaml 文件", "用 import 从访谈页面生成一个"))
    return paths, faults


def _loaded(path: Path) -> tuple[Interview | None, tuple[Fault, ...]]:
    reader, root = _read(path)
    interview = None if root is None else _interview(reader, root)
    return interview, reader.found()


def _everyday() -> tuple[Everyday, list[Fault]]:
    reader, root = _read(EVERYDAY, f"{EVERYDAY.parent.name}/{EVERYDAY.name}")
    if root is None:
        return Everyday(), list(reader.found())
    fields = reader.fields(root, _EVERYDAY, "日常用语")
    kinds = reader.fields(fields.get("smalltalk"), None, "smalltalk")
    everyday = Everyday(
        reader.phrases(fields.get("declines"), "declines"),
        tuple((kind, reader.phrases(node, kind)) for kind, node in kinds.items()),
    )
    return everyday, list(reader.found())


def _interview(reader: _Reader, root: yaml.Node) -> Interview | None:
    fields = reader.fields(root, _INTERVIEW, "访谈")
    named = {name: reader.text(node, name) or "" for name, node in fields.items() if name in _NAMED}
    where = reader.at(fields.get("id", root))
    if fault := malformed_id(named.get("id", ""), where):
        if isinstance(root, yaml.MappingNode):
            reader.faults.append(fault)
        return None
    exchanges = list(_exchanges(reader, fields.get("exchanges"), named["id"]))
    if not exchanges and not reader.faults:
        reader.fault(fields.get("exchanges", root), "没有一条可用的问答", "用 import 从页面生成")
    declines = reader.phrases(fields.get("declines"), "declines")
    return Interview(where=where, exchanges=tuple(exchanges), declines=declines, **named)


_NAMED = ("id", *_METADATA)


def _exchanges(reader: _Reader, node: yaml.Node | None, interview: str) -> Iterator[Exchange]:
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


def _exchange(reader: _Reader, node: yaml.Node, interview: str) -> Exchange | None:
    """The exchange, or None where its id, question or answer cannot be trusted."""
    fields = reader.fields(node, _EXCHANGE, "这一问", needed=("id", "question", "answer"))
    id_ = reader.text(fields.get("id"), "id")
    question = reader.text(fields.get("question"), "question")
    nodes = reader.items(fields.get("answer"), "answer")
    answer = [text for item in nodes if (text := reader.text(item, "answer")) is not None]
    asks = reader.phrases(fields.get("asks"), "asks")
    whole = answer if len(answer) == len(nodes) else []
    facts = tuple(_facts(reader, fields.get("facts"), whole))
    topic = reader.text(fields.get("topic"), "topic") or ""
    speaker = reader.text(fields.get("speaker"), "speaker") or None
    if id_ is None or question is None or not whole:
        return None
    if fault := malformed_id(id_, reader.at(fields["id"])):
        reader.faults.append(fault)
        return None
    quote = reader.text(fields.get("quote"), "quote") or ""
    if quote and not any(quote in paragraph for paragraph in whole):
        reader.faults.append(unsaid(quote, reader.at(fields["quote"])))
        quote = ""
    where = reader.at(node)
    return Exchange(
        interview, id_, question, tuple(whole), where, topic, speaker, quote, asks, facts
    )


def _facts(reader: _Reader, node: yaml.Node | None, answer: Sequence[str]) -> Iterator[Fact]:
    """The facts whose quote the guest did say; the others are named and left out."""
    for item in reader.items(node, "facts"):
        fields = reader.fields(item, _FACT, "这条 fact ", needed=_FACT)
        asks = reader.phrases(fields.get("asks"), "asks")
        quote = reader.text(fields.get("quote"), "quote")
        if quote is None:
            continue
        if not quote or (answer and not any(quote in paragraph for paragraph in answer)):
            reader.faults.append(unsaid(quote, reader.at(fields["quote"])))
        else:
            yield Fact(asks, quote, reader.at(fields["quote"]))


def unsaid(quote: str, where: Origin) -> Fault:
    """The fault of a quote that the answer does not hold."""
    wrong = f"引文“{short(quote)}”不在这条回答的任何一段里"
    return Fault(where, wrong, "从 answer 里原样复制完整的句子,一个字也不改")


def short(text: str, length: int = 16) -> str:
    """Enough of a text to recognise it in a message."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[:length] + "…"


class _Reader:
    """One file while it is read: its name, its lines, and the faults found so far."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self.lines = _split(text)
        self.faults: list[Fault] = []

    def at(self, node: yaml.Node) -> Origin:
        return Origin(self.file, node.start_mark.line + 1)

    def fault(self, node: yaml.Node, wrong: str, instead: str) -> None:
        self.faults.append(Fault(self.at(node), wrong, instead))

    def found(self) -> tuple[Fault, ...]:
        """The faults in the order of the lines."""
        return tuple(sorted(self.faults, key=lambda fault: fault.where.line))

    def fields(
        self,
        node: yaml.Node | None,
        known: tuple[str, ...] | None,
        what: str,
        needed: tuple[str, ...] = (),
    ) -> dict[str, yaml.Node]:
        """The values by name; unknown, repeated and missing names are faults."""
        if node is None or _is_empty(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            names = "、".join(known or ())
            self.fault(
                node, f"{what}应写成“名称: 内容”", f"逐行写出 {names}" if names else "照此改写"
            )
            return {}
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in fields:
                first = fields[name].start_mark.line + 1
                self.fault(key, f"“{name}”重复了(第 {first} 行附近已有)", "把两处合成一处")
            elif known is not None and name not in known:
                self.fault(key, f"{what}里没有“{short(name)}”这一项", _meant(name, known))
            else:
                fields[name] = value
        for name in needed:
            if name not in fields:
                self.fault(node, f"{what}缺少 {name}", f"补上“{name}: …”")
        return fields

    def items(self, node: yaml.Node | None, name: str) -> list[yaml.Node]:
        """The entries of a list; nothing at all is an empty one."""
        if node is None or _is_empty(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.fault(node, f"{name} 应是列表", "每项另起一行,以“- ”开头")
        return []

    def phrases(self, node: yaml.Node | None, name: str) -> tuple[Phrase, ...]:
        """The texts of a list with their lines."""
        return tuple(
            Phrase(text, self.at(item))
            for item in self.items(node, name)
            if (text := self.text(item, name, entry=True)) is not None
        )

    def text(self, node: yaml.Node | None, name: str, entry: bool = False) -> str | None:
        """The text as it was written; None where there is none or it cannot be relied on."""
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, f"{name} 这里应是一句话,却读成了{_kind(node)}", _QUOTE)
            return None
        value: str = node.value
        if node.style in (None, "") and (fault := self._doubt(node, name, entry)):
            self.faults.append(fault)
            return None
        if node.style == ">" or (node.style != "|" and _spans(node)):
            self.faults.append(self._folded(node, name))
            return None
        return value.rstrip("\n") if node.style == "|" else value

    def _doubt(self, node: yaml.ScalarNode, name: str, entry: bool) -> Fault | None:
        """What makes an unquoted text mean something else than it seems to."""
        line = self.lines[node.start_mark.line] if self.lines else ""
        if not node.value:
            if "#" in line[node.start_mark.column :]:
                return Fault(self.at(node), f"{name} 是空的:“#”后面算注释", _QUOTE)
            if entry:
                return Fault(self.at(node), f"{name} 里有一项是空的", "写上内容,或删掉这一行")
        elif line[node.start_mark.column : node.start_mark.column + 1] in ("&", "!"):
            return Fault(self.at(node), f"{name} 开头的“&”或“!”有特别意思,会被吞掉", _QUOTE)
        elif node.tag == "tag:yaml.org,2002:null":
            wrong = f"看不出“{node.value}”是空的意思还是这个词"
            return Fault(self.at(node), wrong, f"要这个词就写 '{node.value}',要空就删掉")
        return None

    def _folded(self, node: yaml.ScalarNode, name: str) -> Fault:
        if node.style == ">":
            wrong = f"{name} 用了“>”折行,中文的行间会多出空格"
            return Fault(self.at(node), wrong, "把“>”改成“|-”,一段写成一行")
        wrong = f"{name} 的这句话连着下一行,被并成了一句,中间多出空格"
        return Fault(self.at(node), wrong, "一句写成一行;若下一行是另一句,让两个“- ”上下对齐")


def _kind(node: yaml.Node) -> str:
    return "列表" if isinstance(node, yaml.SequenceNode) else "“名称: 内容”"


_QUOTE = "给整句加单引号:'…'"


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name.strip().lower(), list(known), 1, 0.6)
    return f"是不是 {close[0]}?" if close else f"只能用 {'、'.join(known)}"


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value and node.style in (None, "")


def _spans(node: yaml.Node) -> bool:
    return bool(node.start_mark.line != node.end_mark.line)


def _plain(node: yaml.Node, reader: _Reader) -> object:
    match node:
        case yaml.MappingNode():
            fields = reader.fields(node, None, "这里")
            return {name: _plain(value, reader) for name, value in fields.items()}
        case yaml.SequenceNode():
            return [_plain(item, reader) for item in node.value]
        case yaml.ScalarNode(tag="tag:yaml.org,2002:null") if node.style in (None, ""):
            return None
    return node.value


# ── broken YAML ──────────────────────────────────────────────────────────────────────────────────


def _read(path: Path, shown: str | None = None) -> tuple[_Reader, yaml.Node | None]:
    """A reader for the file and its outermost node, None where the file cannot be read."""
    file = shown or str(path)
    match pages.read(path):
        case pages.NoPage(wrong, instead):
            reader = _Reader(file)
            reader.faults.append(Fault(Origin(file, 1), wrong, instead))
            return reader, None
        case pages.Page(text, warnings):
            reader, root = _parsed(file, text)
            reader.faults += [Fault(Origin(file, 1), "文件不是 UTF-8", w) for w in warnings]
            return reader, root


def _parsed(file: str, text: str) -> tuple[_Reader, yaml.Node | None]:
    reader = _Reader(file, text)
    if _CONTROL.search(text):
        reader.faults += _controls(file, reader.lines)
    root, fault = _composed(file, _CONTROL.sub("", text))
    if fault is not None:
        mended, faults = _mended(file, reader.lines)
        root, more = _patiently(file, mended)
        reader.faults += faults + more
        reader.lines = mended
    elif root is None:
        reader.faults.append(Fault(Origin(file, 1), "文件里没有内容", "用 import 从页面生成"))
    return reader, root


def _composed(file: str, text: str) -> tuple[yaml.Node | None, Fault | None]:
    """The outermost node, or the first thing that YAML cannot make out."""
    try:
        if _deepest(text) > _DEEPEST:
            return None, Fault(Origin(file, 1), "括号或列表套得太深", "重新用 import 生成")
        return yaml.compose(text, Loader=_LOADER), None
    except yaml.MarkedYAMLError as error:
        return None, _explained(file, error)
    except yaml.YAMLError as error:
        return None, Fault(Origin(file, 1), f"YAML 读不通({error})", "重新用 import 生成")


# A knowledge file is seven levels deep; libyaml's composer overflows the stack at some 10,000.
_DEEPEST = 50


_NESTING = re.compile(rf"(?:[-?:][ \t]+){{{_DEEPEST}}}|^ {{200}}", re.MULTILINE)


def _deepest(text: str) -> int:
    """How deep the text nests, as far as it matters; most texts show at a glance that it cannot."""
    depth = deepest = 0
    if text.count("[") + text.count("{") < _DEEPEST and not _NESTING.search(text):
        return deepest
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > _DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _patiently(file: str, lines: list[str]) -> tuple[yaml.Node | None, list[Fault]]:
    """The outermost node without the entries that YAML cannot make out, each of them named.

    Only entries of lists are given up; without a name (`asks:`) the rest would mislead.
    """
    faults: list[Fault] = []
    for _ in range(20):
        root, fault = _composed(file, "\n".join(lines))
        if fault is None:
            return root, faults
        at = fault.where.line - 1
        faults.append(fault)
        if at >= len(lines) or not _ENTRY.match(lines[at]) or _NAMED_LINE.match(lines[at]):
            return None, faults
        lines[at] = ""
    return None, faults


def _explained(file: str, error: yaml.MarkedYAMLError) -> Fault:
    """The library's complaint, at the line to blame, in words for people who write interviews."""
    problem = f"{error.context or ''} {error.problem or ''}"
    early = error.context_mark if "could not find" in problem or "quoted" in problem else None
    mark = early or error.problem_mark
    unknown = (f"这里的 YAML 读不通({error.problem})", "和上下各行比较缩进、冒号与引号")
    wrong, instead = next((told for sign, *told in _COMPLAINTS if sign in problem), unknown)
    return Fault(Origin(file, mark.line + 1 if mark else 1), wrong, instead)


_ALIGN = "让同一层的名称和“- ”上下对齐"
_COMPLAINTS = (
    ("another document", "“---”把文件分成了两份", "删掉这一行,一个文件只写一份访谈"),
    ("quoted scalar", "引号没有成对", "补上另一半引号,或改用 '…' 包住整句"),
    ("undefined alias", "开头的“*”有特别意思", _QUOTE),
    ("duplicate anchor", "开头的“&”有特别意思", _QUOTE),
    ("tag", "开头的“!”有特别意思", _QUOTE),
    (
        "mapping values are not allowed",
        "句中的“: ”让 YAML 误会了,或缩进没对齐",
        _QUOTE + ",并对齐缩进",
    ),
    ("expected ':'", "这一行缺冒号,或缩进没对齐", "写成“名称: 内容”或“- 句子”,和上一行对齐"),
    ("'-' indicator", "这一行的缩进和上面没对齐", _ALIGN),
    ("expected key", "这一行的缩进和上面没对齐", _ALIGN),
    ("<block end>", "这一行的缩进和上面没对齐", _ALIGN),
    ("cannot start any token", "开头的符号有特别意思", _QUOTE),
    ("flow", "“[”或“{”没有配对", "补上另一半,或" + _QUOTE),
    ("block scalar", "“|”或“>”后面不能直接写文字", "文字另起一行,或" + _QUOTE),
)

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_KEYS = "|".join(sorted({*_INTERVIEW, *_EXCHANGE, *_FACT, "smalltalk"}))
_ENTRY = re.compile(r"\s*-(?:\s|$)")
_NAMED_LINE = re.compile(rf"\s*(?:- +)*(?:{_KEYS}):(?:\s|$)")
_BLOCK = re.compile(r"( *).*?(?:^|[ ])[|>][-+0-9]*\s*(?:#.*)?$")

# What people type by accident: where, what it becomes, what to tell them.
_SLIPS = (
    (
        re.compile(rf"^(\s*(?:- )?(?:{_KEYS}))\s*：\s*"),
        r"\1: ",
        "冒号是全角的",
        "改成半角冒号加空格“: ”",
    ),
    (re.compile(rf"^(\s*(?:- )?(?:{_KEYS})):(?=\S)"), r"\1: ", "冒号后面少了空格", "写成“: ”"),
    (re.compile(rf"^(\s*(?:- )?(?:{_KEYS}))\s+:(?=\s|$)"), r"\1:", "冒号前面多了空格", "写成“: ”"),
    (re.compile(r"^(\s*)[-－–—‐•·](?![-\s])"), r"\1- ", "列表的“-”写法不对", "用半角“-”加一个空格"),
    (re.compile(r"^(\s*)[－–—‐•·]\s+"), r"\1- ", "列表的“-”写法不对", "用半角“-”加一个空格"),
)
_VALUE = re.compile(rf"^(\s*(?:- +)*(?:(?:{_KEYS}): +)?)(\S.*?)\s*$")
_GOOD_START = re.compile(
    r"""'(?:[^']|'')*'\s*(?:\#.*)?$|"(?:[^"\\]|\\.)*"\s*(?:\#.*)?$|\[.*\]\s*$|\{.*\}\s*$
    |[|>][-+0-9]*\s*(?:\#.*)?$|[^\s'"\[{|>@`%&*!,\]}](?:(?!:\s).)*$""",
    re.VERBOSE,
)


def _split(text: str) -> list[str]:
    return _BREAK.split(text)


def _controls(file: str, lines: list[str]) -> list[Fault]:
    return [
        Fault(Origin(file, number), "这一行有看不见的控制字符", "删掉整行重打一遍")
        for number, line in enumerate(lines, 1)
        if _CONTROL.search(line)
    ]


def _mended(file: str, lines: list[str]) -> tuple[list[str], list[Fault]]:
    """The lines with the usual slips put right, and a fault for each; verbatim blocks stay."""
    mended: list[str] = []
    faults: list[Fault] = []
    block = -1
    for number, line in enumerate(_CONTROL.sub("", line) for line in lines):
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (not line.strip() or indent > block):
            mended.append(line)
            continue
        block = -1
        for wrong, instead, better in _slips(line, mended):
            faults.append(Fault(Origin(file, number + 1), wrong, instead))
            line = better
        if opened := _BLOCK.match(line):
            block = len(opened[1])
        mended.append(line)
    return mended, faults


def _slips(line: str, before: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each slip of a line: what is wrong, what to write, the line without it."""
    if not line.strip() or line.lstrip().startswith("#") or line.startswith(("---", "...")):
        return
    margin = line[: len(line) - len(line.lstrip())]
    if margin.strip(" "):
        line = _margin(line.lstrip(), before) + line.lstrip()
        yield "行首有制表符或全角空格", "改用半角空格,和同类的行对齐", line
    for pattern, replacement, wrong, instead in _SLIPS:
        better = pattern.sub(replacement, line)
        if better != line:
            yield wrong, instead, better
            line = better
    value = _VALUE.match(line)
    if value and value[1].strip() and not _GOOD_START.match(value[2]):
        yield "这句话里的符号让 YAML 误会了", _QUOTE, value[1] + _quoted(value[2])


def _margin(rest: str, before: Sequence[str]) -> str:
    """The indentation of the nearest line above that is of the same sort."""
    for line in reversed(before):
        if line.strip() and line.lstrip().startswith("- ") == rest.startswith("- "):
            return line[: len(line) - len(line.lstrip())]
    return "  "


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


def dump(interview: Interview) -> str:
    """The interview as a knowledge file; loading it again gives an equal interview."""
    lines = [f"id: {_scalar(interview.id)}"]
    lines += [_metadata(name, value) for name in _METADATA if (value := getattr(interview, name))]
    lines.append("exchanges:" if interview.exchanges else "exchanges: []")
    for exchange in interview.exchanges:
        lines += _written(exchange, 2)
    lines += _list("declines", [decline.text for decline in interview.declines], 0)
    return "\n".join(lines) + "\n"


def _metadata(name: str, value: str) -> str:
    """A line of metadata; a plain date of publication stays plain."""
    dated = name == "published" and _DATE.fullmatch(value)
    return f"{name}: {value if dated else _scalar(value)}"


_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?: \d\d?:\d\d(?::\d\d)?)?")


def _written(exchange: Exchange, indent: int) -> list[str]:
    """The exchange as an entry of a list that is indented so far."""
    inner = indent + 2
    margin = " " * inner
    fields = [f"{' ' * indent}- id: {_scalar(exchange.id)}"]
    if exchange.topic:
        fields.append(f"{margin}topic: {_scalar(exchange.topic)}")
    fields.append(f"{margin}question: {_scalar(exchange.question)}")
    if exchange.speaker:
        fields.append(f"{margin}speaker: {_scalar(exchange.speaker)}")
    fields.append(f"{margin}answer:")
    fields += [f"{margin}  - {_paragraph(text, inner + 4)}" for text in exchange.answer]
    if exchange.quote:
        fields.append(f"{margin}quote: {_scalar(exchange.quote)}")
    fields += _list("asks", [ask.text for ask in exchange.asks], inner)
    if exchange.facts:
        fields.append(f"{margin}facts:")
    for fact in exchange.facts:
        asks = _list("asks", [ask.text for ask in fact.asks], inner + 4) or ["asks: []"]
        fields += [f"{margin}  - {asks[0].strip()}", *asks[1:]]
        fields.append(f"{margin}    quote: {_scalar(fact.quote)}")
    return fields


def _list(name: str, texts: Sequence[str], indent: int) -> list[str]:
    margin = " " * indent
    if not texts:
        return []
    return [f"{margin}{name}:", *(f"{margin}  - {_scalar(text)}" for text in texts)]


def _scalar(text: str) -> str:
    """The text on one line, with no more quoting than any YAML reader needs to read it back."""
    ways = (text, _quoted(text)) if "\t" not in text else ()
    return next((way for way in ways if "\n" not in way and _reads_back(way, text)), _escaped(text))


def _paragraph(text: str, indent: int) -> str:
    """The text as a literal block, or quoted where a block cannot hold it."""
    margin = " " * indent
    block = "|-\n" + "\n".join(margin + line if line else "" for line in text.split("\n"))
    return block if _reads_back(block, text) else _scalar(text)


def _reads_back(way: str, text: str) -> bool:
    """Whether a value that is written this way is this text, in a list and behind a name."""
    try:
        entry = yaml.compose(f"- {way}\n", Loader=_LOADER)
        named = yaml.compose(f"k: {way}\n", Loader=_LOADER)
    except yaml.YAMLError:
        return False
    return (
        isinstance(entry, yaml.SequenceNode)
        and isinstance(named, yaml.MappingNode)
        and _is_text(entry.value[0], text)
        and _is_text(named.value[0][1], text)
    )


def _is_text(node: yaml.Node, text: str) -> bool:
    return (
        isinstance(node, yaml.ScalarNode)
        and node.value == text
        and node.tag == "tag:yaml.org,2002:str"
        and (node.style == "|" or not _spans(node))
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    """The text in double quotes, what cannot be seen as `\\uXXXX`."""
    return '"' + "".join(_ESCAPES.get(c) or _hex(c) for c in text) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", " ": " "}


def _hex(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


# ── importing again ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reimported:
    """A file's text brought up to its page, and the exchanges kept though the page lost them."""

    text: str
    vanished: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class NotReimported:
    """Why a file could not be brought up to its page; it is best left as it is."""

    faults: tuple[Fault, ...]


def reimport(old: str, interview: Interview) -> Reimported | NotReimported:
    """The file with the page's words put in place, every authored line and comment kept.

    Exchanges are recognised by their question, then by their id if they still resemble; ids stay.
    Doing it again changes nothing.
    """
    file = interview.where.file
    bare = old.removeprefix("\ufeff")
    root, fault = _composed(file, bare)
    if fault is not None:
        return NotReimported((fault,))
    if root is None:
        return Reimported(old + ("" if not old or old.endswith("\n") else "\n") + dump(interview))
    try:
        new = _edited(bare, _edits(bare, root, interview))
        patched, _ = _composed(file, new)
        done = patched is not None and not _edits(new, patched, interview)
        if patched is not None and done and not _authored(root) - _authored(patched):
            vanished = tuple(_vanished(patched, interview))
            return Reimported(old[: len(old) - len(bare)] + new, vanished)
    except _Unpatchable:
        pass
    wrong = "这个文件的写法没法在原处更新"
    return NotReimported((Fault(Origin(file, 1), wrong, "另 import 到新文件,再手工合并"),))


class _Unpatchable(Exception):
    """The old file is not laid out as lists of names and texts."""


_Edit = tuple[int, int, str]


def _authored(root: yaml.Node) -> Counter[str]:
    """Everything in a file that `import` does not write, exchange by exchange."""
    found = Counter([_dumped(_names(root).get("declines"))])
    for entry in _entries(root):
        fields = _names(entry)
        kept = {
            k: _dumped(v) for k, v in fields.items() if k not in ("question", "answer", "speaker")
        }
        found[str(sorted(kept.items()))] += 1
    return found


def _dumped(node: yaml.Node | None) -> str:
    return "" if node is None else str(yaml.serialize(node, Dumper=yaml.SafeDumper))


def _names(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _Unpatchable
    return {str(key.value): value for key, value in reversed(node.value)}


def _entries(root: yaml.Node) -> list[yaml.Node]:
    node = _names(root).get("exchanges")
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _value(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _edits(old: str, root: yaml.Node, interview: Interview) -> list[_Edit]:
    """The replacements that bring a file up to its page; none where it is."""
    edits = list(_metadata_edits(old, root, interview))
    entries = _entries(root)
    pairs = _paired(entries, interview.exchanges)
    for exchange, at in zip(interview.exchanges, pairs, strict=True):
        if at is not None:
            edits += _exchange_edits(old, entries[at], exchange)
    return [*edits, *_insertions(old, root, interview, pairs)]


def _vanished(root: yaml.Node, interview: Interview) -> Iterator[Fault]:
    """A fault for each exchange of the file that the page does not have."""
    entries = _entries(root)
    pairs = _paired(entries, interview.exchanges)
    for at, entry in enumerate(entries):
        if at not in pairs:
            where = Origin(interview.where.file, entry.start_mark.line + 1)
            question = short(_value(_names(entry).get("question")))
            yield Fault(where, f"页面里已没有这一问:“{question}”", "原样留着;不要了就手工删掉")


def _metadata_edits(old: str, root: yaml.Node, interview: Interview) -> Iterator[_Edit]:
    """What the page says of itself; a field that the page does not state is left alone."""
    fields = _names(root)
    at = root.start_mark.index
    for name in ("id", *_METADATA):
        new = str(getattr(interview, name))
        node = fields.get(name)
        if node is not None:
            if new and name != "id" and _value(node) != new:
                yield _replaced(old, node, _metadata(name, new).partition(": ")[2])
            at = _line_after(old, _end(old, node))
        elif new:
            yield at, at, _metadata(name, new) + "\n"


def _paired(entries: Sequence[yaml.Node], exchanges: Sequence[Exchange]) -> list[int | None]:
    """For each exchange the entry that it updates: the same question, else the same id."""
    known = [_names(entry) for entry in entries]
    free = set(range(len(entries)))
    pairs: list[int | None] = []
    for exchange in exchanges:
        same = [n for n in sorted(free) if _value(known[n].get("question")) == exchange.question]
        pairs.append(same[0] if same else None)
        free -= set(same[:1])
    for place, exchange in enumerate(exchanges):
        named = [n for n in sorted(free) if _value(known[n].get("id")) == exchange.id]
        if pairs[place] is None and named and _resembles(known[named[0]], exchange):
            pairs[place] = named[0]
            free.discard(named[0])
    return pairs


def _resembles(fields: dict[str, yaml.Node], exchange: Exchange) -> bool:
    """Whether question or answer share most of their characters: a correction, not a new one."""
    question = _value(fields.get("question"))
    answer = "".join(_value(node) for node in _children(fields.get("answer")))
    pairs = ((question, exchange.question), (answer, "".join(exchange.answer)))
    return any(
        bool(a) and difflib.SequenceMatcher(None, a, b, autojunk=False).quick_ratio() > 0.7
        for a, b in pairs
    )


def _children(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _exchange_edits(old: str, entry: yaml.Node, exchange: Exchange) -> Iterator[_Edit]:
    fields = _names(entry)
    margin = " " * entry.start_mark.column
    named = {"question": exchange.question, "speaker": exchange.speaker}
    for name, new in named.items():
        if not new or _value(fields.get(name)) == new:
            continue
        if name in fields:
            yield _replaced(old, fields[name], _scalar(new))
        else:
            at = _line_after(old, _end(old, fields.get("question", fields.get("id", entry))))
            yield at, at, f"{margin}{name}: {_scalar(new)}\n"
    if "answer" not in fields:
        raise _Unpatchable
    yield from _answer_edits(old, fields["answer"], exchange.answer, margin)


def _answer_edits(old: str, node: yaml.Node, answer: Sequence[str], margin: str) -> Iterator[_Edit]:
    """Paragraph by paragraph where their number is the same, otherwise the whole list."""
    paragraphs = _children(node)
    if [_value(paragraph) for paragraph in paragraphs] == list(answer):
        return
    if len(paragraphs) == len(answer):
        for paragraph, new in zip(paragraphs, answer, strict=True):
            if _value(paragraph) != new:
                yield _replaced(old, paragraph, _paragraph(new, node.start_mark.column + 2))
        return
    end = _end(old, node)
    notes = _notes(old, paragraphs)
    items = [f"- {_paragraph(text, len(margin) + 4)}" for text in answer]
    start = old.rindex(":", 0, node.start_mark.index + 1) + 1
    yield start, end, "".join(f"\n{margin}  {line}" for line in (*notes, *items))


def _notes(old: str, nodes: Sequence[yaml.Node]) -> list[str]:
    """The comments between the entries of a list."""
    gaps = pairwise(nodes)
    between = "\n".join(old[_end(old, a) : b.start_mark.index] for a, b in gaps)
    lines = (line.strip() for line in between.split("\n"))
    return [line for line in lines if line.startswith("#")]


def _insertions(
    old: str, root: yaml.Node, interview: Interview, pairs: Sequence[int | None]
) -> Iterator[_Edit]:
    """The exchanges that the file does not have yet, each behind its neighbour on the page."""
    new = [place for place, at in enumerate(pairs) if at is None]
    entries = _entries(root)
    if not new:
        return
    node = _names(root).get("exchanges")
    if not entries:
        text = "".join("\n" + line for e in interview.exchanges for line in _written(e, 2))
        if node is None:
            end = _end(old, root)
            yield end, end, "\nexchanges:" + text
        else:
            yield node.start_mark.index, _end(old, node), text
        return
    assert node is not None
    taken = {_value(_names(entry).get("id")) for entry in entries}
    indent = node.start_mark.column
    at = node.start_mark.index - indent
    for place, exchange in enumerate(interview.exchanges):
        known = pairs[place]
        if known is not None:
            at = _line_after(old, _end(old, entries[known]))
            continue
        name = _free_id(exchange.id, taken)
        taken.add(name)
        yield at, at, "\n".join(_written(replace(exchange, id=name), indent)) + "\n"


def _free_id(name: str, taken: set[str]) -> str:
    """The id itself, or the first of q1, q2… that nobody has."""
    number = 1
    while name in taken:
        name, number = f"q{number}", number + 1
    return name


def _replaced(old: str, node: yaml.Node, new: str) -> _Edit:
    start, end = node.start_mark.index, _end(old, node)
    return (start, end, new) if end > start else (start, end, f" {new}")


def _end(old: str, node: yaml.Node) -> int:
    """Where a value's own text ends, before the comments and blank lines that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(old, last[1] if isinstance(last, tuple) else last)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(_TRAIL.sub("", old[start:end]))


_TRAIL = re.compile(r"(?:\r?\n[ \t]*)+\Z")


def _line_after(old: str, at: int) -> int:
    """The beginning of the next line; the end of the text where there is none."""
    found = old.find("\n", at)
    return len(old) if found < 0 else found + 1


def _edited(old: str, edits: Iterable[_Edit]) -> str:
    """The text with the edits made, in the file's own line ends."""
    ends = "\r\n" if "\r\n" in old else "\n"
    pieces: list[str] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start < done:
            raise _Unpatchable
        before = old[done:start]
        if new.endswith("\n") and start == len(old) and not old.endswith("\n"):
            before += ends
        pieces += [before, new.replace("\n", ends)]
        done = end
    return "".join([*pieces, old[done:]])
