"""The command line, read from its own help: docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterator


def markdown() -> Iterator[str]:
    """The lines of docs/cli.md."""
    yield "# The command line\n"
