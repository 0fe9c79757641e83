"""The command `engrammic`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engrammic._version import __version__
from engrammic.cli import (
    backends,
    backups,
    correcting,
    doctor,
    exporting,
    looking,
    maintaining,
    migrating,
    models,
    reviewing,
    searching,
    serving,
    showing,
    writing,
)
from engrammic.cli.command import FAILED
from engrammic.cli.output import complain, leave_stdout, opened_streams

app = typer.Typer(
    name="engrammic",
    no_args_is_help=True,
    rich_markup_mode=None,  # drawing the help would take longer than reading it
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"engrammic {__version__}")
        raise typer.Exit


@app.callback()
def engrammic(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The storage and memory of AI agents: no server, no API key, no network."""


for group in (
    writing, searching, showing, looking, exporting, correcting, maintaining, reviewing, backups,
    migrating, doctor, backends, models, serving,
):  # fmt: skip
    group.register(app)


def main() -> None:
    """Run the command line."""
    opened_streams()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except OSError as error:  # the help, or the version, could not be written
        if not isinstance(error, BrokenPipeError):
            complain(str(error))
        leave_stdout()
        sys.exit(FAILED)
