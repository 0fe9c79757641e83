"""Which fusion to take by default: every table of docs/decisions/0001-fusion.md.

Run `ENGRAMMIC_DATA=... python benches/fusion_study.py CACHE`; vectors are kept in the
folder CACHE. Turns are indexed as messages are (themselves and their neighbours), other
documents as notes; words are ranked by SQLite's FTS5, meaning by exact cosine.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import apsw
import numpy as np
from datasets import SETS, Document, Query, RetrievalSet, data_root, load
from metrics import bootstrap, ndcg
from numpy.typing import NDArray

from engrammic.embed.onnx import OnnxEmbedder
from engrammic.ranking.fusion import POOL, Background, Candidate, Fusion, fuse
from engrammic.ranking.timespan import Interval, spans
from engrammic.text import query_terms, terms

Floats: TypeAlias = NDArray[np.float64]
SAMPLE = 128
BEST_BY_WORDS = """
select rowid, -rank from t where t match ? and rowid >= ? and rowid < ? order by rank limit ?
"""
EXCHANGES = {
    1: (0.1, 0.2, 0.3),
    2: (1.2, 1.6, 2.0),
    2.5: (2.4, 2.7, 3.0, 3.3, 3.6, 4.0),
    3: (5.0, 6.0, 7.5, 9.0),
}
GRID = [(power, exchange) for power, several in EXCHANGES.items() for exchange in several]
MINIMUM = {"locomo": 0.57, "scifact": 0.72, "cranfield": 0.42, "cosqa": 0.54}


@dataclass(frozen=True, slots=True)
class Pool:
    """What both searches found for one query."""

    query: Query
    candidates: list[Candidate]
    background: Background
    table_background: Background
    spans: list[Interval]

    def ndcg(self, ranked: Sequence[object]) -> float:
        """How good a ranking is for this query."""
        return ndcg(list(map(str, ranked)), self.query.gains)


def derived(sets: dict[str, RetrievalSet]) -> Iterator[RetrievalSet]:
    """Other kinds of set made of the given ones, tuned on by nothing."""
    turns = sets["locomo"]
    bare = [replace(d, moment=None) for d in turns.documents]
    yield RetrievalSet("bare-turns", bare, turns.queries)
    docstring = re.compile(r'("""|\'\'\')\s*(.*?)\s*\1', re.DOTALL)
    functions, asked = [], []
    for d in sets["cosqa"].documents:
        found = docstring.search(d.text)
        if found and len(query_terms(found[2].partition("\n")[0])) >= 3:
            functions.append(replace(d, text=docstring.sub("", d.text, count=1)))
            asked.append(Query(d.id, "all", found[2].splitlines()[0], {d.id: 1.0}))
    yield RetrievalSet("docstrings", functions, asked[::5])
    titled = [d for d in sets["cranfield"].documents if len(d.text.split()) > 30]
    bodies = [replace(d, text=d.text.removeprefix(d.title.rstrip(" ."))) for d in titled]
    bodies = [replace(d, title="") for d in bodies]
    asked = [Query(d.id, "all", d.title, {d.id: 1.0}) for d in titled]
    yield RetrievalSet("titles", bodies, asked[::3])


def vectors(name: str, kind: str, texts: Sequence[str], cache: Path) -> NDArray[np.float32]:
    """Unit vectors of texts; a text longer than the window gets the mean of its passages."""
    path = cache / f"{name}.{kind}.npy"
    if path.exists():
        kept: NDArray[np.float32] = np.load(path)
        return kept
    model = OnnxEmbedder()
    parts = [[text[a:b] for a, b in model.passages(text)] or [text] for text in texts]
    flat = model.embed_batch([p for passages in parts for p in passages])
    borders = np.cumsum([0, *map(len, parts)])[:-1]
    found = np.add.reduceat(flat, borders, axis=0)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    np.save(path, found)
    return found


