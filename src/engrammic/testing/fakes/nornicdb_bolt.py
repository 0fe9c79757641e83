"""Bolt 5.4 as far as a driver needs it: messages in, what a `Graph` gives out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self

from engrammic.testing.fakes.nornicdb_graph import NONE, Graph, Table, Wrong
from engrammic.testing.fakes.nornicdb_packstream import Message, dump, load

MAGIC = b"\x60\x60\xb0\x17"
VERSION = b"\x00\x00\x04\x05"
HELLO, GOODBYE, RESET, RUN, BEGIN, COMMIT, ROLLBACK = 0x01, 0x02, 0x0F, 0x10, 0x11, 0x12, 0x13
DISCARD, PULL, TELEMETRY, ROUTE, LOGON, LOGOFF = 0x2F, 0x3F, 0x54, 0x66, 0x6A, 0x6B
SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F
CHUNK = 0xFFFF


class Talk:
    """What one connection has said so far; each message gives the answers to it.

    A transaction takes nothing back, as with the server.
    """

    def __init__(self, graph: Graph, login: tuple[str, str], address: str) -> None:
        self._graph = graph
        self._login = login
        self._address = address
        self._welcome = False
        self._failed = False
        self._found: Table = NONE

    def answers(self, message: Message) -> Iterator[Message]:
        """The answers, none to GOODBYE. After a failure all but RESET is ignored."""
        if message.tag == RESET:
            self._failed, self._found = False, NONE
        elif self._failed:
            yield Message(IGNORED, [])
            return
        try:
            yield from self._answered(message)
        except Wrong as wrong:
            self._failed = True
            yield Message(FAILURE, [{"code": wrong.code, "message": str(wrong)}])

    def _answered(self, message: Message) -> Iterator[Message]:
        about: dict[str, Any] = {}
        if message.tag == HELLO:
            about = {"server": "NornicDB/stand-in", "connection_id": "bolt-1", "hints": {}}
        elif message.tag == LOGON:
            self._log_on(message.fields[0])
        elif message.tag == LOGOFF:
            self._welcome = False
        elif message.tag == ROUTE:
            about = {"rt": self._routes()}
        elif message.tag == RUN:
            about = self._run(message.fields[0], message.fields[1])
        elif message.tag in (PULL, DISCARD):
            size = message.fields[0].get("n", -1) if message.fields else -1
            about = yield from self._pulled(size, message.tag == PULL)
        elif message.tag not in (RESET, BEGIN, COMMIT, ROLLBACK, TELEMETRY):
            raise Wrong("Neo.ClientError.Request.Invalid", f"unknown message {message.tag:#x}")
        yield Message(SUCCESS, [about])

    def _log_on(self, given: dict[str, Any]) -> None:
        if (given.get("principal"), given.get("credentials")) != self._login:
            raise Wrong("Neo.ClientError.Security.Unauthorized", "invalid credentials")
        self._welcome = True

    def _routes(self) -> dict[str, Any]:
        roles = ("ROUTE", "READ", "WRITE")
        servers = [{"addresses": [self._address], "role": role} for role in roles]
        return {"ttl": 300, "servers": servers}

    def _run(self, statement: str, given: dict[str, Any]) -> dict[str, Any]:
        if not self._welcome:
            raise Wrong("Neo.ClientError.Security.Unauthorized", "log on first")
        self._found = self._graph.run(statement, given)
        return {"fields": self._found.columns, "t_first": 0}

    def _pulled(self, size: int, sent: bool) -> Generator[Message, None, dict[str, Any]]:
        columns, rows = self._found
        some = rows if size < 0 else rows[:size]
        if sent:
            yield from (Message(RECORD, [row]) for row in some)
        self._found = Table(columns, rows[len(some) :])
        return {"has_more": True} if self._found.rows else {"type": "rw", "t_last": 0}


class BoltServer:
    """Serves a graph on a free port of 127.0.0.1 while the context lasts."""

    def __init__(self, graph: Graph, login: tuple[str, str]) -> None:
        self.graph = graph
        self.login = login
        self._open: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(StreamRequestHandler):
    owner: BoltServer
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        self.owner._open.add(self.connection)
        try:
            if self._agreed():
                self._talk()
        except (ConnectionError, EOFError):
            return  # the client went away
        finally:
            self.owner._open.discard(self.connection)

    def _agreed(self) -> bool:
        """Whether the client speaks a version whose minor range holds 5.4."""
        hello = self._exactly(20)
        offers = [hello[i : i + 4] for i in range(4, 20, 4)]
        known = hello[:4] == MAGIC and any(o[3] == 5 and o[2] - o[1] <= 4 <= o[2] for o in offers)
        self.wfile.write(VERSION if known else bytes(4))
        self.wfile.flush()
        return known

    def _talk(self) -> None:
        talk = Talk(self.owner.graph, self.owner.login, f"127.0.0.1:{self.owner.port}")
        while (message := load(self._message())).tag != GOODBYE:
            for answer in talk.answers(message):
                raw = dump(answer)
                for start in range(0, len(raw), CHUNK):
                    part = raw[start : start + CHUNK]
                    self.wfile.write(len(part).to_bytes(2, "big") + part)
                self.wfile.write(b"\x00\x00")
            self.wfile.flush()

    def _message(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size = int.from_bytes(self._exactly(2), "big")
            if size:
                parts.append(self._exactly(size))
            elif parts:  # an empty chunk alone keeps the connection alive
                return b"".join(parts)

    def _exactly(self, count: int) -> bytes:
        raw = self.rfile.read(count)
        if len(raw) < count:
            raise EOFError
        return raw
