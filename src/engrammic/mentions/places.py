"""Hosts, URLs, files and addresses of the internet, disarmed (`hxxp`, `[.]`) or not."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from engrammic.mentions.mail import Finder
from engrammic.mentions.marks import DOT, W, disguised, signed
from engrammic.patterns import lazy_pattern

_URL = lazy_pattern(r"(?:h(?:tt|xx)ps?\[?:\]?//|ftp://)?(?:www\.)?((?:[\w-]+\.)+[^\W\d_]\w+)(?::\d+)?"
                  r"((?:[/?#]\S*)?)$", re.IGNORECASE)  # fmt: skip
_OTHER_SCHEME = lazy_pattern(
    r"^(?!h(?:tt|xx)ps?:|ftp:|tel:|mailto:)[a-z][a-z\d+.-]+://", re.IGNORECASE
)
_FILE = lazy_pattern(r"(?:[A-Za-z]:)?[\\/]?(?:[\w .~@+-]+[\\/]+)+[\w .~@+-]*$|~?[\\/][\w.~+-]+$")
_SIX = lazy_pattern(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_SLASH = r"[\\/]{1,2}"
_LEFT = rf"(?<!{W})(?<!{W}[.@-])(?<!\[\.\])(?<!@)"


def place(subject: str) -> Finder | None:
    """What finds a host, a URL, a file or an IP address, or None."""
    subject = _OTHER_SCHEME.sub("", subject.strip())
    armed = signed(subject) if "[" in subject or "(" in subject else subject
    if found := _internet(armed):
        return found
    if not re.search(r"\s", armed) and (url := _URL.match(armed)):
        if re.fullmatch(r"v?\d+(?:\.\d+)*", url[1], re.IGNORECASE) or (
            "." not in armed.rstrip(".") or not re.search(r"[^\W\d_]", url[1])
        ):
            return None
        rest = url[2].rstrip("/")
        return _host(url[1]) if not rest else _url(url[1], rest)
    if _FILE.match(armed) and not re.fullmatch(r"[\d\s/]+", armed):
        return _file(armed)
    return None


def _internet(subject: str) -> Finder | None:
    try:
        four = IPv4Address(subject)
    except AddressValueError:
        return _internet_six(subject)
    pattern = re.compile(
        rf"(?<!\w)(?<!\d\.)(?<!\d\[\.\]){DOT.join(str(four).split('.'))}(?!\w|\.\d|\[\.\]|/\d)",
        re.IGNORECASE,
    )
    return lambda text: pattern.search(text) is not None


def _internet_six(subject: str) -> Finder | None:
    try:
        six = IPv6Address(subject.strip("[]"))
    except AddressValueError:
        return None
    return lambda text: ":" in text and any(_six(m[0]) == six for m in _SIX.finditer(text))


def _six(text: str) -> IPv6Address | None:
    try:
        return IPv6Address(text)
    except AddressValueError:
        return None


def _host(name: str) -> Finder:
    """A host or a file: no longer name, on the one side or the other."""
    bare = name.lower().removeprefix("www.")
    www = rf"(?:www{DOT})?"
    pattern = re.compile(
        rf"{_LEFT}{www}{disguised(bare)}(?!{W}|-{W}|\.{W}|\[\.\]|\s?@)", re.IGNORECASE
    )
    anchor = max(bare.split("."), key=len)
    return lambda text: anchor in text.lower() and pattern.search(text) is not None


def _url(host: str, rest: str) -> Finder:
    bare = host.lower().removeprefix("www.")
    anchor = max(bare.split("."), key=len)
    pattern = re.compile(
        rf"{_LEFT}(?:www{DOT})?{disguised(bare)}(?::\d+)?{re.escape(rest)}/?"
        rf"(?!{W}|[-.~%=&?#/+]{W}|[?#])", re.IGNORECASE,
    )  # fmt: skip
    return lambda text: anchor in text.lower() and pattern.search(text) is not None


def _file(path: str) -> Finder:
    parts = [p for p in re.split(r"[\\/]+", path) if p]
    is_absolute = path[0] in "\\/~" or path[1:2] == ":"
    start = _SLASH if path[0] in "\\/" else ""
    left = rf"(?<![\w.~/\\-])(?<!{W}:)" if is_absolute else rf"(?<![\w~-])(?<!{W}\.)"
    body = _SLASH.join(map(re.escape, parts))
    pattern = re.compile(rf"{left}{start}{body}(?!{W}|[-.~]{W}|{_SLASH}[\w.])[\\/]?", re.IGNORECASE)
    anchor = max(parts, key=len).lower()
    return lambda text: anchor in text.lower() and pattern.search(text) is not None
