"""Many records at once become what each becomes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic import batches
from engrammic.batches import MANY, ahead, clean_all
from engrammic.errors import EngrammicError, InvalidInput
from engrammic.records import cleaner
from engrammic.testing.draws import records
from engrammic.testing.things import THINGS, things
from engrammic.testing.writing import BAD_VALUES
from engrammic.types import Record


class Colour(StrEnum):
    RED = "red"


def one_by_one(given: Sequence[Record]) -> list[Record]:
    return list(map(cleaner(THINGS), given))


def outcome(work: Callable[[Sequence[Record]], list[Record]], given: Sequence[Record]) -> Any:
    """The records with their vectors as bytes and the types of all values, or the error."""
    try:
        cleaned = work(given)
    except EngrammicError as error:
        return type(error), str(error)
    return [
        {n: (type(v), v.tobytes() if isinstance(v, np.ndarray) else v) for n, v in r.items()}
        for r in cleaned
    ]


def same(given: Sequence[Record]) -> Any:
    together = outcome(lambda some: clean_all(THINGS, some), given)
    assert together == outcome(one_by_one, given)
    return together


def many(count: int = 2 * MANY, **values: Any) -> list[Record]:
    whole = cleaner(THINGS)(next(iter(things()))) | {"data": {"a": 1}, "tags": ["b"]}
    return [{**whole, "id": f"id-{n}", **values} for n in range(count)]


@given(st.lists(records, min_size=1, max_size=2))
def test_drawn_records(drawn: list[Record]) -> None:
    same(drawn * MANY)
    whole = cleaner(THINGS)(drawn[0])
    same([{**whole, "data": r.get("data"), "at": r["at"]} for r in drawn * MANY])


def test_plain_records_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = one_by_one(many())

    def unwanted(_schema: Any) -> Any:
        raise AssertionError("one by one")

    monkeypatch.setattr(batches, "cleaner", unwanted)
    found = clean_all(THINGS, many())
    for mine, theirs in zip(found, wanted, strict=True):
        assert list(mine) == list(theirs)


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_one_bad_value_among_many(name: str, value: Any) -> None:
    given = many()
    given[MANY + 3][name] = value
    kind, told = same(given)
    assert issubclass(kind, EngrammicError)
    assert name in told


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "héllo"}, {"name": Colour.RED}, {"name": None}, {"done": None},
        {"words": " a  b "}, {"words": ["a", "|"]}, {"words": "| a"}, {"words": ""},
        {"vector": None}, {"vector": [3.0, 4.0, 0.0, 0.0]}, {"id": "é" * 200}, {"id": ""},
        {"name": "\ud800"}, {"words": "a\tb"}, {"unknown": 1}, {"at": True}, {"at": 2**53 + 1},
    ],
)  # fmt: skip
def test_one_odd_value_among_many(odd: Record) -> None:
    given = many()
    given[5] = {**given[5], **odd}
    same(given)


def test_records_that_differ_in_their_fields() -> None:
    given = many()
    for number in range(0, len(given), 2):
        del given[number]["name"]
    same(given)
    same([*many(), {"id": "x"}])
    same([*many(), 7])  # type: ignore[list-item]


def test_what_is_given_is_left_alone() -> None:
    given = many()
    before = [dict(r) for r in given]
    cleaned = clean_all(THINGS, given)
    for record, was, made in zip(given, before, cleaned, strict=True):
        assert list(record) == list(was)
        assert all(record[name] is was[name] for name in was)
        assert made is not record


@given(st.lists(records, min_size=1, max_size=2))
def test_what_comes_late_is_put_beside_the_rest(drawn: list[Record]) -> None:
    whole = [cleaner(THINGS)(r) for r in drawn * MANY]
    late = ("at", "title")
    begun = ahead(THINGS, [{n: v for n, v in r.items() if n not in late} for r in whole], late)
    assert begun is not None
    together = begun.beside({name: [r[name] for r in whole] for name in late})
    assert outcome(lambda some: clean_all(THINGS, some), together) == outcome(one_by_one, whole)


def test_only_what_comes_late_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = ahead(THINGS, many(), ("at",))
    assert begun is not None
    seen: list[str] = []
    stored = batches._stored

    def noted(schema: Any, field: Any, *given: Any) -> Any:
        seen.append(field.name)
        return stored(schema, field, *given)

    monkeypatch.setattr(batches, "_stored", noted)
    clean_all(THINGS, begun.beside({"at": list(range(2 * MANY))}))
    assert seen == ["at"]
    with pytest.raises(InvalidInput, match="at"):
        clean_all(THINGS, begun.beside({"at": ["soon"] * 2 * MANY}))


@pytest.mark.parametrize(
    "given",
    [many(MANY - 1), many(size="large"), [*many(), {"id": "x"}], [{**r, "no": 1} for r in many()]],
    ids=["few", "a wrong value", "other fields", "an unknown field"],
)
def test_what_is_not_plain_is_left_to_the_writer(given: list[Record]) -> None:
    assert ahead(THINGS, given, ("at",)) is None
