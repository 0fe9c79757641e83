"""What a value must be to be stored, and its one stored form: the same for every database."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from operator import index
from typing import Any, TypeAlias

import numpy as np

from engrammic.checks import check_name, check_text, shown
from engrammic.errors import InvalidInput, InvalidSchema, UnknownField
from engrammic.predicate import DEEPEST, LARGEST
from engrammic.types import Field, Kind, Record, Schema
from engrammic.units import unit

Cleaner: TypeAlias = Callable[[Record], Record]
_Rule: TypeAlias = Callable[[Any], Any]

KEY_BYTES = 512
"""A text in a key, in UTF-8, at most."""

NO_TERM = re.compile(r"[\x00-\x20\x7f]")
"""Found in a text that is no term."""

CONTROLS = bytes([*range(32), 127])
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode
_quoted = json.encoder.encode_basestring


def clean(schema: Schema, record: Record) -> Record:
    """The record in its stored form. For many records take a `cleaner` once."""
    return cleaner(schema)(record)


@lru_cache(maxsize=512)
def cleaner(schema: Schema, update: bool = False) -> Cleaner:
    """A function that gives a record's stored form: every field in schema order, absent ones None.

    JSON becomes canonical text, a vector a unit float32 array (perhaps the
    caller's own), terms one text. With `update`, only the key has to be there,
    and absent fields stay absent. Raises UnknownField, or InvalidInput that
    names the field.
    """
    for named in (schema.name, *(f.name for f in schema.fields)):
        check_name(named, "schema")
    names = frozenset(f.name for f in schema.fields)
    keys = schema.key
    texts = {f.name for f in schema.of_kind(Kind.TEXT)} - {*keys}
    steps = [(f.name, rule(schema, f), not f.nullable or f.name in keys, f.name in keys,
              f.name in texts) for f in schema.fields]  # fmt: skip

    chosen = lru_cache(64)(lambda given: [s for s in steps if s[0] in given or s[3]])

    def run(record: Record) -> Record:
        if type(record) is not dict and not isinstance(record, Mapping):
            raise InvalidInput(schema.name, f"a record is a dict, not {shown(record)}")
        cleaned: Record = {}
        absent = 0
        asked = chosen(tuple(record)) if update else steps
        for name, rule, required, key, text in asked:
            value = record.get(name)
            if value is not None:
                simple = text and type(value) is str and value.isascii() and "\0" not in value
                cleaned[name] = value if simple else rule(value)  # what the rule would find
                continue
            absent += name not in record
            if required and (not update or key or name in record):
                raise InvalidInput(f"{schema.name}.{name}", "is missing; this field is required")
            cleaned[name] = None
        if len(record) + absent != len(asked):
            unknown = next(n for n in record if n not in names)
            raise UnknownField(f"{schema.name}.{unknown}", names)
        return cleaned

    return run


def clean_update(schema: Schema, records: Sequence[Record]) -> list[Record]:
    """The stored form of an `Update`'s records, which must all hold the same fields."""
    found = list(map(cleaner(schema, True), records))
    if any(r.keys() != found[0].keys() for r in found[1:]):
        raise InvalidInput(schema.name, "records of one Update must hold the same fields")
    return found


def coerce(schema: Schema, record: Record) -> Record:
    """A driver's row as Python values, changed in place. For many rows take a `coercer` once."""
    return coercer(schema)(record)


@lru_cache(maxsize=512)
def coercer(schema: Schema) -> Cleaner:
    """A function that gives a driver's row as Python values, changed in place: it undoes `clean`.

    JSON text is read, 0 and 1 of a BOOL become bool, ints of a FLOAT float,
    and a vector's bytes a read-only float32 array.
    """
    rules: dict[Kind, _Rule] = {
        Kind.JSON: json.loads,
        Kind.BOOL: bool,
        Kind.FLOAT: float,
        Kind.VECTOR: partial(np.frombuffer, dtype=np.float32),
    }
    readers = [(f.name, rules[f.kind]) for f in schema.fields if f.kind in rules]

    def run(record: Record) -> Record:
        for name, read in readers:
            value = record.get(name)
            if value is not None:
                record[name] = read(value)
        return record

    return run


def rule(schema: Schema, field: Field) -> _Rule:
    """What gives a value of a field in its stored form, or raises InvalidInput."""
    name = f"{schema.name}.{field.name}"
    if field.name in schema.key:
        if field.kind not in _KEY_RULES:
            raise InvalidSchema(name, f"a key is text or int, not {field.kind}")
        return partial(_KEY_RULES[field.kind], name)
    if field.kind is Kind.VECTOR:
        if field.dimension is None or field.dimension < 1:
            raise InvalidSchema(name, "a vector field needs a dimension")
        return partial(unit, dimension=field.dimension, name=name)
    return partial(_RULES[field.kind], name)


def _text(name: str, value: Any) -> str:
    if type(value) is not str:
        if not isinstance(value, str):
            raise InvalidInput(name, f"want a text, not {type(value).__name__}")
        value = str.__str__(value)
    if "\0" in value or not value.isascii():
        check_text(value, name)
    return value  # type: ignore[no-any-return]


def _key_text(name: str, value: Any) -> str:
    text = _text(name, value)
    if not text:
        raise InvalidInput(name, "is empty; a key needs at least one character")
    if len(text) > KEY_BYTES // 4 and len(text.encode()) > KEY_BYTES:
        raise InvalidInput(name, f"is longer than {KEY_BYTES} bytes")
    return text


def whole(name: str, value: Any) -> int:
    """The value as an int that every database holds. Raises InvalidInput."""
    if type(value) is not int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise InvalidInput(name, f"want an int, not {type(value).__name__}")
        try:
            value = index(value)
        except TypeError as error:
            raise InvalidInput(name, f"want an int, not {shown(value)}") from error
    if not -LARGEST <= value <= LARGEST:
        raise InvalidInput(name, f"{shown(value)} is beyond plus or minus 2**53")
    return value  # type: ignore[no-any-return]


def _float(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InvalidInput(name, f"want a number, not {type(value).__name__}")
    try:
        number = float(value)
    except (OverflowError, TypeError) as error:
        raise InvalidInput(name, f"no float holds {shown(value)}") from error
    if not math.isfinite(number):
        raise InvalidInput(name, f"{number} is not finite")
    return number


def _bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise InvalidInput(name, f"want True or False, not {shown(value)}")
    return bool(value)


def _blob(name: str, value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise InvalidInput(name, f"want bytes, not {type(value).__name__}")
    return bytes(value)


def _terms(name: str, value: Any) -> str:
    if not isinstance(value, str):
        if not isinstance(value, Sequence) or not all(isinstance(t, str) for t in value):
            raise InvalidInput(name, "want terms: a sequence of texts")
        if not all(value) or any(" " in t for t in value):
            raise InvalidInput(name, "a term is not empty and contains no space")
        value = " ".join(value)
    elif "  " in value or value[:1] == " " or value[-1:] == " ":
        value = " ".join(t for t in value.split(" ") if t)
    text = _text(name, value)
    raw = text.encode()
    if len(raw.translate(None, CONTROLS)) < len(raw):
        raise InvalidInput(name, "a term contains no control character")
    return text


def canonical(name: str, value: Any) -> str:
    """JSON as text: keys sorted, no spaces, nothing escaped that need not be."""
    if type(value) is not dict or not all(map(_is_plain, value.items())):
        _check_json(name, value, 0)
        return _encode(value)
    pairs = [
        f"{_quoted(k)}:{v if type(v) is int else _quoted(v)}" for k, v in sorted(value.items())
    ]
    return f"{{{','.join(pairs)}}}"  # as `_encode`, in a third of the time


def _is_plain(pair: tuple[Any, Any]) -> bool:
    """Whether a pair of an object needs no closer look: an ASCII key, a like text or a number."""
    key, value = pair
    if type(key) is not str or not key.isascii() or "\0" in key:
        return False
    if type(value) is int:
        return -LARGEST <= value <= LARGEST
    return type(value) is str and value.isascii() and "\0" not in value


def _check_json(name: str, value: Any, depth: int) -> None:
    if isinstance(value, str):
        _text(name, value)
    elif isinstance(value, dict | list | tuple):
        if depth >= DEEPEST:
            raise InvalidInput(name, f"is nested more than {DEEPEST} deep")
        if isinstance(value, dict):
            for key in value:
                _json_key(name, key)
            value = value.values()
        for part in value:
            _check_json(name, part, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(name, f"{value} is not finite")
    elif isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise InvalidInput(name, f"{shown(value)} is beyond plus or minus 2**53")
    elif value is not None:
        raise InvalidInput(name, f"JSON has no form for {type(value).__name__}")


def _json_key(name: str, key: Any) -> None:
    if not isinstance(key, str):
        raise InvalidInput(name, f"a key of a JSON object is a text, not {shown(key)}")
    _text(name, key)


def key_value(schema: Schema, name: str, value: Any) -> Any:
    """The stored form of one value of a key. Raises InvalidInput."""
    rule = whole if schema.field(name).kind is Kind.INT else _key_text
    return rule(f"{schema.name}.{name}", value)


_KEY_RULES: dict[Kind, Callable[[str, Any], Any]] = {Kind.TEXT: _key_text, Kind.INT: whole}
_RULES: dict[Kind, Callable[[str, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.INT: whole,
    Kind.FLOAT: _float,
    Kind.BOOL: _bool,
    Kind.JSON: canonical,
    Kind.BLOB: _blob,
    Kind.TERMS: _terms,
}
