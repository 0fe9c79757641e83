"""Bytes that a memory takes on disk in each engine: `python benches/room.py --count 12000 sqlite`.

Loads that many messages, once without vectors and once with vectors of 384
dimensions, and prints a JSON line for each engine: bytes of record, words and
all that hangs on a message, and the bytes that its vector adds. PostgreSQL is
measured after VACUUM FULL, the others after their own housekeeping. From
10,000 messages on PostgreSQL has its HNSW index.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import psycopg
from psycopg.sql import SQL, Identifier
from speed_material import DIMENSION, messages, unit_vectors

import engrammic
from engines import Engines
from engrammic.backends.lance import upkeep
from engrammic.embed.hashing import HashingEmbedder
from engrammic.registry import scheme_of

SCHEMES = ("sqlite", "lance", "postgres", "qdrant")


async def stored(url: str, count: int, with_vectors: bool) -> None:
    """Messages in the database, with its housekeeping done."""
    embedder: Any = HashingEmbedder(DIMENSION) if with_vectors else "none"
    async with engrammic.open(url, embedder=embedder) as memory:
        given = unit_vectors(count) if with_vectors else None
        items = messages(count)
        for start in range(0, count, 2_000):
            part = None if given is None else given[start : start + 2_000]
            await memory.messages.add_batch(items[start : start + 2_000], vectors=part)
        await memory.backend.flush()
        upkeep.AGE = timedelta(0)  # versions of the last hour go too
        await memory.backend.optimize()


def packed(url: str) -> None:
    """Let PostgreSQL write its tables anew, without the rows that are dead."""
    address, _, schema = url.partition("?schema=")
    with psycopg.connect(address.replace("postgres://", "postgresql://"), autocommit=True) as open_:
        sql = "select tablename from pg_tables where schemaname = %s"
        for (table,) in open_.execute(sql, (schema,)).fetchall():
            open_.execute(SQL("vacuum (full) {}").format(Identifier(schema, table)))


def size(url: str) -> int:
    """Bytes of a database on disk."""
    if scheme_of(url) == "postgres":
        address, _, schema = url.partition("?schema=")
        sql = """select coalesce(sum(pg_total_relation_size(c.oid)), 0)
                 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = %s and c.relkind = 'r'"""
        with psycopg.connect(address.replace("postgres://", "postgresql://")) as connection:
            row = connection.execute(sql, (schema,)).fetchone()
            return int(row[0]) if row else 0
    path = Path(url.partition(":")[2].partition("?")[0])
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}*")
    return sum(f.stat().st_size for f in files if f.is_file())


def measure(engines: Engines, scheme: str, count: int) -> dict[str, Any]:
    """Bytes a memory of one engine."""
    found = []
    for with_vectors in (False, True):
        url = engines.new(scheme)
        asyncio.run(stored(url, count, with_vectors))
        if scheme == "postgres":
            packed(url)
        found.append(size(url) / count)
    text = sum(len((m.content + (m.name or "")).encode()) for m in messages(count)) / count
    return {
        "scheme": scheme,
        "count": count,
        "text": round(text),
        "record": round(found[0]),
        "vector": round(found[1] - found[0]),
        "dimension": DIMENSION,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("schemes", nargs="*", default=SCHEMES)
    parser.add_argument("--count", type=int, default=12_000)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, Engines(Path(folder)) as engines:
        for scheme in given.schemes or SCHEMES:
            print(json.dumps(measure(engines, scheme, given.count)), flush=True)


if __name__ == "__main__":
    main()
