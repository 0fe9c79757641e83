"""Which items are meant: by id, by a filter, or by the subject that they speak of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeAlias

from engrammic.filters import Filter
from engrammic.mentions.plain import plain
from engrammic.mentions.subjects import Subjects
from engrammic.records import canonical
from engrammic.stores.indexing import BATCH, Records
from engrammic.stores.items import ItemStore
from engrammic.types import Record

Test: TypeAlias = Callable[[Record], bool]

HEADS = ("name", "title", "source", "section", "subject", "project", "claim", "heading")
"""Short fields in which a subject may stand."""
BREAK = "\n\0\n"
"""Between two fields: no name goes across it."""


def told(record: Record) -> str:
    """All that a record says in whatever field, as it would be typed plainly."""
    texts = [record["content"], *(record.get(name) or "" for name in HEADS)]
    if record.get("metadata"):
        texts.append(canonical("metadata", record["metadata"]))
    return plain(BREAK.join(t for t in texts if t))


async def speaks_of(subjects: Sequence[str], stores: Sequence[ItemStore[Any]]) -> Test:
    """Whether a record names one of the subjects, in whatever spelling.

    An identifier is known as such. For a name everything is read first: only so
    can be told whether a surname or a nickname is anybody else's.
    """
    named = Subjects(subjects)
    if named.people:
        async for text in _texts(stores):
            named.observe(text)
        if named.settle():
            async for text in _texts(stores):
                named.contest(text)
    return lambda record: named.speaks(told(record))


async def _texts(stores: Sequence[ItemStore[Any]]) -> AsyncIterator[str]:
    for store in stores:
        async for records in matching(store, None, anything):
            for record in records:
                yield told(record)


def anything(_record: Record) -> bool:
    """True: every record is meant."""
    return True


async def matching(
    store: ItemStore[Any], where: Filter | None, test: Test
) -> AsyncIterator[Records]:
    """The stored records that match, expired ones too, page by page."""
    after: tuple[str] | None = None
    while found := await store.backend.query(store.table, where, after=after, limit=BATCH):
        after = (found[-1][store.key],)
        chosen = [record for record in found if test(record)]
        if chosen:
            yield chosen
