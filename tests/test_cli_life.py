"""The commands for a memory's life: maintain, learn, contradictions, resolve, why, undo."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from engrammic.cli import app

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a fresh home; gives the JSON documents of its output."""
    monkeypatch.setenv("ENGRAMMIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ENGRAMMIC_EMBEDDER", "hashing")

    def run(*words: str, code: int = 0) -> Any:
        result: Result = CliRunner().invoke(app, [*words, "--json"])
        assert result.exit_code == code, (result.output, result.exception)
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return found[0] if len(found) == 1 else found

    return run


def plain(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(*words: str, code: int = 1) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result.stderr


def said(run: Run, *texts: str) -> list[str]:
    return [run("add", "--conversation", "c1", text)["message_id"] for text in texts]


def test_what_was_read_is_walked(run: Run) -> None:
    ids = said(run, "login.py imports auth.py", "auth.py depends on crypto.py")
    found = run("search", "What is behind login.py?", "--mode", "graph")
    assert found["mode"] == "hybrid"
    assert any("nothing of 2 messages yet" in note for note in found["notes"])
    told = run("learn")
    assert told == {"read": 2, "entities": 3, "relations": 2, "contradictions": 0, "notes": []}
    for depth, wanted in (("0", ids[:1]), ("1", ids)):
        found = run("search", "What is behind login.py?", "--mode", "graph", "--depth", depth)
        assert [hit["id"] for hit in found["hits"]] == wanted
    assert run("search", "login.py", "--mode", "multi")["mode"] == "multi"
    assert re.search(r"relations +2\n", plain("learn"))


def test_a_contradiction_is_shown_and_ended_and_taken_back(run: Run) -> None:
    old, new = said(run, "The API listens on port 8080.", "The API listens on port 9090.")
    assert run("learn")["contradictions"] == 1
    clash = run("contradictions")[0]
    assert (clash["existing_message_id"], clash["new_message_id"]) == (old, new)
    assert "9090" in plain("contradictions")
    run("resolve", clash["event_id"], "scope", code=1)
    run("resolve", clash["event_id"], "maybe", code=1)
    assert run("resolve", clash["event_id"], "replace")["status"] == "replaced"
    assert run("contradictions") == []
    assert "no contradictions" in plain("contradictions")
    assert len(run("contradictions", "--status", "replaced")) == 1
    ids = [hit["id"] for hit in run("search", "Which port?")["hits"]]
    assert ids == [new]
    [move] = [m for m in run("why", old)["moves"] if m["action"] == "replace"]
    run("undo", move["move_id"])
    assert {hit["id"] for hit in run("search", "Which port?")["hits"]} == {old, new}


def test_as_of_finds_what_was_held_then(run: Run) -> None:
    [old] = said(run, "The API listens on port 8080.")
    run("supersede", old, "The API listens on port 9090.")
    now = run("search", "Which port?")["hits"]
    assert ["9090" in hit["text"] for hit in now] == [True]
    assert run("search", "Which port?", "--as-of", "2020-01-01")["hits"] == []
    run("search", "Which port?", "--as-of", "yesterday", code=2)


def test_every_scope_is_maintained_where_all_are_meant(run: Run) -> None:
    for tenant in ("ada", "ben"):
        run("add", f"a note of {tenant}", "--tenant", tenant)
    assert run("maintain")["scope"] not in ("ada", "ben")
    reports = run("maintain", "--all-scopes", "--dry-run")
    assert [report["scope"].split("/")[0] for report in reports] == ["ada", "ben"]
    assert all(report["dry_run"] for report in reports)


def test_what_would_be_forgotten_is_shown_before(run: Run, tmp_path: Path) -> None:
    first, second = said(run, "Ada's phone is 555-0100", "the build is green")
    run("supersede", first, "Ada's phone is 555-0199")
    found = run("forget", "--subject", "Ada", "--dry-run")
    assert {e["text"] for e in found["would_erase"]} == {
        "Ada's phone is 555-0100",
        "Ada's phone is 555-0199",
    }
    shown = plain("forget", "--subject", "Ada", "--dry-run")
    assert f"{first}\tmessage\tAda's phone is 555-0100" in shown
    assert "build" not in shown
    assert run("show", second)["content"] == "the build is green"
    gone = run("forget", "--subject", "Ada", "--yes")
    assert "would_erase" not in gone
    assert run("forget", "--subject", "Ada", "--dry-run")["would_erase"] == []


def test_an_id_may_be_given_as_a_list_shortens_it(run: Run) -> None:
    for word in ("owl", "heron", "wren"):
        run("add", f"a remark on the {word}")
    notes = [item["note_id"] for item in run("list")["items"]]
    short = [f"…{note_id[-24:]}" for note_id in notes]
    assert run("why", short[0])["id"] == notes[0]
    assert run("retire", short[0]) == {"retired": notes[0]}
    assert run("reject", short[1]) == {"rejected": notes[1]}
    assert run("supersede", short[2], "a new remark")["supersedes"] == notes[2]
    assert "`engrammic why" in refused("show", notes[2])
    assert "no item" in refused("forget", "…nothing-like-it", "--yes")


def test_an_end_of_several_ids_is_refused(run: Run, tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    lines = [
        {"conversation_id": "c", "role": "user", "content": "x", "id": f"{n}-end"} for n in "ab"
    ]
    chat.write_text("\n".join(map(json.dumps, lines)))
    run("import", str(chat))
    assert "several" in refused("retire", "…-end")


def test_what_is_not_there_is_told_before_anything_is_erased(run: Run) -> None:
    note_id = run("add", "one")["note_id"]
    assert "no item with id 'nope' here" in refused("forget", "nope", "--yes")
    assert "no item with id 'nope' here" in refused("forget", "nope", "--dry-run")
    told = plain("forget", "nope", note_id, "--yes")
    assert "'nope'" in told
    assert re.search(r"note +1\n", told)


def test_what_an_option_is_of_is_told(run: Run) -> None:
    assert "--conversation" in refused("add", "x", "--role", "assistant", code=2)
    assert "--conversation" in refused("add", "x", "--conversation", "c", "--title", "t", code=2)


def test_overviews_are_for_people(run: Run) -> None:
    run("add", "one")
    assert re.search(r"size +\d", plain("stats"))
    told = plain("maintain")
    assert "nothing moved" in told
    assert "started" not in told
    assert "backup` writes one" in refused("restore", "nowhere")


def test_backups_of_two_folders_of_files_are_apart(run: Run, tmp_path: Path) -> None:
    urls = [f"files:{tmp_path}/{name}" for name in ("a", "b")]
    for url in urls:
        run("add", "one", "--url", url)
    paths = [Path(run("backup", "--keep", "1", "--url", url)["path"]) for url in urls]
    assert [p.parent for p in paths] == [tmp_path / "a-backups", tmp_path / "b-backups"]
    assert all(p.exists() for p in paths)


def test_an_import_counts_what_it_kept_out(run: Run, tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    lines = [{"conversation_id": "c", "role": "user", "content": word} for word in ("owl", "wren")]
    chat.write_text("\n".join(map(json.dumps, lines)))
    run("import", str(chat))
    run("forget", "--subject", "owl", "--yes")
    again = run("import", str(chat))
    assert (again["kept_out"], again["unchanged"], again["messages_added"]) == (1, 1, 0)
    assert "1 kept out, as forgotten or released" in plain("import", str(chat))


def test_a_statement_is_corrected_by_what_it_says(run: Run) -> None:
    (first,) = said(run, "The office is in Berlin and the door code is 4711")
    found = run("correct", "the office is in Berlin", "The office is in Lisbon")
    assert found["gave_way"] == [
        {"id": first, "text": "The office is in Berlin and the door code is 4711"}
    ]
    assert "Lisbon" in found["text"]
    assert "4711" in found["text"]
    hits = run("search", "where is the office?")["hits"]
    assert "Lisbon" in hits[0]["text"]
    told = plain("correct", "the office is in Lisbon", "The office is in Porto")
    assert "gave way: " in told
    assert "holds now: " in told
    assert "Berlin" in json.dumps(run("why", first))
    run("correct", "the moon is made of cheese", "The moon is made of rock", code=1)
