"""The command that shows which databases can be used."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from engrammic.capabilities import KNOWN, Capabilities
from engrammic.cli.command import command
from engrammic.cli.door import Json
from engrammic.cli.output import emit, say, table


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(backends)


async def backends(json: Json = False) -> None:
    """List the databases, and what each does itself; what has a dash is emulated exactly.

    No driver is imported for it. What a database needs beside it is said below the table.
    """
    from engrammic.registry import registered

    names = registered()
    ours = [n for n in KNOWN if n in names and names[n].value.startswith("engrammic.")]
    found = {n: _ours(n) for n in ours} | {n: _foreign(n) for n in sorted({*names} - {*ours})}
    if json:
        emit(found)
        return
    columns = list(asdict(Capabilities()))
    rows = [(s, *(_mark(told.get(c)) for c in columns)) for s, told in found.items()]
    table(("backend", *columns), rows)
    for scheme, told in found.items():
        if "problem" in told:
            say(f"{scheme}: {told['problem']}")


def _ours(scheme: str) -> dict[str, Any]:
    from engrammic.errors import MissingDependency
    from engrammic.registry import lacking

    problem = MissingDependency(f"the {scheme} backend", scheme) if lacking(scheme) else None
    return _with(_capabilities(KNOWN[scheme]), problem)


def _foreign(scheme: str) -> dict[str, Any]:
    """Of somebody else's only its class can say."""
    from engrammic.errors import EngrammicError
    from engrammic.registry import backend_class

    try:
        return _with(_capabilities(backend_class(scheme).capabilities), None)
    except (EngrammicError, ImportError) as error:
        return _with({}, error)


def _with(told: dict[str, Any], problem: Exception | None) -> dict[str, Any]:
    told["installed"] = problem is None
    return told if problem is None else {**told, "problem": str(problem)}


def _capabilities(found: Capabilities) -> dict[str, Any]:
    return {**asdict(found), "native": found.native, "emulated": found.emulated}


def _mark(value: object) -> str:
    return {True: "yes", False: "-", None: "?"}.get(value, str(value))  # type: ignore[call-overload,no-any-return]
