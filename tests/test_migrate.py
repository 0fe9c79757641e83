"""A whole database goes into another bit by bit, whatever happens on the way."""

from __future__ import annotations

import asyncio
import os
from itertools import islice, pairwise
from pathlib import Path

import pytest

from engines import Engines
from engrammic.backends.memory import MemoryBackend
from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Put
from engrammic.errors import Conflict, NotFound
from engrammic.filters import eq
from engrammic.moving import Report, migrate
from engrammic.moving.marks import MARKS, source_of
from engrammic.moving.migrating import FACTS
from engrammic.registry import open_backend
from engrammic.stores.meta import META, MetaStore
from engrammic.testing.things import THINGS, thing, things
from migrating import connect, fill, killed, lines, lines_at

CHAIN = ("memory", "sqlite", "postgres", "lance", "qdrant", "files", "mysql", "surrealdb",
         "chroma", "sqlite")  # fmt: skip
"""The databases that the messages go through, one after the other."""

MESSAGES = 5_000 if os.environ.get("ENGRAMMIC_LONG") else 600
KILLS = 5


@pytest.fixture
async def source() -> MemoryBackend:
    backend = MemoryBackend()
    await fill(backend, 200)
    return backend


@pytest.fixture
async def target(tmp_path: Path):  # type: ignore[no-untyped-def]
    backend = await SqliteBackend.connect(str(tmp_path / "target"))
    yield backend
    await backend.close()


