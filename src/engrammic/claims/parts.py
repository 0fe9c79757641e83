"""What a text says, statement by statement, and the text with one statement replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engrammic.claims.plain import finite, joins_clauses, words
from engrammic.text.sentences import sentences

_AND = re.compile(r",?\s+and\s+", re.IGNORECASE)


class Part(NamedTuple):
    """One statement: where its sentence stands in the text, and its words by themselves."""

    start: int
    end: int
    text: str


def parts(text: str) -> list[Part]:
    """The statements of a text in reading order: sentences, and what "and" joins in them."""
    found: list[Part] = []
    place = 0
    for sentence in sentences(text):
        start = text.find(sentence, place)
        if start < 0:  # its white space is not as written: the text is taken as one
            return [Part(0, len(text), text)]
        place = start + len(sentence)
        found += [Part(start, place, said) for said in _statements(sentence)]
    return found


def replaced(text: str, told: Sequence[Part], number: int, content: str) -> str:
    """The text with another content where its statement of that number was."""
    meant = told[number]
    others = [p.text for n, p in enumerate(told) if n != number and p.start == meant.start]
    said = " ".join([*map(_ended, others), content])
    return f"{text[: meant.start]}{said}{text[meant.end :]}"


def _statements(sentence: str) -> Iterator[str]:
    subject, last = _subject(sentence), 0
    for joint in _AND.finditer(sentence):
        before = words(sentence[: joint.end()])
        if joins_clauses(words(sentence), len(before)):
            yield _alone(sentence[last : joint.start()], subject if last else "")
            last = joint.end()
    yield _alone(sentence[last:], subject if last else "")


def _subject(sentence: str) -> str:
    """The words before the first verb."""
    said = sentence.split()
    verb = next((n for n, word in enumerate(said) if n and finite(word.lower())), 0)
    return " ".join(said[:verb])


def _alone(statement: str, subject: str) -> str:
    """A statement as a sentence of its own, with the subject that it shares."""
    first = statement.split(maxsplit=1)[0].lower() if statement.split() else ""
    return f"{subject} {statement}" if subject and finite(first) else statement


def _ended(statement: str) -> str:
    said = statement[:1].upper() + statement[1:]
    return said if said.endswith((".", "!", "?")) else f"{said}."
