"""What is superseded, released and purged stays out, and its siblings stay in: 300 cases.

Run `python benches/forgetting.py [--errors] [--model NAME]`. A case is right when the joined
texts of the first five hits hold all that is wanted and nothing that is unwanted.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

from contradictions import wilson
from forgetting_cases import Case, cases

import engrammic
from engrammic import Memory
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput, NotFound

FIRST = 5
LEAST = 0.9


async def step(memory: Memory, verb: str, *texts: str) -> None:
    if verb == "purge":
        await memory.forget(subject=texts[0], scan=False)
        return
    item = await memory.find_same(texts[0])
    assert item.id is not None
    if verb == "supersede":
        await memory.supersede(item.id, texts[1])
    else:
        await memory.retire(item.id)


async def answer(memory: Memory, case: Case) -> str:
    """The joined first hits, or why a step failed."""
    for text in case.stored:
        await memory.remember(text)
    try:
        for verb, *texts in case.steps:
            await step(memory, verb, *texts)
    except (NotFound, InvalidInput) as error:
        return f"FAILED {error}"
    return " / ".join(hit.text for hit in await memory.search(case.query, limit=FIRST))


def is_right(case: Case, told: str) -> bool:
    """Whether the answer holds what it should, and nothing that it should not."""
    if told.startswith("FAILED "):
        return False
    return all(w in told for w in case.wanted) and not any(u in told for u in case.unwanted)


async def measure(model: str, errors: bool, idle: bool) -> Counter[tuple[str, bool]]:
    found: Counter[tuple[str, bool]] = Counter()
    embedder = load_embedder(model)
    for number, case in enumerate(cases()):
        async with engrammic.open("memory:", embedder=embedder) as memory:
            asked = case._replace(steps=()) if idle else case
            told = await answer(memory.scoped(tenant=f"case-{number}"), asked)
        right = is_right(case, told)
        found[case.family, right] += 1
        if errors and not right:
            print(f"{case.family:13} {case.stored} {case.steps} {case.query!r}\n    {told}")
    return found


def show(name: str, right: int, total: int) -> None:
    low, high = wilson(right, total)
    print(f"{name:13} {right:3} of {total:3}  {right / total:.3f}  [{low:.3f}, {high:.3f}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument(
        "--idle", action="store_true", help="take no step: what a store that never forgets gets"
    )
    given = parser.parse_args()
    found = asyncio.run(measure(given.model, given.errors, given.idle))
    for family in dict.fromkeys(case.family for case in cases()):
        show(family, found[family, True], found[family, True] + found[family, False])
    right = sum(n for (_, good), n in found.items() if good)
    show("overall", right, found.total())
    raise SystemExit(0 if right >= LEAST * found.total() else 1)


if __name__ == "__main__":
    main()
