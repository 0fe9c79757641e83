"""What a database is called, the same each time and without secrets."""

from __future__ import annotations

import os
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from engrammic.errors import InvalidSettings

_SECRET = ("key", "password", "token", "secret")


def place_of(url: str) -> str:
    """The URL with an absolute path and without passwords: names one database in messages."""
    from engrammic.registry import scheme_of

    scheme = scheme_of(url)
    if scheme == "layered":
        sides = parse_qsl(url.partition("?")[2])
        return "layered:" + " and ".join(f"{name} in {place_of(side)}" for name, side in sides)
    if scheme == "sqlite":
        from engrammic.backends.sqlite.locating import locate

        return f"sqlite:{locate(url)[0].resolve()}"
    try:
        return _named(scheme, urlsplit(f"{scheme}:{url.strip(':').partition(':')[2]}"))
    except ValueError as error:
        raise InvalidSettings(f"{scheme}: no URL: {error}") from error


def _named(scheme: str, parts: SplitResult) -> str:
    known = [(n, v) for n, v in parse_qsl(parts.query) if not any(s in n.lower() for s in _SECRET)]
    query = f"?{urlencode(sorted(known))}" if known else ""
    if parts.netloc:
        user = f"{parts.username}@" if parts.username else ""
        port = f":{parts.port}" if parts.port else ""
        return f"{scheme}://{user}{parts.hostname or ''}{port}{parts.path}{query}"
    if "://" in parts.path:
        return f"{scheme}:{parts.path}{query}"
    return f"{scheme}:{os.path.realpath(os.path.expanduser(unquote(parts.path)))}{query}"
