"""Filters mean what the predicate says, through every way in which a backend takes one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engrammic.backend import Backend
from engrammic.changes import Put
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import Filter, eq
from engrammic.predicate import predicate
from engrammic.testing.filters import CASES, REFUSED, UNKNOWN
from engrammic.testing.things import THINGS, things
from engrammic.types import Record, Scored


def ids(records: Iterable[Record]) -> list[str]:
    """The ids, in the order of the records."""
    return [r["id"] for r in records]


def found(hits: Iterable[Scored]) -> list[str]:
    """The ids of hits, sorted."""
    return sorted(h.record["id"] for h in hits)


class FilterTests:
    """Every filter case, by query, count, both searches and delete."""

    STRIDE = 1
    """Of so many cases one is tried: for engines that take long to write."""

    @pytest.mark.parametrize("family", CASES)
    async def test_filters_agree_with_the_predicate(self, backend: Backend, family: str) -> None:
        """Each case of a family lets through the same records as the predicate."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things())
        cases = CASES[family][len(family) % self.STRIDE :: self.STRIDE]
        wrong = [d for where in cases if (d := await self._differences(backend, where))]
        assert not wrong, "\n".join(wrong[:20])

    async def _differences(self, backend: Backend, where: Filter) -> str:
        records = things()
        matching = list(filter(predicate(where), records))
        near = sorted(r["id"] for r in matching if r["vector"] is not None)
        worded = sorted(r["id"] for r in matching if r["words"] is not None)
        size = len(records)
        got = {
            "query": ids(await backend.query("things", where)) == ids(matching),
            "count": await backend.count("things", where) == len(matching),
            "vector_search": found(
                await backend.vector_search(
                    "things", "vector", [1, 2, 3, 4], limit=size, where=where
                )
            )
            == near,
            "text_search": found(
                await backend.text_search("things", ["common"], limit=size, where=where)
            )
            == worded,
            "delete": await backend.delete("things", where) == len(matching),
            "rest": await backend.count("things") == size - len(matching),
        }
        if matching:
            await backend.apply([Put("things", matching)])
        wrong = [name for name, right in got.items() if not right]
        return f"{', '.join(wrong)}: {where!r:.300}" if wrong else ""

    @pytest.mark.parametrize("where", UNKNOWN, ids=repr)
    async def test_an_unknown_field_is_refused(self, backend: Backend, where: Filter) -> None:
        """By query, count, searches, delete and check alike."""
        await self._refused(backend, where, UnknownField)

    @pytest.mark.parametrize("where", REFUSED, ids=lambda w: repr(w)[:60])
    async def test_a_value_that_does_not_fit_is_refused(
        self, backend: Backend, where: Filter
    ) -> None:
        """By query, count, searches, delete and check alike."""
        await self._refused(backend, where, InvalidInput)

    async def _refused(self, backend: Backend, where: Filter, error: type[InvalidInput]) -> None:
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(3))
        with pytest.raises(error):
            await backend.query("things", where)
        with pytest.raises(error):
            await backend.count("things", where)
        with pytest.raises(error):
            await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=1, where=where)
        with pytest.raises(error):
            await backend.text_search("things", ["common"], limit=1, where=where)
        with pytest.raises(error):
            await backend.delete("things", eq("id", "t00001") & where)
        assert await backend.count("things") == 3
