"""The arithmetic of sizes: bytes, RAM, shards and machines for a number of memories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.errors import InvalidInput
from engrammic.sizing import (
    ENGINES,
    GIB,
    TEXT,
    Engine,
    Plan,
    bytes_each,
    largest,
    needed,
    ram_each,
)

ROUND = Engine("round", "Round", 1_000, 1_536, 1.5, 64, 0.1, "made up", 10)
PLAN = Plan(1_000_000)


def test_bytes_are_those_of_record_and_vector() -> None:
    assert bytes_each(ROUND, PLAN) == 1_000 + 1_536
    assert bytes_each(ROUND, replace(PLAN, dimension=768)) == 1_000 + 2 * 1_536
    assert bytes_each(ROUND, replace(PLAN, text=TEXT + 50)) == 1_100 + 1_536
    assert bytes_each(ROUND, replace(PLAN, text=0)) == 1_000 - 2 * TEXT + 1_536


def test_ram_is_that_of_vectors_and_of_the_records_in_use() -> None:
    assert ram_each(ROUND, PLAN) == round(1.5 * 4 * 384 + 64 + 100)


def test_one_machine_is_enough_until_it_is_full() -> None:
    most = largest(ROUND, PLAN)
    assert needed(ROUND, replace(PLAN, memories=most)).shards == 1
    assert needed(ROUND, replace(PLAN, memories=most + 1)).shards == 2
    assert needed(ROUND, replace(PLAN, memories=0)).shards == 1


def test_the_scarcer_of_ram_and_disk_decides() -> None:
    plan = replace(PLAN, memories=10**8, node_ram=1 << 50, node_disk=100 * 10**9, spare=0.0)
    assert needed(ROUND, plan).shards == -(-(10**8) * 2_536 // (100 * 10**9)) == 3
    plan = replace(plan, node_ram=GIB, node_disk=1 << 50)
    assert needed(ROUND, plan).shards == -(-(10**8) * ram_each(ROUND, plan) // GIB)


def test_in_object_storage_the_bytes_need_no_machine() -> None:
    plan = replace(PLAN, memories=10**8, node_ram=1 << 50, node_disk=GIB)
    assert needed(replace(ROUND, in_bucket=True), plan).shards == 1
    assert largest(replace(ROUND, in_bucket=True), plan) > 10**8


def test_what_stays_on_one_machine_fits_or_does_not() -> None:
    alone = replace(ROUND, alone=True)
    assert needed(alone, PLAN).fits
    assert needed(alone, PLAN).machines == 1
    assert not needed(alone, replace(PLAN, memories=10**9)).fits


def test_replicas_multiply_machines_alone() -> None:
    two, three = (needed(ROUND, replace(PLAN, replicas=n)) for n in (2, 3))
    assert (two.disk, two.ram, two.shards) == (three.disk, three.ram, three.shards)
    assert three.machines == 3 * three.shards


@given(
    st.sampled_from(sorted(ENGINES)), st.integers(0, 10**11), st.integers(1, 4_096),
    st.integers(0, 10**5), st.integers(1, 5),
)  # fmt: skip
def test_the_machines_hold_what_is_asked_for(
    scheme: str, memories: int, dimension: int, text: int, replicas: int
) -> None:
    plan = Plan(memories, dimension, text, replicas=replicas)
    engine = ENGINES[scheme]
    need = needed(engine, plan)
    disk = 0 if engine.in_bucket else need.disk
    assert need.ram <= need.shards * plan.node_ram * 0.75
    assert disk <= need.shards * plan.node_disk * 0.75
    fewer = need.shards - 1
    assert fewer == 0 or (
        need.ram > fewer * plan.node_ram * 0.75 or disk > fewer * plan.node_disk * 0.75
    )
    assert need.machines == (1 if engine.alone else need.shards * replicas)
    assert need.fits is (need.shards == 1 or not engine.alone)


@pytest.mark.parametrize("scheme", ENGINES)
def test_an_engine_takes_at_least_the_bytes_of_what_is_stored(scheme: str) -> None:
    engine = ENGINES[scheme]
    assert engine.vector >= 4 * 384
    assert engine.record > TEXT
    assert engine.messages >= 4_000
    assert len(engine.rule) > 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"memories": -1},
        {"dimension": 0},
        {"text": -5},
        {"node_ram": 0},
        {"replicas": 0},
        {"spare": 1.0},
        {"spare": -0.1},
    ],
    ids=str,
)
def test_a_plan_without_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Plan(**{"memories": 1, **wrong})
