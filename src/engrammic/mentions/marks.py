"""The marks of addresses as they are disguised, `[at]` and `(dot)`, and what bounds an address."""

from __future__ import annotations

import re

from engrammic.patterns import lazy_pattern

W = r"[0-9A-Za-z_\u00b5-\u052f]"
"""A letter of a script with spaces between its words: Chinese may stand right beside an address."""
COMPOUND = (
    r"(?:based|related|like|led|free|style|wide|specific|owned|run|only|driven|era|side|type"
    r"|backed|approved|sponsored|branded|built|made|friendly)\b"
)
"""What English hangs on a name with a hyphen without making another name of it."""

_OPEN, _CLOSE = r"[\[({<]\s{0,2}", r"\s{0,2}[\])}>]"
AT = rf"(?:\s?@\s?|\s{{0,2}}{_OPEN}(?:at|@){_CLOSE}\s{{0,2}}|\s{{1,2}}at\s{{1,2}})"
DOT = rf"(?:\.|\s\.\s|\s{{0,2}}{_OPEN}(?:dot|\.){_CLOSE}\s{{0,2}}|\s{{1,2}}dot\s{{1,2}})"
_UNDERSCORE = r"(?:_|\s{1,2}underscore\s{1,2})"
_DASH = r"(?:-|\s{1,2}(?:dash|hyphen|minus)\s{1,2})"
_PLUS = r"(?:\+|\s{1,2}plus\s{1,2})"
_SIGNS = {"@": AT, ".": DOT, "_": _UNDERSCORE, "-": _DASH, "+": _PLUS}

_BEFORE = lazy_pattern(
    rf"(?:{W}|{W}[.+%-]|{W}\s(?:dot|underscore|dash|plus)\s{{1,2}}|{_OPEN}(?:dot|\.){_CLOSE}\s{{0,2}})$",
    re.IGNORECASE,
)
_AFTER = lazy_pattern(
    rf"{W}|-(?!{COMPOUND}){W}|\.{W}|\s{{1,2}}dot\s{{1,2}}\w|\s{{0,2}}{_OPEN}(?:dot|\.){_CLOSE}",
    re.IGNORECASE,
)
REACH = 16
"""Characters before a mention that are looked at."""

_AT_SIGN = lazy_pattern(AT, re.IGNORECASE)
_DOT_SIGN = lazy_pattern(DOT, re.IGNORECASE)


def signed(text: str) -> str:
    """An address with its own marks: `alice [at] example dot org` is `alice@example.org`."""
    return _DOT_SIGN.sub(".", _AT_SIGN.sub("@", text.strip(), count=1))


def disguised(address: str) -> str:
    """A pattern of an address with every mark in whatever disguise."""
    return "".join(_SIGNS.get(c) or re.escape(c) for c in address)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer address."""
    before = text[max(0, start - REACH) : start]
    return not _BEFORE.search(before) and not _AFTER.match(text, end)
