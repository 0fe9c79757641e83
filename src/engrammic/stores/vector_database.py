"""VectorDatabase: chunks of code and text under given vectors, searched by meaning and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engrammic.checks import check_count
from engrammic.filters import Compare, Filter, Op, eq, every, is_in
from engrammic.ranking.fusion import Fusion
from engrammic.stores.base import check_content, check_kind_of, check_short
from engrammic.stores.code_chunks import (
    CODE,
    ChunkMetadata,
    DatabaseStats,
    SearchResult,
    check_lengths,
    check_vectors,
    chunk_id,
    chunk_record,
    result_of,
    root_of,
)
from engrammic.stores.code_filters import code_filter
from engrammic.stores.collection import Collection, check_score
from engrammic.stores.corpus import Corpus
from engrammic.stores.modes import LARGEST_LIMIT, Mode
from engrammic.stores.retrieval import retrieve
from engrammic.text import joined
from engrammic.types import Record, Schema, Vector
from engrammic.units import unit

PAGE = 10_000
"""Records read at once where all are counted."""


class VectorDatabase(Collection):
    """The RAG store: embeddings of chunks with their places, over any database.

    `min_score` cuts `SearchResult.score`, here and nowhere else: the cosine of
    a search by meaning, the fused score of a hybrid one. Filters come before
    ranking, so a page is full when enough chunks match.
    """

    base: ClassVar[Schema] = CODE

    async def store_embeddings(
        self,
        embeddings: Sequence[Vector],
        metadata: Sequence[ChunkMetadata],
        contents: Sequence[str],
        root_path: str,
    ) -> int:
        """The number of chunks stored; one in the same place of the same root is replaced.

        Raises InvalidInput, naming the argument, for lists of different
        lengths and vectors of another dimension; then nothing is stored.
        """
        check_kind_of("metadata", metadata, Sequence)
        check_kind_of("contents", contents, Sequence)
        vectors = check_vectors("embeddings", embeddings)
        check_lengths(embeddings=vectors, metadata=metadata, contents=contents)
        root = root_of("root_path", root_path)
        await self.ready()
        field, dimension, moment = self.vector, self.length, self.clock()

        def made() -> list[Record]:
            records = [chunk_record(m, i, root, moment) for i, m in enumerate(metadata)]
            _identify(records)
            for i, record in enumerate(records):
                record["content"] = check_content(f"contents[{i}]", contents[i])
                record["terms"] = joined(contents[i])
                record[field] = unit(vectors[i], dimension, f"embeddings[{i}]")
            return records

        return await self.put(made)

    async def search(
        self,
        query_vector: Vector,
        query_text: str = "",
        limit: int = 10,
        min_score: float = 0.0,
        project: str | None = None,
        root_path: str | None = None,
        hybrid: bool = True,
        *,
        fusion: Fusion | str = Fusion.EVIDENCE,
    ) -> list[SearchResult]:
        """The chunks that fit best, best first.

        `hybrid` fuses the vector's search with one by the words of
        `query_text`; without words it is the vector's search alone.
        """
        return await self.search_filtered(
            query_vector, query_text, limit, min_score, project, root_path, hybrid, fusion=fusion
        )

    async def search_filtered(
        self,
        query_vector: Vector,
        query_text: str = "",
        limit: int = 10,
        min_score: float = 0.0,
        project: str | None = None,
        root_path: str | None = None,
        hybrid: bool = True,
        file_extensions: Sequence[str] = (),
        languages: Sequence[str] = (),
        path_patterns: Sequence[str] = (),
        *,
        fusion: Fusion | str = Fusion.EVIDENCE,
    ) -> list[SearchResult]:
        """As `search`, among files of these extensions, languages and path patterns.

        An empty list lets everything through; `code_filters` says what a pattern means.
        """
        where = code_filter(project, root_path, file_extensions, languages, path_patterns)
        found = await self._found(query_vector, query_text, limit, min_score, where, hybrid, fusion)
        return [result for _, result in found]

    async def search_with_embeddings(
        self,
        query_vector: Vector,
        query_text: str = "",
        limit: int = 10,
        min_score: float = 0.0,
        project: str | None = None,
        root_path: str | None = None,
        hybrid: bool = True,
        *,
        fusion: Fusion | str = Fusion.EVIDENCE,
    ) -> tuple[list[SearchResult], list[NDArray[np.float32]]]:
        """As `search`, and the vector of each result as it is stored: of length 1."""
        where = code_filter(project, root_path)
        found = await self._found(query_vector, query_text, limit, min_score, where, hybrid, fusion)
        ids = is_in("id", [key for key, _ in found])
        rows = await self.backend.query(self.table, ids, columns=("id", self.vector))
        vectors = {row["id"]: row[self.vector] for row in rows}
        kept = [(result, vectors[key]) for key, result in found if key in vectors]
        return [result for result, _ in kept], [vector for _, vector in kept]

    async def delete_by_file(self, path: str, root_path: str | None = None) -> int:
        """Delete the chunks of one file, in every root unless one is named; how many there were."""
        check_short("path", path)
        return await self.delete_where(every(eq("file_path", path), code_filter(None, root_path)))

    async def get_statistics(self) -> DatabaseStats:
        """Counts of chunks, in all and by language."""
        await self.ready()
        languages = [language async for language in self._values("language", None)]
        vectors = 0
        if self.dimension is not None:
            vectors = await self.backend.count(self.table, Compare(self.vector, Op.NOT_NULL))
        ranked = sorted(Counter(languages).items(), key=lambda pair: (-pair[1], pair[0]))
        return DatabaseStats(len(languages), vectors, tuple(ranked))

    async def count_by_root_path(self, root_path: str) -> int:
        """How many chunks lie below a root."""
        await self.ready()
        return await self.backend.count(self.table, self._below(root_path))

    async def get_indexed_files(self, root_path: str) -> list[str]:
        """The files of a root, each once, sorted."""
        await self.ready()
        where = self._below(root_path)
        return sorted({path async for path in self._values("file_path", where)})

    def _below(self, root_path: str) -> Filter:
        return eq("root_path", root_of("root_path", root_path))

    async def _values(self, field: str, where: Filter | None) -> AsyncIterator[str]:
        """The values of one field, a page at a time."""
        after: tuple[str] | None = None
        size = PAGE
        while size == PAGE:
            page = await self.backend.query(
                self.table, where, after=after, limit=PAGE, columns=("id", field)
            )
            for record in page:
                yield record[field]
            size = len(page)
            after = (page[-1]["id"],) if page else None

    async def _found(
        self,
        given: Vector,
        text: str,
        limit: int,
        min_score: float,
        where: Filter,
        hybrid: bool,
        fusion: Fusion | str,
    ) -> list[tuple[str, SearchResult]]:
        """Results with their ids."""
        await self.ready()
        check_count("limit", limit, 1, LARGEST_LIMIT)
        check_kind_of("query_text", text, str)
        check_score("min_score", min_score, 0)
        vector = unit(given, self.length, "query_vector")
        if hybrid and text.strip():
            return await self._both(vector, text, limit, min_score, where, fusion)
        hits = await self.backend.vector_search(
            self.table, self.vector, vector, limit=limit, where=where
        )
        if not hits:
            await self.agree()
        scored = [(hit.record, max(0.0, hit.score), hit.score) for hit in hits]
        return [(r["id"], result_of(r, s, c, None)) for r, s, c in scored if s >= min_score]

    async def _both(
        self,
        vector: NDArray[np.float32],
        text: str,
        limit: int,
        min_score: float,
        where: Filter,
        fusion: Fusion | str,
    ) -> list[tuple[str, SearchResult]]:
        corpus = Corpus("chunk", self.schema, where, self.vector, "indexed_at")
        ranking = await retrieve(
            self.backend, [corpus], text, limit=limit, mode=Mode.HYBRID, embedder=None,
            moment=self.clock(), min_score=min_score, fusion=fusion, vector=vector,
        )  # fmt: skip
        if not ranking.hits:
            await self.agree()
        return [
            (f.record["id"], result_of(f.record, f.score, f.why.cosine or 0.0, f.why))
            for f in ranking.hits
        ]


def _identify(records: Sequence[Record]) -> None:
    """Give the records their ids."""
    places: Counter[tuple[Any, ...]] = Counter()
    for record in records:
        place = (record["root_path"], record["file_path"], record["start_line"], record["end_line"])
        record["id"] = chunk_id(*place, places[place])
        places[place] += 1
