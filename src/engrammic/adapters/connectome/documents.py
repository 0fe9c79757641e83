"""The four tables of a Connectome storage, and any Python value as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from typing import Any

from engrammic.checks import shown
from engrammic.errors import InvalidInput
from engrammic.predicate import DEEPEST
from engrammic.types import Field, Kind, Schema

CURRENT = "current"
RAW_MESSAGES = "raw_messages"
MEMORIES = "memories"
CHUNKS = "chunks"
CHAINS = "reasoning_chains"

_DOCUMENT = (
    Field("data", Kind.JSON, nullable=False),
    Field("created_at", Kind.INT, nullable=False),
    Field("updated_at", Kind.INT, nullable=False),
    Field("version", Kind.INT, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tables:
    """A document of a conversation or an agent is a record under (id, part).

    As `files:` they lie as Connectome's own: `conversations/{id}/current.json`,
    `agents/{id}/reasoning_chains.json`, `cache/{key}.json`, `system/{key}.json`.
    """

    conversations: Schema
    agents: Schema
    cache: Schema
    system: Schema

    @classmethod
    def named(cls, prefix: str) -> Tables:
        """The tables with a prefix before their names."""
        return cls(
            conversations=_documents(f"{prefix}conversations", "conversation_id"),
            agents=_documents(f"{prefix}agents", "agent_id"),
            cache=_values(f"{prefix}cache", "cache_key", Field("expires_at", Kind.INT)),
            system=_values(f"{prefix}system", "state_key"),
        )

    def all(self) -> tuple[Schema, ...]:
        """All of them."""
        return (self.conversations, self.agents, self.cache, self.system)


def _documents(name: str, owner: str) -> Schema:
    keys = (Field(owner, Kind.TEXT, nullable=False), Field("part", Kind.TEXT, nullable=False))
    return Schema(name, (*keys, *_DOCUMENT), key=(owner, "part"))


def _values(name: str, key: str, *more: Field) -> Schema:
    first = Field(key, Kind.TEXT, nullable=False)
    stored = Field("stored_at", Kind.INT, nullable=False)
    return Schema(name, (first, _DOCUMENT[0], stored, *more), key=(key,))


def plain(name: str, value: Any, depth: int = 0) -> Any:
    """The value as JSON has it: times as ISO 8601, sets as lists, objects as their fields.

    What is none of these becomes its text. Raises InvalidInput for a key that
    JSON has no form for, and for what is nested more than DEEPEST deep.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if depth >= DEEPEST:
        raise InvalidInput(name, f"is nested more than {DEEPEST} deep")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted((plain(name, part, depth + 1) for part in value), key=repr)
    if isinstance(value, list | tuple):
        return [plain(name, part, depth + 1) for part in value]
    found = _fields(value)
    if found is None:
        return str(value)
    return {_key(name, key): plain(name, part, depth + 1) for key, part in found.items()}


def plain_object(name: str, value: Any) -> dict[str, Any]:
    """As `plain`, for what has to be an object. Raises InvalidInput."""
    found = None if isinstance(value, type) else plain(name, value)
    if not isinstance(found, dict):
        raise InvalidInput(name, f"want a dictionary, not {shown(value)}")
    return found


def _fields(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    return getattr(value, "__dict__", None)


def _key(name: str, key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    raise InvalidInput(name, f"a key of a JSON object is a text, not {shown(key)}")
