"""A ranked search as asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engrammic.backends.sqlite.layout import Layout
from engrammic.backends.sqlite.reading import keys_listed, served_by_index, without_partition
from engrammic.filters import Filter
from engrammic.predicate import check_filter
from engrammic.reads import check_limit, columns_of, partition_of


@dataclass(frozen=True, slots=True)
class Plan:
    """A search as asked for, checked: one partition, what else narrows it, what it gives back."""

    layout: Layout
    partition: str | None
    whole: Filter | None
    where: Filter | None
    """What narrows the search within its partition."""
    columns: tuple[str, ...]
    limit: int
    digits: int

    @classmethod
    def of(
        cls,
        layout: Layout,
        where: Filter | None,
        columns: Sequence[str] | None,
        limit: int,
        digits: int,
    ) -> Plan:
        """Raises UnknownField and InvalidInput for what makes no sense."""
        check_limit(limit)
        if where is not None:
            check_filter(where, layout.schema)
        partition = partition_of(layout.schema, where)
        rest = without_partition(layout.schema, where)
        names = columns_of(layout.schema, columns)
        return cls(layout, partition, where, rest, names, limit, digits)

    @property
    def indexed(self) -> bool:
        """Whether an index serves the filter."""
        return self.where is not None and served_by_index(self.layout.schema, self.where)

    @property
    def named(self) -> float:
        """How many records the filter names by their keys; endless where it names none."""
        return keys_listed(self.layout.schema, self.where)
