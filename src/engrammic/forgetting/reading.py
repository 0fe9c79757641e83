"""What a subject means: what is named so, else what its description is of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engrammic.checks import shown
from engrammic.embed.base import Embedder
from engrammic.errors import InvalidInput
from engrammic.forgetting.choosing import Test, anything, matching, speaks_of, told
from engrammic.likeness import framed
from engrammic.mentions.descriptions import Description, described, telling_words
from engrammic.mentions.mail import mailbox
from engrammic.orders import all_about, bare, names_of_all
from engrammic.patterns import lazy_pattern
from engrammic.stores.encoding import encode_later, encode_query
from engrammic.stores.items import ItemStore
from engrammic.text import terms

NAMED, IDENTIFIER, NAME, WORDS, NOTHING = "named", "identifier", "name", "words", ""
"""How a subject was read; the first needs no reading."""

NEAR, AS_NEAR = 0.26, 0.1
"""The cosine from which on a text may be meant by its meaning, and how near the best others come.

The order and the text without their names, as for aspects in `release`.
"""
MOST_NEAR = 256
"""So many items of one name are compared by meaning, the first ones."""
RANDOM = lazy_pattern(r"(?=\w*[^\W\d_])(?=\w*\d)[^\W_]{6,}")
"""What only one thing begins with: letters and figures in one run."""
FEWEST_WORDS = 2
"""Words that a description needs to be known by words alone."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a subject means: a test for records, and how it was read."""

    test: Test
    reading: str


