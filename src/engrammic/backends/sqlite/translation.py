"""The driver's errors as ours, in one place."""

from __future__ import annotations

from json import JSONDecodeError
from pathlib import Path

import apsw

from engrammic import errors

_CLOSED = apsw.ConnectionClosedError, apsw.CursorClosedError, apsw.InterruptError
"""Nobody but who closes a handle interrupts its reads."""

REPAIR = "run `engrammic doctor`, which says what is wrong, then `engrammic doctor --repair`"


class translated:  # noqa: N801 -- used as `contextmanager` functions are, at a third of the price
    """Turns the driver's errors into ours. A lock is never taken for damage."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, apsw.Error):
            raise _ours(self.path, error) from error
        if isinstance(error, JSONDecodeError):
            told = f"{self.path} is damaged: a field of JSON cannot be read; {REPAIR}"
            raise errors.Corrupt(told) from error


def gone(path: Path, what: str) -> errors.Corrupt:
    """The error for a derived table that should be there."""
    return errors.Corrupt(f"{path} is damaged: {what} is gone; {REPAIR}")


def full(path: Path) -> errors.StorageError:
    """The error where the disk has no room left for the file."""
    return errors.StorageError(
        f"{path}: the disk is full; make room, then try again. What was acknowledged is kept"
    )


def _ours(path: Path, error: apsw.Error) -> errors.EngrammicError:
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return errors.Locked(
            f"{path} is locked by another process; it is not damaged. Try again, or raise "
            "?timeout= (seconds) in the URL sqlite:PATH"
        )
    if isinstance(error, apsw.NotADBError):
        return errors.NotADatabase(f"{path} is not a database; it was left as it is")
    # A constraint fails where an index and its table have come apart: records are checked before.
    if isinstance(error, apsw.CorruptError | apsw.ConstraintError) or _is_fts(error):
        return errors.Corrupt(f"{path} is damaged ({error}); {REPAIR}")
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return errors.ConnectionFailed(
            f"cannot write to {path}: {error}; check the permissions of the file and its folder"
        )
    if isinstance(error, apsw.FullError):
        return full(path)
    if isinstance(error, apsw.SQLError):
        return errors.StorageError(
            f"{path}: {error}; open it again if it was restored from a backup meanwhile, "
            "else run `engrammic doctor`"
        )
    if isinstance(error, apsw.ForkingViolationError):
        return errors.Closed(f"{path} was opened before a fork; open it again")
    if isinstance(error, _CLOSED):
        return errors.Closed(f"{path}: this handle was closed")
    return errors.StorageError(f"{path}: {error}")


def _is_fts(error: apsw.Error) -> bool:
    """Whether FTS5 cannot open one of its tables."""
    told = str(error)
    return "vtable constructor failed" in told or "invalid fts5 file format" in told
