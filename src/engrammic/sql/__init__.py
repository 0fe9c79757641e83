"""SQL as each database spells it."""

from __future__ import annotations
