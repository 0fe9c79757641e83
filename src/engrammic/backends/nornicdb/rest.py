"""NornicDB over HTTP: statements and parameters as JSON, on one connection that is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

from engrammic.backends.nornicdb.wire import Rows, Run, Wire
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
        self._login = login
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._connection = HTTPConnection(host, port, timeout=timeout)
        self._guard = threading.Lock()

    def ask(self, runs: Sequence[Run]) -> list[Rows]:
        """As `Wire.ask`."""
        asked = [{"statement": text, "parameters": dict(given)} for text, given in runs]
        answer = self._answer(json.dumps({"statements": asked}).encode())
        for error in answer.get("errors") or ():
            raise self._translated(str(error.get("code")), str(error.get("message")))
        return [[part["row"] for part in result["data"]] for result in answer["results"]]

    def _answer(self, body: bytes) -> Any:
        try:
            with self._guard:
                status, raw = self._let_in(body)
        except ConnectionFailed:
            raise
        except (HTTPException, OSError) as error:
            raise ConnectionFailed(f"{self.name} does not answer: {error}") from error
        answer = self._read(status, raw)
        if not (answer.get("errors") or "results" in answer):
            raise StorageError(f"{self.name}: status {status}: {str(answer)[:200]}")
        return answer

    def _let_in(self, body: bytes) -> tuple[int, bytes]:
        """With a token, fetched anew when it has run out: a password takes the server long."""
        if self._login is None:
            return self._posted(self._path, body)
        if "Authorization" in self._headers:
            status, raw = self._posted(self._path, body)
            if status != HTTPStatus.UNAUTHORIZED:
                return status, raw
        self._log_in(*self._login)
        return self._posted(self._path, body)

    def _log_in(self, user: str, password: str) -> None:
        self._headers.pop("Authorization", None)
        asked = json.dumps({"username": user, "password": password}).encode()
        status, raw = self._posted("/auth/token", asked)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise self._refused()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ConnectionFailed(
                f"{self.name} lets the user in no more for a while: too many wrong passwords"
            )
        token = self._read(status, raw).get("access_token")
        if not isinstance(token, str):
            raise ConnectionFailed(f"{self.name} gives no token: status {status}")
        self._headers["Authorization"] = f"Bearer {token}"

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(raw)
        except ValueError as error:
            told = f"{self.name}: status {status}, and no JSON; is it NornicDB's HTTP port?"
            raise ConnectionFailed(told) from error
        return answer if isinstance(answer, dict) else {}

    def _posted(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Once more where a kept connection has died: each statement may be run twice."""
        kept = self._connection.sock is not None
        try:
            return self._once(path, body)
        except (HTTPException, ConnectionError):
            self._connection.close()
            if not kept:
                raise
        return self._once(path, body)

    def _once(self, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            self._connection.request("POST", path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            self._connection.close()
            raise

    def _translated(self, code: str, message: str) -> StorageError:
        if ".Security." in code:
            return self._refused()
        if code.endswith("DatabaseNotFound"):
            return ConnectionFailed(f"{self.name}: {message}")
        return StorageError(f"{self.name}: {message}")

    def _refused(self) -> ConnectionFailed:
        return ConnectionFailed(f"{self.name} refuses the user or the password")

    def hang_up(self) -> None:
        """As `Wire.hang_up`."""
        with self._guard:
            self._connection.close()
