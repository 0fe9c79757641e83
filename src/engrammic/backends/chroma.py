"""Chroma: a directory in this process, or its own server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from engrammic.backend import Capabilities
from engrammic.compile.dollar import Dollar, dollar
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES
from engrammic.emulation.one_vector import Floats, OneVector, Row
from engrammic.emulation.payload import safe
from engrammic.emulation.pushdown import Push
from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError
from engrammic.types import Kind, Schema

T = TypeVar("T")

SCHEME = "chroma:"
PORT = 8000
PAGE = 2000
PLACEHOLDER = (1.0,)

EXACT = "exact:"
"""Begins the name under which a float's digits are kept."""


def _digits(payload: Mapping[str, Any]) -> dict[str, str]:
    """The digits of each float: Chroma's log reads them with an error in the last place."""
    return {EXACT + n: repr(v) for n, v in payload.items() if isinstance(v, float)}


def _exact(payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """The payload with its floats as they were given."""
    found = dict(payload or {})
    for name in [n for n in found if n.startswith(EXACT)]:
        digits = found.pop(name)
        if digits is not None:
            found[name.removeprefix(EXACT)] = float(digits)
    return found


class ChromaCollections(OneVector):
    """Payloads as metadata, vectors as embeddings; documents are not used.

    Chroma's index is approximate. When exact, vectors are compared in this process.
    """

    approximate = True

    def __init__(self, client: ClientAPI, database: str, exact: bool, shared: bool) -> None:
        super().__init__(database)
        self.client = client
        self.searches = not exact
        self.shared = shared
        self._collections: dict[str, Any] = {}
        self._batch = client.get_max_batch_size()

    def push(self, schema: Schema) -> Push[Dollar]:
        """Without `$exists`, which Chroma lacks; its log misreads floats of many digits."""
        return dollar(schema, exists=False, near=True)

    def make(self, name: str, schema: Schema, dimension: int | None) -> None:
        """Inner product over unit vectors keeps their bits; cosine would scale them again."""
        hnsw: Any = {"space": "ip", "ef_search": 200, "max_neighbors": 32}
        shape = CreateCollectionConfiguration(hnsw=hnsw)
        self._said(
            lambda: self.client.get_or_create_collection(
                name,
                embedding_function=None,
                configuration=shape,
            )
        )

    def unmake(self, name: str) -> None:
        """The collection with its index."""
        self._collections.pop(name, None)
        try:
            self._said(partial(self.client.delete_collection, name))
        except NotFoundError:
            return

    def put(self, name: str, schema: Schema, rows: Sequence[Row]) -> None:
        """Null fields are named, since an upsert keeps what it does not name."""
        empty = {safe(f.name): None for f in schema.fields}
        empty |= {EXACT + safe(f.name): None for f in schema.of_kind(Kind.FLOAT)}
        for start in range(0, len(rows), self._batch):
            batch = rows[start : start + self._batch]
            vectors = [PLACEHOLDER if r.vector is None else r.vector for r in batch]
            self._said(
                partial(
                    self._collection(name).upsert,
                    ids=[r.id for r in batch],
                    embeddings=np.array(vectors, np.float32),
                    metadatas=[{**empty, **r.payload, **_digits(r.payload)} for r in batch],
                )
            )

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """In batches."""
        for start in range(0, len(ids), PAGE):
            self._said(partial(self._collection(name).delete, ids=[*ids[start : start + PAGE]]))

    def fetch(self, name: str, ids: Sequence[str], vectors: bool) -> list[Row]:
        """By id."""
        found: list[Row] = []
        for start in range(0, len(ids), PAGE):
            found += self._got(name, vectors, ids=[*ids[start : start + PAGE]])
        return found

    def pages(self, name: str, native: Any, vectors: bool) -> Iterator[list[Row]]:
        """In the order of insertion."""
        start = 0
        while True:
            rows = self._got(name, vectors, where=native, limit=PAGE, offset=start)
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            start += PAGE

    def _got(self, name: str, vectors: bool, **asked: Any) -> list[Row]:
        include = ["metadatas", "embeddings"] if vectors else ["metadatas"]
        found = self._said(partial(self._collection(name).get, include=include, **asked))
        embeddings = found["embeddings"] if vectors else [None] * len(found["ids"])
        return [
            Row(i, _exact(m), None if v is None else np.asarray(v, np.float32))
            for i, m, v in zip(found["ids"], found["metadatas"], embeddings, strict=True)
        ]

    def near(
        self, name: str, vector: Floats, count: int, native: Any, vectors: bool
    ) -> list[tuple[Row, float]]:
        """The distance of an inner product is 1 - cosine."""
        include = ["metadatas", "distances", *(["embeddings"] if vectors else [])]
        found = self._said(
            partial(
                self._collection(name).query,
                query_embeddings=[vector], n_results=count, where=native, include=include,
            )
        )  # fmt: skip
        embeddings = found["embeddings"][0] if vectors else [None] * len(found["ids"][0])
        parts = zip(
            found["ids"][0], found["metadatas"][0], embeddings, found["distances"][0], strict=True
        )
        return [
            (Row(i, _exact(m), None if v is None else np.asarray(v, np.float32)), 1.0 - d)
            for i, m, v, d in parts
        ]

    async def count(self, schema: Schema, where: Any) -> int | None:
        """Of a whole table that stands nowhere twice."""
        if where is not None or len(self._places(schema)) > 2:
            return None
        names = list(self._places(schema))
        return sum([int(self._said(self._collection(name).count)) for name in names])

    def _collection(self, name: str) -> Any:
        if name not in self._collections:
            self._collections[name] = self._said(
                partial(self.client.get_collection, name, embedding_function=None)
            )
        return self._collections[name]

    def _said(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except NotFoundError:
            raise
        except (ChromaError, ValueError, OSError) as error:
            raise StorageError(f"chroma: {error}") from error

    async def health(self) -> dict[str, Any]:
        """The server's own version."""
        return {"version": self._said(self.client.get_version)}

    async def close(self) -> None:
        """The embedded engine is given back."""
        self._collections.clear()
        close = getattr(self.client, "close", None)
        if close is not None:
            close()


class ChromaBackend(CollectionBackend):
    """`chroma:/path`, or `chroma://host:port/name`; `?exact=1` compares all vectors."""

    scheme: ClassVar[str] = "chroma"
    capabilities: Capabilities = Capabilities(vectors=True, processes=True, durable="commit")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the directory, or reach the server."""
        options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        if unknown := set(options) - {"exact"}:
            raise InvalidSettings(f"chroma URL: unknown option {sorted(unknown)[0]!r}")
        exact = options.get("exact") == "1"
        client, database, shared = _opened(url)
        engine = ChromaCollections(client, database, exact, shared)
        backend = cls(engine, url.partition("?")[0])
        engine.make(engine._name(NOTES, None), NOTES, None)
        return backend


def _opened(url: str) -> tuple[ClientAPI, str, bool]:
    parts = urlsplit(url)
    settings = Settings(anonymized_telemetry=False)
    if parts.netloc:
        database = unquote(parts.path.strip("/")) or "engrammic"
        try:
            client = chromadb.HttpClient(
                host=parts.hostname or "localhost", port=parts.port or PORT, settings=settings
            )
        except (ChromaError, ValueError, OSError) as error:
            raise ConnectionFailed(f"cannot reach {url}: {error}") from error
        return client, database, True
    path = Path(unquote(parts.path)).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=os.fspath(path), settings=settings), "engrammic", True
    except (ChromaError, ValueError, OSError) as error:
        raise ConnectionFailed(f"cannot open {path}: {error}") from error
