"""What a migration notes in its target until it is verified: where from, and how far."""

from __future__ import annotations

from engrammic.backend import Backend
from engrammic.changes import Put
from engrammic.moving.walking import Key
from engrammic.types import Field, Kind, Record, Schema

MARKS = Schema(
    "engrammic_migration",
    (Field("name", Kind.TEXT, nullable=False), Field("value", Kind.JSON, nullable=False)),
    key=("name",),
)
"""The table goes when the migration is verified, and is never carried over."""

SOURCE = "source"


async def source_of(backend: Backend) -> str | None:
    """Where an unfinished migration into this database comes from; None when there is none."""
    if MARKS.name not in {schema.name for schema in await backend.tables()}:
        return None
    found = await backend.get(MARKS.name, (SOURCE,))
    return None if found is None else str(found["value"])


async def begin(target: Backend, source: str) -> None:
    """Mark the target as the unfinished copy of `source`."""
    await target.ensure_table(MARKS)
    await target.apply([Put(MARKS.name, [{"name": SOURCE, "value": source}])])


async def place(target: Backend, table: str) -> Key | None:
    """The key up to which a table has been copied."""
    found = await target.get(MARKS.name, (_name(table),))
    return None if found is None else tuple(found["value"])


async def put(target: Backend, table: str, records: list[Record], last: Key) -> None:
    """Put a page, and only then note how far the table is; in one step where there is one."""
    mark = Put(MARKS.name, [{"name": _name(table), "value": list(last)}])
    page = Put(table, records)
    if target.capabilities.atomic:
        await target.apply([page, mark])
        return
    await target.apply([page])
    await target.flush()
    await target.apply([mark])


async def end(target: Backend) -> None:
    """The target is a database like any other."""
    await target.flush()
    await target.drop_table(MARKS.name)


def _name(table: str) -> str:
    return f"table {table}"
