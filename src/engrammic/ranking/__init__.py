"""Pure scoring: BM25, fusions of ranked lists, and the time spans that a query names."""

from __future__ import annotations
