"""The gRPC half of the Weaviate stand-in: search, batches, counts, with the client's own stubs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NoReturn, Protocol

import grpc
from weaviate.proto.v1 import (
    aggregate_pb2,
    base_pb2,
    batch_delete_pb2,
    batch_pb2,
    properties_pb2,
    search_get_pb2,
    tenants_pb2,
    weaviate_pb2_grpc,
)

from engrammic.testing.fakes.weaviate_filters import compiled
from engrammic.testing.fakes.weaviate_ranking import floats, in_order, nearest
from engrammic.testing.fakes.weaviate_schema import Class, Invalid, Stored

MOST = 10_000
"""QUERY_MAXIMUM_RESULTS: offset and limit together, and what one delete takes."""

MADE = 1_760_000_000_000
"""When every object was made and changed; there is no clock here."""

USUAL = 10
"""QUERY_DEFAULTS_LIMIT."""


class Store(Protocol):
    """What the REST half keeps."""

    lock: Any
    api_key: str | None

    def class_(self, name: str) -> Class:
        """The class, else Invalid."""


class Servicer(weaviate_pb2_grpc.WeaviateServicer):
    """Answers over the classes of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Objects near a vector, or all that match, sorted or by id."""
        return self._answer(context, partial(self._search, request))

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: N802
        """How many objects match; nothing else is aggregated here."""
        return self._answer(context, partial(self._count, request))

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Insert or replace, each object on its own."""
        return self._answer(context, partial(self._put, request))

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Delete up to 10,000 of what matches."""
        return self._answer(context, partial(self._delete, request))

    def TenantsGet(self, request: Any, context: Any) -> Any:  # noqa: N802
        """No class has tenants here."""
        return self._answer(context, lambda: tenants_pb2.TenantsGetReply())

    def BatchStream(self, requests: Iterable[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        """The batch that the server paces: acknowledged, then reported, object by object."""
        reply, results = batch_pb2.BatchStreamReply, batch_pb2.BatchStreamReply.Results
        yield reply(started=reply.Started())
        for request in requests:
            if request.HasField("stop"):
                return
            given = list(request.data.objects.values)
            if not given:
                continue
            ids = [o.uuid for o in given]
            yield reply(acks=reply.Acks(uuids=ids))
            put = partial(self._put, batch_pb2.BatchObjectsRequest(objects=given))
            failed = {e.index: e.error for e in self._answer(context, put).errors}
            yield reply(
                results=results(
                    errors=[results.Error(uuid=ids[i], error=e) for i, e in failed.items()],
                    successes=[
                        results.Success(uuid=id_) for i, id_ in enumerate(ids) if i not in failed
                    ],
                )
            )

    def _answer(self, context: Any, call: Any) -> Any:
        headers = {k.lower(): v for k, v in context.invocation_metadata()}
        key = self.store.api_key
        if key is not None and headers.get("authorization") != f"Bearer {key}":
            _abort(context, grpc.StatusCode.UNAUTHENTICATED, "unauthorized: invalid api key")
        try:
            with self.store.lock:
                return call()
        except Invalid as error:
            _abort(context, grpc.StatusCode.UNKNOWN, str(error))

    def _matching(self, in_: Class, request: Any) -> list[Stored]:
        found = sorted(in_.objects.values(), key=lambda o: o.id)
        if not request.HasField("filters"):
            return found
        return list(filter(compiled(request.filters, in_), found))

    def _search(self, request: Any) -> Any:
        in_ = self.store.class_(request.collection)
        limit = request.limit or USUAL
        if request.offset + limit > MOST:
            raise Invalid("invalid pagination params: query maximum results exceeded")
        for name in ("bm25_search", "hybrid_search", "near_text", "near_object", "group_by"):
            if request.HasField(name):
                raise Invalid(f"the stand-in has no {name}")
        near = request.near_vector if request.HasField("near_vector") else None
        if request.after and (near or request.HasField("filters") or request.sort_by):
            raise Invalid("where, sort and search cannot be set with after")
        found = self._matching(in_, request)
        if near:
            ranked = nearest(in_, found, near)
        else:
            rest = [o for o in found if o.id > request.after]
            ranked = [(o, None) for o in in_order(in_, rest, request.sort_by)]
        page = ranked[request.offset : request.offset + limit]
        results = [_result(in_, o, distance, request) for o, distance in page]
        return search_get_pb2.SearchReply(took=0.001, results=results)

    def _count(self, request: Any) -> Any:
        if request.aggregations or not request.objects_count:
            raise Invalid("the stand-in counts objects, and aggregates nothing else")
        count = len(self._matching(self.store.class_(request.collection), request))
        single = aggregate_pb2.AggregateReply.Single(objects_count=count)
        return aggregate_pb2.AggregateReply(took=0.001, single_result=single)

    def _put(self, request: Any) -> Any:
        reply = batch_pb2.BatchObjectsReply(took=0.001)
        for index, given in enumerate(request.objects):
            try:
                in_ = self.store.class_(given.collection)
                properties = _given(given.properties)
                in_.put(in_.check(given.uuid, properties, _vectors(given)))
            except Invalid as error:
                reply.errors.add(index=index, error=str(error))
        return reply

    def _delete(self, request: Any) -> Any:
        in_ = self.store.class_(request.collection)
        if not request.HasField("filters"):
            raise Invalid("a delete needs a filter")
        doomed = self._matching(in_, request)[:MOST]
        if not request.dry_run:
            for stored in doomed:
                del in_.objects[stored.id]
        count = len(doomed)
        return batch_delete_pb2.BatchDeleteReply(
            took=0.001, matches=count, successful=0 if request.dry_run else count
        )


def _abort(context: Any, code: Any, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError(message)  # abort has raised


def _vectors(given: Any) -> dict[str, list[float]]:
    found = {v.name: floats(v.vector_bytes) for v in given.vectors}
    if given.vector_bytes:
        found[""] = floats(given.vector_bytes)
    return found


def _given(properties: Any) -> dict[str, Any]:
    """The properties of a batch's object; nested objects are refused."""
    if properties.object_properties or properties.object_array_properties:
        raise Invalid("the stand-in has no nested objects")
    found: dict[str, Any] = {}
    for name, value in properties.non_ref_properties.fields.items():
        kind = value.WhichOneof("kind")
        found[name] = None if kind in (None, "null_value") else getattr(value, kind)
    for kind in ("number", "int", "text", "boolean"):
        for array in getattr(properties, f"{kind}_array_properties"):
            raw = getattr(array, "values_bytes", b"")
            packed = list(struct.unpack(f"<{len(raw) // 8}d", raw)) if raw else []
            found[array.prop_name] = packed or list(array.values)
    return found | {name: [] for name in properties.empty_list_props}


