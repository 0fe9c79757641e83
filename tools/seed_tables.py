"""What the seeds name, and where it is here: tables as data, and looking each target up."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import engrammic
from engrammic.backends.memory import MemoryBackend
from engrammic.embed.registry import _SCHEMES as EMBEDDERS
from engrammic.memory import Memory
from engrammic.registry import registered
from engrammic.scope import Scope
from engrammic.selection import Selection

ROOT = Path(__file__).parent.parent
TABLES = sorted((ROOT / "tests/data/seeds").glob("*.toml"))
OWNERS = "ENGRAMMIC|CONNECTOME|AIANA|REDIS|QDRANT"
"""How the names of environment variables begin, besides those of drivers and providers."""
_TARGET = re.compile(r"`([^`]+)`")
ADAPTERS = ("aiana", "connectome")
"""Names that stand for modules of `engrammic.adapters`."""
_LATER = re.compile(r"later: (\w+)(?:; (.*))?$")


class Later(StrEnum):
    """The parts that are still to come. When one is built, its entries get their real names."""

    DATABASES = "other databases"
    TIERS = "tiers, facts, entities"
    DOCUMENTS = "documents, images, code"
    WORK = "work: tasks, plans, locks, templates"
    CACHES = "caches"
    SERVERS = "servers"
    MOVING = "backups, migration"


@dataclass(frozen=True)
class Entry:
    """One name of a seed, and what the table says of it."""

    section: str
    there: str
    told: str

    @property
    def later(self) -> Later | None:
        """The part in which it comes, None when it is here or has been replaced."""
        found = _LATER.match(self.told)
        return Later[found[1].upper()] if found else None

    @property
    def here(self) -> str:
        """The table's cell, as Markdown."""
        if (part := self.later) is None:
            return self.told.removeprefix("instead: ")
        found = _LATER.match(self.told)
        remark = found[2] if found else None
        return f"*later: {part}*" + (f"; {remark}" if remark else "")

    @property
    def targets(self) -> list[str]:
        """The names of ours that it points to."""
        return [t for t in _TARGET.findall(self.told) if re.search(r"\w", t)]


@dataclass(frozen=True)
class Seed:
    """The table of one seed. `also` are sections that it shares with the first one."""

    title: str
    also: tuple[str, ...]
    entries: tuple[Entry, ...]


def load(path: Path) -> Seed:
    """The table in a file."""
    raw = tomllib.loads(path.read_text("utf-8"))
    entries = [
        Entry(section, there, told)
        for section, rows in raw.items()
        if isinstance(rows, Mapping)
        for there, told in rows.items()
    ]
    return Seed(raw["title"], tuple(raw.get("also", ())), tuple(entries))


def markdown() -> Iterator[str]:
    """The lines of docs/seeds.md."""
    yield "# From the seeds to here\n"
    yield "engrammic unites five systems. For every name in their documents, this page says where"
    yield "it is here, or with which part it comes. `seeds` is the module `engrammic.seeds`,"
    yield "`memory` an open memory; `aiana` and `connectome` are modules of `engrammic.adapters`."
    yield "The page is generated (`tools/gen_docs.py`), and the tests look up every name on it."
    for path in TABLES:
        seed = load(path)
        yield f"\n## {seed.title}"
        if seed.also:
            yield f"\nAs in the table of {load(TABLES[0]).title}: {', '.join(seed.also)}."
        for section, entries in groupby(seed.entries, key=lambda e: e.section):
            yield from _rows(f"{section} ({seed.title})", list(entries))


def _rows(heading: str, entries: Sequence[Entry]) -> Iterator[str]:
    parts = {e.later for e in entries}
    if len(parts) == 1 and (part := entries[0].later) and not any(e.targets for e in entries):
        names = ", ".join(f"`{e.there}`" for e in entries)
        yield f"\n### {heading}\n\n*Later: {part}.* {names}"
        return
    yield f"\n### {heading}\n\n| there | here |\n|---|---|"
    yield from (f"| `{e.there}` | {e.here} |" for e in entries)


def missing(target: str) -> str | None:
    """What is wrong with a target; None when it is there, with its parameters and defaults."""
    try:
        _check(target)
    except (AttributeError, ImportError, LookupError, AssertionError) as error:
        return f"{target}: {type(error).__name__}: {error}"
    return None


def _check(target: str) -> None:
    if target.startswith("$"):
        assert target[1:] in variables(), "no such environment variable"
    elif target.endswith(":"):
        assert target[:-1] in {*registered(), *EMBEDDERS}, "no such scheme"
    elif target.startswith("engrammic "):
        assert is_command(target.split()[1]), "no such command"
    elif target not in ("&", "~"):
        _check_name(target)


def _check_name(target: str) -> None:
    name, equals, value = target.partition(" = ")
    name, bracket, _ = name.partition("(")
    owner, found = _resolve(name)
    if bracket:
        _check_call(found, target)
    elif equals:
        actual = _default(owner, name.rpartition(".")[2], found)
        assert actual == ast.literal_eval(value), f"it is {actual!r}"


def _resolve(name: str) -> tuple[Any, Any]:
    """The object of a dotted name, and what it was found in."""
    first, *rest = name.split(".")
    owner: Any = engrammic
    if first == "memory":
        found: Any = Memory(MemoryBackend())
    elif first == "seeds":
        found = importlib.import_module("engrammic.seeds")
    elif first in ADAPTERS:
        found = importlib.import_module(f"engrammic.adapters.{first}")
    elif first == "Backend":
        found = importlib.import_module("engrammic.backend").Backend
    else:
        found = engrammic if first == "engrammic" else getattr(engrammic, first)
    for part in rest:
        owner, found = found, _member(found, part)
    return owner, found


def _member(owner: Any, name: str) -> Any:
    if inspect.ismodule(owner) and not hasattr(owner, name):
        return importlib.import_module(f"{owner.__name__}.{name}")
    return getattr(owner, name)


def _check_call(found: Any, target: str) -> None:
    call = ast.parse(target, mode="eval").body
    assert isinstance(call, ast.Call)
    parameters = inspect.signature(found).parameters
    names = dict(parameters)
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        names |= inspect.signature(Selection).parameters
    for argument in call.args:
        assert isinstance(argument, ast.Name)
        assert argument.id in names, f"no parameter {argument.id}"
    for keyword in call.keywords:
        assert keyword.arg in names, f"no parameter {keyword.arg}"
        default = names[keyword.arg].default
        assert default == ast.literal_eval(keyword.value), f"{keyword.arg} is {default!r}"


def _default(owner: Any, name: str, found: Any) -> Any:
    if is_dataclass(owner):
        field = next(f for f in fields(owner) if f.name == name)
        return field.default if field.default_factory is MISSING else field.default_factory()
    return found


def variables() -> set[str]:
    """Every environment variable that the code reads."""
    text = "\n".join(p.read_text("utf-8") for p in (ROOT / "src").rglob("*.py"))
    found = set(re.findall(rf"\"((?:{OWNERS})_[A-Z_]+[A-Z])\"", text))
    found |= {f"ENGRAMMIC_{name}" for name in re.findall(r"PREFIX \+ \"([A-Z]+)\"", text)}
    return found | {f"ENGRAMMIC_{f.name.upper()}" for f in fields(Scope)}


@cache
def is_command(name: str) -> bool:
    """Whether `engrammic` has a command of that name."""
    run = [str(Path(sys.executable).with_name("engrammic")), name, "--help"]
    return subprocess.run(run, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed words
