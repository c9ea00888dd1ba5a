"""YAML as people write it: texts that know their line, slips mended, faults as values.

The home of PyYAML. Reading goes through nodes instead of Python objects: each text knows its line,
and a plain `no` or `2014-08-06` is the text that somebody wrote. Broken lines are named, mended
where the intention is plain (so that one slip does not hide the next), and what stays unreadable
is left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot import pages
from bot.interview import Origin, Phrase

Node = yaml.Node

# libyaml composes twelve thousand lines in 20 ms, the pure Python loader in 3 s.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SERIALIZER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file, and what to write there instead."""

    where: Origin
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}; {self.instead}"


def read_plain(path: Path) -> tuple[object, tuple[Fault, ...]]:
    """A YAML file as dicts, lists and texts; only what is left empty, `~` or `null` is None."""
    reader, root = read(path)
    value = None if root is None else _plain(root, reader)
    return value, reader.found()


def short(text: str, length: int = 16) -> str:
    """Enough of a text to recognise it in a message."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[:length] + "…"


class Reader:
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


def _plain(node: yaml.Node, reader: Reader) -> object:
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


def read(path: Path, shown: str | None = None) -> tuple[Reader, yaml.Node | None]:
    """A reader for the file and its outermost node, None where the file cannot be read."""
    file = shown or str(path)
    match pages.read(path):
        case pages.NoPage(wrong, instead):
            reader = Reader(file)
            reader.faults.append(Fault(Origin(file, 1), wrong, instead))
            return reader, None
        case pages.Page(text, warnings):
            reader, root = _parsed(file, text)
            reader.faults += [Fault(Origin(file, 1), "文件不是 UTF-8", w) for w in warnings]
            return reader, root


def _parsed(file: str, text: str) -> tuple[Reader, yaml.Node | None]:
    reader = Reader(file, text)
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
            return None, Fault(Origin(file, 1), *_TOO_DEEP)
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


_TOO_DEEP = ("括号或列表套得太深", "重新用 import 生成")
_ALIGN = "让同一层的名称和“- ”上下对齐"
_COMPLAINTS = (
    ("nesting depth", *_TOO_DEEP),  # libyaml itself gives up at 1,000, since PyYAML 6.0.4
    ("another document", "“---”把文件分成了两份", "删掉这一行,一个文件只写一份"),
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
NAMES = (
    "id title published source site editor host guest page exchanges interview suggested declines "
    "exchange topic question speaker answer quote review asks facts smalltalk"
).split()
"""All names that our files use: where one of them is followed by a slip, the slip is mended."""
_KEYS = "|".join(sorted(NAMES))
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
        yield (
            "这句话里的符号让 YAML 误会了",
            _QUOTE,
            value[1] + "'" + value[2].replace("'", "''") + "'",
        )


def _margin(rest: str, before: Sequence[str]) -> str:
    """The indentation of the nearest line above that is of the same sort."""
    for line in reversed(before):
        if line.strip() and line.lstrip().startswith("- ") == rest.startswith("- "):
            return line[: len(line) - len(line.lstrip())]
    return "  "


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


class Paragraph(str):
    """A text that is written as a literal block, where a block can hold it."""


class Plain(str):
    """A text that is written without quotes though YAML takes it for something else: a date."""


def written(value: object) -> str:
    """Dicts, lists, truths and texts as YAML that any reader reads back as they are."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, width=float("inf"), sort_keys=False
    )
    return text


def appended(text: str, name: str, entry: object, file: str, note: str = "") -> str | Fault:
    """The text with one more entry in the outermost list of that name, all else left as it is.

    The list is made at the end where there is none. A text that YAML cannot make out, or that
    leaves no place for the entry, is left alone: the fault says what to mend.
    """
    bare = text.removeprefix("\ufeff")
    root, fault = _composed(file, bare)
    if fault is not None:
        return fault
    ends = "\r\n" if "\r\n" in bare else "\n"
    added = _lines_of([entry], 0, note, ends)
    at, lead = _place(bare, root, name, ends)
    new = bare[:at] + lead + added + bare[at:]
    if root is not None and not _only_added(root, _composed(file, new)[0], name):
        return Fault(
            Origin(file, 1), f"{name} 的写法没法续写", f"让“{name}:”顶格,下面逐项以“- ”开头"
        )
    return text[: len(text) - len(bare)] + new


def _place(text: str, root: yaml.Node | None, name: str, ends: str) -> tuple[int, str]:
    """Where the entry goes, and what has to stand before it."""
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for at, (key, value) in enumerate(pairs):
        if key.value == name:
            end = pairs[at + 1][0].start_mark.index if at + 1 < len(pairs) else len(text)
            return _behind(text, value.end_mark.index, end, ends)
    return len(text), ("" if text.endswith("\n") or not text else ends) + f"{name}:{ends}"


def _behind(text: str, start: int, end: int, ends: str) -> tuple[int, str]:
    """The first line start between the end of a list and the next name; comments stay above."""
    line = text.rfind("\n", 0, end) + 1
    if end < len(text):
        return line, ""
    return end, "" if text[start:].endswith("\n") or text.endswith("\n") else ends


def _only_added(old: yaml.Node, new: yaml.Node | None, name: str) -> bool:
    before, after = _values(old), _values(new)
    grown = after.pop(name, "")
    kept = before.pop(name, "")
    return before == after and grown.startswith(kept.rstrip("\n")) and grown != kept


def _values(root: yaml.Node | None) -> dict[str, str]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return {
        key.value: "" if _is_empty(value) else str(yaml.serialize(value, Dumper=_SERIALIZER))
        for key, value in pairs
    }


