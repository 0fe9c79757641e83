"""Relations between the entities of a text by rules: what stands between two of them decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from engrammic.extraction.entities import Found
from engrammic.extraction.nouns import (
    Contains,
    CoOccurs,
    Defines,
    EdgeType,
    EntityType,
    Modifies,
    Relationship,
    relationship,
)
from engrammic.patterns import lazy_pattern

WINDOW = 3
"""How many entities behind it in its sentence an entity co-occurs with: pairs grow linearly."""

USER = "user"
"""Who modifies, where a message says no more than "I fixed"."""

_FILLER = (
    r"(?:the|a|an|its|our|this|that|new|old|whole|function|method|class|module|file|type|"
    r"struct|variable|command|now|also|still|directly|only|just|then|already|mainly)"
)
_GAP = lazy_pattern(
    rf"^[\s`'\"*]*(?:{_FILLER}\s+)*(?P<verb>.*?)(?:\s+{_FILLER})*[\s`'\"*]*$", re.DOTALL
)
_AND = lazy_pattern(rf"^[\s`'\"*]*(?:,|and|or|,\s*and|&|plus)(?:\s+{_FILLER})*[\s`'\"*]*$")
_BY = lazy_pattern(r"\b(?:is|are|was|were|been|being|gets|got)\b.* by$")
_END = lazy_pattern(r"[.!?;](?=\s)|\n")
_NO = lazy_pattern(r"\b(?:not|never|no longer|n't|cannot|without|stopped)\b|n't\b")

_VERBS: Sequence[tuple[EdgeType, re.Pattern[str]]] = [
    (kind, lazy_pattern(rf"(?:is |are |was |were |been |being |has |have )*(?:{verbs})"))
    for kind, verbs in (
        (EdgeType.DEPENDS_ON,
         r"(?:depend|rel(?:y|ie)|rest|build)(?:s|ed|ing)? (?:up)?on|depend[ae]nt on|built on"
         r"|requir(?:es?|ed|ing)(?: by)?|need(?:s|ed)?(?: by)?|import(?:s|ed)?(?: by| from)?"
         r"|extend(?:s|ed)?(?: by)?|implement(?:s|ed)?(?: by)?|inherit(?:s|ed)? from"),
        (EdgeType.DEFINES,
         r"defin(?:es?|ed)(?: by| in)?|declar(?:es?|ed)(?: by| in)?|introduc(?:es?|ed)(?: by| in)?"
         r"|implemented in|lives in"),
        (EdgeType.CONTAINS,
         r"contain(?:s|ed)?(?: by| in)?|includ(?:es?|ed)(?: by| in)?|hold(?:s)?|located in"
         r"|stored in|part of|inside(?: of)?|in"),
        (EdgeType.MODIFIES,
         r"(?:chang|updat|modif|fix|remov|renam|refactor|rewrit|patch|delet|extend|replac|edit|"
         r"mov|mutat|overwrit|writ)(?:y|e|es|s|ies|ed|ied|ing)?(?: to| by)?|writes to"),
        (EdgeType.REFERENCES,
         r"call(?:s|ed)?(?: by| from)?|us(?:es?|ed|ing)(?: by| in)?|invok(?:es?|ed)(?: by)?"
         r"|reference[sd]?(?: by| in)?|refers? to|mention(?:s|ed)?(?: by| in)?"
         r"|rais(?:es?|ed)(?: by| in)?|throw(?:s|n)?(?: by| in)?|return(?:s|ed)?(?: by)?"
         r"|reads?(?: by| from)?"
         r"|runs?(?: by)?"
         r"|from"),
    )
]  # fmt: skip
_BACK = lazy_pattern(r"(?:\b(?:by|in|inside|of|from)|lives in|part of)$")
_CHANGED = lazy_pattern(
    r"\b(?P<verb>changed|updated|modified|fixed|added|removed|renamed|refactored|rewrote|deleted|"
    r"edited|replaced|moved|created|patched)\b(?P<gap>[^.!?;\n]{0,40})$",
    re.IGNORECASE,
)


def relations(text: str, found: Sequence[Found], message_id: str = "") -> list[Relationship]:
    """The relations of the entities found in a text, each once, in reading order."""
    made: dict[tuple[EdgeType, str, str, str], Relationship] = {}
    for one in _all(text, found, message_id):
        made.setdefault((one.edge_type, *one.ends, one.detail), one)
    told = {frozenset(r.ends) for r in made.values() if not isinstance(r, CoOccurs)}
    shown = {r.ends for r in made.values() if isinstance(r, Defines) and r.context}
    return [
        r
        for r in made.values()
        if not (isinstance(r, CoOccurs) and frozenset(r.ends) in told)
        and not (isinstance(r, Defines) and not r.context and r.ends in shown)
    ]


def _all(text: str, found: Sequence[Found], message_id: str) -> Iterator[Relationship]:
    yield from _in_files(found)
    for sentence in _sentences(text, found):
        yield from _between(text, sentence)
        yield from _by_user(text, sentence)
        yield from _beside(sentence, message_id)


def _sentences(text: str, found: Sequence[Found]) -> Iterator[list[Found]]:
    """The entities, sentence by sentence."""
    sentence: list[Found] = []
    for one in found:
        if sentence and _END.search(text, sentence[-1].end, one.start):
            yield sentence
            sentence = []
        sentence.append(one)
    if sentence:
        yield sentence


def _in_files(found: Sequence[Found]) -> Iterator[Relationship]:
    """What is defined belongs to the file named last before it, or to the only file there is."""
    files = [f for f in found if f.entity_type is EntityType.FILE]
    alone = len({f.name for f in files}) == 1
    for one in found:
        if one.entity_type not in (EntityType.FUNCTION, EntityType.TYPE):
            continue
        before = [f for f in files if f.start < one.start] if one.signature else []
        home = files[0] if alone else before[-1] if before else None
        if home is None:
            continue
        types = (EntityType.FILE, one.entity_type)
        yield Contains(home.name, one.name, types)
        if one.signature:
            yield Defines(home.name, one.name, one.signature, types)


def _between(text: str, sentence: Sequence[Found]) -> Iterator[Relationship]:
    """Verbs between neighbours; "A calls B and C" goes on with the same verb."""
    last: tuple[EdgeType, Found, bool] | None = None
    for left, right in pairwise(sentence):
        gap = text[left.end : right.start]
        if last is not None and _AND.match(gap):
            kind, head, back = last
            yield _directed(kind, head, right, back, "")
            continue
        last = None
        if len(gap) > 60 or _NO.search(gap) or not (match := _GAP.match(gap.lower())):
            continue
        verb = " ".join(match["verb"].split())
        for kind, pattern in _VERBS:
            if pattern.fullmatch(verb) and left.name != right.name and _fits(kind, left, right):
                back = bool(_BY.search(verb) or _BACK.search(verb)) and verb != "inherited from"
                back = back and not verb.startswith(("import", "inherit", "read"))
                last = (kind, left, back)
                yield _directed(kind, left, right, back, verb.split()[0])
                break


def _fits(kind: EdgeType, left: Found, right: Found) -> bool:
    """People move to places and are in them: only code is modified, contained, defined."""
    both = {left.entity_type, right.entity_type}
    return kind in (EdgeType.DEPENDS_ON, EdgeType.REFERENCES) or both != {EntityType.CONCEPT}


def _directed(kind: EdgeType, left: Found, right: Found, back: bool, verb: str) -> Relationship:
    start, end = (right, left) if back else (left, right)
    detail = verb if kind is EdgeType.MODIFIES else ""
    return relationship(kind, start.name, end.name, detail, (start.entity_type, end.entity_type))


def _by_user(text: str, sentence: Sequence[Found]) -> Iterator[Relationship]:
    """The user modifies the first file or function behind "I fixed"."""
    begin = max(0, sentence[0].start - 60)
    for number, one in enumerate(sentence):
        before = text[begin : one.start]
        begin = one.end
        match = _CHANGED.search(before)
        if match and not _NO.search(before) and (number == 0 or match["gap"].strip() in _ARTICLES):
            yield Modifies(USER, one.name, match["verb"].lower(), (None, one.entity_type))


_ARTICLES = {"", "the", "a", "an", "`", "the `", "our", "its"}


def _beside(sentence: Sequence[Found], message_id: str) -> Iterator[Relationship]:
    for number, one in enumerate(sentence):
        for other in sentence[number + 1 : number + 1 + WINDOW]:
            if one[2:4] != other[2:4]:
                first, second = sorted((one, other), key=lambda f: (f.name, f.entity_type))
                types = (first.entity_type, second.entity_type)
                yield CoOccurs(first.name, second.name, message_id, types)
