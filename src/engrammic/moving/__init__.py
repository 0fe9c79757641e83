"""From one database into another: every record, bit by bit, whatever the two engines are."""

from __future__ import annotations

from engrammic.moving.migrating import migrate
from engrammic.moving.report import Report, TableReport

__all__ = ["Report", "TableReport", "migrate"]
