"""Other names that a text itself gives to somebody: `Margaret, called Peg`."""

from __future__ import annotations

from collections.abc import Iterator

from engrammic.mentions.names import TITLES, Found
from engrammic.mentions.words import is_function_word
from engrammic.patterns import lazy_pattern

REACH = 90
"""Characters beside a name in which it may get another."""

_NICK = r"[\"']?(?P<nick>[^\W\d_a-z][\w'-]*\w)(?:\"|'(?!\w))?(?![\w-])"
_SAYS = (
    r"(?i:(?:also\s+|better\s+|mostly\s+|usually\s+|otherwise\s+)?(?:known\s+(?:\w+\s){0,3}as"
    r"|nicknamed|a\.?k\.?a\.?|alias|n[ée]e|formerly|goes\s+by|signs\s+as|answers\s+to"
    r"|prefers\s+(?:to\s+be\s+called|the\s+name)))(?i:\s+the\s+name(?:\s+of)?)?"
)
_CALLED = r"(?i:(?:(?:is|was|gets)\s+|who\s+is\s+|,\s*|\(\s*)(?:\w+\s)?called)"
_BY_ALL = r"(?i:calls?\s+(?:her|him|them|me))"
_NOUN = r"(?i:nick(?:name)?(?:\s+(?:is|was)|:)?|nickname\s+of)"
_AFTER = lazy_pattern(rf"[^.!?]{{0,60}}?(?:{_SAYS}|{_CALLED}|{_NOUN})[,:]?\s+{_NICK}")
_NEXT = lazy_pattern(
    r"[^.!?]{0,80}[.!?]\s+(?:[^.!?]{0,40}?(?i:\b(?:she|he|they)\s+)"
    rf"[^.!?]{{0,20}}?(?:{_SAYS}|{_CALLED})|[^.!?]{{0,40}}?{_BY_ALL}"
    rf"|(?i:her|his|their)\s+{_NOUN})[,:]?\s+{_NICK}"
)
_WHOM = lazy_pattern(rf"[^.!?]{{0,40}}?(?i:whom?|that)\s+[^.!?]{{0,30}}?(?i:calls?)\s+{_NICK}")
_QUOTED = lazy_pattern(r"\s*,?\s*\(?\s*\"(?P<nick>[^\W\d_][\w'-]*)\"\s*\)?")
_INSIDE = lazy_pattern(r"\s(?:\"|'|\(\"?)(?P<nick>[^\W\d_][\w'-]*)(?:\"?\)|\"|')\s")
_PARENTHESIS = lazy_pattern(r"\s*\(\s*(?P<nick>[^\W\d_a-z][\w'-]*)\s*\)")
_BEFORE = lazy_pattern(
    rf"{_NICK}\s*[,(]?\s*(?i:(?:is\s+)?short\s+for|(?:is\s+)?(?:a|the)?\s*nickname\s+(?:of|for)"
    r"|whose\s+(?:real|full|legal|given)\s+name\s+is|(?:her|his|their)?\s*(?:real|full|legal|given)"
    r"\s+name(?:\s+is|:)?|born|properly|a\.?k\.?a\.?|alias|also\s+known\s+as)\s*$"
)


def introduced(text: str, found: Found) -> Iterator[str]:
    """The other names that stand with a mention, certain ones."""
    after = text[found.end : found.end + REACH + 60]
    before = text[max(0, found.start - REACH) : found.start]
    inside = text[found.start : found.end]
    for pattern in (_AFTER, _NEXT, _WHOM, _QUOTED):
        if match := pattern.match(after):
            yield from _kept(match["nick"])
    if match := _BEFORE.search(before):
        yield from _kept(match["nick"])
    if match := _INSIDE.search(inside):
        yield from _kept(match["nick"])


def bracketed(text: str, found: Found) -> Iterator[str]:
    """A word in brackets behind a mention: a nickname, or a place, or what they work for."""
    if match := _PARENTHESIS.match(text, found.end):
        yield from _kept(match["nick"])


def resembles(nick: str, word: str) -> bool:
    """Whether a nickname is short for a name: Maxi for Maximilian."""
    return nick[:2].lower() == word[:2].lower() and len(nick) < len(word)


def _kept(nick: str) -> Iterator[str]:
    if len(nick) > 1 and nick.lower() not in TITLES and not is_function_word(nick):
        yield nick
