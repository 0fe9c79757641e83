"""Asking a tool of the MCP server in place: its answer, its text, its fault."""

from __future__ import annotations

from typing import Any

from mcp import types

from engrammic.mcp.server import answered
from engrammic.mcp.session import Session
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


async def fault(session: Session, tool: str, **given: Any) -> str:
    result = await ask(session, tool, **given)
    assert result.is_error
    assert "Traceback" not in text(result)
    assert "http" not in text(result)
    return text(result)
