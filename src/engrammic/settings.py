"""Settings: arguments first, then the environment, then `engrammic.toml`, then defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from engrammic.checks import is_storable, shown
from engrammic.errors import InvalidSettings
from engrammic.scope import Scope

DIRECTORY = ".engrammic"
FILE = "engrammic.toml"
DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"
PREFIX = "ENGRAMMIC_"
DATABASES = {
    "url": PREFIX + "URL",
    "records": PREFIX + "RECORDS",
    "vectors": PREFIX + "VECTORS",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the memory is, whose it is, and what embeds.

    `url` is a path or database URL. `embedder` is what `load_embedder` takes,
    or "none" for search by words alone. `tiers` are fields of TieredMemoryConfig,
    `llm` is what `load_model` takes.
    """

    url: str
    embedder: str = DEFAULT_EMBEDDER
    scope: Scope = field(default_factory=Scope)
    tiers: Mapping[str, Any] = field(default_factory=dict)
    llm: Mapping[str, Any] = field(default_factory=dict)


def load_settings(
    url: str | os.PathLike[str] | None = None, *, environment: Mapping[str, str] = os.environ
) -> Settings:
    """The settings in force. Raises InvalidSettings for what nobody reads."""
    place = None if url is None else _place(url)
    home = find_home(environment=environment)
    file = _read(_file(place, home))
    scope = file.get("scope", {})
    parts = {f.name: environment.get(PREFIX + f.name.upper()) for f in fields(Scope)}
    given = {name: value for name, value in parts.items() if value is not None}
    return Settings(
        url=str(place or _database(environment, file) or home),
        embedder=environment.get(PREFIX + "EMBEDDER") or file.get("embedder", DEFAULT_EMBEDDER),
        scope=Scope(**{**scope, **given}),
        tiers=file.get("tiers", {}),
        llm=_llm(environment, file),
    )


def layered_url(records: str, vectors: str) -> str:
    """The URL of two databases as one: records in the first, vectors in the second."""
    return f"layered:?{urlencode({'records': records, 'vectors': vectors})}"


def _llm(environment: Mapping[str, str], file: Mapping[str, Any]) -> Mapping[str, Any]:
    """The file's `[llm]`, with `provider/model` and the base URL of the environment on top."""
    found = dict(file.get("llm", {}))
    if named := environment.get(PREFIX + "LLM"):
        provider, _, model = named.partition("/")
        found = {"provider": provider, "model": model}
    if found and (url := environment.get("ENGRAMMIC_LLM_BASE_URL")):
        found["base_url"] = url
    return found


def _database(environment: Mapping[str, str], file: Mapping[str, Any]) -> str | None:
    """The URL that the environment gives, else the file: one database, or two as one."""
    named = {name: environment.get(variable) for name, variable in DATABASES.items()}
    for given in (named, file):
        url, records, vectors = (given.get(name) for name in DATABASES)
        if bool(records) != bool(vectors) or (url and records):
            raise InvalidSettings("give url, or records and vectors together")
        if url or (records and vectors):
            return url or layered_url(str(records), str(vectors))
    return None


def find_home(start: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> Path:
    """The directory of the memory: ENGRAMMIC_HOME, else the project's, else the user's.

    The project's is the nearest `.engrammic/` upwards (below the home folder),
    else `.engrammic/` in the root of the git checkout.
    """
    if named := environment.get(PREFIX + "HOME"):
        return expanded(named)
    start = (start or Path.cwd()).resolve()
    folders = list(_below_home(start))
    for folder in folders:
        if (folder / DIRECTORY).is_dir():
            return folder / DIRECTORY
    for folder in folders:
        if (folder / ".git").exists():
            return folder / DIRECTORY
    from platformdirs import user_data_path

    return user_data_path("engrammic", appauthor=False)


def keep_from_git(folder: Path) -> None:
    """Make a project's directory, so that no commit takes what is remembered along.

    Nothing is done where it is there already, or is another directory.
    """
    if folder.name == DIRECTORY and (folder.parent / ".git").exists() and not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text(f"*\n!{FILE}\n", encoding="utf-8")


def _below_home(start: Path) -> list[Path]:
    """`start` and its parents, as far as the home folder, which is left out."""
    home = Path.home().resolve()
    found: list[Path] = []
    for folder in (start, *start.parents):
        if folder == home:
            break
        found.append(folder)
    return found


def _place(url: Any) -> str:
    """The URL or path as text; a PathLike that looks like a URL is written as a path."""
    if not isinstance(url, str | os.PathLike):
        raise InvalidSettings(f"url: want a path or scheme:..., not {shown(url)}")
    place: Any = os.fspath(url)
    if not isinstance(place, str) or not place.strip() or not is_storable(place):
        raise InvalidSettings(f"url: want a path or scheme:..., not {shown(place)}")
    return place if isinstance(url, str) or ":" not in place else os.path.join(os.curdir, place)


def expanded(path: str) -> Path:
    """The path with the home folder for `~`. Raises InvalidSettings for an unknown user's."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        problem = f"{shown(path)}: {error}; write ./ before a folder so named"
        raise InvalidSettings(problem) from error


def _file(place: str | None, home: Path) -> Path:
    folder = home if place is None else expanded(place)
    return (folder if os.path.isdir(folder) else home) / FILE


def _read(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidSettings(f"{path}: {error}") from error
    kinds = dict.fromkeys((*DATABASES, "embedder"), str) | dict.fromkeys(
        ("scope", "tiers", "llm"), dict)  # fmt: skip
    for name, kind in kinds.items():
        if not isinstance(found.get(name, kind()), kind):
            raise InvalidSettings(f"{path}: {name}: not {shown(found[name])}")
    scope = found.get("scope", {})
    unknown = [n for n in found if n not in kinds]
    unknown += [f"scope.{n}" for n in scope if n not in {f.name for f in fields(Scope)}]
    if unknown:
        raise InvalidSettings(f"{path}: unknown setting {unknown[0]!r}")
    return found
