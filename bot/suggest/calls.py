"""Several calls at once, in threads that nobody waits for when the run is stopped."""

from __future__ import annotations

import queue
import threading
from typing import TypeAlias

from bot.suggest.models import Failed, Hopeless, Model, patiently
from bot.suggest.prompts import Prompt

# So many prompts in a row that came to nothing, and the others are not asked: it would only cost.
GIVE_UP = 5

Outcome: TypeAlias = str | Failed | Hopeless


class Calls:
    """Prompts go in, replies come out in the order in which they are ready."""

    def __init__(self, model: Model, jobs: int) -> None:
        self.waiting = 0
        self._model = model
        self._jobs = jobs
        self._in_a_row = 0
        self._lock = threading.Lock()
        self._given_up = False
        self._asked: queue.Queue[Prompt | None] = queue.Queue()
        self._ready: queue.Queue[tuple[Prompt, Outcome | Exception]] = queue.Queue()
        for _ in range(jobs):
            # Daemons: whoever stops the program does not wait for what he no longer needs.
            threading.Thread(target=self._labour, daemon=True).start()

    def ask(self, prompt: Prompt) -> None:
        self.waiting += 1
        self._asked.put(prompt)

    def next(self) -> tuple[Prompt, Outcome]:
        """Wait for the next outcome; raises what is no failure of the model's but a mistake."""
        prompt, outcome = self._ready.get()
        self.waiting -= 1
        if isinstance(outcome, str | Failed | Hopeless):
            return prompt, outcome
        raise outcome

    def close(self) -> None:
        """Ask nothing more, and give up what is being answered."""
        self._given_up = True
        self._model.close()
        for _ in range(self._jobs):
            self._asked.put(None)

    def _labour(self) -> None:
        while prompt := self._asked.get():
            try:
                self._ready.put((prompt, self._outcome(prompt)))
            except Exception as error:  # told to whoever waits for the outcome
                self._ready.put((prompt, error))

    def _outcome(self, prompt: Prompt) -> Outcome:
        if self._given_up:
            return Failed("一连几次都没有答成,没有再问")
        outcome: Outcome
        try:
            outcome = patiently(self._model, prompt.text)
        except (Failed, Hopeless) as failure:
            outcome = failure
        with self._lock:
            self._in_a_row = 0 if isinstance(outcome, str) else self._in_a_row + 1
            if isinstance(outcome, Hopeless) or self._in_a_row >= GIVE_UP:
                self._given_up = True
        return outcome
