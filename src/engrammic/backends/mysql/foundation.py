"""What a database of MySQL or MariaDB needs before its first table."""

from __future__ import annotations

from engrammic.sql.mysql import MysqlDialect
from engrammic.sql.session import Session


async def lay_foundation(session: Session) -> MysqlDialect:
    """The server's dialect; makes the database ours, when it is not yet."""
    version = str((await session.rows("SELECT version()"))[0][0])
    dialect = MysqlDialect("utf8mb4_nopad_bin" if "Maria" in version else "utf8mb4_0900_bin")
    known = await session.rows(
        "SELECT 1 FROM information_schema.tables "
        "WHERE table_schema = database() AND table_name = 'engrammic_rows'"
    )
    if not known:
        for statement in _TABLES:
            await session.run(statement.replace("COLLATION", dialect.collation))
    return dialect


_TABLES = (
    "CREATE TABLE IF NOT EXISTS engrammic_tables(id BINARY(16) PRIMARY KEY, number INT NOT NULL, "
    "name LONGTEXT CHARACTER SET utf8mb4 COLLATE COLLATION NOT NULL, "
    "tschema LONGTEXT CHARACTER SET utf8mb4 COLLATE COLLATION NOT NULL) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS engrammic_numbers"
    "(id INT PRIMARY KEY, last INT NOT NULL) ENGINE=InnoDB",
    "INSERT INTO engrammic_numbers VALUES (1, 0) ON DUPLICATE KEY UPDATE last = last",
    "CREATE TABLE IF NOT EXISTS engrammic_changes(seq BIGINT AUTO_INCREMENT PRIMARY KEY, "
    "tbl INT NOT NULL, low BIGINT NOT NULL, high BIGINT NOT NULL, KEY (tbl, seq)) ENGINE=InnoDB",
    "CREATE TABLE IF NOT EXISTS engrammic_rows"
    "(id INT PRIMARY KEY, next BIGINT NOT NULL) ENGINE=InnoDB",
    "INSERT INTO engrammic_rows VALUES (1, 1) ON DUPLICATE KEY UPDATE next = next",
)
