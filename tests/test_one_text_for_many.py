"""One text where many are asked for is refused, and not taken for a list of its letters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import pytest

import engrammic
from engrammic import Memory
from engrammic.adapters.agent_brain.storage import ChunkStorage
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import InvalidInput
from engrammic.scope import Scope, Scoped
from engrammic.stores.graph import SimpleGraphStore
from engrammic.stores.vector_database import VectorDatabase
from engrammic.stores.vector_store import VectorStore

Act: TypeAlias = Callable[[Memory, Any], Awaitable[object]]


@pytest.fixture
async def memory() -> AsyncIterator[Memory]:
    """A memory with an item under each letter of "abc"."""
    async with engrammic.open("memory:", embedder=HashingEmbedder(64)) as memory:
        for name in "abc":
            await memory.remember(f"about {name}", id=name)
        await memory.forget(["c"], scan=False)  # so that there are tombstones to look through
        await memory.remember("about d", id="d")
        yield memory


def chunks(memory: Memory) -> ChunkStorage:
    return ChunkStorage(memory.backend)


LISTS: dict[str, tuple[str, Act]] = {
    "forget": ("ids", lambda m, given: m.forget(given, scan=False)),
    "existing": ("item_ids", lambda m, given: m.notes.existing(given)),
    "barred": ("ids", lambda m, given: m.notes.barred(given)),
    "raw": ("message_ids", lambda m, given: m.messages.raw(given)),
    "drawn": ("message_ids", lambda m, given: m.facts.drawn_from(given)),
    "add": ("item", lambda m, given: m.notes.add_batch(given)),
    "import": ("paths", lambda m, given: m.import_files(given)),
    "messages of entities": ("message_ids", lambda m, given: m.entities.delete_messages(given)),
    "relations": ("names", lambda m, given: m.entities.relations_of(given)),
    "outlines": ("named", lambda m, given: m.entities.outlines(given)),
    "entities": ("entities", lambda m, given: m.entities.state(given)),
    "relationships": ("relationships", lambda m, given: m.entities.state([], given)),
    "extractions": ("extractions", lambda m, given: m.entities.add_extractions(given)),
    "related": ("names", lambda m, given: m.graph.suggest_related(given)),
    "sources": ("source_chunk_ids", lambda m, g: SimpleGraphStore(m.backend).delete_sources(g)),
    "vectors": ("ids", lambda m, given: VectorStore(m.backend).delete(given)),
    "words": ("ids", lambda m, given: VectorStore(m.backend).index_words(given, given)),
    "languages": (
        "languages",
        lambda m, given: VectorDatabase(m.backend).search_filtered([1.0], languages=given),
    ),
    "chunks": ("ids", lambda m, given: chunks(m).delete_by_ids(given)),
    "kinds of chunks": ("source_type", lambda m, given: chunks(m).keyword_search("a", 5, given)),
    "terms": ("terms", lambda m, g: Scoped(m.backend, Scope()).text_search("notes", g, limit=1)),
}


@pytest.mark.parametrize(("field", "act"), LISTS.values(), ids=LISTS)
async def test_one_text_for_a_list_is_refused(memory: Memory, field: str, act: Act) -> None:
    with pytest.raises(InvalidInput, match=field):
        await act(memory, "abcd")
    assert [note.id for note in (await memory.list()).items] == ["d", "b", "a"]


@pytest.mark.parametrize("bad", [5, {"a": 1}, b"abcd", [5], ["\ud800"], [None], [["a"]]], ids=repr)
async def test_what_is_no_list_of_texts_is_refused(memory: Memory, bad: Any) -> None:
    with pytest.raises(InvalidInput, match="ids"):
        await memory.forget(bad, scan=False)
    with pytest.raises(InvalidInput, match="subject"):
        await memory.forget(subject=bad, scan=False)
    assert len((await memory.list()).items) == 3


@pytest.mark.parametrize("form", [list, tuple, set, iter, dict.fromkeys])
async def test_ids_may_come_in_any_other_form(memory: Memory, form: Any) -> None:
    given = form(["a", "b", "x"])
    if isinstance(given, dict):
        given = given.keys()
    await memory.forget(given, scan=False)
    assert [note.id for note in (await memory.list()).items] == ["d"]
