"""How much a memory looks like the one that a text means: numbers, and what they weigh."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from engrammic.claims.attributes import attributes, kinds, kinds_named
from engrammic.claims.checking import contradiction
from engrammic.claims.kinds import CATEGORIES
from engrammic.claims.plain import finite
from engrammic.claims.words import ADVERBS, DETERMINERS, POSSESSIVES, PREPOSITIONS, PRONOUNS
from engrammic.orders import bare
from engrammic.patterns import lazy_pattern
from engrammic.text.stems import STOP_WORDS
from engrammic.text.tokens import telling

_WORDS = lazy_pattern(r"[^\W\d_]+(?:-[^\W\d_]+)*")
FIRST_PERSON = lazy_pattern(r"\b(?:i|me|my|mine|we|us|our|ours|user|user's)\b", re.IGNORECASE)
_BEGINS = lazy_pattern(r"(?:^|[.!?:]\s+)[\"'(]*$")
_DATES = CATEGORIES["weekday"] | CATEGORIES["month"]
_SMALL = (
    STOP_WORDS | DETERMINERS | POSSESSIVES | PREPOSITIONS | PRONOUNS | ADVERBS | {"user", "yes"}
)

WITH_NEW = (3.1, 3.4, 2.1, 1.4, -1.5, -2.1, -0.5, 1.2, 1.7, 1.9, 0.9, 1.1, 0.1, 0.3)
OF_STATEMENTS = (3.0, 2.5, 2.5, 1.0, 0.0, 0.0, 0.0, 2.0, 1.5, 1.5, 0.0, 0.5, 0.5, 1.5)
WITHOUT_NEW = (5.6, 0.0, 3.3, 0.0, -0.8, -1.7, -2.0, 0.0, 3.1, 0.0, 0.0, 1.2, 0.0, 1.7)
"""What each feature of `measured` weighs, in nats: fitted, see docs/forgetting.md.

The statements of one item share its names: there they tell nothing.
"""
NOTHING_WITH_NEW, NOTHING = 7.8, 6.5
"""What it weighs that nothing of all that is there is meant."""
SAME_FRAME = 0.75
"""The share of words that two states of one thing have in common, but for values."""
SAME_ATTRIBUTE, SAME_STEM = 0.15, 0.2
"""What it adds to a cosine that an aspect and a statement are of one attribute, or share a word."""
_DENIAL = lazy_pattern(
    r"\b(?:do|does|did|is|are|was|were|am|has|have|had|can|could|will|would|may|might|must|should|"
    r"shall)(?:\s+(?:not|never|no)|n['’]t)\b(?! only\b)|\b(?:cannot|never)\b",
    re.IGNORECASE,
)
_OPEN = lazy_pattern(
    r"^(?:whether|if|what|where|when|who|whom|whose|which|how|why|is|are|was|were|do|does|did|has|"
    r"have|had|can|could|will|would|may|should)\b|\?\s*$",
    re.IGNORECASE,
)
DERIVED = 5
"""Letters that a verb and the noun of it begin with alike, at least: approve, approval."""
_OWNER = lazy_pattern(r"([^\W\d_]+)(?:['’]s\b|(?<=s)['’](?=\s|$))")
_OWNING = lazy_pattern(r"(?<=\w)['’]s\b|(?<=s)['’](?=\s|$)")
_NUMBERS = lazy_pattern(r"\S*\d\S*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that may be meant: its statements, and how near each comes.

    `near` and `near_new` are cosines of the statements with the text and with what is true
    now, 0 where that is not known; the framed ones are those of `framed` texts.
    """

    statements: Sequence[str]
    near: Sequence[float]
    near_new: Sequence[float]
    near_framed: Sequence[float]
    near_new_framed: Sequence[float]

    @property
    def text(self) -> str:
        """All that it says."""
        return " ".join(self.statements)


def called(text: str) -> frozenset[str]:
    """The names in a text, in lower case: capitals, but for those of a sentence's first word."""
    found: set[str] = set()
    for match in _WORDS.finditer(text):
        word, low = match[0], match[0].lower()
        if not word[0].isupper() or low in _SMALL or low in _DATES or word == "I":
            continue
        opens = _BEGINS.search(text[: match.start()]) is not None
        if not opens or _is_name_in_front(low, text[match.end() :]):
            found.add(low)
    return frozenset(found)


def _is_name_in_front(low: str, rest: str) -> bool:
    """Whether a sentence's first word is a name: owner of something, subject, or part of one."""
    if rest.startswith(("'s", "’s")):
        return True
    following = rest.split(maxsplit=1)[0] if rest.split() else ""
    if following[:1].isupper():
        return not finite(low)
    verb = following.strip(".,!?").lower()
    plural = low.endswith("s") and not verb.endswith("s")
    return finite(verb) and not finite(low) and not plural


def rarities(texts: Sequence[str]) -> dict[str, float]:
    """What each term is worth that occurs in these texts: more, the fewer hold it."""
    count: dict[str, int] = {}
    for text in texts:
        for term in telling(text):
            count[term] = count.get(term, 0) + 1
    return {term: log(1 + (len(texts) + 8) / (n + 0.5)) for term, n in count.items()}


