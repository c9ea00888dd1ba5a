"""The conversation in a terminal: colours, history, choices. The home of prompt_toolkit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.styles import Style

from bot import render
from bot.interview import Interview
from bot.respond import Conversation, Responder

_COLOURS = Style.from_dict(
    {
        "quote": "bold ansigreen",
        "whole": "",
        "host": "ansicyan",
        "ours": "ansibrightblack",
        "plain": "",
        "you": "bold ansiyellow",
    }
)
_WELCOME = "问访谈里的事，我用嘉宾的原话回答。可以直接输入编号；Ctrl-D 离开。\n"
_GOODBYE = "再见。"


def chat(responder: Responder, interviews: Mapping[str, Interview]) -> int:
    """Talk until the end of the input; returns the exit status."""
    show = _coloured if sys.stdout.isatty() else _plain
    show((render.Run(_WELCOME, "ours"),))
    if len(interviews) > 1:
        shown = tuple(interviews.values())[: render.LISTED]
        show((*render.interviews(shown, 1, "zh-hans"), render.Run("\n")))
    conversation = Conversation()
    for question in _asked():
        turns = responder.respond(question, conversation)
        conversation = turns[-1].conversation
        for turn in turns:
            show((*render.terse(turn.reply, interviews), render.Run("\n")))
    show((render.Run(_GOODBYE, "ours"),))
    return 0


def _asked() -> Iterator[str]:
    """What the person types, a line at a time, without the empty ones."""
    read = _typed() if sys.stdin.isatty() else sys.stdin.readline
    try:
        while line := read():
            if line.strip():
                yield line.strip()
    except (EOFError, KeyboardInterrupt):
        return


def _typed() -> Callable[[], str]:
    session: PromptSession[str] = PromptSession(style=_COLOURS)
    # A line without its end would read as the end of the input.
    return lambda: session.prompt([("class:you", "你 › ")]) + "\n"


def _coloured(message: render.Message) -> None:
    pieces = FormattedText([(f"class:{run.style}", run.text) for run in message])
    print_formatted_text(pieces, style=_COLOURS)


def _plain(message: render.Message) -> None:
    print(render.plain(message), flush=True)
