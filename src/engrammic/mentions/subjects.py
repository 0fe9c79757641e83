"""One subject or several spellings of it, and what finds any of them in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from engrammic.mentions.finding import identifier
from engrammic.mentions.names import name_of
from engrammic.mentions.people import People
from engrammic.mentions.plain import plain
from engrammic.mentions.syllables import syllabic

FEWEST_DOTTED = 3
"""Letters of a word that is known with dots between them, at least."""


class Subjects:
    """What is to be found. Names need a reading of the whole memory first.

    Call `observe` with every text, then, if `settle` says so, `contest` with every
    text; `speaks` then tells whether a text names one of the subjects.
    """

    def __init__(self, subjects: Sequence[str]) -> None:
        whole = [_undotted(plain(subject)) for subject in subjects]
        found = {subject: identifier(subject) for subject in whole}
        self.finders: list[Callable[[str], bool]] = [f for f in found.values() if f is not None]
        written = (syllabic(plain(s)) for s, f in found.items() if f is None)
        self.finders += [f for f in written if f is not None]
        self.finders += [_dotted(s) for s, f in found.items() if f is None and s.isalpha()]
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


def _undotted(subject: str) -> str:
    """A word whose letters are set apart, as one: `a.d.a` is `ada`."""
    apart = re.fullmatch(r"[^\W\d_](?:\.[^\W\d_]){2,}", subject.strip())
    return subject.replace(".", "") if apart else subject


def _dotted(word: str) -> Callable[[str], bool]:
    """What finds a word with its letters set apart."""
    if len(word) < FEWEST_DOTTED:
        return lambda _text: False
    apart = r"\.".join(map(re.escape, word))
    spelt = re.compile(rf"(?<![\w.-]){apart}(?![\w-]|\.\w)", re.IGNORECASE)
    return lambda text: "." in text and spelt.search(text) is not None
