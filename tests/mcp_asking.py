"""Asking a tool of the MCP server in place: its answer, its text, its fault."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from mcp import types

from engrammic.mcp.server import answered
from engrammic.mcp.session import READY, Session
from engrammic.mcp.tools import TOOLS

BY_NAME = {tool.name: tool for tool in TOOLS}


async def ask(session: Session, tool: str, **given: Any) -> types.CallToolResult:
    return await answered(session, BY_NAME[tool], given)


def text(result: types.CallToolResult) -> str:
    content = result.content[0]
    assert isinstance(content, types.TextContent)
    return content.text


async def told(session: Session, tool: str, **given: Any) -> str:
    result = await ask(session, tool, **given)
    assert not result.is_error, text(result)
    return text(result)


async def values(session: Session, tool: str, **given: Any) -> dict[str, Any]:
    """The first line of an answer."""
    found: dict[str, Any] = json.loads((await told(session, tool, **given)).splitlines()[0])
    return found


async def with_model(session: Session) -> None:
    await session.memory()
    for _ in range(500):
        if session.model == READY:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(session.problem or session.model)


async def fault(session: Session, tool: str, **given: Any) -> str:
    result = await ask(session, tool, **given)
    assert result.is_error
    assert "Traceback" not in text(result)
    assert "http" not in text(result)
    return text(result)
