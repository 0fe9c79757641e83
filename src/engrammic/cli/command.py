"""A coroutine becomes a command: option groups opened, errors turned into exit codes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias, get_type_hints

import typer

from engrammic.cli.output import complain, leave_stdout
from engrammic.errors import EngrammicError

FAILED = 1
PROBLEMS = 3
"""Exit codes: 0 is fine and 2 a command line that makes no sense."""

Command: TypeAlias = Callable[..., Coroutine[Any, Any, None] | None]


def command(app: typer.Typer, name: str | None = None) -> Callable[[Command], Command]:
    """Register a function, or a coroutine function, as a command of `app`.

    A parameter whose type is a dataclass stands for the options that are its fields.
    """

    def register(function: Command) -> Command:
        app.command(name, short_help=_first_line(function))(_blocking(function))
        return function

    return register


def _first_line(function: Command) -> str:
    return (function.__doc__ or "").splitlines()[0].rstrip(".")


def _blocking(function: Command) -> Callable[..., None]:
    hints = get_type_hints(function, include_extras=True)
    given = inspect.signature(function).parameters.values()
    groups = {p.name: hints[p.name] for p in given if is_dataclass(hints[p.name])}
    parameters = [p.replace(annotation=hints[p.name]) for p in given if p.name not in groups]
    for group in groups.values():
        parameters += _options(group)

    def run(**values: Any) -> None:
        made = {
            name: group(**{f.name: values.pop(f.name) for f in fields(group)})
            for name, group in groups.items()
        }
        _finish(lambda: function(**made, **values))

    keyword = inspect.Parameter.KEYWORD_ONLY
    options = [p.replace(kind=keyword) for p in parameters]
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in options}
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


def _options(group: type) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        yield inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )


def _finish(begin: Callable[[], Coroutine[Any, Any, None] | None]) -> None:
    """Run a command to its end. Raises `typer.Exit` with the exit code of what went wrong."""
    try:
        work = begin()
        if work is not None:
            import asyncio

            asyncio.run(work)
        sys.stdout.flush()
    except EngrammicError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
    except BrokenPipeError:
        leave_stdout()  # its reader has left, as `head` does
        raise typer.Exit(FAILED) from None
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        _give_up_on_a_full_stdout()
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        complain("interrupted; what was acknowledged is stored")
        raise typer.Exit(130) from None


def _give_up_on_a_full_stdout() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        leave_stdout()
