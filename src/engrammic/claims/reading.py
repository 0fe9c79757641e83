"""From text to frames and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from engrammic.claims.drafts import Draft
from engrammic.claims.frames import draft
from engrammic.claims.kinds import category
from engrammic.claims.meaning import Frame, meanings
from engrammic.claims.nouns import Claim
from engrammic.claims.phrases import phrase
from engrammic.claims.plain import Clause, clauses, sentences, words
from engrammic.claims.senses import VERB_OF
from engrammic.claims.slots import SINGLE, SLOTS
from engrammic.claims.words import PREPOSITIONS, several

_INSTEAD = (("instead", "of"), ("rather", "than"), ("as", "opposed", "to"), ("and", "not"))
_STANDS_FOR = several("it he she they")
LONGEST = 60
"""Words of a sentence that is read: longer ones are lists, logs or law."""


@lru_cache(maxsize=4096)
def frames_of(text: str) -> tuple[Frame, ...]:
    """The frames of a text, in reading order."""
    found: list[Frame] = []
    last: Draft | None = None
    for sentence in sentences(text):
        tokens = words(sentence.words)
        if len(tokens) > LONGEST:
            continue
        before: Draft | None = None
        for clause in clauses(tokens):
            made, others = _read(clause, before)
            if made is None:
                continue
            if (
                last is not None
                and len(made.subject) == 1
                and made.subject[0].lower() in _STANDS_FOR
            ):
                made = replace(made, subject=list(last.subject))
            if last is not None and [t.lower() for t in made.object] in (["it"], ["them"]):
                made = replace(made, object=list(last.object or last.subject))
            before = last = made
            for one in (made, *others):
                told = _denied(one, sentence.denied)
                found += meanings(told, sentence.text, clause.condition)
    return tuple(found)


def _denied(made: Draft, denied: bool) -> Draft:
    """The draft, turned round when its sentence denies it."""
    return replace(made, positive=not made.positive) if denied else made


def _read(clause: Clause, before: Draft | None) -> tuple[Draft | None, list[Draft]]:
    """The clause's draft, and the denials that "not X" and "instead of X" add."""
    tokens, rejected = _without_rejected(clause.words)
    made = draft(tokens, before)
    if made is None or not rejected:
        return made, []
    return made, [_denial(made, value) for value in rejected]


def _without_rejected(tokens: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    lower = [t.lower() for t in tokens]
    for at in range(1, len(lower)):
        starts = next((len(w) for w in _INSTEAD if tuple(lower[at : at + len(w)]) == w), 0)
        if lower[at] in ("not", "never") and lower[at - 1] == ",":
            starts = 1
        if not starts:
            continue
        end = next((n for n in range(at + starts, len(lower)) if lower[n] == ","), len(lower))
        value = list(tokens[at + starts : end])
        while value and value[0].lower() in PREPOSITIONS:
            value = value[1:]
        kept = [*tokens[:at], *tokens[end:]]
        while kept and kept[-1] == ",":
            kept.pop()
        return kept, [value] if value else []
    return list(tokens), []


def _denial(made: Draft, value: list[str]) -> Draft:
    """The clause with another value in place of the one that it is opposed to, denied."""
    kinds = {name for name, _ in category(phrase(value).words)}

    def fits(tokens: Sequence[str]) -> bool:
        return bool(kinds & {name for name, _ in category(phrase(tokens).words)})

    if made.object and (fits(made.object) or not made.phrases):
        return replace(made, object=value, positive=not made.positive)
    at = next((n for n, (_, tokens) in enumerate(made.phrases) if fits(tokens)), -1)
    if not made.phrases:
        return replace(made, object=value, positive=not made.positive)
    if at == -1 and made.object and len(value) <= 2 and not fits(made.phrases[-1][1]):
        return replace(made, object=value, positive=not made.positive)
    phrases = list(made.phrases)
    phrases[at] = (phrases[at][0], value)
    return replace(made, phrases=phrases, positive=not made.positive)


def claims_of(text: str) -> list[Claim]:
    """The claims of a text in reading order; conditions and guesses are `certain=False`."""
    return list(dict.fromkeys(claim for frame in frames_of(text) for claim in claims_in(frame)))


def claims_in(frame: Frame) -> Iterator[Claim]:
    """The claim that a frame makes: of its object, else of what stands where the verb has one."""
    subject = " ".join(sorted(frame.subject.words)) or "we"
    certain = frame.certain and not frame.condition and not frame.soft
    if frame.verb == "be":
        slots = frame.subject.words & SLOTS
        owner = " ".join(sorted(frame.subject.words - slots)) or "we"
        subject, attribute = (owner, " ".join(sorted(slots))) if slots else (subject, "be")
    else:
        attribute = "live" if frame.verb == "locate" else VERB_OF.get(frame.verb, frame.verb)
    values = [(name, found) for name, found in frame.roles.items() if found.text]
    chosen = _value_role(frame)
    for name, found in values:
        if chosen in (name, None):
            suffix = "" if name == "obj" or frame.verb == "be" else f" {name}"
            yield Claim(
                subject, attribute + suffix, found.text, frame.text, frame.positive, frame.past,
                certain,
            )  # fmt: skip
            return
    if not values:
        yield Claim(subject, attribute, "yes", frame.text, frame.positive, frame.past, certain)


def _value_role(frame: Frame) -> str | None:
    """The role that holds the value: the object, else the first that the verb has one of."""
    if "obj" in frame.roles:
        return "obj"
    wanted = SINGLE.get(VERB_OF.get(frame.verb, frame.verb), "").split()
    return next((name for name in (*wanted, "time") if name in frame.roles), None)
