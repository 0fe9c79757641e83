"""Markdown and text files, cut into notes at their headings."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engrammic.items import Note
from engrammic.sessions import read
from engrammic.sessions.markdown import front_matter, sections
from test_sessions_logs import DATA


def notes(path: Path) -> list[Note]:
    return [i for i in read(path) if isinstance(i, Note)]


def headings(text: str) -> list[str]:
    return [" > ".join(s.headings) for s in sections(text)]


def test_a_file_becomes_a_note_for_each_section() -> None:
    found = notes(DATA / "guide.md")
    assert [n.section for n in found] == [
        None,
        "Guide > Install",
        "Guide > Wiring",
        "Guide > Install",
        "Guide > Install > Tools and parts",
        "Empty at the end",
    ]
    assert {n.title for n in found} == {"The lamp keeper's guide"}
    assert {n.source for n in found} == {str(DATA / "guide.md")}
    assert len({n.note_id for n in found}) == len(found)


def test_front_matter_is_metadata_and_dates_the_notes() -> None:
    first, second = notes(DATA / "guide.md")[:2]
    assert first.metadata["front_matter"] == {
        "title": "The lamp keeper's guide",
        "date": "2026-02-03",
        "tags": "  - lamps\n  - night",
    }
    assert (first.created_at, second.created_at) == (1_770_076_800_000, 1_770_076_800_001)


def test_the_notes_together_are_the_file_behind_its_front_matter() -> None:
    text = (DATA / "guide.md").read_text()
    body = front_matter(text)[1]
    assert "".join(n.content for n in notes(DATA / "guide.md")) == text[body:]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# inside\n```\n",
        "~~~~\n# inside\n~~~\n# still inside\n~~~~\n",
        "    # indented\n",
        "> # quoted\n",
        "- # in a list\n",
        "<!--\n# in a comment\n-->\n",
        "#hashtag\n",
        "a\n\n---\n\nb\n",
        "```\n# a fence that never ends\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert headings(text) == [""]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Title\n=====\n\nx\n\nPart\n---\ny", ["Title", "Title > Part"]),
        ("# A #\nx\n# B\r\ny", ["A", "B"]),
        ("## Deep first\nx\n# Top\ny", ["Deep first", "Top"]),
        ("# A\n\n## B\n\n### C\nx\n## D\ny", ["A > B > C", "A > D"]),
        ("# A\n# B\nx", ["A", "B"]),
        ("# `code` and **bold** <abbr title='x'>JWT</abbr> { #jwt }\nx", ["code and bold JWT"]),
        ("# Vec<T> and snake_case\nx", ["Vec<T> and snake_case"]),
        ("one\rtwo\r# Old Mac\rx", ["", "Old Mac"]),
    ],
)
def test_headings_lead_to_sections(text: str, wanted: list[str]) -> None:
    assert headings(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["---\nno field\n---\n# A", "--- \n", "---\ntitle: open\n# A", "x\n---\na: b\n---\n"],
)
def test_a_rule_at_the_top_is_no_front_matter(text: str) -> None:
    assert front_matter(text) == ({}, 0)


_LINE = st.sampled_from(
    [
        "# A",
        "## B",
        "### C",
        "A",
        "===",
        "---",
        "```",
        "~~~",
        "    x",
        "",
        "> q",
        "- i",
        "<div>",
        "\t#",
    ]
)
_TEXT = st.lists(st.one_of(_LINE, st.text(max_size=12)), max_size=30).flatmap(
    lambda rows: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(rows))
)


@given(_TEXT)
def test_sections_joined_are_the_text(text: str) -> None:
    found = sections(text)
    assert "".join(text[s.start : s.end] for s in found) == (text if text.strip() else "")
    assert all(a.end == b.start for a, b in pairwise(found))
    assert all(text[s.start : s.end].strip() for s in found)


def test_an_edited_section_keeps_its_id(tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text("# A\nfirst\n## B\nsecond\n## B\nthird\n")
    before = [n.note_id for n in notes(guide)]
    guide.write_text("# A\nfirst, and more\n## B\nsecond\n## B\nother\n## C\nnew\n")
    assert [n.note_id for n in notes(guide)][:3] == before


def test_a_text_file_is_read_like_markdown(tmp_path: Path) -> None:
    text = tmp_path / "plan.txt"
    text.write_text("Buy lamps.\nSell lamps.\n")
    (note,) = notes(text)
    assert (note.content, note.section, note.title) == ("Buy lamps.\nSell lamps.\n", None, "plan")


def test_unstorable_characters_are_replaced_and_counted(tmp_path: Path) -> None:
    text = tmp_path / "odd.md"
    text.write_bytes(
        b"\xef\xbb\xbf# A\n" + b"some words of text, " * 20 + b"\0 and \xff and \xfe\n"
    )
    (note,) = notes(text)
    assert note.content.startswith("# A\n")
    assert note.content.endswith("\ufffd and \ufffd and \ufffd\n")
    assert note.metadata["replaced_characters"] == 3


def test_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    text = tmp_path / "wide.txt"
    text.write_bytes("# Grüße\nan alle\n".encode("utf-16"))
    assert [n.section for n in notes(text)] == ["Grüße"]


def test_a_blank_file_has_no_notes(tmp_path: Path) -> None:
    blank = tmp_path / "blank.md"
    blank.write_text(" \n\n")
    assert notes(blank) == []
