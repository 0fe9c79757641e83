"""What a schema of PostgreSQL needs before its first table."""

from __future__ import annotations

from engrammic.errors import Unsupported
from engrammic.sql.session import Session

LOCK = 7_264_531_882_201
"""The advisory lock under which the foundation is laid: an arbitrary number of ours."""


async def lay_foundation(session: Session, schema: str) -> None:
    """Make the schema ours, when it is not yet. Raises Unsupported where pgvector is missing."""
    rows = await session.rows(
        "SELECT to_regclass(%s)", ['"' + schema.replace('"', '""') + '".engrammic_numbers']
    )
    if rows[0][0] is not None:
        return
    known = await session.rows("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
    if not known:
        raise Unsupported("the server lacks the extension pgvector; install it there")
    await session.rows("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        await session.run("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
        await session.run(f'CREATE SCHEMA IF NOT EXISTS "{schema.replace(chr(34), chr(34) * 2)}"')
        for statement in _TABLES:
            await session.run(statement)
    finally:
        await session.rows("SELECT pg_advisory_unlock(%s)", [LOCK])


_TABLES = (
    "CREATE SEQUENCE IF NOT EXISTS engrammic_rows",
    "CREATE TABLE IF NOT EXISTS engrammic_tables("
    "id UUID PRIMARY KEY, number INTEGER NOT NULL, name TEXT NOT NULL, tschema TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS engrammic_numbers AS SELECT 0 AS last",
)
