"""What the client and the engine raise, as errors of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from engrammic.errors import ConnectionFailed, EngrammicError, StorageError

REFUSED = (401, 403)
AWAY = (502, 503, 504)
_REFUSED_CALL = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
_AWAY_CALL = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raises what the driver raises as ConnectionFailed or StorageError."""
    try:
        yield
    except EngrammicError:
        raise
    except ResponseHandlingException as error:
        reason = str(error.source) or type(error.source).__name__
        raise ConnectionFailed(
            f"{name} does not answer: {reason}; check the host and the port, or raise "
            "?timeout= (seconds)"
        ) from error
    except UnexpectedResponse as error:
        raise _answered(name, error) from error
    except grpc.RpcError as error:
        raise _called(name, error) from error
    except (QdrantException, sqlite3.Error, ValueError, KeyError, RuntimeError) as error:
        raise StorageError(f"{name}: {error}") from error


def _answered(name: str, error: UnexpectedResponse) -> StorageError:
    if error.status_code in REFUSED:
        return ConnectionFailed(f"{name} refuses the key ({error.status_code}); set ?api_key=")
    if error.status_code in AWAY:
        return ConnectionFailed(f"{name} is not ready ({error.status_code})")
    told = error.content.decode(errors="replace")[:300]
    return StorageError(f"{name} answers {error.status_code}: {told}")


def _called(name: str, error: grpc.RpcError) -> StorageError:
    code, told = error.code(), str(error.details())[:300]
    if code in _REFUSED_CALL:
        return ConnectionFailed(f"{name} refuses the key; set ?api_key=")
    if code in _AWAY_CALL:
        return ConnectionFailed(f"{name} does not answer: {told}; check the host and ?grpc=")
    return StorageError(f"{name}: {code.name}: {told}")
