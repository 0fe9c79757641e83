"""Which items are meant: by id, by a filter, or by the subject that they speak of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeAlias

from engrammic.filters import Filter
from engrammic.records import canonical
from engrammic.stores.indexing import BATCH, Records
from engrammic.stores.items import ItemStore
from engrammic.text import terms
from engrammic.text.squeezed import identifiers, squeeze, squeezed
from engrammic.text.stems import STOP_TERMS
from engrammic.types import Record

Test: TypeAlias = Callable[[Record], bool]

HEADS = ("name", "title", "source", "section", "subject", "project", "claim", "heading")
"""Short fields in which a subject may stand."""
SHORTEST = 3
"""Letters and digits of an identifier that is known without its punctuation, at least."""

_TITLES = re.compile(
    r"^\s*(?:(?:mrs?|ms|miss|dr|prof|professor|sir|madam|herr|frau)\b\.?\s+)+", re.IGNORECASE
)
_CALLED = re.compile(r"(?<=\w)\s+(?:[\"“][^\"“”]{1,40}[\"”]|\([^()]{1,40}\))\s+(?=[^\W\d_a-z])")
"""A nickname between the parts of a name."""


def speaks_of(subject: str) -> Test:
    """Whether a record names the subject: its words, one behind the other, in any field.

    Words are whole: `alice@example.org` is no part of `malice@example.org`. An
    identifier is known however it is punctuated: `JIRA-123` is `jira 123`. `Dr. Ada Byron`
    is `Ada Byron`, and `Ada "Addie" Byron` too.
    """
    named = _TITLES.sub("", subject)
    wanted = terms(named) if set(terms(named)) - STOP_TERMS else terms(subject)
    token = squeeze(subject) if identifiers(subject) else ""

    def test(record: Record) -> bool:
        texts = [record["content"], *(record.get(name) or "" for name in HEADS)]
        if record.get("metadata"):
            texts.append(canonical("metadata", record["metadata"]))
        return any(
            _holds(terms(text), wanted)
            or _holds(terms(_CALLED.sub(" ", text)), wanted)
            or (len(token) >= SHORTEST and token in squeezed(text))
            for text in texts
            if text
        )

    return test


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether `wanted` is a run of `words`."""
    if not wanted:
        return False
    first, length = wanted[0], len(wanted)
    return any(
        word == first and words[place : place + length] == wanted
        for place, word in enumerate(words)
    )


async def matching(
    store: ItemStore[Any], where: Filter | None, test: Test
) -> AsyncIterator[Records]:
    """The stored records that match, expired ones too, page by page."""
    after: tuple[str] | None = None
    while found := await store.backend.query(store.table, where, after=after, limit=BATCH):
        after = (found[-1][store.key],)
        chosen = [record for record in found if test(record)]
        if chosen:
            yield chosen
