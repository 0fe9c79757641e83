"""Precision and recall of the contradiction check on the labelled pairs, with 95 % intervals.

Run `python benches/contradictions.py [dev|held-out|all] [--errors]`. Halves are by a hash of
the pair, so that nobody chooses which pair is held out.
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

PAIRS = Path(__file__).parent / "data" / "contradictions.tsv"


class Pair(NamedTuple):
    label: bool
    kind: str
    first: str
    second: str

    @property
    def half(self) -> str:
        digest = blake2b(f"{self.first}|{self.second}".encode(), digest_size=1).digest()
        return "held-out" if digest[0] % 2 else "dev"


def pairs(half: str) -> Iterator[Pair]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            one = Pair(row["label"] == "1", row["kind"], row["first"], row["second"])
            if half in ("all", one.half):
                yield one


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
    parser.add_argument("half", nargs="?", default="dev", choices=["dev", "held-out", "all"])
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    right = wrong = missed = 0
    total = 0
    for one in pairs(arguments.half):
        total += 1
        found = contradiction(one.first, one.second) is not None
        assert found == (contradiction(one.second, one.first) is not None), one
        right += found and one.label
        wrong += found and not one.label
        missed += one.label and not found
        if arguments.errors and found != one.label:
            print(f"{'wrong' if found else 'missed':7}{one.kind:12}{one.first} | {one.second}")
    for name, of in (("precision", right + wrong), ("recall", right + missed)):
        low, high = wilson(right, of)
        print(f"{name:10}{right / of if of else 0:.3f}  [{low:.3f}, {high:.3f}]  {right} of {of}")
    print(f"{total} pairs, {arguments.half}")


if __name__ == "__main__":
    main()
