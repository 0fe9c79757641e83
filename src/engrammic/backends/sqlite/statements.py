"""The statements that write, each made once for a table: making costs more than running."""

from __future__ import annotations

from functools import lru_cache

from engrammic.backends.sqlite.layout import Layout, quoted

KEPT = 1024


@lru_cache(maxsize=KEPT)
def terms(layout: Layout) -> tuple[str, ...]:
    """The names of the fields of terms."""
    return tuple(f.name for f in layout.terms)


@lru_cache(maxsize=KEPT)
def vectors(layout: Layout) -> tuple[str, ...]:
    """The names of the vectors."""
    return tuple(f.name for f in layout.vectors)


@lru_cache(maxsize=KEPT)
def chosen(layout: Layout, given: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Of the fields given: the plain ones that are no key, those of terms, the vectors."""
    plain = tuple(f.name for f in layout.plain if f.name not in layout.schema.key)
    kinds = (plain, terms(layout), vectors(layout))
    return tuple(tuple(name for name in kind if name in given) for kind in kinds)


@lru_cache(maxsize=KEPT)
def put_vector(layout: Layout, name: str, fresh: bool) -> str:
    """Takes row, partition and vector; `fresh` is a row that never had one."""
    verb = "insert" if fresh else "insert or replace"
    return f"{verb} into {layout.vector_table(name)} values (?, ?, ?)"


@lru_cache(maxsize=KEPT)
def delete_vector(layout: Layout, name: str) -> str:
    """Takes the row."""
    return f"delete from {layout.vector_table(name)} where _row = ?"


@lru_cache(maxsize=KEPT)
def put_terms(layout: Layout, part: int) -> str:
    """Takes the row and every field of terms; the index must not have the row."""
    columns = ", ".join(quoted(name) for name in terms(layout))
    marks = ", ".join("?" * len(layout.terms))
    return f"insert into {layout.terms_table(part)}(rowid, {columns}) values (?, {marks})"


@lru_cache(maxsize=KEPT)
def indexed(layout: Layout) -> str:
    """The last row up to which the text indexes hold all."""
    return f"select indexed from _tables where number = {layout.number}"


@lru_cache(maxsize=KEPT)
def holds(layout: Layout, part: int) -> str:
    """Whether the index of a partition, which must be there, holds a row; takes the row."""
    return f"select exists (select 1 from {layout.terms_sizes(part)} where id = ?)"


@lru_cache(maxsize=KEPT)
def waits(layout: Layout, sizes: str | None) -> str:
    """Whether a row of a partition waits; takes the partition's value.

    `sizes` is the table of the sizes of the rows that its index holds, if it has one.
    """
    rows = f"{layout.table} not indexed where _row > ({indexed(layout)}) and {within(layout)}"
    held = f" and _row not in (select id from {sizes})" if sizes else ""
    return f"select exists (select 1 from {rows}{held})"


@lru_cache(maxsize=KEPT)
def is_indexed(layout: Layout) -> str:
    """Whether an index must hold rows of a partition; takes the partition's value."""
    rows = f"{layout.table} where {within(layout)} and _row <= ({indexed(layout)})"
    return f"select exists (select 1 from {rows})"


@lru_cache(maxsize=KEPT)
def holds_any(layout: Layout) -> str:
    """Whether there is a record in a partition; takes its value."""
    return f"select exists (select 1 from {layout.table} where {within(layout)})"


def within(layout: Layout) -> str:
    """A row is of a partition; takes its value."""
    return f"{quoted(layout.schema.partition)} = ?" if layout.schema.partition else "? is null"


@lru_cache(maxsize=KEPT)
def waiting_partitions(layout: Layout) -> str:
    """The partitions of the rows behind one; takes that row."""
    column = quoted(layout.schema.partition) if layout.schema.partition else "null"
    return f"select distinct {column} from {layout.table} not indexed where _row > ?"


@lru_cache(maxsize=KEPT)
def index_waiting(layout: Layout, part: int) -> str:
    """Takes a row and the partition's value: the index gets all rows behind it that it lacks."""
    columns = ", ".join(quoted(name) for name in terms(layout))
    return (
        f"insert into {layout.terms_table(part)}(rowid, {columns}) "
        f"select _row, {columns} from {layout.table} not indexed where _row > ? "
        f"and {within(layout)} and _row not in (select id from {layout.terms_sizes(part)})"
    )


@lru_cache(maxsize=KEPT)
def all_indexed(layout: Layout) -> str:
    """Notes that no row waits any more."""
    last = f"select max(_row) from {layout.table}"
    return f"update _tables set indexed = ({last}) where number = {layout.number}"


@lru_cache(maxsize=KEPT)
def one_indexed(layout: Layout) -> str:
    """Notes that no row of a partition waits any more; takes the last row noted, and its value."""
    column = quoted(layout.schema.partition) if layout.schema.partition else "null"
    rows = f"from {layout.table} not indexed"
    first = f"select min(_row) - 1 {rows} where _row > ? and {column} is not ?"
    last = f"coalesce(({first}), (select max(_row) {rows}), 0)"
    return f"update _tables set indexed = max(indexed, {last}) where number = {layout.number}"


@lru_cache(maxsize=KEPT)
def take_terms(layout: Layout, part: int) -> str:
    """Takes the row and every field of terms, exactly as the index has them."""
    table = layout.terms_table(part)
    columns = ", ".join(quoted(name) for name in terms(layout))
    marks = ", ".join("?" * len(layout.terms))
    return f"insert into {table}({table}, rowid, {columns}) values ('delete', ?, {marks})"


@lru_cache(maxsize=KEPT)
def delete_terms(layout: Layout, part: int) -> str:
    """Takes the row, which must still be in the main table."""
    return f"delete from {layout.terms_table(part)} where rowid = ?"


@lru_cache(maxsize=KEPT)
def update_row(layout: Layout, plain: tuple[str, ...], with_terms: bool) -> str:
    """Takes the plain fields, every field of terms if they are asked for, and the row."""
    names = (*plain, *terms(layout)) if with_terms else plain
    sets = ", ".join(f"{quoted(name)} = ?" for name in names)
    return f"update {layout.table} set {sets} where _row = ?"


@lru_cache(maxsize=KEPT)
def keep_last_row(layout: Layout) -> str:
    """Has the greatest number of a row stay taken when its row is deleted."""
    last = f"coalesce((select max(_row) from {layout.table}), 0)"
    return f"update _tables set last_row = max(last_row, {last}) where number = {layout.number}"


@lru_cache(maxsize=KEPT)
def update(layout: Layout, chosen: tuple[str, ...]) -> str:
    """Takes the chosen fields, which are at least one, and the key."""
    sets = ", ".join(f"{quoted(name)} = ?" for name in chosen)
    where = " and ".join(f"{quoted(k)} = ?" for k in layout.schema.key)
    return f"update {layout.table} set {sets} where {where}"
