"""Graphs at work: how entities hang together, opening a graph by its URL, snapshots on disk."""

from __future__ import annotations

from engrammic.graph.opening import open_graph
from engrammic.graph.relationships import RelationshipGraph
from engrammic.graph.snapshots import latest_snapshot, save_snapshot

__all__ = ["RelationshipGraph", "latest_snapshot", "open_graph", "save_snapshot"]
