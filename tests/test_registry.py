"""From URLs to backends."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from engrammic import registry
from engrammic.backends.memory import MemoryBackend
from engrammic.errors import InvalidSettings, MissingDependency
from engrammic.registry import GROUP, backend_class, open_backend, registered, scheme_of


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        (":memory:", "memory"),
        ("memory:", "memory"),
        ("sqlite:///a/b", "sqlite"),
        ("SQLite:x", "sqlite"),
        ("~/.engrammic", "sqlite"),
        ("/var/a b/c.db", "sqlite"),
        ("./a:b", "sqlite"),
        ("C:\\Users\\me", "sqlite"),
        ("C:/Users/me", "sqlite"),
        ("postgres://host/db", "postgres"),
    ],
)
def test_a_url_names_its_backend(url: str, scheme: str) -> None:
    assert scheme_of(url) == scheme


@pytest.mark.parametrize("url", ["", "a\0b"], ids=repr)
def test_nothing_is_no_url(url: str) -> None:
    with pytest.raises(InvalidSettings, match="path"):
        scheme_of(url)


async def test_memory_opens() -> None:
    backend = await open_backend(":memory:")
    assert isinstance(backend, MemoryBackend)
    await backend.close()


async def test_a_path_alone_is_sqlite(tmp_path: Path) -> None:
    backend = await open_backend(str(tmp_path / "here"))
    assert type(backend).scheme == "sqlite"
    await backend.close()


async def test_an_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(InvalidSettings, match=r"nosuch:.*memory.*sqlite"):
        await open_backend("nosuch://host")


def _instead(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("odd", value, GROUP)
    monkeypatch.setattr(registry, "registered", lambda: {"odd": entry})


def test_a_missing_driver_is_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "odd_backend.py").write_text("import driver_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    _instead(monkeypatch, "odd_backend:Odd")
    with pytest.raises(MissingDependency, match=r"pip install 'engrammic\[odd\]'"):
        backend_class("odd")


def test_a_mistake_of_our_own_is_no_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(monkeypatch, "engrammic.backends.nowhere:Odd")
    with pytest.raises(ModuleNotFoundError, match=r"engrammic\.backends\.nowhere") as caught:
        backend_class("odd")
    assert not isinstance(caught.value, MissingDependency)


def test_what_is_no_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(monkeypatch, "json:dumps")
    with pytest.raises(InvalidSettings, match=r"json:dumps is no backend"):
        backend_class("odd")


def test_the_shipped_backends_are_registered_under_their_scheme() -> None:
    for scheme in ("memory", "sqlite"):
        assert backend_class(scheme).scheme == scheme
    assert {"memory", "sqlite"} <= set(registered())


def test_the_registry_imports_no_driver() -> None:
    drivers = "{'apsw', 'onnxruntime'}"
    code = f"import sys, engrammic.registry; print({drivers} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
