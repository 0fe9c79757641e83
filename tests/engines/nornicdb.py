"""NornicDB: a server where ENGRAMMIC_TEST_NORNICDB_URL names one, else the stand-in for its wire.

A name that labels begin with is a database; what a server holds of it is left there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from engines import NewDatabase
from engrammic.testing.fakes.nornicdb import NornicdbServer


@contextmanager
def running(folder: Path) -> Iterator[NewDatabase]:
    """One server for all, over Bolt."""
    numbers = count()
    run = f"Test{uuid4().hex[:8]}"
    if url := os.environ.get("ENGRAMMIC_TEST_NORNICDB_URL"):
        mark = "&" if "?" in url else "?"
        yield lambda: f"{url}{mark}name={run}N{next(numbers)}"
        return
    with NornicdbServer("admin", "p:ss w/rd") as server:
        yield lambda: f"{server.bolt_url}?name={run}N{next(numbers)}"
