"""All words that are ours: in every language, each with its places, in one Chinese usage."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from bot import render, words
from bot.words import LANGUAGES, WORDS, Language, language, say

EVERYDAY = yaml.safe_load(Path(words.__file__).with_name("everyday.yaml").read_text("utf-8"))
PLACE = re.compile(r"\{\w+\}")
WORDINGS = 2  # of a word, at most


def wordings(word: str, tongue: Language) -> list[str]:
    return [say(word, tongue, variant) for variant in range(WORDINGS)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, "zh-hans"),
        ("zh", "zh-hans"),
        ("zh-hans", "zh-hans"),
        ("zh-CN", "zh-hans"),
        ("zh-hant", "zh-hant"),
        ("zh-TW", "zh-hant"),
        ("zh_HK", "zh-hant"),
        ("en", "en"),
        ("en-GB", "en"),
        ("fr", "zh-hans"),
    ],
)
def test_the_language_follows_the_client(code: str | None, expected: str) -> None:
    assert language(code) == expected


@pytest.mark.parametrize("word", WORDS)
def test_every_word_and_every_further_wording_has_its_places_in_all_languages(word: str) -> None:
    places = set(PLACE.findall(say(word)))
    values = {place.strip("{}"): "★" for place in places}
    for tongue in LANGUAGES:
        for variant in range(WORDINGS):
            unfilled = say(word, tongue, variant)
            assert unfilled.strip() == unfilled != ""
            assert set(PLACE.findall(unfilled)) == places, (tongue, variant)
            if values:
                filled = say(word, tongue, variant, **values)
                assert "★" in filled and not PLACE.search(filled)


def test_neighbouring_variants_differ_where_there_are_several_wordings() -> None:
    for tongue in LANGUAGES:
        for word in words._OTHERWISE:
            said = [say(word, tongue, variant) for variant in range(5)]
            assert all(one != next_one for one, next_one in pairwise(said))


def test_further_wordings_are_of_words() -> None:
    assert set(words._OTHERWISE) <= set(WORDS)
    assert {1 + len(others) for others in words._OTHERWISE.values()} == {WORDINGS}


@pytest.mark.parametrize("kind", EVERYDAY["smalltalk"])
def test_every_kind_of_small_talk_is_answered_with_words_of_its_own(kind: str) -> None:
    assert kind in WORDS


@pytest.mark.parametrize("kind", [k for k in EVERYDAY["smalltalk"] if not k.startswith("page_")])
def test_small_talk_is_not_answered_twice_in_the_same_words(kind: str) -> None:
    for tongue in LANGUAGES:
        assert say(kind, tongue, 0) != say(kind, tongue, 1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("回覆", "回復"),  # to reply, not to recover
        ("群", "羣"),
        ("裡", "裏"),
        ("訊息", "消息"),
    ],
)
def test_traditional_words_keep_to_one_usage(ours: str, theirs: str) -> None:
    every = [wording for word in WORDS for wording in wordings(word, "zh-hant")]
    assert any(ours in said for said in every)
    assert not [said for said in every if theirs in said]


def test_simplified_and_traditional_are_told_apart_and_english_has_no_chinese_of_its_own() -> None:
    assert say("nothing", "zh-hans") != say("nothing", "zh-hant")
    typed = "全文|还有呢|第二个问题呢"  # what can only be typed in Chinese
    for word in WORDS:
        for said in wordings(word, "en"):
            assert not re.search("[\u4e00-\u9fff]", re.sub(typed, "", said)), word


def test_our_words_fit_where_they_go() -> None:
    for tongue in LANGUAGES:
        assert render.units(say("short_description", tongue)) <= 120
        assert render.units(say("description", tongue)) <= 512
        assert all(render.units(say(w, tongue)) <= 200 for w in ("expired", "not_yours", "stuck"))


def test_values_in_our_words_are_left_as_they_are() -> None:
    assert say("ask_usage", "zh-hant", ask="/ask", topic="房租{x}").count("房租{x}") == 1
