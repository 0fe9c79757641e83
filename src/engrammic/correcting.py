"""Correcting by text: what is true now takes the place of what a text means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from engrammic.checks import check_text
from engrammic.claims.checking import contradiction
from engrammic.claims.depending import depending
from engrammic.claims.listings import left_of
from engrammic.claims.parts import parts, rewritten
from engrammic.filters import eq
from engrammic.hits import Hit
from engrammic.items import Item
from engrammic.likeness import meant_by
from engrammic.orders import bare
from engrammic.same import LEAST, Same, meant, nothing_meant
from engrammic.states import earlier
from engrammic.stores.items import of_kind
from engrammic.text import terms
from engrammic.tiers.versioning import Closing, Versioning

LEAST_OF_KNOWN = -1.2
"""The log-odds below which nothing older is meant, where the new text is stored already."""
LEAST_AGAIN = 3.0
"""As LEAST_OF_KNOWN, where that has taken the place of something before."""


class Correcting(Same):
    """What a memory needs to correct by text. `Memory` is one."""

    @abstractmethod
    async def supersede(self, item_id: str, content: str, *, reason: str = "superseded") -> Item:
        """As `Memory.supersede`."""

    async def correct(self, text: str, content: str, *, reason: str = "corrected") -> Item:
        """What is true now in place of what a text means; the rest of its item stays.

        The item is found as by `find_same`, and by what the content says. When it says
        several things, only the statement that is meant gives way to the content, with
        what refers back to it, or the value in a list; the item as it was is found with
        `as_of`. What is stored already is not stored again: it takes the place of what is
        meant, of every earlier state of it, and is returned. Raises NotFound, InvalidInput,
        Protected.
        """
        check_text(text, "text")
        check_text(content, "content")
        check_text(reason, "reason")
        known = await self._known(content)
        if known:
            return await self._correct_by(known, text, content, reason)
        item = await self._found_same(text, content)
        assert item.id is not None
        amended = await self._amended(item.content, bare(text), content, content)
        return await self.supersede(item.id, amended, reason=reason)

    async def _known(self, content: str) -> list[Item]:
        """The items that say a text already, the newest last."""
        found: list[Item | None] = []
        for store in self._stores:
            found += [await store.get(item_id) for item_id in await store.alike(content)]
        return sorted((i for i in found if i is not None), key=lambda i: i.created_at or 0)

    async def _correct_by(
        self, known: Sequence[Item], text: str, content: str, reason: str
    ) -> Item:
        """The item that says the content already, in place of what is older and meant."""
        own = {item.id for item in known}
        exact = [i for i in await self._known(text) if i.id not in own]
        for item in exact[-1:] or await self._older(text, content, known):
            rest = await self._amended(item.content, bare(text), content, "")
            if rest and rest != item.content:
                await self.supersede(item.id or "", rest, reason=reason)
            else:
                await self._give_way(item, known[-1], reason)
        return known[-1]

    async def _older(self, text: str, content: str, known: Sequence[Item]) -> list[Item]:
        """The items that a text means beside those known: earlier states of one thing.

        None where the text means what is known. Raises NotFound, InvalidInput.
        """
        found = await self._ranked(text, content)
        own = {item.id for item in known}
        others = [f for f in found if f.hit.id not in own and not _says(f.hit, content)]
        again = [await self._is_successor(item) for item in known]
        least = LEAST_AGAIN if any(again) else LEAST_OF_KNOWN
        if not others or others[0].score < least:
            said = await self._ranked(text, "")
            if any(f.hit.id in own and f.score >= LEAST for f in said):
                return []
            raise nothing_meant(text, others)
        history = [f.hit.item for f in earlier(others, content)]
        return history or [meant(text, others)]

    async def _is_successor(self, item: Item) -> bool:
        versions = self.tiers.versions
        await versions.ready()
        where = eq("superseded_by", item.id)
        return bool(await versions.backend.query(versions.table, where, limit=1))

    async def _give_way(self, item: Item, known: Item, reason: str) -> None:
        store = of_kind(self._stores, item.kind)
        closing = Closing("supersede", reason, known.id, stood=True)
        await Versioning(store).close(item.id or "", closing, keep_out=False)

    async def _amended(self, text: str, asked: str, content: str, put: str) -> str:
        """The text with what is put in place of the statement that the content corrects."""
        told = parts(text)
        scores = await self._likeness(asked, content, [[p.text] for p in told], meant_by)
        best = scores.index(max(scores))
        gone = {n: "" for n, p in enumerate(told) if contradiction(content, p.text)}
        gone[best] = left_of(told[best].text, asked, content)
        if not gone[best]:
            gone |= dict.fromkeys(depending(told, gone, asked, content), "")
        return rewritten(text, told, gone, best, put)


def _says(hit: Hit, content: str) -> bool:
    """Whether one of the statements of a longer item is the content."""
    wanted = terms(content)
    return any(terms(p.text) == wanted for p in parts(hit.text))
