"""Deleting items, with all that hangs on them."""

from __future__ import annotations

from engrammic.changes import Delete
from engrammic.errors import InvalidInput
from engrammic.filters import Filter, eq, is_in
from engrammic.scope import Scoped
from engrammic.stores.base import expired
from engrammic.stores.indexing import BATCH, Changes, Indexing, Item, Records
from engrammic.stores.keeping import check_open, outlasts, standings
from engrammic.stores.parts import without_parts


class Removing(Indexing[Item]):
    """Items that can be deleted, one by one or by a filter."""

    async def delete(self, item_id: str) -> bool:
        """Delete one item; whether it was there. Raises Protected."""
        return await self.delete_where(eq(self.key, item_id)) > 0

    async def delete_expired(self) -> int:
        """Delete the items whose time is over, but for those under legal hold; how many."""
        return await self._delete(expired(self.clock()), spare=True)

    async def delete_where(self, where: Filter | None) -> int:
        """Delete the items that match; how many. EVERYTHING empties the table.

        Raises Protected at the first one that is canonical or under legal hold.
        """
        if where is None:
            raise InvalidInput("where", "want a filter; EVERYTHING of engrammic.filters is one")
        return await self._delete(where, spare=False)

    async def _delete(self, where: Filter, *, spare: bool) -> int:
        """Delete what matches; what is protected is spared, or stands in the way."""
        await self.ready()
        found: Records = []
        gone: Records = []
        after: tuple[str] | None = None

        async def removal(reader: Scoped) -> Changes:
            nonlocal found, gone
            columns = self.place_columns()
            found = await reader.query(self.table, where, after=after, limit=BATCH, columns=columns)
            gone = await self._removable(reader, found, spare)
            return await self.without(reader, gone)

        deleted = 0
        while after is None or len(found) == BATCH:
            await self.backend.transact(removal)
            deleted += len(gone)
            if not found:
                break
            after = (found[-1][self.key],)
        return deleted

    async def without(self, reader: Scoped, gone: Records) -> Changes:
        """The changes that delete stored records with all that hangs on them."""
        if not gone:
            return []
        ids = [record[self.key] for record in gone]
        return [
            Delete(self.table, is_in(self.key, ids)),
            *await without_parts(reader, self.kind, ids, self.clock()),
            *await self.arranged(reader, [], gone),
        ]

    async def taken_out(self, reader: Scoped, closed: Records) -> Changes:
        """The changes after which no search finds stored records, which live on as versions."""
        return await self.without(reader, closed)

    async def _removable(self, reader: Scoped, found: Records, spare: bool) -> Records:
        rows = await standings(reader, self.kind, [r[self.key] for r in found]) if found else {}
        if not spare:
            check_open(rows.values(), self.token, deleting=True)
            return found
        kept = {i for i, row in rows.items() if outlasts(row)}
        return [record for record in found if record[self.key] not in kept]
