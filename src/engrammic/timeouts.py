"""The `?timeout=` of a URL that names a file: how long somebody else's lock is waited for."""

from __future__ import annotations

from urllib.parse import parse_qsl

from engrammic.checks import shown
from engrammic.errors import InvalidSettings

DEFAULT_TIMEOUT = 30.0
LONGEST_TIMEOUT = 86_400.0


def timeout_of(scheme: str, query: str) -> float:
    """Seconds, by what follows the `?`. Raises InvalidSettings, also for any other option."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(options) - {"timeout"}:
        raise InvalidSettings(f"{scheme} URL: unknown option {sorted(unknown)[0]!r}")
    given = options.get("timeout")
    try:
        seconds = DEFAULT_TIMEOUT if given is None else float(given)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_TIMEOUT:
        raise InvalidSettings(
            f"{scheme} URL: timeout: want 0 to {LONGEST_TIMEOUT:.0f} seconds, not {shown(given)}"
        )
    return seconds
