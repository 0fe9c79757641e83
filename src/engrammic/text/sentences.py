"""The sentences of a text, and each with the next: what a short text may mean of a long one."""

from __future__ import annotations

from itertools import pairwise

from engrammic.patterns import lazy_pattern

_END = lazy_pattern(r"(?<=[.!?])[\"')\]]?\s+(?=[^\W\d_a-z]|[\"'(\[\d])|(?<=[。！？])|\n+")
_SHORT = lazy_pattern(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|e\.g|i\.e)|\b[A-Z])\.$")


def sentences(text: str) -> list[str]:
    """The sentences in reading order; an abbreviation such as `Dr.` ends none."""
    found: list[str] = []
    for part in (part.strip() for part in _END.split(text)):
        if found and _SHORT.search(found[-1]):
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    return found


def windows(text: str, most: int) -> list[str]:
    """The first `most` sentences, and each two that follow each other; none of a single one."""
    parts = sentences(text)[:most]
    return [*parts, *(f"{one} {other}" for one, other in pairwise(parts))] if parts[1:] else []
