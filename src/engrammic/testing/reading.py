"""Orders, pages and columns: what a query gives back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engrammic.backend import Backend
from engrammic.changes import Delete, Put
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import Compare, Filter, Op, is_in
from engrammic.testing.filtering import ids
from engrammic.testing.things import TEXTS, THINGS, things
from engrammic.types import Field, Kind, Order, Schema

DIGITS: tuple[float, ...] = (
    -1.666189749391023e130, -3.9660233597267984e185, 2.2250738585072014e-308, 0.1 + 0.7,
    1.7976931348623157e308, 9007199254740993e4, 123456789.12345679, 1 / 3, 5e-324, 1e-5,
)  # fmt: skip
"""Floats that are another one where a reader of their digits is careless."""

ORDERS: tuple[Order | None, ...] = (
    None, Order("at"), Order("at", descending=True), Order("id"), Order("id", descending=True),
)  # fmt: skip


def sort_key(record: dict[str, Any], order: Order | None) -> tuple[Any, ...]:
    """What a page of `things` is sorted by, and what resumes it."""
    return (record["id"],) if order is None else (record[order.field], record["id"])


async def pages(
    backend: Backend, order: Order | None, limit: int, where: Filter | None = None
) -> list[list[str]]:
    """The ids of all pages, each resumed behind the last record of the one before."""
    after, found = None, []
    while page := await backend.query("things", where, order=order, after=after, limit=limit):
        found.append(ids(page))
        after = sort_key(page[-1], order)
    return found


class ReadTests:
    """Order, after, limit, columns, get, count."""

    async def test_floats_keep_every_bit(self, backend: Backend) -> None:
        """They come back and are compared as they were given."""
        await backend.ensure_table(THINGS)
        near = sorted({n for d in DIGITS for n in (d, math.nextafter(d, 0))})
        records = [{"id": f"f{i:02d}", "at": 1, "weight": d} for i, d in enumerate(near)]
        await backend.insert("things", records)
        assert [r["weight"] for r in await backend.query("things")] == near
        for i, digits in enumerate(near):
            assert await backend.count("things", Compare("weight", Op.EQ, digits)) == 1
            assert await backend.count("things", Compare("weight", Op.LT, digits)) == i
            assert await backend.count("things", ~is_in("weight", [digits])) == len(near) - 1

    @pytest.mark.parametrize("order", ORDERS, ids=repr)
    async def test_records_come_in_order(self, backend: Backend, order: Order | None) -> None:
        """Ties are broken by the key, in the same direction."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things()[::-1])
        down = order is not None and order.descending
        wanted = sorted(things(), key=lambda r: sort_key(r, order), reverse=down)
        assert ids(await backend.query("things", order=order)) == ids(wanted)

    @pytest.mark.parametrize("order", ORDERS, ids=repr)
    async def test_pages_join_up(self, backend: Backend, order: Order | None) -> None:
        """To all that matches, each record once, every page but the last one full."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things())
        where = Compare("size", Op.GTE, 0)
        whole = ids(await backend.query("things", where, order=order))
        found = await pages(backend, order, 7, where)
        assert [i for page in found for i in page] == whole
        assert {len(page) for page in found[:-1]} == {7}

    async def test_text_is_ordered_by_code_point(self, backend: Backend) -> None:
        """In keys and in other fields, whatever the language."""
        schema = Schema(
            "words", (Field("word", Kind.TEXT), Field("text", Kind.TEXT, False)), ("word",)
        )
        await backend.ensure_table(schema)
        words = sorted({t for t in TEXTS if t and len(t) < 100})
        await backend.insert("words", [{"word": w, "text": w} for w in words[::-1]])
        assert [r["word"] for r in await backend.query("words")] == words
        order = Order("text", descending=True)
        assert [r["word"] for r in await backend.query("words", order=order)] == words[::-1]
        half = words[len(words) // 2]
        rest = await backend.query("words", order=order, after=(half, half))
        assert [r["word"] for r in rest] == words[: len(words) // 2][::-1]

    async def test_floats_and_bools_order_pages(self, backend: Backend) -> None:
        """False before True, and floats beyond the range of ints."""
        fields = (
            Field("id", Kind.INT),
            Field("x", Kind.FLOAT, False),
            Field("b", Kind.BOOL, False),
        )
        await backend.ensure_table(Schema("numbers", fields))
        values = [-1e300, -2.5, -5e-324, 0.0, 0.1, 0.1 + 0.2, 1e300]
        records = [{"id": -i, "x": x, "b": i % 2 == 0} for i, x in enumerate(values)]
        await backend.insert("numbers", records)
        assert [r["x"] for r in await backend.query("numbers", order=Order("x"))] == values
        rest = await backend.query("numbers", order=Order("x"), after=(0.1, -4))
        assert [r["x"] for r in rest] == values[5:]
        found = await backend.query("numbers", order=Order("b"), after=(False, -1))
        assert [(r["b"], r["id"]) for r in found] == [(True, -6), (True, -4), (True, -2), (True, 0)]
        assert [r["id"] for r in await backend.query("numbers")] == list(range(-6, 1))

    @pytest.mark.parametrize("order", ORDERS, ids=repr)
    async def test_pages_are_stable_under_writes(
        self, backend: Backend, order: Order | None
    ) -> None:
        """Records written or deleted between pages neither repeat nor hide the others."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(40))
        down = order is not None and order.descending
        whole = ids(sorted(things(40), key=lambda r: sort_key(r, order), reverse=down))
        first = await backend.query("things", order=order, limit=10)
        gone = [*whole[3:10:2], *whole[12:15]]
        early = [{"id": f"{'u' if down else 's'}{i}", "at": 99 if down else -1} for i in range(5)]
        await backend.apply([Delete("things", is_in("id", gone)), Put("things", early)])
        after, seen = sort_key(first[-1], order), []
        while page := await backend.query("things", order=order, after=after, limit=4):
            seen += ids(page)
            after = sort_key(page[-1], order)
        assert seen == [i for i in whole[10:] if i not in gone]

    async def test_limits(self, backend: Backend) -> None:
        """Zero gives nothing, more than there is gives all, less than zero is refused."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        assert await backend.query("things", limit=0) == []
        assert len(await backend.query("things", limit=1000)) == 5
        with pytest.raises(InvalidInput, match="limit"):
            await backend.query("things", limit=-1)

    async def test_columns(self, backend: Backend) -> None:
        """Exactly those asked for; vectors as unit float32 arrays."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(8))
        found = await backend.query("things", columns=["name", "vector"])
        assert all(list(r) == ["name", "vector"] for r in found)
        vectors = [r["vector"] for r in found if r["vector"] is not None]
        assert len(vectors) == 7
        assert all(v.dtype == np.float32 and v.shape == (4,) for v in vectors)
        assert [float(np.linalg.norm(v)) for v in vectors] == pytest.approx([1] * 7)
        with pytest.raises(UnknownField):
            await backend.query("things", columns=["id", "nothing"])

    async def test_an_order_that_cannot_be_kept_is_refused(self, backend: Backend) -> None:
        """Nullable fields, kinds without an order, unknown fields."""
        await backend.ensure_table(THINGS)
        for name in ("name", "data", "data.a", "raw", "words", "vector", "nothing"):
            with pytest.raises(InvalidInput, match=name):
                await backend.query("things", order=Order(name))

    async def test_an_after_that_does_not_fit_is_refused(self, backend: Backend) -> None:
        """Too short, too long, null, of another kind."""
        await backend.ensure_table(THINGS)
        wrong: tuple[tuple[Order | None, tuple[Any, ...]], ...] = (
            (None, ()), (None, (1,)), (None, ("a", "b")), (Order("at"), ("t00001",)),
            (Order("at"), (None, "t00001")), (Order("at"), ("1", "t00001")),
        )  # fmt: skip
        for order, after in wrong:
            with pytest.raises(InvalidInput, match="after"):
                await backend.query("things", order=order, after=after)

    async def test_get(self, backend: Backend) -> None:
        """The same record as a query gives, or None."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        for record in await backend.query("things"):
            assert await backend.get("things", (record["id"],)) == record
        assert await backend.get("things", ("it's; --",)) is None

    @pytest.mark.parametrize(
        "key", [(), ("a", "b"), "a", 5, ("",), (5,), ("\ud800",), ("a\0",), (None,), ("x" * 600,)],
        ids=ascii,
    )  # fmt: skip
    async def test_a_key_that_no_record_has_is_refused(self, backend: Backend, key: Any) -> None:
        """Of another length or kind, or what a record's key cannot be."""
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidInput, match=r"key|things\.id"):
            await backend.get("things", key)

    @pytest.mark.parametrize("columns", [[], "name", 5, [5], [["name"]]], ids=repr)
    async def test_columns_that_name_nothing_are_refused(
        self, backend: Backend, columns: Any
    ) -> None:
        """None at all, one text, no texts."""
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidInput, match="columns"):
            await backend.query("things", columns=columns)
