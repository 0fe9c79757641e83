"""What is kept of a file's partitions stays within its bound, however many there are."""

from __future__ import annotations

from dataclasses import dataclass

from engrammic.backends.sqlite.derived.kept import LEAST, PART, Kept

MEASURED = [0]


@dataclass
class Thing:
    size: int

    @property
    def nbytes(self) -> int:
        MEASURED[0] += 1
        return self.size


def held(kept: Kept[Thing]) -> int:
    return len(kept._held)


def test_the_least_recently_used_goes_first() -> None:
    kept: Kept[Thing] = Kept(30 * LEAST)
    first = kept.of(1, lambda: Thing(10 * LEAST))
    kept.of(2, lambda: Thing(10 * LEAST))
    assert kept.of(1, lambda: Thing(0)) is first
    kept.of(3, lambda: Thing(15 * LEAST))
    assert kept.of(1, lambda: Thing(0)) is first
    assert kept.of(2, lambda: Thing(7)).size == 7


def test_what_holds_nothing_yet_counts_too() -> None:
    kept: Kept[Thing] = Kept(100 * LEAST)
    for n in range(1000):
        kept.of(n, lambda: Thing(0))
    assert 0 < held(kept) <= 100 * PART // (PART - 1) + 1


def test_many_are_not_measured_for_each_that_comes() -> None:
    kept: Kept[Thing] = Kept(1 << 40)
    MEASURED[0] = 0
    for n in range(2000):
        kept.of(n, lambda: Thing(0))
    assert MEASURED[0] < 2 * PART * 2000
