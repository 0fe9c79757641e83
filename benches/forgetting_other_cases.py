"""Reads the cases of another hand: 125 scenes in two wordings each, among small talk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).parent / "data"
SCENES = ("forgetting_other_1.txt", "forgetting_other_2.txt")
LIST = {"fact", "near", "then", "keep", "later"}
WORDINGS = 2
FEWEST, MOST = 20, 60


@dataclass(frozen=True, slots=True)
class Step:
    """What the user does: a verb, what it is about, and the new text if there is one."""

    verb: str
    about: str
    new: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One scene in one wording. `half` is "tuning" or "held out", by scene."""

    family: str
    name: str
    wording: int
    half: str
    facts: list[str]
    near: list[str]
    talk: list[str]
    steps: list[Step]
    ask: str
    want: str
    gone: list[str] = field(default_factory=list)
    keep: list[tuple[str, str]] = field(default_factory=list)


def cases() -> Iterator[Case]:
    """All cases, always the same: the two wordings of a scene are in the same half."""
    scenes = [scene for name in SCENES for scene in _scenes(DATA / name)]
    small = (DATA / "forgetting_smalltalk.txt").read_text().splitlines()
    count: dict[str, int] = {}
    for head, lines in scenes:
        family, name = head.split()
        place = count[family] = count.get(family, -1) + 1
        others = [t for h, ls in scenes if h != head for k, t in ls if k == "near"]
        for wording in range(WORDINGS):
            dice = random.Random(f"{head} {wording}")
            talk = dice.sample(small + others, dice.randint(FEWEST, MOST))
            half = "held out" if place % 2 else "tuning"
            yield _case(family, name, wording, half, lines, talk)


def _scenes(path: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for block in path.read_text().strip().split("\n\n"):
        head, *lines = block.splitlines()
        pairs = [line.split(": ", 1) for line in lines]
        yield head.removeprefix("= "), [(key, value) for key, value in pairs]


def _case(
    family: str, name: str, wording: int, half: str,
    lines: list[tuple[str, str]], talk: list[str],
) -> Case:  # fmt: skip
    def many(key: str) -> list[str]:
        return [value for k, value in lines if k == key]

    def one(key: str) -> str:
        return _worded(next(iter(many(key)), ""), wording)

    steps = [Step("correct", _worded(a, wording), n) for a, n in map(_arrow, many("then"))]
    if many("new"):
        steps.append(Step("correct", one("about"), one("new")))
    if many("retract"):
        steps.append(Step("retract", one("retract")))
    if many("forget"):
        steps.append(Step("forget", one("forget")))
    if many("later"):
        steps.append(Step("say", "", one("later")))
    gone = [part.strip() for part in ";".join(many("gone")).split(";") if part.strip()]
    return Case(family, name, wording, half, many("fact"), many("near"), talk, steps,
                one("ask"), one("want"), gone, [*map(_arrow, many("keep"))])  # fmt: skip


def _worded(text: str, wording: int) -> str:
    parts = text.split(" || ")
    return parts[wording % len(parts)]


def _arrow(text: str) -> tuple[str, str]:
    left, right = text.split(" => ", 1)
    return left, right
