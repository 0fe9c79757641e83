"""What commands print: data on stdout, everything said beside it on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

LEAST = 20
"""Characters that the last column of a table gets in a narrow terminal."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person looks at the stream, stdout by default."""
    return bool(os.environ.get("FORCE_COLOR")) or (stream or sys.stdout).isatty()


def console(stream: TextIO | None = None) -> Console:
    """A rich console; imported when something is drawn."""
    from rich.console import Console

    return Console(file=stream or sys.stdout, highlight=False, emoji=False, markup=False)


def opened_streams() -> None:
    """Make stdin, stdout and stderr fit for use, whatever the shell has made of them.

    What the encoding lacks is escaped. What is closed leads nowhere: left so, its
    descriptor would go to the next file that is opened, which is the database.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave_stdout() -> None:
    """Let what is still to be flushed at the end go nowhere: nobody reads it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def emit(value: Any) -> None:
    """One JSON document as a line on stdout, in ASCII unless that is UTF-8."""
    narrow = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=narrow, separators=(",", ":")))


def say(text: str) -> None:
    """A line for the person, on stderr."""
    if is_terminal(sys.stderr):
        console(sys.stderr).print(visible(text), style="dim")
    else:
        print(visible(text), file=sys.stderr)


def complain(text: str) -> None:
    """An error, on stderr."""
    if is_terminal(sys.stderr):
        from rich.text import Text

        line = Text.assemble(("engrammic: ", "bold red"), visible(text))
        console(sys.stderr).print(line)
    else:
        print(f"engrammic: {visible(text)}", file=sys.stderr)


def visible(text: str) -> str:
    """The text without what would steer a terminal; line breaks and tabs stay."""
    return _CONTROLS.sub("\ufffd", text)


def one_line(text: str) -> str:
    """The text on one line, without what would steer a terminal."""
    return visible(" ".join(text.split()))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for the eye, its last column cut to fit; where nobody looks, lines with tabs."""
    cells = [[one_line(str(c)) for c in row] for row in rows]
    if not is_terminal():
        for row in cells:
            print("\t".join(row))
        return
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    out = console()
    lines = [list(columns), *cells]
    widths = [max(cell_len(line[n]) for line in lines) for n in range(len(columns))]
    room = max(LEAST, out.width - sum(w + 2 for w in widths[:-1]))
    for number, line in enumerate(lines):
        first = "  ".join(set_cell_size(c, w) for c, w in zip(line, widths[:-1], strict=False))
        last = Text(line[-1], no_wrap=True)
        last.truncate(room, overflow="ellipsis")
        out.print(Text.assemble(first, "  ", last), style="" if number else "bold", soft_wrap=True)


def facts(values: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        label = f"{name:<{width}}"
        if is_terminal():
            from rich.text import Text

            console().print(Text.assemble((label, "dim"), "  ", visible(str(value))))
        else:
            print(f"{label}  {visible(str(value))}")


def size(number: float) -> str:
    """Bytes for the eye: `1.3 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """`1 note`, `2 notes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@contextmanager
def written(path: Path | None) -> Iterator[TextIO]:
    """A stream in UTF-8: stdout, or a file that appears at `path` when all is written."""
    if path is None:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        yield sys.stdout
        return
    try:
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:  # it names a file that nobody asked for
        raise OSError(error.errno, error.strerror, str(path)) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o600)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
