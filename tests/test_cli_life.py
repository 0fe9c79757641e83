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
