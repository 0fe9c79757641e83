"""A client of the MCP server that sees every byte."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SERVER = "import sys; from engrammic.mcp import serve; serve(sys.argv[1], embedder=sys.argv[2])"


def command(url: Path, embedder: str = "hashing", before: str = "") -> list[str]:
    return [sys.executable, "-c", before + SERVER, str(url), embedder]


def initialize(version: str = "2025-06-18", number: int = 1) -> dict[str, Any]:
    params = {
        "protocolVersion": version,
        "capabilities": {"roots": {"listChanged": True}},
        "clientInfo": {"name": "editor", "version": "1.0"},
    }
    return {"jsonrpc": "2.0", "id": number, "method": "initialize", "params": params}


class Raw:
    """A client that sees every byte."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    def send(self, message: object) -> None:
        assert self.process.stdin
        text = message if isinstance(message, str) else json.dumps(message)
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def reply(self, number: int) -> dict[str, Any]:
        assert self.process.stdout
        while True:
            self.lines.append(json.loads(self.process.stdout.readline()))
            if self.lines[-1].get("id") == number:
                return self.lines[-1]

    def call(self, number: int, tool: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})
        result: dict[str, Any] = self.reply(number)["result"]
        return result

    def shake_hands(self) -> None:
        self.send(initialize())
        self.reply(1)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})


def started(arguments: list[str]) -> Iterator[Raw]:
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        yield Raw(process)
        process.kill()
