"""Exports of engines without an order: the keys are listed once, not once a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from engrammic.emulation.collections import Outcome
from engrammic.keys import Key


@dataclass(slots=True)
class _Listing:
    at: Key
    rest: list[Key]
    """Keys behind `at`, the next one last."""


@dataclass(slots=True)
class Listings:
    """Where the exports under way on one handle stand, one a table."""

    _held: dict[str, _Listing] = field(default_factory=dict)

    async def page(
        self,
        table: str,
        after: Key | None,
        limit: int,
        keys: Callable[[], Awaitable[list[Key]]],
    ) -> list[Key]:
        """The next `limit` keys behind `after`.

        `keys` lists all of them, unless an export goes on here. What another
        process writes meanwhile may be left out.
        """
        held = self._held.pop(table, None)
        rest = held.rest if held is not None and held.at == after else (await keys())[::-1]
        found = [rest.pop() for _ in range(min(limit, len(rest)))]
        if found and rest:
            self._held[table] = _Listing(found[-1], rest)
        return found

    def written(self, outcome: Outcome) -> None:
        """Forget the listing that a write of this handle has made incomplete."""
        held = self._held.get(outcome.schema.name)
        if held is not None and any(key > held.at for key in outcome.saved):
            del self._held[outcome.schema.name]

    def forget(self, table: str) -> None:
        """The table is not what it was."""
        self._held.pop(table, None)
