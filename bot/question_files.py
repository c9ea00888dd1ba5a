"""The question files of a folder of knowledge: what has to come of which question.

`x.questions.yaml` lies beside `x.yaml`; each phrase that was accepted for the interview has a line
there. `eval` runs it like any question file; here are its faults by line, and its questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot import evaluate, knowledge
from bot.evaluate import Question
from bot.interview import Exchange, Knowledge
from bot.yaml_text import Fault, Node, Reader, read, read_plain, short, value

NONE = "none"
"""The target of a question that no interview answers."""


def load(folder: Path) -> tuple[tuple[Question, ...], ...]:
    """The conversations of the folder's question files, without those that cannot be read."""
    found: list[tuple[Question, ...]] = []
    for path in _listed(folder):
        document, _ = read_plain(path)
        try:
            found += map(tuple, evaluate.questions(document))
        except ValueError:  # `check` says why
            continue
    return tuple(found)


def faults(folder: Path, loaded: Knowledge) -> tuple[Fault, ...]:
    """What is wrong with the folder's question files, held against its knowledge."""
    return tuple(fault for path in _listed(folder) for fault in _of_file(path, loaded))


def _listed(folder: Path) -> Sequence[Path]:
    try:
        return knowledge.question_files(folder)
    except (OSError, ValueError):  # whoever loads the knowledge says so
        return ()


def _of_file(path: Path, loaded: Knowledge) -> Sequence[Fault]:
    reader, root = read(path)
    if root is not None:
        named = {name: e for e in loaded.exchanges() for name in (e.id, e.key)}
        for entry in reader.items(root, "问题"):
            _look_at(entry, reader, named)
    return reader.found()


def _look_at(entry: Node, reader: Reader, named: Mapping[str, Exchange]) -> None:
    for node in _turns(entry, reader):
        fields = reader.fields(node, None, "这个问题", needed=("q", "kind", "target"))
        for name in ("q", "kind"):
            reader.text(fields.get(name), name)
        wanted = reader.text(fields.get("target"), "target")
        accepted = [reader.text(n, "accept") for n in reader.items(fields.get("accept"), "accept")]
        for exchange in (wanted, *accepted):
            if exchange and exchange != NONE and exchange not in named:
                wrong = f"没有“{short(exchange)}”这一问"
                reader.fault(fields["target"], wrong, f"写 xiamen-2014/q4 这样的 id,或 {NONE}")
        _look_at_passages(fields.get("contains"), reader, named.get(wanted or ""))


def _turns(entry: Node, reader: Reader) -> Iterator[Node]:
    """The question, or those of a conversation."""
    turns = value(entry, "turns")
    yield from (entry,) if turns is None else reader.items(turns, "turns")


def _look_at_passages(node: Node | None, reader: Reader, exchange: Exchange | None) -> None:
    for item in reader.items(node, "contains"):
        passage = reader.text(item, "contains")
        if passage and exchange and not any(passage in said for said in exchange.answer):
            wrong = f"“{short(passage)}”不在 {exchange.key} 的回答里"
            reader.fault(item, wrong, "从 answer 里原样复制,一个字也不改")