@dataclass(slots=True)
class Reading:
    """Reads subjects against all that is stored."""

    stores: Sequence[ItemStore[Any]]
    embedder: Embedder | None

    async def meant(self, subjects: Sequence[str], *, exact: bool) -> Meant:
        """What all subjects mean together: spellings of one thing, or descriptions of it.

        What holds a subject as it is given is meant, and nothing else. Only where
        nothing does, or an identifier stands in it, each is read as a description: an
        identifier is enough, a name is narrowed by the words that say which, and without
        either an item must hold all the words, or all but the last if no other does. Raises
        InvalidInput for an exception, which would not be spared.
        """
        test = await speaks_of(subjects, self.stores)
        named = exact or await self._holds_any(test)
        if named and (exact or not any(map(_holds_identifier, subjects))):
            return Meant(test, NAMED)
        found = [m for m in [await self._read(subject) for subject in subjects] if m.reading]
        if not found:
            return Meant(test, NAMED if named else NOTHING)
        tests = [test, *(m.test for m in found)]
        return Meant(lambda record: any(t(record) for t in tests), found[0].reading)

    async def _read(self, subject: str) -> Meant:
        if asked := all_about(subject):
            if asked[1] is not None:
                raise InvalidInput("subject", f"cannot spare {shown(asked[1])}; name items by ids")
            return await self._by_being_named(names_of_all(asked[0]))
        said = bare(subject)
        given = described(said)
        if given.identifiers:
            return await self._by_identifier(given, tagged=_holds_identifier(subject))
        if given.codes or given.names or given.days:
            return await self._by_name(said, given)
        return await self._by_words(said, given)

    async def _by_identifier(self, given: Description, *, tagged: bool) -> Meant:
        """What holds the identifiers; else the one that goes on behind the only one given.

        `tagged` takes an address under whatever tag.
        """
        wanted = (
            given.identifiers if not given.one_of_several else (*given.identifiers, *given.codes)
        )
        enough = any if given.one_of_several else all
        texts = await self._holding(wanted, enough, tagged=tagged)
        texts = texts or await self._holding(wanted, any, tagged=tagged)
        if not texts:
            random = [one for one in wanted if RANDOM.search(one)]
            longer = [longer for one in random for longer in await self._going_on(one)]
            texts = await self._holding(longer, all) if len(longer) == 1 else []
        return _these(texts, IDENTIFIER)

    async def _by_name(self, said: str, given: Description) -> Meant:
        """What speaks of the names and codes, or else is of the days, narrowed by the rest."""
        wanted = (*given.codes, *given.names)
        texts = await self._holding(wanted or given.days, any if given.one_of_several else all)
        if wanted and given.days:
            texts = await self._holding(given.days, any, texts) or texts
        return _these(await self._narrowed(said, given, texts), NAME)

    async def _holding(
        self, subjects: Sequence[str], enough: Callable[[Iterable[bool]], bool],
        among: Sequence[str] | None = None, *, tagged: bool = False,
    ) -> list[str]:  # fmt: skip
        """The texts that speak of all subjects, or of any; `tagged`: under any tag of a mailbox."""
        boxes = [_of_mailbox(one) if tagged else None for one in subjects]
        tests = [
            box or await speaks_of([one], self.stores)
            for box, one in zip(boxes, subjects, strict=True)
        ]

        def is_meant(text: str) -> bool:
            return enough(test(_record(text)) for test in tests)

        if among is not None:
            return list(filter(is_meant, among))
        return [text async for text in self._all() if is_meant(text)]

    async def _narrowed(self, said: str, given: Description, texts: Sequence[str]) -> list[str]:
        """Those of the texts that the other words mean; all where these say nothing.

        All, too, of somebody's record that no text is called by; else none where no text
        shares a word or comes near, since the same order given twice must not take what
        is left of a name.
        """
        if given.one_of_several or not given.which or not texts:
            return list(texts)
        sharing = [text for text in texts if given.which & frozenset(terms(text))]
        if sharing or given.codes or given.of_record:
            return sharing or list(texts)
        compared = [framed(text) for text in texts[:MOST_NEAR]]
        cosines = await _cosines(self.embedder, framed(said), compared)
        least = max(NEAR, max(cosines, default=0.0) - AS_NEAR)
        return [t for t, c in zip(texts, cosines, strict=False) if c >= least]

    async def _by_words(self, said: str, given: Description) -> Meant:
        """What holds all words of a description; all but the last if no other text does.

        Any other word may be the one that tells it from its siblings.
        """
        *first, last = telling_words(said) or [""]
        wanted = {*first, last}
        if len(wanted) < FEWEST_WORDS or not given.which:
            return _nothing()
        most, best = 1, list[str]()
        async for text in self._all():
            held = wanted & {*telling_words(text)}
            share = len(held) if held >= {*first} else 0
            if share >= most:
                best = [*best, text] if share == most else [text]
                most = share
        whole = most == len(wanted)
        ahead = most == len(wanted) - 1 >= FEWEST_WORDS and len(set(best)) == 1
        return _these(best, WORDS) if whole or ahead else _nothing()

    async def _by_being_named(self, subjects: Sequence[str]) -> Meant:
        test = await speaks_of(subjects, self.stores)
        return Meant(test, NAMED) if await self._holds_any(test) else _nothing()

    async def _going_on(self, identifier: str) -> list[str]:
        """The longer identifiers that begin with one, and go on behind a mark."""
        begun = re.compile(
            rf"(?<![\w.@+/-]){re.escape(identifier)}[-_.:/]\w[\w.:/-]*", re.IGNORECASE
        )
        found: Counter[str] = Counter()
        async for text in self._all():
            found.update(m[0].rstrip(".:/-").lower() for m in begun.finditer(text))
        return list(found)

    async def _holds_any(self, test: Test) -> bool:
        async for text in self._all():
            if test(_record(text)):
                return True
        return False

    async def _all(self) -> AsyncIterator[str]:
        """What every record says."""
        for store in self.stores:
            async for records in matching(store, None, anything):
                for record in records:
                    yield told(record)


def _holds_identifier(subject: str) -> bool:
    """Whether an identifier stands in a subject, beside other words."""
    found = described(subject).identifiers
    return bool(found) and found != (subject.strip(),)


def _of_mailbox(subject: str) -> Test | None:
    """Whether a record holds an address, under whatever tag; None of what is no address."""
    found = mailbox(subject)
    return None if found is None else lambda record: found(told(record))


def _record(text: str) -> dict[str, Any]:
    return {"content": text}


def _these(texts: Sequence[str], reading: str) -> Meant:
    chosen = frozenset(texts)
    return Meant(lambda record: told(record) in chosen, reading if chosen else NOTHING)


def _nothing() -> Meant:
    return Meant(lambda _record: False, NOTHING)


async def _cosines(embedder: Embedder | None, text: str, others: Sequence[str]) -> Sequence[float]:
    """The cosines of a text with others; nothing without a model."""
    if embedder is None or not others:
        return ()
    query = await encode_query(embedder, text)
    return [float(np.dot(query, one.vector)) for one in await encode_later(embedder, others)]
