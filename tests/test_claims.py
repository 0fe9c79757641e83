"""Claims in plain sentences: what they say, when two of them clash, and when they do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.claims.checking import contradiction, contradictions
from engrammic.claims.nouns import Claim, ClashKind
from engrammic.claims.reading import claims_of

sys.path.append(str(Path(__file__).parent.parent / "benches"))
import contradictions as bench

PAIRS = [pair for part in ("dev", "tuning") for pair in bench.pairs(part)]
_WORDS = (
    "I we Ana not never live in Berlin use Postgres , but the port is 8080 no longer to from like "
    "3 pm"
)
WORDS = _WORDS.split()


@pytest.mark.parametrize(
    ("text", "key", "value", "positive"),
    [
        ("I live in Berlin.", "user|live in", "Berlin", True),
        ("My home is in Berlin", "user|live in", "Berlin", True),
        ("my manager is Ana", "user|manager", "Ana", True),
        ("Ana is my manager", "user|manager", "Ana", True),
        ("The API port is 8080", "api|port", "8080", True),
        ("The API listens on port 8080", "api|port", "8080", True),
        ("We use Postgres 15, not MySQL", "we|use", "Postgres 15", True),
        ("We use Postgres 15, not MySQL", "we|use", "MySQL", False),
        ("The worker depends on Redis", "worker|depend on", "Redis", True),
        ("The worker no longer depends on Redis", "worker|depend on", "Redis", False),
        ("The worker doesn't depend on Redis", "worker|depend on", "Redis", False),
        ("I never eat fish", "user|eat", "fish", False),
        ("I moved from Berlin to Oslo", "user|live in", "Oslo", True),
        ("I moved from Berlin to Oslo", "user|live in", "Berlin", False),
        ("We switched to Kafka", "we|use", "Kafka", True),
        ("The project is licensed under MIT", "we|license", "MIT", True),
        ("It is not true that I live in Berlin", "user|live in", "Berlin", False),
        ("Primary database: Postgres", "we|database primary", "Postgres", True),
    ],
)
def test_a_sentence_makes_a_claim(text: str, key: str, value: str, positive: bool) -> None:
    assert (key, value, positive) in {(c.key, c.value, c.positive) for c in claims_of(text)}


def test_a_value_is_known_by_its_key() -> None:
    [one], [other] = claims_of("I live in BERLIN."), claims_of("i live in  Berlin")
    assert one.value_key == other.value_key == "berlin"
    [one], [other] = claims_of("The timeout is one minute"), claims_of("The timeout is 60 s")
    assert (one.key, one.value_key) == (other.key, other.value_key)


@pytest.mark.parametrize("text", ["Do you live in Berlin?", "", "...", "Hello there", "日本語です"])
def test_what_states_nothing_makes_no_claim(text: str) -> None:
    assert claims_of(text) == []


@pytest.mark.parametrize(
    "text", ["I might live in Berlin.", "If asked, I live in Berlin.", "I usually live in Berlin."]
)
def test_guesses_and_conditions_are_not_certain(text: str) -> None:
    assert [claim.certain for claim in claims_of(text)] == [False]


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("I live in Berlin.", "I live in Lisbon.", ClashKind.VALUE),
        ("The port is 8080.", "The port is 9090.", ClashKind.NUMBER),
        ("We use Redis.", "We no longer use Redis.", ClashKind.NEGATION),
        ("The build is fast.", "The build is slow.", ClashKind.OPPOSITE),
    ],
)
def test_a_clash_says_why(first: str, second: str, kind: ClashKind) -> None:
    clash = contradiction(first, second)
    assert clash is not None
    assert clash.kind is kind
    assert clash.first.text == first
    assert clash.second.text == second
    assert first in clash.reason


def test_claims_are_compared_as_their_sentences_are() -> None:
    [one], [other] = claims_of("I live in Berlin."), claims_of("I live in Lisbon.")
    assert contradiction(one, other) is not None
    assert contradiction(one, one) is None


def test_a_claim_that_no_rule_can_read_is_compared_by_its_keys() -> None:
    def claim(value: str, positive: bool = True) -> Claim:
        return Claim("user", "shoe size", value, "44, sagt er", positive)

    assert contradiction(claim("44"), claim("44", positive=False)) is not None
    assert contradiction(claim("44"), claim("44")) is None
    assert contradiction(claim("44"), claim("45")) is None


def test_every_clash_of_two_texts_is_told() -> None:
    old = "I live in Berlin. My manager is Ana. We use Postgres."
    new = "I live in Oslo. My manager is Tomasz. We use Redis."
    assert len(list(contradictions(old, new))) == 2


@pytest.mark.parametrize("part", ["dev", "tuning"])
def test_precision_and_recall_hold(part: str) -> None:
    found = bench.score(bench.pairs(part))
    assert found.precision >= 0.97
    assert found.recall >= 0.85


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.first)
def test_order_does_not_matter_and_nothing_contradicts_itself(pair: bench.Pair) -> None:
    there, back = contradiction(pair.first, pair.second), contradiction(pair.second, pair.first)
    assert (there is None) == (back is None)
    assert contradiction(pair.first, pair.first) is None
    assert contradiction(pair.second, pair.second) is None


@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_text_can_be_read(text: str) -> None:
    for claim in claims_of(text):
        assert claim.key.count("|") >= 1
        assert claim.text
