"""The table of tables on a database server, and declaring more."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.catalogue import dump_schema, load_schema
from engrammic.evolution import grown
from engrammic.sql.layout import Layout, partition_digest
from engrammic.sql.servers import ServerDialect
from engrammic.sql.session import Session
from engrammic.types import Kind, Schema

TABLE = "engrammic_tables"


async def found(
    session: Session, dialect: ServerDialect, names: Sequence[str] | None = None
) -> dict[str, tuple[int, str]]:
    """Number and schema, as text, of every table or of these."""
    sql, values = f"SELECT name, number, tschema FROM {TABLE}", []  # noqa: S608
    if names is not None:
        marks = ", ".join(["%s"] * len(names))
        sql = f"{sql} WHERE id IN ({marks})"
        values = [dialect.digest(partition_digest(name)) for name in names]
    read = dialect.read_text
    return {read(name): (number, read(text)) for name, number, text in
            await session.rows(sql, values)}  # fmt: skip


def layout_of(number: int, text: str, dialect: ServerDialect) -> Layout:
    """The layout of a table in the catalogue."""
    return Layout(load_schema(text), number, dialect)


async def declare(session: Session, dialect: ServerDialect, schema: Schema) -> None:
    """Create or extend a table, while nobody else does."""
    known = await found(session, dialect)
    digest = dialect.digest(partition_digest(schema.name))
    if schema.name not in known:
        number = 1 + await _last_number(session)
        for statement in dialect.creation(Layout(schema, number, dialect)):
            await session.run(statement)
        await session.insert(
            TABLE,
            ["id", "number", "name", "tschema"],
            [(digest, number, schema.name, dump_schema(schema))],
        )
        return
    number, text = known[schema.name]
    stored = load_schema(text)
    whole, added = grown(stored, schema)
    if whole == stored:
        return
    fresh = [index for index in whole.indexes if index not in stored.indexes]
    for statement in dialect.growth(Layout(whole, number, dialect), added, fresh):
        await session.run(statement)
    if not stored.of_kind(Kind.TERMS):
        await _count_records(session, Layout(whole, number, dialect))
    await session.run(
        f"UPDATE {TABLE} SET tschema = %s WHERE id = %s",  # noqa: S608
        [dump_schema(whole), digest],
    )


async def _count_records(session: Session, layout: Layout) -> None:
    """The sizes of all partitions of a table that has its first terms: records without any."""
    if not layout.terms:
        return
    name = layout.schema.partition
    given = "0" if name is None else layout.given(name)
    group = "" if name is None else f"GROUP BY {given}"
    rows = await session.rows(f"SELECT {given}, count(*) FROM {layout.table} t {group}")  # noqa: S608
    read = layout.dialect.read_text
    for value, records in rows:
        here = None if name is None else value if isinstance(value, int) else read(value)
        digest = layout.dialect.digest(partition_digest(here))
        await session.insert(layout.sums, ["part", "records", "length"], [(digest, records, 0)])


async def _last_number(session: Session) -> int:
    """Numbers are not given twice: another process may still know the table that had one."""
    rows = await session.rows("SELECT last FROM engrammic_numbers")
    number = int(rows[0][0])
    await session.run("UPDATE engrammic_numbers SET last = %s", [number + 1])
    return number


async def drop(session: Session, dialect: ServerDialect, name: str) -> None:
    """Remove a table with all that is beside it."""
    known = await found(session, dialect, [name])
    if name not in known:
        return
    layout = layout_of(*known[name], dialect)
    await session.run(
        f"DELETE FROM {TABLE} WHERE id = %s",  # noqa: S608
        [dialect.digest(partition_digest(name))],
    )
    for table in {*layout.tables, layout.sums}:
        await session.run(f"DROP TABLE IF EXISTS {table}")
