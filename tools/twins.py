"""The classes that have blocking twins, and what their signatures do not tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Twin:
    """A class to be twinned: where it is, and what its signatures do not tell.

    `inner` are coroutines that only the class itself calls; `plain` are methods
    without `await` that a caller wants too; `values` and `twins` are its
    attributes, `bound` is what a type variable of its bases stands for, and `doc`
    stands in place of a docstring that speaks of `await`.
    """

    name: str
    module: str
    bases: tuple[str, ...] = ()
    bound: tuple[str, str] = ("", "")
    inner: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    values: tuple[tuple[str, str], ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    doc: str = ""


ITEMS = ("stores.items:ItemStore", "stores.removing:Removing")
SAID = ("stores.in_conversations:InConversations", *ITEMS)
STORE = frozenset(
    {
        "arranged",
        "ready",
        "pending",
        "fill_in",
        "entries",
        "changes",
        "without",
        "alike",
        "barred",
        "holds_any",
        "raw",
        "page",
        "indexed_again",
        "restored",
    }
)
PLACE = frozenset({"place_of"})
TWINS = (
    Twin("MessageStore", "stores.messages", SAID, ("Item", "Message"), STORE, PLACE),
    Twin("NoteStore", "stores.notes", ITEMS, ("Item", "Note"), STORE, PLACE),
    Twin("SummaryStore", "stores.summaries", SAID, ("Item", "MessageSummary"), STORE, PLACE),
    Twin("FactStore", "stores.facts", SAID, ("Item", "KeyFact"), STORE, PLACE),
    Twin(
        "TieredMemory", "tiers.tiered", ("tiers.moving:TierMoves", "tiers.searching:TieredSearch"),
        inner=frozenset({"ready", "raise_up", "made", "touch"}),
    ),
    Twin("ConversationStore", "stores.conversations", inner=STORE),
    Twin(
        "EntityStore", "stores.entities", ("stores.contradictions:ContradictionQueue",),
        inner=frozenset({"ready", "including", "without", "relations_of", "reported", "resolved",
                         "outlines", "latest_mentions"}),
    ),
    Twin("RelationshipGraph", "graph.relationships", inner=frozenset({"ready"})),
    Twin(
        "Memory",
        "memory",
        ("upkeep:Upkeep", "lifecycle:Lifecycle", "erasing:Erasing", "same:Same",
         "correcting:Correcting", "releasing:Releasing",
         "searching:Searching", "reviewing:Reviewing"),
        inner=frozenset({"ready"}),
        plain=frozenset({"scoped", "tuned"}),
        values=(
            ("embedder", "Embedder | None"), ("scope", "Scope"), ("clock", "Clock"),
            ("remarks", "tuple[str, ...]"),
        ),
        twins=(
            ("messages", "MessageStore"), ("conversations", "ConversationStore"),
            ("notes", "NoteStore"), ("summaries", "SummaryStore"), ("facts", "FactStore"),
            ("tiers", "TieredMemory"), ("entities", "EntityStore"),
            ("graph", "RelationshipGraph"),
        ),
        doc="An agent's memory: one scope of one database. Open it with `engrammic.sync.open`.\n\n"
        "`remarks` says what one should know of how it was opened; `awaited` is the same\n"
        "memory with `await`.",
    ),
)  # fmt: skip
