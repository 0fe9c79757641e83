"""Tables as collections of Milvus: an id, a vector, a JSON payload, pieces of long texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import grpc
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from engrammic.backends.milvus.expressions import expressions
from engrammic.backends.milvus.rows import PIECE, PIECES, PLACEHOLDER, entity, row
from engrammic.emulation.one_vector import Floats, OneVector, Row
from engrammic.emulation.pushdown import Push
from engrammic.errors import ConnectionFailed, StorageError
from engrammic.ownership import Ownership
from engrammic.types import Schema

T = TypeVar("T")

FILE = "milvus.db"
PAGE = 1000
FLUSH_EVERY = 2000
"""Rows after which a collection is flushed: what is not flushed is slow to search."""

ID_LENGTH = 36
LOST = (2, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""Codes of the driver and of gRPC for a server that is not there."""

UNANSWERED = "Retry timeout"

FIELDS = ("payload", "pieces")


class MilvusCollections(OneVector):
    """Unit vectors under the inner product: their bits stay, and the score is the cosine."""

    most = 16_000

    def __init__(
        self,
        client: MilvusClient,
        database: str,
        exact: bool,
        owner: Ownership | None,
        timeout: float,
        where: str,
    ) -> None:
        super().__init__(database)
        self._within = {"timeout": timeout} if owner is None else {}
        self.client = client
        self._shown = f"milvus at {where}"
        self.approximate = not exact
        self.shared = owner is None
        self._index = "FLAT" if exact else "HNSW"
        self._owner = owner
        self._unflushed: dict[str, int] = {}
        self._loaded: set[str] = set()

    def push(self, schema: Schema) -> Push[str]:
        """Equality, sets, and the order of numbers."""
        return expressions(schema)

    def prepare(self, schema: Schema) -> None:
        """Make the plain collection of a table."""
        self.make(self._name(schema, None), schema, None)

    def make(self, name: str, schema: Schema, dimension: int | None) -> None:
        """Indexed and loaded."""
        if self._asked(self.client.has_collection, name):
            return
        shape = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        shape.add_field("id", DataType.VARCHAR, is_primary=True, max_length=ID_LENGTH)
        width = dimension or len(PLACEHOLDER)
        shape.add_field("vector", DataType.FLOAT_VECTOR, dim=width)
        shape.add_field("payload", DataType.JSON)
        shape.add_field(
            "pieces", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=PIECES,
            max_length=4 * PIECE - 1,
        )  # fmt: skip
        self._asked(self.client.create_collection, name, schema=shape, consistency_level="Strong")
        index = MilvusClient.prepare_index_params()
        kind = self._index if dimension else "FLAT"
        tuning = {"M": 16, "efConstruction": 200} if kind == "HNSW" else {}
        index.add_index("vector", index_type=kind, metric_type="IP", params=tuning)
        self._asked(self.client.create_index, name, index, sync=False)

    def _used(self, name: str) -> str:
        """The name, of a collection that is in the engine's memory now."""
        if name not in self._loaded:
            self._asked(self.client.load_collection, name)
            self._loaded.add(name)
        return name

    def unmake(self, name: str) -> None:
        """Dropping what is absent is fine."""
        self._unflushed.pop(name, None)
        self._loaded.discard(name)
        self._asked(self.client.drop_collection, name)

    def put(self, name: str, schema: Schema, rows: Sequence[Row]) -> None:
        """In batches; an upsert replaces rows whole."""
        for start in range(0, len(rows), PAGE):
            batch = [entity(r) for r in rows[start : start + PAGE]]
            self._asked(self.client.upsert, name, batch)
        self._unflushed[name] = self._unflushed.get(name, 0) + len(rows)
        if self._unflushed[name] >= FLUSH_EVERY:
            self._flush(name)

    def _flush(self, name: str) -> None:
        self._asked(self.client.flush, name)
        self._unflushed[name] = 0

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """In batches."""
        for start in range(0, len(ids), PAGE):
            self._asked(self.client.delete, name, ids=[*ids[start : start + PAGE]])

    def fetch(self, name: str, ids: Sequence[str], vectors: bool) -> list[Row]:
        """By primary key."""
        found: list[Row] = []
        for start in range(0, len(ids), PAGE):
            batch = [*ids[start : start + PAGE]]
            got = self._asked(
                self.client.get, self._used(name), ids=batch, output_fields=_fields(vectors)
            )
            found += map(row, got)
        return found

    def pages(self, name: str, native: str | None, vectors: bool) -> Iterator[list[Row]]:
        """By the client's own iterator, which knows no window."""
        pages = self._asked(
            self.client.query_iterator, self._used(name), batch_size=PAGE, filter=native or "",
            output_fields=_fields(vectors),
        )  # fmt: skip
        try:
            while batch := self._said(pages.next):
                yield [row(found) for found in batch]
        finally:
            pages.close()

    def near(
        self, name: str, vector: Floats, count: int, native: str | None, vectors: bool
    ) -> list[tuple[Row, float]]:
        """The distance of an inner product is the cosine itself."""
        tuning = {} if self._index == "FLAT" else {"ef": max(64, 2 * count)}
        [found] = self._asked(
            self.client.search, self._used(name), data=[vector.tolist()], limit=count,
            filter=native or "", output_fields=_fields(vectors),
            search_params={"metric_type": "IP", "params": tuning},
        )  # fmt: skip
        return [(row({"id": h["id"], **h["entity"]}), float(h["distance"])) for h in found]

    async def flush(self) -> None:
        """Seal what was written; it was durable before."""
        for name in [n for n, rows in self._unflushed.items() if rows]:
            self._flush(name)

    async def health(self) -> dict[str, Any]:
        """The server's version."""
        return {"version": self._asked(self.client.get_server_version)}

    async def close(self) -> None:
        """Close the connection, and give the folder back."""
        try:
            self._said(self.client.close)
        finally:
            if self._owner is not None and self._owner.release():
                _stop(self._owner.folder)

    def _asked(self, verb: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """What the client's verb gives; from a server within the timeout, its retries too."""
        return self._said(partial(verb, *args, **given, **self._within))

    def _said(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except MilvusException as error:
            if error.code in LOST or UNANSWERED in error.message:
                raise ConnectionFailed(f"{self._shown} does not answer: {error.message}") from error
            raise StorageError(f"{self._shown}: {error.message}") from error
        except grpc.RpcError as error:  # which the driver does not try again
            kind = ConnectionFailed if error.code() in LOST else StorageError
            raise kind(f"{self._shown} does not answer: {error.details()}") from error


def _stop(folder: Path) -> None:
    """End the engine that the driver runs for a folder; it would run until the process ends."""
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(os.fspath(folder / FILE))


def _fields(vectors: bool) -> list[str]:
    return [*FIELDS, "vector"] if vectors else [*FIELDS]
