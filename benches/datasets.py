"""The retrieval sets below ENGRAMMIC_DATA: documents, queries and what is relevant."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SETS = ("locomo", "scifact", "cranfield", "cosqa")


@dataclass(frozen=True, slots=True)
class Document:
    """A document; `speaker` and `moment` (unix milliseconds) belong to turns of a conversation."""

    id: str
    group: str
    text: str
    title: str = ""
    speaker: str = ""
    moment: int | None = None

    @property
    def full(self) -> str:
        """What is embedded and indexed: a turn with its date and speaker, else title and text."""
        if self.moment is None:
            return f"{self.title}\n{self.text}".strip()
        day = datetime.fromtimestamp(self.moment / 1000, UTC)
        return f"[{day.day} {day:%B %Y}] {self.speaker}: {self.text}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query, the group that it searches, and the gain of each relevant document."""

    id: str
    group: str
    text: str
    gains: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Documents in reading order inside a group, and the queries that have relevant ones."""

    name: str
    documents: Sequence[Document]
    queries: Sequence[Query]


def data_root() -> Path:
    """The folder that ENGRAMMIC_DATA names; exits with a message where it is not set."""
    found = os.environ.get("ENGRAMMIC_DATA", "")
    if not found or not Path(found).is_dir():
        sys.exit("ENGRAMMIC_DATA: set it to the folder with the retrieval sets")
    return Path(found)


def load(name: str, root: Path) -> RetrievalSet:
    """One retrieval set."""
    gains: dict[str, dict[str, float]] = defaultdict(dict)
    for row in _rows(root / name / "qrels.jsonl"):
        if row["s"] > 0:
            gains[row["q"]][row["d"]] = float(row["s"])
    documents = [_document(row) for row in _rows(root / name / "docs.jsonl")]
    queries = [
        Query(row["id"], row["group"], row["text"], gains[row["id"]])
        for row in _rows(root / name / "queries.jsonl")
        if row["id"] in gains
    ]
    return RetrievalSet(name, documents, queries)


def _document(row: dict[str, Any]) -> Document:
    date = row["meta"].get("date")
    return Document(
        row["id"],
        row["group"],
        row["text"],
        row.get("title") or "",
        row["meta"].get("speaker", ""),
        None if date is None else _moment(date),
    )


def _moment(date: str) -> int:
    at = datetime.strptime(date, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
