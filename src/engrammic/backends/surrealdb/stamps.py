"""Stamps that are written in the transaction of what they speak for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from engrammic.emulation.collections import NOTES, Collections, Outcome
from engrammic.emulation.derived import Derived, Place, places_of


class Stamps(Derived):
    """As `Derived`, where a transaction leaves nothing unfinished."""

    def __init__(self, engine: Collections) -> None:
        super().__init__(engine)
        self._written: dict[Place, str] = {}

    def notes(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """What has to be saved along with `outcomes`."""
        if not self._engine.shared:
            return []
        concerned = [o for o in outcomes if self.needed(o.schema)]
        self._written = {p: uuid4().hex for o in concerned for p in places_of(o)}
        notes = [self.note(place, stamp) for place, stamp in self._written.items()]
        saved = {(note["name"],): note for note in notes}
        return [Outcome(NOTES, saved)] if saved else []

    async def before(self, outcome: Outcome) -> None:
        """Nothing to say before."""

    async def _sign(self, place: Place) -> None:
        if index := self._indexes.get(place):
            index.stamps = {**index.stamps, self._name(place): self._written[place]}
