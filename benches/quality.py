"""Retrieval quality through the public search, with default settings, set by set.

Run `ENGRAMMIC_DATA=... python benches/quality.py [CACHE] [--sets locomo,cosqa] [--json]`;
vectors are kept in the folder CACHE, so that a second run takes minutes less. LoCoMo is
loaded as messages of its conversations, the other sets as notes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import SETS, Document, RetrievalSet, data_root, load
from disk_cache import DiskCachedEmbedder
from metrics import bootstrap, ndcg, recall

import engrammic
from engrammic import Memory, Message, Note
from engrammic.embed.base import Embedder
from engrammic.embed.registry import load_embedder

MODES = ("vector", "keyword", "hybrid")
THROUGH = ("graph", "multi")
"""Modes for sets of messages, which the graph is read from."""
LEAST = {"locomo": 0.57, "scifact": 0.72, "cranfield": 0.42, "cosqa": 0.54}
PAGE = 20


async def store(memory: Memory, documents: Sequence[Document]) -> None:
    """Turns as messages, everything else as notes."""
    turns = [
        Message(d.group, "user", d.text, d.id, d.speaker, created_at=d.moment)
        for d in documents
        if d.moment is not None
    ]
    notes = [
        Note(d.text or d.title or "(empty)", d.id, title=d.title or None)
        for d in documents
        if d.moment is None
    ]
    await memory.messages.add_batch(turns)
    await memory.notes.add_batch(notes)


async def measure(found: RetrievalSet, embedder: Embedder) -> dict[str, Any]:
    """nDCG@10 with its 95 % interval and recall@10, mode by mode."""
    with tempfile.TemporaryDirectory() as folder:
        async with engrammic.open(folder, embedder=embedder) as memory:
            await store(memory, found.documents)
            grouped = any(d.moment is not None for d in found.documents)
            report: dict[str, Any] = {}
            if grouped:
                await memory.learn()
            for mode in (*MODES, *THROUGH) if grouped else MODES:
                gains, recalls = [], []
                for query in found.queries:
                    within = {"conversation_id": query.group} if grouped else {}
                    hits = await memory.search(query.text, limit=PAGE, mode=mode, **within)
                    ranked = [hit.id for hit in hits]
                    gains.append(ndcg(ranked, query.gains))
                    recalls.append(recall(ranked, query.gains))
                found_gain = bootstrap(gains)
                report[mode] = {
                    "ndcg@10": round(found_gain.mean, 4),
                    "interval": [round(found_gain.low, 4), round(found_gain.high, 4)],
                    "recall@10": round(sum(recalls) / len(recalls), 4),
                }
    return report


def show(name: str, report: dict[str, Any]) -> None:
    """One line a mode."""
    best = max(report["vector"]["ndcg@10"], report["keyword"]["ndcg@10"])
    for mode, line in report.items():
        low, high = line["interval"]
        note = ""
        if mode == "hybrid":
            note = f"  least {LEAST[name]}, better half {best}"
        print(
            f"{name:10} {mode:8} nDCG@10 {line['ndcg@10']:.4f} [{low:.3f}, {high:.3f}]  "
            f"R@10 {line['recall@10']:.3f}{note}",
            flush=True,
        )


def main() -> None:
    """Measure the sets asked for; exit 1 when one falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", nargs="?", default=None)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    embedder: Embedder = load_embedder("all-MiniLM-L6-v2")
    if given.cache:
        embedder = DiskCachedEmbedder(embedder, Path(given.cache) / "vectors.db")
    reports = {}
    for name in given.sets.split(","):
        reports[name] = asyncio.run(measure(load(name, data_root()), embedder))
        if not given.json:
            show(name, reports[name])
    if given.json:
        print(json.dumps(reports, indent=2))
    short = [n for n, r in reports.items() if r["hybrid"]["ndcg@10"] < LEAST[n]]
    raise SystemExit(f"below the mark: {', '.join(short)}" if short else 0)


if __name__ == "__main__":
    main()
