"""The command line: reads argv and environment, and puts the parts together."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from bot import edition, index_cache, knowledge, progress, render, yaml_text
from bot.edition import Edition
from bot.encoder import Progress
from bot.encoder import load as load_encoder
from bot.interview import Interview, Knowledge
from bot.respond import Answer, Choices, Conversation, NotCovered, SmallTalk, Turn
from bot.search import Encoder, Index
from bot.settings import NotConfigured, database, endpoint, environment, settings

if TYPE_CHECKING:
    from bot.ledger import Desk, Page
    from bot.suggest import Model

GOOD, FAULTY, MISUSED, INTERRUPTED = 0, 1, 2, 130
ENCODING = "给问法编码(只做一次)"


class Stop(Exception):
    """A sentence for the person at the keyboard, and the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


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

    suggesting = commands.add_parser(
        "suggest",
        help="phrases drafted by a language model, checked, into the phrases file",
        description="Ask a language model how people would put their questions, and add what is "
        "fit to the interview's phrases file, under “suggested”. Without --via: an "
        "OpenAI-compatible server at $OPENAI_BASE_URL, with $OPENAI_API_KEY if it wants one.",
    )
    suggesting.add_argument("interview", metavar="INTERVIEW", help="its id, or its file")
    asked = suggesting.add_mutually_exclusive_group()
    asked.add_argument(
        "--via",
        metavar="COMMAND",
        help="reads a prompt on stdin, prints the reply: 'llm -m …', 'ollama run …', a script",
    )
    asked.add_argument("--model", metavar="NAME", help="of the models that the server has")
    asked.add_argument(
        "--from",
        dest="replies",
        metavar="FILE",
        help='ask nobody: take replies from JSON lines {"id": …, "reply": …} (- for stdin)',
    )
    suggesting.add_argument(
        "--dry-run", action="store_true", help="print what would be asked as JSON lines"
    )
    suggesting.add_argument(
        "--most", type=_number(1), default=30, metavar="N", help="phrases a sentence (default: 30)"
    )
    suggesting.add_argument(
        "--jobs", type=_number(1), default=4, metavar="N", help="calls at once (default: 4)"
    )
    suggesting.add_argument(
        "--timeout",
        type=_number(1),
        default=300,
        metavar="SECONDS",
        help="for one reply (default: 300)",
    )
    suggesting.add_argument(
        "--again", action="store_true", help="ask once more what was answered in earlier runs"
    )
    suggesting.set_defaults(command=_suggest)

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

    _add_ledger(commands)
    return parser


