"""Path patterns as filters: what they let through, compared with a matcher of another make."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engrammic.errors import InvalidInput
from engrammic.filters import EVERYTHING
from engrammic.predicate import check_filter, matches
from engrammic.stores.code_chunks import CODE, chunk_id
from engrammic.stores.code_filters import MOST_FOLDERS, code_filter, path_filter


def fits(pattern: str, path: str) -> bool:
    where = path_filter(pattern)
    check_filter(where, CODE)
    return matches(where, {"file_path": path})


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("src/a.py", "src/a.py", True),
        ("src/a.py", "/src/a.py", True),
        ("a.py", "src/a.py", False),
        ("*.py", "src/a.py", True),
        ("*.py", "src/a.pyc", False),
        ("src/*", "lib/src/a.py", True),
        ("src/*", "mysrc/a.py", False),
        ("/src/*", "src/a.py", False),
        ("**/tests/**", "pkg/tests/deep/a.py", True),
        ("**/tests/**", "tests/a.py", True),
        ("src/**/*.rs", "src/main.rs", True),
        ("src/**/*.rs", "src/a/b/main.rs", True),
        ("src/**/*.rs", "lib/main.rs", False),
        ("a/**/b/**/c", "a/b/c", True),
        ("?.py", "a.py", True),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("*.PY", "a.py", False),
        ("a**b", "xa**by", True),
        ("a**b", "aab", False),
        ("[x", "src/[x.py", True),
        ("***", "a", False),
        ("100%_*", "100%_a", True),
        ("100%_*", "1000xa", False),
        ("ü/*", "ü/é", True),
    ],
)
def test_a_pattern_fits(pattern: str, path: str, expected: bool) -> None:
    assert fits(pattern, path) is expected


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Components of letters and wildcards; `**` alone only."""
    part = st.one_of(st.just("**"), st.text("ab?", min_size=1, max_size=3), st.just("*"),
                     st.just("a*"))  # fmt: skip
    return draw(st.sampled_from(["", "/"])) + "/".join(draw(st.lists(part, min_size=1, max_size=4)))


def by_regex(pattern: str, path: str) -> bool:
    """The rules of the seeds, written with regular expressions and a list of candidates."""
    text = re.sub(r"(?:(?<=^)|(?<=/))\*\*/", "\0", pattern)
    found = "".join({"\0": "(?:.*/)?", "*": ".*", "?": "."}.get(c, re.escape(c)) for c in text)
    parts = path.removeprefix("/").split("/")
    candidates = [path, path.removeprefix("/")]
    if "*" in pattern:
        candidates += ["/".join(parts[n:]) for n in range(len(parts))]
    return any(re.fullmatch(found, c, re.DOTALL) for c in candidates)


@settings(max_examples=300, deadline=None)
@given(
    patterns(),
    st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=4).map("/".join),
    st.sampled_from(["", "/"]),
)
def test_patterns_mean_what_the_seeds_say(pattern: str, path: str, slash: str) -> None:
    assert fits(pattern, slash + path) is by_regex(pattern, slash + path)


def test_nothing_asked_lets_everything_through() -> None:
    assert code_filter() == code_filter(None, None, [], [], []) == EVERYTHING


def test_a_pattern_with_too_many_folders_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 6"):
        path_filter("**/a/" * (MOST_FOLDERS + 1))


@given(st.tuples(st.text(), st.text(), st.integers(0, 99), st.integers(0, 99)),
       st.tuples(st.text(), st.text(), st.integers(0, 99), st.integers(0, 99)))  # fmt: skip
def test_ids_are_equal_for_equal_places_only(
    one: tuple[str, str, int, int], two: tuple[str, str, int, int]
) -> None:
    assert (chunk_id(*one) == chunk_id(*two)) is (one == two)
    assert chunk_id("/a", "b:1", 1, 2) != chunk_id("/a:b", "1", 1, 2)
