"""EntityStore: mentions counted once, relations that know their sources."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import NOON, HandClock

from engrammic.backends.memory import MemoryBackend
from engrammic.errors import InvalidInput
from engrammic.extraction import (
    Contains,
    CoOccurs,
    Defines,
    DependsOn,
    EdgeType,
    EntityType,
    ExtractionResult,
    Relationship,
)
from engrammic.scope import Scope, Scoped
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_changes import Extraction

FILE, FUNCTION, CONCEPT = EntityType.FILE, EntityType.FUNCTION, EntityType.CONCEPT


def said(
    *names: str, relations: tuple[Relationship, ...] = (), kind: EntityType = FILE
) -> ExtractionResult:
    return ExtractionResult([(name, kind) for name in names], relations)


def defined(context: str) -> ExtractionResult:
    return said("a.py", relations=(Defines("a.py", "login", context, (FILE, FUNCTION)),))


@pytest.fixture
def store(clock: HandClock) -> EntityStore:
    return EntityStore(MemoryBackend(), clock=clock)


async def test_a_mention_counts_once_for_its_message(store: EntityStore) -> None:
    for _ in range(3):
        await store.add_extraction(said("a.py", "a.py"), "m1", NOON)
    await store.add_extraction(said("a.py"), "m2", NOON + 5)

    found = await store.get("a.py", "file")

    assert found is not None
    assert found.mention_count == 2
    assert found.message_ids == ("m1", "m2")


async def test_seen_times_widen_both_ways(store: EntityStore) -> None:
    for number, moment in enumerate([NOON, NOON + 90, NOON - 90, NOON + 1]):
        await store.add_extraction(said("a.py"), f"m{number}", moment)

    found = await store.get("a.py", FILE)

    assert found is not None
    assert (found.first_seen, found.last_seen) == (NOON - 90, NOON + 90)


async def test_type_and_name_are_the_key(store: EntityStore) -> None:
    await store.add_extraction(
        ExtractionResult([("session", CONCEPT), ("session", EntityType.VARIABLE)]), "m1", NOON
    )

    assert {e.entity_type for e in await store.named("session")} == {CONCEPT, EntityType.VARIABLE}
    assert await store.get("session", FILE) is None
    assert await store.get_message_ids("session") == ["m1"]


async def test_a_message_given_again_replaces_what_it_said(store: EntityStore) -> None:
    depends = DependsOn("a.py", "b.py")
    await store.add_extraction(said("a.py", "b.py", relations=(depends,)), "m1", NOON)
    await store.add_extraction(said("a.py", "c.py"), "m1", NOON)

    assert [e.name for e in await store.get_by_type(FILE)] == ["a.py", "c.py"]
    assert await store.all_relationships() == []


async def test_top_entities_are_the_most_mentioned(store: EntityStore) -> None:
    await store.add_extractions(
        [Extraction(said("a.py", *(["b.py"] if n < 2 else [])), f"m{n}", NOON) for n in range(5)]
    )

    assert [(e.name, e.mention_count) for e in await store.get_top_entities(2)] == [
        ("a.py", 5), ("b.py", 2),
    ]  # fmt: skip


async def test_related_names_come_from_both_directions(store: EntityStore) -> None:
    links = (DependsOn("a.py", "b.py"), Contains("c.py", "a.py"), CoOccurs("d.py", "e.py", "m1"))
    await store.add_extraction(said("a.py", relations=links), "m1", NOON)
    await store.add_extraction(said("a.py", relations=links[1:2]), "m2", NOON)

    assert await store.get_related("a.py") == ["c.py", "b.py"]


async def test_stats_and_walks_count_what_is_stored(store: EntityStore) -> None:
    both = (DependsOn("a.py", "b.py"), CoOccurs("a.py", "b.py", "m1"))
    await store.add_extraction(said("a.py", "b.py", relations=both), "m1", NOON)
    await store.add_extraction(said("x", kind=FUNCTION), "m2", NOON)

    stats = await store.stats()

    assert (stats.total_entities, stats.total_relationships) == (3, 2)
    assert stats.entities_by_type == {FILE: 2, FUNCTION: 1}
    assert {e.name async for e in store.all_entities()} == {"a.py", "b.py", "x"}
    assert set(map(type, await store.all_relationships())) == {DependsOn, CoOccurs}


async def test_a_message_takes_along_what_only_it_said(store: EntityStore) -> None:
    depends = DependsOn("a.py", "b.py")
    await store.add_extraction(said("a.py", "b.py", relations=(depends,)), "m1", NOON)
    await store.add_extraction(said("a.py", relations=(depends,)), "m2", NOON + 1)
    await store.add_extraction(defined("login()"), "m3", NOON)
    await store.add_extraction(defined("login(user)"), "m4", NOON)

    await store.delete_messages(["m1", "m4"])

    assert await store.get("b.py", FILE) is None
    assert (EdgeType.DEPENDS_ON, depends.ends) in {
        (r.edge_type, r.ends) for r in await store.all_relationships()
    }
    assert await store.contradictions() == []
    await store.delete_messages(["m2", "m3"])
    assert (await store.stats()).total_entities == 0
    assert await store.all_relationships() == []


async def test_what_a_person_states_outlives_messages(store: EntityStore) -> None:
    relation = DependsOn("a.py", "b.py", (FILE, FILE))
    await store.state([("a.py", FILE)], [relation])
    await store.state([("a.py", FILE)], [relation])
    await store.add_extraction(said("a.py"), "m1", NOON)
    await store.delete_messages(["m1"])

    found = await store.get("a.py", FILE)

    assert found is not None
    assert (found.mention_count, found.message_ids) == (1, ())
    assert await store.all_relationships() == [relation]


async def test_scopes_see_nothing_of_each_other(clock: HandClock) -> None:
    backend = MemoryBackend()
    mine, yours = (
        EntityStore(Scoped(backend, Scope("t", user)), clock=clock) for user in ("a", "b")
    )
    await mine.add_extraction(defined("login()"), "m1", NOON)
    await yours.add_extraction(defined("login(user)"), "m1", NOON)

    assert await mine.contradictions() == await yours.contradictions() == []
    await yours.delete_messages(["m1"])
    assert (await mine.stats()).total_entities == 2


@pytest.mark.parametrize(
    ("result", "message_id", "named"),
    [
        (said(""), "m1", "name"),
        (said("a\0"), "m1", "name"),
        (said("a"), "", "message_id"),
        (said("a"), "=", "message_id"),
        (said("a", relations=(DependsOn("", "b"),)), "m1", "relationship"),
        (ExtractionResult([("a", "planet")]), "m1", "entity_type"),  # type: ignore[list-item]
    ],
)
async def test_bad_input_is_named(
    store: EntityStore, result: ExtractionResult, message_id: str, named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        await store.add_extraction(result, message_id, NOON)


async def test_times_in_seconds_are_refused(store: EntityStore) -> None:
    with pytest.raises(InvalidInput, match="timestamp"):
        await store.add_extraction(said("a"), "m1", 1_700_000_000)


NAMES = st.sampled_from(["a", "b", "c"])
RELATIONS = st.builds(Defines, NAMES, NAMES, st.sampled_from(["x", "y", ""]))
STEP = st.tuples(
    st.sampled_from(["m1", "m2", "m3"]),
    st.integers(NOON - 5, NOON + 5),
    st.none() | st.tuples(st.lists(NAMES, max_size=3), st.lists(RELATIONS, max_size=3)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=8))
async def test_any_order_of_messages_gives_what_the_last_ones_say(
    steps: list[tuple[str, int, tuple[list[str], list[Defines]] | None]],
) -> None:
    store = EntityStore(MemoryBackend(), clock=lambda: NOON)
    last: dict[str, tuple[int, ExtractionResult]] = {}
    for message_id, moment, content in steps:
        if content is None:
            last.pop(message_id, None)
            await store.delete_messages([message_id])
        else:
            result = said(*content[0], relations=tuple(content[1]))
            last[message_id] = (moment, result)
            await store.add_extraction(result, message_id, moment)

    entities = {e.name: e async for e in store.all_entities()}
    assert {n: list(_times(last, n)) for n in "abc" if [*_times(last, n)]} == {
        name: list(_times(last, name)) for name in entities
    }
    for name, entity in entities.items():
        times = list(_times(last, name))
        assert entity.mention_count == len(entity.message_ids) == len(times)
        assert (entity.first_seen, entity.last_seen) == (min(times), max(times))
    details = {(*r.ends, r.detail) for _, result in last.values() for r in result.relationships}
    assert {(*r.ends, r.detail) for r in await store.all_relationships()} == details
    for event in await store.contradictions():
        start, end = event.subject.split("::")
        assert {(start, end, event.existing_context), (start, end, event.new_context)} <= details


def _times(last: dict[str, tuple[int, ExtractionResult]], name: str) -> Iterator[int]:
    for moment, result in last.values():
        if (name, FILE) in result.entities:
            yield moment
