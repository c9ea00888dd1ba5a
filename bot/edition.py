"""One version of the knowledge in service: how a folder becomes what answers from it."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import index_cache, knowledge
from bot.interview import Interview, Knowledge, Origin
from bot.policy import policy_for, thinner
from bot.respond import Responder
from bot.search import Encoder, Index
from bot.yaml_text import Fault

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Edition:
    """Knowledge as it was loaded, without what was faulty, and what answers from it.

    `version` names what the folder's files said, the same on every machine.
    """

    knowledge: Knowledge
    responder: Responder
    faults: tuple[Fault, ...]
    version: str

    @property
    def interviews(self) -> Mapping[str, Interview]:
        """The interviews by their ids."""
        return {interview.id: interview for interview in self.knowledge.interviews}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why what the folder says is not taken into service."""

    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """One line a fault: `file:line: what is wrong; what to write instead`."""
        return "\n".join(map(str, self.faults))


def load(folder: Path, encoder: Encoder | None) -> Edition:
    """The folder's knowledge, whatever is wrong with it; perhaps without a single exchange."""
    version = index_cache.version(folder)
    with _unhurried():
        loaded, faults, index = index_cache.built(folder, encoder)
    return Edition(loaded, answering(index), faults, version)


def answering(index: Index) -> Responder:
    """What answers from an index, by the thresholds that fit it."""
    return Responder(index, policy_for(index), thinner(index))


def successor(folder: Path, encoder: Encoder | None, served: Edition) -> Edition | Refused:
    """What is to be served next, if nothing that the folder says is unfit; raises nothing.

    Of what `check` knows, the phrases are left out that find another exchange or say the same
    twice: they put nothing into the guest's mouth, and to look takes 25 s for the bundled
    interview, all else 0.1.
    """
    try:
        if faults := _unfit(folder, served.knowledge):
            return Refused(faults)
        return load(folder, encoder)
    except Exception as error:  # a bug, or no memory: what is served stays in service
        _LOG.exception("the knowledge in %s cannot be loaded", folder)
        wrong = f"载入时出错({type(error).__name__}: {error})"
        return Refused((about(folder, wrong, "详情见日志"),))


def _unfit(folder: Path, served: Knowledge) -> tuple[Fault, ...]:
    from bot import checks, importing

    with _unhurried():
        loaded, faults = knowledge.load(folder)
    pages = importing.pages_of(_changed(loaded, served), folder)
    found = (*faults, *checks.unfit(loaded, pages))
    if found or any(loaded.exchanges()):
        return found
    return (about(folder, "没有可用的问答", "用 import 从访谈页面生成一个"),)


def _changed(loaded: Knowledge, served: Knowledge) -> Iterator[Interview]:
    """The interviews that say something else than what is served: PDF pages take seconds each."""
    known = {_words(interview) for interview in served.interviews}
    yield from (interview for interview in loaded.interviews if _words(interview) not in known)


def _words(interview: Interview) -> tuple[object, ...]:
    """All that an interview has from its page."""
    said = tuple((exchange.question, exchange.answer) for exchange in interview.exchanges)
    return *(getattr(interview, name) for name in knowledge.METADATA), said


def about(folder: Path, wrong: str, instead: str) -> Fault:
    """A fault of a folder, not of one of its lines."""
    return Fault(Origin(str(folder), 1), wrong, instead)


@contextmanager
def _unhurried() -> Iterator[None]:
    """Long work in a thread beside one that answers: more patient with garbage, less with the lock.

    Hundreds of thousands of objects come that all stay. To look through all of them for garbage
    again and again takes a third longer, and stops every other thread for up to 60 ms each time.
    Whoever wants the interpreter's lock gets it after 1 ms, not 5: beside a build the slowest
    question then takes 12 ms instead of 60.
    """
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(*thresholds[:2], 1_000_000)  # the young are still looked through
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
