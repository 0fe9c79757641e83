"""Chroma's clients: opened, given a timeout, closed, and their errors as ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote

import chromadb
import httpx
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from engrammic.errors import ConnectionFailed, InvalidSettings, StorageError

PORT = 8000
NAME = "engrammic"


class Opened(NamedTuple):
    """A client, its URL without a password, and what the names of its collections begin with."""

    client: ClientAPI
    name: str
    database: str


def embedded(path: str) -> Opened:
    """The engine in this process, with its data in a directory."""
    folder = Path(unquote(path)).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        client = chromadb.PersistentClient(path=os.fspath(folder), settings=_settings())
    except (ChromaError, ValueError, OSError, RuntimeError) as error:
        raise ConnectionFailed(f"cannot open {folder}: {error}") from error
    return Opened(client, f"chroma:{folder}", NAME)


def served(parts: SplitResult, timeout: float) -> Opened:
    """A server. Each answer comes within the timeout."""
    try:
        host, port = parts.hostname or "localhost", parts.port or PORT
    except ValueError as error:
        raise InvalidSettings(f"chroma URL: the port is no number: {error}") from error
    database = unquote(parts.path.strip("/")) or NAME
    name = f"chroma://{host}:{port}/{database}"
    try:
        # Before the client asks, since it waits for ever.
        httpx.get(
            f"http://{f'[{host}]' if ':' in host else host}:{port}/api/v2/heartbeat",
            timeout=timeout, trust_env=False,
        ).raise_for_status()  # fmt: skip
        client = chromadb.HttpClient(host=host, port=port, settings=_settings())
    except (ChromaError, ValueError, OSError, httpx.HTTPError) as error:
        raise ConnectionFailed(f"cannot reach {name}: {_told(error)}") from error
    for session in _sessions(client):
        session.timeout = httpx.Timeout(timeout)
    return Opened(client, name, database)


def close(client: Any) -> None:
    """Give the engine back, and close the connections, which the client's `close` leaves open."""
    for session in _sessions(client):
        session.close()
    client.close()


def _sessions(client: Any) -> list[httpx.Client]:
    """A client keeps its connections to a server twice, apart for its administration."""
    apis = [client._server, client._admin_client._server]
    return [api._session for api in apis if hasattr(api, "_session")]


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raises what the client raises as ConnectionFailed or StorageError; NotFoundError stays."""
    try:
        yield
    except NotFoundError:
        raise
    except httpx.TransportError as error:
        raise ConnectionFailed(f"{name} does not answer: {_told(error)}") from error
    except (ChromaError, ValueError, OSError, RuntimeError) as error:
        raise StorageError(f"{name}: {error}") from error


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)
