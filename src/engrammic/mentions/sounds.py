"""The same name in two scripts, by how its letters sound; never within one script."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from unicodedata import name

from anyascii import anyascii

from engrammic.mentions.abjads import LETTERS
from engrammic.mentions.plain import script, without_accents

SHORTEST = 3
"""Letters of a name that is compared, at least: two sound alike too often."""

_ALPHABETS = frozenset(("CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HIRAGANA", "KATAKANA"))
_INDIC = frozenset(("DEVANAGARI", "BENGALI", "GUJARATI", "GURMUKHI", "TAMIL", "TELUGU", "KANNADA",
                    "MALAYALAM", "ORIYA", "SINHALA"))  # fmt: skip
_FOLDS = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("kh", "h"), ("ph", "f"), ("ks", "x"),
    ("gh", "g"), ("th", "t"), ("tz", "ts"), ("ck", "k"), ("w", "v"), ("j", "i"), ("y", "i"),
    ("ou", "u"), ("ie", "e"), ("ts", "c"),
)  # fmt: skip
"""Spellings of one sound in the usual romanisations."""
_OTHER = (("ch", "h"), ("c(?!h)", "k"), ("io", "e"))
"""Spellings that stand for either of two sounds."""
_VOWELS = "[aeiou]*"
_SHORT = "[aeiou]?"
_INDIC_VOWELS = {"a": "a?", "aa": "a+h?", "i": "[iye]+", "ii": "[iye]+",
                 "u": "[uo]+", "uu": "[uo]+",
                 "e": "(?:e|ay|ai)", "ai": "(?:ai|ay|e|ei)", "o": "(?:o|au)", "au": "(?:au|o|ou)",
                 "vocalic r": "r[iu]?"}  # fmt: skip


@lru_cache(maxsize=1 << 15)
def sounds_like(wanted: str, word: str) -> bool:
    """Whether two words, one in Latin letters and one not, may be one name."""
    if wanted.isascii() and word.isascii():
        return False
    ours, theirs = script(wanted[0]), script(word[0])
    if (ours == "LATIN") == (theirs == "LATIN") or min(len(wanted), len(word)) < SHORTEST:
        return False
    latin, foreign = (wanted, word) if ours == "LATIN" else (word, wanted)
    latin = re.sub("[^a-z]", "", without_accents(latin))
    writing = theirs if ours == "LATIN" else ours
    if writing in _ALPHABETS:
        return bool(_keys(latin) & _foreign_keys(foreign, writing))
    pattern = _pattern(foreign, writing)
    return pattern is not None and pattern.fullmatch(latin) is not None


@lru_cache(maxsize=1 << 12)
def _foreign_keys(word: str, writing: str) -> frozenset[str]:
    sound = re.sub("[^a-z]", "", anyascii(word).lower())
    found = {sound}
    if writing == "GREEK":
        found = {sound.replace("oy", "u")}
        found |= {re.sub("gi", "i", f) for f in found} | {
            re.sub("([ae])y", r"\1v", f) for f in found
        }
    if writing == "CYRILLIC":
        found |= {sound.replace("g", "h"), sound.replace("dzh", "j")}
    return frozenset().union(*map(_keys, found))


@lru_cache(maxsize=1 << 15)
def _keys(sound: str) -> frozenset[str]:
    """What a word may be, in a spelling that all romanisations share."""
    for spelling, common in _FOLDS:
        sound = sound.replace(spelling, common)
    found: set[str] = set()
    for choice in product((False, True), repeat=len(_OTHER)):
        key = sound
        for (spelling, other), chosen in zip(_OTHER, choice, strict=True):
            key = re.sub(spelling, other, key) if chosen else key
        key = re.sub(r"(.)\1+", r"\1", key)
        found.add(re.sub("er$", "r", key))
    return frozenset(k for k in found if len(k) >= SHORTEST)


@lru_cache(maxsize=1 << 12)
def _pattern(word: str, writing: str) -> re.Pattern[str] | None:
    """The Latin spellings of a word whose vowels are written in part only."""
    if writing in ("ARABIC", "HEBREW"):
        word = re.sub("[\u064b-\u0652\u0591-\u05c7\u0640]", "", word)
        article = "(?:[ae]l)?" if word.startswith("ال") and len(word) > 4 else ""
        letters = word[2:] if article else word
        if any(c not in LETTERS for c in letters):
            return None
        # A long vowel is written, and so is one at the end.
        if letters.startswith("ا"):
            article, letters = f"{article}[aeiou]h?", letters[1:]
        return re.compile(article + _SHORT + _SHORT.join(LETTERS[c] for c in letters))
    return _indic(word) if writing in _INDIC else None


def _indic(word: str) -> re.Pattern[str]:
    found, inherent = "", ""
    for char in word:
        kind, _, sound = name(char, "").lower().partition(" ")[2].rpartition("sign ")
        called = sound or kind
        if kind.endswith("vowel "):
            found, inherent = found + _INDIC_VOWELS.get(called, _VOWELS), ""
        elif "virama" in called or "nukta" in called:
            inherent = "" if "virama" in called else inherent
        elif kind:
            found, inherent = found + inherent + ("[nm]?" if "vara" in called else ""), ""
        else:
            sound = called.removeprefix("letter ")
            is_vowel = sound in _INDIC_VOWELS
            found += inherent + (_INDIC_VOWELS[sound] if is_vowel else _consonant(sound))
            inherent = "" if is_vowel else "a?"
    return re.compile(found + inherent)


def _consonant(sound: str) -> str:
    """Its spellings: `SHA` is sh or s, `VA` v or w."""
    first = {"v": "[vw]", "c": "c", "p": "[pf]"}.get(sound[0], re.escape(sound[0]))
    return f"{first}h{{0,2}}{first if sound[0] not in 'c' else ''}?"