def _add_ledger(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ledger = commands.add_parser(
        "ledger",
        help="the questions that found no answer, and what became of them",
        description="Lists the cases that wait, those that were asked most first.",
    )
    ledger.add_argument("--all", action="store_true", help="closed ones and those put aside, too")
    ledger.add_argument("--far", action="store_true", help="what no interview comes near, instead")
    ledger.add_argument(
        "--most", type=_number(1), default=6, metavar="N", help="cases to list (default: 6)"
    )
    ledger.set_defaults(command=_ledger, does="list")
    does = ledger.add_subparsers(metavar="DO")
    for name, state, what in (
        ("show", None, "all that is known of a case"),
        ("take", "taken", "somebody takes care of a case"),
        ("close", "closed", "a case is settled"),
        ("aside", "aside", "a case is put aside"),
        ("reopen", "open", "a case is open again"),
    ):
        one = does.add_parser(name, help=what)
        one.add_argument("number", type=_number(1), metavar="N", help="the number of the case")
        one.set_defaults(does=name, state=state, by=None, until=None, how=None)
        if state:
            one.add_argument("--by", metavar="WHO", help="who does this (default: $USER)")
        if name == "take":
            one.add_argument("--until", type=_date, metavar="DATE", help="promised: 2025-01-31")
        if name == "close":
            one.add_argument("--how", required=True, metavar="TEXT", help="in a few words")
    _add_lessons(does)
    export = does.add_parser("export", help="all cases, for other programs")
    export.add_argument("--format", choices=("csv", "json"), default="csv")
    far = "what no interview comes near, instead"
    export.add_argument("--far", action="store_true", default=argparse.SUPPRESS, help=far)
    export.set_defaults(does="export")
    stats = does.add_parser("stats", help="asked, answered, closed, week by week")
    stats.add_argument("--svg", type=Path, metavar="FILE", help="draw it, too")
    stats.set_defaults(does="stats")


def _add_lessons(does: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = (
        "Checked as by “check”, with what else would be answered otherwise; then written into the "
        "interview's phrases and question files, asked again, and the case is closed."
    )
    teach = does.add_parser("teach", help="a case is answered from now on", description=told)
    decline = does.add_parser(
        "decline", help="the interview does not speak of a case", description=told
    )
    unteach = does.add_parser("unteach", help="what was learnt from a case is taken back")
    for name, one in (("teach", teach), ("decline", decline), ("unteach", unteach)):
        one.add_argument("number", type=_number(1), metavar="N", help="the number of the case")
        one.set_defaults(does=name)
    teach.add_argument("exchange", metavar="EXCHANGE", help="q4, or xiamen-2014/q4")
    teach.add_argument(
        "--quote", default="", metavar="TEXT", help="the sentences of the answer, verbatim"
    )
    decline.add_argument("--interview", metavar="ID", help="where there are several")
    for one in (teach, decline):
        one.add_argument("--as", dest="wording", metavar="WORDING", help="in better words")
    for one in (teach, decline, unteach):
        one.add_argument("--by", metavar="WHO", help="who does this (default: $USER)")


def _date(text: str) -> float:
    """The end of a day, as people mean it who promise something until then."""
    day = datetime.strptime(text, "%Y-%m-%d")
    return (day + timedelta(days=1, seconds=-1)).timestamp()


_date.__name__ = "date such as 2025-01-31"  # argparse puts it into its sentence


def _run(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import tg
    from bot.reloading import Reloading

    configured = settings(given)
    if hasattr(signal, "SIGHUP"):
        # “Read the knowledge”: before it is served it would end us, and afterwards the files are
        # looked at anyway.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder, starts, over = _folder(options, given), Event(), Event()

    def encoding(batches: Iterable[Sequence[str]], total: int) -> Iterator[Sequence[str]]:
        """At the start somebody may be watching; later nobody is, and the end must not wait."""
        if not starts.is_set():
            yield from progress.shown(batches, total, ENCODING)
            return
        for batch in batches:
            if over.is_set():
                sys.exit()  # ends the thread, not the process
            yield batch

    encoder = _encoder(folder, encoding)
    reloading = Reloading(folder, encoder, _loaded(folder, encoder), over=over)
    starts.set()
    return tg.run(reloading, configured)


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


def _batch(bot: Edition) -> int:
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
    turns: Sequence[Turn], bot: Edition, more: Callable[[Turn], Record] = lambda _: {}
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


def _shown(turns: Sequence[Turn], bot: Edition) -> list[str]:
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


def _suggest(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import suggest

    folder = _folder(options, given)
    loaded, faults = knowledge.load(folder)
    task = suggest.Task(
        loaded,
        _named(loaded, options.interview, folder),
        options.most,
        options.jobs,
        options.again,
    )
    unasked = suggest.unasked(task)
    if options.dry_run:
        _say(suggest.price(unasked))
        for prompt in unasked:
            print(_json({"id": prompt.id, "prompt": prompt.digest, "text": prompt.text}))
        return GOOD
    for fault in faults:
        _say(str(fault))
    try:
        if options.replies:
            result = suggest.run(task, None, _replies(options.replies))
        else:
            model = _model(options, given)
            _say(suggest.price(unasked))
            said = (lambda _: None) if progress.watched() else _say  # the bar says enough
            with progress.counted(len(unasked), "提问") as count:
                result = suggest.run(task, model, (), said, count)
    except suggest.Hopeless as error:
        raise Stop(str(error), MISUSED) from None
    except suggest.Unwritable as error:
        raise Stop(str(error), FAULTY) from None
    except KeyboardInterrupt:
        _say("停下了; 再运行一次会接着做")
        raise
    for line in suggest.told(task, result):
        _say(line)
    return MISUSED if result.hopeless else GOOD if result.good else FAULTY


def _named(loaded: Knowledge, name: str, folder: Path) -> Interview:
    """The interview with this id, or in this file."""
    for interview in loaded.interviews:
        if interview.id == name or _same_file(interview.where.file, name):
            return interview
    there = "、".join(interview.id for interview in loaded.interviews) or "一篇也没有"
    raise Stop(f"{folder} 里没有访谈“{yaml_text.short(name, 40)}”; 有:{there}。", MISUSED)


def _same_file(ours: str, name: str) -> bool:
    try:
        return os.path.samefile(ours, name)
    except (OSError, ValueError):
        return False


def _model(options: argparse.Namespace, given: Mapping[str, str]) -> Model:
    from bot import suggest

    if options.via is None:
        server = endpoint(given)
        if not options.model:
            raise Stop("没有 --model; 写出服务器上的一个模型,或用 --via 命令。", MISUSED)
        return suggest.Endpoint(server.url, server.key, options.model, options.timeout)
    try:
        words = shlex.split(options.via)
    except ValueError:
        raise Stop("--via: 引号没有成对; 把整条命令放进一对引号里。", MISUSED) from None
    return suggest.Command(words, options.timeout)


def _replies(name: str) -> Iterator[Record]:
    """The records of a file of replies; a line that is none is an empty one."""
    from bot import suggest

    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Stop(f"--from: {name} 读不了({error})。", MISUSED) from None
    yield from (suggest.parsed(line) for line in text.split("\n") if line.strip())


def _number(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if (value := int(text)) < least:
            raise ValueError
        return value

    number.__name__ = f"number from {least}"  # argparse puts it into its sentence
    return number


def _check(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import checks, importing, question_files

    folder = _folder(options, given)
    loaded, faults = knowledge.load(folder)
    found = [*faults, *question_files.faults(folder, loaded)]
    pages = importing.pages_of(loaded.interviews, folder)
    found += checks.check(loaded, pages, Index(loaded))
    for fault in found:
        print(fault)
    count = sum(1 for _ in loaded.exchanges())
    _say(f"{len(loaded.interviews)} interviews, {count} exchanges, {len(found)} faults")
    return FAULTY if found else GOOD


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


def _ledger(options: argparse.Namespace, given: Mapping[str, str]) -> int:
    from bot import ledger
    from bot.store import Ledger, Unopenable

    address = database(given)
    file = address.removeprefix("sqlite:///")
    if file != address and not Path(file).is_file():
        raise Stop(f"BOT_DATABASE: 还没有 {file}; 把它设成机器人在用的数据库。", MISUSED)
    try:
        book = Ledger(address)
    except Unopenable as error:
        raise Stop(str(error), MISUSED) from None
    try:
        page = _page(given, book.now())
        folder = _folder(options, given)
        desk = ledger.Desk(book, lambda: _bot(options, given), page, folder)
        _do(options, given, desk)
    except ledger.Refused as refused:
        raise Stop(str(refused), FAULTY) from None
    except Unopenable as error:
        raise Stop(str(error), MISUSED) from None
    finally:
        book.close()
    return GOOD


def _do(options: argparse.Namespace, given: Mapping[str, str], desk: Desk) -> None:
    from bot.ledger import command
    from bot.store import Change

    match options.does:
        case "list":
            command.show_all(desk, options.most, options.all, options.far)
        case "show":
            command.show(desk, options.number)
        case "export":
            command.export(desk, options.format, options.far)
        case "stats":
            command.stats(desk, options.svg)
        case "teach" | "decline" | "unteach":
            _learn(options, given, desk)
        case _:
            step = Change(options.state, _who(options, given), options.until, options.how)
            command.change(desk, options.number, step)


def _learn(options: argparse.Namespace, given: Mapping[str, str], desk: Desk) -> None:
    from bot.ledger import lessons

    by, number = _who(options, given), options.number
    match options.does:
        case "teach":
            lessons.teach(desk, number, options.exchange, options.quote, options.wording, by)
        case "decline":
            lessons.decline(desk, number, options.interview, options.wording, by)
        case _:
            lessons.unteach(desk, number, by)


def _who(options: argparse.Namespace, given: Mapping[str, str]) -> str:
    if by := options.by or given.get("USER"):
        return str(by)
    raise Stop("--by: 没有写是谁; 加上 --by 名字。", MISUSED)


def _page(given: Mapping[str, str], now: float) -> Page:
    from bot.ledger import Page

    watched = sys.stdout is not None and sys.stdout.isatty() and given.get("TERM") != "dumb"
    columns = shutil.get_terminal_size((100, 24)).columns
    return Page(columns, watched and not given.get("NO_COLOR"), now)


def _bot(options: argparse.Namespace, given: Mapping[str, str]) -> Edition:
    folder = _folder(options, given)

    def encoding(batches: Iterable[Sequence[str]], total: int) -> Iterator[Sequence[str]]:
        return progress.shown(batches, total, ENCODING)

    return _loaded(folder, _encoder(folder, encoding))


def _loaded(folder: Path, encoder: Encoder | None) -> Edition:
    bot = edition.load(folder, encoder)
    for fault in bot.faults:
        _say(str(fault))
    if not any(bot.knowledge.exchanges()):
        raise Stop(f"{folder}: 没有可用的问答。用 import 从访谈页面生成一个。", FAULTY)
    return bot


def _encoder(folder: Path, encoding: Progress) -> Encoder | None:
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
