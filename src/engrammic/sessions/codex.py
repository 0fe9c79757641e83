"""Session logs of Codex: rollout files of both eras, with and without an envelope per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.items import Message
from engrammic.sessions.blocks import Part, arguments, call, parts, result
from engrammic.sessions.lines import LINES, Item, Line, each, records, sample
from engrammic.sessions.thread import Source, Thread, Turn, role_of
from engrammic.sessions.values import count_of, list_of, mapping_of, named, present, text_of

NAME = "codex"

_ENVELOPES = ("session_meta", "response_item", "event_msg", "turn_context", "compacted")
_CALLS = ("function_call", "custom_tool_call", "local_shell_call", "web_search_call")
_BARE = (*_CALLS, "message", "reasoning", "function_call_output", "custom_tool_call_output")
_PREPARED = ("<environment_context", "<user_instructions", "# AGENTS.md instructions", "<turn_")
"""How messages begin that the program sends in the user's name."""


def detect(head: bytes, path: Path) -> bool:
    """Whether the file begins as a rollout does."""
    return path.suffix in LINES and any(map(_is_record, sample(head)))


def _is_record(record: Mapping[str, Any]) -> bool:
    if isinstance(record.get("payload"), dict):
        return record.get("type") in _ENVELOPES
    return _is_header(record) or record.get("record_type") == "state"


def _is_header(record: Mapping[str, Any]) -> bool:
    known = "id" in record and "timestamp" in record
    return known and ("instructions" in record or "git" in record) and "role" not in record


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The messages in the order of the log, then the conversation.

    Ids are made of the session and the entry's number, so that a log which
    grows keeps them. The `event_msg` lines repeat what the others say.
    """
    source = Source.of(NAME, path)
    session = _session(path) or source.conversation_id()
    rollout = _Rollout(Thread(source, session), include_thinking)
    yield from each(path, lambda line: rollout.messages(line.record))
    if rollout.thread.messages:
        yield rollout.thread.conversation()


def _session(path: Path) -> str | None:
    """The id of the first header; a forked session repeats its parent's further down."""
    for line in records(path):
        if isinstance(line, Line):
            record = line.record
            meta = mapping_of(record.get("payload")) if "payload" in record else record
            if record.get("type") == "session_meta" or _is_header(record):
                return named(meta.get("id"))
            if record.get("type") in (*_BARE, "response_item"):
                return None
    return None


class _Rollout:
    """One session, while it is read."""

    def __init__(self, thread: Thread, include_thinking: bool) -> None:
        self.thread = thread
        self.include_thinking = include_thinking
        self.model: str | None = None
        self.started: object = None

    def messages(self, record: Mapping[str, Any]) -> Iterator[Message]:
        """What one line says; headers and the like are kept in mind."""
        kind = record.get("type")
        payload = record.get("payload") if kind in _ENVELOPES else record
        if not isinstance(payload, Mapping):
            raise InvalidInput("payload", "missing, or no object")
        if kind == "session_meta" or _is_header(record):
            self._begin(payload)
        elif kind == "turn_context":
            self.model = text_of(payload.get("model")) or self.model
        elif kind == "event_msg":
            self._count(payload)
        elif kind == "compacted":
            summary = Part("text", text_of(payload.get("message")) or "")
            yield from self._put("system", [summary], record, {"type": "summary"})
        elif payload.get("type") in _BARE:
            yield from self._entry(payload, record)
        elif "type" not in payload and "record_type" not in record:
            raise InvalidInput("type", "missing: this is no record of a rollout")

    def _begin(self, meta: Mapping[str, Any]) -> None:
        git = mapping_of(meta.get("git"))
        facts = present(
            cwd=meta.get("cwd"),
            git_branch=git.get("branch"),
            git_commit=git.get("commit_hash"),
            version=meta.get("cli_version"),
            parent_session=meta.get("forked_from_id"),
        )
        self.thread.metadata = facts | self.thread.metadata
        self.started = self.started or meta.get("timestamp")

    def _count(self, event: Mapping[str, Any]) -> None:
        total = mapping_of(mapping_of(event.get("info")).get("total_token_usage"))
        tokens = count_of(total.get("total_tokens"))
        self.thread.metadata |= present(total_tokens=tokens)

    def _entry(self, entry: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[Message]:
        kind = entry["type"]
        if kind == "message":
            role = role_of(str(entry.get("role")))
            said = parts(entry.get("content"), include_thinking=self.include_thinking)
            prepared = role == "user" and said and said[0].content.startswith(_PREPARED)
            role, facts = ("system", {"type": "context"}) if prepared else (role, {})
            yield from self._put(role, said, record, facts)
        elif kind == "reasoning":
            yield from self._put("assistant", self._thinking(entry), record, {})
        elif kind in _CALLS:
            yield from self._put("assistant", [_call(entry)], record, {})
        else:
            yield from self._put("tool", [_output(entry)], record, {})

    def _thinking(self, entry: Mapping[str, Any]) -> list[Part]:
        given = [*list_of(entry.get("summary")), *list_of(entry.get("content"))]
        texts = (text_of(mapping_of(block).get("text")) for block in given)
        text = "\n".join(t for t in texts if t)
        shown = self.include_thinking and text
        return [Part("thinking", text, metadata={"type": "thinking"})] if shown else []

    def _put(
        self,
        role: str,
        said: list[Part],
        record: Mapping[str, Any],
        facts: Mapping[str, Any],
    ) -> Iterator[Message]:
        spoken = [p for p in said if p.content.strip()]
        place = {k: v for k, v in self.thread.metadata.items() if k in ("cwd", "git_branch")}
        when = record.get("timestamp") or (self.started if not self.thread.messages else None)
        model = self.model if role == "assistant" else None
        turn = Turn(role, spoken, when=when, model_id=model, metadata={**place, **facts})
        return self.thread.put(turn)


def _call(entry: Mapping[str, Any]) -> Part:
    kind, call_id = entry["type"], entry.get("call_id") or entry.get("id")
    if kind in ("local_shell_call", "web_search_call"):
        return call(kind.removesuffix("_call"), entry.get("action"), call_id)
    given = entry.get("arguments") if kind == "function_call" else entry.get("input")
    return call(str(entry.get("name") or "tool"), arguments(given), call_id)


def _output(entry: Mapping[str, Any]) -> Part:
    """A call's result; early versions wrap the text and the exit code as JSON inside a text."""
    given = entry.get("output")
    inner = arguments(given)
    if isinstance(inner, Mapping) and isinstance(inner.get("output"), str):
        code = mapping_of(inner.get("metadata")).get("exit_code")
        part = result(inner["output"], entry.get("call_id"))
        return (
            part if code is None else replace(part, metadata={**part.metadata, "exit_code": code})
        )
    if isinstance(given, Mapping) and isinstance(given.get("content"), str):
        return result(
            given["content"], entry.get("call_id"), is_error=given.get("success") is False
        )
    return result(given, entry.get("call_id"))
