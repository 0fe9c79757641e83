"""NornicDB over HTTP: statements and parameters as JSON, on one connection that is kept."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from engrammic.backends.nornicdb.wire import Given, Rows, Wire
from engrammic.errors import ConnectionFailed, StorageError


class Rest(Wire):
    """Runs travel together, a hundred in a request."""

    def __init__(
        self,
        host: str,
        port: int,
        login: tuple[str, str] | None,
        database: str,
        name: str,
        timeout: float,
    ) -> None:
        super().__init__(name, timeout)
        self._path = f"/db/{quote(database, safe='')}/tx/commit"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if login is not None:
            token = base64.b64encode(":".join(login).encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        self._connection = HTTPConnection(host, port, timeout=timeout)
        self._guard = threading.Lock()

    def ask(self, statement: str, given: Sequence[Given]) -> Rows:
        """As `Wire.ask`."""
        runs = [{"statement": statement, "parameters": dict(p)} for p in given]
        answer = self._answer(json.dumps({"statements": runs}).encode())
        for error in answer.get("errors") or ():
            raise self._translated(str(error.get("code")), str(error.get("message")))
        return [part["row"] for result in answer["results"] for part in result["data"]]

    def _answer(self, body: bytes) -> Any:
        try:
            with self._guard:
                status, raw = self._posted(body)
        except (HTTPException, OSError) as error:
            raise ConnectionFailed(f"{self.name} does not answer: {error}") from error
        try:
            answer = json.loads(raw)
        except ValueError as error:
            told = f"{self.name}: status {status}, and no JSON; is it NornicDB's HTTP port?"
            raise ConnectionFailed(told) from error
        if not isinstance(answer, dict) or not (answer.get("errors") or "results" in answer):
            raise StorageError(f"{self.name}: status {status}: {str(answer)[:200]}")
        return answer

    def _posted(self, body: bytes) -> tuple[int, bytes]:
        """Once more where a kept connection has died: each statement may be run twice."""
        kept = self._connection.sock is not None
        try:
            return self._once(body)
        except (HTTPException, ConnectionError):
            self._connection.close()
            if not kept:
                raise
        return self._once(body)

    def _once(self, body: bytes) -> tuple[int, bytes]:
        try:
            self._connection.request("POST", self._path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            self._connection.close()
            raise

    def _translated(self, code: str, message: str) -> StorageError:
        if ".Security." in code:
            return ConnectionFailed(f"{self.name} refuses the user or the password")
        if code.endswith("DatabaseNotFound"):
            return ConnectionFailed(f"{self.name}: {message}")
        return StorageError(f"{self.name}: {message}")

    def close(self) -> None:
        """As `Wire.close`."""
        with self._guard:
            self._connection.close()
