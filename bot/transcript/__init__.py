"""A page of an interview becomes questions and answers, and every line of it is accounted for.

`page` takes the markup off, `labels` proposes what may name a speaker, `names` knows which labels
are one speaker's, `cast` decides who asks and who answers, `turns` says where each begins to
speak, `chrome` names what is nobody's speech anywhere and `sieve` what is none where it stands,
`exchanges` puts questions and answers together, `metadata` reads title and date, `judge` says
whether it is an interview at all, `roster` says who was taken for whom, and `reader` is the door.
`opinion` reads the page once more in another way (what it looks at is in `observations`), `doubts`
says on which exchanges the two differ, and `preview` tells a person what was understood. Nothing
here does I/O.
"""

from __future__ import annotations

from bot.transcript.reader import read_page
from bot.transcript.reading import (
    Corrections,
    Exchange,
    LeftOut,
    Line,
    NoInterview,
    Reading,
    Speaker,
)

__all__ = [
    "Corrections",
    "Exchange",
    "LeftOut",
    "Line",
    "NoInterview",
    "Reading",
    "Speaker",
    "read_page",
]
