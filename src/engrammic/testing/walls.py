"""Scopes never meet: the same tables and ids in two scopes over one backend."""

from __future__ import annotations

import pytest

from engrammic.backend import Backend
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import Conflict, InvalidInput
from engrammic.filters import EVERYTHING, Compare, Op, eq
from engrammic.scope import Scope, Scoped
from engrammic.testing.filtering import ids
from engrammic.testing.promises import needs_checks
from engrammic.testing.searching import beside, same_hits
from engrammic.testing.things import THINGS, things
from engrammic.types import Order

NEIGHBOURS: tuple[Scope, ...] = (
    Scope("b"), Scope("a", user="u"), Scope("a", agent="u"), Scope("a", project="p"),
    Scope("A"), Scope("a/"), Scope("a%"), Scope("'"), Scope("日本"),
)  # fmt: skip
"""Scopes beside `Scope("a")`."""


async def two_scopes(backend: Backend, neighbour: Scope) -> tuple[Scoped, Scoped]:
    """Scope `a` with all things, and a neighbour with other values under some of the same ids."""
    mine, theirs = Scoped(backend, Scope("a")), Scoped(backend, neighbour)
    await mine.ensure_table(THINGS)
    await theirs.ensure_table(THINGS)
    await mine.apply([Put("things", things(60))])
    other = [{"id": r["id"], "at": 1000, "words": "common theirs", "vector": [1, 0, 0, 0]}
             for r in things(30)]  # fmt: skip
    await theirs.apply([Put("things", other)])
    return mine, theirs


