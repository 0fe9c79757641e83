"""The tools that only read: search, recall, context, status."""

from __future__ import annotations

from typing import Any

from engrammic._version import __version__
from engrammic.mcp import arguments as takes
from engrammic.mcp.answers import Answer, found, listed, plain
from engrammic.mcp.session import LOADING, READY, Session

CONTEXT_HITS = 50


async def search(session: Session, given: takes.Search) -> Answer:
    """Hits of everything stored, best first."""
    return await _search(session, given, given.max_tokens)


async def recall(session: Session, given: takes.Recall) -> Answer:
    """Notes that fit, or the newest."""
    if given.query is not None:
        return await _search(session, given, given.max_tokens, kinds=["note"])
    memory = await session.memory()
    selection = given.model_dump(exclude={"query", "limit", "max_tokens"})
    notes = await memory.recall(limit=given.limit, **selection)
    return listed(notes, given.max_tokens)


async def context(session: Session, given: takes.Context) -> Answer:
    """As much of what is relevant as fits."""
    return await _search(session, given, given.max_tokens, limit=CONTEXT_HITS)


async def _search(session: Session, given: takes.Arguments, max_tokens: int, **more: Any) -> Answer:
    memory = await session.memory()
    notice = session.notice if memory.embedder is None else None
    hits = await memory.search(**given.model_dump(exclude={"max_tokens"}), **more)
    # Without a model retrieval says so itself; the session knows better why.
    notices = [notice] if notice and hits.notes else hits.notes
    return found(hits, max_tokens, notices)


async def status(session: Session, given: takes.Status) -> Answer:
    """Counts, the model's state, and what is wrong."""
    memory = await session.memory()
    stats, health = await memory.stats(), await memory.health()
    counts = ("messages", "conversations", "notes", "pending")
    problems = [*health["problems"], *([session.notice] if session.model != LOADING else [])]
    return plain(
        {
            "version": __version__,
            "database": str(health.get("path", health["backend"])),
            "scope": str(memory.scope),
            "status": health["status"],
            "model": session.model,
            "search": "meaning and words" if session.model == READY else "words",
            **{name: stats[name] for name in counts},
            "problems": [p for p in problems if p],
        }
    )
