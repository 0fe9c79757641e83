"""A stand-in for Weaviate: the REST and gRPC interfaces that its client calls, in this process.

It is for tests. It keeps nothing, ranks exactly where the service
approximates, and has no vectorizers, tenants, references or BM25. What it
answers was held against a running server, 1.40.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc
from weaviate.proto.v1 import health_weaviate_pb2, weaviate_pb2_grpc

from engrammic.testing.fakes.http import Answer, JsonServer, Refused, Request
from engrammic.testing.fakes.weaviate_grpc import Servicer
from engrammic.testing.fakes.weaviate_schema import Class, Invalid, Stored, new_class

VERSION = "1.40.0"
"""The version that it claims; the client chooses its requests by it."""

MESSAGE_BYTES = 104_858_000


class WeaviateServer(JsonServer):
    """Serves while the context lasts: REST at `url`, gRPC at `grpc_port`.

    With `api_key`, requests without it are refused. While it is not `ready`, as
    one that has just been started, it finds no class's objects. Properties that a class
    lacks are refused (AUTOSCHEMA_ENABLED=false).
    """

    def __init__(self, *, api_key: str | None = None) -> None:
        super().__init__()
        self.api_key = api_key
        self.grpc_port = 0
        self.ready = True
        self._classes: dict[str, Class] = {}
        self._grpc: Any = None

    def __enter__(self) -> Self:
        super().__enter__()
        size = [("grpc.max_receive_message_length", MESSAGE_BYTES),
                ("grpc.max_send_message_length", MESSAGE_BYTES)]  # fmt: skip
        self._grpc = grpc.server(ThreadPoolExecutor(8), options=size)
        weaviate_pb2_grpc.add_WeaviateServicer_to_server(  # type: ignore[no-untyped-call]
            Servicer(self), self._grpc
        )
        self._grpc.add_generic_rpc_handlers((_health(),))
        self.grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")
        self._grpc.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._grpc.stop(None).wait()
        super().__exit__(*raised)

    def class_(self, name: str) -> Class:
        """The class of that name. Raises Invalid."""
        if not self.ready:
            raise Invalid(f"tried to browse non-existing index for {name}")
        if name not in self._classes:
            raise Invalid(f"could not find class {name} in schema")
        return self._classes[name]

    def answer(self, request: Request) -> Answer:
        """REST, below /v1."""
        if self.api_key and request.headers.get("authorization") != f"Bearer {self.api_key}":
            raise Refused(401, {"code": 401, "message": "unauthorized: invalid api key"})
        try:
            with self.lock:
                return self._route(request)
        except Invalid as error:
            raise refused(422, str(error)) from error

    def _route(self, request: Request) -> Answer:
        match request.method, *request.path[1:]:
            case _, ".well-known", "ready" | "live" as asked:
                return Answer(200 if self.ready or asked == "live" else 503)
            case "GET", "meta":
                return Answer(200, {"version": VERSION, "modules": {}, "hostname": self.url,
                                    "grpcMaxMessageSize": MESSAGE_BYTES})  # fmt: skip
            case "GET", "nodes":
                return Answer(200, {"nodes": [self._node()]})
            case method, "schema", *rest:
                return self._schema(method, [part for part in rest if part], request)
            case "POST", "objects":
                return self._insert(request.json())
            case method, "objects", name, id_:
                return self._object(method, name, id_, request)
        raise refused(404, f"path {'/'.join(request.path)} was not found")

    def _node(self) -> dict[str, Any]:
        shards = [{"name": "shard", "class": n, "objectCount": len(c.objects)}
                  for n, c in self._classes.items()]  # fmt: skip
        return {"name": "stand-in", "status": "HEALTHY", "version": VERSION, "shards": shards}

    def _schema(self, method: str, rest: list[str], request: Request) -> Answer:
        match method, rest:
            case "GET", []:
                return Answer(200, {"classes": [c.definition for c in self._classes.values()]})
            case "POST", []:
                return Answer(200, self._create(request.json()))
            case "GET", [name]:
                return Answer(200, self._found(name).definition)
            case "PUT", [name]:
                self._found(name).grow(request.json())
                return Answer(200, self._found(name).definition)
            case "DELETE", [name]:
                self._classes.pop(name, None)
                return Answer(200)
            case "POST", [name, "properties"]:
                return Answer(200, self._found(name).add(request.json()))
        raise refused(405, "method not allowed")

    def _found(self, name: str) -> Class:
        if name not in self._classes:
            raise Refused(404, None)
        return self._classes[name]

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        made = new_class(given)
        name = made.definition["class"]
        if name.lower() in {n.lower() for n in self._classes}:
            raise Invalid(f"class name {name} already exists")
        self._classes[name] = made
        return made.definition

    def _insert(self, given: dict[str, Any]) -> Answer:
        in_ = self.class_(given["class"])
        made = in_.check(given.get("id") or str(uuid.uuid4()), *_contents(given))
        if made.id in in_.objects:
            raise Invalid(f"id '{made.id}' already exists")
        in_.put(made)
        return Answer(200, _rest(in_, made))

    def _object(self, method: str, name: str, id_: str, request: Request) -> Answer:
        in_ = self._found(name)
        stored = in_.objects.get(id_)
        if stored is None:
            if method == "DELETE":
                return Answer(204)
            raise Refused(404, None)
        match method:
            case "GET" | "HEAD":
                return Answer(200, _rest(in_, stored)) if method == "GET" else Answer(204)
            case "DELETE":
                del in_.objects[id_]
                return Answer(204)
            case "PUT" | "PATCH":
                properties, vectors = _contents(request.json())
                if method == "PATCH":
                    properties = stored.properties | properties
                    vectors = stored.vectors | vectors
                in_.put(in_.check(id_, properties, vectors))
                return Answer(204 if method == "PATCH" else 200, _rest(in_, in_.objects[id_]))
        raise refused(405, "method not allowed")


def refused(status: int, message: str) -> Refused:
    """An error in the form that the client reads."""
    return Refused(status, {"error": [{"message": message}]})


def _contents(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    vectors = dict(given.get("vectors") or {})
    if given.get("vector"):
        vectors[""] = given["vector"]
    return given.get("properties") or {}, vectors


def _rest(in_: Class, stored: Stored) -> dict[str, Any]:
    return {
        "class": in_.definition["class"],
        "id": stored.id,
        "properties": stored.properties,
        "creationTimeUnix": 0,
        "lastUpdateTimeUnix": 0,
        **({"vector": stored.vectors[""]} if "" in stored.vectors else {}),
    }


def _health() -> Any:
    serving = health_weaviate_pb2.WeaviateHealthCheckResponse(status="SERVING")
    check = grpc.unary_unary_rpc_method_handler(
        lambda request, context: serving,
        request_deserializer=health_weaviate_pb2.WeaviateHealthCheckRequest.FromString,
        response_serializer=health_weaviate_pb2.WeaviateHealthCheckResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})
