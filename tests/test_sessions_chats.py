"""Chats: the exports of ChatGPT and Claude, and plain JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engrammic.items import Conversation
from engrammic.sessions import read
from test_sessions_logs import DATA, bad, conversations, messages, said


def test_chatgpt_follows_the_tree_and_keeps_what_was_abandoned() -> None:
    items = list(read(DATA / "chatgpt.json"))
    assert said(items) == [
        ("user", "My sourdough does not rise at 16 degrees."),
        ("assistant", "Use more yeast."),
        ("assistant", "Give the bulk rise twelve hours, or find a warmer place."),
        ("assistant", "python: print(350/500)"),
        ("tool", "0.7"),
        ("user", "Is this crumb too tight?"),
        ("assistant", "A little; fold once more."),
        ("user", "An orphan that nothing leads to."),
    ]
    abandoned = [m.content for m in messages(items) if m.metadata.get("abandoned")]
    assert abandoned == ["Use more yeast.", "An orphan that nothing leads to."]


def test_chatgpt_conversation_comes_first_with_title_times_and_model() -> None:
    first = next(iter(read(DATA / "chatgpt.json")))
    assert isinstance(first, Conversation)
    assert first.conversation_id == "6a1b-sour"
    assert (first.title, first.model_id) == ("Sourdough in winter", "gpt-5")
    assert (first.created_at, first.updated_at) == (1_767_225_600_250, 1_767_226_100_250)


def test_chatgpt_message_details() -> None:
    by_key = {m.message_id: m for m in messages(read(DATA / "chatgpt.json"))}
    assert by_key["chatgpt:6a1b-sour:a1"].model_id == "gpt-4o"
    assert by_key["chatgpt:6a1b-sour:run"].name == "python"
    assert by_key["chatgpt:6a1b-sour:code"].metadata["tool_name"] == "python"
    photo = by_key["chatgpt:6a1b-sour:photo"]
    assert json.loads(photo.images or "") == [{"url": "file-service://file-crumb", "size": 4321}]
    assert photo.created_at == 1_767_225_607_250


def test_chatgpt_thoughts_come_when_asked() -> None:
    full = messages(read(DATA / "chatgpt.json", include_thinking=True))
    assert [m.content for m in full if m.metadata.get("type") == "thinking"] == [
        "Compute the hydration."
    ]


def test_chatgpt_reports_what_is_no_conversation() -> None:
    assert [b.reason for b in bad(read(DATA / "chatgpt.json"))] == [
        "conversation 0: message 11: content: missing, or no object",
        "conversation 1: no mapping in it",
        "conversation 2: no mapping in it",
    ]


def test_chatgpt_survives_a_tree_that_is_a_circle(tmp_path: Path) -> None:
    def node(name: str, parent: str) -> dict[str, object]:
        content = {"content_type": "text", "parts": [name]}
        message = {"id": name, "author": {"role": "user"}, "content": content}
        return {"id": name, "parent": parent, "children": [parent], "message": message}

    export = tmp_path / "conversations.json"
    mapping = {"a": node("a", "b"), "b": node("b", "a")}
    export.write_text(json.dumps([{"mapping": mapping, "current_node": "a", "id": "round"}]))
    assert sorted(content for _, content in said(read(export))) == ["a", "b"]


def test_chatgpt_reads_a_chain_deeper_than_the_stack(tmp_path: Path) -> None:
    deep = 5_000
    mapping = {
        str(n): {
            "parent": str(n - 1) if n else None,
            "children": [str(n + 1)],
            "message": {
                "author": {"role": "user"},
                "content": {"content_type": "text", "parts": [f"turn {n}"]},
            },
        }
        for n in range(deep)
    }
    export = tmp_path / "conversations.json"
    export.write_text(json.dumps([{"mapping": mapping, "current_node": str(deep - 1)}]))
    found = messages(read(export))
    assert [m.content for m in found] == [f"turn {n}" for n in range(deep)]
    assert not any(m.metadata.get("abandoned") for m in found)


def test_claude_export_keeps_blocks_attachments_and_old_plain_texts() -> None:
    items = list(read(DATA / "claude.json"))
    assert said(items) == [
        ("user", "When may I move a hive?"),
        ("user", "Hive 3 stands under the walnut."),
        ("assistant", "In winter, or at night."),
        ("assistant", "artifacts\ntitle: Checklist\ncontent: strap, ramp, torch"),
        ("tool", "OK"),
        ("user", "Old exports have text alone."),
    ]
    attached = messages(items)[1]
    assert attached.metadata["file_name"] == "hives.txt"
    assert isinstance(items[0], Conversation)
    assert items[0].title == "Moving the bees"
    assert items[0].created_at == 1_767_600_000_123
    assert [b.reason for b in bad(items)] == [
        "conversation 0: message 4: sender: missing",
        "conversation 0: message 5: message: no object but int",
        "conversation 1: chat_messages: no list",
    ]


def test_plain_chat_reads_messages_of_several_conversations() -> None:
    items = list(read(DATA / "chat.jsonl"))
    assert [m.message_id for m in messages(items)[:2]] == ["chat:kitchen:k1", "chat:kitchen:k2"]
    assert [c.conversation_id for c in conversations(items)][:2] == ["kitchen", "garden"]
    assert [b.line for b in bad(items)] == [8, 9, 10, 11]
    assert messages(items)[1].metadata == {"mood": "calm"}
    assert messages(items)[1].model_id == "small-1"


def test_plain_chat_takes_seconds_and_milliseconds_for_what_they_are() -> None:
    first, second = messages(read(DATA / "chat.jsonl"))[:2]
    assert (first.created_at, second.created_at) == (1_767_300_000_000, 1_767_300_000_001)


def test_plain_chat_takes_an_unknown_role_for_a_name() -> None:
    (named,) = (m for m in messages(read(DATA / "chat.jsonl")) if m.name)
    assert (named.role, named.name, named.metadata["weather"]) == ("user", "Juniper", "mild")


def test_plain_chat_reads_openai_tool_calls() -> None:
    call, result = messages(read(DATA / "chat.jsonl"))[4:6]
    assert (call.role, call.content) == ("assistant", "frost_dates\nplace: valley")
    assert (result.role, result.content) == ("tool", "15 April")
    assert call.metadata["tool_use_id"] == result.metadata["tool_use_id"] == "t1"


def test_a_conversation_an_object_stands_before_its_messages() -> None:
    items = list(read(DATA / "chats.jsonl"))
    kinds = [type(i).__name__ for i in items]
    assert kinds == [
        *("Conversation", "Message", "Message"),
        *("Conversation", "Message", "BadLine", "BadLine"),
    ]
    assert conversations(items)[0].title == "Kites"
    assert [(b.line, b.reason) for b in bad(items)] == [
        (2, "message 1: content: missing"),
        (2, "message 2: message: no object but str"),
    ]


@pytest.mark.parametrize(
    "wrap", [lambda m: m, lambda m: {"messages": m}, lambda m: [{"messages": m}]]
)
def test_plain_chats_are_read_from_one_json_document_too(tmp_path: Path, wrap) -> None:  # type: ignore[no-untyped-def]
    turns = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps(wrap(turns), indent=2))
    assert said(read(chat)) == [("user", "one"), ("assistant", "two")]


def test_the_same_line_number_in_two_files_is_two_messages(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"role": "user", "content": "same words"}\n')
    ids = {messages(read(tmp_path / name))[0].message_id for name in ("a.jsonl", "b.jsonl")}
    assert len(ids) == 2
