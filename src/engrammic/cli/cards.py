"""Hits and items as a person reads them: on cards in a terminal, plainly elsewhere."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engrammic.cli.output import console, is_terminal, one_line, visible
from engrammic.clock import day

if TYPE_CHECKING:
    from rich.text import Text

    from engrammic.hits import Hit, Hits
    from engrammic.items import Item

LENGTH = 340
"""Characters shown of a hit."""
LEAD = 60
LONGEST_ID = 36
SHORT_ID = 24
_WORD = re.compile(r"\w+")
_HEADING = re.compile(r"\A\s*#+ .*\n\s*(?=\S)")
"""A heading at the front; the card has it already."""
_TIERS = {"hot": "red", "warm": "yellow", "cold": "blue"}

Titles = Mapping[str, str]
"""Titles of conversations by their ids."""


def show_hits(hits: Hits, query: str, titles: Titles) -> None:
    """Print hits, best first."""
    from engrammic.text import query_terms

    sought = set(query_terms(query))
    for number, hit in enumerate(hits, 1):
        if is_terminal():
            _draw(number, hit, sought, titles)
        else:
            _print(number, hit, sought, titles)


def _print(number: int, hit: Hit, sought: set[str], titles: Titles) -> None:
    head = f"{hit.score:.2f}  {hit.tier}  {hit.kind}  {origin(hit.item, titles)}"
    print(f"{number}. {head}  {day(hit.created_at)}")
    for line in textwrap.wrap(excerpt(hit.excerpt, sought), 96):
        print(f"   {line}")
    print(f"   why: {hit.explain()}\n   id: {visible(hit.id)}\n")


def _draw(number: int, hit: Hit, sought: set[str], titles: Titles) -> None:
    from rich.padding import Padding
    from rich.text import Text

    filled = round(hit.score * 5)
    colour = "green" if hit.score >= 0.6 else "yellow" if hit.score >= 0.35 else "bright_black"
    head = Text.assemble(
        (f"{number:>2}  ", "bold"),
        ("▰" * filled + "▱" * (5 - filled), colour),
        (f" {hit.score:.2f}  ", f"bold {colour}"),
        (hit.tier, _TIERS.get(hit.tier, "default")),
        (f" {hit.kind}, {day(hit.created_at)}", "dim"),
    )
    place = Text(origin(hit.item, titles), "cyan", no_wrap=True, overflow="ellipsis")
    body = Text.assemble(
        _marked(excerpt(hit.excerpt, sought), sought), "\n",
        (f"why {hit.explain()}\n{short(hit.id)}", "dim"),
    )  # fmt: skip
    out = console()
    out.print(head)
    out.print(Padding(place, (0, 1, 0, 4)))
    out.print(Padding(body, (0, 1, 1, 4)))


def _marked(text: str, sought: set[str]) -> Text:
    """The text with the words that were sought in bold."""
    from rich.text import Text

    marked = Text(text)
    for word in _matches(text, sought):
        marked.stylize("bold", word.start(), word.end())
    return marked


def _matches(text: str, sought: set[str]) -> list[re.Match[str]]:
    from engrammic.text import terms

    return [m for m in _WORD.finditer(text) if not sought.isdisjoint(terms(m[0]))]


def excerpt(text: str, sought: set[str]) -> str:
    """At most LENGTH characters on one line: where most of the sought words are."""
    text = one_line(_HEADING.sub("", text))
    if len(text) <= LENGTH:
        return text
    places = [m.start() for m in _matches(text, sought)]
    start = max(places, key=lambda p: sum(p <= x < p + LENGTH - LEAD for x in places), default=0)
    start = max(0, min(start - LEAD, len(text) - LENGTH))
    cut = text[start : start + LENGTH]
    cut = cut.partition(" ")[2] or cut if start else cut
    end = "" if start + LENGTH >= len(text) else " …"
    return f"{'… ' if start else ''}{cut.rpartition(' ')[0] if end else cut}{end}"


def origin(item: Item, titles: Titles) -> str:
    """Where an item comes from, for the eye: title and speaker, or file and section."""
    conversation = getattr(item, "conversation_id", None)
    if conversation is not None:
        speaker = getattr(item, "name", None) or getattr(item, "role", "")
        return one_line(f"{titles.get(conversation) or conversation} · {speaker}")
    source, section = getattr(item, "source", None), getattr(item, "section", None)
    parts = [short_path(source) if source else None, section or getattr(item, "title", None)]
    return one_line(" · ".join(p for p in parts if p) or getattr(item, "memory_type", "note"))


def short_path(path: str) -> str:
    """The path as seen from here, when it lies below here."""
    here = os.getcwd() + os.sep
    return path.removeprefix(here)


def short(item_id: str) -> str:
    """An id for the eye; `engrammic show` takes it as it stands."""
    text = visible(item_id)
    return text if len(text) <= LONGEST_ID else f"…{text[-SHORT_ID:]}"


def item_record(item: Any) -> dict[str, Any]:
    """An item as plain JSON values, without the fields that are empty."""
    from dataclasses import fields

    found = {f.name: getattr(item, f.name) for f in fields(item)}
    return {n: dict(v) if n == "metadata" else v for n, v in found.items() if v not in (None, {})}


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as plain JSON values, with the fields of its item beside; times in milliseconds."""
    item = item_record(hit.item)
    del item["content"]  # it is the hit's text
    return {**hit.as_record(), **item}


async def titles_of(memory: Any, items: Iterable[Any]) -> dict[str, str]:
    """The titles of the conversations that the messages among `items` belong to."""
    ids: Sequence[str] = sorted({i.conversation_id for i in items if hasattr(i, "conversation_id")})
    found = [await memory.conversations.get(conversation) for conversation in ids]
    return {c.conversation_id: c.title for c in found if c is not None and c.title}
