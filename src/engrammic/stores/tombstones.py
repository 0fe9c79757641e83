"""What must not come back: keyed hashes of rejected texts and forgotten ids, never the texts."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from engrammic.changes import Delete, Put
from engrammic.filters import is_in
from engrammic.scope import Scoped
from engrammic.stores.base import Store
from engrammic.stores.meta import MetaStore
from engrammic.text import joined
from engrammic.types import Field, Kind, Record, Schema

TOMBSTONES = Schema(
    "tombstones",
    (
        Field("digest", Kind.TEXT, nullable=False),
        Field("reason", Kind.TEXT, nullable=False),
        Field("created_at", Kind.INT, nullable=False),
    ),
    key=("digest",),
)

FEWEST_TERMS = 3
"""Shorter texts, such as "yes, please", carry nothing that could be kept out."""


MARK = "any"
"""The row that says that there are others."""


class Reason(StrEnum):
    """Why something must not come back."""

    REJECTED = "rejected"
    FORGOTTEN = "forgotten"
    RELEASED = "released"


class Tombstones(Store):
    """Tombstones of one scope. The hashes are keyed: nobody can guess a text by trying."""

    _key: bytes = b""

    def schemas(self) -> Sequence[Schema]:
        """The one table."""
        return (TOMBSTONES,)

    async def ready(self) -> None:
        """Declare the table, and read the database's own key, made on first use."""
        await super().ready()
        if not self._key:
            fresh = secrets.token_hex(32)
            stored = await MetaStore(self.backend.backend).agree("tombstone_key", fresh)
            self._key = bytes.fromhex(stored)

    @property
    def key(self) -> bytes:
        """The database's own key; known once ready."""
        return self._key

    async def any(self, reader: Scoped) -> bool:
        """Whether the scope keeps anything out at all; one short read."""
        return await reader.get(TOMBSTONES.name, (MARK,)) is not None

    def of_text(self, content: str) -> str | None:
        """The digest of a text, whatever its case, spacing and inflection; None for a short one."""
        return self.of_words(joined(content))

    def of_words(self, words: str) -> str | None:
        """As `of_text`, of its terms joined by spaces."""
        return self._digest("text", words) if words.count(" ") + 1 >= FEWEST_TERMS else None

    def of_item(self, kind: str, item_id: str) -> str:
        """The digest of an item's id."""
        return self._digest("item", f"{kind}\n{item_id}")

    def records(self, digests: Iterable[str | None], reason: Reason, moment: int) -> list[Record]:
        """The rows that keep these out from now on."""
        known = dict.fromkeys((MARK, *(digest for digest in digests if digest is not None)))
        return [{"digest": d, "reason": reason, "created_at": moment} for d in known]

    async def keep(self, digests: Iterable[str | None], reason: Reason) -> None:
        """Keep these out from now on."""
        await self.ready()
        await self.backend.apply(
            [Put(TOMBSTONES.name, self.records(digests, reason, self.clock()))]
        )

    async def standing(self, reader: Scoped, digests: Iterable[str | None]) -> Mapping[str, Reason]:
        """Those of the digests that are kept out, and why."""
        wanted = tuple(dict.fromkeys(d for d in digests if d is not None))
        found = await reader.query(TOMBSTONES.name, is_in("digest", wanted))
        return {record["digest"]: Reason(record["reason"]) for record in found}

    async def lift(self, *digests: str | None) -> int:
        """Let these in again; how many were kept out."""
        await self.ready()
        wanted = tuple(digest for digest in digests if digest is not None)
        return await self.backend.apply([Delete(TOMBSTONES.name, is_in("digest", wanted))])

    def _digest(self, what: str, text: str) -> str:
        return hmac.digest(self._key, f"{what}\n{text}".encode(), "sha256").hex()
