"""Surveys: both rankings in one step are what each is by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engrammic.backend import Backend
from engrammic.changes import Delete
from engrammic.filters import Compare, Filter, Op, eq, is_in
from engrammic.testing.searching import QUERIES, beside, same_hits
from engrammic.testing.things import THINGS, things
from engrammic.types import Field, Kind, Record, Schema, Scored


class SurveyTests:
    """`survey` and `prefetch`, beside the reference."""

    @pytest.mark.parametrize(
        "where", [None, eq("done", True), Compare("size", Op.GT, 5), is_in("id", ["t3", "x"])],
        ids=repr,
    )  # fmt: skip
    async def test_a_survey_is_a_search_and_a_sample(
        self, backend: Backend, where: Filter | None
    ) -> None:
        """The same as asking one by one, after vectors were replaced and deleted too."""
        reference = await beside(THINGS)
        await backend.ensure_table(THINGS)
        asked: dict[str, Any] = {"where": where, "columns": ["id"]}
        for target in (backend, reference):
            await target.insert("things", things(90))
        for gone in (0, 30):
            for target in (backend, reference):
                await target.insert("things", things(gone + 20)[gone:])
                await target.apply([Delete("things", Compare("at", Op.LT, gone))])
            got = await backend.survey("things", "vector", QUERIES[1], limit=20, sample=8, **asked)
            whole = await reference.vector_search(
                "things", "vector", QUERIES[1], limit=500, **asked
            )
            assert got.bm25s == [None] * len(got.records)
            same_hits(_scored(got.records, got.cosines), whole[:20])
            cosines = np.array([hit.score for hit in whole])
            assert min(len(whole), 4) <= len(got.sample) <= 16
            assert all(np.abs(cosines - cosine).min() < 1e-5 for cosine in got.sample)

    @pytest.mark.parametrize("terms", [["red", "fox"], ["common"], ["unheard"]], ids=repr)
    @pytest.mark.parametrize(
        "where", [None, eq("done", True), is_in("id", ["t3", "t5", "x"]), eq("id", "nobody")],
        ids=repr,
    )  # fmt: skip
    async def test_a_survey_by_words_too(
        self, backend: Backend, terms: list[str], where: Filter | None
    ) -> None:
        """The nearest, then the best by words that are farther, with both scores of each."""
        reference = await beside(THINGS)
        await backend.ensure_table(THINGS)
        for target in (backend, reference):
            await target.insert("things", things(60))
        asked: dict[str, Any] = {"where": where, "columns": ["id", "at"]}
        near = await reference.vector_search("things", "vector", QUERIES[1], limit=60, **asked)
        told = await reference.text_search("things", terms, limit=7, **asked)
        got = await backend.survey("things", "vector", QUERIES[1], terms, limit=7, **asked)
        close = [hit.record for hit in near[:7]]
        wanted = [*close, *(hit.record for hit in told if hit.record not in close)]
        assert got.records == wanted
        for found, scores in ((near, got.cosines), (told, got.bm25s)):
            known = {hit.record["id"]: hit.score for hit in found}
            expected = [known.get(record["id"]) for record in wanted]
            assert [score is None for score in scores] == [score is None for score in expected]
            same_hits(_scored(got.records, scores), _scored(wanted, expected))

    async def test_a_survey_where_a_key_has_several_fields(self, backend: Backend) -> None:
        """What only words found is looked up by its whole key, in its partition."""
        fields = [Field(name, Kind.TEXT, nullable=False) for name in ("owner", "a", "b")]
        schema = Schema(
            "placed", (*fields, Field("words", Kind.TERMS), Field("v", Kind.VECTOR, dimension=2)),
            key=("owner", "a", "b"), partition="owner",
        )  # fmt: skip
        records: list[Record] = [
            {"owner": "o", "a": "p", "b": "0", "words": "hen", "v": [1, 0]},
            {"owner": "o", "a": "p2", "b": "7", "words": "hen", "v": [1, 0.1]},
            {"owner": "o", "a": "q", "b": "1", "words": "fox", "v": [0, 1]},
            {"owner": "o", "a": "r", "b": "2", "words": "fox", "v": None},
        ]
        await backend.ensure_table(schema)
        await backend.insert("placed", records)
        got = await backend.survey(
            "placed", "v", [1, 0], ["fox"], limit=2, where=eq("owner", "o"), columns=["a"]
        )
        assert list(got.columns["a"]) == ["p", "p2", "q", "r"]
        assert got.cosines == [
            pytest.approx(1),
            pytest.approx(0.99504, abs=1e-4),
            pytest.approx(0, abs=1e-6),
            None,
        ]
        assert got.bm25s[:2] == [None, None]

    async def test_reading_ahead_changes_nothing(self, backend: Backend) -> None:
        """Before there is a record, and after one came."""
        await backend.ensure_table(THINGS)
        await backend.prefetch("things", "vector")
        await backend.insert("things", things(9))
        await backend.prefetch("things", "vector")
        hits = await backend.vector_search("things", "vector", [1, 0, 0, 0], limit=20)
        assert len(hits) == sum(r.get("vector") is not None for r in things(9))


def _scored(records: list[Record], scores: list[float | None]) -> list[Scored]:
    return [Scored(r, s) for r, s in zip(records, scores, strict=True) if s is not None]
