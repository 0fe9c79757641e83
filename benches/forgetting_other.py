"""Correcting, releasing, purging and ageing among small talk: 250 cases of another hand.

Run `python benches/forgetting_other.py [--errors] [--half NAME] [--family NAME]`. A case is right
when no step fails, the first five hits hold what is wanted, nothing that had to go is among the
hits for the question, for its own text or for what it said, and the neighbours are still found.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from contradictions import wilson
from forgetting_other_cases import Case, Step, cases

import engrammic
from engrammic import Memory, Message, TieredMemoryConfig
from engrammic.embed.base import Embedder
from engrammic.embed.registry import load_embedder
from engrammic.errors import InvalidInput, NotFound
from engrammic.items import Item

FIRST = 5
HOUR = 3_600_000
START = 1_790_000_000_000
DAYS_LATER = (1, 30)
"""When what was only said is asked for, by wording."""


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> int:
        return self.moment

    def pass_hours(self, hours: int) -> None:
        self.moment += hours * HOUR


@dataclass
class Play:
    """One case as it is played: what is current, what must be gone, what went wrong."""

    case: Case
    memory: Memory
    time: Time
    mode: str
    current: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    closed_texts: list[str] = field(default_factory=list)
    said_until: list[tuple[int, str]] = field(default_factory=list)

    async def store(self, text: str) -> str:
        """The id under which a text was stored: in a conversation or as a note, by wording."""
        self.time.pass_hours(1)
        if self.case.wording and self.case.family not in ("amnesia", "said"):
            note = await self.memory.remember(text)
            assert note.id is not None
            return note.id
        message = await self.memory.messages.add(Message("chat", "user", text))
        assert message.message_id is not None
        return message.message_id

    async def fill(self) -> None:
        """What was said before anything is corrected: the facts amid the talk."""
        case, middle = self.case, len(self.case.talk) // 3
        for text in case.talk[:middle]:
            await self.store(text)
        self.current = [await self.store(text) for text in case.facts]
        for text in [*case.near, *case.talk[middle:]]:
            await self.store(text)
        self.time.pass_hours(72)

    async def take(self, step: Step) -> str | None:
        """What went wrong with a step, or None."""
        self.time.pass_hours(24)
        if step.verb == "forget":
            await self.memory.forget(subject=step.about, scan=False)
            return None
        if step.verb == "say":
            self.closed, self.current = self.current, [await self.store(step.new)]
            return None
        meant = await self.memory.get(self.current[-1])
        assert meant is not None
        self.said_until.append((self.time() - 1, item_id(meant)))
        self.closed.append(item_id(meant))
        self.closed_texts.append(meant.content)
        try:
            new = await self._done(step)
        except NotFound:
            return f"knows nothing of {step.about!r}"
        except InvalidInput:
            return f"finds several for {step.about!r}"
        if not (await self.memory.why(item_id(meant))).versions:
            return f"takes {step.about!r} for another: {new}"
        self.current = [] if new is None else [item_id(new)]
        return None

    async def _done(self, step: Step) -> Item | None:
        """What a step leaves in the place of what it means: by verb, or as the mode says."""
        memory = self.memory
        if self.mode == "correct":
            if step.verb == "correct":
                return await memory.correct(step.about, step.new)
            await memory.release(step.about)
            return None
        if self.mode == "plain":
            first = item_id((await memory.search(step.about, limit=1))[0].item)
        else:
            first = item_id(await memory.find_same(step.about))
        if step.verb == "correct":
            return await memory.supersede(first, step.new)
        await memory.retire(first)
        return None


def item_id(item: object) -> str:
    found = getattr(item, "message_id", None) or getattr(item, "id", None)
    assert isinstance(found, str)
    return found


def holds(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE) is not None


async def judged(play: Play) -> str | None:
    """What is wrong after all steps, or None."""
    case, memory = play.case, play.memory
    hits = await memory.search(case.ask, limit=FIRST)
    told = " / ".join(h.text for h in hits)
    if case.want and not holds(told, case.want):
        return f"does not tell {case.want!r}: {told}"
    for query in (case.ask, *play.closed_texts, *case.gone):
        for hit in await memory.search(query, limit=FIRST):
            if hit.id in play.closed or any(holds(hit.text, g) for g in case.gone):
                return f"brings back {hit.text!r}"
    for query, value in case.keep:
        found = " / ".join(h.text for h in await memory.search(query, limit=FIRST))
        if not holds(found, value):
            return f"lost {value!r}: {found}"
    for moment, old in play.said_until:
        past = await memory.search(play.case.ask, limit=FIRST, as_of=moment)
        if case.family == "drift" and old not in [h.id for h in past]:
            return "does not know what was held before"
    return None


async def newest_first(play: Play) -> str | None:
    """What is wrong where a change was only said, or None: the newer must come first."""
    play.time.pass_hours(24 * DAYS_LATER[play.case.wording])
    await play.memory.learn()
    found = await play.memory.tiers.search_adaptive_multi_factor(play.case.ask, limit=FIRST)
    ids = [r.message_id for r in found]
    told = " / ".join(r.content for r in found)
    if play.current[0] not in ids:
        return f"does not tell the new: {told}"
    if play.closed[0] in ids[: ids.index(play.current[0])]:
        return f"tells the old first: {told}"
    return None


async def played(case: Case, embedder: Embedder, mode: str) -> str | None:
    """What is wrong with a case, or None."""
    time = Time()
    async with engrammic.open("memory:", embedder=embedder, clock=time) as opened:
        memory = opened
        if case.family == "amnesia":
            memory = opened.tuned(TieredMemoryConfig(max_hot_messages=3, max_warm_summaries=9))
        play = Play(case, memory, time, mode)
        await play.fill()
        if case.family == "amnesia":
            await memory.maintain()
        for step in case.steps:
            if wrong := await play.take(step):
                return wrong
        return await (newest_first(play) if case.family == "said" else judged(play))


def show(name: str, rows: Sequence[tuple[str, Counter[bool]]]) -> None:
    parts = []
    for _, counts in rows:
        low, high = wilson(counts[True], counts.total()) if counts.total() else (0.0, 0.0)
        rate = counts[True] / max(1, counts.total())
        parts.append(f"{counts[True]:4} of {counts.total():3}  {rate:.3f} [{low:.3f}, {high:.3f}]")
    print(f"{name:12}" + "   ".join(parts))


async def measure(given: argparse.Namespace) -> Counter[tuple[str, str, bool]]:
    found: Counter[tuple[str, str, bool]] = Counter()
    embedder = load_embedder(given.model)
    for case in cases():
        if (given.half and case.half != given.half) or (given.family not in ("", case.family)):
            continue
        mode = "plain" if given.plain else "whole" if given.whole else "correct"
        wrong = await played(case, embedder, mode)
        found[case.family, case.half, wrong is None] += 1
        if wrong and given.errors:
            print(f"{case.family} {case.name} {case.wording} ({case.half}): {wrong}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="say what is wrong with which case")
    parser.add_argument("--half", default="", choices=["", "tuning", "held out"])
    parser.add_argument("--family", default="")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument(
        "--whole", action="store_true", help="supersede the whole item instead of `correct`"
    )
    parser.add_argument(
        "--plain", action="store_true", help="supersede or retire the first hit of a search"
    )
    found = asyncio.run(measure(parser.parse_args()))
    halves = ("tuning", "held out")
    print(f"{'':12}{'tuning':36}   held out")
    for family in [*dict.fromkeys(family for family, _, _ in found), "overall"]:
        rows = []
        for half in halves:
            counts: Counter[bool] = Counter()
            for (f, h, right), n in found.items():
                if h == half and family in (f, "overall"):
                    counts[right] += n
            rows.append((half, counts))
        show(family, rows)


if __name__ == "__main__":
    main()
