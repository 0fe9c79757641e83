"""Asking a model's server by HTTP: only the host that was named, and no sooner than it wants."""

from __future__ import annotations

from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler

LONGEST_WAIT = 30.0
"""Seconds that a server's `Retry-After` is heeded at most."""


class StayHere(HTTPRedirectHandler):
    """Follows no redirect: the key belongs to the host that the user named."""

    def redirect_request(self, *_: Any) -> None:
        """None: the redirect is told as the error that it is."""
        return


def retry_after(error: HTTPError) -> float:
    """Seconds that the server asks to wait; 0 when it says nothing in seconds."""
    asked = error.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT) if asked.isdigit() else 0.0
