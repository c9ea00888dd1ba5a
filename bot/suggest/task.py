"""One run of `suggest`: asks, screens, writes, and remembers how far it came.

Calls run side by side; everything else happens one thing after the other. An exchange's phrases
are written as soon as it is through, declines at the end, when it is known what is answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bot.interview import Exchange, Interview, Knowledge, Phrase
from bot.knowledge import PHRASES, Authored
from bot.suggest import journal, replies, writing
from bot.suggest.calls import Calls
from bot.suggest.journal import Progress
from bot.suggest.models import Hopeless, Model
from bot.suggest.prompts import DECLINING, STYLES, Prompt, prompts
from bot.suggest.replies import Draft
from bot.suggest.screening import Screening

# A style that brings less that is new ends the asking about a passage: see `Screening.take`. Of the
# 211 prompts about an invented interview that a model answered it saves 6, and 76 % of strangers'
# questions are answered instead of 78; at .35 it saves 37 and 72 are. So long as five styles make
# 30 lines a sentence there is little too much; it saves more where people have written, and when
# everything is asked again.
COVERED = 0.2
NO_PROMPT = "没有这个提示"
CHANGED = "提示已经变了"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done: for which interview, at most how many phrases a sentence, how many calls
    at once; `again` asks once more what was answered before."""

    knowledge: Knowledge
    interview: Interview
    most: int = 30
    jobs: int = 4
    again: bool = False

    @property
    def phrases(self) -> Path:
        """The phrases file."""
        file = Path(self.interview.where.file)
        return file.with_name(file.stem + PHRASES)

    @property
    def journal(self) -> Path:
        """The journal beside it; a file whose name begins with a dot is no knowledge."""
        file = Path(self.interview.where.file)
        return file.with_name(f".{file.stem}.suggest.jsonl")


@dataclass(slots=True)
class Result:
    """What came of a run: how many phrases of each kind, what was refused by reason, how many
    prompts were not needed, why others have no answer, and what makes asking on hopeless."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    hopeless: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was asked in vain, and everything that was given is about this."""
        return not (self.failures or self.refused[NO_PROMPT] or self.refused[CHANGED])


def progress(task: Task) -> tuple[tuple[Prompt, ...], Progress]:
    """Every prompt about the interview, and what became of them in earlier runs."""
    every = prompts(task.interview)
    found = journal.progress(journal.lines(task.journal), every)
    if task.again:
        found.settled &= found.waiting.keys()
    return every, found


def unasked(task: Task) -> tuple[Prompt, ...]:
    """The prompts that a run would ask, unless their passages turn out to be covered."""
    every, found = progress(task)
    return tuple(prompt for prompt in every if prompt.id not in found.settled)


OUTPUT = 20  # tokens of a line that is replied; a Chinese character of a prompt is about one


def price(prompts: Sequence[Prompt]) -> str:
    """How many calls and tokens it takes at most, in words."""
    given = _thousands(sum(len(prompt.text) for prompt in prompts))
    taken = _thousands(sum(prompt.lines for prompt in prompts) * OUTPUT)
    return f"最多 {len(prompts)} 次请求,约 {given} token 送出,{taken} 收回"


def _thousands(number: int) -> str:
    return f"{number / 10_000:.1f} 万" if number >= 10_000 else str(number)


def told(task: Task, result: Result) -> Iterator[str]:
    """What came of a run, in words."""
    if result.accepted.total():
        counts = (f"{name} {result.accepted[key]}" for key, name in _KINDS.items())
        yield f"写进 {task.phrases}: {','.join(counts)}"
    else:
        yield f"没有新的可写({task.phrases}); 问过的要再问一遍,加 --again"
    if result.refused:
        reasons = (f"{reason} {count}" for reason, count in result.refused.most_common())
        yield f"没有收: {','.join(reasons)}"
    if result.skipped:
        yield f"省下 {result.skipped} 次请求: 那些句子已经问得够全"
    if result.failures:
        reason = result.hopeless or next(iter(result.failures.values()))
        yield f"{len(result.failures)} 次请求没有答成({reason}); 再运行一次会接着问"


