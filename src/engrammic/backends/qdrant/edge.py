"""The engine of Qdrant in this process: a shard for each table, in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import qdrant_edge as edge
from numpy.typing import NDArray
from qdrant_client import models

from engrammic.backends.qdrant.address import Address
from engrammic.backends.qdrant.disk import sync, sync_all
from engrammic.backends.qdrant.driver import Driver, Point, Sorting, Wanted
from engrammic.backends.qdrant.edge_words import condition, point, shown, told, weight
from engrammic.errors import ConnectionFailed, EngrammicError, StorageError
from engrammic.lockfile import lock

NOTHING = {"none": edge.EdgeSparseVectorParams()}
"""A shard has to have a vector; this one stays empty."""

WHOLE = "whole"
"""A file in the folder of a shard that was made to its end."""

LOG_BYTES = 32 * 2**20
"""Written since the last flush, about: then the shard takes in its log and begins another."""

_INDEXES: Mapping[models.PayloadSchemaType, Any] = {
    models.PayloadSchemaType.KEYWORD: edge.PayloadSchemaType.Keyword,
    models.PayloadSchemaType.INTEGER: edge.PayloadSchemaType.Integer,
    models.PayloadSchemaType.FLOAT: edge.PayloadSchemaType.Float,
}


class EdgeDriver(Driver):
    """The verbs as calls of the engine. An update is in its log, on the disk, when it returns."""

    quick = True
    batch = 10_000

    def __init__(self, address: Address, root: Path, lock: BinaryIO) -> None:
        self._name = str(address)
        self._root = root
        self._lock = lock
        self._shards: dict[str, edge.EdgeShard] = {}
        self._written: dict[str, int] = {}
        self._logs: dict[str, list[Path]] = {}
        self._search = edge.SearchParams(exact=address.exact)

    @classmethod
    def open(cls, address: Address) -> Self:
        """The folder, for this handle alone. Raises Locked, ConnectionFailed."""
        assert address.path is not None
        tables = address.path / "tables"
        try:
            tables.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConnectionFailed(f"cannot open {address}: {error}; check the folder") from error
        return cls(address, tables, lock(address.path / "lock", 0))

    def dimensions(self, name: str) -> dict[str, int] | None:
        """As `Driver.dimensions`; what is there is made equal by `widen`, which is idempotent."""
        return {} if (self._root / name / WHOLE).exists() else None

    def create(self, name: str, vectors: dict[str, int]) -> None:
        """As `Driver.create`; what a broken-off one has left goes first."""
        params = {n: edge.EdgeVectorParams(size, edge.Distance.Dot) for n, size in vectors.items()}
        config = edge.EdgeConfig(vectors=params or None, sparse_vectors=None if params else NOTHING)
        place = self._root / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        with self._translated():
            self._shards[name] = edge.EdgeShard.create(str(place), config)
            self._shards[name].flush()
        sync_all(place)
        (place / WHOLE).touch()
        sync(place)
        sync(self._root)

    def widen(self, name: str, vector: str, dimension: int) -> None:
        """As `Driver.widen`."""
        operation = edge.UpdateOperation.create_dense_vector(vector, dimension, edge.Distance.Dot)
        self._update(name, [operation], 0)

    def index(
        self, name: str, keys: Mapping[str, models.PayloadSchemaType], tenant: str | None
    ) -> None:
        """As `Driver.index`."""
        create = edge.UpdateOperation.create_field_index
        divided = edge.KeywordIndexParams(is_tenant=True)
        operations = [create(k, divided if k == tenant else _INDEXES[v]) for k, v in keys.items()]
        self._update(name, operations, 0)

    def drop(self, name: str) -> None:
        """As `Driver.drop`: gone with one step, whatever happens afterwards."""
        place, gone = self._root / name, self._root / f"{name}.gone"
        shard = self._shards.pop(name, None)
        if shard is not None:
            with self._translated():
                shard.close()
        shutil.rmtree(gone, ignore_errors=True)
        if place.exists():
            place.rename(gone)
            sync(self._root)
            shutil.rmtree(gone)

    def upsert(self, name: str, points: Sequence[Point]) -> None:
        """As `Driver.upsert`."""
        update = edge.UpdateOperation.upsert_points(list(map(told, points)))
        self._update(name, [update], sum(map(weight, points)))

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """As `Driver.delete`."""
        self._update(name, [edge.UpdateOperation.delete_points(list(ids))], 40 * len(ids))

    def _update(self, name: str, operations: Sequence[Any], size: int) -> None:
        shard = self._shard(name)
        with self._translated():
            for operation in operations:
                shard.update(operation)
            self._written[name] = self._written.get(name, 0) + size + 200
            if self._written[name] > LOG_BYTES:
                shard.flush()
                self._written[name] = 0
        self._sync_log(name)

    def _sync_log(self, name: str) -> None:
        """The engine writes its log through memory, and leaves it to us when it is on the disk."""
        log = self._root / name / "wal"
        segments = sorted(log.glob("open-*"))
        for segment in segments:
            sync(segment)
        if self._logs.get(name) != segments:
            sync(log)
            self._logs[name] = segments

    def retrieve(self, name: str, ids: Sequence[str], wanted: Wanted) -> list[Point]:
        """As `Driver.retrieve`."""
        what = shown(wanted)
        shard = self._shard(name)
        with self._translated():
            found = shard.retrieve(list(ids), what["with_payload"], what["with_vector"])
        return list(map(point, found))

    def scroll(
        self, name: str, where: models.Filter | None, offset: Any, limit: int, wanted: Wanted
    ) -> tuple[list[Point], Any]:
        """As `Driver.scroll`."""
        request = edge.ScrollRequest(
            offset=offset, limit=limit, filter=condition(where), **shown(wanted)
        )
        shard = self._shard(name)
        with self._translated():
            found, after = shard.scroll(request)
        return list(map(point, found)), after

    def sorted(
        self,
        name: str,
        where: models.Filter | None,
        sorting: Sorting,
        limit: int,
        wanted: Wanted,
    ) -> list[Point]:
        """As `Driver.sorted`."""
        direction = edge.Direction.Desc if sorting.descending else edge.Direction.Asc
        request = edge.ScrollRequest(
            order_by=edge.OrderBy(sorting.key, direction),
            limit=limit, filter=condition(where), **shown(wanted),
        )  # fmt: skip
        shard = self._shard(name)
        with self._translated():
            found, _ = shard.scroll(request)
        return list(map(point, found))

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
        request = edge.QueryRequest(
            limit=limit, query=edge.Query.Nearest(query.tolist(), using=using),
            filter=condition(where), params=self._search, **shown(wanted),
        )  # fmt: skip
        shard = self._shard(name)
        with self._translated():
            found = shard.query(request)
        return [point(hit)._replace(score=hit.score) for hit in found]

    def count(self, name: str, where: models.Filter | None) -> int:
        """As `Driver.count`."""
        shard = self._shard(name)
        with self._translated():
            return int(shard.count(edge.CountRequest(exact=True, filter=condition(where))))

    def flush(self) -> None:
        """As `Driver.flush`; shorter logs are read faster when the folder is opened again."""
        self._each(edge.EdgeShard.flush)
        self._written.clear()

    def optimize(self) -> None:
        """As `Driver.optimize`: builds the graphs of large tables. Nothing else runs meanwhile."""
        for name in self._tables():
            self._shard(name)
        self._each(edge.EdgeShard.optimize)

    def close(self) -> None:
        """As `Driver.close`."""
        try:
            self._each(edge.EdgeShard.close)
        finally:
            self._shards.clear()
            self._lock.close()

    def _each(self, verb: Callable[[edge.EdgeShard], Any]) -> None:
        with self._translated():
            for shard in self._shards.values():
                verb(shard)

    def _tables(self) -> list[str]:
        return [
            p.name for p in self._root.iterdir() if (p / WHOLE).exists() and p.suffix != ".gone"
        ]

    def _shard(self, name: str) -> edge.EdgeShard:
        if name not in self._shards:
            if not (self._root / name / WHOLE).exists():
                raise StorageError(f"{self._name}: no table {name}; declare it again")
            with self._translated():
                self._shards[name] = edge.EdgeShard.load(str(self._root / name))
        return self._shards[name]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (EngrammicError, OSError):
            raise
        except Exception as error:
            raise StorageError(f"{self._name}: {error}") from error
