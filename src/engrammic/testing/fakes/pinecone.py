"""A stand-in for Pinecone: the control and data plane that its client calls, in this process.

It is for tests. It keeps nothing, ranks exactly where the service
approximates, and is checked against public documents, not the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engrammic.testing.fakes import pinecone_rules as rules
from engrammic.testing.fakes.http import Answer, JsonServer, Refused, Request
from engrammic.testing.fakes.pinecone_data import Vectors

API_KEY = "stand-in-key"


@dataclass(slots=True)
class _Index:
    vectors: Vectors
    described: dict[str, Any]
    looks_left: int


class PineconeServer(JsonServer):
    """Serves indexes while the context lasts; `url` is the control plane.

    `lag`: seconds until a write is visible. `looks`: how often an index is
    described as not ready before it is. An index is where its client found the
    server: the two may have a relay between them.
    """

    def __init__(self, *, api_key: str = API_KEY, lag: float = 0.0, looks: int = 0) -> None:
        super().__init__()
        self.api_key, self.lag, self.looks = api_key, lag, looks
        self._indexes: dict[str, _Index] = {}

    def answer(self, request: Request) -> Answer:
        """The control plane under /indexes, the data plane under /index/<name>."""
        if request.headers.get("api-key") != self.api_key:
            raise Refused(401, _error("UNAUTHENTICATED", "Invalid API Key", 401))
        first, *rest = request.path
        with self.lock:
            if first == "indexes":
                return self._control(request, rest)
            if first == "index" and rest:
                return self._data(request, rest[0], tuple(rest[1:]))
        raise Refused(404, _error("NOT_FOUND", f"no such path: {'/'.join(request.path)}", 404))

    def _data(self, request: Request, name: str, path: tuple[str, ...]) -> Answer:
        index = self._named(name)
        if index.looks_left > 0:
            raise rules.refused("the index is not ready", 400)
        return index.vectors.answer(request, path)

    def _control(self, request: Request, rest: list[str]) -> Answer:
        match request.method, rest:
            case "GET", []:
                return Answer(200, {"indexes": [i.described for i in self._indexes.values()]})
            case "POST", []:
                return self._create(_parsed(request), request.headers["host"])
            case "GET", [name]:
                return Answer(200, self._look(name))
            case "PATCH", [name]:
                return self._configure(name, _parsed(request))
            case "DELETE", [name]:
                return self._delete(name)
        raise Refused(404, _error("NOT_FOUND", "no such path", 404))

    def _named(self, name: str) -> _Index:
        if name not in self._indexes:
            raise Refused(404, _error("NOT_FOUND", f"Resource {name} not found", 404))
        return self._indexes[name]

    def _look(self, name: str) -> dict[str, Any]:
        index = self._named(name)
        if index.looks_left > 0:
            index.looks_left -= 1
        if index.looks_left == 0:
            index.described["status"] = {"ready": True, "state": "Ready"}
        return index.described

    def _create(self, body: dict[str, Any], host: str) -> Answer:
        known = {"name", "schema", "deployment", "deletion_protection", "tags", "read_capacity"}
        if unknown := body.keys() - known:
            raise _invalid(f"unknown field `{min(unknown)}`")
        name = body.get("name")
        if not isinstance(name, str) or not rules.INDEX_NAME.fullmatch(name):
            raise _invalid("Name must be 1-45 characters of a-z, 0-9 and '-', no '-' at an end")
        if name in self._indexes:
            raise Refused(409, _error("ALREADY_EXISTS", f"Resource {name} already exists", 409))
        dimension, metric = _dense(body.get("schema"))
        self._indexes[name] = _Index(
            Vectors(dimension, metric, self.lag), self._described(name, body, host), self.looks
        )
        return Answer(201, self._indexes[name].described)

    def _described(self, name: str, body: dict[str, Any], host: str) -> dict[str, Any]:
        ready = self.looks == 0
        deployment = body.get("deployment") or {}
        if deployment.get("deployment_type") != "managed":
            raise _invalid("the stand-in has managed (serverless) deployments only")
        return {
            "name": name,
            "host": f"http://{host}/index/{name}",
            "status": {"ready": ready, "state": "Ready" if ready else "Initializing"},
            "schema": body["schema"],
            "deployment": {**deployment, "environment": "stand-in"},
            "deletion_protection": body.get("deletion_protection", "disabled"),
            "tags": body.get("tags"),
        }

    def _configure(self, name: str, body: dict[str, Any]) -> Answer:
        index = self._named(name)
        if unknown := body.keys() - {"deletion_protection", "tags"}:
            raise _invalid(f"unknown field `{min(unknown)}`")
        index.described |= body
        return Answer(200, index.described)

    def _delete(self, name: str) -> Answer:
        if self._named(name).described["deletion_protection"] == "enabled":
            raise Refused(403, _error("FORBIDDEN", f"Deletion protection is on for {name}", 403))
        del self._indexes[name]
        return Answer(202, {})


def _dense(schema: Any) -> tuple[int, str]:
    """Dimension and metric of the one dense field that the vectors API serves."""
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, dict) or list(fields) != ["_values"]:
        raise _invalid("the stand-in serves schemas of one dense field `_values`")
    dense = fields["_values"]
    dimension, metric = dense.get("dimension"), dense.get("metric")
    if type(dimension) is not int or not 1 <= dimension <= rules.DIMENSIONS:
        raise _invalid(f"dimension must be 1 to {rules.DIMENSIONS}")
    if metric not in ("cosine", "dotproduct", "euclidean"):
        raise _invalid(f"unknown metric {metric!r}")
    return dimension, metric


def _parsed(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError as error:
        raise _invalid(f"no JSON: {error}") from error
    if not isinstance(body, dict):
        raise _invalid("expected an object")
    return body


def _invalid(message: str) -> Refused:
    return Refused(400, _error("INVALID_ARGUMENT", message, 400))


def _error(code: str, message: str, status: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}, "status": status}
