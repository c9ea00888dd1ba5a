"""The import command: a page of any format becomes an interview's file.

What was understood is told on stderr, for people; at a terminal they are asked where it is in
doubt. The interview's file is written whole, its phrases file never opened for writing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot import intake, knowledge
from bot.interview import Exchange, Interview, Origin
from bot.pages import NoPage, suggest_id
from bot.transcript import Corrections, NoInterview, Reading, read_page
from bot.transcript.preview import preview
from bot.yaml_text import short


class Refused(Exception):
    """Why nothing was written, in a sentence or a few lines for the person."""


Say = Callable[[str], object]
Ask = Callable[[str], str | None]
"""Puts a question to a person; None where the person goes away."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page's text as it was read, and the interview in it."""

    text: intake.Text
    reading: Reading


def run(
    page: Path, output: Path | None, corrections: Corrections, say: Say, ask: Ask | None
) -> str | None:
    """Import a page into a file, or, without one, return the file's text.

    `ask` is given where a person sits at a terminal. Raises `Refused` where nothing is written.
    """
    source = intake.read(page)
    if isinstance(source, NoPage):
        raise Refused(str(source))
    for warning in source.warnings:
        say(warning)
    found = _read(page, source, corrections)
    for line in _account(found):
        say(line)
    command = ["python", "-m", "bot", "import", str(page), *(["-o", str(output)] if output else [])]
    found = _agreed(page, source, found, corrections, command, say, ask)
    interview = _interview(found.reading, page, output)
    if output is None:
        return knowledge.dump(interview)
    try:
        _write(interview, output, say)
    except OSError as error:
        raise Refused(f"{output}: {error}") from None
    return None


def pages_of(interviews: Iterable[Interview], folder: Path) -> dict[str, tuple[str, ...]]:
    """The texts that the interviews' pages may be read as, the likeliest first; none where a page
    cannot be read. A page's path counts from here, else from beside the knowledge folder."""
    return {each.page: _texts(each.page, folder) for each in interviews if each.page}


def _texts(page: str, folder: Path) -> tuple[str, ...]:
    source = intake.read(Path(page) if Path(page).is_file() else folder.parent / page)
    return () if isinstance(source, NoPage) else tuple(text.text for text in source.texts)


def _read(page: Path, source: intake.Source, corrections: Corrections) -> Found:
    def reader(text: str) -> Reading | NoInterview:
        return read_page(text, corrections)

    text, reading = intake.best(source, reader, _measure)
    if isinstance(reading, NoInterview):
        raise Refused(f"{page}: 这一页里没有找到访谈:{reading.reason}。")
    for exchange in reading.exchanges:
        if wrong := intake.garbage("\n".join((exchange.question, *exchange.answer))):
            raise Refused(f"{page}: 没有读干净:{wrong};换一种格式另存(如 .docx 或 .txt)。")
    return Found(text, reading)


def _measure(reading: Reading | NoInterview) -> intake.Measure:
    if isinstance(reading, NoInterview):
        return intake.Measure(0)
    names = frozenset(speaker.name for speaker in reading.cast)
    return intake.Measure(len(reading.exchanges), names)


def _account(found: Found) -> Iterator[str]:
    """Every line that was taken for something else than speech, and what had to be guessed."""
    yield from found.text.left_out
    lines = found.text.text.split("\n")
    for line in found.reading.lines:
        if line.kind == "chrome":
            yield f"{line.number}: {line.name}: {lines[line.number - 1].strip()[:60]}"
    for warning in found.reading.warnings:
        yield f"请核对: {warning}"


# ── a person's say ───────────────────────────────────────────────────────────────────────────────

_HOW = (
    "有拿不准的地方。回车:照这样写;更正:h 主持人,…  g 嘉宾,…  n 不是说话人的,…  "
    "e 从哪一行起不是访谈;q:不写 › "
)


