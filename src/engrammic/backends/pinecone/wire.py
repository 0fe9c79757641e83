"""Pinecone's client: indexes made on demand, namespaces, and reads that see what was written."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, TypeVar

from pinecone import Index, Pinecone
from pinecone.errors.exceptions import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PineconeConnectionError,
    PineconeError,
    PineconeTimeoutError,
    UnauthorizedError,
)

from engrammic.errors import ConnectionFailed, StorageError
from engrammic.workers import Workers

T = TypeVar("T")
Found = dict[str, Any]

UPSERT_BYTES = 1_500_000
UPSERT_VECTORS = 500
IDS = 100
"""Ids in one fetch: they travel in the address."""

DELETED = 1000
PAGE = 200
METADATA = 41_000
RESULT = 4_000_000
"""Bytes that one answer may have."""

MARK = "_mark"
PAUSE = 0.05


class Wire:
    """One project, and the indexes whose names begin with a prefix: one for each dimension."""

    def __init__(self, client: Pinecone, prefix: str, name: str, settings: dict[str, str],
                 timeout: float) -> None:  # fmt: skip
        self._client = client
        self._prefix = prefix
        self._name = name
        self._settings = settings
        self.timeout = timeout
        self._indexes: dict[int, Index] = {}
        self._guard = threading.Lock()
        self._workers = Workers(name)
        self._written: dict[tuple[int, str], int] = {}

    async def call(self, verb: Callable[..., T], *args: Any, **given: Any) -> T:
        """What the client's blocking verb gives, from a worker thread, its retries in time."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._workers.run(verb, *args, **given)
        except TimeoutError as error:
            told = f"{self._name} does not answer within {self.timeout:g} s"
            raise ConnectionFailed(told) from error
        except (UnauthorizedError, ForbiddenError) as error:
            raise ConnectionFailed(f"{self._name}: the API key is refused: {error}") from error
        except (PineconeConnectionError, PineconeTimeoutError) as error:
            raise ConnectionFailed(f"{self._name} does not answer: {error}") from error
        except NotFoundError:
            raise
        except PineconeError as error:
            raise StorageError(f"{self._name}: {error}") from error

    async def space(self, dimension: int, namespace: str) -> Space:
        """A namespace of the index of that dimension, which is made if there is none."""
        if dimension not in self._indexes:
            found = await self.call(self._index, dimension)
            if self._indexes.setdefault(dimension, found) is not found:
                found.close()  # another task was faster
        return Space(self, self._indexes[dimension], dimension, namespace)

    def _index(self, dimension: int) -> Index:
        name = f"{self._prefix}-{dimension}"
        until = time.monotonic() + self.timeout
        indexes = self._client.indexes
        try:
            found = indexes.describe(name)
        except NotFoundError:
            try:
                found = indexes.create(
                    name=name,
                    schema={"fields": {"_values": {
                        "type": "dense_vector", "dimension": dimension, "metric": "cosine"}}},
                    deployment={"deployment_type": "managed", **self._settings},
                    timeout=-1,
                )  # fmt: skip
            except ConflictError:  # another process was faster
                found = indexes.describe(name)
        while not found.status.ready or not found.host:
            if time.monotonic() > until:
                raise ConnectionFailed(f"{self._name}: index {name} is not ready in time")
            time.sleep(PAUSE)
            found = indexes.describe(name)
        return self._client.index(host=found.host)

    def wrote(self, space: Space, position: int | None) -> None:
        """Remember that reads of the space have to see the write at this position."""
        if position is not None:
            with self._guard:
                place = (space.dimension, space.namespace)
                self._written[place] = max(position, self._written.get(place, 0))

    async def settled(self, space: Space) -> None:
        """Return when the space shows all that this handle wrote to it."""
        place = (space.dimension, space.namespace)
        wanted = self._written.get(place)
        if wanted is None:
            return
        until, pause = time.monotonic() + self.timeout, PAUSE
        while not await self._is_seen(space, wanted):
            if time.monotonic() > until:
                raise StorageError(
                    f"{self._name} took a write that is not visible after {self.timeout:.0f} s"
                )
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 1.5)
        with self._guard:
            if self._written.get(place) == wanted:
                del self._written[place]

    async def _is_seen(self, space: Space, wanted: int) -> bool:
        """A service that tells no position cannot be waited for."""
        vector = placeholder(space.dimension)
        answer = await self.call(
            space.index.query, vector=vector, top_k=1, namespace=space.namespace
        )
        info = answer.response_info
        return info is None or info.lsn_reconciled is None or info.is_reconciled(wanted)

    async def describe(self, dimension: int) -> Any:
        """What the service tells of an index."""
        return await self.call(self._indexes[dimension].describe_index_stats)

    async def flush(self) -> None:
        """Return when all that was written is visible."""
        for dimension, namespace in list(self._written):
            await self.settled(await self.space(dimension, namespace))

    async def close(self) -> None:
        """Close every connection, once the calls that were given up have ended."""
        await self._workers.close()
        for index in self._indexes.values():
            await asyncio.to_thread(index.close)
        await asyncio.to_thread(self._client.close)


