"""A phrase as it is compared: its words in one form, its numbers and dates, its head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engrammic.claims.kinds import CATEGORIES
from engrammic.claims.quantities import Date, Quantity, quantities
from engrammic.claims.senses import is_describing
from engrammic.claims.words import (
    ADVERBS,
    GROUP,
    POSSESSIVES,
    PREPOSITIONS,
    SPEAKER,
    TRIVIAL,
    VERBS,
    Form,
    noun,
    several,
)

_TIMES = (
    CATEGORIES["weekday"]
    | CATEGORIES["month"]
    | several("morning afternoon evening night weekend weekday")
)
_EMPTY = several("the a an this that of 's our my your his her its their we us you one")
_GRADED = several("slow clean clear warm cool dry calm smooth narrow light dirty tidy")
_BOUNDS = several("more less fewer newer higher later above")
_KEPT = several("together alone well even right")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`words` are nouns in the singular and the like; `head` is what it is about."""

    text: str = ""
    words: frozenset[str] = frozenset()
    head: str = ""
    numbers: tuple[Quantity, ...] = ()
    dates: tuple[Date, ...] = ()
    proper: bool = False
    indefinite: bool = False
    listed: bool = False
    plural: bool = False

    @property
    def key(self) -> str:
        """Its words and numbers in one order."""
        numbers = [f"{q.low:g}..{q.high:g}{q.dimension}" for q in self.numbers]
        days = [f"{d.year}-{d.month}-{d.day}" for d in self.dates]
        return " ".join([*sorted(self.words), *numbers, *days])

    @property
    def is_time(self) -> bool:
        """Whether it says when."""
        clock = any(q.dimension == "clock" for q in self.numbers)
        return bool(self.dates) or clock or bool(self.words & _TIMES)

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it can be compared."""
        return not (self.words or self.numbers or self.dates)


def phrase(tokens: Sequence[str]) -> Phrase:
    """The phrase of some words."""
    kept = [t for t in tokens if t not in (",", "(", ")")]
    lower = [_lowered(t, first=not n) for n, t in enumerate(kept)]
    numbers, dates, rest = quantities([w for w in lower if w not in ("a", "an", "the")])
    forms = list(_normal(rest)) or [w for w in rest[-1:] if w not in _EMPTY]
    return Phrase(
        " ".join(kept).replace(" 's", "'s"),
        frozenset(w for w in forms if w != "of"),
        _head(forms),
        tuple(numbers),
        tuple(dates),
        any(is_name(t) for t in kept),
        bool(lower) and lower[0] in ("a", "an", "some", "any"),
        "and" in lower or "," in tokens or ("or" in lower and lower[-1] not in _BOUNDS),
        bool(lower) and _is_plural(lower[-1]),
    )


def _is_plural(word: str) -> bool:
    return noun(word) != word and word.endswith(("s", "people", "children"))


def _lowered(word: str, *, first: bool) -> str:
    if word in ("US", "USA"):
        return "usa"
    return "a_" if word == "A" and not first else word.lower()


def is_name(token: str) -> bool:
    """Whether a word is spelt like a name, an identifier or a path."""
    mixed = any(c.isdigit() for c in token) and any(c.isalpha() for c in token)
    inner = any(c.isupper() for c in token) or mixed
    return token not in ("I", "The", "A", "An", "My", "Our") and (
        inner or any(c in "_/.:~" for c in token.strip("."))
    )


def _normal(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if word in SPEAKER or word == "my":
            yield "user"
        elif word == "of":
            yield word
        elif (
            word in TRIVIAL
            or word in POSSESSIVES
            or word in GROUP
            or (word in ADVERBS and word not in _KEPT)
            or word in PREPOSITIONS
        ):
            continue
        else:
            yield _singular(word)


def _singular(word: str) -> str:
    for base in (word[:-2], word[:-1], word[:-3] + "y", word[:-3]):
        comparative = len(word) > 4 and word.endswith("er") and word not in CATEGORIES["job"]
        if comparative and is_describing(base) and (base not in VERBS or base in _GRADED):
            return base
    forms = VERBS.get(word, {})
    if Form.ING in forms.values():
        return next(iter(forms))
    return noun(word)


def _head(words: Sequence[str]) -> str:
    """The last word before "of"."""
    before = list(words[: words.index("of")]) if "of" in words else list(words)
    return before[-1] if before else ""
