"""The statements that the stand-in for NornicDB knows, over dicts."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from itertools import islice
from threading import RLock
from typing import Any, NamedTuple, TypeAlias

KEPT = re.compile(r"[A-Za-z0-9_-]*")
"""Texts that the server keeps as they are, in whatever statement they are bound."""


class Nodes(dict[str, str]):
    """Payloads by id, and the ids in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered: list[str] = []

    def put(self, id_: str, payload: str) -> None:
        """Set a payload, of a new node if need be."""
        if id_ not in self:
            insort(self.ordered, id_)
        self[id_] = payload


class Wrong(Exception):
    """A statement is refused: a code of Neo4j's, and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Table(NamedTuple):
    """What a statement gives."""

    columns: list[str]
    rows: list[list[Any]]


NONE = Table([], [])


class Graph:
    """Nodes with an id and a payload, by label."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._labels: dict[str, Nodes] = {}

    def run(self, statement: str, given: Mapping[str, Any]) -> Table:
        """What the statement gives. Raises Wrong for any that is not in the list."""
        for value in given.values():
            if not isinstance(value, str) or not KEPT.fullmatch(value):
                raise Wrong("Neo.ClientError.Statement.TypeError", "the server may spoil this text")
        for pattern, action in STATEMENTS:
            if found := pattern.fullmatch(statement):
                with self.lock:
                    return self._done(action, found.groupdict(), given)
        raise Wrong("Neo.ClientError.Statement.SyntaxError", f"unknown statement: {statement}")

    def _done(self, action: Action, found: Mapping[str, str], given: Mapping[str, Any]) -> Table:
        nodes = self._labels.setdefault(found.get("label", ""), Nodes())
        try:
            return action(nodes, {**found, **given})
        except KeyError as error:
            raise Wrong(
                "Neo.ClientError.Statement.ParameterMissing", f"no parameter {error}"
            ) from error


Action: TypeAlias = Callable[[Nodes, Mapping[str, Any]], Table]


def _alive(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    return Table(["alive"], [[1]])


def _save(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    nodes.put(given["id"], given["payload"])
    return NONE


def _change(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    if given["id"] in nodes:
        nodes[given["id"]] = given["payload"]
    return NONE


def _change_all(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    nodes.update(dict.fromkeys(nodes, given["payload"]))
    return NONE


def _load(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    found = nodes.get(given["id"])
    return Table(["id", "payload"], [] if found is None else [[given["id"], found]])


def _page(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    last, blank = given["last"], given["blank"]
    behind = nodes.ordered[bisect_right(nodes.ordered, last) :]
    rows = ([i, p] for i in behind if (p := nodes[i]) != blank)
    return Table(["id", "payload"], list(islice(rows, int(given["limit"]))))


def _count(nodes: Nodes, given: Mapping[str, Any]) -> Table:
    return Table(["found"], [[sum(p != given["blank"] for p in nodes.values())]])


_LABEL = r"(?P<label>[A-Za-z]\w*)"
_BOTH = r"RETURN n\.id AS id, n\.payload AS payload"
STATEMENTS: tuple[tuple[re.Pattern[str], Action], ...] = tuple(
    (re.compile(text, re.ASCII), action)
    for text, action in (
        (r"RETURN 1 AS alive", _alive),
        (rf"MERGE \(n:{_LABEL} {{id: \$id}}\) SET n\.payload = \$payload", _save),
        (rf"MATCH \(n:{_LABEL} {{id: \$id}}\) SET n\.payload = \$payload", _change),
        (rf"MATCH \(n:{_LABEL} {{id: \$id}}\) {_BOTH}", _load),
        (
            rf"MATCH \(n:{_LABEL}\) WHERE n\.id > \$last AND n\.payload <> \$blank {_BOTH} "
            r"ORDER BY n\.id LIMIT (?P<limit>\d+)",
            _page,
        ),
        (rf"MATCH \(n:{_LABEL}\) WHERE n\.payload <> \$blank RETURN count\(n\) AS found", _count),
        (rf"MATCH \(n:{_LABEL}\) SET n\.payload = \$payload", _change_all),
    )
)
"""Every statement of the backend, and what it does to the nodes of its label."""
