"""What a store accepts of an item can be stored: bad ones are refused before any is written."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest

import engrammic
from engrammic import KeyFact, Message, MessageSummary, Note
from engrammic.errors import InvalidInput
from engrammic.records import clean

ITEMS: dict[str, Any] = {
    "messages": Message("chat", "user", "hello"),
    "notes": Note("hello"),
    "facts": KeyFact("hello"),
    "summaries": MessageSummary(
        original_message_id="m", conversation_id="chat", role="user", summary="hello"
    ),
}
DEEP: Any = "deep"
for _ in range(200):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, "", "text", "nul\0", "\ud800", "x" * 600, b"bytes", 0, -1, 7, 1 << 53, (1 << 53) + 1,
    1 << 70, 0.5, 7.0, float("nan"), float("inf"), True, [], ["a"], [""], ["\0"], [1], {},
    {"a": 1}, {"a": 1 << 60}, {"a": float("nan")}, {"a": "\ud800"}, {"\0": 1}, {1: 2},
    {"a": {2: 3}}, {"a": b""}, {"a": DEEP}, {"a": ...}, ..., object,
]  # fmt: skip


@pytest.mark.parametrize("kind", ITEMS)
async def test_what_is_accepted_can_be_stored(kind: str) -> None:
    async with engrammic.open(":memory:", embedder="none") as memory:
        store = getattr(memory, kind)
        accepted = refused = 0
        for field, value in product(fields(ITEMS[kind]), VALUES):
            item = replace(ITEMS[kind], **{field.name: value})
            try:
                record = store.record_of(item, 0, 1_790_000_000_000)
            except InvalidInput:
                refused += 1
                continue
            accepted += 1
            clean(store.schema, record)
        assert min(accepted, refused) > len(fields(ITEMS[kind]))