_KINDS = {"asks": "问法", "declines": "不答的", "topics": "话题", "quotes": "直答"}


def run(
    task: Task,
    model: Model | None,
    given: Iterable[journal.Record] = (),
    say: Callable[[str], object] = lambda _: None,
    count: Callable[[int], object] = lambda _: None,
) -> Result:
    """Ask what is unasked, where there is a model; screen and write what was answered, by it and
    in the records that are `given`. Raises Unwritable, before anything is asked if it can.

    `say` is told of each exchange that was written, `count` how many prompts more are done.
    """
    writing.probe(task.phrases, task.interview.id)
    working = _Run(task, model, say, count)
    try:
        working.take(given)
        working.work()
    finally:
        working.close()
    return working.result


_Course: TypeAlias = Iterator[tuple[Prompt, ...]]
"""An exchange on its way: before each step, the prompts that should have been answered."""


class _Run:
    """A run under way; a class because calls, screening and files share where it stands."""

    def __init__(
        self,
        task: Task,
        model: Model | None,
        say: Callable[[str], object],
        count: Callable[[int], object],
    ) -> None:
        self.result = Result()
        self._task = task
        self._say = say
        self._done = count
        self._prompts, self._progress = progress(task)
        earlier = [text for reply in self._progress.earlier for text in replies.texts(reply)]
        self._screening = Screening(task.knowledge, task.interview.id, task.most, earlier)
        self._calls = Calls(model, task.jobs) if model else None
        self._open: dict[str, tuple[_Course, set[str]]] = {}

    def close(self) -> None:
        if self._calls:
            self._calls.close()

    def take(self, given: Iterable[journal.Record]) -> None:
        """Replies from elsewhere, to the prompts that they name."""
        known = {prompt.id: prompt for prompt in self._prompts}
        for record in given:
            prompt = known.get(str(record.get("id")))
            reply = record.get("reply")
            if prompt is None or not isinstance(reply, str):
                self.result.refused[NO_PROMPT] += 1
            elif record.get("prompt", prompt.digest) != prompt.digest:
                self.result.refused[CHANGED] += 1
            else:
                self._keep(prompt, reply)

    def work(self) -> None:
        """All exchanges, as many at once as keep every caller busy; then the declines."""
        ahead = iter(self._task.interview.exchanges)
        while True:
            while self._calls is None or self._calls.waiting < self._task.jobs:
                if (exchange := next(ahead, None)) is None:
                    break
                self._advance(exchange.id, self._course(exchange))
            if not self._open or self._calls is None:
                break
            prompt, outcome = self._calls.next()
            self._receive(prompt, outcome)
        self._decline()

    # Asking

    def _unasked(self, prompt: Prompt) -> bool:
        return prompt.id not in self._progress.settled and prompt.id not in self.result.failures

    def _advance(self, name: str, course: _Course) -> None:
        """Go on with an exchange until it has to wait for answers, or is through."""
        self._open.pop(name, None)
        for step in course:
            unasked = [prompt for prompt in step if self._unasked(prompt)]
            if unasked and self._calls:
                self._open[name] = course, {prompt.id for prompt in unasked}
                for prompt in unasked:
                    self._calls.ask(prompt)
                return

    def _receive(self, prompt: Prompt, outcome: str | Exception) -> None:
        self._done(1)
        if isinstance(outcome, str):
            self._keep(prompt, outcome)
        else:
            self.result.failures[prompt.id] = str(outcome)
        if isinstance(outcome, Hopeless):
            self.result.hopeless = str(outcome)
        course, missing = self._open[prompt.exchange]
        missing.discard(prompt.id)
        if not missing:
            self._advance(prompt.exchange, course)

    def _keep(self, prompt: Prompt, reply: str) -> None:
        """Remember a reply at once: it has been paid for."""
        self._progress.settled.add(prompt.id)
        if self._progress.add(prompt.id, reply):
            journal.append(self._task.journal, journal.replied(prompt, reply))

    # An exchange

    def _course(self, exchange: Exchange) -> _Course:
        """Style by style, until the passages are covered; then what was accepted is written."""
        mine = [prompt for prompt in self._prompts if prompt.exchange == exchange.id]
        covered: set[tuple[int, int] | None] = set()
        done: list[Prompt] = []
        for style in ("about", *STYLES):
            # Near misses are asked for along with the first, so that there is less to wait for.
            # What has been answered is judged in any case: it is there.
            step = tuple(
                p
                for p in mine
                if p.style == style and (p.passage not in covered or p.id in self._progress.waiting)
            )
            yield step + tuple(p for p in mine if p.style in DECLINING and style == "about")
            self._screening.renew()
            for prompt in step:
                if self._screened(prompt, exchange) and prompt.passage:
                    covered.add(prompt.passage)
            done += step
        self._skip([p for p in mine if p not in done and p.style not in DECLINING])
        self._write(exchange, [p for p in done if p.id in self._progress.waiting])

    def _screened(self, prompt: Prompt, exchange: Exchange) -> bool:
        """Take what was replied to a prompt; whether it brought too little that was new."""
        drafts = self._drafts(prompt, exchange)
        if drafts is None:
            return False
        new, refused = self._screening.take(exchange.id, drafts)
        self.result.refused += refused
        return new < COVERED

    def _drafts(self, prompt: Prompt, exchange: Exchange) -> Sequence[Draft] | None:
        """The drafts of the replies that wait; None where there is no reply."""
        waiting = self._progress.waiting.get(prompt.id)
        if not waiting:
            return None
        drafts: list[Draft] = []
        for reply in waiting:
            found, dropped = replies.read(reply, prompt, exchange)
            drafts += found
            self.result.refused += dropped
        return drafts

    def _skip(self, spare: Sequence[Prompt]) -> None:
        """Passages that are covered are not asked about next time, either."""
        for prompt in spare:
            if self._unasked(prompt) and self._calls:
                self.result.skipped += 1
                self._done(1)
                self._progress.settled.add(prompt.id)
                journal.append(self._task.journal, journal.skipped(prompt))

    def _write(self, exchange: Exchange, done: Sequence[Prompt]) -> None:
        if not done:
            return
        group, refused = self._screening.settle(exchange.id)
        self.result.refused += refused
        if group:
            writing.append(self._task.phrases, self._task.interview.id, [(group, ())])
            self._count(group)
        self._written(done)

    def _written(self, done: Sequence[Prompt]) -> None:
        journal.append(self._task.journal, journal.written(prompt.id for prompt in done))

    def _count(self, group: Authored) -> None:
        facts = sum(len(fact.asks) for fact in group.facts)
        self.result.accepted += Counter(
            asks=len(group.asks) + facts, topics=bool(group.topic), quotes=bool(group.quote)
        )
        if self._calls:
            self._say(f"{group.exchange}: {len(group.asks) + facts} 条问法")

    # Declines

    def _decline(self) -> None:
        """What sounds near, judged now that every exchange is known by how people ask for it."""
        groups: list[tuple[Authored | None, Sequence[Phrase]]] = []
        done = []
        for exchange in self._task.interview.exchanges:
            near = (p for p in self._prompts if p.exchange == exchange.id and p.style in DECLINING)
            for prompt in near:
                if (drafts := self._drafts(prompt, exchange)) is not None:
                    done.append(prompt)
                    accepted, refused = self._screening.declines(drafts)
                    self.result.refused += refused
                    if accepted:
                        groups.append((Authored(exchange.id, exchange.where), accepted))
        writing.append(self._task.phrases, self._task.interview.id, groups)
        self.result.accepted += Counter(declines=sum(len(accepted) for _, accepted in groups))
        if done:
            self._written(done)
