"""Hostile filter trees through every verb that takes a filter, beside the predicate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from engrammic.backend import Backend
from engrammic.changes import Delete, Put, Update
from engrammic.errors import EngrammicError, InvalidInput
from engrammic.filters import EVERYTHING, NULL_OPS, SET_OPS, And, Compare, Filter, Op, Or, eq
from engrammic.testing.hostile import HOSTILE, NAMES, Round, hostile_round, matching
from engrammic.types import Kind, Order, Record

TABLE = HOSTILE.name
VECTOR = HOSTILE.of_kind(Kind.VECTOR)[0].name
VERBS = ("count", "page", "vector", "text", "delete")


async def fill(backend: Backend, records: Sequence[Record]) -> None:
    """The records in the table, and no others."""
    await backend.ensure_table(HOSTILE)
    await backend.apply([Delete(TABLE, EVERYTHING), Put(TABLE, list(records))])


async def disagreement(backend: Backend, given: Round, number: int) -> str:
    """What a backend says otherwise than the predicate of one of a round's trees; "" if nothing.

    Each tree is asked by `query` and by one of the other verbs in turn. Only
    what the predicate refuses is refused, and with the same error.
    """
    where, verb = given.trees[number], VERBS[number % len(VERBS)]
    wanted = matching(where, given.records)
    try:
        problems = await _asked(backend, where, verb, wanted)
    except EngrammicError as error:
        if isinstance(wanted, type) and isinstance(error, wanted):
            return ""
        problems = [f"{type(error).__name__}: {error}"]
    except Exception as error:  # noqa: BLE001 - a driver's own error is what is looked for
        problems = [f"not ours, {type(error).__name__}: {error}"]
    return f"{'; '.join(problems)}: {where!r}" if problems else ""


async def _asked(backend: Backend, where: Filter, verb: str, wanted: Any) -> list[str]:
    found = ids(await backend.query(TABLE, where, columns=["id"]))
    if isinstance(wanted, type):
        return ["query did not refuse it"]
    expected = sorted(ids(wanted))
    problems = [] if found == expected else [f"query {found} != {expected}"]
    here, there = await _also(backend, where, verb, wanted)
    return problems if here == there else [*problems, f"{verb} {here} != {there}"]


async def _also(backend: Backend, where: Filter, verb: str, wanted: list[Record]) -> Any:
    """What one verb gives, and what it should."""
    if verb == "count":
        return await backend.count(TABLE, where), len(wanted)
    if verb == "page":
        order = Order("at", descending=True)
        found = await backend.query(TABLE, where, order=order, limit=4)
        inside = sorted(wanted, key=lambda r: (r["at"], r["id"]), reverse=True)[:4]
        return _only_other([_stored(r) for r in found], [_stored(r) for r in inside])
    if verb == "vector":
        hits = await backend.vector_search(TABLE, VECTOR, [1, 2, 3, 4], limit=99, where=where)
        return sorted(ids(h.record for h in hits)), sorted(ids(r for r in wanted if r.get(VECTOR)))
    if verb == "text":
        hits = await backend.text_search(TABLE, ["common"], limit=99, where=where)
        name = HOSTILE.of_kind(Kind.TERMS)[0].name
        return sorted(ids(h.record for h in hits)), sorted(ids(r for r in wanted if r.get(name)))
    gone = await backend.delete(TABLE, where)
    left = await backend.count(TABLE)
    if wanted:
        await backend.apply([Put(TABLE, wanted)])
    return (gone, left + gone), (len(wanted), await backend.count(TABLE))


def _only_other(found: list[Record], wanted: list[Record]) -> Any:
    """Both, without the fields in which the records are the same."""
    if ids(found) != ids(wanted):
        return ids(found), ids(wanted)
    pairs = list(zip(found, wanted, strict=True))
    other = [{n for n in HOSTILE.stored if _told(a[n]) != _told(b[n])} for a, b in pairs]
    return tuple(
        [{n: r[n] for n in sorted(names)} for r, names in zip(side, other, strict=True)]
        for side in (found, wanted)
    )


def _told(value: Any) -> str:
    """As JSON, in which true is not 1."""
    return json.dumps(value, sort_keys=True, default=repr)


def _stored(record: Record) -> Record:
    return {name: record.get(name) for name in HOSTILE.stored}


def ids(records: Any) -> list[str]:
    """The ids, in the order of the records."""
    return [r["id"] for r in records]


class TreeTests:
    """Filter trees out of pieces of query languages, in values and in names."""

    TREES = 100
    """How many trees of the first round are tried."""

    async def test_hostile_filter_trees_agree_with_the_predicate(self, backend: Backend) -> None:
        """The same records, and no error but ours."""
        given = hostile_round(0)
        await fill(backend, given.records)
        told = [await disagreement(backend, given, n) for n in range(self.TREES)]
        assert not any(told), "\n".join(filter(None, told))

    @pytest.mark.parametrize("nul", ["\0", "'\0", "\0;--", "a\0b"], ids=repr)
    async def test_a_nul_is_refused(self, backend: Backend, nul: str) -> None:
        """On write in values and in names, and in the names of a comparison."""
        given = hostile_round(0)
        await fill(backend, given.records[:4])
        before = await backend.export(TABLE)
        for name in (*NAMES[Kind.TEXT][:2], NAMES[Kind.JSON][0]):
            for change in (Put(TABLE, [{"id": "n", "at": 1, name: nul}]),
                           Update(TABLE, [{"id": given.records[0]["id"], name: nul}]),
                           Put(TABLE, [{"id": "n", "at": 1, NAMES[Kind.JSON][0]: {nul: 1}}]),
                           Put(TABLE, [{"id": nul, "at": 1}])):  # fmt: skip
                with pytest.raises(InvalidInput, match="NUL"):
                    await backend.apply([change])
        with pytest.raises(InvalidInput, match="NUL"):
            await backend.query(TABLE, Compare(f"{NAMES[Kind.JSON][0]}.{nul}", Op.EQ, 1))
        assert [r["id"] for r in await backend.export(TABLE)] == [r["id"] for r in before]

    @pytest.mark.parametrize("nul", ["\0", "'\0", "\0;--", "a\0b"], ids=repr)
    async def test_a_nul_matches_nothing(self, backend: Backend, nul: str) -> None:
        """Whatever the operator, in a text, in JSON and in what is searched, and turned round."""
        given = hostile_round(0)
        await fill(backend, given.records[:4])
        key = given.records[0]["id"]
        for name in (*NAMES[Kind.TEXT][:2], NAMES[Kind.JSON][0], "id"):
            for op in Op:
                if op in NULL_OPS:
                    continue
                where = Compare(name, op, (nul,) if op in SET_OPS else nul)
                for filtered in (where, ~where, And((where, EVERYTHING)), Or((~~where,))):
                    assert await backend.query(TABLE, filtered) == []
                    assert await backend.count(TABLE, filtered) == 0
        assert await backend.delete(TABLE, Compare("id", Op.NE, nul)) == 0
        assert ids(await backend.query(TABLE, Compare("id", Op.IN, (nul, key)))) == [key]
        for where in (~Compare("id", Op.IN, (nul, key)), Compare("id", Op.NOT_IN, (key, nul))):
            assert await backend.query(TABLE, where) == []
        some = Or((eq("id", nul), eq("id", key)))
        assert ids(await backend.query(TABLE, some)) == [key]