def measured(asked: str, new: str, one: Candidate, rare: Mapping[str, float]) -> tuple[float, ...]:
    """The features of a candidate, in the order of WITH_NEW."""
    mine = telling(one.text)
    wanted, then = telling(asked), telling(new)
    said, now = called(asked), called(new)
    owned = said & now or _owners(asked) or (said if not new else said & _owners(new))
    best = one.statements[max(range(len(one.near)), key=lambda n: one.near[n] + one.near_new[n])]
    words = _words(one.text)
    return (
        max(one.near),
        max(one.near_new),
        _share(wanted, mine, rare),
        _share(then, mine, rare),
        float(bool(said) and not said & words),
        len(owned - words) / len(owned) if owned else 0.0,
        float(_speaks_of_another(asked, new, said | now, best)),
        float(bool(new) and any(contradiction(new, s) for s in one.statements)),
        max(one.near_framed),
        max(one.near_new_framed),
        _share(wanted & then, mine, rare) if wanted & then else 0.5,
        float(bool(attributes(asked) & attributes(best))),
        float(bool(attributes(new) & attributes(best))),
        float(bool((kinds(new) | kinds_named(asked)) & kinds(one.text))),
    )


def likeness(asked: str, new: str, one: Candidate, rare: Mapping[str, float]) -> float:
    """The log-odds that a candidate is meant, against that nothing is; `new` may be empty."""
    weights, nothing = (WITH_NEW, NOTHING_WITH_NEW) if new else (WITHOUT_NEW, NOTHING)
    return _weighed(measured(asked, new, one, rare), weights) - nothing


def meant_by(asked: str, new: str, one: Candidate, rare: Mapping[str, float]) -> float:
    """How much a statement looks like the one that is meant among those of its item."""
    return _weighed(measured(asked, new, one, rare), OF_STATEMENTS)


def nearness(aspect: str, statement: str, near: float) -> float:
    """How near a statement comes to an aspect of whom it is about; `near` is their cosine."""
    own = framed(statement)
    shared = bool(telling(aspect) & telling(own))
    related = bool(attributes(aspect) & attributes(own))
    return near + SAME_ATTRIBUTE * related + SAME_STEM * shared


def _weighed(found: Sequence[float], weights: Sequence[float]) -> float:
    return sum(w * f for w, f in zip(weights, found, strict=True))


def is_state_of_same(one: str, other: str) -> bool:
    """Whether two statements are states of one thing: the same subject and frame, other values."""
    mine, theirs = _subject(one).lower(), _subject(other).lower()
    if not mine or mine != theirs or mine == one.lower():
        return False
    a, b = telling(framed(one)), telling(framed(other))
    return len(a & b) >= SAME_FRAME * len(a | b)


def denies(asked: str, statement: str) -> bool:
    """Whether a statement denies, in the same words, what a text names without a question.

    "Ada does not have root access" denies "Ada's root access": all words of the text are
    there, and those behind the subject are behind the "not". A single word is a topic
    ("Ada's pets"), of which a denial speaks as well.
    """
    said = bare(asked)
    found = _DENIAL.search(statement)
    if found is None or _DENIAL.search(said) or _OPEN.search(said):
        return False
    before, after = telling(statement[: found.start()]), telling(statement[found.end() :])
    wanted = telling(said)
    denied = [word for word in wanted if _is_among(word, after)]
    return len(denied) > 1 and all(word in denied or word in before for word in wanted)


def _is_among(word: str, others: frozenset[str]) -> bool:
    """Whether a term is among others, or one of its root is."""
    return word in others or any(_share_root(word, other) for other in others)


def _share_root(one: str, other: str) -> bool:
    return len(one) >= DERIVED and one[:DERIVED] == other[:DERIVED]


def _owners(text: str) -> frozenset[str]:
    """Those of whom something is, by "'s"."""
    return frozenset(m[1].lower() for m in _OWNER.finditer(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(w.lower() for w in _WORDS.findall(text))


def _share(wanted: frozenset[str], mine: frozenset[str], rare: Mapping[str, float]) -> float:
    """How much of the wanted terms, by rarity, is there."""
    typical = max(rare.values(), default=1.0)
    total = sum(rare.get(t, typical) for t in wanted)
    return sum(rare.get(t, typical) for t in wanted & mine) / total if total else 0.0


def _speaks_of_another(asked: str, new: str, people: frozenset[str], statement: str) -> bool:
    """Whether a statement is about somebody of whom neither the text nor what is new speaks."""
    subject = _subject(statement)
    theirs = [w for w in _WORDS.findall(subject) if w.lower() in called(subject)]
    if theirs and theirs[-1].lower() in people:
        return False
    others = bool(theirs) or bool(_owners(subject) - _words(f"{asked} {new}"))
    mine = bool(FIRST_PERSON.search(subject))
    if people:
        return others or mine
    return others and not mine and bool(FIRST_PERSON.search(f"{asked} {new}"))


def _subject(statement: str) -> str:
    """The words before the first verb; the whole where none is known."""
    said = statement.split()
    verb = next((n for n, word in enumerate(said) if n and finite(word.lower())), len(said))
    return " ".join(said[:verb])


def framed(text: str) -> str:
    """The text without the names and numbers in it: what is said, whoever and whatever it is of."""
    gone = called(text)
    said = _NUMBERS.sub(" ", _WORDS.sub(lambda m: "" if m[0].lower() in gone else m[0], text))
    said = " ".join(_OWNING.sub("", said).split())
    return said if any(c.isalpha() for c in said) else text
