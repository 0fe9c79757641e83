"""Content blocks of a message: text, tool calls, tool results, thinking, images."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from engrammic.errors import InvalidInput
from engrammic.sessions.values import list_of, mapping_of, present, text_of

Kind: TypeAlias = Literal["text", "tool_use", "tool_result", "thinking"]

Block: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one message: a run of text, or one block of another kind.

    `index` is the place of its first block, the same whatever is left out.
    """

    kind: Kind
    content: str
    index: int = 0
    metadata: Block = field(default_factory=dict)
    images: tuple[Block, ...] = ()


def parts(content: object, *, include_thinking: bool = False) -> list[Part]:
    """The parts of a text or of a list of blocks, in order; empty ones are left out.

    Raises InvalidInput for content that is neither.
    """
    if isinstance(content, str):
        content = [content]
    if content is None:
        raise InvalidInput("content", "missing")
    if not isinstance(content, list):
        raise InvalidInput("content", f"neither text nor list but {type(content).__name__}")
    joined: list[Part] = []
    for index, block in enumerate(content):
        part = _part(index, block)
        if joined and joined[-1].kind == "text" == part.kind:
            joined[-1] = _together(joined[-1], part)
        else:
            joined.append(part)
    shown = [_shown(p) for p in joined if include_thinking or p.kind != "thinking"]
    return [p for p in shown if p.content.strip()]


def _together(first: Part, second: Part) -> Part:
    content = "\n".join(p.content for p in (first, second) if p.content)
    return replace(first, content=content, images=first.images + second.images)


def _shown(part: Part) -> Part:
    """The part, with a line for each image where there is no text to find it by."""
    if part.content.strip() or not part.images:
        return part
    named = (i.get("media_type") or i.get("url") or "unknown kind" for i in part.images)
    return replace(part, content="\n".join(f"[image: {name}]" for name in named))


def _part(index: int, block: object) -> Part:
    if isinstance(block, str):
        return Part("text", block, index)
    if not isinstance(block, Mapping):
        raise InvalidInput("content", f"block {index} is no object but {type(block).__name__}")
    kind = str(block.get("type", "text"))
    for ending, reader in _READERS.items():
        if kind == ending or kind.endswith("_" + ending):
            return replace(reader(block), index=index)
    return Part("text", text_of(block.get("text")) or "", index)


def _thinking(block: Block) -> Part:
    return Part("thinking", text_of(block.get("thinking")) or "", metadata={"type": "thinking"})


def _tool_use(block: Block) -> Part:
    return call(str(block.get("name") or "tool"), block.get("input"), block.get("id"))


def _tool_result(block: Block) -> Part:
    inner = block.get("content")
    failed = block.get("is_error") is True
    return result(inner, block.get("tool_use_id"), is_error=failed)


def _image(block: Block) -> Part:
    return Part("text", "", images=(image(block),))


_READERS: Mapping[str, Callable[[Block], Part]] = MappingProxyType(
    {
        "thinking": _thinking,
        "tool_use": _tool_use,
        "tool_result": _tool_result,
        "image": _image,
        "image_url": _image,
    }
)
"""By the type's last words: `server_tool_use` and `web_search_tool_result` are read alike."""


def call(name: str, given: object, call_id: object = None) -> Part:
    """A tool call: its readable form, and the input as it was given in the metadata."""
    facts = present(type="tool_use", tool_name=name, tool_input=given, tool_use_id=call_id)
    return Part("tool_use", readable(name, given), metadata=facts)


def result(content: object, call_id: object = None, **facts: object) -> Part:
    """What a tool gave back; `content` is a text, blocks, or any JSON value."""
    inner = parts(content) if isinstance(content, str | list) else []
    text = "\n".join(p.content for p in inner)
    if not isinstance(content, str | list | None):
        text = json.dumps(content, ensure_ascii=False)
    metadata = present(type="tool_result", tool_use_id=call_id, **facts)
    return Part("tool_result", text, 0, metadata, tuple(i for p in inner for i in p.images))


_MAIN = ("command", "cmd", "file_path", "path", "notebook_path", "pattern", "query", "url", "skill")


def readable(name: str, given: object) -> str:
    """A call as a person reads it: `Bash: pytest -q`, then what else was given, line by line."""
    if not isinstance(given, Mapping):
        return name if given in (None, "") else f"{name}: {_value(given)}"
    main = next((key for key in _MAIN if given.get(key)), None)
    first = name if main is None else f"{name}: {_value(given[main])}"
    rest = (f"{k}: {_value(v)}" for k, v in given.items() if k != main and v not in (None, ""))
    return "\n".join((first, *rest))


def _value(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and value and all(isinstance(v, str) for v in value):
        return str(value[-1]) if value[0] in ("bash", "sh", "zsh") else " ".join(value)
    return json.dumps(value, ensure_ascii=False)


def image(block: Block) -> Block:
    """A reference to an image without its bytes: media type, size and SHA-256, or its address."""
    source = mapping_of(block.get("source")) or block
    given = source.get("image_url") or source.get("url") or source.get("asset_pointer")
    url = given.get("url") if isinstance(given, Mapping) else given
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url[5:].partition(",")
        return _embedded(head.partition(";")[0], data)
    if isinstance(source.get("data"), str):
        return _embedded(source.get("media_type"), source["data"])
    size = source.get("size_bytes") or source.get("size")
    return present(url=url, media_type=source.get("media_type"), size=size)


def _embedded(media_type: object, data: str) -> Block:
    try:
        raw = base64.b64decode(data.encode())
    except (binascii.Error, UnicodeEncodeError):
        return present(media_type=media_type, size=len(data), unreadable=True)
    return present(media_type=media_type, size=len(raw), sha256=sha256(raw).hexdigest())


def arguments(given: object) -> object:
    """A call's arguments: JSON text is read, any other text stays as it is."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given, strict=False)
    except (ValueError, RecursionError):
        return given


def calls(given: object) -> list[Part]:
    """The parts of an OpenAI-style `tool_calls` list; indices follow content's from 1000 on."""
    found = []
    for number, entry in enumerate(list_of(given)):
        function = mapping_of(mapping_of(entry).get("function"))
        name = str(function.get("name") or "tool")
        part = call(name, arguments(function.get("arguments")), mapping_of(entry).get("id"))
        found.append(replace(part, index=1000 + number))
    return found
