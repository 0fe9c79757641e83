"""One connection to a SurrealDB, in this process or on a server: texts and parameters in, rows out.

What differs between the releases 2 and 3 of the driver is evened out here:
how an error arrives. Only results of single statements are read, since
around transactions the two number them differently.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from surrealdb import AsyncSurreal, Surreal
from surrealdb.errors import ConnectionUnavailableError, SurrealError
from websockets.exceptions import WebSocketException

from engrammic.errors import ConnectionFailed, StorageError

MOVED = "engrammic: others have written"
"""What a transaction throws when what it was decided on has changed."""

GOODBYE = 1.0
"""Seconds in which a server may answer that the socket closes."""

_RETRIED = "can be retried"
_CONSEQUENCES = ("The query was not executed", "Cannot COMMIT", "The query was cancelled")


class Moved(Exception):
    """Somebody else wrote since the turn began; nothing was applied. Never leaves the backend."""


class Connection(ABC):
    """Speaks SurrealQL. `ask` from any event loop, `say` from any thread."""

    @abstractmethod
    def say(self, text: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """The result of each statement. Raises StorageError or its kin, and Moved."""

    @abstractmethod
    async def ask(self, text: str, params: Mapping[str, Any], *, short: bool = False) -> list[Any]:
        """As `say`; what is `short` may run where it is called."""

    @abstractmethod
    def version(self) -> str:
        """What the engine calls itself."""

    @abstractmethod
    def close(self) -> None:
        """Let the engine go."""


class Embedded(Connection):
    """The engine in this process: `mem://`, or `surrealkv://` and a path."""

    def __init__(self, address: str, name: str) -> None:
        self._name = name
        try:
            self._driver = cast("Any", Surreal(address))
            self._driver.connect()
            self._driver.use("engrammic", "engrammic")
        except (SurrealError, RuntimeError, OSError) as error:
            raise ConnectionFailed(f"cannot open {name}: {error}") from error

    def say(self, text: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """As `Connection.say`."""
        try:
            answer = self._driver.query_raw(text, dict(params or {}))
        except (SurrealError, RuntimeError) as error:
            raise _error(str(error)) from error
        return _results(answer)

    async def ask(self, text: str, params: Mapping[str, Any], *, short: bool = False) -> list[Any]:
        """As `Connection.ask`, on a worker thread unless it is short."""
        return self.say(text, params) if short else await asyncio.to_thread(self.say, text, params)

    def version(self) -> str:
        """As `Connection.version`."""
        return str(self._driver.version())

    def close(self) -> None:
        """As `Connection.close`; release 2 lets go when nothing refers to it any more."""
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.close()


class Address(NamedTuple):
    """Where a server is, and who asks."""

    url: str
    user: str
    password: str
    namespace: str
    database: str
    timeout: float


class Remote(Connection):
    """A server, over a web socket that lives on an event loop of its own.

    Every request comes back within the timeout. After a failure the next one
    connects anew.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._driver: Any = None
        self._loop = asyncio.new_event_loop()
        self._connecting = asyncio.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._name = str(self._run(self._within(self._version())).result())
        except BaseException:
            self.close()
            raise

    def say(self, text: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """As `Connection.say`."""
        return _results(self._run(self._within(self._query(text, dict(params or {})))).result())

    async def ask(self, text: str, params: Mapping[str, Any], *, short: bool = False) -> list[Any]:
        """As `Connection.ask`."""
        future = self._run(self._within(self._query(text, dict(params))))
        return _results(await asyncio.wrap_future(future))

    def version(self) -> str:
        """As `Connection.version`, asked now."""
        return str(self._run(self._within(self._version())).result())

    def close(self) -> None:
        """As `Connection.close`; the loop's thread ends."""
        if self._loop.is_closed():
            return
        try:
            self._run(self._leave()).result(self._address.timeout)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _within(self, work: Any) -> Any:
        """The outcome of `work` in time; whatever breaks the connection is one error."""
        try:
            async with asyncio.timeout(self._address.timeout):
                return await work
        except (OSError, WebSocketException, ConnectionUnavailableError) as error:
            await self._leave()
            raise self._lost(error) from error
        except KeyError as error:  # the driver forgot who waits, since the socket had closed
            await self._leave()
            raise self._lost("the server closed the connection") from error
        except SurrealError as error:
            raise _error(str(error)) from error
        except asyncio.CancelledError as error:
            # The driver cancels what waits for an answer when the socket closes.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            await self._leave()
            raise self._lost("the server closed the connection") from error

    def _lost(self, problem: object) -> ConnectionFailed:
        if isinstance(problem, TimeoutError):
            problem = f"no answer within {self._address.timeout:g} seconds"
        return ConnectionFailed(f"surrealdb at {self._address.url}: {problem}")

    async def _query(self, text: str, params: dict[str, Any]) -> Any:
        return await (await self._connected()).query_raw(text, params)

    async def _version(self) -> Any:
        return await (await self._connected()).version()

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._driver is None:
                self._driver = await self._signed_in()
            return self._driver

    async def _signed_in(self) -> Any:
        address = self._address
        driver = cast("Any", AsyncSurreal(address.url))
        try:
            await driver.connect()
            if address.user:
                await driver.signin({"username": address.user, "password": address.password})
            await driver.use(address.namespace, address.database)
        except ConnectionUnavailableError:
            await driver.close()
            raise
        except SurrealError as error:
            await driver.close()
            raise ConnectionFailed(f"surrealdb at {address.url}: {error}") from error
        except BaseException:
            await driver.close()
            raise
        return driver

    async def _leave(self) -> None:
        driver, self._driver = self._driver, None
        if driver is None:
            return
        socket = driver.socket  # the driver forgets it, closed or not
        try:
            async with asyncio.timeout(GOODBYE):
                await driver.close()
        except TimeoutError:  # a silent server says no goodbye
            if socket is not None:
                socket.transport.abort()


def _results(answer: Mapping[str, Any]) -> list[Any]:
    error = answer.get("error")
    if error is not None:
        raise _error(str(error.get("message", error) if isinstance(error, Mapping) else error))
    statements: Sequence[Mapping[str, Any]] = answer["result"]
    failures = [str(s["result"]) for s in statements if s["status"] != "OK"]
    if failures:
        causes = [f for f in failures if not f.startswith(_CONSEQUENCES)]
        raise _error("; ".join(causes or failures))
    return [s["result"] for s in statements]


def _error(problem: str) -> Exception:
    if MOVED in problem or _RETRIED in problem:
        return Moved(problem)
    return StorageError(f"surrealdb: {problem}")
