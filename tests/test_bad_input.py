"""What is wrong is refused by an error that names it, on every engine, and changes nothing."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import pytest

from engrammic import Memory
from engrammic.changes import Check, Delete, Put
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import And, Compare, Filter, Op, eq, is_in
from engrammic.scope import Scope, Scoped
from engrammic.selection import Selection
from engrammic.types import Field, Kind, Order, Schema

Act: TypeAlias = Callable[[Memory], Awaitable[object]]

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


BAD_IDS: dict[str, Any] = {
    "surrogate": "\udc80", "nul": "a\0b", "empty": "", "number": 5, "list": ["a"], "none": None,
    "long": "x" * 5000, "huge": HUGE, "deep": DEEP, "bytes": b"a",
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_IDS.values(), ids=BAD_IDS)
async def test_a_bad_key_is_refused_when_reading(memory: Memory, bad: Any) -> None:
    for read in (memory.get, memory.notes.get, memory.conversations.get):
        with pytest.raises(InvalidInput, match="_id: "):
            await read(bad)
    if bad in ("", "x" * 5000, "a\0b"):
        assert not await memory.delete(bad)
    else:
        with pytest.raises(InvalidInput, match="_id: "):
            await memory.delete(bad)
    for backend in (memory.backend, Scoped(memory.backend, Scope())):
        key = (bad,) if isinstance(backend, Scoped) else ("local///", bad)
        with pytest.raises(InvalidInput, match=r"notes\.note_id"):
            await backend.get("notes", key)


@pytest.mark.parametrize("key", [(), ("a", "b", "c"), "a", 5, None, {"a": 1}], ids=repr)
async def test_a_key_of_another_shape_is_refused(memory: Memory, key: Any) -> None:
    for backend in (memory.backend, Scoped(memory.backend, Scope())):
        with pytest.raises(InvalidInput, match="key"):
            await backend.get("notes", key)


@pytest.mark.parametrize("bad", [10**30, HUGE, True, "5", 1.5, np.arange(3)], ids=range(6))
async def test_a_bad_number_in_a_key_is_refused(memory: Memory, bad: Any) -> None:
    await memory.backend.ensure_table(Schema("numbers", (Field("id", Kind.INT),)))
    with pytest.raises(InvalidInput, match=r"numbers\.id"):
        await memory.backend.get("numbers", (bad,))


@pytest.mark.parametrize("bad", [v for k, v in BAD_IDS.items() if k != "none"], ids=range(9))
async def test_a_bad_id_is_refused_when_writing(memory: Memory, bad: Any) -> None:
    with pytest.raises(InvalidInput, match="_id: "):
        await memory.conversations.create(bad)
    assert await memory.conversations.list() == []


SEARCHES: dict[str, tuple[str, Act]] = {
    "no query": ("query", lambda m: m.search(None)),  # type: ignore[arg-type]
    "bytes": ("query", lambda m: m.search(b"x")),  # type: ignore[arg-type]
    "surrogate": ("query", lambda m: m.search("\ud800")),
    "text limit": ("limit", lambda m: m.search("x", limit="5")),  # type: ignore[arg-type]
    "half a limit": ("limit", lambda m: m.search("x", limit=1.5)),  # type: ignore[arg-type]
    "true": ("limit", lambda m: m.search("x", limit=True)),
    "huge limit": ("limit", lambda m: m.search("x", limit=HUGE)),
    "no score": ("min_score", lambda m: m.search("x", min_score=None)),  # type: ignore[arg-type]
    "nan": ("min_score", lambda m: m.search("x", min_score=math.nan)),
    "beyond one": ("min_score", lambda m: m.search("x", min_score=5)),
    "a yes": ("min_score", lambda m: m.search("x", min_score=True)),
    "mode": ("mode", lambda m: m.search("x", mode=["hybrid"])),  # type: ignore[arg-type]
    "fusion": ("fusion", lambda m: m.search("x", fusion="best")),
    "dict where": ("where", lambda m: m.search("x", where={"role": "user"})),
    "listed where": ("where", lambda m: m.search("x", where=[eq("role", "user")])),
    "deep": ("nested", lambda m: m.search("x", kinds=["note"], where=NESTED)),
    "kinds": ("kinds", lambda m: m.search("x", kinds=5)),
    "a kind": ("kinds", lambda m: m.search("x", kinds=[["note"]])),
    "one kind": ("kinds", lambda m: m.search("x", kinds="note")),
    "role": ("role", lambda m: m.search("x", role=5)),
    "type": ("memory_type", lambda m: m.search("x", memory_type=["note"])),
    "conversation": ("conversation_id", lambda m: m.search("x", conversation_id=5)),
    "project": ("project", lambda m: m.search("x", project="\ud800")),
    "metadata": ("metadata", lambda m: m.search("x", metadata="a=1")),
    "metadata key": ("metadata", lambda m: m.list(metadata={"\ud800": 1})),
    "nul key": ("metadata", lambda m: m.list(metadata={"\0": 1})),
    "int key": ("metadata", lambda m: m.list(metadata={5: 1})),
    "deep value": ("metadata", lambda m: m.list(metadata={"a": DEEP})),
    "since": ("since", lambda m: m.search("x", since="yesterday")),
    "huge since": ("since", lambda m: m.search("x", since=HUGE)),
    "until": ("until", lambda m: m.recall("x", until=datetime)),
    "huge recall": ("limit", lambda m: m.recall(limit=10**30)),
}


@pytest.mark.parametrize(("name", "act"), SEARCHES.values(), ids=SEARCHES)
async def test_a_bad_argument_of_a_search_is_named(memory: Memory, name: str, act: Act) -> None:
    with pytest.raises(InvalidInput, match=name) as caught:
        await act(memory)
    assert len(str(caught.value)) < 400


def test_an_unknown_argument_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"^conversation: .*conversation_id, role") as caught:
        Selection.of({"conversation": "c"})
    assert caught.value.field == "conversation"
    assert Selection.of({"role": "user"}) == Selection(role="user")


FILTERS: dict[str, Callable[[], object]] = {
    "operator": lambda: Compare("a", "like", "x"),  # type: ignore[arg-type]
    "no operator": lambda: Compare("a", None, "x"),  # type: ignore[arg-type]
    "none in": lambda: Compare("a", Op.IN, None),
    "text in": lambda: is_in("a", "note"),
    "bytes in": lambda: is_in("a", b"note"),
    "number in": lambda: is_in("a", 5),  # type: ignore[arg-type]
    "none": lambda: eq("a", None),
    "prefix": lambda: Compare("a", Op.PREFIX, DEEP),
}


@pytest.mark.parametrize("make", FILTERS.values(), ids=FILTERS)
def test_a_comparison_that_makes_no_sense_names_its_field(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput, match=r"^a: "):
        make()


def test_an_unknown_operator_lists_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"'like'.*eq, ne, lt.*not_null"):
        Compare("a", "like", "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", [5, None, "\ud800", "a\0", "metadata.\udfff"], ids=repr)
def test_a_filter_is_over_a_name(field: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^field: "):
        eq(field, 1)


QUERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "no columns": ("columns", {"columns": []}),
    "one text": ("columns", {"columns": "note_id"}),
    "a number": ("columns", {"columns": 5}),
    "numbers": ("columns", {"columns": [5]}),
    "lists": ("columns", {"columns": [["note_id"]]}),
    "order": ("order", {"order": "created_at"}),
    "order list": ("order", {"order": ["created_at"]}),
    "order of a list": ("order", {"order": Order(["created_at"])}),  # type: ignore[arg-type]
    "limit": ("limit", {"limit": 10**30}),
    "text limit": ("limit", {"limit": "5"}),
    "after": ("after", {"after": 5}),
    "empty after": ("after", {"order": Order("created_at"), "after": ()}),
    "after deep": ("after", {"order": Order("created_at"), "after": (DEEP, "a")}),
    "where": ("where", {"where": {"title": "a"}}),
    "part": ("where", {"where": And((eq("title", "a"), "b"))}),  # type: ignore[arg-type]
    "parts": ("where", {"where": And(None)}),  # type: ignore[arg-type]
    "deep": ("nested", {"where": NESTED}),
}


@pytest.mark.parametrize(("name", "given"), QUERIES.values(), ids=QUERIES)
async def test_a_bad_query_names_what_is_bad(
    memory: Memory, name: str, given: dict[str, Any]
) -> None:
    for backend in (memory.backend, Scoped(memory.backend, Scope())):
        with pytest.raises(InvalidInput, match=name):
            await backend.query("notes", **given)


@pytest.mark.parametrize("schema", [
    Schema("\ud800", (Field("id", Kind.TEXT),)), Schema("a\0b", (Field("id", Kind.TEXT),)),
    Schema("a", (Field("id", Kind.TEXT), Field("\udc80", Kind.TEXT))),
    Schema("a", (Field("id", Kind.TEXT), Field("x\0", Kind.TEXT))),
], ids=range(4))  # fmt: skip
async def test_a_name_that_cannot_be_stored_is_refused(memory: Memory, schema: Schema) -> None:
    before = await memory.backend.tables()
    with pytest.raises(InvalidInput, match="schema"):
        await memory.backend.ensure_table(schema)
    assert await memory.backend.tables() == before


@pytest.mark.parametrize("record", [5, "note_id", ["a"], None], ids=repr)
async def test_a_record_is_a_dict(memory: Memory, record: Any) -> None:
    for backend in (memory.backend, Scoped(memory.backend, Scope())):
        with pytest.raises(InvalidInput, match=r"notes: .*dict"):
            await backend.apply([Put("notes", [record])])


@pytest.mark.parametrize("bad", [DEEP, HUGE, [HUGE], {"a": [DEEP]}, {1, 2}], ids=range(5))
async def test_a_message_is_short_whatever_the_value(memory: Memory, bad: Any) -> None:
    for name in ("title", "created_at", "metadata"):
        record = {"note_id": "a", "memory_type": "note", "content": "x", "created_at": 1}
        put = Put("notes", [{**record, "updated_at": 1, name: bad}])
        with pytest.raises(InvalidInput, match=name) as caught:
            await Scoped(memory.backend, Scope()).apply([put])
        assert len(str(caught.value)) < 400
    assert await memory.notes.list() == []


async def test_a_sample_of_nothing_is_empty_and_one_below_is_refused(memory: Memory) -> None:
    await memory.remember("a lake")
    scoped = Scoped(memory.backend, Scope())
    assert len(await scoped.vector_sample("notes", "vector", count=0)) == 0
    for count in (-1, "5", 1.5, None):
        with pytest.raises(InvalidInput, match="count"):
            await scoped.vector_sample("notes", "vector", count=count)  # type: ignore[arg-type]


@pytest.mark.parametrize("vector", [
    [HUGE] * 256, [1j] * 256, np.ones(256, complex), np.array(["1"] * 256), "x" * 256, 5, [None],
    [[1.0] * 256], [math.nan] * 256, [0.0] * 256,
], ids=range(10))  # fmt: skip
async def test_a_bad_vector_is_refused(memory: Memory, vector: Any) -> None:
    with pytest.raises(InvalidInput, match="vector"):
        await Scoped(memory.backend, Scope()).vector_search("notes", "vector", vector, limit=1)


async def test_the_scope_s_column_is_out_of_reach(memory: Memory) -> None:
    await memory.remember("a lake", id="a")
    scoped = Scoped(memory.backend, Scope())
    mine = eq("scope", "local///")
    wheres = (mine, ~mine, And((eq("title", "a"), eq("title", "b") | mine)))
    for where in wheres:
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await scoped.query("notes", where)
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await scoped.count("notes", where)
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await scoped.apply([Check("notes", where), Put("notes", [])])
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await scoped.apply([Delete("notes", where)])
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await memory.search("lake", kinds=["note"], where=where)
    for given in ({"order": Order("scope")}, {"columns": ["note_id", "scope"]}):
        with pytest.raises(UnknownField, match=r"notes\.scope"):
            await scoped.query("notes", **given)
    with pytest.raises(UnknownField, match=r"notes\.scope"):
        await scoped.text_search("notes", ["lake"], limit=1, columns=("scope",))
    assert await memory.get("a") is not None
