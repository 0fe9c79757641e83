"""Chunks of files: what is stored of one, its id, and what a search gives back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePosixPath

from engrammic.checks import check_count, shown
from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.items import Moment
from engrammic.predicate import LARGEST
from engrammic.ranking.fusion import Fused
from engrammic.stores.base import check_short
from engrammic.types import Field, Index, Kind, Record, Schema, Vector

UNKNOWN = "Unknown"
"""The language of a chunk that names none."""

_INDEXED = (
    ("root_path", "file_path"),
    ("file_path",),
    ("project",),
    ("language",),
    ("extension",),
)

CODE = Schema(
    "code_embeddings",
    (
        Field("id", Kind.TEXT, nullable=False),
        Field("file_path", Kind.TEXT, nullable=False),
        Field("root_path", Kind.TEXT, nullable=False),
        Field("project", Kind.TEXT),
        Field("start_line", Kind.INT, nullable=False),
        Field("end_line", Kind.INT, nullable=False),
        Field("language", Kind.TEXT, nullable=False),
        Field("extension", Kind.TEXT, nullable=False),
        Field("file_hash", Kind.TEXT),
        Field("indexed_at", Kind.INT, nullable=False),
        Field("content", Kind.TEXT, nullable=False),
        Field("terms", Kind.TERMS),
    ),
    indexes=tuple(Index(fields) for fields in _INDEXED),
)
"""The table of chunks, without its vectors."""


@dataclass(frozen=True, slots=True)
class ChunkMetadata:
    """Where a chunk comes from. Lines count from 1; `file_path` is relative to the root.

    `root_path` is by default that of the call, `indexed_at` (unix milliseconds)
    its time, and `extension` (without dot) that of the path.
    """

    file_path: str
    start_line: int
    end_line: int
    root_path: str | None = None
    project: str | None = None
    language: str | None = None
    extension: str | None = None
    file_hash: str | None = None
    indexed_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A chunk found.

    `score` is in [0, 1], and what `min_score` cuts: the fused score of a hybrid
    search, else the cosine, 0 where that is negative. `vector_score` is the
    cosine, `keyword_score` the BM25 of a hybrid search, None where no word fits.
    """

    file_path: str
    root_path: str | None
    content: str
    score: float
    vector_score: float
    keyword_score: float | None
    start_line: int
    end_line: int
    language: str
    project: str | None = None
    indexed_at: int = 0
    why: Fused | None = None


@dataclass(frozen=True, slots=True)
class DatabaseStats:
    """Chunks, those with a vector, and chunks (not files) by language, the most first."""

    total_points: int
    total_vectors: int
    language_breakdown: Sequence[tuple[str, int]]


def root_of(name: str, path: object) -> str:
    """A root without a slash at its end. Raises InvalidInput for what is no text, or empty."""
    check_short(name, path)
    if not isinstance(path, str) or not path:
        raise InvalidInput(name, f"want the path of an indexed root, not {shown(path)}")
    return path.rstrip("/") or "/"


def chunk_id(root_path: str, file_path: str, start_line: int, end_line: int, same: int = 0) -> str:
    """The id of a chunk: the same for the same place, different for any other.

    `same` counts the chunks of one call that share the place: a long line makes several.
    """
    place = json.dumps([root_path, file_path, start_line, end_line, same])
    return blake2b(place.encode(), digest_size=16).hexdigest()


def chunk_record(given: object, number: int, root_path: str, moment: int) -> Record:
    """The record of the `number`th chunk of a call, without its id. Raises InvalidInput."""
    at = f"metadata[{number}]"
    if not isinstance(given, ChunkMetadata):
        raise InvalidInput(at, f"want a ChunkMetadata, not {shown(given)}")
    for name in ("file_path", "project", "language", "extension", "file_hash"):
        check_short(f"{at}.{name}", getattr(given, name))
    if not given.file_path:
        raise InvalidInput(f"{at}.file_path", "is empty")
    check_count(f"{at}.start_line", given.start_line, 0, LARGEST)
    check_count(f"{at}.end_line", given.end_line, given.start_line, LARGEST)
    own = root_path if given.root_path is None else root_of(f"{at}.root_path", given.root_path)
    if own != root_path:
        raise InvalidInput(f"{at}.root_path", f"is {own!r}, the call is for {root_path!r}")
    when = given.indexed_at
    return {
        "file_path": given.file_path,
        "root_path": root_path,
        "project": given.project,
        "start_line": given.start_line,
        "end_line": given.end_line,
        "language": given.language or UNKNOWN,
        "extension": extension_of(given),
        "file_hash": given.file_hash or None,
        "indexed_at": moment if when is None else milliseconds(f"{at}.indexed_at", when),
    }


def extension_of(given: ChunkMetadata) -> str:
    """The extension without its dot, empty for none."""
    if given.extension is not None:
        return given.extension.removeprefix(".")
    return PurePosixPath(given.file_path.replace("\\", "/")).suffix.removeprefix(".")


def check_lengths(**given: Sequence[object]) -> int:
    """How long each is. Raises InvalidInput, naming the first that differs from the one before."""
    (first, expected), *others = ((name, len(values)) for name, values in given.items())
    for name, length in others:
        if length != expected:
            raise InvalidInput(name, f"has {length} entries, {first} has {expected}")
    return expected


def result_of(record: Record, score: float, cosine: float, why: Fused | None) -> SearchResult:
    """The result that a record is."""
    names = ("file_path", "root_path", "content", "start_line", "end_line", "language", "project",
             "indexed_at")  # fmt: skip
    keyword = None if why is None else why.bm25
    return SearchResult(
        score=score, vector_score=cosine, keyword_score=keyword, why=why,
        **{name: record[name] for name in names},
    )  # fmt: skip


def check_vectors(name: str, given: object) -> Sequence[Vector]:
    """The vectors. Raises InvalidInput for what is no sequence."""
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise InvalidInput(name, f"want a sequence of vectors, not {shown(given)}")
    return given  # type: ignore[return-value]
