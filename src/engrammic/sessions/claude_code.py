"""Session logs of Claude Code: JSON lines, or one `{"loglines": [...]}` document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.items import Message
from engrammic.sessions.blocks import parts
from engrammic.sessions.lines import (
    LINES,
    BadLine,
    Item,
    Line,
    document,
    each,
    guarded,
    records,
    sample,
)
from engrammic.sessions.thread import Source, Thread, Turn, role_of
from engrammic.sessions.values import count_of, mapping_of, named, present, text_of

NAME = "claude-code"

_DOCUMENT = re.compile(rb'\s*\{\s*"loglines"\s*:')
_TITLES = {"summary": "summary", "ai-title": "aiTitle", "custom-title": "customTitle"}
_PEEK = 100
"""Lines in which the session's name is looked for, before a log counts as nameless."""


def detect(head: bytes, path: Path) -> bool:
    """Whether the file begins as such a log does."""
    if path.suffix == ".json":
        return _DOCUMENT.match(head) is not None
    return path.suffix in LINES and any(map(_is_record, sample(head)))


def _is_record(record: Mapping[str, Any]) -> bool:
    if record.get("type") in ("user", "assistant"):
        return isinstance(record.get("message"), dict)
    return isinstance(record.get("type"), str) and ("sessionId" in record or "leafUuid" in record)


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The messages in the order of the log, then a conversation for each session in it.

    A message's id holds the session, the log's uuid and a digest of the
    content: a resumed session repeats its lines, a broken copy alters them.
    """
    source = Source.of(NAME, path)
    if path.suffix == ".json":
        yield from _document(path, source, include_thinking)
        return
    log = _Log(source, _session(path), include_thinking)
    yield from each(path, lambda line: log.messages(line.record))
    yield from log.conversations()


def _session(path: Path) -> str | None:
    found = (line for line, _ in zip(records(path), range(_PEEK), strict=False))
    names = (named(line.record.get("sessionId")) for line in found if isinstance(line, Line))
    return next((name for name in names if name), None)


def _document(path: Path, source: Source, include_thinking: bool) -> Iterator[Item]:
    value = document(path)
    entries = mapping_of(value).get("loglines")
    if isinstance(value, BadLine) or not isinstance(entries, list):
        yield value if isinstance(value, BadLine) else BadLine(path, None, "loglines: no list")
        return
    names = (named(mapping_of(entry).get("sessionId")) for entry in entries)
    log = _Log(source, next((name for name in names if name), None), include_thinking)
    for number, entry in enumerate(entries):
        where = f"logline {number}: "
        yield from guarded(path, None, log.messages, entry, where)
    yield from log.conversations()


class _Log:
    """The sessions of one file, while it is read."""

    def __init__(self, source: Source, session: str | None, include_thinking: bool) -> None:
        self.source = source
        self.session = session or source.conversation_id()
        self.include_thinking = include_thinking
        self.threads: dict[str, Thread] = {}
        self.counted: object = None

    def messages(self, record: object) -> Iterator[Message]:
        """What one line says; titles and the like are kept in mind."""
        if not isinstance(record, Mapping) or not isinstance(record.get("type"), str):
            raise InvalidInput("type", "missing: this is no record of a session log")
        kind, said = record["type"], record.get("message")
        thread = self._thread(record)
        if kind in _TITLES:
            thread.title = text_of(record.get(_TITLES[kind])) or thread.title
        elif isinstance(said, Mapping):
            yield from thread.put(self._turn(thread, record, said))
        elif kind in ("user", "assistant"):
            raise InvalidInput("message", "missing, or no object")
        elif kind == "system" and text_of(record.get("content")):
            yield from thread.put(self._turn(thread, record, {**record, "role": "system"}))

    def conversations(self) -> Iterator[Item]:
        """The sessions that said anything."""
        return (t.conversation() for t in self.threads.values() if t.messages)

    def _thread(self, record: Mapping[str, Any]) -> Thread:
        session = named(record.get("sessionId")) or self.session
        if session not in self.threads:
            self.threads[session] = Thread(self.source, session)
        return self.threads[session]

    def _turn(self, thread: Thread, record: Mapping[str, Any], said: Mapping[str, Any]) -> Turn:
        place = present(
            cwd=record.get("cwd"),
            git_branch=record.get("gitBranch"),
            version=record.get("version"),
        )
        thread.metadata |= place
        spoken = parts(said.get("content"), include_thinking=self.include_thinking)
        marks = present(
            parent_id=record.get("parentUuid"),
            uuid=record.get("uuid"),
            agent_id=record.get("agentId"),
            sidechain=record.get("isSidechain"),
            generated=record.get("isMeta"),
            type="summary" if record.get("isCompactSummary") else None,
        )
        return Turn(
            role=role_of(str(said.get("role") or record["type"])),
            parts=spoken,
            key=named(record.get("uuid")),
            when=record.get("timestamp"),
            model_id=text_of(said.get("model")),
            token_count=self._tokens(said) if spoken else None,
            metadata=place | marks,
            repeats=True,
        )

    def _tokens(self, said: Mapping[str, Any]) -> int | None:
        """Input and output tokens; once, where several lines are blocks of one answer."""
        usage = mapping_of(said.get("usage"))
        repeated = said.get("id") is not None and said.get("id") == self.counted
        if not usage or repeated:
            return None
        self.counted = said.get("id")
        counts = (usage.get("input_tokens"), usage.get("output_tokens"))
        return count_of(sum(n for n in map(count_of, counts) if n))
