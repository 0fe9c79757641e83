"""Time spans: what stretch of time a query names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.ranking.timespan import spans


def at(text: str, zone: timezone = UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


NOW = at("2023-08-16T15:00")  # a Wednesday


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("what happened on 3 June 2023?", "2023-06-03", "2023-06-04"),
        ("June 3rd, 2023", "2023-06-03", "2023-06-04"),
        ("the 8th of December, 2022", "2022-12-08", "2022-12-09"),
        ("on 3 June", "2023-06-03", "2023-06-04"),
        ("on 3 December", "2022-12-03", "2022-12-04"),
        ("2023-05-08", "2023-05-08", "2023-05-09"),
        ("since 2023-05", "2023-05-01", "2023-08-17"),
        ("trips in May", "2023-05-01", "2023-06-01"),
        ("trips in May 2022", "2022-05-01", "2022-06-01"),
        ("in december", "2022-12-01", "2023-01-01"),
        ("what did she do in 2022", "2022-01-01", "2023-01-01"),
        ("summer of 2021", "2021-06-01", "2021-09-01"),
        ("last summer", "2022-06-01", "2022-09-01"),
        ("in the fall", "2022-09-01", "2022-12-01"),
        ("today", "2023-08-16", "2023-08-17"),
        ("yesterday", "2023-08-15", "2023-08-16"),
        ("the day before yesterday", "2023-08-14", "2023-08-15"),
        ("last night", "2023-08-15", "2023-08-16"),
        ("this week", "2023-08-14", "2023-08-21"),
        ("last week", "2023-08-07", "2023-08-14"),
        ("last weekend", "2023-08-12", "2023-08-14"),
        ("last month", "2023-07-01", "2023-08-01"),
        ("this year", "2023-01-01", "2024-01-01"),
        ("on Monday", "2023-08-14", "2023-08-15"),
        ("last Wednesday", "2023-08-09", "2023-08-10"),
        ("three days ago", "2023-08-13", "2023-08-14"),
        ("two weeks ago", "2023-07-30", "2023-08-06"),
        ("3 months ago", "2023-05-01", "2023-06-01"),
        ("a year ago", "2022-01-01", "2023-01-01"),
        ("the last 10 days", "2023-08-06", "2023-08-17"),
        ("between May and July", "2023-05-01", "2023-08-01"),
        ("from 3 June to 10 June 2023", "2023-06-03", "2023-06-11"),
        ("after May 2023", "2023-06-01", "2023-08-17"),
        ("before 2022", "1970-01-01", "2022-01-01"),
    ],
)
def test_a_named_time(query: str, start: str, end: str) -> None:
    assert spans(query, NOW) == [(at(start), at(end))]


@pytest.mark.parametrize(
    "query",
    ["", "may I ask", "we march on", "it will fall", "release 2.2022.1", "2023 users", "in 1",
     "on the last day", "45.6.2023", "version 2023-45"],
)  # fmt: skip
def test_no_time_is_named(query: str) -> None:
    assert spans(query, NOW) == []


def test_several_times_are_all_named() -> None:
    found = spans("was it in May 2022 or yesterday?", NOW)
    assert found == [(at("2022-05-01"), at("2022-06-01")), (at("2023-08-15"), at("2023-08-16"))]


def test_a_month_without_a_year_is_every_one_since_the_earliest() -> None:
    found = spans("in May", NOW, earliest=at("2021-05-20"))
    assert [start for start, _ in found] == [at(f"{y}-05-01") for y in (2021, 2022, 2023)]
    assert spans("last May", NOW, earliest=at("2021-05-20")) == [
        (at("2023-05-01"), at("2023-06-01"))
    ]


def test_a_leap_day_is_found_in_a_leap_year() -> None:
    assert spans("on 29 February", NOW) == [(at("2020-02-29"), at("2020-03-01"))]


def test_days_begin_at_midnight_of_the_zone() -> None:
    zone = timezone(timedelta(hours=9))
    late = at("2023-08-16T20:00")  # the 17th in that zone
    assert spans("today", late, timezone=zone) == [(at("2023-08-17", zone), at("2023-08-18", zone))]


@given(st.text(), st.integers(0, 4_000_000_000_000))
def test_any_text_gives_ordered_intervals_or_none(query: str, now: int) -> None:
    found = spans(query, now)
    assert found == sorted(set(found))
    assert all(start < end for start, end in found)


@given(st.dates(date(1971, 1, 1), date(2022, 12, 31)))
def test_every_day_is_read_in_every_form(day: date) -> None:
    expected = at(day.isoformat())
    for form in (
        f"{day.day} {day:%B} {day.year}",
        f"{day:%b} {day.day}, {day.year}",
        f"{day:%Y-%m-%d}",
    ):
        assert [s for s, _ in spans(f"on {form}", NOW)] == [expected], form
