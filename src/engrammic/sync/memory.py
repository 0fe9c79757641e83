"""`Memory` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engrammic.backend import Health
from engrammic.clock import Clock, now
from engrammic.context import Context, Counter, count_tokens
from engrammic.embed.base import Embedder
from engrammic.extraction.nouns import Extractor
from engrammic.forgetting.preview import Forgettable
from engrammic.forgetting.report import ForgetReport
from engrammic.hits import Hits
from engrammic.items import Item, Metadata, Moment, Note
from engrammic.lifecycle import Why
from engrammic.loop import call, each
from engrammic.memory import Memory as AwaitedMemory
from engrammic.memory import Page
from engrammic.opening import open_memory as open_awaited
from engrammic.progress import Advance, ignored
from engrammic.ranking.fusion import Fusion
from engrammic.releasing import Released
from engrammic.scope import Scope
from engrammic.sessions.importing import ImportReport, Progress
from engrammic.stores.contradictions import Resolution
from engrammic.stores.entity_tables import ContradictionEvent, Status
from engrammic.stores.modes import Mode
from engrammic.sync.conversations import ConversationStore
from engrammic.sync.entities import EntityStore
from engrammic.sync.facts import FactStore
from engrammic.sync.messages import MessageStore
from engrammic.sync.notes import NoteStore
from engrammic.sync.relationships import RelationshipGraph
from engrammic.sync.summaries import SummaryStore
from engrammic.sync.tiered import TieredMemory
from engrammic.tiers.config import TieredMemoryConfig
from engrammic.tiers.learning import FactExtractor, Summarizer
from engrammic.tiers.maintaining import MaintenanceReport


class Memory:
    """An agent's memory: one scope of one database. Open it with `engrammic.sync.open`.

    `remarks` says what one should know of how it was opened; `awaited` is the same
    memory with `await`.
    """

    def __init__(self, awaited: AwaitedMemory) -> None:
        self.awaited = awaited
        self.embedder: Embedder | None = awaited.embedder
        self.scope: Scope = awaited.scope
        self.clock: Clock = awaited.clock
        self.remarks: tuple[str, ...] = awaited.remarks
        self.messages = MessageStore(awaited.messages)
        self.conversations = ConversationStore(awaited.conversations)
        self.notes = NoteStore(awaited.notes)
        self.summaries = SummaryStore(awaited.summaries)
        self.facts = FactStore(awaited.facts)
        self.tiers = TieredMemory(awaited.tiers)
        self.entities = EntityStore(awaited.entities)
        self.graph = RelationshipGraph(awaited.graph)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back. Closing twice is fine."""
        return call(self.awaited.close())

    def scoped(
        self,
        *,
        tenant: str | None = None,
        user: str | None = None,
        agent: str | None = None,
        project: str | None = None,
    ) -> Memory:
        """The same database in another scope: the parts given replace this one's."""
        return Memory(self.awaited.scoped(tenant=tenant, user=user, agent=agent, project=project))

    def unlocked(self, secret: str | bytes) -> Memory:
        """The same memory for its owner, who may write and change what is canonical.

        The first secret given becomes the owner's. Raises InvalidInput for another.
        """
        return Memory(call(self.awaited.unlocked(secret)))

    def tuned(self, tiers: TieredMemoryConfig) -> Memory:
        """The same memory with other settings of its tiers."""
        return Memory(self.awaited.tuned(tiers))

    def remember(
        self,
        content: str,
        memory_type: str = "note",
        *,
        id: str | None = None,  # noqa: A002
        title: str | None = None,
        source: str | None = None,
        project: str | None = None,
        session_id: str | None = None,
        expires_at: Moment | None = None,
        metadata: Metadata | None = None,
    ) -> Note:
        """The note as stored. Types: note, conversation, preference, pattern, insight."""
        return call(
            self.awaited.remember(
                content,
                memory_type,
                id=id,
                title=title,
                source=source,
                project=project,
                session_id=session_id,
                expires_at=expires_at,
                metadata=metadata,
            )
        )

    def recall(
        self, query: str | None = None, *, limit: int = 5, **selection: Any
    ) -> builtins.list[Note]:
        """Notes that fit the query, best first; without a query the newest."""
        return call(self.awaited.recall(query, limit=limit, **selection))

    def get(self, item_id: str) -> Item | None:
        """The item under an id, whatever its kind, or None."""
        return call(self.awaited.get(item_id))

    def update(
        self,
        item_id: str,
        *,
        content: str | None = None,
        metadata: Metadata | None = None,
        expires_at: Moment | None = None,
    ) -> Item:
        """The item with new content, metadata or expiry; None keeps. Raises NotFound."""
        return call(
            self.awaited.update(item_id, content=content, metadata=metadata, expires_at=expires_at)
        )

    def delete(self, item_id: str) -> bool:
        """Delete the item under an id, whatever its kind; whether it was there."""
        return call(self.awaited.delete(item_id))

    def list(
        self,
        kind: str = "note",
        *,
        limit: int = 50,
        after: tuple[int, str] | None = None,
        **selection: Any,
    ) -> Page:
        """Items of one kind, newest first, `limit` a page."""
        return call(self.awaited.list(kind, limit=limit, after=after, **selection))

    def import_files(
        self, paths: Iterable[str | Path], progress: Progress | None = None
    ) -> ImportReport:
        """Import transcripts and text files; twice changes nothing. Bad lines are reported."""
        return call(self.awaited.import_files(paths, progress))

    def delete_expired(self) -> int:
        """Delete everything whose time is over; how many items.

        Of session messages a summary stays, as with `maintain`.
        """
        return call(self.awaited.delete_expired())

    def fill_in(self) -> Iterator[int]:
        """Give items stored without a model their vectors; yields how many are left."""
        return each(self.awaited.fill_in())

    def learn(
        self,
        most: int | None = None,
        advance: Advance = ignored,
        *,
        extractor: Extractor | None = None,
    ) -> int:
        """Read messages for entities, relations and claims; how many were read, `most` at most.

        What was read already is passed over, unless it says something else now.
        `entities`, `graph` and `contradictions` hold what was found; it goes with its
        messages. The rules read, unless an `extractor` does, such as
        `engrammic.llm.ModelExtractor`.
        """
        return call(self.awaited.learn(most, advance, extractor=extractor))

    def stats(self) -> dict[str, Any]:
        """Counts of this scope, what is pending, and the engine's sizes in bytes."""
        return call(self.awaited.stats())

    def health(self) -> Health:
        """`{"status": "ok" | "degraded" | "error", "problems": [...], ...}`; quick."""
        return call(self.awaited.health())

    def supersede(
        self,
        item_id: str,
        content: str,
        *,
        reason: str = "superseded",
        valid_from: Moment | None = None,
    ) -> Item:
        """What is true now, in place of the item; the old one is found only with `as_of`.

        The new item keeps the old one's kind and what it belongs to, with a new id.
        Where another item of that kind, which belongs to the same, says this already, that
        one takes the old one's place and is returned; what says it itself stays as it is.
        A fact's old value is valid until `valid_from`. Raises NotFound, Protected.
        """
        return call(self.awaited.supersede(item_id, content, reason=reason, valid_from=valid_from))

    def reject(self, item_id: str, *, reason: str = "it was wrong") -> None:
        """Take out what is wrong, and keep its words from coming back by any way of writing.

        Whatever else says the same goes with it. The same text again raises KeptOut;
        said again in a conversation it stands in the log and is not found. Raises
        NotFound, Protected.
        """
        return call(self.awaited.reject(item_id, reason=reason))

    def retire(self, item_id: str, *, reason: str = "no longer of use") -> None:
        """Take out what is of no use now; it may come again. Raises NotFound, Protected."""
        return call(self.awaited.retire(item_id, reason=reason))

    def allow(self, content: str) -> bool:
        """Let a text that was rejected or forgotten be stored again; whether it was kept out."""
        return call(self.awaited.allow(content))

    def rate(self, item_id: str, rating: float, *, reason: str = "rated") -> float:
        """The importance after a rating from -1 (useless) to 1 (just right), within [0, 1].

        Each full point moves it by RATING_STEP. Raises NotFound.
        """
        return call(self.awaited.rate(item_id, rating, reason=reason))

    def hold(self, item_id: str, *, reason: str) -> None:
        """Keep an item from being deleted, forgotten or moved, whoever asks. Raises NotFound."""
        return call(self.awaited.hold(item_id, reason=reason))

    def release_hold(self, item_id: str, *, reason: str) -> None:
        """Let go of an item that was held. Raises NotFound."""
        return call(self.awaited.release_hold(item_id, reason=reason))

    def why(self, item_id: str) -> Why:
        """What happened to an item: moves, earlier versions, and its standing now.

        Raises NotFound for an id that the memory knows nothing of.
        """
        return call(self.awaited.why(item_id))

    def undo(self, move_id: str, *, reason: str = "undone") -> None:
        """Take one move back: a demotion, a promotion, or what closed an item.

        Raises NotFound for an unknown move, Unsupported for one that leaves
        nothing to go back to (expire, forget), or that has been overtaken.
        """
        return call(self.awaited.undo(move_id, reason=reason))

    def maintain(
        self, *, dry_run: bool = False, most: int | None = None, advance: Advance = ignored
    ) -> MaintenanceReport:
        """One pass over this scope: expire, promote, demote, merge what says the same, optimize.

        It makes at most `most` moves; the next pass goes on. With `dry_run` nothing
        changes and the report holds the moves that would be made. Raises Locked
        while another process maintains the scope.
        """
        return call(self.awaited.maintain(dry_run=dry_run, most=most, advance=advance))

    def forget(
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
        return call(
            self.awaited.forget(
                ids, subject=subject, exact=exact, dry_run=dry_run, scan=scan, **selection
            )
        )

    def forgettable(
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
        return call(
            self.awaited.forgettable(ids, subject=subject, exact=exact, limit=limit, **selection)
        )

    def verify_report(self, report: ForgetReport) -> bool:
        """Whether a report was signed by this database and is unchanged."""
        return call(self.awaited.verify_report(report))

    def find_same(self, text: str) -> Item:
        """The one item that a text means: what says the same, else what is clearly meant.

        A paraphrase may differ in its words, and may be an order ("please update my
        address"); identifiers in it (`JIRA-123`, `v2.4.7`, `alice@`) must be the item's,
        however they are written. Of two states of one thing the newer is meant. Raises
        NotFound when nothing fits, InvalidInput when several do and none is ahead:
        then name one by id.
        """
        return call(self.awaited.find_same(text))

    def correct(self, text: str, content: str, *, reason: str = "corrected") -> Item:
        """What is true now in place of what a text means; the rest of its item stays.

        The item is found as by `find_same`, and by what the content says. When it says
        several things, only the statement that is meant gives way to the content, with
        what refers back to it, or the value in a list; the item as it was is found with
        `as_of`. What is stored already is not stored again: it takes the place of what is
        meant, of every earlier state of it, and is returned. Raises NotFound, InvalidInput,
        Protected.
        """
        return call(self.awaited.correct(text, content, reason=reason))

    def release(self, text: str, *, reason: str = "released", dry_run: bool = False) -> Released:
        """What a text means goes out of every search: what was released, and what stays and why.

        One item, found as by `find_same`; or, where the text says "everything about Ada"
        (anything, all, whatever; on, regarding, mentioning; "except her birthday"), or only
        a name, every item that speaks of Ada, of whatever kind, by the test of
        `forget(subject=...)`. An item that also speaks of others loses only what speaks
        of her, where that can be told apart. What went is still found with `as_of`,
        does not come back by an import, and `undo` brings it back. Where nothing
        speaks of her, nothing is released; for one item raises NotFound, InvalidInput.
        """
        return call(self.awaited.release(text, reason=reason, dry_run=dry_run))

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        mode: Mode | str = Mode.HYBRID,
        min_score: float = 0.0,
        fusion: Fusion | str = Fusion.EVIDENCE,
        depth: int = 2,
        **selection: Any,
    ) -> Hits:
        """What fits the query best, over everything, best first.

        The modes graph and multi walk `depth` relations, 0 to 32, from what the
        query names to the messages that tell of it, once `learn` has read them.
        `selection` are the fields of `Selection`: kinds, conversation_id, role,
        memory_type, project, since, until, metadata, where, as_of, valid_at. Expired
        items are never found. Raises InvalidInput, naming the argument.
        """
        return call(
            self.awaited.search(
                query,
                limit=limit,
                mode=mode,
                min_score=min_score,
                fusion=fusion,
                depth=depth,
                **selection,
            )
        )

    def context(
        self,
        query: str,
        max_tokens: int = 2000,
        *,
        limit: int = 20,
        counter: Counter = count_tokens,
        **selection: Any,
    ) -> Context:
        """The best hits as text for a prompt: at most `max_tokens`, with provenance, fenced."""
        return call(
            self.awaited.context(query, max_tokens, limit=limit, counter=counter, **selection)
        )

    def contradictions(self, *statuses: Status | str) -> builtins.list[ContradictionEvent]:
        """Those of the given statuses, the first found first; by default all that are open.

        `learn` finds them as it reads messages.
        """
        return call(self.awaited.contradictions())

    def resolve(
        self, event_id: str, resolution: Resolution | str, note: str | None = None
    ) -> ContradictionEvent:
        """The contradiction as resolved: keep what was there, replace it, or scope both by a note.

        A message that loses is found no more, except `as_of` earlier; its
        conversation keeps it, and `undo` brings it back. What `keep` throws out may
        not be stored again. Raises NotFound, Protected, InvalidInput for a scope
        without a note.
        """
        return call(self.awaited.resolve(event_id, resolution, note))


def open_memory(
    url: str | PathLike[str] | None = None,
    *,
    scope: Scope | None = None,
    embedder: Embedder | str | None = None,
    clock: Clock = now,
    check: bool = True,
    native: bool = False,
    tiers: TieredMemoryConfig | None = None,
    summarizer: Summarizer | None = None,
    extractor: FactExtractor | None = None,
) -> Memory:
    """An open memory: at `url` (a path or database URL), else where the settings say.

    `embedder` is an Embedder, what `load_embedder` takes, or "none"; by
    default that of the settings. Where that model is not on this machine the
    memory opens without: search is by words, and says so. `native` refuses
    what the database would have to emulate. `tiers` says when items age and how
    much each tier holds, by default as `[tiers]` in the settings says.
    `summarizer` and `extractor` take the place of the rules, by default the model of `[llm]`,
    if one is set.

    Raises ConnectionFailed and its kin, EmbeddingMismatch when the stored
    vectors come from another model, ModelNotFound when the named one is absent.
    """
    return Memory(
        call(
            open_awaited(
                url,
                scope=scope,
                embedder=embedder,
                clock=clock,
                check=check,
                native=native,
                tiers=tiers,
                summarizer=summarizer,
                extractor=extractor,
            )
        )
    )
