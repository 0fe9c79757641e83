"""A small JSON server in a thread, on a free port of 127.0.0.1: what the stand-ins are made of."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked: path segments are decoded, header names in lower case."""

    method: str
    path: tuple[str, ...]
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:
        """The body. Raises ValueError where it is no JSON."""
        return json.loads(self.raw or b"{}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body that becomes JSON (bytes are JSON, None is empty), and headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The answer to a request that is refused."""

    def __init__(self, status: int, body: Any) -> None:
        self.answer = Answer(status, body)
        super().__init__(f"{status}: {body}")


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class JsonServer:
    """Serves while the context lasts; leaving it also cuts the connections that clients keep."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._server: _Server | None = None

    def answer(self, request: Request) -> Answer:
        """The answer to one request; called in that connection's thread."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its root, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def connected(self, connection: socket.socket) -> None:
        """Remember a connection, to cut it at the end."""
        self._open.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        """Forget a connection that is closed."""
        self._open.discard(connection)


class _Handler(StreamRequestHandler):
    """HTTP/1.1 as far as the clients speak it: http.server is many times slower."""

    owner: JsonServer
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        self.owner.connected(self.connection)
        try:
            while (request := self._read()) is not None:
                try:
                    answer = self.owner.answer(request)
                except Refused as refused:
                    answer = refused.answer
                self._send(request.method, answer)
        except ConnectionError:
            return  # the client went away
        finally:
            self.owner.disconnected(self.connection)

    def _read(self) -> Request | None:
        """The next request of the connection, None at its end."""
        start = self.rfile.readline().decode("latin-1").split()
        if len(start) != 3:
            return None
        headers: dict[str, str] = {}
        while (line := self.rfile.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        parts = urlsplit(start[1])
        return Request(
            start[0],
            tuple(unquote(p) for p in parts.path.split("/")[1:]),
            parse_qs(parts.query, keep_blank_values=True) if parts.query else {},
            headers,
            self.rfile.read(int(headers.get("content-length", 0))),
        )

    def _send(self, method: str, answer: Answer) -> None:
        empty = answer.body is None or answer.status == 204
        body = b"" if empty else _json(answer.body)
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != 204:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if method != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
