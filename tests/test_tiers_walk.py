"""Random sequences of what changes a memory agree with a plain model of what is to be found."""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import HandClock

import engrammic
from engrammic import Memory, Message, TieredMemoryConfig
from engrammic.embed.hashing import HashingEmbedder
from engrammic.errors import KeptOut
from engrammic.tiers.config import HOUR

EXAMPLES = int(os.environ.get("ENGRAMMIC_WALKS", "15"))
STEPS = 15
KINDS = ("message", "note", "summary", "fact")
SMALL = TieredMemoryConfig(max_hot_messages=3, max_warm_summaries=2, session_ttl_hours=None)


def text_of(number: int) -> str:
    return f"item number{number}x speaks of zebra{number}q clearly"


class Walk(RuleBasedStateMachine):
    """`live` maps the ids of what must be found to their texts; `rejected` must never return."""

    url = "memory:"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = HandClock()
        self.live: dict[str, str] = {}
        self.gone: list[str] = []
        self.rejected: set[str] = set()
        self.undoable: dict[str, tuple[str, str]] = {}
        self.number = 0
        self.folder = tempfile.TemporaryDirectory()
        url = self.url.format(self.folder.name)
        opened = engrammic.open(url, embedder=HashingEmbedder(), clock=self.clock)
        self.memory: Memory = self.run(opened.__aenter__()).tuned(SMALL)

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    def teardown(self) -> None:
        self.run(self.memory.close())
        self.loop.close()
        self.folder.cleanup()

    def chosen(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.live)))

    def drop(self, item_id: str) -> str:
        text = self.live.pop(item_id)
        self.gone.append(text)
        return text

    @rule(note=st.booleans())
    def tell(self, note: bool) -> None:
        self.number += 1
        self.clock.forward(HOUR)
        item_id, text = f"i{self.number}", text_of(self.number)
        if note:
            self.run(self.memory.remember(text, id=item_id))
        else:
            self.run(self.memory.messages.add(
                Message("c1", "user", text, item_id, created_at=self.clock())
            ))  # fmt: skip
        self.live[item_id] = text

    @rule(hours=st.sampled_from([1, 30, 400]))
    def maintain(self, hours: int) -> None:
        self.clock.forward(hours * HOUR)
        self.run(self.memory.maintain())

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def retire(self, data: st.DataObject) -> None:
        item_id = self.findable(self.chosen(data))
        if item_id is not None:
            self.run(self.memory.retire(item_id))
            self.drop(item_id)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def retire_and_undo(self, data: st.DataObject) -> None:
        item_id = self.findable(self.chosen(data))
        if item_id is None:
            return
        self.clock.forward(1)
        self.run(self.memory.retire(item_id))
        self.clock.forward(1)
        move = max(self.run(self.memory.why(item_id)).moves, key=lambda m: m.moved_at)
        self.run(self.memory.undo(move.move_id))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        item_id = self.findable(self.chosen(data))
        if item_id is not None:
            self.run(self.memory.reject(item_id))
            self.rejected.add(self.drop(item_id))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def supersede(self, data: st.DataObject) -> None:
        item_id = self.findable(self.chosen(data))
        if item_id is None:
            return
        self.number += 1
        self.clock.forward(1)
        new = self.run(self.memory.supersede(item_id, text_of(self.number)))
        self.drop(item_id)
        self.live[new.id] = text_of(self.number)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        item_id = self.findable(self.chosen(data))
        if item_id is not None:
            self.run(self.memory.forget([item_id], scan=False))
            self.drop(item_id)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        self.run(self.memory.tiers.promote_to_hot(self.chosen(data)))

    @precondition(lambda self: self.rejected)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        text = data.draw(st.sampled_from(sorted(self.rejected)))
        with pytest.raises(KeptOut):
            self.run(self.memory.remember(text.upper(), id="again"))

    def findable(self, item_id: str) -> str | None:
        """The id, in whatever tier the item is."""
        return item_id

    @invariant()
    def what_lives_is_found_once_and_what_went_is_not(self) -> None:
        for text in self.live.values():
            word = text.split()[4]
            hits = [h for h in self.run(self.memory.search(word, limit=50, mode="keyword"))
                    if word in h.text]  # fmt: skip
            assert len(hits) == 1, (text, [(h.kind, h.id) for h in hits])
        for text in self.gone:
            word = text.split()[4]
            assert not [h for h in self.run(self.memory.search(word, limit=50)) if word in h.text]


class OnSqlite(Walk):
    url = "sqlite:{}/m.db"


@pytest.mark.parametrize("machine", [Walk, OnSqlite])
def test_random_sequences_agree_with_the_model(machine: type[Walk]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip
