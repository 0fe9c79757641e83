"""What Pinecone takes and refuses, from its public documents: records, requests, filters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from engrammic.testing.fakes.http import Refused

Metadata: TypeAlias = dict[str, Any]
Matches: TypeAlias = Callable[[Metadata], bool]

METADATA_BYTES = 40 * 1024
REQUEST_BYTES = 2 * 1024 * 1024
RESULT_BYTES = 4 * 1024 * 1024
UPSERT_VECTORS = 1000
BY_ID = 1000
"""Ids in one fetch or one delete."""
LIST_PAGE = 100
TOP_K = 10_000
TOP_K_WITH_PAYLOAD = 1_000
SET_VALUES = 10_000
DIMENSIONS = 20_000
NAME_LENGTH = 512
INDEX_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?")


def refused(message: str, status: int = 400) -> Refused:
    """The data plane's form of an error; gRPC's number for it in `code`."""
    code = {400: 3, 401: 16, 404: 5}.get(status, 3)
    return Refused(status, {"code": code, "message": message, "details": []})


def check_fields(body: Any, known: Collection[str], what: str) -> dict[str, Any]:
    """The object, if it has no field that the service doesn't know."""
    if not isinstance(body, dict):
        raise refused(f"{what}: expected an object")
    unknown = [name for name in body if name not in known]
    if unknown:
        raise refused(f"{what}: unknown field {unknown[0]!r}")
    return body


def check_name(value: Any, what: str) -> str:
    """A vector's id or a namespace: 1 to 512 ASCII characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_LENGTH:
        raise refused(f"{what} must be 1 to {NAME_LENGTH} characters")
    if not value.isascii() or "\0" in value:
        raise refused(f"{what} must be ASCII without NUL")
    return value


def check_values(values: Any, dimension: int) -> list[float]:
    """A dense vector of the index's dimension with a value that is not zero."""
    if not isinstance(values, list) or not all(_number(v) for v in values):
        raise refused("Vector values must be a list of finite numbers")
    if len(values) != dimension:
        raise refused(
            f"Vector dimension {len(values)} does not match the dimension of the index {dimension}"
        )
    if not any(values):
        raise refused("Dense vectors must contain at least one non-zero value")
    return [float(v) for v in values]


def check_metadata(metadata: Any) -> Metadata:
    """The metadata as stored: every number a float."""
    if not isinstance(metadata, dict):
        raise refused("metadata must be an object")
    for name, value in metadata.items():
        if name.startswith("$"):
            raise refused(f"metadata key {name!r} must not start with '$'")
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            continue
        if not (isinstance(value, bool | str) or _number(value)):
            raise refused(
                "Metadata value must be a string, number, boolean or list of strings, "
                f"got {json.dumps(value)[:60]!r} for field {name!r}"
            )
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > METADATA_BYTES:
        raise refused(
            f"Metadata size is {size} bytes, which exceeds the limit of {METADATA_BYTES} bytes "
            "per vector"
        )
    return {n: float(v) if _number(v) else v for n, v in metadata.items()}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def compiled(where: Any) -> Matches:
    """A metadata filter as a function. Raises Refused for what the service doesn't take."""
    if not isinstance(where, dict) or not where:
        raise refused("Empty or malformed filter")
    parts = [_clause(name, value) for name, value in where.items()]
    return lambda metadata: all(p(metadata) for p in parts)


def _clause(name: str, value: Any) -> Matches:
    if name in ("$and", "$or"):
        if not isinstance(value, list) or not value:
            raise refused(f"the {name} operator must be followed by a non-empty list")
        parts = [compiled(v) for v in value]
        join = all if name == "$and" else any
        return lambda metadata: join(p(metadata) for p in parts)
    if name.startswith("$"):
        raise refused(f"{name} is not a valid operator")
    tests = value if isinstance(value, dict) else {"$eq": value}
    if not tests:
        raise refused(f"no operator for field {name!r}")
    checks = [_test(op, operand) for op, operand in tests.items()]
    return lambda metadata: all(c(metadata.get(name)) for c in checks)


def _test(op: str, operand: Any) -> Callable[[Any], bool]:
    """A function of the stored value, None where the field is absent."""
    if op in ("$eq", "$ne"):
        if not isinstance(operand, str | bool) and not _number(operand):
            raise refused(f"the {op} operator must be followed by a string, number or boolean")
        return lambda found: _equal(found, operand) is (op == "$eq")
    if op in ("$in", "$nin"):
        return _within(op, operand)
    if op in _ORDER:
        if not _number(operand):
            raise refused(f"the {op} operator must be followed by a number, got {operand!r}")
        return lambda found: isinstance(found, float) and _ORDER[op](found, operand)
    if op == "$exists" and isinstance(operand, bool):
        return lambda found: (found is not None) is operand
    raise refused(f"{op} is not a valid operator here")


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
}


def _within(op: str, operand: Any) -> Callable[[Any], bool]:
    if not isinstance(operand, list) or not operand:
        raise refused(f"the {op} operator must be followed by a non-empty list")
    if len(operand) > SET_VALUES:
        raise refused(f"the {op} operator takes at most {SET_VALUES} values")
    if not all(isinstance(v, str | bool) or _number(v) for v in operand):
        raise refused(f"the {op} operator must be followed by a list of strings or numbers")
    wanted = {_typed(v) for v in operand}
    return lambda found: (
        (any(_typed(v) in wanted for v in (found if isinstance(found, list) else (found,))))
        is (op == "$in")
    )


def _equal(found: Any, operand: Any) -> bool:
    if isinstance(found, list):
        return operand in found
    return bool(_typed(found) == _typed(operand))


def _typed(value: Any) -> Any:
    """Apart where Python is not: True is no 1."""
    return (bool, value) if isinstance(value, bool) else value
