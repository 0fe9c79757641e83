"""How long `engrammic search` takes from a cold start: a whole process, the real model.

Run `python benches/cold_start.py FOLDER [--messages 100000]`. The file is built in FOLDER
once, vectors given; later runs reuse it. Each line is the median of 3 processes, which find
their modules compiled, as installed ones are, whatever PYTHONDONTWRITEBYTECODE says here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from speed_material import messages, unit_vectors

import engrammic
from engrammic.embed.cached import CachedEmbedder

ROUNDS = 3
BOUND = 1.5
"""Seconds over 100,000 messages on two cores."""

QUERY = "who went camping in the mountains last summer?"
COMMAND = Path(sys.executable).with_name("engrammic")
MODULES = "import engrammic.opening, engrammic.backends.sqlite, engrammic.embed.onnx"
MODEL = "from engrammic.embed.cached import CachedEmbedder; CachedEmbedder().embed('warm')"


async def build(home: Path, count: int) -> None:
    """A memory whose vectors bear the default model's name, unless it is there already."""
    if (home / "engrammic.db").exists():
        return
    print(f"building {count} messages in {home}")
    async with engrammic.open(home, embedder=CachedEmbedder()) as memory:
        await memory.messages.add_batch(messages(count), vectors=unit_vectors(count))


def compiled(folder: Path) -> dict[str, str]:
    """An environment in which modules that are no part of an installation are compiled once."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder.resolve() / "bytecode")}


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """The median of whole processes, the first one not counted."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        found.append(time.perf_counter() - began)
    return float(np.median(found[1:]))


def searched_by_meaning(command: Sequence[str]) -> bool:
    """Whether the command had its model: words alone would be no measure."""
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = json.loads(said)
    return bool(answer["mode"] == "hybrid" and answer["hits"])


def main() -> None:
    """Print the figures; exit 1 when the bound is broken, 2 when there is no model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=100_000)
    given = parser.parse_args()
    home = given.folder / f"cold-{given.messages}"
    asyncio.run(build(home, given.messages))
    search = [str(COMMAND), "search", QUERY, "--home", str(home), "--json"]
    if not searched_by_meaning(search):
        print("the search was by words alone; `engrammic model install` first")
        raise SystemExit(2)
    words, environment = [*search, "--mode", "keyword"], compiled(given.folder)
    for name, command in (
        ("bare interpreter", [sys.executable, "-c", "pass"]),
        ("modules imported", [sys.executable, "-c", MODULES]),
        ("model loaded, one text embedded", [sys.executable, "-c", MODEL]),
        ("engrammic search, by words", words),
    ):
        print(f"{name:48} {seconds(command, environment):10.3f} s")
    whole = seconds(search, environment)
    print(f"{'engrammic search, cold start':48} {whole:10.3f} s           <= {BOUND}"
          f"{'' if whole <= BOUND else ' BROKEN'}")  # fmt: skip
    raise SystemExit(whole > BOUND)


if __name__ == "__main__":
    main()
