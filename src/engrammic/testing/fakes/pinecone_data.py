"""The data plane of the Pinecone stand-in: one index, its namespaces, the verbs over vectors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from engrammic.testing.fakes import pinecone_rules as rules
from engrammic.testing.fakes.http import Answer, Request
from engrammic.testing.fakes.pinecone_rules import Matches, check_fields, refused
from engrammic.testing.fakes.pinecone_space import Namespace, Stored, page_of, usage, whole

RISKY = 80
"""So many results of 40 KB and a vector can exceed what one answer may hold."""


class Vectors:
    """One index. `lag` is how many seconds a write stays invisible to every read."""

    def __init__(self, dimension: int, metric: str, lag: float) -> None:
        self.dimension, self.metric, self.lag = dimension, metric, lag
        self.namespaces: dict[str, Namespace] = {}
        self._verbs: dict[tuple[str, ...], Callable[[Request], Answer]] = {
            ("POST", "vectors", "upsert"): self.upsert,
            ("POST", "vectors", "update"): self.update,
            ("POST", "vectors", "delete"): self.delete,
            ("POST", "vectors", "fetch_by_metadata"): self.fetch_by_metadata,
            ("GET", "vectors", "fetch"): self.fetch,
            ("GET", "vectors", "list"): self.list_ids,
            ("POST", "query"): self.query,
            ("POST", "describe_index_stats"): self.stats,
            ("GET", "namespaces"): self.list_namespaces,
        }

    def answer(self, request: Request, path: tuple[str, ...]) -> Answer:
        """The answer of the data plane to the path below the index."""
        for space in self.namespaces.values():
            space.settle(time.monotonic())
        if len(path) == 2 and path[0] == "namespaces":
            return self._namespace(request.method, path[1])
        verb = self._verbs.get((request.method, *path))
        if verb is None:
            raise refused(f"no such path: {request.method} /{'/'.join(path)}", 404)
        return verb(request)

    def _body(self, request: Request, *known: str) -> tuple[dict[str, Any], str]:
        try:
            body = request.json()
        except ValueError as error:
            raise refused(f"the request is no JSON: {error}") from error
        name = check_fields(body, (*known, "namespace"), "request").get("namespace") or ""
        return body, self._name(name)

    def _name(self, name: str) -> str:
        return rules.check_name(name, "namespace") if name else "__default__"

    def _seen(self, name: str) -> dict[str, Stored]:
        return self.namespaces[name].vectors if name in self.namespaces else {}

    def _write(self, name: str, write: Callable[[], Any], body: dict[str, Any]) -> Answer:
        space = self.namespaces.setdefault(name, Namespace())
        space.accepted += 1
        space.waiting.append((time.monotonic() + self.lag, write))
        if not self.lag:
            space.settle(time.monotonic())
        return Answer(200, body, {"x-pinecone-request-lsn": str(space.accepted)})

    def upsert(self, request: Request) -> Answer:
        """Insert or replace up to 1,000 vectors and 2 MB."""
        if len(request.raw) > rules.REQUEST_BYTES:
            raise refused("Request size exceeds the maximum supported size of 2097152 bytes")
        body, name = self._body(request, "vectors")
        given = body.get("vectors")
        if not isinstance(given, list) or not 1 <= len(given) <= rules.UPSERT_VECTORS:
            raise refused(f"want 1 to {rules.UPSERT_VECTORS} vectors in one upsert")
        ready = [self._vector(v) for v in given]
        if len({v["id"] for v in ready}) != len(ready):
            raise refused("Duplicate ids in one upsert")

        def write() -> None:
            self.namespaces[name].vectors.update({v["id"]: v for v in ready})

        return self._write(name, write, {"upsertedCount": len(ready)})

    def _vector(self, given: Any) -> Stored:
        check_fields(given, ("id", "values", "metadata"), "vector")
        found = Stored(
            id=rules.check_name(given.get("id"), "Vector ID"),
            values=rules.check_values(given.get("values"), self.dimension),
        )
        if "metadata" in given:
            found["metadata"] = rules.check_metadata(given["metadata"])
        return found

    def update(self, request: Request) -> Answer:
        """Change one vector by id, or the metadata of all that match a filter."""
        known = ("id", "values", "setMetadata", "filter", "dryRun")
        body, name = self._body(request, *known)
        changed = rules.check_metadata(body.get("setMetadata", {}))
        values = rules.check_values(body["values"], self.dimension) if "values" in body else None
        if ("id" in body) is ("filter" in body):
            raise refused("want an id or a filter")
        matches = rules.compiled(body["filter"]) if "filter" in body else None
        chosen = self._matching(name, matches) if matches else self._by_id(name, [body["id"]])
        merged = [rules.check_metadata(v.get("metadata", {}) | changed) for v in chosen]

        def write() -> None:
            for vector, metadata in zip(chosen, merged, strict=True):
                vector.update({"metadata": metadata} | ({"values": values} if values else {}))
                vector.text = ""

        if body.get("dryRun"):
            return Answer(200, {"matchedRecords": len(chosen)})
        return self._write(name, write, {"matchedRecords": len(chosen)} if matches else {})

    def delete(self, request: Request) -> Answer:
        """Delete by ids, by filter or everything; a namespace that is not there is an error."""
        body, name = self._body(request, "ids", "deleteAll", "filter")
        if sum((bool(body.get("deleteAll")), "ids" in body, "filter" in body)) != 1:
            raise refused("want one of ids, deleteAll and filter")
        matches = rules.compiled(body["filter"]) if "filter" in body else None
        ids = self._ids(body["ids"]) if "ids" in body else []
        if name not in self.namespaces:
            raise refused("Namespace not found", 404)

        def write() -> None:
            everything = list(self.namespaces[name].vectors.values())
            named = self._matching(name, matches) if matches else self._by_id(name, ids)
            self._drop(name, everything if body.get("deleteAll") else named)

        return self._write(name, write, {})

    def _drop(self, name: str, doomed: Iterable[Stored]) -> None:
        for vector in doomed:
            del self.namespaces[name].vectors[vector["id"]]

    def _ids(self, ids: Any) -> list[str]:
        if not isinstance(ids, list) or not 1 <= len(ids) <= rules.BY_ID:
            raise refused(f"want 1 to {rules.BY_ID} ids")
        return [rules.check_name(i, "Vector ID") for i in ids]

    def _by_id(self, name: str, ids: list[str]) -> list[Stored]:
        seen = self._seen(name)
        return [seen[i] for i in dict.fromkeys(ids) if i in seen]

    def _matching(self, name: str, matches: Matches) -> list[Stored]:
        return [v for v in self._seen(name).values() if matches(v.get("metadata", {}))]

    def fetch(self, request: Request) -> Answer:
        """Vectors by id; what is absent is left out."""
        name = self._name(request.one("namespace"))
        found = self._by_id(name, self._ids(request.query.get("ids", [])))
        return Answer(200, whole(found, {"namespace": name}))

    def fetch_by_metadata(self, request: Request) -> Answer:
        """A page of the vectors that match a filter, 100 unless told."""
        body, name = self._body(request, "filter", "limit", "paginationToken")
        limit = body.get("limit", 100)
        if type(limit) is not int or not 1 <= limit <= rules.TOP_K:
            raise refused(f"limit must be 1 to {rules.TOP_K}")
        found = self._matching(name, rules.compiled(body.get("filter")))
        page, more = page_of(found, limit, body.get("paginationToken") or "")
        answer = whole(page, {"namespace": name} | more)
        if len(answer) > rules.RESULT_BYTES:
            raise refused("the result exceeds 4 MB; ask for less")
        return Answer(200, answer)

    def list_ids(self, request: Request) -> Answer:
        """A page of ids with a prefix, in their order; 100 at most."""
        limit = request.one("limit", str(rules.LIST_PAGE))
        if not limit.isdigit() or not 1 <= int(limit) <= rules.LIST_PAGE:
            raise refused(f"limit must be 1 to {rules.LIST_PAGE}")
        name, prefix = self._name(request.one("namespace")), request.one("prefix")
        found = [v for i, v in self._seen(name).items() if i.startswith(prefix)]
        page, more = page_of(found, int(limit), request.one("paginationToken"))
        ids = [{"id": v["id"]} for v in page]
        return Answer(200, usage({"vectors": ids, "namespace": name} | more))

    def query(self, request: Request) -> Answer:
        """The nearest to a vector or to a stored one, best first."""
        known = ("topK", "vector", "id", "filter", "includeValues", "includeMetadata")
        body, name = self._body(request, *known)
        values, payload = bool(body.get("includeValues")), bool(body.get("includeMetadata"))
        most = rules.TOP_K_WITH_PAYLOAD if values or payload else rules.TOP_K
        top = body.get("topK")
        if type(top) is not int or not 1 <= top <= most:
            raise refused(f"topK must be 1 to {most}")
        target = self._target(name, body)
        matches = rules.compiled(body["filter"]) if "filter" in body else lambda _: True
        found = self._matching(name, matches) if target is not None else []
        hits = [_hit(v, s, values, payload) for v, s in self._ranked(found, target)[:top]]
        space = self.namespaces.get(name)
        lsn = {"x-pinecone-max-indexed-lsn": str(space.indexed)} if space else {}
        return Answer(200, _small(usage({"matches": hits, "namespace": name})), lsn)

    def _target(self, name: str, body: dict[str, Any]) -> Any:
        if ("vector" in body) is ("id" in body):
            raise refused("want a vector or an id")
        if "vector" in body:
            return np.array(rules.check_values(body["vector"], self.dimension))
        found = self._by_id(name, self._ids([body["id"]]))
        return np.array(found[0]["values"]) if found else None

    def _ranked(self, found: list[Stored], target: Any) -> list[tuple[Any, float]]:
        if not found:
            return []
        matrix = np.array([v["values"] for v in found])
        scores = matrix @ target
        if self.metric == "cosine":
            scores = scores / (np.linalg.norm(matrix, axis=1) * np.linalg.norm(target))
        elif self.metric == "euclidean":
            scores = -((matrix - target) ** 2).sum(axis=1)
        order = np.argsort(-scores, kind="stable")
        return [(found[i], float(scores[i])) for i in order]

    def stats(self, request: Request) -> Answer:
        """Counts by namespace. Serverless indexes refuse a filter here."""
        body, _ = self._body(request, "filter")
        if body.get("filter"):
            raise refused("Serverless indexes do not support describing stats with a filter")
        counts = {n: len(s.vectors) for n, s in self.namespaces.items() if s.vectors}
        return Answer(200, {
            "namespaces": {n: {"vectorCount": c} for n, c in counts.items()},
            "dimension": self.dimension, "indexFullness": 0, "metric": self.metric,
            "totalVectorCount": sum(counts.values()), "vectorType": "dense",
        })  # fmt: skip

    def list_namespaces(self, request: Request) -> Answer:
        """A page of namespaces with a prefix."""
        limit, prefix = int(request.one("limit", "100")), request.one("prefix")
        if not 1 <= limit <= rules.LIST_PAGE:
            raise refused(f"limit must be 1 to {rules.LIST_PAGE}")
        chosen = [
            {"id": n} for n, s in self.namespaces.items() if s.vectors and n.startswith(prefix)
        ]
        page, more = page_of(chosen, limit, request.one("paginationToken"))
        described = [self._described(n["id"]) for n in page]
        return Answer(200, {"namespaces": described, "total_count": len(chosen)} | more)

    def _namespace(self, method: str, name: str) -> Answer:
        if name not in self.namespaces:
            raise refused("Namespace not found", 404)
        if method == "DELETE":
            del self.namespaces[name]
            return Answer(202, {})
        return Answer(200, self._described(name))

    def _described(self, name: str) -> dict[str, Any]:
        return {"name": name, "record_count": str(len(self.namespaces[name].vectors))}


def _hit(vector: dict[str, Any], score: float, values: bool, payload: bool) -> dict[str, Any]:
    hit = {"id": vector["id"], "score": score}
    if values:
        hit["values"] = vector["values"]
    if payload and "metadata" in vector:
        hit["metadata"] = vector["metadata"]
    return hit


def _small(body: dict[str, Any]) -> dict[str, Any]:
    if len(body["matches"]) > RISKY and len(json.dumps(body)) > rules.RESULT_BYTES:
        raise refused("the result exceeds 4 MB; ask for less")
    return body
