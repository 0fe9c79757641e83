"""Contradictions: all of them reported, given out once, resolved for good."""

from __future__ import annotations

import pytest
from tests.conftest import NOON, HandClock

from engrammic.backends.memory import MemoryBackend
from engrammic.claims.checking import contradiction
from engrammic.errors import InvalidInput, NotFound
from engrammic.extraction import (
    Defines,
    EntityType,
    ExtractionResult,
    Modifies,
    Relationship,
)
from engrammic.stores.contradictions import Resolution
from engrammic.stores.entities import EntityStore
from engrammic.stores.entity_tables import ContradictionKind, Status

FILE, FUNCTION, CONCEPT = EntityType.FILE, EntityType.FUNCTION, EntityType.CONCEPT


def said(
    *names: str, relations: tuple[Relationship, ...] = (), kind: EntityType = FILE
) -> ExtractionResult:
    return ExtractionResult([(name, kind) for name in names], relations)


def defined(context: str) -> ExtractionResult:
    return said("a.py", relations=(Defines("a.py", "login", context, (FILE, FUNCTION)),))


@pytest.fixture
def store(clock: HandClock) -> EntityStore:
    return EntityStore(MemoryBackend(), clock=clock)


async def test_every_contradiction_is_reported(store: EntityStore) -> None:
    for number, context in enumerate(["login()", "login(user)", "login(user, token)"]):
        await store.add_extraction(defined(context), f"m{number}", NOON + number)

    found = await store.pending_contradictions()

    assert {(e.existing_context, e.new_context) for e in found} == {
        ("login()", "login(user)"),
        ("login()", "login(user, token)"),
        ("login(user)", "login(user, token)"),
    }
    assert {e.kind for e in found} == {ContradictionKind.CONFLICTING_DEFINITION}
    assert {e.subject for e in found} == {"a.py::login"}


async def test_a_changed_spelling_is_no_contradiction(store: EntityStore) -> None:
    for number, context in enumerate(["Login(user)", "login( user )".replace("( ", "("), ""]):
        await store.add_extraction(defined(context), f"m{number}", NOON)
    await store.add_extraction(defined("login(user)  ;"), "m9", NOON)

    assert [e.new_context for e in await store.pending_contradictions()] == ["login(user )"]


async def test_changes_contradict_unless_they_are_edits(store: EntityStore) -> None:
    for number, change in enumerate(["fixed", "updated", "added", "removed"]):
        relation = Modifies("user", "a.py", change)
        await store.add_extraction(said("a.py", relations=(relation,)), f"m{number}", NOON)

    found = await store.pending_contradictions()

    assert ("fixed", "updated") not in {(e.existing_context, e.new_context) for e in found}
    assert ("added", "removed") in {(e.existing_context, e.new_context) for e in found}
    assert {e.kind for e in found} == {ContradictionKind.CONFLICTING_MODIFICATION}


async def test_pending_stays_and_drained_is_given_once(store: EntityStore) -> None:
    await store.add_extraction(defined("login()"), "m1", NOON)
    await store.add_extraction(defined("login(user)"), "m2", NOON)

    assert len(await store.pending_contradictions()) == 1
    assert len(await store.pending_contradictions()) == 1
    assert [e.status for e in await store.drain_contradictions()] == [Status.DRAINED]
    assert await store.drain_contradictions() == []
    assert await store.pending_contradictions() == []
    assert len(await store.contradictions()) == 1

    await store.add_extraction(defined("login(user)"), "m2", NOON)
    assert await store.pending_contradictions() == []


@pytest.mark.parametrize(
    ("resolution", "left", "refused"),
    [
        (Resolution.KEEP, {"login()"}, "login(user)"),
        (Resolution.REPLACE, {"login(user)"}, "login()"),
        (Resolution.SCOPE, {"login()", "login(user)"}, None),
    ],
)
async def test_a_resolution_lasts(
    store: EntityStore, resolution: Resolution, left: set[str], refused: str | None
) -> None:
    await store.add_extraction(defined("login()"), "m1", NOON)
    await store.add_extraction(defined("login(user)"), "m2", NOON)
    [event] = await store.pending_contradictions()

    done = await store.resolve(event.event_id, resolution, "the second one in tests")

    assert done.note == "the second one in tests"
    assert await store.contradictions() == []
    for number, again in enumerate(["login()", "login(user)"]):
        await store.add_extraction(defined(again), f"n{number}", NOON + 9)
    contexts = {r.context for r in await store.all_relationships() if isinstance(r, Defines)}
    assert contexts == left
    assert refused not in contexts
    assert await store.contradictions() == []


async def test_resolving_names_what_is_wrong(store: EntityStore) -> None:
    await store.add_extraction(defined("login()"), "m1", NOON)
    await store.add_extraction(defined("login(user)"), "m2", NOON)
    [event] = await store.pending_contradictions()

    with pytest.raises(InvalidInput, match="note"):
        await store.resolve(event.event_id, "scope")
    with pytest.raises(InvalidInput, match="resolution"):
        await store.resolve(event.event_id, "maybe")
    with pytest.raises(NotFound):
        await store.resolve("none", "keep")


async def test_a_contradiction_goes_on_with_another_source(store: EntityStore) -> None:
    for message in ("m1", "m2"):
        await store.add_extraction(defined("login()"), message, NOON)
    await store.add_extraction(defined("login(user)"), "m3", NOON)

    await store.delete_messages(["m1"])

    [event] = await store.pending_contradictions()
    assert event.existing_message_id == "m2"


async def test_claims_wait_in_the_same_queue(store: EntityStore) -> None:
    clash = contradiction("I live in Berlin.", "I live in Lisbon.")
    assert clash is not None

    event = await store.report(clash, "m1", "m2")

    assert await store.report(clash, "m1", "m2") == event
    assert [e.kind for e in await store.pending_contradictions()] == ["conflicting_claim"]
    assert event.subject == "user|live in"
    await store.delete_messages(["m2"])
    assert await store.contradictions() == []
