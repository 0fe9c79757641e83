"""What tools answer: bounded in tokens, and fenced where it comes out of the memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engrammic.clock import iso
from engrammic.context import CUT, NOTHING, block, compose, fenced, flat, heading, quoted
from engrammic.hits import Hit
from engrammic.items import Item, Note
from engrammic.text.budget import count_tokens

FEWEST_TOKENS = 200
MOST_TOKENS = 8_000
NOTICE_CHARACTERS = 240
EXCERPT_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class Answer:
    """Text for a model, and the same as values where a program may want them."""

    text: str
    values: dict[str, Any] | None = None


def found(hits: Sequence[Hit], max_tokens: int, notices: Sequence[str] = ()) -> Answer:
    """The hits as one fenced block; notices and what was left out stand outside of it."""
    lines = [_notice(n) for n in notices]
    spare = count_tokens("\n".join([*lines, _shown(len(hits), len(hits))])) + 1
    told = compose(hits, max_tokens - spare)
    if len(told.hits) < len(hits):
        lines.append(_shown(len(told.hits), len(hits)))
    return Answer("\n".join([*lines, told.text]))


def listed(items: Sequence[Item], max_tokens: int) -> Answer:
    """Items without a ranking as one fenced block, each cut to an excerpt."""
    entries: list[str] = []
    spare = count_tokens(_shown(len(items), len(items))) + 1
    for number, item in enumerate(items, 1):
        entry = _entry(number, item)
        if count_tokens(block([*entries, entry])) + spare > max_tokens:
            break
        entries.append(entry)
    lines = [] if len(entries) == len(items) else [_shown(len(entries), len(items))]
    return Answer("\n".join([*lines, block(entries or [NOTHING])]))


def _entry(number: int, item: Item) -> str:
    origin = item.memory_type if isinstance(item, Note) else item.conversation_id or ""
    assert isinstance(item.created_at, int)
    title = [item.title] if isinstance(item, Note) and item.title else []
    head = heading(number, f"{item.kind} {item.id}", origin, *title, iso(item.created_at))
    text = item.content
    if len(text) > EXCERPT_CHARACTERS:
        text = text[:EXCERPT_CHARACTERS] + CUT
    return f"{head}\n{quoted(fenced(text))}"


def _notice(text: str) -> str:
    line = flat(text)
    return f"Note: {line if len(line) <= NOTICE_CHARACTERS else line[:NOTICE_CHARACTERS] + CUT}"


def _shown(shown: int, found: int) -> str:
    return f"Note: {shown} of {found} shown; raise max_tokens or narrow the search for more"
