"""What a text says, statement by statement, and the text with some statements replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engrammic.claims.plain import finite, joins_clauses, words
from engrammic.claims.words import (
    ADVERBS,
    BE,
    DETERMINERS,
    DO,
    HAVE,
    POSSESSIVES,
    PREPOSITIONS,
    VERBS,
    WILL,
)
from engrammic.patterns import lazy_pattern
from engrammic.text.sentences import sentences

_JOINT = lazy_pattern(
    r"\s*;\s+|\s+[-–—]\s+|,?\s+(?:and|but|while|whereas|yet)\s+|,\s+(?:then\s+|also\s+)?",
    re.IGNORECASE,
)
_AND = lazy_pattern(r",?\s+and\s+", re.IGNORECASE)
_RELATIVE = lazy_pattern(r"(,?)\s+(who|which)\s+", re.IGNORECASE)
_POSSESSED = lazy_pattern(r"(?:my|our|your|his|her|its|their)\b|[\w ]+?['’]s\b", re.IGNORECASE)
_FRONTED = lazy_pattern(r"^(?:while|whereas|although|though)\s+([^,]+),\s+(.+)$", re.IGNORECASE)
_CONTRACTED = lazy_pattern(
    r"\b(?:i['’]m|(?:that|it|he|she|there|what|who|i|you|we|they)['’](?:s|re|ve|ll|d))\b",
    re.IGNORECASE,
)
AUXILIARIES = BE | HAVE | DO | WILL
_STANDS_FOR = frozenset(("he", "she", "it", "they"))
_THEIRS = frozenset(("his", "her", "its", "their"))
_OWNER = lazy_pattern(r"[A-Z]\w+['’]s(?=\s)")
_NAMED = lazy_pattern(r"\b[A-Z][a-z]+$")
_DEMONSTRATIVE = lazy_pattern(r"^(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey)\b")
_ENDS = ".!?"
_DANGLING = lazy_pattern(r"(?:he|she|it|they|his|her|its|their|this|these|there)\b", re.IGNORECASE)


class Part(NamedTuple):
    """One statement: where its sentence stands in the text, and its words by themselves."""

    start: int
    end: int
    text: str


def parts(text: str) -> list[Part]:
    """The statements of a text in reading order: sentences, and the clauses in them."""
    found: list[Part] = []
    place = 0
    for sentence in sentences(text):
        start = text.find(sentence, place)
        if start < 0:  # its white space is not as written: the text is taken as one
            return [Part(0, len(text), text)]
        place = start + len(sentence)
        found += [Part(start, place, said) for said in statements(sentence)]
    return found


def replaced(text: str, told: Sequence[Part], number: int, content: str) -> str:
    """The text with another content where its statement of that number was."""
    return rewritten(text, told, {number: ""}, number, content)


def rewritten(
    text: str, told: Sequence[Part], gone: dict[int, str], place: int, content: str
) -> str:
    """The text with some statements gone and the content where number `place` was.

    `gone` tells what is left of each, mostly nothing. A statement that loses the
    name that its pronoun stands for gets it back.
    """
    out: list[str] = []
    last = 0
    called = ""
    for start in dict.fromkeys(p.start for p in told):
        mine = [(n, p) for n, p in enumerate(told) if p.start == start]
        end = mine[0][1].end
        touched = any(n in gone for n, _ in mine)
        kept = [gone.get(n, p.text) for n, p in mine]
        said = [k for k in kept if k]
        here = [content] if content and any(n == place for n, _ in mine) else []
        raw = text[start:end]
        if touched:
            said = [_ended(k) for k in said] + here
            lost = subject(raw)
            called = lost if lost and lost.lower() not in _STANDS_FOR else called
            raw = " ".join(said)
        if called and raw and not here and _DEMONSTRATIVE.match(raw):
            named = called.lower() in " ".join([*out, content]).lower()
            raw = raw if named else _DEMONSTRATIVE.sub(called, raw, count=1)
        out += [text[last:start] if raw else "", raw]
        last = end
    return ("".join(out) + text[last:]).strip()


def dangling(statement: str) -> bool:
    """Whether a statement opens with a word that stands for what was named before."""
    return _DANGLING.match(statement) is not None


def statements(sentence: str) -> Iterator[str]:
    """What a sentence says, clause by clause, each with its subject."""
    fronted = _FRONTED.match(sentence)
    if fronted is not None and all(map(has_verb, fronted.groups())):
        yield from statements(fronted[1])
        yield from statements(_alone(fronted[2], subject(fronted[1])))
        return
    shared, last = subject(sentence), 0
    for joint in _JOINT.finditer(sentence):
        if joint.start() < last or not _joins(sentence, joint, last):
            continue
        yield from _spelt_out(_alone(sentence[last : joint.start()], shared if last else ""))
        last = joint.end()
    yield from _spelt_out(_alone(sentence[last:], shared if last else ""))


def _spelt_out(clause: str) -> Iterator[str]:
    """A clause, and what follows an "and" without its verb: "tennis on Mondays and chess on"."""
    for joint in _AND.finditer(clause):
        before, after = clause[: joint.start()], clause[joint.end() :]
        if said := _with_verb(before, after):
            yield from _told(before)
            yield from _told(said)
            return
    yield from _told(clause)


def _with_verb(before: str, after: str) -> str:
    """What follows the "and" with the subject or the object and the verb that it shares."""
    owner = subject(before)
    rest = before[len(owner) :].split()
    tail = after.split()
    second = next((n for n, w in enumerate(tail) if n and bare_word(w) in PREPOSITIONS), 0)
    if not owner or not rest or not second or has_verb(after):
        return ""
    same = bare_word(tail[second])
    first = next((n for n, w in enumerate(rest) if n and bare_word(w) == same), 0)
    between = [w for w in rest[1:first] if bare_word(w) not in ADVERBS]
    if not first or any(bare_word(w) in PREPOSITIONS for w in rest[:first]):
        return ""
    if between:
        return f"{owner} {rest[0]} {after}"
    return " ".join([*tail[:second], rest[0], *tail[second:]])


def _joins(sentence: str, joint: re.Match[str], last: int) -> bool:
    """Whether whole clauses stand on both sides of a joint."""
    before, after = sentence[last : joint.start()], sentence[joint.end() :]
    mark = joint[0].strip().strip(",").strip().lower()
    if not has_verb(before) or _opens_relative(after):
        return False
    at = len(words(sentence[: joint.end()]))
    clause = joins_clauses([*words(sentence[: joint.end()]), *words(after)], at)
    if mark in ("", "then", "also"):
        first = words(after)[0].lower() if words(after) else ""
        if first in POSSESSIVES:  # "Vera's book is Dune, her film is Alien"
            return clause and mark == "" and _POSSESSED.match(before) is not None
        return clause and finite(first) and not _is_base(first) and _goes_on(after)
    clause = clause or _CONTRACTED.match(after) is not None
    return clause or (mark in (";", "but", "while", "whereas") and has_verb(after))


def _opens_relative(text: str) -> bool:
    return bool(re.match(r"(?:who|which|that|where)\b", text, re.IGNORECASE))


def _goes_on(after: str) -> bool:
    """Whether a list of clauses ends with an "and" somewhere."""
    return bool(re.search(r"\band\b", after, re.IGNORECASE))


def _is_base(word: str) -> bool:
    return word in VERBS.get(word, {}) and word not in AUXILIARIES


def main_verbs(clause: str) -> set[str]:
    """The base forms that the first verb behind a clause's subject may have, no auxiliary."""
    rest = (w.lower() for w in words(clause[len(subject(clause)) :]))
    verb = next((w for w in rest if finite(w) and w not in AUXILIARIES), "")
    return set(VERBS.get(verb, ()))


