"""Export files of Claude: `conversations.json`, each conversation a list of `chat_messages`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.sessions.blocks import Part, parts
from engrammic.sessions.exports import Export, Place, conversations, object_of, told
from engrammic.sessions.lines import Item
from engrammic.sessions.thread import Source, Thread, Turn, role_of
from engrammic.sessions.values import digest, list_of, mapping_of, moment, named, present, text_of

NAME = "claude"

_LIST = re.compile(rb'(?<!\\)"chat_messages"\s*:\s*\[')
_ATTACHED = 10_000
"""The index of the first attachment, behind any block of content."""


def detect(head: bytes, path: Path) -> bool:
    """Whether the file begins as such an export does."""
    return path.suffix == ".json" and _LIST.search(head) is not None


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """Each conversation, then its messages; the text of an attachment is a message of its own."""
    source = Source.of(NAME, path)

    def one(entry: Export, at: Place) -> Iterator[Item]:
        messages = entry["chat_messages"]
        if not isinstance(messages, list):
            raise InvalidInput("chat_messages", "no list")
        thread = _thread(source, entry)
        return told(path, thread, messages, lambda m: _turn(m, include_thinking), at)

    return conversations(path, source, "chat_messages", one)


def _thread(source: Source, entry: Export) -> Thread:
    """The thread of a conversation; without an id its title and date name it."""
    name, created = entry.get("name"), entry.get("created_at")
    return Thread(
        source,
        named(entry.get("uuid")) or f"{NAME}:{digest(str(name), str(created))}",
        title=text_of(name),
        created=moment(created),
        updated=moment(entry.get("updated_at")),
        model_id=text_of(entry.get("model")),
        metadata=present(project=mapping_of(entry.get("project")).get("name")),
    )


def _turn(entry: Any, include_thinking: bool) -> Turn:
    message = object_of(entry)
    if not isinstance(message.get("sender"), str):
        raise InvalidInput("sender", "missing")
    blocks = message.get("content") or message.get("text")
    said = parts("" if blocks is None else blocks, include_thinking=include_thinking)
    if not said and text_of(message.get("text")):
        said = parts(message["text"])
    files = [text_of(mapping_of(f).get("file_name")) for f in list_of(message.get("files"))]
    return Turn(
        role=role_of(message["sender"]),
        parts=[*said, *_attachments(message)],
        key=named(message.get("uuid")),
        when=message.get("created_at"),
        metadata=present(
            parent_id=message.get("parent_message_uuid"),
            files=[f for f in files if f] or None,
        ),
    )


def _attachments(message: Export) -> Iterator[Part]:
    for number, attached in enumerate(list_of(message.get("attachments"))):
        facts = mapping_of(attached)
        text = text_of(facts.get("extracted_content"))
        if text:
            about = present(
                type="attachment",
                file_name=facts.get("file_name"),
                media_type=facts.get("file_type"),
                size=facts.get("file_size"),
            )
            yield replace(Part("text", text, metadata=about), index=_ATTACHED + number)
