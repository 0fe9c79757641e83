"""Telephone numbers: grouped, with a country code or the trunk prefix, in figures or spoken."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engrammic.patterns import lazy_pattern

FEWEST, MOST = 7, 15
"""Digits of a number: fewer are no number of their own, more there are none (E.164)."""

_COUNTRY = lazy_pattern(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])\d"
)
"""Country codes; none begins another."""
_TRUNKS = {"1": "1", "8": "7"}
"""Prefixes within a country that are no 0: of North America and of Russia."""
_ABROAD = lazy_pattern(r"\+|00|011")
_SUBJECT = lazy_pattern(r"(?:tel:|phone:?\s*)?\+?[\d\s().\-/]+$", re.IGNORECASE)
_GAP = r"[\s.\-/()]{0,3}"
_PREFIX = lazy_pattern(r"(?:\+\s?)?[\d\s.\-/()]{0,16}$")
_NOT_DIGIT = lazy_pattern(r"\D")
_FIGURES = {word: str(n) for n, word in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
} | {"oh": "0", "nought": "0", "plus": "+"}  # fmt: skip
_WORD = "|".join(_FIGURES)
_SPOKEN = lazy_pattern(
    rf"\b(?:(?:double|triple)[\s-]+)?(?:{_WORD}|o)"
    rf"(?:[\s,.-]+(?:(?:double|triple)[\s-]+)?(?:{_WORD}|o)\b){{5,}}", re.IGNORECASE,
)  # fmt: skip
_MULTIPLE = lazy_pattern(r"(double|triple)[\s-]+(\w+)", re.IGNORECASE)
_NON_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number: its country code, if told, and the digits that are its own."""

    country: str
    own: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Its own digits in any grouping, without what comes before them."""
        return re.compile(_GAP.join(self.own) + r"(?!\d|[.\-/]\d)")

    def fits(self, prefix: str) -> bool:
        """Whether what stands before its own digits is a prefix of this very number."""
        abroad = prefix.startswith("+")
        digits = _NOT_DIGIT.sub("", prefix)
        if abroad:
            return self._is_country(digits)
        # Whatever else stands before, in a group of its own, is not part of the number.
        groups = re.split(r"\s+", prefix.strip())
        tails = [_NOT_DIGIT.sub("", "".join(groups[n:])) for n in range(len(groups))]
        return not digits or any(self._is_prefix(t) for t in tails)

    def _is_prefix(self, digits: str) -> bool:
        if digits == "0" or (
            len(self.own) == 10 and digits in _TRUNKS and self.country in ("", _TRUNKS[digits])
        ):
            return True
        if way := _ABROAD.match(digits):
            return self._is_country(digits[way.end() :])
        return bool(digits) and digits == self.country

    def _is_country(self, digits: str) -> bool:
        code = _COUNTRY.match(digits)
        if code is None or digits[code.end() :] not in ("", "0"):
            return False
        return not self.country or code[0] == self.country


def number(subject: str) -> Phone | None:
    """The number that a subject is, or None."""
    text = in_figures(subject).strip()
    digits = _NOT_DIGIT.sub("", text)
    if not _SUBJECT.match(text) or not FEWEST <= len(digits) <= MOST + 3:
        return None
    abroad = "+" in text
    if not abroad and digits.startswith("00"):
        abroad, digits = True, digits[2:]
    country = _COUNTRY.match(digits) if abroad else None
    own = digits[country.end() :] if country else digits
    if not country and len(own) == 11 and own[0] == "1":
        own = own[1:]
    own = own.removeprefix("0")
    if not FEWEST <= len(own) <= MOST:
        return None
    return Phone(country[0] if country else "", own)


def holds_number(phone: Phone, text: str) -> bool:
    """Whether a text holds the number."""
    text = in_figures(text)
    stream = text.encode("ascii", "ignore").translate(None, _NON_DIGITS).decode()
    if phone.own not in stream:
        return False
    for found in phone.pattern.finditer(text):
        start = found.start()
        before = _PREFIX.search(text[max(0, start - 18) : start])
        grouped = any(c.isspace() for c in found[0])
        goes_on = grouped and re.match(r"\s\d{2,}", text[found.end() :])
        if not goes_on and phone.fits(before[0] if before else ""):
            return True
    return False


def in_figures(text: str) -> str:
    """The text with numbers that are spoken digit by digit in figures."""
    return _SPOKEN.sub(_figures, text)


def _figures(found: re.Match[str]) -> str:
    spoken = _MULTIPLE.sub(
        lambda m: " ".join([m[2]] * (2 if m[1].lower() == "double" else 3)), found[0]
    )
    words = re.findall(r"[a-z]+", spoken.lower())
    return "".join(_FIGURES.get(w, "0") for w in words)
