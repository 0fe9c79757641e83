"""NornicDB: `nornicdb://USER:PASSWORD@HOST:PORT/DATABASE`, a label for each table."""

from __future__ import annotations

import re
from typing import ClassVar, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engrammic.backend import Capabilities
from engrammic.backends.nornicdb.bolt import Bolt
from engrammic.backends.nornicdb.nodes import Nodes
from engrammic.backends.nornicdb.rest import Rest
from engrammic.backends.nornicdb.wire import Wire
from engrammic.emulation.backend import CollectionBackend
from engrammic.errors import InvalidSettings

OPTIONS = frozenset({"transport", "name", "timeout"})
PORTS = {"bolt": 7687, "rest": 7474}
DATABASE = "nornic"
"""The server's own default."""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,49}")


class NornicdbBackend(CollectionBackend):
    """`nornicdb://user:password@host:port/database?transport=bolt&name=Engrammic&timeout=30`.

    `transport` is `bolt` or `rest`, whose statements are the same; labels begin
    with `name`, in which capital letters are as small ones. Filters, order and
    vectors are worked out in this process, checks are refused. Erased records
    leave a blank node behind. The server writes to disk a moment after it
    answers, unless it is set to write at once.

    The server that this was tried with let any password in over Bolt: keep that
    port to yourself.
    """

    scheme: ClassVar[str] = "nornicdb"
    capabilities: Capabilities = Capabilities(processes=True, durable="flush")

    @classmethod
    async def connect(cls, url: str) -> Self:
        """As `Backend.connect`. Raises ConnectionFailed where the server does not answer."""
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := given.keys() - OPTIONS:
            raise InvalidSettings(
                f"nornicdb: knows no {min(unknown)}; there are: {', '.join(sorted(OPTIONS))}"
            )
        name = given.get("name", "Engrammic")
        if not NAME.fullmatch(name):
            raise InvalidSettings(f"nornicdb: a name is letters and digits, not {name!r}")
        engine = Nodes(_wire(parts, given), name)
        try:
            await engine.health()
        except BaseException:
            await engine.close()
            raise
        return cls(engine, engine.wire.name)


def _wire(parts: SplitResult, given: dict[str, str]) -> Wire:
    transport = given.get("transport", "bolt")
    if transport not in PORTS:
        raise InvalidSettings(
            f"nornicdb: transport is bolt or rest, not {transport!r}; for its port that speaks "
            "Qdrant's gRPC take the qdrant backend"
        )
    try:
        host, port = parts.hostname or "localhost", parts.port or PORTS[transport]
        timeout = float(given.get("timeout", "30"))
    except ValueError as error:
        raise InvalidSettings("nornicdb: a port or timeout is no number") from error
    if not 0 < timeout < float("inf"):
        raise InvalidSettings("nornicdb: timeout: want seconds above 0")
    database = unquote(parts.path.strip("/")) or DATABASE
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    login = (user, password) if user or password else None
    kind = Bolt if transport == "bolt" else Rest
    shown = f"nornicdb://{host}:{port}/{database}"
    return kind(host, port, login, database, shown, timeout)
