"""The command as a process: quick to start, clean on stdout, and calm when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

COMMAND = [sys.executable, "-c", "from engrammic.cli import main; main()"]
HEAVY = ("numpy", "apsw", "onnxruntime", "tokenizers", "onnx", "rich.console", "asyncio", "mcp")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command in a process of its own, in a fresh home."""
    home = {"ENGRAMMIC_HOME": str(tmp_path / "home"), "ENGRAMMIC_EMBEDDER": "hashing"}
    environment = {**os.environ, **home}
    environment.pop("FORCE_COLOR", None)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], env=environment, cwd=tmp_path, text=True,
            capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return run


@pytest.fixture
def file(run: Run, tmp_path: Path) -> Path:
    """The database of a memory that holds something."""
    for number in range(3):
        assert run("add", f"note number {number} " + "word " * 50).returncode == 0
    return tmp_path / "home" / "engrammic.db"


def test_help_comes_at_once(run: Run) -> None:
    def took() -> float:
        start = time.perf_counter()
        assert run("--help").returncode == 0
        return time.perf_counter() - start

    assert any(took() < 0.3 for _ in range(20))  # other work on the machine comes in between


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, engrammic.cli; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & set(HEAVY)


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).with_name("engrammic")
    ran = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("engrammic ")


def test_stdout_is_json_and_nothing_else(run: Run, file: Path) -> None:
    for words in (["search", "note"], ["stats"], ["doctor"], ["list"], ["backends"], ["reindex"]):
        ran = run(*words, "--json")
        assert ran.returncode == 0, ran.stderr
        json.loads(ran.stdout)
        assert len(ran.stdout.splitlines()) == 1


def test_an_error_is_one_line_without_a_traceback(run: Run, file: Path) -> None:
    ran = run("search", "note", "--mode", "psychic")
    assert ran.returncode == 1
    assert ran.stdout == ""
    (line,) = ran.stderr.splitlines()
    assert line.startswith("engrammic: mode: ")


def test_a_sound_memory_passes(run: Run, file: Path) -> None:
    ran = run("doctor")
    assert (ran.returncode, "problem" in ran.stdout) == (0, False)


@pytest.fixture
def locked(file: Path) -> Iterator[str]:
    """The URL of a database that another connection holds, with little patience."""
    connection = apsw.Connection(str(file))
    connection.execute("begin immediate")
    yield f"sqlite:///{file}?timeout=0.2"
    connection.close()


def test_a_locked_database_is_not_taken_for_a_damaged_one(run: Run, locked: str) -> None:
    ran = run("doctor", "--json", "--url", locked)
    assert ran.returncode == 3
    (problem,) = [c for c in json.loads(ran.stdout)["checks"] if c["status"] == "problem"]
    assert "locked by another process" in problem["what"]
    assert "nothing is damaged" in problem["advice"]
    added = run("add", "x", "--url", locked)
    assert (added.returncode, "locked" in added.stderr) == (1, True)


def test_a_damaged_database_is_called_damaged(run: Run, file: Path) -> None:
    data = bytearray(file.read_bytes())
    for page in range(4, len(data) // 4096):
        data[page * 4096 : page * 4096 + 512] = b"\xaa" * 512
    file.write_bytes(data)
    ran = run("doctor")
    assert ran.returncode == 3
    assert "problem: " in ran.stdout
    assert "locked" not in ran.stdout
    assert "Traceback" not in ran.stderr


def test_another_file_is_left_as_it_is(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "letter.db"
    other.write_text("Dear Ada, " * 500)
    ran = run("doctor", "--url", f"sqlite:///{other}")
    assert ran.returncode == 3
    assert "is not a database" in ran.stdout
    assert other.read_text() == "Dear Ada, " * 500


def test_another_model_is_a_problem_with_a_way_out(run: Run, file: Path) -> None:
    ran = run("doctor", "--embedder", "hashing:64")
    assert ran.returncode == 3
    assert "engrammic reindex --embeddings" in ran.stdout
    assert run("reindex", "--embeddings", "--embedder", "hashing:64").returncode == 0
    assert run("doctor", "--embedder", "hashing:64").returncode == 0


def test_a_reader_that_leaves_is_no_error(run: Run, file: Path) -> None:
    home = {"ENGRAMMIC_HOME": str(file.parent), "ENGRAMMIC_EMBEDDER": "hashing"}
    process = subprocess.Popen(
        [*COMMAND, "export"], env={**os.environ, **home}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=30)
