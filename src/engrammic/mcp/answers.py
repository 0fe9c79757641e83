"""What tools answer: bounded in tokens, and fenced where it comes out of the memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engrammic.clock import iso
from engrammic.context import CUT, NOTHING, block, compose, fenced, flat, heading, quoted
from engrammic.hits import Hit
from engrammic.items import Item, Note
from engrammic.stores.versions import Version
from engrammic.text.budget import count_tokens

FEWEST_TOKENS = 200
MOST_TOKENS = 8_000
DONE_TOKENS = MOST_TOKENS // 2
"""What an answer takes at most that tells what was done to which texts."""
MOST_SHOWN = 50
"""Texts that such an answer shows, at most."""
NOTICE_CHARACTERS = 240
EXCERPT_CHARACTERS = 240
MORE = "raise max_tokens or narrow the search for more"


@dataclass(frozen=True, slots=True)
class Answer:
    """Text for a model, and the same as values where a program may want them.

    Clients may show a model the values alone, so they stand for the whole text, and
    nothing that comes out of the memory is in them.
    """

    text: str
    values: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a fenced block: what heads it, and an excerpt of what it says."""

    name: str
    facts: Sequence[str]
    text: str | None = None

    def numbered(self, number: int) -> str:
        """The entry as it stands in the block."""
        head = heading(number, self.name, *self.facts)
        return head if self.text is None else f"{head}\n{quoted(fenced(_excerpt(self.text)))}"


def found(hits: Sequence[Hit], max_tokens: int, notices: Sequence[str] = ()) -> Answer:
    """The hits as one fenced block; notices and what was left out stand outside of it."""
    lines = [_notice(n) for n in notices]
    spare = count_tokens("\n".join([*lines, _shown(len(hits), len(hits), MORE)])) + 1
    told = compose(hits, max_tokens - spare)
    if len(told.hits) < len(hits):
        lines.append(_shown(len(told.hits), len(hits), MORE))
    return Answer("\n".join([*lines, told.text]))


def listed(items: Iterable[Item], max_tokens: int) -> Answer:
    """Items without a ranking as one fenced block, each cut to an excerpt."""
    return laid_out([told(item) for item in items], max_tokens, more=MORE)


def plain(values: dict[str, Any]) -> Answer:
    """Values of which none comes out of a content, as JSON and as they are."""
    return Answer(fenced(json.dumps(values, ensure_ascii=False)), values)


def done(
    values: Mapping[str, Any],
    notices: Sequence[str],
    entries: Sequence[Told],
    total: int | None = None,
) -> Answer:
    """What a tool did, as one line of JSON, and the texts that it was done to, fenced.

    `total` is how many there are, where `entries` are not all. None is shown where there is
    none.
    """
    lines = [fenced(json.dumps(values, ensure_ascii=False)), *map(_notice, notices)]
    if not entries:
        return Answer("\n".join(lines))
    return laid_out(entries, DONE_TOKENS, lines, total=total)


def laid_out(
    entries: Sequence[Told], max_tokens: int, lines: Sequence[str] = (), *,
    total: int | None = None, more: str = "",
) -> Answer:  # fmt: skip
    """The lines, and below them as many of the entries as fit, as one fenced block."""
    total = len(entries) if total is None else total
    shown: list[str] = []
    spare = count_tokens("\n".join([*lines, _shown(total, total, more)])) + 1
    for number, entry in enumerate(entries, 1):
        said = entry.numbered(number)
        if count_tokens(block([*shown, said])) + spare > max_tokens:
            break
        shown.append(said)
    cut = [] if len(shown) == total else [_shown(len(shown), total, more)]
    return Answer("\n".join([*lines, *cut, block(shown or [NOTHING])]))


def told(item: Item | Version, *marks: str) -> Told:
    """An item as an entry: its kind and id, where it belongs, its time, and what marks it."""
    if isinstance(item, Version):
        name = f"{item.kind} {item.item_id}"
        return Told(name, (f"until {iso(item.closed_at)}", item.reason, *marks), item.content)
    origin = item.memory_type if isinstance(item, Note) else item.conversation_id or ""
    title = [item.title] if isinstance(item, Note) and item.title else []
    assert isinstance(item.created_at, int)
    facts = (origin, *title, iso(item.created_at), *marks)
    return Told(f"{item.kind} {item.id}", facts, item.content)


def staying(kept: Mapping[str, str]) -> list[Told]:
    """What is protected, by id, as entries that say why."""
    return [Told(item_id, (f"stays: {why}",)) for item_id, why in kept.items()]


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + CUT


def _notice(text: str) -> str:
    line = flat(text)
    return f"Note: {line if len(line) <= NOTICE_CHARACTERS else line[:NOTICE_CHARACTERS] + CUT}"


def _shown(shown: int, total: int, more: str) -> str:
    return f"Note: {shown} of {total} shown" + (f"; {more}" if more else "")
