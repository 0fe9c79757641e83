"""Declaring, growing and dropping tables, and handles that are closed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from engrammic.backend import Backend
from engrammic.changes import Put
from engrammic.errors import Closed, InvalidSchema
from engrammic.filters import eq, is_null
from engrammic.testing.things import THINGS, things
from engrammic.types import Field, Index, Kind, Schema

GROWN = replace(
    THINGS,
    fields=(
        *THINGS.fields,
        Field("colour", Kind.TEXT),
        Field("extra", Kind.JSON),
        Field("other", Kind.VECTOR, dimension=2),
    ),
    indexes=(*THINGS.indexes, Index(("colour", "at"))),
)

CHANGED: tuple[Schema, ...] = (
    replace(THINGS, key=("id", "at")),
    replace(THINGS, partition="id"),
    replace(THINGS, fields=(*THINGS.fields, Field("must", Kind.TEXT, nullable=False))),
    replace(THINGS, fields=(*THINGS.fields[:-1], Field("vector", Kind.VECTOR, dimension=5))),
    replace(
        THINGS,
        fields=tuple(replace(f, kind=Kind.INT) if f.name == "name" else f for f in THINGS.fields),
    ),
    replace(
        THINGS,
        fields=tuple(replace(f, nullable=False) if f.name == "size" else f for f in THINGS.fields),
    ),
)
"""Schemas that `things` cannot turn into by itself."""


class TableTests:
    """ensure_table, tables, drop_table, close."""

    async def test_declaring_twice_changes_nothing(self, backend: Backend) -> None:
        """The records stay, and `tables` gives the schema back."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        await backend.ensure_table(THINGS)
        assert await backend.count("things") == 5
        assert await backend.tables() == [THINGS]

    async def test_tables_whose_names_differ_in_case_are_apart(self, backend: Backend) -> None:
        """Or the second is refused; never has one the other's records."""
        made: dict[str, int] = {}
        for name, count in (("Case", 3), ("case", 5), ("CASE", 1)):
            with suppress(InvalidSchema):
                await backend.ensure_table(replace(THINGS, name=name))
                await backend.insert(name, things(count))
                made[name] = count
        assert {s.name for s in await backend.tables()} == made.keys()
        assert {name: len(await backend.query(name)) for name in made} == made
        await backend.drop_table("CASE")
        assert await backend.count("Case") == 3

    async def test_fields_whose_names_differ_in_case_are_apart(self, backend: Backend) -> None:
        """Or the table is refused as it is."""
        schema = replace(THINGS, fields=(*THINGS.fields, Field("Size", Kind.INT)))
        with suppress(InvalidSchema):
            await backend.ensure_table(schema)
            await backend.insert("things", [{"id": "a", "at": 1, "size": 1, "Size": 2}])
            found = (await backend.query("things", eq("Size", 2)))[0]
            assert (found["size"], found["Size"]) == (1, 2)
        await backend.drop_table("things")
        assert await backend.tables() == []

    async def test_a_table_grows_by_nullable_fields(self, backend: Backend) -> None:
        """Stored records have them null, new ones can set and search them."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        await backend.ensure_table(GROWN)
        assert await backend.count("things", is_null("colour") & is_null("other")) == 5
        new = {"id": "new", "at": 1, "colour": "red", "extra": {"a": 1}, "other": [1, 0]}
        await backend.insert("things", [new])
        assert await backend.count("things", eq("colour", "red") & eq("extra.a", 1)) == 1
        hits = await backend.vector_search("things", "other", [1, 0], limit=5)
        assert [h.record["id"] for h in hits] == ["new"]
        old = (await backend.query("things", eq("id", "t00000")))[0]
        assert old["colour"] is None
        assert await backend.get("things", ("t00000",)) == old

    async def test_an_older_schema_is_accepted(self, backend: Backend) -> None:
        """The fields that it does not know stay."""
        await backend.ensure_table(GROWN)
        await backend.insert("things", [{"id": "a", "at": 1, "colour": "red"}])
        await backend.ensure_table(THINGS)
        assert await backend.count("things", eq("colour", "red")) == 1

    @pytest.mark.parametrize("schema", CHANGED, ids=range(len(CHANGED)))
    async def test_any_other_change_is_refused(self, backend: Backend, schema: Schema) -> None:
        """And leaves the table as it was."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        with pytest.raises(InvalidSchema, match="things"):
            await backend.ensure_table(schema)
        assert await backend.count("things") == 5
        assert await backend.tables() == [THINGS]

    async def test_a_table_that_was_not_declared_is_refused(self, backend: Backend) -> None:
        """By every verb."""
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.query("nowhere")
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.count("nowhere")
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.get("nowhere", ("a",))
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.vector_search("nowhere", "vector", [1], limit=1)
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.text_search("nowhere", ["a"], limit=1)
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidSchema, match="nowhere"):
            await backend.apply([Put("things", things(2)), Put("nowhere", things(2))])
        assert await backend.count("things") == 0

    async def test_tables_are_apart(self, backend: Backend) -> None:
        """The same keys in two tables; dropping one leaves the other."""
        second = replace(THINGS, name="Other things")
        await backend.ensure_table(second)
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(5))
        await backend.insert("Other things", things(3))
        assert [s.name for s in await backend.tables()] == ["Other things", "things"]
        assert (await backend.stats())["tables"] == {"Other things": 3, "things": 5}
        await backend.drop_table("things")
        await backend.drop_table("things")
        assert await backend.tables() == [second]
        hits = await backend.text_search("Other things", ["common"], limit=9)
        assert len(hits) == 2
        await backend.ensure_table(THINGS)
        assert await backend.count("things") == 0
        assert await backend.text_search("things", ["common"], limit=9) == []
        assert await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=9) == []

    async def test_names_are_identifiers_of_no_language(self, backend: Backend) -> None:
        """Quotes, keywords and spaces in the names of tables and fields."""
        fields = tuple(Field(n, Kind.TEXT) for n in ("id", "select", 'a"b', "c d", "e'f", "--"))
        odd = Schema('order by "1"', fields, indexes=(Index(('a"b',)), Index(("select", "--"))))
        await backend.ensure_table(odd)
        record = {f.name: f"value of {f.name}" for f in fields}
        await backend.insert(odd.name, [record])
        for f in fields:
            assert await backend.query(odd.name, eq(f.name, record[f.name])) == [record]

    async def test_a_healthy_backend_says_so(self, backend: Backend) -> None:
        """And names its scheme."""
        health = await backend.health()
        assert health["status"] == "ok"
        assert health["backend"] == type(backend).scheme
        assert health["problems"] == []

    async def test_housekeeping_changes_nothing(self, backend: Backend) -> None:
        """That is, optimize and flush."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(30))
        before = await backend.query("things")
        await backend.optimize()
        await backend.flush()
        assert await backend.query("things") == before
        assert len(await backend.text_search("things", ["common"], limit=99)) == 26

    async def test_a_closed_handle_says_so(self, backend: Backend) -> None:
        """Closing twice is fine."""
        await backend.ensure_table(THINGS)
        await backend.close()
        await backend.close()
        with pytest.raises(Closed):
            await backend.query("things")
        with pytest.raises(Closed):
            await backend.insert("things", things(1))
