"""Expressions that are compiled when they are first used."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from engrammic.patterns import lazy_pattern


def test_it_does_what_a_compiled_one_does() -> None:
    later, now = (
        lazy_pattern(r"(?P<a>b+)c", re.IGNORECASE),
        re.compile(r"(?P<a>b+)c", re.IGNORECASE),
    )
    text = "abbc xBC"
    assert later.pattern == now.pattern
    assert later.findall(text) == now.findall(text)
    assert [m.span() for m in later.finditer(text)] == [m.span() for m in now.finditer(text)]
    assert later.sub("-", text, count=1) == now.sub("-", text, count=1)
    assert later.split(text) == now.split(text)
    assert (later.flags, later.groups, later.groupindex) == (now.flags, now.groups, now.groupindex)
    assert later.fullmatch("bbc") is not None
    assert later.match(text) is None


def test_a_wrong_one_raises_when_it_is_used() -> None:
    wrong = lazy_pattern("(")
    for _ in range(2):
        with pytest.raises(re.error):
            wrong.search("x")


@pytest.mark.parametrize("used", [False, True])
def test_it_is_copied_and_pickled(used: bool) -> None:
    pattern = lazy_pattern("a+")
    if used:
        assert pattern.search("caat")
    for other in (copy.copy(pattern), copy.deepcopy(pattern), pickle.loads(pickle.dumps(pattern))):
        assert other.findall("caat a") == ["aa", "a"]
    with pytest.raises(AttributeError):
        pattern.nothing  # type: ignore[attr-defined]  # noqa: B018
