"""Getting deleted bytes out of the file: text indexes, free pages, and the log."""

from __future__ import annotations

from pathlib import Path

import apsw

from engrammic.backends.sqlite.housekeeping import merge_texts
from engrammic.backends.sqlite.tables import Tables
from engrammic.scrubbing import ERASED, PENDING, Scrubbed


def scrub(connection: apsw.Connection, tables: Tables, path: Path) -> Scrubbed:
    """Merge the text indexes, write the file anew, cut the log to nothing.

    A reader of an older state pins the log: then what it holds is pending.
    """
    places = [path.with_name(path.name + suffix) for suffix in ("", "-wal")]
    merge_texts(connection, tables)
    try:
        connection.execute("vacuum")
    except apsw.BusyError:
        return Scrubbed(PENDING, "another process writes; forget again", places)
    # All freed pages are gone from the file; the log still holds what they were.
    if connection.execute("pragma wal_checkpoint(truncate)").fetchall()[0][0]:
        return Scrubbed(PENDING, "somebody reads an older state, which the log keeps", places)
    return Scrubbed(ERASED, "the file was written anew and its log cut", places)
