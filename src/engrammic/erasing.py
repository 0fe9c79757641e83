"""Forgetting for good, as a verb of a memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engrammic.checks import check_count, check_texts, shown
from engrammic.clock import Clock
from engrammic.errors import InvalidInput
from engrammic.filters import every, is_in
from engrammic.forgetting.choosing import Test, anything, matching
from engrammic.forgetting.forgetting import Forgetting, as_text
from engrammic.forgetting.preview import Forgettable
from engrammic.forgetting.reading import Meant, Reading
from engrammic.forgetting.report import ForgetReport
from engrammic.scope import Scoped
from engrammic.selection import Selection
from engrammic.stores.items import ItemStore
from engrammic.stores.notes import NoteStore
from engrammic.text import terms
from engrammic.tiers.tiered import TieredMemory

MOST_SHOWN = 1_000
"""Items that one `forgettable` shows, at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one `forget` was asked for, checked; `words` are all of it, for the report's digest."""

    ids: Sequence[str] | None
    subjects: Sequence[str] | None
    exact: bool
    chosen: Selection
    words: str

    @classmethod
    def of(
        cls,
        ids: Sequence[str] | None,
        subject: str | Sequence[str] | None,
        exact: bool,
        selection: dict[str, Any],
    ) -> Asked:
        """What the arguments of `forget` ask for. Raises InvalidInput when they name nothing."""
        if ids is not None:
            ids = list(check_texts("ids", ids))
        if subject is not None and not isinstance(subject, str):
            subject = list(check_texts("subject", subject))
        words = as_text({"ids": ids, "subject": subject, **selection})
        chosen = Selection.of(selection)
        if ids is None and subject is None and not selection:
            raise InvalidInput("ids", "name items by ids, subject, or a selection")
        subjects = None if subject is None else _subjects(subject)
        return cls(ids, subjects, exact, chosen, words)


class Erasing:
    """What a memory needs to forget. `Memory` is one."""

    clock: Clock
    tiers: TieredMemory
    notes: NoteStore
    _scoped: Scoped
    _stores: tuple[ItemStore[Any], ...]

    async def forget(
        self,
        ids: Sequence[str] | None = None,
        *,
        subject: str | Sequence[str] | None = None,
        exact: bool = False,
        dry_run: bool = False,
        scan: bool = True,
        **selection: Any,
    ) -> ForgetReport:
        """What was erased for good: items, all that came of them, and then their bytes.

        Name items by `ids`, by a `subject` whose name they hold in whatever field, or
        by the fields of `Selection`; given together, all must hold. Several spellings or
        other names of a subject may be given at once. An address, a number, a date or a
        name is known in other spellings, never as a part of a longer one;
        docs/forgetting.md has the list. A subject that nothing holds so is read as a
        description, "Ada Byron's prescription" or "customer history of ada@example.org":
        an identifier in it is enough, a name is narrowed by the words that say which;
        the report's `reading` tells, and `exact` forbids it. What is canonical
        or held stays and is listed. What went does not come back by an import. On a
        disk of its own the database is searched for traces, unless `scan` is False.
        Backups made before still hold what they held. Raises InvalidInput when
        nothing is named.
        """
        asked = Asked.of(ids, subject, exact, selection)
        forgetting, reading = await self._go_through(asked, dry_run=dry_run)
        return await forgetting.report(asked.words, reading, dry_run=dry_run, scan=scan)

    async def forgettable(
        self,
        ids: Sequence[str] | None = None,
        *,
        subject: str | Sequence[str] | None = None,
        exact: bool = False,
        limit: int = 50,
        **selection: Any,
    ) -> Forgettable:
        """What `forget` would erase if it were asked the same now; nothing is changed.

        The first `limit` items (0 to MOST_SHOWN) whole, the ids of all, and the report
        of a dry run. Raises InvalidInput as `forget` does.
        """
        check_count("limit", limit, 0, MOST_SHOWN)
        asked = Asked.of(ids, subject, exact, selection)
        forgetting, reading = await self._go_through(asked, dry_run=True, show=limit)
        report = await forgetting.report(asked.words, reading, dry_run=True, scan=False)
        account = forgetting.account
        return Forgettable(report, tuple(dict.fromkeys(account.ids)), tuple(account.shown))

    async def _go_through(
        self, asked: Asked, *, dry_run: bool, show: int = 0
    ) -> tuple[Forgetting, str]:
        """The account of what was asked for, erased unless `dry_run`, and how it was read."""
        await self.tiers.ready()
        forgetting = Forgetting(
            self._scoped, self._stores, self.tiers.versions, self.tiers.embedder, self.clock, show
        )
        everywhere = (*self._stores, self.tiers.versions)
        meant = Meant(anything, "")
        if asked.subjects is not None:
            reading = Reading(everywhere, self.tiers.embedder)
            meant = await reading.meant(asked.subjects, exact=asked.exact)
        for store in self._stores:
            if not asked.chosen.covers(store.kind):
                continue
            mine = None if asked.ids is None else is_in(store.key, asked.ids)
            where = every(mine, asked.chosen.filter(store.kind))
            async for records in matching(store, where, meant.test):
                await forgetting.take(store, records, dry_run=dry_run)
        await self._forget_past(forgetting, asked.ids, meant.test, asked.chosen, dry_run)
        return forgetting, meant.reading

    async def _forget_past(
        self,
        forgetting: Forgetting,
        ids: Sequence[str] | None,
        test: Test,
        chosen: Selection,
        dry_run: bool,
    ) -> None:
        """Earlier versions of what is asked for, whatever the items say now."""
        mine = None if ids is None else is_in("item_id", ids)
        where = every(mine, chosen.among_versions())
        async for records in matching(self.tiers.versions, where, test):
            await forgetting.past(records, dry_run=dry_run)

    async def verify_report(self, report: ForgetReport) -> bool:
        """Whether a report was signed by this database and is unchanged."""
        await self.notes.ready()
        return report.is_signed_by(self.notes.tombstones.key)


def _subjects(given: str | Sequence[str]) -> Sequence[str]:
    """The subjects, each with a letter or a figure in it."""
    subjects = (given,) if isinstance(given, str) else tuple(given)
    if not subjects:
        raise InvalidInput("subject", "is empty: name at least one spelling")
    for subject in subjects:
        if not terms(subject):
            raise InvalidInput("subject", f"holds no word: {shown(subject)}")
    return subjects
