"""Question files become rates: how well the bot understands, per kind of question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from bot.interview import Exchange
from bot.respond import Answer, Choices, Conversation, Turn, principal

Respond: TypeAlias = Callable[[str, Conversation], tuple[Turn, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks, and what would be right: see `tests/questions/dev.yaml`.

    `target` and `accept` name exchanges, by their ids (q4) or by their keys (xiamen-2014/q4).
    """

    text: str
    kind: str
    target: str
    accept: tuple[str, ...]
    contains: tuple[str, ...]
    follows: bool

    @property
    def in_scope(self) -> bool:
        """Whether an interview answers it."""
        return self.target != "none"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a question; `after` is the exchange that was answered before, if one was."""

    question: Question
    turn: Turn
    after: str = ""

    @property
    def right(self) -> bool:
        """Answered with the target, or with an exchange that is as good."""
        exchange = _answered(self.turn)
        return exchange is not None and self.names(exchange)

    @property
    def offered(self) -> bool:
        """Not answered, but the target is among the choices."""
        reply = self.turn.reply
        return isinstance(reply, Choices) and any(map(self.names, reply.exchanges))

    @property
    def wrong(self) -> bool:
        """Answered with another exchange, or answered although no interview does."""
        return _answered(self.turn) is not None and not self.right

    @property
    def quoted(self) -> bool:
        """Answered, and the passage holds what it must."""
        reply = self.turn.reply
        return isinstance(reply, Answer) and all(c in reply.quote for c in self.question.contains)

    @property
    def good(self) -> bool:
        """As good as can be: the right sentence of the right exchange, or rightly no answer."""
        if self.question.in_scope:
            return self.right and self.quoted
        return not self.wrong

    def names(self, exchange: Exchange) -> bool:
        """Whether this is the exchange that is wanted, or one that is as good."""
        wanted = (self.question.target, *self.question.accept)
        return exchange.id in wanted or exchange.key in wanted


def _answered(turn: Turn) -> Exchange | None:
    return turn.reply.exchange if isinstance(turn.reply, Answer) else None


def questions(document: object) -> list[list[Question]]:
    """The conversations of a question file; raises ValueError where it isn't one.

    A file is a list of questions, each its own conversation, or of `{name, turns: [questions]}`.
    """
    if not isinstance(document, list) or not document:
        raise ValueError("a question file is a list of questions")
    conversations = []
    for entry in document:
        turns = entry.get("turns", [entry]) if isinstance(entry, Mapping) else None
        if not isinstance(turns, list):
            raise ValueError(f"not a question: {str(entry)[:60]}")
        conversations.append([_question(turn, n > 0) for n, turn in enumerate(turns)])
    return conversations


def _question(entry: object, follows: bool) -> Question:
    if not isinstance(entry, Mapping) or not {"q", "kind", "target"} <= entry.keys():
        raise ValueError(f"a question has q, kind and target: {str(entry)[:60]}")
    accept, contains = entry.get("accept") or (), entry.get("contains") or ()
    if isinstance(accept, str) or isinstance(contains, str):
        raise ValueError(f"accept and contains are lists: {str(entry)[:60]}")
    return Question(
        str(entry["q"]),
        str(entry["kind"]),
        str(entry["target"]),
        tuple(map(str, accept)),
        tuple(map(str, contains)),
        follows,
    )


def judge(conversations: Iterable[Sequence[Question]], respond: Respond) -> list[Verdict]:
    """Every question put, each conversation from its beginning."""
    verdicts = []
    for conversation in conversations:
        memory = Conversation()
        for question in conversation:
            turns = respond(question.text, memory)
            memory = turns[-1].conversation
            verdicts.append(Verdict(question, principal(turns)))
    return verdicts


class Talker(Protocol):
    """What answers: `bot.respond.Responder`, or a stand-in."""

    @property
    def exchanges(self) -> Sequence[Exchange]: ...

    def respond(self, message: str, conversation: Conversation) -> tuple[Turn, ...]: ...


def judge_after(conversations: Iterable[Sequence[Question]], talker: Talker) -> list[Verdict]:
    """Every question put right after an answered question of each exchange.

    The question before is the host's, or else the first authored way to ask that is answered.
    """
    questions = [question for conversation in conversations for question in conversation]
    verdicts = []
    for exchange in talker.exchanges:
        if before := _answered_by(exchange, talker):
            for question in questions:
                turn = principal(talker.respond(question.text, before))
                verdicts.append(Verdict(question, turn, exchange.key))
    return verdicts


def _answered_by(exchange: Exchange, talker: Talker) -> Conversation | None:
    for asked in (exchange.question, *(ask.text for ask in exchange.asks)):
        turn = talker.respond(asked, Conversation())[-1]
        if turn.conversation.exchange == exchange.key:
            return turn.conversation
    return None


def table_after(cold: Sequence[Verdict], after: Sequence[Verdict]) -> str:
    """Rates in per cent, cold and after an answer side by side, a line per kind of question."""
    head = "".join(f"{name:>16}" for name in _BOTH)
    lines = [f"{'kind':<14}{'n':>5}{head}", f"{'':<19}" + f"{'cold':>8}{'after':>8}" * len(_BOTH)]
    groups = _groups(cold)
    for name, belongs in groups.items():
        pair = [list(filter(belongs, verdicts)) for verdicts in (cold, after)]
        cells = "".join(f"{_share(some, holds):>8}" for holds in _BOTH.values() for some in pair)
        lines.append(f"{name:<14}{len(pair[0]):>5}{cells}")
    return "\n".join(lines)


_BOTH: Mapping[str, Callable[[Verdict], bool]] = {
    "right": lambda v: v.right,
    "wrong or false": lambda v: v.wrong,
    "choices": lambda v: isinstance(v.turn.reply, Choices),
}


def table(verdicts: Sequence[Verdict]) -> str:
    """Rates in per cent, a line per kind of question and two for all."""
    rows = [
        _row(name, list(filter(belongs, verdicts))) for name, belongs in _groups(verdicts).items()
    ]
    follows = [v for v in verdicts if v.question.follows]
    if follows:
        rows.append(_row("follow-ups", follows))
    head = "".join(f"{name:>9}" for name in _COLUMNS)
    return "\n".join([f"{'kind':<14}{'n':>5}{head}", *rows])


def _groups(verdicts: Sequence[Verdict]) -> dict[str, Callable[[Verdict], bool]]:
    """The kinds of questions by name, and then what is in scope and what is not."""

    def is_of(kind: str) -> Callable[[Verdict], bool]:
        return lambda verdict: verdict.question.kind == kind

    kinds = sorted({verdict.question.kind for verdict in verdicts})
    return {
        **{kind: is_of(kind) for kind in kinds},
        "in scope": lambda verdict: verdict.question.in_scope,
        "out of scope": lambda verdict: not verdict.question.in_scope,
    }


_COLUMNS = ("right", "offered", "wrong", "sentence", "false", "good")


def _row(name: str, verdicts: Sequence[Verdict]) -> str:
    """One line: of what is in scope, of those rightly answered, of what is not, of all."""
    inside = [v for v in verdicts if v.question.in_scope]
    outside = [v for v in verdicts if not v.question.in_scope]
    sentence = [v for v in inside if v.question.contains and v.right]
    cells = (
        _share(inside, lambda v: v.right),
        _share(inside, lambda v: v.offered),
        _share(inside, lambda v: v.wrong),
        _share(sentence, lambda v: v.quoted),
        _share(outside, lambda v: v.wrong),
        _share(verdicts, lambda v: v.good),
    )
    return f"{name:<14}{len(verdicts):>5}" + "".join(f"{cell:>9}" for cell in cells)


def _share(every: Sequence[Verdict], holds: Callable[[Verdict], bool]) -> str:
    return _percent(sum(map(holds, every)), every)


def failure(verdict: Verdict) -> str:
    """What was asked and wanted, and what came instead, in a line."""
    asked, turn = verdict.question, verdict.turn
    exchange = _answered(turn)
    got = exchange.id if exchange else type(turn.reply).__name__
    wanted = "/".join((asked.target, *asked.accept))
    sentence = turn.reply.quote[:40] if isinstance(turn.reply, Answer) else ""
    spoken = " ".join(asked.text.split())[:60]
    return f"{asked.kind}: {spoken!r} → {got} {turn.score:.2f}, not {wanted} {sentence}"


def curve(verdicts: Sequence[Verdict]) -> str:
    """For each score that could be asked of an answer: what would be answered, rightly or not."""
    inside = [v for v in verdicts if v.question.in_scope]
    outside = [v for v in verdicts if not v.question.in_scope]
    lines = [f"{'score':>6}{'right':>8}{'wrong':>8}{'false':>8}"]
    for step in range(20, 71, 2):
        bar = step / 100
        right = sum(_is_first(v) and _score(v) >= bar for v in inside)
        wrong = sum(not _is_first(v) and _score(v) >= bar for v in inside)
        false = sum(not _is_first(v) and _score(v) >= bar for v in outside)
        shares = (_percent(right, inside), _percent(wrong, inside), _percent(false, outside))
        lines.append(f"{bar:>6.2f}" + "".join(f"{share:>8}" for share in shares))
    return "\n".join(lines)


def _percent(count: int, of: Sequence[Verdict]) -> str:
    return f"{100 * count / len(of):.1f}" if of else "–"


def _score(verdict: Verdict) -> float:
    matches = verdict.turn.ranking.matches
    return matches[0].score if matches else 0.0


def _is_first(verdict: Verdict) -> bool:
    """Whether what is wanted comes first."""
    matches = verdict.turn.ranking.matches
    return bool(matches) and verdict.names(matches[0].exchange)
