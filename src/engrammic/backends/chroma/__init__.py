"""Chroma: a directory in this process, or its own server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from engrammic.backend import Capabilities
from engrammic.backends.chroma.collections import ChromaCollections
from engrammic.backends.chroma.opening import close, embedded, served
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import InvalidSettings


class ChromaBackend(CollectionBackend):
    """`chroma:/path`, or `chroma://host:port/name?timeout=30`; `?exact=1` compares all vectors."""

    scheme: ClassVar[str] = "chroma"
    capabilities: Capabilities = Capabilities(vectors=True, processes=True, durable="commit")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Open the directory, or reach the server. Raises ConnectionFailed."""
        return await asyncio.to_thread(cls._connected, url)

    @classmethod
    def _connected(cls, url: str) -> Self:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := set(options) - {"exact", "timeout"}:
            raise InvalidSettings(f"chroma URL: unknown option {sorted(unknown)[0]!r}")
        timeout = _seconds(options.get("timeout", "30"))
        opened = served(parts, timeout) if parts.netloc else embedded(parts.path)
        try:
            engine = ChromaCollections(*opened, options.get("exact") == "1")
            engine.prepare()
        except BaseException:
            close(opened.client)
            raise
        backend = cls(engine, opened.name)
        backend.capabilities = replace(cls.capabilities, vectors=engine.searches)
        return backend


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1
    if not 0 < seconds < float("inf"):
        raise InvalidSettings(f"chroma URL: timeout: want seconds above 0, not {given}")
    return seconds
