"""The protocol: the SDK's server between the wire and the tools."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from mcp import types
from mcp.server import Server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from engrammic._version import __version__
from engrammic.checks import shown
from engrammic.context import CUT, fenced
from engrammic.errors import EngrammicError
from engrammic.mcp.greeting import INSTRUCTIONS, NAME, TITLE
from engrammic.mcp.lines import message_of
from engrammic.mcp.schema import schema_of
from engrammic.mcp.session import Session
from engrammic.mcp.tools import TOOLS, Tool
from engrammic.mcp.unanswered import Unanswered
from engrammic.mcp.wire import Wire

PassOn: TypeAlias = Callable[[SessionMessage | None], Coroutine[Any, Any, None]]

log = logging.getLogger("engrammic.mcp")

MOST_FAULTS = 8
"""Faults of arguments that one error tells."""
NAME_CHARACTERS = 64
HALF = "holds half a character (of a surrogate pair: a cut emoji?); send whole ones"


def run(wire: Wire, session: Session, opening: bytes, *, greeted: bool) -> None:
    """Serve until the input ends or a signal asks to end. `opening` is the first line.

    `greeted` says that the first line has had its answer.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    asyncio.run(_until_stopped(wire, session, opening, greeted))


def tool_list() -> list[types.Tool]:
    """The tools as the protocol describes them."""
    return [
        types.Tool(
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=schema_of(tool.arguments),
            output_schema=tool.output,
            annotations=types.ToolAnnotations(
                title=tool.title,
                read_only_hint=tool.reads,
                destructive_hint=tool.destroys,
                idempotent_hint=tool.repeats,
                open_world_hint=False,
            ),
        )
        for tool in TOOLS
    ]


def make_server(session: Session) -> Server[Any]:
    """The SDK's server with our tools."""
    known = {tool.name: tool for tool in TOOLS}
    described = types.ListToolsResult(tools=tool_list())

    async def on_list(_: Any, __: Any) -> types.ListToolsResult:
        return described

    async def on_call(_: Any, call: types.CallToolRequestParams) -> types.CallToolResult:
        tool = known.get(call.name)
        if tool is None:
            return _failed(f"no tool {shown(call.name)}; there are: {', '.join(known)}")
        return await answered(session, tool, call.arguments or {})

    return Server(
        NAME,
        version=__version__,
        title=TITLE,
        instructions=INSTRUCTIONS,
        on_list_tools=on_list,
        on_call_tool=on_call,
    )


async def answered(session: Session, tool: Tool, given: dict[str, Any]) -> types.CallToolResult:
    """What the tool answers; an error of ours as its message, any other is in the log."""
    try:
        answer = await tool.work(session, tool.arguments.model_validate(given))
    except ValidationError as error:
        return _failed(_faults(error))
    except EngrammicError as error:
        return _failed(str(error))
    except Exception:
        log.exception("%s failed", tool.name)
        return _failed(f"{tool.name} failed unexpectedly; the server's log says why")
    text = types.TextContent(type="text", text=answer.text)
    return types.CallToolResult(content=[text], structured_content=answer.values)


def _failed(message: str) -> types.CallToolResult:
    told = message[:2_000].encode("utf-8", "replace").decode()
    text = types.TextContent(type="text", text=fenced(told))
    return types.CallToolResult(content=[text], is_error=True)


def _faults(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    more = [f"and {len(found) - MOST_FAULTS} more"] if len(found) > MOST_FAULTS else []
    return "; ".join([*map(_fault, found[:MOST_FAULTS]), *more])


def _fault(error: Any) -> str:
    """Field and problem; never the value, which may be long."""
    problem = HALF if error["type"] == "string_unicode" else error["msg"]
    name = ".".join(map(str, error["loc"])) or "arguments"
    return f"{name if len(name) <= NAME_CHARACTERS else name[:NAME_CHARACTERS] + CUT}: {problem}"


async def _until_stopped(wire: Wire, session: Session, opening: bytes, greeted: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows ends a process without asking it
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with session:
        tasks = [
            asyncio.create_task(_serve(wire, session, opening, greeted, stop)),
            asyncio.create_task(stop.wait()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        busy = session.busy
    for problem in results:
        if isinstance(problem, Exception):
            log.error("the server ended", exc_info=problem)
    if busy:
        # A thread that loads or embeds can't be interrupted; everything stored is on disk.
        sys.stderr.flush()
        os._exit(0)


async def _serve(
    wire: Wire, session: Session, opening: bytes, greeted: bool, stop: asyncio.Event
) -> None:
    arriving, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, leaving = anyio.create_memory_object_stream[SessionMessage](0)
    waiting = Unanswered()

    async def pass_on(message: SessionMessage | None) -> None:
        if message is None:
            await waiting.none()
            await arriving.aclose()
        else:
            waiting.arrived(message.message)
            await arriving.send(message)

    _start_reading(wire, opening, pass_on)
    server = make_server(session)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_write, wire, leaving, greeted, waiting, stop)
        await server.run(read, write, server.create_initialization_options())


def _start_reading(wire: Wire, opening: bytes, pass_on: PassOn) -> None:
    """Read on a thread that nobody waits for: a blocked read can't be cancelled.

    Each message is passed on, and None when the input is over.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        line = opening
        # The loop is gone when the server stops first.
        with suppress(RuntimeError, asyncio.CancelledError, anyio.BrokenResourceError):
            while line:
                message = message_of(line)
                if isinstance(message, SessionMessage):
                    asyncio.run_coroutine_threadsafe(pass_on(message), loop).result()
                elif message is not None and not _is_sent(wire, message):
                    break
                line = wire.read_line()
            asyncio.run_coroutine_threadsafe(pass_on(None), loop).result()

    threading.Thread(target=read, name="engrammic-mcp-read", daemon=True).start()


def _is_sent(wire: Wire, line: str) -> bool:
    """Whether anybody was there to read it."""
    try:
        wire.send(line)
    except BrokenPipeError:
        return False
    return True


async def _write(
    wire: Wire, leaving: MemoryObjectReceiveStream[SessionMessage], greeted: bool,
    waiting: Unanswered, stop: asyncio.Event,
) -> None:  # fmt: skip
    """Send what the SDK says, but for its answer to a client that was greeted already.

    Stops the server when nobody reads any more.
    """
    async for outgoing in leaving:
        line = outgoing.message.model_dump_json(by_alias=True, exclude_unset=True)
        if not greeted and not await anyio.to_thread.run_sync(
            _is_sent, wire, line, abandon_on_cancel=True
        ):
            stop.set()
            return
        greeted = False
        waiting.left(outgoing.message)
