"""How far one machine carries, and what comes behind it: docs/scale.md, computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engrammic.sizing import (
    ENGINES,
    GIB,
    TEXT,
    Engine,
    Plan,
    bytes_each,
    largest,
    needed,
    ram_each,
)

SIZES = (10**6, 10**8, 10**10)
NAMES = {10**6: "10^6", 10**8: "10^8", 10**10: "10^10"}

SERVERS: Mapping[str, str] = {
    "postgres": "postgres://engrammic:PASSWORD@localhost:5432/engrammic",
    "mysql": "mysql://engrammic:PASSWORD@localhost:3306/engrammic",
    "qdrant": "qdrant://localhost:6333/engrammic?grpc=6334&api_key=PASSWORD",
    "milvus": "milvus://localhost:19530/engrammic?token=root:PASSWORD",
    "weaviate": "weaviate://localhost:8080/Engrammic?grpc=50051&api_key=PASSWORD",
    "nornicdb": "nornicdb://admin:PASSWORD@localhost:7687/nornic?transport=bolt",
    "chroma": "chroma://localhost:8000/engrammic",
}
"""Profile of deploy/compose.yaml to the URL of what it starts."""

INTRODUCTION = """# Where one machine is too small

Start with `sqlite:`. This page says how far it carries, which engine comes next, and what that
needs. The tables are computed by `engrammic.sizing` from measured bytes and from what the makers
of the engines say; `tools/gen_docs.py` writes them.

## Which engine at what size

{choice}

A *scope* is searched alone, so what counts for the time of a search is the largest scope, and for
the machines the sum of all. `engrammic migrate OLD NEW` carries a memory over and verifies it, so
that nothing has to be decided early.

Words are the limit that is met first on pure vector databases. `sqlite:`, `postgres:` and `mysql:`
keep the index of words in the database. For the others it is derived in the process that searches,
for each scope that it searches, from the stored words, in time and memory that grow with the scope:
fine for many small scopes, not for one of 10^7. For such a scope keep records and words in
`postgres:` and vectors in `qdrant:` or `milvus:` ([engines in layers](moving.md)), or search by
meaning alone (`mode="vector"`). What each engine does itself stands in [Databases](databases.md).
"""

CHOICES = (
    (
        "up to some 10^6, on one machine",
        "`sqlite:`",
        "one file, no server, exact search; vectors lie in the memory of each process that "
        "searches",
    ),
    (
        "up to some 10^7, several machines write",
        "`postgres:`",
        "records, words and vectors in one transaction; replicas by its write-ahead log",
    ),
    (
        "10^7 to 10^9",
        "`postgres:` for records, `qdrant:` for vectors",
        "shards and replicas of its own, vectors also from disk",
    ),
    (
        "10^8 and above",
        "`milvus:` for vectors",
        "made of separate parts over object storage: query nodes are added as needed",
    ),
    (
        "very many, seldom searched, or cheap above all",
        "`lance:s3://bucket/folder`",
        "no server: what is searched is read from the bucket, which takes longer",
    ),
)
"""How many memories, what to take, and why."""

ASSUMPTIONS = """
## Bytes a memory

Measured in our own tables, once without and once with vectors of 384 dimensions, everything
included that hangs on a message: its words, its tier, its conversation, the engine's indexes.

```text
python benches/room.py --count 12000 sqlite postgres
python benches/room.py --count 20000 lance
python benches/room.py --count 4000 qdrant
```

A message has {text} bytes of text and speaker on average. On disk a memory of d dimensions takes
`record + vector / 1536 * 4 d` bytes, and two bytes more for each byte of text above {text}: it is
stored as it is and as words. Qdrant was measured in its client's local mode, and Milvus is taken to
need the same: of neither was a server. LanceDB compresses, and made-up text with it better than
yours.
"""

RULES = """
In RAM, for a search that does not wait for the disk:

{rules}

## Machines

