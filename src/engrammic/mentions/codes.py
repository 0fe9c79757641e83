"""Numbers of accounts, cards, tickets, plates and versions, in whatever grouping."""

from __future__ import annotations

import re
from itertools import pairwise

from engrammic.mentions.mail import Finder
from engrammic.mentions.marks import COMPOUND, W
from engrammic.mentions.plain import alphanumeric
from engrammic.patterns import lazy_pattern

LONG, FEW = 8, 4
"""Letters and digits, and digits among them, from which on any grouping is one."""

_PIECE = lazy_pattern(r"[^\W\d_]+|\d+")
_VERSION = lazy_pattern(
    r"(v(?:er(?:sion)?|\.)?\s?)?(\d+(?:\.\d+)+)((?:[-+][\w.]+)?)$", re.IGNORECASE
)
_NUMBERED = r"(?:\s?[_\-/:]\s?|\.|\s)?(?:(?:no\.?|nr\.?|number)\s?)?#?"
_JOINT = r"(?:\s?[_\-/:]\s?|\.|\s)?"
_ANY = r"[\s.:/_-]?"
_HEX = lazy_pattern(r"(?:[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$")
_WHOLE = (40, 64)
_SHORT_HASH = lazy_pattern(r"(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,11}$")
_LEFT = rf"(?<!{W})(?<!{W}[-.])"
_RIGHT = rf"(?!{W}|\.{W}|-(?!{COMPOUND}){W})"
_NO_MORE = rf"(?!:{W})"
"""A code of groups between colons ends where no other group follows."""
_AMOUNT = r"(?<![\d$€£¥][.,\s])(?<![$€£¥])"


def version(subject: str) -> Finder | None:
    """What finds a version and no other that begins like it: 1.2 is 1.2.0, not 1.2.1."""
    given = _VERSION.match(subject.strip())
    if given is None:
        return None
    parts = given[2].split(".")
    if not given[1] and sum(map(len, parts)) >= 7:
        return None
    while len(parts) > 2 and not int(parts[-1]):
        parts.pop()
    # A bare 1.2 may be any number; three parts are a version.
    sign = r"(?:v(?:er(?:sion|\.)?|\.)?\s?|release\s|rel\.?\s)"
    sign += "?" if len(parts) > 2 or not given[1] else ""
    pattern = re.compile(
        rf"{_LEFT}{sign}{_dotted(parts)}(?:\.0)*{re.escape(given[3])}(?!\w|[.+-]\w)",
        re.IGNORECASE,
    )
    return lambda text: pattern.search(text) is not None


def _hash(begun: str) -> Finder:
    """What finds a hash, whole or as far as it is told: at seven figures nobody writes the rest."""
    wholes = "|".join(f"[0-9a-f]{{{n - len(begun)}}}" for n in _WHOLE if n > len(begun))
    pattern = re.compile(rf"{_LEFT}{begun}(?:{wholes})?{_RIGHT}", re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


def _dotted(parts: list[str]) -> str:
    return r"\.".join(parts)


def code(subject: str) -> Finder | None:
    """What finds an identifier with digits in it, or None."""
    token = alphanumeric(subject)
    if not any(c.isdigit() for c in token):
        return None
    if _SHORT_HASH.match(subject):
        return _hash(subject)
    if _is_regrouped(subject, token):
        return _in_any_grouping(token, _RIGHT + (_NO_MORE if ":" in subject else ""))
    pattern = re.compile(_bounded(subject, _pieces(subject)), re.IGNORECASE)
    digits = max(re.findall(r"\d+", subject), key=len)
    return lambda text: digits in text and pattern.search(text) is not None


def _bounded(subject: str, pattern: str) -> str:
    if subject.startswith("#"):
        return rf"(?<!{W})#\s?{pattern}{_RIGHT}"
    if subject[0].isdigit():
        return rf"{_LEFT}{_AMOUNT}{pattern}{_RIGHT}(?![.,]\d)"
    return rf"{_LEFT}{pattern}{_RIGHT}"


def _pieces(subject: str) -> str:
    """The runs of letters and of digits, with what may stand between them."""
    runs = _PIECE.findall(subject)
    found = [_letters(runs[0])]
    for before, run in pairwise(runs):
        numbered = run[0].isdigit() and not before[0].isdigit()
        found.append((_NUMBERED if numbered else _JOINT) + _letters(run))
    return "".join(found)


def _letters(run: str) -> str:
    """A run as it is; a few capitals may be set apart, as on a plate: `BKX` is `B-KX`."""
    if run.isupper() and len(run) <= FEW:
        return r"[-.\s]?".join(run)
    return re.escape(run)


def _is_regrouped(subject: str, token: str) -> bool:
    """Whether the groups tell nothing: there are none, or they are even, or it is hexadecimal."""
    if len(token) < LONG or sum(c.isdigit() for c in token) < FEW:
        return bool(_HEX.match(token)) and any(c.isdigit() for c in token)
    groups = re.split(r"[\s.:/_-]+", subject.strip())
    even = len({len(g) for g in groups[:-1]}) <= 1 and len(groups[-1]) <= len(groups[0])
    return bool(_HEX.match(token)) or (even and (len(groups) != 2 or len(groups[0]) > 2))


def _in_any_grouping(token: str, right: str) -> Finder:
    pattern = re.compile(_LEFT + _ANY.join(map(re.escape, token)) + right, re.IGNORECASE)
    anchor = token[-3:]

    def find(text: str) -> bool:
        if token[0] not in text.casefold() or anchor[-1] not in text.casefold():
            return False
        return any(_is_whole(text, m) for m in pattern.finditer(text))

    return find


def _is_whole(text: str, found: re.Match[str]) -> bool:
    """Whether no other group of digits goes on where the found one ends or begins."""
    if not any(c.isspace() for c in found[0]):
        return True
    after = re.match(r"\s\d{2,}", text[found.end() :]) if found[0][-1].isdigit() else None
    before = re.search(r"\d\s$", text[max(0, found.start() - 2) : found.start()])
    return after is None and (before is None or not found[0][0].isdigit())
