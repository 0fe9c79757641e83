"""The commands that find: search and context."""

from __future__ import annotations

from typing import Annotated

import typer

from engrammic.cli.command import command
from engrammic.cli.door import Door
from engrammic.cli.filters import Filters, moment
from engrammic.cli.output import emit, say

Query = Annotated[str, typer.Argument(metavar="QUERY", help="What to look for, in your own words.")]
AsOf = Annotated[
    str | None,
    typer.Option(help="What was held at this ISO date or time (UTC), corrected since or not."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    command(app)(search)
    command(app)(context)


async def search(
    query: Query,
    door: Door,
    filters: Filters,
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many hits.")] = 5,
    as_of: AsOf = None,
    mode: Annotated[
        str, typer.Option(help="hybrid, vector, keyword, graph, or multi: all three.")
    ] = "hybrid",
    depth: Annotated[
        int, typer.Option(help="Relations that graph and multi walk.", min=0, max=32)
    ] = 2,
    min_score: Annotated[float, typer.Option(help="Leave out what scores less.")] = 0.0,
    fusion: Annotated[
        str, typer.Option(help="How both rankings become one: evidence, rrf or convex.")
    ] = "evidence",
) -> None:
    """Find what was said or written, by meaning and by words, best first."""
    from engrammic.cli.cards import hit_record, show_hits, titles_of

    selection = filters.selection() | {"as_of": moment("--as-of", as_of)}
    async with door.open() as memory:
        hits = await memory.search(
            query, limit=limit, mode=mode, min_score=min_score, fusion=fusion, depth=depth,
            **selection,
        )  # fmt: skip
        if door.json:
            found = [hit_record(hit) for hit in hits]
            emit({"query": query, "mode": hits.mode, "notes": list(hits.notes), "hits": found})
            return
        titles = await titles_of(memory, (hit.item for hit in hits))
    show_hits(hits, query, titles)
    for note in hits.notes:
        say(note)
    if not hits:
        say("nothing found")


async def context(
    query: Query,
    door: Door,
    filters: Filters,
    max_tokens: Annotated[int, typer.Option(help="Never more than so many tokens.")] = 2000,
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many hits.")] = 20,
    as_of: AsOf = None,
) -> None:
    """Print what fits as a block for a prompt: bounded, with provenance, fenced as data."""
    from engrammic.cli.cards import hit_record

    selection = filters.selection() | {"as_of": moment("--as-of", as_of)}
    async with door.open() as memory:
        block = await memory.context(query, max_tokens, limit=limit, **selection)
    if door.json:
        hits = [hit_record(hit) for hit in block.hits]
        emit({"query": query, "text": block.text, "tokens": block.tokens, "hits": hits})
    else:
        print(block.text)
