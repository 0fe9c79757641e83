"""The command line: what each command prints and stores, and its exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engrammic.cli import app
from tiny_bert import write_tiny_bert

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
NO_MODEL = "all-MiniLM-L12-v2"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a fresh home, with the hashing embedder."""
    monkeypatch.setenv("ENGRAMMIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ENGRAMMIC_EMBEDDER", "hashing")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(*words: str, code: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(words), input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


def read(result: Result) -> Any:
    """The one JSON document of a command's stdout."""
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def test_help_names_every_command(run: Run) -> None:
    said = run("--help").stdout
    for name in ("add", "import", "search", "context", "show", "list", "stats", "doctor",
                 "export", "backends", "model", "reindex", "mcp"):  # fmt: skip
        assert f"\n  {name} " in said
    assert run("--version").stdout.startswith("engrammic ")


def test_a_note_is_added_and_found(run: Run) -> None:
    note_id = run("add", "Ada prefers short answers", "--type", "preference").stdout.strip()
    (hit,) = read(run("search", "short answers", "--json"))["hits"]
    assert (hit["id"], hit["memory_type"], hit["tier"]) == (note_id, "preference", "hot")
    assert "cosine" in hit["why"]
    assert hit == hit | {"text": "Ada prefers short answers", "kind": "note", "metadata": {}}
    assert isinstance(hit["created_at"], int)
    assert 0 < hit["score"] <= 1
    plain = run("search", "short answers").stdout
    assert "Ada prefers short answers" in plain
    assert "why: " in plain
    assert note_id in plain


def test_a_message_is_added_from_stdin(run: Run) -> None:
    added = read(
        run("add", "--conversation", "c-1", "--role", "assistant", "--name", "Kit", "--meta", "n=3",
            "--meta", "s=x", "--json", stdin="We sign with RS256\n")
    )  # fmt: skip
    assert added["content"] == "We sign with RS256\n"
    assert added["metadata"] == {"n": 3, "s": "x"}
    (hit,) = read(run("search", "RS256", "--meta", "n=3", "--role", "assistant", "--json"))["hits"]
    assert (hit["conversation_id"], hit["name"]) == ("c-1", "Kit")
    assert read(run("search", "RS256", "--meta", "n=4", "--json"))["hits"] == []


def test_an_import_tells_what_it_did_and_doing_it_again_changes_nothing(
    run: Run, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"role": "user", "content": "fine"}\n{"role": \n')
    first = run("import", str(EXAMPLES), str(bad))
    assert "120 messages, 5 conversations, 13 notes added from 6 files" in first.stdout
    assert f"{bad}:2" in first.stderr
    before = read(run("stats", "--json"))
    again = read(run("import", str(EXAMPLES), str(bad), "--json"))
    assert (again["messages_added"], again["notes_added"], again["changed"]) == (0, 0, 0)
    assert again["skipped"][0]["line"] == 2
    after = read(run("stats", "--json"))
    assert after["engine"]["tables"] == before["engine"]["tables"]


def test_search_is_narrowed_by_its_options(run: Run) -> None:
    run("import", str(EXAMPLES))

    def kinds(*options: str) -> list[str]:
        return [h["kind"] for h in read(run("search", "bookings", "--json", *options))["hits"]]

    assert set(kinds("--kind", "note")) == {"note"}
    assert set(kinds("--conversation", "driftwood-incident-2026-03-29")) == {"message"}
    assert kinds("--until", "2020-01-01") == []
    assert len(kinds("--since", "2026-03-29T00:00", "--kind", "message")) == 5
    assert len(kinds("-n", "7")) == 7
    assert len(kinds("--fusion", "rrf")) == 5
    assert kinds("--min-score", "1.0") == []
    found = read(run("search", "bookings", "--mode", "keyword", "--json"))
    assert found["mode"] == "keyword"


def test_context_is_bounded_and_fenced(run: Run) -> None:
    run("import", str(EXAMPLES))
    block = run("context", "double bookings", "--max-tokens", "200").stdout
    assert block.startswith("<recalled-memory>")
    assert block.endswith("</recalled-memory>\n")
    document = read(run("context", "double bookings", "--max-tokens", "200", "--json"))
    assert document["tokens"] <= 200
    assert document["text"] + "\n" == block


def test_show_takes_a_part_of_an_id(run: Run) -> None:
    run("import", str(EXAMPLES))
    message = read(run("show", "chat:driftwood-incident-2026-03-29:inc-005", "--json"))
    assert read(run("show", "…2026-03-29:inc-005", "--json")) == message
    assert "double bookings" in run("show", "inc-005").stdout
    talk = read(run("show", "68a1f0d2-k", "--json"))
    assert (talk["title"], len(talk["messages"])) == ("A birthday present that flies", 4)
    assert "A birthday present that flies" in run("show", "68a1f0d2-kites").stdout
    several = run("show", "68a1f0d2", code=1)
    assert several.stdout == ""
    assert "68a1f0d2-azores" in several.stderr
    assert "68a1f0d2-kites" in several.stderr
    assert "nothing-like-it" in run("show", "nothing-like-it", code=1).stderr


@pytest.mark.parametrize("what", ["messages", "notes", "conversations"])
def test_pages_follow_each_other_and_end(run: Run, what: str) -> None:
    run("import", str(EXAMPLES))
    whole = read(run("list", what, "--limit", "1000", "--json"))
    assert whole["after"] is None
    items: list[Any] = []
    after: list[str] = []
    while after != ["--after", "None"]:
        page = read(
            run("list", what, "--limit", "50" if what == "messages" else "3", "--json", *after)
        )
        items += page["items"]
        after = ["--after", str(page["after"])]
    assert items == whole["items"]
    assert len(run("list", what, "--limit", "3").stdout.splitlines()) == 3


def test_an_empty_page_says_where_there_is_more(run: Run) -> None:
    run("add", "hello", "--conversation", "c")
    assert "1 messages, 1 conversations, 0 notes" in run("list", "notes").stderr
    assert "none of messages, notes, conversations" in run("list", "tasks", code=2).stderr
    assert "after" in run("list", "--after", "yesterday", code=1).stderr


def test_what_is_exported_can_be_imported_elsewhere(run: Run, tmp_path: Path) -> None:
    run("import", str(EXAMPLES))
    run("add", "a note of one's own", "--meta", "a=1")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    told = read(run("export", "--out", str(first), "--json"))
    assert told == {"path": str(first), "items": 137}
    other = str(tmp_path / "other")
    run("import", str(first), "--home", other)
    run("export", "--out", str(second), "--home", other)
    assert sorted(first.read_text().splitlines()[1:]) == sorted(second.read_text().splitlines()[1:])
    again = read(run("import", str(first), "--home", other, "--json"))
    assert (again["messages_added"], again["notes_added"], again["changed"]) == (0, 0, 0)
    assert not list(tmp_path.glob(".*"))


def test_export_writes_lines_or_markdown_to_stdout(run: Run) -> None:
    run("add", "hello there", "--conversation", "c", "--name", "Ada")
    run("add", "keys rotate", "--title", "Keys")
    lines = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert [next(iter(line)) for line in lines] == ["engrammic", "conversation", "message", "note"]
    markdown = run("export", "--format", "markdown").stdout
    assert "# c\n" in markdown
    assert "**Ada** · " in markdown
    assert "# Keys\n\nkeys rotate\n" in markdown


def test_an_export_that_fails_leaves_nothing(run: Run, tmp_path: Path) -> None:
    run("add", "hello")
    assert "missing" in run("export", "--out", str(tmp_path / "missing" / "x.jsonl"), code=1).stderr
    assert "--format" in run("export", "--format", "pdf", code=2).stderr


def test_scopes_are_apart(run: Run) -> None:
    run("add", "the secret of Ada", "--user", "ada")
    assert read(run("search", "secret", "--json"))["hits"] == []
    assert len(read(run("search", "secret", "--user", "ada", "--json"))["hits"]) == 1
    assert read(run("stats", "--user", "ada", "--json"))["notes"] == 1


def test_without_a_memory_reading_makes_none(run: Run, tmp_path: Path) -> None:
    for words in (["search", "x"], ["stats"], ["list"], ["export"], ["reindex"], ["show", "x"]):
        assert "no memory at" in run(*words, code=1).stderr
    assert "no memory at" in run("doctor").stdout
    assert not (tmp_path / "home").exists()


def test_without_a_model_items_wait_and_are_filled_in_later(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("ENGRAMMIC_EMBEDDER", NO_MODEL)
        assert "engrammic model install" in run("add", "found by words").stderr
        searched = run("search", "words", "--json")
        assert "by words alone" in read(searched)["notes"][0]
        assert "by words alone" in run("search", "words").stderr
        assert "model install" in run("search", "words", "--mode", "vector", code=1).stderr
        assert "hint: 1 item found by words alone" in run("doctor").stdout
    assert "can be found by meaning now" in run("add", "a second note").stderr
    assert read(run("stats", "--json"))["pending"] == 0


def test_backends_and_models_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(run("backends", "--json"))["sqlite"]["durable"] == "commit"
    assert "sqlite\tyes" in run("backends").stdout
    names = [m["name"] for m in read(run("model", "list", "--json"))]
    assert names[0] == "all-MiniLM-L6-v2"
    assert NO_MODEL in run("model", "list").stdout
    assert "--download" in run("model", "path", NO_MODEL, code=1).stderr
    assert "--download" in run("model", "install", NO_MODEL, code=1).stderr


def test_a_model_of_ones_own_is_ready_at_once(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write_tiny_bert(tmp_path / "tiny")
    monkeypatch.setenv("ENGRAMMIC_CACHE_DIR", str(tmp_path / "cache"))
    run("add", "waits", "--embedder", "none")
    told = read(run("model", "install", str(directory), "--embedder", "hashing", "--json"))
    assert told["filled_in"] == 1
    assert Path(told["path"]).is_dir()


def test_what_makes_no_sense_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    run("add", "hello")
    cases = {
        "mode": ("search", "x", "--mode", "psychic"),
        "kinds": ("search", "x", "--kind", "task"),
        "memory_type": ("add", "x", "--type", "rumour"),
        "role": ("add", "x", "--conversation", "c", "--role", "boss"),
        "limit": ("search", "x", "--limit", "0"),
        "--home or --url": ("search", "x", "--home", "a", "--url", "b"),
        "nosuch": ("search", "x", "--url", "nosuch:x"),
        "paths": ("import", str(tmp_path / "missing.md")),
        "content": ("add", " "),
    }
    for word, words in cases.items():
        (line,) = run(*words, code=1).stderr.splitlines()
        assert word in line
    for option in ("--since", "--meta"):
        assert option in run("search", "x", option, "!", code=2).stderr


def test_what_would_steer_a_terminal_is_not_printed(run: Run) -> None:
    note_id = run("add", "bell \x07 and \x1b[31mred").stdout.strip()
    for words in (["search", "bell"], ["show", note_id], ["list"]):
        assert "\x1b" not in run(*words).stdout
    assert "\x1b" in read(run("show", note_id, "--json"))["content"]


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_cards_fit_every_width(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    run("import", str(EXAMPLES))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    drawn = run("search", "what caused the double bookings?").stdout
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in drawn.splitlines()]
    assert max(map(len, lines)) <= width
    assert "▰" in drawn
    assert any("why" in line for line in lines)
