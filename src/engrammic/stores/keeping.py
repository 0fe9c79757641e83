"""What stands in the way of a write: canonical items, legal holds, what was put out for good."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from engrammic.authority import CanonicalWriteToken
from engrammic.errors import InvalidInput, KeptOut, Protected
from engrammic.items import MemoryAuthority
from engrammic.scope import Scoped
from engrammic.stores.meta import MetaStore
from engrammic.stores.tier_metadata import TIER_METADATA, standing_of
from engrammic.types import Record

VERIFIER = "canonical_verifier"
SALT = "canonical_salt"
CANONICAL, HELD = "canonical", "under legal hold"
_WAYS_OUT = {
    CANONICAL: "`memory.unlocked(secret)` may change it",
    HELD: "`memory.release_hold` lets go of it",
}


async def standings(reader: Scoped, kind: str, ids: Sequence[str]) -> dict[str, Record]:
    """The rows of TIER_METADATA of items, by id."""
    if len(ids) == 1:
        row = await reader.get(TIER_METADATA.name, (kind, ids[0]))
        return {} if row is None else {ids[0]: row}
    rows = await reader.query(TIER_METADATA.name, standing_of(kind, ids))
    return {row["message_id"]: row for row in rows}


def protection(row: Record, token: CanonicalWriteToken | None, *, deleting: bool) -> str:
    """Why an item may not be changed, or deleted, by a holder of this token; empty if it may."""
    if row["authority"] == MemoryAuthority.CANONICAL and token is None:
        return CANONICAL
    return HELD if deleting and row.get("held") else ""


def outlasts(row: Record | None) -> bool:
    """Whether an item stays although its time is over: canonical, or under legal hold."""
    return row is not None and bool(protection(row, None, deleting=True))


def check_open(
    rows: Iterable[Record], token: CanonicalWriteToken | None, *, deleting: bool = False
) -> None:
    """Raise Protected for the first item that may not be changed, or deleted."""
    for row in rows:
        if why := protection(row, token, deleting=deleting):
            item = f"{row['kind']} {row['message_id']!r}"
            raise Protected(f"{item} is {why}: {_WAYS_OUT[why]}")


def refused(kind: str, item_id: str, why: str) -> KeptOut:
    """The error for what may not come back."""
    return KeptOut(f"{kind} {item_id!r} was {why}; `memory.allow(...)` lets it in again")


async def verified(backend: Scoped, secret: str | bytes) -> CanonicalWriteToken:
    """The token of the secret; the first secret that a scope's tenant gives is the owner's.

    Raises InvalidInput for another one.
    """
    meta = MetaStore(backend.backend)
    tenant = backend.scope.tenant
    salt = bytes.fromhex(await meta.agree(SALT, secrets.token_hex(16)))
    token = CanonicalWriteToken.from_secret(secret, salt)
    if not token.opens(await meta.agree(f"{VERIFIER}:{tenant}", token.verifier)):
        raise InvalidInput("secret", "is not the one that this memory's owner set")
    return token
