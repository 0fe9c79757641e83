"""The floors of the house: a file imports only from floors below it, or its own package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
MODULES = sorted(SOURCE.glob("engrammic/**/*.py"))

GROUND = 0
OPEN = {GROUND, 4, 5}
"""Floors of single files, which may import each other."""

FLOORS = {
    "backends": 1, "embed": 1, "cache": 1, "llm": 1, "graph_engines": 1,
    "stores": 2,
    "sessions": 3, "tiers": 3, "graph": 3, "documents": 3, "code": 3, "work": 3,
    "forgetting": 3, "lifecycle": 4, "erasing": 4, "upkeep": 4, "same": 4, "searching": 4,
    "reviewing": 4, "releasing": 4, "correcting": 4, "states": 4, "succession": 4, "operating": 4,
    "memory": 4, "opening": 4, "finding": 4, "selection": 4, "hits": 4, "context": 4,
    "reindexing": 4, "loop": 4,
    "cli": 5, "mcp": 5, "server": 5, "adapters": 5, "sync": 5, "seeds": 5, "testing": 5,
}  # fmt: skip
"""What is not named here is ground. The kit stands outside, and may look at everything."""

NEVER = {
    "stores": {"backends", "sql", "compile"},
    "backends": {"stores", "embed"},
    "embed": {"backends", "stores"},
}


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """The second part of a dotted name: the file or package within engrammic."""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> Iterator[str]:
    """Names of engrammic's modules that a file imports anywhere, also inside functions."""
    known = {name_of(p) for p in MODULES}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "engrammic")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            if base.split(".")[0] == "engrammic":
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    yield full if full in known else base


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_come_from_floors_below(path: Path) -> None:
    here = room(name_of(path))
    if not here:
        return
    floor = FLOORS.get(here, GROUND)
    for module in imports(path):
        there = room(module)
        if there == here:
            continue
        above = FLOORS.get(there, GROUND)
        assert there not in NEVER.get(here, ()), f"{here} imports {module}"
        assert above < floor or (above == floor and floor in OPEN), (
            f"{here} imports {module} from above"
        )
        assert there, f"{here} imports the package itself"


def test_backends_do_not_import_each_other() -> None:
    for path in (SOURCE / "engrammic/backends").rglob("*.py"):
        name = name_of(path).split(".")
        for module in imports(path):
            there = module.split(".")
            if there[:2] == name[:2] and len(there) > 2 and len(name) > 2:
                assert there[2] == name[2], f"{'.'.join(name)} imports {module}"


def test_drivers_are_imported_by_engines_alone() -> None:
    drivers = {
        "apsw", "onnxruntime", "tokenizers", "safetensors", "onnx", "psycopg", "asyncmy", "lancedb",
        "surrealdb", "qdrant_client", "pinecone", "pymilvus", "weaviate", "neo4j", "chromadb",
        "ladybug", "kuzu",
    }  # fmt: skip
    for path in MODULES:
        names = {
            (a.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for a in node.names
        }
        if FLOORS.get(room(name_of(path)), GROUND) != 1 and room(name_of(path)) != "testing":
            assert not names & drivers, f"{name_of(path)} imports a driver"
