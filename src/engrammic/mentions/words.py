"""The words of names: when two are the same, and where one ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from engrammic.mentions.marks import COMPOUND, W
from engrammic.mentions.plain import without_accents
from engrammic.patterns import lazy_pattern
from engrammic.text.stems import STOP_WORDS, stem

_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_LETTERS = rf"[^\W_{_UNSPACED}]"
TOKEN = lazy_pattern(
    rf"{_LETTERS}+(?:[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0900-\u0eff]+{_LETTERS}*)*"
    rf"(?:'(?![sS]\b)[^\W\d_]+)*|[{_UNSPACED}]+"
)
"""A word; what is written without spaces is one of its own beside Latin letters."""
SHORTEST_STEM = 4

_EXPANDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "ß": "ss",
     "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"}
)  # fmt: skip
"""How letters are written where the keyboard has none: a rule of these languages."""
_BARE = str.maketrans({"ø": "o", "ß": "ss", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe",
                       "þ": "th", "ð": "d"})  # fmt: skip
_ELISION = lazy_pattern(r"[dlDL]'(?=\w)")
_BEFORE = lazy_pattern(
    rf"(?:_|{W}[.@]|(?<!\bex)(?<!\bnon)(?<!\banti)(?<!\bpre)(?<!\bpost)(?<!\bpro)"
    r"(?<!\W)(?<!^)-)$",
    re.IGNORECASE,
)
_AFTER = lazy_pattern(rf"_|-(?!{COMPOUND}){W}|\.[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text and where it stands."""

    word: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        """Whether it may be a name by its first letter."""
        return self.word[0].isupper() or not self.word[0].islower()


def tokens(text: str) -> list[Token]:
    """The words of a text."""
    return [Token(m[0], m.start(), m.end()) for m in TOKEN.finditer(text)]


@lru_cache(maxsize=1 << 15)
def forms(word: str) -> frozenset[str]:
    """What a word is written as without its accents: `Müller` is `Muller` and `Mueller`."""
    low = word.casefold() if "ß" not in word else word.lower()
    low = low.replace("'", "")
    if low.isascii():
        return frozenset((low,))
    return frozenset((without_accents(low.translate(_BARE)), low.translate(_EXPANDED)))


def is_same(wanted: str, word: str) -> bool:
    """Whether two words of one script are the same: accents, case, and the plural of a noun."""
    if forms(wanted) & forms(word):
        return True
    if _ELISION.match(word) and forms(wanted) & forms(word[2:]):
        return True
    # Adams is not Adam: only what is written small in both places is inflected.
    return (
        wanted.islower() and word.islower() and len(wanted) >= SHORTEST_STEM
        and wanted.isascii() and stem(wanted) == stem(word)
        and word.rstrip("s") == wanted.rstrip("s")
    )  # fmt: skip


def is_bounded(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer name: `Ann` is not in `Ann-Marie`."""
    before = text[max(0, start - 8) : start]
    return not _BEFORE.search(before) and not _AFTER.match(text, end)


def is_function_word(word: str) -> bool:
    """Whether a word is none that names anything."""
    return word.lower() in STOP_WORDS
