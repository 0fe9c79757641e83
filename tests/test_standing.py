"""How a new item starts."""

from __future__ import annotations

from typing import Any

import pytest

from engrammic.errors import InvalidInput
from engrammic.items import MemoryAuthority, MemoryTier
from engrammic.stores.tier_metadata import TIER_METADATA, Standing


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tier", "lukewarm"), ("tier", None), ("tier", ["hot"]),
        ("authority", "king"), ("authority", 1),
        ("importance", 1.1), ("importance", float("nan")), ("importance", True),
    ],
)  # fmt: skip
def test_what_there_is_not_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=field):
        Standing(**{field: value})


@pytest.mark.parametrize("tier", [MemoryTier.WARM, "warm"])
@pytest.mark.parametrize("authority", [MemoryAuthority.CANONICAL, "canonical"])
def test_rows_are_in_their_stored_form(tier: Any, authority: Any) -> None:
    rows = Standing(1, authority, tier).records("message", {"a": {}, "b": {}}, 7)
    assert {field.name for field in TIER_METADATA.fields} >= {*rows.fields()}
    assert {*rows.stored} == {*rows.fields()} - {"message_id"}
    values = [row[name] for row in rows for name in rows.stored]
    assert {*map(type, values)} == {str, int, float}
    assert rows.of("tier") == ["warm"] * 2
    assert rows.of("authority") == ["canonical"] * 2


def test_what_has_an_end_is_ephemeral() -> None:
    rows = Standing().records("message", {"a": {"expires_at": 9}, "b": {"expires_at": None}}, 7)
    assert rows.of("authority") == ["ephemeral", "session"]
