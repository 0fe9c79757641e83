"""Damage done to a SQLite file behind engrammic's back, and what has to be told of it."""

from __future__ import annotations

from pathlib import Path

import apsw

VECTORS, TERMS = '"messages__vector__vector"', '"messages__terms__1"'
DAMAGE: dict[str, tuple[str, str]] = {
    "orphaned vector": (
        f"insert into {VECTORS} select 999, part, value from {VECTORS} where _row = 1", "vector",
    ),
    "short vector": (f"update {VECTORS} set value = x'00' where _row = 3", "vector"),
    "record without its terms": (f"delete from {TERMS} where rowid = 4", "text index"),
    "terms without their record": ('delete from "messages" where _row = 5', "messages"),
    "terms gone": ("update messages set terms = null where _row < 9", "text index"),
    "terms changed": ("update messages set terms = 'other words' where _row = 2", "text index"),
    "postings gone": ('delete from "messages__terms__1_data" where id > 10', "text index"),
    "postings changed": (
        'update "messages__terms__1_data" set block = zeroblob(length(block)) where id > 10',
        "text index",
    ),
    "sizes gone": ('delete from "messages__terms__1_docsize"', "text index"),
    "index dropped": (f"drop table {TERMS}", "text index"),
    "vector table dropped": (f"drop table {VECTORS}", "vector"),
    "vector in another scope": (f"update {VECTORS} set part = 77 where _row = 6", "vector"),
    "text in another scope": ("update messages set scope = 'else///' where _row = 7", "messages"),
}  # fmt: skip
MORE: dict[str, tuple[str, str]] = {
    "structure gone": ('delete from "messages__terms__1_data" where id = 10', "text index"),
    "averages gone": ('delete from "messages__terms__1_data" where id = 1', "text index"),
    "config gone": ('delete from "messages__terms__1_config"', "text index"),
    **{
        f"{name} dropped": (f'drop table "messages__terms__1_{name}"', "text index")
        for name in ("data", "idx", "docsize", "config")
    },
    "view dropped": ('drop view "messages__terms__1__rows"', "text index"),
    "size gone": ('delete from "messages__terms__1_docsize" where id = 3', "text index"),
    "indexed too far": ("update _tables set indexed = 1000000", "text index"),
    "scope under another number": ("update _partitions set number = 99", "scope"),
    "scopes gone": ("delete from _partitions", "scopes"),
    "epoch gone": ("delete from _meta where key = 'epoch'", "epoch"),
    **{
        f"{name} dropped": (f"drop table {name}", name)
        for name in ("_meta", "_partitions", "_changes")
    },
}
"""Damage to what belongs to the indexes and holds them together. It is all mended."""


def change(path: Path, *statements: str) -> None:
    """Change the file behind engrammic's back."""
    connection = apsw.Connection(str(path))
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
    for statement in statements:
        connection.execute(statement)
    connection.close()
