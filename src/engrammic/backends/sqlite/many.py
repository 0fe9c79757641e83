"""Many rows by one statement.

The driver gives up the interpreter whenever it steps, and a busy program gives
it back late: so 32 rows by one statement cost hardly more than one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeAlias

import apsw

Values: TypeAlias = Sequence[Any]

MANY = 32
_ROW = re.compile(r"(?<=\bvalues )\(\?(?:, \?)*\)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def repeated(statement: str, rows: int) -> str:
    """`insert … values (?, …)` for so many rows."""
    return _ROW.sub(lambda found: ", ".join([found[0]] * rows), statement, count=1)


def insert(connection: apsw.Connection, statement: str, rows: Sequence[Values]) -> None:
    """Run `insert … values (?, …)` for every row, in their order."""
    whole = len(rows) - len(rows) % MANY
    for start in range(0, whole, MANY):
        values = tuple(chain.from_iterable(rows[start : start + MANY]))
        connection.execute(repeated(statement, MANY), values)
    if len(rows) == 1:
        connection.execute(statement, rows[0])
    elif whole < len(rows):
        connection.executemany(statement, rows[whole:])


def any_stored(connection: apsw.Connection, statement: str, keys: Sequence[Values]) -> bool:
    """Whether a row of one of the keys is there; `statement` ends in `in (values (?, …))`."""
    whole = len(keys) - len(keys) % MANY
    for start in range(0, whole, MANY):
        values = tuple(chain.from_iterable(keys[start : start + MANY]))
        if connection.execute(repeated(statement, MANY), values).get is not None:
            return True
    return any(connection.execute(statement, key).get is not None for key in keys[whole:])