def full_text_index(documents: Sequence[Document], before: int, titles: int) -> apsw.Connection:
    """FTS5 over the terms of each document, weight 3, and of a turn's neighbours, weight 1.

    Neighbours are the turns `before` and the next one; a title counts `titles` times.
    """
    marks = "".join(chr(c) for c in range(33, 127) if not chr(c).isalnum())
    marks = marks.replace("'", "''''").replace('"', '""')
    db = apsw.Connection(":memory:")
    tokenizer = f"tokenize=\"ascii tokenchars '{marks}'\""
    db.execute(f"create virtual table t using fts5(own, around, {tokenizer})")
    turns = documents[0].moment is not None
    db.execute(f"insert into t(t, rank) values ('rank', 'bm25({'3.0, 1.0' if turns else ''})')")
    bare = [terms(d.text) if turns else [] for d in documents]
    rows = []
    for i, d in enumerate(documents):
        beside = [j for j in range(i - before, i + 2) if j != i and 0 <= j < len(documents)]
        around = [t for j in beside if documents[j].group == d.group for t in bare[j]]
        own = terms(d.full) + terms(d.title) * (titles - 1)
        rows.append((i, " ".join(own), " ".join(around)))
    with db:
        db.executemany("insert into t(rowid, own, around) values (?, ?, ?)", rows)
    return db


