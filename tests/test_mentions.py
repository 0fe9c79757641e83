"""Identifiers in other spellings are the same, and their neighbours are not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engrammic.mentions.finding import identifier
from engrammic.mentions.plain import plain

PHONE, MAIL, IBAN = "+44 7700 900318", "alice.m@x-mail.com", "DE89 3704 0044 0532 0130 00"
SAME = {
    MAIL: [
        "ALICE.M@X-Mail.com", "alice.m [at] x-mail [dot] com", "alice.m(at)x-mail.com",
        "alice dot m at x-mail dot com", "ａlice.m@x-mail.com", "ali\u00adce.m@x-mail.com",
        "alice.m&#64;x-mail.com", "mailto:alice.m%40x-mail.com", "аlice.m@x-mail.com",
        "alice.m{at}x-mail.com", "邮箱alice.m@x-mail.com的",
    ],
    PHONE: [
        "07700900318", "0044 7700 900 318", "(07700) 900-318", "+44 (0)7700 900318",
        "447700900318", "oh seven seven double oh nine double oh three one eight",
        "٠٧٧٠٠ ٩٠٠٣١٨", "07700\u00a0900318", "07700/900.318", "at 12 07700 900318",
    ],
    "(555) 123-4567": ["+1 555 123 4567", "1-555-123-4567", "555.123.4567"],
    "+7 916 123 45 67": ["8 (916) 123-45-67"],
    "1984-03-12": [
        "12/03/1984", "12 March 1984", "March 12th, 1984", "12.3.84", "12th of March 1984",
        "03/12/1984", "1984-03-12T10:00", "19840312",
    ],
    IBAN: ["DE89370400440532013000", "de89-3704-0044-0532-0130-00."],
    "PROJ-12": ["proj 12", "proj_12", "PROJ12", "PROJ #12", "browse/PROJ-12", "PROJ-12-related"],
    "BKX7781": ["B-KX 7781"],
    "J.I.R.A-123": ["JIRA-123"],
    "00:1A:2B:3C:4D:5E": ["001a.2b3c.4d5e", "00-1a-2b-3c-4d-5e"],
    "123-45-6789": ["123 45 6789", "123456789"],
    "v1.2": ["version 1.2", "v1.2.0"],
    "https://www.Evil.com/a/": ["hxxps://evil[.]com/a"],
    "evil.com": ["https://www.evil.com/x", "evil[.]com"],
    "10.0.0.1": ["10[.]0[.]0[.]1", "10.0.0.1:80"],
    "2001:db8::1": ["2001:0db8:0:0:0:0:0:1"],
    "src/auth.py": [r"C:\x\src\auth.py"],
    "@grim_kettle": ["grim_kettle wrote"],
    "@mark": ["user mark", "@mark"],
}  # fmt: skip
OTHER = {
    MAIL: [
        "malice.m@x-mail.com", "alice.m@x-mail.com.au", "alice.m@x-mail.community",
        "b.alice.m@x-mail.com", "alice.mo@x-mail.com", "alice.m+a@x-mail.com",
        "bob dot alice dot m at x-mail dot com", "alice.m at x-mail dot com dot au",
    ],
    PHONE: [
        "07700 900319", "+33 7700 900318", "07700 9003180", "17700900318", "07700 90031",
        "107700900318", "07700 900318 22",
    ],
    "555-123-4567": ["666 555 123 4567", "123-4567"],
    "1984-03-12": ["13/03/1984", "1984-03-1", "12 March 1985", "1984-03-120"],
    IBAN: ["DE89370400440532013001", "DE893704004405320130001", f"{IBAN} 12"],
    "PROJ-12": ["PROJ-123", "PROJ-12-a", "XPROJ-12", "my-PROJ-12", "PROJ-1 2", "#12", "PROJ-12.5"],
    "db-1": ["db-10", "prod-db-1", "db-1.example.org"],
    "INV-2024-1-12": ["INV-2024-11-2"],
    "#12": ["#123"],
    "v1.2": ["v1.2.1", "grew 1.2 percent", "v1.20"],
    "v2.4.7": ["2.4.7-rc1", "12.4.7"],
    "https://evil.com/a": ["evil.com/ab", "evil.com/a/b"],
    "evil.com": ["bob@evil.com", "evil.com.au", "notevil.com", "evil.community", "my.evil.com"],
    "10.0.0.1": ["10.0.0.12", "110.0.0.1", "10.0.0.1/24"],
    "auth.py": ["auth.pyc", "my_auth.py", "auth.py.bak"],
    "/home/alice": ["/home/alice/b", "/home/alice2"],
    "@grim_kettle": ["@grim_kettledrum", "grim_kettle@example.org"],
    "@mark": ["mark my words"],
}  # fmt: skip


def finds(subject: str, text: str) -> bool:
    find = identifier(subject)
    assert find is not None
    return find(plain(text))


@pytest.mark.parametrize(("subject", "text"), [(s, t) for s, texts in SAME.items() for t in texts])
def test_another_spelling_is_the_same(subject: str, text: str) -> None:
    assert finds(subject, text)
    assert finds(subject, f"Ask about {text}, please.")


@pytest.mark.parametrize(("subject", "text"), [(s, t) for s, texts in OTHER.items() for t in texts])
def test_a_neighbour_is_not(subject: str, text: str) -> None:
    assert not finds(subject, text)
    assert not finds(subject, f"Ask about {text}, please.")


@pytest.mark.parametrize("name", ["Alice", "Alice Okafor", "Project Nightjar", "王小明", "parser"])
def test_a_name_is_no_identifier(name: str) -> None:
    assert identifier(name) is None


NATIONAL = st.from_regex(r"[1-9][0-9]{9}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(NATIONAL, st.lists(st.sampled_from(["", " ", "-", "."]), min_size=9, max_size=9))
def test_any_grouping_of_a_phone_number_is_itself(own: str, gaps: list[str]) -> None:
    grouped = "".join(d + g for d, g in zip(own, [*gaps, ""], strict=True))
    for prefix in ("+44 ", "0044 ", "0", "+44 (0)"):
        assert finds(f"+44 {own}", f"call {prefix}{grouped} now")


@settings(max_examples=60, deadline=None)
@given(NATIONAL, st.integers(0, 9), st.integers(1, 9))
def test_another_digit_is_another_number(own: str, place: int, by: int) -> None:
    digit = str((int(own[place]) + by) % 10)
    assume(place or digit != "0")
    other = own[:place] + digit + own[place + 1 :]
    for text in (f"+44 {other}", f"0{other}", f"+44 {own}{digit}", f"+49 {own}"):
        assert not finds(f"+44 {own}", f"call {text} now")


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[b-z]{3,8}[0-9]?", fullmatch=True), st.sampled_from("abz019"))
def test_another_letter_is_another_address(local: str, more: str) -> None:
    address = f"{local}@example.org"
    assert finds(address, f"to {local.upper()} [at] example [dot] org")
    for other in (
        f"{more}{address}",
        f"{local}{more}@example.org",
        f"{address}{more}",
        f"x.{address}",
    ):
        assert not finds(address, f"to {other} now")
