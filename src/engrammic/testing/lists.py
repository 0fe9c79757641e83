"""What is no change list: refused whole, by an error that says what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engrammic.backend import Backend, Decide, Reader
from engrammic.changes import Change, Check, Delete, Put, Update
from engrammic.errors import InvalidInput
from engrammic.filters import EVERYTHING
from engrammic.testing.filtering import ids
from engrammic.testing.things import THINGS, things

_FIRST = Put("things", [{"id": "new", "at": 1}])
"""It could be written, were it not for what stands behind it."""

NO_LISTS: tuple[tuple[str, Any], ...] = (
    ("changes", None), ("changes", "abc"), ("changes", b"abc"), ("changes", 5),
    ("changes", {"things": []}), ("changes", _FIRST), ("changes", range(3)), ("changes", [1]),
    ("changes", ["abc"]), ("changes", [_FIRST, None]), ("changes", [_FIRST, Put]),
    ("changes", [[_FIRST]]), ("changes", [_FIRST, {"id": "a", "at": 1}]),
    ("table", [_FIRST, Put(None, [])]), ("table", [_FIRST, Delete([], EVERYTHING)]),  # type: ignore[arg-type]
    ("things", [_FIRST, Put("things", None)]), ("things", [_FIRST, Update("things", 5)]),  # type: ignore[arg-type]
    ("things", [_FIRST, Put("things", "abc")]), ("things", [_FIRST, Put("things", [5])]),  # type: ignore[arg-type, list-item]
    ("things", [_FIRST, Put("things", {"id": "a", "at": 1})]),  # type: ignore[arg-type]
    ("where", [_FIRST, Delete("things", None)]), ("where", [_FIRST, Delete("things", "at")]),  # type: ignore[arg-type]
    ("where", [_FIRST, Check("things", None)]),  # type: ignore[arg-type]
    ("count", [_FIRST, Check("things", EVERYTHING, "1")]),  # type: ignore[arg-type]
)  # fmt: skip
"""What the error names, and what is given for a change list."""


class ListTests:
    """Change lists that are none."""

    async def test_what_is_no_list_of_changes_is_refused(self, backend: Backend) -> None:
        """Given or decided; nothing is written, and the next list goes through."""
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(2))
        for named, changes in NO_LISTS:
            with pytest.raises(InvalidInput, match=named):
                await backend.apply(changes)
            with pytest.raises(InvalidInput, match=named):
                await backend.transact(_decision(changes))
        assert ids(await backend.query("things")) == ["t00000", "t00001"]
        assert await backend.apply([_FIRST]) == 1

    async def test_what_can_be_read_only_once_is_refused(self, backend: Backend) -> None:
        """A generator would be at its end when it comes to writing."""
        await backend.ensure_table(THINGS)
        with pytest.raises(InvalidInput, match="changes"):
            await backend.apply(change for change in [_FIRST])  # type: ignore[arg-type]
        for records in (None, 5, (record for record in things(2))):
            with pytest.raises(InvalidInput, match="things"):
                await backend.insert("things", records)  # type: ignore[arg-type]
        assert await backend.count("things") == 0


def _decision(changes: Any) -> Decide:
    async def decide(_: Reader) -> Sequence[Change]:
        return changes  # type: ignore[no-any-return]

    return decide
