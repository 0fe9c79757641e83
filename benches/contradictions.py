"""Precision and recall of the contradiction check on labelled pairs, with 95 % intervals.

Run `python benches/contradictions.py [dev|held-out|tuning] [--errors]`. Which of the 200 pairs
is held out a hash of the pair decides, so that nobody chooses it; `tuning` are further pairs.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from hashlib import blake2b
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from engrammic.claims.checking import contradiction

DATA = Path(__file__).parent / "data"
FILES = {"tuning": DATA / "contradictions_tuning.tsv"}


class Pair(NamedTuple):
    label: bool
    kind: str
    first: str
    second: str

    @property
    def half(self) -> str:
        digest = blake2b(f"{self.first}|{self.second}".encode(), digest_size=1).digest()
        return "held-out" if digest[0] % 2 else "dev"


class Score(NamedTuple):
    """How many were found rightly, found wrongly, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def pairs(part: str) -> list[Pair]:
    path = FILES.get(part, DATA / "contradictions.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = [Pair(r["label"] == "1", r["kind"], r["first"], r["second"]) for r in rows]
    return found if part in FILES else [pair for pair in found if pair.half == part]


def flagged(pair: Pair) -> bool:
    return contradiction(pair.first, pair.second) is not None


def score(found: list[Pair]) -> Score:
    told = [(pair.label, flagged(pair)) for pair in found]
    return Score(told.count((True, True)), told.count((False, True)), told.count((True, False)))


def errors(found: list[Pair]) -> Iterator[str]:
    for pair in found:
        if flagged(pair) != pair.label:
            kind = "missed" if pair.label else "wrong"
            yield f"{kind:7} {pair.kind:11} {pair.first} | {pair.second}"


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not total:
        return 0.0, 1.0
    z, p = 1.96, hits / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    width = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return middle - width, middle + width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", default="dev", choices=["dev", "held-out", "tuning"])
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    found = pairs(arguments.part)
    if arguments.errors:
        print("\n".join(errors(found)))
    total = score(found)
    for name, of in (("precision", total.wrong), ("recall", total.missed)):
        low, high = wilson(total.right, total.right + of)
        share = total.right / max(1, total.right + of)
        print(f"{name:10}{share:.3f}  [{low:.3f}, {high:.3f}]  {total.right} of {total.right + of}")
    print(f"{len(found)} pairs, {arguments.part}")


if __name__ == "__main__":
    main()
