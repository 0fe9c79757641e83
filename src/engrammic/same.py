"""Which stored item a text means: the one that says the same, or the one clearly meant."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.checks import check_text, shown
from engrammic.errors import InvalidInput, NotFound
from engrammic.hits import Hit
from engrammic.items import Item
from engrammic.searching import Searching
from engrammic.text.squeezed import identifiers, names, squeezed

LEAST_COSINE = 0.45
"""Two texts with less in common are not taken to mean the same."""
MARGIN = 0.03
"""What the best must be ahead of the next, where both could be meant."""
LOOKED_AT = 10


class Same(Searching):
    """What a memory needs to know an item by its text. `Memory` is one."""

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
        return _meant(text, hits).item


def _meant(text: str, hits: Sequence[Hit]) -> Hit:
    asked = identifiers(text)
    fitting = [h for h in hits if asked <= squeezed(h.text)]
    called = names(text)
    named = [h for h in fitting if called <= squeezed(h.text)]
    able = sorted(named or fitting, key=_nearness, reverse=True)
    if not able or (not asked and _nearness(able[0]) < LEAST_COSINE):
        raise NotFound("item that says", shown(text))
    if len(able) > 1 and _nearness(able[0]) - _nearness(able[1]) < MARGIN:
        ids = f"{able[0].id!r} and {able[1].id!r}"
        raise InvalidInput("text", f"could mean {ids}; name one by its id")
    return able[0]


def _nearness(hit: Hit) -> float:
    return hit.score if hit.why.cosine is None else hit.why.cosine
