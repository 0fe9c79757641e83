"""The MCP server against what no client should send, and ends that come in mid-call."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from engrammic.mcp.greeting import greeting
from engrammic.mcp.session import Session
from mcp_asking import told, values, with_model
from mcp_raw import Raw, command, initialize, started

SLOW_SEARCH = """
import asyncio
from engrammic.memory import Memory
search = Memory.search
async def slow(*given, **more):
    await asyncio.sleep(1)
    return await search(*given, **more)
Memory.search = slow
"""


def request(number: object, tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Raw]:
    for client in started(command(tmp_path)):
        client.shake_hands()
        yield client


def test_what_no_client_should_send_is_told_and_the_server_goes_on(raw: Raw) -> None:
    huge = "x" * 10_000_000
    for number, (tool, given, fault) in enumerate(
        [
            ("remember", {"content": huge}, "content: "),
            ("search", {"query": huge}, "query: "),
            ("forget", {"ids": ["i" * 1_000_000]}, "ids.0: "),
            ("forget", {"k" * 1_000_000: 1}, "kkk [cut]: "),
            ("status", {f"k{n}": 1 for n in range(1_000)}, "and 992 more"),
            ("z" * 1_000_000, {}, "there are: search, "),
            ("search", {"query": "half \ud83d"}, "query: holds half a character"),
            ("remember", {"content": "x", "metadata": {"a": "\ud83d"}}, "metadata"),
            ("forget", {"subject": ["\udfff"]}, "subject.0: "),
            ("remember", {"content": "x", "metadata": {"a": huge}}, "metadata.a"),
            ("search", {"query": ["x"]}, "query: "),
            ("search", {"query": "x", "since": 1e308}, "since: "),
        ],
        10,
    ):
        result = raw.call(number, tool, **given)
        text = result["content"][0]["text"]
        assert result["isError"], text
        assert fault in text
        assert len(text) < 1_000
    assert raw.call(9, "status")["structuredContent"]["notes"] == 0


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ('{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "search", '
         '"arguments": {"query": "x", "limit": ' + "9" * 5_000 + "}}}", "limit: "),
        ('{"jsonrpc": "2.0", "id": 5, "method": "\\ud83d"}', "no request"),
        ('{"jsonrpc": "1.0", "id": 5, "method": "ping"}', "no request"),
        ('{"jsonrpc": "2.0", "id": 5, "method": 7}', "no request"),
        ('{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "search", '
         '"arguments": 7}}', "Invalid request"),
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_refused_by_its_id(raw: Raw, line: str, answer: str) -> None:
    raw.send(line)
    assert answer in json.dumps(raw.reply(5))


def test_a_line_that_nobody_can_read_is_passed_over(tmp_path: Path) -> None:
    for client in started(command(tmp_path)):
        client.send("[" * 100_000)
        client.shake_hands()
        for line in ('{"a":' * 100_000, "9" * 5_000, '"\\ud800"'):
            assert greeting(line.encode()) is None
            client.send(line)
        assert "notes" in client.call(2, "status")["structuredContent"]


def test_a_client_without_a_proper_name_is_refused_once(raw: Raw) -> None:
    again = initialize(number=5)
    again["params"]["clientInfo"]["name"] = "\ud83d"
    raw.send(again)
    assert "error" in raw.reply(5)


def test_what_was_called_before_the_input_ended_is_answered(tmp_path: Path) -> None:
    said = [
        initialize(),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        request(2, "remember", content="Said in a pipe"),
        request(3, "search", query="pipe"),
    ]
    text = "".join(json.dumps(line) + "\n" for line in said).encode()
    done = subprocess.run(command(tmp_path), input=text, capture_output=True, timeout=60)
    answers = {line["id"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert answers[2]["result"]["structuredContent"]["memory_type"] == "note"
    assert "result" in answers[3]
    assert done.returncode == 0


def test_a_cancelled_call_is_not_waited_for(tmp_path: Path) -> None:
    for client in started(command(tmp_path, before=SLOW_SEARCH)):
        client.shake_hands()
        client.send(request(2, "search", query="x"))
        for number in (2, 77, None):
            given = {"requestId": number, "reason": "enough"}
            client.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": given})
        assert client.call(3, "status")["structuredContent"]["status"] == "ok"
        start = time.perf_counter()
        out, _ = client.process.communicate(timeout=20)
        assert time.perf_counter() - start < 4
        assert b'"id":2,' not in out


def test_a_client_that_reads_no_more_ends_the_server_in_peace(raw: Raw) -> None:
    assert raw.process.stdout
    assert raw.process.stderr
    raw.process.stdout.close()
    raw.send(request(2, "status"))
    assert raw.process.wait(timeout=20) == 0
    assert b"Traceback" not in raw.process.stderr.read()


async def test_an_erasing_that_has_begun_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Session(str(tmp_path), embedder="hashing") as session:
        await with_model(session)
        await told(session, "remember", content="Ada lives in Leeds", id="ada")
        memory = await session.memory()
        forget, begun = type(memory).forget, asyncio.Event()

        async def slow(*given: Any, **more: Any) -> Any:
            begun.set()
            await asyncio.sleep(0.1)
            return await forget(*given, **more)

        monkeypatch.setattr(type(memory), "forget", slow)
        call = asyncio.create_task(told(session, "forget", ids=["ada"]))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.sleep(0.5)
        assert await memory.get("ada") is None


async def test_two_servers_on_one_file_see_each_other(tmp_path: Path) -> None:
    async with (
        Session(str(tmp_path), embedder="hashing") as one,
        Session(str(tmp_path), embedder="hashing") as other,
    ):
        await asyncio.gather(with_model(one), with_model(other))
        await asyncio.gather(
            *(told(one, "remember", content=f"one {n}", id=f"a{n}") for n in range(20)),
            *(told(other, "remember", content=f"other {n}", id=f"b{n}") for n in range(20)),
        )
        assert (await values(other, "status"))["notes"] == 40
        await told(one, "forget", ids=["b1"])
        assert "b1 |" not in await told(other, "recall", limit=50)
        assert (await values(other, "forget", ids=["b1"])) == {"erased": {}, "unknown": ["b1"]}


@asynccontextmanager
async def server_of(home: Path, *who: str) -> AsyncIterator[ClientSession]:
    program = ["-c", "from engrammic.cli import main; main()", "mcp", "--home", str(home)]
    given = [*program, "--embedder", "hashing", *who]
    server = StdioServerParameters(command=sys.executable, args=given, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield session


async def test_a_scope_of_the_command_line_holds_for_every_tool(tmp_path: Path) -> None:
    async def said(session: ClientSession, tool: str, **given: Any) -> str:
        return str(await session.call_tool(tool, given))

    async with (
        server_of(tmp_path, "--tenant", "acme", "--user", "ada") as ada,
        server_of(tmp_path, "--tenant", "acme", "--user", "tom") as tom,
    ):
        await said(ada, "remember", content="The harbour is in Leeds", id="mine")
        for tool, given in (
            ("search", {"query": "harbour"}), ("recall", {}), ("recall", {"query": "harbour"}),
            ("context", {"query": "harbour"}), ("release", {"text": "everything about harbour"}),
            ("forget", {"ids": ["mine"]}), ("forget", {"subject": ["harbour"]}),
            ("correct", {"id": "mine", "content": "x"}),
            ("correct", {"text": "The harbour is in Leeds", "content": "x"}),
        ):  # fmt: skip
            assert "> The harbour" not in await said(tom, tool, **given)
        await said(tom, "remember", content="The harbour is in York", id="mine")
        status = await tom.call_tool("status", {})
        assert status.structured_content
        assert (status.structured_content["scope"], status.structured_content["notes"]) == (
            "acme/tom//", 1,
        )  # fmt: skip
        found = await said(ada, "recall", query="harbour")
        assert "Leeds" in found
        assert "York" not in found
