"""Files: a scan, and ten dictionaries copied, as for memory: both hold their records there."""

from __future__ import annotations

from bare.memory import calling as calling
