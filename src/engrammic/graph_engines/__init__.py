"""Engines that hold a graph natively, one module or two for each."""

from __future__ import annotations