def _result(in_: Class, stored: Stored, distance: float | None, request: Any) -> Any:
    asked, metadata = request.metadata, search_get_pb2.MetadataResult()
    if asked.uuid:
        metadata.id = stored.id
        metadata.id_as_bytes = bytes.fromhex(stored.id.replace("-", ""))
    if asked.creation_time_unix:
        metadata.creation_time_unix, metadata.creation_time_unix_present = MADE, True
    if asked.last_update_time_unix:
        metadata.last_update_time_unix, metadata.last_update_time_unix_present = MADE, True
    if distance is not None and asked.distance:
        metadata.distance, metadata.distance_present = distance, True
    if distance is not None and asked.certainty:
        metadata.certainty, metadata.certainty_present = 1 - distance / 2, True
    for name, vector in stored.vectors.items():
        raw = struct.pack(f"<{len(vector)}f", *vector)
        if name == "" and asked.vector:
            metadata.vector_bytes = raw
        elif name and (asked.vector or name in asked.vectors):
            single = base_pb2.Vectors.VECTOR_TYPE_SINGLE_FP32
            metadata.vectors.add(name=name, vector_bytes=raw, type=single)
    wanted = _wanted(in_, request)
    fields = {n: _valued(p["dataType"][0], stored.properties.get(n)) for n, p in wanted.items()}
    return search_get_pb2.SearchResult(
        metadata=metadata,
        properties=search_get_pb2.PropertiesResult(
            target_collection=in_.definition["class"],
            non_ref_props=properties_pb2.Properties(fields=fields),
        ),
    )


def _wanted(in_: Class, request: Any) -> dict[str, Any]:
    """The properties asked for; a blob has to be asked for by its name."""
    known, asked = in_.properties, request.properties
    if not request.HasField("properties") or asked.return_all_nonref_properties:
        return {n: p for n, p in known.items() if p["dataType"] != ["blob"]}
    unknown = [n for n in asked.non_ref_properties if n not in known]
    if unknown:
        raise Invalid(f"no such prop with name {unknown[0]!r}")
    return {n: known[n] for n in asked.non_ref_properties}


def _valued(kind: str, value: Any) -> Any:
    made = properties_pb2.Value
    if value is None:
        return made(null_value=0)
    if kind.endswith("[]"):
        return made(list_value=_list(kind[:-2], value))
    name = {"boolean": "bool_value"}.get(kind, f"{kind}_value")
    return made(**{name: value})


def _list(kind: str, values: list[Any]) -> Any:
    made = properties_pb2.ListValue
    if kind in ("int", "number"):
        raw = struct.pack(f"<{len(values)}{'q' if kind == 'int' else 'd'}", *values)
        if kind == "int":
            return made(int_values=properties_pb2.IntValues(values=raw))
        return made(number_values=properties_pb2.NumberValues(values=raw))
    if kind == "boolean":
        return made(bool_values=properties_pb2.BoolValues(values=values))
    return made(text_values=properties_pb2.TextValues(values=values))
