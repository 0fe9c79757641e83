"""Days of the calendar in figures or with the month's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engrammic.patterns import lazy_pattern

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TH = r"(?:st|nd|rd|th)?"
_EDGE, _END = r"(?<![\w.+-])(?<!\d/)", r"(?![\w]|[-/.]\d)"
_DATE = lazy_pattern(
    rf"{_EDGE}(?:"
    r"(?P<y1>\d{4})(?P<s1>[-/. ])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})(?=T\d|\D|$)"
    r"|(?P<a2>\d{1,2})(?P<s2>[-/.]\s?)(?P<b2>\d{1,2})(?P=s2)(?P<y2>\d{4}|\d{2})"
    rf"|(?P<d3>\d{{1,2}}){_TH}(?:\s+of)?[\s-]+{_MONTH.format('m3')},?[\s-]+(?P<y3>\d{{4}})"
    rf"|{_MONTH.format('m4')}\s+(?P<d4>\d{{1,2}}){_TH}(?:,\s*|\s+)(?P<y4>\d{{4}})"
    r"|(?P<y5>(?:19|20)\d\d)(?P<m5>0[1-9]|1[0-2])(?P<d5>[0-3]\d)"
    rf"|(?P<y6>\d{{4}})年(?P<m6>\d{{1,2}})月(?P<d6>\d{{1,2}})日"
    rf")(?:{_END}|(?=T\d))", re.IGNORECASE,
)  # fmt: skip

Day = tuple[int, int, int]


def days(text: str) -> Iterator[frozenset[Day]]:
    """What days each date in a text may be; two where day and month may be taken for each other."""
    for found in _DATE.finditer(text):
        parts = {k: v for k, v in found.groupdict().items() if v is not None and k[0] in "yamdb"}
        read = frozenset(d for d in _readings({k[0]: v for k, v in parts.items()}) if _is_day(*d))
        if read:
            yield read


def dates(text: str) -> list[str]:
    """The dates in a text, as they stand there."""
    return [found[0] for found in _DATE.finditer(text) if any(days(found[0]))]


def day(subject: str) -> frozenset[Day]:
    """The days that a subject is, if it is a date and nothing else."""
    found = _DATE.fullmatch(subject.strip())
    return next(days(subject), frozenset()) if found else frozenset()


def holds_day(wanted: frozenset[Day], text: str) -> bool:
    """Whether a text names one of the days."""
    years = {str(y)[2:] for y, _, _ in wanted}
    return any(y in text for y in years) and any(wanted & found for found in days(text))


def _readings(parts: dict[str, str]) -> Iterator[Day]:
    for year in _years(parts["y"]):
        if "a" in parts:
            first, second = int(parts["a"]), int(parts["b"])
            yield year, second, first
            yield year, first, second
        else:
            yield year, _month(parts["m"]), int(parts["d"])


def _years(written: str) -> tuple[int, ...]:
    return (int(written),) if len(written) == 4 else (1900 + int(written), 2000 + int(written))


def _month(written: str) -> int:
    return int(written) if written.isdigit() else 1 + _MONTHS.index(written[:3].lower())


def _is_day(_year: int, month: int, day_of_month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day_of_month <= 31
