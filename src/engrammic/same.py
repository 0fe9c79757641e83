"""Which stored item a text means: the one that says the same, or the one clearly meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from engrammic.checks import check_text, shown
from engrammic.embed.base import Vectors
from engrammic.errors import InvalidInput, NotFound
from engrammic.hits import Hit
from engrammic.items import Item
from engrammic.likeness import (
    Candidate,
    framed,
    is_state_of_same,
    likeness,
    rarities,
)
from engrammic.orders import bare
from engrammic.searching import Searching
from engrammic.stores.encoding import Encoded, encode_later, encode_query
from engrammic.text.sentences import windows
from engrammic.text.squeezed import holds_identifiers, identifiers, names, squeezed
from engrammic.text.tokens import telling

LEAST = -2.0
"""The log-odds of being meant below which nothing is taken."""
MARGIN = 0.1
"""What the best must be ahead of the next, where both could be meant."""
STATES = 1.5
"""As far behind the best, the newer of two states of one thing is still the one that is meant."""
LOOKED_AT = 10
MOST_SENTENCES = 16
"""Sentences of one item that are looked at, each by itself and with the next."""

Scale: TypeAlias = Callable[[str, str, Candidate, Mapping[str, float]], float]


class Found(NamedTuple):
    """A memory that a text may mean, and the log-odds of it."""

    score: float
    hit: Hit


class Same(Searching):
    """What a memory needs to know an item by its text. `Memory` is one."""

    async def find_same(self, text: str) -> Item:
        """The one item that a text means: what says the same, else what is clearly meant.

        A paraphrase may differ in its words, and may be an order ("please update my
        address"); identifiers in it (`JIRA-123`, `v2.4.7`, `alice@`) must be the item's,
        however they are written. Of two states of one thing the newer is meant. Raises
        NotFound when nothing fits, InvalidInput when several do and none is ahead:
        then name one by id.
        """
        check_text(text, "text")
        return await self._found_same(text, "")

    async def _found_same(self, text: str, new: str) -> Item:
        for store in self._stores:
            for item_id in await store.alike(text):
                item: Item | None = await store.get(item_id)
                if item is not None:
                    return item
        return meant(text, await self._ranked(text, new))

    async def _ranked(self, text: str, new: str) -> list[Found]:
        """What a text may mean, the likeliest first."""
        asked = bare(text)
        pool = {hit.id: hit for hit in await self.search(asked, limit=LOOKED_AT)}
        if new:
            pool |= {hit.id: hit for hit in await self.search(new, limit=LOOKED_AT)}
        able = _able(asked, new, list(pool.values()))
        told = [[h.excerpt, *windows(h.excerpt, MOST_SENTENCES)] for h in able]
        scores = await self._likeness(asked, new, told)
        return sorted(map(Found, scores, able), key=lambda f: -f.score)

    async def _likeness(
        self, asked: str, new: str, told: Sequence[Sequence[str]], how: Scale = likeness
    ) -> list[float]:
        """The likeness of memories, each given as its statements."""
        news = (windows(new, MOST_SENTENCES) or [new]) if new else []
        rare = rarities([" ".join(some) for some in told])
        near = await self._near([asked], told)
        near_framed = await self._near([framed(asked)], [[*map(framed, some)] for some in told])
        then = await self._near(news, told)
        then_framed = await self._near([*map(framed, news)], [[*map(framed, s)] for s in told])
        return [
            how(asked, new, Candidate(some, *cosines), rare)
            for some, *cosines in zip(told, near, then, near_framed, then_framed, strict=True)
        ]

    async def _near(self, asked: Sequence[str], told: Sequence[Sequence[str]]) -> list[list[float]]:
        """How near each statement comes to the nearest of some texts: by meaning, else by words."""
        flat = list(dict.fromkeys(part for some in told for part in some))
        if not asked or not flat:
            return [[0.0] * len(some) for some in told]
        if self.embedder is None:
            best = [max(_overlap(one, part) for one in asked) for part in flat]
        else:
            encoded = await encode_later(self.embedder, flat)
            queries = [await encode_query(self.embedder, one) for one in asked]
            best = [max(c) for c in zip(*(cosines(q, encoded) for q in queries), strict=True)]
        place = {part: n for n, part in enumerate(flat)}
        return [[best[place[part]] for part in some] for some in told]


def _overlap(one: str, other: str) -> float:
    a, b = telling(one), telling(other)
    return len(a & b) / (len(a) * len(b)) ** 0.5 if a and b else 0.0


def cosines(asked: Vectors, encoded: Sequence[Encoded]) -> list[float]:
    """The cosines of one vector with others; 0 with one of no length."""
    one = np.asarray(asked, dtype=np.float64).ravel()
    many = np.asarray([e.vector for e in encoded], dtype=np.float64)
    lengths = np.linalg.norm(many, axis=1) * np.linalg.norm(one)
    found: list[float] = np.divide(
        many @ one, lengths, out=np.zeros(len(many)), where=lengths > 0
    ).tolist()
    return found


def _able(text: str, new: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits with the identifiers of a text; if some have its names too, only those.

    Identifiers that only the new content shares with the text are those of the new value.
    """
    fitting = [h for h in hits if holds_identifiers(text, h.text)]
    if not fitting and new and identifiers(text) <= identifiers(new):
        fitting = list(hits)
    called = names(text) - (names(new) if new else frozenset())
    return [h for h in fitting if called <= squeezed(h.text)] or fitting


def meant(text: str, ranked: Sequence[Found]) -> Item:
    """The one of these that a text means. Raises NotFound, InvalidInput."""
    if not ranked or (not identifiers(text) and ranked[0].score < LEAST):
        raise nothing_meant(text, ranked)
    best = ranked[0]
    states = [f.hit for f in ranked[1:] if best.score - f.score < STATES
              and is_state_of_same(best.hit.text, f.hit.text)]  # fmt: skip
    if states:
        return max([best.hit, *states], key=lambda h: h.created_at).item
    if ranked[1:] and best.score - ranked[1].score < MARGIN:
        ids = f"{best.hit.id!r} and {ranked[1].hit.id!r}"
        raise InvalidInput("text", f"could mean {ids}; name one by its id")
    return best.hit.item


def nothing_meant(text: str, ranked: Sequence[Found]) -> NotFound:
    """The error that says what is nearest."""
    return NotFound("item that says", text, _nothing(text, ranked[0].hit if ranked else None))


def _nothing(text: str, nearest: Hit | None) -> str:
    if nearest is None:
        return f"nothing here says {shown(text)}"
    near = f"{nearest.id!r}, {shown(nearest.excerpt)}"
    return f"nothing is clearly meant by {shown(text)}; if it is {near}, name it by its id"
