"""Qdrant over its client: a server, or the client's own local mode."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from engrammic.backends.qdrant.address import Address
from engrammic.backends.qdrant.disk import sync
from engrammic.backends.qdrant.driver import Driver, Point, Sorting, Wanted
from engrammic.backends.qdrant.failures import translated
from engrammic.errors import ConnectionFailed, Locked

DISTANCE = models.Distance.DOT
"""Of vectors of length 1 it is the cosine, and they are stored as they are given."""

TENANT = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)

QUICK = 0.01
"""Seconds of a search for which no other thread is asked."""

PARTS_SINCE = (1, 20)
"""The first server that knows conditions on parts of a text."""


class ClientDriver(Driver):
    """The verbs as calls of the client, which is safe to use from many threads to a server."""

    def __init__(self, client: QdrantClient, address: Address) -> None:
        self.client = client
        self.address = address
        self.shared = address.host is not None
        self.batch = 1000 if self.shared else 1_000_000
        asks_exact = address.exact and self.shared  # local mode compares all of them anyway
        self._search = models.SearchParams(exact=True) if asks_exact else None
        self._name = str(address)
        self._took: dict[str, float] = {}

    @classmethod
    def open(cls, address: Address) -> Self:
        """A connection. Raises ConnectionFailed, Locked."""
        if address.host is not None:
            return cls._server(address)
        with _opening(address):
            if address.path is None:
                client = QdrantClient(":memory:", force_disable_check_same_thread=True)
            else:
                _check_lock(address.path)
                client = QdrantClient(path=str(address.path), force_disable_check_same_thread=True)
        return cls(client, address)

    @classmethod
    def _server(cls, address: Address) -> Self:
        # in a header, since the client warns of a key without https: the user's own choice
        headers = {"api-key": address.api_key} if address.api_key else None
        with translated(str(address)):
            client = QdrantClient(
                host=address.host,
                port=address.port,
                grpc_port=address.grpc or 6334,
                prefer_grpc=address.grpc is not None,
                https=address.https,
                headers=headers,
                timeout=address.timeout,
                check_compatibility=False,
            )
            driver = cls(client, address)
            driver.knows_parts = _version(client.info().version) >= PARTS_SINCE
        return driver

    def dimensions(self, name: str) -> dict[str, int] | None:
        """As `Driver.dimensions`."""
        with translated(self._name):
            if not self.client.collection_exists(name):
                return None
            vectors = self.client.get_collection(name).config.params.vectors or {}
            return {n: p.size for n, p in vectors.items()} if isinstance(vectors, dict) else {}

    def create(self, name: str, vectors: dict[str, int]) -> None:
        """As `Driver.create`."""
        params = {
            n: models.VectorParams(size=size, distance=DISTANCE) for n, size in vectors.items()
        }
        with translated(self._name):
            if not self.client.collection_exists(name):
                self.client.create_collection(name, vectors_config=params)
        self._settle(name)

    def widen(self, name: str, vector: str, dimension: int) -> None:
        """As `Driver.widen`."""
        dense = models.DenseVectorConfig(size=dimension, distance=DISTANCE)
        with translated(self._name):
            self.client.create_vector_name(name, vector, models.DenseVectorNameConfig(dense=dense))
        self._settle(name)

    def index(
        self, name: str, keys: Mapping[str, models.PayloadSchemaType], tenant: str | None
    ) -> None:
        """As `Driver.index`; local mode has no such indexes."""
        for key, kind in keys.items() if self.shared else ():
            schema: Any = TENANT if key == tenant else kind
            with translated(self._name):
                self.client.create_payload_index(name, key, schema, wait=True)

    def drop(self, name: str) -> None:
        """As `Driver.drop`."""
        with translated(self._name):
            self.client.delete_collection(name)
        self._settle(None)

    def upsert(self, name: str, points: Sequence[Point]) -> None:
        """As `Driver.upsert`; a server has written its log when it answers."""
        structs = [models.PointStruct(id=p.id, vector=p.vectors, payload=p.payload) for p in points]
        with translated(self._name):
            self.client.upsert(name, structs, wait=True)

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """As `Driver.delete`."""
        with translated(self._name):
            self.client.delete(name, models.PointIdsList(points=list(ids)), wait=True)

    def retrieve(self, name: str, ids: Sequence[str], wanted: Wanted) -> list[Point]:
        """As `Driver.retrieve`."""
        with translated(self._name):
            found = self.client.retrieve(name, ids, **_shown(wanted))
        return list(map(_point, found))

    def scroll(
        self, name: str, where: models.Filter | None, offset: Any, limit: int, wanted: Wanted
    ) -> tuple[list[Point], Any]:
        """As `Driver.scroll`."""
        with translated(self._name):
            found, after = self.client.scroll(name, where, limit, None, offset, **_shown(wanted))
        return list(map(_point, found)), after

    def sorted(
        self,
        name: str,
        where: models.Filter | None,
        sorting: Sorting,
        limit: int,
        wanted: Wanted,
    ) -> list[Point]:
        """As `Driver.sorted`."""
        direction = models.Direction.DESC if sorting.descending else models.Direction.ASC
        order = models.OrderBy(key=sorting.key, direction=direction)
        with translated(self._name):
            found, _ = self.client.scroll(name, where, limit, order, **_shown(wanted))
        return list(map(_point, found))

    def nearest(
        self,
        name: str,
        vector: tuple[str, NDArray[np.float32]],
        where: models.Filter | None,
        limit: int,
        wanted: Wanted,
    ) -> list[Point]:
        """As `Driver.nearest`."""
        using, query = vector
        begun = time.thread_time()
        with translated(self._name):
            found = self.client.query_points(
                name, query.tolist(), using=using, query_filter=where, limit=limit,
                search_params=self._search, **_shown(wanted),
            )  # fmt: skip
        if where is None:
            self._took[name] = time.thread_time() - begun
        return [_point(hit)._replace(score=hit.score) for hit in found.points]

    def is_quick(self, name: str, where: models.Filter | None) -> bool:
        """In local mode, of a collection that was searched fast before; filters take long there."""
        return not self.shared and where is None and self._took.get(name, QUICK) < QUICK

    def count(self, name: str, where: models.Filter | None) -> int:
        """As `Driver.count`."""
        with translated(self._name):
            return self.client.count(name, where, exact=True).count

    def health(self) -> dict[str, Any]:
        """The version of a server that answers."""
        if not self.shared:
            return {}
        with translated(self._name):
            return {"version": self.client.info().version}

    def close(self) -> None:
        """As `Driver.close`."""
        self.client.close()

    def _settle(self, name: str | None) -> None:
        """Have the disk know of a collection: the client writes its list, and waits for nothing."""
        root = self.address.path
        if root is not None:
            own = [] if name is None else [root / "collection" / name]
            for place in (*own, root / "collection", root / "meta.json", root):
                sync(place)


def _check_lock(folder: Path) -> None:
    """Fail as the client does for a folder in use: it leaves the lock's file open then."""
    file = folder / ".lock"
    if not file.exists():
        return
    import portalocker  # as the client does it: importing it looks for a folder to write to

    flags = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
    with file.open("r+") as handle:
        try:
            portalocker.lock(handle, flags)
        except portalocker.LockException as error:
            raise OSError("already accessed") from error
        portalocker.unlock(handle)


@contextmanager
def _opening(address: Address) -> Iterator[None]:
    try:
        with translated(str(address)):
            yield
    except OSError as error:
        if "already accessed" in str(error):
            raise Locked(
                f"{address} is held by another process; it is not damaged. Close it there, or "
                "use a server: qdrant://host:port/name"
            ) from error
        raise ConnectionFailed(f"cannot open {address}: {error}; check the folder") from error


def _shown(wanted: Wanted) -> dict[str, Any]:
    return {"with_payload": wanted.payload or False, "with_vectors": wanted.vectors or False}


def _point(found: Any) -> Point:
    return Point(str(found.id), found.payload or {}, found.vector or {})


def _version(text: str) -> tuple[int, ...]:
    """The first two numbers; a server that hides its version is an old one."""
    parts = text.split(".")[:2]
    return tuple(int(p) for p in parts) if all(p.isdigit() for p in parts) else (0, 0)
