"""Where the verb of a clause begins."""

from __future__ import annotations

from engrammic.claims.plain import finite
from engrammic.claims.quantities import NUMBERS
from engrammic.claims.words import (
    ADVERBS,
    BE,
    DETERMINERS,
    DO,
    HAVE,
    NOT,
    POSSESSIVES,
    PREPOSITIONS,
    VERBS,
    WILL,
    Form,
    several,
)

_PLURALS = several("i you we they people these those all most some many")
_NOUNS = several(
    "build test release deploy work plan cost design support control log process stream queue "
    "backup cache request file index report record order search review change update import "
    "export code image email head view lead"
)
_STRONG = several(
    "want need like love hate prefer use know own require support offer get give take speak "
    "accept allow handle depend contain include provide enjoy"
)
UNCHANGED = several("put set cut quit run read split shut let cost become come")


def verb_at(lower: list[str], goes_on: bool) -> int | None:
    """Where the verb group begins; `goes_on` is a clause that may lack its subject."""
    for at, word in enumerate(lower):
        previous = lower[at - 1] if at else ""
        if word in NOT or word in ADVERBS:
            if at and _is_verb_next(lower, at + 1):
                return at
            continue
        if word in BE or word in WILL or word in DO or word in HAVE:
            if word == "have" and previous == "to":
                continue
            return at
        if word in VERBS and (_is_verb(lower, at) or (goes_on and not at and finite(word))):
            return at
    return None


def guessed(lower: list[str]) -> int | None:
    """Where a verb that is not known may stand: a word in -s before a phrase, or at the end."""
    for at in range(1, len(lower)):
        word, following = lower[at], lower[at + 1] if at + 1 < len(lower) else ""
        plain = word.isalpha() and word.endswith("s") and not word.endswith(("ss", "us", "is"))
        phrase = following in DETERMINERS | POSSESSIVES | PREPOSITIONS | ADVERBS | {""}
        if plain and phrase and lower[at - 1] not in DETERMINERS | POSSESSIVES | PREPOSITIONS:
            return at
    return None


def _is_verb_next(lower: list[str], at: int) -> bool:
    while at < len(lower) and (lower[at] in ADVERBS or lower[at] in NOT):
        at += 1
    return at < len(lower) and finite(lower[at])


def _commands(lower: list[str], at: int) -> bool:
    """Whether a clause that begins with a verb tells someone to do it."""
    word, forms = lower[at], set(VERBS[lower[at]].values())
    following = next((w for w in lower[at + 1 :] if w not in ADVERBS), "")
    later = any(
        w in BE
        or w in WILL
        or w in HAVE
        or Form.PAST in VERBS.get(w, {}).values()
        or (word in _NOUNS and Form.THIRD in VERBS.get(w, {}).values())
        for w in lower[at + 1 :]
    )
    determined = following in DETERMINERS or following in POSSESSIVES
    return Form.BASE in forms and (determined or not later)


def _is_verb(lower: list[str], at: int) -> bool:
    """Whether a word that may be a verb is one here, and not a noun or an adjective."""
    word, forms = lower[at], set(VERBS[lower[at]].values())
    before = at - 1
    while before >= 0 and (lower[before] in ADVERBS or lower[before] in (*NOT, ",")):
        before -= 1
    previous = lower[before] if before >= 0 else ""
    following = next((w for w in lower[at + 1 :] if w not in ADVERBS), "")
    if forms == {Form.ING} or previous in POSSESSIVES or previous == "'s" or previous == "to":
        return False
    if previous in (DETERMINERS - {"all", "this", "that"}) or previous in PREPOSITIONS:
        return False
    if following in BE or following in WILL or (following in HAVE and word != following):
        return False
    if not previous:
        return _commands(lower, at)
    if Form.THIRD in forms and next(iter(VERBS[word])) in _STRONG:
        return True
    if Form.THIRD in forms:
        return previous not in ("i", "we", "you", "they") and not (
            finite(following) and following not in ("set",) and following not in PREPOSITIONS
        )
    if Form.PAST in forms or Form.PARTICIPLE in forms:
        return True
    if word in UNCHANGED and previous not in _PLURALS:
        return True
    return any(
        w in _PLURALS
        or w == "and"
        or w in NUMBERS
        or (w.endswith("s") and not w.endswith(("ss", "'s", "us")))
        for w in lower[:at]
    )
