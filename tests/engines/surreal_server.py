"""SurrealDB's own engine behind its web socket protocol: what the driver sends goes to it whole.

No release of the server is on PyPI. The engine that the driver brings takes
the same messages, so that a server is a socket in front of it. Each
namespace and database has an engine of its own here; who signs in is checked
here, since an engine in this process asks nobody.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from surrealdb import Surreal
from surrealdb.data.cbor import decode, encode
from surrealdb.errors import SurrealError
from websockets.asyncio.server import Server, ServerConnection, serve

USER, PASSWORD = "root", "pass:w@rd/1"


class SurrealServer:
    """Listens on a free port of 127.0.0.1 while it runs."""

    def __init__(self) -> None:
        self.engines: dict[tuple[str, str], Any] = {}
        self.port = 0
        self.silent = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._server: Server | None = None
        self._connections: set[ServerConnection] = set()

    async def start(self, port: int = 0) -> None:
        """Listen, again on the port of before where that is given."""
        self._server = await serve(
            self._served, "127.0.0.1", port, subprotocols=["cbor"], max_size=None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every connection, and listen no more."""
        if self._server is not None:
            self._server.close()
            for connection in [*self._connections]:
                connection.transport.abort()
            await self._server.wait_closed()

    async def _served(self, connection: ServerConnection) -> None:
        engine: Any = None
        known = False
        self._connections.add(connection)
        try:
            async for message in connection:
                if self.silent.is_set():
                    continue
                asked = decode(message)
                method, params = asked["method"], asked.get("params")
                if method == "signin":
                    known = params[0]["user"] == USER and params[0]["pass"] == PASSWORD
                    await connection.send(encode(_signed_in(asked["id"], known)))
                elif method == "use" and known:
                    engine = self._engine(*params)
                    await connection.send(encode({"id": asked["id"], "result": None}))
                elif engine is None and method != "version":
                    await connection.send(encode(_refused(asked["id"], "Not enough permissions")))
                else:
                    used = engine or self._engine("none", "none")
                    answer = await asyncio.to_thread(_executed, used, asked)
                    await connection.send(encode(answer))
        finally:
            self._connections.discard(connection)

    def _engine(self, namespace: str, database: str) -> Any:
        place = namespace, database
        if place not in self.engines:
            self.engines[place] = Surreal("mem://")
            self.engines[place].connect()
            self.engines[place].use(*place)
        return self.engines[place]


def _executed(engine: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """As a server says it where the embedded engine raises."""
    try:
        if asked["method"] == "version":
            return {"id": asked["id"], "result": engine.version()}
        if asked["method"] != "query":
            return _refused(asked["id"], "Method not found", -32601)
        answer: dict[str, Any] = engine.query_raw(*asked["params"])
    except (RuntimeError, SurrealError) as error:
        return _refused(asked["id"], str(error))
    return {**answer, "id": asked["id"]}


def _refused(asked: str, problem: str, code: int = -32000) -> dict[str, Any]:
    return {"id": asked, "error": {"code": code, "message": problem}}


def _signed_in(asked: str, known: bool) -> dict[str, Any]:
    if known:
        return {"id": asked, "result": "a token"}
    return _refused(asked, "There was a problem with authentication")


@contextmanager
def served() -> Iterator[SurrealServer]:
    """A running server."""
    server = SurrealServer()
    thread = threading.Thread(target=server._loop.run_forever, daemon=True)
    thread.start()
    run(server, server.start())
    try:
        yield server
    finally:
        run(server, server.stop())
        server._loop.call_soon_threadsafe(server._loop.stop)
        thread.join()
        server._loop.close()


def run(server: SurrealServer, work: Any) -> None:
    """Have the server's own loop do it."""
    asyncio.run_coroutine_threadsafe(work, server._loop).result(30)
