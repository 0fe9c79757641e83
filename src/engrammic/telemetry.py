"""What libraries tell their makers: nothing, if it is turned off before they are imported."""

from __future__ import annotations

import os


def turn_off() -> None:
    """Have onnxruntime send nothing, unless the environment says otherwise.

    Since 1.29 it writes a device id and sends usage to its maker, from the moment it is
    imported; its thread for that also keeps a forked child from ending.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
