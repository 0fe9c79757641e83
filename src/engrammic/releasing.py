"""Releasing by text: what it means goes out of every search, and stays in history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from engrammic.checks import check_text, shown
from engrammic.claims.listings import members_without, without
from engrammic.claims.parts import dangling, parts, rewritten
from engrammic.correcting import Correcting
from engrammic.errors import NotFound
from engrammic.forgetting.choosing import Test, matching, speaks_of
from engrammic.items import MessageSummary
from engrammic.likeness import FIRST_PERSON, called, denies, framed, meant_by, nearness
from engrammic.orders import all_about, aspect_of, bare, is_name, names_of_all, record_of
from engrammic.patterns import lazy_pattern
from engrammic.stores.items import ItemStore, of_kind
from engrammic.stores.keeping import protection, standings
from engrammic.stores.tombstones import Reason
from engrammic.text import terms
from engrammic.text.tokens import telling
from engrammic.tiers.versioning import Closing, Versioning

_LETTER = lazy_pattern(r"\b[A-Z]\b")
"""A letter that tells one of several, as in "Building A"; the terms leave it out."""
AHEAD = 1.0
"""What one statement of an item must be ahead of its others, to go alone."""
NEAR = 0.24
"""How near an aspect what speaks of it comes, at least; see `nearness`."""
NEAREST, CLEAR = 0.15, 0.04
"""Where nothing comes so near: how near the nearest must come, and how far be ahead."""


@dataclass(frozen=True, slots=True)
class Released:
    """What one `release` took out of search, or with `dry_run` would.

    `released` are the texts that went, by id; `shortened` what is left of those that
    also speak of others; `kept` are ids that stay, and why: canonical, or under legal hold.
    """

    dry_run: bool = False
    released: dict[str, str] = field(default_factory=dict)
    shortened: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


class Releasing(Correcting):
    """What a memory needs to release by text. `Memory` is one."""

    async def release(
        self, text: str, *, reason: str = "released", dry_run: bool = False
    ) -> Released:
        """What a text means goes out of every search: what was released, and what stays and why.

        One item, found as by `find_same`; or, where the text says "everything about Ada"
        (anything, all, whatever; on, regarding, mentioning; "except her birthday"), or only
        a name, every item that speaks of Ada, of whatever kind, by the test of
        `forget(subject=...)`. An item that also speaks of others loses only what speaks
        of her, where that can be told apart. What went is still found with `as_of`,
        does not come back by an import, and `undo` brings it back. Where nothing
        speaks of her, nothing is released; for one item raises NotFound, InvalidInput.
        """
        check_text(text, "text")
        check_text(reason, "reason")
        await self.tiers.ready()
        report = Released(dry_run)
        asked, record = all_about(text), record_of(text)
        if asked is not None:
            about, but = asked
            record = record_of(about)
            spared = [] if but is None else [await speaks_of(names_of_all(but), self._everywhere)]
            test = await (self._recorded(*record) if record else self._about(about))
            await self._release_all(test, spared, reason, report)
            return report
        if record is not None:
            await self._release_all(await self._recorded(*record), [], reason, report)
        elif is_name(bare(text)):
            written = await _as_written(bare(text), self._everywhere)
            await self._release_all(written, [], reason, report)
        if not (report.released or report.kept):
            await self._release_one(text, reason, report)
        return report

    async def _recorded(self, name: str, words: str) -> Test:
        """Whether a record speaks of a name; only those with the record's words, if any."""
        test, wanted = await _as_written(name, self._everywhere), telling(words)
        if await self._any_of(lambda r: test(r) and wanted <= telling(r["content"])):
            return await self._about(f"{name}'s {words}")
        return test

    async def _any_of(self, test: Test) -> bool:
        for store in self._stores:
            async for _ in matching(store, None, test):
                return True
        return False

    async def _about(self, about: str) -> Test:
        """Whether a record speaks of what is named: of somebody, or of an aspect of somebody."""
        plain, owned = await _speaking_of(about, self._everywhere), aspect_of(about)
        if owned is None:
            return plain
        near = await self._near_aspect(*owned)
        return lambda record: (
            plain(record)
            or any(said in near for said in (record["content"], *_said(record["content"])))
        )

    async def _near_aspect(self, name: str, aspect: str) -> frozenset[str]:
        """The statements about somebody that come near an aspect: above a bound, or alone ahead."""
        test = await _as_written(name, self._everywhere)
        told: list[str] = []
        for store in self._stores:
            async for records in matching(store, None, test):
                for record in records:
                    told += _of_whom(record["content"], test)
        told = list(dict.fromkeys(told))
        cosines = await self._near([aspect], [[framed(text)] for text in told])
        scores = [nearness(aspect, text, near) for text, [near] in zip(told, cosines, strict=True)]
        ranked = sorted(zip(scores, told, strict=True), reverse=True)
        found = [text for score, text in ranked if score >= NEAR]
        if not found and ranked and ranked[0][0] >= NEAREST:
            second = ranked[1][0] if ranked[1:] else 0.0
            found = [ranked[0][1]] if ranked[0][0] - second >= CLEAR else []
        return frozenset(found)

    @property
    def _everywhere(self) -> Sequence[ItemStore[Any]]:
        """Where it is read who bears a name."""
        return (*self._stores, self.tiers.versions)

    async def _release_one(self, text: str, reason: str, report: Released) -> None:
        item = await self.find_same(text)
        if any(denies(text, said) for said in _said(item.content)) and terms(text) != terms(
            item.content
        ):
            told = f"{item.id!r} denies what {shown(text)} says; if it is meant, name it by its id"
            raise NotFound("item that says", text, told)
        store = of_kind(self._stores, item.kind)
        assert item.id is not None
        rest = await self._rest_of(item.content, bare(text))
        await self._let_go(store, item.id, item.content, rest, reason, report)

    async def _rest_of(self, text: str, asked: str) -> str:
        """What stays of an item of which one statement is meant: nothing, if that is not sure."""
        told = parts(text)
        if not told[1:]:
            return without(text, asked)
        scores = await self._likeness(asked, "", [[p.text] for p in told], meant_by)
        best = max(range(len(told)), key=scores.__getitem__)
        others = [s for n, s in enumerate(scores) if n != best]
        if scores[best] - max(others) < AHEAD or len({p.start for p in told}) > 1:
            return ""
        return rewritten(text, told, {best: without(told[best].text, asked)}, -1, "")

    async def _release_all(
        self, test: Test, spared: Sequence[Test], reason: str, report: Released
    ) -> None:
        """Release what speaks of somebody, page by page, item by item."""
        for store in self._stores:
            if not await store.holds_any():
                continue
            async for records in matching(store, None, test):
                ids = [record[store.key] for record in records]
                rows = await standings(self._scoped, store.kind, ids)
                for record in records:
                    item_id = record[store.key]
                    gone = record.get("resting") and item_id not in rows
                    if not gone and not any(other(record) for other in spared):
                        rest = _rest_without(record["content"], test)
                        await self._let_go(store, item_id, record["content"], rest, reason, report)

    async def _let_go(
        self, store: ItemStore[Any], item_id: str, text: str, rest: str, reason: str,
        report: Released,
    ) -> None:  # fmt: skip
        row = (await standings(self._scoped, store.kind, [item_id])).get(item_id)
        if row is not None and (why := protection(row, store.token, deleting=True)):
            report.kept[item_id] = why
            return
        item = await store.get(item_id)
        if item is None:
            return  # it came of one that went before
        report.released[item_id] = text
        rest = "" if isinstance(item, MessageSummary) else rest
        if rest:
            report.shortened[item_id] = rest
        if report.dry_run:
            return
        closing = Closing("retire", reason)
        if rest:
            await self.supersede(item_id, rest, reason=reason)
        else:
            await Versioning(store).close(item_id, closing, keep_out=False)
        marks = [store.tombstones.of_item(store.kind, item_id)]
        await store.tombstones.keep(marks, Reason.RELEASED)


