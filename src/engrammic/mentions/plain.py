"""A text without what only hides its characters: entities, full width, zero width, lookalikes."""

from __future__ import annotations

import re
from html import unescape
from unicodedata import category, digit, name, normalize

from engrammic.patterns import lazy_pattern

_ENTITY = lazy_pattern(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,12});")
_PERCENT = lazy_pattern(r"%([2-7][0-9A-Fa-f])")
_LETTERS = lazy_pattern(r"[^\W\d_]+")
_SPELLED_AS = str.maketrans(
    "аАВеЕЅѕіІјЈкКМНоОрРсСТуУхХԁԛԝһ" "αΑΒΕΖΗιΙκΚΜΝοΟρΡΤΥυΧνϳ",
    "aABeESsiIjJkKMHoOpPcCTyYxXdqwh" "aABEZHiIkKMNoOpPTYuXvj",
)  # fmt: skip
"""Cyrillic and Greek letters that look like Latin ones."""
_MARKS = {
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u00ab": '"', "\u00bb": '"', "\u3002": ".", "\u2044": "/", "\u2215": "/", "\u2212": "-",
    "\u3001": ",", "\u30fb": " ",
}  # fmt: skip


class _Table(dict[int, str]):
    """What stands for a character; learnt one by one."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _plain_character(chr(code))
        return found


def _plain_character(char: str) -> str:
    kind = category(char)
    if char in _MARKS:
        return _MARKS[char]
    if kind == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    if kind == "Nd":
        return str(digit(char))
    if kind == "Pd":
        return "-"
    return " " if kind == "Zs" else char


_TABLE = _Table()


def plain(text: str) -> str:
    """The text as it would be typed plainly; letters keep their case and accents."""
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    if "%" in text:
        text = _PERCENT.sub(lambda found: chr(int(found[1], 16)), text)
    if text.isascii():
        return text
    return _LETTERS.sub(_of_one_script, normalize("NFKC", text).translate(_TABLE))


def _of_one_script(found: re.Match[str]) -> str:
    """A word in which Latin letters stand beside lookalikes, all in Latin."""
    word = found[0]
    if word.isascii() or not any("a" <= c <= "z" for c in word.lower()):
        return word
    latin = word.translate(_SPELLED_AS)
    return latin if latin.isascii() or all(script(c) == "LATIN" for c in latin) else word


def script(char: str) -> str:
    """The first word of a character's Unicode name, its script: LATIN, CYRILLIC, CJK."""
    return name(char, "").partition(" ")[0]


def without_accents(text: str) -> str:
    """The text with the accents taken off its letters, in lower case."""
    if text.isascii():
        return text.lower()
    apart = normalize("NFD", text.casefold())
    return normalize("NFC", "".join(c for c in apart if not "\u0300" <= c <= "\u036f"))


def alphanumeric(text: str) -> str:
    """The letters and digits of a text as one run, in lower case."""
    return "".join(c for c in text.casefold() if c.isalnum())
