"""Many messages checked by column: the very records that one after the other gives, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engrammic import Message
from engrammic.backends.memory import MemoryBackend
from engrammic.batches import MANY, Columns
from engrammic.clock import EARLIEST, LATEST
from engrammic.errors import InvalidInput
from engrammic.records import KEY_BYTES, rule
from engrammic.stores.base import CONTENT_BYTES
from engrammic.stores.message_columns import columns_of
from engrammic.stores.messages import ROLES, MessageStore
from engrammic.stores.neighbours import said
from engrammic.types import Record

MOMENT = 1_700_000_000_000


class Role(StrEnum):
    """A role as an enumeration."""

    USER = "user"


def turns(count: int = MANY) -> list[Message]:
    return [Message(f"c{n % 3}", ROLES[n % len(ROLES)], f"turn {n}", f"m{n}") for n in range(count)]


@pytest.fixture
async def store() -> MessageStore:
    return MessageStore(await MemoryBackend.connect("memory:"), clock=lambda: MOMENT)


def one_by_one(store: MessageStore, items: list[Message]) -> list[Record]:
    return [store.record_of(item, number, MOMENT) for number, item in enumerate(items)]


texts = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["", "a\0", "\ud800", "é" * 400]))
moments = st.one_of(
    st.none(), st.integers(EARLIEST, LATEST - 1),
    st.sampled_from([0, -1, EARLIEST - 1, LATEST, True, 1.5, datetime(2026, 1, 1, tzinfo=UTC)]),
)  # fmt: skip
odd: dict[str, st.SearchStrategy[Any]] = {
    "conversation_id": texts,
    "message_id": texts,
    "role": st.sampled_from([*ROLES, Role.USER, "boss", "", 3, None]),
    "content": texts,
    "name": texts,
    "model_id": texts,
    "images": texts,
    "token_count": st.one_of(st.none(), st.integers(), st.sampled_from([True, "7", 2.0])),
    "created_at": moments,
    "expires_at": moments,
    "metadata": st.sampled_from(
        [{}, None, {"a": 1}, {"b": "é"}, {"c": [1, {"d": None}]}, {"e": object()}, {1: 2}, "text"]
    ),
}


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, MANY - 1), st.sampled_from([*odd])).flatmap(
            lambda place: st.tuples(st.just(place), odd[place[1]])
        ),
        max_size=3,
    )
)
async def test_by_column_gives_what_one_by_one_gives(changes: list[Any]) -> None:
    store = MessageStore(await MemoryBackend.connect("memory:"), clock=lambda: MOMENT)
    items = turns()
    for (number, name), value in changes:
        items[number] = replace(items[number], **{name: value})
    columns = columns_of(items, MOMENT, ROLES)
    if columns is None:
        return
    expected = one_by_one(store, items)
    found = list(columns)
    for record, wanted, item in zip(found, expected, items, strict=True):
        if item.message_id is None:
            assert len(record["message_id"]) == len(wanted["message_id"])
            wanted["message_id"] = record["message_id"]
    assert found == expected
    assert [list(map(type, r.values())) for r in found] == [
        [type(r[name]) for name in found[0]] for r in expected
    ]


async def test_what_is_plain_goes_by_column(store: MessageStore) -> None:
    items = [
        replace(t, metadata={"n": n}, name="é", created_at=MOMENT + n, token_count=n)
        for n, t in enumerate(turns(40))
    ]
    columns = store.records_of(items, MOMENT)
    assert isinstance(columns, Columns)
    assert list(columns) == one_by_one(store, items)
    assert [store.item_of(record) for record in columns] == items
    assert list(columns[10:20]) == one_by_one(store, items)[10:20]
    assert columns[-1] == one_by_one(store, items)[-1]


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=400))
def test_what_neighbours_get_of_a_text_is_in_its_stored_form(text: str) -> None:
    # A bulk write stores it unseen.
    field = MessageStore.schema_for(None).field("around")
    found = said(text)
    assert rule(MessageStore.schema_for(None), field)(found) == found


async def test_metadata_is_a_copy(store: MessageStore) -> None:
    metadata = {"a": 1}
    columns = store.records_of([replace(t, metadata=metadata) for t in turns()], MOMENT)
    metadata["a"] = 2
    assert all(record["metadata"] == {"a": 1} for record in columns)


async def test_messages_without_an_id_get_one_each(store: MessageStore) -> None:
    columns = store.records_of([replace(t, message_id=None) for t in turns(100)], MOMENT)
    assert isinstance(columns, Columns)
    assert len({record["message_id"] for record in columns}) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "boss"), ("conversation_id", ""), ("message_id", ""), ("content", None),
        ("content", "a\0b"), ("content", "\ud800"), ("content", "x" * (CONTENT_BYTES + 1)),
        ("conversation_id", "é" * KEY_BYTES), ("created_at", 5), ("expires_at", 5),
        ("token_count", 2**60), ("metadata", {"a": object()}), ("name", 7),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_one_of_many_is_named(
    store: MessageStore, field: str, value: object
) -> None:
    items = turns(40)
    items[30] = replace(items[30], **{field: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as raised:
        await store.add_batch(items)
    assert field in str(raised.value)
    assert not await store.list()
