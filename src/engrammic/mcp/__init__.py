"""The MCP server: a memory for coding agents, over standard input and output."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from engrammic.errors import MissingDependency
from engrammic.mcp.greeting import greeting
from engrammic.mcp.wire import Wire

if TYPE_CHECKING:
    from engrammic.scope import Scope

__all__ = ["serve"]


def serve(
    url: str | None = None, *, scope: Scope | None = None, embedder: str | None = None
) -> None:
    """Serve the memory at `url` until the client closes the input or ends the process.

    Takes standard input and output for itself; what anything else prints goes
    to standard error. `embedder` is what `load_embedder` takes, or "none".
    Raises MissingDependency without the extra.
    """
    if importlib.util.find_spec("mcp") is None:
        raise MissingDependency("the MCP server", "mcp")
    wire = Wire.claim()
    opening = wire.read_line()
    answer = greeting(opening)
    if answer is not None:
        wire.send(answer)
    # The SDK takes most of a second to import: the client has its answer by then.
    from engrammic.mcp.server import run
    from engrammic.mcp.session import Session

    run(wire, Session(url, scope=scope, embedder=embedder), opening, greeted=answer is not None)
