"""NornicDB over Bolt, by Neo4j's driver."""

from __future__ import annotations

from collections.abc import Sequence

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from engrammic.backends.nornicdb.wire import Rows, Run, Wire
from engrammic.errors import ConnectionFailed, StorageError


class Bolt(Wire):
    """Each run commits for itself: the server's transactions take nothing back."""

    def __init__(
        self,
        host: str,
        port: int,
        login: tuple[str, str] | None,
        database: str,
        name: str,
        timeout: float,
    ) -> None:
        super().__init__(name, timeout)
        self._database = database
        self._driver: Driver = GraphDatabase.driver(
            f"bolt://{host}:{port}",
            auth=login,
            connection_timeout=timeout,
            connection_acquisition_timeout=timeout,
            liveness_check_timeout=30,
            telemetry_disabled=True,
        )

    def ask(self, runs: Sequence[Run]) -> list[Rows]:
        """As `Wire.ask`."""
        try:
            with self._driver.session(database=self._database) as session:
                return [session.run(text, dict(given)).values() for text, given in runs]
        except AuthError as error:
            raise ConnectionFailed(f"{self.name} refuses the user or the password") from error
        except (ServiceUnavailable, SessionExpired, OSError) as error:
            raise ConnectionFailed(f"{self.name} does not answer: {error}") from error
        except (Neo4jError, DriverError) as error:
            raise StorageError(f"{self.name}: {error}") from error

    def hang_up(self) -> None:
        """As `Wire.hang_up`."""
        self._driver.close()
