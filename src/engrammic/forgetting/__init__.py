"""Forgetting for good: which items, everything that hangs on them, and then their bytes."""

from __future__ import annotations
