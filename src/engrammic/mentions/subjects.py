"""One subject or several spellings of it, and what finds any of them in a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engrammic.mentions.finding import identifier
from engrammic.mentions.names import name_of
from engrammic.mentions.people import People
from engrammic.mentions.plain import plain
from engrammic.mentions.syllables import syllabic


class Subjects:
    """What is to be found. Names need a reading of the whole memory first.

    Call `observe` with every text, then, if `settle` says so, `contest` with every
    text; `speaks` then tells whether a text names one of the subjects.
    """

    def __init__(self, subjects: Sequence[str]) -> None:
        found = {subject: identifier(subject) for subject in subjects}
        self.finders: list[Callable[[str], bool]] = [f for f in found.values() if f is not None]
        written = (syllabic(plain(s)) for s, f in found.items() if f is None)
        self.finders += [f for f in written if f is not None]
        self.people = [People(name_of(plain(s))) for s, f in found.items() if f is None]

    def observe(self, text: str) -> None:
        """Learn from a text who bears the names."""
        for people in self.people:
            people.observe(text)

    def settle(self) -> bool:
        """Whether the texts must be read once more, for the sake of nicknames."""
        waiting = [people.settle() for people in self.people]
        return any(waiting)

    def contest(self, text: str) -> None:
        """Learn from a text who else bears the nicknames."""
        for people in self.people:
            people.contest(text)

    def speaks(self, text: str) -> bool:
        """Whether a plain text names one of the subjects."""
        return any(find(text) for find in self.finders) or any(
            people.speaks(text) for people in self.people
        )
