"""From a URL to an open graph store."""

from __future__ import annotations

from engrammic.errors import MissingDependency
from engrammic.registry import open_backend, scheme_of
from engrammic.scope import Scope, Scoped
from engrammic.stores.graph import SimpleGraphStore
from engrammic.triples.store import GraphStore


async def open_graph(url: str, *, scope: Scope | None = None) -> GraphStore:
    """The graph of a scope: `kuzu:path` in a Kuzu database, else two tables of any database.

    Raises MissingDependency where the driver is not installed, Locked when
    another process has the Kuzu database, ConnectionFailed and its kin.
    """
    mine = scope or Scope()
    if scheme_of(url) != "kuzu":
        return SimpleGraphStore(Scoped(await open_backend(url), mine))
    try:
        from engrammic.graph_engines.kuzu import KuzuGraphStore
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "engrammic":
            raise
        raise MissingDependency("the kuzu graph store", "kuzu") from error
    return await KuzuGraphStore.connect(url, mine)
