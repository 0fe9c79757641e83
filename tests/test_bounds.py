"""The checks that every store shares: kinds of value, and bounds of size."""

from __future__ import annotations

from typing import Any

import pytest

from engrammic.checks import check_count, shown
from engrammic.errors import InvalidInput
from engrammic.filters import And, Filter, eq
from engrammic.scope import Scope
from engrammic.stores.base import (
    IMAGES_BYTES,
    METADATA_BYTES,
    SHORT_BYTES,
    check_id,
    check_kind_of,
    check_metadata,
    check_short,
)

HUGE = 10**5000
"""An int that Python itself refuses to print."""


def deep(levels: int = 2000) -> dict[str, Any]:
    """Dictionaries in dictionaries, deeper than Python's stack."""
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


def nested(levels: int = 2000) -> Filter:
    """Filters in filters, deeper than Python's stack."""
    found: Filter = eq("note_id", "a")
    for _ in range(levels):
        found = And((found,))
    return found


DEEP = deep()
NESTED = nested()
"""Made once and kept: taking such a thing apart is deep, too."""


@pytest.mark.parametrize("bad", [5, ["a"], "\ud800", "a\0", DEEP, b"a"], ids=range(6))
def test_short_texts_are_checked(bad: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^title: "):
        check_short("title", bad)
    with pytest.raises(InvalidInput, match=r"^some_id: "):
        check_id("some_id", bad)


def test_short_texts_are_bounded_in_bytes() -> None:
    for fine in (None, "", "x" * SHORT_BYTES, "é" * (SHORT_BYTES // 2)):
        check_short("title", fine)
    for long in ("x" * (SHORT_BYTES + 1), "é" * (SHORT_BYTES // 2 + 1), "😀" * SHORT_BYTES):
        with pytest.raises(InvalidInput, match=r"title: .*4096 bytes"):
            check_short("title", long)
    check_short("images", "x" * IMAGES_BYTES, IMAGES_BYTES)
    with pytest.raises(InvalidInput, match="images"):
        check_short("images", "x" * (IMAGES_BYTES + 1), IMAGES_BYTES)


def test_metadata_is_a_bounded_mapping() -> None:
    assert check_metadata(None) == check_metadata({}) == {}
    assert check_metadata({"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}
    frame = len('{"a":""}')
    check_metadata({"a": "x" * (METADATA_BYTES - frame)})
    for bad in (
        {"a": "x" * (METADATA_BYTES - frame + 1)}, {"a": ["\n" * (METADATA_BYTES // 2)]},
        {str(i): i for i in range(METADATA_BYTES // 8)}, {"a": DEEP}, {"a": {1}}, {5: 1},
        {"a": HUGE, "b": None}, "a=1", 5, [("a", 1)], [], "", False,
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=r"^metadata: "):
            check_metadata(bad)


def test_a_value_of_another_class_is_refused() -> None:
    check_kind_of("scope", Scope(), Scope)
    with pytest.raises(InvalidInput, match=r"scope: want a Scope, not \{'a': 1\}"):
        check_kind_of("scope", {"a": 1}, Scope)


def test_whatever_is_wrong_is_shown_shortly() -> None:
    for value in (DEEP, HUGE, [HUGE] * 99, "x" * 10**6, NESTED, b"x" * 10**6, object()):
        assert len(shown(value)) < 300
    with pytest.raises(InvalidInput, match="count: want 1 to 5, not <int of"):
        check_count("count", HUGE, 1, 5)
