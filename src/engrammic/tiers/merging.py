"""Saying a thing once: items with the same words become one, with all their evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

from engrammic.changes import Delete, Put, Update
from engrammic.filters import is_in
from engrammic.scope import Scoped
from engrammic.stores.evidence import EVIDENCE
from engrammic.stores.facts import FactStore
from engrammic.stores.indexing import BATCH, Changes, Records
from engrammic.stores.items import ItemStore
from engrammic.stores.keeping import outlasts, standings
from engrammic.stores.moves import MOVES, move_record
from engrammic.stores.notes import NoteStore
from engrammic.stores.parts import without_parts
from engrammic.stores.past import closing
from engrammic.types import Kind, Record

Pairs: TypeAlias = Sequence[tuple[str, str]]
"""Ids of items that go, each with the id of the one that stays."""

Likeness: TypeAlias = Callable[[Record], Hashable | None]
"""What two items must share, besides their words, to be one; None for an item never merged."""


async def merge_notes(store: NoteStore, pass_id: str) -> AsyncIterator[int]:
    """Notes of one type and project, with the same words; yields how many went.

    The oldest stays. Sections of files are left alone: their files say them again.
    """
    async for pairs in _pairs(store, _note):
        yield await _merge(store, pairs, pass_id)


async def merge_facts(store: FactStore, pass_id: str) -> AsyncIterator[int]:
    """Facts about the same, with the same words and validity; yields how many went."""
    async for pairs in _pairs(store, _fact):
        yield await _merge(store, pairs, pass_id)


async def _merge(store: ItemStore[Any], pairs: Pairs, pass_id: str) -> int:
    """How many of the pairs became one, in one step."""
    free: list[tuple[str, str]] = []

    async def merging(reader: Scoped) -> Changes:
        free[:] = await _free(store, reader, pairs)
        united = await _united(store, reader, free) if isinstance(store, FactStore) else []
        return [*united, *await _merged(store, reader, free, pass_id)]

    await store.backend.transact(merging)
    return len(free)


def _note(record: Record) -> Hashable | None:
    if record["source"] is not None or record["expires_at"] is not None:
        return None
    return record["memory_type"], record["project"], record["session_id"], record["title"]


def _fact(record: Record) -> Hashable | None:
    if record["expires_at"] is not None:
        return None
    return (record["subject"], record["claim"], record["conversation_id"],
            record["valid_from"], record["valid_until"])  # fmt: skip


async def _pairs(store: ItemStore[Any], likeness: Likeness) -> AsyncIterator[list[tuple[str, str]]]:
    """Ids of items that say nothing new, each with the id of the one that stays."""
    first: dict[bytes, str] = {}
    after: tuple[str] | None = None
    while found := await store.backend.query(store.table, after=after, limit=BATCH):
        after = (found[-1][store.key],)
        pairs = []
        for record in found:
            like = likeness(record)
            if like is None:
                continue
            words = f"{like!r}\n{store.gist(record)}\n{record['metadata']!r}"
            kept = first.setdefault(
                blake2b(words.encode(), digest_size=16).digest(), record[store.key]
            )
            if kept != record[store.key]:
                pairs.append((record[store.key], kept))
        if pairs:
            yield pairs


async def _merged(store: ItemStore[Any], reader: Scoped, pairs: Pairs, pass_id: str) -> Changes:
    """The changes by which the first of each pair becomes a past version of the second."""
    moment, stays = store.clock(), dict(pairs)
    columns = [f.name for f in store.schema.fields if f.kind is not Kind.TERMS]
    gone = is_in(store.key, tuple(stays))
    records: Records = await reader.query(store.table, gone, columns=columns)
    versions = [v for r in records
                for v in closing(store, [r], "merged", moment, stays[r[store.key]])]  # fmt: skip
    log = [
        move_record(store.kind, r[store.key], "merge", None, None, "says the same",
                    moment, detail={"into": stays[r[store.key]]}, pass_id=pass_id)
        for r in records
    ]  # fmt: skip
    return [
        Put("versions", versions),
        Put(MOVES.name, log),
        Delete(store.table, gone),
        *await without_parts(reader, store.kind, tuple(stays), moment),
    ]


async def _free(store: ItemStore[Any], reader: Scoped, pairs: Pairs) -> Pairs:
    """The pairs whose first may go: what is held or canonical stays as it is."""
    rows = await standings(reader, store.kind, [item_id for item_id, _ in pairs])
    return [pair for pair in pairs if not outlasts(rows.get(pair[0]))]


async def _united(store: FactStore, reader: Scoped, pairs: Pairs) -> Changes:
    """The changes that give the facts that stay the evidence of those that go."""
    gone, kept = [g for g, _ in pairs], list(dict.fromkeys(k for _, k in pairs))
    records = await reader.query(store.table, is_in("fact_id", [*gone, *kept]))
    sources = {r["fact_id"]: r["original_message_ids"] or [] for r in records}
    united = {k: list(sources.get(k, ())) for k in kept}
    for item_id, stays in pairs:
        united[stays] += [i for i in sources.get(item_id, ()) if i not in united[stays]]
    rows = [{"fact_id": k, "message_id": i} for k, ids in united.items() for i in ids]
    return [
        Put(EVIDENCE.name, rows),
        Update(store.table, [{"fact_id": k, "original_message_ids": i} for k, i in united.items()]),
        Delete(EVIDENCE.name, is_in("fact_id", gone)),
    ]