async def test_the_whole_database_is_carried_over(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    seen: list[tuple[float, float]] = []
    report = await migrate(source, target, advance=lambda d, t, w: seen.append((d, t)))
    assert report.is_verified
    assert await lines(target) == await lines(source)
    assert {t.name for t in report.tables} == {s.name for s in await source.tables()}
    assert report.written == sum(t.source_count for t in report.tables)
    assert seen == sorted(seen)
    assert seen[-1] == (2 * report.written, 2 * report.written)
    assert all(t.source_hash == t.target_hash for t in report.tables)


async def test_a_second_run_changes_nothing_and_says_so(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    await migrate(source, target)
    before = (await target.stats())["bytes"], target.path.read_bytes()[:100]
    again = await migrate(source, target)
    assert again.written == 0
    assert again.is_verified
    assert ((await target.stats())["bytes"], target.path.read_bytes()[:100]) == before


async def test_searches_find_the_same_there(source: MemoryBackend, target: SqliteBackend) -> None:
    await migrate(source, target)
    for scope in ("local///", "Other/%C3%BC//"):
        where = eq("scope", scope)
        for terms in (["topic5"], ["日本", "snake_case_3"], ["v1.7.0"]):
            here = await source.text_search("messages", terms, limit=9, where=where)
            there = await target.text_search("messages", terms, limit=9, where=where)
            assert [h.record for h in here] == [h.record for h in there]
            assert [h.score for h in here] == pytest.approx([h.score for h in there])


async def test_facts_of_the_database_travel(source: MemoryBackend, target: SqliteBackend) -> None:
    """Those of an empty target, which was opened with another model once, do not stay."""
    await MetaStore(target).write("embedding", {"model": "another"})
    await MetaStore(target).write("leftover", 1)
    assert (await migrate(source, target)).is_verified
    assert await MetaStore(target).read("embedding") == await MetaStore(source).read("embedding")
    assert await MetaStore(target).read("leftover") is None
    assert META.name == FACTS


async def test_a_target_with_other_data_is_refused(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    await target.ensure_table(THINGS)
    await target.insert("things", things(3))
    before = await lines(target)
    with pytest.raises(Conflict, match="other data"):
        await migrate(source, target)
    assert await lines(target) == before


async def test_a_target_that_was_used_since_is_refused(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    """Also where the counts agree: nothing newer is overwritten."""
    await migrate(source, target)
    await MetaStore(target).write("analyser", "changed")
    with pytest.raises(Conflict, match=r"engrammic: .*1 different"):
        await migrate(source, target)
    assert await MetaStore(target).read("analyser") == "changed"


async def test_merging_adds_what_is_missing_and_changes_nothing(target: SqliteBackend) -> None:
    source = MemoryBackend()
    for backend in (source, target):
        await backend.ensure_table(THINGS)
    await source.insert("things", things(600))
    await target.insert("things", [thing(5) | {"name": "mine"}, thing(9), thing(0) | {"id": "own"}])
    report = await migrate(source, target, merge=True)
    (found,) = report.tables
    assert (report.written, found.missing, found.different, found.extra) == (598, 0, 1, 1)
    assert not report.is_verified
    assert (await target.get("things", ("t00005",)) or {})["name"] == "mine"
    await target.delete("things", eq("id", "t00005"))
    again = await migrate(source, target, merge=True)
    assert (again.written, again.is_verified) == (1, True)
    assert (await migrate(source, target, merge=True)).written == 0


async def test_two_models_are_never_merged(source: MemoryBackend, target: SqliteBackend) -> None:
    await target.ensure_table(THINGS)
    await target.insert("things", things(3))
    await MetaStore(target).write("analyser", "another")
    with pytest.raises(Conflict, match="analyser"):
        await migrate(source, target, merge=True)
    assert [s.name for s in await target.tables()] == ["engrammic", "things"]


async def test_an_unfinished_copy_of_another_source_is_refused(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    class Stopped(Exception):
        pass

    def stop(done: float, total: float, what: str) -> None:
        if done > 300:
            raise Stopped

    with pytest.raises(Stopped):
        await migrate(source, target, name="first", advance=stop)
    assert await source_of(target) == "first"
    with pytest.raises(Conflict, match="unfinished copy of first"):
        await migrate(source, target, name="second")
    with pytest.raises(Conflict, match="unfinished copy of first"):
        await migrate(target, MemoryBackend())
    report = await migrate(source, target, name="first")
    assert report.is_verified
    assert 0 < report.written < sum(t.source_count for t in report.tables)
    assert MARKS.name not in {s.name for s in await target.tables()}
    assert await lines(target) == await lines(source)


async def test_what_changed_in_the_source_meanwhile_follows(
    source: MemoryBackend, target: SqliteBackend
) -> None:
    """A write behind the place of the copy is found by the comparison, and put."""
    changed = False

    async def write() -> None:
        (schema,) = [s for s in await source.tables() if s.name == "notes"]
        record = (await source.export("notes", limit=1))[0]
        assert schema.partition
        await source.apply([Put("notes", [record | {"title": "new"}])])

    tasks = []

    def advance(done: float, total: float, what: str) -> None:
        nonlocal changed
        if not changed and what == "tier_metadata":
            changed = True
            tasks.append(asyncio.get_running_loop().create_task(write()))

    assert (await migrate(source, target, advance=advance)).is_verified
    assert tasks
    assert await lines(target) == await lines(source)


async def test_a_difference_is_reported(source: MemoryBackend, target: SqliteBackend) -> None:
    """What the source lost meanwhile is not deleted from the target, and not passed over."""

    def advance(done: float, total: float, what: str) -> None:
        if what == "tier_metadata" and source_has_note():
            source._tables["notes"].records.pop(next(iter(source._tables["notes"].records)))

    def source_has_note() -> bool:
        return len(source._tables["notes"].records) == 31

    report = await migrate(source, target, advance=advance)
    assert not report.is_verified
    assert [(t.name, t.extra) for t in report.tables if not t.is_same] == [("notes", 1)]
    assert await source_of(target) == "memory"
    assert not report.as_record()["verified"]


async def test_a_source_without_tables_is_refused(target: SqliteBackend) -> None:
    with pytest.raises(NotFound):
        await migrate(MemoryBackend(), target)


async def test_large_records_come_in_small_pages() -> None:
    source, target = MemoryBackend(), MemoryBackend()
    await source.ensure_table(THINGS)
    await source.insert("things", [thing(i) | {"raw": bytes(1 << 20)} for i in range(40)])
    sizes = []
    apply = target.apply

    async def counted(changes):  # type: ignore[no-untyped-def]
        sizes.append(max(len(getattr(c, "records", ())) for c in changes))
        return await apply(changes)

    target.apply = counted  # type: ignore[method-assign]
    assert (await migrate(source, target)).is_verified
    assert max(sizes) <= 16
    assert sizes.count(1) > 20


async def test_the_chain_ends_where_it_began(engines: Engines) -> None:
    """Messages and all that came of them, through nine databases, killed five times on the way."""
    first = await open_backend("memory:")
    await fill(first, MESSAGES)
    await connect(first)
    wanted = await lines(first)
    assert len(wanted["messages"]) > MESSAGES
    assert wanted["passages"]
    aged = ("summaries", "facts", "evidence", "versions", "moves", "tombstones",
            "tier_metadata", "entities", "mentions", "graph_relations")  # fmt: skip
    assert [table for table in aged if not wanted[table]] == []
    urls = [engines.new(scheme) for scheme in CHAIN[1:]]
    new = await open_backend(urls[0])
    assert (await migrate(first, new)).is_verified
    await new.close()
    hops = list(pairwise(urls))
    shares = iter((0.02, 0.15, 0.3, 0.55, 0.8))
    for number, hop in enumerate(hops):
        for share in islice(shares, _part(number + 1, hops) - _part(number, hops)):
            assert await asyncio.to_thread(killed, *hop, share)
        await finish(*hop)
    assert next(shares, None) is None
    assert await lines_at(urls[-1]) == wanted


def _part(number: int, hops: list[tuple[str, str]]) -> int:
    return KILLS * number // len(hops)


async def finish(source: str, target: str) -> Report:
    old, new = await open_backend(source), await open_backend(target)
    report = await migrate(old, new, name=source)
    assert report.is_verified
    await new.close()
    await old.close()
    return report
