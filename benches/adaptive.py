"""The tiers' weighed search against plain hybrid search, on LoCoMo, with 95 % intervals.

Run `ENGRAMMIC_DATA=... python benches/adaptive.py [CACHE] [--groups N]`. Three parts:

- `equal`: every turn is equally old; all questions. Nothing may be lost.
- `latest`: questions whose evidence lies in several sessions (knowledge updates), asked for
  the latest state a day after the last of these sessions; only its turns are relevant.
- `temporal`: the questions about time, asked in the same manner.

What is told is the difference of nDCG@10, question by question.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from datasets import Document, Query, RetrievalSet, _rows, data_root, load
from disk_cache import DiskCachedEmbedder
from metrics import bootstrap, ndcg

import engrammic
from engrammic import Memory, Message
from engrammic.clock import DAY
from engrammic.embed.base import Embedder
from engrammic.embed.registry import load_embedder

LIMIT = 10
ASKED = "What is the latest, as of now: {}"
Pairs: TypeAlias = list[tuple[float, float]]


class Hand:
    """A clock that stands where it is put."""

    def __init__(self, moment: int) -> None:
        self.moment = moment

    def __call__(self) -> int:
        return self.moment


def message(turn: Document) -> Message:
    return Message(turn.group, "user", turn.text, turn.id, turn.speaker, created_at=turn.moment)


async def compared(memory: Memory, query: Query, text: str) -> tuple[float, float]:
    """nDCG@10 of plain hybrid search, and of the weighed one."""
    plain = await memory.search(text, limit=LIMIT, kinds=["message"], conversation_id=query.group)
    weighed = await memory.tiers.search_adaptive_multi_factor(text, query.group, LIMIT)
    return (
        ndcg([hit.id for hit in plain], query.gains),
        ndcg([str(result.message_id) for result in weighed], query.gains),
    )


async def equal(turns: Sequence[Document], queries: Iterable[Query], embedder: Embedder) -> Pairs:
    clock = Hand(max(t.moment or 0 for t in turns) + DAY)
    async with engrammic.open("memory:", embedder=embedder, clock=clock) as memory:
        await memory.messages.add_batch([message(t) for t in turns])
        return [await compared(memory, query, query.text) for query in queries]


async def latest(turns: Sequence[Document], queries: Iterable[Query], embedder: Embedder) -> Pairs:
    """Session by session: each is stored when it was held, each question asked a day later."""
    moments = {t.id: t.moment or 0 for t in turns}
    asked = defaultdict(list)
    for query in queries:
        last = max(moments[i] for i in query.gains)
        gains = {i: g for i, g in query.gains.items() if moments[i] == last}
        asked[last].append(Query(query.id, query.group, query.text, gains))
    pairs, clock = [], Hand(0)
    async with engrammic.open("memory:", embedder=embedder, clock=clock) as memory:
        for moment in sorted(set(moments.values())):
            clock.moment = moment
            await memory.messages.add_batch([message(t) for t in turns if t.moment == moment])
            clock.moment = moment + DAY
            pairs += [await compared(memory, q, ASKED.format(q.text)) for q in asked[moment]]
    return pairs


def show(name: str, pairs: Pairs) -> None:
    plain, weighed = ([pair[n] for pair in pairs] for n in (0, 1))
    gain = bootstrap([new - old for old, new in pairs])
    print(
        f"{name:9} {len(pairs):5} questions  hybrid {bootstrap(plain)}  "
        f"weighed {bootstrap(weighed)}  difference {gain}",
        flush=True,
    )


async def measure(found: RetrievalSet, groups: int, embedder: Embedder) -> None:
    rows = _rows(data_root() / "locomo" / "queries.jsonl")
    temporal = {row["id"] for row in rows if row["category"] == "temporal"}
    told: dict[str, Pairs] = {"equal": [], "latest": [], "temporal": []}
    for group in sorted({d.group for d in found.documents})[:groups]:
        turns = [d for d in found.documents if d.group == group]
        moments = {t.id: t.moment for t in turns}
        mine = [q for q in found.queries if q.group == group]
        updates = [q for q in mine if len({moments[i] for i in q.gains}) > 1]
        when = [q for q in mine if q.id in temporal]
        told["equal"] += await equal(turns, mine, embedder)
        told["latest"] += await latest(turns, updates, embedder)
        told["temporal"] += await latest(turns, when, embedder)
    for name, pairs in told.items():
        show(name, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", nargs="?", default=None)
    parser.add_argument("--groups", type=int, default=10)
    given = parser.parse_args()
    embedder: Embedder = load_embedder("all-MiniLM-L6-v2")
    if given.cache:
        embedder = DiskCachedEmbedder(embedder, Path(given.cache) / "vectors.db")
    asyncio.run(measure(load("locomo", data_root()), given.groups, embedder))


if __name__ == "__main__":
    main()
