"""Writes what the benches measured into the README, between its marks.

python benches/speed.py --json > speed.json
python benches/quality.py --json > quality.json
python tools/figures.py speed.json quality.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
MODES = ("vector", "keyword", "hybrid")
NAMES = {"locomo": "LoCoMo turns", "scifact": "SciFact", "cranfield": "Cranfield", "cosqa": "CoSQA"}


def speed_table(found: dict[str, float]) -> list[str]:
    """A row for each figure."""
    rows = [f"| {name} | {value:,.3g} |" for name, value in found.items() if value < 1000]
    rows += [f"| {name} | {value:,.0f} |" for name, value in found.items() if value >= 1000]
    return ["| 20,000 messages, 384 dimensions | ms, or as named |", "|---|--:|", *rows]


def quality_table(found: dict[str, Any]) -> list[str]:
    """nDCG@10 by set and mode, with the hybrid's 95 % interval."""
    lines = ["| nDCG@10 | meaning | words | both | 95 % |", "|---|--:|--:|--:|---|"]
    for name, report in found.items():
        values = " | ".join(f"{report[mode]['ndcg@10']:.3f}" for mode in MODES)
        low, high = report["hybrid"]["interval"]
        lines.append(f"| {NAMES.get(name, name)} | {values} | {low:.3f} to {high:.3f} |")
    return lines


def main() -> None:
    """Rewrite the part of the README between the marks."""
    speed, quality = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    text = README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    body = [
        "All-MiniLM-L6-v2 and BM25, no LLM, no reranker, one setting for all sets"
        " (`python benches/quality.py`):",
        "",
        *quality_table(quality),
        "",
        "One file on a machine with two cores, medians, vectors given"
        " (`python benches/speed.py`; `make bench` prints yours):",
        "",
        *speed_table(speed),
    ]
    README.write_text(head + BEGIN + "\n" + "\n".join(body) + "\n" + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
