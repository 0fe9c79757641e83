"""What is stored of a record, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.errors import InvalidInput, InvalidSchema, UnknownField
from engrammic.predicate import DEEPEST
from engrammic.records import canonical, clean, clean_update, cleaner, coerce
from engrammic.testing.draws import records
from engrammic.testing.things import THINGS, things
from engrammic.testing.writing import BAD_VALUES
from engrammic.types import Field, Kind, Record, Schema
from engrammic.units import are_units, unit


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
plain_values = st.integers(-(2**53), 2**53) | st.text('\x01\n\t\x7f"\\/ab ')
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(texts, parts, max_size=3),
    max_leaves=8,
)


def readable(record: Record) -> Record:
    """What a reader gets of a cleaned record, without vectors and terms."""
    return {n: v for n, v in coerce(THINGS, dict(record)).items() if n in THINGS.stored}


def test_every_field_is_there_in_schema_order() -> None:
    assert list(clean(THINGS, {"at": 1, "id": "a"})) == [f.name for f in THINGS.fields]


def test_cleaning_and_reading_back_changes_nothing() -> None:
    for record in things():
        assert readable(clean(THINGS, record)) == {n: record[n] for n in THINGS.stored}


@given(records)
def test_cleaning_twice_is_cleaning_once(record: Record) -> None:
    once = clean(THINGS, record)
    twice = clean(THINGS, {**once, "data": record.get("data"), "tags": record.get("tags")})
    vectors = once.pop("vector"), twice.pop("vector")
    assert once == twice
    assert vectors[0] is vectors[1] or np.array_equal(*vectors)


@pytest.mark.parametrize(("field", "value"), BAD_VALUES, ids=lambda v: repr(v)[:24])
def test_a_bad_value_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=rf"^things\.{field}: "):
        clean(THINGS, {"id": "a", "at": 1, field: value})


def test_an_unknown_field_is_refused_even_when_null() -> None:
    with pytest.raises(UnknownField, match="nothing"):
        clean(THINGS, {"id": "a", "at": 1, "nothing": None})
    with pytest.raises(UnknownField, match=r"data\.a"):
        clean(THINGS, {"id": "a", "at": 1, "data.a": 1})


@pytest.mark.parametrize("record", [{}, {"id": "a"}, {"at": 1}, {"id": "a", "at": None}], ids=repr)
def test_what_is_required_must_be_there(record: Record) -> None:
    with pytest.raises(InvalidInput, match="required"):
        clean(THINGS, record)


def test_an_update_needs_only_the_key() -> None:
    assert clean_update(THINGS, [{"id": "a", "name": None}]) == [{"id": "a", "name": None}]
    assert clean_update(THINGS, []) == []
    for bad in ({"name": "x"}, {"id": "a", "at": None}):
        with pytest.raises(InvalidInput, match="required"):
            clean_update(THINGS, [bad])
    with pytest.raises(UnknownField):
        clean_update(THINGS, [{"id": "a", "nothing": 1}])


def test_updates_hold_the_same_fields() -> None:
    with pytest.raises(InvalidInput, match="same fields"):
        clean_update(THINGS, [{"id": "a", "at": 1}, {"id": "b"}])


def test_subclasses_become_plain_values() -> None:
    record = clean(THINGS, {"id": Colour.RED, "at": Number.ONE, "size": np.int64(5),
                            "weight": np.float32(0.5), "done": np.True_})  # fmt: skip
    found = [record[n] for n in ("id", "at", "size", "weight", "done")]
    assert found == ["red", 1, 5, 0.5, True]
    assert [type(v) for v in found] == [str, int, int, float, bool]


def test_a_key_may_have_512_bytes() -> None:
    assert clean(THINGS, {"id": "é" * 256, "at": 1})["id"] == "é" * 256
    assert clean(THINGS, {"id": "x" * 512, "at": 1})["id"] == "x" * 512


def test_int_fields_take_no_floats_and_float_fields_take_ints() -> None:
    assert type(clean(THINGS, {"id": "a", "at": 1, "weight": 5})["weight"]) is float
    with pytest.raises(InvalidInput, match="size"):
        clean(THINGS, {"id": "a", "at": 1, "size": 5.0})
    with pytest.raises(InvalidInput, match="weight"):
        clean(THINGS, {"id": "a", "at": 1, "weight": 10**400})


@given(st.dictionaries(st.text(st.characters(max_codepoint=127, min_codepoint=1)), plain_values))
def test_a_plain_object_is_written_as_any_other(value: dict[str, Any]) -> None:
    wanted = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical("f", value) == wanted


@given(json_values)
def test_json_is_kept_as_canonical_text(value: Any) -> None:
    text = canonical("f", value)
    assert json.loads(text) == value
    assert canonical("f", json.loads(text)) == text
    assert text == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert not {" ", "\n"} & set(canonical("f", {"b": [1, 2], "a": {"c": None}}))


def test_equal_objects_have_one_text() -> None:
    assert canonical("f", {"b": 1, "a": (1, "é")}) == canonical("f", {"a": [1, "é"], "b": 1})
    assert canonical("f", {"b": 1, "a": (1, "é")}) == '{"a":[1,"é"],"b":1}'


def test_json_has_a_depth_limit() -> None:
    value: Any = 1
    for _ in range(DEEPEST):
        value = [value]
    canonical("f", value)
    with pytest.raises(InvalidInput, match="nested"):
        canonical("f", [value])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidInput, match="nested"):
        canonical("f", endless)


@pytest.mark.parametrize("terms", ["a b", ["a", "b"], ("a", "b"), " a  b "], ids=repr)
def test_terms_are_one_text(terms: Any) -> None:
    assert clean(THINGS, {"id": "a", "at": 1, "words": terms})["words"] == "a b"


@given(st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=4, max_size=4).filter(any))
def test_vectors_have_length_one(values: list[float]) -> None:
    for given_form in (values, np.array(values, np.float32), np.array(values, np.float64)):
        found = unit(given_form, 4, "v")
        assert found.dtype == np.float32
        assert float(np.linalg.norm(found.astype(np.float64))) == pytest.approx(1, abs=1e-6)
        assert unit(found, 4, "v") is found


def test_a_strided_vector_is_stored_whole() -> None:
    table = np.eye(4, dtype=np.float32)
    assert unit(table[:, 2], 4, "v").flags.c_contiguous
    assert unit(table[:, 2], 4, "v").tolist() == [0, 0, 1, 0]


def test_rows_of_drivers_become_python_values() -> None:
    row = {"done": 1, "weight": 5, "data": '{"a":[1]}', "name": "x", "size": None,
           "vector": np.array([1, 0, 0, 0], np.float32).tobytes()}  # fmt: skip
    found = coerce(THINGS, row)
    assert found["vector"].tolist() == [1, 0, 0, 0]
    assert (found["done"], found["data"], found["size"]) == (True, {"a": [1]}, None)
    assert type(found["weight"]) is float


def test_schemas_that_cannot_be_stored_are_refused() -> None:
    for kind in (Kind.FLOAT, Kind.JSON, Kind.VECTOR, Kind.TERMS):
        with pytest.raises(InvalidSchema, match="key"):
            cleaner(Schema("t", (Field("id", kind),)))
    with pytest.raises(InvalidSchema, match="dimension"):
        cleaner(replace(THINGS, fields=(*THINGS.fields, Field("other", Kind.VECTOR))))


EYE = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize(
    ("rows", "are"),
    [
        (EYE, True), (np.asfortranarray(EYE), True), (EYE * np.float32(1 + 2e-6), True),
        (np.empty((0, 3), np.float32), True), (np.eye(3), False), (2 * EYE, False),
        (np.zeros((2, 3), np.float32), False), (np.full((2, 3), np.nan, np.float32), False),
        (np.full((2, 3), 3e38, np.float32), False), (np.eye(4, dtype=np.float32), False),
        (EYE[0], False), (EYE * np.float32(1 + 2e-5), False), ([[1.0, 0.0, 0.0]], False),
    ],
    ids=repr,
)  # fmt: skip
def test_a_glance_at_many_vectors_agrees_with_a_look_at_each(rows: Any, are: bool) -> None:
    assert are_units(rows, 3) is are
    assert not are or all(np.array_equal(unit(row, 3, "v"), row) for row in rows)
