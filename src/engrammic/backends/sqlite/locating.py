"""Where a URL or a path says that the file lies, and whether it may lie there."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from engrammic import errors
from engrammic.checks import is_storable, shown
from engrammic.timeouts import DEFAULT_TIMEOUT, timeout_of

SCHEME = "sqlite:"
FILE_NAME = "engrammic.db"
SUFFIXES = (".db", ".sqlite", ".sqlite3")
NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "afs", "ncp", "glusterfs", "ceph")


def locate(url: str) -> tuple[Path, float]:
    """The database file that a URL or path names, and the lock timeout in seconds.

    A path that ends in .db, .sqlite or .sqlite3, or is a file, is the database;
    any other is a directory that holds `engrammic.db`. A path is taken as it is;
    behind `sqlite:` it is percent-decoded, and `?timeout=` may follow.
    """
    scheme, timeout, text = url[: len(SCHEME)].lower(), DEFAULT_TIMEOUT, url
    if scheme == SCHEME:
        text, timeout = _parsed(url[len(SCHEME) :])
    if not text.strip() or not is_storable(text):
        raise errors.InvalidSettings(f"{shown(url)}: no path; write sqlite:///absolute/path")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise errors.InvalidSettings(f"{shown(url)}: {error}") from error
    if os.path.isfile(path) or path.suffix in SUFFIXES:
        return path, timeout
    return path / FILE_NAME, timeout


def _parsed(rest: str) -> tuple[str, float]:
    """Path and timeout of what follows `sqlite:`."""
    raw, _, query = rest.partition("?")
    timeout = timeout_of("sqlite", query)
    if raw.startswith("//"):
        host, slash, path = raw[2:].partition("/")
        if host:
            raise errors.InvalidSettings(
                f"sqlite URL: {shown(host)} stands where a host would; write sqlite:{host}/... "
                f"for a relative path, sqlite:///{host}/... for an absolute one"
            )
        raw = slash + path
    return unquote(raw, errors="surrogateescape"), timeout


def refuse_network(path: Path) -> None:
    """Raise ConnectionFailed when the file itself lies on a network file system (Linux)."""
    kind = _file_system(Path(os.path.realpath(path)).parent)
    if kind.startswith(NETWORK_FILE_SYSTEMS):
        raise errors.ConnectionFailed(
            f"{path} lies on {kind}, where SQLite's locks do not hold; use a local folder "
            "or a database server"
        )


def _file_system(folder: Path) -> str:
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    best: tuple[int, str] = (-1, "")
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")
        if folder.is_relative_to(point):
            best = max(best, (len(point), kind))
    return best[1]
