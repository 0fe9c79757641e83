"""One process at a time: a name held by an owner until a time, or until it is given back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from engrammic.changes import Change, Check, Put
from engrammic.clock import iso
from engrammic.errors import Conflict, EngrammicError, InvalidSchema, Locked
from engrammic.filters import eq, every
from engrammic.scope import Scoped
from engrammic.stores.base import Store
from engrammic.types import Field, Kind, Schema
from engrammic.uncut import uncut

log = logging.getLogger(__name__)

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

    @asynccontextmanager
    async def held(self, name: str, owner: str, duration: int) -> AsyncIterator[None]:
        """Hold a name while inside, as `take` does; it is given back however that ends.

        Raises Locked as `take` does. Where the database fails when it is to be given
        back, that is logged, and it runs out.
        """
        try:
            await self.take(name, owner, duration)
        except asyncio.CancelledError:
            await self._let_go(name, owner)
            raise
        try:
            yield
        finally:
            await self._let_go(name, owner)

    async def take(self, name: str, owner: str, duration: int) -> None:
        """Hold a name for `duration` milliseconds from now; its owner may take it again.

        Raises Locked, saying until when, while somebody else holds it. Who is cancelled
        meanwhile leaves when the database has answered, and may hold it then.
        """
        await uncut(self._take(name, owner, duration))

    async def _take(self, name: str, owner: str, duration: int) -> None:
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
        """Let go of a name, cancelled or not; somebody else's lease stays."""
        await uncut(self.backend.delete(LEASES.name, every(eq("name", name), eq("owner", owner))))

    async def _let_go(self, name: str, owner: str) -> None:
        try:
            await self.give_back(name, owner)
        except InvalidSchema:
            pass  # without the table nothing was ever taken
        except EngrammicError as error:
            log.warning("%s is held until it runs out: %s", name, error)

    def _unchanged(self, name: str, held: dict[str, object] | None) -> list[Change]:
        if not self.backend.backend.capabilities.checks:
            return []
        if held is None:
            return [Check(LEASES.name, eq("name", name), 0)]
        same = every(eq("name", name), eq("owner", held["owner"]), eq("until", held["until"]))
        return [Check(LEASES.name, same, 1)]
