"""Corrections by what is known already, aspects of somebody, and clauses that refer back.

Run `python benches/forgetting_known.py [--errors] [--model NAME]`. The scenes are those of
data/forgetting_known.txt, forgetting_aspects.txt and forgetting_clauses.txt; the bounds in
`correcting`, `states` and `releasing` were chosen on them. A scene is right when exactly that is
gone which should be.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from contradictions import wilson

import engrammic
from engrammic import Memory
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput, NotFound

DATA = Path(__file__).parent / "data"
KINDS = ("known", "aspects", "clauses")
START, MINUTE = 1_790_000_000_000, 60_000


def scenes(kind: str) -> Iterator[list[tuple[str, str]]]:
    """The marked lines of each scene, in order; the new text that is stored comes last."""
    for block in (DATA / f"forgetting_{kind}.txt").read_text().strip().split("\n\n")[1:]:
        yield [(line[:1], line[1:].strip()) for line in block.splitlines()]


async def everything(memory: Memory) -> list[str]:
    return sorted(note.content for note in (await memory.list("note", limit=100)).items)


async def play(memory: Memory, kind: str, scene: list[tuple[str, str]]) -> tuple[list[str], str]:
    """What is stored in the end, and what was refused."""
    one = dict(scene)
    for mark, text in scene:
        if mark in "-+:":
            await memory.remember(text)
    if kind == "known":
        await memory.remember(one["="])
    try:
        if kind == "aspects":
            await memory.release(one["?"])
        else:
            await memory.correct(one["?"], one["="])
    except (NotFound, InvalidInput) as error:
        return await everything(memory), type(error).__name__
    return await everything(memory), ""


def wanted(kind: str, scene: list[tuple[str, str]]) -> list[str]:
    """What should be stored in the end."""
    kept = [text for mark, text in scene if mark in "+>" and text]
    new = dict(scene).get("=", "")
    if kind == "clauses":
        return [" ".join([*kept, new])]
    return sorted([*kept, *([new] if new else [])])


async def measure(model: str, errors: bool) -> Counter[tuple[str, bool]]:
    found: Counter[tuple[str, bool]] = Counter()
    embedder = load_embedder(model)
    for kind in KINDS:
        for scene in scenes(kind):
            ticks = count(START, MINUTE)
            async with engrammic.open(
                "memory:", embedder=embedder, clock=lambda ticks=ticks: next(ticks)
            ) as memory:
                left, refused = await play(memory, kind, scene)
            right = left == wanted(kind, scene)
            if kind == "clauses" and not right:  # the place of the new text is another matter
                right = sorted(" ".join(left).replace(".", "").split()) == sorted(
                    " ".join(wanted(kind, scene)).replace(".", "").split())  # fmt: skip
            found[kind, right] += 1
            if errors and not right:
                print(f"{kind}: {dict(scene)['?']!r} {refused}")
                print(f"    too much gone: {sorted(set(wanted(kind, scene)) - set(left))}")
                print(f"    still there:   {sorted(set(left) - set(wanted(kind, scene)))}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    given = parser.parse_args()
    found = asyncio.run(measure(given.model, given.errors))
    for kind in KINDS:
        right, total = found[kind, True], found[kind, True] + found[kind, False]
        low, high = wilson(right, total)
        print(f"{kind:9} {right:3} of {total:3}  {right / total:.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
