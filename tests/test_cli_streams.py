"""The command line where stdout is narrow, closed, full, or left by its reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from engrammic.cli import main; main()"
TEXT = "h\u00e9llo \u65e5\u672c \U0001f6df"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A memory with one note in it that ASCII cannot say."""
    said = shell(tmp_path, '"$@"', "add", TEXT, "--title", "\u2192")
    assert said.returncode == 0, said.stderr
    return tmp_path


def shell(home: Path, script: str, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a shell script in which "$@" is the command."""
    own = {"ENGRAMMIC_HOME": str(home), "ENGRAMMIC_EMBEDDER": "hashing", "PYTHONUTF8": "0"}
    program = ["sh", "-c", script, "sh", sys.executable, "-c", MAIN, *words]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", **own, **more}
    return subprocess.run(program, capture_output=True, env=environment, check=False, timeout=60)


def narrow(home: Path, *words: str, **more: str) -> bytes:
    said = shell(home, '"$@"', *words, PYTHONIOENCODING="ascii", **more)
    assert (said.returncode, said.stderr) == (0, b"")
    return said.stdout


@pytest.mark.parametrize("words", [["list", "notes"], ["search", TEXT], ["context", TEXT]])
def test_where_stdout_is_ascii_the_rest_is_escaped(home: Path, words: list[str]) -> None:
    assert b"\\u2192" in narrow(home, *words) or b"h\\xe9llo" in narrow(home, *words)
    assert narrow(home, *words, FORCE_COLOR="1").isascii()


@pytest.mark.parametrize("words", [["list", "notes"], ["search", TEXT], ["context", TEXT]])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_json_is_json_in_every_encoding(home: Path, words: list[str], encoding: str) -> None:
    said = shell(home, '"$@"', *words, "--json", PYTHONIOENCODING=encoding)
    assert (said.returncode, said.stderr) == (0, b"")
    assert TEXT in json.dumps(json.loads(said.stdout.decode(encoding)), ensure_ascii=False)


def test_an_export_is_utf_8_wherever_it_goes(home: Path) -> None:
    lines = narrow(home, "export").decode().splitlines()
    assert [json.loads(line) for line in lines][1]["note"]["content"] == TEXT
    assert TEXT in narrow(home, "export", "--format", "markdown").decode()


@pytest.mark.parametrize(
    "script",
    [
        '"$@" >&-',
        '"$@" >&- <&-',
        '"$@" >&- 2>&- <&-',
        '"$@" | true',
        '"$@" | head -c 1',
        '"$@" <&-',
    ],
)
def test_nobody_at_the_other_end_is_no_traceback(home: Path, script: str) -> None:
    for words in (["search", "x"], ["list", "notes", "--json"], ["export"], ["--help"]):
        said = shell(home, script, *words, PYTHONUNBUFFERED="1")
        assert said.stderr == b"", words
    database = (home / "engrammic.db").read_bytes()
    assert database.startswith(b"SQLite format 3")
    assert shell(home, '"$@"', "doctor").returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line_of_error(home: Path, unbuffered: str) -> None:
    for words in (["search", "x"], ["export"], ["--version"]):
        said = shell(home, '"$@" >/dev/full', *words, PYTHONUNBUFFERED=unbuffered)
        assert said.returncode == 1
        (line,) = said.stderr.splitlines()
        assert b"No space left" in line
