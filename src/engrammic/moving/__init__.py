"""From one database into another: every record, bit by bit, whatever the two engines are."""

from engrammic.moving.migrating import migrate
from engrammic.moving.report import Report, TableReport

__all__ = ["Report", "TableReport", "migrate"]
