"""The stretches of time that a query names: "in May", "last week", "3 June 2023"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, TypeAlias

from engrammic.patterns import lazy_pattern

Interval: TypeAlias = tuple[int, int]
"""Unix milliseconds: start, and end excluded."""

Days: TypeAlias = tuple[date, date]

READ = 2000
"""Characters of a query that are looked through."""

_MONTHS = "january february march april may june july august september october november december"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # northern
_STARTS = {m: n for n, name in enumerate(_MONTHS.split(), 1) for m in (name, name[:3])}
_STARTS |= {"sept": 9, **_SEASONS}
_WORDS = {"may", "mar", "march", "spring", "fall", "sep", "dec", "jan", "jun"}
_BEFORE = "in last this since of during until before after by from between and to mid"
_COUNTS = "zero a two three four five six seven eight nine ten eleven twelve"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_HINTS = set(_BEFORE.split())
_NUMBERS = {"an": 1, "one": 1, "few": 3, **{w: n for n, w in enumerate(_COUNTS.split())}}
_WEEKDAYS = _DAYS.split()
_NEAR = {"today": 0, "tonight": 0, "this morning": 0, "yesterday": 1, "last night": 1}
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}

_NAME = "|".join(sorted(_STARTS, key=len, reverse=True))
_NUMBER = r"\d{1,3}|" + "|".join(_NUMBERS)
_YEAR = r"(?:,?\s+(?:of\s+)?((?:19|20)\d\d)\b)?"


class _Clock(NamedTuple):
    today: date
    earliest: date
    before: str
    """The word in front of what is read."""

    def choose(self, make: Callable[[int], Days], year: str | None) -> list[Days]:
        """The span in the year that was said, else those begun from `earliest` on, at least one."""
        if year:
            return [make(int(year))]
        begun = []
        for number in range(self.today.year, self.earliest.year - 5, -1):
            try:
                span = make(number)
            except ValueError:
                continue  # the 29th of February has no place in most years
            if span[self.before == "last"] <= self.today:
                begun.append(span)
        one = self.before in {"last", "this"}
        return begun[:1] if one else [s for s in begun if s[1] > self.earliest] or begun[:1]


def _month(year: int, month: int, count: int = 1) -> Days:
    end = year * 12 + month - 1 + count
    return date(year, month, 1), date(end // 12, end % 12 + 1, 1)


def _back(today: date, unit: str, count: int) -> Days:
    """The calendar month or year so many before this one."""
    at = today.year * 12 + today.month - 1 - count * (1 if unit == "month" else 12)
    return _month(at // 12, at % 12 + 1) if unit == "month" else _month(at // 12, 1, 12)


def _around(middle: date, slack: int = 0) -> Days:
    return middle - timedelta(slack), middle + timedelta(slack + 1)


def _iso(m: re.Match[str], clock: _Clock) -> list[Days]:
    if m[3]:
        return [_around(date(int(m[1]), int(m[2]), int(m[3])))]
    return [_month(int(m[1]), int(m[2]))]


def _day(m: re.Match[str], clock: _Clock) -> list[Days]:
    day, name = (m[1], m[2]) if m[1].isdigit() else (m[2], m[1])
    return clock.choose(lambda year: _around(date(year, _STARTS[name], int(day))), m[3])


def _named(m: re.Match[str], clock: _Clock) -> list[Days]:
    if m[1] in _WORDS and clock.before not in _HINTS and not m[2]:
        return []
    length = 3 if m[1] in _SEASONS else 1
    return clock.choose(lambda year: _month(year, _STARTS[m[1]], length), m[2])


def _year(m: re.Match[str], clock: _Clock) -> list[Days]:
    return [_month(int(m[1]), 1, 12)] if clock.before in _HINTS else []


def _ago(m: re.Match[str], clock: _Clock) -> list[Days]:
    count, unit = _NUMBERS.get(m[1]) or int(m[1]), m[2]
    if unit in {"month", "year"}:
        return [_back(clock.today, unit, count)]
    return [_around(clock.today - timedelta(count * _LENGTHS[unit]), 3 if unit == "week" else 0)]


def _recent(m: re.Match[str], clock: _Clock) -> list[Days]:
    days = (_NUMBERS.get(m[1]) or int(m[1])) * _LENGTHS[m[2]]
    return [(clock.today - timedelta(days), clock.today + timedelta(1))]


def _calendar(m: re.Match[str], clock: _Clock) -> list[Days]:
    back = int(m[1] != "this")
    if m[2] in {"month", "year"}:
        return [_back(clock.today, m[2], back)]
    monday = clock.today - timedelta(clock.today.weekday() + 7 * back)
    return [(monday + timedelta(5 if m[2] == "weekend" else 0), monday + timedelta(7))]


def _weekday(m: re.Match[str], clock: _Clock) -> list[Days]:
    return [
        _around(clock.today - timedelta((clock.today.weekday() - _WEEKDAYS.index(m[1])) % 7 or 7))
    ]


def _near(m: re.Match[str], clock: _Clock) -> list[Days]:
    return [_around(clock.today - timedelta(2 if m[1] else _NEAR[m[2]]))]


_READERS = tuple(
    (lazy_pattern(rf"(?<![\w-]){pattern}(?!\w)"), reader)
    for pattern, reader in (
        (r"((?:19|20)\d\d)[-/](\d\d)(?:[-/](\d\d))?", _iso),
        (rf"(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_NAME})\b\.?{_YEAR}", _day),
        (rf"({_NAME})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}", _day),
        (rf"({_NAME})\b\.?{_YEAR}", _named),
        (rf"({_NUMBER})\s+(day|week|month|year)s?\s+ago", _ago),
        (rf"(?:last|past|previous)\s+({_NUMBER})\s+(day|week|month|year)s?", _recent),
        (r"(last|past|previous|this)\s+(week|weekend|month|year)", _calendar),
        (rf"(?:on|last|this|since)\s+({'|'.join(_WEEKDAYS)})", _weekday),
        (rf"(the day before )?({'|'.join(_NEAR)})", _near),
        (r"((?:19|20)\d\d)", _year),
    )
)


def spans(
    query: str, now: int, *, earliest: int | None = None, timezone: tzinfo = UTC
) -> list[Interval]:
    """The intervals that the query names, in order; none for most queries.

    `now` is what "yesterday" and "last May" count from. A month without a year
    is the latest one before `now`; with `earliest`, every one since then.
    Both are unix milliseconds; days begin at midnight in `timezone`.
    """
    today = _date(now, timezone)
    found = _found(
        query[:READ].lower(), today, today if earliest is None else _date(earliest, timezone)
    )
    named: list[Days] = []
    while found:
        before, days = found.pop(0)
        if before in {"between", "from"} and found and found[0][0] in {"and", "to", "until"}:
            named.append((days[-1][0], found.pop(0)[1][0][1]))
        elif before in {"since", "after"}:
            named.append((days[0][before == "after"], today + timedelta(1)))
        elif before in {"before", "until"}:
            named.append((date(1970, 1, 1), days[0][0]))
        else:
            named += days
    edges = [
        tuple(int(datetime.combine(d, time(), timezone).timestamp() * 1000) for d in s)
        for s in named
    ]
    return sorted({(start, end) for start, end in edges if start < end})


def _date(moment: int, timezone: tzinfo) -> date:
    return datetime.fromtimestamp(moment / 1000, timezone).date()


def _found(text: str, today: date, earliest: date) -> list[tuple[str, list[Days]]]:
    """What is named, in reading order, each with the word before it."""
    found: list[tuple[int, str, list[Days]]] = []
    for pattern, reader in _READERS:
        for m in list(pattern.finditer(text)):
            before = (text[: m.start()].removesuffix("the ").split() or [""])[-1]
            try:
                days = reader(m, _Clock(today, earliest, before))
            except (ValueError, OverflowError):
                continue  # no such date: the query speaks of something else
            if days:
                found.append((m.start(), before, days))
                text = text[: m.start()] + "#" * (m.end() - m.start()) + text[m.end() :]
    return [(before, days) for _, before, days in sorted(found)]