class WallTests:
    """Reads, writes, checks, pages and searches of a scope."""

    @pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=str)
    async def test_reads_stay_within_the_scope(self, backend: Backend, neighbour: Scope) -> None:
        """Whatever the filter asks for."""
        mine, theirs = await two_scopes(backend, neighbour)
        wanted = [{n: r[n] for n in THINGS.stored} for r in things(60)]
        assert await mine.query("things") == wanted
        assert await mine.query("things", EVERYTHING | eq("at", 1000)) == wanted
        assert await mine.query("things", eq("at", 1000)) == []
        assert await mine.get("things", ("t00001",)) == wanted[1]
        assert await theirs.get("things", ("t00031",)) is None
        assert (await mine.count("things"), await theirs.count("things")) == (60, 30)
        assert await theirs.count("things", Compare("at", Op.LT, 1000)) == 0

    async def test_pages_stay_within_the_scope(self, backend: Backend) -> None:
        """With and without an order, up and down."""
        mine, _ = await two_scopes(backend, Scope("b"))
        for order in (None, Order("at"), Order("at", descending=True)):
            after, seen = None, []
            while page := await mine.query("things", order=order, after=after, limit=7):
                seen += ids(page)
                last = page[-1]
                after = (last["id"],) if order is None else (last["at"], last["id"])
            assert seen == ids(await mine.query("things", order=order))
            assert sorted(seen) == ids(things(60))

    @pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=str)
    async def test_writes_stay_within_the_scope(self, backend: Backend, neighbour: Scope) -> None:
        """Put, Update and Delete of the neighbour's ids leave the neighbour alone."""
        mine, theirs = await two_scopes(backend, neighbour)
        before = await mine.query("things")
        changes: list[Change] = [
            Put("things", [{"id": "t00001", "at": 1}]),
            Update("things", [{"id": "t00002", "at": 2}, {"id": "t00040", "at": 2}]),
            Delete("things", eq("id", "t00003") | Compare("at", Op.GTE, 0)),
        ]
        assert await theirs.apply(changes) == 1 + 1 + 30
        assert await theirs.delete("things", EVERYTHING) == 0
        assert await mine.query("things") == before

    async def test_a_scope_cannot_be_forged(self, backend: Backend) -> None:
        """A record that carries the scope's own column is stamped over."""
        mine, theirs = await two_scopes(backend, Scope("b"))
        forged = {"id": "forged", "at": 1, "scope": str(Scope("a"))}
        await theirs.apply([Put("things", [forged])])
        assert await mine.get("things", ("forged",)) is None
        assert await theirs.get("things", ("forged",)) is not None

    @needs_checks
    async def test_checks_stay_within_the_scope(self, backend: Backend) -> None:
        """They neither count nor miss another scope's records."""
        mine, theirs = await two_scopes(backend, Scope("b"))
        free = Check("things", eq("id", "t00031"))
        assert await theirs.apply([free, Put("things", [{"id": "t00031", "at": 1}])]) == 1
        with pytest.raises(Conflict):
            await theirs.apply([free])
        assert await mine.apply([Check("things", EVERYTHING, 60)]) == 0

    @pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=str)
    async def test_searches_stay_within_the_scope(self, backend: Backend, neighbour: Scope) -> None:
        """And the statistics behind their scores too."""
        mine, theirs = await two_scopes(backend, neighbour)
        alone = Scoped(await beside(), Scope("a"))
        await alone.ensure_table(THINGS)
        await alone.apply([Put("things", things(60))])
        for limit in (5, 100):
            for terms in (["common"], ["red", "fox"], ["theirs"]):
                got = await mine.text_search("things", terms, limit=limit)
                same_hits(got, await alone.text_search("things", terms, limit=limit))
            got = await mine.vector_search("things", "vector", [1, 0, 0, 0], limit=limit)
            same_hits(got, await alone.vector_search("things", "vector", [1, 0, 0, 0], limit=limit))
        hits = await theirs.vector_search("things", "vector", [1, 0, 0, 0], limit=100)
        assert ids(h.record for h in hits) == ids(things(30))
        assert await theirs.text_search("things", ["red"], limit=5) == []

    async def test_a_page_is_full_beside_nearer_neighbours(self, backend: Backend) -> None:
        """Also where the scope had the table for itself before."""
        mine, theirs = Scoped(backend, Scope("a")), Scoped(backend, Scope("b"))
        await mine.ensure_table(THINGS)
        await mine.apply([Put("things", things(60))])
        before = await mine.vector_search("things", "vector", [0, 1, 1, 0], limit=5)
        near = [{"id": f"n{n}", "at": n, "vector": [0, 1, 1, n / 100]} for n in range(30)]
        await theirs.apply([Put("things", near)])
        for _ in range(2):
            after = await mine.vector_search("things", "vector", [0, 1, 1, 0], limit=5)
            same_hits(after, before)
        found = await theirs.vector_search("things", "vector", [0, 1, 1, 0], limit=5)
        assert [h.record["id"] for h in found] == ["n0", "n1", "n2", "n3", "n4"]

    async def test_a_search_without_a_partition_is_refused(self, backend: Backend) -> None:
        """Neither none, nor a choice, nor an alternative stands for one."""
        await two_scopes(backend, Scope("b"))
        here = eq("scope", str(Scope("a")))
        for where in (None, EVERYTHING, eq("at", 1), ~here, here | eq("at", 1),
                      Compare("scope", Op.IN, (str(Scope("a")),))):  # fmt: skip
            with pytest.raises(InvalidInput, match="scope"):
                await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1, where=where)
            with pytest.raises(InvalidInput, match="scope"):
                await backend.text_search("things", ["common"], limit=1, where=where)
        assert await backend.text_search("things", ["common"], limit=1, where=here & eq("at", 7))

    async def test_a_search_with_a_nul_finds_nothing(self, backend: Backend) -> None:
        """In the partition and beside it."""
        await two_scopes(backend, Scope("b"))
        here = eq("scope", str(Scope("a")))
        for where in (eq("scope", "a\0"), here & eq("name", "\0"), here & ~eq("name", "a\0b")):
            for limit in (1, 100):
                found = await backend.vector_search(
                    "things", "vector", [1, 0, 0, 0], limit=limit, where=where
                )
                assert found == []
                found = await backend.text_search("things", ["common"], limit=limit, where=where)
                assert found == []
