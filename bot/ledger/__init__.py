"""The ledger at the command line, and the work of letting misses join their cases.

joining.py     misses that have not joined a case are read, one by one, and join
looks.py       cases as lines for people                                   pure
weeks.py       the weeks as a table, a plot of characters, a picture       pure
tables.py      cases as CSV and JSON, for other programs                   pure
command.py     `fangtan ledger …`
"""

from bot.ledger import command
from bot.ledger.command import Desk, Refused
from bot.ledger.looks import Page

__all__ = ["Desk", "Page", "Refused", "command"]