def _agreed(
    page: Path,
    source: intake.Source,
    found: Found,
    corrections: Corrections,
    command: Sequence[str],
    say: Say,
    ask: Ask | None,
) -> Found:
    """What was read, after a person has seen it and, where it is in doubt, corrected it."""
    while True:
        say(preview(found.reading, found.text.text.split("\n"), command).rstrip("\n"))
        is_doubtful = any(not exchange.sure for exchange in found.reading.exchanges)
        if ask is None or not is_doubtful:
            return found
        told = ask(_HOW)
        if told is None or told.strip() == "q":
            raise Refused("没有写。")
        if not told.strip():
            return found
        corrected = _corrected(corrections, told)
        if corrected is None:
            say("没看懂;例如:h 记者")
            continue
        try:
            found = _read(page, source, corrected)
            corrections = corrected
        except Refused as refused:
            say(str(refused))


def _corrected(corrections: Corrections, told: str) -> Corrections | None:
    """The corrections with one more; None where the line says none."""
    letter, _, rest = told.strip().partition(" ")
    given = names(rest)
    match letter:
        case "e" if rest.strip():
            return replace(corrections, end=end(rest))
        case "h" if given:
            return replace(corrections, host=given)
        case "g" if given:
            return replace(corrections, guest=given)
        case "n" if given:
            return replace(corrections, leave_out=given)
    return None


def names(given: str) -> tuple[str, ...]:
    """The names of a list with commas, half- or full-width."""
    parts = given.replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def end(given: str) -> int | str:
    """A line's number, or its beginning."""
    given = given.strip()
    return int(given) if given.isdecimal() else given


def at_terminal(prompt: str) -> str | None:
    """Ask the person at the terminal, on stderr, so that stdout stays the result's."""
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def _interview(reading: Reading, page: Path, output: Path | None) -> Interview:
    where = Origin(str(output or page), 1)
    name = suggest_id(output or page)
    exchanges = tuple(
        Exchange(name, f"q{n}", e.question, e.answer, where, speaker=e.speaker, review=not e.sure)
        for n, e in enumerate(reading.exchanges, 1)
    )
    stated = reading.metadata
    return Interview(
        name,
        where,
        title=stated.get("title", ""),
        published=stated.get("published", ""),
        source=stated.get("source", ""),
        site=stated.get("site", ""),
        editor=stated.get("editor", ""),
        host=stated.get("host", ""),
        guest=stated.get("guest", ""),
        page=page.as_posix(),
        exchanges=exchanges,
    )


def _write(interview: Interview, output: Path, say: Say) -> None:
    old = _old(output)
    if old is not None:
        taken = _spoken_of(output.parent, old.id)
        interview, lost = knowledge.renewed(old, interview, taken)
        for exchange in lost:
            say(f"{exchange.where}: 页面里已没有这一问:“{short(exchange.question)}”")
        _split(old, output, say)
    new = knowledge.dump(interview).encode("utf-8")
    if not output.exists() or output.read_bytes() != new:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(new)


def _old(output: Path) -> Interview | None:
    """The interview that the file holds; a file that holds something else is not touched."""
    if not output.exists() or (output.is_file() and not output.stat().st_size):
        return None
    old, faults = knowledge.read_interview(output)
    if old is None:
        told = "\n".join(map(str, faults))
        raise Refused(f"{told}\n{output}: 不是访谈文件,没有动它;删掉它,或用 -o 写到别处。")
    return old


def _spoken_of(folder: Path, interview: str) -> set[str]:
    """The ids of the exchanges that the folder's phrases files name."""
    read = (knowledge.read_phrases(path)[0] for path in folder.glob(f"*{knowledge.PHRASES}"))
    found = [phrases for phrases in read if phrases and phrases.interview == interview]
    return {group.exchange for phrases in found for group in phrases.groups}


def _split(old: Interview, output: Path, say: Say) -> None:
    """Phrases that stand in the interview's file, as they did once, get a file of their own."""
    if not (old.declines or any(knowledge.authored_fields(e) for e in old.exchanges)):
        return
    names = (f"{output.stem}{n}{knowledge.PHRASES}" for n in ("", *(f".{n}" for n in range(2, 99))))
    phrases = next(path for name in names if not (path := output.with_name(name)).exists())
    kept = output.with_name(f"{output.name}.old")
    kept.write_bytes(output.read_bytes())
    phrases.write_bytes(knowledge.dump_phrases(old).encode("utf-8"))
    say(f"{output}: 问法移到了 {phrases};原来的文件(连同注释)留作 {kept}")
