"""From a URL to an open engine. The handles of one directory share theirs."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engrammic.backends.surrealdb.connection import Address, Connection, Embedded, Moved, Remote
from engrammic.backends.surrealdb.engine import SurrealCollections
from engrammic.backends.surrealdb.stamps import Stamps
from engrammic.emulation.samples import Samples
from engrammic.errors import ConnectionFailed, InvalidSettings
from engrammic.lockfile import lock
from engrammic.turns import Turns
from engrammic.types import Schema

PORT = 8000
TIMEOUT = 30.0
SYNC = "SURREAL_SYNC_DATA"
"""The engine reads it once in a process; release 3 syncs each commit by itself."""

_OPTIONS = frozenset({"timeout", "hnsw", "exact", "tls"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL points, and how it is to be opened. `name` has no password in it."""

    name: str
    folder: Path | None
    address: Address | None
    timeout: float
    hnsw: bool | None
    exact: bool

    @property
    def durable(self) -> Literal["commit", "flush", "never"]:
        """When a write is on disk. A server's own setting is not ours to know."""
        if self.address is not None:
            return "flush"
        if self.folder is None:
            return "never"
        return "commit" if os.environ.get(SYNC, "true").lower() == "true" else "flush"


@dataclass(slots=True)
class Opened:
    """An engine, and what is derived from it, with the number of its handles."""

    engine: SurrealCollections
    turns: Turns
    derived: Stamps
    samples: Samples
    known: dict[str, Schema]
    folder: Path | None
    held: BinaryIO | None
    pid: int = field(default_factory=os.getpid)
    handles: int = 1

    def let_go(self) -> None:
        """Let other processes have the directory."""
        if self.held is not None:
            self.held.close()


_shared: dict[Path, Opened] = {}
_guard = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_guard.release
    )


def located(url: str) -> Place:
    """What the URL asks for. Raises InvalidSettings."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := set(options) - _OPTIONS:
        raise InvalidSettings(f"surrealdb URL: unknown option {sorted(unknown)[0]!r}")
    timeout = _seconds(options.get("timeout", str(TIMEOUT)))
    hnsw = {"1": True, "0": False}.get(options.get("hnsw", ""))
    exact = options.get("exact") == "1"
    path = unquote(parts.path)
    if parts.netloc:
        address = _address(parts, timeout, options.get("tls") == "1")
        where = f"{parts.hostname}:{parts.port or PORT}"
        name = f"surrealdb://{where}/{address.namespace}/{address.database}"
        return Place(name, None, address, timeout, hnsw, exact)
    if path == ":memory:":
        return Place("surrealdb::memory:", None, None, timeout, hnsw, exact)
    if not path or "?" in path or "#" in path:
        raise InvalidSettings(
            "surrealdb URL: want surrealdb:/path of a directory (without ? and #), "
            "surrealdb::memory: or surrealdb://user:password@host:port/namespace/database"
        )
    folder = Path(path).expanduser().absolute()
    return Place(f"surrealdb:{folder}", folder, None, timeout, hnsw, exact)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 < seconds < 1e6:
        raise InvalidSettings(f"surrealdb URL: timeout {text!r} is no number of seconds")
    return seconds


def _address(parts: SplitResult, timeout: float, tls: bool) -> Address:
    try:
        port = parts.port or PORT
    except ValueError as error:
        raise InvalidSettings("surrealdb URL: the port is no number") from error
    names = [unquote(n) for n in parts.path.split("/") if n] or ["engrammic"]
    if len(names) > 2:
        raise InvalidSettings("surrealdb URL: want host:port/namespace/database")
    host = parts.hostname or "localhost"
    return Address(
        url=f"{'wss' if tls else 'ws'}://{f'[{host}]' if ':' in host else host}:{port}",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        namespace=names[0],
        database=names[-1],
        timeout=timeout,
    )


def opened(place: Place) -> Opened:
    """The engine there, shared with the other handles of this process. Blocks."""
    if place.folder is None:
        return _fresh(place, None)
    _folder(place.folder)
    key = place.folder.resolve()
    with _guard:
        found = _shared.get(key)
        if found is not None and found.pid == os.getpid():
            _agree(place, found.engine.searches)
            found.handles += 1
            return found
        held = lock(key / "engrammic.lock", place.timeout)
        try:
            _shared[key] = _fresh(place, held)
        except BaseException:
            held.close()
            raise
        return _shared[key]


def give_back(found: Opened) -> bool:
    """Whether that was the last handle, so that the engine is to be closed now."""
    with _guard:
        found.handles -= 1
        if found.handles:
            return False
        if found.folder is not None:
            _shared.pop(found.folder.resolve(), None)
        return True


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectionFailed(f"cannot create {folder}: {error.strerror}") from error


def _fresh(place: Place, held: BinaryIO | None) -> Opened:
    connection = _connected(place)
    try:
        shared = place.address is not None
        engine = SurrealCollections(connection, hnsw=False, shared=shared, exact=place.exact)
        engine.begin()
        engine.searches = engine.approximate = _choice(connection, place)
    except BaseException:
        connection.close()
        raise
    derived, samples = Stamps(engine), Samples(engine)
    return Opened(engine, Turns(), derived, samples, {}, place.folder, held)


def _connected(place: Place) -> Connection:
    if place.address is not None:
        return Remote(place.address)
    os.environ.setdefault(SYNC, "true")
    if place.folder is None:
        return Embedded("mem://", place.name)
    return Embedded(f"surrealkv://{place.folder.resolve()}", place.name)


def _choice(connection: Connection, place: Place) -> bool:
    """Whether the database has HNSW indexes: asked once, when it is new, and kept."""
    text = "RETURN engrammic:vectors.hnsw"
    found = connection.say(text)[0]
    while found is None:
        wanted = {"hnsw": bool(place.hnsw)}
        with suppress(Moved):  # another handle chose at the same moment
            connection.say("UPSERT engrammic:vectors SET hnsw = hnsw ?? $hnsw", wanted)
        found = connection.say(text)[0]
    _agree(place, found)
    return bool(found)


def _agree(place: Place, hnsw: bool) -> None:
    if place.hnsw not in (None, hnsw):
        raise InvalidSettings(
            f"{place.name} was made {'with' if hnsw else 'without'} HNSW; leave `hnsw` out of "
            "the URL, or migrate to a new database"
        )
