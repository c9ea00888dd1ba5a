"""A page of an interview becomes questions and answers, and every line of it is accounted for.

`page` takes the markup off, `labels` proposes what may name a speaker, `cast` decides who asks
and who answers, `turns` says where each begins to speak, `chrome` names what is not speech,
`exchanges` puts questions and answers together, `metadata` reads title and date, `judge` says
whether it is an interview at all, and `reader` is the door. Nothing here does I/O.
"""

from __future__ import annotations

from bot.transcript.reader import read_page
from bot.transcript.reading import Exchange, Line, NoInterview, Reading

__all__ = ["Exchange", "Line", "NoInterview", "Reading", "read_page"]
