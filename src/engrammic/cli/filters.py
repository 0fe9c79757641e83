"""What narrows a search on the command line, and how dates and metadata are written there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

Option = typer.Option


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items are meant: the fields of `Selection` as options."""

    kind: Annotated[
        list[str] | None,
        Option(help="Only this kind: message, note, summary or fact. Repeatable."),
    ] = None
    conversation: Annotated[str | None, Option(help="Only of this conversation.")] = None
    role: Annotated[str | None, Option(help="Only said by user, assistant, system, tool.")] = None
    type: Annotated[
        str | None,
        Option(help="Only notes that are a note, conversation, preference, pattern or insight."),
    ] = None
    note_project: Annotated[str | None, Option(help="Only notes on this project.")] = None
    since: Annotated[str | None, Option(help="Not before this ISO date or time (UTC).")] = None
    until: Annotated[str | None, Option(help="Before this ISO date or time (UTC).")] = None
    meta: Annotated[
        list[str] | None, Option(help="Only with this metadata, as key=value. Repeatable.")
    ] = None

    def selection(self) -> dict[str, Any]:
        """The arguments of `Memory.search`. Raises BadParameter for what cannot be read."""
        given = {
            "kinds": self.kind or None,
            "conversation_id": self.conversation,
            "role": self.role,
            "memory_type": self.type,
            "project": self.note_project,
            "since": moment("--since", self.since),
            "until": moment("--until", self.until),
            "metadata": metadata(self.meta) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def moment(option: str, text: str | None) -> datetime | None:
    """The time that an ISO 8601 text names."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no ISO date, such as 2026-03-29 or 2026-03-29T08:15", param_hint=option
        ) from None


def metadata(pairs: Sequence[str] | None) -> dict[str, Any]:
    """Metadata from key=value; numbers, true, false and JSON in quotes are read as such."""
    found: dict[str, Any] = {}
    for pair in pairs or ():
        key, equals, text = pair.partition("=")
        if not key or not equals:
            raise typer.BadParameter(f"{pair!r} is not key=value", param_hint="--meta")
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = text
    return found
