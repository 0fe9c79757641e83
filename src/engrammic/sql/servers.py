"""What the SQL of a database server adds to a dialect: rows by number, vectors, digests."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engrammic.sql.dialect import Dialect
from engrammic.types import Field, Index

if TYPE_CHECKING:
    from engrammic.sql.layout import Layout


class ServerDialect(Dialect):
    """A dialect whose driver spells every parameter `%s`."""

    def placeholder(self, position: int) -> str:
        """As the drivers have it."""
        return "%s"

    @abstractmethod
    def among(self, column: str, rows: Sequence[int]) -> tuple[str, list[Any]]:
        """The condition that a row's number is one of `rows`, and its parameters."""

    @abstractmethod
    def vector_out(self, column: str) -> str:
        """The expression that gives a stored vector as bytes."""

    @abstractmethod
    def read_vector(self, value: bytes) -> NDArray[np.float32]:
        """The vector that `vector_out` gave."""

    def as_key(self, value: Any) -> Any:
        """The value of a key's field in a form that the index on it knows as equal."""
        return value

    def read_text(self, value: Any) -> str:
        """The text of a TEXT or TERMS column."""
        return value if isinstance(value, str) else bytes(value).decode()

    def head(self, column: str) -> str:
        """The first HEAD characters of a text, as the index on them has it."""
        return column

    @abstractmethod
    def digest(self, value: bytes) -> Any:
        """A parameter for 16 bytes."""

    @abstractmethod
    def creation(self, layout: Layout) -> list[str]:
        """The statements that make all tables of a schema."""

    @abstractmethod
    def growth(
        self, layout: Layout, fields: Sequence[Field], indexes: Sequence[Index]
    ) -> list[str]:
        """The statements that add nullable fields, and indexes."""
