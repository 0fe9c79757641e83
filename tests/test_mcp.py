"""The MCP server as clients meet it: over stdio, with the SDK's own client."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.shared.message import SessionMessage

import engrammic
from engrammic.errors import MissingDependency
from engrammic.mcp import serve
from engrammic.mcp.greeting import VERSIONS, greeting
from engrammic.mcp.server import make_server, tool_list
from engrammic.mcp.session import Session
from mcp_raw import Raw, command, initialize, started

SLOW_MODEL = """
import time, engrammic.mcp.session as session
load = session._loaded
session._loaded = lambda spec: (time.sleep(4), load(spec))[1]
"""
NOISY_SEARCH = """
import os, subprocess
from engrammic.memory import Memory
search = Memory.search
def noisy(*given, **more):
    print("from Python"); os.write(1, b"from C\\n"); subprocess.run(["echo", "from a child"])
    assert os.read(0, 1) == b""
    return search(*given, **more)
Memory.search = noisy
"""


@asynccontextmanager
async def client(url: Path, embedder: str = "hashing", before: str = "") -> AsyncIterator[Any]:
    program, *arguments = command(url, embedder, before)
    server = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield session


async def call(session: ClientSession, tool: str, **arguments: Any) -> str:
    result = await session.call_tool(tool, arguments)
    assert isinstance(result, types.CallToolResult)
    content = result.content[0]
    assert isinstance(content, types.TextContent)
    return f"error: {content.text}" if result.is_error else content.text


async def until(session: ClientSession, tool: str, holds: Callable[[str], bool]) -> None:
    for _ in range(200):
        if holds(await call(session, tool)):
            return
        await anyio.sleep(0.1)
    pytest.fail(f"{tool}: never came true")


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Raw]:
    yield from started(command(tmp_path, before=NOISY_SEARCH))


async def test_a_second_process_recalls_what_the_first_remembered(tmp_path: Path) -> None:
    async with client(tmp_path) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {
            "search",
            "remember",
            "recall",
            "context",
            "correct",
            "release",
            "forget",
            "status",
        }
        said = await call(session, "remember", content="Tokens are signed with RS256")
        note_id = json.loads(said)["id"]
    async with client(tmp_path) as session:
        for tool in ("recall", "search", "context"):
            found = await call(session, tool, query="how are tokens signed?")
            assert "Tokens are signed with RS256" in found
            assert note_id in found
        assert note_id in await call(session, "recall")
        said = await call(session, "forget", ids=[note_id])
        assert json.loads(said.splitlines()[0])["erased"] == {"note": 1}
        assert note_id not in await call(session, "recall")


async def test_the_sdk_s_probing_client_is_served_too(tmp_path: Path) -> None:
    from mcp import Client

    program, *arguments = command(tmp_path)
    server = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with Client(server) as session:
        result = await session.call_tool("remember", {"content": "Found by a newer handshake"})
        assert not result.is_error
        assert result.structured_content
        assert result.structured_content["memory_type"] == "note"


def test_the_command_answers_initialize_within_a_second_of_its_start(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from engrammic.cli import main; main()", "mcp"]
    taken = []
    for number in range(3):
        start = time.perf_counter()
        for client in started([*program, "--home", str(tmp_path / str(number))]):
            client.send(initialize())
            assert client.reply(1)["result"]["serverInfo"]["version"] == engrammic.__version__
            taken.append(time.perf_counter() - start)
    assert min(taken) < 1.0


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_early_answer_is_the_sdk_s_own(version: str, tmp_path: Path) -> None:
    message = initialize(version, number=7)
    early = greeting(json.dumps(message).encode())
    assert early is not None
    arriving, read = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    write, leaving = anyio.create_memory_object_stream[SessionMessage](1)
    server = make_server(Session(str(tmp_path)))
    async with anyio.create_task_group() as tasks, arriving, leaving:
        tasks.start_soon(server.run, read, write, server.create_initialization_options())
        await arriving.send(SessionMessage(types.jsonrpc_message_adapter.validate_python(message)))
        answer = (await leaving.receive()).message
        tasks.cancel_scope.cancel()
    theirs = answer.model_dump_json(by_alias=True, exclude_unset=True)
    assert json.loads(early) == json.loads(theirs)


@pytest.mark.parametrize(
    "line",
    [
        b"", b"\n", b"{", b"[]", b"null", b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}',
        json.dumps(initialize("2099-01-01")).encode(),
        json.dumps({**initialize(), "params": {"protocolVersion": "2025-06-18"}}).encode(),
        json.dumps({**initialize(), "id": None}).encode(),
        json.dumps({**initialize(), "jsonrpc": "1.0"}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_plain_initialize_is_left_to_the_sdk(line: bytes) -> None:
    assert greeting(line) is None


def test_nothing_but_protocol_reaches_stdout(raw: Raw) -> None:
    raw.shake_hands()
    result = raw.call(2, "search", query="anything")
    assert not result.get("isError", False)
    assert all(line["jsonrpc"] == "2.0" for line in raw.lines)
    stdout, stderr = raw.process.communicate(timeout=20)
    assert stdout == b""
    for noise in (b"from Python", b"from C", b"from a child"):
        assert noise in stderr


def test_a_broken_line_does_not_end_the_server(raw: Raw) -> None:
    raw.shake_hands()
    for line in ("{not json", "", "[1, 2]", '{"jsonrpc": "2.0", "id": 3}', "\ufeff\u2028"):
        raw.send(line)
    said = raw.call(9, "status")
    assert not said.get("isError"), said
    assert said["structuredContent"]["notes"] == 0


def test_the_end_of_input_and_a_signal_end_the_server_in_peace(tmp_path: Path) -> None:
    for end in ("input", signal.SIGTERM, signal.SIGINT):
        for client in started(command(tmp_path)):
            client.shake_hands()
            client.call(2, "remember", content=f"Ended by {end}")
            start = time.perf_counter()
            if isinstance(end, str):
                assert client.process.stdin
                client.process.stdin.close()
            else:
                client.process.send_signal(end)
            assert client.process.wait(timeout=20) == 0
            assert time.perf_counter() - start < 5
            assert client.process.stderr
            assert b"Traceback" not in client.process.stderr.read()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    for client in started(command(tmp_path)):
        client.shake_hands()
        kept = client.call(2, "remember", content="Written just before the end")
    for client in started(command(tmp_path)):
        client.shake_hands()
        found = client.call(2, "recall", query="just before the end")
        assert kept["structuredContent"]["id"] in found["content"][0]["text"]


async def test_without_a_model_results_say_that_they_are_lexical(tmp_path: Path) -> None:
    async with client(tmp_path, "none") as session:
        said = json.loads(await call(session, "remember", content="Deploys run on Tuesdays"))
        assert said["pending"] is True
        found = await call(session, "search", query="deploys")
        assert re.match(r"Note: found by words alone: .* without an embedding model\n", found)
        assert "Tuesdays" in found
        refused = await call(session, "search", query="deploys", mode="vector")
        assert refused.startswith("error: ")
        assert "model" in refused


async def test_while_the_model_loads_results_are_lexical_and_writes_are_filled_in_later(
    tmp_path: Path,
) -> None:
    async with client(tmp_path, before=SLOW_MODEL) as session:
        await call(session, "remember", content="Deploys run on Tuesdays")
        early = await call(session, "search", query="deploys")
        assert early.startswith("Note: found by words alone: the embedding model is still loading")
        await until(session, "status", lambda said: json.loads(said)["model"] == "ready")
        await until(session, "status", lambda said: json.loads(said)["pending"] == 0)
        assert "words alone" not in await call(session, "search", query="deploys")
        assert "Tuesdays" in await call(session, "search", query="deploys", mode="vector")


def test_without_the_extra_the_error_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install 'engrammic\[mcp\]'"):
        serve()


BOUNDS = {
    "string": {"maxLength", "enum", "format"},
    "integer": {"maximum"},
    "number": {"maximum"},
    "array": {"maxItems"},
    "object": {"maxProperties"},
    "boolean": {"type"},
}
"""What bounds an argument of each type: one of these."""


def test_every_tool_is_described_for_a_model() -> None:
    for tool in tool_list():
        assert tool.description
        assert 80 < len(tool.description) < 700
        assert tool.input_schema["additionalProperties"] is False
        for name, given in tool.input_schema["properties"].items():
            assert "description" in given, f"{tool.name}.{name} is not described"
            assert BOUNDS[given["type"]] & set(given), f"{tool.name}.{name} has no bound"


def test_every_tool_says_what_it_does_to_what_is_stored() -> None:
    told = {}
    for tool in tool_list():
        hints = tool.annotations
        assert hints is not None
        assert hints.open_world_hint is False
        told[tool.name] = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint)
    reads, adds, destroys = (True, False, True), (False, False, False), (False, True, True)
    assert told == {
        **dict.fromkeys(("search", "recall", "context", "status"), reads),
        **dict.fromkeys(("remember", "correct", "release"), adds),
        "forget": destroys,
    }
