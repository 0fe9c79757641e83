"""What the infix compiler and the SQL backends need to know of a database's SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias

from engrammic.types import Field, Kind

Bind: TypeAlias = Callable[[Any], str]
"""Adds a parameter to the statement; the placeholder that stands for it.

Fragments call it in the order in which the placeholders appear.
"""

JsonIs: TypeAlias = Literal["text", "number", "array"]
"""What a JSON value may be asked to be; booleans are numbers."""


class Dialect(ABC):
    """The spelling of one database. Values travel as bound parameters, always.

    The defaults suit a database whose text compares by code point.
    """

    types: ClassVar[Mapping[Kind, str]]
    true: ClassVar[str] = "1 = 1"
    false: ClassVar[str] = "1 = 0"
    max_parameters: ClassVar[int]

    def placeholder(self, position: int) -> str:
        """What stands for the parameter at `position`, counted from 1."""
        return "?"

    def quote(self, name: str) -> str:
        """An identifier, whatever it contains."""
        return '"' + name.replace('"', '""') + '"'

    def declare(self, field: Field) -> str:
        """A column of CREATE TABLE."""
        null = "" if field.nullable else " NOT NULL"
        return f"{self.quote(field.name)} {self.types[field.kind]}{null}"

    def any_of(self, value: str, choices: Sequence[Any], bind: Bind) -> str:
        """True where `value` is one of the choices (at least one, of one kind)."""
        return f"{value} IN ({', '.join(map(bind, choices))})"

    def prefix(self, value: Callable[[], str], text: str, bind: Bind) -> str:
        """True where a text starts with `text`: as a range, so that an index serves it."""
        low = f"{value()} >= {bind(text)}"
        after = _after_all(text)
        return low if after is None else f"({low} AND {value()} < {bind(after)})"

    @abstractmethod
    def contains(self, value: str, text: str, bind: Bind) -> str:
        """True where a text contains `text`, case-sensitive and literal."""

    @abstractmethod
    def glob(self, value: str, pattern: str, bind: Bind) -> str:
        """True where a text fits the pattern of `engrammic.glob`."""

    @abstractmethod
    def json_value(self, column: str, path: Sequence[str], bind: Bind) -> str:
        """The number or text at the path, NULL for null or nothing, something for the rest."""

    def json_as(self, what: JsonIs, column: str, path: Sequence[str], bind: Bind) -> str:
        """The number or text at the path, to compare with one; NULL or anything for other types."""
        return self.json_value(column, path, bind)

    @abstractmethod
    def json_is(self, column: str, path: Sequence[str], what: JsonIs, bind: Bind) -> str:
        """True where the value at the path is of that type."""

    @abstractmethod
    def json_element(self, column: str, path: Sequence[str], value: Any, bind: Bind) -> str:
        """True where the array at the path has an element equal to `value`."""

    @abstractmethod
    def upsert(self, table: str, columns: Sequence[str], key: Sequence[str]) -> str:
        """A statement that inserts one row, or replaces the columns of the one with its key."""


def _after_all(prefix: str) -> str | None:
    """The least text above every text with this prefix, by code point; None when there is none."""
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)
