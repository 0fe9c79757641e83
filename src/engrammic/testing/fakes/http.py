"""A small JSON server in a thread, on a free port of 127.0.0.1: what the stand-ins are made of."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    """A status, a body that becomes JSON (None is an empty one), and headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The answer to a request that is refused."""

    def __init__(self, status: int, body: Any) -> None:
        self.answer = Answer(status, body)
        super().__init__(f"{status}: {body}")


class JsonServer:
    """Serves while the context lasts; leaving it also cuts the connections that clients keep."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None

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
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
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


class _Handler(BaseHTTPRequestHandler):
    owner: JsonServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.owner.connected(self.connection)

    def finish(self) -> None:
        self.owner.disconnected(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A stand-in is silent."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            tuple(unquote(p) for p in parts.path.split("/")[1:]),
            parse_qs(parts.query, keep_blank_values=True),
            {k.lower(): v for k, v in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        try:
            answer = self.owner.answer(request)
        except Refused as refused:
            answer = refused.answer
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        empty = answer.body is None or answer.status == 204
        body = b"" if empty else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815
