"""Passages: nothing is lost, nothing is read twice, everything fits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from engrammic.embed.passages import cut_passages
from engrammic.embed.window import Window
from engrammic.testing.embedders import assert_covers
from tiny_bert import LETTERS, WORDS, write_tokenizer

ROOM = 20


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Window:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    write_tokenizer(path, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, "##a", "##ᅡ", *WORDS])
    return Window(Tokenizer.from_file(str(path)), ROOM + 2)


scraps = st.sampled_from(
    ["cat", "the ", " ", "\n\n", ". ", "。", "日本", "가", "e\u0301", "🙂", "x" * 30]
)
anything = st.one_of(st.text(max_size=400), st.lists(scraps, max_size=200).map("".join))


def tokens(window: Window, text: str) -> int:
    return len(window._tokenizer.encode(text).ids)


@settings(max_examples=300, deadline=None)
@given(text=anything)
def test_passages_cover_and_fit(window: Window, text: str):
    spans = window.passages(text)
    assert_covers(spans, text)
    assert all(tokens(window, text[a:b]) <= ROOM + 2 for a, b in spans)
    if tokens(window, text) <= ROOM + 2:
        assert spans == [(0, len(text))]


def words_fit(text: str) -> int:
    """A window of ten characters."""
    return min(len(text), 10)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("ten chars!", ["ten chars!"]),
        ("one. two three four", ["one. two ", "three four"]),
        ("onetwo. three four", ["onetwo. ", "three four"]),
        ("one two. three", ["one two. ", "three"]),
        ("aaaaaa\n\nb. cccc", ["aaaaaa\n\n", "b. cccc"]),
        ("abcdefghijklmno", ["abcdefghij", "klmno"]),
        ("ああああああ。いいいいい", ["ああああああ。", "いいいいい"]),
    ],
)
def test_cuts_stand_behind_paragraphs_sentences_words(text: str, parts: list[str]):
    assert [text[a:b] for a, b in cut_passages(text, words_fit, 10)] == parts
