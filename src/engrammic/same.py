"""Which stored item a text means: the one that says the same, or the one clearly meant."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import islice

import numpy as np

from engrammic.checks import check_text, shown
from engrammic.claims.parts import parts, replaced
from engrammic.embed.base import Vectors
from engrammic.errors import InvalidInput, NotFound
from engrammic.hits import Hit
from engrammic.items import Item
from engrammic.searching import Searching
from engrammic.stores.encoding import Encoded, encode_later, encode_query
from engrammic.text.sentences import windows
from engrammic.text.squeezed import holds_identifiers, identifiers, names, squeezed

LEAST_COSINE = 0.45
"""Two texts with less in common are not taken to mean the same."""
MARGIN = 0.03
"""What the best must be ahead of the next, where both could be meant."""
LOOKED_AT = 10
MOST_SENTENCES = 16
"""Sentences of one item that are looked at, each by itself and with the next."""


class Same(Searching):
    """What a memory needs to know an item by its text. `Memory` is one."""

    @abstractmethod
    async def supersede(self, item_id: str, content: str, *, reason: str = "superseded") -> Item:
        """As `Memory.supersede`."""

    async def find_same(self, text: str) -> Item:
        """The one item that a text means: what says the same, else what is clearly meant.

        A paraphrase may differ in its words; identifiers in it (`JIRA-123`, `v2.4.7`,
        `alice@`) must be the item's, however they are written. Raises NotFound when
        nothing fits, InvalidInput when several do and none is ahead: then name one by id.
        """
        check_text(text, "text")
        for store in self._stores:
            for item_id in await store.alike(text):
                item: Item | None = await store.get(item_id)
                if item is not None:
                    return item
        hits = await self.search(text, limit=LOOKED_AT)
        able = _able(text, hits)
        return _meant(text, able, await self._nearness(text, able))

    async def correct(self, text: str, content: str, *, reason: str = "corrected") -> Item:
        """What is true now in place of what a text means; the rest of its item stays.

        The item is that of `find_same`. When it says several things, only the nearest
        statement gives way to the content; the item as it was is found with `as_of`.
        Raises NotFound, InvalidInput, Protected.
        """
        item = await self.find_same(text)
        assert item.id is not None
        told = parts(item.content)
        if 1 < len(told) <= MOST_SENTENCES and self.embedder is not None:
            asked = await encode_query(self.embedder, text)
            near = cosines(asked, await encode_later(self.embedder, [p.text for p in told]))
            content = replaced(item.content, told, near.index(max(near)), content)
        return await self.supersede(item.id, content, reason=reason)

    async def _nearness(self, text: str, hits: Sequence[Hit]) -> list[float]:
        """How near each hit comes to the text: as a whole, or by its nearest sentences."""
        whole = [h.score if h.why.cosine is None else h.why.cosine for h in hits]
        parts = [windows(h.excerpt, MOST_SENTENCES) for h in hits]
        if self.embedder is None or not any(parts):
            return whole
        asked = await encode_query(self.embedder, text)
        flat = [part for some in parts for part in some]
        near = iter(cosines(asked, await encode_later(self.embedder, flat)))
        return [max([cosine, *islice(near, len(some))])
                for cosine, some in zip(whole, parts, strict=True)]  # fmt: skip


def cosines(asked: Vectors, encoded: Sequence[Encoded]) -> list[float]:
    """The cosines of one vector with others; 0 with one of no length."""
    one = np.asarray(asked, dtype=np.float64).ravel()
    many = np.asarray([e.vector for e in encoded], dtype=np.float64)
    lengths = np.linalg.norm(many, axis=1) * np.linalg.norm(one)
    found: list[float] = np.divide(
        many @ one, lengths, out=np.zeros(len(many)), where=lengths > 0
    ).tolist()
    return found


def _able(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits with the identifiers of a text; if some have its names too, only those."""
    fitting = [h for h in hits if holds_identifiers(text, h.text)]
    called = names(text)
    return [h for h in fitting if called <= squeezed(h.text)] or fitting


def _meant(text: str, able: Sequence[Hit], nearness: Sequence[float]) -> Item:
    ranked = sorted(zip(nearness, range(len(able)), strict=True), key=lambda r: -r[0])
    if not able or (not identifiers(text) and ranked[0][0] < LEAST_COSINE):
        raise NotFound("item that says", shown(text))
    best = able[ranked[0][1]]
    if len(able) > 1 and ranked[0][0] - ranked[1][0] < MARGIN:
        ids = f"{best.id!r} and {able[ranked[1][1]].id!r}"
        raise InvalidInput("text", f"could mean {ids}; name one by its id")
    return best.item
