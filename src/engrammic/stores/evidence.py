"""Where facts come from: a fact dies with the last message that it was learnt from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from engrammic.changes import Change, Delete, Put, Update
from engrammic.filters import eq, every, is_in
from engrammic.scope import Scoped
from engrammic.stores.encoding import PASSAGES
from engrammic.stores.tier_metadata import TIER_METADATA, standing_of
from engrammic.types import Field, Index, Kind, Record, Schema

FACTS = "facts"

EVIDENCE = Schema(
    "evidence",
    (
        Field("fact_id", Kind.TEXT, nullable=False),
        Field("message_id", Kind.TEXT, nullable=False),
    ),
    key=("fact_id", "message_id"),
    indexes=(Index(("message_id",)),),
)


def evidence_of(facts: Iterable[Record]) -> list[Record]:
    """The rows of EVIDENCE for records of facts."""
    return [
        {"fact_id": fact["fact_id"], "message_id": message}
        for fact in facts
        for message in dict.fromkeys(fact["original_message_ids"] or ())
    ]


def rewritten(facts: Sequence[Record], replaced: Collection[str]) -> list[Change]:
    """The changes that make the evidence of these facts what their records say."""
    gone = [Delete(EVIDENCE.name, is_in("fact_id", tuple(replaced)))] if replaced else []
    return [*gone, Put(EVIDENCE.name, evidence_of(facts))]


async def facts_without(reader: Scoped, message_ids: Sequence[str]) -> list[Change]:
    """The changes after which no fact is held up by any of these messages."""
    mine = is_in("message_id", tuple(message_ids))
    rows = await reader.query(EVIDENCE.name, mine)
    if not rows:
        return []
    facts = tuple(dict.fromkeys(row["fact_id"] for row in rows))
    held = await _still_held(reader, facts, frozenset(message_ids))
    dying = tuple(fact for fact in facts if fact not in held)
    updates = [{"fact_id": f, "original_message_ids": list(m)} for f, m in held.items()]
    return [
        Update(FACTS, updates),
        Delete(EVIDENCE.name, every(is_in("fact_id", facts), mine)),
        *without_facts(dying),
    ]


def without_facts(fact_ids: Sequence[str]) -> list[Change]:
    """The changes that delete facts with all that hangs on them, but for their evidence."""
    if not fact_ids:
        return []
    return [
        Delete(FACTS, is_in("fact_id", fact_ids)),
        Delete(TIER_METADATA.name, standing_of("fact", fact_ids)),
        Delete(PASSAGES.name, every(eq("kind", "fact"), is_in("item_id", fact_ids))),
    ]


async def _still_held(
    reader: Scoped, facts: Sequence[str], leaving: frozenset[str]
) -> Mapping[str, Sequence[str]]:
    """Those of the facts that have other evidence, and which."""
    held: dict[str, list[str]] = {}
    for row in await reader.query(EVIDENCE.name, is_in("fact_id", tuple(facts))):
        if row["message_id"] not in leaving:
            held.setdefault(row["fact_id"], []).append(row["message_id"])
    return held
