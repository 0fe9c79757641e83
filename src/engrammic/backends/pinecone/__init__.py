"""Pinecone: `pinecone:PREFIX`, serverless indexes named by the prefix and a dimension."""

from __future__ import annotations

import os
import re
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from pinecone import Pinecone
from pinecone.errors.exceptions import PineconeValueError

from engrammic.backend import Capabilities
from engrammic.backends.pinecone.engine import Namespaces
from engrammic.backends.pinecone.wire import Wire
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import InvalidSettings

PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,36}[a-z0-9])?")
KNOWN = {"host", "api_key", "cloud", "region", "timeout", "alone"}


class PineconeBackend(CollectionBackend):
    """`pinecone:PREFIX?cloud=aws&region=us-east-1&timeout=30`, the key in PINECONE_API_KEY.

    `host` names another control plane, `api_key` another key, and `alone=1`
    promises that no other process writes: then less is asked. The service is
    eventually consistent: a handle waits until it sees what it wrote itself,
    other processes see it some seconds later. Checks are refused.
    """

    scheme: ClassVar[str] = "pinecone"
    capabilities: Capabilities = Capabilities(vectors=True, processes=True, durable="commit")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """As `Backend.connect`; makes the index for what has no vector."""
        parts = urlsplit(url)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        prefix = parts.path.strip("/") or parts.netloc or "engrammic"
        if unknown := given.keys() - KNOWN:
            raise InvalidSettings(
                f"pinecone: knows no {min(unknown)}; there are: {', '.join(sorted(KNOWN))}"
            )
        if not PREFIX.fullmatch(prefix):
            raise InvalidSettings(
                f"pinecone:{prefix}: a prefix has at most 38 characters of a-z, 0-9 and -"
            )
        wire = _wire(prefix, given)
        engine = Namespaces(wire, shared=given.get("alone") != "1")
        try:
            await engine.open()
        except BaseException:
            await wire.close()
            raise
        return cls(engine, f"pinecone:{prefix}")


def _wire(prefix: str, given: dict[str, str]) -> Wire:
    key = given.get("api_key") or os.environ.get("PINECONE_API_KEY", "")
    host = given.get("host")
    try:
        timeout = float(given.get("timeout", "30"))
        client = Pinecone(api_key=key, host=host, timeout=timeout)
    except PineconeValueError as error:
        raise InvalidSettings(f"pinecone:{prefix}: {error}") from error
    except ValueError as error:
        raise InvalidSettings(f"pinecone:{prefix}: timeout is no number of seconds") from error
    name = f"pinecone:{prefix}" + (f"?host={host}" if host else "")
    where = {"cloud": given.get("cloud", "aws"), "region": given.get("region", "us-east-1")}
    return Wire(client, prefix, name, where, timeout)
