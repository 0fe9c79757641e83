"""Which files are read, as what, and what a hostile file can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engrammic.errors import InvalidInput
from engrammic.sessions import FORMATS, BadLine, find, read
from engrammic.sessions.formats import detect
from engrammic.sessions.values import clean, digest, identity, moment, named
from test_sessions_logs import DATA, bad, conversations, messages, said


@pytest.mark.parametrize(
    ("name", "format_name"),
    [
        ("claude_code.jsonl", "claude-code"),
        ("codex.jsonl", "codex"),
        ("codex_bare.jsonl", "codex"),
        ("run.traj", "swe-agent"),
        ("chatgpt.json", "chatgpt"),
        ("claude.json", "claude"),
        ("chat.jsonl", "chat"),
        ("chats.jsonl", "chat"),
        ("guide.md", "markdown"),
    ],
)
def test_a_file_is_taken_for_what_it_is(name: str, format_name: str) -> None:
    assert detect(DATA / name) == format_name
    assert list(FORMATS[format_name].read(DATA / name)) == list(read(DATA / name))


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir()))
def test_reading_twice_gives_equal_items_with_unique_ids(name: str) -> None:
    items = list(read(DATA / name))
    assert items == list(read(DATA / name))
    ids = [m.message_id for m in messages(items)]
    assert len(set(ids)) == len(ids)
    assert all(i is not None and len(i.encode()) <= 256 for i in ids)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"level": "info"}\n'),
        ("package.json", '{"name": "x", "version": "1"}'),
        ("a.py", "x"),
    ],
)
def test_an_unknown_file_is_refused_at_once(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match="no known format"):
        read(tmp_path / name)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(InvalidInput, match="a directory"):
        read(tmp_path)


def test_an_empty_log_has_no_items(tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").touch()
    assert list(read(tmp_path / "new.jsonl")) == []


def test_a_line_of_ten_megabytes_is_read_up_to_what_a_store_takes(tmp_path: Path) -> None:
    log = tmp_path / "long.jsonl"
    rows = [{"role": "user", "content": "short", "skipped": "x" * n} for n in (0, 10_000_000)]
    rows.append({"role": "user", "content": "x" * 10_000_000})
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    items = list(read(log))
    assert [content for _, content in said(items)] == ["short", "short"]
    assert [b.line for b in bad(items)] == [3]
    assert bad(items)[0].reason.startswith("content: is 10000000 bytes long")


def test_a_line_beyond_the_bound_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engrammic.sessions.lines.LONGEST", 100)
    log = tmp_path / "long.jsonl"
    rows = ({"role": "user", "content": c} for c in ("a", "x" * 250, "b"))
    log.write_text("".join(json.dumps(r) + "\n" for r in rows))
    items = list(read(log))
    assert [content for _, content in said(items)] == ["a", "b"]
    assert [(b.line, b.reason) for b in bad(items)] == [(2, "longer than 100 bytes; passed over")]


def test_bytes_that_are_no_utf_8_and_raw_control_characters_are_let_through(tmp_path: Path) -> None:
    log = tmp_path / "raw.jsonl"
    log.write_bytes(b'{"role": "user", "content": "a\xff\x00b\x1b[0m"}\n\x00\x00\x00\n')
    items = list(read(log))
    assert said(items) == [("user", "a\ufffd\ufffdb\x1b[0m")]
    assert messages(items)[0].metadata["replaced_characters"] == 2
    assert [b.line for b in bad(items)] == [2]


def test_nesting_without_end_is_a_bad_line(tmp_path: Path) -> None:
    log = tmp_path / "deep.jsonl"
    deep = '{"role": "user", "content": "ok", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    log.write_text('{"role": "user", "content": "fine"}\n' + deep + "\n")
    items = list(read(log))
    assert said(items) == [("user", "fine")]
    assert [b.line for b in bad(items)] == [2]


@pytest.mark.parametrize("name", ["chatgpt.json", "claude.json", "run.traj"])
def test_a_document_cut_off_is_one_bad_file(tmp_path: Path, name: str) -> None:
    cut = tmp_path / name
    cut.write_bytes((DATA / name).read_bytes()[:-40])
    (only,) = read(cut)
    assert isinstance(only, BadLine)
    assert only.reason.startswith("no valid JSON")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(p for key, v in inner for p in _places(v, (*path, key)))]


def _replaced(value: object, path: tuple[object, ...], by: object) -> object:
    if not path:
        return by
    if isinstance(value, dict):
        return {k: _replaced(v, path[1:], by) if k == path[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [_replaced(v, path[1:], by) if n == path[0] else v for n, v in enumerate(value)]


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir() if p.suffix != ".md"))
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_value_in_any_place_is_an_item_or_a_bad_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    whole = not name.endswith(".jsonl")
    given_text = (DATA / name).read_text()
    sound = [r for r in given_text.splitlines() if r.startswith("{") and r.endswith("}")]
    rows = [given_text] if whole else sound
    row = data.draw(st.sampled_from(rows))
    value = json.loads(row)
    broken = _replaced(value, data.draw(st.sampled_from(_places(value))), data.draw(_JSON))
    path = tmp_path_factory.mktemp("broken") / name
    path.write_text(
        json.dumps(broken) if whole else f"{rows[0]}\n{json.dumps(broken)}\n{rows[-1]}\n"
    )
    format_name = detect(DATA / name)
    assert format_name is not None
    for item in FORMATS[format_name].read(path, include_thinking=True):
        json.dumps([getattr(item, "metadata", {}), getattr(item, "content", "")]).encode()
        assert "\x00" not in getattr(item, "content", "")
        assert getattr(item, "role", "user") in ("user", "assistant", "system", "tool")


def test_a_large_log_is_read_in_little_memory(tmp_path: Path) -> None:
    log = tmp_path / "large.jsonl"
    row = json.dumps({"conversation_id": "c", "role": "user", "content": "word " * 400}) + "\n"
    log.write_text(row * 20_000)
    probe = (
        "import resource, sys\n"
        "from engrammic.sessions import read\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "print(sum(1 for _ in read(sys.argv[1])), peak() - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe, str(log)], capture_output=True, text=True, check=True
    )
    count, grown = map(int, ran.stdout.split())
    assert count == 20_001
    unit = 1024 if sys.platform != "darwin" else 1
    assert grown * unit < 8 * 2**20 < os.path.getsize(log)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T01:00:00.250+01:00", 1_767_225_600_250),
        ("2026-01-01", 1_767_225_600_000),
        ("2026-01-01T00:00:00.123456789Z", 1_767_225_600_123),
        (1_767_225_600, 1_767_225_600_000),
        (1_767_225_600.25, 1_767_225_600_250),
        (1_767_225_600_000, 1_767_225_600_000),
        (1_767_225_600_000_000, 1_767_225_600_000),
        (1_767_225_600_000_000_000, 1_767_225_600_000),
        ("1767225600", 1_767_225_600_000),
        ("1767225600.5", 1_767_225_600_500),
        *((none, None) for none in (0, -1, 12, True, None, "", "soon", "0001-01-01", 1e300)),
        *((none, None) for none in (float("nan"), float("inf"), [], {}, "1969-12-31T00:00:00Z")),
    ],
)
def test_moment_reads_every_unit_by_its_size(value: object, wanted: int | None) -> None:
    assert moment(value) == wanted


@given(_JSON)
def test_clean_leaves_nothing_that_a_store_refuses(value: object) -> None:
    cleaned, count = clean(value)
    text = json.dumps(cleaned, ensure_ascii=False, allow_nan=False)
    assert "\x00" not in text
    assert "\\u0000" not in text
    text.encode()
    assert clean(cleaned) == (cleaned, 0)
    assert count >= 0


def test_ids_are_short_and_no_two_sets_of_parts_share_one() -> None:
    assert identity("codex", "a", "b") == "codex:a:b"
    assert identity("codex", "a:b", "c") != identity("codex", "a", "b:c")
    assert len(identity("codex", "x" * 999, "\ud800")) < 64
    assert digest("ab", "c") != digest("a", "bc")
    assert [named(v) for v in (None, "", True, 7, "conv-001")] == [
        None,
        None,
        None,
        "7",
        "conv-001",
    ]
    assert len((named("ü" * 400) or "").encode()) < 200


def test_conversations_without_messages_are_not_told(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"type": "summary", "summary": "Nothing here", "leafUuid": "u"}\n')
    assert conversations(read(log)) == []


def test_the_examples_are_whole() -> None:
    found = find([Path(__file__).parent.parent / "examples"])
    items = {path.name: list(read(path)) for path in found.files}
    assert not bad(i for one in items.values() for i in one)
    sessions = [messages(one) for one in items.values() if messages(one)]
    assert len(sessions) == 3
    assert all(25 <= len(one) <= 60 for one in sessions)


def test_a_number_that_no_store_takes_is_a_bad_line(tmp_path: Path) -> None:
    log = tmp_path / "big.jsonl"
    rows = [{"role": "user", "content": c, "seed": n} for c, n in (("a", 1), ("b", 2**60))]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    items = list(read(log))
    assert said(items) == [("user", "a")]
    assert [b.line for b in bad(items)] == [2]
    assert "metadata" in bad(items)[0].reason


def test_a_conversation_of_which_nothing_can_be_stored_is_not_told(tmp_path: Path) -> None:
    long = {"role": "user", "content": "x" * 1_100_000}
    (tmp_path / "one.jsonl").write_text(json.dumps(long) + "\n")
    (tmp_path / "list.json").write_text(json.dumps({"messages": [long]}))
    for name in ("one.jsonl", "list.json"):
        assert [type(i) for i in read(tmp_path / name)] == [BadLine]
