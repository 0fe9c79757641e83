"""What a namespace of the Pinecone stand-in holds, and how its vectors come in answers."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Stored(dict[str, Any]):
    """A vector as it is given to clients, and its JSON once it was asked for."""

    text = ""

    def json(self) -> str:
        """`"id": {...}`, as it stands in an answer."""
        if not self.text:
            self.text = f"{json.dumps(self['id'])}: {json.dumps(self)}"
        return self.text


@dataclass(slots=True)
class Namespace:
    """Vectors by id, and the writes that were accepted but are not yet visible."""

    vectors: dict[str, Stored] = field(default_factory=dict)
    waiting: deque[tuple[float, Callable[[], Any]]] = field(default_factory=deque)
    accepted: int = 0
    indexed: int = 0

    def settle(self, now: float) -> None:
        """Make visible what has waited long enough."""
        while self.waiting and self.waiting[0][0] <= now:
            self.waiting.popleft()[1]()
            self.indexed += 1


def page_of(
    found: Iterable[Mapping[str, Any]], limit: int, token: str
) -> tuple[list[Any], dict[str, Any]]:
    """A page of vectors by id, behind the id in the token: right also while others write."""
    rest = sorted((v for v in found if v["id"] > token), key=lambda v: str(v["id"]))
    page = rest[:limit]
    return page, {"pagination": {"next": page[-1]["id"]}} if len(rest) > limit else {}


def usage(body: dict[str, Any]) -> dict[str, Any]:
    """The answer with what it cost."""
    return body | {"usage": {"readUnits": 1}}


def whole(found: list[Stored], rest: dict[str, Any]) -> bytes:
    """An answer with vectors by id, put together from what was encoded before."""
    vectors = ", ".join([v.json() for v in found])
    return f'{{"vectors": {{{vectors}}}, {json.dumps(usage(rest))[1:]}'.encode()
