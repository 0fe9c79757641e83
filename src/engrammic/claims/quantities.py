"""Numbers, times and dates in a phrase: what they count, in one unit, as a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engrammic.patterns import lazy_pattern

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS: dict[str, float] = {w: n for n, w in enumerate(f"{_ONES} {_TEENS}".split())}
NUMBERS |= {w: 20 + 10 * n for n, w in enumerate(_TENS.split())}
NUMBERS |= {"dozen": 12, "half": 0.5, "hundred": 100, "twice": 2, "single": 1, "no": 0, "once": 1}
for _name in _TENS.split():
    for _one in _ONES.split()[1:10]:
        NUMBERS[f"{_name}-{_one}"] = NUMBERS[_name] + NUMBERS[_one]
_SCALES = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12.0}
_SUFFIXES = {"k": 1e3, "m": 1e6, "bn": 1e9}
_UNITS: dict[str, tuple[str, float]] = {}
for _dimension, _table in {
    "time": "ms:0.001 millisecond:0.001 s:1 sec:1 second:1 min:60 minute:60 h:3600 hr:3600 "
            "hour:3600 day:86400 week:604800 month:2629800 year:31557600 decade:315576000",
    "bytes": "byte:1 kb:1e3 kilobyte:1e3 kib:1024 mb:1e6 megabyte:1e6 mib:1048576 gb:1e9 "
             "gigabyte:1e9 gib:1073741824 tb:1e12 terabyte:1e12",
    "length": "mm:0.001 cm:0.01 centimeter:0.01 centimetre:0.01 m:1 meter:1 metre:1 km:1e3 "
              "kilometer:1e3 kilometre:1e3 mile:1609.34 foot:0.3048 ft:0.3048 inch:0.0254",
    "mass": "g:0.001 gram:0.001 kg:1 kilo:1 kilogram:1 lb:0.4536 pound:0.4536 ton:1000",
    "euro": "€:1 euro:1 eur:1",
    "dollar": "$:1 dollar:1 usd:1 buck:1",
    "percent": "%:1 percent:1",
    "degree": "°c:1 °:1",
}.items():  # fmt: skip
    for _entry in _table.split():
        _one, _, _factor = _entry.partition(":")
        _UNITS[_one] = (_dimension, float(_factor))
_YEAR = "january february march april may june july august september october november december"
MONTHS = {name: n + 1 for n, name in enumerate(_YEAR.split())}
_SHORT = {name[:3]: n for name, n in MONTHS.items()} | {"sept": 9}
_CLOCK = lazy_pattern(r"(?P<h>\d{1,2})(?::(?P<m>\d\d))?(?P<half>am|pm)?$")
_ISO = lazy_pattern(r"(\d{4})-(\d\d)-(\d\d)$")
_NUMBER = lazy_pattern(
    r"(?P<sign>[€$£]?)(?P<n>\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?P<unit>[a-zµ%°€]*)$"
)
_ORDINAL = lazy_pattern(r"(\d{1,2})(?:st|nd|rd|th)?$")
_VERSION = lazy_pattern(r"v?\d+(?:\.\d+){1,3}$")

_MORE = {
    "newer",
    "higher",
    "later",
    "over",
    "exceeding",
    "above",
    "beyond",
    "least",
    "minimum",
    "+",
    "more",
}
_LESS = {"under", "below", "most", "maximum", "to", "less", "fewer", "within"}
_ABOUT = {"about", "around", "roughly", "approximately", "nearly", "almost", "circa", "some", "~"}
MARKS = frozenset(_MORE | _LESS | _ABOUT | {"at", "than", "up", "exactly", "or"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A range of numbers of a dimension: a unit's, or "" for a plain count."""

    low: float
    high: float
    dimension: str
    shown: str

    def disjoint(self, other: Quantity) -> bool:
        """Whether no number is in both."""
        return self.low > other.high or other.low > self.high


