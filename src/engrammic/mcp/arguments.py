"""What each tool takes: fields with their bounds, described for a model."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from engrammic.mcp.answers import FEWEST_TOKENS, MOST_TOKENS

LONGEST_CONTENT = 65_536
LONGEST_QUERY = 4_000
LONGEST_VALUE = 4_000
MOST_HITS = 50
MOST_IDS = 20
MOST_SPELLINGS = 10


def _no_flag(value: Any) -> Any:
    """The value. Raises ValueError for true and false, which count as 1 and 0 elsewhere."""
    if isinstance(value, bool):
        raise ValueError("want a number, not true or false")  # noqa: TRY004 pydantic's protocol
    return value


def _finite(value: Plain) -> Plain:
    """The value. Raises ValueError for what JSON has no way to write."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("want a finite number")
    return value


def _several(value: Any) -> Any:
    """The value; one text as a list of it."""
    return [value] if isinstance(value, str) else value


Number = BeforeValidator(_no_flag)
"""Stands behind the bounds, which else would not get into the schema."""
Plain: TypeAlias = Annotated[str, Field(max_length=LONGEST_VALUE)] | int | float | bool | None
Query: TypeAlias = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_QUERY,
        description="What to look for: a question or key words, names and identifiers included.",
    ),
]
Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=512)]
Label: TypeAlias = Annotated[str, Field(min_length=1, max_length=1_000)]
MemoryType: TypeAlias = Literal["note", "conversation", "preference", "pattern", "insight"]
Tokens: TypeAlias = Annotated[
    int,
    Field(
        ge=FEWEST_TOKENS,
        le=MOST_TOKENS,
        description="The answer never takes more tokens than this.",
    ),
    Number,
]
Since: TypeAlias = Annotated[
    datetime | None,
    Field(description="Only what was said or written from this time on (ISO 8601; UTC if bare)."),
]
Until: TypeAlias = Annotated[
    datetime | None,
    Field(description="Only what was said or written before this time (ISO 8601; UTC if bare)."),
]
Project: TypeAlias = Annotated[
    Label | None, Field(description="Only notes of this project; leaves messages out.")
]
OfType: TypeAlias = Annotated[
    MemoryType | None, Field(description="Only notes of this type; leaves messages out.")
]
ConversationId: TypeAlias = Annotated[Id | None, Field(description="Only this conversation.")]


class Arguments(BaseModel):
    """A tool's arguments; an unknown one is an error, not passed over."""

    model_config = ConfigDict(extra="forbid")


class Search(Arguments):
    """What `search` takes."""

    query: Query
    limit: Annotated[
        int, Field(ge=1, le=MOST_HITS, description="At most this many hits."), Number
    ] = 10
    mode: Annotated[
        Literal["hybrid", "keyword", "vector", "graph", "multi"],
        Field(
            description="hybrid: by meaning and words. keyword: by words. vector: by meaning. "
            "graph: by what is related to what the query names. multi: by all three."
        ),
    ] = "hybrid"
    depth: Annotated[
        int, Field(ge=0, le=32, description="Relations that graph and multi walk."), Number
    ] = 2
    kinds: Annotated[
        list[Literal["message", "note", "summary", "fact"]] | None,
        Field(min_length=1, max_length=4, description="What to search in; everything by default."),
    ] = None
    conversation_id: ConversationId = None
    role: Annotated[
        Literal["user", "assistant", "system", "developer", "tool"] | None,
        Field(description="Only messages of this role; leaves notes out."),
    ] = None
    memory_type: OfType = None
    project: Project = None
    since: Since = None
    until: Until = None
    min_score: Annotated[
        float, Field(ge=0, le=1, description="Leave out hits that score below this."), Number
    ] = 0.0
    max_tokens: Tokens = 2_000


class Recall(Arguments):
    """What `recall` takes."""

    query: Annotated[
        Query | None, Field(description="What to look for; without it the newest notes.")
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=MOST_HITS, description="At most this many notes."), Number
    ] = 5
    memory_type: OfType = None
    project: Annotated[Label | None, Field(description="Only notes of this project.")] = None
    since: Since = None
    until: Until = None
    max_tokens: Tokens = 2_000


class Context(Arguments):
    """What `context` takes."""

    query: Query
    max_tokens: Tokens = 4_000
    conversation_id: ConversationId = None
    project: Project = None
    since: Since = None
    until: Until = None


class Remember(Arguments):
    """What `remember` takes."""

    content: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_CONTENT,
            description="One self-contained memory, understandable without this conversation.",
        ),
    ]
    memory_type: Annotated[
        MemoryType,
        Field(
            description="note: a plain fact. preference: how the user wants things. pattern: what "
            "recurs or works here. insight: what was learned. conversation: a summary of a talk."
        ),
    ] = "note"
    title: Annotated[Label | None, Field(description="A short title; it is searched too.")] = None
    source: Annotated[Label | None, Field(description="Where it comes from: a path, a URL.")] = None
    project: Annotated[Label | None, Field(description="The project that it belongs to.")] = None
    metadata: Annotated[
        dict[Label, Annotated[Plain, AfterValidator(_finite)]] | None,
        Field(max_length=32, description="Values of your own, to filter by later."),
    ] = None
    expires_at: Annotated[
        datetime | None, Field(description="Forget it at this time (ISO 8601; UTC if bare).")
    ] = None
    id: Annotated[
        Id | None,
        Field(description="An id of your own; a note with it is rewritten, its old text kept."),
    ] = None


class Correct(Arguments):
    """What `correct` takes."""

    content: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_CONTENT,
            description="What is true now, understandable without this conversation.",
        ),
    ]
    text: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=LONGEST_QUERY,
            description="What is wrong or outdated, in words; either this or id.",
        ),
    ] = None
    id: Annotated[Id | None, Field(description="The item's id, to replace the whole of it.")] = None
    reason: Annotated[Label | None, Field(description="Why it changed; the log keeps it.")] = None


class Forget(Arguments):
    """What `forget` takes."""

    ids: Annotated[
        list[Id] | None,
        Field(
            min_length=1,
            max_length=MOST_IDS,
            description="Ids as search and recall show them; either these or subject.",
        ),
    ] = None
    subject: Annotated[
        list[Label] | None,
        Field(
            min_length=1,
            max_length=MOST_SPELLINGS,
            description="One subject, in one or several spellings: a name, an address, an "
            "identifier, or a description of what is meant.",
        ),
        BeforeValidator(_several),
    ] = None
    exact: Annotated[bool, Field(description="Never read the subject as a description.")] = False
    dry_run: Annotated[
        bool, Field(description="Only show what would be erased; erase nothing.")
    ] = False
    confirm: Annotated[
        Label | None,
        Field(description="The code of what was shown for this subject, to erase just that."),
    ] = None


class Release(Arguments):
    """What `release` takes."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_QUERY,
            description="What is meant, in words; 'everything about X' for all that speaks of X.",
        ),
    ]
    dry_run: Annotated[
        bool, Field(description="Only show what would be released; release nothing.")
    ] = False


class Status(Arguments):
    """`status` takes nothing."""
