"""Session logs of coding agents: Claude Code, Codex, SWE-agent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from engrammic.items import Conversation, Message
from engrammic.sessions import BadLine, Item, read

DATA = Path(__file__).parent / "data" / "sessions"
SESSION = "7b1f2c9e-5d1a-4c43-9a57-0b6f5e9d1c11"


def messages(items: Iterable[Item]) -> list[Message]:
    return [i for i in items if isinstance(i, Message)]


def bad(items: Iterable[Item]) -> list[BadLine]:
    return [i for i in items if isinstance(i, BadLine)]


def conversations(items: Iterable[Item]) -> list[Conversation]:
    return [i for i in items if isinstance(i, Conversation)]


def said(items: Iterable[Item]) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in messages(items)]


def test_claude_code_tells_text_calls_and_results_apart() -> None:
    items = list(read(DATA / "claude_code.jsonl"))
    assert said(items) == [
        ("user", "Why does the tide table skip the second high water on 29 February?"),
        ("assistant", "I will look at the step function."),
        ("assistant", "Bash: grep -n step src/tides.py\ndescription: Find the step"),
        ("tool", "41:def step(day):"),
        ("user", "terminal says \ufffd and \ufffd here"),
        ("user", "[image: image/png]"),
        ("assistant", "The step adds 24 hours; a lunar day has 24 h 50 min."),
        ("system", "Conversation compacted"),
        ("user", "This session continues an earlier one about tides."),
    ]
    call, result = messages(items)[2:4]
    assert call.metadata["tool_input"] == {
        "command": "grep -n step src/tides.py",
        "description": "Find the step",
    }
    assert call.metadata["type"] == "tool_use"
    assert call.metadata["tool_use_id"] == result.metadata["tool_use_id"] == "toolu_1"
    assert result.metadata["type"] == "tool_result"


def test_claude_code_keeps_what_the_log_knows_of_a_message() -> None:
    answer = messages(read(DATA / "claude_code.jsonl"))[1]
    assert answer.conversation_id == SESSION
    assert answer.message_id is not None
    assert answer.message_id.startswith(f"claude-code:{SESSION}:u-003:")
    assert answer.created_at == 1_772_442_001_500
    assert answer.model_id == "claude-opus-4"
    assert answer.metadata == {
        "cwd": "/home/dev/orrery",
        "git_branch": "feat/tides",
        "version": "2.1.4",
        "parent_id": "u-002",
        "uuid": "u-003",
    }


def test_claude_code_counts_the_tokens_of_one_answer_once() -> None:
    counts = [m.token_count for m in messages(read(DATA / "claude_code.jsonl"))]
    assert counts == [None, 13, None, None, None, None, 20, None, None]
    thinking = messages(read(DATA / "claude_code.jsonl", include_thinking=True))
    assert [m.token_count for m in thinking[:4]] == [None, 12, None, None]


def test_claude_code_reports_every_bad_line_with_its_number_and_goes_on() -> None:
    reasons = {b.line: b.reason for b in bad(read(DATA / "claude_code.jsonl"))}
    assert list(reasons) == [7, 8, 9, 10, 11, 12, 21]
    assert reasons[7].startswith("no valid JSON")
    assert reasons[8] == "not an object but str"
    assert reasons[12] == "content: missing"
    assert "still being written" in reasons[21]


def test_replaced_characters_are_counted() -> None:
    marked = [m for m in messages(read(DATA / "claude_code.jsonl")) if "\ufffd" in m.content]
    assert [m.metadata["replaced_characters"] for m in marked] == [2]


def test_images_are_references_without_their_bytes() -> None:
    tool = messages(read(DATA / "claude_code.jsonl"))[3]
    assert tool.images is not None
    (image,) = json.loads(tool.images)
    assert image["media_type"] == "image/png"
    assert image["size"] == 70
    assert image["sha256"].startswith("6b7fa434f92a8b80")
    assert "iVBOR" not in repr(list(read(DATA / "claude_code.jsonl")))


def test_the_last_title_wins_and_the_conversation_spans_its_messages() -> None:
    (conversation,) = conversations(read(DATA / "claude_code.jsonl"))
    assert conversation.title == "Lunar day fix"
    assert conversation.created_at == 1_772_442_000_500
    assert conversation.updated_at == 1_772_442_008_500
    assert conversation.metadata["format"] == "claude-code"
    assert conversation.metadata["source"] == str((DATA / "claude_code.jsonl").resolve())


def test_thinking_comes_only_when_asked_and_changes_no_other_id() -> None:
    plain = messages(read(DATA / "claude_code.jsonl"))
    full = messages(read(DATA / "claude_code.jsonl", include_thinking=True))
    thought = [m for m in full if m.metadata.get("type") == "thinking"]
    assert [m.content for m in thought] == ["Probably a calendar step."]
    assert {m.message_id for m in full} - {m.message_id for m in plain} == {thought[0].message_id}


def test_a_copied_log_gives_the_same_messages(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_bytes((DATA / "claude_code.jsonl").read_bytes())
    assert messages(read(copy)) == messages(read(DATA / "claude_code.jsonl"))


def test_a_grown_log_keeps_its_ids_and_adds_new_ones(tmp_path: Path) -> None:
    lines = (DATA / "claude_code.jsonl").read_bytes().splitlines(keepends=True)
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(lines[:5]))
    before = messages(read(log))
    log.write_bytes(b"".join(lines))
    assert messages(read(log))[: len(before)] == before


def test_one_uuid_with_two_contents_is_two_messages(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    entry = {"type": "user", "uuid": "same", "sessionId": "s", "timestamp": "2026-01-01T00:00:00Z"}
    contents = ("first", "second", "first")
    rows = [{**entry, "message": {"role": "user", "content": c}} for c in contents]
    log.write_text("\n".join(map(json.dumps, rows)))
    first, second, again = messages(read(log))
    assert first.message_id == again.message_id != second.message_id
    assert [m.created_at for m in (first, second, again)] == [
        1_767_225_600_000,
        1_767_225_600_001,
        1_767_225_600_002,
    ]


def test_loglines_without_a_session_are_told_apart_by_their_path(tmp_path: Path) -> None:
    entry = {"type": "user", "message": {"role": "user", "content": "hello"}}
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps({"loglines": [entry, 3]}))
    ours, theirs = (list(read(tmp_path / name)) for name in ("a.json", "b.json"))
    assert said(ours) == said(theirs) == [("user", "hello")]
    assert messages(ours)[0].message_id != messages(theirs)[0].message_id
    assert [b.reason for b in bad(ours)] == [
        "logline 1: type: missing: this is no record of a session log"
    ]


def test_codex_reads_calls_and_results_and_no_line_twice() -> None:
    items = list(read(DATA / "codex.jsonl"))
    assert said(items) == [
        ("system", "Be careful."),
        ("system", "<environment_context>\n<cwd>/srv/lantern</cwd>\n</environment_context>"),
        ("user", "List the lamps that are out."),
        ("assistant", "shell: lamps --out\nworkdir: /srv/lantern"),
        ("tool", "lamp 7\nlamp 12\n"),
        ("assistant", "apply_patch: *** Begin Patch\n*** Add File: out.txt\n+7\n*** End Patch"),
        ("tool", "plain words"),
        ("assistant", "web_search: sodium lamp life\ntype: search"),
        ("assistant", "Lamps 7 and 12 are out."),
        ("system", "Two lamps are out."),
    ]
    assert [b.line for b in bad(items)] == [17, 19]
    assert messages(items)[4].metadata["exit_code"] == 0
    assert messages(items)[8].model_id == "gpt-5-codex"


def test_codex_conversation_carries_what_the_header_says() -> None:
    (conversation,) = conversations(read(DATA / "codex.jsonl"))
    assert conversation.title == "List the lamps that are out."
    facts = conversation.metadata
    assert facts["cwd"] == "/srv/lantern"
    assert facts["git_branch"] == "main"
    assert facts["total_tokens"] == 760


def test_codex_reasoning_comes_when_asked_and_changes_no_other_id() -> None:
    plain = messages(read(DATA / "codex.jsonl"))
    full = messages(read(DATA / "codex.jsonl", include_thinking=True))
    assert {m.content for m in full} - {m.content for m in plain} == {"**Reading the register**"}
    assert {m.message_id for m in plain} < {m.message_id for m in full}


def test_codex_messages_at_one_instant_keep_their_order() -> None:
    dates = [m.created_at for m in messages(read(DATA / "codex.jsonl"))]
    assert dates == sorted(set(dates))


def test_codex_reads_logs_from_before_the_envelope() -> None:
    items = list(read(DATA / "codex_bare.jsonl"))
    assert said(items) == [
        ("user", "Rename the lamp module."),
        ("assistant", "shell: not json"),
        ("tool", "done"),
        ("assistant", "Renamed to lantern."),
    ]
    start = 1_746_638_661_123
    assert [m.created_at for m in messages(items)] == [start + n for n in range(4)]
    assert "undated" not in messages(items)[0].metadata
    assert messages(items)[1].metadata["undated"] is True


def test_swe_agent_results_are_the_environments_not_the_users() -> None:
    items = list(read(DATA / "run.traj"))
    assert said(items) == [
        ("system", "You work at a shell."),
        ("user", "The kettle sensor reads -1 when cold."),
        ("assistant", "I open the sensor file."),
        ("assistant", "open: sensor.py"),
        ("tool", "[File: sensor.py]"),
        ("assistant", "submit"),
        ("tool", "Submitted."),
    ]
    assert isinstance(items[0], Conversation)
    assert items[0].metadata["exit_status"] == "submitted"
    assert [b.reason for b in bad(items)] == [
        "message 6: role: missing",
        "message 7: role: missing",
    ]


def test_swe_agent_has_no_clock_so_the_order_is_kept_from_the_files_time() -> None:
    changed = (DATA / "run.traj").stat().st_mtime_ns // 1_000_000
    found = messages(read(DATA / "run.traj"))
    assert [m.created_at for m in found] == [changed + n for n in range(len(found))]
    assert all(m.metadata["undated"] for m in found)
