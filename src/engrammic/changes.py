"""Change lists: what `Backend.apply` writes in one step, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic.checks import check_count, check_name, shown
from engrammic.errors import InvalidInput
from engrammic.filters import Filter
from engrammic.predicate import LARGEST, check_is_filter
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

_CHANGES = Put, Update, Delete, Check
_WRITES = Put, Update
_NO_LISTS = str, bytes, bytearray


def checked(changes: Any) -> Sequence[Change]:
    """The change list, if it is one; its filters and records are looked at by who knows the table.

    Raises InvalidInput that names `changes`, the table of a Put or Update without
    a list of records, or the `where` or `count` of a Delete or Check.
    """
    if not _is_list(changes):
        kinds = "Put, Update, Delete and Check"
        raise InvalidInput("changes", f"want a list of {kinds}, not {shown(changes)}")
    for change in changes:
        if not isinstance(change, _CHANGES):
            raise InvalidInput(
                "changes", f"want a Put, Update, Delete or Check in the list, not {shown(change)}"
            )
        check_name(change.table, "changes.table")
        if isinstance(change, _WRITES):
            check_records(change.table, change.records)
        else:
            check_is_filter(change.where)
            if isinstance(change, Check):
                check_count("count", change.count, 0, LARGEST)
    return changes  # type: ignore[no-any-return]


def check_records(table: str, records: Any) -> None:
    """Raises InvalidInput, naming the table, for what is no list; a generator is read only once."""
    if not _is_list(records):
        problem = f"want a list of records, which are dicts of their fields, not {shown(records)}"
        raise InvalidInput(table, problem)


def _is_list(value: Any) -> bool:
    return type(value) is list or (isinstance(value, Sequence) and not isinstance(value, _NO_LISTS))
