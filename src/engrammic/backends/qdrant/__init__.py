"""Qdrant: a server, the client's local mode, or the engine itself in this process."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Self

from engrammic.backend import Capabilities
from engrammic.backends.qdrant.address import Address, parsed
from engrammic.backends.qdrant.client import ClientDriver
from engrammic.backends.qdrant.collections import QdrantCollections
from engrammic.backends.qdrant.driver import Driver
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import MissingDependency

SERVER = Capabilities(vectors=True, processes=True, durable="commit")
"""A server writes its log to the disk before it answers."""

FOLDER = Capabilities(checks=True, vectors=True, durable="commit")
"""A folder has one owner: nobody comes between a check and its changes."""

MEMORY = Capabilities(checks=True, vectors=True)


class QdrantBackend(CollectionBackend):
    """A collection for each table. Most filters are Qdrant's own, words are ranked here."""

    scheme: ClassVar[str] = "qdrant"
    capabilities: Capabilities = SERVER

    @classmethod
    async def connect(cls, url: str) -> Self:
        """The database at `qdrant:memory`, `qdrant:/path` or `qdrant://host:port/name`.

        A path takes `?engine=edge`, a server `?grpc=&api_key=&https=&timeout=`
        (the port, 1, seconds); `exact=1` compares all vectors instead of
        asking the HNSW graph. The name is what a server's collections begin
        with. Raises ConnectionFailed, and Locked for a path that is in use.
        """
        address = parsed(url)
        driver = await asyncio.to_thread(_open, address)
        engine = QdrantCollections(driver, address.name, approximate=_is_approximate(address))
        try:
            await engine.start()
        except BaseException:
            await engine.close()
            raise
        backend = cls(engine, str(address))
        backend.capabilities = _capabilities(address)
        return backend


def _open(address: Address) -> Driver:
    if not address.edge:
        return ClientDriver.open(address)
    try:
        from engrammic.backends.qdrant.edge import EdgeDriver
    except ModuleNotFoundError as error:
        if error.name != "qdrant_edge":
            raise
        raise MissingDependency("qdrant: with engine=edge", "qdrant-edge") from error
    return EdgeDriver.open(address)


def _is_approximate(address: Address) -> bool:
    return not address.exact and (address.edge or address.host is not None)


def _capabilities(address: Address) -> Capabilities:
    if address.host is not None:
        return SERVER
    return MEMORY if address.path is None else FOLDER
