"""One process at a time: a name held by an owner until a time, or until it is given back."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.changes import Change, Check, Put
from engrammic.clock import iso
from engrammic.errors import Conflict, Locked
from engrammic.filters import eq, every
from engrammic.scope import Scoped
from engrammic.stores.base import Store
from engrammic.types import Field, Kind, Schema

LEASES = Schema(
    "leases",
    (
        Field("name", Kind.TEXT, nullable=False),
        Field("owner", Kind.TEXT, nullable=False),
        Field("until", Kind.INT, nullable=False),
    ),
    key=("name",),
)


class Leases(Store):
    """Leases of one scope. One that ran out may be taken by anybody."""

    def schemas(self) -> Sequence[Schema]:
        """The one table."""
        return (LEASES,)

    async def take(self, name: str, owner: str, duration: int) -> None:
        """Hold a name for `duration` milliseconds from now; its owner may take it again.

        Raises Locked, saying until when, while somebody else holds it.
        """
        await self.ready()

        async def taking(reader: Scoped) -> list[Change]:
            now = self.clock()
            held = await reader.get(LEASES.name, (name,))
            if held is not None and held["owner"] != owner and held["until"] > now:
                raise Locked(f"{name} is held by another process until {iso(held['until'])}")
            record = {"name": name, "owner": owner, "until": now + duration}
            return [*self._unchanged(name, held), Put(LEASES.name, [record])]

        try:
            await self.backend.transact(taking)
        except Conflict as error:
            raise Locked(f"{name} was taken by another process just now") from error

    async def give_back(self, name: str, owner: str) -> None:
        """Let go of a name; somebody else's lease stays."""
        await self.backend.delete(LEASES.name, every(eq("name", name), eq("owner", owner)))

    def _unchanged(self, name: str, held: dict[str, object] | None) -> list[Change]:
        if not self.backend.backend.capabilities.checks:
            return []
        if held is None:
            return [Check(LEASES.name, eq("name", name), 0)]
        same = every(eq("name", name), eq("owner", held["owner"]), eq("until", held["until"]))
        return [Check(LEASES.name, same, 1)]
