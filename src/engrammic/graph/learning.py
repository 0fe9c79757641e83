"""Reading what was said: entities and relations of messages that nobody has read yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engrammic.changes import Change, Update
from engrammic.extraction.nouns import Extractor
from engrammic.filters import eq, every, is_in, is_null
from engrammic.progress import Advance
from engrammic.scope import Scoped
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_changes import Extraction
from engrammic.stores.messages import MessageStore
from engrammic.stores.tier_metadata import TIER_METADATA
from engrammic.types import Record

STEP = 64
"""Messages in one change list: what was found in them, and that they were read."""

UNREAD = every(eq("kind", "message"), is_null("learned_at"))


@dataclass(frozen=True, slots=True)
class Learning:
    """Reads messages of one scope. It may be interrupted anywhere, and goes on."""

    messages: MessageStore
    entities: EntityStore
    extractor: Extractor

    async def run(self, most: int | None, advance: Advance) -> int:
        """How many messages were read, `most` at most."""
        await self.messages.ready()
        await self.entities.ready()
        total = await self.messages.backend.count(TIER_METADATA.name, UNREAD)
        total = total if most is None else min(total, most)
        done = 0
        while done < total:
            ids = await self._unread(min(STEP, total - done))
            if not ids:
                break
            await self._read(ids)
            done += len(ids)
            advance(done, total, "reading")
        return done

    async def _unread(self, count: int) -> list[str]:
        rows = await self.messages.backend.query(
            TIER_METADATA.name, UNREAD, limit=count, columns=("message_id",)
        )
        return [row["message_id"] for row in rows]

    async def _read(self, ids: Sequence[str]) -> None:
        records = await self.messages.raw(ids)
        found = [await self._extracted(record) for record in records]
        said = {record["message_id"]: record["content"] for record in records}
        moment = self.messages.clock()

        async def keeping(reader: Scoped) -> list[Change]:
            same = await self._unchanged(reader, said)
            still = [one for one in found if one.message_id in same]
            read = [i for i in ids if i in same or i not in said]
            marks = [{"kind": "message", "message_id": i, "learned_at": moment} for i in read]
            return [
                *await self.entities.including(reader, still),
                Update(TIER_METADATA.name, marks),
            ]

        await self.messages.backend.transact(keeping)

    async def _unchanged(self, reader: Scoped, said: dict[str, str]) -> set[str]:
        """Those of the messages that still say what was read."""
        columns = ("message_id", "content")
        now = await reader.query("messages", is_in("message_id", tuple(said)), columns=columns)
        return {r["message_id"] for r in now if r["content"] == said[r["message_id"]]}

    async def _extracted(self, record: Record) -> Extraction:
        result = await self.extractor.extract(record["content"], record["message_id"])
        await asyncio.sleep(0)  # searches come in between
        speaker = record["name"] or record["role"]
        return Extraction(result, record["message_id"], record["created_at"], speaker)
