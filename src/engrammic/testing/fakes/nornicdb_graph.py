"""The statements that the stand-in for NornicDB knows, over dicts."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from threading import RLock
from typing import Any, NamedTuple, TypeAlias

KEPT = re.compile(r"[A-Za-z0-9_-]*")
"""Texts that the server keeps as they are, in whatever statement they are bound."""


@dataclass(slots=True)
class Node:
    """What the nodes have of its labels."""

    id: str
    payload: str


class Nodes(dict[str, list[Node]]):
    """Those of one label by their ids, which may be those of several, and the ids in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered: list[str] = []

    def put(self, node: Node) -> None:
        """One more."""
        if node.id not in self:
            insort(self.ordered, node.id)
        self.setdefault(node.id, []).append(node)


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
    """Nodes with an id and a payload, by label; in labels case does not count, as there.

    The server keeps what it answered and may miss a write meanwhile, unless a
    statement has `rand()`, and what MERGE makes takes the place of older nodes
    once it was started again: a read without the one, and the other, are not
    in the list.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._labels: dict[str, Nodes] = {}

    def labelled(self, label: str) -> Nodes:
        """The nodes that have the label."""
        return self._labels.setdefault(label.lower(), Nodes())

    def run(self, statement: str, given: Mapping[str, Any]) -> Table:
        """What the statement gives. Raises Wrong for any that is not in the list."""
        for value in given.values():
            if not isinstance(value, str) or not KEPT.fullmatch(value):
                raise Wrong("Neo.ClientError.Statement.TypeError", "the server may spoil this text")
        for pattern, action in STATEMENTS:
            if found := pattern.fullmatch(statement):
                with self.lock:
                    return self._done(action, {**found.groupdict(), **given})
        raise Wrong("Neo.ClientError.Statement.SyntaxError", f"unknown statement: {statement}")

    def _done(self, action: Action, given: Mapping[str, Any]) -> Table:
        try:
            return action(self, given)
        except KeyError as error:
            raise Wrong(
                "Neo.ClientError.Statement.ParameterMissing", f"no parameter {error}"
            ) from error


Action: TypeAlias = Callable[[Graph, Mapping[str, Any]], Table]


def _alive(graph: Graph, given: Mapping[str, Any]) -> Table:
    return Table(["alive"], [[1]])


def _create(graph: Graph, given: Mapping[str, Any]) -> Table:
    node = Node(given["id"], given["payload"])
    for label in (given["label"], given["other"]):
        graph.labelled(label).put(node)
    return NONE


def _change(graph: Graph, given: Mapping[str, Any]) -> Table:
    found = graph.labelled(given["label"]).get(given["id"], [])
    for node in found:
        node.payload = given["payload"]
    return Table(["id"], [[node.id] for node in found])


def _change_all(graph: Graph, given: Mapping[str, Any]) -> Table:
    for nodes in graph.labelled(given["label"]).values():
        for node in nodes:
            node.payload = given["payload"]
    return NONE


def _load(graph: Graph, given: Mapping[str, Any]) -> Table:
    found = graph.labelled(given["label"]).get(given["id"], [])
    return Table(["id", "payload"], [[node.id, node.payload] for node in found])


def _page(graph: Graph, given: Mapping[str, Any]) -> Table:
    return _some(graph, given, "", int(given["limit"]))


def _behind(graph: Graph, given: Mapping[str, Any]) -> Table:
    return _some(graph, given, given["last"], None)


def _some(graph: Graph, given: Mapping[str, Any], last: str, limit: int | None) -> Table:
    nodes, blank = graph.labelled(given["label"]), given["blank"]
    behind = (n for i in nodes.ordered[bisect_right(nodes.ordered, last) :] for n in nodes[i])
    rows = ([n.id, n.payload] for n in behind if n.payload != blank)
    return Table(["id", "payload"], list(islice(rows, limit)))


def _count(graph: Graph, given: Mapping[str, Any]) -> Table:
    nodes, blank = graph.labelled(given["label"]), given["blank"]
    return Table(
        ["found"], [[sum(any(n.payload != blank for n in some) for some in nodes.values())]]
    )


_LABEL = r"(?P<label>[A-Za-z]\w*)"
_BOTH = r"RETURN n\.id AS id, n\.payload AS payload"
_ID = r"{id: \$id}"
_BOTH_GIVEN = r"{id: \$id, payload: \$payload}"
_FILLED = r"n\.payload <> \$blank AND rand\(\) >= 0"
_SET = r"SET n\.payload = \$payload"
STATEMENTS: tuple[tuple[re.Pattern[str], Action], ...] = tuple(
    (re.compile(text, re.ASCII), action)
    for text, action in (
        (r"RETURN 1 AS alive", _alive),
        (
            rf"CREATE \(n:{_LABEL}:(?P<other>[A-Za-z]\w*) {{id: \$id, payload: \$payload}}\)",
            _create,
        ),
        (rf"MATCH \(n:{_LABEL} {_ID}\) {_SET} RETURN n\.id AS id", _change),
        (rf"MATCH \(n:{_LABEL} {_ID}\) WHERE rand\(\) >= 0 {_BOTH}", _load),
        (
            rf"MATCH \(n:{_LABEL}\) WHERE {_FILLED} {_BOTH} ORDER BY n\.id LIMIT (?P<limit>\d+)",
            _page,
        ),
        (
            rf"MATCH \(n:{_LABEL}\) WHERE n\.id > \$last AND {_FILLED} {_BOTH} ORDER BY n\.id",
            _behind,
        ),
        (rf"MATCH \(n:{_LABEL}\) WHERE {_FILLED} RETURN count\(DISTINCT n\.id\) AS found", _count),
        (rf"MATCH \(n:{_LABEL}\) {_SET}", _change_all),
    )
)
"""Every statement of the backend, and what it does to the nodes of its label."""