class Space:
    """One namespace. What this handle wrote is seen by its next read."""

    def __init__(self, wire: Wire, index: Index, dimension: int, namespace: str) -> None:
        self._wire = wire
        self.index = index
        self.dimension = dimension
        self.namespace = namespace

    async def upsert(self, vectors: Sequence[Found]) -> None:
        """Insert or replace, in requests that the service takes."""
        for batch in _batches(vectors, self.dimension):
            answer = await self._wire.call(
                self.index.upsert, vectors=batch, namespace=self.namespace
            )
            info = answer.response_info
            self._wire.wrote(self, info.lsn_committed if info else None)

    async def delete(self, **which: Any) -> None:
        """Delete by `ids` or `filter`; a namespace that is not there holds nothing.

        The client hides a delete's position; that of the mark behind it is not hidden.
        """
        try:
            await self._wire.call(self.index.delete, namespace=self.namespace, **which)
        except NotFoundError:
            return
        mark = {"id": MARK, "values": placeholder(self.dimension), "metadata": {MARK: True}}
        await self.upsert([mark])

    async def erase(self, ids: Sequence[str]) -> None:
        """Delete by id."""
        for start in range(0, len(ids), DELETED):
            await self.delete(ids=list(ids[start : start + DELETED]))

    async def drop(self) -> None:
        """Remove the namespace; absent is fine."""
        try:
            await self._wire.call(self.index.delete_namespace, name=self.namespace)
        except NotFoundError:
            return

    async def exists(self) -> bool:
        """Whether anything was ever written here."""
        try:
            await self._wire.call(self.index.describe_namespace, name=self.namespace)
        except NotFoundError:
            return False
        return True

    async def fetch(self, ids: Sequence[str]) -> dict[str, Any]:
        """Vectors by id; what is absent is left out."""
        await self._wire.settled(self)
        found: dict[str, Any] = {}
        for start in range(0, len(ids), IDS):
            some = list(ids[start : start + IDS])
            answer = await self._wire.call(self.index.fetch, ids=some, namespace=self.namespace)
            found |= answer.vectors
        return found

    async def scan(self, where: Found) -> AsyncIterator[dict[str, Any]]:
        """Pages of all vectors that match; smaller ones where an answer becomes too large."""
        await self._wire.settled(self)
        limit, token = max(PAGE, self._surely()), None
        while True:
            try:
                page = await self._wire.call(
                    self.index.fetch_by_metadata, filter=where, namespace=self.namespace,
                    limit=limit, pagination_token=token,
                )  # fmt: skip
            except StorageError as error:
                if not _is_refused(error) or limit <= self._surely():
                    raise
                limit = self._surely()
                continue
            yield page.vectors
            if page.pagination is None or not page.pagination.next:
                return
            token = page.pagination.next

    def _surely(self) -> int:
        """So many records stay below the size of an answer, whatever they hold."""
        return max(1, RESULT // (METADATA + 24 * self.dimension))

    async def query(
        self, vector: Sequence[float], count: int, where: Found, payload: bool
    ) -> list[Any]:
        """The `count` nearest, with metadata if so many of them fit an answer."""
        await self._wire.settled(self)
        answer = await self._wire.call(
            self.index.query, vector=vector, top_k=count, namespace=self.namespace, filter=where,
            include_metadata=payload and count <= RESULT // METADATA,
        )  # fmt: skip
        return list(answer.matches)


def placeholder(dimension: int) -> list[float]:
    """What stands for a vector where there is none: zero is refused."""
    return [1.0] + [0.0] * (dimension - 1)


def _is_refused(error: StorageError) -> bool:
    cause = error.__cause__
    return isinstance(cause, ApiError) and cause.status_code in (400, 413)


def _batches(vectors: Sequence[Found], dimension: int) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for vector in vectors:
        own = 24 * dimension + 200 + len(str(vector.get("metadata", "")).encode())
        if batch and (size + own > UPSERT_BYTES or len(batch) == UPSERT_VECTORS):
            yield batch
            batch, size = [], 0
        batch.append(vector)
        size += own
    if batch:
        yield batch
