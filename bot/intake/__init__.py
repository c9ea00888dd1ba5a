"""Whatever people have becomes text that the importer of pages can read.

`reader` is the door: it looks at a file's first bytes and hands them on. `html`, `office` (Word),
`pdf`, `subtitles` (SRT, VTT), `columns` (tables) and `stamps` (recorders, chats) each know one
family of formats and the library for it; `source` is what comes out, and `guard` what must not.
Nothing is lost silently: what a page's text leaves out is said beside it.
"""

from __future__ import annotations

from bot.intake.guard import garbage
from bot.intake.reader import read
from bot.intake.source import Measure, Source, Text, best

__all__ = ["Measure", "Source", "Text", "best", "garbage", "read"]
