"""The tools: what each says of itself to a model, and what it does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic._version import __version__
from engrammic.clock import iso
from engrammic.mcp import arguments as takes
from engrammic.mcp.answers import MOST_TOKENS, Answer, found, listed
from engrammic.mcp.session import LOADING, READY, Session

Work: TypeAlias = Callable[[Session, Any], Awaitable[Answer]]

CONTEXT_HITS = 50


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `reads` that it changes nothing; `output` is the schema of its values."""

    name: str
    title: str
    description: str
    arguments: type[takes.Arguments]
    work: Work
    reads: bool = True
    output: dict[str, Any] | None = None


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


async def remember(session: Session, given: takes.Remember) -> Answer:
    """The id of the note as stored."""
    values = given.model_dump()
    async with session.storing():
        memory = await session.memory()
        note = await memory.remember(values.pop("content"), **values)
    assert isinstance(note.created_at, int)
    return _plain(
        {
            "id": note.note_id,
            "memory_type": note.memory_type,
            "created_at": iso(note.created_at),
            "pending": memory.embedder is None,
        }
    )


async def supersede(session: Session, given: takes.Supersede) -> Answer:
    """The id of what took the item's place."""
    async with session.storing():
        memory = await session.memory()
        item = await memory.supersede(given.id, given.content, reason=given.reason or "superseded")
    return _plain({"id": item.id, "supersedes": given.id})


async def release(session: Session, given: takes.Release) -> Answer:
    """What went out of search, and what stays."""
    async with session.storing():
        memory = await session.memory()
        report = await memory.release(given.text, dry_run=given.dry_run)
    return _plain(
        {
            "dry_run": given.dry_run,
            "released": [f"{i}: {said}" for i, said in report.released.items()],
            "shortened": [f"{i}: {rest}" for i, rest in report.shortened.items()],
            "kept": [f"{i}: {why}" for i, why in report.kept.items()],
        }
    )


async def forget(session: Session, given: takes.Forget) -> Answer:
    """Which ids were there, and are gone."""
    memory = await session.memory()
    ids = list(dict.fromkeys(given.ids))
    stored = {i: item for i in ids if (item := await memory.get(i)) is not None}
    kept: dict[str, str] = {}
    if stored and not given.dry_run:
        kept = dict((await memory.forget(list(stored), scan=False)).kept)
    gone = [i for i in stored if i not in kept]
    values = {
        "dry_run": given.dry_run,
        "forgotten": [] if given.dry_run else gone,
        "would_forget": gone if given.dry_run else [],
        "unknown": [i for i in ids if i not in stored],
        "kept": [f"{i}: {why}" for i, why in kept.items()],
    }
    answer = _plain(values)
    if not (given.dry_run and stored):
        return answer
    return Answer(f"{answer.text}\n{listed(list(stored.values()), MOST_TOKENS // 2).text}", values)


async def status(session: Session, given: takes.Status) -> Answer:
    """Counts, the model's state, and what is wrong."""
    memory = await session.memory()
    stats, health = await memory.stats(), await memory.health()
    counts = ("messages", "conversations", "notes", "pending")
    problems = [*health["problems"], *([session.notice] if session.model != LOADING else [])]
    return _plain(
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


def _plain(values: dict[str, Any]) -> Answer:
    return Answer(json.dumps(values, ensure_ascii=False), values)


def _object(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_FLAG = {"type": "boolean"}
_TEXTS = {"type": "array", "items": _TEXT}
_STATUS: dict[str, Any] = {
    **dict.fromkeys(("version", "database", "scope", "status", "model", "search"), _TEXT),
    **dict.fromkeys(("messages", "conversations", "notes", "pending"), _COUNT),
    "problems": _TEXTS,
}

TOOLS = (
    Tool(
        "search",
        "Search the memory",
        "Find messages of past conversations and coding sessions, and notes, by meaning and by "
        "words. Use it for a precise question: what was decided, who said what, how an error was "
        "fixed. Each hit comes with its id, kind, origin, time and score (0 to 1), the best "
        "first. Narrow it with conversation_id, role, memory_type, project, since, until.",
        takes.Search,
        search,
    ),
    Tool(
        "remember",
        "Remember something",
        "Store one note that outlives this session: a decision and its reason, a preference of "
        "the user, a pattern of the code, an insight. Write it so that it is understood without "
        "this conversation: names, paths and versions instead of 'it' or 'the above'. Store no "
        "secrets. It is on disk when the tool answers. Returns the note's id.",
        takes.Remember,
        remember,
        reads=False,
        output=_object(id=_TEXT, memory_type=_TEXT, created_at=_TEXT, pending=_FLAG),
    ),
    Tool(
        "recall",
        "Recall notes",
        "Get notes that were remembered on purpose (preferences, patterns, insights), the best "
        "for the query first; without a query the newest, as excerpts. It never returns messages "
        "of conversations: use search for those.",
        takes.Recall,
        recall,
    ),
    Tool(
        "context",
        "Gather context for a task",
        "Get as much of what the memory holds about a task as fits into max_tokens, in one "
        "block. Use it at the start of a task, with the task in a sentence as the query.",
        takes.Context,
        context,
    ),
    Tool(
        "supersede",
        "Replace what is outdated",
        "Put what is true now in the place of something stored that is outdated or wrong: the old "
        "text is not found any more. The id comes from search or recall. Use it instead of "
        "remember when a stored fact has changed. Returns the new item's id.",
        takes.Supersede,
        supersede,
        reads=False,
        output=_object(id=_TEXT, supersedes=_TEXT),
    ),
    Tool(
        "release",
        "Let go of what is of no use",
        "Take out of search what is no longer of use, named in words: 'my old address', or "
        "'everything about X' for all that speaks of X. It stays in history and can be undone; "
        "to erase for good use forget. With dry_run it only shows what would go. What is "
        "protected is listed as kept.",
        takes.Release,
        release,
        reads=False,
        output=_object(dry_run=_FLAG, released=_TEXTS, shortened=_TEXTS, kept=_TEXTS),
    ),
    Tool(
        "forget",
        "Forget for good",
        "Erase messages or notes by their ids, for good, with all that came of them: what the "
        "user wants gone. For what is outdated use supersede. Ids come from search and recall. "
        "With dry_run it only shows what would go. Ids that are not there are listed as unknown, "
        "what is protected as kept.",
        takes.Forget,
        forget,
        reads=False,
        output=_object(
            dry_run=_FLAG, forgotten=_TEXTS, would_forget=_TEXTS, unknown=_TEXTS, kept=_TEXTS
        ),
    ),
    Tool(
        "status",
        "Status of the memory",
        "How many messages, conversations and notes are stored, whether search is by meaning or "
        "by words alone at the moment, how many items still wait for their vectors, and what is "
        "wrong with the memory, if anything.",
        takes.Status,
        status,
        output=_object(**_STATUS),
    ),
)
