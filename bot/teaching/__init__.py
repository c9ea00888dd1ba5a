"""What a curator accepts: checked, weighed, written into the interview's files, and taken back.

lesson.py      what is to be learnt, and the knowledge as it would be      pure
objections.py  why it should not be                                        pure
effects.py     what it would change of what is answered now
drafting.py    other wordings, from a language model
writing.py     the phrases file and the question file, line by line
"""

from bot.teaching.drafting import drafts
from bot.teaching.effects import Difference, Effect, effect
from bot.teaching.lesson import Lesson, is_taught, taught
from bot.teaching.objections import doubts, objections
from bot.teaching.writing import Unwritable, noted, teach, unteach

__all__ = [
    "Difference",
    "Effect",
    "Lesson",
    "Unwritable",
    "doubts",
    "drafts",
    "effect",
    "is_taught",
    "noted",
    "objections",
    "taught",
    "teach",
    "unteach",
]
