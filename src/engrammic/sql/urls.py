"""URLs of database servers, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engrammic.checks import shown
from engrammic.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """`scheme://user:password@host:port/database?option=value`."""

    scheme: str
    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)
    timeout: float
    options: dict[str, str]

    def __str__(self) -> str:
        """The URL without its password."""
        return f"{self.scheme}://{self.user}@{self.host}:{self.port}/{self.database}"


def server_url(url: str, *, port: int, user: str, known: frozenset[str]) -> ServerUrl:
    """The parts of a URL; `host=/folder` names a socket. Raises InvalidSettings."""
    scheme, _, rest = url.partition(":")
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        given = parts.port
    except ValueError as error:
        raise InvalidSettings(f"{scheme}: no URL: {error}") from error
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = options.keys() - known - {"host", "port", "timeout"}
    if unknown:
        raise InvalidSettings(
            f"{scheme}: no option {shown(min(unknown))}; "
            f"there are: {', '.join(sorted({*known, 'host', 'port', 'timeout'}))}"
        )
    database = unquote(parts.path.lstrip("/"))
    if not database or not rest.startswith("//"):
        raise InvalidSettings(f"{scheme}: want {scheme}://user:password@host:port/database")
    return ServerUrl(
        scheme=scheme.lower(),
        host=options.pop("host", "") or _host(parts),
        port=int(_number(scheme, "port", options.pop("port", str(given or port)))),
        user=unquote(parts.username or user),
        database=database,
        password=unquote(parts.password or ""),
        timeout=_number(scheme, "timeout", options.pop("timeout", "30")),
        options=options,
    )


def _host(parts: SplitResult) -> str:
    return unquote(parts.hostname or "127.0.0.1")


def _number(scheme: str, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1e6:
        raise InvalidSettings(f"{scheme}: {name} wants a number above 0, not {shown(text)}")
    return number
