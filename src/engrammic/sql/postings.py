"""Exact BM25 on a database server: postings that each write keeps, summed up by a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engrammic.emulation.words import SAME
from engrammic.filters import Filter
from engrammic.ranking.bm25 import K1, B, idf
from engrammic.reads import is_partition_alone
from engrammic.sql.layout import Layout, partition_digest, term_digest
from engrammic.sql.ranking import ranked
from engrammic.sql.reading import Statement, condition
from engrammic.sql.session import Posting, Session
from engrammic.types import Record, Scored


def length_of(layout: Layout, record: Record) -> int:
    """How many terms a record in its stored form holds."""
    texts = (record.get(f.name) for f in layout.terms)
    return sum(text.count(" ") + 1 for text in texts if text)


def postings_of(layout: Layout, row: int, record: Record, length: int) -> Iterator[Posting]:
    """What a record leaves in the table of terms."""
    frequencies: dict[str, float] = {}
    for field in layout.terms:
        text = record.get(field.name)
        for term in text.split(" ") if text else ():
            frequencies[term] = frequencies.get(term, 0.0) + field.weight
    partition = layout.partition_in(layout.key_of(record))
    for term, frequency in frequencies.items():
        yield term_digest(partition, term), row, frequency, length


async def text_page(
    session: Session,
    layout: Layout,
    terms: Sequence[str],
    partition: Any,
    where: Filter | None,
    limit: int,
    names: Sequence[str],
) -> list[Scored]:
    """The best by BM25, in a transaction that sees one state."""
    digest = partition_digest(partition)
    worth, mean = await _worth(session, layout, digest, terms)
    if not worth or not limit:
        return []
    sql, values = _scores(layout, worth, mean)

    if where is not None and not is_partition_alone(layout.schema, where):
        text, more = condition(layout, where)
        table = f"({sql}) a JOIN {layout.table} t ON t.row_ = a.row_"
        sql = f"SELECT a.row_, a.score FROM {table} WHERE {text}"  # noqa: S608
        values += more
    keys = ", ".join(f"t.{layout.column(name)}" for name in layout.schema.key)
    given = "".join(f", {layout.given(name)}" for name in names)
    # Limited before the fields are read, and those of the partition alone before any record is.
    whole = (
        f"SELECT s.score, {keys}{given} FROM ({sql} ORDER BY score DESC LIMIT %s) s "  # noqa: S608
        f"JOIN {layout.table} t ON t.row_ = s.row_ ORDER BY s.score DESC"
    )

    async def best(count: int) -> list[Any]:
        return await session.rows(whole, [*values, count])

    return await ranked(layout, best, limit, names, SAME)


async def _worth(
    session: Session, layout: Layout, partition: bytes, terms: Sequence[str]
) -> tuple[dict[bytes, float], float]:
    """What each term that occurs is worth, and the mean length of a record."""
    sums = await session.rows(
        f"SELECT sum(records), sum(length) FROM {layout.sums} WHERE part = %s",  # noqa: S608
        [layout.dialect.digest(partition)],
    )
    records, length = (int(n or 0) for n in sums[0])
    digests = [term_digest(partition, term) for term in terms]
    if not digests or not length:
        return {}, 0
    asked = list(map(layout.dialect.digest, digests))
    marks = ", ".join(["%s"] * len(asked))
    rows = await session.rows(
        f"SELECT term, count(*) FROM {layout.words} WHERE term IN ({marks}) GROUP BY term",  # noqa: S608
        asked,
    )
    return {term: idf(records, int(n)) for term, n in rows}, length / records


def _scores(layout: Layout, worth: dict[Any, float], mean: float) -> Statement:
    cases = " ".join(["WHEN %s THEN %s"] * len(worth))
    marks = ", ".join(["%s"] * len(worth))
    saturated = "p.frequency * %s / (p.frequency + %s + %s * p.length)"
    sql = (
        f"SELECT p.row_, sum((CASE p.term {cases} END) * {saturated}) AS score "  # noqa: S608
        f"FROM {layout.words} p WHERE p.term IN ({marks}) GROUP BY p.row_"
    )
    pairs = [value for pair in worth.items() for value in pair]
    return sql, [*pairs, K1 + 1, K1 * (1 - B), K1 * B / mean, *worth]
