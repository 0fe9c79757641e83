"""Caps on the size of files and functions, and what every module starts with."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = sorted((ROOT / "src").rglob("*.py"))
OTHERS = sorted(p for d in ("tests", "bench", "benches", "tools") for p in (ROOT / d).rglob("*.py"))
FILES = [*SOURCE, *OTHERS]

GENERATED = ROOT / "src" / "engrammic" / "sync"
"""Nobody writes these: they are as long as what they are the twins of."""

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
USUAL_FILE = 120
USUAL_FUNCTION = 8

VAGUE = re.compile(r"(Manager|Helper|Utils?|Provider)(?![a-z])")
SEEDS = frozenset(
    {
        "PersistentTaskManager",
        "PlanModeManager",
        "FastEmbedManager",
        "VectorStoreManager",
        "BM25IndexManager",
        "GraphStoreManager",
    }
)
"""Public names of the systems whose names are kept."""


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the end, without the docstring."""
    first = node.body[0]
    doc = ast.get_docstring(node) is not None and first.end_lineno
    return (node.end_lineno or 0) - node.lineno + 1 - (doc - first.lineno + 1 if doc else 0)


def length(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", [f for f in FILES if f.parent != GENERATED], ids=label)
def test_a_file_is_short(path: Path) -> None:
    assert length(path) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCE, ids=label)
def test_a_function_fits_without_scrolling(path: Path) -> None:
    long = {f.name: lines(f) for f in functions(path) if lines(f) > LONGEST_FUNCTION}
    assert not long


@pytest.mark.parametrize("path", FILES, ids=label)
def test_a_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    doc = ast.get_docstring(tree)
    assert doc
    assert doc.splitlines()[0].endswith((".", "?", "!"))
    if not tree.body[1:]:
        return
    future = tree.body[1]
    assert isinstance(future, ast.ImportFrom)
    assert future.module == "__future__"
    assert [a.name for a in future.names] == ["annotations"]


@pytest.mark.parametrize("path", SOURCE, ids=label)
def test_names_are_nouns_and_verbs_of_the_field(path: Path) -> None:
    tree = ast.parse(path.read_text())
    named = [n.name for n in ast.walk(tree)
             if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]  # fmt: skip
    vague = [n for n in named if VAGUE.search(n) and n not in SEEDS]
    assert not vague
    assert not VAGUE.search(path.stem.title())


@pytest.mark.parametrize("path", SOURCE, ids=label)
def test_no_excuses_are_left(path: Path) -> None:
    text = path.read_text()
    for excuse in ("TO" + "DO", "FIX" + "ME", "X" * 3):
        assert not re.search(rf"\b{excuse}\b", text)
    assert not re.search(r"type: ignore(?!\[)", text)
    assert not re.search(r"noqa(?!: [A-Z])", text)


def test_the_usual_file_and_function_are_small() -> None:
    assert median(map(length, SOURCE)) <= USUAL_FILE
    assert median(lines(f) for path in SOURCE for f in functions(path)) <= USUAL_FUNCTION
