"""`python -m tests.serve_bookshop`: the bot of the invented interview, configured as any other."""

import os
import sys

from bot.reloading import Reloading
from bot.settings import NotConfigured, settings
from bot.tg import run
from tests.bookshop import EDITION

if __name__ == "__main__":
    try:
        sys.exit(run(Reloading(None, None, EDITION), settings(os.environ)))
    except NotConfigured as fault:
        print(fault, file=sys.stderr)
        sys.exit(2)
