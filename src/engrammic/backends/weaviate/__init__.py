"""Weaviate: `weaviate://HOST:PORT`, a class for each table, whose names begin with a prefix."""

from __future__ import annotations

import os
import re
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from weaviate import WeaviateAsyncClient
from weaviate.classes.init import AdditionalConfig, Auth, Timeout
from weaviate.connect import ConnectionParams

from engrammic.backend import Capabilities
from engrammic.backends.weaviate.engine import Classes
from engrammic.backends.weaviate.wire import Wire
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import InvalidSettings

KNOWN = {"grpc", "grpc_host", "api_key", "prefix", "secure", "timeout", "alone"}
PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,49}")


class WeaviateBackend(CollectionBackend):
    """`weaviate://localhost:8080?grpc=50051&prefix=Engrammic&timeout=30`.

    `api_key` or WEAVIATE_API_KEY is the key, `secure=1` means TLS, `grpc_host`
    another host for gRPC, and `alone=1` promises that no other process writes:
    then less is asked. Checks are refused.
    """

    scheme: ClassVar[str] = "weaviate"
    capabilities: Capabilities = Capabilities(vectors=True, processes=True, durable="commit")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """As `Backend.connect`; makes the class of its notes."""
        parts = urlsplit(url)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := given.keys() - KNOWN:
            raise InvalidSettings(
                f"weaviate: knows no {min(unknown)}; there are: {', '.join(sorted(KNOWN))}"
            )
        prefix = given.get("prefix", "Engrammic")
        if not PREFIX.fullmatch(prefix):
            raise InvalidSettings(f"weaviate: a prefix is letters and digits, not {prefix!r}")
        wire = _wire(url, given)
        engine = Classes(wire, prefix[0].upper() + prefix[1:], given.get("alone") != "1")
        try:
            await engine.open()
        except BaseException:
            await wire.close()
            raise
        return cls(engine, wire.name)


def _wire(url: str, given: dict[str, str]) -> Wire:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "localhost", parts.port or 8080
        grpc, timeout = int(given.get("grpc", "50051")), float(given.get("timeout", "30"))
    except ValueError as error:
        raise InvalidSettings(f"weaviate: a port or timeout is no number: {error}") from error
    if port == grpc and given.get("grpc_host", host) == host:
        raise InvalidSettings(f"weaviate: HTTP and gRPC have ports of their own, not both {port}")
    return Wire(
        lambda: _client(host, port, grpc, timeout, given), f"weaviate://{host}:{port}", timeout
    )


def _client(
    host: str, port: int, grpc: int, timeout: float, given: dict[str, str]
) -> WeaviateAsyncClient:
    key = given.get("api_key") or os.environ.get("WEAVIATE_API_KEY")
    secure = given.get("secure") == "1"
    return WeaviateAsyncClient(
        connection_params=ConnectionParams.from_params(
            http_host=host, http_port=port, http_secure=secure,
            grpc_host=given.get("grpc_host", host), grpc_port=grpc,
            grpc_secure=secure,
        ),
        auth_client_secret=Auth.api_key(key) if key else None,
        additional_config=AdditionalConfig(
            timeout=Timeout(init=timeout, query=timeout, insert=timeout), trust_env=False
        ),
        skip_init_checks=True,  # they ask the package index for the client's latest version
    )  # fmt: skip
