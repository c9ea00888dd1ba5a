"""Phrases drafted by a language model, checked, into an interview's phrases file.

    prompts.py     an interview → what a model is asked                        pure
    replies.py     what it answered → drafts                                   pure
    screening.py   drafts held against knowledge and search                    pure
    models.py      a command, or a server that speaks chat completions
    calls.py       several calls at once
    journal.py     what was asked and answered, for the next run
    writing.py     the phrases file, group by group
    task.py        a run from beginning to end

A model's words become asks and declines only, after screening; what is quoted are the guest's own
sentences, which a model can only name by number. Nothing it says becomes an answer or a command.
"""

from bot.suggest.journal import parsed
from bot.suggest.models import Command, Endpoint, Failed, Hopeless, Model
from bot.suggest.task import Result, Task, price, run, told, unasked
from bot.suggest.writing import Unwritable

__all__ = [
    "Command",
    "Endpoint",
    "Failed",
    "Hopeless",
    "Model",
    "Result",
    "Task",
    "Unwritable",
    "parsed",
    "price",
    "run",
    "told",
    "unasked",
]
