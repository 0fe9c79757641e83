"""`engrammic backends` tells of every database, whatever is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from engines import SCHEMES
from engrammic import registry
from engrammic.capabilities import EMULATED, KNOWN
from engrammic.registry import GROUP, backend_class, lacking

NOTHING_INSTALLED = """
import importlib.metadata as metadata, sys
from engrammic.cli import main

def version(name):
    raise metadata.PackageNotFoundError(name)

metadata.version = version
drivers = {"lancedb", "psycopg", "asyncmy", "surrealdb", "qdrant_client", "pymilvus", "chromadb",
           "pinecone", "weaviate", "neo4j", "ladybug"}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in drivers:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
sys.argv = ["engrammic", *sys.argv[1:]]
main()
"""


def without_drivers(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", NOTHING_INSTALLED, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_told_is_what_the_class_says(scheme: str) -> None:
    assert KNOWN[scheme] == backend_class(scheme).capabilities


def test_thirteen_are_known() -> None:
    assert set(KNOWN) == set(SCHEMES)


def test_all_are_told_of_where_no_driver_is_installed() -> None:
    ran = without_drivers("backends", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert set(told) >= set(SCHEMES)
    for scheme in SCHEMES:
        assert told[scheme]["durable"] == KNOWN[scheme].durable
        assert set(told[scheme]["native"]) | set(told[scheme]["emulated"]) == set(EMULATED)
        own = scheme in ("memory", "sqlite", "files")
        assert told[scheme]["installed"] is own
        assert ("problem" in told[scheme]) is not own
    assert "pip install 'engrammic[lance]'" in told["lance"]["problem"]


def test_the_table_has_a_line_for_each_and_says_what_to_install() -> None:
    ran = without_drivers("backends")
    assert ran.returncode == 0, ran.stderr
    assert {line.split("\t")[0] for line in ran.stdout.splitlines()} >= set(SCHEMES)
    assert "postgres: the postgres backend needs an extra" in ran.stderr


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_installed_here_lacks_nothing(scheme: str) -> None:
    assert lacking(scheme) == []


def test_a_backend_of_somebody_else_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from engrammic.cli import backends

    entry = EntryPoint("odd", "module_that_is_not_there:Odd", GROUP)
    monkeypatch.setattr(registry, "registered", lambda: {"odd": entry})
    found = backends._foreign("odd")
    assert found["installed"] is False
    assert "engrammic[odd]" in found["problem"]
