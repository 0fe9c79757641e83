"""Many records brought into their stored form at once: column by column, where all is plain."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import NoneType
from typing import Any, TypeAlias, overload

import numpy as np

from engrammic.changes import Change, Put, Update
from engrammic.checks import is_storable
from engrammic.errors import InvalidInput
from engrammic.predicate import LARGEST, check_filter
from engrammic.records import CONTROLS, KEY_BYTES, clean_update, cleaner, rule
from engrammic.types import Field, Kind, Record, Schema
from engrammic.units import are_units

_Column: TypeAlias = Sequence[Any]
_Types: TypeAlias = set[type]

MANY = 16
"""Fewer records are looked at one by one: that is as quick."""


class Columns(Sequence[Record]):
    """Records held by field; who reads them as records gets new ones.

    The fields in `stored` are in their stored form.
    """

    def __init__(
        self, columns: Mapping[str, _Column], count: int, stored: Collection[str] = ()
    ) -> None:
        self._columns = columns
        self._count = count
        self.stored = stored

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Columns: ...
    def __getitem__(self, at: int | slice) -> Record | Columns:
        if isinstance(at, slice):
            part = {name: column[at] for name, column in self._columns.items()}
            return Columns(part, len(range(*at.indices(self._count))), self.stored)
        return {name: column[at] for name, column in self._columns.items()}

    def __iter__(self) -> Iterator[Record]:
        names = tuple(self._columns)
        for row in zip(*self._columns.values(), strict=True):
            yield dict(zip(names, row, strict=True))

    def of(self, name: str) -> _Column:
        """The values of one field."""
        return self._columns[name]

    def fields(self) -> dict[str, _Column]:
        """The values by field."""
        return dict(self._columns)

    def beside(self, columns: Mapping[str, _Column], stored: Collection[str] = ()) -> Columns:
        """The same records with further fields, of which those in `stored` are in that form."""
        return Columns({**self._columns, **columns}, self._count, {*self.stored, *stored})


def ahead(
    schema: Schema, records: Sequence[Record], late: Collection[str], known: Collection[str] = ()
) -> Columns | None:
    """Records with all but their `late` fields, which are not there yet, in their stored form.

    Fields that are `known` are in it already. None where these are few, or not plain: then
    `cleaned` does it, and finds what is wrong.
    """
    if len(records) < MANY:
        return None
    columns = _columns(records)
    if columns is None:
        return None
    given = {name: column for name, column in columns.items() if name not in late}
    fields = [field for field in schema.fields if field.name not in late]
    try:
        stored = _in_form(schema, fields, given, len(records), known)
    except InvalidInput:
        return None
    return None if stored is None else Columns(stored, len(records), stored.keys())


def clean_all(schema: Schema, records: Sequence[Record]) -> list[Record]:
    """As `clean` for each of the records, and with its errors."""
    found = cleaned(schema, records)
    return found if isinstance(found, list) else list(found)


def cleaned(schema: Schema, records: Sequence[Record]) -> list[Record] | Columns:
    """As `clean_all`, by column where that is how it was done.

    What a batch holds is mostly plain: of the right type, and storable. A look at
    a whole column shows that in a tenth of the time that its values take one by one.
    """
    found = None
    if len(records) >= MANY:
        try:
            found = _by_column(schema, records)
        except InvalidInput:
            found = None  # raised again below, for the first record at fault
    return list(map(cleaner(schema), records)) if found is None else found


def prepared(change: Change, schema: Schema) -> Change:
    """The change with its records in stored form; its filter is checked. Raises InvalidInput."""
    if isinstance(change, Put):
        return Put(change.table, clean_all(schema, change.records))
    if isinstance(change, Update):
        return Update(change.table, clean_update(schema, change.records))
    check_filter(change.where, schema)
    return change


def _by_column(schema: Schema, records: Sequence[Record]) -> Columns | None:
    """The records in their stored form, None where they differ in their fields or want some."""
    columns = _columns(records)
    if columns is None:
        return None
    known = records.stored if isinstance(records, Columns) else ()
    stored = _in_form(schema, schema.fields, columns, len(records), known)
    return None if stored is None else Columns(stored, len(records), stored.keys())


def _in_form(
    schema: Schema,
    fields: Iterable[Field],
    columns: dict[str, _Column],
    count: int,
    known: Collection[str] = (),
) -> dict[str, _Column] | None:
    """The columns of some fields in stored form, as those that are `known` are already."""
    stored: dict[str, _Column] = {}
    for field in fields:
        column = columns.pop(field.name, None)
        if column is not None and field.name in known:
            stored[field.name] = column
            continue
        required = not field.nullable or field.name in schema.key
        if column is None:
            if required:
                return None
            stored[field.name] = [None] * count
            continue
        types = {*map(type, column)}
        if required and NoneType in types:
            return None
        stored[field.name] = _stored(schema, field, column, types)
    return None if columns else stored  # none of them where there are unknown fields


def _columns(records: Sequence[Record]) -> dict[str, _Column] | None:
    """The values by field; None where not all are dicts of the same two or more fields."""
    if isinstance(records, Columns):
        return records.fields()
    if {*map(type, records)} != {dict} or {*map(len, records)} != {len(records[0])}:
        return None
    names = tuple(records[0])
    if len(names) < 2:
        return None
    try:
        rows = map(itemgetter(*names), records)
        return dict(zip(names, zip(*rows, strict=True), strict=True))
    except KeyError:
        return None


def _stored(schema: Schema, field: Field, column: _Column, types: _Types) -> _Column:
    """A column in its stored form. Raises InvalidInput, for whichever value."""
    if types == {NoneType}:
        return column
    if field.kind is Kind.TEXT and str not in types and all(issubclass(t, str) for t in types):
        column, types = list(map(str.__str__, column)), {str}  # of an enumeration, mostly
    given = column if NoneType not in types else [v for v in column if v is not None]
    if field.kind is Kind.VECTOR:
        if NoneType not in types and (units := _units(field, given, types)) is not None:
            return units
    elif _is_plain(field, field.name in schema.key, given, types - {NoneType}):
        return column
    one = rule(schema, field)
    return [None if value is None else one(value) for value in column]


def _units(field: Field, given: _Column, types: _Types) -> _Column | None:
    """Vectors that are of length one already; None where they are anything else."""
    if types != {np.ndarray} or {v.dtype for v in given} != {np.dtype(np.float32)}:
        return None
    if {v.shape for v in given} != {(field.dimension,)}:
        return None
    rows = np.array(given)
    return list(rows) if are_units(rows, field.dimension or 0) else None


def _is_plain(field: Field, in_key: bool, given: _Column, types: _Types) -> bool:
    """Whether the rule of a field would give back every value as it is."""
    look = _LOOKS.get(field.kind)
    if look is None or types != {look[0]} or not look[1](given):
        return False
    if in_key and field.kind is Kind.TEXT:
        return "" not in given and max(map(len, given)) <= KEY_BYTES // 4
    return True


def _are_texts(given: _Column) -> bool:
    return is_storable("".join(given))


def _are_whole(given: _Column) -> bool:
    return all(abs(edge) <= LARGEST for edge in (min(given), max(given)))


def _are_finite(given: _Column) -> bool:
    return all(map(math.isfinite, given))


def _are_terms(given: _Column) -> bool:
    joined = "|".join(["", *given, ""])  # a space beside a bar may be at an end
    if "  " in joined or "| " in joined or " |" in joined or not is_storable(joined):
        return False
    raw = joined.encode()
    return len(raw.translate(None, CONTROLS)) == len(raw)


_LOOKS: dict[Kind, tuple[type, Callable[[_Column], bool]]] = {
    Kind.TEXT: (str, _are_texts),
    Kind.INT: (int, _are_whole),
    Kind.FLOAT: (float, _are_finite),
    Kind.BOOL: (bool, lambda _given: True),
    Kind.TERMS: (str, _are_terms),
}
"""The type of a column's values, and a look that tells whether each is as it should be."""
