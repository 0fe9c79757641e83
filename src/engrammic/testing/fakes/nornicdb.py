"""A stand-in for NornicDB: the statements of the backend over Bolt and HTTP, nothing else.

It is no database and knows no Cypher: a statement that is not in its list is a
syntax error.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

from engrammic.testing.fakes.http import Answer, JsonServer, Request
from engrammic.testing.fakes.nornicdb_bolt import BoltServer
from engrammic.testing.fakes.nornicdb_graph import Graph, Wrong

DATABASE = "nornic"
PATIENCE = 5


class NornicdbServer:
    """Both wires over one graph, for one user, while the context lasts."""

    def __init__(self, user: str, password: str) -> None:
        self.graph = Graph()
        self._login = (user, password)
        self._bolt = BoltServer(self.graph, self._login)
        self.http = HttpServer(self.graph, self._login)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._bolt)
        self._stack.enter_context(self.http)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def bolt_url(self) -> str:
        """The backend's URL over Bolt, without options."""
        return self.url(self._bolt.port)

    @property
    def rest_url(self) -> str:
        """The backend's URL over HTTP, but for `transport=rest`."""
        return self.url(self.http.port)

    def url(self, port: int) -> str:
        """A URL with the right user and password."""
        user, password = (quote(part, safe="") for part in self._login)
        return f"nornicdb://{user}:{password}@127.0.0.1:{port}/{DATABASE}"


class HttpServer(JsonServer):
    """`POST /auth/token`, and `POST /db/nornic/tx/commit` up to the first that fails."""

    def __init__(self, graph: Graph, login: tuple[str, str]) -> None:
        super().__init__()
        self._graph = graph
        self._login = {"username": login[0], "password": login[1]}
        self._tokens: set[str] = set()
        self._wrong = 0

    def expire(self) -> None:
        """Let no token be good any more."""
        self._tokens.clear()

    def answer(self, request: Request) -> Answer:
        """As the server: status 200 with a list of errors, 401 for a stranger."""
        match (request.method, *request.path):
            case ("POST", "auth", "token"):
                return self._token(request.json())
            case ("POST", "db", database, "tx", "commit"):
                if request.headers.get("authorization", "") in self._tokens:
                    return self._committed(database, request)
                code = "Neo.ClientError.Security.Unauthorized"
                return Answer(401, _body([], Wrong(code, "invalid or expired token")))
        return Answer(404, {"error": "not found"})

    def _token(self, login: Any) -> Answer:
        """After five wrong passwords the right one is refused as well, there for 15 minutes."""
        if self._wrong >= PATIENCE:
            return Answer(429, {"code": 429, "error": True, "message": "account locked"})
        if login != self._login:
            self._wrong += 1
            return Answer(401, {"code": 401, "error": True, "message": "invalid credentials"})
        self._wrong = 0
        token = uuid4().hex
        self._tokens.add(f"Bearer {token}")
        return Answer(200, {"access_token": token, "token_type": "Bearer", "scope": "default"})

    def _committed(self, database: str, request: Request) -> Answer:
        results: list[Any] = []
        try:
            _check(database)
            for asked in request.json()["statements"]:
                found = self._graph.run(asked["statement"], asked.get("parameters") or {})
                data = [{"row": row, "meta": [None] * len(row)} for row in found.rows]
                results.append({"columns": found.columns, "data": data})
        except Wrong as wrong:
            return Answer(200, _body(results, wrong))
        return Answer(200, _body(results))


def _check(database: str) -> None:
    if database != DATABASE:
        code = "Neo.ClientError.Database.DatabaseNotFound"
        raise Wrong(code, f"Database '{database}' not found")


def _body(results: list[Any], wrong: Wrong | None = None) -> dict[str, Any]:
    errors = [] if wrong is None else [{"code": wrong.code, "message": str(wrong)}]
    return {"results": results, "errors": errors}