def has_verb(text: str) -> bool:
    """Whether a word of the text may be a verb of a main clause."""
    said = words(text)
    if _CONTRACTED.search(text):
        return True
    return any(finite(w.lower()) for w in said[1:]) or bool(said and finite(said[0].lower()))


def _told(clause: str) -> Iterator[str]:
    """A clause without its relative clause, and what that one says of its noun."""
    found = _RELATIVE.search(clause)
    if found is None:
        yield clause
        return
    before, after = clause[: found.start()], clause[found.end() :]
    verb = words(after)[:1]
    if not verb or not (finite(verb[0].lower()) or verb[0].lower() in ADVERBS):
        yield clause
        return
    inside, rest = _inside(after, bool(found[1]), before)
    noun = _antecedent(before)
    if not noun or not has_verb(rest or before):
        yield clause
        return
    main = f"{before.rstrip(',')} {rest}" if rest else before
    yield main if main.endswith(tuple(_ENDS)) else f"{main}{_end_of(clause)}"
    yield f"{noun} {inside.rstrip(_ENDS)}{_end_of(clause)}"


def _end_of(clause: str) -> str:
    return clause[-1] if clause.endswith(tuple(_ENDS)) else ""


def _inside(after: str, marked: bool, before: str) -> tuple[str, str]:
    """The words of a relative clause, and those of the main clause behind it."""
    if marked and not has_verb(before) and "," in after:
        inside, rest = after.split(",", 1)
        return inside, rest.strip()
    return after, ""


