"""The command line, read from its own help: docs/cli.md."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import typer.main

INTRODUCTION = """# The command line

Made from `engrammic --help` by `tools/gen_docs.py`. Every command that reads or writes a memory
finds it as [settings](settings.md) say; `--home` or `--url` name another.

Exit codes: 0 when all is well, 1 when it failed, 2 for a command line that makes no sense,
3 when `doctor` found problems. Results go to standard output, everything else to standard
error; `--json` prints results for programs.

```sh
engrammic import examples
engrammic search "who signs the tokens?" --limit 3
engrammic search "double bookings" --since 2026-03-01 --json
engrammic add "Keys rotate every 90 days" --type insight
engrammic context "what went wrong on 29 March?"
engrammic stats
engrammic doctor
```
"""
GATHERED = "engrammic.cli.door"


def markdown() -> Iterator[str]:
    """The lines of docs/cli.md."""
    yield INTRODUCTION.rstrip()
    app = importlib.import_module("engrammic.cli").app
    yield from _commands("engrammic", typer.main.get_command(app))


def _commands(name: str, command: Any) -> Iterator[str]:
    for word, inner in sorted(getattr(command, "commands", {}).items()):
        if getattr(inner, "commands", None):
            yield from _commands(f"{name} {word}", inner)
        elif not inner.hidden:
            yield from _command(f"{name} {word}", inner)


def _command(name: str, command: Any) -> Iterator[str]:
    given = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    yield f"\n## {name}\n"
    yield f"```text\n{' '.join([name, *map(_argument, given), '[OPTIONS]'])}\n```\n"
    yield (command.help or "").strip()
    told = [o for o in options if o.opts != ["--help"]]
    if told:
        yield "\n| option | meaning | default |\n|---|---|---|"
        yield from map(_option, told)


def _argument(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    default = option.default
    shown = "" if default in (None, False, (), []) or callable(default) else f"`{default}`"
    told = (option.help or "").replace("|", "\\|").replace("\n", " ")
    return f"| {flags} | {told} | {shown} |".replace("|  |", "| |")
