"""What the operator of a database does over every scope of it, whoever's it is."""

from __future__ import annotations

from engrammic.memory import Memory
from engrammic.stores.scopes import scopes_of

HOLDING = ("tier_metadata", "messages", "notes", "summaries", "facts")


async def in_every_scope(memory: Memory) -> list[Memory]:
    """The memory once more for each scope of its database that holds something.

    Each sees its own scope alone. Who holds the database may do this; a user of
    one scope is never given it.
    """
    return [
        Memory(
            memory.backend, memory.embedder, scope=scope, clock=memory.clock,
            tiers=memory.tiers.config, summarizer=memory.summarizer, extractor=memory.extractor,
        )
        for scope in await scopes_of(memory.backend, HOLDING)
    ]  # fmt: skip