def pools(given: RetrievalSet, cache: Path, *, before: int = 1, titles: int = 1) -> list[Pool]:
    """The candidates of every query, exact in both lists."""
    documents = given.documents
    stored = vectors(given.name, "documents", [d.full for d in documents], cache)
    asked = vectors(given.name, "queries", [q.text for q in given.queries], cache)
    db = full_text_index(documents, before, titles)
    table = stored[:: max(1, len(stored) // SAMPLE)]
    borders: dict[str, list[int]] = {}
    for i, d in enumerate(documents):
        borders.setdefault(d.group, []).append(i)
    found = []
    for query, vector in zip(given.queries, asked, strict=True):
        first, last = borders[query.group][0], borders[query.group][-1] + 1
        cosines = stored[first:last] @ vector
        near = first + np.argsort(-cosines, kind="stable")[:POOL]
        words = _by_words(db, query.text, first, last)
        candidates = [
            Candidate(documents[i].id, float(cosines[i - first]), words.get(i), documents[i].moment)
            for i in dict.fromkeys([*map(int, near), *words])
        ]
        inside = Background.of(cosines[:: max(1, len(cosines) // SAMPLE)])
        named = _spans(query.text, documents[first:last])
        found.append(Pool(query, candidates, inside, Background.of(table @ vector), named))
    return found


def _by_words(db: apsw.Connection, query: str, first: int, last: int) -> dict[Any, Any]:
    match = " OR ".join('"' + t.replace('"', '""') + '"' for t in query_terms(query))
    return {row[0]: row[1] for row in db.execute(BEST_BY_WORDS, (match, first, last, POOL))}


def _spans(query: str, documents: Sequence[Document]) -> list[Interval]:
    moments = [d.moment for d in documents if d.moment is not None]
    return spans(query, max(moments), earliest=min(moments)) if moments else []


Ranker: TypeAlias = Callable[[Pool], list[object]]


def alone(part: str) -> Ranker:
    """One half, by itself."""

    def ranked(pool: Pool) -> list[object]:
        found = [(getattr(c, part), c.key) for c in pool.candidates if getattr(c, part) is not None]
        return [key for _, key in sorted(found, key=lambda f: -f[0])]

    return ranked


def fused(fusion: Fusion, *, background: str = "background", timed: bool = False) -> Ranker:
    """The library's own fusion."""

    def ranked(pool: Pool) -> list[object]:
        named = pool.spans if timed else []
        behind = getattr(pool, background, None)
        hits = fuse(pool.candidates, fusion=fusion, background=behind, spans=named)
        return [hit.key for hit in hits]

    return ranked


RANKERS: dict[str, Ranker] = {
    "meaning alone": alone("cosine"),
    "words alone": alone("bm25"),
    "rrf, k = 60": fused(Fusion.RRF),
    "convex, .65": fused(Fusion.CONVEX),
    "evidence": fused(Fusion.EVIDENCE),
    "evidence and time": fused(Fusion.EVIDENCE, timed=True),
    "evidence, table's background": fused(Fusion.EVIDENCE, background="table_background"),
    "evidence, fixed background": fused(Fusion.EVIDENCE, background="none"),
}


def measured(pools_: Sequence[Pool], ranker: Ranker) -> Floats:
    return np.array([pool.ndcg(ranker(pool)) for pool in pools_])


def main_table(found: dict[str, list[Pool]]) -> dict[str, Floats]:
    """nDCG@10 of each fusion on each set; the better half of each query set for later."""
    better = {}
    for name, given in found.items():
        scores = {label: measured(given, ranker) for label, ranker in RANKERS.items()}
        halves = [scores["meaning alone"], scores["words alone"]]
        better[name] = max(halves, key=lambda s: float(s.mean()))
        print(f"\n{name}: {len(given)} queries, nDCG@10 [95 %], and less the better half")
        for label, values in scores.items():
            gain = bootstrap(values - better[name])
            more = f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
            print(f"  {label:30} {bootstrap(values)}   {more}")
    return better


def _grid(pool: Pool) -> Iterator[list[object]]:
    """The ranking under every setting of GRID, fast."""
    z = np.array([(c.cosine or 0) - pool.background.mean for c in pool.candidates])
    z = np.maximum(z / pool.background.deviation, 0)
    bm25 = np.array([c.bm25 or 0.0 for c in pool.candidates])
    found = np.sort(bm25[bm25 > 0])[::-1]
    above = np.maximum(bm25 - (found[POOL - 1] if len(found) >= POOL else 0), 0)
    for power, exchange in GRID:
        best = np.argsort(-(z**power / exchange + above), kind="stable")[:10]
        yield [pool.candidates[i].key for i in best]


def tuning(found: dict[str, list[Pool]], better: dict[str, Floats]) -> None:
    """Leave-one-set-out, and tuning on one half of the queries for the other."""
    gains = {}
    for name in SETS:
        table = np.array([[pool.ndcg(r) for r in _grid(pool)] for pool in found[name]])
        gains[name] = table - better[name][:, None]
    print("\nsetting (power, exchange) -> mean over the sets of the gain on the better half")
    for i, setting in enumerate(GRID):
        print(f"  {setting}: {np.mean([g[:, i].mean() for g in gains.values()]):+.4f}", end="")
        print("  " + " ".join(f"{name} {g[:, i].mean():+.4f}" for name, g in gains.items()))
    for left in SETS:
        others = np.mean([gains[n].mean(axis=0) for n in SETS if n != left], axis=0)
        best = int(others.argmax())
        print(f"left out {left}: chosen {GRID[best]}, there {gains[left][:, best].mean():+.4f}")
    for tuned, tested in ((0, 1), (1, 0)):
        best = int(np.mean([g[tuned::2].mean(axis=0) for g in gains.values()], axis=0).argmax())
        there = {n: round(float(g[tested::2, best].mean()), 4) for n, g in gains.items()}
        print(f"tuned on half {tuned}: chosen {GRID[best]}, on the other half {there}")


def indexing(sets: dict[str, RetrievalSet], cache: Path) -> None:
    """What it gains to index more neighbours of a turn, or a title more than once."""
    print("\nwhat is indexed: words alone, evidence")
    tried = [("locomo", before, 1) for before in (0, 1, 2, 3)]
    tried += [(name, 1, titles) for name in ("scifact", "cranfield") for titles in (1, 2, 3)]
    for name, before, titles in tried:
        given = pools(sets[name], cache, before=before, titles=titles)
        scores = [measured(given, RANKERS[label]).mean() for label in ("words alone", "evidence")]
        how = f"{before} turns before" if name == "locomo" else f"title x {titles}"
        print(f"  {name:10} {how:15} " + " ".join(f"{score:.4f}" for score in scores))


def main() -> None:
    """Print every table."""
    cache = Path(sys.argv[1])
    cache.mkdir(parents=True, exist_ok=True)
    sets = {name: load(name, data_root()) for name in SETS}
    sets |= {extra.name: extra for extra in derived(sets)}
    found = {name: pools(given, cache) for name, given in sets.items()}
    better = main_table(found)
    tuning(found, better)
    indexing(sets, cache)
    for name, floor in MINIMUM.items():
        got = measured(found[name], RANKERS["evidence and time"]).mean()
        print(f"{name}: wanted {floor}, got {got:.4f}")


if __name__ == "__main__":
    main()
