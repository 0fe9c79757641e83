"""Mentions of an identifier or a name in a text, however it is written there."""

from __future__ import annotations
