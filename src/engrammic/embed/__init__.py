"""Turning text into vectors: one file per family of models."""

from __future__ import annotations

import os

# Since 1.29 onnxruntime writes a device id and sends usage to its maker, from the
# moment it is imported; its thread for that also keeps a forked child from ending.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
