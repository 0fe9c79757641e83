"""Entities, their queue and their graph on every database: the same answers by another URL."""

from __future__ import annotations

import pytest

from engines import SCHEMES, Engines
from engrammic.extraction import DependsOn, EntityType, ExtractionResult, extract
from engrammic.graph import RelationshipGraph
from engrammic.registry import open_backend
from engrammic.stores.entities import EntityStore

NOON = 1_760_000_000_000


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_messages_say_is_counted_linked_doubted_and_forgotten(
    engines: Engines, scheme: str
) -> None:
    backend = await open_backend(engines.new(scheme))
    store = EntityStore(backend)
    names = [(name, EntityType.FILE) for name in ("app.py", "api.py", "db.py")]
    links = [DependsOn("app.py", "api.py"), DependsOn("api.py", "db.py")]
    await store.add_extraction(ExtractionResult(names, links), "m1", NOON)
    await store.add_extraction(extract("api.py: def run(x)"), "m2", NOON + 1)
    await store.add_extraction(extract("api.py: def run(x, y)"), "m3", NOON - 1)

    found = await store.get("api.py", "file")
    assert found is not None
    assert (found.mention_count, found.first_seen, found.last_seen) == (3, NOON - 1, NOON + 1)
    assert [e.name for e in await store.get_top_entities(1)] == ["api.py"]
    [event] = await store.drain_contradictions()
    await store.resolve(event.event_id, "replace")
    assert await store.contradictions() == []
    graph = RelationshipGraph.from_entity_store(store)
    assert [i.name for i in await graph.get_impact_set("db.py", 2)][:2] == ["api.py", "app.py"]

    await store.delete_messages(["m1", "m2", "m3"])
    assert (await store.stats()).total_entities == 0
    await backend.close()
