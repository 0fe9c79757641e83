"""One clause as a frame: who, does what, to what, where, and whether that is denied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engrammic.claims.plain import finite
from engrammic.claims.quantities import NUMBERS
from engrammic.claims.words import (
    ADVERBS,
    BE,
    DETERMINERS,
    DO,
    HAVE,
    NOT,
    PAST_AUX,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    WILL,
    Form,
    noun,
    several,
)

_SOFT = several(
    "rarely seldom mostly usually sometimes occasionally often generally typically partly "
    "largely mainly normally frequently hardly"
)  # fmt: skip
_UNSURE = several("might may could would perhaps possibly probably maybe")
_MUST = several("must should shall")
_TIMES = several(
    "yesterday today tomorrow tonight ago last next recently formerly previously once earlier "
    "originally initially"
)
_THEN = several(
    "yesterday ago formerly previously earlier originally initially"
)
_PLURAL = several("i you we they people these those all most some many")


@dataclass
class Draft:
    """A clause while it is read. Words keep their case."""

    subject: list[str]
    verb: str
    object: list[str] = field(default_factory=list)
    phrases: list[tuple[str, list[str]]] = field(default_factory=list)
    positive: bool = True
    passive: bool = False
    past: bool = False
    perfect: bool = False
    certain: bool = True
    must: bool = False
    soft: bool = False
    only: bool = False
    imperative: bool = False
    times: frozenset[str] = frozenset()


def draft(tokens: Sequence[str], before: Draft | None = None) -> Draft | None:
    """The clause as a draft; None when no verb is found. `before` lends its subject."""
    opening, tokens = _opening(list(tokens))
    lower = [t.lower() for t in tokens]
    start = _verb_at(lower, tokens, before is not None)
    if start is None:
        start = _guessed(lower)
    if start is None:
        return None
    made = Draft([t for t in tokens[:start] if t != ","], "")
    after = _verb_group(made, tokens, start)
    if not made.verb:
        return None
    _adverbs_of_subject(made)
    if not made.subject:
        if before is not None and not (made.imperative and before.imperative):
            made.subject = list(before.subject)
            made.imperative = False
            made.past = made.past or (before.past and made.perfect)
        elif made.imperative:
            made.must = True
        else:
            return None
    _complements(made, tokens[after:])
    made.phrases += opening
    return made


def _opening(tokens: list[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Phrases before the subject, such as "In production"; and the rest."""
    if not tokens or tokens[0].lower() not in PREPOSITIONS:
        return [], tokens
    for at in range(1, len(tokens)):
        low = tokens[at].lower()
        if tokens[at] == ",":
            return [(tokens[0].lower(), tokens[1:at])], tokens[at + 1 :]
        starts = low in PRONOUNS or low in DETERMINERS or low in POSSESSIVES
        if at > 1 and (starts or (tokens[at][0].isupper() and low != "i")):
            if tokens[at - 1].lower() not in PREPOSITIONS:
                return [(tokens[0].lower(), tokens[1:at])], tokens[at:]
    return [], tokens


def _verb_at(lower: list[str], tokens: Sequence[str], goes_on: bool) -> int | None:
    """Where the verb group begins."""
    for at, word in enumerate(lower):
        previous = lower[at - 1] if at else ""
        if word in NOT or word in ADVERBS:
            if any(finite(w) or w in NOT or w in ADVERBS for w in lower[at + 1 : at + 2]):
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


def _guessed(lower: list[str]) -> int | None:
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
    if Form.THIRD in forms and next(iter(VERBS[word])) in _STRONG:
        return True
    if Form.THIRD in forms:
        return previous not in ("i", "we", "you", "they") and not (
            finite(following) and following not in ("set",) and following not in PREPOSITIONS
        )
    if Form.PAST in forms or Form.PARTICIPLE in forms:
        return True
    if word in _UNCHANGED and previous not in _PLURAL:
        return True
    return any(
        w in _PLURAL
        or w == "and"
        or w in NUMBERS
        or (w.endswith("s") and not w.endswith(("ss", "'s", "us")))
        for w in lower[:at]
    )


_NOUNS = several(
    "build test release deploy work plan cost design support control log process stream queue "
    "backup cache request file index report record order search review change update import "
    "export code image email head view lead"
)
_STRONG = several(
    "want need like love hate prefer use know own require support offer get give take speak "
    "accept allow handle depend contain include provide enjoy"
)


def _verb_group(made: Draft, tokens: Sequence[str], at: int) -> int:
    """Read auxiliaries, negation and adverbs up to the main verb; where its complements begin."""
    be = have = False
    lower = [t.lower() for t in tokens]
    made.imperative = not made.subject
    while at < len(lower):
        word = lower[at]
        if word in NOT:
            made.positive = not made.positive if word != "hardly" else made.positive
        elif word in ADVERBS and not (word in VERBS and not _more_verb(lower, at)):
            _adverb(made, word)
        elif word in WILL:
            made.certain = made.certain and word not in _UNSURE
            made.must = made.must or word in _MUST
            made.imperative = False
        elif word in DO and _more_verb(lower, at):
            made.past = made.past or word == "did"
        elif word in HAVE and _participle_next(lower, at):
            have = made.perfect = True
            made.past = made.past or word == "had"
        elif word in BE:
            be = True
            made.past = made.past or word in PAST_AUX
            if not _verb_after_be(lower, at):
                made.verb = "be"
                return at + 1
        else:
            return _main_verb(made, lower, at, be, have)
        at += 1
    return at


