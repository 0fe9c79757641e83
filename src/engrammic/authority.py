"""Who may write what is meant to stay: a token that only the owner's secret makes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from hashlib import scrypt, sha256
from typing import Self

from engrammic.checks import check_count, shown
from engrammic.errors import InvalidInput

SHORTEST_SECRET = 8
_COST = 2**14
"""scrypt's n, with r = 8 and p = 1: 16 MiB and some 50 ms for each guess (RFC 7914)."""


@dataclass(frozen=True, slots=True)
class CanonicalWriteToken:
    """Leave to write, change and delete canonical items. `from_secret` makes one.

    It is compared with what the memory's owner set; one made from another
    secret opens nothing. It never prints what it holds.
    """

    _key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self._key) != sha256().digest_size:
            raise InvalidInput("token", "is made by CanonicalWriteToken.from_secret(secret)")

    @classmethod
    def from_secret(cls, secret: str | bytes, salt: bytes) -> Self:
        """The token of a secret (SHORTEST_SECRET bytes or more) in the memory with this salt."""
        if not isinstance(secret, str | bytes):
            raise InvalidInput("secret", f"want a text or bytes, not {shown(type(secret))}")
        given = secret.encode() if isinstance(secret, str) else secret
        check_count("secret's length", len(given), SHORTEST_SECRET, 1 << 20)
        return cls(scrypt(given, salt=salt, n=_COST, r=8, p=1, maxmem=64 << 20, dklen=32))

    @property
    def verifier(self) -> str:
        """What a memory keeps to know the token again; it does not give the token away."""
        return sha256(b"engrammic canonical\n" + self._key).hexdigest()

    def opens(self, verifier: str | None) -> bool:
        """Whether this is the token behind a verifier."""
        return verifier is not None and hmac.compare_digest(self.verifier, verifier)