One machine for the engine has {ram} GiB of RAM and {disk:,} GiB of disk, of which a quarter stays
free for merges, growth and the system. A shard is what fits into one; each is held {replicas}
times, but SQLite once. Milvus and LanceDB have their bytes in object storage, so that their
machines are counted by RAM alone. Vectors have 384 dimensions, texts {text} bytes.
"""

REMARKS = """
Where a row asks for hundreds of machines, the memory is the wrong place to save: keep vectors on
disk or quantised (Qdrant and Milvus both can), cut by tenant into several databases, or let what is
old go. `engrammic.sizing` computes it for your machines:

```python
from engrammic.sizing import ENGINES, GIB, Plan, largest, needed

plan = Plan(20_000_000, dimension=768, text=600, node_ram=128 * GIB)
need = needed(ENGINES["qdrant"], plan)
print(need.ram / GIB, need.disk / GIB, need.shards, need.machines)
print(largest(ENGINES["postgres"], plan))
```

What it leaves out: the engines' own processes, queries at a time (replicas are for these as well),
and that our backends do not create shards. Shards and replicas are set in the engine: for
PostgreSQL by partitions over several servers (Citus or the like), for Qdrant and Milvus when the
collection is created, or by the server's defaults. A record in `postgres:` is large since each word
of a memory is a row of an index that is exact and current in every transaction.

## Servers to try

`deploy/compose.yaml` has one profile for each server, with health checks and pinned versions. It
listens on this machine alone. The tests read the file; they do not start it.

```text
DATABASE_PASSWORD=... docker compose -f deploy/compose.yaml --profile postgres up --wait
```
"""


def markdown() -> Iterator[str]:
    """The lines of docs/scale.md."""
    rows = ["| memories | take | because |", "|---|---|---|"]
    rows += [f"| {' | '.join(choice)} |" for choice in CHOICES]
    yield INTRODUCTION.format(choice="\n".join(rows)).rstrip()
    yield ASSUMPTIONS.format(text=TEXT).rstrip()
    yield "\n| engine | messages | record | vector of 384 | on disk | RAM | fit into one machine |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    plan = Plan(1)
    for engine in ENGINES.values():
        cells = (engine.messages, engine.record, engine.vector, bytes_each(engine, plan),
                 ram_each(engine, plan))  # fmt: skip
        row = " | ".join(f"{cell:,}" for cell in cells)
        yield f"| {engine.name} | {row} | {_about(largest(engine, plan))} |"
    rules = "\n".join(f"* {e.name}: {e.rule}." for e in ENGINES.values())
    yield RULES.format(
        rules=rules, ram=plan.node_ram // GIB, disk=plan.node_disk // GIB,
        replicas=plan.replicas, text=TEXT,
    ).rstrip()  # fmt: skip
    for memories in SIZES:
        yield from _size(memories)
    yield REMARKS.rstrip()
    yield "\n| profile | URL |\n|---|---|"
    yield from (f"| `{profile}` | `{url}` |" for profile, url in SERVERS.items())


def _size(memories: int) -> Iterator[str]:
    yield f"\n### {NAMES[memories]} memories\n"
    yield "| engine | on disk, one copy | RAM, one copy | shards | machines |"
    yield "|---|--:|--:|--:|--:|"
    for engine in ENGINES.values():
        yield _row(engine, memories)


def _row(engine: Engine, memories: int) -> str:
    need = needed(engine, Plan(memories))
    cells = (f"{need.shards:,}", f"{need.machines:,}") if need.fits else ("too many", "-")
    sizes = (_bytes(need.disk), _bytes(need.ram))
    return f"| {' | '.join((engine.name, *sizes, *cells))} |"


def _bytes(count: int) -> str:
    """A size in GB or TB, powers of ten."""
    if count < 10**12:
        return f"{count / 10**9:,.1f} GB"
    return f"{count / 10**12:,.1f} TB"


def _about(count: int) -> str:
    """A number of memories to two digits."""
    return f"{count / 10**6:,.0f} million"
