"""How a schema lies on a database server: one table of records, and others beside it.

For the table with the number 7:

* `engrammic_7`: `row_` (a number that stays as long as the record does), `len_`
  (how many terms the record holds) and every field but vectors;
* `engrammic_7_v3`: the vectors of the field at place 3, by `row_`;
* `engrammic_7_words`: for each term of each record a digest of partition and
  term, `row_`, the weighted frequency, and the record's length;
* `engrammic_7_sums`: by the digest of a partition, how many records and terms
  it has: the sum of all rows, since each writer adds one instead of changing one.

Names are made of numbers, so that those of tables and fields may be any text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import takewhile
from typing import Any

from engrammic.emulation.payload import short
from engrammic.errors import InvalidSchema
from engrammic.sql.servers import ServerDialect
from engrammic.types import Field, Index, Kind, Record, Schema

HEAD = 64
"""Characters of a long text that an index holds."""

_SORTABLE = frozenset({Kind.TEXT, Kind.INT, Kind.FLOAT, Kind.BOOL})


@dataclass(frozen=True, eq=False)
class Layout:
    """The names and statements that one schema needs."""

    schema: Schema
    number: int
    dialect: ServerDialect

    @cached_property
    def table(self) -> str:
        """The name of the main table."""
        return f"engrammic_{self.number}"

    @cached_property
    def words(self) -> str:
        """The name of the table of terms."""
        return f"{self.table}_words"

    @cached_property
    def sums(self) -> str:
        """The name of the table of partitions' sizes."""
        return f"{self.table}_sums"

    def vectors_of(self, name: str) -> str:
        """The name of the table that holds a VECTOR field."""
        return f"{self.table}_v{self._places[name]}"

    @cached_property
    def _places(self) -> dict[str, int]:
        return {f.name: place for place, f in enumerate(self.schema.fields)}

    @cached_property
    def _columns(self) -> dict[str, str]:
        quote = self.dialect.quote
        return {n: quote(f"{short(n, 40)}_{p}") for n, p in self._places.items()}

    def column(self, name: str) -> str:
        """The quoted name of a field's column."""
        return self._columns[name]

    def at(self, name: str) -> str:
        """What stands for a field in a statement over the table `t`."""
        if self.schema.field(name).kind is Kind.VECTOR:
            return f"(SELECT v.row_ FROM {self.vectors_of(name)} v WHERE v.row_ = t.row_)"  # noqa: S608
        return f"t.{self._columns[name]}"

    def given(self, name: str) -> str:
        """What gives a field's value in a statement over the table `t`."""
        if self.schema.field(name).kind is not Kind.VECTOR:
            return f"t.{self._columns[name]}"
        vector = self.dialect.vector_out("v.v")
        return f"(SELECT {vector} FROM {self.vectors_of(name)} v WHERE v.row_ = t.row_)"  # noqa: S608

    @cached_property
    def plain(self) -> tuple[Field, ...]:
        """Fields that lie in the main table."""
        return tuple(f for f in self.schema.fields if f.kind is not Kind.VECTOR)

    @cached_property
    def vectors(self) -> tuple[Field, ...]:
        """VECTOR fields."""
        return self.schema.of_kind(Kind.VECTOR)

    @cached_property
    def terms(self) -> tuple[Field, ...]:
        """TERMS fields."""
        return self.schema.of_kind(Kind.TERMS)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Every table that has rows of a record, the main one first."""
        words = (self.words,) if self.terms else ()
        return (self.table, *(self.vectors_of(f.name) for f in self.vectors), *words)

    def is_key(self, name: str) -> bool:
        """Whether the field is part of the key."""
        return name in self.schema.key

    def is_headed(self, name: str) -> bool:
        """Whether an index holds but the beginning of the field's texts."""
        return self.schema.field(name).kind is Kind.TEXT and not self.is_key(name)

    def indexed(self, index: Index) -> tuple[str, ...]:
        """The first fields of an index, as long as they are of a kind that sorts."""
        kinds = {n: self.schema.field(n).kind for n in index.fields}
        return tuple(takewhile(lambda n: kinds[n] in _SORTABLE, index.fields))

    def key_of(self, record: Record) -> tuple[Any, ...]:
        """The record's key."""
        return tuple([record[name] for name in self.schema.key])

    def partition_in(self, key: Sequence[Any]) -> bytes:
        """The digest of the partition that a key belongs to."""
        name = self.schema.partition
        return partition_digest(None if name is None else key[self.schema.key.index(name)])


@lru_cache(maxsize=4096)
def partition_digest(value: Any) -> bytes:
    """16 bytes that stand for a partition."""
    return blake2b(json.dumps(value).encode(), digest_size=16).digest()


@lru_cache(maxsize=1 << 16)
def term_digest(partition: bytes, term: str) -> bytes:
    """16 bytes that stand for a term within a partition."""
    return blake2b(term.encode(), digest_size=16, key=partition).digest()


def check(schema: Schema) -> None:
    """Raises InvalidSchema for what cannot be laid out."""
    if any(name.startswith("_") for name in (schema.name, *(f.name for f in schema.fields))):
        raise InvalidSchema(schema.name, "names with a leading underscore are the database's own")
    if schema.partition is not None and schema.partition not in schema.key:
        raise InvalidSchema(schema.name, "the partition must be part of the key")
    for f in schema.of_kind(Kind.VECTOR):
        if not f.dimension:
            raise InvalidSchema(f"{schema.name}.{f.name}", "a vector needs a dimension")
