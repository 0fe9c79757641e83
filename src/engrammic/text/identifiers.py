"""The parts of names that programs use: camelCase, snake_case, versions, hashes."""

from __future__ import annotations

import re

from engrammic.patterns import lazy_pattern

MAX_PARTS = 12  # more of them are an encoded blob, not a name

_CAMEL = lazy_pattern(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+")
_HEX = lazy_pattern(r"(?=.*[0-9])(?=.*[a-f])(?![a-f]+[0-9]+$)[0-9a-f]{4,128}$", re.IGNORECASE)
_SHORT_HASH = 7


def parts(name: str) -> list[str]:
    """The words inside a name without punctuation: `HTTPServer2` gives HTTP, Server, 2.

    Empty for a name of one word and for what is no name: a hash gives its first
    seven characters, as people shorten it, and an encoded blob nothing.
    """
    if name.isalpha() and (name.islower() or name.isupper() or name[1:].islower()):
        return []
    if _HEX.match(name):
        return [name[:_SHORT_HASH]] if len(name) > _SHORT_HASH else []
    found = [p for section in name.split("_") for p in _CAMEL.findall(section)]
    return found if 1 < len(found) <= MAX_PARTS else []