def _antecedent(before: str) -> str:
    """The noun that a relative clause is about: the last one, with its article."""
    said = before.rstrip(" ,").split(",")[-1].split()
    for at in range(len(said) - 1, -1, -1):
        low = said[at].lower().strip(",")
        if low in DETERMINERS | POSSESSIVES or low.endswith("'s"):
            article = low in ("a", "an")
            return " ".join(["The" if article else _capital(said[at]), *said[at + 1 :]])
        if at and (low in PREPOSITIONS or finite(low)) and at + 1 < len(said):
            return " ".join(said[at + 1 :])
    return " ".join(said)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def subject(sentence: str) -> str:
    """The words before the first verb, without what only opens the sentence."""
    said = sentence.split()
    verb = next((n for n, word in enumerate(said) if n and finite(bare_word(word))
                 and bare_word(said[n - 1]) not in DETERMINERS | POSSESSIVES
                 and not said[n - 1].endswith(("'s", "’s"))), 0)  # fmt: skip
    while verb and bare_word(said[verb - 1]) in ADVERBS:
        verb -= 1
    return " ".join(said[:verb]).split(", who")[0].split(", which")[0].rstrip(",")


def is_person(owner: str) -> bool:
    """Whether a subject may be somebody: one name or two by themselves, or who speaks."""
    said = owner.split()
    return bool(said) and "'s" not in owner and (
        bare_word(said[-1]) in ("user", "i", "we", "he", "she")
        or (len(said) <= 2 and said[0][:1].isupper()
            and bare_word(said[0]) not in DETERMINERS | POSSESSIVES)
    )  # fmt: skip


def bare_word(word: str) -> str:
    """The word in lower case without the commas around it."""
    return word.lower().strip(",;")


def _alone(statement: str, shared: str) -> str:
    """A statement as a sentence of its own, with the subject that it shares."""
    said = statement.split()
    if not shared or not said:
        return statement
    first = bare_word(said[0])
    if first in _THEIRS and (owner := _OWNER.match(shared)):
        return " ".join([owner[0], *said[1:]])
    if first in _THEIRS and _NAMED.search(shared):
        return " ".join([f"{shared}'s", *said[1:]])
    if _is_base(first) and len(said) > 1 and finite(bare_word(said[1])):
        return statement
    if first == "it" and is_person(shared):
        return statement
    if first in _STANDS_FOR and shared.lower() not in ("i", "we", "you"):
        return " ".join([shared, *said[1:]])
    ahead = first in ADVERBS and len(said) > 1 and finite(bare_word(said[1]))
    return f"{shared} {statement}" if finite(first) or ahead else statement


def _ended(statement: str) -> str:
    said = statement[:1].upper() + statement[1:]
    said = said.rstrip(" ,;")
    return said if said.endswith((".", "!", "?")) else f"{said}."
