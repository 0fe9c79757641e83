"""MariaDB as Debian has it: one server, a database for each database."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from engines import NewDatabase, Unavailable, free_port

PASSWORD = "p@ss/w:ord"


class Server:
    """One server with its data in a folder of its own, run by an unprivileged user."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.user = _unprivileged()
        if self.user is not None:
            shutil.chown(folder, self.user)
        options = [f"--user={self.user}"] if self.user else []
        self._run("mariadb-install-db", "--no-defaults", *options, f"--datadir={folder / 'data'}",
                  "--auth-root-authentication-method=normal", "--skip-test-db")  # fmt: skip

    def url(self, database: str, user: str = "keeper", password: str = "p%40ss%2Fw%3Aord") -> str:
        """Over TCP."""
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """Over the socket in the server's folder."""
        return f"{self.url(database)}?host={self.folder / 's.sock'}"

    def start(self, durable: bool = False) -> None:
        """Start it and wait until it answers."""
        flush = 1 if durable else 0
        options = [f"--user={self.user}"] if self.user else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("mariadbd"), "--no-defaults", *options,
                 f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 's.sock'}",
                 f"--port={self.port}", "--bind-address=127.0.0.1",
                 f"--innodb-flush-log-at-trx-commit={flush}", "--innodb-fast-shutdown=3"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(
                    f"mariadbd did not start: {(self.folder / 'log').read_text()[-500:]}"
                )
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; as a crash does with SIGKILL."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def say(self, sql: str) -> None:
        """Run a statement as root."""
        self._run(
            "mariadb", "--no-defaults", "-S", str(self.folder / "s.sock"), "-uroot", "-e", sql
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments], check=False, capture_output=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise Unavailable(f"{program} failed: {(done.stderr + done.stdout).decode()[-500:]}")


@contextmanager
def server() -> Iterator[Server]:
    """A server that is not started yet, gone at the end."""
    _install()
    # Not below pytest's folder: its parents are closed to the unprivileged user.
    folder = Path(tempfile.mkdtemp(prefix="engrammic-mariadb-", dir="/tmp"))
    try:
        found = Server(folder)
        try:
            yield found
        finally:
            found.stop(signal.SIGKILL)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def welcome(found: Server) -> None:
    """Make the user that the URLs name."""
    for host in ("127.0.0.1", "localhost"):
        found.say(f"CREATE USER 'keeper'@'{host}' IDENTIFIED BY '{PASSWORD}'")
        found.say(f"GRANT ALL ON *.* TO 'keeper'@'{host}'")


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """A database for each."""
    numbers = count()
    with server() as found:
        found.start()
        welcome(found)

        def new() -> str:
            name = f"kit{next(numbers)}"
            found.say(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            return found.url(name)

        yield new


def _unprivileged() -> str | None:
    """Who runs the server in place of root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("mysql", "nobody") if name in known), None)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Unavailable(f"no {name}; apt-get install mariadb-server")
    return found


def _install() -> None:
    """Debian's package, where it may be installed."""
    known = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    apt = shutil.which("apt-get")
    if known is None and apt is not None and os.geteuid() == 0:
        subprocess.run(
            [apt, "install", "-y", "--no-install-recommends", "mariadb-server"], check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, capture_output=True,
        )  # fmt: skip
