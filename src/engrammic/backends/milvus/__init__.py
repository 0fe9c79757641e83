"""Milvus: a server, or Milvus Lite in this process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from engrammic.backend import Capabilities
from engrammic.backends.milvus.collections import FILE, MilvusCollections
from engrammic.emulation.backend import CollectionBackend
from engrammic.emulation.collections import NOTES
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.ownership import Ownership

PORT = 19530
OPTIONS = frozenset({"exact", "timeout", "token", "https"})


class MilvusBackend(CollectionBackend):
    """`milvus:/path`, or `milvus://host:port/name?token=...`; `?exact=1` compares all vectors.

    A folder belongs to one process at a time. On a server the name is what the
    collections of this database begin with.
    """

    scheme: ClassVar[str] = "milvus"
    capabilities: Capabilities = Capabilities(vectors=True, processes=True, durable="commit")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the folder, or reach the server. Raises ConnectionFailed, Locked."""
        return await asyncio.to_thread(cls._connected, url)

    @classmethod
    def _connected(cls, url: str) -> Self:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := set(options) - OPTIONS:
            raise InvalidSettings(f"milvus URL: unknown option {sorted(unknown)[0]!r}")
        exact, timeout = options.get("exact") == "1", _seconds(options.get("timeout", "30"))
        if parts.netloc:
            host = f"{parts.hostname}:{parts.port or PORT}"
            client = _client(
                f"http{'s' if options.get('https') == '1' else ''}://{host}", timeout, host,
                options.get("token", ""),
            )  # fmt: skip
            name = unquote(parts.path.strip("/")) or "engrammic"
            engine = MilvusCollections(client, name, exact, None, timeout, host)
            return cls._made(engine, f"milvus://{host}/{name}")
        path = Path(unquote(parts.path)).expanduser()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConnectionFailed(f"cannot create {path}: {error.strerror}") from error
        owner = Ownership.of(path)
        try:
            client = _client(os.fspath(path / FILE), timeout, str(path), "")
            engine = MilvusCollections(client, "engrammic", exact, owner, timeout, str(path))
            backend = cls._made(engine, f"milvus:{path}")
        except BaseException:
            owner.release()
            raise
        backend.capabilities = Capabilities(checks=True, vectors=True, durable="commit")
        return backend

    @classmethod
    def _made(cls, engine: MilvusCollections, name: str) -> Self:
        engine.prepare(NOTES)
        return cls(engine, name)


def _client(uri: str, timeout: float, name: str, token: str) -> MilvusClient:
    try:
        return MilvusClient(uri=uri, timeout=timeout, token=token)
    except (MilvusException, OSError, ValueError, RuntimeError) as error:
        raise ConnectionFailed(f"cannot open milvus at {name}: {error}") from error


def _seconds(given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise InvalidSettings(f"milvus URL: timeout: want seconds, not {given}") from None
