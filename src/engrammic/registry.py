"""From a URL to an open backend, by the entry points of the group `engrammic.backends`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engrammic.backend import Backend
from engrammic.checks import is_storable, shown
from engrammic.errors import InvalidSettings, MissingDependency

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "engrammic.backends"

_REQUIRED = re.compile(r"(?P<name>[\w.-]+).*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


async def open_backend(url: str, *, native: bool = False) -> Backend:
    """The database at `url`, connected.

    `scheme:...` names the backend, `:memory:` is `memory:`, and a path alone
    is SQLite. `native` refuses emulation: what the database cannot do itself
    raises Unsupported then. Raises InvalidSettings for an unknown scheme, MissingDependency
    where the scheme's driver is not installed, ConnectionFailed and its kin.
    """
    backend = await backend_class(scheme_of(url)).connect(url)
    backend.native = native
    return backend


def scheme_of(url: Any) -> str:
    """The backend that a URL asks for; a Windows drive is no scheme."""
    if not isinstance(url, str) or not url.strip() or not is_storable(url):
        raise InvalidSettings(f"{shown(url)} is no database: want a path or scheme:...")
    if url == ":memory:":
        return "memory"
    scheme, colon, _ = str(url).partition(":")
    named = colon and len(scheme) > 1 and scheme.isascii() and scheme.isidentifier()
    return scheme.lower() if named else "sqlite"


def backend_class(scheme: str) -> type[Backend]:
    """The class that serves a scheme, its module imported now."""
    if scheme == "layered":  # composed of others: no driver, no extra
        from engrammic.layering import LayeredBackend

        return LayeredBackend
    known = registered()
    if scheme not in known:
        raise InvalidSettings(f"no backend for {scheme}:; there are: {', '.join(sorted(known))}")
    try:
        found = known[scheme].load()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "engrammic":
            raise
        raise MissingDependency(f"the {scheme} backend", scheme) from error
    if not (isinstance(found, type) and issubclass(found, Backend)):
        raise InvalidSettings(f"{known[scheme].value} is no backend")
    return found


def registered() -> dict[str, EntryPoint]:
    """Schemes and where their classes are; nothing is imported."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


def lacking(scheme: str) -> list[str]:
    """The packages of a scheme's extra that are not installed; nothing is imported."""
    from importlib.metadata import PackageNotFoundError, requires, version

    lacks = []
    for requirement in requires("engrammic") or ():
        needed = _REQUIRED.match(requirement)
        if needed is None or needed["extra"] != scheme:
            continue
        try:
            version(needed["name"])
        except PackageNotFoundError:
            lacks.append(needed["name"])
    return lacks
