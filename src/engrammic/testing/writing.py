"""Change lists: what is stored, and that a list applies whole or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from engrammic.backend import Backend, Reader
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict, InvalidInput, UnknownField
from engrammic.filters import EVERYTHING, eq
from engrammic.testing.filtering import ids
from engrammic.testing.promises import needs_checks
from engrammic.testing.things import THINGS, thing, things
from engrammic.types import Record

BAD_VALUES: tuple[tuple[str, Any], ...] = (
    ("id", None), ("id", ""), ("id", "x" * 513), ("id", "é" * 257), ("id", 5), ("id", "a\0"),
    ("at", None), ("at", "1"), ("at", True), ("at", 1.0), ("at", 2**53 + 1), ("name", 5),
    ("name", b"bytes"), ("name", "nul\0"), ("name", "lone \ud800 surrogate"), ("weight", "1"),
    ("weight", float("nan")), ("weight", float("inf")), ("weight", True), ("done", 1),
    ("done", "true"), ("data", {"a": float("nan")}), ("data", {1: 2}), ("data", {"a": {1}}),
    ("data", {"a": "nul\0"}), ("data", {"\ud800": 1}), ("data", [2**53 + 1]), ("raw", "text"),
    ("words", 5), ("words", ["two words"]), ("words", [""]), ("words", "a\0"), ("words", "a\nb"),
    ("vector", [1, 2, 3]), ("vector", [[1, 2, 3, 4]]), ("vector", [0, 0, 0, 0]),
    ("vector", [1, 2, 3, float("nan")]), ("vector", [1, 2, 3, float("inf")]),
    ("vector", "text"), ("vector", []),
)  # fmt: skip
"""A field and a value that no backend stores in it."""


async def contents(backend: Backend, table: str = "things") -> list[Record]:
    """All stored fields of all records, by key."""
    return await backend.query(table)


class WriteTests:
    """Put, Update, Delete, Check."""

    async def test_values_come_back_as_they_went_in(self, backend: Backend) -> None:
        """Also their types; absent fields are None, vectors and terms stay out."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things())
        for record, expected in zip(await contents(backend), things(), strict=True):
            wanted = {n: expected[n] for n in THINGS.stored}
            assert record == wanted
            assert {n: type(v) for n, v in record.items()} == {
                n: type(v) for n, v in wanted.items()
            }

    async def test_absent_fields_become_null_on_put(self, backend: Backend) -> None:
        """A second Put under the same key replaces the whole record."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", [thing(5)])
        assert await backend.insert("things", [{"id": "t00005", "at": 1}]) == 1
        stored = dict.fromkeys(THINGS.stored) | {"id": "t00005", "at": 1}
        assert await contents(backend) == [stored]
        assert not await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=5)
        assert not await backend.text_search("things", ["common"], limit=5)

    async def test_the_last_put_of_a_key_wins(self, backend: Backend) -> None:
        """Within one list as well; each record is counted."""
        await backend.ensure_table(THINGS)
        same: list[Record] = [{"id": "a", "at": i, "words": f"word{i}"} for i in range(3)]
        same[0]["vector"] = [1, 0, 0, 0]
        same[2]["vector"] = [0, 1, 0, 0]
        assert await backend.apply([Put("things", same[:1]), Put("things", same)]) == 4
        assert [r["at"] for r in await contents(backend)] == [2]
        assert await backend.text_search("things", ["word2"], limit=5)
        assert not await backend.text_search("things", ["word0", "word1"], limit=5)
        hits = await backend.vector_search("things", "vector", [0, 1, 0, 0], limit=5)
        assert [h.score for h in hits] == pytest.approx([1])
        await backend.insert("things", [same[0], same[1]])
        assert not await backend.vector_search("things", "vector", [0, 1, 0, 0], limit=5)

    async def test_an_update_sets_only_its_fields(self, backend: Backend) -> None:
        """Of records that are there; None sets null."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(6))
        changes = [{"id": i, "size": 77, "name": None, "data": [1]} for i in ("t00003", "no")]
        assert await backend.apply([Update("things", changes)]) == 1
        wanted = [{n: r[n] for n in THINGS.stored} for r in things(6)]
        wanted[3] |= {"size": 77, "name": None, "data": [1]}
        assert await contents(backend) == wanted
        everything = await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=9)
        assert len(everything) == 5

    async def test_the_last_update_of_a_key_wins(self, backend: Backend) -> None:
        """Within one list as well; each is counted."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(3))
        sizes = [{"id": "t00001", "size": size} for size in (5, 6, 7)]
        assert await backend.apply([Update("things", sizes)]) == 3
        assert [r["size"] for r in await contents(backend)] == [None, 7, things(3)[2]["size"]]

    async def test_an_update_changes_what_search_finds(self, backend: Backend) -> None:
        """Vectors and terms, apart from each other."""
        await backend.ensure_table(THINGS)
        await backend.insert(
            "things", [{"id": "a", "at": 1, "words": "old", "vector": [1, 0, 0, 0]}]
        )
        await backend.apply([Update("things", [{"id": "a", "words": ["new", "words"]}])])
        assert not await backend.text_search("things", ["old"], limit=5)
        assert await backend.text_search("things", ["new"], limit=5)
        assert (await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1))[
            0
        ].score == pytest.approx(1)
        await backend.apply([Update("things", [{"id": "a", "vector": [0, 1, 0, 0]}])])
        assert (await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1))[
            0
        ].score == pytest.approx(0)
        await backend.apply([Update("things", [{"id": "a", "vector": None}])])
        assert not await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1)
        assert await backend.text_search("things", ["words"], limit=5)

    async def test_changes_apply_in_order(self, backend: Backend) -> None:
        """A later change sees what an earlier one wrote."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(3))
        changes: list[Change] = [
            Delete("things", EVERYTHING),
            Put("things", [{"id": "a", "at": 1}, {"id": "b", "at": 2}]),
            Update("things", [{"id": "a", "at": 9}]),
            Delete("things", eq("at", 9)),
        ]
        assert await backend.apply(changes) == 3 + 2 + 1 + 1
        assert ids(await contents(backend)) == ["b"]

    async def test_an_empty_list_changes_nothing(self, backend: Backend) -> None:
        """And says so."""
        await backend.ensure_table(THINGS)
        assert await backend.apply([]) == 0
        assert await backend.apply([Put("things", []), Update("things", [])]) == 0

    @needs_checks
    async def test_a_check_sees_the_state_before_the_list(self, backend: Backend) -> None:
        """Wherever it stands in the list."""
        await backend.ensure_table(THINGS)
        absent = Check("things", eq("id", "a"))
        assert await backend.apply([Put("things", [{"id": "a", "at": 1}]), absent]) == 1
        with pytest.raises(Conflict):
            await backend.apply([Delete("things", EVERYTHING), absent])
        present = Check("things", eq("id", "a"), 1)
        assert await backend.apply([present, Delete("things", EVERYTHING)]) == 1

    async def test_what_is_decided_is_written(self, backend: Backend) -> None:
        """A decision reads with get, query and count; nobody comes between."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", [{"id": "a", "at": 0}])

        async def one_more(reader: Reader) -> list[Change]:
            found = await reader.get("things", ("a",))
            assert found == (await reader.query("things", eq("id", "a"), limit=1))[0]
            assert await reader.count("things", eq("id", "a")) == 1
            return [Update("things", [{"id": "a", "at": found["at"] + 1}])]

        written = await asyncio.gather(*(backend.transact(one_more) for _ in range(20)))
        assert written == [1] * 20
        assert [r["at"] for r in await backend.query("things")] == [20]

    async def test_a_decision_that_fails_writes_nothing(self, backend: Backend) -> None:
        """Its own error comes back, and the next write goes through."""
        await backend.ensure_table(THINGS)

        async def fails(reader: Reader) -> list[Change]:
            raise ZeroDivisionError(await reader.count("things"))

        with pytest.raises(ZeroDivisionError):
            await backend.transact(fails)
        assert await backend.insert("things", things(2)) == 2

    @needs_checks
    async def test_a_failed_check_undoes_everything(self, backend: Backend) -> None:
        """Also what search would find."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(8))
        before = await contents(backend)
        changes: list[Change] = [
            Put("things", [{"id": "new", "at": 1, "words": "unheard", "vector": [1, 0, 0, 0]}]),
            Delete("things", eq("id", "t00003")),
            Check("things", EVERYTHING, 7),
        ]
        with pytest.raises(Conflict):
            await backend.apply(changes)
        assert await contents(backend) == before
        assert not await backend.text_search("things", ["unheard"], limit=3)

    @pytest.mark.parametrize(("field", "value"), BAD_VALUES, ids=lambda v: repr(v)[:24])
    async def test_a_bad_value_undoes_everything(
        self, backend: Backend, field: str, value: Any
    ) -> None:
        """The error names the field; neither Put nor Update leaves a trace."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(4))
        before = await contents(backend)
        bad = {**thing(7), field: value}
        with pytest.raises(InvalidInput, match=field):
            await backend.apply(
                [Delete("things", EVERYTHING), Put("things", [thing(6), bad, thing(8)])]
            )
        if field != "id":
            bad = {"id": "t00001", field: value}
            with pytest.raises(InvalidInput, match=field):
                await backend.apply([Update("things", [{"id": "t00000", field: None}, bad])])
        assert await contents(backend) == before

    async def test_an_unknown_field_is_refused_on_write(self, backend: Backend) -> None:
        """Nothing is written."""
        await backend.ensure_table(THINGS)
        for change in (
            Put("things", [{"id": "a", "at": 1, "nothing": None}]),
            Update("things", [{"id": "a", "data.a": 1}]),
        ):
            with pytest.raises(UnknownField):
                await backend.apply([change])
        assert await backend.count("things") == 0

    async def test_an_update_holds_the_same_fields_in_each_record(self, backend: Backend) -> None:
        """And the key."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(3))
        uneven = [{"id": "t00000", "at": 1}, {"id": "t00001", "size": 1}]
        for records in (uneven, [{"at": 1}]):
            with pytest.raises(InvalidInput):
                await backend.apply([Update("things", records)])

    @needs_checks
    async def test_one_of_many_wins_a_check(self, backend: Backend) -> None:
        """Changes that race for the same absent record: one applies, the others conflict."""
        await backend.ensure_table(THINGS)

        async def claim(i: int) -> int:
            try:
                return await backend.apply(
                    [Check("things", EVERYTHING), Put("things", [{"id": f"c{i}", "at": i}])]
                )
            except Conflict:
                return 0

        assert sum(await asyncio.gather(*map(claim, range(8)))) == 1
        assert await backend.count("things") == 1

    @needs_checks
    async def test_a_counter_loses_nothing(self, backend: Backend) -> None:
        """Read, check, write, again on conflict: every increment arrives."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", [{"id": "n", "at": 0}])

        async def increment() -> None:
            while True:
                now = (await backend.query("things", eq("id", "n")))[0]["at"]
                same = Check("things", eq("id", "n") & eq("at", now), 1)
                try:
                    await backend.apply([same, Update("things", [{"id": "n", "at": now + 1}])])
                except Conflict:
                    await asyncio.sleep(0)
                else:
                    return

        await asyncio.gather(*(increment() for _ in range(6)))
        assert (await contents(backend))[0]["at"] == 6

    async def test_what_is_given_and_what_is_returned_stays_the_callers(
        self, backend: Backend
    ) -> None:
        """Changing either afterwards does not change what is stored."""
        await backend.ensure_table(THINGS)
        vector = np.array([1, 0, 0, 0], np.float32)
        given = {"id": "a", "at": 1, "data": {"a": [1]}, "vector": vector}
        await backend.insert("things", [given])
        given["data"]["a"].append(2)  # type: ignore[index]
        vector[:] = [0, 1, 0, 0]
        (await contents(backend))[0]["data"]["a"].append(3)
        assert (await contents(backend))[0]["data"] == {"a": [1]}
        hit = (await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1))[0]
        assert hit.score == pytest.approx(1)
