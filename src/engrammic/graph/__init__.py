"""Graphs at work: opening one by its URL, snapshots on disk."""

from __future__ import annotations

from engrammic.graph.opening import open_graph
from engrammic.graph.snapshots import latest_snapshot, save_snapshot

__all__ = ["latest_snapshot", "open_graph", "save_snapshot"]
