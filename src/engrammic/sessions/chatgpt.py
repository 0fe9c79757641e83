"""Export files of ChatGPT: `conversations.json`, each conversation a tree of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.sessions.blocks import Part, arguments, call, parts, result
from engrammic.sessions.exports import Export, Place, conversations, told
from engrammic.sessions.lines import Item
from engrammic.sessions.thread import Source, Thread, Turn, role_of
from engrammic.sessions.values import digest, list_of, mapping_of, moment, named, present, text_of

NAME = "chatgpt"

_TREE = re.compile(rb'(?<!\\)"mapping"\s*:\s*\{')
_THINKING = ("thoughts", "reasoning_recap")


def detect(head: bytes, path: Path) -> bool:
    """Whether the file begins as such an export does."""
    return path.suffix == ".json" and _TREE.search(head) is not None


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """Each conversation, then its messages: the current branch and the abandoned ones.

    A message that is not on the branch that the service shows has
    `abandoned` in its metadata.
    """
    source = Source.of(NAME, path)

    def one(entry: Export, at: Place) -> Iterator[Item]:
        tree = _Tree(entry, include_thinking)
        return told(path, _thread(source, entry), tree.order(), tree.turn, at)

    return conversations(path, source, "mapping", one)


def _thread(source: Source, entry: Export) -> Thread:
    """The thread of a conversation; without an id its title and date name it."""
    id = named(entry.get("conversation_id")) or named(entry.get("id"))  # noqa: A001
    facts = present(gizmo_id=entry.get("gizmo_id"), archived=entry.get("is_archived"))
    return Thread(
        source,
        id or f"{NAME}:{digest(str(entry.get('title')), str(entry.get('create_time')))}",
        title=text_of(entry.get("title")),
        created=moment(entry.get("create_time")),
        updated=moment(entry.get("update_time")),
        model_id=text_of(entry.get("default_model_slug")),
        metadata=facts,
    )


class _Tree:
    """The nodes of one conversation."""

    def __init__(self, entry: Export, include_thinking: bool) -> None:
        if not isinstance(entry["mapping"], Mapping):
            raise InvalidInput("mapping", "no object")
        self.nodes = entry["mapping"]
        self.include_thinking = include_thinking
        self.current = self._branch(entry.get("current_node"))

    def _branch(self, node: object) -> set[str]:
        found: set[str] = set()
        while isinstance(node, str) and node in self.nodes and node not in found:
            found.add(node)
            node = mapping_of(self.nodes[node]).get("parent")
        return found

    def order(self) -> list[str]:
        """Every node once: depth first from the roots, then what no root leads to."""
        parents = {name: mapping_of(node).get("parent") for name, node in self.nodes.items()}
        roots = [name for name, parent in parents.items() if str(parent) not in self.nodes]
        seen: dict[str, None] = {}
        for start in (*roots, *self.nodes):
            stack = [start]
            while stack:
                name = stack.pop()
                if name in self.nodes and name not in seen:
                    seen[name] = None
                    children = list_of(mapping_of(self.nodes[name]).get("children"))
                    stack += [c for c in reversed(children) if isinstance(c, str)]
        return list(seen)

    def turn(self, name: str) -> Turn | None:
        """What a node says; None for one without a message."""
        message = mapping_of(self.nodes[name]).get("message")
        if message is None:
            return None
        if not isinstance(message, Mapping):
            raise InvalidInput("message", f"no object in node {name}")
        author, facts = mapping_of(message.get("author")), mapping_of(message.get("metadata"))
        abandoned = bool(self.current) and name not in self.current
        role = role_of(str(author.get("role")))
        return Turn(
            role=role,
            parts=_said(message, role, self.include_thinking),
            key=named(message.get("id")) or named(name),
            when=message.get("create_time"),
            name=text_of(author.get("name")),
            model_id=text_of(facts.get("model_slug")),
            metadata=present(
                parent_id=mapping_of(self.nodes[name]).get("parent"),
                abandoned=abandoned,
                hidden=facts.get("is_visually_hidden_from_conversation"),
            ),
        )


def _said(message: Mapping[str, Any], role: str, include_thinking: bool) -> list[Part]:
    content = message.get("content")
    if not isinstance(content, Mapping):
        raise InvalidInput("content", "missing, or no object")
    kind = str(content.get("content_type", "text"))
    if kind in _THINKING:
        text = "\n".join(_texts(content))
        thought = Part("thinking", text, metadata={"type": "thinking"})
        return [thought] if include_thinking and text else []
    if kind == "user_editable_context":
        return [replace(p, metadata={"type": "context"}) for p in parts(_texts(content))]
    recipient = message.get("recipient")
    if role == "assistant" and isinstance(recipient, str) and recipient != "all":
        return [call(recipient, arguments("\n".join(_texts(content))))]
    if role == "tool":
        return [p for p in (result(_blocks(content)),) if p.content.strip()]
    return parts(_blocks(content))


_TEXTS = ("text", "result", "content", "user_profile", "user_instructions")


def _blocks(content: Mapping[str, Any]) -> list[object]:
    """The content as blocks: its texts, and its pictures as references."""
    given = content.get("parts")
    return [_block(part) for part in given] if isinstance(given, list) else list(_texts(content))


def _block(part: object) -> object:
    if not isinstance(part, Mapping):
        return part if isinstance(part, str) else ""
    if "asset_pointer" in part and "image" in str(part.get("content_type")):
        return {"type": "image", **part}
    return next((t for t in map(text_of, map(part.get, _TEXTS)) if t), "")


def _texts(content: Mapping[str, Any]) -> list[str]:
    given = content.get("parts")
    if isinstance(given, list):
        return [t for t in map(_block, given) if isinstance(t, str) and t.strip()]
    thoughts = content.get("thoughts")
    if isinstance(thoughts, list):
        found = (mapping_of(thought) for thought in thoughts)
        return [t for f in found if (t := text_of(f.get("content") or f.get("summary")))]
    return [t for t in map(text_of, map(content.get, _TEXTS)) if t]
