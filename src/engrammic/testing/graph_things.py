"""Names and items that break naive graph stores."""

from __future__ import annotations

from typing import Any

from engrammic.triples import GraphTriple

HOSTILE = (
    "it's", '"quoted"', "back\\slash\\", "\\'", "'}) DETACH DELETE e //", "$rows", "$scope",
    "a' OR 1=1 --", "{name: 'x'}", "`tick`", "%s {0} ${x}", "*", "_", "[1, 2]", "日本語",
    "e\u0301", "é", "😀", "\n\t\r", " ", "null", "NULL", "true", "12", "2020-01-01",
    "\u202eabc", "x" * 512,
    ',"', '["a"]', "]", "a,b",
)  # fmt: skip
"""Names that an engine could take for something else."""

BAD: tuple[Any, ...] = (
    GraphTriple("", "calls", "b"), GraphTriple("a", "", "b"), GraphTriple("a", "calls", ""),
    GraphTriple("a\0", "calls", "b"), GraphTriple("a", "calls", "\ud800"),
    GraphTriple("x" * 513, "calls", "b"), GraphTriple("a", "calls", "b", source_chunk_ids=("",)),
    GraphTriple("a", "calls", "b", source_chunk_ids="chunk"),  # type: ignore[arg-type]
    GraphTriple("a", "calls", "b", weight=float("nan")),
    GraphTriple("a", "calls", "b", properties={"x": float("inf")}),
    GraphTriple("a", "calls", "b", properties={"x": "y" * 70_000}),
    GraphTriple("a", "calls", "b", lasting=False),
    GraphTriple(1, "calls", "b"),  # type: ignore[arg-type]
    "a calls b",
)  # fmt: skip


def calls(*pairs: str, source: str | None = None, predicate: str = "calls") -> list[GraphTriple]:
    """Triples between functions, each written as `a>b`."""
    split = [pair.split(">") for pair in pairs]
    sources = () if source is None else (source,)
    return [GraphTriple(a, predicate, b, "Function", "Function", sources) for a, b in split]


def f(name: str) -> tuple[str, str]:
    """The key of a function."""
    return "Function", name
