"""The commands about embedding models: which there are, where, and how to get one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door, Json, exists
from engrammic.cli.output import emit, is_terminal, say, table
from engrammic.cli.progress import bar, fill_in

Model = Annotated[str, typer.Argument(help="A known name, or a directory.", metavar="MODEL")]
DEFAULT = "all-MiniLM-L6-v2"


class Precision(StrEnum):
    """How exact the weights are."""

    FP32 = "fp32"
    INT8 = "int8"


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    group = typer.Typer(
        help="Embedding models: list, install, path", no_args_is_help=True, rich_markup_mode=None
    )
    command(group, "list")(list_models)
    command(group)(install)
    command(group)(path)
    app.add_typer(group, name="model")


async def list_models(json: Json = False) -> None:
    """List the models that are known by name, and where they are on this machine."""
    from engrammic.embed.weights import KNOWN

    found = [
        {
            "name": known.name,
            "dimension": known.dimension,
            "path": _where(known.name),
            "from": known.package or "the hub (--download)",
        }
        for known in KNOWN.values()
    ]
    if json:
        emit(found)
        return
    rows = [(m["name"], m["dimension"], m["from"], m["path"] or "not here") for m in found]
    table(("model", "dimensions", "from", "where"), rows)


def _where(name: str) -> str | None:
    from engrammic.embed.weights import find_model
    from engrammic.errors import ModelNotFound

    try:
        return str(find_model(name).directory)
    except ModelNotFound:
        return None


async def install(
    door: Door,
    model: Model = DEFAULT,
    download: Annotated[bool, typer.Option("--download", help="May ask the model hub.")] = False,
    precision: Annotated[Precision, typer.Option(help="Of the weights.")] = Precision.FP32,
) -> None:
    """Get a model ready, by pip if need be, and give what waited for it its vectors."""
    import asyncio

    from engrammic.embed.install import install_model

    with bar(f"getting {model} ready"):
        directory = await asyncio.to_thread(
            install_model, model, download=download, precision=precision.value
        )
    filled = await _fill_in(door)
    if door.json:
        emit({"model": model, "path": str(directory), "filled_in": filled})
    else:
        print(f"{'✓ ' if is_terminal() else ''}{model} is ready in {directory}")


async def _fill_in(door: Door) -> int:
    from engrammic.errors import EmbeddingMismatch

    if not exists(door.settings().url):
        return 0
    try:
        async with door.open() as memory:
            return await fill_in(memory)
    except EmbeddingMismatch as error:
        say(str(error))
        return 0


async def path(model: Model = DEFAULT, json: Json = False) -> None:
    """Print the directory of a model. Fails where it is not on this machine."""
    from engrammic.embed.weights import find_model

    files = find_model(model)
    if json:
        emit({"model": files.name, "path": str(files.directory), "graph": files.is_graph})
    else:
        print(files.directory)
