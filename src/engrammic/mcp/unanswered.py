"""The requests that wait for an answer, so that the end of the input does not cut them off."""

from __future__ import annotations

import asyncio

from mcp import types

CANCELLED = "notifications/cancelled"
PATIENCE = 5.0
"""Seconds that calls under way have to end in, once the input is over."""


class Unanswered:
    """Ids of requests passed on and neither answered nor cancelled. For one event loop."""

    def __init__(self) -> None:
        self._ids: set[types.RequestId] = set()
        self._none = asyncio.Event()
        self._none.set()

    def arrived(self, message: types.JSONRPCMessage) -> None:
        """Note a request; a cancelled one gets no answer."""
        if isinstance(message, types.JSONRPCRequest):
            self._ids.add(message.id)
            self._none.clear()
        elif isinstance(message, types.JSONRPCNotification) and message.method == CANCELLED:
            self._ended((message.params or {}).get("requestId"))

    def left(self, message: types.JSONRPCMessage) -> None:
        """Note an answer."""
        if isinstance(message, types.JSONRPCResponse | types.JSONRPCError):
            self._ended(message.id)

    async def none(self) -> None:
        """Wait until none is left, at most PATIENCE seconds."""
        await asyncio.wait([asyncio.ensure_future(self._none.wait())], timeout=PATIENCE)

    def _ended(self, identity: object) -> None:
        if isinstance(identity, int | str):
            self._ids.discard(identity)
        if not self._ids:
            self._none.set()