@dataclass(frozen=True, slots=True)
class Date:
    """A day; None for what is not said."""

    year: int | None
    month: int | None
    day: int | None

    def differs(self, other: Date) -> bool:
        """Whether both say something of the same part, and not the same."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return any(a is not None and b is not None and a != b for a, b in pairs)


def limits_differ(one: Quantity, other: Quantity) -> bool:
    """Whether both are bounds of one side, and not the same."""
    least = math.inf == one.high == other.high and one.low != other.low
    most = -math.inf == one.low == other.low and one.high != other.high
    return one.dimension == other.dimension and (least or most)


def quantities(tokens: Sequence[str]) -> tuple[list[Quantity], list[Date], list[str]]:
    """The quantities and dates of a phrase in lower case, and the words that are left."""
    found: list[Quantity] = []
    dates: list[Date] = []
    rest: list[str] = []
    at = 0
    while at < len(tokens):
        date, used = _date(tokens, at)
        if date is not None:
            dates.append(date)
            at += used
            continue
        quantity, used = _quantity(tokens, at)
        if quantity is None:
            rest.append(tokens[at])
            at += 1
            continue
        marks: list[str] = []
        while rest and rest[-1] in MARKS:
            marks.append(rest.pop())
        after = tokens[at + used : at + used + 2]
        if (
            len(after) == 2
            and after[0] == "or"
            and after[1] in ("more", "less", "fewer", "newer", "higher", "later", "above")
        ):
            marks.append(after[1])
            used += 2
        found.append(_ranged(quantity, marks))
        at += used
    return found, dates, rest


def _quantity(tokens: Sequence[str], at: int) -> tuple[Quantity | None, int]:
    clock, used = _clock(tokens, at)
    if clock is not None:
        return clock, used
    word = tokens[at]
    if (_VERSION.match(word) and word.count(".") > 1) or word.startswith("v"):
        return None, 0
    match = _NUMBER.match(word)
    if match:
        value = float(match["n"].replace(",", ""))
        sign, tail = match["sign"], match["unit"]
        if tail and tail not in _UNITS and tail not in _SUFFIXES:
            return None, 0
    elif word in NUMBERS and word != "no":
        value, sign, tail = NUMBERS[word], "", ""
        if word in ("half", "single") or (word == "one" and at + 1 == len(tokens)):
            return None, 0
    else:
        return None, 0
    used = 1
    while at + used < len(tokens) and tokens[at + used] in _SCALES:
        value *= _SCALES[tokens[at + used]]
        used += 1
    unit = sign or tail
    if unit in _SUFFIXES and unit not in ("m",):
        value, unit = value * _SUFFIXES[unit], ""
    following = tokens[at + used].rstrip(".") if at + used < len(tokens) else ""
    if not unit and following.replace("-", "") and (known := _unit(following)):
        unit, used = known, used + 1
    dimension, factor = _UNITS.get(_unit(unit) or unit, ("", 1.0))
    scaled = value * factor
    return Quantity(scaled, scaled, dimension, " ".join(tokens[at : at + used])), used


def _unit(word: str) -> str | None:
    for form in (word, word.removesuffix("s")):
        if form in _UNITS and not (form in ("m", "s", "g", "h") and form != word):
            return form
    return "foot" if word == "feet" else None


def _clock(tokens: Sequence[str], at: int) -> tuple[Quantity | None, int]:
    word = tokens[at]
    if word in ("noon", "midnight"):
        minutes = 720.0 if word == "noon" else 0.0
        return Quantity(minutes, minutes, "clock", word), 1
    match = _CLOCK.match(word)
    if not match:
        return None, 0
    half, used = match["half"], 1
    if half is None and at + 1 < len(tokens) and tokens[at + 1].replace(".", "") in ("am", "pm"):
        half, used = tokens[at + 1].replace(".", ""), 2
    if half is None and match["m"] is None:
        return None, 0
    hour = int(match["h"]) % 12 + (12 if half == "pm" else 0) if half else int(match["h"])
    minutes = float(hour * 60 + int(match["m"] or 0))
    return Quantity(minutes, minutes, "clock", " ".join(tokens[at : at + used])), used


def _date(tokens: Sequence[str], at: int) -> tuple[Date | None, int]:
    word = tokens[at]
    if iso := _ISO.match(word):
        return Date(*map(int, iso.groups())), 1
    number = MONTHS.get(word) or (_SHORT.get(word.rstrip(".")) if word != "may" else None)
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if number is not None:
        match = _ORDINAL.match(following)
        day = int(match[1]) if match and int(match[1]) < 32 else None
        used = 1 if day is None else 2
        year, more = _year(tokens, at + used)
        return Date(year, number, day), used + more
    of = 1 if following == "of" else 0
    then = tokens[at + 1 + of] if at + 1 + of < len(tokens) else ""
    if (match := _ORDINAL.match(word)) and int(match[1]) < 32 and then in MONTHS:
        year, more = _year(tokens, at + 2 + of)
        return Date(year, MONTHS[then], int(match[1])), 2 + of + more
    if word.isdigit() and len(word) == 4 and 1900 <= int(word) < 2100 and not following:
        return Date(int(word), None, None), 1
    return None, 0


def _year(tokens: Sequence[str], at: int) -> tuple[int | None, int]:
    if at < len(tokens) and tokens[at].isdigit() and 1900 <= int(tokens[at]) < 2100:
        return int(tokens[at]), 1
    return None, 0


def _ranged(quantity: Quantity, marks: Sequence[str]) -> Quantity:
    low, high = quantity.low, quantity.high
    if _ABOUT.intersection(marks):
        low, high = low * 0.85, high * 1.15
    if "exactly" not in marks:
        if _MORE.intersection(marks):
            high = math.inf
        elif _LESS.intersection(marks) and set(marks) != {"at"}:
            low = -math.inf
    return Quantity(low, high, quantity.dimension, quantity.shown)
