"""Make `knowledge/vectors.npz` anew, after the bundled phrases have changed:

    python -m tests.pack_vectors

Needs the extra `semantic`; what is new takes some 10 ms a phrase.
"""

from __future__ import annotations

from pathlib import Path

from bot import encoder, knowledge
from bot.query import read
from bot.search import Index

FOLDER = Path(__file__).parent.parent / "knowledge"


def main() -> None:
    loaded, _ = knowledge.load(FOLDER)
    encode = encoder.load(FOLDER, FOLDER, FOLDER / encoder.REMEMBERED)
    assert encode is not None, "pip install -e '.[semantic]' first"
    texts = list(dict.fromkeys(read(line.phrase.text).text for line in Index(loaded).lines))
    encoder.pack(texts, encode(texts), FOLDER / encoder.PACKED)


if __name__ == "__main__":
    main()
