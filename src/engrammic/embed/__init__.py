"""Turning text into vectors: one file per family of models."""

from __future__ import annotations

from engrammic.telemetry import turn_off

turn_off()
