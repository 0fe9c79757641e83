"""The tools: what each says of itself to a model, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from engrammic.mcp import arguments as takes
from engrammic.mcp.answers import Answer
from engrammic.mcp.changing import correct, release, remember
from engrammic.mcp.consulting import context, recall, search, status
from engrammic.mcp.forgetting import forget
from engrammic.mcp.session import Session

Work: TypeAlias = Callable[[Session, Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. `output` is the schema of its values.

    `reads`: it changes nothing. `destroys`: what it takes can't be brought back.
    `repeats`: the same call again changes nothing more.
    """

    name: str
    title: str
    description: str
    arguments: type[takes.Arguments]
    work: Work
    reads: bool = True
    destroys: bool = False
    repeats: bool = True
    output: dict[str, Any] | None = None


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
        repeats=False,
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
        "correct",
        "Correct what is stored",
        "Put what is true now in the place of something stored that is wrong or outdated. Name "
        "the old by text, in words: of an item that says several things only the statement "
        "that is meant gives way, and several items may be too near each other to tell, which "
        "is an error that names them. Or by id, from search or recall: the whole item gives "
        "way. Use it instead of remember when a stored fact has changed. The old text is not "
        "found any more, but kept in history. Shows what gave way.",
        takes.Correct,
        correct,
        reads=False,
        repeats=False,
    ),
    Tool(
        "release",
        "Let go of what is of no use",
        "Take out of search what is no longer of use, named in words: 'my old address', or "
        "'everything about X' for all that speaks of X. It stays in history and can be undone; "
        "to erase for good use forget. With dry_run it only shows what would go. What is "
        "protected stays, and is told.",
        takes.Release,
        release,
        reads=False,
        repeats=False,
    ),
    Tool(
        "forget",
        "Forget for good",
        "Erase what the user wants gone, for good, with all that came of it: by ids, from search "
        "or recall, at once; or by subject, a name, address or identifier in whatever spelling, "
        "or a description ('Ada's prescription'). A subject is erased in two calls: the first "
        "shows what would go, and a code; the same call with that code as confirm erases "
        "exactly that. Let the user see it in between. What is protected stays, and is told. "
        "For what is outdated use correct, for what is of no use release: both can be undone.",
        takes.Forget,
        forget,
        reads=False,
        destroys=True,
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