# ── writing beside what people wrote ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Document:
    """A text of somebody's that gets a line more or less; without a root it says nothing.

    What is changed is proven: read again it says the same, but for what was put in or taken out.
    """

    text: str
    root: Node | None
    file: str
    mark: str = ""

    def last_line(self, node: Node) -> str:
        """The last line of a node, comment and all."""
        lines = self.text[: _end_of(self.text, node)].rstrip("\r\n")
        return lines[lines.rfind("\n") + 1 :]


def document(text: str, file: str) -> Document | Fault:
    """The text, ready to be changed; the fault of one that YAML cannot make out."""
    bare = text.removeprefix("\ufeff")
    root, fault = _composed(file, bare)
    return fault or Document(bare, root, file, text[: len(text) - len(bare)])


def value(node: Node | None, name: str) -> Node | None:
    """What stands behind a name; None where nothing does, or the node holds no names."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((found for key, found in pairs if key.value == name), None)


def items(node: Node | None) -> tuple[Node, ...]:
    """The entries of a list; none where it is no list."""
    return tuple(node.value) if isinstance(node, yaml.SequenceNode) else ()


def pairs(node: Node | None) -> tuple[tuple[str, Node], ...]:
    """Names and what stands behind them; none where the node holds no names."""
    found = node.value if isinstance(node, yaml.MappingNode) else ()
    return tuple((str(key.value), value) for key, value in found)


def said(node: Node | None) -> str:
    """The text of a node; nothing where it is no text."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    text: str = node.value
    return text.rstrip("\n") if node.style == "|" else text


def put(document: Document, into: Node | None, entry: object, note: str = "") -> str | None:
    """The text with an entry more at the end of a list, or of what has names (a dict of one), and a
    note behind it; None where it is not written line by line, so that there is no place for it.
    A text that says nothing becomes a list."""
    ends = "\r\n" if "\r\n" in document.text else "\n"
    if document.root is None:
        lead = "" if not document.text or document.text.endswith("\n") else ends
        return document.mark + document.text + lead + _lines_of([entry], 0, note, ends)
    if not isinstance(into, yaml.CollectionNode) or into.flow_style or not into.value:
        return None
    added = [entry] if isinstance(into, yaml.SequenceNode) else entry
    lines = _lines_of(added, into.start_mark.column, note, ends)
    at = _end_of(document.text, into)
    lead = "" if document.text[:at].endswith("\n") else ends
    more: Any = yaml.compose(written(added), Loader=_LOADER)
    into.value += more.value
    return _proven(document, document.text[:at] + lead + lines + document.text[at:])


def taken(document: Document, out_of: Node, entry: Node) -> str | None:
    """The text without an entry of a list, or without what stands behind a name, and without the
    name; None where that cannot be taken out by lines."""
    if not isinstance(out_of, yaml.CollectionNode) or out_of.flow_style:
        return None
    first, kept = entry, []
    for one in out_of.value:
        key, held = one if isinstance(one, tuple) else (one, one)
        if held is entry:
            first = key
        else:
            kept.append(one)
    begin = document.text.rfind("\n", 0, first.start_mark.index) + 1
    end = _end_of(document.text, entry)
    out_of.value[:] = kept
    return _proven(document, document.text[:begin] + document.text[end:])


def _lines_of(value: object, column: int, note: str, ends: str) -> str:
    """The value as lines that begin at a column, with a note as a comment behind the last one."""
    lines = written(value).rstrip("\n").split("\n")
    if note:
        lines[-1] += f"  # {note}"
    return "".join(f"{' ' * column}{line}{ends}" for line in lines)


def _end_of(text: str, node: Node) -> int:
    """Where the line behind a node begins; comments and empty lines that follow stay behind it."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    if end and text[end - 1] == "\n":  # a literal block ends where the next line begins
        return end
    newline = text.find("\n", end)
    return len(text) if newline < 0 else newline + 1


def _proven(document: Document, text: str) -> str | None:
    """The new text with its byte order mark, if it says what the changed nodes say."""
    root, fault = _composed(document.file, text)
    if fault is not None or document.root is None:
        return None
    same = _serialized(root) == _serialized(document.root) if root else not document.root.value
    return document.mark + text if same else None


def _serialized(node: Node) -> str:
    return str(yaml.serialize(node, Dumper=_SERIALIZER))


class _Dumper(yaml.SafeDumper):
    """PyYAML's, but for texts that would not come back as they are."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_TEXT = "tag:yaml.org,2002:str"
_SAFE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，。？！、；：“”《》A-Za-z0-9]*")


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if isinstance(text, Paragraph) else None
    good = (style is None and _SAFE.fullmatch(text)) or _reads_back(text, style)
    return yaml.ScalarNode(_TEXT, str(text), style=style if good else '"')


def _reads_back(text: str, style: str | None) -> bool:
    """Whether our own reader and YAML's find this text again, in a list and behind a name."""
    scalar = yaml.ScalarNode(_TEXT, str(text), style=style)
    key = yaml.ScalarNode(_TEXT, "k")
    tree = yaml.SequenceNode(
        "tag:yaml.org,2002:seq",
        [scalar, yaml.MappingNode("tag:yaml.org,2002:map", [(key, scalar)])],
    )
    try:
        text_again = yaml.serialize(tree, allow_unicode=True, width=float("inf"))
        again: Any = yaml.compose(text_again, Loader=_LOADER)
    except yaml.YAMLError:
        return False
    return _is_text(again.value[0], text) and _is_text(again.value[1].value[0][1], text)


def _is_text(node: yaml.ScalarNode, text: str) -> bool:
    same = node.value == text and node.tag == _TEXT
    return same and (not text.endswith("\n") if node.style == "|" else not _spans(node))


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(Paragraph, _text_node)
_Dumper.add_representer(
    Plain, lambda _, text: yaml.ScalarNode("tag:yaml.org,2002:timestamp", str(text))
)
