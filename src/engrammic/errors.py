"""Every error that engrammic raises.

* EngrammicError
  + InvalidInput (ValueError)          a value that cannot be stored or searched; names the field
    - InvalidSchema                    a table's fields do not fit what is asked
    - UnknownField                     a filter or record names a field that the table lacks
  + NotFound (KeyError)                no item under that id in this scope
  + Conflict                           a change list's check did not hold; nothing was applied
  + KeptOut (ValueError)               it was rejected or forgotten, and may not come back
  + Protected (PermissionError)        it is canonical, or held: its owner's token is needed
  + Unsupported (NotImplementedError)  this database cannot do it, and it was asked not to emulate
  + StorageError (OSError)             the database failed
    - ConnectionFailed (ConnectionError)  it cannot be reached or opened
    - NotADatabase                     the file is something else
    - NewerFormat                      the file was written by a later release
    - AnalyserMismatch                 the text index was made by another analyser
    - Corrupt                          the database itself says that it is damaged
    - Closed                           the handle was closed, or belongs to another process
  + Locked (TimeoutError)              another process holds the database; nothing is damaged
  + EmbeddingError
    - EmbeddingMismatch (ValueError)   the stored vectors come from another model
    - ModelNotFound (FileNotFoundError) no weights for the model on this machine
  + MissingDependency (ImportError)    an extra is not installed; the message is the command
  + InvalidSettings (ValueError)       a setting or URL that makes no sense

Each class is also the standard error in brackets, so that a caller who knows
only the standard library catches the right thing.
"""

from __future__ import annotations


class EngrammicError(Exception):
    """Root of every error raised on purpose by engrammic."""


class InvalidInput(EngrammicError, ValueError):
    """A value that cannot be stored or searched. `field` names which."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        super().__init__(f"{field}: {problem}")


class InvalidSchema(InvalidInput):
    """A table's fields do not fit what is asked of it."""


class UnknownField(InvalidInput):
    """A filter, order or record names a field that the table lacks."""

    def __init__(self, field: str, known: object = ()) -> None:
        names = ", ".join(sorted(map(str, known))) if known else ""  # type: ignore[call-overload]
        super().__init__(field, f"no such field{'; there are: ' + names if names else ''}")


class NotFound(EngrammicError, KeyError):
    """No item under that id, or by that text, in this scope."""

    def __init__(self, kind: str, key: object, told: str | None = None) -> None:
        self.kind, self.key = kind, key
        super().__init__(told or f"no {kind} with id {key!r} here")

    def __str__(self) -> str:
        return str(self.args[0])


class Conflict(EngrammicError):
    """A check of the change list did not hold. Nothing was applied."""


class KeptOut(EngrammicError, ValueError):
    """It was rejected or forgotten, and may not come back. Nothing was written."""


class Protected(EngrammicError, PermissionError):
    """The item is canonical, or under legal hold. Nothing was changed."""


class Unsupported(EngrammicError, NotImplementedError):
    """This database cannot do it natively, and emulation was refused."""


class StorageError(EngrammicError, OSError):
    """The database failed. The driver's own error is the cause."""


class ConnectionFailed(StorageError, ConnectionError):
    """The database cannot be reached or opened."""


class NotADatabase(StorageError):
    """The file holds something else. It was left as it is."""


class NewerFormat(StorageError):
    """The file was written by a later release. It was left as it is."""


class AnalyserMismatch(StorageError):
    """The text index was made by another analyser; the message names the remedy."""


class Corrupt(StorageError):
    """The database says that it is damaged. A lock never raises this."""


class Closed(StorageError):
    """The handle was closed, or was opened by another process."""


class Locked(EngrammicError, TimeoutError):
    """Another process holds the database for longer than the timeout."""


class EmbeddingError(EngrammicError):
    """Text could not be turned into vectors."""


class EmbeddingMismatch(EmbeddingError, ValueError):
    """The stored vectors come from another model than the one in use."""


class ModelNotFound(EmbeddingError, FileNotFoundError):
    """No weights for the model on this machine, and no way to get them."""


class MissingDependency(EngrammicError, ImportError):
    """An extra is not installed. The message is the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs an extra: pip install 'engrammic[{extra}]'")


class InvalidSettings(EngrammicError, ValueError):
    """A setting, scheme or URL that makes no sense."""
