"""What libraries tell their makers: nothing, if it is turned off before they are imported."""

from __future__ import annotations

import os
from types import ModuleType

NAME = "ORT_DISABLE_TELEMETRY"


def turn_off() -> None:
    """Have onnxruntime send nothing once it is imported, unless the environment says otherwise.

    Since 1.29 it writes a device id and sends usage to its maker, from the moment it is
    imported; its thread for that also keeps a forked child from ending.
    """
    os.environ.setdefault(NAME, "1")


def turned_off(onnxruntime: ModuleType) -> None:
    """As `turn_off`, where another has imported it before."""
    if os.environ[NAME] == "1":
        onnxruntime.disable_telemetry_events()
