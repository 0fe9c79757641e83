"""`engrammic migrate`: killed and run again, and what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engrammic.backends.sqlite import SqliteBackend
from engrammic.changes import Delete, Put
from engrammic.cli.places import place_of
from engrammic.filters import eq
from engrammic.testing.things import THINGS, thing, things
from migrating import fill, lines_at

COMMAND = [sys.executable, "-c", "from engrammic.cli import main; main()"]


async def test_the_command_goes_on_after_a_kill(tmp_path: Path) -> None:
    """At a moment of its own choosing; then it prints counts and hashes of every table."""
    old, new = tmp_path / "old", tmp_path / "new"
    source = await SqliteBackend.connect(str(old))
    await fill(source, 2_000)
    await source.close()
    environment = {**os.environ, "ENGRAMMIC_HOME": str(tmp_path / "home")}
    command = [*COMMAND, "migrate", str(old), f"sqlite:{new}"]
    kill_when_it_writes(command, environment, new / "engrammic.db-wal")
    reports = [report_of(command, environment) for _ in range(2)]
    assert 0 < reports[0]["written"] < sum(t["source_count"] for t in reports[0]["tables"])
    assert reports[1]["written"] == 0
    assert await lines_at(str(old)) == await lines_at(str(new))


def kill_when_it_writes(command: list[str], environment: dict[str, str], log: Path) -> None:
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if log.exists() and log.stat().st_size > 1 << 20:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def report_of(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    ran = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True,
                         timeout=120, check=False)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


async def test_the_command_says_what_it_found(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for place, count in ((old, 3), (new, 5)):
        backend = await SqliteBackend.connect(str(place))
        await backend.ensure_table(THINGS)
        await backend.insert("things", things(count))
        await backend.delete("things", eq("id", "t00001"))
        await backend.close()

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, "migrate", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    refused = run(old, new)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "2 records in the source, 4 in the target" in refused.stderr
    same = run(old, old / "engrammic.db")
    assert (same.returncode, "at once" in same.stderr) == (1, True)
    missing = run(tmp_path / "nowhere", new)
    assert (missing.returncode, "no memory at" in missing.stderr) == (1, True)
    merged = run(old, new, "--merge")
    assert merged.returncode == 0, merged.stderr
    assert merged.stdout.split("\t")[:3] == ["things", "2", "4"]
    assert "nothing to do" in merged.stderr
    backend = await SqliteBackend.connect(str(old))
    await backend.apply(
        [Delete("things", eq("id", "t00000")), Put("things", [thing(2) | {"at": 9}])]
    )
    await backend.close()
    differing = run(old, new, "--merge")
    assert (differing.returncode, "differ" in differing.stderr) == (3, True)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (
            "postgres://me:secret@db:5432/mem?sslmode=require&password=x",
            "postgres://me@db:5432/mem?sslmode=require",
        ),
        ("qdrant://h:6333/?api_key=k", "qdrant://h:6333/"),
        ("lance:s3://bucket/place", "lance:s3://bucket/place"),
        ("LANCE:/tmp/../tmp/x", "lance:/tmp/x"),
        ("memory:", f"memory:{os.getcwd()}"),
    ],
)
def test_a_place_is_named_without_secrets(url: str, place: str) -> None:
    assert place_of(url) == place
