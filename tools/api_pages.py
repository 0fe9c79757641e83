"""The public names with their signatures, read from the code: docs/api.md."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

SECTIONS = {
    "The memory": "open Memory Page Hit Hits Context selection.Selection",
    "Items": "Message Conversation Note Scope",
    "Stores": "MessageStore ConversationStore NoteStore stores.items.ScoredItem "
    "stores.retrieval.Mode sessions.importing.ImportReport",
    "Embedding": "Embedder Fingerprint CachedEmbedder embed.registry.load_embedder "
    "embed.install.install_model embed.onnx.OnnxEmbedder embed.hashing.HashingEmbedder "
    "embed.http.HttpEmbedder",
    "Filters": "filters.Compare filters.And filters.Or filters.Op filters.eq filters.is_in "
    "filters.is_null filters.every",
    "Databases": "backend.Backend backend.Capabilities types.Schema types.Field types.Kind "
    "types.Index types.Order types.Scored changes.Put changes.Update changes.Delete changes.Check "
    "registry.open_backend registry.registered",
    "Ranking and text": "ranking.fusion.Fusion ranking.fusion.fuse ranking.bm25.bm25 "
    "ranking.timespan.spans text.terms text.query_terms",
    "Settings": "settings.Settings settings.load_settings settings.find_home",
}


def markdown() -> Iterator[str]:
    """The lines of docs/api.md."""
    yield "# Public names\n"
    yield "Made from the code by `tools/gen_docs.py`. Everything that is `async` here has a"
    yield "blocking twin in `engrammic.sync`. Names with a dot are in that module of `engrammic`."
    for title, names in SECTIONS.items():
        yield f"\n## {title}"
        for name in names.split():
            yield from _entry(name)
    yield "\n## Errors\n"
    doc = inspect.getdoc(importlib.import_module("engrammic.errors")) or ""
    yield "From `engrammic.errors`:\n"
    yield f"```text\n{doc}\n```"


def find(name: str) -> Any:
    """The object of a name below `engrammic`."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(f"engrammic.{module}".rstrip(".")), last)


def _entry(name: str) -> Iterator[str]:
    found = find(name)
    short = name.rpartition(".")[2]
    yield f"\n### {name}\n"
    if isinstance(found, type) and issubclass(found, Enum):
        yield f"{_first_line(found)} {', '.join(f'`{member.value}`' for member in found)}."
        return
    yield f"```text\n{_heading(short, found)}\n```\n"
    yield inspect.cleandoc(found.__doc__ or "")
    if isinstance(found, type):
        yield from _members(found)


def _heading(name: str, found: Any) -> str:
    if is_dataclass(found):
        shown = [_field(f) for f in fields(found) if not f.name.startswith("_")]
        return "\n".join([f"{name}(", *(f"    {line}," for line in shown), ")"])
    if isinstance(found, type) and (
        inspect.isabstract(found) or getattr(found, "_is_protocol", False)
    ):
        return f"class {name}"
    return signature(name, found)


def _field(field: Any) -> str:
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    told = "" if default is MISSING else f" = {_value(default)}"
    return f"{field.name}: {field.type}{told}"


def _members(found: type) -> Iterator[str]:
    """One line for each public method and property, in the order of the code."""
    lines = []
    for name, member in _public(found):
        if isinstance(member, property):
            lines.append(f"- `{name}`: {_first_line(member)}")
            continue
        plain = getattr(member, "__func__", member)
        verb = "async " if inspect.iscoroutinefunction(plain) else ""
        verb = "async for " if inspect.isasyncgenfunction(plain) else verb
        lines.append(f"- `{verb}{signature(name, plain)}`: {_first_line(member)}")
    if lines:
        yield "\n" + "\n".join(lines)


def _public(found: type) -> Iterator[tuple[str, Any]]:
    seen = set(dir(tuple))
    for owner in found.__mro__:
        if not owner.__module__.startswith("engrammic"):
            continue
        for name, member in vars(owner).items():
            callable_or_property = callable(member) or isinstance(member, property | classmethod)
            if callable_or_property and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, member


def signature(name: str, found: Callable[..., Any]) -> str:
    """The call as it stands in the code, without `self` and what it returns."""
    parts: list[str] = []
    keyword_only = False
    for parameter in inspect.signature(found).parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            parts.append("*")
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        parts.append(_parameter(parameter))
    return f"{name}({', '.join(parts)})"


def _parameter(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.kind is parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={_value(parameter.default)}"


def _value(default: Any) -> str:
    if isinstance(default, Enum):
        return repr(default.value)
    if default is os.environ:
        return "os.environ"  # its repr holds the values
    if inspect.isfunction(default):
        return default.__name__
    return repr(default)


def _first_line(found: Any) -> str:
    return (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")
