"""`EntityStore` without `await`; made by tools/gen_sync.py, not by hand."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence

from engrammic.claims.nouns import Clash
from engrammic.extraction.nouns import EntityType, ExtractionResult, Relationship
from engrammic.filters import Filter
from engrammic.items import Moment
from engrammic.loop import call, each
from engrammic.stores.contradictions import Resolution
from engrammic.stores.entities import EntityStore as AwaitedEntityStore
from engrammic.stores.entity_changes import Extraction
from engrammic.stores.entity_tables import ContradictionEvent, Entity, EntityStats, Status


class EntityStore:
    """Entities by type and name, their relations by message, and the queue of contradictions."""

    def __init__(self, awaited: AwaitedEntityStore) -> None:
        self.awaited = awaited

    def add_extraction(self, result: ExtractionResult, message_id: str, timestamp: Moment) -> int:
        """How many entities the message names. It replaces what the message said before.

        Each mention counts once for its message, however often it is given in.
        Contradictions with what other messages say are queued, all of them.
        """
        return call(self.awaited.add_extraction(result, message_id, timestamp))

    def add_extractions(self, extractions: Sequence[Extraction]) -> int:
        """As `add_extraction` for several messages in one step; how many messages."""
        return call(self.awaited.add_extractions(extractions))

    def delete_messages(self, message_ids: Sequence[str]) -> None:
        """Forget what these messages named and said; see `without`."""
        return call(self.awaited.delete_messages(message_ids))

    def state(
        self, entities: Sequence[tuple[str, EntityType]], relationships: Sequence[Relationship] = ()
    ) -> None:
        """Add what no message says: it lasts. Known ones stay as they are."""
        return call(self.awaited.state(entities, relationships))

    def get(self, name: str, entity_type: EntityType | str) -> Entity | None:
        """The entity of a name and type, or None."""
        return call(self.awaited.get(name, entity_type))

    def named(self, name: str) -> builtins.list[Entity]:
        """The entities of a name, whatever their type, the most mentioned first."""
        return call(self.awaited.named(name))

    def search(self, query: str, limit: int = 10) -> builtins.list[Entity]:
        """The entities whose names have words of the query, best first, without their messages."""
        return call(self.awaited.search(query, limit))

    def get_by_type(self, entity_type: EntityType | str) -> builtins.list[Entity]:
        """The entities of a type, by name."""
        return call(self.awaited.get_by_type(entity_type))

    def get_top_entities(self, limit: int = 10) -> builtins.list[Entity]:
        """The entities that the most messages name, the most named first."""
        return call(self.awaited.get_top_entities(limit))

    def get_related(self, entity_name: str) -> builtins.list[str]:
        """Names at the other end of a relation, in both directions, the most often said first."""
        return call(self.awaited.get_related(entity_name))

    def get_message_ids(self, entity_name: str) -> builtins.list[str]:
        """The messages that name it, over all types, each once, the oldest first."""
        return call(self.awaited.get_message_ids(entity_name))

    def all_entities(self, where: Filter | None = None) -> Iterator[Entity]:
        """Every entity, read page by page, in the order of its id."""
        return each(self.awaited.all_entities(where))

    def all_relationships(self) -> builtins.list[Relationship]:
        """Every relation, each once however many messages say it."""
        return call(self.awaited.all_relationships())

    def stats(self) -> EntityStats:
        """How many there are; counted from what is stored."""
        return call(self.awaited.stats())

    def contradictions(self, *statuses: Status | str) -> builtins.list[ContradictionEvent]:
        """Those of the given statuses, the first found first; by default all that are open."""
        return call(self.awaited.contradictions())

    def pending_contradictions(self) -> builtins.list[ContradictionEvent]:
        """Those that nobody has taken yet, the first found first; they stay pending."""
        return call(self.awaited.pending_contradictions())

    def drain_contradictions(self) -> builtins.list[ContradictionEvent]:
        """Those that nobody has taken yet, taken now: pending ones are given out once.

        They stay in the queue until `resolve`.
        """
        return call(self.awaited.drain_contradictions())

    def resolve(
        self, event_id: str, resolution: Resolution | str, note: str | None = None
    ) -> ContradictionEvent:
        """The contradiction as resolved. Raises NotFound, and InvalidInput for SCOPE without note.

        What is rejected leaves the relations and is refused when it is said
        again. What messages claim stays: `Memory.resolve` acts on them as well.
        """
        return call(self.awaited.resolve(event_id, resolution, note))

    def report(
        self, clash: Clash, existing_message_id: str, new_message_id: str
    ) -> ContradictionEvent:
        """The contradiction of two claims, in the queue; as it stands there if it was known."""
        return call(self.awaited.report(clash, existing_message_id, new_message_id))
