"""What a migration has done, and what each table holds on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table on both sides: counts, SHA-256 over its canonical lines, and what differs.

    `missing` are only in the source, `extra` only in the target, `different`
    in both under one key with other contents.
    """

    name: str
    source_count: int
    target_count: int
    source_hash: str
    target_hash: str
    missing: int = 0
    different: int = 0
    extra: int = 0

    @property
    def holds_all(self) -> bool:
        """Whether the target has every record of the source as it is there."""
        return not (self.missing or self.different)

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same, and nothing else."""
        return self.holds_all and not self.extra

    def __str__(self) -> str:
        kinds = ("missing", "different", "extra")
        found = [f"{count} {kind}" for kind in kinds if (count := getattr(self, kind))]
        return ", ".join(found) or "same"


@dataclass(frozen=True, slots=True)
class Report:
    """Every table after the migration, and how many records it wrote."""

    tables: tuple[TableReport, ...]
    written: int
    merged: bool = False

    @property
    def is_verified(self) -> bool:
        """Whether the target holds what the source holds; merged into other data, at least that."""
        return all(t.holds_all if self.merged else t.is_same for t in self.tables)

    def as_record(self) -> dict[str, Any]:
        """The report as JSON takes it."""
        names = TableReport.__slots__
        tables = [{n: getattr(t, n) for n in names} | {"state": str(t)} for t in self.tables]
        return {"verified": self.is_verified, "written": self.written, "tables": tables}
