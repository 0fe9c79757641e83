"""Where a `qdrant:` URL points to: a server, the client's local mode, or the engine in process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engrammic.checks import shown
from engrammic.errors import InvalidSettings

MEMORY = ("memory", ":memory:")
OPTIONS = frozenset({"api_key", "engine", "exact", "grpc", "https", "timeout"})
ONLY_SERVERS = frozenset({"api_key", "grpc", "https", "timeout"})
DEFAULT_TIMEOUT = 30
DEFAULT_NAME = "engrammic"
LONGEST_TIMEOUT = 86_400
PORT = 6333
WANTED = (
    "want qdrant:memory, qdrant:/path, qdrant:/path?engine=edge or qdrant://host:port/name"
    "?grpc=6334&api_key=...&https=1&timeout=30&exact=1"
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TRUTH = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class Address:
    """A database of Qdrant. `exact` asks for exact search instead of HNSW."""

    path: Path | None = None
    host: str | None = None
    port: int = PORT
    name: str = ""
    edge: bool = False
    exact: bool = False
    grpc: int | None = None
    api_key: str | None = None
    https: bool = False
    timeout: int = DEFAULT_TIMEOUT

    def __str__(self) -> str:
        """The URL without its key."""
        if self.host is not None:
            host = f"[{self.host}]" if ":" in self.host else self.host
            return f"qdrant://{host}:{self.port}/{self.name}"
        return f"qdrant:{self.path or 'memory'}"


def parsed(url: str) -> Address:
    """The address that a URL names. Raises InvalidSettings."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() != "qdrant" or not rest:
        raise InvalidSettings(f"{shown(url)}: {WANTED}")
    raw, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - OPTIONS:
        raise InvalidSettings(f"qdrant URL: unknown option {sorted(unknown)[0]!r}; {WANTED}")
    if raw.startswith("//") and not raw.startswith("///"):
        return _server(raw, options)
    if misplaced := set(options) & ONLY_SERVERS:
        raise InvalidSettings(f"qdrant URL: {sorted(misplaced)[0]} is for servers; {WANTED}")
    exact, edge = _truth("exact", options), _is_edge(options)
    if raw in MEMORY:
        if edge:
            raise InvalidSettings("qdrant URL: engine=edge needs a path: qdrant:/path?engine=edge")
        return Address(exact=exact)
    return Address(path=Path(unquote(raw.removeprefix("//"))).expanduser(), edge=edge, exact=exact)


def _server(raw: str, options: dict[str, str]) -> Address:
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidSettings(f"qdrant URL: {error}; {WANTED}") from error
    if not host or parts.username is not None or "engine" in options:
        raise InvalidSettings(f"qdrant URL: {_problem(parts, host)}; {WANTED}")
    name = unquote(parts.path.strip("/")) or DEFAULT_NAME
    if not _NAME.fullmatch(name):
        raise InvalidSettings(
            f"qdrant URL: {shown(name)}: a name has up to 64 letters, digits, - and _"
        )
    return Address(
        host=host,
        port=port or PORT,
        name=name,
        exact=_truth("exact", options),
        grpc=_number("grpc", options["grpc"], 65_535) if "grpc" in options else None,
        api_key=options.get("api_key") or None,
        https=_truth("https", options),
        timeout=_number("timeout", options.get("timeout", DEFAULT_TIMEOUT), LONGEST_TIMEOUT),
    )


def _problem(parts: SplitResult, host: str | None) -> str:
    if not host:
        return "no host"
    return "a key is given as api_key=" if parts.username is not None else "engine= is for paths"


def _is_edge(options: dict[str, str]) -> bool:
    engine = options.get("engine", "client")
    if engine not in ("client", "edge"):
        raise InvalidSettings(f"qdrant URL: no engine {shown(engine)}; want client or edge")
    return engine == "edge"


def _truth(name: str, options: dict[str, str]) -> bool:
    given = options.get(name, "0").lower()
    if given not in _TRUTH:
        raise InvalidSettings(f"qdrant URL: {name}: want 1 or 0, not {shown(given)}")
    return _TRUTH[given]


def _number(name: str, given: str | int, most: int) -> int:
    try:
        number = int(given)
    except ValueError:
        number = 0
    if not 1 <= number <= most:
        raise InvalidSettings(f"qdrant URL: {name}: want 1 to {most}, not {shown(given)}")
    return number
