"""Vector and text search: the right records, the right scores, full pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engrammic.backend import Backend
from engrammic.backends.memory import MemoryBackend
from engrammic.changes import Delete, Put
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import Compare, Filter, Op, eq, is_in
from engrammic.testing.things import THINGS, things
from engrammic.types import Field, Kind, Record, Schema, Scored

QUERIES: tuple[list[float], ...] = (
    [1, 0, 0, 0],
    [0.3, -0.2, 0.9, 1],
    [-1, -1, -1, -1],
    [0, 2, 0, 0],
)

TERM_QUERIES: tuple[list[str], ...] = (
    ["common"], ["red", "fox"], ["fox-trot", "日本"], ["v2.4.7", "snake_case", "nothing"],
    ["sky", "sky"], ["nothing"], [], ["blue", "pad"],
)  # fmt: skip

HOSTILE_TERMS: tuple[str, ...] = (
    '"', "'", "*", "a*", "AND", "OR", "NOT", "NEAR", "(", ")", "words:red", "-red", "^red", "+",
    "red OR fox", '" OR "', "title : red", "{title}", "\\", "%", "日*", ";", "--", "red\nfox",
)  # fmt: skip


def same_hits(got: list[Scored], wanted: list[Scored]) -> None:
    """Asserts the same records in the same order, with the same scores to 1e-5."""
    assert [h.record for h in got] == [h.record for h in wanted]
    assert [h.score for h in got] == pytest.approx([h.score for h in wanted], abs=1e-5)


async def beside(*schemas: Schema) -> MemoryBackend:
    """The reference, with the tables declared."""
    reference = MemoryBackend()
    for schema in schemas:
        await reference.ensure_table(schema)
    return reference


class SearchTests:
    """vector_search and text_search, beside the reference."""

    @pytest.mark.parametrize("query", QUERIES, ids=repr)
    @pytest.mark.parametrize("where", [None, eq("done", True), Compare("size", Op.GT, 5)], ids=repr)
    async def test_vector_search(
        self, backend: Backend, query: list[float], where: Filter | None
    ) -> None:
        """The nearest by cosine, equal scores by key, for every size of page."""
        reference = await beside(THINGS)
        await backend.ensure_table(THINGS)
        for target in (backend, reference):
            await target.insert("things", things())
        for limit in (0, 1, 7, 50, 1000):
            asked: dict[str, Any] = {"limit": limit, "where": where}
            got = await backend.vector_search("things", "vector", query, **asked)
            same_hits(got, await reference.vector_search("things", "vector", query, **asked))

    @pytest.mark.parametrize("terms", TERM_QUERIES, ids=repr)
    @pytest.mark.parametrize("where", [None, eq("done", True), Compare("size", Op.GT, 5)], ids=repr)
    async def test_text_search(
        self, backend: Backend, terms: list[str], where: Filter | None
    ) -> None:
        """BM25 over all TERMS fields with their weights; filters leave the statistics alone."""
        reference = await beside(THINGS)
        await backend.ensure_table(THINGS)
        for target in (backend, reference):
            await target.insert("things", things())
        for limit in (0, 1, 7, 50, 1000):
            got = await backend.text_search("things", terms, limit=limit, where=where)
            same_hits(got, await reference.text_search("things", terms, limit=limit, where=where))
            assert all(hit.score >= 0 for hit in got)

    async def test_scores_follow_writes(self, backend: Backend) -> None:
        """After puts, replacements and deletes the scores are those of what is there."""
        reference = await beside(THINGS)
        await backend.ensure_table(THINGS)
        for target in (backend, reference):
            await target.insert("things", things(60))
            await target.insert("things", [{**r, "words": "red sky"} for r in things(20)])
            await target.apply([Delete("things", Compare("at", Op.LT, 20))])
            await target.insert("things", [{**things(80)[70], "vector": [1, 2, 0, 0]}])
        for terms in TERM_QUERIES:
            same_hits(
                await backend.text_search("things", terms, limit=30),
                await reference.text_search("things", terms, limit=30),
            )
        same_hits(
            await backend.vector_search("things", "vector", [1, 2, 0, 0], limit=30),
            await reference.vector_search("things", "vector", [1, 2, 0, 0], limit=30),
        )

    @pytest.mark.parametrize("term", HOSTILE_TERMS)
    async def test_terms_are_no_query_language(self, backend: Backend, term: str) -> None:
        """Quotes, operators and column names match only themselves."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(40))
        assert await backend.text_search("things", [term], limit=100) == []

    async def test_terms_with_punctuation_are_found_whole(self, backend: Backend) -> None:
        """A term is what stands between two spaces."""
        await backend.ensure_table(THINGS)
        terms = ["c++", "a.b", "x/y", "don't", "#tag", "日本", "é", "v1_2", "[x]", "'q'", "and"]
        await backend.insert("things", [{"id": t, "at": 1, "words": [t, "end"]} for t in terms])
        for term in terms:
            hits = await backend.text_search("things", [term], limit=9)
            assert [h.record["id"] for h in hits] == [term]
        for other in ("c", "a", "b", "x", "tag", "q", "日", "e", "c+", "a."):
            assert await backend.text_search("things", [other], limit=9) == []

    async def test_terms_keep_their_case(self, backend: Backend) -> None:
        """Folding is the analyser's matter, not the engine's."""
        await backend.ensure_table(THINGS)
        terms = ["AND", "and", "É", "é", "a-B"]
        await backend.insert("things", [{"id": t, "at": 1, "words": [t]} for t in terms])
        for term in terms:
            hits = await backend.text_search("things", [term], limit=9)
            assert [h.record["id"] for h in hits] == [term]
        assert await backend.text_search("things", ["A-B"], limit=9) == []

    async def test_a_filtered_page_is_full(self, backend: Backend) -> None:
        """However rare the matches are and however far from the query."""
        await backend.ensure_table(THINGS)
        rare = {i * 97 for i in range(1, 11)}
        records = [_far(i, i in rare) for i in range(1000)]
        await backend.insert("things", records)
        wanted = sorted(r["id"] for r in records if r["done"])
        for where in (eq("done", True), is_in("id", wanted), eq("data.rare", True)):
            near = await backend.vector_search(
                "things", "vector", [1, 0, 0, 0], limit=10, where=where
            )
            assert sorted(h.record["id"] for h in near) == wanted
            worded = await backend.text_search("things", ["common"], limit=10, where=where)
            assert sorted(h.record["id"] for h in worded) == wanted

    @pytest.mark.parametrize(
        "vector",
        [[1, 2, 3], [0, 0, 0, 0], [1, 2, 3, float("nan")], [[1, 2, 3, 4]], [], "text"],
        ids=repr,
    )
    async def test_a_query_vector_that_does_not_fit_is_refused(
        self, backend: Backend, vector: Any
    ) -> None:
        """Wrong dimension, zero, not finite, no vector at all; the error names the field."""
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidInput, match="vector"):
            await backend.vector_search("things", "vector", vector, limit=1)

    async def test_searches_that_make_no_sense_are_refused(self, backend: Backend) -> None:
        """Another field than a vector, a table without terms, a limit below zero."""
        bare = Schema("bare", (Field("id", Kind.TEXT),))
        await backend.ensure_table(THINGS)
        await backend.ensure_table(bare)
        with pytest.raises(UnknownField):
            await backend.vector_search("things", "nothing", [1, 0, 0, 0], limit=1)
        for name in ("name", "words", "data"):
            with pytest.raises(InvalidInput, match=name):
                await backend.vector_search("things", name, [1, 0, 0, 0], limit=1)
        with pytest.raises(InvalidInput, match="bare"):
            await backend.text_search("bare", ["red"], limit=1)
        with pytest.raises(InvalidInput, match="limit"):
            await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=-1)
        with pytest.raises(InvalidInput, match="limit"):
            await backend.text_search("things", ["red"], limit=-1)

    @pytest.mark.parametrize(
        "where", [None, eq("done", True), Compare("size", Op.GT, 5), eq("id", "nobody")], ids=repr
    )
    async def test_a_sample_is_of_what_matches(
        self, backend: Backend, where: Filter | None
    ) -> None:
        """Vectors of matching records alone, about as many as asked for."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things())
        rows = await backend.query("things", where, columns=["vector"])
        wanted = {r["vector"].tobytes() for r in rows if r["vector"] is not None}
        sample = await backend.vector_sample("things", "vector", count=4, where=where)
        assert sample.dtype == np.float32
        assert {v.tobytes() for v in sample} <= wanted
        assert min(len(wanted), 2) <= len(sample) <= 8

    async def test_columns_of_hits(self, backend: Backend) -> None:
        """Those asked for; by default what a query gives."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(9))
        stored = {r["id"]: r for r in await backend.query("things")}
        for hit in await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=9):
            assert hit.record == stored[hit.record["id"]]
        hits = await backend.text_search("things", ["common"], limit=9, columns=["at", "vector"])
        assert all(list(h.record) == ["at", "vector"] for h in hits)

    async def test_vectors_are_normalised_whatever_their_size(self, backend: Backend) -> None:
        """Tiny, huge, float64, lists: the direction counts."""
        await backend.ensure_table(THINGS)
        column = np.ones((4, 8), np.float32)[:, 0]
        column[2:] = 0
        forms: list[Any] = [
            [1e-30, 1e-30, 0, 0], [1e30, 1e30, 0, 0], np.array([5.0, 5, 0, 0]), column,
            (1, 1, 0, 0),
        ]  # fmt: skip
        await backend.apply(
            [Put("things", [{"id": str(i), "at": 1, "vector": v} for i, v in enumerate(forms)])]
        )
        hits = await backend.vector_search("things", "vector", [1e-30, 1e-30, 0, 0], limit=9)
        assert [h.record["id"] for h in hits] == ["0", "1", "2", "3", "4"]
        assert [h.score for h in hits] == pytest.approx([1] * 5)
        assert all(-1 <= h.score <= 1 for h in hits)


def _far(i: int, rare: bool) -> Record:
    away = [-1.0, i / 1000, 0, 0] if rare else [1.0, i / 1000, 0, 0]
    return {
        "id": f"r{i:04d}", "at": 1, "done": rare, "data": {"rare": rare}, "vector": away,
        "words": "common " + ("pad " * 30 if rare else ""),
    }  # fmt: skip
