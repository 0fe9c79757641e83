"""ForgetEval, a public set of another hand (arXiv 2606.15903), played on a memory.

Run `python benches/forgeteval.py CLONE [--each 200] [--half a|b] [--only NAME]`; CLONE is a
folder with its `bench/forgeteval`, which is not part of this project. A case passes as its own
code says: what is wanted is in the first ten hits' text and what is forbidden is not, letter by
letter. Where `correct` finds nothing that is clearly meant, the new text is stored beside.
Half a are the cases of an even SHA-1 of their id; it was looked at for mending, half b was not.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from collections import Counter
from collections.abc import Coroutine, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from contradictions import wilson

import engrammic
from engrammic import Memory
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput, NotFound

T = TypeVar("T")


class Adapter:
    """A memory behind the six methods that the set asks for."""

    name = "engrammic"

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._embedder = load_embedder("all-MiniLM-L6-v2")
        self._memory: Memory | None = None

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @property
    def memory(self) -> Memory:
        assert self._memory is not None
        return self._memory

    def reset(self) -> None:
        async def opened() -> Memory:
            return await engrammic.open(":memory:", embedder=self._embedder)

        if self._memory is not None:
            self._do(self._memory.close())
        self._memory = self._do(opened())

    def inscribe(self, text: str) -> str:
        return str(self._do(self.memory.remember(text)).id)

    def recall_texts(self, query: str, k: int = 5) -> list[str]:
        return [hit.text for hit in self._do(self.memory.search(query, limit=k))]

    def supersede(self, old_query: str, new_text: str) -> None:
        try:
            self._do(self.memory.correct(old_query, new_text))
        except (NotFound, InvalidInput):
            self.inscribe(new_text)

    def release(self, query: str) -> int:
        try:
            return len(self._do(self.memory.release(query)).released)
        except (NotFound, InvalidInput):
            return 0

    def purge(self, query: str) -> int:
        return self._do(self.memory.forget(subject=query, scan=False)).forgotten


def cases(clone: Path, each: int) -> Iterator[tuple[str, Any]]:
    """Every case and its group: `each` of each templated family, and all hard ones."""
    sys.path.insert(0, str(clone))
    for case in import_module("bench.forgeteval.generate").generate(each, 42):
        yield f"templates: {case.family}", case
    hard = import_module("bench.forgeteval.adversarial")
    for case in hard.ADVERSARIAL_TESTS:
        yield f"adversarial: {hard.case_to_attack_category(case.id)}", case


def half(case_id: str) -> str:
    """Which half a case is in."""
    return "ab"[hashlib.sha1(case_id.encode()).digest()[-1] % 2]


def main() -> None:
    """Play the cases, and print how many pass by group, with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--half", choices=["a", "b"])
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    passed, count = Counter[str](), Counter[str]()
    with asyncio.Runner() as runner:
        adapter = Adapter(runner)
        for group, case in cases(given.clone, given.each):
            if given.only not in group or given.half not in (None, half(case.id)):
                continue
            good = case.run(adapter)
            for name in (group, f"{group.partition(':')[0]}: all", "all"):
                count[name] += 1
                passed[name] += good
    for name in sorted(count):
        low, high = wilson(passed[name], count[name])
        print(f"{name:40} {passed[name]:4} of {count[name]:4}  "
              f"{passed[name] / count[name]:.3f} [{low:.3f}, {high:.3f}]")  # fmt: skip


if __name__ == "__main__":
    main()
