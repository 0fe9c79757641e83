"""What finds a subject in a text: by its kind, an identifier or a name."""

from __future__ import annotations

import re

from engrammic.mentions.codes import code, version
from engrammic.mentions.dates import day, holds_day
from engrammic.mentions.mail import Finder, handle, mail
from engrammic.mentions.phone import holds_number, number
from engrammic.mentions.places import place
from engrammic.mentions.plain import plain
from engrammic.patterns import lazy_pattern

_LABEL = lazy_pattern(
    r"(?:(?:phone|telephone|tel|mobile|cell|fax|e-?mail|iban|card|passport|plate|licen[cs]e|tax"
    r"|account|acct|customer|user|id|mac|ip|url|uuid|ssn|vat|dob|date of birth|born|number|no|nr"
    r"|isbn|issn|ean|zip|zip code|postcode|postal code|key|serial|code|address|the|on)"
    r"\b[\s.:#]*)+(?=\S)", re.IGNORECASE,
)  # fmt: skip
FEWEST = 6
"""Letters and digits of an identifier that is one without the word before it, at least."""


def identifier(subject: str) -> Finder | None:
    """What finds an identifier, or None if the subject is a name."""
    subject = plain(subject).strip()
    bare = _LABEL.sub("", subject, count=1) if _LABEL.match(subject) else subject
    if bare != subject and sum(c.isdigit() for c in bare) >= FEWEST:
        subject = bare
    return (
        mail(subject) or _day(subject) or place(subject) or handle(subject) or version(subject)
        or _numbered(subject)
    )  # fmt: skip


def _day(subject: str) -> Finder | None:
    wanted = day(subject)
    return (lambda text: holds_day(wanted, text)) if wanted else None


def _numbered(subject: str) -> Finder | None:
    """What finds a telephone number or any other code; figures alone may be either."""
    phone, found = number(subject), code(subject)
    if phone is None:
        return found
    return lambda text: holds_number(phone, text) or (found is not None and found(text))
