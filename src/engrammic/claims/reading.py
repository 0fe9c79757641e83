"""From sentences to claims."""

from __future__ import annotations

from engrammic.claims.nouns import Claim


def claims_of(text: str) -> list[Claim]:
    """The claims of a text in reading order."""
    return []
