"""E-mail addresses, whole or one half of them, and handles."""

from __future__ import annotations

import re
from collections.abc import Callable

from engrammic.mentions.marks import AT, disguised, signed, stands_alone
from engrammic.patterns import lazy_pattern

Finder = Callable[[str], bool]

_ADDRESS = lazy_pattern(r"(?:mailto:)?([\w.+%'-]+@[\w-]+(?:\.[\w-]+)+)$", re.IGNORECASE)
_LOCAL = lazy_pattern(r"([\w.+%'-]+)@$")
_DOMAIN = lazy_pattern(r"@([\w-]+(?:\.[\w-]+)*\.\w[\w-]+)$")
_HANDLE = lazy_pattern(r"(?:user\s+)?@([\w.-]*\w)$|user(?:name)?\s+([\w-]*\d[\w-]*|\w+[_-][\w-]*)$",
                     re.IGNORECASE)  # fmt: skip
_RUN = lazy_pattern(r"[^\W_]+")


def mail(subject: str) -> Finder | None:
    """What finds an address, or all addresses of one local part or one domain."""
    address = signed(subject)
    if whole := _ADDRESS.match(address):
        return _finder(disguised(whole[1]), whole[1])
    if local := _LOCAL.match(address):
        return _finder(rf"{disguised(local[1])}(?={AT}\w)", local[1], open_end=True)
    if domain := _DOMAIN.match(address):
        return _finder(rf"(?<=\w){AT}{disguised(domain[1])}", domain[1], open_start=True)
    return None


def mailbox(subject: str) -> Finder | None:
    """What finds an address with whatever tag: `ada+news@` comes to the box of `ada@`."""
    whole = _ADDRESS.match(signed(subject))
    if whole is None or "+" in whole[1]:
        return mail(subject)
    local, _, domain = whole[1].partition("@")
    tag = rf"(?:{disguised('+')}[\w.-]+)?"
    return _finder(f"{disguised(local)}{tag}{disguised('@' + domain)}", whole[1])


def handle(subject: str) -> Finder | None:
    """What finds a handle: with its @, or as a word of its own."""
    given = _HANDLE.match(subject)
    if given is None:
        return None
    bare = given[1] or given[2]
    pattern = re.compile(rf"(?<![\w.+-])@?{re.escape(bare)}(?![\w@-]|\.\w)", re.IGNORECASE)
    # A plain word is a handle only with a sign of being one: `mark` is a verb.
    if bare.isalpha():
        sign = r"(?:@|\b(?:user|username|handle|account|nick|login)[:=]?\s+[\"'`]?@?)"
        pattern = re.compile(rf"(?<![\w.+-]){sign}{re.escape(bare)}(?![\w@-]|\.\w)", re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


def _finder(
    pattern: str, address: str, *, open_start: bool = False, open_end: bool = False
) -> Finder:
    anchor = max(_RUN.findall(address.casefold()), key=len)
    found_in = re.compile(pattern, re.IGNORECASE)

    def find(text: str) -> bool:
        if anchor not in text.casefold():
            return False
        return any(
            stands_alone(text, 0 if open_start else m.start(), len(text) if open_end else m.end())
            for m in found_in.finditer(text)
        )

    return find
