"""The databases, read from the classes that serve them: docs/databases.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from engrammic.backend import Backend
from engrammic.registry import backend_class, registered

INTRODUCTION = """# Databases

Made from the classes of the backends by `tools/gen_docs.py`. The same code runs on every
database here: what changes is the URL.

```sh
engrammic backends
engrammic search "who signs the tokens?" --url :memory:
```

Each engine but `memory:`, `sqlite:` and `files:` is an extra of the same name:
`pip install 'engrammic[postgres]'`. Its driver is imported when a URL asks for it, and not before.

## What each does itself

What has a dash is emulated exactly: filters by the predicate on what the engine lets through,
orders by sorting here, words by an index in this process that is derived from the stored terms.
`engrammic.open(url, native=True)` refuses emulation, with an error that says what is lacking.

* *atomic*: a change list is on disk whole or not at all, also when the process is killed in the
  middle. Elsewhere the new is written before the old is deleted: a crash may leave something
  double, and loses nothing.
* *checks*: nobody writes between a check and its changes. Elsewhere `Check` is refused.
* *processes*: several processes may use the database at a time.
* *durable*: when a write that was acknowledged survives a crash.
"""

ENGINES: Mapping[str, tuple[str, str]] = {
    "memory": ("`memory:`", "itself: it is the reference"),
    "sqlite": ("`sqlite:/path?timeout=30`, or a path", "SQLite, in the wheel of apsw"),
    "files": ("`files:/path?backups=5&pretty=1&timeout=30`", "the file system"),
    "lance": ("`lance:/path?exact=1`", "LanceDB, embedded"),
    "postgres": (
        "`postgres://user:password@host:port/database?schema=&timeout=&exact=1`",
        "PostgreSQL 18 with pgvector",
    ),
    "mysql": ("`mysql://user:password@host:port/database?timeout=`", "MariaDB 10.11"),
    "surrealdb": (
        "`surrealdb:/path`, `surrealdb::memory:`, `surrealdb://user:password@host:port/ns/db`",
        "SurrealDB 2.3, embedded in its SDK; servers as a stand-in in front of it",
    ),
    "qdrant": (
        "`qdrant:memory`, `qdrant:/path?engine=edge`, `qdrant://host:port/name?grpc=6334&api_key=`",
        "the client's local mode, and the engine in process",
    ),
    "milvus": (
        "`milvus:/path?exact=1`, `milvus://host:port/name?token=`",
        "Milvus Lite 3.2, in process and over gRPC",
    ),
    "chroma": (
        "`chroma:/path?exact=1`, `chroma://host:port/name?timeout=`",
        "Chroma 1.5, embedded",
    ),
    "pinecone": ("`pinecone:prefix?api_key=&cloud=&region=`", "a stand-in on the wire, only"),
    "weaviate": (
        "`weaviate://host:port?grpc=50051&prefix=&api_key=&secure=1`",
        "a stand-in on the wire",
    ),
    "nornicdb": (
        "`nornicdb://user:password@host:port/nornic?transport=bolt&name=&timeout=`, or `rest`",
        "a stand-in on the wire",
    ),
}
"""Scheme to the form of its URL, and what the tests run against."""

VERIFIED: Mapping[str, str] = {
    "qdrant": "Qdrant 1.19.0, over REST and gRPC",
    "weaviate": "Weaviate 1.40.0-dev (20 August 2026)",
    "nornicdb": "NornicDB 0.1.0 (dev, 31 December 2025), over Bolt and HTTP",
    "pinecone": "**nothing**: verified against the stand-in only",
}
"""Scheme to the server on which the whole kit passed as well, by hand."""

SERVERS = """
Where the tests do not run against a real server, the last column says on which one the whole kit
passed as well, by hand: last on 26 November 2026.
"""

FAULTS = """
That NornicDB lets what MERGE makes take the place of older nodes once it has been started again,
may answer a read from what it kept, for up to a minute, though a later write was acknowledged,
does not tell labels apart by case, and for one id looks at every node of a label. The backend
asks in ways that go around all four. Each of the three servers was killed four times in the
middle of writes: nothing was lost that was acknowledged, with NornicDB nothing that was flushed.
"""

FIGURES: Mapping[str, tuple[float, float]] = {
    "memory": (1.96, 2.15),
    "sqlite": (1.47, 1.79),
    "files": (0.69, 0.94),
    "lance": (28.15, 29.60),
    "postgres": (14.37, 14.77),
    "mysql": (9.22, 11.17),
    "surrealdb": (15.79, 16.06),
    "qdrant": (22.57, 26.00),
    "milvus": (25.59, 26.16),
    "chroma": (9.95, 12.00),
    "pinecone": (959.51, 1236.21),
    "weaviate": (588.70, 651.05),
    "nornicdb": (14.71, 16.08),
}
"""Scheme to the medians of the client's own call and of ours, in milliseconds."""

MEASURED = """
## What a search costs

The ten nearest of 20,000 records under vectors of 384 numbers, with all stored columns: by the
engine's own client and by us in turn, a hundred times each, from three such rounds the one whose
ratio is in the middle. `make bench-backends` measures yours. Ours is to take at most 1.3 times
as long as the client's, and half a millisecond.

The machine had two cores, and much other work: compare within a line and not between lines, and
expect a tenth more or less in a ratio. `memory`, `sqlite`, `mysql` and `qdrant` had one thread for
the product, as `make bench-backends` has now; a second one waits for a core that is busy. Where
the engine compares no vectors, the client's part is a product of a matrix and a vector and the
read of ten records. The stand-ins of Pinecone, Weaviate and NornicDB run in the same process, in
plain Python: their lines tell what we add, and nothing of the servers. On NornicDB's own server,
over Bolt, it was 26.43 and 30.57, a ratio of 1.16; 20,000 records took it five minutes and a half.
"""

MARKS = {True: "yes", False: "-"}


def markdown() -> Iterator[str]:
    """The lines of docs/databases.md."""
    yield INTRODUCTION
    classes = [backend_class(scheme) for scheme in ENGINES if scheme in registered()]
    names = list(asdict(classes[0].capabilities))
    yield f"| scheme | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    yield from (_row(found, names) for found in classes)
    yield "\n## Where they are"
    yield SERVERS
    yield "| scheme | URL | the tests run against | by hand against |"
    yield "|---|---|---|---|"
    for found in classes:
        url, engine = ENGINES[found.scheme]
        verified = VERIFIED.get(found.scheme, MARKS[False])
        yield f"| `{found.scheme}` | {url} | {engine} | {verified} |"
    yield FAULTS.rstrip()
    yield MEASURED
    yield "| scheme | the client, ms | engrammic, ms | ratio |"
    yield "|---|--:|--:|--:|"
    for found in classes:
        bare, ours = FIGURES[found.scheme]
        yield f"| `{found.scheme}` | {bare:.2f} | {ours:.2f} | {ours / bare:.2f} |"


def _row(found: type[Backend], names: list[str]) -> str:
    told = asdict(found.capabilities)
    cells = [MARKS.get(told[name], str(told[name])) for name in names]
    return f"| `{found.scheme}` | {' | '.join(cells)} |"
