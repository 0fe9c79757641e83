"""Weaviate's asynchronous client, one for each event loop, with its errors as ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
from weaviate import WeaviateAsyncClient
from weaviate.exceptions import (
    AuthenticationFailedError,
    UnexpectedStatusCodeError,
    WeaviateBaseError,
    WeaviateClosedClientError,
    WeaviateConnectionError,
    WeaviateGRPCUnavailableError,
    WeaviateRetryError,
    WeaviateStartUpError,
    WeaviateTimeoutError,
)

from engrammic.errors import ConnectionFailed, StorageError

T = TypeVar("T")

UNREACHABLE = (
    WeaviateConnectionError, WeaviateStartUpError, WeaviateGRPCUnavailableError,
    WeaviateTimeoutError, WeaviateRetryError, WeaviateClosedClientError,
    AuthenticationFailedError,
)  # fmt: skip
DOWN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNAUTHENTICATED,
)


class TooLarge(StorageError):
    """An answer would exceed what gRPC carries."""


class Wire:
    """Connections to one server, made when a loop first asks."""

    def __init__(self, make: Callable[[], WeaviateAsyncClient], name: str, timeout: float) -> None:
        self._make = make
        self.name = name
        self._timeout = timeout
        self._clients: dict[asyncio.AbstractEventLoop, WeaviateAsyncClient] = {}

    async def client(self) -> WeaviateAsyncClient:
        """The client of the running loop, connected."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            made = self._make()
            try:
                await self._greet(made)
            except BaseException:
                await made.close()
                raise
            if self._clients.setdefault(loop, made) is not made:
                await made.close()  # another task was faster
        return self._clients[loop]

    async def _greet(self, made: WeaviateAsyncClient) -> None:
        """A server that starts knows its classes before it can read them."""
        await self.said(made.connect())
        if not await self.said(made.is_ready()):
            raise ConnectionFailed(f"{self.name} is not ready yet; try again in a moment")

    async def said(self, answer: Awaitable[T]) -> T:
        """The answer within the timeout: the client itself tries a dead server for a minute."""
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError as error:
            told = f"{self.name} does not answer within {self._timeout:g} s"
            raise ConnectionFailed(told) from error
        except UNREACHABLE as error:
            raise ConnectionFailed(f"{self.name} does not answer: {error}") from error
        except WeaviateBaseError as error:
            raise self._translated(error) from error

    def _translated(self, error: WeaviateBaseError) -> StorageError:
        told = error.__context__
        code = told.code() if isinstance(told, grpc.aio.AioRpcError) else None
        refused = isinstance(error, UnexpectedStatusCodeError) and error.status_code in (401, 403)
        if refused or code in DOWN:
            return ConnectionFailed(f"{self.name} does not answer or refuses the key: {error}")
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return TooLarge(f"{self.name}: {error}")
        return StorageError(f"{self.name}: {error}")

    async def close(self) -> None:
        """Close what this loop and other running ones have open."""
        here = asyncio.get_running_loop()
        while self._clients:
            loop, client = self._clients.popitem()
            if loop is here:
                await client.close()
            elif loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(client.close(), loop)
                await asyncio.wrap_future(closing)
