"""Every filter case, compiled, run by SQLite, compared with the predicate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from hypothesis import given, settings

from engrammic.compile.infix import after_clause, compile_filter, order_clause
from engrammic.errors import InvalidInput, UnknownField
from engrammic.filters import And, Compare, Filter, Op, Or, eq, is_in
from engrammic.predicate import check_filter, predicate
from engrammic.records import cleaner
from engrammic.sql.dialect import Dialect
from engrammic.sql.sqlite import SQLITE, json_path, native_glob
from engrammic.testing.draws import filters
from engrammic.testing.filters import CASES
from engrammic.testing.things import THINGS, things
from engrammic.types import Field, Kind, Order, Schema

UPSERT = SQLITE.upsert("things", [f.name for f in THINGS.fields], THINGS.key)


def database(schema: Schema = THINGS) -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    columns = ", ".join(map(SQLITE.declare, schema.fields))
    key = ", ".join(map(SQLITE.quote, schema.key))
    connection.execute(
        f"create table {SQLITE.quote(schema.name)} ({columns}, unique ({key})) strict"
    )
    return connection


@pytest.fixture(scope="module")
def connection() -> Iterator[apsw.Connection]:
    connection = database()
    clean = cleaner(THINGS)
    connection.executemany(UPSERT, (tuple(clean(r).values()) for r in things()))
    connection.execute("create index by_at on things(at)")
    connection.execute("create index by_name on things(name)")
    yield connection
    connection.close()


def selected(connection: apsw.Connection, where: Filter) -> list[str]:
    condition, params = compile_filter(where, THINGS, SQLITE)
    sql = f"select id from things where {condition} order by id"
    return [id_ for (id_,) in connection.execute(sql, params)]


def expected(where: Filter) -> list[str]:
    return [r["id"] for r in filter(predicate(where), things())]


@pytest.mark.parametrize("family", CASES)
def test_sqlite_agrees_with_the_predicate(connection: apsw.Connection, family: str) -> None:
    wrong = [w for w in CASES[family] if selected(connection, w) != expected(w)]
    assert not wrong, wrong[:5]


@settings(max_examples=300, deadline=None)
@given(where=filters)
def test_sqlite_agrees_on_any_filter(connection: apsw.Connection, where: Filter) -> None:
    check_filter(where, THINGS)
    assert selected(connection, where) == expected(where)


@pytest.mark.parametrize(
    ("where", "sql"),
    [
        (eq("at", 1), '"at" = ?'),
        (eq("name", "x"), '"name" = ?'),
        (Compare("at", Op.GTE, 1), '"at" >= ?'),
        (is_in("name", ["a", "b"]), '"name" IN (?, ?)'),
        (Compare("name", Op.PREFIX, "ab"), '("name" >= ? AND "name" < ?)'),
        (eq("at", 1) & Compare("size", Op.LT, 5), '("at" = ? AND "size" < ?)'),
        (And(()), "1 = 1"),
        (Or(()), "1 = 0"),
    ],
    ids=repr,
)
def test_plain_comparisons_stay_plain(where: Filter, sql: str) -> None:
    assert compile_filter(where, THINGS, SQLITE)[0] == sql


@pytest.mark.parametrize(
    "where",
    [
        eq("at", 1),
        Compare("at", Op.LT, 0) | eq("at", 3),
        is_in("at", range(1000)),
        is_in("name", map(str, range(1000))),
        Compare("name", Op.PREFIX, "al"),
        Compare("name", Op.GLOB, "al*"),
    ],
    ids=lambda w: repr(w)[:60],
)
def test_an_index_serves(connection: apsw.Connection, where: Filter) -> None:
    condition, params = compile_filter(where, THINGS, SQLITE)
    plan = connection.execute(f"explain query plan select * from things where {condition}", params)
    assert any("USING INDEX by_" in row[3] for row in plan)


def test_values_never_become_sql() -> None:
    hostile = "'); drop table things; --"
    parts = (
        eq("name", hostile),
        eq(f"data.{hostile}", hostile),
        is_in("name", [hostile] * 99),
        Compare("tags", Op.CONTAINS, hostile),
        Compare("name", Op.GLOB, hostile),
    )
    where = And(parts)
    condition, params = compile_filter(where, THINGS, SQLITE)
    assert "drop" not in condition
    assert condition.count("?") == len(params)


def test_a_column_may_stand_for_something_else() -> None:
    sql, _ = compile_filter(Compare("vector", Op.IS_NULL), THINGS, SQLITE, lambda n: f"t.{n}_there")
    assert sql == "t.vector_there IS NULL"


def test_a_filter_with_too_many_values_is_refused() -> None:
    many = Or(tuple(Compare("at", Op.LT, i) for i in range(SQLITE.max_parameters + 1)))
    with pytest.raises(InvalidInput, match="is_in"):
        compile_filter(many, THINGS, SQLITE)


def test_wide_and_deep_filters_stay_within_sqlites_limits(connection: apsw.Connection) -> None:
    where: Filter = eq("at", 1)
    for i in range(60):
        some = tuple(Compare("at", Op.NE, -j) for j in range(200))
        where = And((where, *some)) if i % 2 else Or((where, *(~s for s in some)))
    assert selected(connection, where) == expected(where)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(UnknownField, match="nothing"):
        compile_filter(eq("nothing", 1), THINGS, SQLITE)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", ["at", "id"])
def test_pages_resume_behind_any_record(
    connection: apsw.Connection, field: str, descending: bool
) -> None:
    order = Order(field, descending)
    by = order_clause(THINGS, order, SQLITE.quote)
    rows = list(connection.execute(f"select id, at, {field} from things order by {by}"))
    for i, (id_, _, value) in enumerate(rows):
        clause, params = after_clause(THINGS, order, (value, id_), SQLITE)
        sql = f"select id, at, {field} from things where {clause} order by {by}"
        assert list(connection.execute(sql, params)) == rows[i + 1 :]


def test_a_page_by_key_compares_the_whole_key() -> None:
    schema = Schema("t", (Field("a", Kind.TEXT), Field("b", Kind.INT)), ("a", "b"))
    assert after_clause(schema, None, ("x", 1), SQLITE) == ('("a", "b") > (?, ?)', ["x", 1])
    assert order_clause(schema, None, SQLITE.quote) == '"a", "b"'
    assert order_clause(schema, Order("b", True), SQLITE.quote) == '"b" DESC, "a" DESC'


def test_an_upsert_replaces_and_keeps_the_row() -> None:
    schema = Schema("t x", (Field("k", Kind.TEXT), Field("select", Kind.INT)), ("k",))
    connection = database(schema)
    sql = SQLITE.upsert("t x", ["k", "select"], ["k"])
    for value in (1, 2):
        connection.execute(sql, ("a", value))
    assert list(connection.execute('select rowid, * from "t x"')) == [(1, "a", 2)]
    only_key = SQLITE.upsert("t x", ["k"], ["k"])
    connection.execute(only_key, ("a",))
    assert list(connection.execute('select * from "t x"')) == [("a", 2)]


def test_identifiers_are_quoted() -> None:
    assert SQLITE.quote('a"b') == '"a""b"'
    field = Field('a"b', Kind.BOOL, nullable=False)
    assert SQLITE.declare(field) == '"a""b" INTEGER NOT NULL'


def test_json_keys_are_quoted() -> None:
    assert json_path(["a", 'q"', "b\\"]) == '$."a"."q\\""."b\\\\"'
    assert json_path([]) == "$"


@pytest.mark.parametrize(
    ("pattern", "native"),
    [("a*?", "a*?"), ("[[]", "[[]"), ("[!a]", "[^a]"), ("[", "[[]"), ("[^]", "^"),
     ("[^-]", "[-^]"), ("[]^-]", "[]^-]"), ("[+-/]", "[+-,.-/-]"), ("[Z-_]", "[]Z-\\_^]")],
)  # fmt: skip
def test_globs_in_sqlites_notation(pattern: str, native: str) -> None:
    assert native_glob(pattern) == native


class _Numbered(Dialect):
    """Only what a dialect with numbered placeholders changes."""

    max_parameters = 10

    def placeholder(self, position: int) -> str:
        return f"${position}"

    contains = glob = json_value = json_is = json_element = upsert = None  # type: ignore[assignment]


def test_placeholders_may_be_numbered() -> None:
    dialect: Any = _Numbered.__new__(_Numbered)
    where = eq("at", 1) & Compare("name", Op.PREFIX, "a") & is_in("size", [4, 5])
    sql, params = compile_filter(where, THINGS, dialect)
    assert sql == '(("at" = $1 AND ("name" >= $2 AND "name" < $3)) AND "size" IN ($4, $5))'
    assert params == [1, "a", "b", 4, 5]
