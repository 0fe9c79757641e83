"""Settings: where the memory is and whose, from arguments, environment and file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engrammic.errors import InvalidSettings
from engrammic.scope import Scope
from engrammic.settings import find_home, keep_from_git, load_settings


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own, without any memory yet."""
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return home


def test_the_variable_wins(user: Path) -> None:
    assert find_home(user, environment={"ENGRAMMIC_HOME": "/some/where"}) == Path("/some/where")


def test_the_nearest_folder_upwards_wins_over_the_git_root(user: Path) -> None:
    (user / "work" / ".git").mkdir(parents=True)
    (user / "work" / "part" / ".engrammic").mkdir(parents=True)
    (user / "work" / "part" / "deep").mkdir()

    found = find_home(user / "work" / "part" / "deep", environment={})

    assert found == user / "work" / "part" / ".engrammic"


def test_the_git_root_is_next(user: Path) -> None:
    (user / "work" / ".git").mkdir(parents=True)
    (user / "work" / "deep").mkdir()

    assert find_home(user / "work" / "deep", environment={}) == user / "work" / ".engrammic"


def test_the_home_folder_itself_is_no_project(user: Path) -> None:
    (user / ".engrammic").mkdir()
    (user / ".git").mkdir()
    (user / "loose").mkdir()

    assert find_home(user / "loose", environment={}) == user / ".local" / "share" / "engrammic"


def test_file_then_environment_then_argument(user: Path) -> None:
    home = user / "memory"
    home.mkdir()
    (home / "engrammic.toml").write_text(
        'url = "sqlite:///from/file"\nembedder = "hashing"\n[scope]\nuser = "file"\nagent = "a"\n'
    )
    environment = {"ENGRAMMIC_HOME": str(home), "ENGRAMMIC_USER": "env"}

    told = load_settings(environment=environment)
    asked = load_settings("/argument", environment={**environment, "ENGRAMMIC_EMBEDDER": "none"})

    assert (told.url, told.embedder) == ("sqlite:///from/file", "hashing")
    assert told.scope == Scope(user="env", agent="a")
    assert (asked.url, asked.embedder) == ("/argument", "none")


@pytest.mark.parametrize("text", ["colour = 1", "[scope]\nplanet = 'x'", "url = ", "[scope"])
def test_a_setting_that_nobody_reads_is_an_error(user: Path, text: str) -> None:
    (user / "engrammic.toml").write_text(text)

    with pytest.raises(InvalidSettings, match=r"engrammic\.toml"):
        load_settings(environment={"ENGRAMMIC_HOME": str(user)})


def test_a_project_s_memory_keeps_itself_out_of_commits(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    home = tmp_path / ".engrammic"
    keep_from_git(tmp_path / "other")
    keep_from_git(home)
    assert [p.name for p in tmp_path.iterdir() if p.name != ".git"] == [".engrammic"]
    assert (home / ".gitignore").read_text().splitlines() == ["*", "!engrammic.toml"]
    (home / ".gitignore").unlink()
    keep_from_git(home)
    assert not list(home.iterdir())
