"""Text made plain: contractions spelt out, sentences, clauses and words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engrammic.claims.kinds import CATEGORIES, PLACES
from engrammic.claims.slots import SLOTS
from engrammic.claims.words import (
    ADVERBS,
    BE,
    DETERMINERS,
    DO,
    HAVE,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    WILL,
    Form,
    several,
)
from engrammic.patterns import lazy_pattern

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": ";", "\u00a0": " "})
_CONTRACTIONS = [
    (lazy_pattern(pattern, re.IGNORECASE), by)
    for pattern, by in (
        (r"\b(wo)n't\b", "will not"), (r"\b(sha)n't\b", "shall not"), (r"\bcan't\b", "can not"),
        (r"\bcannot\b", "can not"), (r"\bain't\b", "is not"), (r"(\w+)n't\b", r"\1 not"),
        (r"\b(dont|doesnt|isnt|wasnt|cant)\b", ""),
        (r"\bi'm\b", "I am"), (r"\b(\w+)'re\b", r"\1 are"), (r"\b(\w+)'ve\b", r"\1 have"),
        (r"\b(\w+)'ll\b", r"\1 will"), (r"\b(i|you|he|she|we|they)'d\b", r"\1 would"),
        (r"\blet's\b", "we should"),
        (r"\b(it|he|she|that|there|here|what|who)'s (been|got|had|become|switched|moved|changed)\b",
         r"\1 has \2"),
        (r"\b(it|he|she|that|there|here|what|who)'s\b", r"\1 is"),
        (r"\b(\w+)'s (?=(?:not|a|an|the|my|our|now|currently|still|always|never|in|on|at|from|"
         r"allergic|called|based|written|going|only|also|no)\b)", r"\1 is "),
        (r"\bno longer\b", "not_anymore"), (r"\bno more\b", "not_anymore"),
        (r"\bany (?:more|longer)\b", "anymore"), (r"\bcan not (?:stand|bear)\b", "hate"),
        (r"\bnot only\b", "also"), (r"\bas well as\b", "and"), (r"\bas well\b", "also"),
        (r"\b(?:am|is|are) (?:a (?:big |huge )?fan|fond) of\b", "like"),
        (r"\b(?:gave|have given|has given|give|gives) up\b", "quit"),
        (r"\bgot rid of\b", "removed"), (r"\bhave got\b", "have"), (r"\bhas got\b", "has"),
        (r"\b(?:need|have|has|ought|needs) to\b(?= (?:be|use|run|have|\w+)\b)", "must"),
        (r"\bused to be\b", "was formerly"),
        (r"\b(?:is|are|was|were) set to\b", "is"),
        (r"(?<!is )(?<!are )(?<!am )(?<!was )(?<!were )(?<!not )(?<!been )(?<!be )\busing\b",
         "with"),
        (r"(?<=\w) = (?=\w)", " is "), (r"\bis equal to\b|\bequals\b", "is"),
        (r"\bdefaults to\b", "is by default"),
        (r"\b(?:is|are) (?:capped|limited) (?:at|to)\b", "is"),
        (r"\bnone of the\b", "no"), (r"\bnobody (?:on|in)\b", "no person on"),
        (r"\b(?:nobody|no one)\b", "no person"), (r"\ba couple of\b", "2"), (r"\bboth\b", ""),
        (r"\b(\d+)[- ](?:years?|yrs?)[- ]old\b", r"\1 years old"),
        (r"\bo'clock\b", ":00"), (r"\bis home to\b", "has"), (r"\bin favou?r of\b", "favoring"),
        (r"\ba lot of\b|\blots of\b|\bplenty of\b", ""),
        (r"\bat the moment\b|\bright now\b", "now"),
        (r"\bso that\b", ", because"), (r"\bper cent\b", "percent"),
        (r"\be\.g\.|\bi\.e\.", "such as"),
        (r"\bvs code\b|\bvisual studio code\b", "vs-code"),
        (r"\bdriving licen[cs]e\b", "driving-license"),
        (r"\bgnu general public license\b", "gpl"), (r"\bamazon web services\b", "aws"),
        (r"\b(take|takes|took) place\b", "happens"),
        (r"\b(\w+) (?:is|are) (?:headquartered|situated)\b", r"\1 is located"),
        (r"\bgot worse\b", "worsened"), (r"\bgot better\b", "improved"),
        (r"\b(?:have |has )?decided not to (?=\w)", "do not "),
        (r"\b(?:have |has )?decided to (?=\w)", ""),
        (r"\b(?:dropped|drops?|removed|ended) support for\b", "no longer support"),
        (r"\badded support for\b", "now support"),
        (r"^the user (?:has )?(?:mentioned|said|noted|stated|confirmed|explained|shared|told me) "
         r"(?:that )?(?:he|she|they)\b", "the user"),
        (r"^the user (?:has )?(?:mentioned|said|noted|stated|confirmed|explained|shared) that ",
         ""),
        (r"\bdays off\b", "vacation"), (r"\bwork(s|ing|ed)? remotely\b", r"work\1 from home"),
    )
]  # fmt: skip
_MANY = {
    word.replace("-", " "): word
    for words in (*CATEGORIES.values(), *PLACES.values(), PLACES, SLOTS)
    for word in words
    if "-" in word
}
_MANY_RE = lazy_pattern(
    r"\b(?:" + "|".join(sorted(map(re.escape, _MANY), key=len, reverse=True)) + r")(?=s?\b)",
    re.IGNORECASE,
)
_END = lazy_pattern(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[`]*[A-Z0-9`~/])|\s*\n+\s*|;\s+|\s+-\s+")
_OPENING = lazy_pattern(
    r"^(?:(?:(?:yes|yeah|no|ok|okay|well|hey|hi|hello|sorry)[,!.]|actually|also|please|fyi|btw|update|"
    r"correction|note|reminder|heads up|by the way|as of now|as of today|in fact|of course|"
    r"to be clear|just so you know|for the record|in general|generally|remember|note that|"
    r"remember that|it turns out(?: that)?|turns out(?: that)?|i think(?: that)?|"
    r"i believe(?: that)?|"
    r"i guess(?: that)?|you should know that|keep in mind that|importantly|unfortunately|"
    r"luckily|fortunately|today|nowadays|these days|currently|at present|from now on|and|but|so|"
    r"oh|wait|honestly|personally|again|finally|instead|the fact is that|it is (?:true|a fact) that"
    r")\b[,:]?\s+)+",
    re.IGNORECASE,
)
_WORD = lazy_pattern(
    r"[\w.]+\(\)|[€$£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r"|[~/.]?[\w@#$€£%°][\w@#$€£%°./\\:+~-]*[\w%+#/°]|[\w€£$%+#]|'s|,|\(|\)"
)
_FALSE = lazy_pattern(
    r"^it is (?:not (?:true|correct|the case)|false|wrong|untrue|incorrect) that\s+", re.IGNORECASE
)
_SPLIT = several("but because although though whereas so which who yet while")
_IF = several("if when whenever unless once")
_SPACES = lazy_pattern(r"[^\S\n]+")
LONGEST = 600
"""Characters of a sentence that is read: longer ones are lists, logs or law."""
_LABEL = lazy_pattern(r"([A-Za-z][\w' -]{1,40}):\s+(\S.*)$")
_PLURAL = lazy_pattern(r"(?:are|were|have|do|must|should|can|will|not|[a-z]+[^s\W])\b")


class Sentence(NamedTuple):
    """A sentence as written, and in plain words; `denied` when it opens with a denial."""

    text: str
    words: str
    denied: bool


class Clause(NamedTuple):
    """The words of one clause, and the words of its condition."""

    words: list[str]
    condition: frozenset[str]


def sentences(text: str) -> Iterator[Sentence]:
    """Statements: questions are left out."""
    for part in _END.split(_SPACES.sub(" ", text.translate(_QUOTES))):
        sentence = part.strip().strip("-*#>• ").strip()
        if 0 < len(sentence) <= LONGEST and not sentence.rstrip("\"')").endswith("?"):
            plain = sentence
            for pattern, by in _CONTRACTIONS:
                plain = pattern.sub(by, plain)
            plain = _OPENING.sub("", plain)
            plain = _labelled(plain)
            before, plain = plain, _FALSE.sub("", plain)
            plain = _MANY_RE.sub(lambda m: _MANY[m[0].lower()], plain)
            denied = bool(_FALSE.match(before))
            yield Sentence(sentence, _opened(plain.strip()), denied)


def _labelled(sentence: str) -> str:
    """The sentence, where it is a label: "Primary database: Postgres" gets its verb."""
    match = _LABEL.match(sentence)
    if match is not None and match[2].split()[0].lower() in PRONOUNS | DETERMINERS | POSSESSIVES:
        return match[2] if len(match[2].split()) > 3 else f"{match[1]} is {match[2]}"
    left = set() if match is None else {w.lower() for w in match[1].split()}
    if match is None or left & (BE | HAVE | DO | WILL | PRONOUNS):
        return sentence
    return f"{match[1]} is {match[2]}"


def _opened(sentence: str) -> str:
    """The sentence without the capital that only its beginning asks for."""
    first, _, rest = sentence.partition(" ")
    low = first.lower()
    known = low in DETERMINERS | PRONOUNS | POSSESSIVES | PREPOSITIONS | ADVERBS or finite(low)
    if rest.partition(" ")[0].lower() in BE | WILL | HAVE | DO and not first.endswith("s"):
        known = known and not finite(low)
    plural = low.endswith("s") and first[1:].islower() and not low.endswith(("ss", "is", "us"))
    return (
        f"{low} {rest}"
        if first != "I" and (known or (plural and _PLURAL.match(rest)))
        else sentence
    )


def words(text: str) -> list[str]:
    """Words, commas and possessive marks."""
    return [w.rstrip(":") if len(w) > 1 else w for w in _WORD.findall(text)]


def clauses(tokens: list[str]) -> list[Clause]:
    """The main clauses of a sentence; a condition belongs to all of them."""
    tokens, condition = _without_condition(tokens)
    found: list[list[str]] = [[]]
    for at, token in enumerate(tokens):
        low = token.lower()
        starts = low in _SPLIT and at > 0 and not (low == "so" and tokens[at - 1].lower() == "and")
        if starts or (low == "and" and joins_clauses(tokens, at + 1)):
            found.append([])
        else:
            found[-1].append(token)
    return [Clause(_trimmed(part), condition) for part in found if _trimmed(part)]


def _trimmed(part: list[str]) -> list[str]:
    while part and part[0] == ",":
        part = part[1:]
    while part and part[-1] == ",":
        part = part[:-1]
    return part


def _without_condition(tokens: list[str]) -> tuple[list[str], frozenset[str]]:
    lower = [t.lower() for t in tokens]
    start = next((n for n, t in enumerate(lower) if t in _IF), None)
    if start is None:
        return tokens, frozenset()
    end = len(tokens)
    if start == 0:
        end = lower.index(",") if "," in lower else len(tokens)
    inside = frozenset(lower[start:end]) - DETERMINERS
    return tokens[:start] + tokens[end:], inside


def joins_clauses(tokens: list[str], at: int) -> bool:
    """Whether a verb, or a subject and its verb, follow the "and" before `at`."""
    rest = [t.lower() for t in tokens[at : at + 6]]
    while rest and rest[0] in ADVERBS:
        rest = rest[1:]
    if not rest:
        return False
    if finite(rest[0]) and not (len(rest) > 1 and rest[1] in BE):
        return not (tokens[at - 2].lower().endswith(("ing", "ed")) and rest[0].endswith("ed"))
    nominal = rest[0] in PRONOUNS or rest[0] in DETERMINERS or rest[0] in POSSESSIVES
    named = tokens[at][:1].isupper()
    return (nominal or named) and any(finite(t) for t in rest[1:5])


def finite(word: str) -> bool:
    """Whether the word may be a verb of a main clause."""
    if word in BE or word in HAVE or word in DO or word in WILL:
        return True
    return any(form is not Form.ING for form in VERBS.get(word, {}).values())
