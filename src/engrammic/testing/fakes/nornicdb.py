"""A stand-in for NornicDB: the statements of the backend over Bolt and HTTP, nothing else.

It is no database and knows no Cypher: a statement that is not in its list is a
syntax error.
"""

from __future__ import annotations

import base64
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import quote

from engrammic.testing.fakes.http import Answer, JsonServer, Request
from engrammic.testing.fakes.nornicdb_bolt import BoltServer
from engrammic.testing.fakes.nornicdb_graph import Graph, Wrong

DATABASE = "nornic"


class NornicdbServer:
    """Both wires over one graph, for one user, while the context lasts."""

    def __init__(self, user: str, password: str) -> None:
        self.graph = Graph()
        self._login = (user, password)
        self._bolt = BoltServer(self.graph, self._login)
        self._http = HttpServer(self.graph, self._login)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._bolt)
        self._stack.enter_context(self._http)
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
        return self.url(self._http.port)

    def url(self, port: int) -> str:
        """A URL with the right user and password."""
        user, password = (quote(part, safe="") for part in self._login)
        return f"nornicdb://{user}:{password}@127.0.0.1:{port}/{DATABASE}"


class HttpServer(JsonServer):
    """`POST /db/nornic/tx/commit`: statements up to the first that fails."""

    def __init__(self, graph: Graph, login: tuple[str, str]) -> None:
        super().__init__()
        self._graph = graph
        self._token = "Basic " + base64.b64encode(":".join(login).encode()).decode()

    def answer(self, request: Request) -> Answer:
        """As the server: status 200 with a list of errors, 401 for a stranger."""
        if request.headers.get("authorization") != self._token:
            refused = Wrong("Neo.ClientError.Security.Unauthorized", "invalid credentials")
            return Answer(401, _body([], refused))
        match (request.method, *request.path):
            case ("POST", "db", database, "tx", "commit"):
                return self._committed(database, request)
        return Answer(404, {"error": "not found"})

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
