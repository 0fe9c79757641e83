"""The command that serves the memory to coding agents."""

from __future__ import annotations

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    command(app)(mcp)


def mcp(door: Door) -> None:
    """Serve the memory over MCP, on stdin and stdout; needs the extra `mcp`."""
    from engrammic.mcp import serve

    serve(door.place, scope=door.settings().scope if door.parts else None, embedder=door.embedder)
