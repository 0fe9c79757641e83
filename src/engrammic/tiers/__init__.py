"""The life of what is remembered: whole, then as summaries, then as facts, and back."""

from __future__ import annotations
