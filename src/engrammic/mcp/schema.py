"""The JSON schema of a tool's arguments, without what tells a model nothing."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

NULL = {"type": "null"}


def schema_of(arguments: type[BaseModel]) -> dict[str, Any]:
    """The schema of the arguments, each of which is described once.

    An optional one is left out rather than null, though null is taken, too.
    """
    whole = arguments.model_json_schema()
    fields = {name: _field(given) for name, given in whole["properties"].items()}
    required = {"required": whole["required"]} if "required" in whole else {}
    return {"type": "object", "properties": fields, **required, "additionalProperties": False}


def _field(given: dict[str, Any]) -> dict[str, Any]:
    """One argument, without its title, and without null as a choice and a default."""
    field = {k: v for k, v in given.items() if k != "title" and (k, v) != ("default", None)}
    choices = [choice for choice in field.get("anyOf", ()) if choice != NULL]
    if len(choices) != 1:
        return field
    del field["anyOf"]
    return {**choices[0], **field}
