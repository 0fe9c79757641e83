"""The verb of a clause with its auxiliaries: what it says, when, and whether it is denied."""

from __future__ import annotations

from collections.abc import Sequence

from engrammic.claims.drafts import UNSURE, Draft, note_adverb
from engrammic.claims.verb_place import UNCHANGED
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

_MUST = several("must should shall")
_STATES = several(
    "open closed enabled disabled required supported broken locked married "
    "retired divorced engaged allowed forbidden permitted prohibited lost left encrypted set "
    "connected installed cached sorted paid signed occupied interested complicated detailed "
    "employed satisfied tired excited cut shut hidden deprecated available"
) - {"left", "lost", "set", "cut"}


def verb_group(made: Draft, tokens: Sequence[str], at: int) -> int:
    """Read auxiliaries, negation and adverbs up to the main verb; where its complements begin."""
    be = have = False
    lower = [t.lower() for t in tokens]
    made.imperative = not made.subject
    while at < len(lower):
        word = lower[at]
        if word in NOT:
            made.positive = not made.positive if word != "hardly" else made.positive
        elif word in ADVERBS and not (word in VERBS and not _more_verb(lower, at)):
            note_adverb(made, word)
        elif word in WILL:
            made.certain = made.certain and word not in UNSURE
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
    done = form in (Form.PAST, Form.PARTICIPLE) or (form is Form.BASE and word in UNCHANGED)
    made.passive = be and done
    if done and not be and not have and form is not Form.BASE:
        made.past = True
    return at + 1


def _more_verb(lower: list[str], at: int) -> bool:
    at += 1
    denied = lower[at : at + 1] == ["not"]
    while at < len(lower) and (lower[at] in ADVERBS or lower[at] in NOT):
        at += 1
    small = DETERMINERS | POSSESSIVES | PREPOSITIONS | PRONOUNS
    if at >= len(lower) or (lower[at] in small and lower[at] not in VERBS):
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
    passive = (
        "by" in lower
        or lower[at : at + 2] == ["encrypted", "with"]
        or (lower[at : at + 1] == ["supported"] and "in" in lower)
    )
    if at >= len(lower) or (lower[at] in _STATES and not passive):
        return False
    forms = set(VERBS.get(lower[at], {}).values())
    if Form.ING in forms:
        following = lower[at + 1] if at + 1 < len(lower) else ""
        return lower[at] not in ("missing", "running", "failing", "passing", "working") or bool(
            following and following not in ADVERBS
        )
    return bool(forms & {Form.PAST, Form.PARTICIPLE}) or lower[at] in UNCHANGED
