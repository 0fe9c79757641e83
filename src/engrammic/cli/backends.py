"""The command that shows which databases can be used."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Json
from engrammic.cli.output import emit, say, table


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(backends)


async def backends(json: Json = False) -> None:
    """List the databases, and what each does itself; what has a dash is emulated exactly."""
    from engrammic.registry import registered

    found = {name: _capabilities(name) for name in sorted(registered())}
    if json:
        emit(found)
        return
    names = next(list(c) for c in found.values() if "problem" not in c)
    table(("backend", *names), [(s, *(_mark(c.get(n)) for n in names)) for s, c in found.items()])
    for scheme, capabilities in found.items():
        if "problem" in capabilities:
            say(f"{scheme}: {capabilities['problem']}")


def _capabilities(scheme: str) -> dict[str, Any]:
    from engrammic.errors import EngrammicError
    from engrammic.registry import backend_class

    try:
        return asdict(backend_class(scheme).capabilities)
    except EngrammicError as error:
        return {"problem": str(error)}


def _mark(value: object) -> str:
    return {True: "yes", False: "-", None: "?"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]
