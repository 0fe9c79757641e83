"""Change lists: what `Backend.apply` writes in one step, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engrammic.filters import Filter
from engrammic.types import Record


@dataclass(frozen=True, slots=True)
class Put:
    """Insert records, or replace those whose key is there; absent fields become null."""

    table: str
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Update:
    """Set only the given fields of the records whose key is there; unknown keys are passed over.

    Every record holds its key and the fields to change, the same fields in
    each record of one `Update`.
    """

    table: str
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete every record that matches."""

    table: str
    where: Filter


@dataclass(frozen=True, slots=True)
class Check:
    """The list applies only if exactly `count` records match, else Conflict.

    A check sees the state before the list's own changes.
    """

    table: str
    where: Filter
    count: int = 0


Change: TypeAlias = Put | Update | Delete | Check
