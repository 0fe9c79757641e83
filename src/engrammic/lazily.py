"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def importer(
    package: str, where: Mapping[str, str], names: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose names lie in its modules, as `where` says.

    `names` are what they are called there, where that is something else.
    """
    called = names or {}

    def found(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{where[name]}"), called.get(name, name))
        setattr(sys.modules[package], name, value)
        return value

    return found
