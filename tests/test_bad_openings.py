"""Where a memory is and whose: what makes no sense is refused by name, and nothing is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import engrammic
from engrammic.backends.sqlite.locating import FILE_NAME, locate
from engrammic.errors import EngrammicError, InvalidInput, InvalidSettings
from engrammic.scope import Scope
from engrammic.settings import load_settings

OPENINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "scope": ("scope", {"scope": "alice"}),
    "no scope": ("scope", {"scope": ""}),
    "embedder": ("embedder", {"embedder": 5}),
    "no embedder": ("embedder", {"embedder": ""}),
    "clock": ("clock", {"clock": 5}),
    "number": ("url", {"url": 5}),
    "bytes": ("url", {"url": b"here"}),
    "surrogate": ("url", {"url": "\ud800"}),
    "surrogate path": ("url", {"url": Path("\ud800")}),
    "nul": ("url", {"url": "a\0b"}),
    "blank": ("url", {"url": "  "}),
    "empty": ("url", {"url": ""}),
    "nobody's": ("~nouser", {"url": "~nouser/x"}),
    "nobody's by URL": ("~nouser", {"url": "sqlite:~nouser/x"}),
    "scheme": ("nosuch", {"url": "nosuch:x"}),
    "option": ("mode", {"url": "sqlite:x?mode=ro"}),
    "timeout": ("timeout", {"url": "sqlite:x?timeout=soon"}),
    "endless": ("timeout", {"url": "sqlite:x?timeout=inf"}),
    "nan": ("timeout", {"url": "sqlite:x?timeout=nan"}),
    "before": ("timeout", {"url": "sqlite:x?timeout=-1"}),
    "empty timeout": ("timeout", {"url": "sqlite:x?timeout="}),
    "host": ("host", {"url": "sqlite://x/y"}),
    "no path": ("path", {"url": "sqlite:"}),
    "escaped nul": ("path", {"url": "sqlite:a%00b"}),
    "escaped byte": ("path", {"url": "sqlite:a%ffb"}),
    "long": ("create|cannot|long", {"url": "x" * 5000}),
}


@pytest.mark.parametrize(("name", "given"), OPENINGS.values(), ids=OPENINGS)
async def test_a_bad_opening_says_what_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, given: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EngrammicError, match=name):
        await engrammic.open(**{"url": ":memory:", "embedder": "none", **given})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", [
    "a%20b.db", "what?.db", "a#b.db", "100%.db", "sqlite:x.db", "memory:", ":memory:", "a:b",
    "a?timeout=x", "nosuch:x.db",
])  # fmt: skip
async def test_a_path_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path / "full" / name, Path(name)):
        async with engrammic.open(place, embedder="none") as memory:
            await memory.remember("a lake")
        assert (place if place.suffix == ".db" else place / FILE_NAME).is_file()
    assert set(os.listdir(tmp_path)) == {"full", name}


def test_a_url_is_decoded_and_split(tmp_path: Path) -> None:
    assert locate("sqlite:d/a%20b.db?timeout=2.5") == (Path("d/a b.db"), 2.5)
    assert locate("SQLite:///d/what%3f.db") == (Path("/d/what?.db"), 30.0)
    assert locate("sqlite:a#b.db") == (Path("a#b.db"), 30.0)
    assert locate("d/a%20b.db?timeout=1") == (Path("d/a%20b.db?timeout=1") / FILE_NAME, 30.0)


@pytest.mark.parametrize("text", ["url = 5", "embedder = 1", "scope = 'me'", "scope = 5", "\xff"])
def test_a_bad_file_of_settings_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "engrammic.toml").write_text(text, encoding="latin-1")
    with pytest.raises(InvalidSettings, match=r"engrammic\.toml"):
        load_settings(tmp_path, environment={})


@pytest.mark.parametrize("text", ["a/b/c/d/e", "", "/u", "a%00"])
def test_a_text_that_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="scope"):
        Scope.parse(text)
