"""What a handle derives of a file and keeps in memory: vectors, postings, what passes filters.

The file is the truth. Each brings itself up to date by the change log (`changelog`).
"""

from __future__ import annotations

from engrammic.backends.sqlite.derived.inverted import Inverted
from engrammic.backends.sqlite.derived.kept import Kept
from engrammic.backends.sqlite.derived.matrix import Matrix
from engrammic.backends.sqlite.derived.passing import Passing
from engrammic.backends.sqlite.layout import Layout

MATRIX_BYTES = 4 << 30
INVERTED_BYTES = 1 << 28
PASSING_BYTES = 1 << 26
"""What is kept at most of vectors, postings and filters, what is of one partition aside."""


class Derived:
    """The vectors, the postings and the filters of the partitions that were searched.

    Each is kept under all that it takes from its layout: another process may make a
    table anew, or let it grow.
    """

    def __init__(self) -> None:
        self._matrices: Kept[Matrix] = Kept(MATRIX_BYTES)
        self._inverted: Kept[Inverted] = Kept(INVERTED_BYTES)
        self._passing: Kept[Passing] = Kept(PASSING_BYTES)

    def matrix(self, layout: Layout, field: str, part: int) -> Matrix:
        """The vectors of a field."""
        schema = layout.schema
        key = schema.name, schema.partition, field, layout.dimension(field), part
        return self._matrices.of(key, lambda: Matrix(layout, field, part))

    def inverted(self, layout: Layout, part: int) -> Inverted:
        """The postings of the terms that were asked for."""
        key = layout.schema.name, layout.schema.partition, layout.terms, part
        return self._inverted.of(key, lambda: Inverted(layout, part))

    def passing(self, layout: Layout, part: int, value: str | None) -> Passing:
        """What passes filters that were asked for; `value` is the partition's."""
        # Under another epoch the number may be another value's.
        key = layout, part, value
        return self._passing.of(key, lambda: Passing(layout, part, value))

    def forget(self) -> None:
        """Drop it all: a table went away, or was made anew."""
        self._matrices.forget()
        self._inverted.forget()
        self._passing.forget()
