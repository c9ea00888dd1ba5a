"""The command line: reads argv and environment, and puts the parts together."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TypeAlias

from bot import index_cache, knowledge, progress, render, yaml_text
from bot.encoder import load as load_encoder
from bot.interview import Interview, Knowledge
from bot.policy import policy_for, thinner
from bot.respond import Answer, Choices, Conversation, NotCovered, Responder, SmallTalk, Turn
from bot.search import Encoder, Index
from bot.settings import NotConfigured, environment, settings

GOOD, FAULTY, MISUSED, INTERRUPTED = 0, 1, 2, 130


class Stop(Exception):
    """A sentence for the person at the keyboard, and the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Bot:
    """Knowledge that has been loaded, and what answers from it."""

    knowledge: Knowledge
    responder: Responder

    @property
    def interviews(self) -> Mapping[str, Interview]:
        """The interviews by their ids."""
        return {interview.id: interview for interview in self.knowledge.interviews}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 good, 1 the data is at fault, 2 used wrongly."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # none where it was closed before we started
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    given = environment(os.environ)
    options = _parser().parse_args(argv)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        status: int = options.command(options, given)
        return status
    except NotConfigured as error:
        return _say(str(error), MISUSED)
    except Stop as stop:
        return _say(str(stop), stop.status)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough; what Python still wants to flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fangtan", description="Answers questions about an interview in the guest's own words."
    )
    parser.add_argument(
        "--knowledge",
        metavar="DIR",
        type=Path,
        help="folder of knowledge files (default: $BOT_KNOWLEDGE, ./knowledge, or the bundled one)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="the Telegram bot")
    run.set_defaults(command=_run)

    chat = commands.add_parser("chat", help="the same conversation in this terminal")
    chat.set_defaults(command=_chat)

    ask = commands.add_parser("ask", help="one question, one answer, and how it was found")
    ask.add_argument("text", nargs="?", metavar="TEXT", help="the question")
    ask.add_argument("--json", action="store_true", help="print one JSON object")
    ask.add_argument("--batch", action="store_true", help="JSON lines in, JSON lines out")
    ask.set_defaults(command=_ask, parser=ask)

    importing = commands.add_parser("import", help="an interview's page to a knowledge file")
    importing.add_argument("page", type=Path, metavar="PAGE")
    importing.add_argument(
        "-o", dest="output", type=Path, metavar="FILE", help="write or update FILE (default: print)"
    )
    for option, name, what in (
        ("--host", "host", "who asks, by the labels on the page"),
        ("--guest", "guest", "who answers"),
        ("--not", "leave_out", "labels that are no speakers"),
    ):
        importing.add_argument(option, dest=name, default="", metavar="NAME,…", help=what)
    importing.add_argument(
        "--end",
        metavar="LINE",
        help="the first line that no longer belongs: its number, or how it begins",
    )
    importing.set_defaults(command=_import)

    check = commands.add_parser("check", help="every fault of the knowledge at once")
    check.set_defaults(command=_check)

    evaluate = commands.add_parser("eval", help="question files to a table of rates per kind")
    evaluate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    evaluate.add_argument(
        "--calibrate", action="store_true", help="print what each threshold would answer, too"
    )
    evaluate.add_argument(
        "--after",
        action="store_true",
        help="each question cold and right after an answered question of each exchange",
    )
    evaluate.add_argument("--failures", action="store_true", help="list what went wrong, too")
    evaluate.set_defaults(command=_eval)
    return parser


def _run(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import tg

    configured = settings(given)
    bot = _bot(options, given)
    return tg.run(bot.responder, bot.knowledge, configured)


def _chat(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import terminal

    bot = _bot(options, given)
    return terminal.chat(bot.responder, bot.interviews)


def _ask(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    if options.batch == (options.text is not None):
        options.parser.error("give either TEXT or --batch")
    bot = _bot(options, given)
    if options.batch:
        return _batch(bot)
    turns = bot.responder.respond(options.text, Conversation())
    if options.json:
        print(_json(_record(turns, bot, _explained)))
        return GOOD
    for turn, text in zip(turns, _shown(turns, bot), strict=True):
        print(text, end="\n\n")
        for line in _explanation(turn):
            print(line)
    return GOOD


def _batch(bot: Bot) -> int:
    conversations: dict[str, Conversation] = {}
    status = GOOD
    for line in sys.stdin or ():
        try:
            text, chat = _request(line)
        except ValueError as error:
            print(_json({"error": str(error)}), flush=True)
            status = FAULTY
            continue
        memory = conversations.get(chat, Conversation()) if chat is not None else Conversation()
        turns = bot.responder.respond(text, memory)
        if chat is not None:
            conversations[chat] = turns[-1].conversation
        print(_json(_record(turns, bot)), flush=True)
    return status


def _request(line: str) -> tuple[str, str | None]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(request, dict) or not isinstance(request.get("text"), str):
        raise ValueError('not an object with "text": "…"')
    chat = request.get("chat")
    if chat is not None and not isinstance(chat, str):
        raise ValueError('"chat" is not a string')
    return request["text"], chat


def _json(record: Mapping[str, object]) -> str:
    # A lone surrogate cannot be written as UTF-8; escaped, it is not lost.
    text = json.dumps(record, ensure_ascii=False)
    return text if text.isprintable() or _encodes(text) else json.dumps(record)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


Record: TypeAlias = dict[str, object]


def _record(
    turns: Sequence[Turn], bot: Bot, more: Callable[[Turn], Record] = lambda _: {}
) -> Record:
    """The turns of one message as `ask --batch` promises them: the first answer's fields, else the
    first's, the text of all, and one object each."""
    texts = _shown(turns, bot)
    replies = [_fields(turn, text) | more(turn) for turn, text in zip(turns, texts, strict=True)]
    first = next((reply for reply in replies if reply["outcome"] == "answer"), replies[0])
    return {**first, "text": "\n\n".join(texts), "replies": replies}


def _fields(turn: Turn, text: str) -> Record:
    reply = turn.reply
    answer = reply if isinstance(reply, Answer) else None
    return {
        "outcome": _OUTCOMES[type(reply)],
        "pair": answer.exchange.key if answer else None,
        "score": round(turn.score, 4),
        "quote": answer.quote if answer else None,
        "choices": [e.key for e in reply.exchanges] if isinstance(reply, Choices) else [],
        "text": text,
    }


_OUTCOMES: Mapping[type, str] = {
    Answer: "answer",
    Choices: "choices",
    NotCovered: "none",
    SmallTalk: "smalltalk",
}


def _shown(turns: Sequence[Turn], bot: Bot) -> list[str]:
    """The replies to one message, in full; of an exchange that answers twice the second time only
    the passage."""
    texts: list[str] = []
    whole: set[str] = set()
    for turn in turns:
        match turn.reply:
            case Answer(exchange) as reply if exchange.key in whole:
                texts.append(render.plain(render.terse(reply, bot.interviews)))
            case reply:
                texts.append(render.plain(render.message(reply, bot.interviews)))
        if isinstance(turn.reply, Answer):
            whole.add(turn.reply.exchange.key)
    return texts


def _explained(turn: Turn) -> Record:
    nearest = [
        {
            "pair": match.exchange.key,
            "score": round(match.score, 4),
            "phrase": match.phrase.text,
            "where": str(match.phrase.where),
        }
        for match in turn.ranking.matches[:3]
    ]
    return {"nearest": nearest, "outside": round(turn.ranking.outside, 4)}


def _explanation(turn: Turn) -> Iterator[str]:
    yield f"score {turn.score:.2f}   outside {turn.ranking.outside:.2f}"
    for match in turn.ranking.matches[:3]:
        near = match.phrase.text.replace("\n", " ")
        yield f"{match.score:.2f}  {match.exchange.key}  {match.phrase.where}  {near[:60]}"


def _import(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import importing
    from bot.transcript import Corrections

    told = Corrections(
        importing.names(options.host),
        importing.names(options.guest),
        importing.names(options.leave_out),
        importing.end(options.end) if options.end else None,
    )
    is_watched = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    ask = importing.at_terminal if is_watched else None
    try:
        text = importing.run(options.page, options.output, told, _say, ask)
    except importing.Refused as refused:
        raise Stop(str(refused), FAULTY) from None
    if text is not None:
        print(text, end="")
    return GOOD


def _check(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import checks

    folder = _folder(options, given)
    loaded, faults = knowledge.load(folder)
    found = list(faults)
    texts = {i.page: _texts(i, folder) for i in loaded.interviews if i.page}
    found += checks.check(loaded, texts, Index(loaded))
    for fault in found:
        print(fault)
    count = sum(1 for _ in loaded.exchanges())
    _say(f"{len(loaded.interviews)} interviews, {count} exchanges, {len(found)} faults")
    return FAULTY if found else GOOD


def _texts(interview: Interview, folder: Path) -> tuple[str, ...]:
    """The interview's page: its path counts from here, else from beside the knowledge folder."""
    from bot import importing

    beside = folder.parent / interview.page
    return importing.texts_of(Path(interview.page) if Path(interview.page).is_file() else beside)


def _eval(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import evaluate

    conversations = []
    for file in options.files:
        document, faults = yaml_text.read_plain(file)
        if faults:
            raise Stop("\n".join(map(str, faults)), FAULTY)
        try:
            conversations += evaluate.questions(document)
        except ValueError as error:
            raise Stop(f"{file}: {error}", FAULTY) from None
    bot = _bot(options, given)
    verdicts = evaluate.judge(conversations, bot.responder.respond)
    if options.after:
        after = evaluate.judge_after(conversations, bot.responder)
        print(evaluate.table_after(verdicts, after))
        verdicts += after
    else:
        print(evaluate.table(verdicts))
    if options.calibrate:
        print(evaluate.curve(verdicts))
    if options.failures:
        for verdict in verdicts:
            if not verdict.good:
                print(evaluate.failure(verdict))
    return GOOD


def _bot(options: argparse.Namespace, given: Mapping[str, str]) -> Bot:
    folder = _folder(options, given)
    loaded, faults, index = index_cache.built(folder, _encoder(folder))
    for fault in faults:
        _say(str(fault))
    if not any(loaded.exchanges()):
        raise Stop(f"{folder}: 没有可用的问答。用 import 从访谈页面生成一个。", FAULTY)
    return Bot(loaded, Responder(index, policy_for(index), thinner(index)))


def _encoder(folder: Path) -> Encoder | None:
    def encoding(batches: Iterable[Sequence[str]], total: int) -> Iterator[Sequence[str]]:
        return progress.shown(batches, total, "给问法编码(只做一次)")

    return load_encoder(folder, _bundled(), index_cache.place(folder, "npz"), encoding)


def _folder(options: argparse.Namespace, given: Mapping[str, str]) -> Path:
    for name, value in (
        ("--knowledge", options.knowledge),
        ("BOT_KNOWLEDGE", given.get("BOT_KNOWLEDGE")),
    ):
        if value:
            if not os.path.isdir(value):
                sentence = f"{name}: {value} 不是文件夹; 把它设成放知识文件(*.yaml)的文件夹。"
                raise Stop(sentence, MISUSED)
            return Path(value)
    here = Path("knowledge")
    if here.is_dir():
        return here
    return _bundled()


def _bundled() -> Path:
    """The knowledge installed with the package, or that of the checkout it runs from."""
    package = Path(__file__).parent
    installed = package / "_knowledge"
    return installed if installed.is_dir() else package.parent / "knowledge"


def _say(sentence: str, status: int = GOOD) -> int:
    print(sentence, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