async def _speaking_of(about: str, stores: Sequence[ItemStore[Any]]) -> Test:
    """Whether a record speaks of what is named, or holds all its telling words in any order."""
    test = await speaks_of(names_of_all(about), stores)
    wanted, letters = telling(about), frozenset(_LETTER.findall(about))

    def holds_all(text: str) -> bool:
        return wanted <= telling(text) and letters <= frozenset(_LETTER.findall(text))

    return lambda record: test(record) or (bool(wanted) and holds_all(record["content"]))


async def _as_written(name: str, stores: Sequence[ItemStore[Any]]) -> Test:
    """Whether a record speaks of a name and writes it so: "Rose" is not the rose."""
    test = await _speaking_of(name, stores)
    words = [word for word in name.split() if not any(c.isdigit() for c in word)]
    return lambda record: test(record) and all(word in record["content"] for word in words)


def _said(text: str) -> list[str]:
    return [part.text for part in parts(text)]


def _of_whom(text: str, test: Test) -> list[str]:
    """The statements of a text that speak of somebody, and those behind that say "she"."""
    found: list[str] = []
    last = False
    for said in _said(text):
        last = test({"content": said}) or (last and dangling(said))
        found += [said] if last else []
    return found


def _rest_without(text: str, test: Test) -> str:
    """What of a text speaks of others, word for word; nothing where that can't be told apart."""
    told = parts(text)
    gone: dict[int, str] = {}
    for number, part in enumerate(told):
        if test({"content": part.text}):
            gone[number] = members_without(part.text, lambda member: test({"content": member}))
        elif number - 1 in gone and dangling(part.text):
            gone[number] = ""
    stays = [p.text for n, p in enumerate(told) if n not in gone]
    others = any(called(said) or FIRST_PERSON.search(said) for said in stays)
    if not gone or not (others or any(gone.values())):
        return ""
    return rewritten(text, told, gone, -1, "")
