"""VectorDatabase under random verbs: the same as a dictionary that is searched by hand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest

from engines import Engines
from engrammic.registry import open_backend
from engrammic.stores.code_chunks import ChunkMetadata, SearchResult
from engrammic.stores.vector_database import VectorDatabase
from engrammic.text import query_terms, terms

SCHEMES = ("memory", "sqlite")
STEPS = 40

ROOTS = ["/a", "/a/b", "/it's %_\\"]
FILES = ["x.py", "src/x.py", "src/deep/y.rs", "docs/[z].md", "ünï/*.py", "Makefile"]
LANGUAGES = ["Python", "Rust", None]
PROJECTS = ["one", "two';--", None]
WORDS = ["walrus", "otter", "seal", "token", "signed", "AND", "日本"]
GLOBS: dict[str, Callable[[str], bool]] = {
    "src/**": lambda p: p.startswith("src/"),
    "*.py": lambda p: p.endswith(".py"),
    "**/x.py": lambda p: PurePosixPath(p).name == "x.py",
    "src/**/*.rs": lambda p: p.startswith("src/") and p.endswith(".rs"),
    "docs/[[]z].md": lambda p: p == "docs/[z].md",
    "Makefile": lambda p: p == "Makefile",
}

Stored = dict[tuple[str, str, int], tuple[ChunkMetadata, str, np.ndarray[Any, Any]]]


class Walk:
    """One random walk, and what should be stored after each step."""

    def __init__(self, db: VectorDatabase, seed: int) -> None:
        self.db, self.rnd, self.stored = db, random.Random(seed), Stored()

    async def step(self) -> None:
        draw = self.rnd.random()
        if draw < 0.4:
            await self.store()
        elif draw < 0.5:
            await self.delete()
        elif draw < 0.52:
            assert await self.db.clear() == len(self.stored)
            self.stored.clear()
        elif draw < 0.6:
            await self.count()
        else:
            await self.search()

    async def store(self) -> None:
        root, size = self.rnd.choice(ROOTS), self.rnd.randrange(1, 6)
        places = self.rnd.sample([(f, n) for f in FILES for n in (1, 11, 21)], size)
        told = [
            ChunkMetadata(f, n, n + 9, project=self.rnd.choice(PROJECTS),
                          language=self.rnd.choice(LANGUAGES))
            for f, n in places
        ]  # fmt: skip
        texts = [" ".join(self.rnd.choices(WORDS, k=4)) for _ in places]
        vectors = [self.vector() for _ in places]
        assert await self.db.store_embeddings(vectors, told, texts, root) == size
        for m, text, vector in zip(told, texts, vectors, strict=True):
            self.stored[root, m.file_path, m.start_line] = (m, text, vector)

    async def delete(self) -> None:
        path, root = self.rnd.choice(FILES), self.rnd.choice([*ROOTS, None])
        gone = [k for k in self.stored if k[1] == path and root in (None, k[0])]
        assert await self.db.delete_by_file(path, root) == len(gone)
        for key in gone:
            del self.stored[key]

    async def count(self) -> None:
        for root in ROOTS:
            mine = [k for k in self.stored if k[0] == root]
            assert await self.db.count_by_root_path(root) == len(mine)
            assert await self.db.get_indexed_files(root) == sorted({k[1] for k in mine})
        stats = await self.db.get_statistics()
        assert stats.total_points == stats.total_vectors == len(self.stored)
        languages = Counter(m.language or "Unknown" for m, _, _ in self.stored.values())
        assert dict(stats.language_breakdown) == languages

    async def search(self) -> None:
        rnd = self.rnd
        given: dict[str, Any] = {
            "project": rnd.choice([*PROJECTS, None]),
            "root_path": rnd.choice([*ROOTS, None, None]),
            "languages": rnd.choice([[], ["Rust", "Unknown"], ["Go"]]),
            "file_extensions": rnd.choice([[], ["py"], [".rs", "md"]]),
            "path_patterns": rnd.choice([[], [], rnd.sample([*GLOBS], 2)]),
        }
        limit, text = rnd.randrange(1, 12), " ".join(rnd.choices(WORDS, k=2))
        vector = self.vector()
        near = await self.db.search_filtered(vector, text, limit, hybrid=False, **given)
        both = await self.db.search_filtered(vector, text, limit, hybrid=True, **given)
        fitting = {k: v for k, v in self.stored.items() if fits(k, v[0], **given)}
        self.check(near, fitting, vector, limit)
        cosines = sorted((cosine(v[2], vector) for v in fitting.values()), reverse=True)
        assert [r.vector_score for r in near] == pytest.approx(cosines[:limit], abs=1e-4)
        self.check(both, fitting, vector, limit)
        wanted = set(query_terms(text))
        for r in both:
            assert (r.keyword_score is not None) is bool(wanted & set(terms(r.content)))

    def check(self, results: list[SearchResult], fitting: Stored, vector: Any, limit: int) -> None:
        """A full page of what fits, each once, as it was stored, best first."""
        keys = [(str(r.root_path), r.file_path, r.start_line) for r in results]
        assert len(set(keys)) == len(keys) == min(limit, len(fitting))
        assert [r.score for r in results] == sorted((r.score for r in results), reverse=True)
        for key, r in zip(keys, results, strict=True):
            m, text, stored = fitting[key]
            assert (r.content, r.project, r.end_line) == (text, m.project, m.end_line)
            assert r.vector_score == pytest.approx(cosine(stored, vector), abs=1e-4)
            assert 0 <= r.score <= 1

    def vector(self) -> np.ndarray[Any, Any]:
        return np.array([self.rnd.gauss(0, 1) for _ in range(8)], np.float32)


def cosine(one: Any, two: Any) -> float:
    return float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))


def fits(
    key: tuple[str, str, int],
    m: ChunkMetadata,
    project: str | None,
    root_path: str | None,
    languages: list[str],
    file_extensions: list[str],
    path_patterns: list[str],
) -> bool:
    extension = PurePosixPath(m.file_path).suffix.removeprefix(".")
    return (
        (project is None or m.project == project)
        and (root_path is None or key[0] == root_path)
        and (not languages or (m.language or "Unknown") in languages)
        and (not file_extensions or extension in {e.removeprefix(".") for e in file_extensions})
        and (not path_patterns or any(GLOBS[p](m.file_path) for p in path_patterns))
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_random_verbs_do_what_they_say(scheme: str, seed: int, engines: Engines) -> None:
    backend = await open_backend(engines.new(scheme))
    db = VectorDatabase(backend)
    await db.initialize(8)
    walk = Walk(db, seed)
    for _ in range(STEPS):
        await walk.step()
    await backend.close()