def _main_verb(made: Draft, lower: list[str], at: int, be: bool, have: bool) -> int:
    word = lower[at]
    if word in HAVE:
        made.verb, made.past = "have", made.past or word == "had"
        return at + 1
    if word in DO:
        made.verb, made.past = "do", made.past or word == "did"
        return at + 1
    forms = VERBS.get(word, {})
    if not forms:
        made.verb = noun(word)
        return at + 1
    verb, form = next(iter(forms.items()))
    if word == "used" and not be and lower[at + 1 : at + 2] == ["to"] and lower[at + 2 : at + 3]:
        inner = lower[at + 2]
        if inner in VERBS or inner in HAVE:
            made.past, made.verb = True, "have" if inner in HAVE else next(iter(VERBS[inner]))
            return at + 3
    made.verb = verb
    done = form in (Form.PAST, Form.PARTICIPLE) or (form is Form.BASE and word in _UNCHANGED)
    made.passive = be and done
    if done and not be and not have and form is not Form.BASE:
        made.past = True
    return at + 1


_UNCHANGED = several("put set cut quit run read split shut let cost become come")


def _adverb(made: Draft, word: str) -> None:
    made.soft = made.soft or word in _SOFT
    made.only = made.only or word in ("only", "exclusively", "solely")
    made.certain = made.certain and word not in _UNSURE
    if word in _THEN:
        made.past = True


def _more_verb(lower: list[str], at: int) -> bool:
    at += 1
    denied = lower[at : at + 1] == ["not"]
    while at < len(lower) and (lower[at] in ADVERBS or lower[at] in NOT):
        at += 1
    if at >= len(lower) or lower[at] in DETERMINERS | POSSESSIVES | PREPOSITIONS | PRONOUNS:
        return False
    known = Form.BASE in VERBS.get(lower[at], {}).values() or lower[at] in HAVE | DO | {"be"}
    return known or (denied and lower[at].isalpha())


def _participle_next(lower: list[str], at: int) -> bool:
    at += 1
    while at < len(lower) and (lower[at] in ADVERBS or lower[at] in NOT):
        at += 1
    if at >= len(lower):
        return False
    forms = VERBS.get(lower[at], {}).values()
    return lower[at] in ("been", "had", "become") or any(
        form in (Form.PAST, Form.PARTICIPLE) for form in forms
    )


def _verb_after_be(lower: list[str], at: int) -> bool:
    """Whether a participle follows a form of be: "is written", "is running", "has been moved"."""
    at += 1
    while at < len(lower) and (lower[at] in ADVERBS or lower[at] in NOT or lower[at] == "being"):
        at += 1
    if at >= len(lower) or (lower[at] in _STATES and "by" not in lower):
        return False
    forms = set(VERBS.get(lower[at], {}).values())
    if Form.ING in forms:
        following = lower[at + 1] if at + 1 < len(lower) else ""
        return lower[at] not in ("missing", "running", "failing", "passing", "working") or bool(
            following and following not in ADVERBS
        )
    return bool(forms & {Form.PAST, Form.PARTICIPLE}) or lower[at] in _UNCHANGED


_STATES = several(
    "open closed enabled disabled required supported broken locked married "
    "retired divorced engaged allowed forbidden permitted prohibited lost left encrypted set "
    "connected installed cached sorted paid signed occupied interested complicated detailed "
    "employed satisfied tired excited cut shut hidden deprecated available"
) - {"left", "lost", "set", "cut"}


def _adverbs_of_subject(made: Draft) -> None:
    kept = []
    for token in made.subject:
        low = token.lower()
        if low in NOT:
            made.positive = not made.positive
        elif low in ADVERBS:
            _adverb(made, low)
        else:
            kept.append(token)
    made.subject = kept
    if made.subject and made.subject[0].lower() == "no":
        made.positive, made.subject = not made.positive, made.subject[1:]
    made.imperative = made.imperative or not made.subject


_RANGES = several("about around over under above below at up to than")


def _numeric(tokens: Sequence[str], at: int) -> bool:
    """Whether what follows bounds a number: "at least 3", "over 40", "up to 5"."""
    following = [t.lower() for t in tokens[at - 1 : at + 2]]
    if following[0] in ("at", "up", "to", "than"):
        bound = {"at": ("least", "most"), "up": ("to",)}.get(following[0], ())
        before = tokens[at - 2].lower() if at > 1 else ""
        inside = (following[0], before) in (
            ("to", "up"),
            ("than", "more"),
            ("than", "less"),
            ("than", "fewer"),
        )
        return following[1:2] != [] and (following[1] in bound or inside)
    return following[1:2] != [] and (following[1][0].isdigit() or following[1] in NUMBERS)


def _complements(made: Draft, tokens: Sequence[str]) -> None:
    """The object and the phrases behind the verb."""
    times: set[str] = set()
    current = made.object
    for at, token in enumerate(tokens):
        low = token.lower()
        if low == "anymore":
            made.positive = False
        elif (low in ("not", "never", "not_anymore") and at == 0) or (low == "no" and not current):
            made.positive = not made.positive
        elif low in ADVERBS and low not in ("right", "well", "even", "together", "still"):
            _adverb(made, low)
            if low in _TIMES:
                times.add(low)
        elif low in _TIMES:
            times |= {low, *(t.lower() for t in tokens[at + 1 : at + 2])}
            made.past = made.past or (low in _THEN and made.verb != "schedule")
        elif low in _RANGES and _numeric(tokens, at + 1):
            current.append(token)
        elif low in PREPOSITIONS and not (low == "like" and current is made.object):
            current = []
            made.phrases.append((low, current))
        elif token != "," or at + 1 < len(tokens):
            current.append(token)
    made.times = frozenset(times)
