"""What was asked and answered, kept beside the phrases file, so that a run can be taken up again.

JSON lines, each appended at once: `{"id", "prompt", "reply"}` as soon as a reply is there (it has
been paid for); `{"id", "prompt", "skipped": true}` where no more was needed; `{"written": [ids]}`
once what came of these replies stands in the phrases file. Whoever is killed between the two finds
the phrases of the last group in the file when he goes on, and they are repetitions. `--from` reads
lines of the first form, so a journal is a file of replies, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bot.suggest.prompts import Prompt

Record: TypeAlias = dict[str, object]


@dataclass(slots=True)
class Progress:
    """Where things stand: replies that wait to be screened, by prompt; which prompts need not be
    asked again; the replies of which everything that was fit is written."""

    waiting: dict[str, list[str]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    written: dict[str, list[str]] = field(default_factory=dict)

    @property
    def earlier(self) -> list[str]:
        """The replies that were written."""
        return [reply for replies in self.written.values() for reply in replies]

    def add(self, name: str, reply: str) -> bool:
        """Take a reply that somebody hands in; False for one that is there already."""
        if reply in self.waiting.get(name, ()) or reply in self.written.get(name, ()):
            return False
        self.waiting.setdefault(name, []).append(reply)
        return True


def progress(lines: Iterable[str], prompts: Iterable[Prompt]) -> Progress:
    """What a journal tells. Replies to a prompt that has changed since count only as written:
    their numbers may mean other sentences now."""
    digests = {prompt.id: prompt.digest for prompt in prompts}
    found = Progress()
    stale: dict[str, list[str]] = {}
    for record in map(parsed, lines):
        match record:
            case {"written": list(names)}:
                for name in map(str, names):
                    replies = found.waiting.pop(name, []) + stale.pop(name, [])
                    found.written.setdefault(name, []).extend(replies)
            case {"id": str(name), "prompt": str(digest), "reply": str(reply)}:
                current = digests.get(name) == digest
                (found.waiting if current else stale).setdefault(name, []).append(reply)
                if current:
                    found.settled.add(name)
            case {"id": str(name), "prompt": str(digest), "skipped": True}:
                if digests.get(name) == digest:
                    found.settled.add(name)
    return found


def parsed(line: str) -> Record:
    """A line's object; nothing for a line that is none, such as one that was cut off."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def replied(prompt: Prompt, reply: str) -> Record:
    """The record of a reply."""
    return {"id": prompt.id, "prompt": prompt.digest, "reply": reply}


def skipped(prompt: Prompt) -> Record:
    """The record of a prompt that need not be asked."""
    return {"id": prompt.id, "prompt": prompt.digest, "skipped": True}


def written(names: Iterable[str]) -> Record:
    """The record that what came of these prompts stands in the phrases file."""
    return {"written": list(names)}


def lines(path: Path) -> list[str]:
    """The journal's lines, none where there is no journal."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return []


def append(path: Path, record: Mapping[str, object]) -> None:
    """Put a record at the journal's end, on a line of its own even behind one that was cut off."""
    text = json.dumps(record, ensure_ascii=True) + "\n"
    with path.open("a+b") as stream:
        if stream.tell() and not _ends_a_line(path):
            text = "\n" + text
        stream.write(text.encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
