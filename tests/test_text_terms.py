"""The analyser: what a text's terms are, and what they never are."""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.text import FINGERPRINT, MAX_QUERY_TERMS, joined, query_terms, terms
from engrammic.text import tokens as tokens_module
from engrammic.text.tokens import MAX_LENGTH

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Running runners ran", ["run", "runner", "ran"]),
        ("Caroline's cats don't", ["carolin", "cat", "don't"]),
        ("Caroline’s", ["carolin"]),
        ("snake_case", ["snake_case", "snake", "case"]),
        ("getUserName()", ["getusernam", "get", "user", "name"]),
        ("HTTPServer2", ["httpserver2", "http", "server", "2"]),
        ("URLs", ["url"]),
        ("src/main.rs", ["src/main.rs", "src", "main", "rs"]),
        ("bob@example.com,", ["bob@example.com", "bob", "exampl", "com"]),
        ("C++ C# c", ["c++", "c", "c#", "c", "c"]),
        ("v2.4.7-hotfix", ["v2.4.7-hotfix", "v2", "v", "2", "4", "7", "hotfix"]),
        ("os.path.joinAll", ["os.path.joinall", "os", "path", "joinal", "join", "all"]),
        ("[8 May 2023]", ["8", "may", "2023"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー", "東", "京"]),
        ("猫", ["猫"]),
        ("한국어 text", ["한국", "국어", "한", "국", "어", "text"]),
        ("pythonで書く", ["python", "で書", "書く", "書"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Привет, мир!", ["привет", "мир"]),
        ("café CAFÉ cafe\u0301 cafe", ["cafe"] * 4),
        ("naïveBayes İstanbul", ["naivebay", "naiv", "bay", "istanbul"]),
        ("STRASSE straße ﬁn", ["strass", "strass", "fin"]),
        ("zero\u200bwidth so\u00adft", ["zero", "width", "soft"]),
        ("½ ❤\ufe0f ★ ´", ["1", "2"]),
        ("... !? -- ()", []),
        ("", []),
    ],
)
def test_terms_of(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_an_identifier_meets_the_words_that_it_is_made_of() -> None:
    for name in ("getUserName", "get_user_name", "GET_USER_NAME", "user-name", "UserName"):
        assert set(query_terms("user name")) <= set(terms(name)), name


@pytest.mark.parametrize(
    "name",
    ["getUserName", "HttpRequests", "parseArguments", "DataClasses", "XMLParsing", "userSettings"],
)
def test_an_identifier_is_found_in_any_case(name: str) -> None:
    for query in (name, name.lower(), name.upper()):
        assert set(query_terms(query)) <= set(terms(f"we renamed {name} today")), query


@pytest.mark.parametrize(
    ("text", "query"), [("学习机器学习很有趣", "学"), ("猫が好き", "猫"), ("집에 물이 없다", "물")]
)
def test_a_single_character_that_is_a_word_is_found(text: str, query: str) -> None:
    assert query_terms(query) == [query]
    assert query in terms(text)
    assert all(len(t) == 2 for t in query_terms(text[:4]) if t != query), "runs ask for bigrams"


def test_a_url_is_found_whole_and_by_its_words() -> None:
    found = terms("(see https://example.org/docs/get-started?lang=en#top).")
    assert "https://example.org/docs/get-started?lang=en#top" in found
    assert {"doc", "get", "start", "lang"} <= set(found)


def test_a_shortened_hash_meets_the_long_one() -> None:
    long = "3f2a9bc1d04e5f60718293a4b5c6d7e8f9001122"
    for length in (7, 8, 10, 40):
        assert set(query_terms(long[:length])) & set(terms(f"fixed in {long}")), length


def test_an_encoded_blob_is_not_split_into_words() -> None:
    assert len(terms("aGVsbG8gd29ybGQhIFRoaXMgaXMgYSBibG9i" * 3)) == 1


def test_function_words_are_indexed_but_asked_for_only_when_alone() -> None:
    assert terms("to be or not to be") == ["to", "be", "or", "not", "to", "be"]
    assert query_terms("to be or not to be") == ["to", "be", "or", "not"]
    assert query_terms("How is the weather?") == ["weather"]
    assert query_terms("?!") == []


def test_query_terms_are_different_and_bounded() -> None:
    assert query_terms("Cat cats CAT dog") == ["cat", "dog"]
    many = query_terms(" ".join(f"w{n}x" for n in range(5000)))
    assert len(many) == len(set(many)) == MAX_QUERY_TERMS


@given(TEXT)
def test_a_term_is_short_and_holds_no_space_nul_or_upper_case(text: str) -> None:
    for term in [*terms(text), *query_terms(text)]:
        assert 0 < len(term) <= MAX_LENGTH
        assert not any(c.isspace() or c == "\0" or "A" <= c <= "Z" for c in term)
        assert not any(c < " " for c in term)


@given(TEXT)
def test_equal_up_to_composition(text: str) -> None:
    assert terms(unicodedata.normalize("NFKC", text)) == terms(text)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_a_text_that_has_words_has_terms(text: str) -> None:
    assert terms(text)
    assert query_terms(text)


@given(st.lists(TEXT))
def test_the_terms_of_a_text_are_those_of_its_lines(lines: list[str]) -> None:
    assert terms("\n".join(lines)) == [t for line in lines for t in terms(line)]


@given(st.text("abcdefghijklmnopqrstuvwxyz ", max_size=60))
def test_case_does_not_matter_for_plain_words(text: str) -> None:
    assert terms(text.upper()) == terms(text) == terms(text.title())


@given(TEXT)
def test_the_memo_changes_nothing(text: str) -> None:
    warm = terms(text)
    tokens_module._memo.clear()
    assert terms(text) == warm


@given(TEXT)
def test_joined_terms_are_the_terms_joined(text: str) -> None:
    tokens_module._spaced.clear()
    for _ in range(2):
        assert joined(text) == " ".join(terms(text))


def test_the_memo_of_joined_terms_stays_bounded() -> None:
    tokens_module._spaced.clear()
    for start in range(0, 2 * tokens_module._Memo.SIZE, 1000):
        joined(" ".join(f"w{n}" for n in range(start, start + 1000)))
    joined("x" * 5000)
    assert 0 < len(tokens_module._spaced) <= tokens_module._Memo.SIZE
    assert "x" * 5000 not in tokens_module._spaced


def test_the_memo_stays_bounded() -> None:
    tokens_module._memo.clear()
    terms(" ".join(f"word{n}" for n in range(3 * tokens_module._memo.SIZE)))
    assert len(tokens_module._memo) <= tokens_module._memo.SIZE


def test_terms_too_long_differ_by_their_hash() -> None:
    one, other = terms("x" * 5000 + "a"), terms("x" * 5000 + "b")
    assert len(one[0]) == len(other[0]) == MAX_LENGTH
    assert one != other


@pytest.mark.parametrize(
    "unit", ["a", "aB3/", "東", "hello world ", "a.b-c_", "'", "é ", "deadbeef0", "a://", "e\u0301"]
)
def test_large_texts_take_time_in_proportion(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    start = time.process_time()
    terms(text)
    assert time.process_time() - start < 5


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = "from engrammic.text import FINGERPRINT; print(FINGERPRINT)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == FINGERPRINT
