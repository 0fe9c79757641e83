"""Runs of SWE-agent: `.traj` files, whose `history` is the conversation with the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engrammic.errors import InvalidInput
from engrammic.sessions.blocks import calls, parts
from engrammic.sessions.exports import Place, told
from engrammic.sessions.lines import BadLine, Item, document
from engrammic.sessions.thread import Source, Thread, Turn, role_of
from engrammic.sessions.values import mapping_of, present

NAME = "swe-agent"

_RUN = re.compile(rb'\s*\{\s*"(trajectory|history)"\s*:\s*\[')


def detect(head: bytes, path: Path) -> bool:
    """Whether the file is a run: by its suffix, or by the first key of its JSON."""
    return path.suffix == ".traj" or (path.suffix == ".json" and _RUN.match(head) is not None)


def read(path: Path, *, include_thinking: bool = False) -> Iterator[Item]:
    """The run's conversation, then its messages; a run has no name but its path, and no clock.

    The environment answers in the user's name: whatever follows the model's
    first words is the result of a tool here.
    """
    value = document(path)
    history = mapping_of(value).get("history")
    if isinstance(value, BadLine) or not isinstance(history, list):
        yield value if isinstance(value, BadLine) else BadLine(path, None, "history: no list")
        return
    source = Source.of(NAME, path)
    thread = Thread(source, source.conversation_id(), title=path.stem, metadata=_facts(value))
    run = _Run(include_thinking)
    yield from told(path, thread, history, run.turn, Place())


def _facts(run: Mapping[str, Any]) -> dict[str, Any]:
    info = mapping_of(run.get("info"))
    return present(
        environment=run.get("environment"),
        exit_status=info.get("exit_status"),
        model_stats=info.get("model_stats"),
    )


class _Run:
    """One run, while it is read."""

    def __init__(self, include_thinking: bool) -> None:
        self.include_thinking = include_thinking
        self.answered = False

    def turn(self, entry: object) -> Turn:
        """What one entry says: its text, and the tools that it calls."""
        if not isinstance(entry, Mapping) or not isinstance(entry.get("role"), str):
            raise InvalidInput("role", "missing")
        role = role_of(entry["role"])
        observed = role == "tool" or (role == "user" and self.answered)
        self.answered = self.answered or role == "assistant"
        content = (
            [] if entry.get("tool_calls") and not entry.get("content") else entry.get("content")
        )
        said = parts(content, include_thinking=self.include_thinking)
        answers = entry.get("tool_call_ids")
        facts = present(
            agent=entry.get("agent"),
            action=entry.get("action"),
            demonstration=entry.get("is_demo"),
            type="tool_result" if observed else None,
            tool_use_id=answers[0] if isinstance(answers, list) and answers else None,
        )
        both = [*said, *calls(entry.get("tool_calls"))]
        return Turn("tool" if observed else role, both, metadata=facts)
