"""VectorStore: texts with ids and metadata under given vectors, found by meaning or by words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engrammic.changes import Put, Update
from engrammic.checks import check_count, check_texts, shown
from engrammic.errors import Conflict, InvalidInput
from engrammic.filters import Compare, Filter, Op, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import check_content, check_id, check_metadata
from engrammic.stores.code_chunks import check_lengths, check_vectors
from engrammic.stores.collection import BATCH, Collection, check_score, vector_field
from engrammic.stores.modes import LARGEST_LIMIT
from engrammic.text import joined, query_terms
from engrammic.types import Field, Kind, Record, Schema, Vector
from engrammic.units import unit

CHUNKS = Schema(
    "vector_chunks",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("content", Kind.TEXT, nullable=False),
        Field("metadata", Kind.JSON),
        Field("terms", Kind.TERMS),
    ),
)
"""The table of texts, without its vectors."""


@dataclass(frozen=True, slots=True)
class VectorHit:
    """A text found, best first: by meaning `score` is the cosine, by words BM25."""

    id: str
    score: float
    content: str
    metadata: Mapping[str, Any]


class VectorStore(Collection):
    """Texts under ids; each has its words, and a vector where one was given."""

    base: ClassVar[Schema] = CHUNKS

    async def upsert(
        self,
        ids: Sequence[str],
        embeddings: Sequence[Vector] | None,
        contents: Sequence[str],
        metadata: Sequence[Mapping[str, Any] | None] | None = None,
        *,
        new: bool = False,
    ) -> int:
        """The number of texts stored; an id that is there is replaced. The last of equal ids wins.

        Without embeddings they are found by words alone. With `new`, an id that
        is there raises Conflict. Raises InvalidInput, naming the argument, for
        lists of different lengths; then nothing is stored.
        """
        given = _checked(ids, embeddings, contents, metadata)
        if not given.ids:
            return 0
        if new and len(set(given.ids)) < len(given.ids):
            raise Conflict("ids: the same id occurs twice")
        await self.ready()
        dimension = None if embeddings is None else self.dimension or _length(given.vectors[0])
        records = await asyncio.to_thread(given.records, dimension)
        if dimension is not None and self.dimension is None:
            await self.initialize(dimension)
        return await self.put(lambda: records, new=is_in("id", given.ids) if new else None)

    async def search(
        self,
        vector: Vector,
        limit: int = 10,
        min_score: float = 0.0,
        *,
        where: Filter | None = None,
    ) -> list[VectorHit]:
        """The texts nearest in meaning whose cosine is at least `min_score`, in [-1, 1]."""
        await self.ready()
        check_count("limit", limit, 1, LARGEST_LIMIT)
        check_score("min_score", min_score, -1)
        if self.dimension is None:
            return []
        query = unit(vector, self.dimension, "vector")
        hits = await self.backend.vector_search(
            self.table, self.vector, query, limit=limit, where=where
        )
        if not hits:
            await self.agree()
        return [_hit(hit.record, hit.score) for hit in hits if hit.score >= min_score]

    async def keyword_search(
        self, text: str, limit: int = 10, *, where: Filter | None = None
    ) -> list[VectorHit]:
        """The texts that hold a word of the query, by BM25."""
        await self.ready()
        check_count("limit", limit, 1, LARGEST_LIMIT)
        check_content("text", text)
        words = query_terms(text)
        if not words:
            return []
        hits = await self.backend.text_search(self.table, words, limit=limit, where=where)
        return [_hit(hit.record, hit.score) for hit in hits]

    async def get(self, item_id: str) -> VectorHit | None:
        """The text under an id, or None; its score is 0."""
        await self.ready()
        check_id("id", item_id)
        record = await self.backend.get(self.table, (item_id,))
        return None if record is None else _hit(record, 0.0)

    async def delete(self, ids: Sequence[str]) -> int:
        """Delete the texts under these ids; how many there were."""
        ids = check_texts("ids", ids)
        for number, item_id in enumerate(ids):
            check_id(f"ids[{number}]", item_id)
        return await self.delete_where(is_in("id", ids)) if ids else 0

    async def count(self, where: Filter | None = None) -> int:
        """How many texts match."""
        await self.ready()
        return await self.backend.count(self.table, where)

    async def index_words(
        self,
        ids: Sequence[str],
        contents: Sequence[str],
        metadata: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> int:
        """Index texts by their words; how many. A vector stays where its text is the same."""
        given = _checked(ids, None, contents, metadata)
        await self.ready()
        records = {r["id"]: r for r in given.records(None)}
        for start in range(0, len(records), BATCH):
            await self._index(dict(list(records.items())[start : start + BATCH]))
        return len(records)

    async def _index(self, records: Mapping[str, Record]) -> None:
        async def indexing(reader: Scoped) -> list[Put | Update]:
            found = await reader.query(
                self.table, is_in("id", tuple(records)), columns=("id", "content")
            )
            same = {r["id"] for r in found if records[r["id"]]["content"] == r["content"]}
            kept = [r for key, r in records.items() if key in same]
            return [
                Update(self.table, kept),
                Put(self.table, [r for key, r in records.items() if key not in same]),
            ]

        await self.backend.transact(indexing)

    async def forget_words(self) -> int:
        """Take the words of every text away; how many texts. Those without a vector go whole."""
        await self.ready()
        lone = Compare(self.vector, Op.IS_NULL) if self.dimension else None
        gone = await self.clear() if lone is None else await self.delete_where(lone)
        after: tuple[str] | None = None
        while page := await self.backend.query(
            self.table, after=after, limit=BATCH, columns=("id",)
        ):
            bare = [{"id": r["id"], "terms": None} for r in page]
            gone += await self.backend.apply([Update(self.table, bare)])
            after = (page[-1]["id"],)
        return gone


@dataclass(frozen=True, slots=True)
class _Given:
    """What `upsert` was given, of one length."""

    ids: Sequence[str]
    vectors: Sequence[Vector]
    contents: Sequence[str]
    metadata: Sequence[Mapping[str, Any] | None]

    def records(self, dimension: int | None) -> list[Record]:
        """Their records, one for each id. Raises InvalidInput."""
        return list({i: self._record(n, dimension) for n, i in enumerate(self.ids)}.values())

    def _record(self, number: int, dimension: int | None) -> Record:
        content = check_content(f"contents[{number}]", self.contents[number])
        record: Record = {
            "id": self.ids[number],
            "content": content,
            "metadata": check_metadata(self.metadata[number]) or None,
            "terms": joined(content),
        }
        if dimension is not None:
            field = vector_field(dimension)
            record[field] = unit(self.vectors[number], dimension, f"embeddings[{number}]")
        return record


def _checked(
    ids: Sequence[str],
    embeddings: Sequence[Vector] | None,
    contents: Sequence[str],
    metadata: Sequence[Mapping[str, Any] | None] | None,
) -> _Given:
    for name, values in (("ids", ids), ("contents", contents), ("metadata", metadata)):
        if values is not None and (isinstance(values, str) or not isinstance(values, Sequence)):
            raise InvalidInput(name, f"want a list, not {shown(values)}")
    for number, item_id in enumerate(ids):
        check_id(f"ids[{number}]", item_id)
    vectors = () if embeddings is None else check_vectors("embeddings", embeddings)
    given = {"ids": ids, "embeddings": vectors, "contents": contents, "metadata": metadata}
    absent = {"embeddings"} if embeddings is None else set()
    check_lengths(**{n: v for n, v in given.items() if v is not None and n not in absent})
    return _Given(ids, vectors, contents, metadata or [None] * len(ids))


def _length(vector: Any) -> int:
    if isinstance(vector, str) or not hasattr(vector, "__len__"):
        raise InvalidInput("embeddings[0]", f"want a vector, not {shown(vector)}")
    return len(vector)


def _hit(record: Record, score: float) -> VectorHit:
    return VectorHit(record["id"], score, record["content"], record["metadata"] or {})
