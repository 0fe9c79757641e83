"""Claims in plain sentences: found by rules, compared, contradictions told with a reason."""

from __future__ import annotations
