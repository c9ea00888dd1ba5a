"""Which of the guest's sentences are shown together, so that they can be read alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.interview import Exchange, Origin
from bot.passage import best, example, following, led_up_to, stands, with_neighbours

HERE = Origin("tests/test_passage.py", 1)
# Three paragraphs: one sentence that stands and others that need it, a proverb, an example.
FIRST = "黑猫是前年冬天捡来的。"
IT = "它当时只有巴掌大。"
SO = "所以我们喂了它一个月奶粉。"
BUT = "但是它不怕人。"
THEN = "后来它学会了开门。"
WHITE = "白猫是客人送的。"
LIKE = "比如夏天，猫喜欢睡在橱窗里。"
CATS = Exchange(
    "shop", "q1", "店里的猫是怎么来的?", (FIRST + IT + SO + BUT + THEN, WHITE, LIKE), HERE
)
ANY = st.text(st.sampled_from("黑猫它但是所以。？！”\n"), min_size=1, max_size=40)


def answering(*paragraphs: str, quote: str = "") -> Exchange:
    return Exchange("shop", "q1", "?", paragraphs, HERE, quote=quote)


# ── what stands ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "opening",
    "因为 所以 因此 于是 但 但是 不过 然而 可是 而 而且 并 并且 同时 此外 "
    "其次 第二 其 就是 也 还 又 再 才 目前 后来 然后 之后 收集之后 "
    "走访面也 比如 例如 类似 一个是 "
    "它 他 她 此 该 如此 前者 后者 刚才".split(),
)
def test_what_goes_on_does_not_stand(opening: str) -> None:
    assert not stands(f"{opening}猫不怕人。")
    assert not stands(f" {opening}猫不怕人。")  # as it stands in a paragraph


@pytest.mark.parametrize(
    "opening",
    "这个 这样 这些 这种 这就 这里 这是 那个 那样 那些 那种 那就 那里 那是 "
    "在这样的 通过走访看这些".split(),
)
def test_what_points_back_near_its_beginning_does_not_stand(opening: str) -> None:
    assert not stands(f"{opening}猫不怕人。")


@pytest.mark.parametrize("mark", "“ ‘ \" ' 「 『 （ (".split())
def test_an_opening_mark_changes_nothing(mark: str) -> None:
    assert not stands(f"{mark}但是猫不怕人。")
    assert stands(f"{mark}猫不怕人。")


@pytest.mark.parametrize(
    "sentence",
    [
        "猫不怕人。",
        "我们店里这么多年。",  # 这么 names an amount
        "黑猫冬天睡在窗台边那里。",  # more than six characters before it
        "第一只猫不怕人。",
        "猫也不怕人。",  # not at the beginning
        "",
    ],
)
def test_other_sentences_stand(sentence: str) -> None:
    assert stands(sentence)


# ── what leads up to a passage ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        (FIRST, FIRST),
        (IT, FIRST + IT),
        (SO, FIRST + IT + SO),
        (BUT, FIRST + IT + SO + BUT),
        (THEN, THEN),  # what it needs is more than three sentences before
        (SO + BUT, FIRST + IT + SO + BUT),
        (FIRST + IT, FIRST + IT),
        (WHITE, WHITE),
        (LIKE, LIKE),  # a paragraph has nothing before it
        ("它不怕人", FIRST + IT + SO + BUT),  # part of a sentence brings the sentence along
        ("没有这句。", "没有这句。"),
        (THEN + WHITE, THEN + WHITE),  # no run of sentences of one paragraph
        ("", ""),
    ],
)
def test_a_passage_is_led_up_to_by_what_it_needs(passage: str, shown: str) -> None:
    assert led_up_to(CATS, passage) == shown


@given(st.lists(ANY, min_size=1, max_size=3), st.data())
def test_what_is_shown_is_part_of_the_answer_and_holds_the_passage(
    answer: list[str], data: st.DataObject
) -> None:
    exchange = answering(*answer)
    passage = data.draw(st.sampled_from(exchange.said))
    for shown in (led_up_to(exchange, passage), with_neighbours(exchange, passage)):
        assert passage.strip() in shown
        assert any(shown in paragraph for paragraph in answer)


@pytest.mark.parametrize(
    ("passage", "shown"),
    [
        (FIRST, FIRST + IT),
        (IT, FIRST + IT + SO),
        (SO + BUT, IT + SO + BUT + THEN),
        (THEN, BUT + THEN),
        (WHITE, WHITE),  # its paragraph is all there is
        ("没有这句。", "没有这句。"),
        ("", ""),
    ],
)
def test_neighbours_are_those_of_the_paragraph(passage: str, shown: str) -> None:
    assert with_neighbours(CATS, passage) == shown


# ── the best passage ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shares", "quote"),
    [
        ({}, None),
        ({WHITE: 0.1}, WHITE),
        ({FIRST: 0.3, WHITE: 0.8}, WHITE),
        ({FIRST: 0.8, IT: 0.3}, FIRST),
        ({FIRST: 0.8, IT: 0.5}, FIRST + IT),  # hardly less: both
        ({IT: 0.8, FIRST: 0.5}, FIRST + IT),  # in the order in which he said them
        ({FIRST: 0.8, WHITE: 0.7}, FIRST),  # of another paragraph
        ({FIRST: 0.8, SO: 0.7}, FIRST),  # no neighbours
        ({FIRST + IT: 0.8, SO: 0.7}, FIRST + IT + SO),
        ({FIRST + IT: 0.8, SO + BUT: 0.7}, FIRST + IT),  # more than three sentences
        ({FIRST: 0.8, WHITE: 0.7, IT: 0.6}, FIRST),  # only the second counts
    ],
)
def test_the_largest_share_is_quoted_with_a_neighbour_that_has_hardly_less(
    shares: dict[str, float], quote: str | None
) -> None:
    assert best(CATS, shares) == quote


@pytest.mark.parametrize(
    ("shares", "quote"),
    [
        ({WHITE: 0.7, LIKE: 0.4}, LIKE),  # the gist counts half
        ({WHITE: 0.9, LIKE: 0.4}, WHITE),
        ({WHITE: 0.7}, WHITE),
    ],
)
def test_the_passage_that_answers_the_whole_question_steps_back_behind_a_closer_one(
    shares: dict[str, float], quote: str
) -> None:
    assert best(answering(WHITE, LIKE, quote=WHITE), shares) == quote


# ── examples, and what follows ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "opening", "比如 例如 譬如 比方 举个例子 打个比方 像 拿 “比如 「例如".split()
)
def test_an_example_is_told_by_how_it_begins(opening: str) -> None:
    assert example(answering(f"猫很多。{opening}黑猫不怕人。")) == f"{opening}黑猫不怕人。"


def test_the_first_example_counts_without_the_space_around_it() -> None:
    assert example(answering("猫很多。 比如黑猫。例如白猫。")) == "比如黑猫。"


@pytest.mark.parametrize("paragraph", ["猫很多。", "猫比如黑猫。", "好像没有例如。"])
def test_other_sentences_are_no_example(paragraph: str) -> None:
    assert example(answering(paragraph)) is None


@pytest.mark.parametrize(
    ("passage", "next_one"),
    [
        (FIRST, IT),
        (FIRST + IT, SO),  # what led up to it was shown, too
        (THEN, WHITE),  # on to the next paragraph
        (LIKE, FIRST),  # and from the end to the beginning
        ("", FIRST),
        ("没有这句。", FIRST),
    ],
)
def test_after_a_passage_comes_the_next_sentence(passage: str, next_one: str) -> None:
    assert following(CATS, passage) == next_one


def test_the_only_sentence_follows_itself() -> None:
    assert following(answering(WHITE), WHITE) == WHITE
