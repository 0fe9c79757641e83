"""A table on both sides at once, by key, a page of each at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeAlias

from engrammic.backend import Backend
from engrammic.canonical import canonical
from engrammic.moving.report import TableReport
from engrammic.types import Record, Schema

Key: TypeAlias = tuple[Any, ...]
State: TypeAlias = Literal["same", "missing", "different", "extra"]

PAGE = 256
"""Records read at once, at most."""

PAGE_BYTES = 4 << 20
"""Canonical bytes that a page is to hold, about."""


class Line(NamedTuple):
    """A record, its key, and its canonical bytes."""

    key: Key
    text: bytes
    record: Record


async def pages(
    backend: Backend, schema: Schema, after: Key | None = None
) -> AsyncIterator[list[Line]]:
    """A table by key, in pages of about PAGE_BYTES; the first is small."""
    limit = 16
    while records := await backend.export(schema.name, after=after, limit=limit):
        page = [line_of(schema, record) for record in records]
        after = page[-1].key
        mean = sum(len(line.text) for line in page) // len(page) + 1
        limit = max(1, min(PAGE, 2 * limit, PAGE_BYTES // mean))
        yield page


def line_of(schema: Schema, record: Record) -> Line:
    """The record with its key and canonical bytes."""
    return Line(tuple(record[n] for n in schema.key), canonical(schema, record), record)


class Walk:
    """Both sides of one table; `report` when it has come to the end."""

    def __init__(self, source: Backend, target: Backend, mine: Schema, theirs: Schema) -> None:
        self.name = mine.name
        self._sides = (_Side(source, mine), _Side(target, theirs))
        self._found: dict[State, int] = {"same": 0, "missing": 0, "different": 0, "extra": 0}

    async def steps(self, advance: Callable[[int], None]) -> AsyncIterator[tuple[State, Line]]:
        """Each key of either side, in order, and how the sides compare there."""
        source, target = self._sides
        mine, theirs = await source.next(), await target.next()
        state: State
        while mine is not None or theirs is not None:
            if mine is None or (theirs is not None and theirs.key < mine.key):
                assert theirs is not None
                state, line, theirs = "extra", theirs, await target.next()
            elif theirs is None or mine.key < theirs.key:
                state, line, mine = "missing", mine, await source.next()
            else:
                state = "same" if mine.text == theirs.text else "different"
                line, mine, theirs = mine, await source.next(), await target.next()
            self._found[state] += 1
            if state != "extra":
                advance(1)
            yield state, line

    def report(self) -> TableReport:
        """What the walk has found."""
        source, target = self._sides
        return TableReport(
            self.name, source.count, target.count, source.hash.hexdigest(),
            target.hash.hexdigest(), self._found["missing"], self._found["different"],
            self._found["extra"],
        )  # fmt: skip


class _Side:
    """One side's lines, one by one; counts and hashes what it gives."""

    def __init__(self, backend: Backend, schema: Schema) -> None:
        self._pages = pages(backend, schema)
        self._page: list[Line] = []
        self.count = 0
        self.hash = sha256()

    async def next(self) -> Line | None:
        if not self._page:
            self._page = (await anext(self._pages, []))[::-1]
            if not self._page:
                return None
        line = self._page.pop()
        self.count += 1
        self.hash.update(line.text + b"\n")
        return line
